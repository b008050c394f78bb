//! What is asked of a schema before it is used.
//!
//! The schema is checked as an instance of a variant of the draft-4 metaschema; expressions, and
//! whether references lead anywhere, are not looked at. Then its `$schema` has to be one the
//! reference knows.

use std::sync::LazyLock;

use jvm::uri::JavaUri;
use lexon::{Doc, Value};

use super::CompiledSchema;
use super::compile;
use crate::schema::error::SchemaIssue;

/// Never changes, so it is compiled once.
static METASCHEMA: LazyLock<Option<CompiledSchema>> = LazyLock::new(|| {
    let doc = Doc::parse(include_str!("metaschema.json")).ok()?;
    compile::compile(&doc).ok()
});

/// The `$schema` of self-describing schemas.
const SELF_DESCRIBING: &str =
    "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#";

/// The other one that is known.
const DRAFT_4: &str = "https://json-schema.org/draft-04/schema";

/// An issue with the schema as a whole.
pub(super) fn issue(message: impl Into<String>) -> SchemaIssue {
    SchemaIssue {
        path: String::from("$"),
        message: message.into(),
    }
}

/// All that is wrong with a schema.
pub(super) fn issues(schema: Value<'_>) -> Vec<SchemaIssue> {
    if let Some(metaschema) = METASCHEMA.as_ref() {
        match metaschema.report(schema) {
            Ok(reports) if reports.is_empty() => {}
            Ok(reports) => {
                let told = |report: crate::schema::error::Report| SchemaIssue {
                    path: report.path,
                    message: report.message,
                };
                return reports.into_iter().map(told).collect();
            }
            Err(crash) => return vec![issue(crash.0)],
        }
    }
    let uri = schema.get("$schema").and_then(Value::as_str);
    uri.and_then(unknown_dialect)
        .map(issue)
        .into_iter()
        .collect()
}

/// What is wrong with a `$schema`. The reference takes it apart and puts some of it together
/// again before it looks it up: query and fragment are lost, but for an empty fragment.
fn unknown_dialect(uri: &str) -> Option<String> {
    let wrong = || format!("Wrong MetaSchema URI: {uri}");
    let Ok(parsed) = JavaUri::parse(uri) else {
        return Some(wrong());
    };
    if parsed.is_opaque() {
        // a scheme alone cannot be put together again
        return Some(wrong());
    }
    let mut known = String::new();
    if let Some(scheme) = parsed.scheme() {
        known.push_str(scheme);
        known.push(':');
    }
    if let Some(host) = parsed.host() {
        known.push_str("//");
        if let Some(user) = parsed.user_info() {
            known.push_str(user);
            known.push('@');
        }
        known.push_str(host);
        if let Some(port) = parsed.port() {
            known.push_str(&format!(":{port}"));
        }
    }
    known.push_str(parsed.raw_path().unwrap_or(""));
    if uri.ends_with('#') {
        known.push('#');
    }
    (known != SELF_DESCRIBING && known != DRAFT_4).then(|| format!("Unknown MetaSchema: {known}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lint(schema: &str) -> Vec<(String, String)> {
        let doc = Doc::parse(schema).unwrap();
        issues(doc.root())
            .into_iter()
            .map(|issue| (issue.path, issue.message))
            .collect()
    }

    #[test]
    fn the_metaschema_compiles_and_accepts_itself() {
        let metaschema = METASCHEMA.as_ref().unwrap();
        assert!(metaschema.nodes.iter().all(|node| node.broken.is_none()));
        assert_eq!(lint(include_str!("metaschema.json")), []);
    }

    #[test]
    fn issues_come_in_the_order_of_the_reference() {
        let schema = r#"{"type":"objekt","properties":{"a":{"type":"string","maxLength":-1},"b":{"required":true}}}"#;
        let expected = [
            (
                "$.type",
                "$.type: does not have a value in the enumeration [array, boolean, integer, null, number, object, string]",
            ),
            (
                "$.type",
                "$.type: should be valid to any of the schemas array",
            ),
            (
                "$.properties.a.maxLength",
                "$.properties.a.maxLength: must have a minimum value of 0",
            ),
            (
                "$.properties.b.required",
                "$.properties.b.required: boolean found, array expected",
            ),
        ];
        let found = lint(schema);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(p, m)| (p.as_str(), m.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn some_things_are_let_pass() {
        for schema in [
            "{}",
            r#"{"multipleOf":0,"exclusiveMinimum":5,"pattern":"([","properties":{"x":{"$ref":"nowhere"}}}"#,
            r#"{"$schema":"https://json-schema.org/draft-04/schema?x=1"}"#,
            r#"{"self":{"vendor":"a"},"$schema":"http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#"}"#,
        ] {
            assert_eq!(lint(schema), [], "{schema}");
        }
        for schema in [
            "[]",
            "true",
            r#"{"exclusiveMaximum":true}"#,
            r#"{"pattern":5}"#,
            r#"{"enum":[1,1]}"#,
        ] {
            assert!(!lint(schema).is_empty(), "{schema}");
        }
    }

    #[test]
    fn unknown_dialects_are_refused() {
        let rows = [
            (
                "http://json-schema.org/draft-04/schema#",
                "Unknown MetaSchema: http://json-schema.org/draft-04/schema#",
            ),
            (
                "http://json-schema.org/schema#foo",
                "Unknown MetaSchema: http://json-schema.org/schema",
            ),
            (
                "https://json-schema.org/draft-04/schema#",
                "Unknown MetaSchema: https://json-schema.org/draft-04/schema#",
            ),
            ("abc", "Unknown MetaSchema: abc"),
            ("", "Unknown MetaSchema: "),
            ("iglu:com.acme/x", "Wrong MetaSchema URI: iglu:com.acme/x"),
            ("http://a b", "Wrong MetaSchema URI: http://a b"),
            ("http://a_b/c%20d/é", "Unknown MetaSchema: http:/c%20d/é"),
            ("http://u@a:80/c?d#e", "Unknown MetaSchema: http://u@a:80/c"),
            ("http://[::1]/x", "Unknown MetaSchema: http://[::1]/x"),
            ("//a/b", "Unknown MetaSchema: //a/b"),
            ("file:///a/b", "Unknown MetaSchema: file:/a/b"),
        ];
        for (uri, expected) in rows {
            let schema = format!("{{\"$schema\":\"{uri}\"}}");
            assert_eq!(
                lint(&schema),
                [("$".to_owned(), expected.to_owned())],
                "{uri}"
            );
        }
    }
}
