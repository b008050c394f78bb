//! How often what was done.

use crate::store::{Op, StoreError};

/// Requests of one worker since it began, and what came of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Looks at the whole table.
    pub scans: u64,
    /// Reads of one row.
    pub reads: u64,
    /// Attempts to take a lease.
    pub takes: u64,
    /// Renewals.
    pub renewals: u64,
    /// Positions written.
    pub checkpoints: u64,
    /// All other changes.
    pub others: u64,
    /// Listings of the shards.
    pub listings: u64,
    /// Requests whose condition did not hold.
    pub conflicts: u64,
    /// Requests that were refused for now.
    pub throttled: u64,
    /// Requests of which nobody knows whether they were done.
    pub unknown: u64,
    /// Leases that were lost for whatever reason.
    pub lost: u64,
    /// Of these, leases that could not be renewed in time.
    pub expired: u64,
}

impl Counts {
    pub(crate) fn sent(&mut self, op: &Op) {
        let count = match op {
            Op::Scan => &mut self.scans,
            Op::Get { .. } => &mut self.reads,
            Op::Take { .. } => &mut self.takes,
            Op::Renew { .. } => &mut self.renewals,
            Op::Checkpoint { .. } => &mut self.checkpoints,
            _ => &mut self.others,
        };
        *count += 1;
    }

    pub(crate) fn failed(&mut self, error: &StoreError) {
        let count = match error {
            StoreError::Conflict(_) => &mut self.conflicts,
            StoreError::Throttled(_) => &mut self.throttled,
            StoreError::Unknown(_) => &mut self.unknown,
        };
        *count += 1;
    }

    /// Requests to the table of all kinds.
    pub fn requests(&self) -> u64 {
        self.scans + self.reads + self.takes + self.renewals + self.checkpoints + self.others
    }
}
