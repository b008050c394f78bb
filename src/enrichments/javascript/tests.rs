use serde_json::json;

use super::*;
use crate::enrichments::testing::{Fixture, contexts as shown, run_with};
use crate::event::fields;

const CONFIG: &str =
    "iglu:com.snowplowanalytics.snowplow/javascript_script_config/jsonschema/1-0-1";
const A: &str = "iglu:com.snowplowanalytics.iglu/anything-a/jsonschema/1-0-0";

fn build(script: &str, config: Value) -> Result<Javascript, String> {
    let script = jvm::base64::encode_standard(script.as_bytes());
    let data = json!({"parameters": {"script": script, "config": config}});
    let schema = SchemaKey::parse(CONFIG).unwrap();
    Javascript::new(&schema, &data).map_err(|error| error.to_string())
}

fn script(script: &str) -> Javascript {
    build(script, Value::Null).unwrap()
}

fn run(step: &Javascript, event: &mut Event) -> Step {
    run_with(step, event, &Fixture::default(), |_| {})
}

/// What `process` makes of an event, as the text of one context's data.
fn value(expression: &str, event: &mut Event) -> String {
    let code = format!(
        "function process(event) {{ return [{{schema: '{A}', data: {{v: {expression}}}}}]; }}"
    );
    match run(&script(&code), event) {
        Step::Contexts(contexts) => {
            let data = &contexts[0].data;
            let data = data.strip_prefix("{\"v\":").unwrap();
            data.strip_suffix('}').unwrap().to_owned()
        }
        other => panic!("{expression}: {other:?}"),
    }
}

fn failure(step: Step) -> String {
    let Step::Failed(failures) = step else {
        panic!("{step:?}")
    };
    assert_eq!(failures.len(), 1);
    let origin = failures[0].enrichment.as_ref().unwrap();
    assert_eq!(origin.identifier, "Javascript enrichment");
    match &failures[0].message {
        Message::Simple(text) => text.clone(),
        other => panic!("{other:?}"),
    }
}

/// Why `process` with this body failed.
fn thrown(body: &str) -> String {
    let code = format!("function process(event) {{\n  {body}\n}}");
    let text = failure(run(&script(&code), &mut Event::default()));
    let start = "Error during execution of JavaScript function: [";
    let text = text.strip_prefix(start).unwrap_or_else(|| panic!("{text}"));
    text.strip_suffix(']').unwrap().to_owned()
}

#[test]
fn fields_are_read_and_written_in_all_four_ways() {
    let mut event = Event::default();
    event.set_text(fields::APP_ID, Some("a"));
    for way in ["getApp_id()", "app_id", "app_id()"] {
        assert_eq!(value(&format!("event.{way}"), &mut event), "\"a\"", "{way}");
    }
    for (n, way) in ["setApp_id('X')", "app_id = 'X'", "app_id_$eq('X')"]
        .iter()
        .enumerate()
    {
        let code =
            format!("function process(event) {{ event.{way}; }}").replace('X', &n.to_string());
        assert!(matches!(run(&script(&code), &mut event), Step::Done));
        assert_eq!(event.text(fields::APP_ID), Some(&*n.to_string()));
    }
}

#[test]
fn values_are_converted_as_the_setters_of_the_reference_do() {
    let mut event = Event::default();
    let set = |event: &mut Event, code: &str| {
        let code = format!("function process(event) {{ {code} }}");
        assert!(matches!(run(&script(&code), event), Step::Done), "{code}");
    };
    for (given, expected) in [
        ("5.0", Some("5")),
        ("undefined", Some("undefined")),
        ("{}", Some("[object Object]")),
        ("null", None),
        ("['a', 'b']", Some("a,b")),
        ("true", Some("true")),
        ("'\\ud800x'", Some("?x")),
    ] {
        set(&mut event, &format!("event.setUser_id({given})"));
        assert_eq!(event.text(fields::USER_ID), expected, "{given}");
    }
    for (given, expected) in [
        ("'7'", Some(7)),
        ("7.9", Some(7)),
        ("-7.9", Some(-7)),
        ("null", None),
    ] {
        set(&mut event, &format!("event.setTxn_id({given})"));
        assert_eq!(event.int(fields::TXN_ID), expected, "{given}");
    }
    for (given, expected) in [("43.88", Some(43.88)), ("'1.5'", Some(1.5)), ("null", None)] {
        set(&mut event, &format!("event.setGeo_latitude({given})"));
        assert_eq!(event.float(fields::GEO_LATITUDE), expected, "{given}");
    }
    for (given, expected) in [("true", Some(1)), ("0", Some(0)), ("null", None)] {
        set(&mut event, &format!("event.setBr_cookies({given})"));
        assert_eq!(event.byte(fields::BR_COOKIES), expected, "{given}");
    }
    set(
        &mut event,
        "event.setSe_value(new java.math.BigDecimal('1.50'))",
    );
    assert_eq!(event.decimal(fields::SE_VALUE), Some("1.50"));
    assert_eq!(
        thrown("event.setSe_value(1.5);"),
        "java.lang.ClassCastException: Cannot cast java.lang.Double to java.math.BigDecimal in <eval> at line number 2"
    );
}

#[test]
fn numbers_of_the_event_are_numbers_or_decimals() {
    let mut event = Event::default();
    event.set_float(fields::GEO_LATITUDE, Some(43.88));
    event.set_decimal(fields::SE_VALUE, Some("12.50"));
    event.set_byte(fields::BR_COOKIES, Some(1));
    for (expression, expected) in [
        ("event.getGeo_latitude()", "43.880001068115234"),
        ("event.getBr_cookies()", "1"),
        ("typeof event.getSe_value()", "\"object\""),
        ("event.getSe_value()", "12.50"),
        ("event.getSe_value() * 2", "25"),
        ("parseFloat(event.getSe_value())", "12.5"),
        (
            "event.getSe_value().add(new java.math.BigDecimal('0.005')).toString()",
            "\"12.505\"",
        ),
        ("event.getSe_value().setScale(0, 'HALF_EVEN')", "12"),
        ("new java.math.BigDecimal('1E-7')", "1E-7"),
        (
            "new java.math.BigDecimal('1.0').divide(new java.math.BigDecimal('8'))",
            "0.125",
        ),
        (
            "new java.math.BigDecimal('1E+3').toPlainString()",
            "\"1000\"",
        ),
        ("event.getTr_total()", "null"),
    ] {
        assert_eq!(value(expression, &mut event), expected, "{expression}");
    }
}

#[test]
fn the_event_is_no_object_like_others() {
    let mut event = Event::default();
    for (expression, expected) in [
        ("typeof event.nothing", "\"undefined\""),
        ("(event.nothing = 1, typeof event.nothing)", "\"undefined\""),
        ("JSON.stringify([event])", "\"[null]\""),
    ] {
        assert_eq!(value(expression, &mut event), expected, "{expression}");
    }
}

#[test]
fn results_become_contexts_or_failures_in_the_words_of_the_reference() {
    let code = |result: &str| format!("function process(event) {{ return {result}; }}");
    let step = |result: &str| run(&script(&code(result)), &mut Event::default());
    for nothing in ["null", "undefined", "[]"] {
        assert!(matches!(step(nothing), Step::Done), "{nothing}");
    }
    let one = format!("[{{schema: '{A}', data: {{n: 1.50, k: 1e21}}, extra: 1}}]");
    assert_eq!(
        shown(step(&one)),
        [(A.to_owned(), "{\"n\":1.5,\"k\":1e+21}".to_owned())]
    );
    let no_array = |json: &str| {
        format!(
            "Output of JavaScript function [{json}] could be parsed as JSON but is not read as an array"
        )
    };
    let not_described =
        |list: &str| format!("Resulting contexts are not self-desribing. Error(s): [{list}]");
    for (result, expected) in [
        ("({a: 1})", no_array("{\n  \"a\" : 1\n}")),
        ("({})", no_array("{\n  \n}")),
        ("'text'", no_array("\"text\"")),
        ("42", no_array("42")),
        ("false", no_array("false")),
        ("new Date(0)", no_array("\"1970-01-01T00:00:00.000Z\"")),
        (
            "function () { return 1; }",
            "Could not parse output JSON of Javascript function. Error: [null]".to_owned(),
        ),
        (
            "[{a: 1}, 2]",
            not_described(
                "error code:[INVALID_DATA_PAYLOAD],json:[{\"a\":1}];error code:[INVALID_DATA_PAYLOAD],json:[2]",
            ),
        ),
        (
            "[{schema: 'nope', data: {}}]",
            not_described("error code:[INVALID_IGLUURI],json:[{\"schema\":\"nope\",\"data\":{}}]"),
        ),
    ] {
        assert_eq!(failure(step(result)), expected, "{result}");
    }
}

#[test]
fn what_is_thrown_is_told_with_its_place() {
    for (body, expected) in [
        (
            "if (true) { throw 'plain: ' + event.getUser_id(); }",
            "plain: null in <eval> at line number 2 at column number 14",
        ),
        (
            "throw new TypeError('typed');",
            "TypeError: typed in <eval> at line number 2 at column number 2",
        ),
        (
            "throw {code: 7};",
            "[object Object] in <eval> at line number 2 at column number 2",
        ),
        (
            "var n = null; return n.x;",
            "TypeError: Cannot get property \"x\" of null in <eval> at line number 2",
        ),
        (
            "return missingVariable;",
            "ReferenceError: \"missingVariable\" is not defined in <eval> at line number 2",
        ),
        (
            "return event.getNoSuchThing();",
            "TypeError: event.getNoSuchThing is not a function in <eval> at line number 2",
        ),
    ] {
        assert_eq!(thrown(body), expected, "{body}");
    }
}

#[test]
fn fields_that_a_failing_script_has_set_stay_set() {
    let mut event = Event::default();
    let step = script("function process(event) { event.setApp_id('set'); throw 1; }");
    failure(run(&step, &mut event));
    assert_eq!(event.text(fields::APP_ID), Some("set"));
}

#[test]
fn contexts_of_earlier_steps_can_be_read() {
    let step = script("function process(event) { event.setUser_id(event.getDerived_contexts()); }");
    let mut event = Event::default();
    let done = run_with(&step, &mut event, &Fixture::default(), |work| {
        work.derived = vec![Context {
            schema: SchemaKey::parse(A).unwrap(),
            data: "{\"n\":1.50}".to_owned(),
        }];
    });
    assert!(matches!(done, Step::Done));
    let expected = format!(
        r#"{{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1","data":[{{"schema":"{A}","data":{{"n":1.50}}}}]}}"#
    );
    assert_eq!(event.text(fields::USER_ID), Some(&*expected));
}

#[test]
fn parameters_and_headers_are_the_other_arguments() {
    let fixture = Fixture::with_headers(&["A: 1", "B: 2"]);
    let mut event = Event::default();
    for code in [
        "function process(event, params, headers) { event.setUser_id(params.a.b + headers.join()); }",
        "const process = (...all) => { all[0].setUser_id(all[1].a.b + all[2].join()); }",
    ] {
        let step = build(code, json!({"a": {"b": "x"}})).unwrap();
        assert!(matches!(
            run_with(&step, &mut event, &fixture, |_| {}),
            Step::Done
        ));
        assert_eq!(event.text(fields::USER_ID), Some("xA: 1,B: 2"), "{code}");
    }
    let step =
        script("function process(event, params) { event.setUser_id(JSON.stringify(params)); }");
    assert!(matches!(run(&step, &mut event), Step::Done));
    assert_eq!(event.text(fields::USER_ID), Some("{}"));
}

#[test]
fn java_that_scripts_use_is_there() {
    let mut event = Event::default();
    event.set_text(fields::USER_ID, Some("a b"));
    let sha = "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603";
    for (expression, expected) in [
        (
            "org.apache.commons.codec.digest.DigestUtils.sha256Hex('ab')",
            format!("\"{sha}\""),
        ),
        (
            "Java.type('org.apache.commons.codec.digest.DigestUtils').md5Hex('ab')",
            "\"187ef4436122d1cc2f40dc2b92f0eba0\"".to_owned(),
        ),
        (
            "java.util.UUID.nameUUIDFromBytes('ab'.getBytes()).toString()",
            "\"187ef443-6122-31cc-af40-dc2b92f0eba0\"".to_owned(),
        ),
        (
            "java.util.UUID.randomUUID().toString().length()",
            "36".to_owned(),
        ),
        (
            "java.util.Base64.getEncoder().encodeToString('é'.getBytes('UTF-8'))",
            "\"w6k=\"".to_owned(),
        ),
        (
            "new java.lang.String(java.util.Base64.getUrlDecoder().decode('w6k'), 'UTF-8')",
            "\"é\"".to_owned(),
        ),
        (
            "java.net.URLEncoder.encode(event.getUser_id(), 'UTF-8') + java.net.URLDecoder.decode('%C3%A9+', 'UTF-8')",
            "\"a+bé \"".to_owned(),
        ),
        (
            "java.lang.Integer.parseInt('7') + java.lang.Double.parseDouble('1.5')",
            "8.5".to_owned(),
        ),
        ("java.lang.Math.max(1, 2)", "2".to_owned()),
        (
            "java.lang.String.format('%05.1f|%-3s|%d', 2.25, 'x', 7)",
            "\"002.3|x  |7\"".to_owned(),
        ),
        (
            "new java.math.BigDecimal('10').divide(new java.math.BigDecimal('3'), 2, java.math.RoundingMode.HALF_UP)",
            "3.33".to_owned(),
        ),
        (
            "(function () { var d = java.security.MessageDigest.getInstance('SHA-256'); d.update('a'.getBytes()); return org.apache.commons.codec.binary.Hex.encodeHexString(d.digest('b'.getBytes())); })()",
            format!("\"{sha}\""),
        ),
        ("event.getUser_id().length() + 'xx'.length", "5".to_owned()),
        (
            "event.getUser_id().equals('a b') && 'abc'.contains('b') && !'a'.isEmpty()",
            "true".to_owned(),
        ),
        (
            "'a1b22'.replaceAll('([0-9])+', '<$1>')",
            "\"a<1>b<2>\"".to_owned(),
        ),
        (
            "'a1b22'.matches('[a-z0-9]+') + '-' + 'Ab'.equalsIgnoreCase('aB')",
            "\"true-true\"".to_owned(),
        ),
        ("'hello'.hashCode()", "99162322".to_owned()),
        (
            "(function () { var s = 0; for each (var x in {a: 1, b: 2}) s += x; return s; })()",
            "3".to_owned(),
        ),
    ] {
        assert_eq!(value(expression, &mut event), expected, "{expression}");
    }
    assert_eq!(
        thrown("java.lang.Integer.parseInt('x');"),
        "java.lang.NumberFormatException: For input string: \"x\" in <eval> at line number 2"
    );
}

#[test]
fn what_is_not_there_is_refused_at_the_start_with_what_to_write_instead() {
    let refused = |code: &str| {
        let code = format!("function process(event) {{\n{code}\n}}");
        build(&code, Value::Null).err().unwrap()
    };
    for (code, expected) in [
        (
            "new java.io.File('/etc/passwd');",
            "field `parameters.script`: line 2: the Java class java.io.File is not available to scripts; scripts cannot reach files; put the data into the script or its `config`",
        ),
        (
            "Java.type('java.util.HashMap');",
            "field `parameters.script`: line 2: the Java class java.util.HashMap is not available to scripts; use an object, array, Map or Set of JavaScript",
        ),
        (
            "java.lang.System.exit(1);",
            "field `parameters.script`: line 2: java.lang.System.exit is not available to scripts; write it in JavaScript",
        ),
        (
            "Packages.com.acme.Thing.f();",
            "field `parameters.script`: line 2: the Java class com.acme.Thing is not available to scripts; write it in JavaScript",
        ),
        (
            "load('x.js');",
            "field `parameters.script`: line 2: load() is not available to scripts; put the code of the other file into the script",
        ),
    ] {
        assert_eq!(refused(code), expected);
    }
    assert_eq!(
        thrown("var name = 'java.io.File'; Java.type(name);"),
        "java.lang.ClassNotFoundException: java.io.File in <eval> at line number 2"
    );
}

#[test]
fn scripts_that_cannot_run_stop_the_start() {
    for (code, expected) in [
        (
            "",
            "field `parameters.script`: Provided script for JS enrichment is empty",
        ),
        (
            "function other() {}",
            "field `parameters.script`: has no function `process`; write function process(event) { … }",
        ),
    ] {
        assert_eq!(build(code, Value::Null).err().unwrap(), expected);
    }
    let error = build("function process( {", Value::Null).err().unwrap();
    assert!(
        error.starts_with("field `parameters.script`: cannot be compiled: line 1, column "),
        "{error}"
    );
}

fn limited(code: &str, limits: ScriptLimits) -> Javascript {
    let mut step = script(code);
    step.limit_scripts(limits);
    step
}

/// Runs a hostile script for one event and a harmless one for the next.
fn survives(body: &str, limits: ScriptLimits, expected: &str) {
    let code = format!(
        "function process(event) {{ if (event.getApp_id()) {{ {body} }} event.setUser_id('fine'); }}"
    );
    let step = limited(&code, limits);
    let mut event = Event::default();
    event.set_text(fields::APP_ID, Some("bad"));
    let text = failure(run(&step, &mut event));
    assert!(text.contains(expected), "{body}: {text}");
    let mut event = Event::default();
    assert!(matches!(run(&step, &mut event), Step::Done), "{body}");
    assert_eq!(event.text(fields::USER_ID), Some("fine"));
}

#[test]
fn a_script_without_end_fails_its_event_and_no_other() {
    let limits = ScriptLimits {
        time: std::time::Duration::from_millis(100),
        ..ScriptLimits::default()
    };
    for body in [
        "while (true) {}",
        "for (;;) { try { while (true) {} } catch (e) {} }",
        "/^(a+)+$/.test(new Array(60).join('a') + 'b');",
    ] {
        survives(body, limits, "the script ran longer than 100 ms");
    }
    survives("(function f() { f(); })();", limits, "");
}

#[test]
fn a_script_that_takes_all_memory_fails_its_event_and_no_other() {
    let limits = ScriptLimits {
        time: std::time::Duration::from_secs(60),
        memory: 8 << 20,
    };
    survives(
        "var all = []; for (;;) { all.push(new Array(1000).join('x') + all.length); }",
        limits,
        "the script needed more than 8388608 bytes of memory",
    );
    // these may end at a bound of the engine before
    for body in [
        "var s = 'x'; for (;;) { s += s + s; }",
        "new Array(1 << 30).fill(1);",
    ] {
        survives(body, limits, "");
    }
}

#[test]
fn threads_share_a_script_without_seeing_the_events_of_others() {
    let step = script(
        "function process(event) { var id = event.getUser_id(); for (var i = 0; i < 200; i++) {} event.setUser_id(id + '-' + event.getUser_id()); }",
    );
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let step = &step;
            scope.spawn(move || {
                for n in 0..50 {
                    let id = format!("{thread}.{n}");
                    let mut event = Event::default();
                    event.set_text(fields::USER_ID, Some(&*id));
                    assert!(matches!(run(step, &mut event), Step::Done));
                    assert_eq!(event.text(fields::USER_ID), Some(&*format!("{id}-{id}")));
                }
            });
        }
    });
    assert!(step.idle.lock().unwrap().len() <= 4);
}
