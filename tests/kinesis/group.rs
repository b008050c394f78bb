//! Workers that share a stream, are killed while they work, and find shards split and merged.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::services::{ENV, Services};
use crate::support::Bench;
use crate::support::worker::{Worker, until};
use snowmelt::sample;

fn number(name: &str, default: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The id of an event.
pub fn id(n: u64) -> String {
    format!("00000000-0000-4000-8000-{n:012x}")
}

pub fn record(n: u64) -> (String, Vec<u8>) {
    let query = format!(
        "e=pv&p=web&tv=t&aid=soak&url=http%3A%2F%2Fshop.example%2F&eid={}",
        id(n)
    );
    (
        format!("key-{n}"),
        sample::request("/i", Some(&query), None),
    )
}

/// Asserts that every payload up to `payloads` came at least once; gives how many came too often.
pub fn assert_complete(services: &Services, payloads: u64) -> u64 {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for row in services.read("good") {
        let text = String::from_utf8(row.data).unwrap();
        let id = text.split('\t').nth(6).unwrap().to_owned();
        *seen.entry(id).or_default() += 1;
    }
    let missing: Vec<u64> = (0..payloads)
        .filter(|n| !seen.contains_key(&id(*n)))
        .collect();
    assert!(missing.is_empty(), "{} missing: {missing:?}", missing.len());
    assert_eq!(seen.len() as u64, payloads);
    seen.values().sum::<u64>() - payloads
}

/// Checkpoints only ever go forward.
#[derive(Default)]
pub struct Watch(BTreeMap<String, String>);

impl Watch {
    pub fn look(&mut self, services: &Services) {
        let rank = |text: &str| match text {
            "SHARD_END" => (2, String::new()),
            text if text.bytes().all(|byte| byte.is_ascii_digit()) => (1, format!("{text:0>60}")),
            _ => (0, String::new()),
        };
        for (shard, (checkpoint, _)) in services.leases("leases") {
            let before = self.0.insert(shard.clone(), checkpoint.clone());
            let moved_on = before
                .as_ref()
                .is_none_or(|before| rank(before) <= rank(&checkpoint));
            assert!(
                moved_on,
                "{shard} went back from {before:?} to {checkpoint}"
            );
        }
    }
}

/// `SOAK_ROUNDS`, `SOAK_PAYLOADS` and `SOAK_WORKERS` make it longer: see `make soak-kinesis`.
#[test]
fn killed_workers_lose_nothing_while_shards_are_split_and_merged() {
    let rounds = number("SOAK_ROUNDS", 4);
    let payloads = number("SOAK_PAYLOADS", 6000);
    let workers = number("SOAK_WORKERS", 2) as usize;
    let services = Services::fake();
    for (stream, shards) in [("raw", 6), ("good", 2), ("bad", 1), ("pii", 1)] {
        services.stream(stream, shards);
    }
    let bench = Bench::new();
    let start = |n: usize| {
        let more = "input { leaseDuration = 3s, debounceCheckpoints = 500ms }";
        let name = format!("worker-{n}");
        let config = services.config(&name, more);
        Worker::start_with(&bench, &name, &config, &ENV)
    };
    let mut running: Vec<Worker> = (0..workers).map(start).collect();
    let mut random = payloads ^ 0x9e37_79b9_7f4a_7c15;
    let mut step = move || {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        random >> 33
    };
    let mut watch = Watch::default();
    let mut take_overs: Vec<Duration> = Vec::new();
    std::thread::scope(|scope| {
        let services = &services;
        scope.spawn(move || {
            let pause = Duration::from_millis(5000 * rounds / (payloads / 25).max(1));
            for first in (0..payloads).step_by(25) {
                services.put("raw", (first..(first + 25).min(payloads)).map(record));
                std::thread::sleep(pause);
            }
        });
        for round in 0..rounds {
            // a kill proves something only while rows are written
            let before = services.ours().kinesis().written("good");
            until("rows are written again", Duration::from_secs(180), || {
                let now = services.ours().kinesis().written("good");
                now > before || now >= payloads
            });
            watch.look(services);
            std::thread::sleep(Duration::from_millis(step() % 1500));
            let kinesis = services.ours().kinesis();
            let open = kinesis.open_shards("raw");
            match round % 3 {
                0 => kinesis.split("raw", &open[step() as usize % open.len()]),
                1 => {
                    let at = step() as usize % (open.len() - 1);
                    kinesis.merge("raw", &open[at], &open[at + 1]);
                }
                _ => {}
            }
            let n = step() as usize % workers;
            assert!(running[n].ended().is_none(), "{}", running[n].log());
            running[n].kill();
            let killed = Instant::now();
            let name = format!("worker-{n}");
            let held: Vec<String> = services
                .leases("leases")
                .into_iter()
                .filter(|(_, (_, owner))| owner.as_deref() == Some(&name))
                .map(|(shard, _)| shard)
                .collect();
            // every other time somebody else has to notice
            if round % 2 == 0 && workers > 1 {
                until("others take over", Duration::from_secs(180), || {
                    let leases = services.leases("leases");
                    held.iter().all(|shard| {
                        leases
                            .get(shard)
                            .is_none_or(|(_, owner)| owner.as_deref() != Some(&name))
                    })
                });
                take_overs.push(killed.elapsed());
            }
            running[n] = start(n);
        }
    });
    let started = Instant::now();
    until("all is checkpointed", Duration::from_secs(180), || {
        watch.look(&services);
        let leases = services.leases("leases");
        let all = services.last_sequences("raw");
        // also shards of which the lease is still to come
        all.iter().all(|(shard, number)| {
            match leases.get(shard) {
                Some((checkpoint, _)) => checkpoint == number || checkpoint == "SHARD_END",
                // finished and cleaned up, or not there yet
                None => !services.ours().kinesis().open_shards("raw").contains(shard),
            }
        })
    });
    eprintln!("caught up {:?} after the last record", started.elapsed());
    let started = Instant::now();
    until("leases are spread evenly", Duration::from_secs(180), || {
        let mut shares: BTreeMap<String, usize> = BTreeMap::new();
        for (_, owner) in services.leases("leases").into_values() {
            *shares.entry(owner.unwrap_or_default()).or_default() += 1;
        }
        let (least, most) = (shares.values().min(), shares.values().max());
        shares.len() == workers
            && !shares.contains_key("")
            && least.is_some_and(|least| most.is_some_and(|most| most - least <= 1))
    });
    eprintln!("spread evenly {:?} after that", started.elapsed());
    running.iter_mut().for_each(Worker::stop);
    let duplicates = assert_complete(&services, payloads);
    take_overs.sort();
    eprintln!(
        "{rounds} kills of {workers} workers, {payloads} payloads, {duplicates} duplicates, taken over in {:?} (p50), {:?} (max)",
        take_overs
            .get(take_overs.len() / 2)
            .copied()
            .unwrap_or_default(),
        take_overs.last().copied().unwrap_or_default(),
    );
}
