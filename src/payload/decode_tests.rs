use super::*;

const URI: &[u8] = b"iglu:com.snowplowanalytics.snowplow/CollectorPayload/thrift/1-0-0";

/// A record of string fields.
fn record(fields: &[(i16, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (id, value) in fields {
        bytes.push(11);
        bytes.extend(id.to_be_bytes());
        bytes.extend((value.len() as i32).to_be_bytes());
        bytes.extend(*value);
    }
    bytes.push(0);
    bytes
}

fn with<'f>(changes: &[(i16, Option<&'f [u8]>)]) -> Vec<u8> {
    let mut fields: Vec<(i16, &'f [u8])> = vec![
        (210, b"UTF-8"),
        (220, b"ssc"),
        (320, b"/i"),
        (330, b"e=pv"),
        (31337, URI),
    ];
    for (id, value) in changes {
        fields.retain(|(other, _)| other != id);
        fields.extend(value.map(|value| (*id, value)));
    }
    record(&fields)
}

fn violations(record: &[u8]) -> Vec<FormatViolation> {
    decode(record, &mut Vec::new(), false).unwrap_err()
}

fn fallback(text: &str) -> Vec<FormatViolation> {
    vec![FormatViolation::Fallback(text.to_owned())]
}

fn input(field: &'static str, value: Option<&str>, expectation: &str) -> FormatViolation {
    FormatViolation::InputData {
        field,
        value: value.map(str::to_owned),
        expectation: expectation.to_owned(),
    }
}

#[test]
fn a_payload_borrows_its_fields_from_the_record() {
    let bytes = with(&[
        (330, Some(b"e=pv&p=web&x&page=a%20b")),
        (100, Some(b"1.2.3.4")),
        (300, Some(b"agent")),
        (310, Some(b"http://ref")),
        (340, Some(b"body")),
        (360, Some(b"text/plain")),
        (400, Some(b"host")),
        (410, Some(b"8D161D09-0f8a-4b3c-9D1E-0123456789AB")),
    ]);
    let mut buffer = Vec::new();
    let payload = decode(&bytes, &mut buffer, false).unwrap();
    assert_eq!(
        (&*payload.api.vendor, &*payload.api.version),
        ("com.snowplowanalytics.snowplow", "tp1")
    );
    let pairs: Vec<_> = payload
        .querystring
        .iter()
        .map(|(n, v)| (&**n, v.as_deref()))
        .collect();
    assert_eq!(
        pairs,
        [
            ("e", Some("pv")),
            ("p", Some("web")),
            ("x", None),
            ("page", Some("a b"))
        ]
    );
    assert_eq!(
        (payload.body.as_deref(), payload.content_type.as_deref()),
        (Some("body"), Some("text/plain"))
    );
    assert!(matches!(payload.body, Some(Cow::Borrowed(_))));
    assert_eq!(payload.context.timestamp, Some(0));
    assert_eq!(payload.context.ip.as_deref(), Some("1.2.3.4"));
    assert_eq!(payload.context.useragent.as_deref(), Some("agent"));
    assert_eq!(payload.context.referer.as_deref(), Some("http://ref"));
    assert_eq!(
        payload.context.user_id.as_deref(),
        Some("8d161d09-0f8a-4b3c-9d1e-0123456789ab")
    );
    assert_eq!(payload.source.hostname.as_deref(), Some("host"));
    assert_eq!(payload.source.encoding_name, "UTF-8");
}

#[test]
fn an_alias_of_a_charset_is_kept_as_it_was_sent() {
    let bytes = with(&[(210, Some(b"latin1")), (330, Some(b"a=%E9"))]);
    let mut buffer = Vec::new();
    let payload = decode(&bytes, &mut buffer, false).unwrap();
    assert_eq!(payload.source.encoding_name, "latin1");
    assert_eq!(payload.source.encoding.name(), "ISO-8859-1");
    assert_eq!(payload.querystring[0].1.as_deref(), Some("é"));
}

#[test]
fn broken_utf8_in_any_field_is_repaired() {
    let bytes = with(&[
        (320, Some(b"/a\xff/b")),
        (330, Some(b"a=\xff")),
        (400, Some(b"\xff")),
    ]);
    let mut buffer = Vec::new();
    let payload = decode(&bytes, &mut buffer, false).unwrap();
    assert_eq!(payload.api.vendor, "a\u{fffd}");
    assert_eq!(payload.source.hostname.as_deref(), Some("\u{fffd}"));
}

#[test]
fn whole_records_fail_with_the_message_of_the_reference() {
    let prefix = "error deserializing raw event: ";
    assert_eq!(
        violations(b"foobarbaz"),
        fallback(&format!("{prefix}Unrecognized type 102"))
    );
    assert_eq!(violations(&[0]), fallback(&format!("{prefix}null")));
    assert_eq!(
        violations(&with(&[(210, None)])),
        fallback(&format!("{prefix}Null charset name"))
    );
    assert_eq!(
        violations(&with(&[(210, Some(b"nope"))])),
        fallback(&format!("{prefix}nope"))
    );
    assert_eq!(violations(&with(&[(210, Some(b""))])), fallback(prefix));
    for (uri, message) in [
        ("x", "could not parse schema: INVALID_IGLUURI"),
        (
            "iglu:a/b/c/01-0-0",
            "could not parse schema: INVALID_SCHEMAVER",
        ),
        (
            "iglu:a/b/c/1-0-99999999999",
            "error deserializing raw event: For input string: \"99999999999\"",
        ),
        (
            "iglu:com.snowplowanalytics.snowplow/CollectorPayload/thrift/1-1-0",
            "verifying record as iglu:com.snowplowanalytics.snowplow/CollectorPayload/thrift/1-0-* failed: found iglu:com.snowplowanalytics.snowplow/CollectorPayload/thrift/1-1-0",
        ),
    ] {
        assert_eq!(
            violations(&with(&[(31337, Some(uri.as_bytes()))])),
            fallback(message)
        );
    }
    let any_addition = "iglu:com.snowplowanalytics.snowplow/CollectorPayload/thrift/1-0-7";
    assert!(
        decode(
            &with(&[(31337, Some(any_addition.as_bytes()))]),
            &mut Vec::new(),
            false
        )
        .is_ok()
    );
}

#[test]
fn all_fields_that_are_wrong_are_told_in_order() {
    let bytes = with(&[
        (330, Some(b"e=pv&page=a b")),
        (320, Some(b"/foo")),
        (410, Some(b"x")),
    ]);
    assert_eq!(
        violations(&bytes),
        [
            input(
                "querystring",
                Some("e=pv&page=a b"),
                "could not extract name-value pairs from querystring with encoding UTF-8: Illegal character in query at index 29: http://localhost/?e=pv&page=a b"
            ),
            input(
                "path",
                Some("/foo"),
                "path does not match (/)vendor/version(/) nor is a legacy /i(ce.png) request"
            ),
            input("networkUserId", Some("x"), "not valid UUID"),
        ]
    );
    assert_eq!(
        violations(&with(&[(320, None)])),
        [input("path", None, "request does not contain a path")]
    );
}

#[test]
fn messages_of_exceptions_are_cleaned() {
    for (message, expected) in [
        (" a\tb\nc@1f;d ", "a    bc@xxxxxx;d"),
        ("@;@@z9;@Z1;", "@;@@xxxxxx;@Z1;"),
        ("", ""),
        ("é@", "é@"),
    ] {
        assert_eq!(printable(message), expected);
    }
}

#[test]
fn a_record_in_base64_is_read_when_that_is_wanted() {
    let text = jvm::base64::encode_standard(&with(&[]));
    let mut buffer = Vec::new();
    assert_eq!(
        decode(text.as_bytes(), &mut buffer, true)
            .unwrap()
            .querystring
            .len(),
        1
    );
    assert_eq!(
        violations(text.as_bytes()),
        fallback("error deserializing raw event: Unrecognized type 67")
    );
    let second = decode(b"{\"e\"", &mut buffer, true).unwrap_err();
    assert_eq!(
        second,
        fallback(
            "error deserializing raw event: Cannot read. Remote side has closed. Tried to read 1 bytes, but only got 0 bytes. (This is often indicative of an internal error on the server side. Please check your server logs.)"
        )
    );
}

#[test]
fn legacy_records_are_for_the_first_tracker_protocol() {
    let mut bytes = record(&[(20, b"clj"), (30, b"UTF-8"), (40, b"1.1.1.1")]);
    bytes.pop();
    bytes.extend([12, 0, 41]);
    bytes.extend(record(&[(3, b"e=pv")]));
    bytes.push(0);
    let mut buffer = Vec::new();
    let payload = decode(&bytes, &mut buffer, false).unwrap();
    assert_eq!(payload.api.version, "tp1");
    assert_eq!(payload.source.collector.as_deref(), Some("clj"));
    assert_eq!(payload.querystring.len(), 1);
    assert_eq!(payload.context.ip.as_deref(), Some("1.1.1.1"));
    let bogus = record(&[(30, b"bogus")]);
    assert_eq!(
        violations(&bogus),
        fallback("error deserializing raw event: null")
    );
}
