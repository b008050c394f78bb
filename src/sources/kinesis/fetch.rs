//! Asks one shard for its records, again and again.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::primitives::DateTime;
use aws_sdk_kinesis::types::ShardIteratorType;
use leases::{HashRange, InitialPosition, Position, SequenceNumber, ShardId};
use tokio::time::{Instant, sleep};

use super::cut::{Cutter, children};
use super::feed::{Feed, Item};
use super::pace::Pace;
use crate::clock::{Clock, Ids};
use crate::cloud::aws::{Trouble, trouble};
use crate::cloud::backoff::Backoff;
use crate::cloud::kinesis::{Spare, get};
use crate::telemetry::Telemetry;

/// The same complaint about a shard is logged once in this time.
const QUIET: Duration = Duration::from_secs(30);
/// What is asked for before it is known how much comes.
const FIRST_BYTES: usize = 1 << 20;
/// The most that the service gives at once.
const MOST_BYTES: usize = 10 << 20;
/// A position at the end of a shard is looked up by time when its iterator is lost; clocks differ.
const CLOCKS: Duration = Duration::from_secs(10);
/// How often an answer that says nothing about what comes next is asked for again.
const PATIENCE: u32 = 20;

const PAUSES: Backoff = Backoff {
    min: Duration::from_millis(200),
    max: Duration::from_secs(5),
    retries: None,
};

/// What fetchers of all shards share.
pub(super) struct Context {
    pub client: Client,
    pub stream: String,
    pub initial: InitialPosition,
    pub max_records: u32,
    pub idle: Duration,
    pub feed: Arc<Feed>,
    /// For answers.
    pub spare: Spare,
    pub telemetry: Arc<Telemetry>,
    pub clock: Clock,
}

/// Where reading goes on.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    Oldest,
    /// With what comes from now on.
    Latest,
    /// With what came at this time, milliseconds since the epoch.
    Time(i64),
    At(SequenceNumber),
    After(SequenceNumber),
}

impl Place {
    pub(super) fn of(position: &Position, initial: InitialPosition) -> Place {
        match (position, initial) {
            (Position::Sequence { number, .. }, _) => Place::At(number.clone()),
            (Position::Latest, _) => Place::Latest,
            (Position::AtTimestamp, InitialPosition::AtTimestamp(millis)) => Place::Time(millis),
            // a time that the configuration has no more: rather too much than too little
            (Position::AtTimestamp | Position::TrimHorizon | Position::ShardEnd, _) => {
                Place::Oldest
            }
        }
    }
}

/// One shard.
pub(super) struct Fetcher {
    pub context: Arc<Context>,
    pub slot: i32,
    pub shard: ShardId,
    place: Place,
    cutter: Cutter,
    ids: Ids,
    failures: u32,
    quiet_until: Option<Instant>,
}

/// Why asking did not help.
pub(super) enum Setback {
    /// Asked too often.
    Throttled(String),
    /// The iterator is too old.
    Expired,
    /// There is no such shard any more.
    Gone(String),
    /// Anything else; it may pass.
    Other(String),
}

impl From<Trouble> for Setback {
    fn from(trouble: Trouble) -> Setback {
        match trouble {
            Trouble::Throttled(code) => Setback::Throttled(code),
            Trouble::Refused { code, message } => match code.as_str() {
                "ExpiredIteratorException" => Setback::Expired,
                "ResourceNotFoundException" => Setback::Gone(message),
                _ => Setback::Other(format!("{code}: {message}")),
            },
            Trouble::Unknown(what) => Setback::Other(what),
        }
    }
}

impl Fetcher {
    /// Reading is so many milliseconds behind the end of the shard, as the service tells it.
    pub(super) fn tell_lag(&self, millis: i64) {
        let partitions = self.context.telemetry.partitions();
        partitions.lag_millis(&self.shard, u64::try_from(millis).unwrap_or(0));
    }

    pub(super) fn new(
        context: Arc<Context>,
        slot: i32,
        shard: ShardId,
        position: &Position,
        range: Option<HashRange>,
    ) -> Fetcher {
        Fetcher {
            place: Place::of(position, context.initial),
            cutter: Cutter::new(position, range),
            context,
            slot,
            shard,
            ids: Ids::from_system(),
            failures: 0,
            quiet_until: None,
        }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    pub(super) fn go_on_after(&mut self, number: SequenceNumber) {
        self.place = Place::After(number);
    }

    pub(super) fn cutter(&mut self) -> &mut Cutter {
        &mut self.cutter
    }

    /// It works again.
    pub(super) fn recovered(&mut self) {
        self.failures = 0;
    }

    /// Waits after a setback, longer each time.
    pub(super) async fn pause(&mut self, what: &str) {
        self.failures = self.failures.saturating_add(1);
        let now = Instant::now();
        if self.failures > 3 && self.quiet_until.is_none_or(|until| now >= until) {
            self.quiet_until = Some(now + QUIET);
            let shard = &*self.shard;
            tracing::warn!(shard, what, "the shard cannot be read now");
        }
        sleep(PAUSES.fibonacci(self.failures, self.ids.fraction())).await;
    }

    /// Asks until the shard ends. May be stopped at any point.
    pub(super) async fn poll(mut self) {
        let feed = Arc::clone(&self.context.feed);
        let mut iterator: Option<String> = None;
        let mut pace = Pace::default();
        let mut sizes = Sizes::new(&self.context);
        let mut unclear = 0;
        loop {
            pace.wait().await;
            let (expected, limit) = sizes.next();
            let room = feed.reserve(expected).await;
            let from = match iterator.take() {
                Some(iterator) => iterator,
                None => match self.iterator().await {
                    Ok(iterator) => iterator,
                    Err(Setback::Gone(what)) => return self.gone(&what, room),
                    Err(Setback::Expired) => continue,
                    Err(Setback::Throttled(what) | Setback::Other(what)) => {
                        drop(room);
                        self.pause(&what).await;
                        continue;
                    }
                },
            };
            let answer = self.records(&from, limit).await;
            pace.done();
            let answer = match answer {
                Ok(answer) => answer,
                Err(Setback::Gone(what)) => return self.gone(&what, room),
                Err(Setback::Expired) => {
                    tracing::info!(
                        shard = &*self.shard,
                        "the iterator has expired; a new one is asked for"
                    );
                    continue;
                }
                Err(setback) => {
                    // room for others while this one waits
                    drop(room);
                    match setback {
                        Setback::Throttled(what) => {
                            iterator = Some(from);
                            self.pause(&what).await;
                        }
                        Setback::Other(what) => {
                            iterator = Some(from);
                            self.pause(&what).await;
                            // whatever is wrong with it
                            if self.failures.is_multiple_of(5) {
                                iterator = None;
                            }
                        }
                        Setback::Gone(_) | Setback::Expired => {}
                    }
                    continue;
                }
            };
            let records = answer.records();
            let bytes = records.clone().map(|record| record.data.len()).sum();
            sizes.learn(records.len(), bytes);
            let is_empty = records.len() == 0;
            let last = records
                .clone()
                .last()
                .and_then(|last| SequenceNumber::new(last.number));
            let mut items = match self.cutter.cut(records) {
                Ok(items) => items,
                Err(what) => {
                    drop(room);
                    self.pause(&what).await;
                    continue;
                }
            };
            if let Some(number) = last {
                self.place = Place::After(number);
            }
            let behind = answer.millis_behind();
            self.tell_lag(behind);
            let next = answer.next_iterator().map(str::to_owned);
            let children = match next {
                Some(_) => Vec::new(),
                None => children(answer.children()),
            };
            self.context.spare.give(answer.into_buffer());
            match next {
                Some(next) => iterator = Some(next),
                None => {
                    // the service does not end a shard without telling what came of it
                    unclear += u32::from(children.is_empty());
                    if !children.is_empty() || unclear > PATIENCE {
                        items.push(Item::End(children));
                        feed.push(self.slot, items, room);
                        return;
                    }
                    feed.push(self.slot, items, room);
                    self.pause("an answer without a next iterator names no children")
                        .await;
                    continue;
                }
            }
            unclear = 0;
            self.recovered();
            feed.push(self.slot, items, room);
            if is_empty && behind == 0 {
                sleep(self.context.idle).await;
            }
        }
    }

    /// The shard, or all of its stream, was deleted.
    pub(super) fn gone(&self, what: &str, room: super::feed::Room) {
        tracing::warn!(
            shard = &*self.shard,
            what,
            "the shard is gone; taken to be at its end"
        );
        let feed = &self.context.feed;
        feed.push(self.slot, vec![Item::End(Vec::new())], room);
    }

    async fn iterator(&mut self) -> Result<String, Setback> {
        let now = self.context.clock.now_millis();
        let request = self
            .context
            .client
            .get_shard_iterator()
            .stream_name(&self.context.stream)
            .shard_id(&*self.shard);
        let request = match &self.place {
            Place::Oldest => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
            Place::Latest => request.shard_iterator_type(ShardIteratorType::Latest),
            Place::Time(millis) => request
                .shard_iterator_type(ShardIteratorType::AtTimestamp)
                .timestamp(DateTime::from_millis(*millis)),
            Place::At(number) => request
                .shard_iterator_type(ShardIteratorType::AtSequenceNumber)
                .starting_sequence_number(number.as_str()),
            Place::After(number) => request
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .starting_sequence_number(number.as_str()),
        };
        let answer = request.send().await.map_err(|error| trouble(&error))?;
        if self.place == Place::Latest {
            // should the iterator be lost before a record came, "latest" would skip what came since
            let clocks = i64::try_from(CLOCKS.as_millis()).unwrap_or(i64::MAX);
            self.place = Place::Time(now.saturating_sub(clocks));
        }
        answer
            .shard_iterator
            .ok_or_else(|| Setback::Other("an answer without an iterator".to_owned()))
    }

    async fn records(&self, iterator: &str, limit: u32) -> Result<get::Answer, Setback> {
        let Context { client, spare, .. } = &*self.context;
        Ok(get::records(client, iterator, limit, spare).await?)
    }
}

/// How much to ask for: what fits into the feed, by the size of the records so far.
struct Sizes {
    most: usize,
    max_records: u32,
    average: f64,
    expected: usize,
}

impl Sizes {
    fn new(context: &Context) -> Sizes {
        // several shards are to have their turn
        let most = (context.feed.limit() / 2).clamp(1, MOST_BYTES);
        Sizes {
            most,
            max_records: context.max_records,
            average: 0.0,
            expected: FIRST_BYTES.min(most),
        }
    }

    /// The bytes to make room for, and the most records to ask for.
    fn next(&self) -> (usize, u32) {
        if self.average <= 0.0 {
            return (self.expected, self.max_records.min(1000));
        }
        let fit = (self.most as f64 / self.average).clamp(1.0, f64::from(self.max_records));
        (self.expected, fit as u32)
    }

    fn learn(&mut self, records: usize, bytes: usize) {
        // an idle shard makes room for others
        let grown = (bytes * 2).clamp(64 * 1024, self.most.max(64 * 1024));
        self.expected = if bytes > self.expected {
            grown
        } else {
            (self.expected / 2).max(grown)
        }
        .min(self.most);
        if records > 0 {
            let now = bytes as f64 / records as f64;
            // large ones count at once, small ones by and by
            self.average = if self.average <= 0.0 {
                now
            } else {
                now.max(self.average * 0.8 + now * 0.2)
            }
            .max(1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leases_say_where_to_begin() {
        let number = SequenceNumber::new("77").unwrap();
        let at = Position::Sequence {
            number: number.clone(),
            sub: 3,
        };
        let time = InitialPosition::AtTimestamp(5);
        assert_eq!(Place::of(&at, time), Place::At(number));
        assert_eq!(Place::of(&Position::AtTimestamp, time), Place::Time(5));
        assert_eq!(
            Place::of(&Position::AtTimestamp, InitialPosition::Latest),
            Place::Oldest
        );
        assert_eq!(Place::of(&Position::TrimHorizon, time), Place::Oldest);
        assert_eq!(Place::of(&Position::Latest, time), Place::Latest);
    }

    #[test]
    fn less_is_asked_for_when_records_are_large() {
        let mut sizes = Sizes {
            most: 4 << 20,
            max_records: 10_000,
            average: 0.0,
            expected: 1 << 20,
        };
        assert_eq!(sizes.next(), (1 << 20, 1000));
        sizes.learn(1000, 1000 * 1000);
        assert_eq!(sizes.next().1, 4194);
        sizes.learn(10, 10 << 20);
        assert_eq!(sizes.next(), (4 << 20, 4));
        for _ in 0..30 {
            sizes.learn(100, 10_000);
        }
        assert_eq!(sizes.next().0, 64 * 1024);
        assert!(sizes.next().1 > 1000);
        sizes.learn(0, 0);
        assert_eq!(sizes.next().0, 64 * 1024);
    }
}
