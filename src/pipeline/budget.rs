//! A limit of bytes under way: what is read waits when it is used up, whatever the size of records.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The limit, shared by all stages.
#[derive(Debug)]
pub struct Budget {
    limit: usize,
    used: Mutex<usize>,
    freed: Condvar,
}

/// Bytes that are taken from a budget until this is dropped.
#[derive(Debug)]
pub struct Share {
    budget: Arc<Budget>,
    bytes: usize,
}

/// What a batch costs beside its bytes.
const LEAST: usize = 4096;

impl Budget {
    /// A limit in bytes.
    pub fn new(limit: usize) -> Arc<Budget> {
        Arc::new(Budget {
            limit,
            used: Mutex::new(0),
            freed: Condvar::new(),
        })
    }

    fn used(&self) -> MutexGuard<'_, usize> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes that are taken now, and the limit.
    pub fn state(&self) -> (usize, usize) {
        (*self.used(), self.limit)
    }

    /// The most shares there can be at a time while every one is taken after [`Budget::wait`].
    pub fn most_shares(&self) -> usize {
        self.limit / LEAST + 1
    }

    /// Waits at most so long until something is free; says whether something is.
    pub fn wait(&self, at_most: Duration) -> bool {
        let full = |used: &mut usize| *used >= self.limit;
        let waited = self.freed.wait_timeout_while(self.used(), at_most, full);
        let (mut used, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !full(&mut used)
    }

    /// Takes bytes, also beyond the limit: what was read must be carried.
    pub fn take(self: &Arc<Self>, bytes: usize) -> Share {
        let bytes = bytes.max(LEAST);
        *self.used() += bytes;
        Share {
            budget: Arc::clone(self),
            bytes,
        }
    }
}

impl Share {
    /// The batch has another size now.
    pub fn resize(&mut self, bytes: usize) {
        let bytes = bytes.max(LEAST);
        let mut used = self.budget.used();
        *used = (*used + bytes).saturating_sub(self.bytes);
        self.bytes = bytes;
        drop(used);
        self.budget.freed.notify_all();
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut used = self.budget.used();
        *used = used.saturating_sub(self.bytes);
        drop(used);
        self.budget.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_full_until_shares_are_given_back() {
        let budget = Budget::new(10_000);
        let mut a = budget.take(1);
        let b = budget.take(9_000);
        assert!(!budget.wait(Duration::ZERO));
        drop(b);
        assert!(budget.wait(Duration::ZERO));
        a.resize(20_000);
        assert!(!budget.wait(Duration::ZERO));
        drop(a);
        assert_eq!(*budget.used(), 0);
    }
}
