//! Workers of one group that are killed while they work: every event comes at least once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::broker::{Broker, skipped};
use crate::support::{Bench, sample};
use crate::worker::{Worker, config, until};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// `SOAK_ROUNDS` and `SOAK_PAYLOADS` make it longer: see `make soak-kafka`.
#[test]
fn killed_workers_lose_nothing() {
    if skipped() {
        return;
    }
    let (rounds, payloads) = (number("SOAK_ROUNDS", 4), number("SOAK_PAYLOADS", 8000));
    let broker = Broker::start();
    for (topic, partitions) in [("raw", 6), ("good", 3), ("bad", 1), ("pii", 1)] {
        broker.topic(topic, partitions, &[]);
    }
    let bench = Bench::new();
    // each payload is a page view with an id of its own
    let id = |n: u64| format!("00000000-0000-4000-8000-{n:012x}");
    let record = |n: u64| {
        let query = format!(
            "e=pv&p=web&tv=t&aid=soak&url=http%3A%2F%2Fshop.example%2F&eid={}",
            id(n)
        );
        sample::request("/i", Some(&query), None)
    };
    let config = config(&broker, "input.debounceCommitOffsets = 1s");
    let mut workers = [0, 1].map(|n| Worker::start(&bench, &format!("worker-{n}"), &config));
    let mut random = payloads ^ 0x9e37_79b9_7f4a_7c15;
    std::thread::scope(|scope| {
        let broker = &broker;
        scope.spawn(move || {
            // a round takes about as long as a group waits for a lost member
            let pause = Duration::from_millis(8000 * rounds / (payloads / 25).max(1));
            for first in (0..payloads).step_by(25) {
                let records: Vec<Vec<u8>> =
                    (first..(first + 25).min(payloads)).map(record).collect();
                broker.produce("raw", records.iter().map(|record| Some(record.as_slice())));
                std::thread::sleep(pause);
            }
        });
        for round in 0..rounds {
            // a kill proves something only while rows are written
            let before = broker.count("good");
            until("rows are written again", Duration::from_secs(90), || {
                broker.count("good") > before || broker.count("good") >= payloads as i64
            });
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            std::thread::sleep(Duration::from_millis((random >> 33) % 1500));
            // sometimes the one that has just come back, and is taking partitions over
            let n = usize::from((random >> 40) % 3 != 0) ^ (round % 2) as usize;
            assert!(workers[n].ended().is_none(), "{}", workers[n].log());
            workers[n].kill();
            workers[n] = Worker::start(&bench, &format!("worker-{n}"), &config);
        }
    });
    let started = Instant::now();
    until("all is committed", Duration::from_secs(180), || {
        broker.committed("enrich", "raw", 6) == payloads as i64
    });
    eprintln!("caught up {:?} after the last record", started.elapsed());
    workers.iter_mut().for_each(Worker::stop);

    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for row in broker.read("good") {
        let text = String::from_utf8(row.value).unwrap();
        *seen
            .entry(text.split('\t').nth(6).unwrap().to_owned())
            .or_default() += 1;
    }
    let rows: u64 = seen.values().sum();
    eprintln!(
        "{rounds} kills, {payloads} payloads, {} duplicates",
        rows - seen.len() as u64
    );
    let missing = (0..payloads)
        .filter(|n| !seen.contains_key(&id(*n)))
        .count();
    assert_eq!((missing, seen.len() as u64), (0, payloads));
}
