//! Wiring only: builds one pipeline from its configuration.

pub mod control;
mod files;
#[cfg_attr(not(feature = "kinesis"), path = "app/without_kinesis.rs")]
mod kinesis;
#[cfg(feature = "kinesis")]
pub mod leases;
pub mod rebuild;
pub mod streams;

use std::collections::HashMap;
use std::sync::Arc;

use rebuild::{Fixed, Rebuilder};

use crate::adapters::Adapters;
use crate::adapters::remote::{Limits, Poster, Remote};
use crate::badrows::Processor;
use crate::clock::{Clock, Ids};
use crate::cloud::http::Certificates;
use crate::config::app::Asset;
use crate::config::{AppConfig, Env};
use crate::enrichments::ScriptLimits;
use crate::enrichments::chain::Order;
pub use crate::output::labels::LabelFields;
use crate::pipeline::worker::{Settings, Worker};
use crate::telemetry::{Telemetry, names};

/// The version of the reference whose behaviour this is; it stands in `v_etl` and in bad rows.
const REFERENCE_VERSION: &str = "3.9.0";

/// What a pipeline is built from.
pub struct Options<'a> {
    /// The argument of `--iglu-config`.
    pub iglu_config: &'a str,
    /// The argument of `--enrichments`.
    pub enrichments: &'a str,
    /// The argument of `--config`.
    pub config: Option<&'a str>,
    /// Where the time comes from.
    pub clock: Clock,
    /// Whether there is a pii stream.
    pub pii: bool,
    /// What goes beside the rows of good and of pii events.
    pub labels: [LabelFields; 2],
    /// Who is told what happens.
    pub telemetry: Arc<Telemetry>,
}

/// A pipeline that is ready to run.
pub struct App {
    rebuilder: Arc<Rebuilder>,
    processor: Processor,
    clock: Clock,
}

impl App {
    /// Reads every configuration and builds all stages.
    ///
    /// # Errors
    /// One message that names the file, the field and the mend.
    pub fn build(options: &Options<'_>) -> anyhow::Result<App> {
        let env = Env::of_process();
        let config = match options.config {
            Some(argument) => AppConfig::load(argument, &env, &[])?,
            None => AppConfig::without_file(&env, &[])?,
        };
        App::with_config(&config, &env, options)
    }

    /// Builds all stages under application settings that were read before.
    ///
    /// # Errors
    /// As [`App::build`].
    pub fn with_config(
        config: &AppConfig,
        env: &Env,
        options: &Options<'_>,
    ) -> anyhow::Result<App> {
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        let versions = [env!("CARGO_PKG_VERSION"), REFERENCE_VERSION];
        options.telemetry.set(&names::BUILD, &versions, 1.0);
        // read once, for all who ask servers over https
        let certificates = Certificates::default();
        let adapters = Arc::new(adapters(
            config,
            certificates.clone(),
            Arc::clone(&options.telemetry),
        )?);
        let [good_labels, pii_labels] = options.labels.clone();
        let settings = Settings {
            processor: processor(config.asset),
            try_base64: config.feature_flags.try_base64_decoding,
            accept_invalid: config.feature_flags.accept_invalid,
            max_record_bytes: config.max_record_size(),
            pii: options.pii,
            good_labels,
            pii_labels,
        };
        let rebuilder = Rebuilder::start(Fixed {
            iglu_config: options.iglu_config.to_owned(),
            enrichments: options.enrichments.to_owned(),
            env: env.clone(),
            clock: options.clock,
            order: order(config.feature_flags.legacy_enrichment_order),
            adapters,
            settings: settings.clone(),
            telemetry: Arc::clone(&options.telemetry),
            certificates,
            private_addresses: allows_private_addresses(env),
            scripts: ScriptLimits {
                time: config.scripts.time_limit,
                memory: config.scripts.memory_limit,
            },
        })?;
        Ok(App {
            rebuilder: Arc::new(rebuilder),
            processor: settings.processor,
            clock: options.clock,
        })
    }

    /// Who writes the rows.
    pub fn processor(&self) -> &Processor {
        &self.processor
    }

    /// Exchanges the stages while workers run.
    pub fn rebuilder(&self) -> &Arc<Rebuilder> {
        &self.rebuilder
    }

    /// A worker for one thread, which goes over to new stages where [`Worker::refresh`] is called.
    pub fn worker(&self) -> Worker {
        Worker::following(
            Arc::clone(self.rebuilder.live()),
            self.clock,
            Ids::from_system(),
        )
    }
}

/// Whether look-ups may ask services of this machine, its link and the metadata of clouds.
fn allows_private_addresses(env: &Env) -> bool {
    env.get("SNOWMELT_ALLOW_PRIVATE_ADDRESSES")
        .is_some_and(|value| matches!(value, "true" | "1"))
}

fn order(legacy: bool) -> Order {
    if legacy {
        Order::Legacy
    } else {
        Order::Current
    }
}

/// The name that the reference's program for this stream has, so that rows are the same to the byte.
pub fn processor(asset: Asset) -> Processor {
    let stream = match asset {
        Asset::Kinesis => "kinesis",
        Asset::Kafka => "kafka",
        Asset::PubSub => "pubsub",
        Asset::Nsq => "nsq",
        Asset::RabbitMq => "rabbitmq",
    };
    Processor {
        artifact: format!("snowplow-enrich-{stream}"),
        version: REFERENCE_VERSION.to_owned(),
    }
}

fn adapters(
    config: &AppConfig,
    certificates: Certificates,
    telemetry: Arc<Telemetry>,
) -> anyhow::Result<Adapters> {
    let adapters = Adapters::new(&adapter_schemas(config))?;
    let settings = &config.remote_adapters;
    if settings.configs.is_empty() {
        return Ok(adapters);
    }
    let remote = settings.configs.iter().map(|adapter| Remote {
        vendor: adapter.vendor.clone(),
        version: adapter.version.clone(),
        url: adapter.url.as_str().into(),
    });
    let service = Poster::new(&Limits {
        connect: settings.connection_timeout,
        answer: settings.read_timeout,
        at_once: settings.max_connections,
        certificates,
        telemetry,
    })?;
    Ok(adapters.with_remote(remote.collect(), Arc::new(service)))
}

fn adapter_schemas(config: &AppConfig) -> HashMap<String, String> {
    let mut flat = HashMap::new();
    for (adapter, events) in &config.adapters_schemas {
        for (event, uri) in events {
            flat.insert(format!("{adapter}.{event}"), uri.clone());
        }
    }
    flat
}
