//! What has to be known of topics before their clients are made.

use std::time::Duration;

use crate::clock::Ids;
use crate::cloud::kafka::largest_message;
use crate::config::streams::{Input, KafkaOutput, Output, Streams};
use crate::secret::Secret;

/// How long brokers may take to tell the settings of a topic.
const PATIENCE: Duration = Duration::from_secs(5);
/// What librdkafka puts into one batch when it is not told otherwise, bytes.
const BATCH_SIZE: usize = 1_000_000;

/// The streams with what the topics themselves ask of their clients.
pub(super) fn prepared(streams: &Streams) -> Streams {
    let mut streams = streams.clone();
    let transactional = streams.transactional;
    if transactional && let Input::Kafka(input) = &streams.input {
        let group = input.properties.get("group.id").map_or("", Secret::expose);
        let id = format!("{group}-{}", Ids::from_system().uuid());
        for output in outputs(&mut streams) {
            // nobody takes over the transactions of this name; the brokers give them up in time
            output
                .properties
                .entry("transactional.id".to_owned())
                .or_insert_with(|| Secret::new(&id));
        }
    }
    for output in outputs(&mut streams) {
        let compressed = ["compression.type", "compression.codec"]
            .iter()
            .filter_map(|name| output.properties.get(*name))
            .any(|codec| codec.expose() != "none");
        // brokers look at the compressed size, which is not known before; but a transaction has no second try
        if !compressed || transactional {
            output.largest_message = largest_message(&output.properties, &output.topic, PATIENCE);
        }
    }
    limit_batches(&mut outputs(&mut streams));
    streams
}

fn outputs(streams: &mut Streams) -> Vec<&mut KafkaOutput> {
    let Streams { good, bad, pii, .. } = streams;
    [Some(good), Some(bad), pii.as_mut()]
        .into_iter()
        .flatten()
        .filter_map(|output| match output {
            Output::Kafka(kafka) => Some(kafka),
            _ => None,
        })
        .collect()
}

/// Brokers refuse a batch that is larger than one message may be; outputs with the same properties share a
/// client, and with it the size of batches.
fn limit_batches(outputs: &mut [&mut KafkaOutput]) {
    let wanted: Vec<Option<usize>> = outputs
        .iter()
        .map(|output| {
            let same = outputs
                .iter()
                .filter(|other| other.properties == output.properties);
            same.filter_map(|other| other.largest_message).min()
        })
        .collect();
    for (output, least) in outputs.iter_mut().zip(wanted) {
        if let Some(least) = least.filter(|least| *least < BATCH_SIZE) {
            output
                .properties
                .entry("batch.size".to_owned())
                .or_insert_with(|| Secret::new(least.to_string()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_as_small_as_the_narrowest_topic_of_a_client_asks() {
        let output = |servers: &str, largest_message| KafkaOutput {
            topic: "t".to_owned(),
            properties: [("bootstrap.servers".to_owned(), Secret::new(servers))].into(),
            key: None,
            headers: Vec::new(),
            retries: Default::default(),
            largest_message,
        };
        let mut all = [
            output("a", Some(20_000)),
            output("a", None),
            output("b", Some(1_048_588)),
        ];
        limit_batches(&mut all.each_mut());
        let size = |n: usize| all[n].properties.get("batch.size").map(Secret::expose);
        assert_eq!(
            (size(0), size(1), size(2)),
            (Some("20000"), Some("20000"), None)
        );
    }
}
