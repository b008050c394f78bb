//! The partitions or shards that are read, and how far behind each is.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How far behind a partition is, as far as its source knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lag {
    /// In records.
    pub records: Option<u64>,
    /// In time, milliseconds.
    pub millis: Option<u64>,
}

/// All of them, by name.
#[derive(Debug, Default)]
pub struct Partitions(Mutex<BTreeMap<String, Lag>>);

impl Partitions {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Lag>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, name: String) {
        self.lock().entry(name).or_default();
    }

    pub(super) fn remove(&self, name: &str) {
        self.lock().remove(name);
    }

    /// So many records of a partition are not committed yet; without effect for one that is not read here.
    pub fn lag_records(&self, name: &str, records: u64) {
        if let Some(lag) = self.lock().get_mut(name) {
            lag.records = Some(records);
        }
    }

    /// Reading is so many milliseconds behind the tip of a partition; without effect for one that is not
    /// read here.
    pub fn lag_millis(&self, name: &str, millis: u64) {
        if let Some(lag) = self.lock().get_mut(name) {
            lag.millis = Some(millis);
        }
    }

    /// All that are read now.
    pub fn list(&self) -> Vec<(String, Lag)> {
        self.lock()
            .iter()
            .map(|(name, lag)| (name.clone(), *lag))
            .collect()
    }
}
