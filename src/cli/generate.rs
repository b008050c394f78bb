//! `snowmelt generate`: made-up payloads to a file or a stream.

use std::time::{Duration, Instant};

use super::args::{Destination, Format, GenerateArgs, LogFormat};
use super::{BAD_USAGE, DONE, IO_FAILED, log, tell};
use crate::app::{self, streams};
use crate::config::Env;
use crate::config::app::Asset;
use crate::config::streams::Output;
use crate::pipeline::drain::Stop;
use crate::pipeline::generate::{self, Pace};
use crate::sample;
use crate::sample::base64::{STANDARD, encode};
use crate::sinks::file::LineFile;
use crate::telemetry::Telemetry;

/// How long rows under way may take when a signal comes.
const GRACE: Duration = Duration::from_secs(20);
/// Bytes of rows that may wait for a stream.
const QUEUE: u64 = 64 << 20;
/// Bytes that are written to a file at a time.
const CHUNK: usize = 256 * 1024;

/// Runs the command: 0 when all payloads are written or a signal came, 1 when writing failed, 2 when the
/// arguments cannot be used.
pub fn run(args: &GenerateArgs) -> u8 {
    let _ = log::start(&Env::of_process(), LogFormat::Text);
    let stop = Stop::new(GRACE);
    if let Err(error) = stop.on_signals() {
        return tell(IO_FAILED, &format!("cannot listen to signals: {error}"));
    }
    let output = match stream(&args.to) {
        Ok(output) => output,
        Err(error) => return tell(BAD_USAGE, &error.to_string()),
    };
    let started = Instant::now();
    let written = match output {
        Some(output) => to_stream(payloads(args), &args.to, &output, &stop),
        None => to_file(payloads(args), &args.to, &stop),
    };
    let seconds = started.elapsed().as_secs_f64();
    match written {
        Ok(count) => tell(
            DONE,
            &format!(
                "{count} payloads written; {seconds:.2} s, {:.0} payloads/s",
                count as f64 / seconds.max(1e-9)
            ),
        ),
        Err(error) => tell(IO_FAILED, &format!("{error:#}")),
    }
}

/// The stream that the arguments name; a file when they name none.
pub(super) fn stream(args: &Destination) -> Result<Option<Output>, crate::config::ConfigError> {
    let (Some(topic), Some(servers)) = (&args.topic, &args.bootstrap_servers) else {
        return Ok(None);
    };
    Output::topic(topic, servers, &args.property).map(Some)
}

fn payloads(args: &GenerateArgs) -> impl Iterator<Item = Vec<u8>> {
    let count = usize::try_from(args.count).unwrap_or(usize::MAX);
    sample::payloads(args.seed).take(count)
}

/// Writes payloads to a topic; gives their number.
pub(super) fn to_stream(
    payloads: impl Iterator<Item = Vec<u8>>,
    args: &Destination,
    output: &Output,
    stop: &Stop,
) -> anyhow::Result<u64> {
    let sinks = streams::one_sink(output, QUEUE, &Telemetry::new(Default::default()))?;
    let processor = app::processor(Asset::Kafka);
    Ok(generate::run(payloads, args.rate, sinks, &processor, stop)?)
}

/// Writes payloads to a file; gives their number.
pub(super) fn to_file(
    payloads: impl Iterator<Item = Vec<u8>>,
    args: &Destination,
    stop: &Stop,
) -> anyhow::Result<u64> {
    let mut file = LineFile::create(&args.output)?;
    let pace = Pace::new(args.rate, Instant::now());
    let (mut chunk, mut count) = (Vec::new(), 0);
    for payload in payloads {
        // what is written so far shall be seen before a wait
        if count >= pace.due(Instant::now()) && !chunk.is_empty() {
            file.write(&chunk)?;
            chunk.clear();
        }
        if !pace.wait(count, || stop.is_asked()) {
            break;
        }
        frame(args.format, &payload, &mut chunk);
        count += 1;
        if chunk.len() >= CHUNK {
            file.write(&chunk)?;
            chunk.clear();
        }
    }
    file.write(&chunk)?;
    file.finish()?;
    Ok(count)
}

/// A payload as `enrich` reads it.
fn frame(format: Format, payload: &[u8], out: &mut Vec<u8>) {
    match format {
        Format::Base64Lines => {
            out.extend_from_slice(encode(payload, STANDARD).as_bytes());
            out.push(b'\n');
        }
        Format::Jsonl => {
            out.extend_from_slice(b"{\"payload\":\"");
            out.extend_from_slice(encode(payload, STANDARD).as_bytes());
            out.extend_from_slice(b"\"}\n");
        }
        Format::LengthPrefixed => {
            // sample payloads are a few kilobytes
            let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(payload);
        }
    }
}
