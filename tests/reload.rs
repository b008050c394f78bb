//! Stages that are exchanged while events pass: nothing is lost, nothing is done by half of each.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops at what it does not expect and tells what it measured"
)]

mod support;

use std::collections::VecDeque;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use snowmelt::app::control::Control;
use snowmelt::app::rebuild::{Rebuilt, Why};
use snowmelt::app::{App, Options};
use snowmelt::checkpoint::ledger::Ledger;
use snowmelt::clock::Clock;
use snowmelt::config::{AppConfig, Env};
use snowmelt::output::labels::LabelFields;
use snowmelt::pipeline::drain::Stop;
use snowmelt::pipeline::flow::{self, Setup};
use snowmelt::pipeline::outcomes::Outcomes;
use snowmelt::pipeline::worker::Worker;
use snowmelt::pipeline::writer::{Sink, Sinks};
use snowmelt::sample;
use snowmelt::sinks::rotating::Rotating;
use snowmelt::sources::{Polled, Records, Source, SourceError};
use snowmelt::telemetry::Telemetry;
use support::Bench;

const OCTETS: &str = "iglu:com.snowplowanalytics.snowplow/anon_ip/jsonschema/1-0-1";

fn app(bench: &Bench) -> App {
    let env = Env::default();
    let config = AppConfig::without_file(&env, &[]).unwrap();
    let (resolver, enrichments) = (bench.path("resolver.json"), bench.path("enrichments"));
    let options = Options {
        iglu_config: resolver.to_str().unwrap(),
        enrichments: enrichments.to_str().unwrap(),
        config: None,
        clock: Clock::Fixed(1_700_000_000_000),
        pii: true,
        labels: [LabelFields::default(), LabelFields::default()],
        telemetry: Telemetry::new(Default::default()),
    };
    App::with_config(&config, &env, &options).unwrap()
}

/// Hides so many parts of addresses.
fn anonymise(bench: &Bench, octets: Value) {
    let config = json!({"schema": OCTETS, "data": {
        "name": "anon_ip", "vendor": "com.snowplowanalytics.snowplow", "enabled": true,
        "parameters": {"anonOctets": octets, "anonSegments": 1}
    }});
    fs::write(bench.path("enrichments/anon_ip.json"), config.to_string()).unwrap();
}

/// A bench whose only enrichment hides parts of addresses, so that every row tells which one made it.
fn bench() -> Bench {
    let bench = Bench::new();
    fs::remove_dir_all(bench.path("enrichments")).unwrap();
    fs::create_dir(bench.path("enrichments")).unwrap();
    anonymise(&bench, json!(1));
    bench
}

fn page_view() -> Vec<u8> {
    sample::request("/i", Some("e=pv&p=web&tv=t&ip=203.0.113.77"), None)
}

/// The column of the visitor's address in the only row.
fn address(worker: &mut Worker) -> String {
    let mut out = Outcomes::default();
    worker.process(&page_view(), &mut out);
    assert_eq!((out.good.len(), out.bad.len()), (1, 0));
    column(out.good.last(), 13)
}

fn column(row: &[u8], number: usize) -> String {
    let row = std::str::from_utf8(row).unwrap();
    row.split('\t').nth(number).unwrap().to_owned()
}

#[test]
fn a_worker_goes_over_between_batches_and_a_bad_change_is_refused() {
    let bench = bench();
    let app = app(&bench);
    let mut worker = app.worker();
    let rebuild = || app.rebuilder().rebuild(Why::Configuration);
    assert_eq!(address(&mut worker), "203.0.113.x");
    assert_eq!(rebuild().unwrap(), Rebuilt::Unchanged);
    anonymise(&bench, json!(2));
    assert_eq!(rebuild().unwrap(), Rebuilt::Exchanged(2));
    assert_eq!(address(&mut worker), "203.0.113.x", "the batch is not over");
    worker.refresh();
    assert_eq!(address(&mut worker), "203.0.x.x");

    anonymise(&bench, json!("two"));
    let refused = rebuild().unwrap_err().to_string();
    assert!(
        refused.contains("anon_ip.json: data.parameters.anonOctets: string found"),
        "{refused}"
    );
    worker.refresh();
    assert_eq!(address(&mut worker), "203.0.x.x", "the old one goes on");

    fs::remove_file(bench.path("enrichments/anon_ip.json")).unwrap();
    assert_eq!(rebuild().unwrap(), Rebuilt::Exchanged(3));
    worker.refresh();
    assert_eq!(address(&mut worker), "203.0.113.77");
    assert_eq!(
        app.rebuilder().rebuild(Why::Assets).unwrap(),
        Rebuilt::Exchanged(4),
        "new assets are a reason of their own"
    );
}

#[test]
fn what_changed_before_the_watch_began_is_seen() {
    let bench = bench();
    let app = app(&bench);
    let mut worker = app.worker();
    // the program starts sources and sinks between reading its configurations and watching them
    anonymise(&bench, json!(2));
    let control = Control::new(
        Arc::clone(app.rebuilder()),
        Telemetry::new(Default::default()),
        &json!({}),
    );
    let over = Arc::new(AtomicBool::new(false));
    let stopped = {
        let over = Arc::clone(&over);
        move || over.load(Ordering::Acquire)
    };
    let period = Some(Duration::from_millis(5));
    control.watch(Arc::default(), period, stopped).unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while app.rebuilder().live().current().number < 2 {
        assert!(Instant::now() < end, "the change was not seen");
        thread::sleep(Duration::from_millis(5));
    }
    over.store(true, Ordering::Release);
    worker.refresh();
    assert_eq!(address(&mut worker), "203.0.x.x");
}

/// A page view that comes from this site.
fn visit(worker: &mut Worker, from: &str) -> String {
    let mut out = Outcomes::default();
    let query = format!("e=pv&p=web&tv=t&refr=http%3A%2F%2F{from}%2F");
    worker.refresh();
    worker.process(&sample::request("/i", Some(&query), None), &mut out);
    assert_eq!((out.good.len(), out.bad.len()), (1, 0));
    column(out.good.last(), 44)
}

#[test]
fn newer_assets_are_used_without_a_restart_and_bad_ones_are_not() {
    let bench = Bench::new();
    fs::remove_dir_all(bench.path("enrichments")).unwrap();
    fs::create_dir(bench.path("enrichments")).unwrap();
    let config = json!({
        "schema": "iglu:com.snowplowanalytics.snowplow/referer_parser/jsonschema/2-0-0",
        "data": {"vendor": "com.snowplowanalytics.snowplow", "name": "referer_parser", "enabled": true,
            "parameters": {"internalDomains": [], "database": "referers.json",
                "uri": format!("file://{}", bench.path("").display())}}
    });
    fs::write(bench.path("enrichments/referers.json"), config.to_string()).unwrap();
    let database = |text: String| {
        // as a whole: a half-written file would be seen as a bad one
        fs::write(bench.path("new"), text).unwrap();
        fs::rename(bench.path("new"), bench.path("referers.json")).unwrap();
    };
    let knows = |site: &str| json!({"search": {"S": {"domains": [site]}}}).to_string();
    database(knows("first.example"));
    let app = app(&bench);
    app.rebuilder()
        .watch_assets(Duration::from_millis(10))
        .unwrap();
    let mut worker = app.worker();
    assert_eq!(visit(&mut worker, "first.example"), "search");
    assert_eq!(visit(&mut worker, "second.example"), "unknown");

    let mut until = |site: &str| {
        while visit(&mut worker, site) != "search" {
            thread::sleep(Duration::from_millis(5));
        }
    };
    database(knows("second.example"));
    until("second.example");
    database("no JSON".to_owned());
    thread::sleep(Duration::from_millis(100));
    until("second.example");
    database(knows("third.example"));
    until("third.example");
}

#[test]
fn schemas_stay_known_while_the_registries_are_the_same() {
    let bench = bench();
    let app = app(&bench);
    let live = Arc::clone(app.rebuilder().live());
    let first = live.current();
    anonymise(&bench, json!(3));
    app.rebuilder().rebuild(Why::Configuration).unwrap();
    assert!(Arc::ptr_eq(&first.iglu, &live.current().iglu));
    let path = bench.path("resolver.json");
    let mut resolver: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    resolver["data"]["cacheSize"] = json!(77);
    fs::write(&path, resolver.to_string()).unwrap();
    let second = live.current();
    app.rebuilder().rebuild(Why::Configuration).unwrap();
    let third = live.current();
    assert!(!Arc::ptr_eq(&second.iglu, &third.iglu));
    assert!(
        Arc::ptr_eq(&second.pipeline, &third.pipeline),
        "the enrichments are as they were"
    );
}

/// Gives batches of page views until it is told that it is enough.
struct Endless {
    ledger: Arc<Ledger>,
    enough: Arc<AtomicBool>,
    given: Arc<AtomicU64>,
    waiting: VecDeque<Records>,
    times: Arc<Times>,
    /// Of batches that are not durable yet: the last position, when it was given, exchanges so far.
    under_way: VecDeque<(i64, Instant, u64)>,
}

/// How long batches took from the source until they were durable.
#[derive(Default)]
struct Times {
    /// Odd while an exchange is made.
    exchanges: AtomicU64,
    /// Of batches that met no exchange, and of those that met one.
    took: Mutex<[Vec<Duration>; 2]>,
}

impl Times {
    /// Calls something that exchanges the stages.
    fn exchanging<T>(&self, exchange: impl FnOnce() -> T) -> T {
        self.exchanges.fetch_add(1, Ordering::AcqRel);
        let done = exchange();
        self.exchanges.fetch_add(1, Ordering::AcqRel);
        done
    }

    /// Tells the times of those that met no exchange and of the others: middle, 99 of 100, number.
    fn tell(&self) {
        let mut tails = Vec::new();
        for (what, took) in ["without an exchange", "with one"]
            .iter()
            .zip(self.took.lock().unwrap().iter_mut())
        {
            took.sort();
            let (middle, tail) = (took[took.len() / 2], took[took.len() * 99 / 100]);
            eprintln!(
                "{} batches {what}: p50 {middle:.1?}, p99 {tail:.1?}",
                took.len()
            );
            tails.push(tail.as_secs_f64());
        }
        eprintln!("p99 with / without: {:.2}", tails[1] / tails[0]);
    }
}

const BATCH: usize = 50;

impl Source for Endless {
    fn poll(&mut self, _wait: Duration) -> Result<Polled, SourceError> {
        if self.enough.load(Ordering::Acquire) {
            return Ok(Polled::End);
        }
        let record = page_view();
        let exchanges = self.times.exchanges.load(Ordering::Acquire);
        let given = self.given.fetch_add(BATCH as u64, Ordering::AcqRel) + BATCH as u64;
        let last = i64::try_from(given).unwrap();
        self.under_way.push_back((last, Instant::now(), exchanges));
        self.waiting.push_back(Records {
            bytes: record.repeat(BATCH),
            ends: (1..=BATCH).map(|n| n * record.len()).collect(),
            receipt: self.ledger.issue(0, i64::try_from(given).unwrap()),
        });
        Ok(self
            .waiting
            .pop_front()
            .map_or(Polled::Nothing, Polled::Records))
    }

    fn hold(&mut self, _on: bool) {}

    fn commit(&mut self) {
        for (_, done) in self.ledger.take_ready() {
            let exchanges = self.times.exchanges.load(Ordering::Acquire);
            while let Some((last, since, then)) = self.under_way.front().copied() {
                if last > done {
                    break;
                }
                self.under_way.pop_front();
                let met_one = then % 2 == 1 || then != exchanges;
                self.times.took.lock().unwrap()[usize::from(met_one)].push(since.elapsed());
            }
        }
    }

    fn close(self: Box<Self>) -> Result<(), SourceError> {
        Ok(())
    }
}

/// The memory of this process that is in use, in KiB.
fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn two_hundred_exchanges_under_load_lose_nothing_and_keep_no_memory() {
    let bench = bench();
    let app = app(&bench);
    let ledger = Ledger::new();
    let (enough, given) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let times = Arc::new(Times::default());
    let source = Endless {
        ledger: Arc::clone(&ledger),
        enough: Arc::clone(&enough),
        given: Arc::clone(&given),
        waiting: VecDeque::new(),
        times: Arc::clone(&times),
        under_way: VecDeque::new(),
    };
    let file = |name: &str| {
        Sink::File(Rotating::create(bench.path(name).to_str().unwrap(), None).unwrap())
    };
    let sinks = Sinks {
        good: file("good"),
        bad: file("bad"),
        pii: None,
        labels: [LabelFields::default(), LabelFields::default()],
    };
    let setup = Setup {
        workers: (0..2).map(|_| app.worker()).collect(),
        ledger: Arc::clone(&ledger),
        budget: 1 << 20,
        stop: Stop::new(Duration::from_secs(60)),
        processor: app.processor().clone(),
        clock: Clock::System,
        telemetry: Telemetry::new(Default::default()),
    };
    let running = thread::spawn(move || flow::run(Box::new(source), sinks, setup).unwrap());
    // what it takes without exchanges
    while given.load(Ordering::Acquire) < 400 * BATCH as u64 {
        thread::sleep(Duration::from_millis(1));
    }
    let mut after_warm_up = 0;
    for round in 0..200u64 {
        // another number of hidden parts in each round, and work is done under each
        anonymise(&bench, json!(2 + round % 2));
        let before = given.load(Ordering::Acquire);
        let rebuild = || app.rebuilder().rebuild(Why::Configuration).unwrap();
        let rebuilt = times.exchanging(rebuild);
        assert_eq!(rebuilt, Rebuilt::Exchanged(round + 2));
        while given.load(Ordering::Acquire) < before + 3 * BATCH as u64 {
            thread::sleep(Duration::from_millis(1));
        }
        if round == 50 {
            after_warm_up = memory();
        }
    }
    let grown = memory().saturating_sub(after_warm_up);
    enough.store(true, Ordering::Release);
    let counts = running.join().unwrap();
    // a figure to look at; machines are too different for a limit
    times.tell();
    let given = given.load(Ordering::Acquire);
    assert_eq!((counts.payloads, counts.good), (given, given));
    assert_eq!(counts.bad.values().sum::<u64>(), 0);
    assert_eq!(ledger.done(&[0]), [(0, i64::try_from(given).unwrap())]);

    // each batch was enriched by one generation, from its first row to its last
    let good = fs::read_to_string(bench.path("good")).unwrap();
    let rows: Vec<String> = good.lines().map(|row| column(row.as_bytes(), 13)).collect();
    assert_eq!(rows.len() as u64, given);
    let mut seen = std::collections::BTreeSet::new();
    for batch in rows.chunks(BATCH) {
        assert!(
            batch.iter().all(|address| *address == batch[0]),
            "{batch:?}"
        );
        seen.insert(batch[0].as_str());
    }
    assert!(
        seen.contains("203.0.x.x") && seen.contains("203.x.x.x"),
        "{seen:?}"
    );
    assert!(grown < 24 << 10, "{grown} KiB more after 150 exchanges");
}
