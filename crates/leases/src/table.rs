//! What the last look at the table said, and since when.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crate::lease::Lease;
use crate::shard::{HashRange, hole};

/// A lease as last seen.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub lease: Arc<Lease>,
    /// When its counter was seen to be another one for the last time; of a lease that was owned when it was
    /// first seen, that moment.
    changed: Duration,
}

impl Row {
    /// Whether its owner is gone: there is none, or the counter stood still for the failover time.
    pub fn is_expired(&self, looked: Duration, failover: Duration) -> bool {
        self.lease.owner.is_none() || self.stood_still(looked) > failover
    }

    /// How long its counter stood still.
    pub fn stood_still(&self, looked: Duration) -> Duration {
        looked.saturating_sub(self.changed)
    }
}

/// All leases as last seen, by key.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
    /// When the last look began: rows are at least as new as this.
    pub looked: Duration,
    /// When the last look ended; none before the first.
    pub seen: Option<Duration>,
}

impl Table {
    /// Takes in a complete look at the table that took from `began` to `now`. When the one before is older
    /// than `blind`, nothing is known about counters that stand still: their owners may have been as unable
    /// to write as this worker was to read, and get the failover time from now on.
    pub fn update(
        &mut self,
        mut leases: Vec<Arc<Lease>>,
        began: Duration,
        now: Duration,
        blind: Duration,
    ) {
        leases.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let is_blind = self
            .seen
            .is_none_or(|seen| now.saturating_sub(seen) > blind);
        let mut before = std::mem::take(&mut self.rows).into_iter().peekable();
        let rows = leases.into_iter().map(|lease| {
            while before.next_if(|row| row.lease.key < lease.key).is_some() {}
            let same = before.next_if(|row| row.lease.key == lease.key);
            let changed = match same {
                // a look may be out of date: a lower counter says nothing new
                Some(row) if row.lease.counter >= lease.counter && !is_blind => row.changed,
                _ => now,
            };
            Row { lease, changed }
        });
        self.rows = rows.collect();
        self.looked = began;
        self.seen = Some(now);
    }

    /// Takes in one row that was read on its own.
    pub fn update_row(&mut self, lease: &Arc<Lease>, now: Duration) {
        if let Ok(place) = self.place(&lease.key)
            && let Some(row) = self.rows.get_mut(place)
            && row.lease.counter <= lease.counter
        {
            if row.lease.counter < lease.counter {
                row.changed = now;
            }
            row.lease = Arc::clone(lease);
        }
    }

    fn place(&self, key: &str) -> Result<usize, usize> {
        self.rows.binary_search_by(|row| (*row.lease.key).cmp(key))
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub fn get(&self, key: &str) -> Option<&Arc<Lease>> {
        let row = self.rows.get(self.place(key).ok()?)?;
        Some(&row.lease)
    }

    /// Whether a lease has an owner that was seen to renew it.
    pub fn is_alive(&self, key: &str, failover: Duration) -> bool {
        let row = self.place(key).ok().and_then(|place| self.rows.get(place));
        row.is_some_and(|row| !row.is_expired(self.looked, failover))
    }

    /// How many workers own leases that have not expired.
    pub fn owners(&self, failover: Duration) -> BTreeMap<&str, usize> {
        // in order at the end only: with a thousand workers this is most of the work of a look
        let mut owners: HashMap<&str, usize> = HashMap::new();
        for row in &self.rows {
            if let Some(owner) = row.lease.owner.as_deref()
                && !row.is_expired(self.looked, failover)
            {
                *owners.entry(owner).or_default() += 1;
            }
        }
        owners.into_iter().collect()
    }

    /// The first stretch of hash keys for which there is no lease that is not finished.
    pub fn hole(&self) -> Option<HashRange> {
        let open = self.rows.iter().filter(|row| !row.lease.is_finished());
        hole(open.filter_map(|row| row.lease.hash_range))
    }

    /// Whether hash keys of some lease are not known (tables of old versions of KCL).
    pub fn lacks_ranges(&self) -> bool {
        self.rows
            .iter()
            .any(|row| row.lease.hash_range.is_none() && !row.lease.is_finished())
    }
}
