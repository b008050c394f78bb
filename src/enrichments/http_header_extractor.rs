//! Headers of the request whose names match a pattern become contexts.
//!
//! Behaviour: the HTTP header extractor of Enrich 3.9.0.

use jvm::pattern::Pattern;
use jvm::text::java_trim;
use serde_json::Value;

use super::settings::{text, wrong};
use super::{BuildError, Context, Enrichment, Spec, Step, Work};
use crate::event::Event;
use crate::schema::SchemaKey;

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow.enrichments",
    name: "http_header_extractor_config",
    version: (1, 0),
    build: |_, data, _| Ok(Box::new(HttpHeaderExtractor::new(data)?)),
};

const HEADER: &str = "iglu:org.ietf/http_header/jsonschema/1-0-0";

struct HttpHeaderExtractor {
    pattern: Pattern,
    schema: SchemaKey,
}

impl HttpHeaderExtractor {
    fn new(data: &Value) -> Result<HttpHeaderExtractor, BuildError> {
        let path = "parameters.headersPattern";
        Ok(HttpHeaderExtractor {
            pattern: Pattern::new(text(data, path)?)
                .map_err(|e| wrong(path, format!("is no regular expression: {e}")))?,
            schema: SchemaKey::parse(HEADER).map_err(|e| wrong("schema", e.to_string()))?,
        })
    }
}

impl Enrichment for HttpHeaderExtractor {
    fn apply(&self, _: &mut Event, work: &mut Work<'_>) -> Step {
        let contexts: Vec<Context> = work
            .raw
            .context
            .headers
            .iter()
            .filter_map(|header| header.split_once(':'))
            .filter(|(name, _)| self.pattern.full_match(name))
            .map(|(name, value)| Context {
                schema: self.schema.clone(),
                data: describe(java_trim(name), java_trim(value)),
            })
            .collect();
        match contexts.is_empty() {
            true => Step::Done,
            false => Step::Contexts(contexts),
        }
    }

    fn is_of_request(&self) -> bool {
        true
    }
}

fn describe(name: &str, value: &str) -> String {
    let mut json = String::with_capacity(24 + name.len() + value.len());
    json.push_str("{\"name\":");
    lexon::write_string(&mut json, name);
    json.push_str(",\"value\":");
    lexon::write_string(&mut json, value);
    json.push('}');
    json
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Fixture, contexts, run_with};
    use super::*;
    use serde_json::json;

    fn extract(pattern: &str, headers: &[&'static str]) -> Vec<String> {
        let data = json!({"parameters": {"headersPattern": pattern}});
        let step = HttpHeaderExtractor::new(&data).unwrap();
        let fixture = Fixture::with_headers(headers);
        contexts(run_with(&step, &mut Event::default(), &fixture, |_| {}))
            .into_iter()
            .map(|(schema, data)| {
                assert_eq!(schema, HEADER);
                data
            })
            .collect()
    }

    #[test]
    fn the_whole_name_must_match_as_it_was_sent() {
        let headers = [
            "X-Forwarded-For: 1.2.3.4",
            "X-Forwarded: no",
            " Host: h",
            "Host: h",
        ];
        assert_eq!(
            extract("X-Forwarded-For|Host", &headers),
            [
                r#"{"name":"X-Forwarded-For","value":"1.2.3.4"}"#,
                r#"{"name":"Host","value":"h"}"#,
            ]
        );
    }

    #[test]
    fn names_and_values_are_trimmed_and_doublets_kept() {
        assert_eq!(
            extract(".*", &[" A : \t b:c \u{1}", " A :", "no colon"]),
            [
                r#"{"name":"A","value":"b:c"}"#,
                r#"{"name":"A","value":""}"#
            ]
        );
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_refused_at_start() {
        let data = json!({"parameters": {"headersPattern": "("}});
        let error = HttpHeaderExtractor::new(&data).err().unwrap().to_string();
        assert!(
            error.starts_with("field `parameters.headersPattern`: is no regular expression"),
            "{error}"
        );
    }
}
