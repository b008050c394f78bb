//! Dates and times as Java prints them.

use jvm::time::{civil_from_days, days_from_civil, joda_iso};

const MILLIS_A_DAY: i64 = 86_400_000;
/// 1582-10-15: the days before it were counted by the Julian calendar, and Java's old dates do so.
const GREGORIAN: (i64, u32, u32) = (1582, 10, 15);

/// A day that was read by Java's old calendar and is printed by the new one, at midnight.
pub fn date(year: i64, month: u32, day: u32) -> String {
    let days = if (year, month, day) < GREGORIAN {
        julian(year, month, day)
    } else {
        days_from_civil(year, month, day)
    };
    joda_iso(days.saturating_mul(MILLIS_A_DAY))
}

/// Days from 1970-01-01 to a day of the Julian calendar.
fn julian(year: i64, month: u32, day: u32) -> i64 {
    let (month, day) = (i64::from(month), i64::from(day));
    let before_march = (14 - month) / 12;
    let year = year + 4800 - before_march;
    let month = month + 12 * before_march - 3;
    let number = day + (153 * month + 2) / 5 + 365 * year + year.div_euclid(4) - 32083;
    number - 2_440_588
}

/// `java.sql.Timestamp`: the fraction without zeros at its end, but for one.
pub fn timestamp(micros: i64) -> String {
    let (days, rest) = (
        micros.div_euclid(86_400_000_000),
        micros.rem_euclid(86_400_000_000),
    );
    let (year, month, day) = civil_from_days(days);
    let fraction = format!("{:06}", rest % 1_000_000);
    let fraction = fraction.trim_end_matches('0');
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    format!("{year:04}-{month:02}-{day:02} {}.{fraction}", time(rest))
}

/// `java.sql.Time`: without a fraction.
pub fn time(micros: i64) -> String {
    let seconds = micros.div_euclid(1_000_000).rem_euclid(86_400);
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// `java.time.LocalDateTime`: no seconds where there are none, a fraction of three or six digits.
pub fn local(day: &str, hour: u8, minute: u8, second: u8, micros: u32) -> String {
    let start = format!("{day}T{hour:02}:{minute:02}");
    match (second, micros) {
        (0, 0) => start,
        (_, 0) => format!("{start}:{second:02}"),
        (_, micros) if micros % 1000 == 0 => format!("{start}:{second:02}.{:03}", micros / 1000),
        (_, micros) => format!("{start}:{second:02}.{micros:06}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_before_the_new_calendar_are_shifted() {
        for (given, expected) in [
            ((1582, 10, 15), "1582-10-15"),
            ((1000, 1, 1), "1000-01-06"),
            ((1, 1, 1), "0000-12-30"),
            ((9999, 12, 31), "9999-12-31"),
            ((1900, 3, 1), "1900-03-01"),
        ] {
            let (year, month, day) = given;
            assert_eq!(date(year, month, day), format!("{expected}T00:00:00.000Z"));
        }
    }

    #[test]
    fn fractions_are_as_long_as_java_makes_them() {
        assert_eq!(timestamp(1_000_000), "1970-01-01 00:00:01.0");
        assert_eq!(timestamp(-1), "1969-12-31 23:59:59.999999");
        assert_eq!(timestamp(100_000), "1970-01-01 00:00:00.1");
        assert_eq!(time(3_600_000_000 + 61_500_000), "01:01:01");
        assert_eq!(local("2020-01-02", 3, 4, 0, 0), "2020-01-02T03:04");
        assert_eq!(
            local("2020-01-02", 3, 4, 5, 100_000),
            "2020-01-02T03:04:05.100"
        );
        assert_eq!(
            local("2020-01-02", 3, 4, 5, 123_456),
            "2020-01-02T03:04:05.123456"
        );
    }
}
