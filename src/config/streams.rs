//! Where payloads come from and where rows go: the blocks `input` and `output` of the application file.

mod exactly_once;

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::ConfigError;
use super::app::{AppConfig, Asset};
use super::kafka_properties::{self, Properties};
use super::kinesis::{self, KinesisInput, KinesisOutput};
use super::node::Node;
use super::text::Document;
use crate::secret::Secret;

/// Where payloads come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A topic.
    Kafka(KafkaInput),
    /// A stream.
    Kinesis(KinesisInput),
    /// A folder of files, each one payload.
    FileSystem {
        /// The folder.
        dir: String,
    },
}

/// Where rows of one kind go.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// A topic.
    Kafka(KafkaOutput),
    /// A stream.
    Kinesis(KinesisOutput),
    /// A file of lines, or numbered files of at most `max_bytes`.
    FileSystem {
        /// The file, which must not exist.
        file: String,
        /// The size at which a new one starts.
        max_bytes: Option<u64>,
    },
}

/// A topic to read.
#[derive(Debug, Clone, PartialEq)]
pub struct KafkaInput {
    /// Its name.
    pub topic: String,
    /// Settings of the client, with all defaults.
    pub properties: Properties,
    /// How often positions are committed; a default that depends on how when absent.
    pub commit_interval: Option<Duration>,
    /// How long work that is under way may take at a rebalance before it is left to the next owner.
    pub revoke_timeout: Duration,
    /// How long a commit may take.
    pub commit_timeout: Duration,
}

/// A topic to write.
#[derive(Debug, Clone, PartialEq)]
pub struct KafkaOutput {
    /// Its name.
    pub topic: String,
    /// Settings of the client, with all defaults.
    pub properties: Properties,
    /// The field whose value is the key; random keys without.
    pub key: Option<String>,
    /// Fields that become headers.
    pub headers: Vec<String>,
    /// The first pause, the longest, and how often rows that came back are tried again.
    pub retries: (Duration, Duration, u32),
    /// The size in bytes from which the topic takes no message, where that is known.
    pub largest_message: Option<usize>,
}

/// All of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Streams {
    /// Payloads.
    pub input: Input,
    /// Enriched events.
    pub good: Output,
    /// Bad rows.
    pub bad: Output,
    /// Events that tell of replaced personal data.
    pub pii: Option<Output>,
    /// Bytes of payloads and rows that may be under way.
    pub memory_budget: u64,
    /// How long work under way may take to finish when the program is told to stop.
    pub drain_timeout: Duration,
    /// Whether rows and positions go into transactions together.
    pub transactional: bool,
}

impl Output {
    /// A topic named by arguments instead of a file; `properties` are those of `producerConf`.
    ///
    /// # Errors
    /// Names the property that cannot be had.
    pub fn topic(
        topic: &str,
        servers: &str,
        properties: &[(String, String)],
    ) -> Result<Output, ConfigError> {
        let conf: Map<String, Value> = properties
            .iter()
            .map(|(name, value)| (name.clone(), Value::String(value.clone())))
            .collect();
        let document = Document {
            origin: "arguments".to_owned(),
            value: json!({
                "type": "Kafka",
                "topicName": topic,
                "bootstrapServers": servers,
                "producerConf": conf,
            }),
        };
        output(
            &Node::root(&document),
            Asset::Kafka,
            DEFAULT_BUDGET,
            &mut Vec::new(),
        )
    }
}

const DEFAULT_COMMIT_TIMEOUT: Duration = Duration::from_secs(15);
const LEAST_COMMIT_TIMEOUT: Duration = Duration::from_secs(1);
const RETRIES: u32 = 10;
const FIRST_PAUSE: Duration = Duration::from_millis(400);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
const DEFAULT_BUDGET: u64 = 64 << 20;
const DEFAULT_DRAIN: Duration = Duration::from_secs(20);
const LEAST_BUDGET: u64 = 8 << 20;

impl Streams {
    /// Reads the blocks; settings without effect are added to `warnings`.
    ///
    /// # Errors
    /// The file, the field and the mend.
    pub fn read(config: &AppConfig, warnings: &mut Vec<String>) -> Result<Streams, ConfigError> {
        let root = Node::root(&config.document);
        root.get("processing")
            .unknown_keys(&["memoryBudget", "drainTimeout"], warnings);
        let budget = root.get("processing").get("memoryBudget");
        let memory_budget = match bytes(&budget)? {
            Some(given @ 0..LEAST_BUDGET) => {
                return Err(budget.fail(format!("is {given} bytes"), "give at least 8 MiB"));
            }
            given => given.unwrap_or(DEFAULT_BUDGET),
        };
        let outputs = root.get("output");
        let pii = outputs.get("pii");
        let mut streams = Streams {
            input: input(&root.get("input"), config.asset, memory_budget, warnings)?,
            good: output(&outputs.get("good"), config.asset, memory_budget, warnings)?,
            bad: output(&outputs.get("bad"), config.asset, memory_budget, warnings)?,
            pii: if is_set(&pii)? {
                Some(output(&pii, config.asset, memory_budget, warnings)?)
            } else {
                None
            },
            memory_budget,
            drain_timeout: root
                .get("processing")
                .get("drainTimeout")
                .duration()?
                .unwrap_or(DEFAULT_DRAIN),
            transactional: outputs.get("transactional").boolean()?.unwrap_or(false),
        };
        if streams.transactional {
            exactly_once::prepare(&mut streams, &root)?;
        }
        Ok(streams)
    }
}

/// A pii block without a name means that there is no pii stream, as the reference's defaults have it.
fn is_set(node: &Node<'_>) -> Result<bool, ConfigError> {
    let named = |key: &str| {
        let name = node.get(key);
        name.value().is_some_and(|value| value.as_str() != Some(""))
    };
    let stream = node.get("streamName");
    if stream.is_present() && !named("streamName") && named("region") {
        return Err(stream.fail(
            "is empty",
            "give the name of the stream, or leave region out for no pii stream",
        ));
    }
    Ok(["topicName", "streamName", "topic", "exchange", "file"]
        .into_iter()
        .any(named))
}

enum Kind {
    Kafka,
    Kinesis,
    FileSystem,
}

fn kind(node: &Node<'_>, asset: Asset) -> Result<Kind, ConfigError> {
    node.object()?;
    let at = node.get("type");
    let not_yet = |place: &Node<'_>, name: &str| {
        place.fail(
            format!("{name} streams are not supported yet"),
            "use Kinesis, Kafka or FileSystem",
        )
    };
    match at.string()? {
        Some(name) if name.eq_ignore_ascii_case("FileSystem") => Ok(Kind::FileSystem),
        Some(name) if name.eq_ignore_ascii_case("Kafka") => Ok(Kind::Kafka),
        Some(name) if name.eq_ignore_ascii_case("Kinesis") => Ok(Kind::Kinesis),
        Some(name) if ["pubsub", "nsq", "rabbitmq"].contains(&&*name.to_ascii_lowercase()) => {
            Err(not_yet(&at, &name))
        }
        Some(name) => Err(at.fail(format!("is {name}"), "use Kinesis, Kafka or FileSystem")),
        None if node.get("dir").is_present() || node.get("file").is_present() => {
            Ok(Kind::FileSystem)
        }
        None if asset == Asset::Kafka => Ok(Kind::Kafka),
        None if asset == Asset::Kinesis => Ok(Kind::Kinesis),
        None => Err(not_yet(node, &format!("{asset:?}"))),
    }
}

fn input(
    node: &Node<'_>,
    asset: Asset,
    budget: u64,
    warnings: &mut Vec<String>,
) -> Result<Input, ConfigError> {
    node.required(node.value(), "add the block input { … }")?;
    match kind(node, asset)? {
        Kind::FileSystem => {
            node.unknown_keys(&["type", "dir"], warnings);
            let dir = node.get("dir");
            Ok(Input::FileSystem {
                dir: dir.required(dir.string()?, "give the folder with the payloads")?,
            })
        }
        Kind::Kinesis => Ok(Input::Kinesis(kinesis::input(node, warnings)?)),
        Kind::Kafka => {
            let known = [
                "type",
                "topicName",
                "bootstrapServers",
                "consumerConf",
                "debounceCommitOffsets",
                "commitTimeout",
                "revokeTimeout",
            ];
            node.unknown_keys(&known, warnings);
            let mut properties = consumer_defaults(budget);
            properties.append(&mut kafka_properties::translate(
                &node.get("consumerConf"),
                warnings,
            )?);
            properties.append(&mut named([
                ("enable.auto.commit", "false"),
                ("enable.auto.offset.store", "false"),
            ]));
            let given = node.get("commitTimeout");
            let commit_timeout = match given.duration()? {
                Some(wait) if wait < LEAST_COMMIT_TIMEOUT => {
                    return Err(given.fail(format!("is {wait:?}"), "give at least 1 second"));
                }
                // a commit is a request like others, and librdkafka has one limit for all
                Some(wait) => {
                    properties
                        .entry("socket.timeout.ms".to_owned())
                        .or_insert_with(|| Secret::new(wait.as_millis().min(300_000).to_string()));
                    wait
                }
                None => DEFAULT_COMMIT_TIMEOUT,
            };
            Ok(Input::Kafka(KafkaInput {
                topic: topic(node, &mut properties)?,
                properties,
                commit_interval: node.get("debounceCommitOffsets").duration()?,
                commit_timeout,
                revoke_timeout: node
                    .get("revokeTimeout")
                    .duration()?
                    .unwrap_or(Duration::from_secs(10)),
            }))
        }
    }
}

fn output(
    node: &Node<'_>,
    asset: Asset,
    budget: u64,
    warnings: &mut Vec<String>,
) -> Result<Output, ConfigError> {
    node.required(node.value(), "add the block { … }")?;
    match kind(node, asset)? {
        Kind::FileSystem => {
            node.unknown_keys(&["type", "file", "maxBytes"], warnings);
            let file = node.get("file");
            Ok(Output::FileSystem {
                file: file.required(
                    file.string()?,
                    "give the path of a file that does not exist yet",
                )?,
                max_bytes: bytes(&node.get("maxBytes"))?,
            })
        }
        Kind::Kinesis => Ok(Output::Kinesis(kinesis::output(node, warnings)?)),
        Kind::Kafka => {
            let known = [
                "type",
                "topicName",
                "bootstrapServers",
                "producerConf",
                "partitionKey",
                "headers",
                "attributes",
                "backoffPolicy",
            ];
            node.unknown_keys(&known, warnings);
            let mut properties = producer_defaults(budget);
            properties.append(&mut kafka_properties::translate(
                &node.get("producerConf"),
                warnings,
            )?);
            let is = |name: &str, values: &[&str]| {
                properties
                    .get(name)
                    .is_none_or(|value| values.contains(&value.expose()))
            };
            // exactly what librdkafka asks of an idempotent producer
            if is("acks", &["all", "-1"])
                && is(
                    "max.in.flight.requests.per.connection",
                    &["1", "2", "3", "4", "5"],
                )
            {
                properties
                    .entry("enable.idempotence".to_owned())
                    .or_insert_with(|| Secret::new("true"));
            }
            let key = node
                .get("partitionKey")
                .string()?
                .filter(|name| !name.is_empty());
            // later versions say `attributes`
            let mut fields = node.get("headers").items()?;
            fields.append(&mut node.get("attributes").items()?);
            let headers = fields
                .iter()
                .map(|field| field.required(field.string()?, "give the name of a field"))
                .collect::<Result<_, _>>()?;
            Ok(Output::Kafka(KafkaOutput {
                topic: topic(node, &mut properties)?,
                properties,
                key,
                headers,
                retries: retries(&node.get("backoffPolicy"))?,
                largest_message: None,
            }))
        }
    }
}

/// As the outputs of the reference to other streams have it.
fn retries(node: &Node<'_>) -> Result<(Duration, Duration, u32), ConfigError> {
    node.object()?;
    let times = node.get("maxRetries");
    let retries = match times.integer()? {
        None => RETRIES,
        Some(given) => {
            u32::try_from(given).map_err(|_| times.fail(format!("is {given}"), "give 0 or more"))?
        }
    };
    let first = node.get("minBackoff").duration()?.unwrap_or(FIRST_PAUSE);
    let longest = node.get("maxBackoff").duration()?.unwrap_or(LONGEST_PAUSE);
    Ok((first, longest, retries))
}

fn topic(node: &Node<'_>, properties: &mut Properties) -> Result<String, ConfigError> {
    let (name, servers) = (node.get("topicName"), node.get("bootstrapServers"));
    let topic = name.required(
        name.string()?.filter(|name| !name.is_empty()),
        "give the name of the topic",
    )?;
    let servers = servers.required(
        servers.string()?.filter(|servers| !servers.is_empty()),
        "give the addresses of brokers, for example localhost:9092",
    )?;
    properties.insert("bootstrap.servers".to_owned(), Secret::new(servers));
    Ok(topic)
}

fn named<const N: usize>(pairs: [(&str, &str); N]) -> Properties {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Secret::new(value)))
        .collect()
}

/// Like the Java client where that can be seen; queues sized so that the whole stays in its memory.
fn consumer_defaults(budget: u64) -> Properties {
    let mut defaults = named([
        ("client.id", "snowmelt"),
        ("group.id", "enrich"),
        ("auto.offset.reset", "earliest"),
        ("isolation.level", "read_uncommitted"),
        ("allow.auto.create.topics", "true"),
        ("partition.assignment.strategy", "range"),
        ("fetch.wait.max.ms", "50"),
        ("fetch.max.bytes", "4194304"),
        ("fetch.message.max.bytes", "1048576"),
        ("queued.min.messages", "2000"),
        // its own second is longer than the queue lasts: the workers would have nothing to do
        ("fetch.queue.backoff.ms", "10"),
        ("socket.keepalive.enable", "true"),
        ("reconnect.backoff.max.ms", "2000"),
    ]);
    let queue = (budget / 8 / 1024).max(1024);
    defaults.insert(
        "queued.max.messages.kbytes".to_owned(),
        Secret::new(queue.to_string()),
    );
    defaults
}

fn producer_defaults(budget: u64) -> Properties {
    let mut defaults = named([
        ("client.id", "snowmelt"),
        ("acks", "all"),
        ("partitioner", "murmur2_random"),
        ("message.max.bytes", "1048576"),
        ("delivery.timeout.ms", "120000"),
        ("linger.ms", "5"),
        ("queue.buffering.max.messages", "100000"),
        ("socket.keepalive.enable", "true"),
        ("reconnect.backoff.max.ms", "2000"),
    ]);
    let queue = (budget / 4 / 1024).max(2048);
    defaults.insert(
        "queue.buffering.max.kbytes".to_owned(),
        Secret::new(queue.to_string()),
    );
    defaults
}

/// A number of bytes, also with a unit as Lightbend config writes them.
pub(super) fn bytes(node: &Node<'_>) -> Result<Option<u64>, ConfigError> {
    let Some(text) = node.string()? else {
        return Ok(None);
    };
    let text = text.trim();
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(split).unwrap_or((text, ""));
    let unit: u64 = match unit.trim() {
        "" | "B" | "b" => 1,
        "kB" | "kilobytes" => 1000,
        "MB" | "megabytes" => 1_000_000,
        "GB" | "gigabytes" => 1_000_000_000,
        "K" | "k" | "Ki" | "KiB" => 1 << 10,
        "M" | "m" | "Mi" | "MiB" => 1 << 20,
        "G" | "g" | "Gi" | "GiB" => 1 << 30,
        _ => 0,
    };
    let found = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .filter(|_| unit > 0);
    found
        .map(Some)
        .ok_or_else(|| node.fail("is no size", "give bytes, or a text such as \"64 MiB\""))
}

#[cfg(test)]
mod tests;
