//! `snowmelt run`: a stream in, streams out, until the input ends or a signal comes.

use std::io::IsTerminal;
use std::thread;
use std::time::{Duration, Instant};

use tracing_subscriber::EnvFilter;

use super::args::RunArgs;
use super::summary::Summary;
use super::{BAD_USAGE, DONE, IO_FAILED, tell};
use crate::app::{self, App, LabelFields, streams};
use crate::checkpoint::ledger::Ledger;
use crate::clock::Clock;
use crate::config::streams::Streams;
use crate::config::{AppConfig, Env};
use crate::pipeline::drain::Stop;
use crate::pipeline::flow;

/// Beyond the time for work under way, so long may leaving take before the process just ends.
const LEAVING: Duration = Duration::from_secs(5);

/// Runs the command and gives the exit code: 0 when the input ended or a signal came and all that was read
/// is written and committed, 1 when reading or writing failed, 2 when the arguments or the configuration
/// cannot be used.
pub fn run(args: &RunArgs) -> u8 {
    let env = Env::of_process();
    log(&env);
    let (app, streams, labels) = match build(args, &env) {
        Ok(built) => built,
        Err(error) => return tell(BAD_USAGE, &format!("{error:#}")),
    };
    let stop = Stop::new(streams.drain_timeout);
    if let Err(error) = stop.on_signals() {
        return tell(IO_FAILED, &format!("cannot listen to signals: {error}"));
    }
    watch(stop.clone());
    match work(args, &app, &streams, labels, stop) {
        Ok(summary) => tell(DONE, &summary.to_string()),
        Err(error) => tell(IO_FAILED, &format!("{error:#}")),
    }
}

pub(super) type Built = (App, Streams, [LabelFields; 2]);

/// Everything of a run that is no stream.
pub(super) fn build(args: &RunArgs, env: &Env) -> anyhow::Result<Built> {
    let config = AppConfig::load(&args.config, env, &args.set)?;
    let mut warnings = Vec::new();
    let streams = Streams::read(&config, &mut warnings)?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let labels = streams::labels(&streams)?;
    let options = app::Options {
        iglu_config: &args.iglu_config,
        enrichments: &args.enrichments,
        config: None,
        clock: args.etl_tstamp.map_or(Clock::System, Clock::Fixed),
        pii: streams.pii.is_some(),
        labels: labels.clone(),
    };
    Ok((App::with_config(&config, env, &options)?, streams, labels))
}

fn work(
    args: &RunArgs,
    app: &App,
    streams: &Streams,
    labels: [LabelFields; 2],
    stop: Stop,
) -> anyhow::Result<Summary> {
    let ledger = Ledger::new();
    let (source, sinks) = streams::open(streams, labels, &ledger)?;
    let jobs = args.jobs.map_or_else(
        || thread::available_parallelism().map_or(1, usize::from),
        usize::from,
    );
    tracing::info!(jobs, memory_budget = streams.memory_budget, "running");
    let setup = flow::Setup {
        workers: (0..jobs).map(|_| app.worker()).collect(),
        ledger,
        budget: usize::try_from(streams.memory_budget / 4).unwrap_or(usize::MAX),
        stop,
        processor: app.processor().clone(),
        clock: args.etl_tstamp.map_or(Clock::System, Clock::Fixed),
    };
    let started = Instant::now();
    let counts = flow::run(source, sinks, setup)?;
    Ok(Summary {
        counts,
        took: started.elapsed(),
    })
}

/// Ends the process when leaving takes too long: a client that waits for a broker must not hold it.
fn watch(stop: Stop) {
    let spawned = thread::Builder::new()
        .name("watch".to_owned())
        .spawn(move || {
            while !stop.is_asked() {
                thread::sleep(Duration::from_millis(100));
            }
            thread::sleep(stop.time_left() + LEAVING);
            let code = tell(
                IO_FAILED,
                "stopped before all work was done; what was not committed will be read again",
            );
            std::process::exit(i32::from(code));
        });
    if let Err(error) = spawned {
        tracing::warn!(%error, "no thread watches the time of a stop");
    }
}

/// Logs to standard error; `RUST_LOG` chooses what.
pub(super) fn log(env: &Env) {
    let filter = EnvFilter::try_new(env.get("RUST_LOG").unwrap_or("info"))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // fails only when a program that uses this library has set one
    let _ = subscriber.try_init();
}
