//! Writes to the rows of held leases: renewals, positions, and giving back.

use std::sync::Arc;
use std::time::Duration;

use super::{LeaseEngine, Phase, Request};
use crate::event::Event;
use crate::held::{Held, Stage};
use crate::lease::Lease;
use crate::position::Position;
use crate::shard::ShardId;
use crate::store::{Op, Reply, StoreError};

/// A write to the row of a held lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Write {
    Renew,
    Checkpoint(Position),
    Evict,
    Delete,
}

impl LeaseEngine {
    /// When the next write of a lease is due.
    pub(super) fn write_at(&self, held: &Held) -> Duration {
        if held.failures > 0 {
            return held.due;
        }
        if held.leaving || held.ends() || held.delete {
            return Duration::ZERO;
        }
        match held.unwritten() {
            None => held.due,
            Some(_) if self.phase != Phase::Running => Duration::ZERO,
            Some(_) => held
                .due
                .min(held.checkpointed + self.settings.checkpoint_interval),
        }
    }

    fn next_write(&self, held: &Held) -> Write {
        if held.ends() {
            return Write::Checkpoint(Position::ShardEnd);
        }
        match held.unwritten() {
            Some(position) => Write::Checkpoint(position.clone()),
            None if held.leaving => Write::Evict,
            None if held.delete => Write::Delete,
            None => Write::Renew,
        }
    }

    /// Sends all writes that are due; at most one for each lease is under way.
    pub(super) fn write_held(&mut self, now: Duration) {
        let due = self
            .held
            .iter()
            .filter(|(_, held)| held.busy.is_none() && now >= self.write_at(held))
            .map(|(key, held)| {
                (
                    Arc::clone(key),
                    held.epoch,
                    held.lease.counter,
                    self.next_write(held),
                )
            });
        for (key, epoch, counter, write) in due.collect::<Vec<_>>() {
            let owner = Arc::clone(&self.settings.worker);
            let session = Arc::clone(&self.settings.session);
            let op = match write.clone() {
                Write::Renew => Op::Renew {
                    key: Arc::clone(&key),
                    counter,
                    owner,
                    session,
                },
                Write::Checkpoint(position) => Op::Checkpoint {
                    key: Arc::clone(&key),
                    counter,
                    owner,
                    session,
                    position,
                },
                Write::Evict => Op::Evict {
                    key: Arc::clone(&key),
                    counter,
                    owner,
                },
                Write::Delete => Op::Delete {
                    key: Arc::clone(&key),
                    counter,
                    owner,
                },
            };
            let request = Request::Write {
                key: Arc::clone(&key),
                epoch,
                sent: now,
                write,
            };
            let id = self.store(op, request);
            if let Some(held) = self.held.get_mut(&key) {
                held.busy = Some(id);
            }
        }
    }

    pub(super) fn written(
        &mut self,
        now: Duration,
        (key, epoch, sent): (ShardId, u64, Duration),
        write: &Write,
        result: Result<Reply, StoreError>,
    ) {
        let pause = self.pause(self.held.get(&key).map_or(0, |held| held.failures));
        // of a tenure that is over
        let Some(held) = self.held.get_mut(&key).filter(|held| held.epoch == epoch) else {
            return;
        };
        held.busy = None;
        match result {
            Ok(reply) => {
                held.failures = 0;
                held.renewed = held.renewed.max(sent);
                held.due = sent + self.settings.renew_interval();
                match (write, reply) {
                    (Write::Evict | Write::Delete, _) => {
                        self.held.remove(&key);
                    }
                    (_, Reply::Row(Some(row))) => {
                        if matches!(write, Write::Checkpoint(_)) {
                            held.checkpointed = sent;
                        }
                        self.learn(now, &key, row);
                    }
                    // a store that does not show the row: read it
                    _ => self.reread(key, epoch),
                }
            }
            Err(StoreError::Conflict(Some(row))) => self.judge(now, &key, Some(row)),
            Err(StoreError::Conflict(None)) => self.reread(key, epoch),
            Err(StoreError::Throttled(_) | StoreError::Unknown(_)) => {
                held.failures += 1;
                held.due = now + pause;
            }
        }
    }

    fn reread(&mut self, key: ShardId, epoch: u64) {
        let op = Op::Get {
            key: Arc::clone(&key),
        };
        let request = Request::Reread {
            key: Arc::clone(&key),
            epoch,
        };
        let id = self.store(op, request);
        if let Some(held) = self.held.get_mut(&key) {
            held.busy = Some(id);
        }
    }

    pub(super) fn was_reread(
        &mut self,
        now: Duration,
        key: &ShardId,
        epoch: u64,
        result: Result<Reply, StoreError>,
    ) {
        let pause = self.pause(2);
        let Some(held) = self.held.get_mut(key).filter(|held| held.epoch == epoch) else {
            return;
        };
        held.busy = None;
        match result {
            Ok(Reply::Row(row)) => self.judge(now, key, row),
            // the next write finds out
            _ => {
                held.failures += 1;
                held.due = now + pause;
            }
        }
    }

    /// After a write that did not go through: the row as it is says whose the lease is. An earlier write
    /// may have been done without an answer, so a row that this very process wrote last is still ours.
    fn judge(&mut self, now: Duration, key: &ShardId, row: Option<Arc<Lease>>) {
        match row {
            Some(row) if self.is_ours(&row) => {
                let pause = self.pause(2);
                if let Some(held) = self.held.get_mut(key) {
                    let is_new = row.counter > held.lease.counter;
                    held.failures = if is_new { 0 } else { held.failures + 1 };
                    held.due = if is_new { now } else { now + pause };
                }
                self.learn(now, key, row);
            }
            Some(row) => {
                self.lose(key);
                self.table.update_row(&row, now);
                self.hand_over(&row);
            }
            None => self.lose(key),
        }
    }

    /// Whether this process wrote a row last.
    pub(super) fn is_ours(&self, row: &Lease) -> bool {
        row.is_owned_by(&self.settings.worker)
            && row.session.as_ref() == Some(&self.settings.session)
    }

    /// A worker of KCL 3.x waits for us before it reads what was ours: nothing more comes.
    pub(super) fn hand_over(&mut self, row: &Lease) {
        if row.checkpoint_owner.as_ref() == Some(&self.settings.worker)
            && !row.is_owned_by(&self.settings.worker)
        {
            let op = Op::HandOver {
                key: Arc::clone(&row.key),
                owner: Arc::clone(&self.settings.worker),
            };
            self.store(op, Request::Aside);
        }
    }

    /// Takes in the row of a held lease as this process wrote it.
    pub(super) fn learn(&mut self, now: Duration, key: &ShardId, row: Arc<Lease>) {
        self.table.update_row(&row, now);
        let Some(held) = self.held.get_mut(key) else {
            return;
        };
        if row.counter < held.lease.counter {
            return;
        }
        let ended = row.is_finished() && !held.lease.is_finished();
        held.lease = row;
        if !ended {
            return;
        }
        let epoch = held.epoch;
        let told = held.is_told();
        held.stage = Stage::Finished;
        held.look = now;
        if told {
            self.tell(Event::Ended {
                shard: Arc::clone(key),
                epoch,
            });
        }
        // its children may wait here
        for other in self.held.values_mut() {
            if let Stage::Waiting { next, .. } = &mut other.stage
                && other.lease.parents.contains(key)
            {
                *next = now;
            }
        }
    }
}
