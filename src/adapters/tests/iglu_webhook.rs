use super::*;

#[test]
fn a_webhook_event_may_be_the_query_string() {
    let qs = format!("{NAMED}&aid=x&a=&b=1&c&d=2");
    let got = events(Request { qs: &qs, ..WEBHOOK }).unwrap();
    assert_eq!(data(&got[0]), r#"{"a":null,"b":"1","c":null,"d":"2"}"#);
    assert_eq!(&got[0][..1], ["e=ue"]);
    assert!(got[0].contains(&"aid=x".to_owned()) && got[0].contains(&"p=app".to_owned()));
}

#[test]
fn webhook_events_may_be_json() {
    let sent = r#"{"data":{"x":1.0},"schema":"iglu:a/b/jsonschema/1-0-0"}"#;
    let got = events(Request {
        body: Some(sent),
        content_type: JSON,
        qs: "p=web",
        ..WEBHOOK
    })
    .unwrap();
    assert_eq!(
        got,
        [[
            "tv=com.snowplowanalytics.iglu-v1",
            "e=ue",
            "p=web",
            r#"ue_pr={"schema":"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0","data":{"schema":"iglu:a/b/jsonschema/1-0-0","data":{"x":1.0}}}"#
        ]]
    );
    let request = Request {
        body: Some("[1, {}]"),
        content_type: JSON,
        qs: NAMED,
        ..WEBHOOK
    };
    let got = events(request).unwrap();
    assert_eq!(
        got.iter().map(|event| data(event)).collect::<Vec<_>>(),
        ["1", "{}"]
    );
}

#[test]
fn a_webhook_event_may_be_a_form() {
    let request = Request {
        body: Some("a=1&b=2&c&d=4&e=5&f=6"),
        content_type: Some("application/x-www-form-urlencoded"),
        qs: NAMED,
        ..WEBHOOK
    };
    let got = events(request).unwrap();
    assert_eq!(
        data(&got[0]),
        r#"{"e":"5","f":"6","a":"1","b":"2","c":null,"d":"4"}"#
    );
    assert!(got[0].contains(&"p=srv".to_owned()));
    let got = events(Request {
        body: Some(""),
        ..request
    })
    .unwrap();
    assert_eq!(data(&got[0]), "{}");
    assert_eq!(
        violations(Request {
            body: Some("\t"),
            ..request
        }),
        input(
            "body",
            Some("\t"),
            "Illegal character in query at index 18: http://localhost/?\t"
        )
    );
}

#[test]
fn webhooks_that_are_not_as_expected_are_refused() {
    let json_types = "application/json, application/json; charset=utf-8";
    let one_of = format!("expected one of {json_types}");
    let any_of = format!("expected one of {json_types}, application/x-www-form-urlencoded");
    let mut both = input("schema", None, "empty `schema` field");
    both.extend(input("body", None, "empty body"));
    let utf8 = Some("application/json; charset=UTF-8");
    for (qs, body, content_type, expected) in [
        ("", None, None, both.clone()),
        ("schema", None, JSON, both),
        ("", Some("{}"), None, input("contentType", None, &any_of)),
        (NAMED, Some("{}"), None, input("contentType", None, &any_of)),
        (NAMED, Some("{}"), utf8, input("contentType", utf8, &any_of)),
        ("", Some("{}"), utf8, input("contentType", utf8, &one_of)),
        (
            "schema=",
            None,
            None,
            input("schema", Some(""), "INVALID_IGLUURI"),
        ),
        (
            "schema=x",
            Some("1"),
            JSON,
            input("schema", Some("x"), "INVALID_IGLUURI"),
        ),
        (
            NAMED,
            Some("[ ]"),
            JSON,
            input("body", Some("[ ]"), "empty array of events"),
        ),
        (
            NAMED,
            Some("{ }"),
            JSON,
            input("body", Some("{ }"), "has no key-value pairs"),
        ),
        (
            NAMED,
            Some("1"),
            JSON,
            input("body", Some("1"), "has no key-value pairs"),
        ),
    ] {
        assert_eq!(
            violations(Request {
                qs,
                body,
                content_type,
                ..WEBHOOK
            }),
            expected,
            "{qs} {body:?}"
        );
    }
    let got = violations(Request {
        body: Some("{}"),
        content_type: JSON,
        ..WEBHOOK
    });
    assert!(matches!(&got[0], Violation::NotIglu { json, .. } if json == "{}"));
}
