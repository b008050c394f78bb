use std::sync::{Arc, Mutex};

use serde_json::json;

use super::super::testing::{Fixture, contexts, run_with};
use super::*;
use crate::badrows::failure::Message;
use crate::event::fields;
use crate::remote::sql::Rows;

/// A database that notes what it is asked.
struct Noted {
    answer: Result<Rows, String>,
    asked: Arc<Mutex<Vec<Vec<Param>>>>,
}

impl Database for Noted {
    fn ask(&self, params: Vec<Param>) -> Asking<Rows> {
        self.asked.lock().unwrap().push(params);
        Box::pin(std::future::ready(self.answer.clone()))
    }

    fn connect(&self) -> Asking<()> {
        Box::pin(std::future::ready(Ok(())))
    }
}

fn config() -> Json {
    json!({"parameters": {
        "inputs": [
            {"placeholder": 2, "pojo": {"field": "tr_total"}},
            {"placeholder": 1, "pojo": {"field": "user_id"}},
        ],
        "database": {"postgresql": {
            "host": "127.0.0.1", "port": 1, "sslMode": false,
            "username": "u", "password": "hunter2", "database": "d",
        }},
        "query": {"sql": "SELECT a, b_c FROM t WHERE u = ? AND n > ?"},
        "output": {"expectedRows": "AT_LEAST_ZERO", "json": {
            "schema": "iglu:v/out/jsonschema/1-0-0", "describes": "ALL_ROWS", "propertyNames": "CAMEL_CASE",
        }},
        "cache": {"size": 10, "ttl": 60},
        "ignoreOnError": false,
    }})
}

fn with(changes: &[(&str, &str)]) -> Json {
    let mut data = config();
    for (path, value) in changes {
        *data.pointer_mut(path).unwrap() = json!(value);
    }
    data
}

fn two_rows() -> Rows {
    let texts = |texts: [&str; 3]| texts.map(str::to_owned).to_vec();
    Rows {
        columns: texts(["a", "b_c", "a"]),
        rows: vec![texts(["1", "\"x\"", "2"]), texts(["null", "1.50", "3"])],
    }
}

type Asked = Arc<Mutex<Vec<Vec<Param>>>>;

fn build(data: &Json, answer: Result<Rows, String>) -> (SqlQuery, Asked) {
    let asked = Asked::default();
    let database = Noted {
        answer,
        asked: Arc::clone(&asked),
    };
    let schema = SchemaKey::parse("iglu:v/sql_query_enrichment_config/jsonschema/1-0-1").unwrap();
    let step = SqlQuery::new(&schema, data, Box::new(database), Clock::System).unwrap();
    (step, asked)
}

fn run(step: &SqlQuery, user: Option<&str>) -> Step {
    let mut event = Event::default();
    event.set_text(fields::USER_ID, user);
    event.set_decimal(fields::TR_TOTAL, Some("1.50"));
    run_with(step, &mut event, &Fixture::default(), |_| {})
}

fn made(changes: &[(&str, &str)], rows: Rows) -> Result<Vec<String>, Vec<String>> {
    let (step, _) = build(&with(changes), Ok(rows));
    match run(&step, Some("u")) {
        Step::Failed(failures) => Err(texts(failures)),
        step => Ok(contexts(step).into_iter().map(|(_, data)| data).collect()),
    }
}

fn texts(failures: Vec<Failure>) -> Vec<String> {
    let text = |failure: Failure| {
        assert_eq!(failure.enrichment.unwrap().identifier, "sql-query");
        match failure.message {
            Message::Simple(text) => text,
            other => panic!("{other:?}"),
        }
    };
    failures.into_iter().map(text).collect()
}

const ROWS: &str = "/parameters/output/expectedRows";
const DESCRIBES: &str = "/parameters/output/json/describes";

#[test]
fn rows_become_contexts() {
    let (first, second) = (r#"{"a":2,"bC":"x"}"#, r#"{"a":3,"bC":1.50}"#);
    assert_eq!(
        made(&[], two_rows()),
        Ok(vec![format!("[{first},{second}]")])
    );
    assert_eq!(
        made(&[(DESCRIBES, "EVERY_ROW")], two_rows()),
        Ok(vec![first.to_owned(), second.to_owned()])
    );
    let mut one = two_rows();
    one.rows.truncate(1);
    for expected in ["EXACTLY_ONE", "AT_MOST_ONE"] {
        assert_eq!(
            made(&[(ROWS, expected)], one.clone()),
            Ok(vec![first.to_owned()])
        );
    }
    let none = Rows::default();
    assert_eq!(made(&[], none.clone()), Ok(vec!["[]".to_owned()]));
    assert_eq!(made(&[(ROWS, "AT_MOST_ONE")], none), Ok(vec![]));
}

#[test]
fn rows_that_are_not_expected_fail() {
    for (expected, rows, problem) in [
        ("EXACTLY_ONE", two_rows(), "exactly one row was expected"),
        (
            "EXACTLY_ONE",
            Rows::default(),
            "exactly one row was expected",
        ),
        ("AT_MOST_ONE", two_rows(), "at most one row was expected"),
        (
            "AT_LEAST_ONE",
            Rows::default(),
            "at least one row was expected. 0 given instead",
        ),
    ] {
        assert_eq!(
            made(&[(ROWS, expected)], rows),
            Err(vec![
                "Error while executing the sql lookup".to_owned(),
                format!("SQL Query Enrichment: {problem}"),
            ])
        );
    }
}

#[test]
fn values_are_bound_by_their_place_and_answers_remembered() {
    let (step, asked) = build(&config(), Ok(two_rows()));
    for _ in 0..2 {
        let _ = run(&step, Some("u"));
    }
    let params = vec![Param::Text("u".to_owned()), Param::Double(1.5)];
    assert_eq!(*asked.lock().unwrap(), [params]);
    // a value is missing
    assert!(matches!(run(&step, None), Step::Done));
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[test]
fn nothing_is_asked_where_the_query_takes_another_number_of_values() {
    for sql in ["SELECT 1", "SELECT ?", "SELECT ?, ?, ?"] {
        let (step, asked) = build(&with(&[("/parameters/query/sql", sql)]), Ok(two_rows()));
        assert!(matches!(run(&step, Some("u")), Step::Done));
        assert!(asked.lock().unwrap().is_empty());
    }
}

#[test]
fn failures_are_told_in_two_parts_or_ignored() {
    let (step, asked) = build(&config(), Err("no".to_owned()));
    for _ in 0..2 {
        let Step::Failed(failures) = run(&step, Some("u")) else {
            panic!("no failure")
        };
        assert_eq!(
            texts(failures),
            ["Error while executing the sql lookup", "no"]
        );
    }
    assert_eq!(asked.lock().unwrap().len(), 1);
    let mut data = config();
    *data.pointer_mut("/parameters/ignoreOnError").unwrap() = json!(true);
    let (step, _) = build(&data, Err("no".to_owned()));
    assert!(matches!(run(&step, Some("u")), Step::Done));
}

#[test]
fn texts_are_what_they_look_like() {
    for (text, expected) in [
        ("5", Some(Param::Int(5))),
        ("+5", Some(Param::Int(5))),
        ("2147483648", Some(Param::Long(2_147_483_648))),
        ("1.50", Some(Param::Double(1.5))),
        ("-1e5", Some(Param::Double(-1e5))),
        (" 5d ", Some(Param::Double(5.0))),
        (
            "12345678901234567890",
            Some(Param::Double(12_345_678_901_234_567_890.0)),
        ),
        ("Infinity", Some(Param::Double(f64::INFINITY))),
        ("TRUE", Some(Param::Bool(true))),
        ("false", Some(Param::Bool(false))),
        ("inf", None),
        ("", None),
        ("abc", None),
        ("1 2", None),
        ("--1", None),
    ] {
        assert_eq!(of_text(text), expected, "{text}");
    }
    assert!(matches!(of_text("NaN"), Some(Param::Double(number)) if number.is_nan()));
    assert_eq!(of_number("1.0"), Some(Param::Double(1.0)));
    assert_eq!(of_number("-2"), Some(Param::Int(-2)));
}

#[test]
fn configurations_that_cannot_be_are_refused() {
    for (path, value, expected) in [
        (
            ROWS,
            "SOME",
            "field `parameters.output.expectedRows`: must be EXACTLY_ONE, AT_MOST_ONE, AT_LEAST_ONE or AT_LEAST_ZERO, not `SOME`",
        ),
        (
            DESCRIBES,
            "x",
            "field `parameters.output.json.describes`: must be ALL_ROWS or EVERY_ROW, not `x`",
        ),
        (
            "/parameters/output/json/propertyNames",
            "x",
            "field `parameters.output.json.propertyNames`: must be ",
        ),
        (
            "/parameters/output/json/schema",
            "x",
            "field `parameters.output.json.schema`: ",
        ),
        (
            "/parameters/inputs/0/placeholder",
            "x",
            "field `parameters.inputs[0].placeholder`: ",
        ),
        (
            "/parameters/inputs/1/pojo/field",
            "x",
            "field `parameters.inputs[1].pojo.field`: ",
        ),
        (
            "/parameters/database/postgresql/sslMode",
            "x",
            "field `parameters.database.postgresql.sslMode`: ",
        ),
        (
            "/parameters/database/postgresql/host",
            "127.0.0.1",
            "field `parameters.database.postgresql`: the database cannot be reached: ",
        ),
    ] {
        let schema = SchemaKey::parse("iglu:v/n/jsonschema/1-0-0").unwrap();
        let none = super::super::testing::Files(Vec::new());
        let Err(error) = (SPEC.build)(&schema, &with(&[(path, value)]), &none) else {
            panic!("{path} was taken")
        };
        let error = error.to_string();
        assert!(error.starts_with(expected), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
