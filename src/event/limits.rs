//! The length check that ends the chain.

use jvm::text::utf16_len;

use super::fields::{COLUMNS, EVENT, EVENT_ID};
use super::{Cell, Event};
use crate::badrows::failure::Failure;

const HEADLINE: &str =
    "Enriched event does not conform to atomic schema field's length restrictions";

/// The length in bytes up to which the text of a column need not be measured.
pub(super) static UNMEASURED: [u16; COLUMNS.len()] = {
    let mut limits = [u16::MAX; COLUMNS.len()];
    let mut n = 0;
    while n < COLUMNS.len() {
        if let Some(limit) = COLUMNS[n].limit {
            // see below: `event` is measured twice
            let looked_at = looked_at(n);
            if limit < limits[looked_at] {
                limits[looked_at] = limit;
            }
        }
        n += 1;
    }
    limits
};

/// The column whose text is measured for a column.
const fn looked_at(index: usize) -> usize {
    // the reference looks at `event` where it means `event_id`
    if index == EVENT_ID.index() {
        EVENT.index()
    } else {
        index
    }
}

/// The failures of an event with fields that are too long; none if all fit.
pub fn check(event: &Event) -> Vec<Failure> {
    let mut failures = Vec::new();
    if !event.may_be_long() {
        return failures;
    }
    for (index, column) in COLUMNS.iter().enumerate() {
        let Some(limit) = column.limit else { continue };
        let Cell::Text(text) = event.cell(looked_at(index)) else {
            continue;
        };
        let limit = usize::from(limit);
        if text.len() > limit && utf16_len(text) > limit {
            if failures.is_empty() {
                failures.push(Failure::simple(HEADLINE));
            }
            failures.push(Failure::simple(format!(
                "Field {} longer than maximum allowed size {limit}",
                column.name
            )));
        }
    }
    failures
}

#[cfg(test)]
mod tests {
    use super::super::fields;
    use super::*;

    #[test]
    fn a_field_at_its_limit_passes_and_one_unit_more_fails() {
        let mut event = Event::default();
        event.set_text(fields::TR_CURRENCY, Some("é€x"));
        assert_eq!(check(&event), []);
        event.set_text(fields::TR_CURRENCY, Some("é😀x"));
        assert_eq!(
            check(&event),
            [
                Failure::simple(HEADLINE),
                Failure::simple("Field tr_currency longer than maximum allowed size 3")
            ]
        );
    }

    #[test]
    fn the_event_id_is_never_measured_but_the_event_is_in_its_place() {
        let mut event = Event::default();
        event.set_text(fields::EVENT_ID, Some("x".repeat(200)));
        assert_eq!(check(&event), []);
        event.set_text(fields::EVENT, Some("x".repeat(37)));
        assert_eq!(
            check(&event)[1],
            Failure::simple("Field event_id longer than maximum allowed size 36")
        );
    }
}
