//! Blocks of Kinesis streams, with the defaults of Enrich 3.9.0.

use std::time::Duration;

use jvm::time::parse_joda_iso;

use super::ConfigError;
use super::node::Node;
use super::streams::bytes;

/// A stream to read.
#[derive(Debug, Clone, PartialEq)]
pub struct KinesisInput {
    /// The name of the lease table, and of the consumer of fan-out.
    pub app_name: String,
    /// The stream.
    pub stream: String,
    /// The region; that of the environment without.
    pub region: Option<String>,
    /// Where reading starts in shards that nobody has read.
    pub initial_position: InitialPosition,
    /// How records are got.
    pub retrieval: Retrieval,
    /// The name of this worker among those that share the table; the host's name without.
    pub worker: Option<String>,
    /// A lease that is not renewed for so long is taken by others.
    pub lease_duration: Duration,
    /// How often a position is written.
    pub checkpoint_interval: Duration,
    /// The most leases to take from others at a time.
    pub max_steal: usize,
    /// Whether a lease table that is missing is made.
    pub create_table: bool,
    /// The longest a call may take.
    pub call_timeout: Duration,
    /// Where Kinesis is, if not where AWS has it.
    pub endpoint: Option<String>,
    /// Where DynamoDB is, if not where AWS has it.
    pub dynamodb_endpoint: Option<String>,
}

/// Where reading starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitialPosition {
    /// With the oldest record.
    TrimHorizon,
    /// With what comes from now on.
    Latest,
    /// At an instant, milliseconds since the epoch.
    AtTimestamp(i64),
}

/// How records are got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retrieval {
    /// By asking.
    Polling {
        /// The most records of one answer.
        max_records: u32,
        /// The pause after an answer that had all there is.
        idle: Duration,
    },
    /// They are sent, at a rate of its own.
    FanOut,
}

/// How failed calls are repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first pause.
    pub min: Duration,
    /// The longest.
    pub max: Duration,
    /// How often; for ever without.
    pub retries: Option<u32>,
}

/// A stream to write.
#[derive(Debug, Clone, PartialEq)]
pub struct KinesisOutput {
    /// The stream.
    pub stream: String,
    /// The region; that of the environment without.
    pub region: Option<String>,
    /// The field whose value is the partition key; random keys without.
    pub key: Option<String>,
    /// Records of one key are never in the same request, so that no failure can change their order.
    pub strict_order: bool,
    /// After calls that fail as a whole.
    pub backoff: Backoff,
    /// After records that are refused for their rate.
    pub throttled: Backoff,
    /// Records of one request.
    pub record_limit: usize,
    /// Bytes of one request, data and keys.
    pub byte_limit: usize,
    /// Bytes of one record, data and key.
    pub max_record_size: usize,
    /// The longest a call may take.
    pub call_timeout: Duration,
    /// Where Kinesis is, if not where AWS has it.
    pub endpoint: Option<String>,
}

/// The largest record of a stream that was not told to take larger ones.
pub const MAX_RECORD: usize = 1 << 20;
/// The largest record and the largest request that the service takes.
const SERVICE_LIMIT: usize = 10 << 20;
const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// Reads an input.
pub(super) fn input(
    node: &Node<'_>,
    warnings: &mut Vec<String>,
) -> Result<KinesisInput, ConfigError> {
    // those without a field below have no meaning here: buffers are counted in bytes, a position is
    // written until it is there or the lease is lost, and metrics do not go to CloudWatch
    let known = [
        "type",
        "appName",
        "streamName",
        "region",
        "initialPosition",
        "retrievalMode",
        "bufferSize",
        "checkpointBackoff",
        "checkpointThrottledBackoffPolicy",
        "debounceCheckpoints",
        "customEndpoint",
        "dynamodbCustomEndpoint",
        "cloudwatchCustomEndpoint",
        "workerIdentifier",
        "leaseDuration",
        "maxLeasesToStealAtOneTime",
        "maxLeasesToStealAtOneTimeFactor",
        "createTable",
        "apiCallAttemptTimeout",
    ];
    node.unknown_keys(&known, warnings);
    let app_name = node.get("appName").string()?;
    let lease_duration = above_zero(&node.get("leaseDuration"), Duration::from_secs(10))?;
    Ok(KinesisInput {
        app_name: app_name.unwrap_or_else(|| "snowplow-enrich-kinesis".to_owned()),
        stream: stream(node)?,
        region: text(&node.get("region"))?,
        initial_position: initial_position(&node.get("initialPosition"))?,
        retrieval: retrieval(&node.get("retrievalMode"), warnings)?,
        worker: text(&node.get("workerIdentifier"))?,
        lease_duration,
        checkpoint_interval: node
            .get("debounceCheckpoints")
            .duration()?
            .unwrap_or(lease_duration / 3),
        max_steal: count(&node.get("maxLeasesToStealAtOneTime"), 1, 10_000, 1)?,
        create_table: node.get("createTable").boolean()?.unwrap_or(true),
        call_timeout: above_zero(&node.get("apiCallAttemptTimeout"), CALL_TIMEOUT)?,
        endpoint: text(&node.get("customEndpoint"))?,
        dynamodb_endpoint: text(&node.get("dynamodbCustomEndpoint"))?,
    })
}

/// Reads an output.
pub(super) fn output(
    node: &Node<'_>,
    warnings: &mut Vec<String>,
) -> Result<KinesisOutput, ConfigError> {
    let known = [
        "type",
        "streamName",
        "region",
        "partitionKey",
        "strictOrder",
        "backoffPolicy",
        "throttledBackoffPolicy",
        "recordLimit",
        "byteLimit",
        "maxRecordSize",
        "apiCallAttemptTimeout",
        "customEndpoint",
    ];
    node.unknown_keys(&known, warnings);
    let ms = Duration::from_millis;
    let backoff = |name: &str, default| backoff(&node.get(name), default);
    let size = |name: &str, default| {
        let at = node.get(name);
        match bytes(&at)? {
            None => Ok(default),
            Some(given) => usize::try_from(given)
                .ok()
                .filter(|given| (1..=SERVICE_LIMIT).contains(given))
                .ok_or_else(|| {
                    at.fail(
                        format!("is {given} bytes"),
                        format!("give 1 to {SERVICE_LIMIT}, which is what Kinesis takes"),
                    )
                }),
        }
    };
    Ok(KinesisOutput {
        stream: stream(node)?,
        region: text(&node.get("region"))?,
        key: text(&node.get("partitionKey"))?,
        strict_order: node.get("strictOrder").boolean()?.unwrap_or(false),
        backoff: backoff(
            "backoffPolicy",
            Backoff {
                min: ms(100),
                max: ms(10_000),
                retries: Some(10),
            },
        )?,
        throttled: backoff(
            "throttledBackoffPolicy",
            Backoff {
                min: ms(100),
                max: ms(1_000),
                retries: None,
            },
        )?,
        record_limit: count(&node.get("recordLimit"), 1, 500, 500)?,
        byte_limit: size("byteLimit", 5 << 20)?,
        max_record_size: size("maxRecordSize", MAX_RECORD)?,
        call_timeout: above_zero(&node.get("apiCallAttemptTimeout"), CALL_TIMEOUT)?,
        endpoint: text(&node.get("customEndpoint"))?,
    })
}

/// The largest record that any of the outputs takes, where none says `default`; sinks with a lower limit
/// keep to it themselves.
pub(super) fn max_record_size(outputs: &[Node<'_>], default: usize) -> usize {
    let of = |node: &Node<'_>| {
        let given = bytes(&node.get("maxRecordSize")).ok().flatten();
        given
            .and_then(|size| usize::try_from(size).ok())
            .unwrap_or(default)
    };
    outputs.iter().map(of).max().unwrap_or(default)
}

fn stream(node: &Node<'_>) -> Result<String, ConfigError> {
    let name = node.get("streamName");
    name.required(text(&name)?, "give the name of the stream")
}

/// An empty text counts as none.
fn text(node: &Node<'_>) -> Result<Option<String>, ConfigError> {
    Ok(node.string()?.filter(|text| !text.is_empty()))
}

fn above_zero(node: &Node<'_>, default: Duration) -> Result<Duration, ConfigError> {
    match node.duration()? {
        Some(Duration::ZERO) => Err(node.fail("is zero", "give a duration above zero")),
        given => Ok(given.unwrap_or(default)),
    }
}

fn count(node: &Node<'_>, least: usize, most: usize, default: usize) -> Result<usize, ConfigError> {
    match node.integer()? {
        None => Ok(default),
        Some(given) => usize::try_from(given)
            .ok()
            .filter(|given| (least..=most).contains(given))
            .ok_or_else(|| {
                node.fail(
                    format!("is {given}"),
                    format!("give a number from {least} to {most}"),
                )
            }),
    }
}

fn backoff(node: &Node<'_>, default: Backoff) -> Result<Backoff, ConfigError> {
    node.object()?;
    let retries = node.get("maxRetries");
    let retries = match retries.integer()? {
        None => default.retries,
        Some(given) => Some(
            u32::try_from(given)
                .map_err(|_| retries.fail(format!("is {given}"), "give 0 or more"))?,
        ),
    };
    Ok(Backoff {
        min: node.get("minBackoff").duration()?.unwrap_or(default.min),
        max: node.get("maxBackoff").duration()?.unwrap_or(default.max),
        retries,
    })
}

fn initial_position(node: &Node<'_>) -> Result<InitialPosition, ConfigError> {
    node.object()?;
    let kind = node.get("type");
    let Some(name) = text(&kind)? else {
        return Ok(InitialPosition::TrimHorizon);
    };
    match name.to_ascii_uppercase().as_str() {
        "TRIM_HORIZON" => Ok(InitialPosition::TrimHorizon),
        "LATEST" => Ok(InitialPosition::Latest),
        "AT_TIMESTAMP" => {
            let at = node.get("timestamp");
            let mend = "give an instant such as 2026-01-31T12:00:00Z";
            let given = at.required(text(&at)?, mend)?;
            match parse_joda_iso(&given) {
                Ok(millis) => Ok(InitialPosition::AtTimestamp(millis)),
                Err(_) => Err(at.fail(format!("is {given}"), mend)),
            }
        }
        _ => Err(kind.fail(
            format!("is {name}"),
            "use TRIM_HORIZON, LATEST or AT_TIMESTAMP",
        )),
    }
}

fn retrieval(node: &Node<'_>, warnings: &mut Vec<String>) -> Result<Retrieval, ConfigError> {
    node.object()?;
    node.unknown_keys(&["type", "maxRecords", "idleTimeBetweenReads"], warnings);
    let kind = node.get("type");
    let name = text(&kind)?.unwrap_or_else(|| "Polling".to_owned());
    match name.to_ascii_lowercase().as_str() {
        "fanout" => Ok(Retrieval::FanOut),
        "polling" => Ok(Retrieval::Polling {
            max_records: count(&node.get("maxRecords"), 1, 10_000, 10_000)? as u32,
            idle: above_zero(
                &node.get("idleTimeBetweenReads"),
                Duration::from_millis(200),
            )?,
        }),
        _ => Err(kind.fail(format!("is {name}"), "use Polling or FanOut")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::streams::{Input, Output, Streams};
    use super::super::text::Document;
    use super::super::{AppConfig, Env};
    use super::*;

    fn read(value: Value) -> Result<(Streams, Vec<String>), String> {
        let document = Document {
            origin: "c".into(),
            value,
        };
        let config = AppConfig::read(document, &Env::default(), &[]).unwrap();
        let mut warnings = Vec::new();
        let streams = Streams::read(&config, &mut warnings).map_err(|error| error.to_string())?;
        Ok((streams, warnings))
    }

    fn minimal() -> Value {
        json!({
            "input": {"streamName": "raw", "region": "eu-central-1"},
            "output": {
                "good": {"streamName": "good", "region": "eu-central-1"},
                "bad": {"streamName": "bad"},
                "pii": {"streamName": ""},
            },
        })
    }

    #[test]
    fn a_minimal_file_gets_the_defaults_of_the_reference() {
        let (streams, warnings) = read(minimal()).unwrap();
        let (Input::Kinesis(input), Output::Kinesis(good)) = (&streams.input, &streams.good) else {
            panic!("{streams:?}")
        };
        assert_eq!(input.app_name, "snowplow-enrich-kinesis");
        assert_eq!(input.initial_position, InitialPosition::TrimHorizon);
        assert_eq!(
            input.retrieval,
            Retrieval::Polling {
                max_records: 10_000,
                idle: Duration::from_millis(200)
            }
        );
        assert_eq!(
            (good.record_limit, good.byte_limit, good.max_record_size),
            (500, 5_242_880, 1_048_576)
        );
        assert_eq!(
            (good.backoff.retries, good.throttled.retries),
            (Some(10), None)
        );
        assert!(streams.pii.is_none() && warnings.is_empty(), "{warnings:?}");
    }

    #[test]
    fn every_setting_of_the_reference_is_read() {
        let mut file = minimal();
        file["input"] = json!({
            "type": "Kinesis", "appName": "app", "streamName": "raw", "region": "us-east-1",
            "initialPosition": {"type": "at_timestamp", "timestamp": "2020-07-17T10:00:00Z"},
            "retrievalMode": {"type": "fanout"}, "bufferSize": 3,
            "checkpointBackoff": {"minBackoff": "100 ms", "maxBackoff": "10 seconds", "maxRetries": 10},
            "customEndpoint": "http://localhost:4566", "dynamodbCustomEndpoint": "http://localhost:4569",
            "cloudwatchCustomEndpoint": "http://localhost:4582", "workerIdentifier": "pod-1",
            "leaseDuration": "20 seconds", "debounceCheckpoints": "10 seconds",
        });
        file["output"]["pii"] = json!({
            "streamName": "pii", "partitionKey": "user_id", "recordLimit": 100, "byteLimit": "10 MiB",
            "maxRecordSize": 2_000_000, "strictOrder": true,
            "backoffPolicy": {"maxRetries": 2}, "throttledBackoffPolicy": {"minBackoff": "1 s", "maxRetries": 5},
        });
        let (streams, warnings) = read(file).unwrap();
        assert!(warnings.is_empty(), "{warnings:?}");
        let Input::Kinesis(input) = &streams.input else {
            panic!("{streams:?}")
        };
        assert_eq!(
            input.initial_position,
            InitialPosition::AtTimestamp(1_594_980_000_000)
        );
        assert_eq!(input.retrieval, Retrieval::FanOut);
        assert_eq!(input.worker.as_deref(), Some("pod-1"));
        assert_eq!(
            input.dynamodb_endpoint.as_deref(),
            Some("http://localhost:4569")
        );
        assert_eq!(input.checkpoint_interval, Duration::from_secs(10));
        let Some(Output::Kinesis(pii)) = &streams.pii else {
            panic!("{streams:?}")
        };
        assert_eq!((pii.record_limit, pii.byte_limit), (100, 10 << 20));
        assert!(pii.strict_order && pii.key.as_deref() == Some("user_id"));
        assert_eq!(pii.backoff.retries, Some(2));
        assert_eq!(pii.throttled.min, Duration::from_secs(1));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (place, value, expected) in [
            (
                &["input", "streamName"][..],
                json!(""),
                "c: input.streamName: is missing; give the name of the stream",
            ),
            (
                &["input", "initialPosition"],
                json!({"type": "AT_TIMESTAMP"}),
                "c: input.initialPosition.timestamp: is missing; give an instant such as 2026-01-31T12:00:00Z",
            ),
            (
                &["input", "initialPosition"],
                json!({"type": "OLDEST"}),
                "c: input.initialPosition.type: is OLDEST; use TRIM_HORIZON, LATEST or AT_TIMESTAMP",
            ),
            (
                &["input", "retrievalMode"],
                json!({"type": "Push"}),
                "c: input.retrievalMode.type: is Push; use Polling or FanOut",
            ),
            (
                &["output", "good", "recordLimit"],
                json!(501),
                "c: output.good.recordLimit: is 501; give a number from 1 to 500",
            ),
            (
                &["output", "good", "byteLimit"],
                json!("11 MiB"),
                "c: output.good.byteLimit: is 11534336 bytes; give 1 to 10485760, which is what Kinesis takes",
            ),
            (
                &["output", "pii", "region"],
                json!("eu-central-1"),
                "c: output.pii.streamName: is empty; give the name of the stream, or leave region out for no pii stream",
            ),
        ] {
            let mut file = minimal();
            let mut at = &mut file;
            for key in place {
                at = &mut at[*key];
            }
            *at = value;
            assert_eq!(read(file).unwrap_err(), expected);
        }
    }
}
