//! What the engine asks of the table, and what may come of it.

use std::future::Future;
use std::sync::Arc;

use crate::lease::Lease;
use crate::position::Position;
use crate::shard::{HashRange, Shard, ShardFilter, ShardId};

/// One request to the table. Each changes at most one row, under a condition that the store checks in one
/// step with the change; attributes that are not named stay as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// All leases. May be slightly out of date. Rows of other kinds (an `entityType` that is not `LEASE`)
    /// are left out.
    Scan,
    /// One row, as it is now (a consistent read).
    Get {
        /// Which.
        key: ShardId,
    },
    /// A new row, if there is none of this key.
    Create {
        /// The row.
        lease: Box<Lease>,
    },
    /// Makes a lease ours if its counter and owner are as seen: counter + 1, `owner_switches` + 1 if it was
    /// somebody else's, `checkpoint_owner` removed.
    Take {
        /// Which.
        key: ShardId,
        /// The counter in the row that was seen.
        counter: u64,
        /// The owner in the row that was seen.
        from: Option<Arc<str>>,
        /// Who takes it.
        owner: Arc<str>,
        /// This process.
        session: Arc<str>,
    },
    /// Counter + 1, if counter and owner are as given.
    Renew {
        /// Which.
        key: ShardId,
        /// The counter that it must have.
        counter: u64,
        /// The owner that it must have.
        owner: Arc<str>,
        /// This process.
        session: Arc<str>,
    },
    /// The new position, counter + 1, `owner_switches` 0, pending checkpoints removed, if counter and owner
    /// are as given.
    Checkpoint {
        /// Which.
        key: ShardId,
        /// The counter that it must have.
        counter: u64,
        /// The owner that it must have.
        owner: Arc<str>,
        /// This process.
        session: Arc<str>,
        /// Everything up to here is done.
        position: Position,
    },
    /// The shards that came of it, if the row exists; the counter stays.
    SetChildren {
        /// Which.
        key: ShardId,
        /// All of them; not empty.
        children: Vec<ShardId>,
    },
    /// The hash keys, if the row exists; the counter stays.
    SetHashRange {
        /// Which.
        key: ShardId,
        /// Both ends.
        range: HashRange,
    },
    /// Removes the owner, counter + 1, if counter and owner are as given.
    Evict {
        /// Which.
        key: ShardId,
        /// The counter that it must have.
        counter: u64,
        /// The owner that it must have.
        owner: Arc<str>,
    },
    /// Ends our part in a hand-over of KCL 3.x: removes `checkpoint_owner`, counter + 1, if it is us.
    HandOver {
        /// Which.
        key: ShardId,
        /// Who must be `checkpoint_owner`.
        owner: Arc<str>,
    },
    /// Removes a row that is at the end of its shard, if counter and owner are as given.
    Delete {
        /// Which.
        key: ShardId,
        /// The counter that it must have.
        counter: u64,
        /// The owner that it must have.
        owner: Arc<str>,
    },
}

impl Op {
    /// The row that it is about; `None` for a scan.
    pub fn key(&self) -> Option<&ShardId> {
        match self {
            Op::Scan => None,
            Op::Create { lease } => Some(&lease.key),
            Op::Get { key }
            | Op::Take { key, .. }
            | Op::Renew { key, .. }
            | Op::Checkpoint { key, .. }
            | Op::SetChildren { key, .. }
            | Op::SetHashRange { key, .. }
            | Op::Evict { key, .. }
            | Op::HandOver { key, .. }
            | Op::Delete { key, .. } => Some(key),
        }
    }
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Of a scan: all leases, in any order.
    Leases(Vec<Arc<Lease>>),
    /// Of a read, the row if there is one; of a change, the row after it (none after a removal).
    Row(Option<Arc<Lease>>),
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The condition did not hold, nothing was changed. With the row as it is, if the store knows it and
    /// there is one.
    #[error("the lease is not as it was")]
    Conflict(Option<Arc<Lease>>),
    /// The store refused it for now, nothing was changed.
    #[error("refused for now: {0}")]
    Throttled(String),
    /// Whether it was done is not known: no answer, or one that does not say.
    #[error("not known whether it was done: {0}")]
    Unknown(String),
}

/// The lease table.
pub trait Store: Send + Sync + 'static {
    /// Carries out one request, with no retries that could hide whether an earlier one was done. Must end
    /// in bounded time.
    fn run(&self, op: Op) -> impl Future<Output = Result<Reply, StoreError>> + Send;
}

/// Why shards could not be listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot list the shards: {0}")]
pub struct ListError(pub String);

/// The stream, as far as leases need it.
pub trait Shards: Send + Sync + 'static {
    /// All shards that pass the filter; one complete listing over all pages.
    fn list(
        &self,
        filter: ShardFilter,
    ) -> impl Future<Output = Result<Vec<Shard>, ListError>> + Send;
}
