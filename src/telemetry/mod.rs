//! What the program tells about itself: metrics for Prometheus and statsd, health, the last refusals.
//!
//! Every metric is named in [`names`]. What happens once a batch is added up in a [`Tally`] by the thread
//! that does it and published in one go, so that events pay nearly nothing. [`Telemetry`] is handed to
//! whoever has something to tell; there is no global state.

pub mod health;
pub mod logs;
pub mod names;
pub mod partitions;
mod registry;
pub mod report;
pub mod tally;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram};

use crate::clock::Clock;
use health::Health;
use partitions::Partitions;
use registry::Registry;
use tally::Tally;

/// Schemas that have a series of their own in [`names::BAD_BY_SCHEMA`].
const NAMED_SCHEMAS: usize = 50;
/// Of these, schemas that no registry has: anybody can make such names up.
const NAMED_UNKNOWN: usize = 20;
/// Refusals that are shown.
const RECENT: usize = 50;
/// What is shown of each, in bytes.
const SHOWN: usize = 2048;
/// The value of labels for what has no series of its own.
const OTHER: &str = "other";

/// How the program tells.
#[derive(Debug, Clone)]
pub struct Options {
    /// Labels of every metric at `/metrics`.
    pub tags: Vec<(String, String)>,
    /// Where the time comes from.
    pub clock: Clock,
    /// A record that is not durable after so long makes the program unhealthy.
    pub unhealthy_latency: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            tags: Vec::new(),
            clock: Clock::System,
            unhealthy_latency: Duration::from_secs(120),
        }
    }
}

/// A bad row, as the admin page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// When, milliseconds since the epoch.
    pub at: i64,
    /// The name of its schema.
    pub kind: &'static str,
    /// The head of what it says went wrong.
    pub reason: String,
}

/// Numbers that statsd and the page need as such.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) raw: AtomicU64,
    pub(crate) good: AtomicU64,
    pub(crate) good_bytes: AtomicU64,
    pub(crate) bad: AtomicU64,
    pub(crate) invalid_enriched: AtomicU64,
    pub(crate) remote: [AtomicU64; 3],
}

/// How a request to a remote adapter ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remote {
    /// With an answer of status 2xx.
    Success,
    /// With another answer, or none.
    Failure,
    /// Too late.
    Timeout,
}

/// What gauges were set to, by name and labels.
type Gauges = BTreeMap<(&'static str, Vec<String>), (&'static names::Metric, f64)>;

/// Takes what others tell; shared by all threads.
pub struct Telemetry {
    clock: Clock,
    tags: Vec<(String, String)>,
    registry: Registry,
    raw: Counter,
    raw_bytes: Counter,
    good: Counter,
    good_bytes: Counter,
    pii: Counter,
    invalid_enriched: Counter,
    batch_records: Histogram,
    batch_seconds: Histogram,
    sink_seconds: Histogram,
    e2e_seconds: Histogram,
    latency: Gauge,
    schema_hits: Counter,
    schema_misses: Counter,
    totals: Totals,
    /// Since the last report, one for each reporter; `i64::MIN` is none.
    latencies: [AtomicI64; report::REPORTERS],
    worst: [AtomicI64; report::REPORTERS],
    named: Mutex<Named>,
    recent: Mutex<VecDeque<Refused>>,
    partitions: Partitions,
    health: Health,
    started: i64,
    gauges: Mutex<Gauges>,
}

#[derive(Default)]
struct Named {
    schemas: BTreeSet<String>,
    unknown: usize,
}

impl std::fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telemetry").finish_non_exhaustive()
    }
}

impl Telemetry {
    /// Nothing told yet.
    pub fn new(options: Options) -> Arc<Telemetry> {
        let registry = Registry::new(&options.tags);
        let counter = |metric| registry.counter(metric, &[]);
        let histogram = |metric| registry.histogram(metric, &[]);
        let none = || std::array::from_fn(|_| AtomicI64::new(i64::MIN));
        let now = options.clock.now_millis();
        Arc::new(Telemetry {
            raw: counter(&names::RAW),
            raw_bytes: counter(&names::RAW_BYTES),
            good: counter(&names::GOOD),
            good_bytes: counter(&names::GOOD_BYTES),
            pii: counter(&names::PII),
            invalid_enriched: counter(&names::INVALID_ENRICHED),
            batch_records: histogram(&names::BATCH_RECORDS),
            batch_seconds: histogram(&names::BATCH_SECONDS),
            sink_seconds: histogram(&names::SINK_SECONDS),
            e2e_seconds: histogram(&names::E2E_SECONDS),
            latency: registry.gauge(&names::LATENCY, &[]),
            schema_hits: counter(&names::SCHEMA_HITS),
            schema_misses: counter(&names::SCHEMA_MISSES),
            registry,
            clock: options.clock,
            tags: options.tags,
            totals: Totals::default(),
            latencies: none(),
            worst: none(),
            named: Mutex::default(),
            recent: Mutex::default(),
            partitions: Partitions::default(),
            health: Health::new(options.unhealthy_latency),
            started: now,
            gauges: Mutex::default(),
        })
    }

    /// Records came from the source: to be dropped, or told [`tally::Passage::written`], when they are done with.
    pub fn received(self: &Arc<Self>, records: usize, bytes: usize) -> tally::Passage {
        self.raw.increment(records as u64);
        self.raw_bytes.increment(bytes as u64);
        self.totals.raw.fetch_add(records as u64, Ordering::Relaxed);
        tally::Passage::start(self, self.clock.now_millis())
    }

    /// A batch was enriched in so long. What of `tally` is known by now is published and taken out of it.
    pub fn enriched(&self, tally: &mut Tally, records: usize, took: Duration) {
        self.batch_records.record(records as f64);
        self.batch_seconds.record(took.as_secs_f64());
        let invalid = std::mem::take(&mut tally.invalid_enriched);
        self.invalid_enriched.increment(invalid);
        self.totals
            .invalid_enriched
            .fetch_add(invalid, Ordering::Relaxed);
        for (enrichment, count) in std::mem::take(&mut tally.failures) {
            self.registry
                .counter(&names::ENRICHMENT_FAILURES, &[enrichment])
                .increment(count);
        }
        for (enrichment, took) in tally.times.drain(..) {
            self.registry
                .histogram(&names::ENRICHMENT_SECONDS, &[enrichment])
                .record(took.as_secs_f64());
        }
        for ((schema, known), count) in std::mem::take(&mut tally.schemas) {
            let name = self.name_of(schema, known);
            self.registry
                .counter(&names::BAD_BY_SCHEMA, &[&name])
                .increment(count);
        }
    }

    /// The label of a schema: its own while there is room, else `other`.
    fn name_of(&self, schema: String, known: bool) -> String {
        let mut named = lock(&self.named);
        if named.schemas.contains(&schema) {
            return schema;
        }
        if named.schemas.len() >= NAMED_SCHEMAS || (!known && named.unknown >= NAMED_UNKNOWN) {
            return OTHER.to_owned();
        }
        named.unknown += usize::from(!known);
        named.schemas.insert(schema.clone());
        schema
    }

    /// A bad row, for the page: the head of its `failure` is kept, never its payload.
    pub fn refused(&self, kind: &'static str, row: &[u8]) {
        let text = String::from_utf8_lossy(row);
        let failure = text
            .split_once("\"failure\":")
            .map_or("", |(_, rest)| rest)
            .split("},\"payload\":")
            .next()
            .unwrap_or_default();
        let end = failure
            .char_indices()
            .map(|(at, _)| at)
            .take_while(|at| *at <= SHOWN)
            .last()
            .unwrap_or(0);
        let reason = if failure.len() <= SHOWN {
            failure.to_owned() + "}"
        } else {
            failure.get(..end).unwrap_or_default().to_owned() + "…"
        };
        let mut recent = lock(&self.recent);
        if recent.len() >= RECENT {
            recent.pop_front();
        }
        recent.push_back(Refused {
            at: self.clock.now_millis(),
            kind,
            reason,
        });
    }

    /// The last bad rows, oldest first.
    pub fn recent(&self) -> Vec<Refused> {
        lock(&self.recent).iter().cloned().collect()
    }

    /// Rows that a stream did not take and that are sent again.
    pub fn sink_retries(&self, stream: &str, rows: usize) {
        self.registry
            .counter(&names::SINK_RETRIES, &[stream])
            .increment(rows as u64);
    }

    /// A commit of positions ended.
    pub fn commit(&self, ok: bool) {
        let outcome = if ok { "ok" } else { "failed" };
        self.registry
            .counter(&names::COMMITS, &[outcome])
            .increment(1);
    }

    /// The partitions or shards that are read, and how far behind they are.
    pub fn partitions(&self) -> &Partitions {
        &self.partitions
    }

    /// Partitions or leases were taken over.
    pub fn gained(&self, partitions: impl IntoIterator<Item = String>) {
        let counter = self.registry.counter(&names::PARTITIONS_GAINED, &[]);
        for name in partitions {
            self.partitions.add(name);
            counter.increment(1);
        }
    }

    /// Partitions or leases were given back or lost.
    pub fn lost(&self, partitions: impl IntoIterator<Item = String>) {
        let counter = self.registry.counter(&names::PARTITIONS_LOST, &[]);
        for name in partitions {
            self.partitions.remove(&name);
            counter.increment(1);
        }
    }

    /// Look-ups of schemas that a cache answered.
    pub fn schema_hits(&self, count: u64) {
        self.schema_hits.increment(count);
    }

    /// A look-up for which registries were asked.
    pub fn schema_miss(&self) {
        self.schema_misses.increment(1);
    }

    /// A registry answered, or not, in so long; `outcome` is `found`, `missing` or `failed`.
    pub fn schema_fetch(&self, registry: &str, outcome: &'static str, took: Duration) {
        self.registry
            .histogram(&names::SCHEMA_SECONDS, &[registry, outcome])
            .record(took.as_secs_f64());
    }

    /// A request to a remote adapter ended after so long.
    pub fn remote_adapter(&self, how: Remote, took: Duration) {
        let (place, outcome) = match how {
            Remote::Success => (0, "success"),
            Remote::Failure => (1, "failure"),
            Remote::Timeout => (2, "timeout"),
        };
        self.registry
            .counter(&names::REMOTE_ADAPTERS, &[outcome])
            .increment(1);
        self.registry
            .histogram(&names::REMOTE_SECONDS, &[outcome])
            .record(took.as_secs_f64());
        if let Some(total) = self.totals.remote.get(place) {
            total.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A reload ended; `outcome` is `exchanged`, `unchanged` or `refused`.
    pub fn reload(&self, outcome: &'static str) {
        self.registry
            .counter(&names::RELOADS, &[outcome])
            .increment(1);
        let failed = u8::from(outcome == "refused");
        self.set(&names::RELOAD_FAILED, &[], f64::from(failed));
    }

    /// Sets a gauge that is shown from now on.
    pub fn set(&self, metric: &'static names::Metric, values: &[&str], value: f64) {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        lock(&self.gauges).insert((metric.name, values), (metric, value));
    }

    /// Whether reading and enriching turn, and in time.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// The time, where this looks at it.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// When the program started, milliseconds since the epoch.
    pub fn started(&self) -> i64 {
        self.started
    }

    /// Records received, events written, bad rows written, since the start.
    pub fn so_far(&self) -> [u64; 3] {
        let Totals { raw, good, bad, .. } = &self.totals;
        [raw, good, bad].map(|total| total.load(Ordering::Relaxed))
    }

    /// Everything in the text format of Prometheus. What comes and goes, such as partitions, is in it only
    /// while it is there.
    pub fn render(&self) -> String {
        let state = Registry::new(&self.tags);
        let set = |metric: &names::Metric, values: &[&str], value: f64| {
            state.gauge(metric, values).set(value);
        };
        for ((_, values), (metric, value)) in lock(&self.gauges).iter() {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            set(metric, &values, *value);
        }
        let now = self.clock.now_millis();
        let partitions = self.partitions.list();
        set(&names::PARTITIONS, &[], partitions.len() as f64);
        for (name, lag) in partitions {
            if let Some(records) = lag.records {
                set(&names::LAG_RECORDS, &[&name], records as f64);
            }
            if let Some(millis) = lag.millis {
                set(&names::LAG_SECONDS, &[&name], millis as f64 / 1000.0);
            }
        }
        let live = self.health.is_live(now);
        set(&names::LIVE, &[], f64::from(u8::from(live)));
        let ready = self.health.is_ready(now);
        set(&names::READY, &[], f64::from(u8::from(ready)));
        set(&names::STARTED, &[], self.started as f64 / 1000.0);
        if let Some(bytes) = resident() {
            set(&names::RESIDENT, &[], bytes as f64);
        }
        self.registry.upkeep();
        self.registry.render() + &state.render()
    }

    /// Sorts observations into their buckets; to be called every few seconds.
    pub fn upkeep(&self) {
        self.registry.upkeep();
    }
}

/// Resident memory in bytes, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
