//! Builds sources and sinks from the blocks of the configuration.

#[cfg(feature = "kafka")]
mod topics;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use super::kinesis::Aws;
use crate::checkpoint::ledger::Ledger;
#[cfg(feature = "kafka")]
use crate::cloud::backoff::Backoff;
use crate::config::kafka_properties::Properties;
use crate::config::streams::{Input, Output, Streams};
use crate::output::labels::LabelFields;
use crate::pipeline::writer::{Sink, Sinks};
#[cfg(feature = "kafka")]
use crate::sinks::kafka::{KafkaSink, Producer};
use crate::sinks::rotating::Rotating;
use crate::sources::Source;
use crate::sources::folder::Folder;
#[cfg(feature = "kafka")]
use crate::sources::kafka::{KafkaSource, Settings};
use crate::telemetry::Telemetry;

#[cfg(feature = "kafka")]
const COMMIT_INTERVAL: Duration = Duration::from_secs(1);
/// Readers of whole transactions see rows only after a commit.
#[cfg(feature = "kafka")]
const TRANSACTION_INTERVAL: Duration = Duration::from_millis(200);

/// The client whose transactions take the positions of the source too.
#[cfg(feature = "kafka")]
type Transactions = Arc<dyn crate::cloud::kafka::transaction::Transactional>;
/// How long brokers may take to know the topics of the outputs.
#[cfg(feature = "kafka")]
const PATIENCE: Duration = Duration::from_secs(60);

/// The fields that go beside the rows of good and of pii events.
///
/// # Errors
/// Names the fields that no event has.
pub fn labels(streams: &Streams) -> anyhow::Result<[LabelFields; 2]> {
    let of = |output: Option<&Output>, place: &str| {
        let (key, headers) = match output {
            Some(Output::Kafka(kafka)) => (kafka.key.as_deref(), &*kafka.headers),
            Some(Output::Kinesis(kinesis)) => (kinesis.key.as_deref(), &[][..]),
            _ => return Ok(LabelFields::default()),
        };
        LabelFields::new(key, headers).map_err(|unknown| {
            anyhow::anyhow!(
                "{place}: partitionKey and headers name fields that no event has: {}; use names of the atomic table",
                unknown.join(", ")
            )
        })
    };
    Ok([
        of(Some(&streams.good), "output.good")?,
        of(streams.pii.as_ref(), "output.pii")?,
    ])
}

/// Opens the sinks, then the source.
///
/// # Errors
/// When something cannot be reached or made.
pub fn open(
    streams: &Streams,
    labels: [LabelFields; 2],
    ledger: &Arc<Ledger>,
    telemetry: &Arc<Telemetry>,
) -> anyhow::Result<(Box<dyn Source>, Sinks)> {
    #[cfg(feature = "kafka")]
    let streams = &topics::prepared(streams);
    let mut opener = Opener::new(streams.memory_budget, telemetry);
    let sinks = Sinks {
        good: opener.sink(&streams.good).context("output.good")?,
        bad: opener.sink(&streams.bad).context("output.bad")?,
        pii: streams
            .pii
            .as_ref()
            .map(|output| opener.sink(output))
            .transpose()
            .context("output.pii")?,
        labels,
    };
    let source = opener.source(&streams.input, ledger).context("input")?;
    Ok((source, sinks))
}

/// Sinks of which only the one for good rows is used, as `generate` does it.
///
/// # Errors
/// When the stream cannot be reached or made.
pub fn one_sink(
    output: &Output,
    memory_budget: u64,
    telemetry: &Arc<Telemetry>,
) -> anyhow::Result<Sinks> {
    let mut opener = Opener::new(memory_budget, telemetry);
    Ok(Sinks {
        good: opener.sink(output)?,
        bad: opener.sink(output)?,
        pii: None,
        labels: Default::default(),
    })
}

/// Asks for the topics of all streams; changes nothing.
///
/// # Errors
/// Names the stream that cannot be reached.
pub fn reach(streams: &Streams, at_most: Duration) -> anyhow::Result<()> {
    let topic = |properties: &Properties, topic: &str| -> anyhow::Result<()> {
        #[cfg(feature = "kafka")]
        return Ok(crate::cloud::kafka::reach(properties, topic, at_most)?);
        #[cfg(not(feature = "kafka"))]
        anyhow::bail!(
            "{WITHOUT} ({topic}, {at_most:?}, {} properties)",
            properties.len()
        );
    };
    let mut aws: Option<Aws> = None;
    match &streams.input {
        Input::Kafka(kafka) => topic(&kafka.properties, &kafka.topic).context("input")?,
        Input::Kinesis(kinesis) => Aws::of(&mut aws)
            .and_then(|aws| aws.reach_input(kinesis, at_most))
            .context("input")?,
        Input::FileSystem { dir } => {
            drop(std::fs::read_dir(dir).with_context(|| format!("input: {dir}"))?)
        }
    }
    let outputs = [
        ("good", Some(&streams.good)),
        ("bad", Some(&streams.bad)),
        ("pii", streams.pii.as_ref()),
    ];
    for (name, output) in outputs {
        match output {
            Some(Output::Kafka(kafka)) => {
                topic(&kafka.properties, &kafka.topic).with_context(|| format!("output.{name}"))?;
            }
            Some(Output::Kinesis(kinesis)) => Aws::of(&mut aws)
                .and_then(|aws| aws.reach(kinesis, at_most))
                .with_context(|| format!("output.{name}"))?,
            Some(Output::FileSystem { file, .. }) if std::path::Path::new(file).exists() => {
                anyhow::bail!(
                    "output.{name}: {file} exists; name a new file, or move that one away"
                );
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(not(feature = "kafka"))]
const WITHOUT: &str = "this program was built without Kafka; build it with the feature kafka";

#[cfg(feature = "kafka")]
fn backoff((min, max, retries): (Duration, Duration, u32)) -> Backoff {
    Backoff {
        min,
        max,
        retries: Some(retries),
    }
}

/// Outputs with the same settings share a client, and with it one queue.
struct Opener<'s> {
    telemetry: Arc<Telemetry>,
    /// Queues of Kinesis are a part of it.
    memory_budget: u64,
    aws: Option<Aws>,
    #[cfg(feature = "kafka")]
    producers: Vec<(&'s Properties, Arc<Producer>)>,
    #[cfg(not(feature = "kafka"))]
    nothing: std::marker::PhantomData<&'s ()>,
}

impl<'s> Opener<'s> {
    fn new(memory_budget: u64, telemetry: &Arc<Telemetry>) -> Opener<'s> {
        Opener {
            telemetry: Arc::clone(telemetry),
            memory_budget,
            aws: None,
            #[cfg(feature = "kafka")]
            producers: Vec::new(),
            #[cfg(not(feature = "kafka"))]
            nothing: std::marker::PhantomData,
        }
    }

    #[cfg(feature = "kafka")]
    fn transactions(&self) -> Option<Transactions> {
        let (_, producer) = self.producers.first()?;
        let producer = Arc::clone(producer);
        producer
            .is_transactional()
            .then_some(producer as Transactions)
    }

    fn sink(&mut self, output: &'s Output) -> anyhow::Result<Sink> {
        match output {
            Output::FileSystem { file, max_bytes } => {
                Ok(Sink::File(Rotating::create(file, *max_bytes)?))
            }
            #[cfg(feature = "kafka")]
            Output::Kafka(kafka) => {
                let known = self
                    .producers
                    .iter()
                    .find(|(properties, _)| *properties == &kafka.properties);
                let producer = match known {
                    Some((_, producer)) => Arc::clone(producer),
                    None => {
                        let producer = Producer::open(
                            &kafka.properties,
                            backoff(kafka.retries),
                            Arc::clone(&self.telemetry),
                        )?;
                        producer.init(PATIENCE)?;
                        self.producers
                            .push((&kafka.properties, Arc::clone(&producer)));
                        producer
                    }
                };
                producer.check(&kafka.topic, PATIENCE)?;
                Ok(Sink::Kafka(KafkaSink::new(
                    producer,
                    &kafka.topic,
                    kafka.largest_message,
                )))
            }
            #[cfg(not(feature = "kafka"))]
            Output::Kafka(_) => {
                let Opener { nothing: _, .. } = self;
                anyhow::bail!(WITHOUT)
            }
            Output::Kinesis(kinesis) => {
                Aws::of(&mut self.aws)?.sink(kinesis, self.memory_budget, &self.telemetry)
            }
        }
    }

    fn source(&mut self, input: &Input, ledger: &Arc<Ledger>) -> anyhow::Result<Box<dyn Source>> {
        match input {
            Input::FileSystem { dir } => Ok(Box::new(Folder::open(dir, Arc::clone(ledger))?)),
            #[cfg(feature = "kafka")]
            Input::Kafka(kafka) => {
                let transactions = self.transactions();
                Ok(Box::new(KafkaSource::open(
                    Settings {
                        properties: &kafka.properties,
                        topic: &kafka.topic,
                        commit_interval: kafka.commit_interval.unwrap_or(
                            if transactions.is_some() {
                                TRANSACTION_INTERVAL
                            } else {
                                COMMIT_INTERVAL
                            },
                        ),
                        revoke_timeout: kafka.revoke_timeout,
                        commit_timeout: kafka.commit_timeout,
                        transactions,
                        telemetry: Arc::clone(&self.telemetry),
                    },
                    Arc::clone(ledger),
                )?))
            }
            #[cfg(not(feature = "kafka"))]
            Input::Kafka(_) => anyhow::bail!(WITHOUT),
            Input::Kinesis(kinesis) => {
                let aws = Aws::of(&mut self.aws)?;
                aws.source(kinesis, self.memory_budget, ledger, &self.telemetry)
            }
        }
    }
}
