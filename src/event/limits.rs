//! The length check that ends the chain.

use jvm::text::utf16_len;

use super::fields::{COLUMNS, EVENT, EVENT_ID};
use super::{Cell, Event};
use crate::badrows::failure::Failure;

const HEADLINE: &str =
    "Enriched event does not conform to atomic schema field's length restrictions";

/// The failures of an event with fields that are too long; none if all fit.
pub fn check(event: &Event) -> Vec<Failure> {
    let mut failures = Vec::new();
    for (index, column) in COLUMNS.iter().enumerate() {
        let Some(limit) = column.limit else { continue };
        // the reference looks at `event` where it means `event_id`
        let looked_at = if index == EVENT_ID.index() {
            EVENT.index()
        } else {
            index
        };
        let Cell::Text(text) = event.cell(looked_at) else {
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
