//! Whether the program does its work, for probes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A reader that does not turn for so long hangs; a rebalance may hold it for some seconds.
const HANGS: i64 = 60_000;

/// What is under way, and whether the threads turn.
#[derive(Debug)]
pub struct Health {
    unhealthy_latency: i64,
    /// When the reader turned last; 0 before it starts.
    beat: AtomicI64,
    running: AtomicBool,
    under_way: Mutex<UnderWay>,
}

#[derive(Debug, Default)]
struct UnderWay {
    last: u64,
    since: BTreeMap<u64, i64>,
}

impl Health {
    pub(super) fn new(unhealthy_latency: Duration) -> Health {
        Health {
            unhealthy_latency: i64::try_from(unhealthy_latency.as_millis()).unwrap_or(i64::MAX),
            beat: AtomicI64::new(0),
            running: AtomicBool::new(false),
            under_way: Mutex::default(),
        }
    }

    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(&self, now: i64) -> u64 {
        let mut under_way = self.under_way();
        under_way.last += 1;
        let number = under_way.last;
        under_way.since.insert(number, now);
        number
    }

    pub(super) fn end(&self, number: u64) {
        self.under_way().since.remove(&number);
    }

    /// The thread that reads turns.
    pub fn turn(&self, now: i64) {
        self.beat.store(now, Ordering::Relaxed);
    }

    /// Source and sinks are open (`true`), or the program stops (`false`).
    pub fn running(&self, on: bool) {
        self.running.store(on, Ordering::Relaxed);
    }

    /// Batches under way, and since when the oldest is, milliseconds since the epoch.
    pub fn under_way_since(&self) -> (usize, Option<i64>) {
        let under_way = self.under_way();
        let oldest = under_way.since.first_key_value().map(|(_, since)| *since);
        (under_way.since.len(), oldest)
    }

    /// Whether the process does something: a restart would help when not.
    pub fn is_live(&self, now: i64) -> bool {
        let beat = self.beat.load(Ordering::Relaxed);
        beat == 0 || now.saturating_sub(beat) < HANGS
    }

    /// Whether records become durable in time; also while the program starts or stops.
    pub fn is_healthy(&self, now: i64) -> bool {
        let oldest = self.under_way_since().1;
        let late = oldest.is_some_and(|since| now.saturating_sub(since) > self.unhealthy_latency);
        self.is_live(now) && !late
    }

    /// Whether it runs and is healthy.
    pub fn is_ready(&self, now: i64) -> bool {
        self.running.load(Ordering::Relaxed) && self.is_healthy(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_hangs_and_a_record_that_waits_too_long_are_told_apart() {
        let health = Health::new(Duration::from_secs(120));
        assert!(health.is_live(1) && health.is_healthy(1) && !health.is_ready(1));
        health.running(true);
        health.turn(1_000);
        assert!(health.is_ready(2_000));
        let (late, other) = (health.begin(2_000), health.begin(100_000));
        health.turn(122_000);
        assert!(health.is_ready(122_000));
        assert!(
            health.is_live(122_001) && !health.is_healthy(122_001) && !health.is_ready(122_001)
        );
        health.end(late);
        assert!(health.is_ready(122_001));
        assert_eq!(health.under_way_since(), (1, Some(100_000)));
        health.end(other);
        assert!(!health.is_live(182_000) && !health.is_healthy(182_000));
        health.turn(182_000);
        health.running(false);
        assert!(health.is_healthy(182_000) && !health.is_ready(182_000));
    }
}
