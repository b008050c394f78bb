//! Currencies, rates and amounts: exact decimal arithmetic as far as conversions need it.
//!
//! Behaviour: joda-money 1.0.1 and the parts of `java.math.BigDecimal` that scala-forex uses.

use jvm::number::BigDecimal;
use rustc_hash::FxHashMap;

/// The table of joda-money: code, number, decimals, and a remark.
const TABLE: &str = include_str!(concat!(env!("OUT_DIR"), "/currencies.csv"));

/// Digits behind the decimal point of a rate that was turned round.
const RATE_DECIMALS: u32 = 6;

/// Decimals of the known currencies, by their codes.
pub type Currencies = FxHashMap<&'static str, u32>;

/// Reads the table of the build.
pub fn currencies() -> Currencies {
    let row = |line: &'static str| {
        let line = line.split('#').next()?;
        let mut cells = line.split(',').map(str::trim);
        let code = cells.next().filter(|code| !code.is_empty())?;
        let decimals: i32 = cells.nth(1)?.parse().ok()?;
        // currencies without decimals, such as gold, have -1
        Some((code, u32::try_from(decimals).unwrap_or_default()))
    };
    TABLE.lines().filter_map(row).collect()
}

/// A positive rate: a whole number over a power of ten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    unscaled: u128,
    scale: u32,
}

impl Rate {
    /// One to one.
    pub const ONE: Rate = Rate {
        unscaled: 1,
        scale: 0,
    };

    /// Reads a number of JSON; none where it is not positive or has more than 30 digits.
    pub fn parse(text: &str) -> Option<Rate> {
        let plain = BigDecimal::parse(text).ok()?;
        if plain.scale() > 30 || plain.scale() < -30 {
            return None;
        }
        let plain = plain.to_plain_string();
        let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
        let digits = [whole, part].concat();
        let short = digits.trim_start_matches('0').len() <= 30;
        let unscaled = digits.parse().ok().filter(|n| short && *n > 0)?;
        let scale = u32::try_from(part.len()).ok()?;
        Some(Rate { unscaled, scale })
    }

    /// One over the rate, rounded half to even to six decimals; none where it is too large.
    pub fn inverse(self) -> Option<Rate> {
        let over = 10u128.checked_pow(RATE_DECIMALS + self.scale)?;
        let (whole, rest) = (over / self.unscaled, over % self.unscaled);
        let up = match (rest * 2).cmp(&self.unscaled) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => whole % 2,
            std::cmp::Ordering::Greater => 1,
        };
        Some(Rate {
            unscaled: whole + up,
            scale: RATE_DECIMALS,
        })
    }

    /// The product; none where it is too large.
    pub fn times(self, other: Rate) -> Option<Rate> {
        Some(Rate {
            unscaled: self.unscaled.checked_mul(other.unscaled)?,
            scale: self.scale + other.scale,
        })
    }
}

/// An amount times a rate, rounded half to even to `decimals`, printed without exponent. The amount
/// counts as the exact value of the double nearest to it. None where it is no finite number.
pub fn convert(amount: &str, rate: Rate, decimals: u32) -> Option<String> {
    let amount: f64 = amount.parse().ok()?;
    if !amount.is_finite() {
        return None;
    }
    // a double has at most 1074 decimals
    let exact = format!("{:.1074}", amount.abs());
    let exact = exact.trim_end_matches('0');
    let (whole, part) = exact.split_once('.')?;
    let digits = multiply(
        [whole, part].concat().as_bytes(),
        rate.unscaled.to_string().as_bytes(),
    );
    let sign = if amount < 0.0 { "-" } else { "" };
    let scale = part.len() as u64 + u64::from(rate.scale);
    let product = BigDecimal::parse(&format!("{sign}{digits}E-{scale}")).ok()?;
    let rounded = product.set_scale_half_even(i32::try_from(decimals).ok()?);
    Some(rounded.to_plain_string())
}

/// The product of two numbers in ASCII digits.
fn multiply(a: &[u8], b: &[u8]) -> String {
    let mut sums = vec![0u32; a.len() + b.len()];
    for (i, x) in a.iter().rev().enumerate() {
        for (j, y) in b.iter().rev().enumerate() {
            if let Some(sum) = sums.get_mut(i + j) {
                *sum += u32::from(x - b'0') * u32::from(y - b'0');
            }
        }
    }
    let mut carry = 0;
    for sum in &mut sums {
        carry += *sum;
        *sum = carry % 10;
        carry /= 10;
    }
    let digits = sums
        .iter()
        .rev()
        .map(|digit| char::from(b'0' + *digit as u8));
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Rate {
        Rate::parse(text).unwrap()
    }

    #[test]
    fn currencies_have_their_decimals() {
        let known = currencies();
        for (code, decimals) in [
            ("JPY", 0),
            ("BHD", 3),
            ("BYR", 0),
            ("CLF", 4),
            ("USD", 2),
            ("XAU", 0),
        ] {
            assert_eq!(known.get(code), Some(&decimals), "{code}");
        }
        assert_eq!(known.len(), 205);
        assert!(!known.contains_key("usd") && !known.contains_key(""));
    }

    #[test]
    fn inverses_have_six_decimals_and_round_half_to_even() {
        for (given, expected) in [
            ("0.62", "1.612903"),
            ("3", "0.333333"),
            ("8", "0.125000"),
            ("1.6E+1", "0.062500"),
            ("64000", "0.000016"),
            ("0.8e-1", "12.500000"),
            ("400000", "0.000002"),
            ("0.0000020000", "500000.000000"),
        ] {
            assert_eq!(rate(given).inverse(), Rate::parse(expected), "{given}");
        }
        // 1/2000000 is half of the last decimal
        assert_eq!(rate("2000000").inverse().unwrap().unscaled, 0);
        for none in [
            "0",
            "-1",
            "x",
            "1e99",
            "1e-99",
            "1234567890123456789012345678901",
        ] {
            assert_eq!(Rate::parse(none), None, "{none}");
        }
    }

    #[test]
    fn amounts_are_rounded_half_to_even_from_their_exact_value() {
        for (amount, factor, decimals, expected) in [
            ("12.75", "1", 2, "12.75"),
            ("0", "1", 2, "0.00"),
            ("0.125", "1", 2, "0.12"),
            ("0.375", "1", 2, "0.38"),
            // the double nearest to 1.005 is smaller than that
            ("1.005", "1", 2, "1.00"),
            ("2.675", "1.0", 2, "2.67"),
            ("10", "1.612903", 2, "16.13"),
            ("-10.5", "1", 0, "-10"),
            ("1E+3", "0.5", 3, "500.000"),
            ("1e-320", "1", 2, "0.00"),
        ] {
            let made = convert(amount, rate(factor), decimals);
            assert_eq!(made.as_deref(), Some(expected), "{amount}");
        }
        assert_eq!(convert("1e999", Rate::ONE, 2), None);
    }

    #[test]
    fn long_numbers_are_multiplied() {
        assert_eq!(
            multiply(b"99999999999", b"99999"),
            "0009999899999900001"[3..]
        );
        assert_eq!(multiply(b"0", b"7"), "00");
    }
}
