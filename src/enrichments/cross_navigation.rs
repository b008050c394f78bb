//! What another site or app says of the visitor in the page's parameter `_sp`: a context.
//!
//! Behaviour: as documented for Enrich 4.1.0 and later. The short form fills `refr_domain_userid` and
//! `refr_dvce_tstamp` with or without this enrichment; the step for that runs before and reports a
//! time that cannot be read.

use jvm::base64::decode_url_to_string;
use jvm::number::parse_long;
use jvm::text::java_split_char;
use jvm::time::joda_iso;

use super::settings::wrong;
use super::{BuildError, Context, Enrichment, Spec, Step, Work};
use crate::event::{Event, fields};
use crate::schema::SchemaKey;

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow.enrichments",
    name: "cross_navigation_config",
    version: (1, 0),
    build: |_, _, _| Ok(Box::new(CrossNavigation::new()?)),
};

const CONTEXT: &str = "iglu:com.snowplowanalytics.snowplow/cross_navigation/jsonschema/1-0-0";

struct CrossNavigation {
    schema: SchemaKey,
}

impl CrossNavigation {
    fn new() -> Result<CrossNavigation, BuildError> {
        let schema = SchemaKey::parse(CONTEXT).map_err(|e| wrong("schema", e.to_string()))?;
        Ok(CrossNavigation { schema })
    }
}

/// The data of the context of a parameter; none without a visitor or a time, which the schema of
/// the context demands.
fn describe(parameter: &str) -> Option<String> {
    let parts = java_split_char(parameter, &['.']);
    let part = |number: usize| {
        let text = parts.get(number).copied();
        text.filter(|text| !text.is_empty())
    };
    // trackers write these in base64, as they may hold anything
    let encoded = |number: usize| part(number).map(decode_url_to_string);
    let mut json = String::with_capacity(256);
    json.push_str("{\"domain_user_id\":");
    lexon::write_string(&mut json, part(0)?);
    json.push_str(",\"timestamp\":");
    lexon::write_string(&mut json, &joda_iso(parse_long(part(1)?)?));
    let more = [
        (",\"session_id\":", part(2).map(str::to_owned)),
        (",\"user_id\":", encoded(3)),
        (",\"source_id\":", encoded(4)),
        (",\"source_platform\":", part(5).map(str::to_owned)),
        (",\"reason\":", encoded(6)),
    ];
    for (key, value) in more {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            json.push_str(key);
            lexon::write_string(&mut json, &value);
        }
    }
    json.push('}');
    Some(json)
}

impl Enrichment for CrossNavigation {
    fn apply(&self, event: &mut Event, work: &mut Work<'_>) -> Step {
        // where the short form could not be read, the event is refused for that
        if event.text(fields::REFR_DVCE_TSTAMP).is_none() {
            return Step::Done;
        }
        let mut query = work.page_query.iter().flatten().rev();
        let parameter = query.find(|(name, _)| name == "_sp");
        let data = parameter.and_then(|(_, value)| describe(value.as_deref()?));
        match data {
            None => Step::Done,
            Some(data) => Step::Contexts(vec![Context {
                schema: self.schema.clone(),
                data,
            }]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Fixture, contexts, run_with};
    use super::*;

    #[test]
    fn all_parts_of_the_parameter_are_told() {
        let id = "c6ef3124-b53a-4b13-a233-0088f79dcbcb";
        let session = "987abc12-3456-7890-abcd-ef1234567890";
        let whole = format!("{id}.1778058000000.{session}.dV8xMjM.c2hvcA.web.bGluayDwn5SX");
        let expected = format!(
            "{{\"domain_user_id\":\"{id}\",\"timestamp\":\"2026-05-06T09:00:00.000Z\",\
             \"session_id\":\"{session}\",\"user_id\":\"u_123\",\"source_id\":\"shop\",\
             \"source_platform\":\"web\",\"reason\":\"link 🔗\"}}"
        );
        assert_eq!(describe(&whole), Some(expected));
    }

    #[test]
    fn parts_that_are_absent_or_empty_are_left_out() {
        let short = "{\"domain_user_id\":\"u\",\"timestamp\":\"1970-01-01T00:00:00.001Z\"";
        assert_eq!(describe("u.1"), Some(format!("{short}}}")));
        assert_eq!(
            describe("u.1....mob."),
            Some(format!("{short},\"source_platform\":\"mob\"}}"))
        );
        for none in ["", "u", "u.", ".1", "..", "u.x.s"] {
            assert_eq!(describe(none), None, "{none}");
        }
    }

    #[test]
    fn of_several_parameters_the_last_counts() {
        let step = CrossNavigation::new().unwrap();
        let mut event = Event::default();
        event.set_text(fields::REFR_DVCE_TSTAMP, Some("1970-01-01 00:00:00.002"));
        let outcome = run_with(&step, &mut event, &Fixture::default(), |work| {
            let pair = |value: &'static str| ("_sp".into(), Some(value.into()));
            work.page_query = Some(vec![pair("a.1"), pair("b.2")]);
        });
        let [(schema, data)] = contexts(outcome).try_into().unwrap();
        assert_eq!(schema, CONTEXT);
        assert!(data.starts_with("{\"domain_user_id\":\"b\""), "{data}");
    }

    #[test]
    fn without_the_parameter_there_is_no_context() {
        let step = CrossNavigation::new().unwrap();
        let outcome = run_with(&step, &mut Event::default(), &Fixture::default(), |_| {});
        assert!(matches!(outcome, Step::Done));
    }
}
