//! Builds clients, sinks and the source of Kinesis.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::runtime::Runtime;

use crate::checkpoint::dynamodb::DynamoStore;
use crate::checkpoint::ledger::Ledger;
use crate::clock::Ids;
use crate::cloud::aws;
use crate::cloud::backoff::Backoff;
use crate::config::kinesis::{
    self as config, InitialPosition, KinesisInput, KinesisOutput, Retrieval,
};
use crate::pipeline::writer::Sink;
use crate::sinks::kinesis::{KinesisSink, Settings, check};
use crate::sources::Source;
use crate::sources::kinesis::{self as source, KinesisSource};
use crate::telemetry::Telemetry;

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
        telemetry: &Arc<Telemetry>,
    ) -> anyhow::Result<Sink> {
        let settings = Settings {
            stream: output.stream.clone(),
            record_limit: output.record_limit,
            byte_limit: output.byte_limit,
            max_record_size: output.max_record_size,
            strict_order: output.strict_order && output.key.is_some(),
            backoff: backoff(output.backoff),
            throttled: backoff(output.throttled),
            queue_bytes: usize::try_from(memory_budget / 8).unwrap_or(usize::MAX),
            telemetry: Arc::clone(telemetry),
        };
        let client = self.client(output)?;
        let runtime = Arc::clone(&self.runtime);
        Ok(Sink::Kinesis(KinesisSink::open(
            runtime, client, settings, PATIENCE,
        )?))
    }

    /// Asks for the stream of an output; changes nothing.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn reach(&mut self, output: &KinesisOutput, at_most: Duration) -> anyhow::Result<()> {
        let client = self.client(output)?;
        self.runtime
            .block_on(check(&client, &output.stream, at_most))
            .map_err(anyhow::Error::msg)
    }
}

impl Aws {
    /// Opens an input; an eighth of the budget is for records that are fetched ahead.
    ///
    /// # Errors
    /// When stream or table cannot be reached.
    pub fn source(
        &mut self,
        input: &KinesisInput,
        memory_budget: u64,
        ledger: &Arc<Ledger>,
        telemetry: &Arc<Telemetry>,
    ) -> anyhow::Result<Box<dyn Source>> {
        let (client, store) = self.input_clients(input)?;
        self.runtime
            .block_on(check(&client, &input.stream, PATIENCE))
            .map_err(anyhow::Error::msg)?;
        self.runtime.block_on(store.prepare(input.create_table))?;
        let mut ids = Ids::from_system();
        let position = match input.initial_position {
            InitialPosition::TrimHorizon => leases::InitialPosition::TrimHorizon,
            InitialPosition::Latest => leases::InitialPosition::Latest,
            InitialPosition::AtTimestamp(at) => leases::InitialPosition::AtTimestamp(at),
        };
        let worker = input
            .worker
            .clone()
            .or_else(host_name)
            .unwrap_or_else(|| ids.uuid());
        tracing::info!(
            worker,
            table = input.app_name,
            stream = input.stream,
            "reading Kinesis"
        );
        let settings = source::Settings {
            stream: input.stream.clone(),
            retrieval: match input.retrieval {
                Retrieval::Polling { max_records, idle } => {
                    source::Retrieval::Polling { max_records, idle }
                }
                Retrieval::FanOut => source::Retrieval::FanOut {
                    consumer: input.app_name.clone(),
                },
            },
            leases: leases::Settings {
                failover: input.lease_duration,
                checkpoint_interval: input.checkpoint_interval,
                max_steal: input.max_steal,
                ..leases::Settings::new(&worker, &ids.uuid(), position)
            },
            seed: ids.number(),
            fetch_ahead: usize::try_from(memory_budget / 8).unwrap_or(usize::MAX),
            telemetry: Arc::clone(telemetry),
        };
        let runtime = Arc::clone(&self.runtime);
        let source = KinesisSource::open(runtime, client, store, settings, Arc::clone(ledger))?;
        Ok(Box::new(source))
    }

    fn input_clients(
        &mut self,
        input: &KinesisInput,
    ) -> anyhow::Result<(aws_sdk_kinesis::Client, DynamoStore)> {
        let config = self.config(input.region.as_deref())?;
        let kinesis = aws::kinesis(config, input.endpoint.as_deref(), input.call_timeout);
        let dynamodb = aws::dynamodb(
            config,
            input.dynamodb_endpoint.as_deref(),
            // several attempts within the life of a lease
            input.call_timeout.min(input.lease_duration / 3),
        );
        Ok((kinesis, DynamoStore::new(dynamodb, &input.app_name)))
    }

    /// Asks for the stream and the table of an input; changes nothing.
    ///
    /// # Errors
    /// When one of them cannot be reached.
    pub fn reach_input(&mut self, input: &KinesisInput, at_most: Duration) -> anyhow::Result<()> {
        let (client, store) = self.input_clients(input)?;
        self.runtime
            .block_on(check(&client, &input.stream, at_most))
            .map_err(anyhow::Error::msg)?;
        self.runtime.block_on(store.reach(input.create_table))?;
        Ok(())
    }
}

/// The name of the machine, or of the container or pod.
fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = name.trim();
    // what a machine is called that nobody gave a name tells workers apart least of all
    (!name.is_empty() && name != "localhost" && name != "(none)").then(|| name.to_owned())
}

fn backoff(config: config::Backoff) -> Backoff {
    let config::Backoff { min, max, retries } = config;
    Backoff { min, max, retries }
}
