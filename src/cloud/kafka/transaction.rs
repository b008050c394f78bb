//! A transaction that takes rows and the positions they came from together.
//!
//! The sinks begin it with the first row; the source ends it, because only the source knows the positions
//! and only it hears of a rebalance in time. While one of them has the transaction locked the other waits,
//! so a transaction holds whole batches only.

use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::ConsumerGroupMetadata;

use crate::cloud::backoff::Backoff;

/// Why a transaction did not go through.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// It can be given up, and its records be read again.
    #[error("{0}")]
    Abort(String),
    /// The client can do nothing more: another one took its place, or the brokers refuse it.
    #[error("{0}")]
    Fatal(String),
}

/// A client whose rows go into transactions.
pub trait Transactional: Send + Sync {
    /// Keeps rows out until the guard is dropped.
    fn lock(&self) -> Box<dyn Transaction + '_>;

    /// When to try again after a transaction was given up, and how often.
    fn backoff(&self) -> Backoff;

    /// Whether rows came back, so that the transaction can only be given up.
    fn has_failed(&self) -> bool;
}

/// The transaction of a client, locked.
pub trait Transaction {
    /// Whether rows went in since the last end.
    fn is_open(&self) -> bool;

    /// Waits until all rows are with the brokers.
    ///
    /// # Errors
    /// When rows came back or the time is over.
    fn flush(&mut self, at_most: Duration) -> Result<(), TransactionError>;

    /// Ends it together with the positions of a group; begins one for them when no row went in.
    ///
    /// # Errors
    /// When it did not go through; then nothing of it can be seen.
    fn commit(
        &mut self,
        positions: &TopicPartitionList,
        group: &ConsumerGroupMetadata,
        at_most: Duration,
    ) -> Result<(), TransactionError>;

    /// Gives it up. The rows that came back are kept until [`Transaction::forget`].
    ///
    /// # Errors
    /// When not even that is possible.
    fn abort(&mut self, at_most: Duration) -> Result<(), TransactionError>;

    /// Drops the rows that came back; whoever waits for them must have been told before.
    fn forget(&mut self);
}
