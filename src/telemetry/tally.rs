//! What one batch adds up to, collected by the thread that has it and published once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{Telemetry, names};

/// One event in so many is timed, enrichment by enrichment.
pub const TIMED: u64 = 64;
/// Records of a batch whose age is told.
const AGES: usize = 16;

/// Told by the worker while it enriches a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Events that fail the limits of the atomic fields.
    pub invalid_enriched: u64,
    /// Failures by the name of the enrichment.
    pub failures: BTreeMap<&'static str, u64>,
    /// Refusals by schema, and whether any registry has it.
    pub schemas: BTreeMap<(String, bool), u64>,
    /// How long steps took on the events that were timed.
    pub times: Vec<(&'static str, Duration)>,
    events: u64,
    /// Collector timestamps: of the first record, of the oldest, and of some on the way.
    first: Option<i64>,
    oldest: Option<i64>,
    some: Vec<i64>,
    seen: u64,
}

impl Tally {
    /// A record whose collector saw it at this time, milliseconds since the epoch.
    pub fn record(&mut self, collected: i64) {
        self.first.get_or_insert(collected);
        self.oldest = Some(
            self.oldest
                .map_or(collected, |oldest| oldest.min(collected)),
        );
        // the first ones, then ever fewer
        if self.some.len() < AGES {
            self.some.push(collected);
        } else if self.seen.is_multiple_of(AGES as u64)
            && let Some(place) = usize::try_from(self.seen / AGES as u64)
                .ok()
                .and_then(|n| self.some.get_mut(n % AGES))
        {
            *place = collected;
        }
        self.seen += 1;
    }

    /// An event begins; says whether it is to be timed.
    pub fn event(&mut self) -> bool {
        self.events += 1;
        self.events % TIMED == 1
    }

    /// An enrichment failed.
    pub fn failure(&mut self, enrichment: &'static str) {
        *self.failures.entry(enrichment).or_default() += 1;
    }

    /// Adds what was told of other records of the batch.
    pub fn add(&mut self, other: &Tally) {
        self.invalid_enriched += other.invalid_enriched;
        for (enrichment, count) in &other.failures {
            *self.failures.entry(enrichment).or_default() += count;
        }
        for (schema, count) in &other.schemas {
            *self.schemas.entry(schema.clone()).or_default() += count;
        }
        self.times.extend_from_slice(&other.times);
        self.events += other.events;
        for collected in &other.some {
            self.record(*collected);
        }
        self.oldest = match (self.oldest, other.oldest) {
            (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
    }

    /// A schema was the reason of a refusal.
    pub fn schema(&mut self, path: &str, known: bool) {
        *self.schemas.entry((path.to_owned(), known)).or_default() += 1;
    }
}

/// What became durable of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Enriched events.
    pub good: u64,
    /// Their bytes.
    pub good_bytes: u64,
    /// Events for the pii stream.
    pub pii: u64,
    /// Bad rows by the name of their schema.
    pub bad: BTreeMap<&'static str, u64>,
}

/// A batch on its way from the source until its rows are durable.
pub struct Passage {
    telemetry: Arc<Telemetry>,
    number: u64,
    handed_over: Option<Instant>,
}

impl Passage {
    pub(super) fn start(telemetry: &Arc<Telemetry>, now: i64) -> Passage {
        Passage {
            number: telemetry.health.begin(now),
            telemetry: Arc::clone(telemetry),
            handed_over: None,
        }
    }

    /// Its rows go to the sinks now.
    pub fn hand_over(&mut self) {
        self.handed_over = Some(Instant::now());
    }

    /// All its rows are durable.
    pub fn written(self, tally: &Tally, written: &Written) {
        let telemetry = &*self.telemetry;
        if let Some(since) = self.handed_over {
            telemetry.sink_seconds.record(since.elapsed().as_secs_f64());
        }
        telemetry.good.increment(written.good);
        telemetry.good_bytes.increment(written.good_bytes);
        telemetry.pii.increment(written.pii);
        for (kind, count) in &written.bad {
            telemetry
                .registry
                .counter(&names::BAD, &[kind])
                .increment(*count);
        }
        let totals = &telemetry.totals;
        totals.good.fetch_add(written.good, Ordering::Relaxed);
        totals
            .good_bytes
            .fetch_add(written.good_bytes, Ordering::Relaxed);
        totals
            .bad
            .fetch_add(written.bad.values().sum(), Ordering::Relaxed);

        let now = telemetry.clock.now_millis();
        let age = |collected: i64| now.saturating_sub(collected).max(0);
        for collected in &tally.some {
            telemetry
                .e2e_seconds
                .record(age(*collected) as f64 / 1000.0);
        }
        if let Some(first) = tally.first {
            telemetry.latency.set(age(first) as f64 / 1000.0);
            for latency in &telemetry.latencies {
                latency.store(age(first), Ordering::Relaxed);
            }
        }
        if let Some(oldest) = tally.oldest {
            for worst in &telemetry.worst {
                worst.fetch_max(age(oldest), Ordering::Relaxed);
            }
        }
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.telemetry.health.end(self.number);
    }
}
