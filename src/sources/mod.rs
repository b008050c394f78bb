//! 1 READ: bytes in, cut into records; a source never learns what an event is.

pub mod batches;
pub mod folder;
pub mod framing;
#[cfg(feature = "kafka")]
pub mod kafka;
#[cfg(feature = "kinesis")]
pub mod kinesis;
pub mod kpl;
pub mod look;

use std::time::Duration;

use crate::checkpoint::receipt::Receipt;

/// Consecutive records of one partition.
#[derive(Debug)]
pub struct Records {
    /// Their bytes, back to back.
    pub bytes: Vec<u8>,
    /// Where each ends.
    pub ends: Vec<usize>,
    /// What has to be settled when everything that came of them is durable.
    pub receipt: Receipt,
}

impl Records {
    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .filter_map(|(start, end)| self.bytes.get(start..*end))
    }
}

/// What a source has to say.
#[derive(Debug)]
pub enum Polled {
    /// Records.
    Records(Records),
    /// Nothing now.
    Nothing,
    /// Nothing any more.
    End,
}

/// What ends a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// Where records come from. All calls are from one thread.
pub trait Source {
    /// Waits at most `wait` for records. Must be called often, also when nothing is wanted (see [`Source::hold`]).
    fn poll(&mut self, wait: Duration) -> Result<Polled, SourceError>;

    /// Stops (`true`) or starts again (`false`) to fetch; records at hand may still come.
    fn hold(&mut self, on: bool);

    /// Gives the memory of records that are done back, for others to come.
    fn recycle(&mut self, _bytes: Vec<u8>) {}

    /// Commits what is done, if it is time to; never waits.
    fn commit(&mut self);

    /// Commits what is done and gives all partitions back.
    fn close(self: Box<Self>) -> Result<(), SourceError>;
}
