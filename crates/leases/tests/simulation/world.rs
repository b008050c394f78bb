//! A world of workers, a table and a stream, in which everything that happens comes from a seed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use leases::{
    Action, Event, InitialPosition, Lease, LeaseEngine, ListError, MemoryTable, Op, Position,
    Random, Reply, RequestId, Settings, Shard, ShardFilter, ShardId, StoreError,
};

use crate::stream::Stream;

const MS: u64 = 1_000;
pub const S: u64 = 1_000_000;
/// When a worker gives up waiting for an answer.
const TIMEOUT: u64 = 3_300 * MS;

/// What can go wrong, in parts of a thousand.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    pub throttled: usize,
    pub request_lost: usize,
    pub answer_lost: usize,
    pub slow: usize,
    pub crash: usize,
    pub pause: usize,
    pub leave: usize,
    pub reshard: usize,
    pub outage: usize,
    /// Somebody removes a row.
    pub vandal: usize,
    pub drift: usize,
}

/// Records that a worker reads.
struct Reader {
    epoch: u64,
    /// Index of the next record.
    next: u64,
    /// Number and last index of each batch, and whether it is durable.
    batches: VecDeque<(u64, u64, bool)>,
    ended: bool,
}

struct Worker {
    name: Arc<str>,
    /// Counts processes; events of an earlier one mean nothing.
    life: u64,
    /// None while it is down.
    engine: Option<LeaseEngine>,
    born: u64,
    /// Its clock runs so many millionths fast.
    rate: u64,
    paused: u64,
    wake: u64,
    readers: BTreeMap<ShardId, Reader>,
    leaving: bool,
}

impl Worker {
    fn local(&self, now: u64) -> Duration {
        let passed = u128::from(now - self.born) * u128::from(self.rate) / 1_000_000;
        Duration::from_micros(u64::try_from(passed).unwrap())
    }

    fn global(&self, local: Duration) -> u64 {
        // rounded up: never before the time has come
        let passed = (local.as_nanos() / 1_000 + 1) * 1_000_000 / u128::from(self.rate);
        self.born
            .saturating_add(u64::try_from(passed).unwrap_or(u64::MAX / 2))
            + 1
    }
}

enum What {
    Wake,
    Tick,
    Apply(RequestId, Op, Option<u64>),
    Answer(RequestId, Result<Reply, StoreError>),
    Listed(RequestId, Result<Vec<Shard>, ListError>),
    Flushed(ShardId, u64, u64, (u64, u64)),
    Start,
    Chaos,
}

pub struct World {
    pub now: u64,
    events: BTreeMap<(u64, u64), (usize, u64, What)>,
    count: u64,
    random: Random,
    pub table: MemoryTable,
    pub stream: Stream,
    workers: Vec<Worker>,
    faults: Faults,
    outage: u64,
    initial: InitialPosition,
    sessions: u64,
    /// The session that took each lease last, and so alone may write positions.
    holder: BTreeMap<ShardId, Arc<str>>,
    /// Shards that got a lease.
    created: BTreeSet<ShardId>,
    /// Shards of which a position was written.
    begun: BTreeSet<ShardId>,
    /// Which records were let out.
    flushed: BTreeMap<ShardId, BTreeSet<u64>>,
    pub repeated: u64,
    pub let_out: u64,
}

impl World {
    pub fn new(seed: u64, faults: Faults, workers: usize, shards: u32) -> World {
        let mut random = Random::seeded(seed);
        let stream = Stream::new(shards, &mut random);
        let initial = match random.below(2) {
            0 => InitialPosition::TrimHorizon,
            _ => InitialPosition::AtTimestamp(0),
        };
        let mut world = World {
            now: 0,
            events: BTreeMap::new(),
            count: 0,
            random,
            table: MemoryTable::default(),
            stream,
            workers: Vec::new(),
            faults,
            outage: 0,
            initial,
            sessions: 0,
            holder: BTreeMap::new(),
            created: BTreeSet::new(),
            begun: BTreeSet::new(),
            flushed: BTreeMap::new(),
            repeated: 0,
            let_out: 0,
        };
        for n in 0..workers {
            world.workers.push(Worker {
                name: format!("worker-{n}").into(),
                life: 0,
                engine: None,
                born: 0,
                rate: 1_000_000,
                paused: 0,
                wake: 0,
                readers: BTreeMap::new(),
                leaving: false,
            });
            let at = world.between(0, 5 * S);
            world.at(at, n, 0, What::Start);
        }
        world.at(S, usize::MAX, 0, What::Chaos);
        world
    }

    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.random.bits() % (most - least).max(1)
    }

    fn chance(&mut self, of_thousand: usize) -> bool {
        self.random.below(1000) < of_thousand
    }

    fn at(&mut self, time: u64, worker: usize, life: u64, what: What) {
        self.count += 1;
        self.events.insert((time, self.count), (worker, life, what));
    }

    /// Lets time pass.
    pub fn run(&mut self, until: u64) {
        while let Some(entry) = self.events.first_entry() {
            if entry.key().0 > until {
                break;
            }
            let ((time, _), (worker, life, what)) = entry.remove_entry();
            self.now = time;
            self.happen(worker, life, what);
        }
        self.now = until;
    }

    fn happen(&mut self, worker: usize, life: u64, what: What) {
        match what {
            What::Chaos => return self.chaos(),
            What::Apply(id, op, answer) => {
                let result = self.apply(worker, life, op);
                if let Some(answer) = answer {
                    self.at(self.now + answer, worker, life, What::Answer(id, result));
                }
                return;
            }
            What::Start => {
                if self.workers[worker].engine.is_none() {
                    self.start(worker);
                }
                return;
            }
            _ => {}
        }
        let (is_alive, paused) = {
            let worker = &self.workers[worker];
            (
                worker.life == life && worker.engine.is_some(),
                worker.paused,
            )
        };
        if !is_alive {
            return;
        }
        if self.now < paused {
            // in any order when it goes on
            let at = paused + self.between(0, 5 * MS);
            return self.at(at, worker, life, what);
        }
        let local = self.workers[worker].local(self.now);
        let me = &mut self.workers[worker];
        let Some(engine) = me.engine.as_mut() else {
            return;
        };
        match what {
            What::Wake => {
                if me.wake <= self.now {
                    me.wake = u64::MAX;
                }
            }
            What::Tick => {
                self.tick(worker);
                let next = self.now + self.between(300 * MS, 900 * MS);
                self.at(next, worker, life, What::Tick);
            }
            What::Answer(id, result) => engine.stored(local, id, result),
            What::Listed(id, result) => engine.listed(local, id, result),
            What::Flushed(shard, epoch, batch, records) => {
                self.flushed(worker, &shard, epoch, batch, records);
            }
            What::Apply(..) | What::Start | What::Chaos => unreachable!(),
        }
        self.drive(worker);
    }

    fn start(&mut self, number: usize) {
        self.sessions += 1;
        let fresh_name = self.chance(300);
        let drift = self.faults.drift as u64;
        let rate = 1_000_000 - drift * 10 + self.between(0, drift * 20 + 1);
        let seed = self.random.bits();
        let worker = &mut self.workers[number];
        worker.life += 1;
        if fresh_name {
            worker.name = format!("worker-{number}-{}", worker.life).into();
        }
        let session = format!("session-{}", self.sessions);
        let settings = Settings::new(&worker.name, &session, self.initial);
        worker.engine = Some(LeaseEngine::new(settings, seed));
        worker.born = self.now;
        worker.rate = rate;
        worker.paused = 0;
        worker.wake = u64::MAX;
        worker.readers.clear();
        worker.leaving = false;
        let life = worker.life;
        let tick = self.now + self.between(0, S);
        self.at(tick, number, life, What::Tick);
        self.drive(number);
    }

    fn crash(&mut self, number: usize) {
        let worker = &mut self.workers[number];
        worker.engine = None;
        worker.readers.clear();
    }

    /// Lets a worker do what its engine says.
    fn drive(&mut self, number: usize) {
        let worker = &mut self.workers[number];
        let local = worker.local(self.now);
        let Some(engine) = worker.engine.as_mut() else {
            return;
        };
        let actions = engine.poll(local);
        assert_eq!(engine.poll(local), [], "a poll leaves nothing over");
        let life = worker.life;
        for action in actions {
            match action {
                Action::Store(id, op) => self.send(number, life, id, op),
                Action::List(id, filter) => self.send_list(number, life, id, filter),
                Action::Tell(event) => self.told(number, event),
            }
        }
        let worker = &mut self.workers[number];
        let Some(engine) = worker.engine.as_ref() else {
            return;
        };
        assert!(engine.wake() > local, "no time to wake in the past");
        let wake = worker.global(engine.wake());
        if wake < worker.wake {
            worker.wake = wake;
            self.at(wake, number, life, What::Wake);
        }
    }

    fn send(&mut self, worker: usize, life: u64, id: RequestId, op: Op) {
        let there = if self.chance(self.faults.slow) {
            self.between(0, 20 * S)
        } else {
            self.between(MS, 20 * MS)
        };
        let back = self.between(MS, 20 * MS);
        let unknown = || What::Answer(id, Err(StoreError::Unknown("no answer".to_owned())));
        let is_out = self.now < self.outage;
        if self.chance(self.faults.throttled) {
            let result = Err(StoreError::Throttled("too much".to_owned()));
            self.at(
                self.now + there.min(TIMEOUT),
                worker,
                life,
                What::Answer(id, result),
            );
        } else if is_out || self.chance(self.faults.request_lost) {
            self.at(self.now + TIMEOUT, worker, life, unknown());
        } else if there + back >= TIMEOUT || self.chance(self.faults.answer_lost) {
            self.at(self.now + there, worker, life, What::Apply(id, op, None));
            self.at(self.now + TIMEOUT, worker, life, unknown());
        } else {
            self.at(
                self.now + there,
                worker,
                life,
                What::Apply(id, op, Some(back)),
            );
        }
    }

    fn send_list(&mut self, worker: usize, life: u64, id: RequestId, filter: ShardFilter) {
        let result = if self.chance(self.faults.throttled) {
            Err(ListError("too much".to_owned()))
        } else {
            Ok(self.stream.list(filter))
        };
        let back = self.between(5 * MS, 200 * MS);
        self.at(self.now + back, worker, life, What::Listed(id, result));
    }

    /// The table does what it is asked, and everything that must always hold is looked at.
    fn apply(&mut self, worker: usize, life: u64, op: Op) -> Result<Reply, StoreError> {
        let key = op.key().cloned();
        let before = key.as_ref().and_then(|key| self.table.get(key).cloned());
        let result = self.table.apply(op.clone());
        let (Some(key), Ok(_)) = (key, &result) else {
            return result;
        };
        let after = self.table.get(&key).cloned();
        match &op {
            Op::Take { session, .. } => {
                self.holder.insert(key.clone(), session.clone());
            }
            Op::Checkpoint { session, .. } | Op::Renew { session, .. } => assert_eq!(
                self.holder.get(&key),
                Some(session),
                "{key}: only who took it last may write (worker {worker}, life {life})"
            ),
            Op::Create { .. } => {
                self.created.insert(key.clone());
            }
            Op::Delete { .. } => {
                let lease = before.as_ref().unwrap();
                assert!(lease.is_finished(), "{key}: removed before its end");
                for child in &self.stream.shards[&key].children {
                    // its row may have been removed by hand
                    assert!(
                        self.begun.contains(child),
                        "{key}: removed before its children started"
                    );
                }
            }
            _ => {}
        }
        if let (Some(before), Some(after)) = (before, after)
            && before.checkpoint != after.checkpoint
        {
            self.check_position(&before, &after);
            self.begun.insert(key);
        }
        result
    }

    fn check_position(&self, before: &Lease, after: &Lease) {
        let key = &after.key;
        assert!(
            before.checkpoint < after.checkpoint,
            "{key}: the position goes back from {} to {}",
            before.checkpoint,
            after.checkpoint
        );
        let last = match &after.checkpoint {
            Position::Sequence { number, .. } => self.stream.index(key, number),
            Position::ShardEnd => {
                assert!(
                    self.stream.is_closed(key),
                    "{key}: the end of an open shard"
                );
                for child in &self.stream.shards[key].children {
                    assert!(
                        self.created.contains(child),
                        "{key}: the end before its children have leases"
                    );
                }
                self.stream.count(key, self.now)
            }
            other => panic!("{key}: the position becomes {other}"),
        };
        let done = self
            .flushed
            .get(key)
            .map_or(0, |done| done.range(..=last).count());
        assert_eq!(
            done as u64, last,
            "{key}: position {last} passes work that is not done"
        );
    }

    fn told(&mut self, number: usize, event: Event) {
        let worker = &mut self.workers[number];
        match event {
            Event::Acquired {
                shard,
                position,
                epoch,
                hash_range,
            } => {
                let truth = &self.stream.shards[&shard].shard;
                assert_eq!(hash_range, truth.hash_range);
                for parent in &truth.parents {
                    assert!(
                        self.table
                            .get(parent)
                            .is_none_or(|parent| parent.is_finished()),
                        "{shard}: read before its parent {parent} is done"
                    );
                }
                let next = match &position {
                    Position::Sequence { number, .. } => self.stream.index(&shard, number) + 1,
                    Position::ShardEnd => panic!("{shard}: acquired at its end"),
                    _ => 1,
                };
                let reader = Reader {
                    epoch,
                    next,
                    batches: VecDeque::new(),
                    ended: false,
                };
                let old = worker.readers.insert(shard.clone(), reader);
                assert!(old.is_none(), "{shard}: acquired twice");
            }
            Event::Lost { shard, epoch } => {
                let reader = worker.readers.remove(&shard).unwrap();
                assert_eq!(reader.epoch, epoch);
            }
            Event::Ended { shard, epoch } => match worker.readers.remove(&shard) {
                Some(reader) => assert!(reader.epoch == epoch && reader.ended),
                None => assert!(worker.leaving),
            },
            Event::Released => {
                self.crash(number);
                let at = self.now + self.between(0, 20 * S);
                self.at(at, number, 0, What::Start);
            }
        }
    }

    /// A worker reads on.
    fn tick(&mut self, number: usize) {
        let shards: Vec<ShardId> = self.workers[number].readers.keys().cloned().collect();
        let mut is_idle = true;
        for shard in shards {
            let take = self.between(1, 20);
            let wait = match self.chance(20) {
                true => self.between(0, 15 * S),
                false => self.between(5 * MS, 1500 * MS),
            };
            let available = self.stream.count(&shard, self.now);
            let is_closed = self.stream.is_closed(&shard);
            let worker = &mut self.workers[number];
            let (life, leaving) = (worker.life, worker.leaving);
            let local = worker.local(self.now);
            let reader = worker.readers.get_mut(&shard).unwrap();
            is_idle &= reader.batches.is_empty();
            if reader.next <= available && reader.batches.len() < 3 && !leaving {
                let last = available.min(reader.next + take);
                let records = (reader.next, last);
                reader.batches.push_back((reader.next, last, false));
                reader.next = last + 1;
                let what = What::Flushed(shard.clone(), reader.epoch, records.0, records);
                self.at(self.now + wait, number, life, what);
            } else if is_closed
                && reader.next > available
                && reader.batches.is_empty()
                && !reader.ended
            {
                let (epoch, children) = (reader.epoch, self.stream.children(&shard));
                reader.ended = true;
                let engine = worker.engine.as_mut().unwrap();
                if engine.shard_ended(local, &shard, epoch, children).is_err() {
                    worker.readers.get_mut(&shard).unwrap().ended = false;
                }
            }
        }
        let worker = &mut self.workers[number];
        if worker.leaving && is_idle {
            worker.engine.as_mut().unwrap().release_all();
            worker.readers.clear();
        }
    }

    /// A batch is durable, if its shard is still ours when it is let out.
    fn flushed(
        &mut self,
        number: usize,
        shard: &ShardId,
        epoch: u64,
        batch: u64,
        (first, last): (u64, u64),
    ) {
        let worker = &mut self.workers[number];
        let local = worker.local(self.now);
        let engine = worker.engine.as_mut().unwrap();
        if !engine.holds(local, shard, epoch) {
            return;
        }
        let Some(reader) = worker
            .readers
            .get_mut(shard)
            .filter(|reader| reader.epoch == epoch)
        else {
            return;
        };
        let done = self.flushed.entry(shard.clone()).or_default();
        for index in first..=last {
            self.let_out += 1;
            self.repeated += u64::from(!done.insert(index));
        }
        for (start, _, is_done) in &mut reader.batches {
            *is_done |= *start == batch;
        }
        let mut ready = None;
        while let Some((_, last, true)) = reader.batches.front() {
            ready = Some(*last);
            reader.batches.pop_front();
        }
        if let Some(last) = ready {
            let position = self.stream.number(shard, last);
            engine.checkpoint(local, shard, epoch, position, 0).unwrap();
        }
    }

    /// Something happens to somebody.
    fn chaos(&mut self) {
        let faults = self.faults;
        for number in 0..self.workers.len() {
            let up = self.workers[number].engine.is_some();
            if up && self.chance(faults.crash) {
                self.crash(number);
                let at = self.now + self.between(0, 40 * S);
                self.at(at, number, 0, What::Start);
            } else if up && self.chance(faults.pause) {
                self.workers[number].paused = self.now + self.between(S, 40 * S);
            } else if up && self.chance(faults.leave) {
                let worker = &mut self.workers[number];
                worker.leaving = true;
                worker.engine.as_mut().unwrap().drain();
            }
        }
        if self.chance(faults.reshard) {
            self.stream.reshard(self.now, &mut self.random);
        }
        if self.chance(faults.outage) {
            self.outage = self.now + self.between(S, 60 * S);
        }
        if self.chance(faults.vandal) {
            // that of a closed one may be hidden by its children, and is gone for good
            let rows = self.table.rows().values();
            let rows = rows.filter(|row| !self.stream.is_closed(&row.key));
            let keys: Vec<ShardId> = rows.map(|row| row.key.clone()).collect();
            if !keys.is_empty() {
                let key = &keys[self.random.below(keys.len())];
                self.table.remove(key);
            }
        }
        let again = self.now + S;
        self.at(again, usize::MAX, 0, What::Chaos);
    }

    /// Nothing goes wrong any more, everybody is up, and no more records come.
    pub fn calm(&mut self) {
        self.faults = Faults::default();
        self.outage = 0;
        self.stream.silent = self.now;
        for number in 0..self.workers.len() {
            self.at(self.now + 1, number, 0, What::Start);
        }
    }

    /// Shards whose lease nobody alive holds, although they are not done.
    pub fn without_owner(&self) -> Vec<String> {
        let held = |row: &&Arc<Lease>| {
            self.workers.iter().any(|worker| {
                let engine = worker.engine.as_ref();
                engine.is_some() && row.is_owned_by(&worker.name)
            })
        };
        let rows = self.table.rows().values();
        let rows = rows.filter(|row| !row.is_finished() && !held(row));
        rows.map(|row| row.key.to_string()).collect()
    }

    /// Records that nobody let out.
    pub fn skipped(&self) -> Vec<String> {
        let skipped = self.stream.shards.keys().filter_map(|shard| {
            let count = self.stream.count(shard, self.now);
            let done = self.flushed.get(shard).map_or(0, BTreeSet::len) as u64;
            (done < count).then(|| format!("{shard}: {done} of {count}"))
        });
        skipped.collect()
    }

    /// The table and the shards that have no row, for messages.
    pub fn shown(&self) -> String {
        let shards = self.stream.shards.keys().map(|key| {
            let parents = &self.stream.shards[key].shard.parents;
            let row = self.table.get(key).map(|row| {
                format!(
                    "{:?} {} {} children {:?}",
                    row.owner, row.counter, row.checkpoint, row.children
                )
            });
            format!("{key} of {parents:?}: {row:?}\n")
        });
        shards.collect()
    }

    /// How many leases each worker has.
    pub fn shares(&self) -> Vec<usize> {
        let share = |worker: &Worker| {
            let rows = self.table.rows().values();
            rows.filter(|row| row.is_owned_by(&worker.name)).count()
        };
        self.workers.iter().map(share).collect()
    }
}
