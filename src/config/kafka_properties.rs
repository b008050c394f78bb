//! Properties of the Java Kafka client, as files of the reference carry them, in the words of librdkafka.
//!
//! Names of librdkafka itself are always allowed; it checks them when the client is made.

use std::collections::BTreeMap;

use serde_json::Value;

mod jaas;
mod sasl;
mod stores;
#[cfg(test)]
mod tests;

use super::ConfigError;
use super::node::Node;
use crate::secret::Secret;

/// Properties for librdkafka by name; values may be passwords.
pub type Properties = BTreeMap<String, Secret>;

/// What a property becomes.
enum Rule {
    /// Another name for the same.
    Rename(&'static str),
    /// A number of bytes that librdkafka has in KiB.
    Kib(&'static str),
    /// Bytes of a socket buffer; -1 is the default of the system, which librdkafka writes 0.
    Socket(&'static str),
    /// It has no meaning here.
    Ignore,
    /// It cannot be had; why, and what to do.
    Refuse(&'static str, &'static str),
    /// Read together with others.
    Special,
    /// The same.
    Pass,
}

const JAVA_CLASS: &str = "names a Java class";

fn rule(name: &str) -> Rule {
    match name {
        "max.request.size" => Rule::Rename("message.max.bytes"),
        "fetch.max.wait.ms" => Rule::Rename("fetch.wait.max.ms"),
        "max.partition.fetch.bytes" => Rule::Rename("fetch.message.max.bytes"),
        // the names of the Java client 4.1
        "sasl.oauthbearer.client.credentials.client.id" => {
            Rule::Rename("sasl.oauthbearer.client.id")
        }
        "sasl.oauthbearer.client.credentials.client.secret" => {
            Rule::Rename("sasl.oauthbearer.client.secret")
        }
        "buffer.memory" => Rule::Kib("queue.buffering.max.kbytes"),
        "receive.buffer.bytes" => Rule::Socket("socket.receive.buffer.bytes"),
        "send.buffer.bytes" => Rule::Socket("socket.send.buffer.bytes"),
        "key.serializer"
        | "value.serializer"
        | "key.deserializer"
        | "value.deserializer"
        | "enable.auto.commit"
        | "auto.commit.interval.ms"
        | "max.block.ms"
        | "metric.reporters"
        | "interceptor.classes"
        | "exclude.internal.topics"
        | "metadata.max.idle.ms"
        | "max.poll.records"
        | "default.api.timeout.ms"
        | "metrics.num.samples"
        | "metrics.recording.level"
        | "metrics.sample.window.ms"
        | "ssl.protocol"
        | "ssl.enabled.protocols" => Rule::Ignore,
        "security.protocol"
        | "sasl.mechanism"
        | "sasl.jaas.config"
        | "sasl.client.callback.handler.class"
        | "sasl.login.callback.handler.class"
        | "auto.offset.reset"
        | "partition.assignment.strategy"
        | "partitioner.class"
        | "ssl.endpoint.identification.algorithm"
        | "ssl.truststore.type"
        | "ssl.truststore.location"
        | "ssl.truststore.certificates"
        | "ssl.truststore.password"
        | "ssl.keystore.type"
        | "ssl.keystore.location"
        | "ssl.keystore.password"
        | "ssl.keystore.key"
        | "ssl.keystore.certificate.chain" => Rule::Special,
        "sasl.login.class" | "security.providers" | "ssl.provider" | "ssl.engine.factory.class" => {
            Rule::Refuse(JAVA_CLASS, "use SASL PLAIN or SCRAM, or TLS with PEM files")
        }
        "ssl.trustmanager.algorithm" | "ssl.keymanager.algorithm" => {
            Rule::Refuse("is a setting of the Java runtime", "leave it out")
        }
        _ => Rule::Pass,
    }
}

/// Translates a block such as `consumerConf`.
///
/// # Errors
/// A property that cannot be had here, with what to do instead.
pub(super) fn translate(
    block: &Node<'_>,
    warnings: &mut Vec<String>,
) -> Result<Properties, ConfigError> {
    let java = flatten(block)?;
    let mut found = Properties::new();
    for (name, value) in &java {
        let at = block.get(name);
        let (to, value) = match rule(name) {
            Rule::Pass => (name.as_str(), value.clone()),
            Rule::Rename(to) => (to, value.clone()),
            Rule::Kib(to) => match value.trim().parse::<u64>() {
                Ok(bytes) => (to, (bytes / 1024).max(1).to_string()),
                Err(_) => return Err(at.fail("is no number of bytes", "give a whole number")),
            },
            Rule::Socket(to) => (
                to,
                if value.trim() == "-1" {
                    "0".to_owned()
                } else {
                    value.clone()
                },
            ),
            Rule::Ignore => {
                warnings.push(
                    at.fail("has no effect here", "it can be left out")
                        .to_string(),
                );
                continue;
            }
            Rule::Refuse(problem, mend) => return Err(at.fail(problem, mend)),
            Rule::Special => continue,
        };
        found.insert(to.to_owned(), Secret::new(value));
    }
    plain_values(block, &java, &mut found)?;
    stores::translate(block, &java, &mut found)?;
    sasl::translate(block, &java, &mut found)?;
    Ok(found)
}

/// Dotted names; nested objects come from names without quotes.
fn flatten(block: &Node<'_>) -> Result<BTreeMap<String, String>, ConfigError> {
    fn walk(
        block: &Node<'_>,
        prefix: &str,
        value: &Value,
        out: &mut BTreeMap<String, String>,
    ) -> Result<(), ConfigError> {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let name = if prefix.is_empty() {
                        name.clone()
                    } else {
                        format!("{prefix}.{name}")
                    };
                    walk(block, &name, value, out)?;
                }
            }
            Value::Null => {}
            Value::String(text) => drop(out.insert(prefix.to_owned(), text.clone())),
            Value::Number(_) | Value::Bool(_) => {
                drop(out.insert(prefix.to_owned(), value.to_string()))
            }
            Value::Array(_) => return Err(block.get(prefix).fail("is a list", "give a text")),
        }
        Ok(())
    }
    let mut out = BTreeMap::new();
    if block.object()?.is_some() {
        walk(block, "", block.value().unwrap_or(&Value::Null), &mut out)?;
    }
    Ok(out)
}

type Java = BTreeMap<String, String>;

fn put(found: &mut Properties, name: &str, value: impl Into<String>) {
    found.insert(name.to_owned(), Secret::new(value));
}

fn plain_values(block: &Node<'_>, java: &Java, found: &mut Properties) -> Result<(), ConfigError> {
    if let Some(protocol) = java.get("security.protocol") {
        put(found, "security.protocol", protocol.to_ascii_lowercase());
    }
    if let Some(reset) = java.get("auto.offset.reset") {
        put(
            found,
            "auto.offset.reset",
            if reset.eq_ignore_ascii_case("none") {
                "error"
            } else {
                reset
            },
        );
    }
    if let Some(algorithm) = java.get("ssl.endpoint.identification.algorithm") {
        let algorithm = if algorithm.trim().is_empty() {
            "none"
        } else {
            algorithm
        };
        put(found, "ssl.endpoint.identification.algorithm", algorithm);
    }
    if let Some(classes) = java.get("partition.assignment.strategy") {
        let at = block.get("partition.assignment.strategy");
        let names = classes
            .split(',')
            .map(str::trim)
            .filter(|class| !class.is_empty())
            .map(|class| match class.rsplit('.').next().unwrap_or(class) {
                "RangeAssignor" | "range" => Ok("range"),
                "RoundRobinAssignor" | "roundrobin" => Ok("roundrobin"),
                "CooperativeStickyAssignor" | "cooperative-sticky" => Ok("cooperative-sticky"),
                other => Err(at.fail(
                    format!("has {other}, an assignor of the Java client only"),
                    "use RangeAssignor, RoundRobinAssignor or CooperativeStickyAssignor",
                )),
            });
        put(
            found,
            "partition.assignment.strategy",
            names.collect::<Result<Vec<_>, _>>()?.join(","),
        );
    }
    if let Some(class) = java.get("partitioner.class") {
        let known = ["DefaultPartitioner", "UniformStickyPartitioner"];
        if !known.contains(&class.rsplit('.').next().unwrap_or(class)) {
            return Err(block.get("partitioner.class").fail(
                "names a Java class",
                "leave it out: keys are spread as the default partitioner does, by murmur2",
            ));
        }
    }
    Ok(())
}
