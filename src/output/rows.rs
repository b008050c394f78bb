//! The rows of one output stream in one buffer, ready to be written as lines.

/// Encoded rows: their bytes joined, a line feed behind each, and where each line ends.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Rows {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// A place in [`Rows`] to go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(usize);

impl Rows {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all rows together, line feeds included.
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes that fit without more memory.
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Adds a row.
    pub fn push(&mut self, row: &[u8]) {
        self.push_with(|bytes| bytes.extend_from_slice(row));
    }

    /// Adds the row that `write` appends, and gives its length in bytes.
    pub fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        let start = self.bytes.len();
        write(&mut self.bytes);
        let size = self.bytes.len() - start;
        self.bytes.push(b'\n');
        self.ends.push(self.bytes.len());
        size
    }

    /// The last row.
    pub fn last(&self) -> &[u8] {
        self.get(self.ends.len().saturating_sub(1))
            .unwrap_or_default()
    }

    /// The row at `index`.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = index
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .copied()
            .unwrap_or(0);
        self.bytes.get(start..end - 1)
    }

    /// All rows in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// Takes the last row away.
    pub fn pop(&mut self) {
        if self.ends.pop().is_some() {
            self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
        }
    }

    /// The place behind the last row.
    pub fn mark(&self) -> Mark {
        Mark(self.ends.len())
    }

    /// Takes away every row that came after `mark`.
    pub fn reset(&mut self, mark: Mark) {
        self.ends.truncate(mark.0);
        self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
    }

    /// Adds all rows of another.
    pub fn append(&mut self, other: &Rows) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.ends.extend(other.ends.iter().map(|end| start + end));
    }

    /// Takes away all rows and keeps the memory.
    pub fn clear(&mut self) {
        self.reset(Mark(0));
    }

    /// Every row with a line feed behind it.
    pub fn lines(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_went_in_and_can_be_taken_back() {
        let mut rows = Rows::default();
        rows.push(b"a");
        let mark = rows.mark();
        rows.push(b"");
        assert_eq!(rows.push_with(|bytes| bytes.extend_from_slice(b"ccc")), 3);
        assert_eq!(rows.iter().collect::<Vec<_>>(), [&b"a"[..], b"", b"ccc"]);
        rows.pop();
        assert_eq!(rows.last(), b"");
        rows.reset(mark);
        assert_eq!(rows.iter().collect::<Vec<_>>(), [&b"a"[..]]);
        assert_eq!(rows.lines(), b"a\n");
        let mut other = Rows::default();
        other.push(b"x");
        rows.append(&other);
        rows.append(&other);
        assert_eq!(rows.iter().collect::<Vec<_>>(), [&b"a"[..], b"x", b"x"]);
    }
}
