//! A second opinion: the crate `jsonschema` with draft 4, on what both must agree about.
//!
//! The generated schemas keep away from where the reference is no draft-4 validator:
//!
//! * siblings of `$ref`, which it checks; addresses in `$ref` and `id`
//! * `nullable`, `message`, `notAllowed`, `readOnly`, `unionType`, booleans as schemas
//! * names that start with `#`, which are never undeclared
//! * minus zero, numbers `BigDecimal` cannot hold, decimals beyond 64 bits under `type: integer`,
//!   `multipleOf` for anything but small integers, numbers inside listed arrays and objects
//! * `uniqueItems` for objects and for several spellings of a number
//! * `anyOf` inside `oneOf`, where a branch without failures may not count
//! * formats; expressions beyond the simplest; what throws

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::CompiledSchema;

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "a",
        "b",
        "c",
        "dd",
        "ee",
        "f1",
        "long_name_of_a_property",
    ])
    .prop_map(str::to_owned)
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..12).prop_map(Value::from),
        (-3i64..12).prop_map(|n| json!(n as f64 + 0.5)),
        "[a-cé😀]{0,4}".prop_map(Value::from),
    ]
}

fn instance() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..7)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn kind() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "array", "boolean", "integer", "null", "number", "object", "string",
    ])
}

fn limited(keyword: &'static str) -> impl Strategy<Value = Value> {
    (0u32..5).prop_map(move |n| json!({ keyword: n }))
}

/// Schemas of one or two keywords that lead to no others.
fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        kind().prop_map(|kind| json!({ "type": kind })),
        prop::collection::hash_set(kind(), 1..3)
            .prop_map(|kinds| json!({ "type": kinds.into_iter().collect::<Vec<_>>() })),
        limited("maxItems"),
        limited("minItems"),
        limited("maxLength"),
        limited("minLength"),
        limited("maxProperties"),
        limited("minProperties"),
        (-3i64..12, any::<bool>())
            .prop_map(|(n, out)| json!({ "maximum": n, "exclusiveMaximum": out })),
        (-3i64..12, any::<bool>())
            .prop_map(|(n, out)| json!({ "minimum": n, "exclusiveMinimum": out })),
        (1i64..4).prop_map(|n| json!({ "type": "integer", "multipleOf": n })),
        prop::collection::vec(scalar(), 1..4)
            .prop_map(|values| json!({ "enum": distinct(values) })),
        prop::sample::select(vec!["^a", "b$", "c", "^[ab]*$"])
            .prop_map(|text| json!({ "pattern": text })),
        Just(
            json!({ "type": "array", "items": { "type": ["string", "boolean"] }, "uniqueItems": true })
        ),
        prop::collection::hash_set(name(), 1..4)
            .prop_map(|names| json!({ "required": names.into_iter().collect::<Vec<_>>() })),
        (name(), name()).prop_map(|(a, b)| json!({ "dependencies": { a: [b] } })),
    ]
}

fn distinct(values: Vec<Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for value in values {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}

/// Joins keywords; the last of a name wins.
fn joined(parts: Vec<Value>) -> Value {
    let mut all = Map::new();
    for part in parts {
        if let Value::Object(part) = part {
            all.extend(part);
        }
    }
    if all.contains_key("uniqueItems") {
        all.insert("type".into(), "array".into());
    }
    Value::Object(all)
}

fn holding(inner: impl Strategy<Value = Value> + Clone + 'static) -> BoxedStrategy<Value> {
    let named = || prop::collection::hash_map(name(), inner.clone(), 1..5);
    prop_oneof![
        named().prop_map(|nodes| json!({ "properties": nodes })),
        (named(), any::<bool>())
            .prop_map(|(nodes, more)| json!({ "properties": nodes, "additionalProperties": more })),
        (named(), inner.clone())
            .prop_map(|(nodes, more)| json!({ "properties": nodes, "additionalProperties": more })),
        inner
            .clone()
            .prop_map(|node| json!({ "patternProperties": { "^[a-d]": node } })),
        inner.clone().prop_map(|node| json!({ "items": node })),
        (prop::collection::vec(inner.clone(), 1..3), any::<bool>())
            .prop_map(|(nodes, more)| json!({ "items": nodes, "additionalItems": more })),
        (name(), inner.clone()).prop_map(|(name, node)| json!({ "dependencies": { name: node } })),
        prop::collection::vec(inner.clone(), 1..3).prop_map(|nodes| json!({ "allOf": nodes })),
        inner.prop_map(|node| node),
    ]
    .boxed()
}

/// Schemas without `anyOf`, `oneOf` and `not`.
fn plain() -> BoxedStrategy<Value> {
    leaf()
        .prop_recursive(2, 12, 3, |inner| {
            prop::collection::vec(holding(inner.boxed()), 1..4).prop_map(joined)
        })
        .boxed()
}

fn schema() -> impl Strategy<Value = Value> {
    plain().prop_recursive(3, 24, 4, |inner| {
        let inner = inner.boxed();
        let branching = prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|nodes| json!({ "anyOf": nodes })),
            prop::collection::vec(plain(), 1..4).prop_map(|nodes| json!({ "oneOf": nodes })),
            inner.clone().prop_map(|node| json!({ "not": node })),
        ];
        let part = prop_oneof![2 => holding(inner), 1 => branching];
        prop::collection::vec(part, 1..4).prop_map(joined)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn both_validators_agree(schema in schema(), instances in prop::collection::vec(instance(), 6)) {
        let theirs = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft4)
            .build(&schema)
            .map_err(|e| TestCaseError::fail(format!("{schema}: {e}")))?;
        let doc = lexon::Doc::parse(&schema.to_string()).unwrap();
        let ours = CompiledSchema::compile(&doc)
            .map_err(|issues| TestCaseError::fail(format!("{schema}: {issues:?}")))?;
        for instance in &instances {
            let doc = lexon::Doc::parse(&instance.to_string()).unwrap();
            prop_assert_eq!(ours.is_valid(doc.root()), Ok(theirs.is_valid(instance)), "{} {}", schema, instance);
            let reports = ours.report(doc.root()).unwrap();
            prop_assert_eq!(reports.is_empty(), theirs.is_valid(instance));
        }
    }
}
