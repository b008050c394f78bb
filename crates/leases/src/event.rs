//! What the engine asks to be done, and what it tells the source.

use crate::position::Position;
use crate::shard::{HashRange, ShardFilter, ShardId};
use crate::store::Op;

/// Tells an answer which request it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// Something to do for the engine, in this order; requests may be carried out side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Carry this out and hand the answer to `LeaseEngine::stored`.
    Store(RequestId, Op),
    /// List the shards and hand the answer to `LeaseEngine::listed`.
    List(RequestId, ShardFilter),
    /// Tell the source.
    Tell(Event),
}

/// What the source has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A shard is ours, its parents are done: read it from `position`.
    Acquired {
        /// Which.
        shard: ShardId,
        /// Where to go on: behind this record, or at the start that a sentinel stands for. Never
        /// [`Position::ShardEnd`].
        position: Position,
        /// Names this tenure; a later one of the same shard has a greater number.
        epoch: u64,
        /// The hash keys of the shard, if the table has them.
        hash_range: Option<HashRange>,
    },
    /// A shard is not ours any more: stop reading it and let nothing more of it out. What is under way may
    /// be done again by its next owner.
    Lost {
        /// Which.
        shard: ShardId,
        /// The tenure that ended.
        epoch: u64,
    },
    /// After `LeaseEngine::shard_ended`: the end is in the table, the
    /// tenure is over.
    Ended {
        /// Which.
        shard: ShardId,
        /// The tenure that ended.
        epoch: u64,
    },
    /// After `LeaseEngine::release_all`: nothing is held any more.
    Released,
}

/// A call of the source came for a tenure that is over: drop what belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lease is not held any more")]
pub struct NotHeld;
