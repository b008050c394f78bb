use super::super::{format_tstamp, joda_iso};
use super::*;
use proptest::prelude::*;

#[test]
fn patterns_are_read_leniently() {
    let rows = [
        ("2014-10-22 13:50:00", Some("2014-10-22T13:50:00.000Z")),
        ("2014-1-2 3:4:5", Some("2014-01-02T03:04:05.000Z")),
        ("14-10-22 1:1:1", Some("0014-10-22T01:01:01.000Z")),
        ("+2014-10-22 13:50:00", Some("2014-10-22T13:50:00.000Z")),
        ("-1-10-22 13:50:00", Some("-0001-10-22T13:50:00.000Z")),
        ("2014-10-22 13:50:60", None),
        ("2014-10-22 13:50:00 ", None),
        ("2015-02-29 00:00:00", None),
        ("2014-10-22T13:50:00", None),
        ("2014-010-2 1:1:1", None),
        ("1234567890-1-1 0:0:0", None),
        ("999999999-1-1 0:0:0", None),
        ("", None),
    ];
    for (input, expected) in rows {
        let got = parse_joda_pattern_datetime(input).map(joda_iso);
        assert_eq!(got.as_deref(), expected, "{input}");
    }
}

#[test]
fn iso_texts_are_read_as_by_joda() {
    let rows = [
        ("2015", "2015-01-01 00:00:00.000"),
        ("2015-11", "2015-11-01 00:00:00.000"),
        ("2015-W10-1", "2015-03-02 00:00:00.000"),
        ("2015-w53", "2015-12-28 00:00:00.000"),
        ("0000-W01", "0000-01-03 00:00:00.000"),
        ("2015-317", "2015-11-13 00:00:00.000"),
        ("T10:00", "1970-01-01 10:00:00.000"),
        ("2015-11-10T", "2015-11-10 00:00:00.000"),
        ("2015-11-10T+01:00", "2015-11-09 23:00:00.000"),
        ("2015-11-10T12.5", "2015-11-10 12:30:00.000"),
        ("2015-11-10T12:30,25", "2015-11-10 12:30:15.000"),
        ("2015-11-10T12:30:15.123456789", "2015-11-10 12:30:15.123"),
        ("2015-11-10T12:30:15-0130", "2015-11-10 14:00:15.000"),
        (
            "2015-11-10T12:30:15+01:30:15.123",
            "2015-11-10 10:59:59.877",
        ),
        ("2015-11-10T12:30:15+013015123", "2015-11-10 10:59:59.877"),
        ("2012-05-24T11:35:53+00:00", "2012-05-24 11:35:53.000"),
        ("-0001-11-10", "-0001-11-10 00:00:00.000"),
    ];
    for (input, expected) in rows {
        assert_eq!(
            parse_joda_iso(input).map(format_tstamp).as_deref(),
            Ok(expected),
            "{input}"
        );
    }
}

#[test]
fn iso_errors_are_worded_as_by_joda() {
    let rows = [
        ("", "Invalid format: \"\""),
        (
            "badT23:35:30+00:00",
            "Invalid format: \"badT23:35:30+00:00\"",
        ),
        (
            "2015-11-10 12:00",
            "Invalid format: \"2015-11-10 12:00\" is malformed at \" 12:00\"",
        ),
        ("T", "Invalid format: \"T\" is too short"),
        (
            "2015-12345",
            "Invalid format: \"2015-12345\" is malformed at \"45\"",
        ),
        (
            "2015-11-10Tabcdefghijklmnopqrstuvwxyzabcdef😀xyz",
            "Invalid format: \"2015-11-10Tabcdefghijklmnopqrstuvwxyzabcdef...\" is malformed \
                 at \"abcdefghijklmnopqrstuvwxyzabcdef...\"",
        ),
        (
            "2015-13-01",
            "Cannot parse \"2015-13-01\": Value 13 for monthOfYear must be in the range [1,12]",
        ),
        (
            "2015-02-29",
            "Cannot parse \"2015-02-29\": Value 29 for dayOfMonth must be in the range [1,28]",
        ),
        (
            "2015-W54",
            "Cannot parse \"2015-W54\": Value 54 for weekOfWeekyear must be in the range [1,53]",
        ),
        (
            "2015-11-10T24:00:00",
            "Cannot parse \"2015-11-10T24:00:00\": Value 24 for hourOfDay must be in the range \
                 [0,23]",
        ),
        (
            "999999999-01-01",
            "Cannot parse \"999999999-01-01\": Value 999999999 for year must be in the range \
                 [-292275055,292278994]",
        ),
    ];
    for (input, expected) in rows {
        assert_eq!(parse_joda_iso(input), Err(expected.into()), "{input}");
    }
}

proptest! {
    #[test]
    fn printed_times_are_read_back(ms in -62_000_000_000_000i64..253_402_300_800_000) {
        prop_assert_eq!(parse_joda_iso(&joda_iso(ms)), Ok(ms));
        let second = ms.div_euclid(1000) * 1000;
        let text = format_tstamp(second);
        let (text, _) = text.split_at(text.len() - 4);
        prop_assert_eq!(parse_joda_pattern_datetime(text), Some(second));
    }

    #[test]
    fn no_text_panics(s in ".{0,60}", t in "[0-9TZW:.,+é😀-]{0,60}") {
        for text in [s, t] {
            let _ = (parse_joda_iso(&text), parse_joda_pattern_datetime(&text));
        }
    }
}
