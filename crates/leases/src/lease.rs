//! A row of the lease table.

use std::sync::Arc;

use crate::position::Position;
use crate::shard::{HashRange, Shard, ShardId};

/// A row of the lease table: who reads a shard, and how far it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The shard (`leaseKey`).
    pub key: ShardId,
    /// Who reads it (`leaseOwner`); nobody when absent.
    pub owner: Option<Arc<str>>,
    /// Grows with every take, renewal, checkpoint and eviction (`leaseCounter`): a row whose counter stands
    /// still has a dead owner.
    pub counter: u64,
    /// How often it changed hands since the last checkpoint (`ownerSwitchesSinceCheckpoint`).
    pub owner_switches: u64,
    /// How far reading came (`checkpoint`, `checkpointSubSequenceNumber`).
    pub checkpoint: Position,
    /// The shards that it came from, sorted (`parentShardId`, a set).
    pub parents: Vec<ShardId>,
    /// The shards that came of it, sorted (`childShardIds`); known after its end.
    pub children: Vec<ShardId>,
    /// Its hash keys (`startingHashKey`, `endingHashKey`); absent in tables of old versions of KCL.
    pub hash_range: Option<HashRange>,
    /// The former owner that may still write checkpoints, in a hand-over of KCL 3.x (`checkpointOwner`).
    pub checkpoint_owner: Option<Arc<str>>,
    /// Which process of the owner wrote last (`snowmeltSession`, an attribute that KCL does not know and
    /// leaves alone): tells writes of this process from those of an earlier one of the same name.
    pub session: Option<Arc<str>>,
}

impl Lease {
    /// The row that a new lease starts with.
    pub fn new(shard: &Shard, checkpoint: Position) -> Lease {
        let mut parents = shard.parents.clone();
        parents.sort_unstable();
        parents.dedup();
        Lease {
            key: Arc::clone(&shard.id),
            owner: None,
            counter: 0,
            owner_switches: 0,
            checkpoint,
            parents,
            children: Vec::new(),
            hash_range: shard.hash_range,
            checkpoint_owner: None,
            session: None,
        }
    }

    /// Whether its shard is read to the end.
    pub fn is_finished(&self) -> bool {
        self.checkpoint == Position::ShardEnd
    }

    /// Whether this worker owns it.
    pub fn is_owned_by(&self, worker: &str) -> bool {
        self.owner.as_deref() == Some(worker)
    }
}
