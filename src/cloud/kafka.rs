//! What the consumer and the producers of Kafka share: settings of librdkafka and its log.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;

use crate::secret::Secret;

/// The settings of a client.
pub fn config(properties: &BTreeMap<String, Secret>) -> ClientConfig {
    let mut config = ClientConfig::new();
    for (name, value) in properties {
        config.set(name, value.expose());
    }
    config.set_log_level(RDKafkaLogLevel::Warning);
    config
}

/// Why a topic cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("topic {topic} at {servers}: {problem}")]
pub struct Unreachable {
    topic: String,
    servers: String,
    problem: String,
}

/// Asks the brokers for a topic, and creates nothing.
///
/// # Errors
/// When they do not answer, or do not know it.
pub fn reach(
    properties: &BTreeMap<String, Secret>,
    topic: &str,
    at_most: Duration,
) -> Result<(), Unreachable> {
    let failed = |problem: String| Unreachable {
        topic: topic.to_owned(),
        servers: properties
            .get("bootstrap.servers")
            .map_or("", Secret::expose)
            .to_owned(),
        problem,
    };
    let mut config = config(properties);
    config.set("allow.auto.create.topics", "false");
    let client: BaseConsumer = config.create().map_err(|error| failed(error.to_string()))?;
    let metadata = client.fetch_metadata(Some(topic), at_most);
    let metadata = metadata.map_err(|error| failed(error.to_string()))?;
    match metadata.topics().first().and_then(|topic| topic.error()) {
        None => Ok(()),
        Some(error) => Err(failed(RDKafkaErrorCode::from(error).to_string())),
    }
}

/// Hands a line of librdkafka on.
pub fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
            tracing::error!(facility, "librdkafka: {message}");
        }
        // its errors are broken connections and the like, which it repeats by itself
        RDKafkaLogLevel::Error | RDKafkaLogLevel::Warning => {
            tracing::warn!(facility, "librdkafka: {message}");
        }
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
            tracing::info!(facility, "librdkafka: {message}");
        }
        RDKafkaLogLevel::Debug => tracing::debug!(facility, "librdkafka: {message}"),
    }
}
