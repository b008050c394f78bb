use super::*;

#[test]
fn tp1_is_the_query_string_with_the_last_of_duplicates() {
    assert_eq!(
        events(Request {
            qs: "e=pv&p=web&e=pp&x",
            ..TP1
        })
        .unwrap(),
        [["e=pp", "p=web", "x"]]
    );
    assert_eq!(
        violations(TP1),
        input(
            "querystring",
            None,
            "empty querystring: not a valid URI redirect"
        )
    );
}

#[test]
fn tp2_without_body_is_the_query_string() {
    assert_eq!(events(Request { qs: "e=pv", ..TP2 }).unwrap(), [["e=pv"]]);
}

#[test]
fn tp2_events_take_the_query_string_on_top_also_without_value() {
    let body = r#"{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":[{"e":"pv","p":"web"},{"e":"\u00e9"}]}"#;
    let request = Request {
        body: Some(body),
        content_type: JSON,
        qs: "p&aid=x",
        ..TP2
    };
    assert_eq!(
        events(request).unwrap(),
        [vec!["e=pv", "p", "aid=x"], vec!["e=é", "p", "aid=x"]]
    );
}

#[test]
fn tp2_requests_that_are_not_as_expected_are_refused() {
    let types = "expected one of application/json, application/json; charset=utf-8, application/json; charset=UTF-8";
    let mut both = input(
        "body",
        None,
        "empty body: not a valid tracker protocol event",
    );
    both.extend(input(
        "querystring",
        None,
        "empty querystring: not a valid tracker protocol event",
    ));
    for (qs, body, content_type, expected) in [
        ("", None, None, both.clone()),
        ("", None, Some("x"), both),
        (
            "e=pv",
            None,
            Some("x"),
            input("contentType", Some("x"), types),
        ),
        (
            "",
            Some(""),
            Some("text/plain"),
            input("contentType", Some("text/plain"), types),
        ),
        ("", Some("{}"), None, input("contentType", None, types)),
        (
            "e=pv",
            None,
            JSON,
            input("body", None, "empty body: not a valid track protocol event"),
        ),
    ] {
        assert_eq!(
            violations(Request {
                qs,
                body,
                content_type,
                ..TP2
            }),
            expected
        );
    }
}

#[test]
fn tp2_bodies_that_are_not_as_expected_are_refused() {
    let body = |schema: &str, data: &str| format!(r#"{{"schema":"iglu:{schema}","data":{data}}}"#);
    let good = "com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-0";
    let key = |uri: &str| SchemaKey::parse(&format!("iglu:{uri}")).unwrap();
    let not_json = Violation::NotJson {
        field: "body".to_owned(),
        value: Some("body".to_owned()),
        error: "invalid json: expected json value got 'body' (line 1, column 1)".to_owned(),
    };
    let not_iglu = Violation::NotIglu {
        json: "[1.50]".to_owned(),
        error: crate::schema::self_describing::SelfDescribingError::Shape,
    };
    let criterion = Violation::Criterion {
        key: key("a/b/jsonschema/1-0-0"),
        criterion: "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-*".to_owned(),
    };
    for (body, expected) in [
        ("body".to_owned(), vec![not_json]),
        (" [ 1.50 ]".to_owned(), vec![not_iglu]),
        (
            body("refused/b/jsonschema/1-0-0", "1"),
            vec![Violation::Iglu {
                key: key("refused/b/jsonschema/1-0-0"),
                error: refusal(),
            }],
        ),
        (body("a/b/jsonschema/1-0-0", "1"), vec![criterion]),
        (
            body(good, "{\"a\": 1}"),
            input("body", Some("{\"a\":1}"), "json is not an array"),
        ),
        (
            body(good, "[{},1]"),
            input("body", Some("[{},1]"), "json is not an array"),
        ),
        (
            body(good, "[]"),
            input("body", Some("[]"), "empty list of events"),
        ),
        (
            body(good, r#"[{"e":"pv","a":null},{"b":[1, 2]}]"#),
            [
                input("a", None, "value cannot be null"),
                input("b", Some("[1,2]"), "value is not a string"),
            ]
            .concat(),
        ),
    ] {
        assert_eq!(
            violations(Request {
                body: Some(&body),
                content_type: JSON,
                ..TP2
            }),
            expected
        );
    }
}
