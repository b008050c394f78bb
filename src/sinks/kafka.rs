//! Kafka topics: a row is durable when the brokers acknowledged it.
//!
//! librdkafka repeats what fails for a passing reason. What it gives up is tried again here, a bounded
//! number of times with growing pauses; no other rows go out meanwhile, so their order stays.

mod transaction;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, Message, OwnedHeaders, OwnedMessage};
use rdkafka::producer::{
    BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer,
};

pub use transaction::Inside;

use super::{Oversized, SinkError};
use crate::checkpoint::pending::Pending;
use crate::clock::Ids;
use crate::cloud::backoff::Backoff;
use crate::cloud::kafka::token::Tokens;
use crate::cloud::kafka::{config, log};
use crate::secret::Secret;
use crate::telemetry::Telemetry;

/// How long a full queue is let drain before the next try.
const FULL_PAUSE: Duration = Duration::from_millis(1);

/// The same complaint about a topic is logged once in this time.
const QUIET: Duration = Duration::from_secs(10);

/// One client, which may write several topics.
pub struct Producer {
    inner: ThreadedProducer<Context>,
    servers: String,
    /// Messages with more bytes than this are refused by librdkafka.
    max_bytes: usize,
    backoff: Backoff,
    /// Whether a transaction is open; `None` when rows go out without any.
    transaction: Option<Mutex<bool>>,
    /// For keys and pauses; used by the one thread that writes.
    ids: Mutex<Ids>,
    telemetry: Arc<Telemetry>,
}

struct Context {
    tokens: Tokens,
    failed: Mutex<Vec<Failure>>,
    has_failed: AtomicBool,
    /// Rows handed to librdkafka that it has not told the fate of.
    outstanding: AtomicI64,
}

struct Failure {
    code: Option<RDKafkaErrorCode>,
    error: String,
    message: OwnedMessage,
    pending: Arc<Pending>,
}

impl Context {
    fn fail(&self, error: &KafkaError, message: OwnedMessage, pending: Arc<Pending>) {
        let code = error.rdkafka_error_code();
        self.put_back(Failure {
            code,
            error: error.to_string(),
            message,
            pending,
        });
    }

    fn put_back(&self, failure: Failure) {
        self.failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(failure);
        self.has_failed.store(true, Ordering::Release);
    }

    fn take(&self) -> Vec<Failure> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        self.has_failed.store(false, Ordering::Release);
        std::mem::take(&mut failed)
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
        tracing::warn!(%error, reason, "kafka producer");
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = Arc<Pending>;

    fn delivery(&self, result: &DeliveryResult<'_>, pending: Arc<Pending>) {
        match result {
            Ok(_) => pending.done(1),
            Err((error, message)) => self.fail(error, message.detach(), pending),
        }
        // the release makes what was done above visible to who waits for the last row
        self.outstanding.fetch_sub(1, Ordering::Release);
    }
}

impl Producer {
    /// Makes a client, which repeats what fails as `backoff` says; connections are made in the background.
    ///
    /// # Errors
    /// When librdkafka refuses a property.
    pub fn open(
        properties: &BTreeMap<String, Secret>,
        backoff: Backoff,
        telemetry: Arc<Telemetry>,
    ) -> Result<Arc<Producer>, SinkError> {
        let servers = properties
            .get("bootstrap.servers")
            .map_or("", Secret::expose)
            .to_owned();
        let failed =
            |error: KafkaError| SinkError::Failed(format!("kafka producer to {servers}: {error}"));
        let (config, tokens) = config(properties);
        let context = Context {
            tokens,
            failed: Mutex::default(),
            has_failed: AtomicBool::new(false),
            outstanding: AtomicI64::new(0),
        };
        let inner = config.create_with_context(context).map_err(failed)?;
        let number = |name: &str| properties.get(name)?.expose().trim().parse().ok();
        Ok(Arc::new(Producer {
            inner,
            servers,
            backoff,
            telemetry,
            max_bytes: number("message.max.bytes").unwrap_or(usize::MAX),
            transaction: properties
                .contains_key("transactional.id")
                .then(Mutex::default),
            ids: Mutex::new(Ids::from_system()),
        }))
    }

    /// Waits until brokers know a topic.
    ///
    /// # Errors
    /// When they do not in that time.
    pub fn check(&self, topic: &str, at_most: Duration) -> Result<(), SinkError> {
        let end = Instant::now() + at_most;
        let servers = &self.servers;
        let mut complained: Option<Instant> = None;
        loop {
            let found = self
                .inner
                .client()
                .fetch_metadata(Some(topic), Duration::from_secs(5));
            let problem = match found {
                Ok(metadata) => match metadata.topics().first().and_then(|topic| topic.error()) {
                    None => return Ok(()),
                    Some(error) => RDKafkaErrorCode::from(error).to_string(),
                },
                Err(error) => error.to_string(),
            };
            if Instant::now() >= end {
                return Err(SinkError::Failed(format!(
                    "topic {topic} at {servers} cannot be written: {problem}"
                )));
            }
            if complained.is_none_or(|last| last.elapsed() > QUIET) {
                complained = Some(Instant::now());
                tracing::warn!(topic, servers, problem, "topic cannot be written yet");
            }
            thread::sleep(Duration::from_millis(500));
        }
    }

    /// Hands a message to librdkafka; waits while its queue is full.
    fn send(
        &self,
        mut record: BaseRecord<'_, [u8], [u8], Arc<Pending>>,
        abort: &dyn Fn() -> bool,
    ) -> Result<(), SinkError> {
        loop {
            let (error, back) = match self.inner.send(record) {
                Ok(()) => {
                    self.inner
                        .context()
                        .outstanding
                        .fetch_add(1, Ordering::Relaxed);
                    return Ok(());
                }
                Err(refused) => refused,
            };
            record = back;
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                let part = |part: Option<&[u8]>| part.map(<[u8]>::to_vec);
                let message = OwnedMessage::new(
                    part(record.payload),
                    part(record.key),
                    record.topic.to_owned(),
                    rdkafka::Timestamp::NotAvailable,
                    -1,
                    -1,
                    record.headers,
                );
                self.inner
                    .context()
                    .fail(&error, message, record.delivery_opaque);
                return Ok(());
            }
            if abort() {
                return Err(SinkError::Stopped);
            }
            thread::sleep(FULL_PAUSE);
        }
    }

    /// Whether rows came back.
    pub fn has_failed(&self) -> bool {
        self.inner.context().has_failed.load(Ordering::Acquire)
    }

    /// Rows that were handed over and are neither durable nor came back.
    pub fn in_flight(&self) -> usize {
        usize::try_from(self.inner.in_flight_count()).unwrap_or(0)
    }

    /// Tries again what came back, until all of it is durable. Rows that are too large for their topic are
    /// handed out.
    ///
    /// # Errors
    /// After too many attempts, or when `abort` says so; the rows are then given up.
    pub fn recover(&self, abort: &dyn Fn() -> bool) -> Result<Vec<Oversized>, SinkError> {
        let mut oversized = Vec::new();
        let mut attempt = 0;
        while self.has_failed() {
            let (large, failed) = self.take_failed();
            oversized.append(&mut self.split(large, abort)?);
            let Some(first) = failed.first() else {
                continue;
            };
            attempt += 1;
            let (rows, topic, error) = (failed.len(), first.message.topic(), &first.error);
            if self.backoff.is_over(attempt) {
                return Err(SinkError::Failed(format!(
                    "{rows} rows for topic {topic} could not be written: {error}"
                )));
            }
            let pause = self.pause(attempt);
            tracing::warn!(
                rows,
                topic,
                error,
                attempt,
                of = self.backoff.retries,
                ?pause,
                "rows came back and are tried again"
            );
            wait(pause, abort)?;
            self.resend(failed, abort)?;
        }
        Ok(oversized)
    }

    /// What came back for its size, and for other reasons.
    fn take_failed(&self) -> (Vec<Failure>, Vec<Failure>) {
        let failed = self.inner.context().take();
        let too_large =
            |failure: &Failure| failure.code == Some(RDKafkaErrorCode::MessageSizeTooLarge);
        failed.into_iter().partition(too_large)
    }

    /// A broker refuses a whole batch for its size, so rows that are too large are found by halves.
    fn split(
        &self,
        large: Vec<Failure>,
        abort: &dyn Fn() -> bool,
    ) -> Result<Vec<Oversized>, SinkError> {
        let mut oversized = Vec::new();
        let mut groups = vec![large];
        while let Some(mut group) = groups.pop() {
            if group.len() <= 1 {
                oversized.extend(group.into_iter().map(|failure| Oversized {
                    topic: failure.message.topic().to_owned(),
                    row: failure.message.payload().unwrap_or_default().to_vec(),
                    pending: failure.pending,
                    limit: None,
                }));
                continue;
            }
            let second = group.split_off(group.len() / 2);
            for half in [group, second] {
                self.resend(half, abort)?;
                let (large, other) = self.take_failed();
                other
                    .into_iter()
                    .for_each(|failure| self.inner.context().put_back(failure));
                groups.push(large);
            }
        }
        Ok(oversized)
    }

    /// Sends rows again and waits until they are durable or came back.
    fn resend(&self, failed: Vec<Failure>, abort: &dyn Fn() -> bool) -> Result<(), SinkError> {
        for failure in failed {
            let Failure {
                mut message,
                pending,
                ..
            } = failure;
            self.telemetry.sink_retries(message.topic(), 1);
            let headers = message.detach_headers();
            let mut record = BaseRecord::with_opaque_to(message.topic(), pending);
            record.key = message.key();
            record.payload = message.payload();
            record.headers = headers;
            self.send(record, abort)?;
        }
        while self.in_flight() > 0 {
            wait(Duration::from_millis(5), abort)?;
        }
        Ok(())
    }

    fn pause(&self, attempt: u32) -> Duration {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        self.backoff.full_jitter(attempt, ids.fraction())
    }

    fn random_key(&self) -> String {
        self.ids
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .uuid()
    }
}

fn wait(pause: Duration, abort: &dyn Fn() -> bool) -> Result<(), SinkError> {
    let end = Instant::now() + pause;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        if abort() {
            return Err(SinkError::Stopped);
        }
        thread::sleep(left.min(Duration::from_millis(50)));
    }
}

/// One topic.
pub struct KafkaSink {
    producer: Arc<Producer>,
    topic: String,
    /// Messages with more bytes than this are refused.
    max_bytes: usize,
}

/// What a message has beside its key, headers and value, at most, as brokers count it.
const AROUND_MESSAGE: usize = 128;
/// Bytes of a key where a row has none of its own.
const RANDOM_KEY: usize = 36;
/// What a header has beside its name and value.
const AROUND_HEADER: usize = 8;

impl KafkaSink {
    /// A topic that a client writes, which may have a limit of its own for the size of messages.
    pub fn new(producer: Arc<Producer>, topic: &str, largest: Option<usize>) -> KafkaSink {
        let max_bytes = producer.max_bytes.min(largest.unwrap_or(usize::MAX));
        KafkaSink {
            producer,
            topic: topic.to_owned(),
            max_bytes,
        }
    }

    /// The largest row that fits beside a random key and no headers.
    pub fn largest_row(&self) -> Option<usize> {
        self.max_bytes.checked_sub(AROUND_MESSAGE + RANDOM_KEY)
    }

    /// Whether a row is known to be too large for the topic.
    pub fn is_too_large<'h>(
        &self,
        row: &[u8],
        key: Option<&[u8]>,
        headers: impl Iterator<Item = (&'static str, &'h [u8])>,
    ) -> bool {
        // most rows are far below any limit
        let row = row.len() + key.map_or(RANDOM_KEY, <[u8]>::len) + AROUND_MESSAGE;
        row > self.max_bytes / 2
            && headers.fold(row, |size, (name, value)| {
                size + name.len() + value.len() + AROUND_HEADER
            }) > self.max_bytes
    }

    /// The client.
    pub fn producer(&self) -> &Arc<Producer> {
        &self.producer
    }

    /// The topic's name.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Sends a row; a random key when it has none. `pending` is told when it is durable.
    ///
    /// # Errors
    /// When `abort` says so while the queue is full.
    pub fn send<'h>(
        &self,
        row: &[u8],
        key: Option<&[u8]>,
        headers: impl Iterator<Item = (&'static str, &'h [u8])>,
        pending: Arc<Pending>,
        abort: &dyn Fn() -> bool,
    ) -> Result<(), SinkError> {
        let random;
        let key = match key {
            Some(key) => key,
            None => {
                random = self.producer.random_key();
                random.as_bytes()
            }
        };
        let mut record = BaseRecord::with_opaque_to(&self.topic, pending)
            .payload(row)
            .key(key);
        let mut owned = None;
        for (name, value) in headers {
            let header = Header {
                key: name,
                value: Some(value),
            };
            owned = Some(owned.unwrap_or_else(OwnedHeaders::new).insert(header));
        }
        record.headers = owned;
        self.producer.send(record, abort)
    }
}
