//! Has the records of a shard sent (enhanced fan-out).

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_kinesis::primitives::DateTime;
use aws_sdk_kinesis::types::{
    ChildShard, ConsumerStatus, ShardIteratorType, StartingPosition, SubscribeToShardEventStream,
};
use leases::SequenceNumber;
use tokio::time::{sleep, timeout};

use super::cut::children;
use super::feed::Item;
use super::fetch::{Fetcher, Place, Setback};
use crate::cloud::aws::{Trouble, trouble};
use crate::cloud::kinesis::get::{Child, Data, Record};

/// The service says something more often than this, also when nothing is new.
const SILENCE: Duration = Duration::from_secs(35);
/// How often registering is tried …
const TRIES: u32 = 10;
/// … and the pause between.
const PAUSE: Duration = Duration::from_secs(1);

/// Registers a consumer of a stream, or finds it, and gives its ARN once it can be used.
///
/// # Errors
/// What the service says when it does not work again and again.
pub(super) async fn register(client: &Client, stream: &str, name: &str) -> Result<String, String> {
    let mut problem = String::new();
    for _ in 0..TRIES {
        match consumer(client, stream, name).await {
            Ok(Some(arn)) => return Ok(arn),
            Ok(None) => "the consumer is not active yet".clone_into(&mut problem),
            Err(Trouble::Refused { code, message })
                if code != "ResourceInUseException" && code != "ResourceNotFoundException" =>
            {
                return Err(format!(
                    "consumer {name} of stream {stream}: {code}: {message}"
                ));
            }
            Err(other) => problem = other.to_string(),
        }
        sleep(PAUSE).await;
    }
    Err(format!("consumer {name} of stream {stream}: {problem}"))
}

async fn consumer(client: &Client, stream: &str, name: &str) -> Result<Option<String>, Trouble> {
    let found = client
        .describe_stream_summary()
        .stream_name(stream)
        .send()
        .await
        .map_err(|error| trouble(&error))?;
    let stream_arn = found
        .stream_description_summary()
        .map(|summary| summary.stream_arn().to_owned());
    let found = client
        .describe_stream_consumer()
        .set_stream_arn(stream_arn.clone())
        .consumer_name(name)
        .send()
        .await;
    match found.map_err(|error| trouble(&error)) {
        Ok(found) => Ok(found
            .consumer_description()
            .filter(|consumer| *consumer.consumer_status() == ConsumerStatus::Active)
            .map(|consumer| consumer.consumer_arn().to_owned())),
        Err(Trouble::Refused { code, .. }) if code == "ResourceNotFoundException" => {
            let made = client
                .register_stream_consumer()
                .set_stream_arn(stream_arn)
                .consumer_name(name)
                .send()
                .await
                .map_err(|error| trouble(&error))?;
            Ok(made
                .consumer()
                .filter(|consumer| *consumer.consumer_status() == ConsumerStatus::Active)
                .map(|consumer| consumer.consumer_arn().to_owned()))
        }
        Err(other) => Err(other),
    }
}

/// What an error within a subscription means.
fn broken<E, R>(error: &SdkError<E, R>) -> Setback
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    let what = DisplayErrorContext(error).to_string();
    match error.as_service_error().and_then(|error| error.code()) {
        Some("ResourceNotFoundException") => Setback::Gone(what),
        _ => Setback::Other(what),
    }
}

fn told(child: &ChildShard) -> Child<'_> {
    let range = child.hash_key_range();
    Child {
        id: child.shard_id(),
        parents: child.parent_shards().iter().map(String::as_str).collect(),
        hashes: range.map(|range| (range.starting_hash_key(), range.ending_hash_key())),
    }
}

impl Fetcher {
    /// Subscribes until the shard ends. May be stopped at any point.
    pub(super) async fn subscribe(mut self, consumer: String) {
        loop {
            match self.subscription(&consumer).await {
                Ok(true) => return,
                Ok(false) => {}
                Err(Setback::Gone(what)) => {
                    let room = self.context.feed.reserve(0).await;
                    return self.gone(&what, room);
                }
                Err(Setback::Expired) => {}
                Err(Setback::Throttled(what) | Setback::Other(what)) => self.pause(&what).await,
            }
        }
    }

    fn starting_position(&self) -> Result<StartingPosition, Setback> {
        let builder = StartingPosition::builder();
        let builder = match self.place() {
            Place::Oldest => builder.r#type(ShardIteratorType::TrimHorizon),
            Place::Latest => builder.r#type(ShardIteratorType::Latest),
            Place::Time(millis) => builder
                .r#type(ShardIteratorType::AtTimestamp)
                .timestamp(DateTime::from_millis(*millis)),
            Place::At(number) => builder
                .r#type(ShardIteratorType::AtSequenceNumber)
                .sequence_number(number.as_str()),
            Place::After(number) => builder
                .r#type(ShardIteratorType::AfterSequenceNumber)
                .sequence_number(number.as_str()),
        };
        builder
            .build()
            .map_err(|error| Setback::Other(error.to_string()))
    }

    /// One subscription, which the service ends after five minutes; says whether the shard ended.
    async fn subscription(&mut self, consumer: &str) -> Result<bool, Setback> {
        let feed = Arc::clone(&self.context.feed);
        let answer = self
            .context
            .client
            .subscribe_to_shard()
            .consumer_arn(consumer)
            .shard_id(&*self.shard)
            .starting_position(self.starting_position()?)
            .send()
            .await;
        let mut events = answer.map_err(|error| trouble(&error))?.event_stream;
        loop {
            let event = timeout(SILENCE, events.recv()).await;
            let event =
                event.map_err(|_| Setback::Other("the subscription is silent".to_owned()))?;
            let event = match event {
                Ok(Some(SubscribeToShardEventStream::SubscribeToShardEvent(event))) => event,
                // an event of a kind that came later
                Ok(Some(_)) => continue,
                Ok(None) => return Ok(false),
                Err(error) => return Err(broken(&error)),
            };
            let bytes = event
                .records()
                .iter()
                .map(|record| record.data().as_ref().len());
            let bytes = bytes.sum();
            let records = event.records().iter().map(|record| Record {
                number: record.sequence_number(),
                data: Data::Plain(record.data().as_ref()),
            });
            let items = self.cutter().cut(records);
            let mut items = items.map_err(Setback::Other)?;
            self.tell_lag(event.millis_behind_latest());
            if let Some(number) = SequenceNumber::new(event.continuation_sequence_number()) {
                self.go_on_after(number);
            }
            self.recovered();
            let ended = !event.child_shards().is_empty();
            if ended {
                items.push(Item::End(children(event.child_shards().iter().map(told))));
            }
            // an event that came is carried; the next one is not read before there is room for this one
            let room = feed.reserve(bytes).await;
            feed.push(self.slot, items, room);
            if ended {
                return Ok(true);
            }
        }
    }
}
