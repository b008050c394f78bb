//! What the reference said, case by case.
//!
//! `measured.tsv` holds schema, instance and outcome: `refused` (the schema cannot be had),
//! `crash` (the reference throws), or the messages as `[keyword, path, message, targets]`. Its
//! schemas are compiled without linting, to reach what schemas not linted could.

use lexon::{Doc, Value};

use super::super::{Crash, Report, compile};
use super::{compiled, messages, reports};

fn expected(outcome: &str) -> Vec<Report> {
    let doc = Doc::parse(outcome).unwrap();
    let text = |value: Option<Value<'_>>| value.and_then(Value::as_str).unwrap().to_owned();
    let report = |row: Value<'_>| {
        let mut cells = row.items();
        Report {
            keyword: text(cells.next()),
            path: text(cells.next()),
            message: text(cells.next()),
            targets: cells
                .next()
                .unwrap()
                .items()
                .map(|t| text(Some(t)))
                .collect(),
        }
    };
    doc.root().items().map(report).collect()
}

#[test]
fn every_measured_case_comes_out_as_in_the_reference() {
    let mut cases = 0;
    for line in include_str!("measured.tsv").split_terminator('\n') {
        let mut cells = line.split('\t');
        let mut cell = || cells.next().unwrap();
        let (schema, instance, outcome) = (cell(), cell(), cell());
        cases += 1;
        let doc = Doc::parse(schema).unwrap();
        let made = compile::compile(&doc);
        if outcome == "refused" {
            assert!(made.is_err(), "{line}");
            continue;
        }
        let made = made.unwrap_or_else(|why| panic!("{line}: {why}"));
        let instance = Doc::parse(instance).unwrap();
        let verdict = made.is_valid(instance.root());
        match made.report(instance.root()) {
            Err(Crash(_)) => {
                assert_eq!(outcome, "crash", "{line}");
                assert_ne!(verdict, Ok(true), "{line}");
            }
            Ok(found) => {
                assert_ne!(outcome, "crash", "{line}");
                let expected = expected(outcome);
                assert_eq!(verdict, Ok(expected.is_empty()), "{line}");
                assert_eq!(found, expected, "{line}");
            }
        }
    }
    assert!(cases > 300);
}

const SAMPLE: &str = r#"{"type":"object","properties":{"alpha":{"type":"string"},"beta":{"type":"integer"},
    "gamma":{"type":"number"},"delta":{"type":["string","null"]},"eps":{"enum":["a",1,null,true,1.5]},
    "zeta":{"type":"string","maxLength":3,"minLength":2,"pattern":"^a"}},
    "required":["gamma","alpha","nope"],"additionalProperties":false,"minProperties":1,"maxProperties":2}"#;

#[test]
fn messages_come_in_the_order_of_the_reference() {
    let schema = compiled(SAMPLE);
    let missing = |name| format!("$.{name}: is missing but it is required");
    let all_missing = [missing("gamma"), missing("alpha"), missing("nope")];
    let found = messages(&schema, "{}");
    assert_eq!(found[..3], all_missing);
    assert_eq!(found[3..], ["$: should have a minimum of 1 properties"]);
    let everything =
        r#"{"alpha":1,"beta":"x","gamma":"y","delta":5,"eps":"zz","zeta":"bbbbb","extra":1}"#;
    let expected = [
        "$.zeta: may only be 3 characters long",
        "$.zeta: does not match the regex pattern ^a",
        "$.alpha: integer found, string expected",
        "$.delta: integer found, but [string, null] is required",
        "$.eps: does not have a value in the enumeration [a, 1, null, true, 1.5]",
        "$.beta: string found, integer expected",
        "$.gamma: string found, number expected",
        "$.extra: is not defined in the schema and the schema does not allow additional properties",
        "$: may only have a maximum of 2 properties",
        "$.nope: is missing but it is required",
    ];
    assert_eq!(messages(&schema, everything), expected);
    let found = messages(&schema, r#"{"beta":1.0}"#);
    assert_eq!(found[..3], all_missing);
    assert_eq!(found[3..], ["$.beta: number found, integer expected"]);
    for (instance, kind) in [("[]", "array"), ("null", "null"), ("\"s\"", "string")] {
        let expected = [format!("$: {kind} found, object expected")];
        assert_eq!(messages(&schema, instance), expected);
    }
}

#[test]
fn one_of_reports_what_its_branches_found() {
    let schema = compiled(
        r#"{"properties":{"a":{"oneOf":[
            {"properties":{"k":{"enum":["x"]},"v":{"type":"integer"}},"required":["k","v"]},
            {"properties":{"k":{"enum":["y"]},"w":{"type":"string"}},"required":["k"]}]}}}"#,
    );
    let other = "$.a.k: does not have a value in the enumeration [y]";
    assert_eq!(messages(&schema, r#"{"a":{"k":"x"}}"#), [other]);
    let expected = [
        "$.a.k: is missing but it is required",
        "$.a.v: is missing but it is required",
    ];
    assert_eq!(messages(&schema, r#"{"a":{}}"#), expected);
    let expected = ["$.a.v: string found, integer expected", other];
    assert_eq!(messages(&schema, r#"{"a":{"k":"x","v":"s"}}"#), expected);
    assert_eq!(messages(&schema, r#"{"a":{"k":"x","v":1}}"#), [""; 0]);
}

#[test]
fn a_report_names_keyword_path_and_targets() {
    let schema = compiled(
        r#"{"properties":{"a":{"items":{"type":"integer"},"maxItems":2,"uniqueItems":true}}}"#,
    );
    let found = reports(&schema, r#"{"a":[1,1,"2"]}"#);
    let brief: Vec<(&str, &str, Vec<&str>)> = found
        .iter()
        .map(|r| {
            let targets = r.targets.iter().map(String::as_str).collect();
            (r.keyword.as_str(), r.path.as_str(), targets)
        })
        .collect();
    let expected = [
        ("type", "$.a[2]", vec!["string", "integer"]),
        ("maxItems", "$.a", vec!["2"]),
        ("uniqueItems", "$.a", vec![]),
    ];
    assert_eq!(brief, expected);
}

#[test]
fn what_throws_does_so_only_where_an_instance_gets() {
    for broken in [
        r#"{"pattern":"(["}"#,
        r##"{"$ref":"#/nowhere"}"##,
        r#"{"uuid":1}"#,
        r#"{"dateTime":1}"#,
        r#"{"edits":1}"#,
        r#"{"crossEdits":1}"#,
        r##"{"$ref":"#/properties/a"}"##,
    ] {
        let schema = compiled(&format!(r#"{{"properties":{{"a":{broken}}}}}"#));
        assert_eq!(messages(&schema, r#"{"b":1}"#), [""; 0], "{broken}");
        let doc = Doc::parse(r#"{"a":1}"#).unwrap();
        assert!(schema.report(doc.root()).is_err(), "{broken}");
        assert!(schema.is_valid(doc.root()).is_err(), "{broken}");
    }
}

#[test]
fn schemas_that_are_none_are_refused_with_all_their_issues() {
    let refused = |schema: &str| {
        let doc = Doc::parse(schema).unwrap();
        let issues = super::super::CompiledSchema::compile(&doc).err().unwrap();
        issues
            .into_iter()
            .map(|issue| (issue.path, issue.message))
            .collect::<Vec<_>>()
    };
    assert_eq!(refused(r#"{"type":"objekt","minLength":-1}"#).len(), 3);
    let expected = [(
        "$".to_owned(),
        "abc: null is an invalid segment for URI {2}".to_owned(),
    )];
    assert_eq!(refused(r#"{"id":"abc"}"#), expected);
}
