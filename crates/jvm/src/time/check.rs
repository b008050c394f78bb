//! Yes or no: is a text a date, or a date and time, for the schema formats?

use super::{days_in_month, is_leap};

/// Years whose June or December ended with a leap second, as the reference's date library has
/// them: it errs on 1971, 1979, 1987 and 1988.
const JUNE_LEAPS: [i64; 11] = [
    1972, 1981, 1982, 1983, 1985, 1992, 1993, 1994, 1997, 2012, 2015,
];
const DECEMBER_LEAPS: [i64; 16] = [
    1971, 1972, 1973, 1974, 1975, 1976, 1977, 1978, 1988, 1989, 1990, 1995, 1998, 2005, 2008, 2016,
];

/// True if `java.time.LocalDate.parse` accepts the text: `uuuu-MM-dd`, a real date; years of more
/// than four digits (up to nine significant) need a sign, shorter ones only a minus.
pub fn is_iso_local_date(s: &str) -> bool {
    let Some((year, month_day)) = s.len().checked_sub(6).and_then(|at| s.split_at_checked(at))
    else {
        return false;
    };
    let (sign, digits) = match year.as_bytes().first() {
        Some(sign @ (b'+' | b'-')) => (*sign, year.get(1..).unwrap_or("")),
        _ => (b' ', year),
    };
    let width_ok = match sign {
        b'+' => (5..=10).contains(&digits.len()),
        b'-' => (4..=10).contains(&digits.len()),
        _ => digits.len() == 4,
    };
    let Some(year) = number(digits.as_bytes()).filter(|_| width_ok) else {
        return false;
    };
    let year = if sign == b'-' { -year } else { year };
    let in_range = year.abs() <= 999_999_999 && !(sign == b'-' && year == 0);
    match month_day.as_bytes() {
        [b'-', month @ .., b'-', d1, d2] => in_range && is_date(year, month, &[*d1, *d2]),
        _ => false,
    }
}

/// True if the reference's schema validator accepts the text as `date-time`: as
/// `ITU.parseDateTime` of com.ethlo.time 1.5.1, with an offset, leap seconds only where one was.
///
/// Seconds may be missing; `T`, `t` or a space separates; up to nine decimals, also none behind
/// the point; offsets up to 18 hours, but not `-00:00`, nor hours west with minutes (`-05:30`).
/// Some longer fractions pass where the library's integer overflows.
pub fn is_itu_date_time(s: &str) -> bool {
    let [
        y1,
        y2,
        y3,
        y4,
        b'-',
        mo1,
        mo2,
        b'-',
        d1,
        d2,
        b'T' | b't' | b' ',
        h1,
        h2,
        b':',
        mi1,
        mi2,
        rest @ ..,
    ] = s.as_bytes()
    else {
        return false;
    };
    let numbers = (
        number(&[*y1, *y2, *y3, *y4]),
        number(&[*h1, *h2]),
        number(&[*mi1, *mi2]),
    );
    let (Some(year), Some(hour @ ..24), Some(minute @ ..60)) = numbers else {
        return false;
    };
    if !is_date(year, &[*mo1, *mo2], &[*d1, *d2]) {
        return false;
    }
    let (second, rest) = match rest {
        [b':', s1, s2, rest @ ..] => (number(&[*s1, *s2]), rest),
        _ => (Some(0), rest),
    };
    let Some(second @ ..=60) = second else {
        return false;
    };
    let zone = match rest {
        [b'.', rest @ ..] if s.as_bytes().get(16) == Some(&b':') => {
            let count = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            let (decimals, zone) = rest.split_at_checked(count).unwrap_or_default();
            // From nine digits on they are taken as nanoseconds in 32 bits, overflow and all.
            let nanos = decimals.iter().fold(0i32, |n, b| {
                n.wrapping_mul(10).wrapping_add(i32::from(b - b'0'))
            });
            if count > 9 && !(0..1_000_000_000).contains(&nanos) {
                return false;
            }
            zone
        }
        _ => rest,
    };
    let Some(offset) = offset_minutes(zone) else {
        return false;
    };
    if second < 60 {
        return true;
    }
    let leap = match (mo1, mo2, d1, d2) {
        (b'0', b'6', b'3', b'0') => JUNE_LEAPS.contains(&year),
        (b'1', b'2', b'3', b'1') => DECEMBER_LEAPS.contains(&year),
        _ => false,
    };
    // Hours and minutes are compared separately, on the local date.
    leap && hour - offset / 60 == 23 && minute - offset % 60 == 59
}

/// Minutes east of UTC.
fn offset_minutes(zone: &[u8]) -> Option<i64> {
    if matches!(zone, [b'Z' | b'z']) {
        return Some(0);
    }
    let [sign @ (b'+' | b'-'), h1, h2, colon @ .., m1, m2] = zone else {
        return None;
    };
    // The library does not look at the character between hours and minutes.
    let colon = std::str::from_utf8(colon).ok()?;
    if crate::text::utf16_len(colon) != 1 {
        return None;
    }
    let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
    if minutes > 59 || hours * 60 + minutes > 18 * 60 {
        return None;
    }
    match (sign, hours, minutes) {
        (b'+', ..) => Some(hours * 60 + minutes),
        // The library negates the hours only, and Java wants both signs alike.
        (_, 0, 0) => None,
        (_, 0, _) => Some(minutes),
        (_, _, 0) => Some(-hours * 60),
        _ => None,
    }
}

fn is_date(year: i64, month: &[u8], day: &[u8]) -> bool {
    if month.len() != 2 {
        return false;
    }
    match (number(month), number(day)) {
        (Some(2), Some(29)) => is_leap(year),
        (Some(month @ 1..=12), Some(day @ 1..)) => {
            day <= i64::from(days_in_month(year, month as u32))
        }
        _ => false,
    }
}

/// ASCII digits only, at most ten of them.
fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 10 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_are_strict() {
        for good in [
            "2020-02-29",
            "0000-01-01",
            "-0001-01-01",
            "+12020-01-01",
            "+0012020-01-01",
            "-12020-01-01",
            "+999999999-12-31",
        ] {
            assert!(is_iso_local_date(good), "{good}");
        }
        for bad in [
            "",
            "2020-02-30",
            "2021-02-29",
            "2020-1-1",
            "20200101",
            "+2020-01-01",
            "12020-01-01",
            "-0000-01-01",
            "+1000000000-01-01",
            "+12345678901-01-01",
            "2020-00-01",
            "2020-13-01",
            "2020-01-00",
            "2020-01-01 ",
            " 2020-01-01",
            "２020-01-01",
            "2020-01é01",
            "2020-001-1",
        ] {
            assert!(!is_iso_local_date(bad), "{bad}");
        }
    }

    #[test]
    fn date_times_need_an_offset() {
        for good in [
            "2020-01-01T00:00:00Z",
            "2020-01-01t00:00:00z",
            "2020-01-01 00:00:00.123+01:00",
            "2020-01-01T00:00Z",
            "2020-01-01T00:00-08:00",
            "2020-01-01T00:00:00.Z",
            "2020-01-01T00:00:00.123456789Z",
            "2020-01-01T00:00:00+18:00",
            "2020-01-01T00:00:00-00:30",
            "2020-01-01T00:00:00+18700",
            "0000-01-01T00:00:00Z",
            "2016-12-31T23:59:60Z",
            "2015-06-30T23:59:60.5Z",
            "2016-12-31T18:59:60-05:00",
            "2013-11-29 16:20:10.9214756426977870491Z",
        ] {
            assert!(is_itu_date_time(good), "{good}");
        }
        for bad in [
            "",
            "2020-01-01",
            "2020-01-01T00:00:00",
            "2020-01-01T00:00",
            "2020-01-01T00:00:00.1",
            "2020-01-01T00:00.1Z",
            "2020-01-01_00:00:00Z",
            "2020-01-01T00:00:00,1Z",
            "2020-01-01T00:00:00+0100",
            "2020-01-01T00:00:00+18:30",
            "2020-01-01T00:00:00+19:00",
            "2020-01-01T00:00:00-00:00",
            "2020-01-01T00:00:00-05:30",
            "2020-01-01T00:00:00+01:60",
            "2020-01-01T00:00:00.1234567890Z",
            "2020-02-30T00:00:00Z",
            "2020-01-01T24:00:00Z",
            "2020-01-01T00:60:00Z",
            "2020-01-01T00:00:61Z",
            "2020-02-02T23:59:60Z",
            "2016-12-30T23:59:60Z",
            "2018-12-31T23:59:60Z",
            "2017-01-01T00:59:60+01:00",
            "2020-01-01T00:00:00Zx",
            "２020-01-01T00:00:00Z",
        ] {
            assert!(!is_itu_date_time(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(s in ".{0,30}", t in "[0-9TZ:.+é-]{0,30}") {
            for text in [s, t] {
                let _ = (is_iso_local_date(&text), is_itu_date_time(&text));
            }
        }
    }
}
