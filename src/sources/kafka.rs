//! A Kafka topic, read as a member of a consumer group.
//!
//! Positions are committed by this program only, and only as far as the [`Ledger`] says. When
//! partitions are taken away, work that is under way may finish for a while; then what is done is
//! committed, and the rest is left to the next owner. With transactions, see [`exactly_once`].

mod committer;
mod exactly_once;
mod told;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::{Offset, Statistics, TopicPartitionList};

use self::committer::Committer;
use self::exactly_once::ExactlyOnce;
use self::told::Told;
use super::{Polled, Records, Source, SourceError};
use crate::checkpoint::ledger::Ledger;
use crate::cloud::kafka::token::Tokens;
use crate::cloud::kafka::transaction::Transactional;
use crate::cloud::kafka::{config, log};
use crate::secret::Secret;
use crate::telemetry::Telemetry;

/// A batch is handed on when it has so many bytes …
const BATCH_BYTES: usize = 256 * 1024;
/// … or so many records, or when nothing more is at hand.
const BATCH_RECORDS: usize = 500;
/// Buffers of batches that are kept for the next ones …
const SPARE: usize = 16;
/// … unless a large record made them larger than this, bytes.
const SPARE_BYTES: usize = 4 * BATCH_BYTES;
/// A wait for work is looked at again after so long.
const SLICE: Duration = Duration::from_millis(50);
/// How often librdkafka tells how far topics go, unless the configuration says otherwise.
const STATISTICS: &str = "statistics.interval.ms";
const STATISTICS_MILLIS: &str = "5000";
/// The same complaint is logged once in this time.
const QUIET: Duration = Duration::from_secs(10);

/// A member of a consumer group.
pub struct KafkaSource {
    consumer: Arc<BaseConsumer<Context>>,
    committer: Committer,
    /// Records that are not a batch yet, by partition.
    open: BTreeMap<i32, Open>,
    /// Empty buffers.
    spare: Vec<Vec<u8>>,
    commit_interval: Duration,
    committed: Instant,
    complained: Option<Instant>,
}

#[derive(Default)]
struct Open {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    first: i64,
    next: i64,
    /// When the last record came to the topic, as the topic tells it.
    stamp: Option<i64>,
}

/// How a topic is read.
pub struct Settings<'s> {
    /// Settings of librdkafka.
    pub properties: &'s BTreeMap<String, Secret>,
    /// The topic.
    pub topic: &'s str,
    /// How often positions are committed.
    pub commit_interval: Duration,
    /// How long work under way may go on when partitions are taken away.
    pub revoke_timeout: Duration,
    /// With transactions: how long one may take to end.
    pub commit_timeout: Duration,
    /// The client whose transactions take the positions; without, they are committed by themselves.
    pub transactions: Option<Arc<dyn Transactional>>,
    /// Who is told of partitions, how far behind they are, and of commits.
    pub telemetry: Arc<Telemetry>,
}

struct Context {
    topic: String,
    tokens: Tokens,
    ledger: Arc<Ledger>,
    revoke_timeout: Duration,
    exactly_once: Option<ExactlyOnce>,
    told: Told,
    /// Partitions that were taken away and may have records in [`KafkaSource::open`].
    revoked: Mutex<Vec<i32>>,
    /// No more work will be done: nothing to wait for.
    closing: AtomicBool,
}

impl Context {
    /// Takes away what is open of partitions that were taken away.
    fn forget_revoked(&self, open: &mut BTreeMap<i32, Open>) {
        let mut revoked = self.revoked.lock().unwrap_or_else(PoisonError::into_inner);
        for partition in revoked.drain(..) {
            open.remove(&partition);
        }
    }

    fn offsets(&self, positions: &[(i32, i64)]) -> TopicPartitionList {
        let mut list = TopicPartitionList::with_capacity(positions.len());
        for (partition, position) in positions {
            // cannot fail for an offset that is a plain number
            let _ = list.add_partition_offset(&self.topic, *partition, Offset::Offset(*position));
        }
        list
    }

    /// Waits until the work of partitions is done; false when that takes too long or cannot be.
    fn wait_for(&self, partitions: &[i32]) -> bool {
        let end = Instant::now() + self.revoke_timeout;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if self.ledger.wait(Some(partitions), left.min(SLICE)) {
                return true;
            }
            // what came back is not tried again within a transaction
            let failed = self
                .exactly_once
                .as_ref()
                .is_some_and(ExactlyOnce::has_failed);
            if left.is_zero() || failed || self.ledger.abandoned() > 0 {
                return false;
            }
        }
    }
}

impl ClientContext for Context {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.tokens.fetch()
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "kafka consumer");
    }

    fn stats(&self, statistics: Statistics) {
        if let Some(topic) = statistics.topics.get(&self.topic) {
            self.told.tell_lag(topic);
        }
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
        let lost = consumer.assignment_lost();
        let waits = !self.closing.load(Ordering::Relaxed) && !lost;
        if waits && !self.wait_for(&partitions) {
            let open = self.ledger.open(Some(&partitions));
            tracing::warn!(
                ?partitions,
                open,
                "partitions are taken away before all of their work is done; their next owner repeats it"
            );
        }
        if let Some(exactly_once) = &self.exactly_once {
            exactly_once.end_of(self, consumer, &partitions, lost);
        }
        let done = self.ledger.done(&partitions);
        self.ledger.revoke(&partitions);
        if self.exactly_once.is_none() && !done.is_empty() {
            let committed = consumer.commit(&self.offsets(&done), CommitMode::Sync);
            self.told.committed(committed.is_ok(), &done);
            if let Err(error) = committed {
                tracing::warn!(%error, ?partitions, "the last commit failed; the next owner repeats some work");
            }
        }
        self.told.lost(&partitions);
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
                self.told.gained(&partitions);
            }
            Rebalance::Revoke(_) => {}
            Rebalance::Error(error) => tracing::error!(%error, "rebalance failed"),
        }
    }
}

impl KafkaSource {
    /// Joins the group.
    ///
    /// # Errors
    /// When librdkafka refuses a property or the topic's name.
    pub fn open(settings: Settings<'_>, ledger: Arc<Ledger>) -> Result<KafkaSource, SourceError> {
        let topic = settings.topic;
        let (mut config, tokens) = config(settings.properties);
        if !settings.properties.contains_key(STATISTICS) {
            config.set(STATISTICS, STATISTICS_MILLIS);
        }
        let context = Context {
            topic: topic.to_owned(),
            tokens,
            ledger,
            revoke_timeout: settings.revoke_timeout,
            exactly_once: settings
                .transactions
                .map(|transactions| ExactlyOnce::new(transactions, settings.commit_timeout)),
            told: Told::new(settings.telemetry),
            revoked: Mutex::default(),
            closing: AtomicBool::new(false),
        };
        let failed = |error: KafkaError| SourceError(format!("kafka consumer of {topic}: {error}"));
        let consumer: BaseConsumer<Context> =
            config.create_with_context(context).map_err(failed)?;
        consumer.subscribe(&[topic]).map_err(failed)?;
        let consumer = Arc::new(consumer);
        let now = Instant::now();
        Ok(KafkaSource {
            committer: Committer::start(Arc::clone(&consumer))
                .map_err(|error| SourceError(format!("kafka consumer of {topic}: {error}")))?,
            consumer,
            open: BTreeMap::new(),
            spare: Vec::new(),
            commit_interval: settings.commit_interval,
            committed: now,
            complained: None,
        })
    }

    fn batch(&self, partition: i32, open: Open) -> Polled {
        let Open {
            bytes,
            ends,
            first,
            next,
            stamp,
        } = open;
        self.consumer
            .context()
            .told
            .read(partition, first, next, stamp);
        if let Some(exactly_once) = &self.consumer.context().exactly_once {
            exactly_once.started(partition, first);
        }
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
        self.start_again()?;
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
                    self.consumer.context().forget_revoked(&mut self.open);
                    let open = self.open.entry(partition).or_insert_with(|| Open {
                        bytes: self.spare.pop().unwrap_or_default(),
                        first: message.offset(),
                        ..Open::default()
                    });
                    // a tombstone is a payload without bytes: a bad row, and on
                    open.bytes
                        .extend_from_slice(message.payload().unwrap_or_default());
                    open.ends.push(open.bytes.len());
                    open.next = message.offset() + 1;
                    open.stamp = message.timestamp().to_millis();
                    Some(Ok((open.bytes.len() >= BATCH_BYTES
                        || open.ends.len() >= BATCH_RECORDS)
                        .then_some(partition)))
                }
                Some(Err(error)) => Some(Err(error)),
            };
            self.consumer.context().forget_revoked(&mut self.open);
            // a rebalance may have given the transaction up: what was read has to be read again
            self.start_again()?;
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

    fn recycle(&mut self, mut bytes: Vec<u8>) {
        if self.spare.len() < SPARE && bytes.capacity() <= SPARE_BYTES {
            bytes.clear();
            self.spare.push(bytes);
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
        let context = self.consumer.context();
        let failed = context
            .exactly_once
            .as_ref()
            .is_some_and(ExactlyOnce::has_failed);
        if self.committed.elapsed() < self.commit_interval && !failed {
            return;
        }
        self.committed = Instant::now();
        if let Some(exactly_once) = &context.exactly_once {
            exactly_once.end(context, &self.consumer);
            return;
        }
        // one that is under way has to end first, or a failure could not be told from the next one's
        if let Some(commits) = self.committer.ready() {
            if commits.failed {
                context.ledger.forget_taken();
            }
            let ready = context.ledger.take_ready();
            if !ready.is_empty() {
                self.committer.commit(ready);
            }
        }
    }

    fn close(self: Box<Self>) -> Result<(), SourceError> {
        let context = Arc::clone(self.consumer.context());
        context.closing.store(true, Ordering::Relaxed);
        let committed = match &context.exactly_once {
            Some(exactly_once) => exactly_once.last(&context, &self.consumer),
            // giving the partitions back commits what is done, see `pre_rebalance`
            None => Ok(()),
        };
        // what it commits is not more than what is committed when the partitions are given back
        drop(self.committer);
        drop(self.consumer);
        committed
    }
}
