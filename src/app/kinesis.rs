//! Builds clients, sinks and the source of Kinesis.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::runtime::Runtime;

use crate::cloud::aws;
use crate::cloud::backoff::Backoff;
use crate::checkpoint::ledger::Ledger;
use crate::config::kinesis::{self as config, KinesisInput, KinesisOutput};
use crate::sinks::kinesis::{KinesisSink, Settings};
use crate::sources::Source;

/// How long a stream that is being made is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What all Kinesis streams of a run share.
pub struct Aws {
    runtime: Arc<Runtime>,
    configs: BTreeMap<Option<String>, aws::SdkConfig>,
}

impl Aws {
    /// Starts the threads that do its input and output.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn start() -> anyhow::Result<Aws> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("aws")
            .enable_all()
            .build()
            .context("cannot start the threads for AWS")?;
        Ok(Aws {
            runtime: Arc::new(runtime),
            configs: BTreeMap::new(),
        })
    }

    /// The one of a run, started when it is first needed.
    ///
    /// # Errors
    /// As [`Aws::start`].
    pub fn of(place: &mut Option<Aws>) -> anyhow::Result<&mut Aws> {
        match place {
            Some(aws) => Ok(aws),
            None => Ok(place.insert(Aws::start()?)),
        }
    }

    fn config(&mut self, region: Option<&str>) -> anyhow::Result<&aws::SdkConfig> {
        let key = region.map(str::to_owned);
        if !self.configs.contains_key(&key) {
            let config = self.runtime.block_on(aws::load(region))?;
            self.configs.insert(key.clone(), config);
        }
        self.configs.get(&key).context("no configuration")
    }

    fn client(&mut self, output: &KinesisOutput) -> anyhow::Result<aws_sdk_kinesis::Client> {
        let config = self.config(output.region.as_deref())?;
        Ok(aws::kinesis(
            config,
            output.endpoint.as_deref(),
            output.call_timeout,
        ))
    }

    /// Opens an output; an eighth of the budget is for rows that wait in it.
    ///
    /// # Errors
    /// When the stream cannot be reached.
    pub fn sink(
        &mut self,
        output: &KinesisOutput,
        memory_budget: u64,
    ) -> anyhow::Result<KinesisSink> {
        let settings = Settings {
            stream: output.stream.clone(),
            record_limit: output.record_limit,
            byte_limit: output.byte_limit,
            max_record_size: output.max_record_size,
            strict_order: output.strict_order && output.key.is_some(),
            backoff: backoff(output.backoff),
            throttled: backoff(output.throttled),
            queue_bytes: usize::try_from(memory_budget / 8).unwrap_or(usize::MAX),
        };
        let client = self.client(output)?;
        Ok(KinesisSink::open(
            Arc::clone(&self.runtime),
            client,
            settings,
            PATIENCE,
        )?)
    }

    /// Asks for the stream of an output; changes nothing.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn reach(&mut self, output: &KinesisOutput, at_most: Duration) -> anyhow::Result<()> {
        let client = self.client(output)?;
        let check = crate::sinks::kinesis::check(&client, &output.stream, at_most);
        self.runtime.block_on(check).map_err(anyhow::Error::msg)
    }
}

impl Aws {
    /// Opens an input.
    ///
    /// # Errors
    /// When stream or table cannot be reached.
    pub fn source(
        &mut self,
        _input: &KinesisInput,
        _memory_budget: u64,
        _ledger: &Arc<Ledger>,
    ) -> anyhow::Result<Box<dyn Source>> {
        anyhow::bail!("Kinesis cannot be read yet")
    }

    /// Asks for the stream and the table of an input; changes nothing.
    ///
    /// # Errors
    /// When one of them cannot be reached.
    pub fn reach_input(&mut self, input: &KinesisInput, at_most: Duration) -> anyhow::Result<()> {
        let config = self.config(input.region.as_deref())?;
        let client = aws::kinesis(config, input.endpoint.as_deref(), input.call_timeout);
        let check = crate::sinks::kinesis::check(&client, &input.stream, at_most);
        self.runtime.block_on(check).map_err(anyhow::Error::msg)
    }
}

fn backoff(config: config::Backoff) -> Backoff {
    let config::Backoff { min, max, retries } = config;
    Backoff { min, max, retries }
}
