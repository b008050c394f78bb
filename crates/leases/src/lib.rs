//! Shard leases as the Kinesis Client Library (1.14 and 2.x) keeps them in a table, so that workers of both
//! kinds share one stream.
//!
//! [`LeaseEngine`] is a state machine without input or output: it is told the time and the answers to
//! its requests, and says what to do ([`Action`]). A driver carries requests out on a [`Store`] (the
//! table) and on [`Shards`] (the stream), and hands [`Event`]s to whoever reads the shards:
//!
//! - [`Event::Acquired`]: read this shard from there;
//! - [`Event::Lost`]: stop at once;
//! - the reader calls `checkpoint` when everything up to a record is durable, `shard_ended` when all of a
//!   closed shard is, and `release_all` when it leaves.
//!
//! Time is a [`Duration`](std::time::Duration) since any fixed moment of the worker's own monotonic clock.
//! The clocks of two workers are never compared: a lease has expired when its counter stood still for the
//! failover time by the observer's clock.

mod balance;
mod counts;
mod engine;
mod event;
mod held;
mod lease;
mod memory;
mod position;
mod random;
mod settings;
mod shard;
mod store;
mod sync;
mod table;

pub use counts::Counts;
pub use engine::LeaseEngine;
pub use event::{Action, Event, NotHeld, RequestId};
pub use lease::Lease;
pub use memory::{MemoryStore, MemoryTable};
pub use position::{BadPosition, InitialPosition, Position, SequenceNumber};
pub use random::Random;
pub use settings::Settings;
pub use shard::{HashRange, Shard, ShardFilter, ShardId, hole};
pub use store::{ListError, Op, Reply, Shards, Store, StoreError};
