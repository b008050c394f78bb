//! Consumes and produces with no work between: what a broker and its clients can do on this machine.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, DeliveryResult, ProducerContext, ThreadedProducer};

/// How often positions are committed, as in the configuration that is compared with.
const COMMIT_EVERY: Duration = Duration::from_millis(100);

/// Rows are durable when nobody but the copier holds what they were sent with.
type Sent = Arc<()>;

struct Deliveries;

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Sent;

    fn delivery(&self, result: &DeliveryResult<'_>, sent: Sent) {
        assert!(result.is_ok(), "a copied row was not written");
        drop(sent);
    }
}

/// Copies until it is killed; the group has the name of the topic that is written. The n-th rows of a file are written
/// for the n-th record, round and round; without a file the records themselves are.
///
/// Reading never waits for acknowledgements: a position is committed when the rows before it are durable,
/// while the rows behind it are on their way.
pub fn run(servers: &str, from: &str, to: &str, rows: Option<&Path>) -> ! {
    let rows = rows.map(super::read_rows);
    // as `snowmelt run` sets them
    let mut config = ClientConfig::new();
    let consumer: BaseConsumer = config
        .set("bootstrap.servers", servers)
        .set("group.id", to)
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .set("fetch.wait.max.ms", "50")
        .set("fetch.max.bytes", "4194304")
        .set("queued.min.messages", "2000")
        .set("fetch.queue.backoff.ms", "10")
        .set("queued.max.messages.kbytes", "8192")
        .create()
        .unwrap();
    let producer: ThreadedProducer<_> = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("partitioner", "murmur2_random")
        .set("linger.ms", "5")
        .set("queue.buffering.max.kbytes", "16384")
        .create_with_context(Deliveries)
        .unwrap();
    consumer.subscribe(&[from]).unwrap();
    let mut number = 0_u64;
    let send = |value: &[u8], sent: &Sent, number: &mut u64| {
        *number += 1;
        let key = format!("{number:036}");
        let mut record = BaseRecord::with_opaque_to(to, Arc::clone(sent))
            .key(&key)
            .payload(value);
        while let Err((error, back)) = producer.send(record) {
            let full = Some(RDKafkaErrorCode::QueueFull);
            assert_eq!(error.rdkafka_error_code(), full, "a row was refused");
            record = back;
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    let (mut records, mut committed) = (0, Instant::now());
    let mut sent = Sent::default();
    let mut waiting: Option<(Sent, TopicPartitionList)> = None;
    loop {
        if let Some(polled) = consumer.poll(Duration::from_millis(20)) {
            let message = polled.unwrap();
            match &rows {
                None => send(message.payload().unwrap_or_default(), &sent, &mut number),
                Some(rows) => {
                    for row in &rows[records % rows.len()] {
                        send(row, &sent, &mut number);
                    }
                }
            }
            records += 1;
        }
        match &waiting {
            None if committed.elapsed() > COMMIT_EVERY => {
                committed = Instant::now();
                let position = consumer.position().unwrap();
                waiting = Some((std::mem::take(&mut sent), position));
            }
            Some((before, position)) if Arc::strong_count(before) == 1 => {
                match consumer.commit(position, CommitMode::Async) {
                    // nothing was read yet
                    Ok(()) | Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => {}
                    Err(error) => panic!("{error}"),
                }
                waiting = None;
            }
            _ => {}
        }
    }
}
