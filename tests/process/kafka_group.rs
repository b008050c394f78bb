//! Workers of one group that come and go, sleep or are killed while they work: every event comes at least once,
//! and exactly once with transactions.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::broker::{Broker, Seen, skipped};
use crate::support::Bench;
use crate::worker::{Worker, config, until};
use snowmelt::sample;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

const GROUP: &str = "enrich";

/// A record of one page view with an id of its own.
fn record(n: u64) -> Vec<u8> {
    let query = format!(
        "e=pv&p=web&tv=t&aid=soak&url=http%3A%2F%2Fshop.example%2F&eid={}",
        id(n)
    );
    sample::request("/i", Some(&query), None)
}

fn id(n: u64) -> String {
    format!("00000000-0000-4000-8000-{n:012x}")
}

fn topics(broker: &Broker) {
    for (topic, partitions) in [("raw", 6), ("good", 3), ("bad", 1), ("pii", 1)] {
        broker.topic(topic, partitions, &[]);
    }
}

fn produce(broker: &Broker, numbers: std::ops::Range<u64>) {
    let records: Vec<Vec<u8>> = numbers.map(record).collect();
    broker.produce("raw", records.iter().map(|record| Some(record.as_slice())));
}

/// How often each id is in rows of good events.
fn ids(rows: Vec<Seen>) -> BTreeMap<String, u64> {
    let mut seen = BTreeMap::new();
    for row in rows {
        let text = String::from_utf8(row.value).unwrap();
        let id = text.split('\t').nth(6).unwrap();
        *seen.entry(id.to_owned()).or_default() += 1;
    }
    seen
}

/// Kills one of two workers again and again while records are produced; gives how often each id came.
/// `SOAK_ROUNDS` and `SOAK_PAYLOADS` make it longer: see `make soak-kafka`.
///
/// With transactions a worker may end by itself when a loaded machine keeps it from ending one in time; it
/// is started again, as a supervisor does it.
fn kill_workers(
    broker: &Broker,
    transactional: bool,
    config: impl Fn(usize) -> String,
) -> (u64, u64) {
    let (rounds, payloads) = (number("SOAK_ROUNDS", 3), number("SOAK_PAYLOADS", 6000));
    topics(broker);
    let bench = Bench::new();
    let start = |n: usize| Worker::start(&bench, &format!("worker-{n}"), &config(n));
    let keep = |workers: &mut [Worker; 2]| {
        for (n, worker) in workers.iter_mut().enumerate() {
            if let Some(status) = worker.ended() {
                let log = worker.log();
                assert!(transactional && status.code() == Some(1), "{status}: {log}");
                eprintln!(
                    "worker {n} ended: {}",
                    log.lines().last().unwrap_or_default()
                );
                *worker = start(n);
            }
        }
    };
    let mut workers = [0, 1].map(start);
    let mut random = payloads ^ 0x9e37_79b9_7f4a_7c15;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // a round takes about as long as a group waits for a lost member
            let step = (payloads / 2000).max(25);
            let pause = Duration::from_millis(8000 * rounds / (payloads / step).max(1));
            for first in (0..payloads).step_by(step as usize) {
                produce(broker, first..(first + step).min(payloads));
                std::thread::sleep(pause);
            }
        });
        for round in 0..rounds {
            // a kill proves something only while rows are written
            let before = broker.count("good");
            until("rows are written again", Duration::from_secs(180), || {
                keep(&mut workers);
                broker.count("good") > before || broker.count("good") >= payloads as i64
            });
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            std::thread::sleep(Duration::from_millis((random >> 33) % 1500));
            // sometimes the one that has just come back, and is taking partitions over
            let n = usize::from((random >> 40) % 3 != 0) ^ (round % 2) as usize;
            keep(&mut workers);
            workers[n].kill();
            workers[n] = start(n);
        }
    });
    let started = Instant::now();
    until("all is committed", Duration::from_secs(180), || {
        keep(&mut workers);
        broker.committed(GROUP, "raw", 6) == payloads as i64
    });
    eprintln!("caught up {:?} after the last record", started.elapsed());
    workers.iter_mut().for_each(Worker::stop);
    (rounds, payloads)
}

#[test]
fn killed_workers_lose_nothing() {
    if skipped() {
        return;
    }
    let broker = Broker::start();
    let config = config(&broker, "input.debounceCommitOffsets = 1s");
    let (rounds, payloads) = kill_workers(&broker, false, |_| config.clone());
    let seen = ids(broker.read("good"));
    let rows: u64 = seen.values().sum();
    let duplicates = rows - seen.len() as u64;
    eprintln!("{rounds} kills, {payloads} payloads, {duplicates} duplicates");
    let missing = (0..payloads)
        .filter(|n| !seen.contains_key(&id(*n)))
        .count();
    assert_eq!((missing, seen.len() as u64), (0, payloads));
}

#[test]
fn killed_workers_with_transactions_write_every_row_exactly_once() {
    if skipped() {
        return;
    }
    let broker = Broker::start();
    // one worker's transactions are taken over by its next start, those of the other run out
    let config = |n: usize| {
        let conf = match n {
            0 => "{ \"transactional.id\" = worker-0 }",
            _ => "{ \"transaction.timeout.ms\" = \"6000\" }",
        };
        let conf = ["good", "bad", "pii"]
            .map(|name| format!("output.{name}.producerConf = {conf}\n"))
            .join("");
        config(&broker, &format!("output.transactional = true\n{conf}"))
    };
    let (rounds, payloads) = kill_workers(&broker, true, config);
    let all: u64 = ids(broker.read("good")).values().sum();
    let seen = ids(broker.read_committed("good"));
    eprintln!(
        "{rounds} kills, {payloads} payloads, {} rows in transactions that were given up",
        all - payloads
    );
    let once = (0..payloads)
        .filter(|n| seen.get(&id(*n)) == Some(&1))
        .count();
    assert_eq!(
        (once as u64, seen.values().sum::<u64>()),
        (payloads, payloads)
    );
}

/// A worker that slept while its group went on must not write or commit what others did meanwhile.
#[test]
fn a_worker_that_was_taken_for_dead_is_shut_out() {
    if skipped() {
        return;
    }
    let broker = Broker::start();
    topics(&broker);
    let bench = Bench::new();
    let more = "output.transactional = true\ninput.debounceCommitOffsets = 2s\n";
    let text = config(&broker, more);
    let mut sleeper = Worker::start(&bench, "sleeper", &text);
    produce(&broker, 0..500);
    until("the first are committed", Duration::from_secs(180), || {
        broker.committed(GROUP, "raw", 6) == 500
    });
    // rows of a transaction that is not committed yet
    let before = broker.count("good");
    produce(&broker, 500..1500);
    until("rows are under way", Duration::from_secs(180), || {
        broker.count("good") > before
    });
    sleeper.signal("STOP");
    let mut other = Worker::start(&bench, "other", &text);
    until("the other did it all", Duration::from_secs(180), || {
        broker.committed(GROUP, "raw", 6) == 1500
    });
    sleeper.signal("CONT");
    produce(&broker, 1500..2000);
    until("the rest is committed", Duration::from_secs(180), || {
        broker.committed(GROUP, "raw", 6) == 2000
    });
    other.stop();
    // it found its place again, or ended because it was shut out
    if sleeper.ended().is_none() {
        sleeper.stop();
    }
    let seen = ids(broker.read_committed("good"));
    let once = seen.values().filter(|count| **count == 1).count();
    assert_eq!((once, seen.len()), (2000, 2000), "{}", sleeper.log());
}

#[test]
fn partitions_are_handed_over_one_by_one_and_named_members_keep_theirs() {
    if skipped() {
        return;
    }
    let broker = Broker::start();
    topics(&broker);
    let bench = Bench::new();
    let config = |name: &str| {
        let conf = format!(
            "input.consumerConf {{ \"session.timeout.ms\" = \"300000\", {name} \"partition.assignment.strategy\" = \"org.apache.kafka.clients.consumer.CooperativeStickyAssignor\" }}"
        );
        config(&broker, &conf)
    };
    let given_back = |worker: &Worker| worker.log().matches("partitions given back").count();
    let has_some = |worker: &Worker| {
        let log = worker.log();
        let mut assigned = log
            .lines()
            .filter(|line| line.contains("partitions assigned"));
        assigned.any(|line| !line.ends_with("[]"))
    };
    let mut first = Worker::start(&bench, "first", &config(""));
    produce(&broker, 0..500);
    until("the first are committed", Duration::from_secs(180), || {
        broker.committed(GROUP, "raw", 6) == 500
    });
    let mut second = Worker::start(&bench, "second", &config(""));
    until("both are members", Duration::from_secs(180), || {
        broker.members(GROUP) == 2 && given_back(&first) == 1
    });
    until("the second has its part", Duration::from_secs(180), || {
        has_some(&second)
    });
    // three of six were handed over; the others were never given back
    let log = first.log();
    let line = log
        .lines()
        .find(|line| line.contains("partitions given back"))
        .unwrap();
    assert_eq!(line.matches(", ").count(), 2, "{line}");
    produce(&broker, 500..1000);
    // who is told to stop leaves the group itself: nobody waits for the five minutes of its session
    second.stop();
    until("one member is left", Duration::from_secs(120), || {
        broker.members(GROUP) == 1
    });
    produce(&broker, 1000..1500);
    until("all is committed", Duration::from_secs(180), || {
        broker.committed(GROUP, "raw", 6) == 1500
    });
    first.stop();

    // a member with a name comes back without anybody else noticing
    let names = ["\"group.instance.id\" = a,", "\"group.instance.id\" = b,"];
    let mut a = Worker::start(&bench, "a", &config(names[0]));
    let mut b = Worker::start(&bench, "b", &config(names[1]));
    until(
        "both share the partitions",
        Duration::from_secs(180),
        || has_some(&a) && has_some(&b),
    );
    let before = given_back(&a);
    b.stop();
    assert_eq!(broker.members(GROUP), 2);
    let mut b = Worker::start(&bench, "b", &config(names[1]));
    produce(&broker, 1500..2000);
    until("all is committed again", Duration::from_secs(180), || {
        broker.committed(GROUP, "raw", 6) == 2000
    });
    assert_eq!(given_back(&a), before, "{}", a.log());
    a.stop();
    b.stop();
    assert_eq!(ids(broker.read("good")).len(), 2000);
}
