use std::sync::{Arc, Mutex};

use serde_json::json;

use super::super::testing::{Fixture, contexts, run_with};
use super::*;
use crate::badrows::failure::Message;
use crate::enrichments::{Context, OfRequest};
use crate::event::fields;
use crate::schema::self_describing::SelfDescribing;

/// A service that notes what it is asked.
#[derive(Clone)]
struct Service {
    answer: Result<(u16, &'static str), &'static str>,
    asked: Arc<Mutex<Vec<Ask>>>,
}

impl Fetch for Service {
    fn ask(&self, ask: Ask) -> Asking<Answer> {
        self.asked.lock().unwrap().push(ask);
        let answer = self.answer.map(|(status, body)| Answer {
            status,
            body: body.to_owned(),
        });
        Box::pin(std::future::ready(answer.map_err(str::to_owned)))
    }
}

fn config() -> Json {
    json!({"parameters": {
        "inputs": [
            {"key": "user", "pojo": {"field": "user_id"}},
            {"key": "kind", "json": {"field": "contexts",
                "schemaCriterion": "iglu:v/a/jsonschema/1-*-*", "jsonPath": "$.kind"}},
        ],
        "api": {"http": {
            "method": "GET",
            "uri": "http://api.test/v1/{{kind}}/{{ user }}",
            "timeout": 2000,
            "authentication": {"httpBasic": {"username": "snow", "password": "melt"}},
        }},
        "outputs": [{"schema": "iglu:v/out/jsonschema/1-0-0", "json": {"jsonPath": "$.record"}}],
        "cache": {"size": 10, "ttl": 60},
        "ignoreOnError": false,
    }})
}

fn with(path: &str, value: Json) -> Json {
    let mut data = config();
    *data.pointer_mut(path).unwrap() = value;
    data
}

fn build(
    data: &Json,
    answer: Result<(u16, &'static str), &'static str>,
) -> (ApiRequest, Arc<Mutex<Vec<Ask>>>) {
    let schema = "iglu:com.snowplowanalytics.snowplow.enrichments/api_request_enrichment_config/jsonschema/1-0-2";
    let asked = Arc::default();
    let service = Service {
        answer,
        asked: Arc::clone(&asked),
    };
    let schema = SchemaKey::parse(schema).unwrap();
    let step = ApiRequest::new(&schema, data, Box::new(service), Clock::System).unwrap();
    (step, asked)
}

/// Runs the step on an event with one context of kind `kind`.
fn run(step: &ApiRequest, user: Option<&str>, kind: &str) -> Step {
    let doc = Doc::parse(&format!("{{\"kind\":{kind}}}")).unwrap();
    let context = [SelfDescribing {
        key: SchemaKey::parse("iglu:v/a/jsonschema/1-2-3").unwrap(),
        data: doc.root(),
    }];
    let mut event = Event::default();
    event.set_text(fields::USER_ID, user);
    let mut result = None;
    let _ = run_with(step, &mut event.clone(), &Fixture::default(), |work| {
        let mut asked = Asked::on_the_spot(Arc::default());
        let mut trial = Work {
            raw: work.raw,
            page_uri: None,
            referrer_uri: None,
            page_query: None,
            unstruct: None,
            contexts: &context,
            derived: vec![Context {
                schema: SchemaKey::parse("iglu:v/made/jsonschema/1-0-0").unwrap(),
                data: "{\"x\":{\"y\":1}}".to_owned(),
            }],
            asked: &mut asked,
            request: &mut OfRequest::default(),
        };
        result = Some(step.apply(&mut event, &mut trial));
    });
    result.unwrap()
}

fn problems(step: Step) -> Vec<String> {
    let Step::Failed(failures) = step else {
        panic!("{step:?}")
    };
    let text = |failure: Failure| {
        assert_eq!(failure.enrichment.unwrap().identifier, "api-request");
        match failure.message {
            Message::Simple(text) => text,
            other => panic!("{other:?}"),
        }
    };
    failures.into_iter().map(text).collect()
}

fn url(
    step: &ApiRequest,
    asked: &Mutex<Vec<Ask>>,
    user: Option<&str>,
    kind: &str,
) -> Option<String> {
    let _ = run(step, user, kind);
    asked.lock().unwrap().pop().map(|ask| ask.url)
}

const RECORD: Result<(u16, &str), &str> = Ok((200, r#"{"record":{"a":1.50}}"#));

#[test]
fn an_answer_becomes_a_context_and_is_remembered() {
    let (step, asked) = build(&config(), RECORD);
    let expected = [(
        "iglu:v/out/jsonschema/1-0-0".to_owned(),
        "{\"a\":1.5}".to_owned(),
    )];
    for _ in 0..2 {
        assert_eq!(contexts(run(&step, Some("u 1"), "\"k/k\"")), expected);
    }
    let [ask] = asked.lock().unwrap().clone().try_into().unwrap();
    assert_eq!(ask.url, "http://api.test/v1/k%2Fk/u+1");
    assert_eq!((ask.verb, ask.body), (Verb::Get, None));
    let headers: Vec<_> = ask
        .headers
        .iter()
        .map(|(name, value)| (*name, value.expose()))
        .collect();
    assert_eq!(
        headers,
        [
            ("content-type", "application/json"),
            ("accept", "*/*"),
            ("authorization", "Basic c25vdzptZWx0"),
        ]
    );
    assert!(!format!("{:?}", ask.headers).contains("c25vdzptZWx0"));
}

#[test]
fn values_are_written_as_scala_does() {
    let (step, asked) = build(&config(), RECORD);
    for (kind, expected) in [
        ("true", "true"),
        ("null", "null"),
        ("12", "12"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("[]", ""),
        (
            "[\"a\",1,null,[\"b\"]]",
            "Some%28a%29%2CSome%281%29%2CSome%28null%29%2CSome%28Some%28b%29%29",
        ),
        (
            "{\"a\": 1.0, \"b\": [1]}",
            "%7B%22a%22%3A%221.0%22%2C%22b%22%3A%5B1%5D%7D",
        ),
    ] {
        let expected = format!("http://api.test/v1/{expected}/u");
        assert_eq!(
            url(&step, &asked, Some("u"), kind),
            Some(expected),
            "{kind}"
        );
    }
}

#[test]
fn nothing_is_asked_where_an_input_is_missing() {
    let (step, asked) = build(&config(), RECORD);
    assert_eq!(url(&step, &asked, None, "1"), None);
    let (step, asked) = build(
        &with(
            "/parameters/inputs/1/json/schemaCriterion",
            json!("iglu:v/b/jsonschema/1-0-0"),
        ),
        RECORD,
    );
    assert_eq!(url(&step, &asked, Some("u"), "1"), None);
    // a path that leads nowhere is no missing input
    let (step, asked) = build(
        &with("/parameters/inputs/1/json/jsonPath", json!("$.nope")),
        RECORD,
    );
    assert_eq!(
        url(&step, &asked, Some("u"), "1").as_deref(),
        Some("http://api.test/v1//u")
    );
}

#[test]
fn contexts_that_steps_made_can_be_inputs() {
    let data = with(
        "/parameters/inputs/1/json",
        json!({"field": "derived_contexts", "schemaCriterion": "iglu:v/made/jsonschema/1-*-*", "jsonPath": "$.x"}),
    );
    let (step, asked) = build(&data, RECORD);
    assert!(!step.asks_beside());
    assert_eq!(
        url(&step, &asked, Some("u"), "1").as_deref(),
        Some("http://api.test/v1/%7B%22y%22%3A1%7D/u")
    );
}

#[test]
fn a_body_holds_all_values() {
    let (step, asked) = build(&with("/parameters/api/http/method", json!("POST")), RECORD);
    let _ = run(&step, Some("u\"1"), "2");
    let ask = asked.lock().unwrap().pop().unwrap();
    assert_eq!(ask.verb, Verb::Post);
    assert_eq!(ask.body.as_deref(), Some(r#"{"user":"u\"1","kind":"2"}"#));
}

#[test]
fn failures_are_told_and_remembered() {
    for (answer, expected) in [
        (Ok((500, "{}")), "Request failed with status 500"),
        (Ok((302, "")), "Request failed with status 302"),
        (Err("connection refused"), "connection refused"),
        (
            Ok((200, "x")),
            "Unrecognized token 'x': was expecting (JSON String, Number, Array, Object or token 'null', \
             'true' or 'false')\n at [Source: (String)\"x\"; line: 1, column: 2]",
        ),
        (
            Ok((200, "{\"record\":[]}")),
            "API Request enrichment:Value not found Error: no values were found by JSON Path [$.record] in [{\"record\":[]}]",
        ),
        (
            Ok((200, "[1.50]")),
            "API Request enrichment:Value not found Error: no values were found by JSON Path [$.record] in [[1.50]]",
        ),
    ] {
        let (step, asked) = build(&config(), answer);
        for _ in 0..2 {
            assert_eq!(problems(run(&step, Some("u"), "1")), [expected]);
        }
        assert_eq!(asked.lock().unwrap().len(), 1, "{expected}");
        let (step, _) = build(&with("/parameters/ignoreOnError", json!(true)), answer);
        assert!(matches!(run(&step, Some("u"), "1"), Step::Done));
    }
}

#[test]
fn every_output_that_fails_is_told() {
    let outputs = json!([
        {"schema": "iglu:v/out/jsonschema/1-0-0", "json": {"jsonPath": "$.nope"}},
        {"schema": "iglu:v/out/jsonschema/1-0-0", "json": {"jsonPath": "$.record"}},
        {"schema": "iglu:v/out/jsonschema/1-0-0", "json": {"jsonPath": "$..x"}},
    ]);
    let (step, _) = build(&with("/parameters/outputs", outputs), RECORD);
    assert_eq!(problems(run(&step, Some("u"), "1")).len(), 2);
}

#[test]
fn several_hits_become_an_array() {
    let outputs =
        json!([{"schema": "iglu:v/out/jsonschema/1-0-0", "json": {"jsonPath": "$.list[*].n"}}]);
    let (step, _) = build(
        &with("/parameters/outputs", outputs),
        Ok((200, r#"{"list":[{"n":1.0},{"n":"x"}]}"#)),
    );
    let [(_, data)] = contexts(run(&step, Some("u"), "1")).try_into().unwrap();
    assert_eq!(data, r#"[1,"x"]"#);
}

#[test]
fn configurations_that_cannot_be_are_refused() {
    for (path, value, field) in [
        (
            "/parameters/inputs/0/pojo/field",
            json!("nope"),
            "parameters.inputs[0].pojo.field",
        ),
        (
            "/parameters/inputs/1/json/jsonPath",
            json!("$["),
            "parameters.inputs[1].json.jsonPath",
        ),
        (
            "/parameters/inputs/1/json/field",
            json!("x"),
            "parameters.inputs[1].json.field",
        ),
        (
            "/parameters/inputs/1/json/schemaCriterion",
            json!("x"),
            "parameters.inputs[1].json.schemaCriterion",
        ),
        (
            "/parameters/outputs/0/schema",
            json!("x"),
            "parameters.outputs[0].schema",
        ),
        (
            "/parameters/outputs/0/json/jsonPath",
            json!("x"),
            "parameters.outputs[0].json.jsonPath",
        ),
        ("/parameters/outputs", json!([]), "parameters.outputs"),
        (
            "/parameters/api/http/method",
            json!("PATCH"),
            "parameters.api.http.method",
        ),
        ("/parameters/cache/ttl", json!(-1), "parameters.cache.ttl"),
        (
            "/parameters/ignoreOnError",
            json!("yes"),
            "parameters.ignoreOnError",
        ),
        (
            "/parameters/api/http/authentication/httpBasic/password",
            json!(1),
            "parameters.api.http.authentication.httpBasic.password",
        ),
        (
            "/parameters/api/http/uri",
            json!("http://127.0.0.1/{{user}}"),
            "parameters.api.http.uri",
        ),
        (
            "/parameters/api/http/timeout",
            json!(0),
            "parameters.api.http.timeout",
        ),
    ] {
        let schema = SchemaKey::parse("iglu:v/n/jsonschema/1-0-0").unwrap();
        let none = super::super::testing::Files(Vec::new());
        let Err(error) = (SPEC.build)(&schema, &with(path, value), &none) else {
            panic!("{path} was taken")
        };
        assert!(
            error.to_string().starts_with(&format!("field `{field}`: ")),
            "{error}"
        );
    }
}
