//! Wiring only: builds one pipeline from its configuration.

#[cfg(feature = "kinesis")]
pub mod leases;
pub mod streams;

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context;

use crate::adapters::Adapters;
use crate::assets::files::Files;
use crate::badrows::Processor;
use crate::clock::{Clock, Ids};
use crate::config::app::Asset;
use crate::config::{AppConfig, Env, enrichments, resolver};
use crate::enrichments::chain::{Chain, Order, Setting};
pub use crate::output::labels::LabelFields;
use crate::pipeline::worker::{Pipeline, Settings, Worker};
use crate::schema::client::{Checker, IgluClient};

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
}

/// A pipeline that is ready to run.
pub struct App {
    pipeline: Arc<Pipeline>,
    iglu: Arc<IgluClient>,
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
        let resolver = resolver::load(options.iglu_config, env)?;
        let iglu = Arc::new(
            IgluClient::new(resolver, options.clock).context(options.iglu_config.to_owned())?,
        );
        let enrichments = enrichments::load(options.enrichments, env, &iglu)?;
        let settings: Vec<Setting<'_>> = enrichments
            .iter()
            .map(|config| Setting {
                schema: &config.schema,
                data: &config.data,
                origin: &config.origin,
            })
            .collect();
        let chain = Chain::build(
            order(config.feature_flags.legacy_enrichment_order),
            &settings,
            &Files::new(allows_private_addresses(env)),
        )?;
        let adapters = Adapters::new(&adapter_schemas(config))?;
        let [good_labels, pii_labels] = options.labels.clone();
        let settings = Settings {
            processor: processor(config.asset),
            try_base64: config.feature_flags.try_base64_decoding,
            accept_invalid: config.feature_flags.accept_invalid,
            max_record_bytes: config.asset.max_record_size(),
            pii: options.pii,
            good_labels,
            pii_labels,
        };
        let pipeline = Arc::new(Pipeline {
            adapters,
            chain,
            settings,
        });
        Ok(App {
            pipeline,
            iglu,
            clock: options.clock,
        })
    }

    /// Who writes the rows.
    pub fn processor(&self) -> &Processor {
        &self.pipeline.settings.processor
    }

    /// A worker for one thread.
    pub fn worker(&self) -> Worker {
        let checker = Checker::new(Arc::clone(&self.iglu));
        Worker::new(
            Arc::clone(&self.pipeline),
            Box::new(checker),
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

fn adapter_schemas(config: &AppConfig) -> HashMap<String, String> {
    let mut flat = HashMap::new();
    for (adapter, events) in &config.adapters_schemas {
        for (event, uri) in events {
            flat.insert(format!("{adapter}.{event}"), uri.clone());
        }
    }
    flat
}
