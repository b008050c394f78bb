//! The event that tells which personal values were replaced, for the pii stream.
//!
//! Behaviour: Enrich 3.9.0.

use compact_str::CompactString;
use lexon::write_string;

use crate::clock::Ids;
use crate::event::{Event, fields};

const PARENT: &str = concat!(
    "{\"schema\":\"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0\",\"data\":[{\"schema\":",
    "\"iglu:com.snowplowanalytics.snowplow/parent_event/jsonschema/1-0-0\",\"data\":{\"parentEventId\":"
);

/// The event to send beside `parent`; none if the PII enrichment did not ask for one.
pub fn of(parent: &Event, now_millis: i64, v_etl: &str, ids: &mut Ids) -> Option<Event> {
    let replaced = parent.pii.as_deref().filter(|text| !text.is_empty())?;
    let now = CompactString::from(jvm::time::format_tstamp(now_millis));
    let mut event = Event::default();
    for field in [fields::APP_ID, fields::ETL_TSTAMP, fields::COLLECTOR_TSTAMP] {
        event.set_text(field, parent.text(field));
    }
    event.set_text(fields::PLATFORM, Some("srv"));
    event.set_text(fields::EVENT, Some("pii_transformation"));
    event.set_text(fields::EVENT_ID, Some(ids.uuid()));
    event.set_text(fields::V_ETL, Some(v_etl));
    event.set_text(fields::UNSTRUCT_EVENT, Some(replaced));
    event.set_text(fields::DERIVED_TSTAMP, Some(now.clone()));
    event.set_text(fields::TRUE_TSTAMP, Some(now));
    event.set_text(fields::EVENT_VENDOR, Some("com.snowplowanalytics.snowplow"));
    event.set_text(fields::EVENT_NAME, Some("pii_transformation"));
    event.set_text(fields::EVENT_FORMAT, Some("jsonschema"));
    event.set_text(fields::EVENT_VERSION, Some("1-0-0"));
    let mut contexts = String::from(PARENT);
    write_string(
        &mut contexts,
        parent.text(fields::EVENT_ID).unwrap_or_default(),
    );
    contexts.push_str("}}]}");
    event.set_text(fields::CONTEXTS, Some(contexts));
    Some(event)
}
