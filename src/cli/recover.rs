//! `snowmelt recover`: bad rows in, the raw payloads they came from out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use crossbeam_channel::{Sender, bounded};
use lexon::Tree;

use super::args::{LogFormat, RecoverArgs};
use super::{BAD_USAGE, DONE, IO_FAILED, generate, log, tell};
use crate::config::Env;
use crate::pipeline::drain::Stop;
use crate::recover::{Filter, Row};
use crate::sinks::file::LineFile;
use crate::sources::batches::{Batch, BatchReader, Input};
use crate::sources::framing::Framing;

/// How long payloads under way may take when a signal comes.
const GRACE: Duration = Duration::from_secs(20);
/// Payloads between reading and writing.
const WAITING: usize = 256;

/// What came of the rows.
#[derive(Debug, Default)]
struct Found {
    rows: u64,
    wanted: u64,
    /// Rows that gave no payload, by the reason.
    left: BTreeMap<String, u64>,
}

/// Runs the command: 0 when all wanted rows were read and their payloads written, 1 when reading or writing
/// failed, 2 when the arguments cannot be used. Rows that hold no payload are counted, and are no failure.
pub fn run(args: &RecoverArgs) -> u8 {
    let _ = log::start(&Env::of_process(), LogFormat::Text);
    let stop = Stop::new(GRACE);
    if let Err(error) = stop.on_signals() {
        return tell(IO_FAILED, &format!("cannot listen to signals: {error}"));
    }
    let patch = match args.patch.as_deref().map(patch).transpose() {
        Ok(patch) => patch,
        Err(error) => return tell(BAD_USAGE, &format!("--patch: {error:#}")),
    };
    let output = match generate::stream(&args.to) {
        Ok(output) => output,
        Err(error) => return tell(BAD_USAGE, &error.to_string()),
    };
    let (to_writer, payloads) = bounded(WAITING);
    let (found, written) = thread::scope(|scope| {
        let reader = scope.spawn(|| read(args, patch.as_ref(), to_writer, &stop));
        let written = match output {
            Some(output) => generate::to_stream(payloads.iter(), &args.to, &output, &stop),
            None => generate::to_file(payloads.iter(), &args.to, &stop),
        };
        // else a reader whose payloads nobody takes would wait for ever
        drop(payloads);
        (reader.join(), written)
    });
    let done = || -> anyhow::Result<String> {
        let written = written?;
        let found = found.map_err(|_| anyhow::anyhow!("the reading thread failed"))??;
        let mut text = format!(
            "{} bad rows read, {} wanted, {written} payloads written",
            found.rows, found.wanted
        );
        for (reason, count) in &found.left {
            text += &format!("; {count} left: {reason}");
        }
        Ok(text)
    };
    match done() {
        Ok(text) => tell(DONE, &text),
        Err(error) => tell(IO_FAILED, &format!("{error:#}")),
    }
}

/// The patch in an argument, or in the file that it names.
fn patch(argument: &str) -> anyhow::Result<Tree> {
    let text = if argument.trim_start().starts_with('{') {
        argument.to_owned()
    } else {
        std::fs::read_to_string(argument).with_context(|| format!("cannot read {argument}"))?
    };
    let patch = Tree::parse(&text).map_err(|error| anyhow::anyhow!("no JSON: {error}"))?;
    anyhow::ensure!(
        patch.as_object().is_some(),
        "a patch is a JSON object, such as {{\"body\": null}}"
    );
    Ok(patch)
}

fn read(
    args: &RecoverArgs,
    patch: Option<&Tree>,
    payloads: Sender<Vec<u8>>,
    stop: &Stop,
) -> anyhow::Result<Found> {
    let filter = Filter {
        kinds: args.kinds.clone(),
        schemas: args.schemas.clone(),
        since: args.since,
        until: args.until,
    };
    let mut left = args.left.as_deref().map(LineFile::create).transpose()?;
    let mut found = Found::default();
    let mut reader = BatchReader::new(Arc::default());
    let mut problem = None;
    for input in &args.input {
        let take = |batch: Batch| {
            for line in batch.records() {
                found.rows += 1;
                let text = String::from_utf8_lossy(line);
                let payload = match Row::parse(&text) {
                    Ok(row) if !filter.wants(&row) => continue,
                    Ok(row) => row.payload(patch),
                    Err(error) => Err(error),
                };
                found.wanted += 1;
                match payload {
                    Ok(payload) => {
                        if stop.is_asked() || payloads.send(payload).is_err() {
                            return false;
                        }
                    }
                    Err(error) => {
                        *found.left.entry(error.to_string()).or_default() += 1;
                        if let Err(error) = keep(left.as_mut(), line) {
                            problem = Some(error);
                            return false;
                        }
                    }
                }
            }
            true
        };
        // one line a row, as lines of any kind
        reader.read(
            &Input::from_arg(input),
            || Some(Batch::new(Framing::JsonLines)),
            take,
        )?;
        if let Some(problem) = problem.take() {
            return Err(problem);
        }
    }
    if let Some(left) = &mut left {
        left.finish()?;
    }
    Ok(found)
}

fn keep(left: Option<&mut LineFile>, line: &[u8]) -> anyhow::Result<()> {
    if let Some(left) = left {
        let mut line = line.to_vec();
        line.push(b'\n');
        left.write(&line)?;
    }
    Ok(())
}
