//! Joda-Time's lenient parsers, with the wording of their errors.
//!
//! Joda tries alternatives from left to right and keeps the one that gets farthest; a number takes
//! as many digits as it may, not as it should. Both shape what is accepted and what is blamed.

use super::{DAY_MS, days_from_civil, days_in_month, is_leap};
use crate::text::{utf16_len, utf16_prefix};

const MIN_YEAR: i64 = -292_275_055;
const MAX_YEAR: i64 = 292_278_994;
const HOUR_MS: i64 = 3_600_000;

/// `DateTimeFormat.forPattern("yyyy-MM-dd HH:mm:ss")` in UTC, in milliseconds; `None` where Joda
/// throws. Digits may be missing everywhere (`14-1-2 3:4:5` is in year 14).
pub fn parse_joda_pattern_datetime(s: &str) -> Option<i64> {
    let mut parser = Parser::new(s);
    let end = parser.pattern(0).ok()?;
    if end < s.len() {
        return None;
    }
    parser.millis().ok()
}

/// `ISODateTimeFormat.dateTimeParser` (so also `DateTime.parse` and `new DateTime(String)`), in
/// milliseconds; without an offset the text counts as UTC, without a date as of 1970-01-01.
///
/// # Errors
/// The message of Joda's `IllegalArgumentException`.
pub fn parse_joda_iso(s: &str) -> Result<i64, String> {
    let mut parser = Parser::new(s);
    match parser.date_time(0) {
        Ok(end) if end >= s.len() => parser
            .millis()
            .map_err(|reason| format!("Cannot parse \"{s}\": {reason}")),
        Ok(at) | Err(at) => Err(malformed(s, at)),
    }
}

/// Joda's description of a text that stops making sense at `at`; everything before is ASCII.
fn malformed(s: &str, at: usize) -> String {
    let shown = at + 32;
    let sample = if utf16_len(s) <= shown + 3 {
        s.to_owned()
    } else {
        utf16_prefix(s, shown).into_owned() + "..."
    };
    if at == 0 {
        format!("Invalid format: \"{sample}\"")
    } else if at >= s.len() {
        format!("Invalid format: \"{sample}\" is too short")
    } else {
        let rest = sample.get(at..).unwrap_or("");
        format!("Invalid format: \"{sample}\" is malformed at \"{rest}\"")
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Field {
    Year,
    Month,
    Day,
    DayOfYear,
    Weekyear,
    Week,
    DayOfWeek,
    Hour,
    Minute,
    Second,
    /// Milliseconds out of a decimal fraction.
    Fraction,
}

/// Where a parse ended, or where it failed.
type Step = Result<usize, usize>;
/// Fields read by one rule.
type Read = Vec<(Field, i64)>;
type Rule<'a> = fn(&mut Parser<'a>, usize) -> Step;

struct Parser<'a> {
    text: &'a [u8],
    /// What was read, largest unit first.
    fields: Vec<(Field, i64)>,
    offset_ms: i64,
}

impl<'a> Parser<'a> {
    fn new(s: &'a str) -> Self {
        Parser {
            text: s.as_bytes(),
            fields: Vec::with_capacity(8),
            offset_ms: 0,
        }
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    /// Tries rules in turn; the one that gets farthest wins, the first that reaches the end of the
    /// text ends the search. When all fail, the farthest failure counts, unless `optional`.
    fn farthest(&mut self, at: usize, rules: &[Rule<'a>], optional: bool) -> Step {
        let start = (self.fields.len(), self.offset_ms);
        let mut best: Option<(usize, Read, i64)> = None;
        let mut failed_at = at;
        for (i, rule) in rules.iter().enumerate() {
            match rule(self, at) {
                Ok(end) if end > best.as_ref().map_or(at, |b| b.0) => {
                    if end >= self.text.len() || i + 1 == rules.len() {
                        return Ok(end);
                    }
                    let read = self.fields.get(start.0..).unwrap_or_default().to_vec();
                    best = Some((end, read, self.offset_ms));
                }
                Ok(_) => {}
                Err(place) => failed_at = failed_at.max(place),
            }
            self.fields.truncate(start.0);
            self.offset_ms = start.1;
        }
        match best {
            Some((end, read, offset_ms)) => {
                self.fields.extend(read);
                self.offset_ms = offset_ms;
                Ok(end)
            }
            None if optional => Ok(at),
            None => Err(failed_at),
        }
    }

    fn optional(&mut self, at: usize, rule: Rule<'a>) -> Step {
        self.farthest(at, &[rule], true)
    }

    /// Characters in either case.
    fn literal(&self, at: usize, expected: &str) -> Step {
        let found = self.text.get(at..at + expected.len());
        match found.filter(|f| f.eq_ignore_ascii_case(expected.as_bytes())) {
            Some(_) => Ok(at + expected.len()),
            None => Err(at),
        }
    }

    fn number(&mut self, at: usize, field: Field, max_digits: usize) -> Step {
        let signed = matches!(field, Field::Year | Field::Weekyear);
        let sign = self.byte(at);
        let has_sign = signed && matches!(sign, b'+' | b'-') && self.byte(at + 1).is_ascii_digit();
        let from = at + usize::from(has_sign);
        let digits = self.digits(from, max_digits);
        if digits == 0 {
            return Err(at);
        }
        let value = (from..from + digits).fold(0, |n, i| n * 10 + i64::from(self.byte(i) - b'0'));
        let value = if has_sign && sign == b'-' {
            -value
        } else {
            value
        };
        self.fields.push((field, value));
        Ok(from + digits)
    }

    /// How many digits follow, up to a limit.
    fn digits(&self, at: usize, limit: usize) -> usize {
        (0..limit)
            .take_while(|i| self.byte(at + i).is_ascii_digit())
            .count()
    }

    fn pattern(&mut self, at: usize) -> Step {
        let mut at = self.number(at, Field::Year, 9)?;
        for (separator, field) in [
            ("-", Field::Month),
            ("-", Field::Day),
            (" ", Field::Hour),
            (":", Field::Minute),
            (":", Field::Second),
        ] {
            at = self.literal(at, separator)?;
            at = self.number(at, field, 2)?;
        }
        Ok(at)
    }

    fn date_time(&mut self, at: usize) -> Step {
        self.farthest(at, &[Self::time_only, Self::date_and_time], false)
    }

    fn time_only(&mut self, at: usize) -> Step {
        let at = self.literal(at, "T")?;
        let at = self.time(at)?;
        self.optional(at, Self::offset)
    }

    fn date_and_time(&mut self, at: usize) -> Step {
        let date: [Rule<'a>; 3] = [Self::month_date, Self::week_date, Self::ordinal_date];
        let at = self.farthest(at, &date, false)?;
        self.optional(at, |p, at| {
            let at = p.literal(at, "T")?;
            let at = p.optional(at, Self::time)?;
            p.optional(at, Self::offset)
        })
    }

    fn month_date(&mut self, at: usize) -> Step {
        let at = self.number(at, Field::Year, 9)?;
        self.optional(at, |p, at| {
            let at = p.literal(at, "-")?;
            let at = p.number(at, Field::Month, 2)?;
            p.optional(at, |p, at| {
                let at = p.literal(at, "-")?;
                p.number(at, Field::Day, 2)
            })
        })
    }

    fn week_date(&mut self, at: usize) -> Step {
        let at = self.number(at, Field::Weekyear, 9)?;
        let at = self.literal(at, "-W")?;
        let at = self.number(at, Field::Week, 2)?;
        self.optional(at, |p, at| {
            let at = p.literal(at, "-")?;
            p.number(at, Field::DayOfWeek, 1)
        })
    }

    fn ordinal_date(&mut self, at: usize) -> Step {
        let at = self.number(at, Field::Year, 9)?;
        let at = self.literal(at, "-")?;
        self.number(at, Field::DayOfYear, 3)
    }

    fn time(&mut self, at: usize) -> Step {
        let at = self.number(at, Field::Hour, 2)?;
        let rules: [Rule<'a>; 2] = [Self::minute, |p, at| p.fraction(at, HOUR_MS)];
        self.farthest(at, &rules, true)
    }

    fn minute(&mut self, at: usize) -> Step {
        let at = self.literal(at, ":")?;
        let at = self.number(at, Field::Minute, 2)?;
        let rules: [Rule<'a>; 2] = [Self::second, |p, at| p.fraction(at, 60_000)];
        self.farthest(at, &rules, true)
    }

    fn second(&mut self, at: usize) -> Step {
        let at = self.literal(at, ":")?;
        let at = self.number(at, Field::Second, 2)?;
        self.optional(at, |p, at| p.fraction(at, 1000))
    }

    /// Up to nine decimals of a unit, cut to milliseconds.
    fn fraction(&mut self, at: usize, unit_ms: i64) -> Step {
        if !matches!(self.byte(at), b'.' | b',') {
            return Err(at);
        }
        let at = at + 1;
        let digits = self.digits(at, 9);
        if digits == 0 {
            return Err(at);
        }
        // Each digit's share is cut to tenths of a millisecond.
        let (mut value, mut share) = (0, unit_ms * 10);
        for i in at..at + digits {
            share /= 10;
            value += i64::from(self.byte(i) - b'0') * share;
        }
        self.fields.push((Field::Fraction, value / 10));
        Ok(at + digits)
    }

    /// `Z`, or a sign and hours, then minutes, seconds and decimals as far as they go, with colons
    /// everywhere or nowhere.
    fn offset(&mut self, at: usize) -> Step {
        if matches!(self.byte(at), b'Z' | b'z') {
            self.offset_ms = 0;
            return Ok(at + 1);
        }
        let sign = match self.byte(at) {
            b'+' => 1,
            b'-' => -1,
            _ => return Err(at),
        };
        // Java blames the sign only when nothing follows it.
        if at + 1 >= self.text.len() {
            return Err(at);
        }
        let pair = |p: &Self, at: usize, limit: i64| {
            if p.digits(at, 2) < 2 {
                return None;
            }
            let value = i64::from(p.byte(at) - b'0') * 10 + i64::from(p.byte(at + 1) - b'0');
            Some(value).filter(|v| *v < limit)
        };
        let mut at = at + 1;
        let mut total = pair(self, at, 24).ok_or(at)? * HOUR_MS;
        at += 2;
        let colons = self.byte(at) == b':';
        let mut unit = 60_000;
        while unit >= 1000 && at < self.text.len() {
            if colons {
                if self.byte(at) != b':' {
                    break;
                }
                at += 1;
            } else if self.digits(at, 1) == 0 {
                break;
            }
            total += pair(self, at, 60).ok_or(at)? * unit;
            at += 2;
            unit /= 60;
        }
        if unit < 1000 && at < self.text.len() && (!colons || matches!(self.byte(at), b'.' | b','))
        {
            let from = at + usize::from(colons);
            let digits = self.digits(from, 3);
            if digits == 0 && colons {
                return Err(from);
            }
            if digits > 0 {
                let tail = [100, 10, 1];
                for (i, weight) in (from..from + digits).zip(tail) {
                    total += i64::from(self.byte(i) - b'0') * weight;
                }
                at = from + digits;
            }
        }
        self.offset_ms = sign * total;
        Ok(at)
    }

    /// The time the fields make, checked from the largest unit to the smallest.
    fn millis(&self) -> Result<i64, String> {
        let (mut days, mut ms) = (0i64, 0i64);
        let (mut year, mut month) = (1970i64, 1u32);
        for (field, value) in &self.fields {
            let value = *value;
            match field {
                Field::Year => {
                    check(value, "year", MIN_YEAR, MAX_YEAR)?;
                    year = value;
                    days = days_from_civil(year, 1, 1);
                }
                Field::Month => {
                    check(value, "monthOfYear", 1, 12)?;
                    month = value as u32;
                    days = days_from_civil(year, month, 1);
                }
                Field::Day => {
                    let last = days_in_month(year, month);
                    check(value, "dayOfMonth", 1, i64::from(last))?;
                    days += value - 1;
                }
                Field::DayOfYear => {
                    let last = 365 + i64::from(is_leap(year));
                    check(value, "dayOfYear", 1, last)?;
                    days += value - 1;
                }
                Field::Weekyear => {
                    check(value.abs(), "weekyear", MIN_YEAR, MAX_YEAR)?;
                    year = value;
                    days = first_monday(year);
                }
                Field::Week => {
                    let last = match value {
                        ..=52 => 52,
                        _ => (first_monday(year + 1) - first_monday(year)) / 7,
                    };
                    check(value, "weekOfWeekyear", 1, last)?;
                    days += (value - 1) * 7;
                }
                Field::DayOfWeek => {
                    check(value, "dayOfWeek", 1, 7)?;
                    days += value - 1;
                }
                Field::Hour => {
                    check(value, "hourOfDay", 0, 23)?;
                    ms += value * HOUR_MS;
                }
                Field::Minute => {
                    check(value, "minuteOfHour", 0, 59)?;
                    ms += value * 60_000;
                }
                Field::Second => {
                    check(value, "secondOfMinute", 0, 59)?;
                    ms += value * 1000;
                }
                Field::Fraction => ms += value,
            }
        }
        Ok(days.wrapping_mul(DAY_MS).wrapping_add(ms - self.offset_ms))
    }
}

fn check(value: i64, field: &str, min: i64, max: i64) -> Result<(), String> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(format!(
        "Value {value} for {field} must be in the range [{min},{max}]"
    ))
}

/// The day on which the first ISO week of a year starts: the Monday of the week of 4 January.
fn first_monday(year: i64) -> i64 {
    let fourth = days_from_civil(year, 1, 4);
    // Day zero, 1970-01-01, was a Thursday.
    fourth - (fourth + 3).rem_euclid(7)
}

#[cfg(test)]
mod tests;
