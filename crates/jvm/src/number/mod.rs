//! Numbers as Java reads and prints them.

mod decimal;
mod float;

pub use decimal::{BigDecimal, ExpansionError, MAX_EXPANSION};
pub use float::{double_to_string, float_to_string};

/// The zeros of every decimal digit block in the basic plane that JDK 17 (Unicode 13) knows; the
/// other nine digits follow each. Java's parsers read UTF-16 units, so higher planes do not count.
const ZEROS: [u16; 37] = [
    0x0030, 0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6,
    0x0d66, 0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80,
    0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
    0xff10,
];

/// `Character.digit(c, 10)` for one UTF-16 unit.
fn decimal_digit(c: char) -> Option<u8> {
    if c.is_ascii() {
        return c.to_digit(10).map(|d| d as u8);
    }
    let unit = u16::try_from(u32::from(c)).ok()?;
    let block = ZEROS.partition_point(|zero| *zero <= unit).checked_sub(1)?;
    let digit = unit - ZEROS.get(block)?;
    (digit < 10).then_some(digit as u8)
}

/// `Character.digit(c, 16)` for one UTF-16 unit.
fn hex_digit(c: char) -> Option<u8> {
    match c {
        'a'..='f' => Some(c as u8 - b'a' + 10),
        'A'..='F' => Some(c as u8 - b'A' + 10),
        '\u{ff21}'..='\u{ff26}' => Some((u32::from(c) - 0xff21) as u8 + 10),
        '\u{ff41}'..='\u{ff46}' => Some((u32::from(c) - 0xff41) as u8 + 10),
        _ => decimal_digit(c),
    }
}

fn parse_radix(s: &str, radix: i64, digit: impl Fn(char) -> Option<u8>) -> Option<i64> {
    let (negative, digits) = match s.as_bytes().first()? {
        b'-' => (true, s.get(1..)?),
        b'+' => (false, s.get(1..)?),
        _ => (false, s),
    };
    if digits.is_empty() {
        return None;
    }
    // Counting downwards reaches the smallest value too.
    let mut value: i64 = 0;
    for c in digits.chars() {
        value = value
            .checked_mul(radix)?
            .checked_sub(i64::from(digit(c)?))?;
    }
    if negative {
        Some(value)
    } else {
        value.checked_neg()
    }
}

/// `Integer.parseInt`: optional `+` or `-`, then decimal digits of any script, nothing else.
/// `None` where Java throws.
pub fn parse_int(s: &str) -> Option<i32> {
    parse_long(s).and_then(|v| i32::try_from(v).ok())
}

/// `Long.parseLong`, as [`parse_int`] for 64 bits.
pub fn parse_long(s: &str) -> Option<i64> {
    parse_radix(s, 10, decimal_digit)
}

/// `Long.parseLong(s, 16)`.
pub(crate) fn parse_hex_units(s: &str) -> Option<i64> {
    parse_radix(s, 16, hex_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn integers_are_read_as_in_java() {
        let rows = [
            ("0", Some(0)),
            ("+5", Some(5)),
            ("-0", Some(0)),
            ("-12", Some(-12)),
            ("007", Some(7)),
            ("５", Some(5)),
            ("1٢३", Some(123)),
            ("2147483647", Some(i32::MAX)),
            ("-2147483648", Some(i32::MIN)),
            ("2147483648", None),
            ("-2147483649", None),
            ("", None),
            ("+", None),
            ("-", None),
            ("--1", None),
            ("+-1", None),
            (" 1", None),
            ("1 ", None),
            ("1.0", None),
            ("0x1", None),
            ("𝟓", None),
            ("1_000", None),
            ("99999999999999999999999999", None),
        ];
        for (input, expected) in rows {
            assert_eq!(parse_int(input), expected, "{input}");
        }
        assert_eq!(
            parse_int(&("0".repeat(100) + "1")),
            Some(1),
            "leading zeros do not overflow"
        );
    }

    #[test]
    fn longs_reach_both_ends() {
        assert_eq!(parse_long("9223372036854775807"), Some(i64::MAX));
        assert_eq!(parse_long("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(parse_long("9223372036854775808"), None);
        assert_eq!(parse_hex_units("-8000000000000000"), Some(i64::MIN));
        assert_eq!(parse_hex_units("7FFFffffＦｆffffff"), Some(i64::MAX));
    }

    proptest! {
        #[test]
        fn printed_integers_are_read_back(v: i32, w: i64) {
            prop_assert_eq!(parse_int(&v.to_string()), Some(v));
            prop_assert_eq!(parse_long(&w.to_string()), Some(w));
            prop_assert_eq!(parse_int(&w.to_string()), i32::try_from(w).ok());
        }

        #[test]
        fn no_text_panics(s in ".{0,20}") {
            let _ = (parse_int(&s), parse_hex_units(&s));
        }
    }
}
