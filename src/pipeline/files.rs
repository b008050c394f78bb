//! Files through the pipeline: one thread reads, several enrich, one writes in the order of the input.
//!
//! Memory stays bounded: a batch is read only when one of the few that are under way was written.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::by_payload;
use super::worker::{Counts, Outcomes, Worker};
use crate::sinks::file::{LineFile, WriteError};
use crate::sources::batches::{Batch, BatchReader, Input, ReadError};
use crate::sources::framing::{Framing, record};

/// How rows are written out.
pub enum Outputs {
    /// Each kind to its own stream; kinds without one are only counted.
    Streams { good: Option<LineFile>, bad: Option<LineFile>, pii: Option<LineFile> },
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

/// The rows of one batch, ready to write.
struct Done {
    sequence: u64,
    lines: [Vec<u8>; 3],
    counts: Counts,
}

/// Batches under way for each worker: one in work, one waiting, two on the way out.
const UNDER_WAY: usize = 4;

/// Enriches all `inputs` with one thread for each of `workers`; `watch` is told the counts now and then.
pub fn run(
    inputs: &[Input],
    framing: Framing,
    read: Arc<AtomicU64>,
    workers: Vec<Worker>,
    outputs: &mut Outputs,
    mut watch: impl FnMut(&Counts),
) -> Result<Counts, RunError> {
    let slots = workers.len() * UNDER_WAY;
    let by_payload = matches!(outputs, Outputs::ByPayload(_));
    let (free, take) = bounded::<()>(slots);
    for _ in 0..slots {
        let _ = free.send(());
    }
    let (to_workers, from_reader) = bounded::<Batch>(slots);
    let (to_writer, done) = bounded::<Done>(slots);
    thread::scope(|scope| {
        let reader = scope.spawn(move || read_all(inputs, framing, read, &take, &to_workers));
        for worker in workers {
            let (from_reader, to_writer) = (from_reader.clone(), to_writer.clone());
            scope.spawn(move || work(worker, by_payload, &from_reader, &to_writer));
        }
        drop((from_reader, to_writer));
        let written = write_all(&done, &free, outputs, &mut watch);
        // on a failed write this ends the workers and the reader
        drop((done, free));
        let read = reader.join().map_err(|_| RunError::Thread("reader".to_owned()))?;
        let counts = written?;
        read?;
        Ok(counts)
    })
}

fn read_all(
    inputs: &[Input],
    framing: Framing,
    read: Arc<AtomicU64>,
    take: &Receiver<()>,
    to_workers: &Sender<Batch>,
) -> Result<(), ReadError> {
    let mut reader = BatchReader::new(framing, read);
    for input in inputs {
        reader.read(input, |batch| take.recv().is_ok() && to_workers.send(batch).is_ok())?;
    }
    Ok(())
}

fn work(mut worker: Worker, by_payload: bool, from_reader: &Receiver<Batch>, to_writer: &Sender<Done>) {
    let mut outcomes = Outcomes::default();
    let mut buffer = Vec::new();
    for batch in from_reader {
        let mut lines = [Vec::new(), Vec::new(), Vec::new()];
        outcomes.clear();
        for (index, raw) in (batch.first..).zip(batch.records()) {
            let (record, number) = record(batch.framing, raw, &mut buffer);
            worker.process(record, &mut outcomes);
            if by_payload {
                let [line, ..] = &mut lines;
                by_payload::write(number.unwrap_or(index), &outcomes, line);
                outcomes.clear_rows();
            }
        }
        if !by_payload {
            for (rows, lines) in [&outcomes.good, &outcomes.bad, &outcomes.pii].into_iter().zip(&mut lines) {
                rows.write_lines(lines);
            }
        }
        let done = Done { sequence: batch.sequence, lines, counts: std::mem::take(&mut outcomes.counts) };
        if to_writer.send(done).is_err() {
            return;
        }
    }
}

fn write_all(
    done: &Receiver<Done>,
    free: &Sender<()>,
    outputs: &mut Outputs,
    watch: &mut impl FnMut(&Counts),
) -> Result<Counts, RunError> {
    let mut counts = Counts::default();
    let mut early = BTreeMap::new();
    let mut next = 0;
    for batch in done {
        early.insert(batch.sequence, batch);
        while let Some(batch) = early.remove(&next) {
            next += 1;
            let [good, bad, pii] = &batch.lines;
            match outputs {
                Outputs::ByPayload(file) => file.write(good)?,
                Outputs::Streams { good: to_good, bad: to_bad, pii: to_pii } => {
                    for (file, lines) in [(to_good, good), (to_bad, bad), (to_pii, pii)] {
                        if let Some(file) = file.as_mut().filter(|_| !lines.is_empty()) {
                            file.write(lines)?;
                        }
                    }
                }
            }
            counts.add(&batch.counts);
            watch(&counts);
            // nobody waits any more once the reader is done
            let _ = free.send(());
        }
    }
    let files = match outputs {
        Outputs::ByPayload(file) => vec![file],
        Outputs::Streams { good, bad, pii } => [good, bad, pii].into_iter().flatten().collect(),
    };
    for file in files {
        file.finish()?;
    }
    Ok(counts)
}
