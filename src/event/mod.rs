//! The enriched event: its 131 atomic fields, and how parameters fill them.

pub mod convert;
pub mod fields;
pub mod limits;
mod table;
pub mod transform;

use compact_str::CompactString;

pub use fields::{COLUMNS, Column, Kind};

use fields::{Byte, Decimal, Float, Int, Text};

/// The value of one field.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell {
    /// Not set.
    #[default]
    Null,
    /// A text, or a decimal number as Java prints it.
    Text(CompactString),
    /// A 32-bit integer.
    Int(i32),
    /// A 32-bit float.
    Float(f32),
    /// A byte that is 0 or 1.
    Byte(u8),
}

/// An enriched event: 131 cells, reached by typed handles so that a field can hold only its own kind.
#[derive(Debug, Clone)]
pub struct Event {
    cells: [Cell; COLUMNS.len()],
    /// Which of the columns of JSON hold what was checked, and nothing else was written since.
    as_checked: [bool; 2],
    /// Whether a text came in that may be longer than its column takes.
    may_be_long: bool,
    /// The hidden field that the PII enrichment fills for the separate PII event; never in the TSV.
    pub pii: Option<String>,
}

impl Default for Event {
    fn default() -> Self {
        Event {
            cells: [const { Cell::Null }; COLUMNS.len()],
            as_checked: [false; 2],
            may_be_long: false,
            pii: None,
        }
    }
}

impl Event {
    /// All cells in the order of [`COLUMNS`].
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The cell of a column by its position.
    pub fn cell(&self, index: usize) -> &Cell {
        self.cells.get(index).unwrap_or(&Cell::Null)
    }

    /// The text of a field, if set.
    pub fn text(&self, field: Text) -> Option<&str> {
        match self.cell(field.index()) {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Sets or clears a text field.
    pub fn set_text<T: Into<CompactString>>(&mut self, field: Text, value: Option<T>) {
        self.put(
            field.index(),
            value.map_or(Cell::Null, |v| Cell::Text(v.into())),
        );
    }

    /// The integer of a field, if set.
    pub fn int(&self, field: Int) -> Option<i32> {
        match self.cell(field.index()) {
            Cell::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// Sets or clears an integer field.
    pub fn set_int(&mut self, field: Int, value: Option<i32>) {
        self.put(field.index(), value.map_or(Cell::Null, Cell::Int));
    }

    /// The float of a field, if set.
    pub fn float(&self, field: Float) -> Option<f32> {
        match self.cell(field.index()) {
            Cell::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// Sets or clears a float field.
    pub fn set_float(&mut self, field: Float, value: Option<f32>) {
        self.put(field.index(), value.map_or(Cell::Null, Cell::Float));
    }

    /// The byte of a field, if set.
    pub fn byte(&self, field: Byte) -> Option<u8> {
        match self.cell(field.index()) {
            Cell::Byte(number) => Some(*number),
            _ => None,
        }
    }

    /// Sets or clears a byte field.
    pub fn set_byte(&mut self, field: Byte, value: Option<u8>) {
        self.put(field.index(), value.map_or(Cell::Null, Cell::Byte));
    }

    /// The decimal of a field as Java prints it, if set.
    pub fn decimal(&self, field: Decimal) -> Option<&str> {
        match self.cell(field.index()) {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Sets or clears a decimal field; the text must be Java's `BigDecimal.toString`.
    pub fn set_decimal<T: Into<CompactString>>(&mut self, field: Decimal, value: Option<T>) {
        self.put(
            field.index(),
            value.map_or(Cell::Null, |v| Cell::Text(v.into())),
        );
    }

    /// Notes that a column holds the documents that were checked, printed compactly.
    pub fn set_checked(&mut self, column: Text, text: String) {
        self.set_text(column, Some(text));
        if let Some(mark) = self.mark(column.index()) {
            *mark = true;
        }
    }

    /// Whether a column still holds what [`Event::set_checked`] wrote.
    pub fn is_as_checked(&self, column: Text) -> bool {
        match column {
            fields::CONTEXTS => self.as_checked[0],
            fields::UNSTRUCT_EVENT => self.as_checked[1],
            _ => false,
        }
    }

    /// Whether a text was set that had more bytes than its column takes characters.
    pub(crate) fn may_be_long(&self) -> bool {
        self.may_be_long
    }

    fn mark(&mut self, index: usize) -> Option<&mut bool> {
        const CONTEXTS: usize = fields::CONTEXTS.index();
        const UNSTRUCT_EVENT: usize = fields::UNSTRUCT_EVENT.index();
        match index {
            CONTEXTS => Some(&mut self.as_checked[0]),
            UNSTRUCT_EVENT => Some(&mut self.as_checked[1]),
            _ => None,
        }
    }

    /// Sets a cell by position; the caller has looked at the column's kind.
    pub(crate) fn put(&mut self, index: usize, cell: Cell) {
        if let Some(mark) = self.mark(index) {
            *mark = false;
        }
        if let Some(slot) = self.cells.get_mut(index) {
            if let (Cell::Text(text), Some(limit)) = (&cell, limits::UNMEASURED.get(index)) {
                self.may_be_long |= text.len() > usize::from(*limit);
            }
            *slot = cell;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_small() {
        assert!(size_of::<Cell>() <= 24, "{}", size_of::<Cell>());
    }

    #[test]
    fn typed_handles_read_what_they_wrote() {
        let mut event = Event::default();
        event.set_text(fields::APP_ID, Some("shop"));
        event.set_int(fields::PAGE_URLPORT, Some(443));
        assert_eq!(event.text(fields::APP_ID), Some("shop"));
        assert_eq!(event.int(fields::PAGE_URLPORT), Some(443));
        event.set_text(fields::APP_ID, None::<&str>);
        assert_eq!(event.text(fields::APP_ID), None);
    }
}
