//! The Snowplow adapters, and what the tests of all adapters need.

use std::borrow::Cow;

use jvm::charset::Charset;
use jvm::nvp;

use super::*;
use crate::payload::{Api, Context, Source};
use crate::schema::error::{ClientError, LookupHistory};
use crate::schema::key::{SchemaKey, SchemaVer};

/// Accepts everything but data of the vendor `refused`.
pub(super) struct Lenient;

impl Check for Lenient {
    fn check(
        &mut self,
        key: &SchemaKey,
        _: lexon::Value<'_>,
    ) -> Result<Option<SchemaVer>, crate::schema::check::CheckError> {
        if key.vendor() == "refused" {
            Err(refusal().into())
        } else {
            Ok(None)
        }
    }
}

fn refusal() -> ClientError {
    let history = LookupHistory {
        repository: "r".to_owned(),
        errors: Vec::new(),
        attempts: 1,
        last_attempt: 0,
    };
    ClientError::Resolution(vec![history])
}

/// A request to try an adapter with.
#[derive(Default, Clone, Copy)]
pub(super) struct Request<'r> {
    pub path: &'r str,
    pub qs: &'r str,
    pub body: Option<&'r str>,
    pub content_type: Option<&'r str>,
}

pub(super) fn payload<'r>(request: Request<'r>) -> CollectorPayload<'r> {
    let (vendor, version) = request.path.split_once('/').unwrap();
    CollectorPayload {
        api: Api {
            vendor: Cow::Borrowed(vendor),
            version: Cow::Borrowed(version),
        },
        querystring: nvp::parse(request.qs, Charset::UTF_8).unwrap(),
        content_type: request.content_type.map(Cow::Borrowed),
        body: request.body.map(Cow::Borrowed),
        source: Source {
            collector: Some(Cow::Borrowed("ssc")),
            encoding: Charset::UTF_8,
            encoding_name: Cow::Borrowed("UTF-8"),
            hostname: None,
        },
        context: Context {
            timestamp: Some(1_500_000_000_000),
            ip: None,
            useragent: None,
            referer: None,
            headers: Vec::new(),
            user_id: None,
        },
    }
}

/// The events of a request, each as `name=value` in the order of its parameters.
pub(super) fn events(request: Request<'_>) -> Result<Vec<Vec<String>>, AdaptError> {
    let adapters = Adapters::new(&HashMap::new()).unwrap();
    let payload = payload(request);
    let mut scratch = AdapterScratch::default();
    let events = adapters.adapt(&payload, &mut scratch, &mut Lenient)?;
    let text = |(name, value): (&Cow<str>, &Option<Cow<str>>)| match value {
        Some(value) => format!("{name}={value}"),
        None => name.to_string(),
    };
    Ok(events
        .iter()
        .map(|event| event.parameters.iter().map(text).collect())
        .collect())
}

pub(super) fn violations(request: Request<'_>) -> Vec<Violation> {
    match events(request) {
        Err(AdaptError::Failed(failure)) => failure.violations,
        other => panic!("{other:?}"),
    }
}

/// The `data` part of the self-describing event that a parameter list has.
pub(super) fn data(event: &[String]) -> String {
    let text = event.iter().find_map(|p| p.strip_prefix("ue_pr=")).unwrap();
    let doc = Doc::parse(text).unwrap();
    doc.root()
        .get("data")
        .unwrap()
        .get("data")
        .unwrap()
        .to_json()
}

const TP1: Request<'static> = Request {
    path: "com.snowplowanalytics.snowplow/tp1",
    qs: "",
    body: None,
    content_type: None,
};
const TP2: Request<'static> = Request {
    path: "com.snowplowanalytics.snowplow/tp2",
    ..TP1
};
const REDIRECT: Request<'static> = Request {
    path: "r/tp2",
    ..TP1
};
const WEBHOOK: Request<'static> = Request {
    path: "com.snowplowanalytics.iglu/v1",
    ..TP1
};
const JSON: Option<&str> = Some("application/json");

fn input(field: &str, value: Option<&str>, expectation: &str) -> Vec<Violation> {
    vec![Violation::input(field, value, expectation)]
}

#[test]
fn an_unknown_path_is_refused() {
    assert_eq!(
        violations(Request {
            path: "com.acme/v9",
            ..TP1
        }),
        input(
            "vendor/version",
            Some("com.acme/v9"),
            "vendor/version combination is not supported"
        )
    );
}

#[test]
fn only_the_second_tracker_protocol_has_bad_rows_of_its_own() {
    for (request, expected) in [
        (TP1, false),
        (TP2, true),
        (REDIRECT, true),
        (WEBHOOK, false),
    ] {
        let Err(AdaptError::Failed(failure)) = events(request) else {
            panic!()
        };
        assert_eq!(failure.tracker_protocol, expected, "{}", request.path);
    }
}

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

#[test]
fn a_version_beyond_32_bits_crashes_as_the_reference_does() {
    let body = r#"{"schema":"iglu:a/b/c/1-0-99999999999","data":1}"#;
    for request in [TP2, WEBHOOK] {
        let request = Request {
            body: Some(body),
            content_type: JSON,
            ..request
        };
        assert!(matches!(events(request), Err(AdaptError::Crash(_))));
    }
}

const REDIRECTED: &str = r#"{"schema":"iglu:com.snowplowanalytics.snowplow/uri_redirect/jsonschema/1-0-0","data":{"uri":"http://t"}}"#;

#[test]
fn a_redirect_without_event_is_an_event() {
    let ue = format!(
        r#"ue_pr={{"schema":"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0","data":{REDIRECTED}}}"#
    );
    assert_eq!(
        events(Request {
            qs: "u=http%3A%2F%2Ft",
            ..REDIRECT
        })
        .unwrap(),
        [["e=ue", &ue, "tv=r-tp2", "p=web"]]
    );
}

#[test]
fn a_redirect_with_event_is_a_context_of_it() {
    let contexts = |items: &str| {
        format!(
            r#"{{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1","data":[{items}]}}"#
        )
    };
    let fresh = contexts(REDIRECTED);
    let url = jvm::url_codec::encode_utf8;
    for (qs, name, expected) in [
        ("".to_owned(), "co", fresh.clone()),
        ("&co=".to_owned(), "co", fresh),
        (
            format!("&co={}", url(r#"{"data" :[1]}"#)),
            "co",
            format!(r#"{{"data":[{REDIRECTED},1]}}"#),
        ),
        (
            format!("&co={}", url(r#"{"data":{}, "x":[]}"#)),
            "co",
            r#"{"data":{},"x":[]}"#.to_owned(),
        ),
        ("&co=1".to_owned(), "co", "1".to_owned()),
        (
            format!(
                "&co&cx={}",
                jvm::base64::encode_url_chunked(br#"{"data":[]}"#)
            ),
            "cx",
            jvm::base64::encode_url_chunked(format!(r#"{{"data":[{REDIRECTED}]}}"#).as_bytes()),
        ),
    ] {
        let got = events(Request {
            qs: &format!("e=pv&u=http%3A%2F%2Ft{qs}"),
            ..REDIRECT
        })
        .unwrap();
        assert!(got[0].contains(&format!("{name}={expected}")), "{got:?}");
        assert!(!got[0].iter().any(|p| p.starts_with("u=")));
    }
}

#[test]
fn redirects_that_are_not_as_expected_are_refused() {
    assert_eq!(
        violations(REDIRECT),
        input(
            "querystring",
            None,
            "empty querystring: not a valid URI redirect"
        )
    );
    assert_eq!(
        violations(Request {
            qs: "u&a=%20b",
            ..REDIRECT
        }),
        input(
            "querystring",
            Some("u=null&a= b"),
            "missing `u` parameter: not a valid URI redirect"
        )
    );
    let got = violations(Request {
        qs: "u=x&e&co=x",
        ..REDIRECT
    });
    assert!(
        matches!(&got[0], Violation::NotJson { field, .. } if field == "co|cx"),
        "{got:?}"
    );
    for qs in ["u=x&e=pv&co", "u=x&e=pv&cx", "u=x&e=pv&cx&co=1"] {
        assert!(
            matches!(
                events(Request { qs, ..REDIRECT }),
                Err(AdaptError::Crash(_))
            ),
            "{qs}"
        );
    }
    assert_eq!(
        events(Request {
            qs: "u=&p",
            ..REDIRECT
        })
        .unwrap()[0]
            .iter()
            .filter(|p| *p == "p")
            .count(),
        1
    );
}

const NAMED: &str = "schema=iglu%3Aa%2Fb%2Fjsonschema%2F1-0-0";

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

#[test]
fn accepted_parameters_go_into_the_event_in_map_order() {
    let qs = format!("{NAMED}&nuid=1&aid=2&cv=3&eid=4&ttm=5&url=6&p=7&foo=8");
    let got = events(Request { qs: &qs, ..WEBHOOK }).unwrap();
    let names: Vec<_> = got[0]
        .iter()
        .map(|p| p.split('=').next().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "e", "eid", "url", "aid", "tv", "ue_pr", "cv", "nuid", "p", "ttm"
        ]
    );
}

mod random {
    use proptest::prelude::*;

    use super::*;

    /// Bodies that get past the first checks of some adapter now and then.
    fn body() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            Just("[".to_owned()),
            Just("]".to_owned()),
            Just("{".to_owned()),
            Just("}".to_owned()),
            Just(",".to_owned()),
            Just("null".to_owned()),
            Just("\"event\":".to_owned()),
            Just("\"type\":\"sent\"".to_owned()),
            Just("\"timestamp\":\"1.5\"".to_owned()),
            Just("{\"messages\":[{}]}".to_owned()),
            Just("mandrill_events=".to_owned()),
            Just("&type=cleaned&a[b][=1".to_owned()),
            Just("t=event&il1pi2cd3=x&pr1=2\n".to_owned()),
            Just("\t2013\t".to_owned()),
            any::<String>(),
            "[a-z_%=&\\[\\]]{0,6}",
        ];
        prop::collection::vec(word, 0..12).prop_map(|words| words.concat())
    }

    proptest! {
        #[test]
        fn no_body_makes_an_adapter_panic(body in body(), qs in "[a-z=&]{0,12}", json: bool, at: prop::sample::Index) {
            let route = &ROUTES[at.index(ROUTES.len())];
            let path = format!("{}/{}", route.vendor, route.version);
            for content_type in [None, Some(if json { "application/json" } else { webhook::FORM })] {
                let request = Request { path: &path, qs: &qs, body: Some(&body), content_type };
                match events(request) {
                    Ok(events) => prop_assert!(!events.is_empty()),
                    Err(AdaptError::Failed(failure)) => prop_assert!(!failure.violations.is_empty()),
                    Err(AdaptError::Crash(_)) => {}
                }
            }
        }
    }
}
