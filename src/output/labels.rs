//! What goes beside a row and not in it: the partition key and the headers of a message.

use super::tsv;
use crate::event::{COLUMNS, Event, fields};

/// The fields of the event whose values go beside a row: first the key, where there is one, then the headers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelFields {
    columns: Vec<usize>,
    keyed: bool,
}

impl LabelFields {
    /// By names of columns.
    ///
    /// # Errors
    /// The names that no column has.
    pub fn new(key: Option<&str>, headers: &[String]) -> Result<LabelFields, Vec<String>> {
        let mut columns = Vec::new();
        let mut unknown = Vec::new();
        for name in key.into_iter().chain(headers.iter().map(String::as_str)) {
            match fields::column(name) {
                Some(column) => columns.push(column),
                None => unknown.push(name.to_owned()),
            }
        }
        if unknown.is_empty() {
            Ok(LabelFields {
                columns,
                keyed: key.is_some(),
            })
        } else {
            Err(unknown)
        }
    }

    /// The names of the headers, in the order of the values.
    pub fn headers(&self) -> impl Iterator<Item = &'static str> {
        let headers = self.columns.iter().skip(usize::from(self.keyed));
        headers
            .filter_map(|column| COLUMNS.get(*column))
            .map(|column| column.name)
    }
}

/// The labels of the rows of one stream.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Labels {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Labels {
    /// Sets the labels of the row at `index`, and forgets those of rows behind it.
    pub fn set(&mut self, index: usize, fields: &LabelFields, event: &Event) {
        if fields.columns.is_empty() {
            return;
        }
        self.ends.truncate(index * fields.columns.len());
        self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
        for column in &fields.columns {
            tsv::write_cell(event.cell(*column), &mut self.bytes);
            self.ends.push(self.bytes.len());
        }
    }

    /// The place behind the last label.
    pub fn mark(&self) -> usize {
        self.ends.len()
    }

    /// Forgets what came after `mark`.
    pub fn reset(&mut self, mark: usize) {
        self.ends.truncate(mark);
        self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
    }

    /// Adds all labels of another, whose rows come behind the rows of these.
    pub fn append(&mut self, other: &Labels) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.ends.extend(other.ends.iter().map(|end| start + end));
    }

    /// Forgets all and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Bytes of all labels together.
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    fn value(&self, place: usize) -> Option<&[u8]> {
        let end = *self.ends.get(place)?;
        let start = place
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .copied()
            .unwrap_or(0);
        self.bytes.get(start..end).filter(|value| !value.is_empty())
    }

    /// The key of the row at `index`, if its field is set.
    pub fn key(&self, index: usize, fields: &LabelFields) -> Option<&[u8]> {
        if fields.keyed {
            self.value(index * fields.columns.len())
        } else {
            None
        }
    }

    /// The names and values of the headers of the row at `index` whose fields are set.
    pub fn headers<'l>(
        &'l self,
        index: usize,
        fields: &'l LabelFields,
    ) -> impl Iterator<Item = (&'static str, &'l [u8])> {
        let first = index * fields.columns.len() + usize::from(fields.keyed);
        fields
            .headers()
            .enumerate()
            .filter_map(move |(n, name)| Some((name, self.value(first + n)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_and_headers_of_each_row_are_kept_and_unset_fields_are_left_out() {
        let headers = ["platform".to_owned(), "txn_id".to_owned()];
        let fields = LabelFields::new(Some("user_id"), &headers).unwrap();
        let mut labels = Labels::default();
        let mut event = Event::default();
        labels.set(0, &fields, &event);
        event.set_text(fields::USER_ID, Some("u"));
        event.set_text(fields::PLATFORM, Some("web"));
        labels.set(1, &fields, &event);
        // the row was taken back and another came in its place
        event.set_text(fields::USER_ID, Some("v"));
        labels.set(1, &fields, &event);
        assert_eq!(labels.key(0, &fields), None);
        assert_eq!(labels.headers(0, &fields).count(), 0);
        assert_eq!(labels.key(1, &fields), Some(&b"v"[..]));
        assert_eq!(
            labels.headers(1, &fields).collect::<Vec<_>>(),
            [("platform", &b"web"[..])]
        );
    }

    #[test]
    fn names_that_no_column_has_are_told() {
        let names = ["nope".to_owned(), "app_id".to_owned()];
        assert_eq!(
            LabelFields::new(Some("x"), &names),
            Err(vec!["x".to_owned(), "nope".to_owned()])
        );
    }
}
