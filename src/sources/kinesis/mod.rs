//! A Kinesis stream, read as one of the workers that share a lease table.
//!
//! The lease engine says which shards are ours. Each has a fetcher; what fetchers bring waits in one feed,
//! bounded in bytes, for the thread that reads. A tenure of a shard is a partition of the [`Ledger`]:
//! positions go to the lease only as far as everything before them is durable, and when a lease is lost,
//! all that is under way for it has no effect any more.

mod book;
mod cut;
mod fanout;
mod feed;
mod fetch;
mod list;
mod pace;
mod told;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_kinesis::Client;
use leases::{Event, HashRange, Position, ShardId, Store};
use tokio::runtime::Runtime;
use tokio::task::{AbortHandle, JoinHandle};

pub use self::list::StreamShards;

use self::book::{Book, Progress, Tenure};
use self::feed::{Feed, Item};
use self::fetch::{Context, Fetcher};
use self::told::Told;
use super::{Polled, Records, Source, SourceError};
use crate::checkpoint::leases::Leases;
use crate::checkpoint::ledger::Ledger;
use crate::clock::Clock;
use crate::cloud::kinesis::Spare;
use crate::telemetry::Telemetry;

/// How long giving the leases back may take.
const RELEASE: Duration = Duration::from_secs(4);

/// Buffers of answers that are kept for the next ones.
const SPARE: usize = 2;

/// How records are got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retrieval {
    /// By asking.
    Polling {
        /// The most records of one answer.
        max_records: u32,
        /// The pause after an answer that had all there is.
        idle: Duration,
    },
    /// They are sent to the consumer of this name.
    FanOut {
        /// Its name; it is registered if there is none.
        consumer: String,
    },
}

/// How a stream is read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its name.
    pub stream: String,
    /// How records are got.
    pub retrieval: Retrieval,
    /// How leases are kept.
    pub leases: leases::Settings,
    /// Seeds what the lease engine does at random.
    pub seed: u64,
    /// Bytes that may be fetched ahead.
    pub fetch_ahead: usize,
    /// Who is told of shards, how far behind they are, and of positions that are written.
    pub telemetry: Arc<Telemetry>,
}

/// What the tasks share.
struct Shared {
    context: Arc<Context>,
    /// The consumer of fan-out; polling without.
    consumer: Option<String>,
    book: Book,
    feed: Arc<Feed>,
    fetchers: Mutex<BTreeMap<i32, AbortHandle>>,
}

/// One worker.
pub struct KinesisSource {
    shared: Arc<Shared>,
    leases: Leases,
    /// Hears what becomes of leases.
    listener: JoinHandle<()>,
    /// Where the tasks run.
    #[expect(dead_code, reason = "the tasks end with it")]
    runtime: Arc<Runtime>,
}

impl Shared {
    fn told(&self, event: Event) {
        match event {
            Event::Acquired {
                shard,
                position,
                epoch,
                hash_range,
            } => self.begin(shard, epoch, &position, hash_range),
            Event::Lost { shard, epoch } => {
                tracing::warn!(shard = &*shard, "the shard is not ours any more");
                self.end(shard, epoch);
            }
            Event::Ended { shard, epoch } => {
                tracing::info!(shard = &*shard, "the shard is done");
                self.end(shard, epoch);
            }
            Event::Released => {}
        }
    }

    fn begin(&self, shard: ShardId, epoch: u64, position: &Position, range: Option<HashRange>) {
        tracing::info!(shard = &*shard, %position, "the shard is ours");
        self.context.telemetry.gained([shard.to_string()]);
        let slot = self.book.begin(Tenure {
            shard: Arc::clone(&shard),
            epoch,
        });
        let fetcher = Fetcher::new(Arc::clone(&self.context), slot, shard, position, range);
        let task = match &self.consumer {
            Some(consumer) => tokio::spawn(fetcher.subscribe(consumer.clone())),
            None => tokio::spawn(fetcher.poll()),
        };
        self.fetchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(slot, task.abort_handle());
    }

    fn end(&self, shard: ShardId, epoch: u64) {
        let tenure = Tenure { shard, epoch };
        let Some(slot) = self.book.end(&tenure) else {
            return;
        };
        let fetcher = self
            .fetchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&slot);
        if let Some(fetcher) = fetcher {
            fetcher.abort();
        }
        self.feed.forget(slot);
        self.context.telemetry.lost([tenure.shard.to_string()]);
    }

    fn stop_fetching(&self) {
        let mut fetchers = self.fetchers.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, fetcher) in std::mem::take(&mut *fetchers) {
            fetcher.abort();
        }
    }
}

impl KinesisSource {
    /// Starts a worker; shards come as leases are taken.
    ///
    /// # Errors
    /// When the consumer of fan-out cannot be registered.
    pub fn open(
        runtime: Arc<Runtime>,
        client: Client,
        store: impl Store,
        settings: Settings,
        ledger: Arc<Ledger>,
    ) -> Result<KinesisSource, SourceError> {
        let Settings {
            stream,
            retrieval,
            leases,
            seed,
            fetch_ahead,
            telemetry,
        } = settings;
        let (max_records, idle, consumer) = match retrieval {
            Retrieval::Polling { max_records, idle } => (max_records, idle, None),
            Retrieval::FanOut { consumer } => {
                let arn = runtime.block_on(fanout::register(&client, &stream, &consumer));
                (1, Duration::ZERO, Some(arn.map_err(SourceError)?))
            }
        };
        let feed = Feed::new(fetch_ahead);
        let shards = StreamShards {
            client: client.clone(),
            stream: stream.clone(),
        };
        let context = Arc::new(Context {
            client,
            stream,
            initial: leases.initial_position,
            max_records,
            idle,
            feed: Arc::clone(&feed),
            spare: Spare::new(SPARE),
            telemetry: Arc::clone(&telemetry),
            clock: Clock::System,
        });
        let shared = Arc::new(Shared {
            context,
            consumer,
            book: Book::new(ledger),
            feed,
            fetchers: Mutex::default(),
        });
        let leases = Leases::start(
            runtime.handle(),
            leases,
            seed,
            Told { store, telemetry },
            shards,
        );
        let (of_task, told) = (leases.clone(), Arc::clone(&shared));
        let listener = runtime.spawn(async move {
            loop {
                told.told(of_task.event().await);
            }
        });
        Ok(KinesisSource {
            shared,
            leases,
            listener,
            runtime,
        })
    }

    /// Hands progress to the leases, which write it soon.
    fn write(&self, all: impl IntoIterator<Item = Progress>) {
        for progress in all {
            // of a tenure that is over: the next owner does it again
            let _ = match progress {
                Progress::Upto(Tenure { shard, epoch }, number, sub) => {
                    self.leases.checkpoint(&shard, epoch, number, sub)
                }
                Progress::End(Tenure { shard, epoch }, children) => {
                    self.leases.shard_ended(&shard, epoch, children)
                }
            };
        }
    }
}

impl Source for KinesisSource {
    fn poll(&mut self, wait: Duration) -> Result<Polled, SourceError> {
        let until = Instant::now() + wait;
        loop {
            if self.listener.is_finished() {
                return Err(SourceError(
                    "the task that hears of leases has ended".to_owned(),
                ));
            }
            match self.shared.feed.pop(until) {
                None => return Ok(Polled::Nothing),
                Some((slot, Item::Records(chunk, position))) => {
                    // else the shard was lost meanwhile
                    if let Some(receipt) = self.shared.book.issue(slot, position) {
                        return Ok(Polled::Records(Records {
                            bytes: chunk.bytes,
                            ends: chunk.ends,
                            receipt,
                        }));
                    }
                }
                Some((slot, Item::End(children))) => {
                    let progress = self.shared.book.ended(slot, children);
                    self.write(progress);
                }
            }
        }
    }

    /// Nothing is done: fetchers wait for room in the feed, and leases are kept without this thread.
    fn hold(&mut self, _on: bool) {}

    fn commit(&mut self) {
        self.write(self.shared.book.progress());
    }

    fn close(mut self: Box<Self>) -> Result<(), SourceError> {
        self.shared.stop_fetching();
        self.commit();
        if !self.leases.release_all(RELEASE) {
            let shards = self.leases.held();
            tracing::warn!(
                shards,
                "leases could not be given back in time; others take them when they expire"
            );
        }
        self.listener.abort();
        self.shared.stop_fetching();
        let given_back = self.shared.book.shards();
        self.shared.context.telemetry.lost(given_back);
        Ok(())
    }
}
