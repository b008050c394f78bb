//! What came of records: rows, what goes beside them, and counts.

use std::collections::BTreeMap;

use super::refuse::BadRow;
use crate::output::labels::Labels;
use crate::output::rows::{Mark, Rows};
use crate::telemetry::tally::Tally;

/// How many rows of each kind there were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records read.
    pub payloads: u64,
    /// Enriched events.
    pub good: u64,
    /// Events that tell of replaced personal data.
    pub pii: u64,
    /// Bad rows, by the name of their schema.
    pub bad: BTreeMap<&'static str, u64>,
}

impl Counts {
    /// Adds another count.
    pub fn add(&mut self, other: &Counts) {
        self.payloads += other.payloads;
        self.good += other.good;
        self.pii += other.pii;
        for (kind, count) in &other.bad {
            *self.bad.entry(kind).or_default() += count;
        }
    }
}

/// The rows that came of some records.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// Enriched events.
    pub good: Rows,
    /// Bad rows.
    pub bad: Rows,
    /// Events for the pii stream.
    pub pii: Rows,
    /// Keys and headers of the enriched events.
    pub good_labels: Labels,
    /// Keys and headers of the events for the pii stream.
    pub pii_labels: Labels,
    /// All rows so far, also those cleared away.
    pub counts: Counts,
    /// What a caller made of rows that it took away, one line a record.
    pub lines: Vec<u8>,
    /// What is told of them.
    pub tally: Tally,
    kinds: Vec<&'static str>,
}

/// How far rows go.
pub(super) struct Marks {
    good: Mark,
    bad: Mark,
    pii: Mark,
    good_labels: usize,
    pii_labels: usize,
    good_rows: usize,
    pii_rows: usize,
    kinds: usize,
}

impl Outcomes {
    /// Takes all rows and counts away and keeps the memory.
    pub fn clear(&mut self) {
        self.clear_rows();
        self.lines.clear();
        self.counts = Counts::default();
        self.tally = Tally::default();
    }

    /// Bytes of memory that its rows could fill.
    pub fn capacity(&self) -> usize {
        self.good.capacity() + self.bad.capacity() + self.pii.capacity()
    }

    /// Takes all rows away and keeps the counts.
    pub fn clear_rows(&mut self) {
        self.good.clear();
        self.bad.clear();
        self.pii.clear();
        self.good_labels.clear();
        self.pii_labels.clear();
        self.kinds.clear();
    }

    /// The kinds of all bad rows, in their order.
    pub fn kinds(&self) -> &[&'static str] {
        &self.kinds
    }

    pub(super) fn marks(&self) -> Marks {
        Marks {
            good: self.good.mark(),
            bad: self.bad.mark(),
            pii: self.pii.mark(),
            good_labels: self.good_labels.mark(),
            pii_labels: self.pii_labels.mark(),
            good_rows: self.good.len(),
            pii_rows: self.pii.len(),
            kinds: self.kinds.len(),
        }
    }

    /// Counts the rows of one record, which lie behind these marks.
    pub(super) fn count(&mut self, since: &Marks) {
        self.counts.payloads += 1;
        self.counts.good += (self.good.len() - since.good_rows) as u64;
        self.counts.pii += (self.pii.len() - since.pii_rows) as u64;
        for kind in self.kinds.iter().skip(since.kinds) {
            *self.counts.bad.entry(kind).or_default() += 1;
        }
    }

    pub(super) fn reset(&mut self, to: &Marks) {
        self.good.reset(to.good);
        self.bad.reset(to.bad);
        self.pii.reset(to.pii);
        self.good_labels.reset(to.good_labels);
        self.pii_labels.reset(to.pii_labels);
        self.kinds.truncate(to.kinds);
    }

    /// Adds the rows, lines and counts of another behind these.
    pub fn append(&mut self, other: &Outcomes) {
        self.good.append(&other.good);
        self.bad.append(&other.bad);
        self.pii.append(&other.pii);
        self.good_labels.append(&other.good_labels);
        self.pii_labels.append(&other.pii_labels);
        self.lines.extend_from_slice(&other.lines);
        self.kinds.extend_from_slice(&other.kinds);
        self.counts.add(&other.counts);
        self.tally.add(&other.tally);
    }

    pub(super) fn refuse(&mut self, row: BadRow) {
        self.kinds.push(row.kind);
        self.bad.push(row.json.as_bytes());
    }
}
