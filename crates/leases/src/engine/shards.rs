//! Which leases there must be: the start of a table, the end of shards, holes, garbage.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::{LeaseEngine, Phase, Request};
use crate::event::RequestId;
use crate::held::{Stage, Step};
use crate::lease::Lease;
use crate::position::Position;
use crate::settings::Settings;
use crate::shard::{HashRange, Shard, ShardFilter, ShardId, hole};
use crate::store::{ListError, Op, Reply, StoreError};
use crate::sync;

/// Creations under way at one time.
const WINDOW: usize = 16;
/// Before a listing that failed, or did not cover all hash keys, is repeated.
const LIST_AGAIN: Duration = Duration::from_secs(1);
/// The least time between two listings of all shards.
const LIST_LEAST: Duration = Duration::from_secs(10);

/// What is known and wanted of the shards.
#[derive(Debug)]
pub(super) struct Sync {
    /// Since the table was seen to be empty: when to fill it.
    fill_at: Option<Duration>,
    /// When to list all shards.
    list_at: Option<Duration>,
    listed: Option<Duration>,
    busy: bool,
    creates: VecDeque<Box<Lease>>,
    creating: BTreeMap<RequestId, ShardId>,
    create_at: Duration,
    failures: u32,
    audit_at: Duration,
    hole: Option<(HashRange, u32)>,
    garbage_at: Option<Duration>,
    /// What the last listing of all shards named.
    known: Option<BTreeSet<ShardId>>,
}

impl Sync {
    pub fn new(settings: &Settings) -> Sync {
        Sync {
            fill_at: None,
            list_at: None,
            listed: None,
            busy: false,
            creates: VecDeque::new(),
            creating: BTreeMap::new(),
            create_at: Duration::ZERO,
            failures: 0,
            audit_at: settings.audit_first,
            hole: None,
            garbage_at: None,
            known: None,
        }
    }

    pub fn wake(&self) -> Duration {
        if !self.creating.is_empty() {
            return Duration::MAX;
        }
        if !self.creates.is_empty() {
            return self.create_at;
        }
        let times = [self.fill_at, self.list_at, self.garbage_at];
        let next = times.into_iter().flatten().min();
        next.filter(|_| !self.busy).unwrap_or(Duration::MAX)
    }

    /// All shards are to be listed soon.
    pub fn want_listing(&mut self, now: Duration) {
        let soonest = self.listed.map_or(now, |last| now.max(last + LIST_LEAST));
        self.list_at = Some(self.list_at.map_or(soonest, |at| at.min(soonest)));
    }

    /// All shards are to be listed some time, for leases of shards that may be gone.
    pub fn want_garbage(&mut self, now: Duration, settings: &Settings) {
        self.garbage_at
            .get_or_insert(now + settings.garbage_interval);
    }
}

impl LeaseEngine {
    /// Lists and creates what is due.
    pub(super) fn sync_shards(&mut self, now: Duration) {
        if self.phase != Phase::Running {
            return;
        }
        while self.sync.creating.len() < WINDOW && now >= self.sync.create_at {
            let in_flight = |key: &ShardId| self.sync.creating.values().any(|other| other == key);
            // a lease is never created before that of its parent: a crash in between would hide the parent
            match self.sync.creates.front() {
                Some(lease) if !lease.parents.iter().any(in_flight) => {}
                _ => break,
            }
            let Some(lease) = self.sync.creates.pop_front() else {
                break;
            };
            let key = Arc::clone(&lease.key);
            let op = Op::Create {
                lease: lease.clone(),
            };
            let id = self.store(op, Request::Create(lease));
            self.sync.creating.insert(id, key);
        }
        if self.sync.busy || !self.sync.creates.is_empty() || !self.sync.creating.is_empty() {
            return;
        }
        let is_due = |at: Option<Duration>| at.is_some_and(|at| now >= at);
        if is_due(self.sync.fill_at) {
            self.sync.busy = true;
            self.sync.fill_at = None;
            self.list(ShardFilter::StartOf(self.settings.initial_position));
        } else if is_due(self.sync.list_at) || is_due(self.sync.garbage_at) {
            self.sync.busy = true;
            self.sync.list_at = None;
            self.sync.garbage_at = None;
            self.list(ShardFilter::All);
        }
    }

    /// After a look at the table: is it empty, are there holes?
    pub(super) fn audit(&mut self, now: Duration) {
        if self.table.rows().is_empty() {
            if self.sync.fill_at.is_none() && !self.sync.busy && self.sync.creates.is_empty() {
                let wait = self.random.up_to(self.settings.empty_table_wait);
                self.sync.fill_at = Some(now + wait);
            }
            return;
        }
        self.sync.fill_at = None;
        if now < self.sync.audit_at {
            return;
        }
        self.sync.audit_at = now + self.about(self.settings.audit_interval);
        if self.table.lacks_ranges() {
            self.sync.want_listing(now);
            return;
        }
        let hole = self.table.hole();
        self.sync.hole = hole.map(|hole| match self.sync.hole {
            Some((before, times)) if before == hole => (hole, times + 1),
            _ => (hole, 1),
        });
        if let Some((_, times)) = self.sync.hole
            && times >= self.settings.audit_confirmations
        {
            self.sync.hole = None;
            self.sync.want_listing(now);
        }
    }

    pub(super) fn shards_listed(
        &mut self,
        now: Duration,
        filter: ShardFilter,
        result: Result<Vec<Shard>, ListError>,
    ) {
        self.sync.busy = false;
        match (filter, result) {
            (ShardFilter::StartOf(_), Ok(shards)) => {
                if !self.table.rows().is_empty() {
                    // somebody else fills it
                } else if hole(shards.iter().filter_map(|shard| shard.hash_range)).is_some() {
                    self.sync.fill_at = Some(now + LIST_AGAIN);
                } else {
                    let leases = sync::first_leases(&shards, self.settings.initial_position);
                    self.sync.creates = leases.into_iter().map(Box::new).collect();
                }
            }
            (ShardFilter::StartOf(_), Err(_)) => self.sync.fill_at = Some(now + LIST_AGAIN),
            (ShardFilter::All, Ok(shards)) => {
                self.sync.listed = Some(now);
                self.all_listed(now, &shards);
            }
            (ShardFilter::All, Err(_)) => self.sync.list_at = Some(now + LIST_AGAIN),
        }
    }

    fn all_listed(&mut self, now: Duration, shards: &[Shard]) {
        self.sync.known = Some(shards.iter().map(|shard| Arc::clone(&shard.id)).collect());
        for shard in shards {
            if let (Some(range), Some(lease)) = (shard.hash_range, self.table.get(&shard.id))
                && lease.hash_range.is_none()
            {
                let key = Arc::clone(&shard.id);
                self.store(Op::SetHashRange { key, range }, Request::Aside);
            }
        }
        let mut children: BTreeMap<&str, Vec<ShardId>> = BTreeMap::new();
        for shard in shards {
            for parent in &shard.parents {
                let list = children.entry(parent).or_default();
                list.push(Arc::clone(&shard.id));
            }
        }
        let is_known = |key: &ShardId| shards.iter().any(|shard| shard.id == *key);
        let mut learnt = Vec::new();
        for (key, held) in &mut self.held {
            if !matches!(held.stage, Stage::Finished) {
            } else if !is_known(key) {
                held.delete = true;
            } else if held.lease.children.is_empty()
                && let Some(children) = children.remove(&**key)
            {
                learnt.push((Arc::clone(key), children));
            }
        }
        for (key, children) in learnt {
            self.store(Op::SetChildren { key, children }, Request::Aside);
        }
        match sync::missing_leases(
            shards,
            |key| self.table.get(key),
            self.settings.initial_position,
        ) {
            Ok(leases) => self.sync.creates = leases.into_iter().map(Box::new).collect(),
            Err(_) => self.sync.list_at = Some(now + LIST_AGAIN),
        }
    }

    pub(super) fn created(
        &mut self,
        now: Duration,
        id: RequestId,
        lease: Box<Lease>,
        result: &Result<Reply, StoreError>,
    ) {
        self.sync.creating.remove(&id);
        match result {
            // there is one: as good
            Ok(_) | Err(StoreError::Conflict(_)) => self.sync.failures = 0,
            Err(_) => {
                self.sync.failures += 1;
                self.sync.create_at = now + self.pause(self.sync.failures);
                self.sync.creates.push_front(lease);
            }
        }
        if self.sync.creates.is_empty() && self.sync.creating.is_empty() {
            self.scan_at = now;
        }
    }

    /// The next step of every shard that is at its end.
    pub(super) fn end_shards(&mut self, now: Duration) {
        let due = self.held.iter().filter_map(|(key, held)| {
            let Stage::Ending(ending) = &held.stage else {
                return None;
            };
            let is_due = ending.busy.is_none() && now >= ending.next && ending.step != Step::End;
            is_due.then(|| (Arc::clone(key), held.epoch))
        });
        for (key, epoch) in due.collect::<Vec<_>>() {
            let Some(held) = self.held.get(&key) else {
                continue;
            };
            let Stage::Ending(ending) = &held.stage else {
                continue;
            };
            let op = match &ending.step {
                Step::OtherParent(_, other) => Op::Get {
                    key: Arc::clone(other),
                },
                Step::Child(number) => match ending.children.get(*number) {
                    Some(child) => Op::Create {
                        lease: Box::new(Lease::new(child, Position::TrimHorizon)),
                    },
                    None => continue,
                },
                Step::Children => {
                    let children = ending.children.iter().map(|child| Arc::clone(&child.id));
                    let mut children: Vec<ShardId> = children.collect();
                    children.sort_unstable();
                    children.dedup();
                    Op::SetChildren {
                        key: Arc::clone(&key),
                        children,
                    }
                }
                Step::End => continue,
            };
            let request = Request::Ending {
                key: Arc::clone(&key),
                epoch,
            };
            let id = self.store(op, request);
            if let Some(Stage::Ending(ending)) = self.held.get_mut(&key).map(|held| &mut held.stage)
            {
                ending.busy = Some(id);
            }
        }
    }

    pub(super) fn end_step_done(
        &mut self,
        now: Duration,
        key: &ShardId,
        epoch: u64,
        result: Result<Reply, StoreError>,
    ) {
        let pause = self.pause(3);
        let again = self.settings.parent_poll;
        let Some(held) = self.held.get_mut(key).filter(|held| held.epoch == epoch) else {
            return;
        };
        let Stage::Ending(ending) = &mut held.stage else {
            return;
        };
        ending.busy = None;
        let next = match (ending.step.clone(), result) {
            (Step::OtherParent(number, _), Ok(Reply::Row(Some(_)))) => Some(Step::Child(number)),
            (Step::OtherParent(number, other), Ok(_)) => {
                // without a lease for the other parent its records would be skipped, unless they are gone
                let is_gone = |known: &BTreeSet<ShardId>| !known.contains(&other);
                let child = ending.children.get(number);
                if child.is_some_and(|child| self.table.get(&child.id).is_some()) {
                    // somebody else created it, and removed the other parent when it had started
                    Some(ending.step_of(key, number + 1))
                } else if ending.deferred > 0 && self.sync.known.as_ref().is_some_and(is_gone) {
                    Some(Step::Child(number))
                } else {
                    ending.deferred += 1;
                    ending.next = now + again.min(Duration::from_secs(2) * ending.deferred);
                    self.sync.want_listing(now);
                    return;
                }
            }
            (Step::Child(number), Ok(_) | Err(StoreError::Conflict(_))) => {
                Some(ending.step_of(key, number + 1))
            }
            (Step::Children, Ok(Reply::Row(row))) => {
                ending.step = Step::End;
                if let Some(row) = row.filter(|row| row.counter == held.lease.counter) {
                    held.lease = row;
                }
                return;
            }
            // the row is gone: the next write to it says so
            (Step::Children, Err(StoreError::Conflict(_))) => Some(Step::End),
            _ => None,
        };
        match next {
            Some(step) => ending.step = step,
            None => ending.next = now + pause,
        }
    }
}
