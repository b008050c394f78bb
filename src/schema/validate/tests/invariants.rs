//! What holds for all schemas and instances.

use lexon::Doc;
use proptest::prelude::*;

use super::super::{CompiledSchema, compile};
use super::{compiled, messages};

/// A JSON text of some shape.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,2})?(e[0-9]{1,11})?",
        "\"[a-c#é]{0,3}\"",
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8)
                .prop_map(|items| format!("[{}]", items.join(","))),
            object(name(), inner),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    "[a-c#é]{0,2}"
}

fn object(
    name: impl Strategy<Value = String>,
    value: impl Strategy<Value = String>,
) -> impl Strategy<Value = String> {
    prop::collection::vec((name, value), 0..7).prop_map(|entries| {
        let entries: Vec<String> = entries.iter().map(|(k, v)| format!("{k:?}:{v}")).collect();
        format!("{{{}}}", entries.join(","))
    })
}

/// A schema, sound or not.
fn schema() -> impl Strategy<Value = String> {
    let number = "-?[0-9](\\.5)?".prop_map(|n| n);
    let types = prop::sample::select(vec![
        "\"type\":\"string\"",
        "\"type\":\"object\"",
        "\"type\":[\"integer\",\"null\",\"array\"]",
        "\"type\":\"number\",\"nullable\":true",
        "\"$ref\":\"#\"",
        "\"$ref\":\"#/definitions/d\"",
        "\"$ref\":\"#/nowhere\"",
        "\"uniqueItems\":true",
        "\"additionalProperties\":false",
        "\"required\":[\"a\",\"b\"]",
        "\"pattern\":\"^a\"",
        "\"pattern\":\"([\"",
        "\"readOnly\":[\"a\"]",
        "\"notAllowed\":[\"a\"]",
        "\"format\":\"uri\"",
        "\"format\":\"email\"",
        "\"multipleOf\":0.5",
        "\"dependencies\":{\"a\":[\"b\",\"c\"]}",
    ]);
    let limit = prop::sample::select(vec![
        "maximum",
        "minimum",
        "maxLength",
        "minItems",
        "maxProperties",
    ]);
    let leaf = prop_oneof![
        types.prop_map(|keyword| format!("{{{keyword}}}")),
        (limit, number).prop_map(|(keyword, n)| format!("{{\"{keyword}\":{n}}}")),
        prop::collection::vec(json(), 1..4)
            .prop_map(|values| format!("{{\"enum\":[{}]}}", values.join(","))),
        (name(), json()).prop_map(|(keyword, value)| format!("{{{keyword:?}:{value}}}")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let many = prop::sample::select(vec!["allOf", "anyOf", "oneOf", "items"]);
        let one = prop::sample::select(vec!["not", "items", "additionalProperties"]);
        let named = prop::sample::select(vec![
            "properties",
            "patternProperties",
            "dependencies",
            "definitions",
        ]);
        let keyword = prop_oneof![
            (many, prop::collection::vec(inner.clone(), 1..4))
                .prop_map(|(keyword, nodes)| format!("\"{keyword}\":[{}]", nodes.join(","))),
            (one, inner.clone()).prop_map(|(keyword, node)| format!("\"{keyword}\":{node}")),
            (named, object(name(), inner.clone()))
                .prop_map(|(keyword, nodes)| format!("\"{keyword}\":{nodes}")),
            inner
                .clone()
                .prop_map(|node| format!("\"definitions\":{{\"d\":{node}}}")),
            inner.prop_map(|node| node[1..node.len() - 1].to_owned()),
        ];
        prop::collection::vec(keyword, 1..5).prop_map(|keywords| {
            let kept: Vec<String> = keywords
                .into_iter()
                .filter(|keyword| !keyword.is_empty())
                .collect();
            format!("{{{}}}", kept.join(","))
        })
    })
}

fn check(schema: &CompiledSchema, instance: &str) -> Result<(), TestCaseError> {
    let doc = Doc::parse(instance).unwrap();
    let verdict = schema.is_valid(doc.root());
    match schema.report(doc.root()) {
        Ok(reports) => prop_assert_eq!(verdict, Ok(reports.is_empty())),
        // an invalid instance may be told before the crash is reached
        Err(_) => prop_assert_ne!(verdict, Ok(true)),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_verdict_is_what_the_report_says(
        schema in schema(),
        instances in prop::collection::vec(json(), 4),
    ) {
        let doc = Doc::parse(&schema).unwrap();
        if let Ok(made) = compile::compile(&doc) {
            for instance in &instances {
                check(&made, instance)?;
            }
        }
        if let Ok(made) = CompiledSchema::compile(&doc) {
            check(&made, &schema)?;
        }
    }
}

#[test]
fn schemas_can_be_shared() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<CompiledSchema>();
}

#[test]
fn depth_ends_in_a_crash_not_in_an_overflow() {
    let nested =
        |open: &str, n: usize, close: &str| format!("{}1{}", open.repeat(n), close.repeat(n));
    for schema in [
        r##"{"properties":{"a":{"$ref":"#"}}}"##,
        r##"{"additionalProperties":{"$ref":"#"}}"##,
        r##"{"patternProperties":{"a":{"$ref":"#"}}}"##,
        r##"{"anyOf":[{"type":"string"},{"properties":{"a":{"$ref":"#"}}}]}"##,
        r##"{"oneOf":[{"type":"string"},{"additionalProperties":{"$ref":"#"}}]}"##,
        r##"{"not":{"not":{"properties":{"a":{"$ref":"#"}}}}}"##,
        r##"{"allOf":[{"properties":{"a":{"$ref":"#"}}}]}"##,
        r##"{"dependencies":{"a":{"properties":{"a":{"$ref":"#"}}}}}"##,
    ] {
        let schema = compiled(schema);
        assert_eq!(messages(&schema, &nested("{\"a\":", 100, "}")), [""; 0]);
        let deep = Doc::parse(&nested("{\"a\":", 100_000, "}")).unwrap();
        assert!(schema.report(deep.root()).is_err());
        assert!(schema.is_valid(deep.root()).is_err());
    }
    let schema = compiled(r##"{"items":{"$ref":"#"}}"##);
    let deep = Doc::parse(&nested("[", 100_000, "]")).unwrap();
    assert!(schema.report(deep.root()).is_err());
    // without a schema for it, depth is no matter
    let schema = compiled(r#"{"uniqueItems":true,"enum":[[1]]}"#);
    assert_eq!(messages(&schema, &nested("[", 100_000, "]")).len(), 1);
}

#[test]
fn circles_end_in_a_crash() {
    for schema in [
        r##"{"$ref":"#"}"##,
        r##"{"allOf":[{"$ref":"#"},{"$ref":"#"}]}"##,
        r##"{"anyOf":[{"$ref":"#/definitions/a"}],"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}}}"##,
        r##"{"not":{"$ref":"#"}}"##,
    ] {
        let schema = compiled(schema);
        let doc = Doc::parse("1").unwrap();
        assert!(schema.report(doc.root()).is_err());
        assert!(schema.is_valid(doc.root()).is_err());
    }
    let schema = compiled(r##"{"anyOf":[{"type":"string"},{"$ref":"#"}]}"##);
    assert_eq!(messages(&schema, "\"a\""), [""; 0]);
}

#[test]
fn deep_schemas_are_refused() {
    let deep = format!("{}{{}}{}", "{\"not\":".repeat(5_000), "}".repeat(5_000));
    let doc = Doc::parse(&deep).unwrap();
    assert!(CompiledSchema::compile(&doc).is_err());
}

#[test]
fn wide_instances_take_time_by_their_size_only() {
    let schema = compiled(r#"{"items":{"type":"string"},"uniqueItems":true,"maxItems":1}"#);
    let items: Vec<String> = (0..50_000).map(|n| n.to_string()).collect();
    assert_eq!(
        messages(&schema, &format!("[{}]", items.join(","))).len(),
        50_001
    );
    let schema =
        compiled(r#"{"additionalProperties":false,"properties":{"a":{}},"required":["a"]}"#);
    let entries: Vec<String> = (0..50_000).map(|n| format!("\"k{n}\":1")).collect();
    assert_eq!(
        messages(&schema, &format!("{{{}}}", entries.join(","))).len(),
        50_001
    );
}
