use std::borrow::Cow;

use super::failure::{Message, Origin};
use super::*;
use crate::event::fields;
use crate::payload::{Parameters, Sender, testing};
use crate::schema::error::{ClientError, Report};
use crate::schema::key::{SchemaKey, SchemaVer};
use crate::schema::self_describing::SelfDescribingError;

const NOW: Instant = Instant {
    secs: 1_700_000_000,
    nanos: 0,
};

fn processor() -> Processor {
    Processor {
        artifact: "snowplow-enrich-kinesis".to_owned(),
        version: "3.9.0".to_owned(),
    }
}

fn row(schema: &str, rest: &str) -> String {
    format!(
        r#"{{"schema":"iglu:com.snowplowanalytics.snowplow.badrows/{schema}","data":{{"processor":{{"artifact":"snowplow-enrich-kinesis","version":"3.9.0"}},"failure":{{"timestamp":"2023-11-14T22:13:20.000000000Z",{rest}}}}}"#
    )
}

fn payload() -> CollectorPayload<'static> {
    testing::payload("com.snowplowanalytics.snowplow/tp1")
}

const PAYLOAD: &str = r#"{"vendor":"com.snowplowanalytics.snowplow","version":"tp1","querystring":[],"contentType":null,"body":null,"collector":"ssc-2.9.0-kinesis","encoding":"UTF-8","hostname":null,"timestamp":"2017-07-14T02:40:00.000Z","ipAddress":null,"useragent":null,"refererUri":null,"headers":[],"networkUserId":null}"#;

#[test]
fn a_format_violation_shows_the_record_in_base64() {
    let violation = FormatViolation::InputData {
        field: "path",
        value: Some("/foo".to_owned()),
        expectation: "e".to_owned(),
    };
    assert_eq!(
        format_violation(&processor(), NOW, &[0, 255], &violation),
        row(
            "collector_payload_format_violation/jsonschema/1-0-0",
            r#""loader":"thrift","message":{"payloadField":"path","value":"/foo","expectation":"e"}},"payload":"AP8=""#
        )
    );
    let violation = FormatViolation::Fallback("x".to_owned());
    assert!(
        format_violation(&processor(), NOW, b"", &violation)
            .contains(r#""message":{"error":"x"}},"payload":"""#)
    );
}

#[test]
fn an_adapter_failure_shows_the_payload() {
    let key = SchemaKey::parse("iglu:a/b/jsonschema/1-0-0").unwrap();
    let violations = vec![
        Violation::NotJson {
            field: "f".to_owned(),
            value: None,
            error: "e".to_owned(),
        },
        Violation::NotIglu {
            json: "{}".to_owned(),
            error: SelfDescribingError::Shape,
        },
        Violation::input("f", Some("v"), "e"),
        Violation::SchemaMapping {
            actual: None,
            expected: "{}".to_owned(),
            expectation: "e".to_owned(),
        },
        Violation::Criterion {
            key: key.clone(),
            criterion: "c".to_owned(),
        },
        Violation::Iglu {
            key,
            error: invalid(),
        },
    ];
    let messages = r#"[{"field":"f","value":null,"error":"e"},{"json":{},"error":"INVALID_DATA_PAYLOAD"},{"field":"f","value":"v","expectation":"e"},{"actual":null,"expectedMapping":{},"expectation":"e"},{"schemaKey":"iglu:a/b/jsonschema/1-0-0","schemaCriterion":"c"},{"schemaKey":"iglu:a/b/jsonschema/1-0-0","error":{"supersededBy":"1-0-1","error":"ValidationError","dataReports":[{"message":"m","path":"$","keyword":"k","targets":["1"]}]}}]"#;
    let mut failure = AdapterFailure {
        violations,
        tracker_protocol: false,
    };
    let expected = |schema: &str| {
        row(
            schema,
            &format!(
                r#""vendor":"com.snowplowanalytics.snowplow","version":"tp1","messages":{messages}}},"payload":{PAYLOAD}"#
            ),
        )
    };
    assert_eq!(
        adapter_failure(&processor(), NOW, &payload(), &failure),
        expected("adapter_failures/jsonschema/1-0-0")
    );
    failure.tracker_protocol = true;
    assert_eq!(
        adapter_failure(&processor(), NOW, &payload(), &failure),
        expected("tracker_protocol_violations/jsonschema/1-0-1")
    );
}

fn invalid() -> ClientError {
    let report = Report {
        message: "m".to_owned(),
        path: "$".to_owned(),
        keyword: "k".to_owned(),
        targets: vec!["1".to_owned()],
    };
    let superseded_by = Some(SchemaVer {
        model: 1,
        revision: 0,
        addition: 1,
    });
    ClientError::Invalid {
        reports: vec![report],
        superseded_by,
    }
}

#[test]
fn all_of_a_payload_is_shown() {
    let mut payload = payload();
    payload.querystring = vec![
        (Cow::Borrowed("a"), Some(Cow::Borrowed("1"))),
        (Cow::Borrowed("a"), None),
    ];
    payload.body = Some(Cow::Borrowed("\u{1}\"é"));
    payload.context.headers = vec![Cow::Borrowed("A: b"), Cow::Borrowed("C: d")];
    payload.context.timestamp = None;
    let failure = AdapterFailure {
        violations: Vec::new(),
        tracker_protocol: false,
    };
    let text = adapter_failure(&processor(), NOW, &payload, &failure);
    for part in [
        r#""querystring":[{"name":"a","value":"1"},{"name":"a","value":null}],"#,
        r#""body":"\u0001\"é","#,
        r#""timestamp":null,"#,
        r#""headers":["A: b","C: d"],"#,
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn failures_of_an_event_show_it_and_the_raw_event() {
    let payload = payload();
    let mut parameters = Parameters::new();
    parameters.insert(Cow::Borrowed("e"), Some(Cow::Borrowed("pv")));
    parameters.insert(Cow::Borrowed("x"), None);
    let raw = RawEvent {
        api: &payload.api,
        parameters,
        content_type: Some("t"),
        source: &payload.source,
        context: Sender::of(&payload.context),
    };
    let mut event = Event::default();
    event.set_text(fields::APP_ID, Some("shop"));
    event.set_int(fields::TXN_ID, Some(12));
    event.set_int(fields::PAGE_URLPORT, Some(443));
    event.set_float(fields::GEO_LATITUDE, Some(43.88));
    event.set_byte(fields::BR_COOKIES, Some(1));
    let raw_text = r#""raw":{"vendor":"com.snowplowanalytics.snowplow","version":"tp1","parameters":[{"name":"e","value":"pv"},{"name":"x","value":null}],"contentType":"t","loaderName":"ssc-2.9.0-kinesis","encoding":"UTF-8","hostname":null,"timestamp":"2017-07-14T02:40:00.000Z","ipAddress":null,"useragent":null,"refererUri":null,"headers":[],"userId":null}}}}"#;
    let origin = Origin {
        schema: SchemaKey::parse("iglu:a/b/jsonschema/1-0-0").unwrap(),
        identifier: "i",
    };
    let failures = [
        Failure::simple("s").of(&origin),
        Failure::input("f", None, "e"),
        Failure {
            enrichment: None,
            message: Message::Iglu {
                key: origin.schema.clone(),
                error: ClientError::Resolution(Vec::new()),
            },
        },
    ];
    let text = enrichment_failures(&processor(), NOW, &failures, &event, &raw);
    let head = row("enrichment_failures/jsonschema/2-0-1", "");
    assert!(text.starts_with(head.trim_end_matches('}')), "{text}");
    assert!(text.ends_with(raw_text), "{text}");
    for part in [
        r#""messages":[{"enrichment":{"schemaKey":"iglu:a/b/jsonschema/1-0-0","identifier":"i"},"message":{"error":"s"}},{"enrichment":null,"message":{"field":"f","value":null,"expectation":"e"}},{"enrichment":null,"message":{"schemaKey":"iglu:a/b/jsonschema/1-0-0","error":{"error":"ResolutionError","lookupHistory":[]}}}]},"payload":{"enriched":{"app_id":"shop","platform":null,"#,
        r#""txn_id":"12","#,
        r#""page_urlport":443,"#,
        r#""geo_latitude":43.88,"#,
        r#""br_cookies":1,"#,
        r#""true_tstamp":null},"raw":"#,
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let text = schema_violations(
        &processor(),
        NOW,
        &[Violation::input("f", None, "e")],
        &event,
        &raw,
    );
    assert!(
        text.starts_with(
            &row(
                "schema_violations/jsonschema/2-0-1",
                r#""messages":[{"field":"f","value":null,"expectation":"e"}]"#
            )
            .trim_end_matches('}')
            .to_owned()
        )
    );
    assert!(text.ends_with(raw_text));
}

#[test]
fn a_generic_error_shows_the_record() {
    assert_eq!(
        generic_error(&processor(), NOW, b"ab", &["x\n"]),
        row(
            "generic_error/jsonschema/1-0-0",
            r#""errors":["x\n"]},"payload":"YWI=""#
        )
    );
}

#[test]
fn an_oversized_event_shows_its_beginning_in_utf16_units() {
    let limits = SizeLimits::new(1000);
    let tsv = format!("{}\t😀{}", "é".repeat(798), "x".repeat(500));
    let expected = row(
        "size_violation/jsonschema/1-0-0",
        &format!(
            r#""maximumAllowedSizeBytes":1000,"actualSizeBytes":{},"expectation":"event passed enrichment but then exceeded the maximum allowed size 1000 bytes"}},"payload":"{}\t?""#,
            tsv.len(),
            "é".repeat(798)
        ),
    );
    let cut = row(
        "size_violation/jsonschema/1-0-0",
        &format!(
            r#""maximumAllowedSizeBytes":1000,"actualSizeBytes":{},"expectation":"event failed enrichment, but resulting bad row exceeds allowed size 1000"}},"payload":"{}""#,
            expected.len(),
            &expected[..100].replace('"', "\\\"")
        ),
    );
    assert_eq!(limits.oversized_event(&processor(), NOW, &tsv), cut);
    assert_eq!(limits.bounded(&processor(), NOW, "{}".to_owned()), "{}");
    let roomy = SizeLimits::new(10_000);
    let row = roomy.oversized_event(&processor(), NOW, &"y".repeat(10_001));
    assert!(
        row.contains(&format!("\"payload\":\"{}\"", "y".repeat(8000))),
        "{row}"
    );
}

#[test]
fn times_before_the_epoch_round_down() {
    assert_eq!(
        Instant::from_millis(-1),
        Instant {
            secs: -1,
            nanos: 999_000_000
        }
    );
}
