//! One request after the other.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};

use super::{Settings, Shared};
use crate::checkpoint::pending::Pending;
use crate::clock::Ids;
use crate::cloud::aws::Trouble;
use crate::cloud::kinesis::put::{self, Answer, Finished, Request};

/// How long rows wait for others to fill their request.
const LINGER: Duration = Duration::from_millis(20);
/// How often refused rows are told of.
const QUIET: Duration = Duration::from_secs(10);

/// A row on its way; its data is in the request.
struct Row {
    /// Of data and key.
    bytes: usize,
    pending: Arc<Pending>,
}

/// Rows of one request.
struct Filling {
    request: Request,
    rows: Vec<Row>,
    bytes: usize,
    /// Their keys, where no two may be the same.
    keys: HashSet<String>,
    since: Instant,
}

impl Filling {
    fn is_full(&self, settings: &Settings) -> bool {
        self.rows.len() >= settings.record_limit || self.bytes >= settings.byte_limit
    }

    fn takes(&self, settings: &Settings, bytes: usize, key: &str) -> bool {
        self.rows.len() < settings.record_limit
            && self.bytes + bytes <= settings.byte_limit
            && !(settings.strict_order && self.keys.contains(key))
    }
}

/// Rows that wait, in the requests that they will go out in.
#[derive(Default)]
pub(super) struct Lane {
    queue: Mutex<VecDeque<Filling>>,
    filled: Notify,
}

impl Lane {
    fn queue(&self) -> MutexGuard<'_, VecDeque<Filling>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, shared: &Shared, data: &[u8], key: String, pending: &Arc<Pending>) {
        let settings = &shared.settings;
        let bytes = data.len() + key.len();
        let mut queue = self.queue();
        let last = queue.back_mut();
        let last = match last {
            Some(last) if last.takes(settings, bytes, &key) => last,
            _ => queue.push_back_mut(Filling {
                request: Request::new(&shared.stream, shared.spare.take()),
                rows: Vec::new(),
                bytes: 0,
                keys: HashSet::new(),
                since: Instant::now(),
            }),
        };
        last.request.push(data, &key);
        last.bytes += bytes;
        last.rows.push(Row {
            bytes,
            pending: Arc::clone(pending),
        });
        if settings.strict_order {
            last.keys.insert(key);
        }
    }

    pub(super) fn wake(&self) {
        self.filled.notify_one();
    }

    /// Writes until a batch cannot be written.
    pub(super) async fn run(&self, shared: &Shared, mut ids: Ids) {
        loop {
            self.wait(&shared.settings).await;
            let Some(Filling { request, rows, .. }) = self.take() else {
                continue;
            };
            let mut batch = Batch {
                request: request.finish(),
                rows,
                quiet_until: None,
            };
            batch.forget_unwanted(shared);
            if let Err(error) = batch.write(shared, &mut ids).await {
                // told before the rows are given up, which ends the flow
                shared.fail(error);
                return;
            }
            batch.request.recycle(&shared.spare);
        }
    }

    /// Until a request is full or its rows have waited long enough.
    async fn wait(&self, settings: &Settings) {
        loop {
            let since = {
                let queue = self.queue();
                let first = queue.front();
                // one is behind it because it takes no more
                if queue.len() > 1 || first.is_some_and(|first| first.is_full(settings)) {
                    return;
                }
                first.map(|first| first.since)
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

    /// The rows of the next request.
    fn take(&self) -> Option<Filling> {
        self.queue().pop_front()
    }
}

/// The rows of one request that are not durable yet.
struct Batch {
    request: Finished,
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
        while !self.rows.is_empty() {
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
            settings.telemetry.sink_retries(stream, self.rows.len());
        }
        Ok(())
    }

    /// Goes on with those of its rows for which that is said.
    fn keep(&mut self, shared: &Shared, mut is_kept: impl FnMut(&Row) -> bool) {
        let kept: Vec<bool> = self.rows.iter().map(&mut is_kept).collect();
        if kept.iter().all(|kept| *kept) {
            return;
        }
        let mut each = kept.iter();
        self.rows.retain(|_| each.next().is_some_and(|kept| *kept));
        if !self.rows.is_empty() {
            let is_kept = |number: usize| kept.get(number).is_some_and(|kept| *kept);
            let request = self.request.keep(shared.spare.take(), is_kept);
            std::mem::replace(&mut self.request, request).recycle(&shared.spare);
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
        // rows of one batch of the source stand side by side
        let mut known: Option<(*const Pending, bool)> = None;
        self.keep(shared, |row| {
            let of = Arc::as_ptr(&row.pending);
            let is_wanted = match known {
                Some((known, is_wanted)) if known == of => is_wanted,
                _ => row.pending.is_wanted(),
            };
            known = Some((of, is_wanted));
            if !is_wanted {
                rows += 1;
                bytes += row.bytes;
            }
            is_wanted
        });
        if rows > 0 {
            shared.finish(rows, bytes);
        }
    }

    async fn attempt(&mut self, shared: &Shared) -> Outcome {
        match put::records(&shared.client, &self.request).await {
            Ok(answer) => self.sort_out(shared, &answer),
            Err(trouble @ Trouble::Throttled(_)) => Outcome::Some(trouble.to_string()),
            Err(trouble) => Outcome::Failed(trouble.to_string()),
        }
    }

    /// Keeps what was not written, in its order.
    fn sort_out(&mut self, shared: &Shared, answer: &Answer) -> Outcome {
        let mut refusals = answer.refusals();
        if refusals.len() != self.rows.len() {
            return Outcome::Failed(format!(
                "the answer tells of {} records, not of {}",
                refusals.len(),
                self.rows.len()
            ));
        }
        let (mut written, mut written_bytes, mut throttled) = (0, 0, false);
        let mut reason = None;
        self.keep(shared, |row| {
            let Some((code, message)) = refusals.next().flatten() else {
                row.pending.done(1);
                written += 1;
                written_bytes += row.bytes;
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
