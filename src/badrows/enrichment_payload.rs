//! A partly enriched event inside a bad row, beside the raw event it comes from.

use std::fmt::Write;

use lexon::write_string;

use super::collector_payload::{api, context, optional, pair, source};
use crate::event::fields::TXN_ID;
use crate::event::{COLUMNS, Cell, Event};
use crate::payload::RawEvent;

/// Writes the event as far as it got, and the raw event.
pub(super) fn write(out: &mut String, event: &Event, raw: &RawEvent<'_>) {
    out.push_str("{\"enriched\":");
    enriched(out, event);
    out.push_str(",\"raw\":");
    raw_event(out, raw);
    out.push('}');
}

/// All columns in their order. Numbers are numbers, but the transaction id and decimals are texts.
fn enriched(out: &mut String, event: &Event) {
    out.push('{');
    for (n, (column, cell)) in COLUMNS.iter().zip(event.cells()).enumerate() {
        out.push_str(if n > 0 { ",\"" } else { "\"" });
        out.push_str(column.name);
        out.push_str("\":");
        // writing to a String cannot fail
        let _ = match cell {
            Cell::Null => out.write_str("null"),
            Cell::Text(text) => {
                write_string(out, text);
                Ok(())
            }
            Cell::Int(number) if n == TXN_ID.index() => write!(out, "\"{number}\""),
            Cell::Int(number) => write!(out, "{number}"),
            Cell::Float(number) => out.write_str(&jvm::number::float_to_string(*number)),
            Cell::Byte(number) => write!(out, "{number}"),
        };
    }
    out.push('}');
}

fn raw_event(out: &mut String, raw: &RawEvent<'_>) {
    api(out, raw.api);
    out.push_str(",\"parameters\":[");
    for (n, (name, value)) in raw.parameters.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        pair(out, name, value.as_deref());
    }
    out.push(']');
    optional(out, "contentType", raw.content_type);
    source(out, "loaderName", raw.source);
    context(out, &raw.context, "userId");
}
