//! Consumes and produces with no work between: what a broker and its clients can do on this machine.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};

/// What is written for a record.
pub enum Rows<'r> {
    /// The record itself.
    Same,
    /// The n-th rows for the n-th record, round and round.
    Given(&'r [Vec<Vec<u8>>]),
}

/// Copies until told to stop; the group has the name of the topic that is written.
pub fn run(servers: &str, from: &str, to: &str, rows: &Rows<'_>, stop: &AtomicBool) {
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
        .set("queued.max.messages.kbytes", "8192")
        .create()
        .unwrap();
    let producer: ThreadedProducer<_> = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("partitioner", "murmur2_random")
        .set("linger.ms", "5")
        .set("queue.buffering.max.kbytes", "32768")
        .create()
        .unwrap();
    consumer.subscribe(&[from]).unwrap();
    let mut number = 0_u64;
    let send = |value: &[u8], number: &mut u64| {
        *number += 1;
        let key = format!("{number:036}");
        let mut record = BaseRecord::to(to).key(&key).payload(value);
        while let Err((_, back)) = producer.send(record) {
            record = back;
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    let (mut records, mut committed) = (0, Instant::now());
    while !stop.load(Ordering::Relaxed) {
        if let Some(Ok(message)) = consumer.poll(Duration::from_millis(20)) {
            match rows {
                Rows::Same => send(message.payload().unwrap_or_default(), &mut number),
                Rows::Given(rows) => {
                    for row in &rows[records % rows.len()] {
                        send(row, &mut number);
                    }
                }
            }
            records += 1;
        }
        if committed.elapsed() > Duration::from_millis(100) {
            committed = Instant::now();
            producer.flush(Duration::from_secs(60)).unwrap();
            // nothing was consumed yet
            let _ = consumer.commit_consumer_state(CommitMode::Async);
        }
    }
}
