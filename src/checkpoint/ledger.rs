//! The book of what is under way: positions are committed only over a prefix without gaps.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::receipt::Receipt;

/// What is under way, by partition. A lock is taken once a batch, never for a record.
#[derive(Debug, Default)]
pub struct Ledger {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    partitions: BTreeMap<i32, Partition>,
    leases: u64,
    abandoned: u64,
}

/// One assignment of a partition.
#[derive(Debug)]
struct Partition {
    lease: u64,
    issued: u64,
    /// Issued and not yet part of the prefix: where each ends, and whether it is settled.
    open: VecDeque<(i64, bool)>,
    /// Everything before this position is durable.
    done: Option<i64>,
    /// The last position that was handed out for a commit.
    taken: Option<i64>,
}

impl Ledger {
    /// An empty book.
    pub fn new() -> Arc<Ledger> {
        Arc::default()
    }

    // a panic while the lock is held cannot leave the book half changed: every change is one step
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A receipt for the next records of a partition; `next` is the position behind their last. Positions
    /// of one partition must be issued in order.
    pub fn issue(self: &Arc<Self>, partition: i32, next: i64) -> Receipt {
        let mut state = self.state();
        let State {
            partitions, leases, ..
        } = &mut *state;
        let entry = partitions.entry(partition).or_insert_with(|| {
            *leases += 1;
            Partition {
                lease: *leases,
                issued: 0,
                open: VecDeque::new(),
                done: None,
                taken: None,
            }
        });
        debug_assert!(
            entry.open.back().is_none_or(|(last, _)| *last < next),
            "positions are issued in order"
        );
        entry.open.push_back((next, false));
        let number = entry.issued;
        entry.issued += 1;
        Receipt::new(Arc::clone(self), partition, entry.lease, number)
    }

    pub(super) fn settle(&self, partition: i32, lease: u64, number: u64) {
        let mut state = self.state();
        // of an assignment that is over: somebody else does these records again
        let Some(entry) = state
            .partitions
            .get_mut(&partition)
            .filter(|entry| entry.lease == lease)
        else {
            return;
        };
        let first = entry.issued - entry.open.len() as u64;
        let place = number
            .checked_sub(first)
            .and_then(|place| usize::try_from(place).ok());
        if let Some((_, settled)) = place.and_then(|place| entry.open.get_mut(place)) {
            *settled = true;
        }
        while let Some((next, true)) = entry.open.front().copied() {
            entry.done = Some(next);
            entry.open.pop_front();
        }
        self.changed.notify_all();
    }

    pub(super) fn abandon(&self, partition: i32, lease: u64) {
        let mut state = self.state();
        if state
            .partitions
            .get(&partition)
            .is_some_and(|entry| entry.lease == lease)
        {
            state.abandoned += 1;
            self.changed.notify_all();
        }
    }

    /// Positions that may be committed and were not handed out before.
    pub fn take_ready(&self) -> Vec<(i32, i64)> {
        let mut ready = Vec::new();
        for (partition, entry) in &mut self.state().partitions {
            if let Some(done) = entry.done.filter(|_| entry.done != entry.taken) {
                entry.taken = entry.done;
                ready.push((*partition, done));
            }
        }
        ready
    }

    /// A commit failed: all positions may be handed out again.
    pub fn forget_taken(&self) {
        for entry in self.state().partitions.values_mut() {
            entry.taken = None;
        }
    }

    /// The positions that may be committed for some partitions, handed out before or not.
    pub fn done(&self, partitions: &[i32]) -> Vec<(i32, i64)> {
        let state = self.state();
        let done = |partition: &i32| Some((*partition, state.partitions.get(partition)?.done?));
        partitions.iter().filter_map(done).collect()
    }

    /// Ends the assignment of partitions: receipts that are still out have no effect any more.
    pub fn revoke(&self, partitions: &[i32]) {
        let mut state = self.state();
        for partition in partitions {
            state.partitions.remove(partition);
        }
        self.changed.notify_all();
    }

    /// As [`Ledger::revoke`], for every partition.
    pub fn revoke_all(&self) {
        self.state().partitions.clear();
        self.changed.notify_all();
    }

    /// How many receipts of some partitions (all when `None`) are out.
    pub fn open(&self, partitions: Option<&[i32]>) -> usize {
        open(&self.state(), partitions)
    }

    /// Waits until no receipt of these partitions is out any more; false when the time was over before, or
    /// when a receipt was abandoned, which nothing can settle.
    pub fn wait(&self, partitions: Option<&[i32]>, at_most: Duration) -> bool {
        let end = Instant::now() + at_most;
        let mut state = self.state();
        while open(&state, partitions) > 0 {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || state.abandoned > 0 {
                return false;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    /// Whether an assignment of a partition still holds: work under one that is over is done by others.
    pub fn is_current(&self, partition: i32, lease: u64) -> bool {
        self.state()
            .partitions
            .get(&partition)
            .is_some_and(|entry| entry.lease == lease)
    }

    /// How many receipts were dropped without being settled, while their partition was ours.
    pub fn abandoned(&self) -> u64 {
        self.state().abandoned
    }
}

fn open(state: &State, partitions: Option<&[i32]>) -> usize {
    let ours = |partition: &i32| partitions.is_none_or(|list| list.contains(partition));
    state
        .partitions
        .iter()
        .filter(|(partition, _)| ours(partition))
        .map(|(_, entry)| entry.open.len())
        .sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_a_prefix_without_gaps_is_ready_and_only_once() {
        let ledger = Ledger::new();
        let [a, b, c] = [10, 20, 30].map(|next| ledger.issue(0, next));
        let other = ledger.issue(1, 5);
        b.settle();
        assert_eq!(ledger.take_ready(), []);
        a.settle();
        other.settle();
        assert_eq!(ledger.take_ready(), [(0, 20), (1, 5)]);
        assert_eq!(ledger.take_ready(), []);
        ledger.forget_taken();
        assert_eq!(ledger.take_ready(), [(0, 20), (1, 5)]);
        assert_eq!(ledger.open(None), 1);
        c.settle();
        assert_eq!(ledger.take_ready(), [(0, 30)]);
        assert!(ledger.wait(None, Duration::ZERO));
    }

    #[test]
    fn a_receipt_that_is_dropped_stops_its_partition() {
        let ledger = Ledger::new();
        drop(ledger.issue(0, 1));
        ledger.issue(0, 2).settle();
        assert_eq!((ledger.take_ready(), ledger.abandoned()), (vec![], 1));
        assert!(!ledger.wait(Some(&[0]), Duration::from_secs(60)));
    }

    #[test]
    fn receipts_of_an_assignment_that_is_over_have_no_effect() {
        let ledger = Ledger::new();
        let old = ledger.issue(0, 10);
        let dropped = ledger.issue(0, 11);
        ledger.revoke(&[0]);
        let new = ledger.issue(0, 7);
        assert!(new.lease() > old.lease());
        old.settle();
        drop(dropped);
        assert_eq!((ledger.take_ready(), ledger.abandoned()), (vec![], 0));
        new.settle();
        assert_eq!(ledger.done(&[0, 1]), [(0, 7)]);
    }

    #[derive(Debug, Clone)]
    enum Act {
        Issue(i32),
        Settle(usize),
        Drop(usize),
        Commit,
        Revoke(i32),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            6 => (0..3i32).prop_map(Act::Issue),
            6 => any::<usize>().prop_map(Act::Settle),
            1 => any::<usize>().prop_map(Act::Drop),
            2 => Just(Act::Commit),
            1 => (0..3i32).prop_map(Act::Revoke),
        ]
    }

    proptest! {
        /// Whatever happens in whatever order, no commit passes work that is not durable. As with a broker,
        /// a revoked partition goes on from the last commit.
        #[test]
        fn commits_never_pass_unflushed_work(acts in prop::collection::vec(act(), 0..200)) {
            let ledger = Ledger::new();
            let mut out: Vec<(Receipt, i32, i64)> = Vec::new();
            let mut read = [0i64; 3];
            let mut committed = [0i64; 3];
            let mut durable: [std::collections::BTreeSet<i64>; 3] = Default::default();
            for act in acts {
                match act {
                    Act::Issue(p) => {
                        let next = &mut read[p as usize];
                        *next += 1;
                        out.push((ledger.issue(p, *next), p, *next));
                    }
                    Act::Settle(n) if !out.is_empty() => {
                        let (receipt, p, next) = out.swap_remove(n % out.len());
                        durable[p as usize].insert(next);
                        receipt.settle();
                    }
                    Act::Drop(n) if !out.is_empty() => drop(out.swap_remove(n % out.len())),
                    Act::Revoke(p) => {
                        for (p, position) in ledger.done(&[p]) {
                            committed[p as usize] = position;
                        }
                        ledger.revoke(&[p]);
                        read[p as usize] = committed[p as usize];
                    }
                    Act::Commit => {
                        for (p, position) in ledger.take_ready() {
                            committed[p as usize] = position;
                        }
                    }
                    Act::Settle(_) | Act::Drop(_) => {}
                }
                for p in 0..3 {
                    prop_assert!((1..=committed[p]).all(|position| durable[p].contains(&position)));
                }
            }
        }
    }
}
