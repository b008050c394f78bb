use super::super::testing::{Fixture, run_with};
use super::*;
use serde_json::json;

const A: &str = "iglu:com.acme/a/jsonschema/1-0-0";

fn build(targets: Value, emit: bool) -> Pii {
    let data = json!({"emitEvent": emit, "parameters": {
        "pii": targets,
        "strategy": {"pseudonymize": {"hashFunction": "MD5", "salt": "s"}},
    }});
    Pii::new(&data).unwrap()
}

fn md5(text: &str) -> String {
    Hash::new("MD5", "s").unwrap().replace(text)
}

fn on(path: &str) -> Value {
    json!({"json": {"field": "contexts", "schemaCriterion": "iglu:com.acme/a/jsonschema/1-*-*", "jsonPath": path}})
}

fn contexts(data: &str) -> String {
    format!(
        r#"{{"schema":"iglu:c/contexts/jsonschema/1-0-0","data":[{{"schema":"{A}","data":{data}}}]}}"#
    )
}

/// The data after a path was applied to it, every hash of a text written `#text`.
fn applied(path: &str, data: &str) -> Result<String, String> {
    let mut event = Event::default();
    event.set_text(CONTEXTS, Some(contexts(data)));
    let step = build(json!([on(path)]), true);
    match run_with(&step, &mut event, &Fixture::default(), |_| {}) {
        Step::Done => {}
        Step::Crashed(crash) => return Err(crash.0),
        other => panic!("{other:?}"),
    }
    let mut text = event.text(CONTEXTS).unwrap().to_owned();
    let told: Value = serde_json::from_str(event.pii.as_deref().unwrap_or("null")).unwrap();
    for entry in told["data"]["data"]["pii"]["json"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let [original, hash] =
            ["originalValue", "modifiedValue"].map(|key| entry[key].as_str().unwrap());
        text = text.replace(hash, &format!("#{original}"));
    }
    let start = contexts("").len() - 3;
    Ok(text[start..text.len() - 3].to_owned())
}

#[test]
fn paths_lead_to_what_the_library_finds() {
    let data = r#"{"a":"x","l":[{"e":"p","n":1,"t":"k"},{"e":"q","n":5},{"n":9}],"s":["u",2,"v"],"o":{"a":"y","z":null}}"#;
    for (path, changed) in [
        ("$.a", vec![("\"x\"", "\"#x\"")]),
        ("a", vec![("\"x\"", "\"#x\"")]),
        ("$.nope.a", vec![]),
        ("$..a", vec![("\"x\"", "\"#x\""), ("\"y\"", "\"#y\"")]),
        ("$.['a','o','nope']", vec![("\"x\"", "\"#x\"")]),
        ("$.s", vec![("\"u\"", "\"#u\""), ("\"v\"", "\"#v\"")]),
        // Items of an array are left alone when the path names them.
        ("$.s[*]", vec![]),
        ("$.s[0]", vec![]),
        ("$.s[3]", vec![]),
        ("$.l[0,1].e", vec![("\"p\"", "\"#p\""), ("\"q\"", "\"#q\"")]),
        ("$.l[-2].e", vec![("\"q\"", "\"#q\"")]),
        ("$.l[7].e", vec![]),
        ("$.l[1:].e", vec![("\"q\"", "\"#q\"")]),
        ("$.l[:1].e", vec![("\"p\"", "\"#p\"")]),
        ("$.l[*].e", vec![("\"p\"", "\"#p\""), ("\"q\"", "\"#q\"")]),
        ("$.l[?(@.n==1)].e", vec![("\"p\"", "\"#p\"")]),
        ("$.l[?(@.n > 1 && @.e)].e", vec![("\"q\"", "\"#q\"")]),
        (
            "$.l[?(@.t == 'k' || @.n >= 5)].e",
            vec![("\"p\"", "\"#p\""), ("\"q\"", "\"#q\"")],
        ),
        ("$.l[?(!@.t)].e", vec![("\"q\"", "\"#q\"")]),
        ("$.l[?(@.e =~ /[P]/i)].e", vec![("\"p\"", "\"#p\"")]),
        ("$.l[?(@.e in ['q', 'z'])].e", vec![("\"q\"", "\"#q\"")]),
        ("$.l[?(@.e nin ['q'])].e", vec![("\"p\"", "\"#p\"")]),
        ("$.l[?(@.e == $.l[0].e)].e", vec![("\"p\"", "\"#p\"")]),
        ("$.o[?(@.a == 'y')]", vec![]),
        ("$..[?(@.n == 5)].e", vec![("\"q\"", "\"#q\"")]),
        (
            "$.*",
            vec![
                ("\"x\"", "\"#x\""),
                ("\"u\"", "\"#u\""),
                ("\"v\"", "\"#v\""),
            ],
        ),
        ("$.o.*", vec![("\"y\"", "\"#y\"")]),
        (
            "$..*",
            vec![
                ("\"x\"", "\"#x\""),
                ("\"p\"", "\"#p\""),
                ("\"k\"", "\"#k\""),
                ("\"q\"", "\"#q\""),
                ("\"u\"", "\"#u\""),
                ("\"v\"", "\"#v\""),
                ("\"y\"", "\"#y\""),
            ],
        ),
    ] {
        let expected = changed
            .iter()
            .fold(data.to_owned(), |text, (from, to)| text.replace(from, to));
        assert_eq!(
            applied(path, data).as_deref(),
            Ok(expected.as_str()),
            "{path}"
        );
    }
}

#[test]
fn an_array_reached_as_an_item_has_its_texts_replaced() {
    assert_eq!(
        applied("$.m[0]", r#"{"m":[["a",1],["b"]]}"#).unwrap(),
        r##"{"m":[["#a",1],["b"]]}"##
    );
    // The outer array is a new one by the time its items are reached.
    assert_eq!(
        applied("$..*", r#"{"m":[["a"]]}"#).unwrap(),
        r#"{"m":[["a"]]}"#
    );
}

#[test]
fn where_the_reference_throws_the_event_is_refused() {
    for (path, data, message) in [
        (
            "$",
            r#"{"a":"x"}"#,
            "com.jayway.jsonpath.InvalidModificationException: Invalid map operation",
        ),
        (
            "$.a b",
            r#"{"a":"x"}"#,
            "com.jayway.jsonpath.InvalidPathException: Use bracket notion",
        ),
        ("$.a", "[1]", "java.lang.ClassCastException: "),
        ("$.a", "null", "java.lang.ClassCastException: "),
        (
            "$.s[1]",
            r#"{"s":[]}"#,
            "java.lang.IndexOutOfBoundsException: Illegal index 1, array size 0",
        ),
        (
            "$.s[-1]",
            r#"{"s":["a"]}"#,
            "java.lang.IndexOutOfBoundsException: Illegal index -1, array size 1",
        ),
        (
            "$.l[?(@.a)].b",
            r#"{"l":null}"#,
            "com.jayway.jsonpath.InvalidPathException: Filter",
        ),
    ] {
        let thrown = applied(path, data).unwrap_err();
        assert!(thrown.starts_with(message), "{path}: {thrown}");
    }
    // A path that is none matters only where it would be followed.
    let mut event = Event::default();
    let other = contexts("{}").replace("acme", "else");
    event.set_text(CONTEXTS, Some(other.as_str()));
    let step = build(json!([on("$.a b")]), true);
    assert!(matches!(
        run_with(&step, &mut event, &Fixture::default(), |_| {}),
        Step::Done
    ));
    assert_eq!(event.text(CONTEXTS), Some(other.as_str()));
}

#[test]
fn numbers_have_one_spelling_where_a_path_was_applied_and_another_elsewhere() {
    let data = r#"{"n":[1.50,100.0,1e3,0.0,-0.0,1E-7,12345678901234567890],"e":"x"}"#;
    let here = r##"{"n":[1.5,100,1000,0,0,1E-7,12345678901234567890],"e":"#x"}"##;
    assert_eq!(applied("$.e", data).unwrap(), here);
    let mut event = Event::default();
    let other = contexts(data).replace("acme", "else");
    event.set_text(CONTEXTS, Some(other.as_str()));
    let step = build(json!([on("$.e")]), true);
    assert!(matches!(
        run_with(&step, &mut event, &Fixture::default(), |_| {}),
        Step::Done
    ));
    let there = "[1.50,100.0,1E+3,0.0,0.0,1E-7,12345678901234567890]";
    assert!(
        event.text(CONTEXTS).unwrap().contains(there),
        "{:?}",
        event.text(CONTEXTS)
    );
    assert_eq!(event.pii, None);
}

#[test]
fn a_column_that_jackson_cannot_read_is_cleared() {
    let deep = format!("{}{}", "[".repeat(1_200), "]".repeat(1_200));
    for data in ["9".repeat(1_001), deep, "1e99999999999".to_owned()] {
        let mut event = Event::default();
        event.set_text(CONTEXTS, Some(contexts(&format!(r#"{{"a":{data}}}"#))));
        let step = build(json!([on("$.b")]), true);
        assert!(matches!(
            run_with(&step, &mut event, &Fixture::default(), |_| {}),
            Step::Done
        ));
        assert_eq!(event.text(CONTEXTS), None);
    }
}

#[test]
fn fields_are_replaced_in_order_and_the_event_tells_the_last_first() {
    let mut event = Event::default();
    event.set_text(fields::USER_ID, Some("me"));
    event.set_text(fields::SE_LABEL, Some(""));
    event.set_text(CONTEXTS, Some(contexts(r#"{"b":"1","a":{"b":"2"}}"#)));
    let targets = json!([
        on("$..b"),
        {"pojo": {"field": "user_id"}},
        {"pojo": {"field": "domain_userid"}},
        {"pojo": {"field": "se_label"}},
        on("$.b"),
    ]);
    let step = build(targets, true);
    assert!(matches!(
        run_with(&step, &mut event, &Fixture::default(), |_| {}),
        Step::Done
    ));
    let (me, empty, one, two) = (md5("me"), md5(""), md5("1"), md5("2"));
    let again = md5(&one);
    assert_eq!(event.text(fields::USER_ID), Some(me.as_str()));
    assert_eq!(event.text(fields::SE_LABEL), Some(empty.as_str()));
    assert_eq!(event.text(fields::DOMAIN_USERID), None);
    let json = |original: &str, hash: &str, path: &str| {
        format!(
            r#"{{"fieldName":"contexts","originalValue":"{original}","modifiedValue":"{hash}","jsonPath":"{path}","schema":"{A}"}}"#
        )
    };
    let jsons = [
        json(&one, &again, "$.b"),
        json("2", &two, "$..b"),
        json("1", &one, "$..b"),
    ]
    .join(",");
    let expected = format!(
        r#"{{"schema":"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0","data":{{"schema":"iglu:com.snowplowanalytics.snowplow/pii_transformation/jsonschema/1-0-0","data":{{"pii":{{"json":[{jsons}],"pojo":[{{"fieldName":"se_label","originalValue":"","modifiedValue":"{empty}"}},{{"fieldName":"user_id","originalValue":"me","modifiedValue":"{me}"}}]}},"strategy":{{"pseudonymize":{{"hashFunction":"MD5"}}}}}}}}}}"#
    );
    assert_eq!(event.pii.as_deref(), Some(expected.as_str()));
}

#[test]
fn nothing_is_told_unless_asked_for() {
    let mut event = Event::default();
    event.set_text(fields::USER_ID, Some("me"));
    let step = build(json!([{"pojo": {"field": "user_id"}}]), false);
    assert!(matches!(
        run_with(&step, &mut event, &Fixture::default(), |_| {}),
        Step::Done
    ));
    assert_eq!(event.text(fields::USER_ID), Some(md5("me").as_str()));
    assert_eq!(event.pii, None);
}

#[test]
fn the_self_describing_event_is_looked_into_as_one_document() {
    let mut event = Event::default();
    let text = format!(
        r#"{{"schema":"iglu:c/u/jsonschema/1-0-0","data":{{"schema":"{A}","data":{{"e":"x"}}}}}}"#
    );
    event.set_text(UNSTRUCT_EVENT, Some(text.as_str()));
    let mut target = on("$.e");
    target["json"]["field"] = json!("unstruct_event");
    let step = build(json!([target]), false);
    assert!(matches!(
        run_with(&step, &mut event, &Fixture::default(), |_| {}),
        Step::Done
    ));
    assert_eq!(
        event.text(UNSTRUCT_EVENT),
        Some(text.replace("\"x\"", &format!("\"{}\"", md5("x"))).as_str())
    );
}

#[test]
fn wrong_targets_are_refused() {
    let refused = |targets: Value| {
        let data = json!({"emitEvent": true, "parameters": {
            "pii": targets,
            "strategy": {"pseudonymize": {"hashFunction": "MD5", "salt": ""}},
        }});
        Pii::new(&data).err().unwrap().to_string()
    };
    for (targets, problem) in [
        (
            json!([{"pojo": {"field": "app_id"}}]),
            "The specified pojo field app_id is not supported",
        ),
        (json!([{}]), "each entry needs `pojo.field` or `json.field`"),
        (
            json!([{"json": {"field": "contexts", "schemaCriterion": "x", "jsonPath": "$"}}]),
            "Could not parse schema criterion x",
        ),
    ] {
        assert_eq!(
            refused(targets),
            format!("field `parameters.pii`: {problem}")
        );
    }
}

#[test]
fn with_anonymous_only_the_header_decides() {
    let data = json!({"emitEvent": false, "anonymousOnly": true, "parameters": {
        "pii": [{"pojo": {"field": "user_id"}}],
        "strategy": {"pseudonymize": {"hashFunction": "MD5", "salt": "s"}},
    }});
    let pii = Pii::new(&data).unwrap();
    for (headers, expected) in [
        (&["Host: x"][..], "u".to_owned()),
        (&["Host: x", "sp-anonymous: *"], md5("u")),
        (&["SP-Anonymous"], md5("u")),
    ] {
        let mut event = Event::default();
        event.set_text(fields::USER_ID, Some("u"));
        let _ = run_with(&pii, &mut event, &Fixture::with_headers(headers), |_| {});
        assert_eq!(event.text(fields::USER_ID), Some(expected.as_str()));
    }
}

#[test]
fn additions_up_to_the_first_are_taken() {
    for (version, taken) in [("2-0-0", true), ("2-0-1", true), ("2-0-2", false)] {
        let schema = format!(
            "iglu:com.snowplowanalytics.snowplow.enrichments/pii_enrichment_config/jsonschema/{version}"
        );
        let data = json!({"emitEvent": false, "parameters": {
            "pii": [], "strategy": {"pseudonymize": {"hashFunction": "MD5", "salt": "s"}},
        }});
        let schema = crate::schema::SchemaKey::parse(&schema).unwrap();
        let none = super::super::testing::Files(Vec::new());
        assert_eq!(
            (SPEC.build)(&schema, &data, &none).is_ok(),
            taken,
            "{version}"
        );
    }
}
