//! The engine: what to do, given the time and the answers so far.

mod answers;
mod look;
mod shards;
mod writes;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::counts::Counts;
use crate::event::{Action, Event, NotHeld, RequestId};
use crate::held::{Ending, Held, Stage, Step};
use crate::lease::Lease;
use crate::position::{Position, SequenceNumber};
use crate::random::Random;
use crate::settings::Settings;
use crate::shard::{Shard, ShardFilter, ShardId};
use crate::store::Op;
use crate::table::Table;

use shards::Sync;
use writes::Write;

/// Where a worker is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Running,
    /// Holds what it has.
    Draining,
    /// Gives everything back.
    Releasing,
    Released,
}

/// What a request was for.
#[derive(Debug)]
enum Request {
    Scan {
        began: Duration,
    },
    /// A lease of others, or one that already carries our name.
    Take(Take),
    Write {
        key: ShardId,
        epoch: u64,
        sent: Duration,
        write: Write,
    },
    /// After a conflict that did not show the row.
    Reread {
        key: ShardId,
        epoch: u64,
    },
    /// Whether a parent is done.
    Parent {
        key: ShardId,
        epoch: u64,
    },
    /// A step towards the end of a shard.
    Ending {
        key: ShardId,
        epoch: u64,
    },
    Create(Box<Lease>),
    /// Its answer changes nothing, or only what is known of the row.
    Aside,
    List(ShardFilter),
}

#[derive(Debug)]
struct Take {
    seen: Arc<Lease>,
    /// Its owner is alive, and may have moved the counter since.
    is_theft: bool,
    sent: Duration,
    tries: u32,
}

/// The leases of one worker.
///
/// Whoever drives it calls [`LeaseEngine::poll`] after every other call and when the time of
/// [`LeaseEngine::wake`] has come, and carries out what it says.
#[derive(Debug)]
pub struct LeaseEngine {
    settings: Settings,
    random: Random,
    phase: Phase,
    table: Table,
    held: BTreeMap<ShardId, Held>,
    /// Takes under way.
    taking: BTreeMap<ShardId, RequestId>,
    /// Takes to be tried again.
    again: Vec<(Duration, Take)>,
    requests: BTreeMap<RequestId, Request>,
    numbers: u64,
    epochs: u64,
    scan_at: Duration,
    scan_busy: bool,
    sync: Sync,
    out: Vec<Action>,
    counts: Counts,
}

impl LeaseEngine {
    /// A worker that holds nothing; the same seed and inputs give the same actions.
    pub fn new(settings: Settings, seed: u64) -> LeaseEngine {
        LeaseEngine {
            sync: Sync::new(&settings),
            settings,
            random: Random::seeded(seed),
            phase: Phase::Running,
            table: Table::default(),
            held: BTreeMap::new(),
            taking: BTreeMap::new(),
            again: Vec::new(),
            requests: BTreeMap::new(),
            numbers: 0,
            epochs: 0,
            scan_at: Duration::ZERO,
            scan_busy: false,
            out: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// What is to be done now, in this order. `now` never goes back.
    pub fn poll(&mut self, now: Duration) -> Vec<Action> {
        self.expire(now);
        if self.phase < Phase::Releasing {
            if !self.scan_busy && now >= self.scan_at {
                self.scan_busy = true;
                self.store(Op::Scan, Request::Scan { began: now });
            }
            self.start_waiting(now);
            self.take_again(now);
            self.look_at_finished(now);
            self.sync_shards(now);
        }
        self.end_shards(now);
        self.write_held(now);
        if self.phase == Phase::Releasing && self.held.is_empty() && self.taking.is_empty() {
            self.phase = Phase::Released;
            self.tell(Event::Released);
        }
        std::mem::take(&mut self.out)
    }

    /// When [`LeaseEngine::poll`] must be called at the latest, if nothing else happens before.
    pub fn wake(&self) -> Duration {
        let mut wake = Duration::MAX;
        let mut at = |time: Duration| wake = wake.min(time);
        if self.phase < Phase::Releasing {
            if !self.scan_busy {
                at(self.scan_at);
            }
            self.again.iter().for_each(|(time, _)| at(*time));
        }
        if self.phase == Phase::Running {
            at(self.sync.wake());
        }
        for held in self.held.values() {
            at(held.renewed + self.settings.failover);
            if held.busy.is_none() {
                at(self.write_at(held));
            }
            match &held.stage {
                Stage::Waiting { next, left: 0, .. } if self.phase == Phase::Running => at(*next),
                Stage::Ending(ending) if ending.busy.is_none() && ending.step != Step::End => {
                    at(ending.next);
                }
                Stage::Finished if self.phase == Phase::Running => at(held.look),
                _ => {}
            }
        }
        wake
    }

    /// Everything of this shard up to this record is durable: to be written with one of the next requests.
    /// Positions behind one that is known already change nothing.
    ///
    /// # Errors
    /// When the tenure is over.
    pub fn checkpoint(
        &mut self,
        now: Duration,
        shard: &str,
        epoch: u64,
        number: SequenceNumber,
        sub: u64,
    ) -> Result<(), NotHeld> {
        let position = Position::Sequence { number, sub };
        let held = self.tenure(now, shard, epoch)?;
        if held.wanted.as_ref().is_none_or(|wanted| *wanted < position) {
            held.wanted = Some(position);
        }
        Ok(())
    }

    /// The shard is closed, everything in it is durable, and `children` came of it (none when the stream is
    /// gone). [`Event::Ended`] follows when that is in the table.
    ///
    /// # Errors
    /// When the tenure is over.
    pub fn shard_ended(
        &mut self,
        now: Duration,
        shard: &str,
        epoch: u64,
        children: Vec<Shard>,
    ) -> Result<(), NotHeld> {
        let held = self.tenure(now, shard, epoch)?;
        if matches!(held.stage, Stage::Reading) {
            held.stage = Stage::Ending(Ending::new(shard, children));
        }
        Ok(())
    }

    /// Whether this tenure lasts: only then may anything of the shard be let out.
    pub fn holds(&self, now: Duration, shard: &str, epoch: u64) -> bool {
        self.held.get(shard).is_some_and(|held| {
            held.epoch == epoch && held.is_told() && now < held.renewed + self.settings.failover
        })
    }

    /// Takes no more leases and keeps those that are held, for work under way to finish.
    pub fn drain(&mut self) {
        self.phase = self.phase.max(Phase::Draining);
    }

    /// Writes the last positions and gives all leases back, so that others take them at once.
    /// [`Event::Released`] follows, and no other event of a shard but [`Event::Ended`].
    pub fn release_all(&mut self) {
        self.phase = self.phase.max(Phase::Releasing);
        for (_, take) in self.again.drain(..) {
            self.taking.remove(&take.seen.key);
        }
        for held in self.held.values_mut() {
            held.leaving = true;
        }
    }

    /// How many leases are held.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// How many requests were made, and what came of them.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    fn tenure(&mut self, now: Duration, shard: &str, epoch: u64) -> Result<&mut Held, NotHeld> {
        if !self.holds(now, shard, epoch) {
            return Err(NotHeld);
        }
        self.held.get_mut(shard).ok_or(NotHeld)
    }

    fn tell(&mut self, event: Event) {
        self.out.push(Action::Tell(event));
    }

    fn request(&mut self, request: Request) -> RequestId {
        self.numbers += 1;
        let id = RequestId(self.numbers);
        self.requests.insert(id, request);
        id
    }

    fn store(&mut self, op: Op, request: Request) -> RequestId {
        self.counts.sent(&op);
        let id = self.request(request);
        self.out.push(Action::Store(id, op));
        id
    }

    fn list(&mut self, filter: ShardFilter) {
        self.counts.listings += 1;
        let id = self.request(Request::List(filter));
        self.out.push(Action::List(id, filter));
    }

    /// A pause after some failures in a row, at random, up to a second.
    fn pause(&mut self, failures: u32) -> Duration {
        let most = Duration::from_millis(100) * 2u32.pow(failures.min(4));
        let most = most.min(Duration::from_secs(1));
        most / 4 + self.random.up_to(most * 3 / 4)
    }

    /// A time around this one, so that workers that start together do not stay in step.
    fn about(&mut self, time: Duration) -> Duration {
        time * 9 / 10 + self.random.up_to(time / 5)
    }

    /// Leases that were not renewed in time are lost, whether or not somebody took them.
    fn expire(&mut self, now: Duration) {
        let failover = self.settings.failover;
        let over = self
            .held
            .iter()
            .filter(|(_, held)| now >= held.renewed + failover);
        let over: Vec<ShardId> = over.map(|(key, _)| Arc::clone(key)).collect();
        for key in over {
            self.counts.expired += 1;
            self.lose(&key);
        }
    }

    /// Forgets a lease, and tells the source if it knows of it.
    fn lose(&mut self, key: &ShardId) {
        let Some(held) = self.held.remove(key) else {
            return;
        };
        self.counts.lost += 1;
        if held.is_told() && !held.leaving {
            self.tell(Event::Lost {
                shard: Arc::clone(key),
                epoch: held.epoch,
            });
        }
    }

    /// Starts reading what waits for parents that are done.
    fn start_waiting(&mut self, now: Duration) {
        if self.phase != Phase::Running {
            return;
        }
        let waits = |held: &Held| match held.stage {
            Stage::Waiting { next, left, .. } => left == 0 && now >= next,
            _ => false,
        };
        let waiting = self.held.values().filter(|held| waits(held));
        let waiting: Vec<Arc<Lease>> = waiting.map(|held| Arc::clone(&held.lease)).collect();
        for lease in waiting {
            let is_done = |parent: &&ShardId| {
                let held = self.held.get(*parent).map(|held| &held.lease);
                let known = held.or_else(|| self.table.get(parent));
                known.is_none_or(|lease| lease.is_finished())
            };
            let blocked = !lease.parents.iter().all(|parent| is_done(&parent));
            let Some(held) = self.held.get_mut(&lease.key) else {
                continue;
            };
            let epoch = held.epoch;
            if lease.parents.is_empty() {
                self.start(&lease.key);
                continue;
            }
            held.stage = Stage::Waiting {
                next: now + self.settings.parent_poll,
                left: if blocked { 0 } else { lease.parents.len() },
                blocked: false,
            };
            if !blocked {
                // what was seen may be out of date
                for parent in &lease.parents {
                    let key = Arc::clone(&lease.key);
                    let parent = Arc::clone(parent);
                    self.store(Op::Get { key: parent }, Request::Parent { key, epoch });
                }
            }
        }
    }

    /// Tells the source to read a lease that waited.
    fn start(&mut self, key: &ShardId) {
        let Some(held) = self.held.get_mut(key) else {
            return;
        };
        held.stage = Stage::Reading;
        let event = Event::Acquired {
            shard: Arc::clone(key),
            position: held.lease.checkpoint.clone(),
            epoch: held.epoch,
            hash_range: held.lease.hash_range,
        };
        self.tell(event);
    }
}

#[cfg(test)]
mod tests;
