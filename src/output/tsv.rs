//! The TSV of an enriched event: 131 columns, one tab between, no line end.

use jvm::number::float_to_string;

use crate::event::{Cell, Event};

/// Appends the TSV of an event.
pub fn write(event: &Event, out: &mut Vec<u8>) {
    // most cells are empty, so tabs wait for the next that is not
    let mut tabs = 0;
    for cell in event.cells() {
        if !matches!(cell, Cell::Null) {
            write_tabs(tabs, out);
            tabs = 0;
            write_cell(cell, out);
        }
        tabs += 1;
    }
    write_tabs(tabs - 1, out);
}

fn write_tabs(number: usize, out: &mut Vec<u8>) {
    for _ in 0..number {
        out.push(b'\t');
    }
}

/// Appends the text of one field; nothing when it is not set.
pub fn write_cell(cell: &Cell, out: &mut Vec<u8>) {
    match cell {
        Cell::Null => {}
        Cell::Text(text) => out.extend_from_slice(text.as_bytes()),
        Cell::Int(number) => write_int(*number, out),
        Cell::Float(number) => out.extend_from_slice(float_to_string(*number).as_bytes()),
        Cell::Byte(number) => write_int(i32::from(*number), out),
    }
}

fn write_int(number: i32, out: &mut Vec<u8>) {
    let mut digits = [0u8; 11];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        if let Some(place) = digits.get_mut(at) {
            *place = b'0' + (rest % 10) as u8;
        }
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(digits.get(at..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::fields;

    #[test]
    fn an_event_has_131_columns_with_null_as_nothing() {
        let mut event = Event::default();
        event.set_text(fields::APP_ID, Some("shop"));
        event.set_int(fields::TXN_ID, Some(-120));
        event.set_int(fields::PAGE_URLPORT, Some(i32::MIN));
        event.set_float(fields::GEO_LATITUDE, Some(43.88));
        event.set_byte(fields::BR_COOKIES, Some(1));
        let mut out = Vec::new();
        write(&event, &mut out);
        let text = String::from_utf8(out).unwrap();
        let columns: Vec<&str> = text.split('\t').collect();
        assert_eq!(columns.len(), 131);
        assert_eq!(
            (
                columns[0],
                columns[7],
                columns[22],
                columns[34],
                columns[93]
            ),
            ("shop", "-120", "43.88", "-2147483648", "1")
        );
        assert_eq!(columns[1], "");
    }
}
