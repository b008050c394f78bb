//! What a very large fleet costs: 1,000 workers and 10,000 shards, nothing going wrong.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use leases::{
    Action, Counts, HashRange, InitialPosition, Lease, LeaseEngine, MemoryTable, Op, Position,
    Random, Reply, RequestId, SequenceNumber, Settings, Shard, ShardId, StoreError,
};

const MS: u64 = 1_000;
const S: u64 = 1_000_000;
/// Rows of 300 bytes in a page of 1 MB.
const PAGE: usize = 3_300;
/// Bytes of a row, for the capacity that looks at the table use.
const ROW: usize = 300;

enum What {
    Poll,
    Stored(RequestId, Result<Reply, StoreError>),
}

struct Fleet {
    now: u64,
    events: BTreeMap<(u64, u64), (usize, What)>,
    count: u64,
    random: Random,
    table: MemoryTable,
    workers: Vec<Option<LeaseEngine>>,
    wakes: Vec<u64>,
    pages: u64,
}

impl Fleet {
    fn new(workers: usize, shards: u32) -> Fleet {
        let mut table = MemoryTable::default();
        for n in 0..shards {
            let shard = Shard {
                id: format!("shardId-{n:012}").into(),
                parents: Vec::new(),
                hash_range: (n == 0).then_some(HashRange::ALL),
                starting_sequence: Some(SequenceNumber::from(u128::from(n))),
                is_open: true,
            };
            let mut lease = Lease::new(&shard, Position::TrimHorizon);
            lease.hash_range = Some(HashRange::ALL);
            table.put(lease);
        }
        let mut fleet = Fleet {
            now: 0,
            events: BTreeMap::new(),
            count: 0,
            random: Random::seeded(7),
            table,
            workers: Vec::new(),
            wakes: Vec::new(),
            pages: 0,
        };
        for _ in 0..workers {
            fleet.start();
        }
        fleet
    }

    fn start(&mut self) {
        let number = self.workers.len();
        let name = format!("worker-{number}");
        let settings = Settings::new(&name, &name, InitialPosition::TrimHorizon);
        let engine = LeaseEngine::new(settings, self.random.bits());
        self.workers.push(Some(engine));
        self.wakes.push(u64::MAX);
        // pods of a large deployment start within a minute
        let at = self.now + self.random.bits() % (60 * S);
        self.at(at, number, What::Poll);
    }

    fn at(&mut self, time: u64, worker: usize, what: What) {
        self.count += 1;
        self.events.insert((time, self.count), (worker, what));
    }

    fn run(&mut self, until: u64) {
        while let Some(entry) = self.events.first_entry() {
            if entry.key().0 > until {
                break;
            }
            let ((time, _), (number, what)) = entry.remove_entry();
            self.now = time;
            let now = Duration::from_micros(time);
            let Some(engine) = self.workers[number].as_mut() else {
                continue;
            };
            match what {
                What::Poll => self.wakes[number] = u64::MAX,
                What::Stored(id, result) => engine.stored(now, id, result),
            }
            let actions = engine.poll(now);
            let wake = engine.wake().as_micros();
            let wake = u64::try_from(wake).unwrap_or(u64::MAX / 2) + 1;
            for action in actions {
                let Action::Store(id, op) = action else {
                    continue;
                };
                // half way there the table does it; here at once, which keeps the order of one worker
                let is_scan = matches!(op, Op::Scan);
                let result = self.table.apply(op);
                let pages = self.table.rows().len().div_ceil(PAGE) as u64;
                let took = if is_scan {
                    self.pages += pages;
                    pages * 60 * MS
                } else {
                    4 * MS + self.random.bits() % (4 * MS)
                };
                self.at(self.now + took, number, What::Stored(id, result));
            }
            if wake < self.wakes[number] {
                self.wakes[number] = wake;
                self.at(wake, number, What::Poll);
            }
        }
        self.now = until;
    }

    fn counts(&self) -> Counts {
        let mut sum = Counts::default();
        for engine in self.workers.iter().flatten() {
            let counts = engine.counts();
            sum.scans += counts.scans;
            sum.takes += counts.takes;
            sum.renewals += counts.renewals;
            sum.conflicts += counts.conflicts;
            sum.reads += counts.reads;
            sum.checkpoints += counts.checkpoints;
            sum.others += counts.others;
        }
        sum
    }

    /// Least and most leases of a worker, and leases that nobody alive holds.
    fn shares(&self) -> (usize, usize, usize) {
        let mut shares: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        for (number, worker) in self.workers.iter().enumerate() {
            if worker.is_some() {
                shares.insert(format!("worker-{number}").into(), 0);
            }
        }
        let mut free = 0;
        for row in self.table.rows().values() {
            match row.owner.as_ref().and_then(|owner| shares.get_mut(owner)) {
                Some(share) => *share += 1,
                None => free += 1,
            }
        }
        let least = shares.values().min().copied().unwrap_or(0);
        let most = shares.values().max().copied().unwrap_or(0);
        (least, most, free)
    }

    /// Runs until all leases are held and spread evenly; prints how long it took and what it cost.
    fn settle(&mut self, what: &str) {
        let (began, before) = (self.now, self.counts());
        let (mut owned, mut even) = (None, None);
        while even.is_none() && self.now < began + 3_600 * S {
            self.run(self.now + S);
            let (least, most, free) = self.shares();
            let passed = (self.now - began) / S;
            if free == 0 && owned.is_none() {
                owned = Some(passed);
            }
            if free == 0 && most - least <= 1 {
                even = Some(passed);
            }
        }
        let after = self.counts();
        println!(
            "{what}: all owned after {} s, even after {} s; {} takes ({} conflicts), {} looks at the table",
            owned.unwrap(),
            even.unwrap(),
            after.takes - before.takes,
            after.conflicts - before.conflicts,
            after.scans - before.scans,
        );
    }

    /// Prints what it costs when nothing happens.
    fn rest(&mut self) {
        let (before, pages, began) = (self.counts(), self.pages, self.now);
        self.run(self.now + 120 * S);
        let after = self.counts();
        let seconds = ((self.now - began) / S) as f64;
        let rate = |a: u64, b: u64| (b - a) as f64 / seconds;
        let writes = rate(before.renewals, after.renewals);
        let looks = rate(before.scans, after.scans);
        let rows = self.table.rows().len();
        println!(
            "at rest: {:.0} renewals a second ({:.0} a lease and hour), {looks:.1} looks at the table a second \
             = {:.0} pages and {:.0} read units a second",
            writes,
            writes * 3600.0 / rows as f64,
            rate(pages, self.pages),
            looks * (rows * ROW) as f64 / 8192.0,
        );
    }
}

#[test]
#[ignore = "takes minutes; make simulate-fleet"]
fn a_thousand_workers_share_ten_thousand_shards() {
    let number = |name: &str| std::env::var(name).ok()?.parse().ok();
    let workers: usize = number("FLEET_WORKERS").unwrap_or(1_000);
    let shards = number("FLEET_SHARDS").unwrap_or(10_000) as u32;
    println!("{workers} workers, {shards} shards");
    let mut fleet = Fleet::new(workers, shards);
    fleet.settle("start of all within a minute");
    fleet.rest();
    for _ in 0..workers.div_ceil(100) {
        fleet.start();
    }
    fleet.settle("1 % more workers");
    for worker in 0..workers.div_ceil(10) {
        fleet.workers[worker] = None;
    }
    fleet.settle("death of 10 %");
    fleet.rest();
    let held: usize = fleet.workers.iter().flatten().map(LeaseEngine::held).sum();
    assert_eq!(held, shards as usize, "each lease is held once");
    let keys: Vec<&ShardId> = fleet.table.rows().keys().collect();
    assert_eq!(keys.len(), shards as usize);
}
