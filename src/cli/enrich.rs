//! `snowmelt enrich`: files of raw payloads to files of events and bad rows.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use super::args::EnrichArgs;
use super::progress::Progress;
use super::summary::Summary;
use super::{BAD_USAGE, DONE, IO_FAILED, tell};
use crate::app::{self, App};
use crate::clock::Clock;
use crate::pipeline::files::{self, Outputs};
use crate::sinks::file::{LineFile, WriteError};
use crate::sources::batches::Input;
use crate::telemetry::{self, Telemetry};

/// Runs the command and gives the exit code: 0 when all input was processed, 1 when reading or
/// writing failed, 2 when the arguments or the configuration cannot be used.
pub fn run(args: &EnrichArgs) -> u8 {
    let to_stdout = [&args.good, &args.bad, &args.pii]
        .into_iter()
        .filter(|path| path.as_deref() == Some("-"));
    if to_stdout.count() > 1 {
        return tell(
            BAD_USAGE,
            "only one of --good, --bad and --pii can go to standard output",
        );
    }
    let clock = args.etl_tstamp.map_or(Clock::System, Clock::Fixed);
    let options = app::Options {
        iglu_config: &args.iglu_config,
        enrichments: &args.enrichments,
        config: args.config.as_deref(),
        clock,
        pii: args.pii.is_some() || args.by_payload.is_some(),
        labels: Default::default(),
        telemetry: Telemetry::new(telemetry::Options::default()),
    };
    let app = match App::build(&options) {
        Ok(app) => app,
        Err(error) => return tell(BAD_USAGE, &format!("{error:#}")),
    };
    match enrich(args, &app) {
        Ok(summary) => tell(DONE, &summary.to_string()),
        Err(error) => tell(IO_FAILED, &format!("{error:#}")),
    }
}

fn enrich(args: &EnrichArgs, app: &App) -> anyhow::Result<Summary> {
    let inputs: Vec<Input> = args
        .input
        .iter()
        .map(|text| Input::from_arg(text))
        .collect();
    let open = |path: &Option<String>| -> Result<Option<LineFile>, WriteError> {
        path.as_deref().map(LineFile::create).transpose()
    };
    let mut outputs = match &args.by_payload {
        Some(path) => Outputs::ByPayload(LineFile::create(path)?),
        None => Outputs::Streams {
            good: open(&args.good)?,
            bad: open(&args.bad)?,
            pii: open(&args.pii)?,
        },
    };
    let total = inputs.iter().map(Input::size).sum();
    let read = Arc::new(AtomicU64::new(0));
    let progress = Progress::new(total, Arc::clone(&read));
    let started = Instant::now();
    let workers = (0..args.jobs).map(|_| app.worker()).collect();
    let result = files::run(
        &inputs,
        args.format.into(),
        read,
        workers,
        &mut outputs,
        |counts| {
            progress.tick(counts.good + counts.bad.values().sum::<u64>());
        },
    );
    progress.finish();
    Ok(Summary {
        counts: result?,
        took: started.elapsed(),
    })
}
