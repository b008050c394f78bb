//! Files through the pipeline: one thread reads, several enrich, one writes in the order of the input. Where
//! one is to enrich, it does all of it: handing batches over costs more than reading and writing beside saves.
//!
//! Memory stays bounded: a batch is read only when one of the few that are under way was written.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::by_payload;
use super::outcomes::{Counts, Outcomes};
use super::parking::{self, InOrder, Load as _, Parked};
use super::worker::Worker;
use crate::sinks::file::{LineFile, WriteError};
use crate::sources::batches::{Batch, BatchReader, Input, ReadError};
use crate::sources::framing::{Framing, record};

/// How rows are written out.
pub enum Outputs {
    /// Each kind to its own stream; kinds without one are only counted.
    Streams {
        good: Option<LineFile>,
        bad: Option<LineFile>,
        pii: Option<LineFile>,
    },
    /// One JSON line per payload with all its rows.
    ByPayload(LineFile),
}

/// What stopped a run before its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The input could not be read to its end; what was read before is written.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An output could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A thread could not be started or ended before its time.
    #[error("a worker thread failed: {0}")]
    Thread(String),
}

/// A batch on its way: records in, rows out. It goes round, so its memory is made once.
struct Load {
    batch: Batch,
    outcomes: Outcomes,
    /// One line a record is asked for instead of rows.
    by_payload: bool,
}

impl parking::Load for Load {
    fn process(&mut self, worker: &mut Worker) -> Option<Parked> {
        let Load {
            batch,
            outcomes,
            by_payload,
        } = self;
        outcomes.clear();
        let mut buffer = Vec::new();
        if worker.has_remote() {
            let copy = |raw| record(batch.framing, raw, &mut buffer).0.to_vec();
            let copies: Vec<Vec<u8>> = batch.records().map(copy).collect();
            worker.foresee(copies.iter().map(Vec::as_slice));
        }
        let mut order = InOrder::new(outcomes);
        let mut then = then(*by_payload);
        for (index, raw) in (batch.first..).zip(batch.records()) {
            let (record, number) = record(batch.framing, raw, &mut buffer);
            order.add(worker, number.unwrap_or(index), record, &mut then);
        }
        order.finish()
    }

    fn again(&mut self, worker: &mut Worker, parked: Parked) -> Option<Parked> {
        parked.again(worker, &mut self.outcomes, &mut then(self.by_payload))
    }
}

/// What is done with the rows of a record when they are there.
fn then(by_payload: bool) -> impl FnMut(u64, &mut Outcomes) {
    move |number, outcomes| {
        if by_payload {
            let mut lines = std::mem::take(&mut outcomes.lines);
            by_payload::write(number, outcomes, &mut lines);
            outcomes.clear_rows();
            outcomes.lines = lines;
        }
    }
}

/// Batches under way for each worker: one in work, one waiting, two on the way out.
const UNDER_WAY: usize = 4;

/// Enriches all `inputs` with one thread for each of `workers`; `watch` is told the counts now and then.
pub fn run(
    inputs: &[Input],
    framing: Framing,
    read: Arc<AtomicU64>,
    mut workers: Vec<Worker>,
    outputs: &mut Outputs,
    watch: impl FnMut(&Counts),
) -> Result<Counts, RunError> {
    let by_payload = matches!(outputs, Outputs::ByPayload(_));
    let out = Out {
        outputs,
        watch,
        counts: Counts::default(),
    };
    let load = || Load {
        batch: Batch::new(framing),
        outcomes: Outcomes::default(),
        by_payload,
    };
    match workers.pop() {
        // questions of adapters of several batches go on beside each other only with threads
        Some(worker) if workers.is_empty() && !worker.has_remote() => {
            run_alone(inputs, read, worker, load(), out)
        }
        last => {
            workers.extend(last);
            run_beside(inputs, read, workers, load, out)
        }
    }
}

fn run_alone(
    inputs: &[Input],
    read: Arc<AtomicU64>,
    mut worker: Worker,
    load: Load,
    mut out: Out<'_, impl FnMut(&Counts)>,
) -> Result<Counts, RunError> {
    let Load {
        batch,
        outcomes: mut rows,
        by_payload,
    } = load;
    let framing = batch.framing;
    let mut reader = BatchReader::new(read);
    let spare = RefCell::new(vec![batch]);
    for input in inputs {
        let mut done = Ok(());
        let next = || {
            let spare = spare.borrow_mut().pop();
            Some(spare.unwrap_or_else(|| Batch::new(framing)))
        };
        let read = reader.read(input, next, |batch| {
            let mut load = Load {
                batch,
                outcomes: std::mem::take(&mut rows),
                by_payload,
            };
            let mut waits = load.process(&mut worker);
            while let Some(mut parked) = waits {
                parked.wait(&worker);
                waits = load.again(&mut worker, parked);
            }
            done = out.write(&load);
            rows = load.outcomes;
            spare.borrow_mut().push(load.batch);
            done.is_ok()
        });
        done?;
        read?;
    }
    Ok(out.finish()?)
}

fn run_beside(
    inputs: &[Input],
    read: Arc<AtomicU64>,
    workers: Vec<Worker>,
    load: impl Fn() -> Load,
    out: Out<'_, impl FnMut(&Counts)>,
) -> Result<Counts, RunError> {
    let slots = workers.len() * UNDER_WAY;
    let (free, take) = bounded::<Load>(slots);
    for _ in 0..slots {
        let _ = free.send(load());
    }
    let (to_workers, from_reader) = bounded::<Load>(slots);
    let (to_writer, done) = bounded::<Load>(slots);
    thread::scope(|scope| {
        let reader = scope.spawn(move || read_all(inputs, read, &take, &to_workers));
        for worker in workers {
            let (from_reader, to_writer) = (from_reader.clone(), to_writer.clone());
            scope.spawn(move || {
                parking::work(worker, &from_reader, |load| to_writer.send(load).is_ok())
            });
        }
        drop((from_reader, to_writer));
        let written = write_all(&done, &free, out);
        // on a failed write this ends the workers and the reader
        drop((done, free));
        let read = reader
            .join()
            .map_err(|_| RunError::Thread("reader".to_owned()))?;
        let counts = written?;
        read?;
        Ok(counts)
    })
}

fn read_all(
    inputs: &[Input],
    read: Arc<AtomicU64>,
    take: &Receiver<Load>,
    to_workers: &Sender<Load>,
) -> Result<(), ReadError> {
    let mut reader = BatchReader::new(read);
    // what the batches under reading go on with
    let rest = RefCell::new(VecDeque::new());
    for input in inputs {
        let next = || {
            let Load {
                batch,
                outcomes,
                by_payload,
            } = take.recv().ok()?;
            rest.borrow_mut().push_back((outcomes, by_payload));
            Some(batch)
        };
        reader.read(input, next, |batch| match rest.borrow_mut().pop_front() {
            Some((outcomes, by_payload)) => to_workers
                .send(Load {
                    batch,
                    outcomes,
                    by_payload,
                })
                .is_ok(),
            None => false,
        })?;
    }
    Ok(())
}

fn write_all(
    done: &Receiver<Load>,
    free: &Sender<Load>,
    mut out: Out<'_, impl FnMut(&Counts)>,
) -> Result<Counts, RunError> {
    let mut early = BTreeMap::new();
    let mut next = 0;
    for load in done {
        early.insert(load.batch.sequence, load);
        while let Some(load) = early.remove(&next) {
            next += 1;
            out.write(&load)?;
            // nobody waits any more once the reader is done
            let _ = free.send(load);
        }
    }
    Ok(out.finish()?)
}

/// Where rows go, and who is told how many.
struct Out<'o, W> {
    outputs: &'o mut Outputs,
    watch: W,
    counts: Counts,
}

impl<W: FnMut(&Counts)> Out<'_, W> {
    fn write(&mut self, load: &Load) -> Result<(), WriteError> {
        let Outcomes {
            good,
            bad,
            pii,
            lines,
            ..
        } = &load.outcomes;
        match self.outputs {
            Outputs::ByPayload(file) => file.write(lines)?,
            Outputs::Streams {
                good: to_good,
                bad: to_bad,
                pii: to_pii,
            } => {
                for (file, rows) in [(to_good, good), (to_bad, bad), (to_pii, pii)] {
                    if let Some(file) = file.as_mut().filter(|_| !rows.is_empty()) {
                        file.write(rows.lines())?;
                    }
                }
            }
        }
        self.counts.add(&load.outcomes.counts);
        (self.watch)(&self.counts);
        Ok(())
    }

    fn finish(self) -> Result<Counts, WriteError> {
        let files = match self.outputs {
            Outputs::ByPayload(file) => vec![file],
            Outputs::Streams { good, bad, pii } => [good, bad, pii].into_iter().flatten().collect(),
        };
        for file in files {
            file.finish()?;
        }
        Ok(self.counts)
    }
}
