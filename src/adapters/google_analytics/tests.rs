use super::*;
use crate::adapters::AdaptError;
use crate::adapters::tests::{Request, data, events, violations};

const GA: Request<'static> = Request {
    path: "com.google.analytics/v1",
    qs: "",
    body: None,
    content_type: None,
};

/// The contexts of an event: name of the schema and data of each.
fn contexts_of(event: &[String]) -> Vec<String> {
    let text = event.iter().find_map(|p| p.strip_prefix("co=")).unwrap();
    let doc = lexon::Doc::parse(text).unwrap();
    let name = |uri: &str| uri.split('/').nth(1).unwrap().to_owned();
    let context = |item: lexon::Value| {
        let schema = item.get("schema").unwrap().as_str().unwrap();
        format!("{} {}", name(schema), item.get("data").unwrap().to_json())
    };
    doc.root()
        .get("data")
        .unwrap()
        .items()
        .map(context)
        .collect()
}

#[test]
fn keys_hash_as_in_the_reference() {
    assert_eq!(
        key_hash(&SchemaKey::parse("iglu:a/b/c/1-0-0").unwrap()),
        183_990_297
    );
}

#[test]
fn a_line_is_an_event_with_contexts() {
    let body = "t=event&ec=a&ea=b&ev=1&cd1=x&cm2=1.5&il1pi1pr=1.005&cu=EUR&de=x";
    let got = events(Request {
        body: Some(body),
        ..GA
    })
    .unwrap();
    assert_eq!(data(&got[0]), r#"{"category":"a","value":1,"action":"b"}"#);
    let mut contexts = contexts_of(&got[0]);
    contexts.sort();
    assert_eq!(
        contexts,
        [
            r#"custom_dimension {"index":1,"value":"x"}"#,
            r#"custom_metric {"index":2,"value":1.5}"#,
            r#"hit {"type":"event"}"#,
            r#"product_impression {"currencyCode":"EUR","productIndex":1,"price":1.0,"listIndex":1}"#,
            r#"system_info {"documentEncoding":"x"}"#,
        ]
    );
    assert!(got[0].contains(&"ti_cu=EUR".to_owned()) && got[0].contains(&"cs=x".to_owned()));
}

#[test]
fn each_line_is_for_itself() {
    let got = events(Request {
        body: Some("t=pageview&dp=a\r\nt=exception&exf=1\x0ct=social&x\n"),
        ..GA
    })
    .unwrap();
    let all: Vec<_> = got.iter().map(|event| data(event)).collect();
    assert_eq!(
        all,
        [r#"{"documentPath":"a"}"#, r#"{"isFatal":true}"#, "{}"]
    );
    assert_eq!(contexts_of(&got[0]), [r#"hit {"type":"pageview"}"#]);
    let lines: Vec<_> = lines("a\n\nb\r\n\x0cc\r").collect();
    assert_eq!(lines, ["a", "", "b", "", "c\r"]);
}

#[test]
fn all_lines_that_are_wrong_are_told() {
    let got = violations(Request {
        body: Some("t=x&ni=2&pr1x_=1\n\nt=event&ev=y\nt=event&ni=y&cm1=z"),
        ..GA
    });
    let told: Vec<_> = got
        .iter()
        .map(|violation| match violation {
            Violation::InputData {
                field, expectation, ..
            } => format!("{field}: {expectation}"),
            Violation::SchemaMapping {
                expectation,
                expected,
                ..
            } => {
                assert!(expected.starts_with("{\""));
                expectation.clone()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        told,
        [
            "t: no matching hit type",
            "no schema associated with the provided type parameter",
            "nonInteractionHit: cannot be converted to boolean, only 1 or 0 are supported",
            r"pr1x_: composite field name has to conform to regex (pr|promo|il|cd|cm|cg)(\d+)([a-zA-Z]*)(\d*)([a-zA-Z]*)(\d*)$",
            "body: no t parameter provided: cannot determine hit type",
            "value: cannot be converted to java.lang.Integer",
            "nonInteractionHit: cannot be converted to boolean, only 1 or 0 are supported",
            "value: cannot be converted to Double",
        ]
    );
    assert_eq!(
        violations(Request {
            body: Some(""),
            ..GA
        }),
        [Violation::input("body", None, "empty body")]
    );
    assert!(matches!(
        events(Request {
            body: Some("t=event&ev=null"),
            ..GA
        }),
        Err(AdaptError::Crash(_))
    ));
}

#[test]
fn a_transaction_has_parameters_of_its_own() {
    let got = events(Request {
        body: Some("t=transaction&ti=1&tr=1.999&cu=EUR&tt"),
        ..GA
    })
    .unwrap();
    assert_eq!(
        data(&got[0]),
        r#"{"currencyCode":"EUR","revenue":2.0,"id":"1"}"#
    );
    for parameter in ["tr_id=1", "tr_tt=1.999", "tr_cu=EUR", "tr_tx"] {
        assert!(got[0].contains(&parameter.to_owned()), "{parameter}");
    }
}
