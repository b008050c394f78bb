//! All partitions of a topic.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::{Idle, Look, Place, Seen};
use crate::cloud::kafka::asking;
use crate::secret::Secret;

/// How long brokers may take to tell of the topic.
const PATIENCE: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(200);

pub(super) fn each(place: &Place<'_>, rest: &str, look: Look<'_>) -> Result<(), String> {
    let (servers, topic) = rest
        .split_once('/')
        .filter(|(servers, topic)| !servers.is_empty() && !topic.is_empty())
        .ok_or("give kafka://HOST:PORT/TOPIC")?;
    let text = |error: KafkaError| error.to_string();
    let mut properties: BTreeMap<String, Secret> = place
        .properties
        .iter()
        .map(|(name, value)| (name.clone(), Secret::new(value)))
        .collect();
    properties.insert("bootstrap.servers".to_owned(), Secret::new(servers));
    // the client wants the name of a group; nobody joins it, and no position is kept
    let more = [
        ("group.id", "snowmelt-looks"),
        ("enable.auto.commit", "false"),
        ("allow.auto.create.topics", "false"),
    ];
    let client = asking(&properties, &more).map_err(text)?;
    let metadata = client.fetch_metadata(Some(topic), PATIENCE).map_err(text)?;
    let found = metadata.topics().first().ok_or("there is no such topic")?;
    if let Some(error) = found.error() {
        return Err(RDKafkaErrorCode::from(error).to_string());
    }
    let mut list = TopicPartitionList::new();
    let from = if place.beginning {
        Offset::Beginning
    } else {
        Offset::End
    };
    for partition in found.partitions() {
        list.add_partition_offset(topic, partition.id(), from)
            .map_err(text)?;
    }
    client.assign(&list).map_err(text)?;
    let mut idle = Idle::new(place.idle);
    let mut failing: Option<Instant> = None;
    loop {
        match client.poll(STEP) {
            None if idle.is_over() => return Ok(()),
            None => {}
            // brokers may come back
            Some(Err(error)) if failing.get_or_insert_with(Instant::now).elapsed() > PATIENCE => {
                return Err(error.to_string());
            }
            Some(Err(error)) => tracing::warn!(%error, topic, "not read yet"),
            Some(Ok(message)) => {
                idle.came();
                failing = None;
                let seen = Seen {
                    partition: &message.partition().to_string(),
                    position: message.offset().to_string(),
                    at: message.timestamp().to_millis(),
                    key: message.key(),
                    value: message.payload().unwrap_or_default(),
                };
                if look(seen).is_break() {
                    return Ok(());
                }
            }
        }
    }
}
