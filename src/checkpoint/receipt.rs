//! The proof that records were taken from a source and are not done yet.

use std::sync::Arc;

use super::ledger::Ledger;

/// Stands for some consecutive records of one partition until all that came of them is durable.
///
/// [`Receipt::settle`] is the only way forward. Dropping a receipt says that its records will never be
/// done: the partition then stops there and nothing behind it is committed.
#[must_use = "records whose receipt is dropped are never committed"]
#[derive(Debug)]
pub struct Receipt {
    ledger: Arc<Ledger>,
    partition: i32,
    lease: u64,
    number: u64,
    settled: bool,
}

impl Receipt {
    pub(super) fn new(ledger: Arc<Ledger>, partition: i32, lease: u64, number: u64) -> Receipt {
        Receipt {
            ledger,
            partition,
            lease,
            number,
            settled: false,
        }
    }

    /// The partition that the records are from.
    pub fn partition(&self) -> i32 {
        self.partition
    }

    /// The place of these records among all of their partition that were issued under one assignment:
    /// 0, 1, 2, …
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Which assignment of the partition it was: larger after every revocation.
    pub fn lease(&self) -> u64 {
        self.lease
    }

    /// Whether the assignment still holds.
    pub fn is_current(&self) -> bool {
        self.ledger.is_current(self.partition, self.lease)
    }

    /// Everything that came of the records is durable.
    pub fn settle(mut self) {
        self.settled = true;
        self.ledger.settle(self.partition, self.lease, self.number);
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        if !self.settled {
            self.ledger.abandon(self.partition, self.lease);
        }
    }
}
