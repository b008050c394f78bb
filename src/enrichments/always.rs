//! The steps that run for every event, configured or not.
//!
//! Behaviour and wording: the enrichment manager of Enrich 3.9.0.

use std::borrow::Cow;

use compact_str::CompactString;
use jvm::nvp;
use jvm::scala_uri::string_to_uri;
use jvm::text::{java_split_char, tsv_safe};
use jvm::time;

use super::uri_parts::{PAGE, REFERRER};
use super::{Step, Work};
use crate::badrows::failure::{Crash, Failure};
use crate::event::convert::{self, ConvertError};
use crate::event::{Event, fields};

/// The collector must have said its name and version.
pub fn collector_version(event: &mut Event, _: &mut Work<'_>) -> Step {
    match event.text(fields::V_COLLECTOR) {
        None | Some("") => Step::Failed(vec![Failure::input("v_collector", None, "should be set")]),
        Some(_) => Step::Done,
    }
}

/// The page's address: what the tracker says, else the `Referer` header.
pub fn page_uri(event: &mut Event, work: &mut Work<'_>) -> Step {
    let referer = work.raw.context.referer.as_deref();
    let Some(text) = event.text(fields::PAGE_URL).or(referer) else {
        return Step::Done;
    };
    match string_to_uri(text) {
        Ok(uri) => {
            event.set_text(fields::PAGE_URL, Some(uri.as_str()));
            PAGE.set(event, &uri);
            work.page_uri = Some(uri);
            Step::Done
        }
        Err(problem) => Step::Failed(vec![Failure::simple(problem)]),
    }
}

/// When the event happened by the collector's clock.
pub fn derived_tstamp(event: &mut Event, _: &mut Work<'_>) -> Step {
    let derived = match event.text(fields::TRUE_TSTAMP) {
        Some(known) => Some(CompactString::from(known)),
        None => corrected(event).or_else(|| {
            event
                .text(fields::COLLECTOR_TSTAMP)
                .map(CompactString::from)
        }),
    };
    event.set_text(fields::DERIVED_TSTAMP, derived);
    Step::Done
}

/// The collector's time less what passed on the device between making and sending, where both are known.
fn corrected(event: &Event) -> Option<CompactString> {
    let at = |field| event.text(field).and_then(time::parse_tstamp);
    let created = at(fields::DVCE_CREATED_TSTAMP)?;
    let sent = at(fields::DVCE_SENT_TSTAMP)?;
    let collected = at(fields::COLLECTOR_TSTAMP)?;
    (created < sent).then(|| time::format_tstamp(time::derived(created, sent, collected)).into())
}

/// The parts of the referrer's address.
pub fn referrer_uri(event: &mut Event, work: &mut Work<'_>) -> Step {
    let Some(text) = event.text(fields::PAGE_REFERRER) else {
        return Step::Done;
    };
    match string_to_uri(text) {
        Ok(uri) => {
            REFERRER.set(event, &uri);
            work.referrer_uri = Some(uri);
            Step::Done
        }
        Err(problem) => Step::Failed(vec![Failure::simple(problem)]),
    }
}

/// The decoded query string of the page's address.
pub fn page_query(_: &mut Event, work: &mut Work<'_>) -> Step {
    work.page_query = work.page_uri.as_ref().map(|uri| {
        nvp::parse_raw(
            uri.raw_query().unwrap_or_default(),
            work.raw.source.encoding,
        )
        .into_iter()
        .map(|(name, value)| {
            (
                Cow::Owned(name.into_owned()),
                value.map(|v| Cow::Owned(v.into_owned())),
            )
        })
        .collect()
    });
    Step::Done
}

/// What another domain says of the visitor in the parameter `_sp`.
pub fn cross_domain(event: &mut Event, work: &mut Work<'_>) -> Step {
    let last = work
        .page_query
        .iter()
        .flatten()
        .rev()
        .find(|(name, _)| name == "_sp");
    let Some(value) = last
        .and_then(|(_, value)| value.as_deref())
        .filter(|value| !value.is_empty())
    else {
        return Step::Done;
    };
    let parts = java_split_char(value, &['.']);
    let Some(user) = parts.first() else {
        return Step::Crashed(Crash(
            "java.lang.ArrayIndexOutOfBoundsException: Index 0 out of bounds for length 0"
                .to_owned(),
        ));
    };
    let made = match parts
        .get(1)
        .map(|millis| (millis, convert::timestamp(millis)))
    {
        None => None,
        Some((_, Ok(cell))) => Some(cell),
        Some((millis, Err(ConvertError::Expected(text)))) => {
            return Step::Failed(vec![Failure::input("sp_dtm", Some(millis), text)]);
        }
        Some((_, Err(ConvertError::Crash(crash)))) => return Step::Crashed(crash),
    };
    event.set_text(
        fields::REFR_DOMAIN_USERID,
        tsv_safe(user).map(|text| CompactString::from(text.as_ref())),
    );
    if let Some(cell) = made {
        event.put(fields::REFR_DVCE_TSTAMP.index(), cell);
    }
    Step::Done
}

const SNOWPLOW: &str = "com.snowplowanalytics.snowplow";
const GOOGLE_ANALYTICS: &str = "com.google.analytics";

/// Vendor, name, format and version of the event's schema.
pub fn schema_fields(event: &mut Event, work: &mut Work<'_>) -> Step {
    let (vendor, name) = match event.text(fields::EVENT) {
        Some(name @ ("page_view" | "page_ping" | "transaction" | "transaction_item")) => {
            (SNOWPLOW, CompactString::from(name))
        }
        Some("struct") => (GOOGLE_ANALYTICS, CompactString::const_new("event")),
        Some("unstruct") => {
            if let Some(inner) = work.unstruct {
                event.set_text(fields::EVENT_VENDOR, Some(inner.key.vendor()));
                event.set_text(fields::EVENT_NAME, Some(inner.key.name()));
                event.set_text(fields::EVENT_FORMAT, Some(inner.key.format()));
                event.set_text(fields::EVENT_VERSION, Some(inner.key.version().to_string()));
            }
            return Step::Done;
        }
        other => {
            let expectation = format!(
                "trying to extract the schema of the enriched event but event type [{}] doesn't match\n          \
                 any of page_view, page_ping, struct, transaction, transaction_item and unstruct\n          ",
                other.unwrap_or("null")
            );
            return Step::Failed(vec![Failure::input("event", other, expectation)]);
        }
    };
    event.set_text(fields::EVENT_VENDOR, Some(vendor));
    event.set_text(fields::EVENT_NAME, Some(name));
    event.set_text(fields::EVENT_FORMAT, Some("jsonschema"));
    event.set_text(fields::EVENT_VERSION, Some("1-0-0"));
    Step::Done
}
