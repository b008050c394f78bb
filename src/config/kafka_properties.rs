//! Properties of the Java Kafka client, as files of the reference carry them, in the words of librdkafka.
//!
//! Names of librdkafka itself are always allowed; it checks them when the client is made.

use std::collections::BTreeMap;

use serde_json::Value;

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
        "sasl.client.callback.handler.class"
        | "sasl.login.callback.handler.class"
        | "sasl.login.class"
        | "security.providers"
        | "ssl.provider"
        | "ssl.engine.factory.class" => {
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
    stores(block, &java, &mut found)?;
    sasl(block, &java, &mut found)?;
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

/// Trust and key stores: PEM and, for keys, PKCS12.
fn stores(block: &Node<'_>, java: &Java, found: &mut Properties) -> Result<(), ConfigError> {
    let pkcs12 = |location: &str| location.ends_with(".p12") || location.ends_with(".pfx");
    let kind =
        |prefix: &str, location: Option<&String>| match java.get(&format!("ssl.{prefix}.type")) {
            Some(kind) => kind.to_ascii_uppercase(),
            None if location.is_some_and(|l| l.ends_with(".pem") || l.ends_with(".crt")) => {
                "PEM".to_owned()
            }
            None if location.is_some_and(|l| pkcs12(l)) => "PKCS12".to_owned(),
            None if location.is_none() => "PEM".to_owned(),
            None => "JKS".to_owned(),
        };
    let location = java.get("ssl.truststore.location");
    if location.is_some() || java.contains_key("ssl.truststore.certificates") {
        match kind("truststore", location).as_str() {
            "PEM" => {
                if let Some(path) = location {
                    put(found, "ssl.ca.location", path);
                }
                if let Some(pem) = java.get("ssl.truststore.certificates") {
                    put(found, "ssl.ca.pem", pem);
                }
            }
            other => {
                return Err(block.get("ssl.truststore.location").fail(
                    format!("is a {other} store, which is read by Java only"),
                    "export it (keytool -exportcert -rfc, or openssl pkcs12 -nokeys) and set ssl.ca.location to the PEM file",
                ));
            }
        }
    }
    let location = java.get("ssl.keystore.location");
    if location.is_some() || java.contains_key("ssl.keystore.key") {
        match kind("keystore", location).as_str() {
            "PEM" => {
                if let Some(path) = location {
                    put(found, "ssl.key.location", path);
                    put(found, "ssl.certificate.location", path);
                }
                for (from, to) in [
                    ("ssl.keystore.key", "ssl.key.pem"),
                    ("ssl.keystore.certificate.chain", "ssl.certificate.pem"),
                ] {
                    if let Some(pem) = java.get(from) {
                        put(found, to, pem);
                    }
                }
            }
            "PKCS12" => {
                put(
                    found,
                    "ssl.keystore.location",
                    location.map_or("", String::as_str),
                );
                if let Some(password) = java.get("ssl.keystore.password") {
                    put(found, "ssl.keystore.password", password);
                }
            }
            other => {
                return Err(block.get("ssl.keystore.location").fail(
                    format!("is a {other} store, a format of Java only"),
                    "convert it: keytool -importkeystore … -deststoretype PKCS12, and set ssl.keystore.type to PKCS12",
                ));
            }
        }
    }
    Ok(())
}

fn sasl(block: &Node<'_>, java: &Java, found: &mut Properties) -> Result<(), ConfigError> {
    let mechanism = java
        .get("sasl.mechanism")
        .map(|name| name.to_ascii_uppercase());
    if let Some(name) = &mechanism {
        match name.as_str() {
            "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512" => put(found, "sasl.mechanism", name),
            _ => {
                return Err(block.get("sasl.mechanism").fail(
                    format!("is {name}, which is not supported yet"),
                    "use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
                ));
            }
        }
    }
    let Some(text) = java.get("sasl.jaas.config") else {
        return Ok(());
    };
    let at = block.get("sasl.jaas.config");
    let wrong = || {
        at.fail(
            "is not of the form that Java reads",
            "write: CLASS required username=\"USER\" password=\"PASSWORD\";",
        )
    };
    let (class, options) = jaas(text).ok_or_else(wrong)?;
    match class.rsplit('.').next().unwrap_or(&class) {
        "PlainLoginModule" => {
            if mechanism.is_none() {
                put(found, "sasl.mechanism", "PLAIN");
            }
        }
        "ScramLoginModule" => {}
        other => {
            return Err(at.fail(
                format!("has {other}, which is not supported yet"),
                "use PlainLoginModule or ScramLoginModule",
            ));
        }
    }
    for (from, to) in [("username", "sasl.username"), ("password", "sasl.password")] {
        put(found, to, options.get(from).ok_or_else(wrong)?);
    }
    Ok(())
}

/// The class and the options of the first entry of a JAAS configuration.
fn jaas(text: &str) -> Option<(String, BTreeMap<String, String>)> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    let (mut word, mut any) = (String::new(), false);
    while let Some(c) = chars.next() {
        match c {
            '"' | '\'' => {
                any = true;
                loop {
                    match chars.next()? {
                        '\\' => word.push(chars.next()?),
                        end if end == c => break,
                        other => word.push(other),
                    }
                }
            }
            '=' | ';' => {
                if std::mem::take(&mut any) {
                    tokens.push(std::mem::take(&mut word));
                }
                tokens.push(c.to_string());
                // the value of an option may itself hold anything but blanks when it has no quotes
                if c == ';' {
                    break;
                }
            }
            c if c.is_whitespace() => {
                if std::mem::take(&mut any) {
                    tokens.push(std::mem::take(&mut word));
                }
            }
            c => {
                word.push(c);
                any = true;
            }
        }
    }
    if any {
        tokens.push(word);
    }
    let mut tokens = tokens.into_iter();
    let class = tokens.next()?;
    let flag = tokens.next()?;
    ["required", "requisite", "sufficient", "optional"]
        .iter()
        .find(|known| flag.eq_ignore_ascii_case(known))?;
    let mut options = BTreeMap::new();
    while let Some(name) = tokens.next().filter(|token| token != ";") {
        tokens.next().filter(|token| token == "=")?;
        options.insert(name, tokens.next()?);
    }
    Some((class, options))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::text::Document;
    use super::*;

    fn translated(value: Value) -> Result<Vec<String>, String> {
        let document = Document {
            origin: "c".into(),
            value: json!({ "conf": value }),
        };
        let found = translate(&Node::root(&document).get("conf"), &mut Vec::new());
        let shown = |properties: Properties| {
            properties
                .iter()
                .map(|(name, value)| format!("{name}={}", value.expose()))
                .collect()
        };
        found.map(shown).map_err(|error| error.to_string())
    }

    #[test]
    fn java_names_and_values_become_those_of_librdkafka() {
        for (java, expected) in [
            (
                json!({"max.request.size": "5"}),
                vec!["message.max.bytes=5"],
            ),
            (
                json!({"buffer.memory": 33554432}),
                vec!["queue.buffering.max.kbytes=32768"],
            ),
            (
                json!({"send.buffer.bytes": -1}),
                vec!["socket.send.buffer.bytes=0"],
            ),
            (
                json!({"group": {"id": "g"}, "linger.ms": "5"}),
                vec!["group.id=g", "linger.ms=5"],
            ),
            (
                json!({"key.serializer": "x", "enable.auto.commit": "true"}),
                vec![],
            ),
            (
                json!({"security.protocol": "SASL_SSL"}),
                vec!["security.protocol=sasl_ssl"],
            ),
            (
                json!({"auto.offset.reset": "none"}),
                vec!["auto.offset.reset=error"],
            ),
            (
                json!({"ssl.endpoint.identification.algorithm": ""}),
                vec!["ssl.endpoint.identification.algorithm=none"],
            ),
            (
                json!({"partition.assignment.strategy": "org.apache.kafka.clients.consumer.RangeAssignor"}),
                vec!["partition.assignment.strategy=range"],
            ),
            (
                json!({"ssl.truststore.type": "PEM", "ssl.truststore.location": "ca"}),
                vec!["ssl.ca.location=ca"],
            ),
            (
                json!({"ssl.keystore.location": "k.p12", "ssl.keystore.password": "p"}),
                vec!["ssl.keystore.location=k.p12", "ssl.keystore.password=p"],
            ),
            (
                json!({"sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"$ConnectionString\" password=\"a=\\\"b\\\\;\";"}),
                vec![
                    "sasl.mechanism=PLAIN",
                    "sasl.password=a=\"b\\;",
                    "sasl.username=$ConnectionString",
                ],
            ),
            (
                json!({"statistics.interval.ms": "5"}),
                vec!["statistics.interval.ms=5"],
            ),
        ] {
            assert_eq!(translated(java.clone()).unwrap(), expected, "{java}");
        }
    }

    #[test]
    fn what_cannot_be_had_is_refused_with_what_to_do() {
        for (java, part) in [
            (
                json!({"ssl.truststore.location": "a.jks"}),
                "conf.ssl.truststore.location: is a JKS store",
            ),
            (
                json!({"partition.assignment.strategy": "x.StickyAssignor"}),
                "has StickyAssignor",
            ),
            (
                json!({"partitioner.class": "com.acme.P"}),
                "conf.partitioner.class: names a Java class",
            ),
            (
                json!({"sasl.mechanism": "AWS_MSK_IAM"}),
                "is AWS_MSK_IAM, which is not supported yet",
            ),
            (
                json!({"sasl.jaas.config": "x.PlainLoginModule required username=a"}),
                "is not of the form",
            ),
            (json!({"sasl.jaas.config": "\""}), "is not of the form"),
            (
                json!({"ssl.engine.factory.class": "x"}),
                "names a Java class",
            ),
            (json!({"a": ["b"]}), "conf.a: is a list; give a text"),
        ] {
            let error = translated(java.clone()).unwrap_err();
            assert!(error.contains(part), "{java}: {error}");
        }
    }
}
