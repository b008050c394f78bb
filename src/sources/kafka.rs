//! A Kafka topic, read as a member of a consumer group.
//!
//! Positions are committed by this program only, and only as far as the [`Ledger`] says. When
//! partitions are taken away, work that is under way may finish for a while; then what is done is
//! committed, and the rest is left to the next owner.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::{Polled, Records, Source, SourceError};
use crate::checkpoint::ledger::Ledger;
use crate::cloud::kafka::{config, log};
use crate::secret::Secret;

/// A batch is handed on when it has so many bytes …
const BATCH_BYTES: usize = 256 * 1024;
/// … or so many records, or when nothing more is at hand.
const BATCH_RECORDS: usize = 500;
/// The same complaint is logged once in this time.
const QUIET: Duration = Duration::from_secs(10);

/// A member of a consumer group.
pub struct KafkaSource {
    consumer: BaseConsumer<Context>,
    /// Records that are not a batch yet, by partition.
    open: BTreeMap<i32, Open>,
    commit_interval: Duration,
    committed: Instant,
    complained: Option<Instant>,
}

#[derive(Default)]
struct Open {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    next: i64,
}

struct Context {
    topic: String,
    ledger: Arc<Ledger>,
    revoke_timeout: Duration,
    /// Partitions that were taken away and may have records in [`KafkaSource::open`].
    revoked: Mutex<Vec<i32>>,
    commit_again: AtomicBool,
    /// No more work will be done: nothing to wait for.
    closing: AtomicBool,
}

impl Context {
    fn offsets(&self, positions: &[(i32, i64)]) -> TopicPartitionList {
        let mut list = TopicPartitionList::with_capacity(positions.len());
        for (partition, position) in positions {
            // cannot fail for an offset that is a plain number
            let _ = list.add_partition_offset(&self.topic, *partition, Offset::Offset(*position));
        }
        list
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "kafka consumer");
    }
}

impl ConsumerContext for Context {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(list) = rebalance else {
            return;
        };
        let partitions: Vec<i32> = list
            .elements()
            .iter()
            .map(|element| element.partition())
            .collect();
        let waits = !self.closing.load(Ordering::Relaxed) && !consumer.assignment_lost();
        if waits && !self.ledger.wait(Some(&partitions), self.revoke_timeout) {
            let open = self.ledger.open(Some(&partitions));
            tracing::warn!(
                ?partitions,
                open,
                "partitions are taken away before all of their work is done; their next owner repeats it"
            );
        }
        let done = self.ledger.done(&partitions);
        self.ledger.revoke(&partitions);
        if !done.is_empty()
            && let Err(error) = consumer.commit(&self.offsets(&done), CommitMode::Sync)
        {
            tracing::warn!(%error, ?partitions, "the last commit failed; the next owner repeats some work");
        }
        tracing::info!(?partitions, "partitions given back");
        self.revoked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(partitions);
    }

    fn post_rebalance(&self, _consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(list) => {
                let partitions: Vec<i32> = list
                    .elements()
                    .iter()
                    .map(|element| element.partition())
                    .collect();
                tracing::info!(?partitions, "partitions assigned");
            }
            Rebalance::Revoke(_) => {}
            Rebalance::Error(error) => tracing::error!(%error, "rebalance failed"),
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        match result {
            Ok(()) | Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => {}
            Err(error) => {
                tracing::warn!(%error, "commit failed and will be repeated");
                self.commit_again.store(true, Ordering::Relaxed);
            }
        }
    }
}

impl KafkaSource {
    /// Joins the group.
    ///
    /// # Errors
    /// When librdkafka refuses a property or the topic's name.
    pub fn open(
        properties: &BTreeMap<String, Secret>,
        topic: &str,
        commit_interval: Duration,
        revoke_timeout: Duration,
        ledger: Arc<Ledger>,
    ) -> Result<KafkaSource, SourceError> {
        let context = Context {
            topic: topic.to_owned(),
            ledger,
            revoke_timeout,
            revoked: Mutex::default(),
            commit_again: AtomicBool::new(false),
            closing: AtomicBool::new(false),
        };
        let failed = |error: KafkaError| SourceError(format!("kafka consumer of {topic}: {error}"));
        let consumer: BaseConsumer<Context> = config(properties)
            .create_with_context(context)
            .map_err(failed)?;
        consumer.subscribe(&[topic]).map_err(failed)?;
        let now = Instant::now();
        Ok(KafkaSource {
            consumer,
            open: BTreeMap::new(),
            commit_interval,
            committed: now,
            complained: None,
        })
    }

    fn forget_revoked(&mut self) {
        let mut revoked = self
            .consumer
            .context()
            .revoked
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for partition in revoked.drain(..) {
            self.open.remove(&partition);
        }
    }

    fn batch(&self, partition: i32, open: Open) -> Polled {
        let Open { bytes, ends, next } = open;
        Polled::Records(Records {
            bytes,
            ends,
            receipt: self.consumer.context().ledger.issue(partition, next),
        })
    }

    fn complain(&mut self, error: &KafkaError) {
        if self.complained.is_none_or(|last| last.elapsed() > QUIET) {
            self.complained = Some(Instant::now());
            tracing::warn!(%error, "kafka consumer");
        }
    }
}

impl Source for KafkaSource {
    fn poll(&mut self, wait: Duration) -> Result<Polled, SourceError> {
        let end = Instant::now() + wait;
        loop {
            let wait = if self.open.is_empty() {
                end.saturating_duration_since(Instant::now())
            } else {
                Duration::ZERO
            };
            // what the message holds on to must be gone before anything else is done
            let taken = match self.consumer.poll(wait) {
                None => None,
                Some(Ok(message)) => {
                    let partition = message.partition();
                    // a rebalance within this poll came before the message
                    let mut revoked = self
                        .consumer
                        .context()
                        .revoked
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner);
                    for partition in revoked.drain(..) {
                        self.open.remove(&partition);
                    }
                    drop(revoked);
                    let open = self.open.entry(partition).or_default();
                    // a tombstone is a payload without bytes: a bad row, and on
                    open.bytes
                        .extend_from_slice(message.payload().unwrap_or_default());
                    open.ends.push(open.bytes.len());
                    open.next = message.offset() + 1;
                    Some(Ok((open.bytes.len() >= BATCH_BYTES
                        || open.ends.len() >= BATCH_RECORDS)
                        .then_some(partition)))
                }
                Some(Err(error)) => Some(Err(error)),
            };
            self.forget_revoked();
            match taken {
                Some(Ok(None)) => {}
                Some(Ok(Some(partition))) => {
                    if let Some(open) = self.open.remove(&partition) {
                        return Ok(self.batch(partition, open));
                    }
                }
                None => match self.open.pop_first() {
                    Some((partition, open)) => return Ok(self.batch(partition, open)),
                    None if Instant::now() >= end => return Ok(Polled::Nothing),
                    None => {}
                },
                Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => {
                    return Err(SourceError(format!("kafka consumer: {error}")));
                }
                Some(Err(error)) => self.complain(&error),
            }
        }
    }

    fn hold(&mut self, on: bool) {
        let done = self.consumer.assignment().and_then(|assigned| {
            if on {
                self.consumer.pause(&assigned)
            } else {
                self.consumer.resume(&assigned)
            }
        });
        if let Err(error) = done {
            tracing::warn!(%error, on, "kafka consumer could not be paused or resumed");
        }
    }

    fn commit(&mut self) {
        if self.committed.elapsed() < self.commit_interval {
            return;
        }
        self.committed = Instant::now();
        let context = self.consumer.context();
        if context.commit_again.swap(false, Ordering::Relaxed) {
            context.ledger.forget_taken();
        }
        let ready = context.ledger.take_ready();
        if !ready.is_empty()
            && let Err(error) = self
                .consumer
                .commit(&context.offsets(&ready), CommitMode::Async)
        {
            tracing::warn!(%error, "commit failed and will be repeated");
            context.commit_again.store(true, Ordering::Relaxed);
        }
    }

    fn close(self: Box<Self>) -> Result<(), SourceError> {
        // giving the partitions back commits what is done, see `pre_rebalance`
        self.consumer
            .context()
            .closing
            .store(true, Ordering::Relaxed);
        drop(self.consumer);
        Ok(())
    }
}
