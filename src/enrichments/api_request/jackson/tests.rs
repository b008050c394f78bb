use super::*;

#[test]
fn answers_are_read_and_printed() {
    for (text, expected) in [
        ("{}", "{}"),
        ("[]", "[]"),
        ("42", "42"),
        (" \"x\" ", "\"x\""),
        ("null", "null"),
        ("[[],{},[[]]]", "[[],{},[[]]]"),
        (
            "\n { \"record\" : { \"a\" : [ 1 , 2 ] , \"k\" : \"x\" } } \n",
            r#"{"record":{"a":[1,2],"k":"x"}}"#,
        ),
        (r#"{"record":{"a":1}} trailing"#, r#"{"record":{"a":1}}"#),
        (
            r#"{"a":1,"b":{"c":1,"c":[2]},"a":3,"d":4}"#,
            r#"{"a":3,"b":{"c":[2]},"d":4}"#,
        ),
        (
            r#"["\u00fc\ud83d\ude00\/\b","\ud800x"]"#,
            "[\"ü😀/\\b\",\"?x\"]",
        ),
        (
            r#"[1.0,1.50,1e5,1E-7,-0,-0.0,100e-2,true,false]"#,
            "[1.0,1.50,1E+5,1E-7,0,0.0,1.00,true,false]",
        ),
    ] {
        assert_eq!(normalised(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_no_json_is_told_in_jacksons_words() {
    for (text, problem, place) in [
        ("", "No content to map due to end-of-input", "1, column: 0"),
        (
            "  \n",
            "No content to map due to end-of-input",
            "1, column: 0",
        ),
        (
            "<html>",
            "Unexpected character ('<' (code 60)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
            "1, column: 2",
        ),
        (
            "{\"record\": {\"id\": ",
            "Unexpected end-of-input within/between Object entries",
            "1, column: 19",
        ),
        (
            "plain text",
            "Unrecognized token 'plain': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
            "1, column: 6",
        ),
        (
            "{'record':1}",
            "Unexpected character (''' (code 39)): was expecting double-quote to start field name",
            "1, column: 3",
        ),
        (
            "{\"record\":NaN}",
            "Non-standard token 'NaN': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow",
            "1, column: 14",
        ),
        (
            "{\"e\":123456789012345678901234567890}",
            "Numeric value (123456789012345678901234567890) out of range of long (-9223372036854775808 - 9223372036854775807)",
            "1, column: 36",
        ),
        (
            "[1\n 2]",
            "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries",
            "2, column: 3",
        ),
        (
            "[1}",
            "Unexpected close marker '}': expected ']' (for Array starting at [Source: (String)\"[1}\"; line: 1, column: 1])",
            "1, column: 4",
        ),
        (
            "[\"x",
            "Unexpected end-of-input: was expecting closing quote for a string value",
            "1, column: 4",
        ),
        (
            "[1",
            "Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String)\"[1\"; line: 1, column: 1])",
            "1, column: 3",
        ),
    ] {
        let expected = format!("{problem}\n at [Source: (String)\"{text}\"; line: {place}]");
        assert_eq!(normalised(text), Err(expected));
    }
}

#[test]
fn of_long_texts_the_start_is_told() {
    let error = normalised(&format!("[{}", "é".repeat(600))).unwrap_err();
    assert!(
        error.ends_with("é\"[truncated 101 chars]; line: 1, column: 602]"),
        "{error}"
    );
}

#[test]
fn depth_is_bounded() {
    assert!(normalised(&"[".repeat(100_000)).is_err());
    assert!(normalised(&"{\"a\":".repeat(100_000)).is_err());
}
