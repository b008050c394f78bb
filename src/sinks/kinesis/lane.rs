//! One request after the other.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, PutRecordsResultEntry};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};

use super::{Settings, Shared};
use crate::checkpoint::pending::Pending;
use crate::clock::Ids;
use crate::cloud::aws::{Trouble, trouble};

/// How long rows wait for others to fill their request.
const LINGER: Duration = Duration::from_millis(10);
/// How often refused rows are told of.
const QUIET: Duration = Duration::from_secs(10);

/// A row on its way.
pub(super) struct Row {
    data: Vec<u8>,
    key: String,
    pending: Arc<Pending>,
}

impl Row {
    pub(super) fn new(data: &[u8], key: String, pending: Arc<Pending>) -> Row {
        Row {
            data: data.to_vec(),
            key,
            pending,
        }
    }

    fn bytes(&self) -> usize {
        self.data.len() + self.key.len()
    }
}

#[derive(Default)]
struct Queue {
    rows: VecDeque<Row>,
    bytes: usize,
    since: Option<Instant>,
}

/// Rows that wait.
#[derive(Default)]
pub(super) struct Lane {
    queue: Mutex<Queue>,
    filled: Notify,
}

impl Lane {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, row: Row) {
        let mut queue = self.queue();
        queue.bytes += row.bytes();
        queue.since.get_or_insert_with(Instant::now);
        queue.rows.push_back(row);
    }

    pub(super) fn wake(&self) {
        self.filled.notify_one();
    }

    /// Writes until a batch cannot be written.
    pub(super) async fn run(&self, shared: &Shared, mut ids: Ids) {
        loop {
            self.wait(&shared.settings).await;
            let batch = self.take(shared);
            if batch.is_empty() {
                continue;
            }
            let mut batch = Batch {
                rows: batch,
                quiet_until: None,
            };
            if let Err(error) = batch.write(shared, &mut ids).await {
                // told before the rows are given up, which ends the flow
                shared.fail(error);
                return;
            }
        }
    }

    /// Until a request is full or its rows have waited long enough.
    async fn wait(&self, settings: &Settings) {
        loop {
            let since = {
                let queue = self.queue();
                let full =
                    queue.rows.len() >= settings.record_limit || queue.bytes >= settings.byte_limit;
                if full {
                    return;
                }
                queue.since
            };
            match since {
                None => self.filled.notified().await,
                Some(since) => {
                    let more = timeout_at(since + LINGER, self.filled.notified()).await;
                    if more.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// The rows of the next request: as many as the limits allow, none that nobody waits for any more.
    fn take(&self, shared: &Shared) -> Vec<Row> {
        let settings = &shared.settings;
        let mut queue = self.queue();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        let (mut given_up, mut given_up_bytes) = (0, 0);
        let mut keys = HashSet::new();
        // rows of one batch of the source stand side by side
        let mut wanted: Option<(*const Pending, bool)> = None;
        while let Some(row) = queue.rows.front() {
            let size = row.bytes();
            let of = Arc::as_ptr(&row.pending);
            let is_wanted = match wanted {
                Some((known, is_wanted)) if known == of => is_wanted,
                _ => row.pending.is_wanted(),
            };
            wanted = Some((of, is_wanted));
            if is_wanted {
                let full = batch.len() >= settings.record_limit
                    || (!batch.is_empty() && bytes + size > settings.byte_limit)
                    || (settings.strict_order && keys.contains(&row.key));
                if full {
                    break;
                }
            }
            let Some(row) = queue.rows.pop_front() else {
                break;
            };
            queue.bytes = queue.bytes.saturating_sub(size);
            if is_wanted {
                bytes += size;
                if settings.strict_order {
                    keys.insert(row.key.clone());
                }
                batch.push(row);
            } else {
                given_up += 1;
                given_up_bytes += size;
            }
        }
        queue.since = (!queue.rows.is_empty()).then(Instant::now);
        drop(queue);
        if given_up > 0 {
            shared.finish(given_up, given_up_bytes);
        }
        batch
    }
}

/// The rows of one request that are not durable yet.
struct Batch {
    rows: Vec<Row>,
    quiet_until: Option<Instant>,
}

/// What came of a request.
enum Outcome {
    /// All is written.
    Done,
    /// Some of it was refused for its rate, or the service failed on some of it.
    Some(String),
    /// Nothing of it was written, for another reason than its rate.
    Failed(String),
}

impl Batch {
    /// Writes all rows.
    async fn write(&mut self, shared: &Shared, ids: &mut Ids) -> Result<(), String> {
        let settings = &shared.settings;
        let stream = &settings.stream;
        let (mut failures, mut refusals) = (0, 0);
        loop {
            let pause = match self.attempt(shared).await {
                Outcome::Done => return Ok(()),
                Outcome::Some(reason) => {
                    failures = 0;
                    refusals += 1;
                    let rows = self.rows.len();
                    if settings.throttled.is_over(refusals) {
                        return Err(format!(
                            "{rows} rows for stream {stream} could not be written: {reason}"
                        ));
                    }
                    self.tell(stream, &reason);
                    settings.throttled.fibonacci(refusals, ids.fraction())
                }
                Outcome::Failed(reason) => {
                    failures += 1;
                    let rows = self.rows.len();
                    if settings.backoff.is_over(failures) {
                        return Err(format!(
                            "{rows} rows for stream {stream} could not be written: {reason}"
                        ));
                    }
                    self.tell(stream, &reason);
                    settings.backoff.full_jitter(failures, ids.fraction())
                }
            };
            sleep(pause).await;
            self.forget_unwanted(shared);
            if self.rows.is_empty() {
                return Ok(());
            }
            settings.telemetry.sink_retries(stream, self.rows.len());
        }
    }

    fn tell(&mut self, stream: &str, reason: &str) {
        let now = Instant::now();
        if self.quiet_until.is_none_or(|until| now >= until) {
            self.quiet_until = Some(now + QUIET);
            let rows = self.rows.len();
            tracing::warn!(stream, rows, reason, "rows came back and are tried again");
        }
    }

    /// Rows of a shard that was lost are the next owner's.
    fn forget_unwanted(&mut self, shared: &Shared) {
        let (mut rows, mut bytes) = (0, 0);
        self.rows.retain(|row| {
            let is_wanted = row.pending.is_wanted();
            if !is_wanted {
                rows += 1;
                bytes += row.bytes();
            }
            is_wanted
        });
        if rows > 0 {
            shared.finish(rows, bytes);
        }
    }

    async fn attempt(&mut self, shared: &Shared) -> Outcome {
        let entry = |row: &Row| {
            PutRecordsRequestEntry::builder()
                .data(Blob::new(row.data.clone()))
                .partition_key(&row.key)
                .build()
        };
        let entries: Result<Vec<_>, _> = self.rows.iter().map(entry).collect();
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        let answer = shared
            .client
            .put_records()
            .stream_name(&shared.settings.stream)
            .set_records(Some(entries))
            .send()
            .await;
        match answer {
            Ok(answer) => self.sort_out(shared, answer.records()),
            Err(error) => match trouble(&error) {
                trouble @ Trouble::Throttled(_) => Outcome::Some(trouble.to_string()),
                trouble => Outcome::Failed(trouble.to_string()),
            },
        }
    }

    /// Keeps what was not written, in its order.
    fn sort_out(&mut self, shared: &Shared, results: &[PutRecordsResultEntry]) -> Outcome {
        if results.len() != self.rows.len() {
            return Outcome::Failed(format!(
                "the answer tells of {} records, not of {}",
                results.len(),
                self.rows.len()
            ));
        }
        let (mut written, mut written_bytes, mut throttled) = (0, 0, false);
        let mut reason = None;
        let mut results = results.iter();
        self.rows.retain(|row| {
            let refused = results.next().and_then(|result| {
                let code = result.error_code()?;
                Some((code, result.error_message().unwrap_or_default()))
            });
            let Some((code, message)) = refused else {
                row.pending.done(1);
                written += 1;
                written_bytes += row.bytes();
                return false;
            };
            throttled |= code == "ProvisionedThroughputExceededException";
            if reason.is_none() {
                reason = Some(format!("{code}: {message}"));
            }
            true
        });
        if written > 0 {
            shared.finish(written, written_bytes);
        }
        match reason {
            None => Outcome::Done,
            Some(reason) if throttled || written > 0 => Outcome::Some(reason),
            Some(reason) => Outcome::Failed(reason),
        }
    }
}
