//! The conversions from the text of a parameter to the value of a field.
//!
//! Behaviour and wording: the transform functions of Enrich 3.9.0.

use std::borrow::Cow;

use compact_str::CompactString;
use jvm::number::{BigDecimal, parse_int, parse_long};
use jvm::text::{java_split_char, tsv_safe};
use jvm::time;
use lexon::Doc;

use super::Cell;
use crate::badrows::failure::Crash;

/// Why a value was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConvertError {
    /// What was expected instead.
    Expected(Cow<'static, str>),
    /// The reference throws on this value.
    Crash(Crash),
}

impl From<&'static str> for ConvertError {
    fn from(text: &'static str) -> Self {
        ConvertError::Expected(Cow::Borrowed(text))
    }
}

fn text_cell(text: Option<Cow<'_, str>>) -> Cell {
    text.map_or(Cell::Null, |text| {
        Cell::Text(CompactString::from(text.as_ref()))
    })
}

/// Made safe for a TSV; null when nothing is left.
pub fn safe(value: &str) -> Cell {
    text_cell(tsv_safe(value))
}

/// A Java `int`, or null for the word `null`.
pub fn int(value: &str) -> Result<Cell, ConvertError> {
    if value.eq_ignore_ascii_case("null") {
        return Ok(Cell::Null);
    }
    parse_int(value)
        .map(Cell::Int)
        .ok_or_else(|| "cannot be converted to java.lang.Integer".into())
}

/// A Java `BigDecimal` printed by Java, or null for the word `null`.
pub fn decimal(value: &str) -> Result<Cell, ConvertError> {
    if value.eq_ignore_ascii_case("null") {
        return Ok(Cell::Null);
    }
    match BigDecimal::parse(value) {
        Ok(number) => Ok(Cell::Text(CompactString::from(
            number.with_min_scale_zero().to_string(),
        ))),
        Err(message) => Err(ConvertError::Expected(
            format!("cannot be converted to java.math.BigDecimal. Error : {message}").into(),
        )),
    }
}

/// `1` or `0`.
pub fn boolean(value: &str) -> Result<Cell, ConvertError> {
    match value {
        "1" => Ok(Cell::Byte(1)),
        "0" => Ok(Cell::Byte(0)),
        _ => Err("cannot be converted to Boolean-like java.lang.Byte".into()),
    }
}

/// A UUID in canonical form, in any case; lower-cased.
pub fn uuid(value: &str) -> Result<Cell, ConvertError> {
    match jvm::uuid::canonical(value) {
        Some(text) => Ok(Cell::Text(CompactString::from(text))),
        None => Err("not a valid UUID".into()),
    }
}

/// The timestamp of an instant, if its year is one that a database takes; else the text that is not.
pub fn timestamp_of(millis: i64) -> Result<CompactString, String> {
    let text = time::format_tstamp(millis);
    match time::year_of(millis) {
        0..=9999 => Ok(CompactString::from(text)),
        _ => Err(text),
    }
}

/// Milliseconds since the epoch, to a timestamp.
pub fn timestamp(value: &str) -> Result<Cell, ConvertError> {
    let millis = parse_long(value).ok_or("not in the expected format: ms since epoch")?;
    timestamp_of(millis).map(Cell::Text).map_err(|text| {
        ConvertError::Expected(format!("formatting as {text} is not Redshift-compatible").into())
    })
}

/// The code of an event type, to its name.
pub fn event_type(value: &str) -> Result<Cell, ConvertError> {
    let name = match value {
        "se" | "ev" => "struct",
        "ue" => "unstruct",
        "ad" => "ad_impression",
        "tr" => "transaction",
        "ti" => "transaction_item",
        "pv" => "page_view",
        "pp" => "page_ping",
        _ => return Err("not recognized as an event type".into()),
    };
    Ok(Cell::Text(CompactString::const_new(name)))
}

/// The code of a platform.
pub fn platform(value: &str) -> Result<Cell, ConvertError> {
    match value {
        "web" | "iot" | "app" | "mob" | "pc" | "cnsl" | "tv" | "srv" => {
            Ok(Cell::Text(CompactString::from(value)))
        }
        _ => Err("not recognized as a tracking platform".into()),
    }
}

/// The first address of a list that commas, bars and blanks separate.
pub fn ip(value: &str) -> Result<Cell, ConvertError> {
    if !value.contains([',', '|', ' ']) {
        return Ok(safe(value));
    }
    match java_split_char(value, &[',', '|', ' ']).first() {
        Some(first) => Ok(safe(first)),
        None => Err(ConvertError::Crash(Crash(
            "java.lang.ArrayIndexOutOfBoundsException: Index 0 out of bounds for length 0"
                .to_owned(),
        ))),
    }
}

/// `WIDTHxHEIGHT`.
pub fn dimensions(value: &str) -> Result<(i32, i32), ConvertError> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let at = value.bytes().position(|byte| byte == b'x');
    match at.and_then(|at| Some((value.get(..at)?, value.get(at + 1..)?))) {
        Some((width, height)) if digits(width) && digits(height) => {
            match (width.parse(), height.parse()) {
                (Ok(width), Ok(height)) => Ok((width, height)),
                _ => Err("could not be converted to java.lang.Integer s".into()),
            }
        }
        _ => Err(r"does not conform to regex (\d+)x(\d+)".into()),
    }
}

/// JSON, parsed.
pub fn json(value: &str) -> Result<Doc, ConvertError> {
    Doc::parse(value)
        .map_err(|error| ConvertError::Expected(format!("invalid json: {error}").into()))
}

/// JSON in base64, parsed.
pub fn json64(value: &str) -> Result<Doc, ConvertError> {
    Doc::parse_owned(jvm::base64::decode_url_to_string(value))
        .map_err(|error| ConvertError::Expected(format!("invalid json: {error}").into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(error: ConvertError) -> String {
        match error {
            ConvertError::Expected(text) => text.into_owned(),
            ConvertError::Crash(crash) => format!("crash: {crash}"),
        }
    }

    #[test]
    fn timestamps_outside_the_years_0_to_9999_are_refused() {
        for (millis, text) in [
            ("-1", "1969-12-31 23:59:59.999"),
            ("+5", "1970-01-01 00:00:00.005"),
            ("253402300799999", "9999-12-31 23:59:59.999"),
            ("-62167219200000", "0000-01-01 00:00:00.000"),
        ] {
            assert_eq!(timestamp(millis), Ok(Cell::Text(text.into())), "{millis}");
        }
        for (millis, text) in [
            (
                "253402300800000",
                "formatting as 10000-01-01 00:00:00.000 is not Redshift-compatible",
            ),
            (
                "-62167219200001",
                "formatting as -0001-12-31 23:59:59.999 is not Redshift-compatible",
            ),
            ("1.5", "not in the expected format: ms since epoch"),
        ] {
            assert_eq!(expected(timestamp(millis).unwrap_err()), text, "{millis}");
        }
    }

    #[test]
    fn an_address_is_the_first_of_its_list_and_separators_alone_crash() {
        assert_eq!(ip("1.2.3.4,5"), Ok(Cell::Text("1.2.3.4".into())));
        assert_eq!(ip(" 1.2.3.4"), Ok(Cell::Null));
        assert_eq!(ip(",1"), Ok(Cell::Null));
        assert!(matches!(ip(", ,"), Err(ConvertError::Crash(_))));
        assert_eq!(ip(""), Ok(Cell::Null));
    }

    #[test]
    fn dimensions_are_two_ascii_integers() {
        assert_eq!(dimensions("1x2"), Ok((1, 2)));
        for bad in ["1x", "x", "1x2x3", "-1x2", "1 x2", "٣x2", "1X2"] {
            assert_eq!(
                expected(dimensions(bad).unwrap_err()),
                r"does not conform to regex (\d+)x(\d+)",
                "{bad}"
            );
        }
        assert_eq!(
            expected(dimensions("99999999999x1").unwrap_err()),
            "could not be converted to java.lang.Integer s"
        );
    }

    #[test]
    fn the_word_null_clears_a_number() {
        assert_eq!(int("NULL"), Ok(Cell::Null));
        assert_eq!(decimal("null"), Ok(Cell::Null));
        assert_eq!(decimal("1E3"), Ok(Cell::Text("1000".into())));
    }
}
