//! All shards of a stream, one request after the other.

use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::types::{Record, ShardIteratorType};
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

use super::{Idle, Look, Place, Seen};
use crate::cloud::aws::{self, Trouble, trouble};
use crate::sources::kpl;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The service takes five requests a second for a shard, from all its readers.
const PAUSE: Duration = Duration::from_millis(500);

struct Shard {
    id: String,
    iterator: Option<String>,
}

pub(super) fn each(place: &Place<'_>, stream: &str, look: Look<'_>) -> Result<(), String> {
    if stream.is_empty() || stream.contains('/') {
        return Err("give kinesis://STREAM".to_owned());
    }
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let config = runtime.block_on(aws::load(place.region));
    let config = config.map_err(|error| error.to_string())?;
    let client = aws::kinesis(&config, place.endpoint, PATIENCE);
    let mut shards = shards(&runtime, &client, stream, place.beginning)?;
    let mut idle = Idle::new(place.idle);
    while shards.iter().any(|shard| shard.iterator.is_some()) && !idle.is_over() {
        let mut came = false;
        for shard in &mut shards {
            let Some(iterator) = shard.iterator.clone() else {
                continue;
            };
            let get = client.get_records().shard_iterator(iterator).send();
            let answer = match runtime.block_on(get) {
                Ok(answer) => answer,
                Err(error) => match trouble(&error) {
                    // others read it too
                    Trouble::Throttled(_) => continue,
                    other => return Err(other.to_string()),
                },
            };
            for record in answer.records() {
                came = true;
                if show(&shard.id, record, look) {
                    return Ok(());
                }
            }
            shard.iterator = answer.next_shard_iterator;
        }
        if came {
            idle.came();
        } else {
            runtime.block_on(sleep(PAUSE));
        }
    }
    Ok(())
}

fn shards(
    runtime: &Runtime,
    client: &Client,
    stream: &str,
    beginning: bool,
) -> Result<Vec<Shard>, String> {
    let mut shards = Vec::new();
    let mut next: Option<String> = None;
    let kind = if beginning {
        ShardIteratorType::TrimHorizon
    } else {
        ShardIteratorType::Latest
    };
    loop {
        let list = client.list_shards();
        // a further page is named by its token alone
        let list = match next.take() {
            Some(token) => list.next_token(token),
            None => list.stream_name(stream),
        };
        let page = runtime.block_on(list.send());
        let page = page.map_err(|error| trouble(&error).to_string())?;
        for shard in page.shards() {
            let iterator = client
                .get_shard_iterator()
                .stream_name(stream)
                .shard_id(shard.shard_id())
                .shard_iterator_type(kind.clone())
                .send();
            let iterator = runtime.block_on(iterator);
            let iterator = iterator.map_err(|error| trouble(&error).to_string())?;
            shards.push(Shard {
                id: shard.shard_id().to_owned(),
                iterator: iterator.shard_iterator,
            });
        }
        next = page.next_token;
        if next.is_none() {
            return Ok(shards);
        }
    }
}

/// Shows a record, or those that the KPL packed into it; says whether that was enough.
fn show(shard: &str, record: &Record, look: Look<'_>) -> bool {
    let data = record.data().as_ref();
    let at = record
        .approximate_arrival_timestamp()
        .and_then(|at| at.to_millis().ok());
    let number = record.sequence_number();
    let mut one = |position: String, key: Option<&[u8]>, value: &[u8]| {
        let seen = Seen {
            partition: shard,
            position,
            at,
            key,
            value,
        };
        look(seen).is_break()
    };
    match kpl::unpack(data) {
        Some(packed) => packed
            .iter()
            .enumerate()
            .any(|(n, user)| one(format!("{number}/{n}"), None, user.data)),
        None => {
            let key = record.partition_key().map(str::as_bytes);
            one(number.to_owned(), key, data)
        }
    }
}
