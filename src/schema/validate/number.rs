//! JSON numbers as the reference's tree holds them, read off their text without converting.

use std::cmp::Ordering;

use jvm::number::BigDecimal;

/// What a number's text becomes in the reference's tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// No point, no exponent: `integer`, of any length.
    Integer,
    /// With a point or an exponent: `number`, whatever its value.
    Decimal,
    /// Any spelling of minus zero becomes a double, which is a `number`.
    NegativeZero,
    /// An exponent `BigDecimal` cannot hold: the text becomes a *string*.
    Text,
}

/// Classifies the text of a JSON number.
#[inline]
pub(super) fn class(text: &str) -> Class {
    let bytes = text.as_bytes();
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    if !digits.iter().all(u8::is_ascii_digit) {
        return fractional(text);
    }
    match bytes {
        b"-0" => Class::NegativeZero,
        _ => Class::Integer,
    }
}

/// Classifies a number with a point or an exponent.
fn fractional(text: &str) -> Class {
    let bytes = text.as_bytes();
    let mark = bytes.iter().position(|b| matches!(b, b'e' | b'E'));
    let mantissa = mark.and_then(|at| bytes.get(..at)).unwrap_or(bytes);
    if bytes.first() == Some(&b'-') && mantissa.iter().all(|b| matches!(b, b'-' | b'0' | b'.')) {
        return Class::NegativeZero;
    }
    let Some(mark) = mark else {
        return Class::Decimal;
    };
    let point = mantissa.iter().position(|b| *b == b'.');
    let scale = point.map_or(0, |at| mantissa.len() - at - 1);
    match exponent(text.get(mark + 1..).unwrap_or("")) {
        Some(exponent) if i32::try_from(scale as i64 - i64::from(exponent)).is_ok() => {
            Class::Decimal
        }
        _ => Class::Text,
    }
}

fn exponent(text: &str) -> Option<i32> {
    text.parse().ok()
}

/// A number's value, borrowed from its text; for texts that are not [`Class::Text`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimal<'t> {
    negative: bool,
    /// Digits before and after the point; together without zeros at either end.
    whole: &'t [u8],
    fraction: &'t [u8],
    /// Power of ten of the first digit.
    top: i64,
}

impl<'t> Decimal<'t> {
    /// Reads the text of a number, in JSON's or in Java's spelling.
    pub(super) fn new(text: &'t str) -> Decimal<'t> {
        let bytes = text.as_bytes();
        let (negative, bytes) = match bytes.split_first() {
            Some((b'-', rest)) => (true, rest),
            _ => (false, bytes),
        };
        let mark = bytes.iter().position(|b| matches!(b, b'e' | b'E'));
        let (mantissa, exp) = match mark.and_then(|at| bytes.split_at_checked(at)) {
            Some((mantissa, rest)) => {
                let digits = std::str::from_utf8(rest.get(1..).unwrap_or(b"")).unwrap_or("");
                (mantissa, exponent(digits).unwrap_or(0))
            }
            None => (bytes, 0),
        };
        let point = mantissa.iter().position(|b| *b == b'.');
        let (whole, fraction) = match point.and_then(|at| mantissa.split_at_checked(at)) {
            Some((whole, rest)) => (whole, rest.get(1..).unwrap_or(b"")),
            None => (mantissa, &b""[..]),
        };
        let fraction = trim_end(fraction);
        let kept = trim_start(whole);
        if !kept.is_empty() {
            let top = i64::from(exp) + kept.len() as i64 - 1;
            let whole = if fraction.is_empty() {
                trim_end(kept)
            } else {
                kept
            };
            return Decimal {
                negative,
                whole,
                fraction,
                top,
            };
        }
        let kept = trim_start(fraction);
        Decimal {
            negative: negative && !kept.is_empty(),
            whole: b"",
            top: i64::from(exp) - (fraction.len() - kept.len()) as i64 - 1,
            fraction: kept,
        }
    }

    /// True for zero.
    pub(super) fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.fraction.is_empty()
    }

    fn digits(&self) -> impl Iterator<Item = u8> + 't {
        self.whole.iter().chain(self.fraction).map(|b| b - b'0')
    }

    fn len(&self) -> i64 {
        (self.whole.len() + self.fraction.len()) as i64
    }

    /// Power of ten of the last digit.
    fn bottom(&self) -> i64 {
        self.top - self.len() + 1
    }

    /// Compares values, as `BigDecimal.compareTo` does.
    pub(super) fn compare(&self, other: &Decimal<'_>) -> Ordering {
        let sign = |d: &Decimal<'_>| match (d.is_zero(), d.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let (ours, theirs) = (sign(self), sign(other));
        if ours != theirs || ours == 0 {
            return ours.cmp(&theirs);
        }
        let size = self
            .top
            .cmp(&other.top)
            .then_with(|| self.digits().cmp(other.digits()));
        if self.negative { size.reverse() } else { size }
    }

    /// `BigDecimal.longValue`: the fraction cut off, then the low 64 bits.
    pub(super) fn low_bits(&self) -> i64 {
        let mut value = 0i64;
        let kept = (self.top + 1).clamp(0, self.len()) as usize;
        for digit in self.digits().take(kept) {
            value = value.wrapping_mul(10).wrapping_add(i64::from(digit));
        }
        // ten to the 64 is zero in 64 bits
        for _ in 0..self.bottom().clamp(0, 64) {
            value = value.wrapping_mul(10);
        }
        if self.negative {
            value.wrapping_neg()
        } else {
            value
        }
    }

    /// Whether `self` is a whole multiple of `divisor`, which has at most 19 digits and is not
    /// zero.
    pub(super) fn is_multiple_of(&self, divisor: &Decimal<'_>) -> bool {
        if self.is_zero() {
            return true;
        }
        // neither ends in zero, so nothing with a larger power of ten divides
        let shift = self.bottom() - divisor.bottom();
        if shift < 0 {
            return false;
        }
        let modulus = divisor
            .digits()
            .fold(0u128, |n, d| n * 10 + u128::from(d))
            .max(1);
        let rest = self
            .digits()
            .fold(0u128, |n, d| (n * 10 + u128::from(d)) % modulus);
        let (mut base, mut left, mut power) = (10 % modulus, shift as u64, 1 % modulus);
        while left > 0 {
            if left & 1 == 1 {
                power = power * base % modulus;
            }
            base = base * base % modulus;
            left >>= 1;
        }
        rest * power % modulus == 0
    }

    /// The same for equal values, and seldom for others.
    pub(super) fn hash(&self, state: &mut impl std::hash::Hasher) {
        if self.is_zero() {
            return state.write_u8(0);
        }
        state.write_u8(if self.negative { 1 } else { 2 });
        state.write_i64(self.top);
        self.digits().for_each(|digit| state.write_u8(digit));
    }
}

fn trim_start(digits: &[u8]) -> &[u8] {
    let at = digits.iter().position(|b| *b != b'0');
    at.and_then(|at| digits.get(at..)).unwrap_or(b"")
}

fn trim_end(digits: &[u8]) -> &[u8] {
    let at = digits.iter().rposition(|b| *b != b'0');
    at.and_then(|at| digits.get(..=at)).unwrap_or(b"")
}

/// `JsonNode.asText` of a number: integers as they are, decimals as `BigDecimal.toString`.
pub(super) fn as_text(text: &str) -> String {
    match class(text) {
        Class::Integer | Class::Text => text.to_owned(),
        Class::NegativeZero => String::from("-0.0"),
        Class::Decimal => {
            BigDecimal::parse(text).map_or_else(|_| text.to_owned(), |d| d.to_string())
        }
    }
}

/// `JsonNode.intValue` of a number that `canConvertToExactIntegral`: the low 32 bits.
pub(super) fn as_int(text: &str) -> Option<i32> {
    match class(text) {
        Class::Text => None,
        Class::NegativeZero => Some(0),
        Class::Integer => Some(Decimal::new(text).low_bits() as i32),
        Class::Decimal => {
            let value = Decimal::new(text);
            let whole = value.is_zero() || value.bottom() >= 0;
            whole.then(|| value.low_bits() as i32)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_become_the_nodes_of_the_reference() {
        let rows = [
            ("0", Class::Integer),
            ("-12", Class::Integer),
            ("123456789012345678901234567890", Class::Integer),
            ("1.0", Class::Decimal),
            ("0.0", Class::Decimal),
            ("1e2", Class::Decimal),
            ("1E+2", Class::Decimal),
            ("-0", Class::NegativeZero),
            ("-0.00", Class::NegativeZero),
            ("-0e99999999999", Class::NegativeZero),
            ("-0.1", Class::Decimal),
            ("1e2147483647", Class::Decimal),
            ("1e2147483648", Class::Text),
            ("1e-2147483647", Class::Decimal),
            ("1e-2147483648", Class::Text),
            ("1.5e-2147483647", Class::Text),
            ("1e00000000000000000005", Class::Decimal),
            ("0e99999999999", Class::Text),
        ];
        for (text, expected) in rows {
            assert_eq!(class(text), expected, "{text}");
        }
    }

    #[test]
    fn values_compare_exactly_whatever_their_exponent() {
        let order = [
            "-1e400",
            "-10.5",
            "-10",
            "-1e-9",
            "0",
            "1e-2147483647",
            "1E-3",
            "0.01",
            "1",
            "1.5",
            "9",
            "10.01",
            "9007199254740993",
            "1e400",
            "1e2147483647",
        ];
        for (i, a) in order.iter().enumerate() {
            for (j, b) in order.iter().enumerate() {
                assert_eq!(
                    Decimal::new(a).compare(&Decimal::new(b)),
                    i.cmp(&j),
                    "{a} {b}"
                );
            }
        }
        for (a, b) in [
            ("1.50", "1.5"),
            ("100", "1e2"),
            ("0", "-0.0"),
            ("0.001", "1E-3"),
            ("0e5", "0"),
        ] {
            assert_eq!(Decimal::new(a).compare(&Decimal::new(b)), Ordering::Equal);
        }
    }

    #[test]
    fn long_values_keep_the_low_bits() {
        let rows = [
            ("10.9", 10),
            ("-10.9", -10),
            ("1e19", -8_446_744_073_709_551_616),
            ("1e70", 0),
            ("0.5", 0),
            ("1e-5", 0),
            ("1500e-2", 15),
            ("9223372036854775807", i64::MAX),
            ("9223372036854775808", i64::MIN),
        ];
        for (text, expected) in rows {
            assert_eq!(Decimal::new(text).low_bits(), expected, "{text}");
        }
    }

    #[test]
    fn multiples_are_found_without_expanding_exponents() {
        let rows = [
            ("19.99", "0.01", true),
            ("19.995", "0.01", false),
            ("1e400", "0.1", true),
            ("1e3000", "7.0", false),
            ("7e3000", "7.0", true),
            ("1e2147483647", "3.0", false),
            ("5", "1.0E10", false),
            ("30000000000", "1.0E10", true),
            ("0", "3.0", true),
            ("-9", "3.0", true),
        ];
        for (text, divisor, expected) in rows {
            let found = Decimal::new(text).is_multiple_of(&Decimal::new(divisor));
            assert_eq!(found, expected, "{text} / {divisor}");
        }
    }

    #[test]
    fn java_texts() {
        for (text, expected) in [
            ("1.50", "1.50"),
            ("1e1", "1E+1"),
            ("-0", "-0.0"),
            ("1e400", "1E+400"),
        ] {
            assert_eq!(as_text(text), expected);
        }
        assert_eq!(as_int("4294967297"), Some(1));
        assert_eq!(as_int("2.0"), Some(2));
        assert_eq!(as_int("2.5"), None);
    }

    proptest! {
        #[test]
        fn comparison_agrees_with_big_decimals(
            a in "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
            b in "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
        ) {
            let (x, y) = (BigDecimal::parse(&a).unwrap(), BigDecimal::parse(&b).unwrap());
            prop_assert_eq!(Decimal::new(&a).compare(&Decimal::new(&b)), x.cmp(&y));
        }
    }
}
