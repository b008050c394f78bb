//! Taking a calendar period off a time, as Joda-Time does.

use super::{DAY_MS, civil_from_days, days_from_civil, days_in_month};

/// The derived timestamp: `collector` minus the calendar period from `created` to `sent`, all in
/// milliseconds; `collector` itself unless `created` is before `sent`.
///
/// As `collector.minus(new Period(created, sent))` of Joda-Time in UTC: whole years and whole
/// months are counted first, then the remaining duration, and they are taken off in that order,
/// the day being cut to the length of the month reached.
pub fn derived(created_ms: i64, sent_ms: i64, collector_ms: i64) -> i64 {
    if created_ms >= sent_ms {
        return collector_ms;
    }
    let years = whole_months(created_ms, sent_ms) / 12;
    let after_years = add_months(created_ms, years * 12);
    // Can be twelve: a leap day moved to 28 February makes the last year complete.
    let months = whole_months(after_years, sent_ms);
    let reached = add_months(after_years, months);
    let rest = sent_ms.saturating_sub(reached);
    add_months(add_months(collector_ms, -years * 12), -months).saturating_sub(rest)
}

/// The largest number of months that can be added to `from` without passing `to`, which is later.
fn whole_months(from: i64, to: i64) -> i64 {
    let month_of = |ms: i64| {
        let (year, month, _) = civil_from_days(ms.div_euclid(DAY_MS));
        year * 12 + i64::from(month)
    };
    let n = month_of(to) - month_of(from);
    if add_months(from, n) > to { n - 1 } else { n }
}

/// Moves by months; a day that the month reached does not have becomes its last. Saturates.
fn add_months(ms: i64, months: i64) -> i64 {
    if months == 0 {
        return ms;
    }
    let (year, month, day) = civil_from_days(ms.div_euclid(DAY_MS));
    let total = year * 12 + i64::from(month) - 1 + months;
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12) as u32 + 1);
    let day = day.min(days_in_month(year, month));
    days_from_civil(year, month, day)
        .saturating_mul(DAY_MS)
        .saturating_add(ms.rem_euclid(DAY_MS))
}

#[cfg(test)]
mod tests {
    use super::super::{format_tstamp, parse_tstamp};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn periods_are_taken_off_as_in_the_reference() {
        let rows = [
            (
                "2017-07-14 02:39:50.000",
                "2017-07-14 02:39:55.000",
                "2017-07-14 02:40:00.000",
                "2017-07-14 02:39:55.000",
            ),
            (
                "2014-04-29 09:00:54.000",
                "2014-04-29 09:00:54.001",
                "2014-04-29 09:00:54.000",
                "2014-04-29 09:00:53.999",
            ),
            (
                "2017-01-31 00:00:00.000",
                "2017-03-01 00:00:00.000",
                "2017-07-14 02:40:00.000",
                "2017-06-13 02:40:00.000",
            ),
            (
                "2016-12-31 23:59:59.999",
                "2017-12-31 23:59:59.999",
                "2017-07-14 02:40:00.000",
                "2016-07-14 02:40:00.000",
            ),
            (
                "2016-02-29 00:00:00.000",
                "2017-02-28 00:00:00.000",
                "2017-07-14 02:40:00.000",
                "2016-07-14 02:40:00.000",
            ),
            (
                "2016-02-29 00:00:00.000",
                "2028-02-28 00:00:00.000",
                "1998-03-31 00:00:00.000",
                "1986-03-31 00:00:00.000",
            ),
            (
                "2017-07-14 02:40:00.000",
                "2017-07-14 02:40:00.000",
                "2017-01-01 00:00:00.000",
                "2017-01-01 00:00:00.000",
            ),
            (
                "2017-07-14 02:40:00.001",
                "2017-07-14 02:40:00.000",
                "2017-01-01 00:00:00.000",
                "2017-01-01 00:00:00.000",
            ),
        ];
        for (created, sent, collector, expected) in rows {
            let ms = |s| parse_tstamp(s).unwrap();
            let got = derived(ms(created), ms(sent), ms(collector));
            assert_eq!(format_tstamp(got), expected, "{created} {sent}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(a: i64, b: i64, c: i64) {
            let _ = derived(a, b, c);
        }

        #[test]
        fn below_a_month_it_is_a_duration(
            from in 0i64..4_000_000_000_000,
            by in 0i64..27 * DAY_MS,
            collector in 0i64..4_000_000_000_000,
        ) {
            prop_assert_eq!(derived(from, from + by, collector), collector - by);
        }
    }
}
