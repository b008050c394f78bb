//! `snowmelt run`: a stream in, streams out, until the input ends or a signal comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::args::RunArgs;
use super::summary::Summary;
use super::{BAD_USAGE, DONE, IO_FAILED, log, operate, tell};
use crate::app::control::Control;
use crate::app::{self, App, LabelFields, streams};
use crate::badrows::Processor;
use crate::checkpoint::ledger::Ledger;
use crate::clock::Clock;
use crate::config::monitoring::Monitoring;
use crate::config::streams::Streams;
use crate::config::{AppConfig, Env};
use crate::pipeline::drain::Stop;
use crate::pipeline::flow;
use crate::telemetry::report::{self, Reports};
use crate::telemetry::{self, Telemetry};

/// Beyond the time for work under way, so long may leaving take before the process just ends.
const LEAVING: Duration = Duration::from_secs(5);

/// Runs the command and gives the exit code: 0 when the input ended or a signal came and all that was read
/// is written and committed, 1 when reading or writing failed, 2 when the arguments or the configuration
/// cannot be used.
pub fn run(args: &RunArgs) -> u8 {
    let env = Env::of_process();
    let repeats = log::start(&env, args.log_format);
    let mut built = match build(args, &env) {
        Ok(built) => built,
        Err(error) => return tell(BAD_USAGE, &format!("{error:#}")),
    };
    built.reports.repeats = repeats;
    let stop = Stop::new(built.streams.drain_timeout);
    if let Err(error) = stop.on_signals() {
        return tell(IO_FAILED, &format!("cannot listen to signals: {error}"));
    }
    watch(stop.clone());
    match work(args, built, stop) {
        Ok(summary) => tell(DONE, &summary.to_string()),
        Err(error) => tell(IO_FAILED, &format!("{error:#}")),
    }
}

/// What a run is built of before it touches a stream.
pub(super) struct Built {
    pub(super) app: App,
    pub(super) streams: Streams,
    labels: [LabelFields; 2],
    monitoring: Monitoring,
    reports: Reports,
    telemetry: Arc<Telemetry>,
    document: serde_json::Value,
    assets_update_period: Option<Duration>,
}

/// Everything of a run that is no stream.
pub(super) fn build(args: &RunArgs, env: &Env) -> anyhow::Result<Built> {
    let config = AppConfig::load(&args.config, env, &args.set)?;
    let mut warnings = Vec::new();
    let streams = Streams::read(&config, &mut warnings)?;
    let monitoring = Monitoring::read(&config, env, &mut warnings)?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let labels = streams::labels(&streams)?;
    let telemetry = Telemetry::new(telemetry::Options {
        tags: monitoring.prometheus_tags.clone(),
        clock: Clock::System,
        unhealthy_latency: monitoring.unhealthy_latency,
    });
    let options = app::Options {
        iglu_config: &args.iglu_config,
        enrichments: &args.enrichments,
        config: None,
        clock: args.etl_tstamp.map_or(Clock::System, Clock::Fixed),
        pii: streams.pii.is_some(),
        labels: labels.clone(),
        telemetry: Arc::clone(&telemetry),
    };
    tracing::info!("Parsed config file: {}", config.document.origin);
    let app = App::with_config(&config, env, &options)?;
    tell_parts(&app);
    let reports = Reports {
        statsd: monitoring.statsd.clone(),
        stdout: monitoring.stdout.clone(),
        remote_adapters: !config.remote_adapters.configs.is_empty(),
        ..Reports::default()
    };
    Ok(Built {
        app,
        streams,
        labels,
        monitoring,
        reports,
        telemetry,
        document: config.document.value,
        assets_update_period: config.assets_update_period,
    })
}

fn work(args: &RunArgs, built: Built, stop: Stop) -> anyhow::Result<Summary> {
    let Built {
        app,
        streams,
        labels,
        monitoring,
        reports,
        telemetry,
        document,
        assets_update_period,
    } = built;
    let over = Arc::new(AtomicBool::new(false));
    let control = Control::new(
        Arc::clone(app.rebuilder()),
        Arc::clone(&telemetry),
        &document,
    );
    operate::start(args, &monitoring, &control, &telemetry, &over)?;
    if let Some(period) = assets_update_period {
        app.rebuilder().watch_assets(period)?;
    }
    let Processor { artifact, version } = app.processor();
    tracing::info!("Initialising resources for {artifact} {version}");
    let ledger = Ledger::new();
    let (source, sinks) = streams::open(&streams, labels, &ledger, &telemetry)?;
    let jobs = args.jobs.map_or_else(
        || thread::available_parallelism().map_or(1, usize::from),
        usize::from,
    );
    tracing::info!(
        jobs,
        memory_budget = streams.memory_budget,
        "Running Enrich"
    );
    let setup = flow::Setup {
        workers: (0..jobs).map(|_| app.worker()).collect(),
        ledger,
        budget: usize::try_from(streams.memory_budget / 4).unwrap_or(usize::MAX),
        stop,
        processor: app.processor().clone(),
        clock: args.etl_tstamp.map_or(Clock::System, Clock::Fixed),
        telemetry: Arc::clone(&telemetry),
    };
    let stopped = Arc::clone(&over);
    let reporter = report::start(&telemetry, reports, move || stopped.load(Ordering::Acquire))?;
    let started = Instant::now();
    let counts = flow::run(source, sinks, setup);
    over.store(true, Ordering::Release);
    let _ = reporter.join();
    let counts = counts?;
    tracing::info!("Enrich stopped");
    Ok(Summary {
        counts,
        took: started.elapsed(),
    })
}

/// Lines that people look for, as the reference writes them.
fn tell_parts(app: &App) {
    let rebuilder = app.rebuilder();
    let enrichments: Vec<String> = rebuilder
        .enrichments()
        .into_iter()
        .filter_map(|(schema, _)| schema.split('/').nth(1).map(str::to_owned))
        .collect();
    tracing::info!(
        "Parsed Iglu Client with following registries: {}",
        rebuilder.registries().join(", ")
    );
    tracing::info!("Parsed following enrichments: {}", enrichments.join(", "));
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
