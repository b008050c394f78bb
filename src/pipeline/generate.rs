//! Made-up payloads into streams, through the same writer and with the same promises as a run.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, bounded};

use super::budget::Budget;
use super::drain::Stop;
use super::flow::FlowError;
use super::outcomes::{Counts, Outcomes};
use super::writer::{Done, Sinks, Writer};
use crate::badrows::Processor;
use crate::checkpoint::ledger::Ledger;
use crate::clock::Clock;

/// A batch is handed on when it has so many bytes …
const BATCH_BYTES: usize = 64 * 1024;
/// … or so many payloads.
const BATCH_PAYLOADS: usize = 100;
const BUDGET: usize = 16 << 20;
/// With a rate, what is due is sent so often.
const TICK: Duration = Duration::from_millis(10);

/// Keeps a rate: says how many payloads may be out at a moment.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    started: Instant,
    /// Payloads a second; as many as can be when `None`.
    rate: Option<f64>,
}

impl Pace {
    /// The time runs from `started`.
    pub fn new(rate: Option<f64>, started: Instant) -> Pace {
        Pace { started, rate }
    }

    /// How many payloads may be out `now`.
    pub fn due(&self, now: Instant) -> u64 {
        match self.rate {
            None => u64::MAX,
            // a float becomes the nearest integer that fits
            Some(rate) => (now.duration_since(self.started).as_secs_f64() * rate) as u64,
        }
    }

    /// Waits until payload `n` (from 0) may go out; false when `stopped` says so before.
    pub fn wait(&self, n: u64, stopped: impl Fn() -> bool) -> bool {
        while !stopped() {
            if n < self.due(Instant::now()) {
                return true;
            }
            thread::sleep(TICK);
        }
        false
    }
}

/// Writes payloads to `sinks.good` until there are no more or `stop` is asked. Gives how many are durable.
///
/// # Errors
/// When the sink gives up.
pub fn run(
    payloads: impl Iterator<Item = Vec<u8>>,
    rate: Option<f64>,
    sinks: Sinks,
    processor: &Processor,
    stop: &Stop,
) -> Result<u64, FlowError> {
    let ledger = Ledger::new();
    let (to_writer, done) = bounded::<Done>(8);
    thread::scope(|scope| {
        let (of_writer, of_feeder) = (&*ledger, &ledger);
        let writer = scope.spawn(move || {
            Writer {
                sinks,
                ledger: of_writer,
                stop,
                processor,
                clock: Clock::System,
                counts: Counts::default(),
                spare: None,
            }
            .run(&done)
        });
        feed(payloads, rate, of_feeder, &to_writer, stop);
        drop(to_writer);
        let counts = writer.join().map_err(|_| FlowError::Thread("writer"))??;
        Ok(counts.payloads)
    })
}

fn feed(
    payloads: impl Iterator<Item = Vec<u8>>,
    rate: Option<f64>,
    ledger: &Arc<Ledger>,
    to_writer: &Sender<Done>,
    stop: &Stop,
) {
    let budget = Budget::new(BUDGET);
    let pace = Pace::new(rate, Instant::now());
    let mut outcomes = Outcomes::default();
    let (mut sent, mut made) = (0_i64, 0_u64);
    let mut payloads = payloads.peekable();
    while payloads.peek().is_some() && pace.wait(made, || stop.is_asked()) {
        let due = pace.due(Instant::now());
        while made < due
            && outcomes.good.len() < BATCH_PAYLOADS
            && outcomes.good.byte_len() < BATCH_BYTES
            && let Some(payload) = payloads.next()
        {
            outcomes.good.push(&payload);
            outcomes.counts.payloads += 1;
            made += 1;
        }
        sent += 1;
        let batch = Done {
            receipt: ledger.issue(0, sent),
            share: budget.take(outcomes.good.byte_len()),
            outcomes: std::mem::take(&mut outcomes),
            passage: None,
        };
        // the writer has said why it is gone
        if to_writer.send(batch).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_says_what_is_due() {
        let start = Instant::now();
        let pace = Pace::new(Some(100.0), start);
        let due = [0, 5, 10, 1000].map(|ms| pace.due(start + Duration::from_millis(ms)));
        assert_eq!(due, [0, 0, 1, 100]);
        assert!(!pace.wait(1_000_000_000_000, || true));
        assert_eq!(Pace::new(None, start).due(start), u64::MAX);
    }
}
