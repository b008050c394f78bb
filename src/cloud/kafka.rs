//! What the consumer and the producers of Kafka share: settings of librdkafka and its log.

#[cfg(feature = "kinesis")]
mod msk;
pub mod token;
pub mod transaction;

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::RDKafkaErrorCode;

use crate::secret::Secret;
use token::Tokens;

/// The settings of a client, and where its tokens come from.
pub fn config(properties: &BTreeMap<String, Secret>) -> (ClientConfig, Tokens) {
    let mut config = ClientConfig::new();
    for (name, value) in properties {
        if !token::is_ours(name) {
            config.set(name, value.expose());
        }
    }
    config.set_log_level(RDKafkaLogLevel::Warning);
    (config, Tokens::of(properties))
}

/// What a client needs that only asks.
pub struct Asking(Tokens);

impl ClientContext for Asking {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.0.fetch()
    }
}

impl ConsumerContext for Asking {}

/// A client that only asks and looks.
///
/// # Errors
/// When librdkafka refuses a property.
pub fn asking(
    properties: &BTreeMap<String, Secret>,
    more: &[(&str, &str)],
) -> rdkafka::error::KafkaResult<BaseConsumer<Asking>> {
    let (mut config, tokens) = config(properties);
    for (name, value) in more {
        config.set(*name, *value);
    }
    let client: BaseConsumer<Asking> = config.create_with_context(Asking(tokens))?;
    // where a token is needed it is asked for from here
    let _ = client.poll(Duration::ZERO);
    Ok(client)
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
    let client = asking(properties, &[("allow.auto.create.topics", "false")])
        .map_err(|error| failed(error.to_string()))?;
    let metadata = client.fetch_metadata(Some(topic), at_most);
    let metadata = metadata.map_err(|error| failed(error.to_string()))?;
    match metadata.topics().first().and_then(|topic| topic.error()) {
        None => Ok(()),
        Some(error) => Err(failed(RDKafkaErrorCode::from(error).to_string())),
    }
}

/// The size in bytes from which brokers refuse messages for a topic, where they tell it.
pub fn largest_message(
    properties: &BTreeMap<String, Secret>,
    topic: &str,
    at_most: Duration,
) -> Option<usize> {
    let (mut config, tokens) = config(properties);
    config.remove("transactional.id");
    let told = || -> Result<Option<usize>, Box<dyn Error>> {
        let admin: AdminClient<Asking> = config.create_with_context(Asking(tokens))?;
        let options = AdminOptions::new().request_timeout(Some(at_most));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let topic = ResourceSpecifier::Topic(topic);
        let answers = runtime.block_on(admin.describe_configs([&topic], &options))?;
        let settings = answers.into_iter().next().ok_or("no answer")??;
        let value = settings
            .get("max.message.bytes")
            .and_then(|entry| entry.value.as_deref()?.parse().ok());
        Ok(value)
    };
    told().unwrap_or_else(|error| {
        tracing::debug!(%error, topic, "the largest size of messages is not known");
        None
    })
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
