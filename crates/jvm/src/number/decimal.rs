//! `java.math.BigDecimal`: reading, printing, comparing and rescaling, without arithmetic.

use std::cmp::Ordering;
use std::fmt;

use super::decimal_digit;

/// Most zeros that printing or rescaling may add to a number.
pub const MAX_EXPANSION: usize = 1_000_000;

/// Longest text, in UTF-16 units behind the sign, that Java reads into a long at once; it words
/// some errors differently beyond.
const COMPACT_UNITS: usize = 18;

/// A number was not written out in full because that takes more than [`MAX_EXPANSION`] zeros.
///
/// Java does it up to about 646 million digits and fails beyond with this text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("BigInteger would overflow supported range")]
pub struct ExpansionError;

/// A decimal number of any precision: an integer of any length times ten to the minus `scale`.
///
/// `==` and ordering compare values as Java's `compareTo` does, so `1.0 == 1.00`, without ever
/// expanding a large exponent.
#[derive(Debug, Clone)]
pub struct BigDecimal {
    negative: bool,
    /// ASCII digits of the unscaled value, no leading zeros; `0` for zero.
    digits: Vec<u8>,
    scale: i32,
}

impl BigDecimal {
    /// `new BigDecimal(String)`.
    ///
    /// # Errors
    /// The message of Java's `NumberFormatException`; `null` where that has none.
    pub fn parse(s: &str) -> Result<BigDecimal, String> {
        Reader::new(s).number()
    }

    /// `BigDecimal.valueOf(long)`: scale zero.
    pub fn from_i64(v: i64) -> BigDecimal {
        BigDecimal {
            negative: v < 0,
            digits: v.unsigned_abs().to_string().into_bytes(),
            scale: 0,
        }
    }

    /// Digits behind the decimal point; negative for trailing zeros left out before it.
    pub fn scale(&self) -> i32 {
        self.scale
    }

    /// True for zero of any scale.
    pub fn is_zero(&self) -> bool {
        self.digits == b"0"
    }

    /// `setScale(0)` if the scale is negative: `1E3` becomes `1000`.
    ///
    /// # Errors
    /// [`ExpansionError`] above [`MAX_EXPANSION`] zeros, a limit Java does not have.
    pub fn try_with_min_scale_zero(mut self) -> Result<Self, ExpansionError> {
        if self.scale < 0 {
            let zeros = self.scale.unsigned_abs() as usize;
            self.append_zeros(zeros)?;
            self.scale = 0;
        }
        Ok(self)
    }

    /// As [`try_with_min_scale_zero`](Self::try_with_min_scale_zero), but a number too large to
    /// be written out is left as it is.
    pub fn with_min_scale_zero(self) -> Self {
        if self.scale < 0 && !self.is_zero() && self.scale.unsigned_abs() as usize > MAX_EXPANSION {
            return self;
        }
        self.try_with_min_scale_zero()
            .unwrap_or_else(|_| BigDecimal::from_i64(0))
    }

    fn append_zeros(&mut self, zeros: usize) -> Result<(), ExpansionError> {
        if self.is_zero() {
            return Ok(());
        }
        if zeros > MAX_EXPANSION {
            return Err(ExpansionError);
        }
        self.digits.resize(self.digits.len() + zeros, b'0');
        Ok(())
    }

    /// `stripTrailingZeros`: the same value with the shortest digits; zero gets scale zero.
    pub fn strip_trailing_zeros(mut self) -> Self {
        if self.is_zero() {
            return BigDecimal::from_i64(0);
        }
        while self.digits.last() == Some(&b'0') && self.scale > i32::MIN {
            self.digits.pop();
            self.scale -= 1;
        }
        self
    }

    /// `setScale(scale, RoundingMode.HALF_EVEN)`. A scale that would add more than
    /// [`MAX_EXPANSION`] zeros leaves the number as it is.
    pub fn set_scale_half_even(mut self, scale: i32) -> Self {
        let change = i64::from(scale) - i64::from(self.scale);
        if change >= 0 {
            if self.append_zeros(change as usize).is_ok() {
                self.scale = scale;
            }
            return self;
        }
        let kept = usize::try_from(self.digits.len() as i64 + change).unwrap_or(0);
        let all_dropped = -change > self.digits.len() as i64;
        let dropped = self.digits.split_off(kept);
        let odd = self.digits.last().is_some_and(|d| d % 2 == 1);
        let up = !all_dropped
            && match dropped.split_first() {
                Some((b'5', rest)) => odd || rest.iter().any(|d| *d != b'0'),
                Some((first, _)) => *first > b'5',
                None => false,
            };
        if up {
            self.increment();
        }
        if self.digits.is_empty() {
            self.digits.push(b'0');
        }
        self.negative &= !self.is_zero();
        self.scale = scale;
        self
    }

    fn increment(&mut self) {
        for d in self.digits.iter_mut().rev() {
            if *d < b'9' {
                *d += 1;
                return;
            }
            *d = b'0';
        }
        self.digits.insert(0, b'1');
    }

    /// `doubleValue`: the nearest double, infinite if too large.
    pub fn to_f64(&self) -> f64 {
        let text = format!(
            "{}{}e{}",
            self.sign(),
            self.unscaled(),
            -i64::from(self.scale)
        );
        text.parse().unwrap_or(f64::NAN)
    }

    /// `toPlainString`: without exponent. A number that takes more than [`MAX_EXPANSION`] zeros
    /// is printed as by `toString` instead.
    pub fn to_plain_string(&self) -> String {
        let zeros = self.zeros_to_write();
        if zeros > MAX_EXPANSION as i64 {
            return self.to_string();
        }
        let mut out = String::with_capacity(self.digits.len() + zeros as usize + 3);
        // Writing to a text cannot fail.
        let _ = self.write_plain(&mut out);
        out
    }

    /// Zeros that the plain form has besides the digits.
    fn zeros_to_write(&self) -> i64 {
        let scale = i64::from(self.scale);
        match scale {
            ..=0 if self.is_zero() => 0,
            ..=0 => -scale,
            _ => (scale - self.digits.len() as i64).max(0),
        }
    }

    fn write_plain(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let digits = self.unscaled();
        out.write_str(self.sign())?;
        let point = digits.len() as i64 - i64::from(self.scale);
        let (whole, fraction) = match usize::try_from(point) {
            Ok(at @ 1..) => digits.split_at_checked(at).unwrap_or((digits, "")),
            _ => ("", digits),
        };
        if whole.is_empty() {
            out.write_str("0.")?;
        }
        out.write_str(whole)?;
        if !whole.is_empty() && !fraction.is_empty() {
            out.write_char('.')?;
        }
        for _ in 0..self.zeros_to_write() {
            out.write_char('0')?;
        }
        out.write_str(fraction)
    }

    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }

    fn unscaled(&self) -> &str {
        // Always ASCII digits.
        std::str::from_utf8(&self.digits).unwrap_or("0")
    }

    /// Exponent of the first digit.
    fn adjusted_exponent(&self) -> i64 {
        self.digits.len() as i64 - 1 - i64::from(self.scale)
    }

    fn cmp_magnitude(&self, other: &Self) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        self.adjusted_exponent()
            .cmp(&other.adjusted_exponent())
            .then_with(|| self.significant().cmp(other.significant()))
    }

    /// The digits without zeros at the end.
    fn significant(&self) -> &[u8] {
        let len = self.digits.iter().rposition(|d| *d != b'0');
        self.digits.get(..=len.unwrap_or(0)).unwrap_or_default()
    }
}

impl Ord for BigDecimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.cmp_magnitude(other),
            (true, true) => other.cmp_magnitude(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for BigDecimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for BigDecimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for BigDecimal {}

/// `toString`: plain for scales from zero up to an exponent of -6, else scientific.
impl fmt::Display for BigDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exponent = self.adjusted_exponent();
        if self.scale >= 0 && exponent >= -6 {
            return self.write_plain(f);
        }
        let (first, rest) = self.unscaled().split_at_checked(1).unwrap_or(("0", ""));
        write!(f, "{}{first}", self.sign())?;
        if !rest.is_empty() {
            write!(f, ".{rest}")?;
        }
        if exponent != 0 {
            write!(f, "E{exponent:+}")?;
        }
        Ok(())
    }
}

/// Reads a number one character at a time, to fail at the same place as Java.
struct Reader<'a> {
    chars: std::str::Chars<'a>,
    /// UTF-16 units not read yet, as Java counts.
    units: usize,
}

impl<'a> Reader<'a> {
    fn new(s: &'a str) -> Self {
        Reader {
            chars: s.chars(),
            units: crate::text::utf16_len(s),
        }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        self.units -= c.len_utf16();
        Some(c)
    }

    fn peek(&self) -> Option<char> {
        self.chars.clone().next()
    }

    fn number(mut self) -> Result<BigDecimal, String> {
        let null = || String::from("null");
        let sign = self.peek().ok_or_else(null)?;
        if matches!(sign, '-' | '+') {
            self.next();
        }
        let negative = sign == '-';
        let compact = self.units <= COMPACT_UNITS;
        let mut digits = Vec::with_capacity(self.units);
        let (mut any, mut dot, mut scale, mut exponent) = (false, false, 0i64, 0i64);
        while let Some(c) = self.next() {
            if let Some(d) = decimal_digit(c) {
                any = true;
                if d != 0 || !digits.is_empty() {
                    digits.push(b'0' + d);
                }
                scale += i64::from(dot);
            } else if c == '.' {
                if dot {
                    return Err("Character array contains more than one decimal point.".into());
                }
                dot = true;
            } else if matches!(c, 'e' | 'E') {
                exponent = self.exponent()?;
                if i32::try_from(exponent).is_err() {
                    return Err("Exponent overflow.".into());
                }
                break;
            } else if compact {
                // Java sees half of a surrogate pair, which prints as a question mark.
                let shown = if c.len_utf16() == 2 { '?' } else { c };
                return Err(format!(
                    "Character {shown} is neither a decimal digit number, decimal point, nor \
                     \"e\" notation exponential mark."
                ));
            } else {
                return Err("Character array is missing \"e\" notation exponential mark.".into());
            }
        }
        if !any {
            return Err("No digits found.".into());
        }
        let scale =
            i32::try_from(scale - exponent).map_err(|_| String::from("Scale out of range."))?;
        if digits.is_empty() {
            digits.push(b'0');
        }
        Ok(BigDecimal {
            negative: negative && digits != b"0",
            digits,
            scale,
        })
    }

    /// The exponent behind its mark.
    fn exponent(&mut self) -> Result<i64, String> {
        let null = || String::from("null");
        let mut c = self.next().ok_or_else(null)?;
        let negative = c == '-';
        if negative || c == '+' {
            c = self.next().ok_or_else(null)?;
        }
        // The current character counts as not read.
        while self.units + c.len_utf16() > 10 && decimal_digit(c) == Some(0) {
            c = self.next().ok_or_else(null)?;
        }
        if self.units + c.len_utf16() > 10 {
            return Err("Too many nonzero exponent digits.".into());
        }
        let mut value = 0i64;
        loop {
            let digit = decimal_digit(c).ok_or_else(|| String::from("Not a digit."))?;
            value = value * 10 + i64::from(digit);
            match self.next() {
                Some(next) => c = next,
                None => break,
            }
        }
        Ok(if negative { -value } else { value })
    }
}

#[cfg(test)]
mod tests;
