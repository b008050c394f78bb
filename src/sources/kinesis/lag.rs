//! How far behind each shard is.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use leases::ShardId;

/// The time between the last record that was read of each of our shards and its end, as the service
/// tells it.
#[derive(Debug, Default)]
pub struct Lags(Mutex<BTreeMap<ShardId, i64>>);

impl Lags {
    fn map(&self) -> MutexGuard<'_, BTreeMap<ShardId, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, shard: &ShardId, millis: i64) {
        let mut map = self.map();
        match map.get_mut(shard) {
            Some(known) => *known = millis,
            None => {
                map.insert(shard.clone(), millis);
            }
        }
    }

    pub(super) fn forget(&self, shard: &ShardId) {
        self.map().remove(shard);
    }

    /// Milliseconds by shard.
    pub fn by_shard(&self) -> BTreeMap<ShardId, i64> {
        self.map().clone()
    }

    /// Of the shard that is furthest behind.
    pub fn most(&self) -> Option<i64> {
        self.map().values().copied().max()
    }
}
