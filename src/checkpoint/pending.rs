//! Rows on their way to sinks, and the receipt that waits for them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::receipt::Receipt;

/// The rows of one batch that are not durable yet. The last one done settles the receipt; when the
/// batch is given up instead, the receipt is dropped with the last reference.
pub struct Pending {
    left: AtomicUsize,
    waiting: Mutex<Option<(Receipt, Done)>>,
}

/// Told when all rows are durable; dropped untold when they are given up.
type Done = Box<dyn FnOnce() + Send>;

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl Pending {
    /// For `rows` rows.
    pub fn new(receipt: Receipt, rows: usize) -> Arc<Pending> {
        Pending::then(receipt, rows, || {})
    }

    /// For `rows` rows; `done` is called by the thread that makes the last of them durable.
    pub fn then(
        receipt: Receipt,
        rows: usize,
        done: impl FnOnce() + Send + 'static,
    ) -> Arc<Pending> {
        let waiting = if rows == 0 {
            receipt.settle();
            done();
            None
        } else {
            Some((receipt, Box::new(done) as Done))
        };
        Arc::new(Pending {
            left: AtomicUsize::new(rows),
            waiting: Mutex::new(waiting),
        })
    }

    /// Whether anybody waits for the rows: not when their partition was taken away.
    pub fn is_wanted(&self) -> bool {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting
            .as_ref()
            .is_some_and(|(receipt, _)| receipt.is_current())
    }

    /// So many more rows are durable.
    pub fn done(&self, rows: usize) {
        // the release makes the rows of other threads happen before the settling here
        if rows > 0 && self.left.fetch_sub(rows, Ordering::AcqRel) == rows {
            let waiting = self
                .waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some((receipt, done)) = waiting {
                receipt.settle();
                done();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ledger::Ledger;
    use super::*;

    #[test]
    fn the_last_row_settles_and_giving_up_does_not() {
        let ledger = Ledger::new();
        let pending = Pending::new(ledger.issue(0, 1), 3);
        pending.done(2);
        assert_eq!(ledger.take_ready(), []);
        pending.done(1);
        assert_eq!(ledger.take_ready(), [(0, 1)]);
        let _ = Pending::new(ledger.issue(0, 2), 0);
        assert_eq!(ledger.take_ready(), [(0, 2)]);
        drop(Pending::new(ledger.issue(0, 3), 1));
        assert_eq!(ledger.abandoned(), 1);
    }

    #[test]
    fn rows_of_a_partition_that_was_taken_away_are_not_wanted() {
        let ledger = Ledger::new();
        let pending = Pending::new(ledger.issue(0, 1), 1);
        assert!(pending.is_wanted());
        ledger.revoke(&[0]);
        assert!(!pending.is_wanted());
    }
}
