//! Answers to requests.

use std::sync::Arc;
use std::time::Duration;

use super::{LeaseEngine, Phase, Request, Take};
use crate::event::RequestId;
use crate::held::{Held, Stage};
use crate::lease::Lease;
use crate::shard::{Shard, ShardId};
use crate::store::{ListError, Op, Reply, StoreError};

/// Attempts to take a lease when the store is busy or the row moved.
const TAKE_TRIES: u32 = 3;

impl LeaseEngine {
    /// Takes in the answer to an [`Action::Store`](crate::Action::Store). Every such action must be answered
    /// once; an answer that does not come in time is [`StoreError::Unknown`].
    pub fn stored(&mut self, now: Duration, id: RequestId, result: Result<Reply, StoreError>) {
        if let Err(error) = &result {
            self.counts.failed(error);
        }
        match self.requests.remove(&id) {
            Some(Request::Scan { began }) => self.looked(now, began, result),
            Some(Request::Take(take)) => self.taken(now, take, result),
            Some(Request::Write {
                key,
                epoch,
                sent,
                write,
            }) => self.written(now, (key, epoch, sent), &write, result),
            Some(Request::Reread { key, epoch }) => self.was_reread(now, &key, epoch, result),
            Some(Request::Parent { key, epoch }) => self.parent_read(now, &key, epoch, result),
            Some(Request::Ending { key, epoch }) => self.end_step_done(now, &key, epoch, result),
            Some(Request::Create(lease)) => self.created(now, id, lease, &result),
            Some(Request::Aside) => {
                if let Ok(Reply::Row(Some(row))) = result {
                    if self.is_ours(&row) {
                        self.learn(now, &Arc::clone(&row.key), row);
                    } else {
                        self.table.update_row(&row, now);
                    }
                }
            }
            Some(Request::List(_)) | None => debug_assert!(false, "no request to the store"),
        }
    }

    /// Takes in the answer to an [`Action::List`](crate::Action::List).
    pub fn listed(&mut self, now: Duration, id: RequestId, result: Result<Vec<Shard>, ListError>) {
        match self.requests.remove(&id) {
            Some(Request::List(filter)) => self.shards_listed(now, filter, result),
            _ => debug_assert!(false, "no listing"),
        }
    }

    /// Asks for a lease: one of others is taken, one that carries our name already is renewed.
    pub(super) fn take(&mut self, now: Duration, seen: Arc<Lease>, tries: u32) {
        let op = Op::Take {
            key: Arc::clone(&seen.key),
            counter: seen.counter,
            from: seen.owner.clone(),
            owner: Arc::clone(&self.settings.worker),
            session: Arc::clone(&self.settings.session),
        };
        let key = Arc::clone(&seen.key);
        let is_theft = self.table.is_alive(&key, self.settings.failover);
        let take = Take {
            seen,
            is_theft,
            sent: now,
            tries,
        };
        let id = self.store(op, Request::Take(take));
        self.taking.insert(key, id);
    }

    pub(super) fn take_again(&mut self, now: Duration) {
        let (ready, later) = std::mem::take(&mut self.again)
            .into_iter()
            .partition(|(at, _)| now >= *at);
        self.again = later;
        let ready: Vec<(Duration, Take)> = ready;
        for (_, take) in ready {
            if self.phase == Phase::Running && !self.held.contains_key(&take.seen.key) {
                self.take(now, take.seen, take.tries + 1);
            } else {
                self.taking.remove(&take.seen.key);
            }
        }
    }

    fn taken(&mut self, now: Duration, take: Take, result: Result<Reply, StoreError>) {
        let key = Arc::clone(&take.seen.key);
        self.taking.remove(&key);
        match result {
            Ok(Reply::Row(Some(row))) => self.hold(row, take.sent),
            Ok(_) => {}
            Err(StoreError::Conflict(row)) => {
                let Some(row) = row else { return };
                self.table.update_row(&row, now);
                if self.is_ours(&row) {
                    // an earlier attempt was done after all; when is not known, so it counts from the look
                    // at the table
                    self.hold(row, self.table.looked);
                } else if take.is_theft
                    && row.owner == take.seen.owner
                    && take.tries < TAKE_TRIES
                    && self.phase == Phase::Running
                {
                    self.take(now, row, take.tries + 1);
                }
            }
            Err(StoreError::Throttled(_) | StoreError::Unknown(_)) => {
                if take.tries < TAKE_TRIES && self.phase == Phase::Running {
                    let pause = self.pause(take.tries);
                    self.taking.insert(key, RequestId(0));
                    self.again.push((now + pause, take));
                }
            }
        }
    }

    /// A lease is ours since a write that was sent then.
    fn hold(&mut self, row: Arc<Lease>, sent: Duration) {
        self.epochs += 1;
        let interval = self.settings.renew_interval();
        let due = sent + interval / 2 + self.random.up_to(interval / 2);
        let mut held = Held::new(Arc::clone(&row), self.epochs, sent, due);
        held.leaving = self.phase >= Phase::Releasing;
        self.table.update_row(&row, sent);
        self.held.insert(Arc::clone(&row.key), held);
    }

    fn parent_read(
        &mut self,
        now: Duration,
        key: &ShardId,
        epoch: u64,
        result: Result<Reply, StoreError>,
    ) {
        let pause = self.pause(3);
        let Some(held) = self.held.get_mut(key).filter(|held| held.epoch == epoch) else {
            return;
        };
        let Stage::Waiting {
            next,
            left,
            blocked,
        } = &mut held.stage
        else {
            return;
        };
        *left = left.saturating_sub(1);
        match &result {
            // a parent without a lease does not hold its children up
            Ok(Reply::Row(row)) => *blocked |= row.as_ref().is_some_and(|row| !row.is_finished()),
            _ => {
                *blocked = true;
                *next = (now + pause).min(*next);
            }
        }
        let starts = *left == 0 && !*blocked && self.phase == Phase::Running;
        if let Ok(Reply::Row(Some(row))) = &result {
            self.table.update_row(row, now);
        }
        if starts {
            self.start(key);
        }
    }
}
