//! `Double.toString` and `Float.toString` as JDK 17 prints them.
//!
//! Before JDK 19 these did not always print the shortest digits that read back to the same number:
//! digits are produced one by one until the remainder is within half the gap to a neighbour, with
//! some rough edges, among them at least two digits whenever an exponent is printed, and whole
//! numbers cut by a decimal count of significant digits. This module has the same edges.

use std::cmp::Ordering;

const MANTISSA_BITS: i32 = 52;
/// Largest power of five that Java keeps in a table of longs.
const TABLED_FIVES: i32 = 26;

/// `Double.toString` of JDK 17: `12.34`, `100.0`, `1.0E21`, `1.0E-5`, `NaN`, `-Infinity`.
pub fn double_to_string(v: f64) -> String {
    let bits = v.to_bits();
    let field = (bits >> MANTISSA_BITS & 0x7ff) as i32;
    let fraction = bits & ((1 << MANTISSA_BITS) - 1);
    number_to_string(v, field, fraction, MANTISSA_BITS, 1023)
}

/// `Float.toString` of JDK 17: `43.88`, `125.3228`, `1.0E10`.
pub fn float_to_string(v: f32) -> String {
    let bits = v.to_bits();
    let field = (bits >> 23 & 0xff) as i32;
    let fraction = u64::from(bits & 0x7f_ffff);
    number_to_string(f64::from(v), field, fraction, 23, 127)
}

fn number_to_string(v: f64, field: i32, fraction: u64, width: i32, bias: i32) -> String {
    if v.is_nan() {
        return "NaN".into();
    }
    let mut out = String::with_capacity(26);
    if v.is_sign_negative() {
        out.push('-');
    }
    if v.is_infinite() {
        out.push_str("Infinity");
    } else if v == 0.0 {
        out.push_str("0.0");
    } else {
        // Normalised: the leading one at bit `width`, also for subnormal numbers.
        let (mantissa, exponent, significant) = if field == 0 {
            let used = 64 - fraction.leading_zeros() as i32;
            let shift = width + 1 - used;
            (fraction << shift, 1 - shift - bias, used)
        } else {
            (fraction | 1 << width, field - bias, width + 1)
        };
        Digits::of(mantissa << (MANTISSA_BITS - width), exponent, significant).print(&mut out);
    }
    out
}

/// Decimal digits and the position of the point: `0.DIGITS * 10^exponent`.
struct Digits {
    /// ASCII digits.
    text: [u8; 24],
    len: usize,
    exponent: i32,
}

impl Digits {
    fn push(&mut self, digit: u8) {
        if let Some(place) = self.text.get_mut(self.len) {
            *place = b'0' + digit;
            self.len += 1;
        }
    }

    fn full(&self) -> bool {
        self.len == self.text.len()
    }

    fn as_bytes(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or_default()
    }

    /// The digits Java chooses for `mantissa * 2^(exponent - 52)`, the mantissa having 53 bits of
    /// which `significant` are known.
    fn of(mantissa: u64, exponent: i32, significant: i32) -> Digits {
        let tail = mantissa.trailing_zeros() as i32;
        let bits = MANTISSA_BITS + 1 - tail;
        // Bits behind the binary point.
        let tiny = (bits - exponent - 1).max(0);
        if tiny == 0 && (0..=62).contains(&exponent) {
            let value = match exponent - MANTISSA_BITS {
                up @ 0.. => mantissa << up,
                down => mantissa >> -down,
            };
            return Digits::of_whole(value, (exponent - significant - 1).max(0));
        }
        Digits::develop(mantissa, exponent, significant, tail, bits, tiny)
    }

    /// A whole number, of which the lowest `unknown` bits carry no information.
    fn of_whole(mut value: u64, unknown: i32) -> Digits {
        // As many decimal digits as fit into the unknown bits are rounded off, halves up.
        let insignificant = if unknown > 1 {
            unknown * 30103 / 100_000
        } else {
            0
        };
        let mut exponent = 0;
        if insignificant > 0 {
            let unit = 10u64.pow(insignificant as u32);
            value = value / unit + u64::from(value % unit >= unit / 2);
            exponent = insignificant;
        }
        while value != 0 && value.is_multiple_of(10) {
            value /= 10;
            exponent += 1;
        }
        let mut digits = Digits::empty();
        let mut place = 10u64.pow(value.checked_ilog10().unwrap_or(0));
        while place > 0 {
            digits.push((value / place % 10) as u8);
            place /= 10;
        }
        digits.exponent = exponent + digits.len as i32;
        digits
    }

    fn empty() -> Digits {
        Digits {
            text: [b'0'; 24],
            len: 0,
            exponent: 0,
        }
    }

    /// Produces digits from the ratio of two integers: value `b / s`, half gap `m / s`.
    fn develop(
        mantissa: u64,
        exponent: i32,
        significant: i32,
        tail: i32,
        bits: i32,
        tiny: i32,
    ) -> Digits {
        let mut ten_power = estimate_exponent(mantissa, exponent);
        let b5 = (-ten_power).max(0);
        let s5 = ten_power.max(0);
        let mut b2 = b5 + tiny + exponent;
        let mut s2 = s5 + tiny;
        let mut m2 = b2 - significant;
        b2 -= bits - 1;
        let common = b2.min(s2);
        b2 -= common;
        s2 -= common;
        m2 -= common;
        if bits == 1 {
            // Below a power of two the gap is half as wide.
            m2 -= 1;
        }
        if m2 < 0 {
            b2 -= m2;
            s2 -= m2;
            m2 = 0;
        }
        let start = mantissa >> tail;
        let b_bits = bits + b2 + five_bits(b5);
        let ten_s_bits = s2 + 1 + five_bits(s5 + 1);
        let mut digits = Digits::empty();
        let round = if b_bits < 64 && ten_s_bits < 64 {
            let five = |n: i32| 5i64.wrapping_pow(n as u32);
            let narrow = b_bits < 32 && ten_s_bits < 32;
            let mut ratio = Ratio {
                b: (start as i64).wrapping_mul(five(b5)) << b2,
                s: five(s5) << s2,
                m: five(b5) << m2,
                narrow,
            };
            digits.run(&mut ratio, &mut ten_power)
        } else {
            let mut ratio = BigRatio {
                b: Big::new(start, b5, b2),
                s: Big::new(1, s5, s2),
                m: Big::new(1, b5, m2),
            };
            digits.run(&mut ratio, &mut ten_power)
        };
        digits.exponent = ten_power + 1;
        if round {
            digits.round_up();
        }
        digits
    }

    /// True if the last digit has to be rounded up.
    fn run(&mut self, ratio: &mut impl Divide, ten_power: &mut i32) -> bool {
        let digit = ratio.next_digit();
        let (mut low, mut high) = ratio.ends();
        if digit == 0 && !high {
            // The exponent was estimated one too large.
            *ten_power -= 1;
        } else {
            self.push(digit);
        }
        if *ten_power < -3 || *ten_power >= 8 {
            // An exponent will be printed, and with it always a second digit.
            (low, high) = (false, false);
        }
        while !low && !high && !self.full() {
            let digit = ratio.next_digit();
            (low, high) = ratio.ends();
            self.push(digit);
        }
        if high && low {
            match ratio.rest_to_half() {
                Ordering::Greater => true,
                Ordering::Equal => self.as_bytes().last().is_some_and(|d| d % 2 == 1),
                Ordering::Less => false,
            }
        } else {
            high
        }
    }

    fn round_up(&mut self) {
        let digits = self.text.get_mut(..self.len).unwrap_or_default();
        for d in digits.iter_mut().rev() {
            if *d < b'9' {
                *d += 1;
                return;
            }
            *d = b'0';
        }
        if let Some(first) = digits.first_mut() {
            *first = b'1';
        }
        self.exponent += 1;
    }

    fn print(&self, out: &mut String) {
        let digits = std::str::from_utf8(self.as_bytes()).unwrap_or("0");
        let zeros = |out: &mut String, n: usize| out.extend(std::iter::repeat_n('0', n));
        let or_zero = |fraction| {
            if str::is_empty(fraction) {
                "0"
            } else {
                fraction
            }
        };
        match self.exponent {
            point @ 1..8 => {
                let point = point as usize;
                let (whole, fraction) = digits.split_at_checked(point).unwrap_or((digits, ""));
                out.push_str(whole);
                zeros(out, point - whole.len());
                out.push('.');
                out.push_str(or_zero(fraction));
            }
            point @ -2..=0 => {
                out.push_str("0.");
                zeros(out, point.unsigned_abs() as usize);
                out.push_str(digits);
            }
            point => {
                let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
                out.push_str(first);
                out.push('.');
                out.push_str(or_zero(rest));
                out.push('E');
                out.push_str(&(point - 1).to_string());
            }
        }
    }
}

/// The decimal exponent by Java's linear estimate of the logarithm; exact or one too large.
#[expect(
    clippy::approx_constant,
    reason = "the estimate has to err where Java's does"
)]
fn estimate_exponent(mantissa: u64, exponent: i32) -> i32 {
    let one_to_two = f64::from_bits(1023 << 52 | mantissa & ((1 << MANTISSA_BITS) - 1));
    let estimate = (one_to_two - 1.5) * 0.289_529_654
        + 0.176_091_259
        + f64::from(exponent) * 0.301_029_995_663_981;
    estimate.floor() as i32
}

/// Bits that Java reserves for a power of five.
fn five_bits(n: i32) -> i32 {
    match n {
        0 => 0,
        1..=TABLED_FIVES => 64 - 5u64.pow(n as u32).leading_zeros() as i32,
        _ => n * 3,
    }
}

/// Division that yields one decimal digit at a time.
trait Divide {
    /// The next digit of `b / s`; what is left is multiplied by ten, and so is the gap.
    fn next_digit(&mut self) -> u8;
    /// Whether the digits so far are close enough, and whether they are so rounded up.
    fn ends(&self) -> (bool, bool);
    /// How the rest compares with half a unit of the last digit.
    fn rest_to_half(&self) -> Ordering;
}

/// In machine words, wrapping at 32 or 64 bits as Java's variables do.
struct Ratio {
    b: i64,
    s: i64,
    m: i64,
    narrow: bool,
}

impl Ratio {
    fn wrap(&self, v: i64) -> i64 {
        if self.narrow { i64::from(v as i32) } else { v }
    }
}

impl Divide for Ratio {
    fn next_digit(&mut self) -> u8 {
        let digit = self.b.checked_div(self.s).unwrap_or(0);
        let rest = self.b.checked_rem(self.s).unwrap_or(0);
        self.b = self.wrap(rest.wrapping_mul(10));
        self.m = self.wrap(self.m.wrapping_mul(10));
        digit as u8
    }

    fn ends(&self) -> (bool, bool) {
        if self.m <= 0 {
            // The gap overflowed, so it is larger than anything here.
            return (true, true);
        }
        let ten_s = self.wrap(self.s.wrapping_mul(10));
        let above = self.wrap(self.b.wrapping_add(self.m));
        (self.b < self.m, above > ten_s)
    }

    fn rest_to_half(&self) -> Ordering {
        let ten_s = self.wrap(self.s.wrapping_mul(10));
        self.wrap(self.wrap(self.b << 1).wrapping_sub(ten_s))
            .cmp(&0)
    }
}

struct BigRatio {
    b: Big,
    s: Big,
    m: Big,
}

impl Divide for BigRatio {
    fn next_digit(&mut self) -> u8 {
        let mut digit = 0;
        while digit < 9 && self.b.cmp(&self.s).is_ge() {
            self.b.subtract(&self.s);
            digit += 1;
        }
        self.b.multiply(10);
        self.m.multiply(10);
        digit
    }

    fn ends(&self) -> (bool, bool) {
        let mut above = self.b.clone();
        above.add(&self.m);
        let mut ten_s = self.s.clone();
        ten_s.multiply(10);
        (self.b.cmp(&self.m).is_lt(), above.cmp(&ten_s).is_ge())
    }

    fn rest_to_half(&self) -> Ordering {
        let (mut b, mut s) = (self.b.clone(), self.s.clone());
        b.multiply(2);
        s.multiply(10);
        b.cmp(&s)
    }
}

/// A natural number; 32-bit limbs, lowest first, no zero limb on top.
#[derive(Clone)]
struct Big(Vec<u32>);

impl Big {
    /// `factor * 5^fives * 2^twos`
    fn new(factor: u64, fives: i32, twos: i32) -> Big {
        let twos = twos.unsigned_abs() as usize;
        let mut big = Big(vec![0; twos / 32]);
        let shifted = u128::from(factor) << (twos % 32);
        big.0
            .extend([0, 32, 64].map(|shift| (shifted >> shift) as u32));
        big.trim();
        let mut fives = fives;
        while fives > 0 {
            let step = fives.min(13);
            big.multiply(5u32.pow(step as u32));
            fives -= step;
        }
        big
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn multiply(&mut self, factor: u32) {
        let mut carry = 0u64;
        for limb in &mut self.0 {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    fn add(&mut self, other: &Big) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        let mut carry = 0u64;
        for (i, limb) in self.0.iter_mut().enumerate() {
            carry += u64::from(*limb) + u64::from(other.0.get(i).copied().unwrap_or(0));
            *limb = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    /// Subtracts a number that is not larger.
    fn subtract(&mut self, other: &Big) {
        let mut borrow = 0i64;
        for (i, limb) in self.0.iter_mut().enumerate() {
            borrow += i64::from(*limb) - i64::from(other.0.get(i).copied().unwrap_or(0));
            *limb = borrow as u32;
            borrow >>= 32;
        }
        self.trim();
    }

    fn cmp(&self, other: &Big) -> Ordering {
        self.0
            .len()
            .cmp(&other.0.len())
            .then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

#[cfg(test)]
mod tests;
