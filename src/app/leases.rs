//! What people do to a lease table: look, reset, release.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use aws_sdk_kinesis::types::ShardIteratorType;
use leases::{Lease, Op, Position, Reply, Store};
use tokio::runtime::Runtime;

use crate::checkpoint::dynamodb::DynamoStore;
use crate::cloud::aws::{self, trouble};
use crate::config::AppConfig;

/// How long one call may take.
const CALL: Duration = Duration::from_secs(20);
/// Whoever renews does so more often than this; a little more than the failover time.
const ALIVE: Duration = Duration::from_millis(10_500);

/// Where a reset goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The oldest record there is.
    TrimHorizon,
    /// What comes from now on.
    Latest,
    /// The first record that came at this instant or later, milliseconds since the epoch.
    Timestamp(i64),
}

impl Target {
    fn sentinel(self) -> Position {
        match self {
            Target::TrimHorizon => Position::TrimHorizon,
            Target::Latest => Position::Latest,
            Target::Timestamp(_) => Position::AtTimestamp,
        }
    }
}

/// What is about to be done to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The row as it is.
    pub lease: Arc<Lease>,
    /// Its new position; none when only the owner goes.
    pub position: Option<Position>,
}

/// The lease table of an application, and its stream.
pub struct Table {
    runtime: Runtime,
    store: DynamoStore,
    kinesis: aws_sdk_kinesis::Client,
    stream: String,
    start: Option<String>,
    /// Its name.
    pub name: String,
}

impl Table {
    /// Opens what the input block of a configuration names.
    ///
    /// # Errors
    /// When it is not one of Kinesis, or the table cannot be reached.
    pub fn open(config: &AppConfig) -> anyhow::Result<Table> {
        let text = |name: &str| {
            let value = config.document.value.pointer(&format!("/input/{name}"))?;
            Some(value.as_str()?.to_owned())
        };
        let stream = text("streamName").context(
            "input.streamName is missing; this command is for configurations that read Kinesis",
        )?;
        let name = text("appName").unwrap_or_else(|| "snowplow-enrich-kinesis".to_owned());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start")?;
        let shared = runtime.block_on(aws::load(text("region").as_deref()))?;
        let endpoint = text("dynamodbCustomEndpoint");
        let dynamodb = aws::dynamodb(&shared, endpoint.as_deref(), CALL);
        let endpoint = text("customEndpoint");
        let kinesis = aws::kinesis(&shared, endpoint.as_deref(), CALL);
        let store = DynamoStore::new(dynamodb, &name);
        runtime.block_on(store.reach(false))?;
        Ok(Table {
            runtime,
            store,
            kinesis,
            stream,
            start: text("initialPosition/timestamp"),
            name,
        })
    }

    /// All leases by shard.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn leases(&self) -> anyhow::Result<Vec<Arc<Lease>>> {
        match self.runtime.block_on(self.store.run(Op::Scan)) {
            Ok(Reply::Leases(mut leases)) => {
                leases.sort_unstable_by(|a, b| a.key.cmp(&b.key));
                Ok(leases)
            }
            Ok(_) => anyhow::bail!("the table {} gave no leases", self.name),
            Err(error) => Err(error).with_context(|| format!("table {}", self.name)),
        }
    }

    /// How far the position of a lease is behind the end of its shard, in milliseconds; none for a shard
    /// that is done or not begun.
    ///
    /// # Errors
    /// When the stream does not tell.
    pub fn lag(&self, lease: &Lease) -> anyhow::Result<Option<i64>> {
        let Position::Sequence { number, .. } = &lease.checkpoint else {
            return Ok(None);
        };
        self.runtime.block_on(async {
            let iterator = self
                .kinesis
                .get_shard_iterator()
                .stream_name(&self.stream)
                .shard_id(&*lease.key)
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .starting_sequence_number(number.as_str())
                .send()
                .await
                .map_err(|error| anyhow::anyhow!("{}", trouble(&error)))?;
            let records = self
                .kinesis
                .get_records()
                .set_shard_iterator(iterator.shard_iterator)
                .limit(1)
                .send()
                .await
                .map_err(|error| anyhow::anyhow!("{}", trouble(&error)))?;
            Ok(records.millis_behind_latest())
        })
    }

    /// Workers that renew leases just now; takes as long as a worker may be silent.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn alive(&self, before: &[Arc<Lease>]) -> anyhow::Result<Vec<String>> {
        if before.iter().all(|lease| lease.owner.is_none()) {
            return Ok(Vec::new());
        }
        std::thread::sleep(ALIVE);
        Ok(moved(before, &self.leases()?))
    }

    /// What a reset changes.
    ///
    /// # Errors
    /// A time that the configuration does not have as its initial position: the table has no place for it.
    pub fn reset_plan(
        &self,
        leases: &[Arc<Lease>],
        to: Target,
        shards: &[String],
    ) -> anyhow::Result<Vec<Change>> {
        if let Target::Timestamp(at) = to {
            let configured = self.start.as_deref();
            let configured = configured.and_then(|text| jvm::time::parse_joda_iso(text).ok());
            anyhow::ensure!(
                configured == Some(at),
                "the table cannot hold a time, workers take it from their configuration; \
                 set input.initialPosition to type AT_TIMESTAMP with this timestamp first"
            );
        }
        Ok(reset_plan(leases, to, shards))
    }

    /// Carries changes out; those whose row changed meanwhile are left and named.
    ///
    /// # Errors
    /// When the table refuses; changes before that are made.
    pub fn apply(&self, changes: &[Change]) -> anyhow::Result<Vec<Arc<str>>> {
        let mut left = Vec::new();
        for Change { lease, position } in changes {
            let done = match (position, &lease.owner) {
                (Some(position), _) => {
                    let reset = self.store.reset(lease, position);
                    self.runtime.block_on(reset)
                }
                (None, Some(owner)) => {
                    let evict = Op::Evict {
                        key: Arc::clone(&lease.key),
                        counter: lease.counter,
                        owner: Arc::clone(owner),
                    };
                    self.runtime.block_on(self.store.run(evict)).map(drop)
                }
                (None, None) => Ok(()),
            };
            match done {
                Ok(()) => {}
                Err(leases::StoreError::Conflict(_)) => left.push(Arc::clone(&lease.key)),
                Err(error) => return Err(error).context(lease.key.to_string()),
            }
        }
        Ok(left)
    }
}

/// Owners of leases whose counter moved.
fn moved(before: &[Arc<Lease>], after: &[Arc<Lease>]) -> Vec<String> {
    let mut owners: Vec<String> = after
        .iter()
        .filter(|now| {
            let old = before.iter().find(|old| old.key == now.key);
            now.owner.is_some() && old.is_none_or(|old| old.counter != now.counter)
        })
        .filter_map(|lease| Some(lease.owner.as_ref()?.to_string()))
        .collect();
    owners.sort_unstable();
    owners.dedup();
    owners
}

/// Shards that are done stay done when only what comes is wanted.
fn reset_plan(leases: &[Arc<Lease>], to: Target, shards: &[String]) -> Vec<Change> {
    let chosen = |lease: &&Arc<Lease>| {
        (shards.is_empty() || shards.iter().any(|shard| **shard == *lease.key))
            && !(to == Target::Latest && lease.is_finished())
    };
    let change = |lease: &Arc<Lease>| Change {
        lease: Arc::clone(lease),
        position: Some(to.sentinel()),
    };
    leases.iter().filter(chosen).map(change).collect()
}

/// What a release changes: leases with an owner, of one worker if it is named.
pub fn release_plan(leases: &[Arc<Lease>], owner: Option<&str>, shards: &[String]) -> Vec<Change> {
    let chosen = |lease: &&Arc<Lease>| {
        (shards.is_empty() || shards.iter().any(|shard| **shard == *lease.key))
            && lease.owner.is_some()
            && owner.is_none_or(|owner| lease.is_owned_by(owner))
    };
    let change = |lease: &Arc<Lease>| Change {
        lease: Arc::clone(lease),
        position: None,
    };
    leases.iter().filter(chosen).map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(n: u64, owner: Option<&str>, checkpoint: &str) -> Arc<Lease> {
        Arc::new(Lease {
            key: format!("shardId-{n:012}").into(),
            owner: owner.map(Into::into),
            counter: n,
            owner_switches: 0,
            checkpoint: Position::parse(checkpoint, 0).unwrap(),
            parents: Vec::new(),
            children: Vec::new(),
            hash_range: None,
            checkpoint_owner: None,
            session: None,
        })
    }

    fn keys(changes: &[Change]) -> Vec<u64> {
        changes.iter().map(|change| change.lease.counter).collect()
    }

    #[test]
    fn a_reset_to_latest_leaves_what_is_done_and_others_do_not() {
        let leases = [lease(0, None, "SHARD_END"), lease(1, Some("a"), "17")];
        let plan = |to| reset_plan(&leases, to, &[]);
        assert_eq!(keys(&plan(Target::Latest)), [1]);
        assert_eq!(keys(&plan(Target::TrimHorizon)), [0, 1]);
        let timed = plan(Target::Timestamp(5));
        assert!(
            timed
                .iter()
                .all(|change| change.position == Some(Position::AtTimestamp))
        );
        let one = ["shardId-000000000000".to_owned()];
        assert_eq!(keys(&reset_plan(&leases, Target::TrimHorizon, &one)), [0]);
    }

    #[test]
    fn a_release_is_of_leases_that_somebody_has() {
        let leases = [
            lease(0, None, "17"),
            lease(1, Some("a"), "17"),
            lease(2, Some("b"), "17"),
        ];
        assert_eq!(keys(&release_plan(&leases, None, &[])), [1, 2]);
        assert_eq!(keys(&release_plan(&leases, Some("b"), &[])), [2]);
    }

    #[test]
    fn who_moves_a_counter_is_alive() {
        let before = [lease(1, Some("a"), "17"), lease(2, Some("b"), "17")];
        let mut after = before.clone();
        assert_eq!(moved(&before, &after), [""; 0]);
        Arc::make_mut(&mut after[1]).counter = 9;
        assert_eq!(moved(&before, &after), ["b"]);
    }
}
