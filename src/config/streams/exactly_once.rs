//! What `output.transactional` asks of the streams, and the properties that go with it.

use super::{Input, Output, Streams};
use crate::config::ConfigError;
use crate::config::node::Node;
use crate::secret::Secret;

/// How long a transaction may stay open when its client has no name of its own: whoever reads after it waits
/// for that long when a worker was killed.
const TRANSACTION_TIMEOUT_MS: u64 = 15_000;
/// The default of the clients, which is enough where the next start of the same worker ends the transaction.
const NAMED_TRANSACTION_TIMEOUT_MS: u64 = 60_000;

/// Checks that one transaction can hold everything, and completes the properties.
///
/// # Errors
/// The place of what speaks against it.
pub(super) fn prepare(streams: &mut Streams, root: &Node<'_>) -> Result<(), ConfigError> {
    let outputs = root.get("output");
    let switch = outputs.get("transactional");
    let Input::Kafka(input) = &mut streams.input else {
        return Err(switch.fail(
            "needs an input from Kafka",
            "leave it out: only topics have transactions",
        ));
    };
    let level = root.get("input").get("consumerConf").get("isolation.level");
    if level
        .string()?
        .is_some_and(|level| level != "read_committed")
    {
        return Err(level.fail(
            "does not go with output.transactional",
            "leave it out: read_committed is what keeps a new owner from old positions",
        ));
    }
    input
        .properties
        .insert("isolation.level".to_owned(), Secret::new("read_committed"));
    let group = input.properties.get("group.id").map_or("", Secret::expose);
    let instance = input.properties.get("group.instance.id");
    let name = instance.map(|instance| format!("{group}-{}", instance.expose()));

    let mut first = None;
    for (place, output) in [
        ("good", Some(&mut streams.good)),
        ("bad", Some(&mut streams.bad)),
        ("pii", streams.pii.as_mut()),
    ] {
        let at = outputs.get(place);
        let output = match output {
            None => continue,
            Some(Output::Kafka(output)) => output,
            Some(_) => {
                return Err(at.fail(
                    "is no topic, but output.transactional is set",
                    "write to a topic, or leave output.transactional out",
                ));
            }
        };
        match &first {
            None => first = Some(output.properties.clone()),
            Some(first) if *first == output.properties => {}
            Some(_) => {
                return Err(at.fail(
                    "has other bootstrapServers or another producerConf than output.good",
                    "make them the same: one transaction writes all streams",
                ));
            }
        }
        let properties = &mut output.properties;
        let conf = at.get("producerConf");
        if properties.get("enable.idempotence").map(Secret::expose) != Some("true") {
            return Err(conf.fail(
                "forbids idempotence, which output.transactional needs",
                "leave out acks, enable.idempotence and max.in.flight.requests.per.connection",
            ));
        }
        if let Some(name) = &name {
            properties
                .entry("transactional.id".to_owned())
                .or_insert_with(|| Secret::new(name));
        }
        let default = if properties.contains_key("transactional.id") {
            NAMED_TRANSACTION_TIMEOUT_MS
        } else {
            TRANSACTION_TIMEOUT_MS
        };
        let timeout = number(properties.get("transaction.timeout.ms")).unwrap_or(default);
        properties.insert(
            "transaction.timeout.ms".to_owned(),
            Secret::new(timeout.to_string()),
        );
        // librdkafka asks for it: no row may outlive its transaction
        let delivery = number(properties.get("delivery.timeout.ms")).unwrap_or(timeout);
        properties.insert(
            "delivery.timeout.ms".to_owned(),
            Secret::new(delivery.min(timeout).to_string()),
        );
    }
    Ok(())
}

fn number(value: Option<&Secret>) -> Option<u64> {
    value?.expose().trim().parse().ok()
}
