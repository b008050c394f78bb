//! Tenures: which shards are ours, and which position stands behind a number of the ledger.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use leases::{SequenceNumber, Shard, ShardId};

use crate::checkpoint::ledger::Ledger;
use crate::checkpoint::receipt::Receipt;

/// A time in which a shard is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tenure {
    pub shard: ShardId,
    pub epoch: u64,
}

/// A record, and which of those packed in it.
pub(super) type Place = (SequenceNumber, u64);

struct Entry {
    tenure: Tenure,
    issued: i64,
    /// The positions behind the numbers that were issued and are not done.
    open: VecDeque<(i64, Place)>,
    /// What came of the shard, once all of it was read.
    children: Option<Vec<Shard>>,
}

#[derive(Default)]
struct State {
    entries: BTreeMap<i32, Entry>,
    last: i32,
}

/// What may be written to the lease of a tenure.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Everything up to there is done.
    Upto(Tenure, SequenceNumber, u64),
    /// The shard is done; what came of it.
    End(Tenure, Vec<Shard>),
}

/// All tenures. Each is a partition of the ledger, with a number that no other ever has.
pub(super) struct Book {
    ledger: Arc<Ledger>,
    state: Mutex<State>,
}

impl Book {
    pub(super) fn new(ledger: Arc<Ledger>) -> Book {
        Book {
            ledger,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A shard is ours; gives the number of the tenure.
    pub(super) fn begin(&self, tenure: Tenure) -> i32 {
        let mut state = self.state();
        state.last += 1;
        let slot = state.last;
        let entry = Entry {
            tenure,
            issued: 0,
            open: VecDeque::new(),
            children: None,
        };
        state.entries.insert(slot, entry);
        slot
    }

    /// A tenure is over; gives its number. What is out for it has no effect any more.
    pub(super) fn end(&self, tenure: &Tenure) -> Option<i32> {
        let mut state = self.state();
        let mut entries = state.entries.iter();
        let (slot, _) = entries.find(|(_, entry)| entry.tenure == *tenure)?;
        let slot = *slot;
        state.entries.remove(&slot);
        // under the lock: nothing can be issued for it in between
        self.ledger.revoke(&[slot]);
        Some(slot)
    }

    /// A receipt for records up to a position; none when the tenure is over.
    pub(super) fn issue(&self, slot: i32, place: Place) -> Option<Receipt> {
        let mut state = self.state();
        let entry = state.entries.get_mut(&slot)?;
        entry.issued += 1;
        entry.open.push_back((entry.issued, place));
        Some(self.ledger.issue(slot, entry.issued))
    }

    /// All of a shard was given out. Gives what can be written when nothing of it is under way.
    pub(super) fn ended(&self, slot: i32, children: Vec<Shard>) -> Option<Progress> {
        let mut state = self.state();
        let entry = state.entries.get_mut(&slot)?;
        entry.children = Some(children);
        entry.end()
    }

    /// What became done since the last call.
    pub(super) fn progress(&self) -> Vec<Progress> {
        let mut all = Vec::new();
        for (slot, done) in self.ledger.take_ready() {
            let mut state = self.state();
            let Some(entry) = state.entries.get_mut(&slot) else {
                continue;
            };
            let mut reached = None;
            while entry
                .open
                .front()
                .is_some_and(|(number, _)| *number <= done)
            {
                reached = entry.open.pop_front();
            }
            let end = entry.end();
            let upto = reached.map(|(_, (number, sub))| {
                let tenure = entry.tenure.clone();
                Progress::Upto(tenure, number, sub)
            });
            all.extend(upto);
            all.extend(end);
        }
        all
    }

    /// The shards that are ours.
    pub(super) fn shards(&self) -> Vec<String> {
        let state = self.state();
        let tenures = state.entries.values().map(|entry| &entry.tenure);
        tenures.map(|tenure| tenure.shard.to_string()).collect()
    }

    /// How many shards are ours.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.state().entries.len()
    }
}

impl Entry {
    fn end(&mut self) -> Option<Progress> {
        if !self.open.is_empty() {
            return None;
        }
        let children = self.children.take()?;
        Some(Progress::End(self.tenure.clone(), children))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(number: u128) -> Place {
        (number.into(), 0)
    }

    fn upto(epoch: u64, number: u128) -> Progress {
        Progress::Upto(tenure(epoch), number.into(), 0)
    }

    fn tenure(epoch: u64) -> Tenure {
        Tenure {
            shard: "shardId-000000000000".into(),
            epoch,
        }
    }

    #[test]
    fn positions_are_reached_in_order_and_the_end_comes_last() {
        let book = Book::new(Ledger::new());
        let slot = book.begin(tenure(1));
        let [a, b, c] = [10, 20, 30].map(|number| book.issue(slot, at(number)).unwrap());
        b.settle();
        assert_eq!(book.progress(), []);
        a.settle();
        assert_eq!(book.progress(), [upto(1, 20)]);
        assert_eq!(book.ended(slot, Vec::new()), None);
        c.settle();
        assert_eq!(
            book.progress(),
            [upto(1, 30), Progress::End(tenure(1), Vec::new())]
        );
        assert_eq!(book.progress(), []);
    }

    #[test]
    fn a_shard_without_anything_under_way_ends_at_once() {
        let book = Book::new(Ledger::new());
        let slot = book.begin(tenure(1));
        assert_eq!(
            book.ended(slot, Vec::new()),
            Some(Progress::End(tenure(1), Vec::new()))
        );
    }

    #[test]
    fn after_a_tenure_nothing_is_given_out_or_written_for_it() {
        let ledger = Ledger::new();
        let book = Book::new(Arc::clone(&ledger));
        let old = book.begin(tenure(1));
        let [a, b] = [10, 20].map(|number| book.issue(old, at(number)).unwrap());
        a.settle();
        assert_eq!(book.end(&tenure(1)), Some(old));
        assert_eq!(book.end(&tenure(1)), None);
        assert!(!b.is_current());
        b.settle();
        assert!(book.issue(old, at(30)).is_none());
        assert_eq!(book.ended(old, Vec::new()), None);
        // the shard comes back
        let new = book.begin(tenure(2));
        assert_ne!(new, old);
        book.issue(new, at(15)).unwrap().settle();
        assert_eq!(book.progress(), [upto(2, 15)]);
        assert_eq!((book.len(), ledger.open(None)), (1, 0));
    }
}
