//! What the tests of all adapters need, and what holds for all of them.

mod iglu_webhook;
mod redirect;
mod tracker;

use std::borrow::Cow;

use jvm::charset::Charset;
use jvm::nvp;

use super::*;
use crate::payload::testing;
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
    CollectorPayload {
        querystring: nvp::parse(request.qs, Charset::UTF_8).unwrap(),
        content_type: request.content_type.map(Cow::Borrowed),
        body: request.body.map(Cow::Borrowed),
        ..testing::payload(request.path)
    }
}

/// The events of a request, each as `name=value` in the order of its parameters.
pub(super) fn events(request: Request<'_>) -> Result<Vec<Vec<String>>, AdaptError> {
    let adapters = Adapters::new(&HashMap::new()).unwrap();
    let payload = payload(request);
    let mut scratch = AdapterScratch::default();
    let events = adapters.adapt(
        &payload,
        &mut scratch,
        &mut Lenient,
        &mut Answers::default(),
    )?;
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
const NAMED: &str = "schema=iglu%3Aa%2Fb%2Fjsonschema%2F1-0-0";
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

#[test]
fn every_seed_of_the_fuzzer_gets_through_its_adapter() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/adapters");
    let mut seen: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut lines = text.splitn(4, '\n');
        let mut line = || lines.next().unwrap();
        let path = line();
        if path == "remote/v1" {
            continue;
        }
        let request = Request {
            path,
            content_type: Some(line()).filter(|text| !text.is_empty()),
            qs: line(),
            body: Some(line()).filter(|text| !text.is_empty()),
        };
        let found = events(request);
        assert!(found.is_ok(), "{path}: {found:?}");
        seen.push(path.to_owned());
    }
    for route in ROUTES {
        let path = format!("{}/{}", route.vendor, route.version);
        assert!(seen.contains(&path), "no seed for {path}");
    }
}

#[test]
fn every_schema_of_every_adapter_can_be_replaced() {
    let own = |n: usize| format!("iglu:com.acme/own/jsonschema/1-0-{n}");
    let mut seen = 0;
    for route in ROUTES {
        let section = &route.schemas;
        let keys: Vec<_> = section.keys().collect();
        let overrides = keys.iter().enumerate().map(|(n, (key, _))| {
            let name = format!("{}.{key}", section.config);
            (name, own(n))
        });
        let overrides: HashMap<String, String> = overrides.collect();
        let types = EventTypes::new(section, &overrides).unwrap();
        for (n, (key, event)) in keys.iter().enumerate() {
            // of two entries with one key both are replaced, by the later
            let expected = &overrides[&format!("{}.{key}", section.config)];
            assert_eq!(types.by_key(key).unwrap().uri(), expected, "{key}");
            if let Some(event) = event {
                assert_eq!(types.lookup(Some(event), None).unwrap().uri(), expected);
            }
            let wrong = HashMap::from([(format!("{}.{key}", section.config), own(n) + "x")]);
            let error = EventTypes::new(section, &wrong).unwrap_err().to_string();
            assert_eq!(
                error,
                format!("{}: Cannot parse schema {key}: {}x", section.title, own(n))
            );
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
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
