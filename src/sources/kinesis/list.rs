//! The shards of a stream.

use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::primitives::DateTime;
use aws_sdk_kinesis::types::{Shard as Listed, ShardFilter as Filter, ShardFilterType};
use leases::{HashRange, InitialPosition, ListError, SequenceNumber, Shard, ShardFilter, Shards};
use tokio::time::sleep;

use crate::cloud::aws::{Trouble, trouble};

/// How often a page is asked for again when there was too much to do.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(300);

/// Lists the shards of one stream.
#[derive(Debug, Clone)]
pub struct StreamShards {
    /// Kinesis.
    pub client: Client,
    /// The stream's name.
    pub stream: String,
}

impl Shards for StreamShards {
    async fn list(&self, filter: ShardFilter) -> Result<Vec<Shard>, ListError> {
        let mut shards = Vec::new();
        let mut token: Option<String> = None;
        let mut tries = 0;
        loop {
            let request = match token.take() {
                // a token says all that the first request said
                Some(token) => self.client.list_shards().next_token(token),
                None => {
                    shards.clear();
                    self.client
                        .list_shards()
                        .stream_name(&self.stream)
                        .set_shard_filter(wanted(filter)?)
                }
            };
            match request.send().await {
                Ok(page) => {
                    shards.extend(page.shards().iter().map(shard));
                    token = page.next_token;
                    if token.is_none() {
                        return Ok(shards);
                    }
                }
                Err(error) => {
                    tries += 1;
                    let trouble = trouble(&error);
                    let passes = match &trouble {
                        Trouble::Throttled(_) => true,
                        Trouble::Refused { code, .. } => code == "ExpiredNextTokenException",
                        Trouble::Unknown(_) => false,
                    };
                    if !passes || tries >= TRIES {
                        return Err(ListError(trouble.to_string()));
                    }
                    // from the first page
                    sleep(PAUSE * tries).await;
                }
            }
        }
    }
}

fn wanted(filter: ShardFilter) -> Result<Option<Filter>, ListError> {
    let position = match filter {
        ShardFilter::All => return Ok(None),
        ShardFilter::StartOf(position) => position,
    };
    let kind = match position {
        InitialPosition::TrimHorizon => ShardFilterType::AtTrimHorizon,
        InitialPosition::Latest => ShardFilterType::AtLatest,
        InitialPosition::AtTimestamp(_) => ShardFilterType::AtTimestamp,
    };
    let mut filter = Filter::builder().r#type(kind);
    if let InitialPosition::AtTimestamp(millis) = position {
        filter = filter.timestamp(DateTime::from_millis(millis));
    }
    let filter = filter.build();
    filter
        .map(Some)
        .map_err(|error| ListError(error.to_string()))
}

fn shard(listed: &Listed) -> Shard {
    let parents = [listed.parent_shard_id(), listed.adjacent_parent_shard_id()];
    let range = listed.hash_key_range();
    let sequences = listed.sequence_number_range();
    Shard {
        id: listed.shard_id().into(),
        parents: parents.into_iter().flatten().map(Into::into).collect(),
        hash_range: range
            .and_then(|range| HashRange::parse(range.starting_hash_key(), range.ending_hash_key())),
        starting_sequence: sequences
            .and_then(|range| SequenceNumber::new(range.starting_sequence_number())),
        is_open: sequences.is_none_or(|range| range.ending_sequence_number().is_none()),
    }
}
