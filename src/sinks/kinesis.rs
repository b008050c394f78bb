//! A Kinesis stream: a row is durable when the service gave it a sequence number.
//!
//! Rows wait in lanes. A lane has one request under way at a time and repeats what was refused before it
//! goes on, so that rows of one key, which are all in one lane, stay in order.

mod lane;

use std::hash::{BuildHasher, BuildHasherDefault};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::types::StreamStatus;
use rustc_hash::FxHasher;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use self::lane::Lane;
use super::{Oversized, SinkError};
use crate::checkpoint::pending::Pending;
use crate::clock::Ids;
use crate::cloud::aws::{Trouble, trouble};
use crate::cloud::backoff::Backoff;
use crate::cloud::kinesis::Spare;
use crate::telemetry::Telemetry;

/// Requests under way at a time.
const LANES: usize = 8;
/// What a random key, a UUID, adds to a record.
const RANDOM_KEY_BYTES: usize = 36;
/// The longest key that the service takes, in characters.
const LONGEST_KEY: usize = 256;

/// How a stream is written.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its name.
    pub stream: String,
    /// Records of one request.
    pub record_limit: usize,
    /// Bytes of data and keys of one request; a larger record goes out alone.
    pub byte_limit: usize,
    /// Bytes of data and key of one record.
    pub max_record_size: usize,
    /// No two records of one key in a request: the service may refuse the first and take the second.
    pub strict_order: bool,
    /// After calls that fail as a whole; when it is over, so is the sink.
    pub backoff: Backoff,
    /// After records that are refused for their rate.
    pub throttled: Backoff,
    /// Bytes that may wait in all lanes.
    pub queue_bytes: usize,
    /// Who is told of rows that are sent again.
    pub telemetry: Arc<Telemetry>,
}

/// What lanes and writer share.
struct Shared {
    client: Client,
    stream: Arc<str>,
    settings: Settings,
    /// For requests.
    spare: Spare,
    failed: Mutex<Option<String>>,
    has_failed: AtomicBool,
    queued_bytes: Mutex<usize>,
    room: Condvar,
    /// Rows that are neither durable nor given up.
    rows: AtomicUsize,
}

impl Shared {
    fn fail(&self, error: String) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        self.has_failed.store(true, Ordering::Release);
        self.room.notify_all();
    }

    /// Rows that are out of the lanes for good.
    fn finish(&self, rows: usize, bytes: usize) {
        self.rows.fetch_sub(rows, Ordering::AcqRel);
        let mut queued = self
            .queued_bytes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *queued = queued.saturating_sub(bytes);
        drop(queued);
        self.room.notify_all();
    }
}

/// One stream.
pub struct KinesisSink {
    shared: Arc<Shared>,
    lanes: Vec<Arc<Lane>>,
    tasks: Vec<JoinHandle<()>>,
    /// Where the tasks run.
    #[expect(dead_code, reason = "the tasks end with it")]
    runtime: Arc<Runtime>,
    ids: Ids,
    /// The lane that gets rows without a key, and how many rows and bytes it got in a row.
    current: (usize, usize, usize),
}

impl Drop for KinesisSink {
    fn drop(&mut self) {
        // their rows are given up: receipts that wait for them are never settled
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl KinesisSink {
    /// Asks for the stream, and starts.
    ///
    /// # Errors
    /// When it does not exist, is not active, or does not answer in that time.
    pub fn open(
        runtime: Arc<Runtime>,
        client: Client,
        settings: Settings,
        patience: Duration,
    ) -> Result<KinesisSink, SinkError> {
        let checked = runtime.block_on(check(&client, &settings.stream, patience));
        checked.map_err(SinkError::Failed)?;
        let shared = Arc::new(Shared {
            client,
            stream: settings.stream.as_str().into(),
            settings,
            spare: Spare::new(LANES / 2),
            failed: Mutex::default(),
            has_failed: AtomicBool::new(false),
            queued_bytes: Mutex::default(),
            room: Condvar::new(),
            rows: AtomicUsize::new(0),
        });
        let lanes: Vec<Arc<Lane>> = (0..LANES).map(|_| Arc::default()).collect();
        let run = |lane: &Arc<Lane>| {
            let (lane, shared) = (Arc::clone(lane), Arc::clone(&shared));
            runtime.spawn(async move { lane.run(&shared, Ids::from_system()).await })
        };
        Ok(KinesisSink {
            tasks: lanes.iter().map(run).collect(),
            runtime,
            shared,
            lanes,
            ids: Ids::from_system(),
            current: (0, 0, 0),
        })
    }

    /// The stream's name.
    pub fn stream(&self) -> &str {
        &self.shared.settings.stream
    }

    /// Takes rows, each with its key or a random one; `pending` is told when they are durable. Gives back
    /// those that are too large.
    ///
    /// # Errors
    /// When the sink has given up, or when `abort` says so while the lanes are full.
    pub fn send<'r>(
        &mut self,
        rows: impl Iterator<Item = (&'r [u8], Option<&'r [u8]>)>,
        pending: &Arc<Pending>,
        abort: &dyn Fn() -> bool,
    ) -> Result<Vec<Oversized>, SinkError> {
        let mut oversized = Vec::new();
        let mut touched = [false; LANES];
        let limit = self.shared.settings.max_record_size;
        for (row, key) in rows {
            let key = key.map(cut_key);
            let key_bytes = key.as_ref().map_or(RANDOM_KEY_BYTES, String::len);
            let bytes = row.len() + key_bytes;
            if bytes > limit {
                oversized.push(Oversized {
                    topic: self.stream().to_owned(),
                    row: row.to_vec(),
                    pending: Arc::clone(pending),
                    limit: Some(limit.saturating_sub(key_bytes.max(RANDOM_KEY_BYTES))),
                });
                continue;
            }
            if !self.reserve(bytes) {
                // what is in the lanes must get on for room to come
                self.wake(&mut touched);
                self.wait_for_room(bytes, abort)?;
            }
            let number = match &key {
                Some(key) => {
                    let hash = BuildHasherDefault::<FxHasher>::default().hash_one(key);
                    // the high bits of this hash are the good ones
                    (hash >> 32) as usize % LANES
                }
                None => self.next_lane(bytes),
            };
            let key = key.unwrap_or_else(|| self.ids.uuid());
            self.shared.rows.fetch_add(1, Ordering::AcqRel);
            if let (Some(lane), Some(touched)) = (self.lanes.get(number), touched.get_mut(number)) {
                lane.push(&self.shared, row, key, pending);
                *touched = true;
            }
        }
        self.wake(&mut touched);
        self.failure()?;
        Ok(oversized)
    }

    /// Rows without a key fill one request after the other.
    fn next_lane(&mut self, bytes: usize) -> usize {
        let settings = &self.shared.settings;
        let (lane, rows, filled) = &mut self.current;
        if *rows >= settings.record_limit || *filled + bytes > settings.byte_limit {
            *lane = (*lane + 1) % LANES;
            (*rows, *filled) = (0, 0);
        }
        *rows += 1;
        *filled += bytes;
        *lane
    }

    fn wake(&self, touched: &mut [bool; LANES]) {
        for (lane, touched) in self.lanes.iter().zip(touched) {
            if std::mem::take(touched) {
                lane.wake();
            }
        }
    }

    fn reserve(&self, bytes: usize) -> bool {
        let shared = &self.shared;
        let mut queued = shared
            .queued_bytes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // a row that is larger than all lanes goes alone
        let fits = *queued == 0 || *queued + bytes <= shared.settings.queue_bytes;
        if fits {
            *queued += bytes;
        }
        fits
    }

    fn wait_for_room(&self, bytes: usize, abort: &dyn Fn() -> bool) -> Result<(), SinkError> {
        while !self.reserve(bytes) {
            self.failure()?;
            if abort() {
                return Err(SinkError::Stopped);
            }
            let shared = &self.shared;
            let queued = shared
                .queued_bytes
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            // somebody may have made room since; then this waits a moment for nothing
            drop(
                shared
                    .room
                    .wait_timeout(queued, Duration::from_millis(5))
                    .unwrap_or_else(PoisonError::into_inner),
            );
        }
        Ok(())
    }

    /// Rows that are neither durable nor given up.
    pub fn in_flight(&self) -> usize {
        self.shared.rows.load(Ordering::Acquire)
    }

    /// Whether it goes on.
    ///
    /// # Errors
    /// Why it gave up.
    pub fn failure(&self) -> Result<(), SinkError> {
        if !self.shared.has_failed.load(Ordering::Acquire) {
            return Ok(());
        }
        let failed = self
            .shared
            .failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Err(SinkError::Failed(failed.clone().unwrap_or_default()))
    }
}

fn cut_key(key: &[u8]) -> String {
    let key = String::from_utf8_lossy(key);
    if key.len() <= LONGEST_KEY {
        return key.into_owned();
    }
    key.chars().take(LONGEST_KEY).collect()
}

/// Asks for a stream until it answers; changes nothing.
///
/// # Errors
/// When it does not exist or is not active, at once; when nothing answers in that time.
pub async fn check(client: &Client, stream: &str, patience: Duration) -> Result<(), String> {
    let end = tokio::time::Instant::now() + patience;
    loop {
        let found = client
            .describe_stream()
            .stream_name(stream)
            .limit(1)
            .send()
            .await;
        let problem = match found {
            Ok(found) => {
                let status = found
                    .stream_description()
                    .map(|stream| &stream.stream_status);
                match status {
                    Some(StreamStatus::Active | StreamStatus::Updating) => return Ok(()),
                    Some(StreamStatus::Creating) => "it is being made".to_owned(),
                    other => {
                        let status = other.map_or("unknown", StreamStatus::as_str);
                        return Err(format!("stream {stream}: its status is {status}"));
                    }
                }
            }
            Err(error) => match trouble(&error) {
                Trouble::Refused { code, .. } if code == "AccessDeniedException" => {
                    tracing::warn!(
                        stream,
                        "not allowed to look at the stream (kinesis:DescribeStream); taking it to exist"
                    );
                    return Ok(());
                }
                Trouble::Refused { code, message } => {
                    return Err(format!("stream {stream}: {code}: {message}"));
                }
                other => other.to_string(),
            },
        };
        if tokio::time::Instant::now() >= end {
            return Err(format!("stream {stream}: {problem}"));
        }
        tracing::warn!(stream, problem, "the stream cannot be used yet");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
