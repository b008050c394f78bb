//! Times as Joda-Time and `java.time` print and read them: the proleptic Gregorian calendar in
//! UTC, milliseconds since 1970.

mod check;
mod parse;
mod period;

pub use check::{is_iso_local_date, is_itu_date_time};
pub use parse::{parse_joda_iso, parse_joda_pattern_datetime};
pub use period::derived;

const DAY_MS: i64 = 86_400_000;
/// Days in 400 years, after which the calendar repeats.
const ERA_DAYS: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAY: i64 = 719_468;

/// Year, month (1 to 12) and day of the month (1 to 31) of a day counted from 1970-01-01.
pub fn civil_from_days(days: i64) -> (i64, u32, u32) {
    // Years are counted from March, so the leap day comes last.
    let shifted = days.saturating_add(EPOCH_DAY);
    let (era, day) = match u32::try_from(shifted) {
        Ok(shifted) => (
            i64::from(shifted / ERA_DAYS as u32),
            shifted % ERA_DAYS as u32,
        ),
        Err(_) => (
            shifted.div_euclid(ERA_DAYS),
            shifted.rem_euclid(ERA_DAYS) as u32,
        ),
    };
    // A century is a quarter day short of a quarter of an era, a year of a quarter of four.
    let century = (4 * day + 3) / ERA_DAYS as u32;
    let day = day - century * ERA_DAYS as u32 / 4;
    let year = (4 * day + 3) / 1461;
    let day = day - year * 1461 / 4;
    let from_march = (5 * day + 2) / 153;
    let day = day - (153 * from_march + 2) / 5 + 1;
    let next_year = from_march >= 10;
    let month = if next_year {
        from_march - 9
    } else {
        from_march + 3
    };
    let year = i64::from(100 * century + year) + era * 400 + i64::from(next_year);
    (year, month, day)
}

/// The day counted from 1970-01-01 of a date. A month outside 1 to 12 or a day outside the month
/// gives some day near; absurd years saturate.
pub fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = year.saturating_sub(i64::from(month <= 2));
    let from_march = if month > 2 {
        month.saturating_sub(3)
    } else {
        month.saturating_add(9)
    };
    let of_era = year.rem_euclid(400);
    let day = (153 * i64::from(from_march) + 2) / 5 + i64::from(day) - 1;
    let day = of_era * 365 + of_era / 4 - of_era / 100 + day;
    year.div_euclid(400)
        .saturating_mul(ERA_DAYS)
        .saturating_add(day - EPOCH_DAY)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Year of a time in milliseconds.
pub fn year_of(ms: i64) -> i64 {
    civil_from_days(ms.div_euclid(DAY_MS)).0
}

/// Joda's `yyyy-MM-dd HH:mm:ss.SSS`: year zero is `0000`, negative years are `-YYYY`, years above
/// 9999 print all their digits.
pub fn format_tstamp(ms: i64) -> String {
    let mut out = String::with_capacity(23);
    write_tstamp(ms, &mut out);
    out
}

/// Appends what [`format_tstamp`] returns.
pub fn write_tstamp(ms: i64, out: &mut String) {
    write_time(ms, *b"0000-00-00 00:00:00.000", out);
}

/// `toString` of a Joda `DateTime` in UTC: `2017-07-14T02:40:00.000Z`.
pub fn joda_iso(ms: i64) -> String {
    let mut out = String::with_capacity(24);
    write_time(ms, *b"0000-00-00T00:00:00.000", &mut out);
    out.push('Z');
    out
}

/// Fills the digits into a template of the date and time; the year may grow to the left.
fn write_time(ms: i64, mut text: [u8; 23], out: &mut String) {
    let days = ms.div_euclid(DAY_MS);
    let (year, month, day) = civil_from_days(days);
    let time = ms.wrapping_sub(days.wrapping_mul(DAY_MS)) as u32;
    let seconds = time / 1000;
    let mut pair = |at: usize, v: u32| {
        text[at] += (v / 10) as u8;
        text[at + 1] += (v % 10) as u8;
    };
    pair(5, month);
    pair(8, day);
    pair(11, seconds / 3600);
    pair(14, seconds / 60 % 60);
    pair(17, seconds % 60);
    pair(20, time % 1000 / 10);
    text[22] += (time % 10) as u8;
    let from = if let Ok(year @ 0..10_000) = u32::try_from(year) {
        text[0] += (year / 1000) as u8;
        text[1] += (year / 100 % 10) as u8;
        text[2] += (year / 10 % 10) as u8;
        text[3] += (year % 10) as u8;
        0
    } else {
        push_year(year, out);
        4
    };
    let tail = text.get(from..).unwrap_or_default();
    // Always ASCII.
    out.push_str(std::str::from_utf8(tail).unwrap_or_default());
}

/// A year in four digits or more, with a minus sign in front if negative.
fn push_year(year: i64, out: &mut String) {
    if year < 0 {
        out.push('-');
    }
    out.push_str(&format!("{:04}", year.unsigned_abs()));
}

/// `toString` of a `java.time.Instant` given in seconds and nanoseconds of the second: decimals in
/// groups of three as needed (`2023-11-14T22:13:20Z`, `…20.100Z`); years above 9999 get a plus
/// sign. Nanoseconds from a full second on count as the last one.
pub fn instant_iso(secs: i64, nanos: u32) -> String {
    let (year, month, day) = civil_from_days(secs.div_euclid(86_400));
    let time = secs.rem_euclid(86_400);
    let nanos = nanos.min(999_999_999);
    let mut out = String::with_capacity(30);
    if year > 9999 {
        out.push('+');
    }
    push_year(year, &mut out);
    out.push_str(&format!(
        "-{month:02}-{day:02}T{:02}:{:02}:{:02}",
        time / 3600,
        time / 60 % 60,
        time % 60
    ));
    if nanos == 0 {
    } else if nanos.is_multiple_of(1_000_000) {
        out.push_str(&format!(".{:03}", nanos / 1_000_000));
    } else if nanos.is_multiple_of(1000) {
        out.push_str(&format!(".{:06}", nanos / 1000));
    } else {
        out.push_str(&format!(".{nanos:09}"));
    }
    out.push('Z');
    out
}

/// Reads what [`format_tstamp`] writes, and nothing else.
pub fn parse_tstamp(s: &str) -> Option<i64> {
    let (head, tail) = s.split_at_checked(s.len().checked_sub(19)?)?;
    let (negative, digits) = match head.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, head),
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0i64, |n, b| {
            b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0'))
        })
    };
    let year = match digits.len() {
        4..=9 => number(digits.as_bytes())?,
        _ => return None,
    };
    let [
        b'-',
        mo1,
        mo2,
        b'-',
        d1,
        d2,
        b' ',
        h1,
        h2,
        b':',
        mi1,
        mi2,
        b':',
        s1,
        s2,
        b'.',
        ms @ ..,
    ] = tail.as_bytes()
    else {
        return None;
    };
    let pair = |a: &u8, b: &u8| number(&[*a, *b]);
    let (month, day) = (pair(mo1, mo2)? as u32, pair(d1, d2)? as u32);
    let (hour, minute, second) = (pair(h1, h2)?, pair(mi1, mi2)?, pair(s1, s2)?);
    let ms = number(ms)?;
    let year = if negative { -year } else { year };
    let valid = (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !valid {
        return None;
    }
    let seconds = hour * 3600 + minute * 60 + second;
    let ms = i128::from(days_from_civil(year, month, day)) * i128::from(DAY_MS)
        + i128::from(seconds * 1000 + ms);
    i64::try_from(ms).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn timestamps_print_as_in_the_reference() {
        let rows = [
            (0, "1970-01-01 00:00:00.000"),
            (1_500_000_000_000, "2017-07-14 02:40:00.000"),
            (-1, "1969-12-31 23:59:59.999"),
            (253_402_300_799_999, "9999-12-31 23:59:59.999"),
            (253_402_300_800_000, "10000-01-01 00:00:00.000"),
            (-62_167_219_200_000, "0000-01-01 00:00:00.000"),
            (-62_167_219_200_001, "-0001-12-31 23:59:59.999"),
            (i64::MAX, "292278994-08-17 07:12:55.807"),
            (i64::MIN, "-292275055-05-16 16:47:04.192"),
            (951_782_400_000, "2000-02-29 00:00:00.000"),
        ];
        for (ms, expected) in rows {
            assert_eq!(format_tstamp(ms), expected);
            assert_eq!(joda_iso(ms), expected.replace(' ', "T") + "Z");
            assert_eq!(parse_tstamp(expected), Some(ms));
        }
        assert_eq!(year_of(-62_167_219_200_001), -1);
        assert_eq!(year_of(253_402_300_800_000), 10_000);
    }

    #[test]
    fn instants_drop_groups_of_zeros() {
        let rows = [
            (1_700_000_000, 0, "2023-11-14T22:13:20Z"),
            (1_700_000_000, 100_000_000, "2023-11-14T22:13:20.100Z"),
            (1_700_000_000, 123_456_000, "2023-11-14T22:13:20.123456Z"),
            (1_700_000_000, 1, "2023-11-14T22:13:20.000000001Z"),
            (0, 0, "1970-01-01T00:00:00Z"),
            (253_402_300_800, 0, "+10000-01-01T00:00:00Z"),
            (-62_167_219_201, 0, "-0001-12-31T23:59:59Z"),
        ];
        for (secs, nanos, expected) in rows {
            assert_eq!(instant_iso(secs, nanos), expected);
        }
    }

    #[test]
    fn only_printed_timestamps_are_read() {
        for bad in [
            "",
            "2017-07-14 02:40:00",
            "2017-07-14 02:40:00.00",
            "2017-07-14T02:40:00.000",
            "2017-02-29 02:40:00.000",
            "2017-13-01 02:40:00.000",
            "2017-00-01 02:40:00.000",
            "2017-07-14 24:40:00.000",
            "2017-07-14 02:40:60.000",
            "17-07-14 02:40:00.000",
            "+2017-07-14 02:40:00.000",
            "2017-07-14 02:40:00.000 ",
            "2017-07-14 02:40:0é.000",
            "9999999999-07-14 02:40:00.000",
        ] {
            assert_eq!(parse_tstamp(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn timestamps_are_read_back(ms: i64) {
            prop_assert_eq!(parse_tstamp(&format_tstamp(ms)), Some(ms));
        }

        #[test]
        fn dates_are_read_back(days in -200_000_000_000i64..200_000_000_000) {
            let (year, month, day) = civil_from_days(days);
            prop_assert!(day >= 1 && day <= days_in_month(year, month));
            prop_assert_eq!(days_from_civil(year, month, day), days);
        }

        #[test]
        fn nothing_panics(a: i64, b: u32, c: u32, s in ".{0,30}") {
            let _ = (civil_from_days(a), days_from_civil(a, b, c), instant_iso(a, b), parse_tstamp(&s));
        }
    }
}
