//! What jawn accepts, and what it says about the rest.

use lexon::{Doc, Kind, Tree};

fn message(text: &str) -> String {
    match Doc::parse(text) {
        Ok(_) => format!("accepted {text}"),
        Err(error) => error.message,
    }
}

fn printed(text: &str) -> String {
    let doc = match Doc::parse(text) {
        Ok(doc) => doc,
        Err(error) => return error.message,
    };
    let tree = doc.root().to_tree();
    let json = doc.root().to_json();
    assert_eq!(tree.to_json(), json);
    if doc.is_compact() {
        assert_eq!(doc.text(), json);
    }
    json
}

#[test]
fn text_that_ends_too_soon_is_exhausted_input() {
    let rows = [
        "",
        " ",
        "\t\r\n",
        "{",
        "[1,2",
        "nul",
        "\"abc",
        "-",
        "1.",
        "1e",
        "1e+",
        "[",
        "[1,",
        "[1",
        "[-",
        "{\"a",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "t",
        "tru",
        "fals",
        "n",
        "\"\\",
        "\"a\\",
        "\"\\u",
        "\"\\u12",
        "\"\\u123",
        "[[[[",
        "{\"a\":[",
        "\"é",
        "[\"\u{85}",
    ];
    for text in rows {
        assert_eq!(message(text), "exhausted input", "{text:?}");
    }
}

#[test]
fn a_short_unicode_escape_is_exhausted_when_four_units_are_not_there_or_not_ascii() {
    for text in [
        "\"\\u12\"",
        "\"\\uz",
        "\"\\uzz\"",
        "\"\\u00é0\"",
        "\"\\u😀aaa\"",
        "\"\\u1😀\"",
    ] {
        assert_eq!(message(text), "exhausted input", "{text:?}");
    }
    let refused = "expected valid unicode escape got";
    assert_eq!(
        message("\"\\u12\" "),
        format!("{refused} '12\" ' (line 1, column 4)")
    );
    assert_eq!(
        message("\"\\uzz\"}"),
        format!("{refused} 'zz\"}}' (line 1, column 4)")
    );
    assert_eq!(
        message("\"\\uz😀a"),
        format!("{refused} 'z😀a' (line 1, column 4)")
    );
}

#[test]
fn refusals_are_worded_as_by_jawn() {
    let rows = [
        ("body", "expected json value got 'body' (line 1, column 1)"),
        ("NaN", "expected json value got 'NaN' (line 1, column 1)"),
        (
            "\u{feff}{}",
            "expected json value got '\u{feff}{}' (line 1, column 1)",
        ),
        (
            "\u{feff}{\"schema\":1}",
            "expected json value got '\u{feff}{\"sch...' (line 1, column 1)",
        ),
        (
            "\u{a0}{\"schema\":1}",
            "expected json value got '\u{a0}{\"sch...' (line 1, column 1)",
        ),
        (
            "<xml/>",
            "expected json value got '<xml/>' (line 1, column 1)",
        ),
        (
            "e=pv&p=web",
            "expected json value got 'e=pv&p...' (line 1, column 1)",
        ),
        (
            "a=b&c",
            "expected json value got 'a=b&c' (line 1, column 1)",
        ),
        (
            "%zz=%",
            "expected json value got '%zz=%' (line 1, column 1)",
        ),
        (
            "\u{fffd}<",
            "expected json value got '\u{fffd}<' (line 1, column 1)",
        ),
        (
            "i\u{fffd}\u{1d}y",
            "expected json value got 'i\u{fffd}\u{1d}y' (line 1, column 1)",
        ),
        ("\0", "expected json value got '\0' (line 1, column 1)"),
        (
            "\u{fffd}\u{1c}q\u{fffd}\u{1c}q\u{fffd}",
            "expected json value got '\u{fffd}\u{1c}q\u{fffd}\u{1c}q...' (line 1, column 1)",
        ),
        (
            "abcdefghij",
            "expected json value got 'abcdef...' (line 1, column 1)",
        ),
        (
            "not json",
            "expected null got 'not js...' (line 1, column 1)",
        ),
        ("{\"a\":1,}", "expected \" got '}' (line 1, column 8)"),
        ("{'a':1}", "expected \" got ''a':1}' (line 1, column 2)"),
        (
            "{'schema':1}",
            "expected \" got ''schem...' (line 1, column 2)",
        ),
        ("{\"a\":01}", "expected } or , got '1}' (line 1, column 7)"),
        ("[1 2]", "expected ] or , got '2]' (line 1, column 4)"),
        ("{\"a\" 1}", "expected : got '1}' (line 1, column 6)"),
        (
            "{\"a\":1}x",
            "expected whitespace or eof got 'x' (line 1, column 8)",
        ),
        (
            "{\"a\":1}}",
            "expected whitespace or eof got '}' (line 1, column 8)",
        ),
        (
            "{\"a\":\"\\x\"}",
            "illegal escape sequence (\\x) got '\\...' (line 1, column 7)",
        ),
        (
            "{\"a\":\"\t\"}",
            "control char (9) in string got '\t...' (line 1, column 7)",
        ),
        (
            "{\"a\":tabc}",
            "expected true got 'tabc}' (line 1, column 6)",
        ),
        (
            "{\"a\":\"\\u00zz\"}",
            "expected valid unicode escape got '00zz\"}' (line 1, column 9)",
        ),
        (
            "{\"a\":\n\n  zzzzzzzz",
            "expected json value got 'zzzzzz...' (line 3, column 3)",
        ),
        (
            "{\"a\":1 \"b\":2}",
            "expected } or , got '\"b\":2}' (line 1, column 8)",
        ),
        // the grammar's other corners, by the same rules
        (
            "01",
            "expected whitespace or eof got '1' (line 1, column 2)",
        ),
        (
            "1x",
            "expected whitespace or eof got 'x' (line 1, column 2)",
        ),
        ("-x", "expected digit got '-x' (line 1, column 1)"),
        ("[1.x]", "expected digit got '1.x]' (line 1, column 2)"),
        ("[10e+]", "expected digit got '10e+]' (line 1, column 2)"),
        ("+1", "expected json value got '+1' (line 1, column 1)"),
        (".5", "expected json value got '.5' (line 1, column 1)"),
        ("[1,]", "expected json value got ']' (line 1, column 4)"),
        ("[,1]", "expected json value got ',1]' (line 1, column 2)"),
        ("[}", "expected json value got '}' (line 1, column 2)"),
        ("{]", "expected \" got ']' (line 1, column 2)"),
        ("{,}", "expected \" got ',}' (line 1, column 2)"),
        ("{1:2}", "expected \" got '1:2}' (line 1, column 2)"),
        ("{\"a\":}", "expected json value got '}' (line 1, column 6)"),
        ("{\"a\":1]", "expected } or , got ']' (line 1, column 7)"),
        ("[1}", "expected ] or , got '}' (line 1, column 3)"),
        ("tx", "expected true got 'tx' (line 1, column 1)"),
        ("fx", "expected false got 'fx' (line 1, column 1)"),
        ("True", "expected json value got 'True' (line 1, column 1)"),
        ("]", "expected json value got ']' (line 1, column 1)"),
        (
            "{} // c",
            "expected whitespace or eof got '// c' (line 1, column 4)",
        ),
        (
            "1\u{b}",
            "expected whitespace or eof got '\u{b}' (line 1, column 2)",
        ),
        (
            "\"\n\"",
            "control char (10) in string got '\n...' (line 1, column 2)",
        ),
        (
            "\"\0",
            "control char (0) in string got '\0' (line 1, column 2)",
        ),
        (
            "\"\\n\u{1f}\"",
            "control char (31) in string got '\u{1f}...' (line 1, column 4)",
        ),
        (
            "\"\\😀\"",
            "illegal escape sequence (\\?) got '\\...' (line 1, column 2)",
        ),
        (
            "\"\\é\"",
            "illegal escape sequence (\\é) got '\\...' (line 1, column 2)",
        ),
        (
            "\"\\U0041\"",
            "illegal escape sequence (\\U) got '\\...' (line 1, column 2)",
        ),
        // columns in UTF-16 units; the cut through a pair
        ("[\"😀é\" x]", "expected ] or , got 'x]' (line 1, column 8)"),
        (
            "abcde😀",
            "expected json value got 'abcde?...' (line 1, column 1)",
        ),
        (
            "[\r\n1\r\n\r x]",
            "expected ] or , got 'x]' (line 3, column 3)",
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(message(text), expected, "{text:?}");
        let error = Tree::parse(text).expect_err(text);
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn numbers_keep_their_text() {
    for text in [
        "1.50",
        "1E5",
        "1e+05",
        "-0",
        "-0.0",
        "1e400",
        "123456789012345678901234567890",
        "0",
        "-1.5e-10",
    ] {
        assert_eq!(printed(text), text);
        assert_eq!(printed(&format!(" [ {text} ] ")), format!("[{text}]"));
        assert_eq!(
            Doc::parse(text).expect(text).root().number_text(),
            Some(text)
        );
    }
}

#[test]
fn only_plain_integers_that_fit_are_integers() {
    let rows = [
        ("0", Some(0)),
        ("-0", Some(0)),
        ("-12", Some(-12)),
        ("9223372036854775807", Some(i64::MAX)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("1.0", None),
        ("1e2", None),
        ("\"1\"", None),
        ("true", None),
    ];
    for (text, number) in rows {
        let doc = Doc::parse(text).expect(text);
        assert_eq!(doc.root().as_i64(), number, "{text}");
        assert_eq!(doc.root().to_tree().as_i64(), number, "{text}");
    }
}

#[test]
fn the_last_of_duplicate_keys_wins_at_the_first_position() {
    let rows = [
        ("{\"b\":1,\"a\":2,\"b\":3}", "{\"b\":3,\"a\":2}"),
        (
            "{\"b\":1,\"\\u0062\":{\"c\":1,\"c\":[1]},\"a\":2}",
            "{\"b\":{\"c\":[1]},\"a\":2}",
        ),
        ("{\"a\":{\"x\":1},\"a\":2,\"a\":[3]}", "{\"a\":[3]}"),
        ("[{\"a\":1,\"a\":2},{\"a\":1}]", "[{\"a\":2},{\"a\":1}]"),
        (
            "{\"a\":1,\"b\":{\"a\":1},\"a\":0}",
            "{\"a\":0,\"b\":{\"a\":1}}",
        ),
        ("{\"\":1,\"\":2}", "{\"\":2}"),
    ];
    for (text, expected) in rows {
        assert_eq!(printed(text), expected, "{text}");
    }
    let doc = Doc::parse("{\"b\":1,\"a\":2,\"b\":3}").expect("JSON");
    assert_eq!(doc.root().len(), 2);
    assert_eq!(doc.root().entries().len(), 2);
    assert_eq!(doc.root().entries().count(), 2);
    assert_eq!(doc.root().get("b").and_then(|b| b.as_i64()), Some(3));
}

#[test]
fn duplicates_are_found_in_objects_of_every_size() {
    for size in [2, 15, 16, 17, 63, 64, 65, 1000] {
        let entry = |n: usize| format!("\"key{n}\":{n}");
        let mut entries: Vec<String> = (0..size).map(entry).collect();
        let distinct = format!("{{{}}}", entries.join(","));
        assert!(Doc::parse(&distinct).expect("JSON").is_compact());
        assert_eq!(printed(&distinct), distinct);
        entries.push("\"key1\":\"new\"".to_owned());
        let doubled = format!("{{{}}}", entries.join(","));
        entries.pop();
        entries[1] = "\"key1\":\"new\"".to_owned();
        assert_eq!(
            printed(&doubled),
            format!("{{{}}}", entries.join(",")),
            "{size}"
        );
    }
}

#[test]
fn nested_duplicates_take_no_longer_than_others() {
    // each level holds the next one as the value of its second `a`
    let depth = 100_000;
    let text = "{\"a\":1,\"a\":".repeat(depth) + "0" + &"}".repeat(depth);
    let expected = "{\"a\":".repeat(depth) + "0" + &"}".repeat(depth);
    assert_eq!(printed(&text), expected);
}

#[test]
fn keys_with_lone_surrogates_stay_apart_though_they_print_alike() {
    assert_eq!(printed("{\"\\ud800\":1,\"?\":2}"), "{\"?\":1,\"?\":2}");
    assert_eq!(
        printed("{\"\\ud800\":1,\"\\ud801\":2,\"\\uD800\":3}"),
        "{\"?\":3,\"?\":2}"
    );
    assert_eq!(
        printed("{\"\\n\\udfff\\u0061\":1,\"\\u000a\\udfffa\":2}"),
        "{\"\\n?a\":2}"
    );
}

#[test]
fn escapes_are_resolved_and_printed_the_one_way() {
    let rows = [
        (
            "\"\\u0041\\/\\b\\f\\n\\r\\t\\\"\\\\\"",
            "A/\u{8}\u{c}\n\r\t\"\\",
            "\"A/\\b\\f\\n\\r\\t\\\"\\\\\"",
        ),
        ("\"\\ud83d\\ude00\"", "😀", "\"😀\""),
        ("\"\\uD83D\\uDE00x\"", "😀x", "\"😀x\""),
        ("\"\\ud800\"", "?", "\"?\""),
        ("\"\\ud800x\\udc00\"", "?x?", "\"?x?\""),
        ("\"\\ud800\\ud83d\\ude00\\ude00\"", "?😀?", "\"?😀?\""),
        ("\"\\ud800\\n\\u0041\"", "?\nA", "\"?\\nA\""),
        ("\"\\ud83d😀\"", "?😀", "\"?😀\""),
        (
            "\"\\u001F\\u007f\\u0085\"",
            "\u{1f}\u{7f}\u{85}",
            "\"\\u001f\\u007f\\u0085\"",
        ),
        (
            "\"\u{7f}é\u{85}\u{a0}\"",
            "\u{7f}é\u{85}\u{a0}",
            "\"\\u007fé\\u0085\u{a0}\"",
        ),
        (
            "\"\\u00e9\\u2028\u{9f}\"",
            "é\u{2028}\u{9f}",
            "\"é\u{2028}\\u009f\"",
        ),
        ("\"\"", "", "\"\""),
        (
            "\"a longer string without any escape in it\"",
            "a longer string without any escape in it",
            "\"a longer string without any escape in it\"",
        ),
    ];
    for (text, chars, json) in rows {
        let doc = Doc::parse(text).expect(text);
        assert_eq!(doc.root().as_str(), Some(chars), "{text}");
        assert_eq!(printed(text), json, "{text}");
        let key = format!("{{{text}:{text}}}");
        assert_eq!(printed(&key), format!("{{{json}:{json}}}"), "{text}");
    }
}

#[test]
fn blanks_are_dropped_everywhere() {
    let text = "\r\n\t { \"a\" : [ 1 , { } , [ ] ] , \"b\" : { \"c\" : null } } \n";
    assert_eq!(printed(text), "{\"a\":[1,{},[]],\"b\":{\"c\":null}}");
}

#[test]
fn parts_of_a_document_print_alone() {
    let text = "{\"a\": {\"x\":[1,\"\\n\"]},\"b\": \"\\u0041\",\"c\":[ ],\"d\":\"é\"}";
    let doc = Doc::parse(text).expect("JSON");
    let part = |key: &str| doc.root().get(key).map(|value| value.to_json());
    assert_eq!(part("a").as_deref(), Some("{\"x\":[1,\"\\n\"]}"));
    assert_eq!(part("b").as_deref(), Some("\"A\""));
    assert_eq!(part("c").as_deref(), Some("[]"));
    assert_eq!(part("d").as_deref(), Some("\"é\""));
    assert_eq!(part("e"), None);
}

#[test]
fn handles_tell_kind_and_content() {
    let doc = Doc::parse("[null,true,false,1,\"s\",[],{\"k\":[7,8]}]").expect("JSON");
    let items: Vec<_> = doc.root().items().collect();
    let kinds: Vec<Kind> = items.iter().map(|item| item.kind()).collect();
    assert_eq!(
        kinds,
        [
            Kind::Null,
            Kind::Bool,
            Kind::Bool,
            Kind::Number,
            Kind::String,
            Kind::Array,
            Kind::Object
        ]
    );
    assert!(items[0].is_null() && !items[1].is_null());
    assert_eq!(
        (items[1].as_bool(), items[2].as_bool()),
        (Some(true), Some(false))
    );
    assert_eq!((items[4].as_str(), items[3].as_str()), (Some("s"), None));
    assert_eq!(
        (doc.root().len(), items[3].len(), items[5].len()),
        (7, 0, 0)
    );
    assert!(items[5].is_empty() && !doc.root().is_empty());
    assert_eq!(items[3].items().count() + items[3].entries().count(), 0);
    assert_eq!(doc.root().entries().count() + items[6].items().count(), 0);
    let (key, value) = items[6].entries().next().expect("one entry");
    assert_eq!((key, value.to_json().as_str()), ("k", "[7,8]"));
    assert_eq!(doc.root().items().len(), 7);
    assert_eq!(format!("{value:?}"), "Value([7,8])");
}
