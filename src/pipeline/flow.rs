//! A source through workers into sinks, until it ends or is asked to stop.
//!
//! One thread reads and commits, one worker a core enriches, one thread writes. What waits between them is
//! bounded in bytes: reading stops while the [`Budget`] is used up. A position is committed when the good,
//! bad and pii rows of all records before it are durable.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::budget::{Budget, Share};
use super::drain::Stop;
use super::outcomes::{Counts, Outcomes};
use super::parking::{self, InOrder, Parked};
use super::worker::Worker;
use super::writer::{Done, Sinks, Writer};
use crate::badrows::Processor;
use crate::checkpoint::ledger::Ledger;
use crate::clock::Clock;
use crate::sinks::SinkError;
use crate::sources::{Polled, Records, Source, SourceError};
use crate::telemetry::tally::Passage;
use crate::telemetry::{Telemetry, names};

/// What ended a flow before its time.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A sink gave up.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// Work under way was not done in the time that was given.
    #[error("{0} batches were not done in time; they will be read again")]
    Late(usize),
    /// A thread ended before its time.
    #[error("the {0} thread failed")]
    Thread(&'static str),
}

/// What a flow needs beside its source and sinks.
pub struct Setup {
    /// One for each thread that enriches.
    pub workers: Vec<Worker>,
    /// What is under way in the source.
    pub ledger: Arc<Ledger>,
    /// Bytes of records and rows between source and sinks.
    pub budget: usize,
    /// When to stop.
    pub stop: Stop,
    /// Who writes bad rows.
    pub processor: Processor,
    /// Where the time comes from.
    pub clock: Clock,
    /// Who is told.
    pub telemetry: Arc<Telemetry>,
}

struct Load {
    records: Records,
    share: Share,
    outcomes: Outcomes,
    passage: Passage,
    /// Time that it took to enrich so far.
    busy: Duration,
}

/// Memory of batches that are done.
struct Spare {
    bytes: Receiver<Vec<u8>>,
    outcomes: Receiver<Outcomes>,
}

/// Longest wait for records, and so for noticing that it is time to stop.
const WAIT: Duration = Duration::from_millis(50);
/// After so long without room the source is told to fetch no more, but goes on as a member of its group.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the use of the budget is told.
const TELL: Duration = Duration::from_secs(1);
/// Bad rows of a batch that are shown.
const SHOWN: usize = 4;

/// Runs until the source ends or `stop` is asked, and everything read is done.
///
/// # Errors
/// What went wrong; everything that is not done is then not committed.
pub fn run(mut source: Box<dyn Source>, sinks: Sinks, setup: Setup) -> Result<Counts, FlowError> {
    let Setup {
        workers,
        ledger,
        budget,
        stop,
        processor,
        clock,
        telemetry,
    } = setup;
    let budget = Budget::new(budget);
    let (to_workers, loads) = bounded::<Load>(budget.most_shares());
    let (to_writer, done) = bounded::<Done>(workers.len() * 2);
    // the memory of batches goes round: fresh pages cost more than what is done with them
    let (used_bytes, spare_bytes) = bounded::<Vec<u8>>(workers.len() * 4);
    let (used_outcomes, spare_outcomes) = bounded::<Outcomes>(workers.len() * 4);
    thread::scope(|scope| {
        for (number, worker) in workers.into_iter().enumerate() {
            let (loads, to_writer) = (loads.clone(), to_writer.clone());
            let used = used_bytes.clone();
            let telemetry = &*telemetry;
            named(format!("worker-{number}"))
                .spawn_scoped(scope, move || {
                    work(worker, &loads, &to_writer, &used, telemetry);
                })
                .map_err(|_| FlowError::Thread("worker"))?;
        }
        drop((loads, to_writer, used_bytes));
        let (ledger, stop) = (&*ledger, &stop);
        let processor = &processor;
        let writing = move || {
            Writer {
                sinks,
                ledger,
                stop,
                processor,
                clock,
                counts: Counts::default(),
                spare: Some(used_outcomes),
            }
            .run(&done)
        };
        let writer = named("writer".to_owned())
            .spawn_scoped(scope, writing)
            .map_err(|_| FlowError::Thread("writer"))?;
        let spare = Spare {
            bytes: spare_bytes,
            outcomes: spare_outcomes,
        };
        telemetry.health().running(true);
        let read = read(
            source.as_mut(),
            &budget,
            &to_workers,
            &spare,
            stop,
            &telemetry,
            &|| writer.is_finished() || ledger.abandoned() > 0,
        );
        // the workers end when this is gone and all is enriched, then the writer when all is written
        drop(to_workers);
        telemetry.health().running(false);
        let all_done = loop {
            if ledger.wait(None, WAIT) {
                break true;
            }
            telemetry.health().turn(telemetry.clock().now_millis());
            source.commit();
            if writer.is_finished() || stop.is_over() || ledger.abandoned() > 0 {
                break false;
            }
        };
        let left = ledger.open(None);
        let closed = source.close();
        if !all_done {
            // nobody waits for the rest
            stop.ask();
        }
        let written = writer.join().map_err(|_| FlowError::Thread("writer"))?;
        read?;
        let counts = match written {
            Err(SinkError::Stopped) => return Err(FlowError::Late(left)),
            other => other?,
        };
        closed?;
        if all_done {
            Ok(counts)
        } else {
            Err(FlowError::Late(left))
        }
    })
}

fn named(name: String) -> thread::Builder {
    thread::Builder::new().name(name)
}

fn read(
    source: &mut dyn Source,
    budget: &Arc<Budget>,
    to_workers: &Sender<Load>,
    spare: &Spare,
    stop: &Stop,
    telemetry: &Arc<Telemetry>,
    broken: &dyn Fn() -> bool,
) -> Result<(), SourceError> {
    let mut full_since: Option<Instant> = None;
    let mut held = false;
    let mut told: Option<Instant> = None;
    while !stop.is_asked() && !broken() {
        telemetry.health().turn(telemetry.clock().now_millis());
        if told.is_none_or(|told| told.elapsed() >= TELL) {
            told = Some(Instant::now());
            let (used, limit) = budget.state();
            telemetry.set(&names::MEMORY_USED, &[], used as f64);
            telemetry.set(&names::MEMORY_LIMIT, &[], limit as f64);
        }
        source.commit();
        let room = budget.wait(WAIT);
        if !room {
            let since = *full_since.get_or_insert_with(Instant::now);
            if since.elapsed() < PATIENCE {
                continue;
            }
            if !held {
                tracing::info!("reading waits for the sinks");
            }
            // also those that were assigned since
            source.hold(true);
            held = true;
        } else {
            full_since = None;
            if held {
                source.hold(false);
                held = false;
            }
        }
        spare
            .bytes
            .try_iter()
            .for_each(|bytes| source.recycle(bytes));
        match source.poll(if room { WAIT } else { Duration::ZERO })? {
            Polled::Records(records) => {
                let share = budget.take(records.bytes.len());
                let load = Load {
                    passage: telemetry.received(records.ends.len(), records.bytes.len()),
                    outcomes: spare.outcomes.try_recv().unwrap_or_default(),
                    busy: Duration::ZERO,
                    records,
                    share,
                };
                if to_workers.send(load).is_err() {
                    return Ok(());
                }
            }
            Polled::Nothing => {}
            Polled::End => return Ok(()),
        }
    }
    Ok(())
}

impl parking::Load for Load {
    fn process(&mut self, worker: &mut Worker) -> Option<Parked> {
        let since = Instant::now();
        worker.refresh();
        if worker.has_remote() {
            worker.foresee(self.records.iter());
        }
        let mut order = InOrder::new(&mut self.outcomes);
        for (number, record) in (0..).zip(self.records.iter()) {
            order.add(worker, number, record, &mut |_, _| ());
        }
        let parked = order.finish();
        worker.publish();
        self.busy += since.elapsed();
        parked
    }

    fn again(&mut self, worker: &mut Worker, parked: Parked) -> Option<Parked> {
        let since = Instant::now();
        let parked = parked.again(worker, &mut self.outcomes, &mut |_, _| ());
        worker.publish();
        self.busy += since.elapsed();
        parked
    }
}

fn work(
    worker: Worker,
    loads: &Receiver<Load>,
    to_writer: &Sender<Done>,
    used: &Sender<Vec<u8>>,
    telemetry: &Telemetry,
) {
    parking::work(worker, loads, |load| {
        let Load {
            records,
            mut share,
            mut outcomes,
            passage,
            busy,
        } = load;
        telemetry.enriched(&mut outcomes.tally, records.ends.len(), busy);
        let bad = outcomes.bad.len();
        for (row, kind) in outcomes
            .bad
            .iter()
            .zip(outcomes.kinds())
            .skip(bad.saturating_sub(SHOWN))
        {
            telemetry.refused(kind, row);
        }
        let Records { receipt, bytes, .. } = records;
        let _ = used.try_send(bytes);
        let labels = outcomes.good_labels.byte_len() + outcomes.pii_labels.byte_len();
        let rows = outcomes.good.byte_len() + outcomes.bad.byte_len() + outcomes.pii.byte_len();
        share.resize(rows + labels);
        let done = Done {
            receipt,
            outcomes,
            share,
            passage: Some(passage),
        };
        to_writer.send(done).is_ok()
    });
}
