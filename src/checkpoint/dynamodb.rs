//! The lease table in DynamoDB: rows as KCL 1.14 and 2.x write them, and conditional writes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ReturnValue,
    ReturnValuesOnConditionCheckFailure, ScalarAttributeType, TableStatus,
};
use leases::{HashRange, Lease, Op, Position, Reply, ShardId, Store, StoreError};
use tokio::time::{Instant, sleep};

use crate::cloud::aws::{Trouble, trouble};

/// How long a table may take to become active.
const TABLE: Duration = Duration::from_secs(600);

type Item = HashMap<String, AttributeValue>;

/// A lease table.
#[derive(Debug, Clone)]
pub struct DynamoStore {
    client: Client,
    table: String,
}

/// Why a table cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("lease table {table}: {problem}")]
pub struct TableError {
    table: String,
    problem: String,
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn set(ids: &[ShardId]) -> AttributeValue {
    AttributeValue::Ss(ids.iter().map(|id| id.to_string()).collect())
}

/// A row; `None` when one of the attributes that every lease has is missing or wrong.
fn lease(item: &Item) -> Option<Lease> {
    let text = |name: &str| item.get(name)?.as_s().ok().map(String::as_str);
    let number = |name: &str| item.get(name)?.as_n().ok()?.parse::<u64>().ok();
    let ids = |name: &str| -> Vec<ShardId> {
        let set = item.get(name).and_then(|value| value.as_ss().ok());
        let mut ids: Vec<ShardId> = set
            .into_iter()
            .flatten()
            .map(|id| id.as_str().into())
            .collect();
        ids.sort_unstable();
        ids
    };
    let sub = number("checkpointSubSequenceNumber").unwrap_or(0);
    let ends = (text("startingHashKey"), text("endingHashKey"));
    Some(Lease {
        key: text("leaseKey")?.into(),
        owner: text("leaseOwner").map(Into::into),
        counter: number("leaseCounter")?,
        owner_switches: number("ownerSwitchesSinceCheckpoint").unwrap_or(0),
        checkpoint: Position::parse(text("checkpoint")?, sub).ok()?,
        parents: ids("parentShardId"),
        children: ids("childShardIds"),
        hash_range: match ends {
            (Some(start), Some(end)) => HashRange::parse(start, end),
            _ => None,
        },
        checkpoint_owner: text("checkpointOwner").map(Into::into),
        session: text("snowmeltSession").map(Into::into),
    })
}

/// A new row. KCL refuses empty texts and sets, and rows without the first five.
fn item(lease: &Lease) -> Item {
    let mut item = Item::from([
        ("leaseKey".to_owned(), s(&lease.key)),
        ("leaseCounter".to_owned(), n(lease.counter)),
        (
            "ownerSwitchesSinceCheckpoint".to_owned(),
            n(lease.owner_switches),
        ),
        ("checkpoint".to_owned(), s(lease.checkpoint.text())),
        (
            "checkpointSubSequenceNumber".to_owned(),
            n(lease.checkpoint.sub()),
        ),
    ]);
    let mut add = |name: &str, value| drop(item.insert(name.to_owned(), value));
    for (name, text) in [
        ("leaseOwner", &lease.owner),
        ("snowmeltSession", &lease.session),
    ] {
        if let Some(text) = text {
            add(name, s(text));
        }
    }
    for (name, ids) in [
        ("parentShardId", &lease.parents),
        ("childShardIds", &lease.children),
    ] {
        if !ids.is_empty() {
            add(name, set(ids));
        }
    }
    if let Some(range) = lease.hash_range {
        add("startingHashKey", s(&range.start.to_string()));
        add("endingHashKey", s(&range.end.to_string()));
    }
    item
}

/// An update of one row with its condition.
struct Change {
    key: ShardId,
    condition: String,
    update: String,
    values: Vec<(&'static str, AttributeValue)>,
}

impl Change {
    /// For a row that a worker holds.
    fn held(key: ShardId, counter: u64, owner: &str, update: &str) -> Change {
        Change {
            key,
            condition: "leaseCounter = :counter AND leaseOwner = :owner".to_owned(),
            update: update.to_owned(),
            values: vec![
                (":counter", n(counter)),
                (":owner", s(owner)),
                (":next", n(counter + 1)),
            ],
        }
    }

    fn with(mut self, name: &'static str, value: AttributeValue) -> Change {
        self.values.push((name, value));
        self
    }
}

fn refused(trouble: Trouble) -> StoreError {
    match trouble {
        Trouble::Throttled(code) => StoreError::Throttled(code),
        Trouble::Refused { code, message } => StoreError::Throttled(format!("{code}: {message}")),
        Trouble::Unknown(what) => StoreError::Unknown(what),
    }
}

fn failed<E>(error: &SdkError<E>, row: Option<&Item>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match trouble(error) {
        Trouble::Refused { code, .. } if code == "ConditionalCheckFailedException" => {
            StoreError::Conflict(row.and_then(lease).map(Arc::new))
        }
        other => refused(other),
    }
}

impl DynamoStore {
    /// The table of that name.
    pub fn new(client: Client, table: &str) -> DynamoStore {
        DynamoStore {
            client,
            table: table.to_owned(),
        }
    }

    fn error(&self, problem: impl Into<String>) -> TableError {
        TableError {
            table: self.table.clone(),
            problem: problem.into(),
        }
    }

    /// Whether the table is there and can be used.
    async fn is_active(&self) -> Result<Option<bool>, Trouble> {
        let found = self.client.describe_table().table_name(&self.table).send();
        match found.await.map_err(|error| trouble(&error)) {
            Ok(found) => {
                let status = found.table().and_then(|table| table.table_status());
                Ok(Some(matches!(
                    status,
                    Some(TableStatus::Active | TableStatus::Updating)
                )))
            }
            Err(Trouble::Refused { code, .. }) if code == "ResourceNotFoundException" => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Looks for the table and changes nothing; one that is missing is fine when it `may_be_made`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn reach(&self, may_be_made: bool) -> Result<(), TableError> {
        match self.is_active().await {
            Ok(Some(true)) => Ok(()),
            Ok(Some(false)) => Err(self.error("it is not active")),
            Ok(None) if may_be_made => Ok(()),
            Ok(None) => Err(self.error("it does not exist; make it, or set input.createTable")),
            Err(trouble) => Err(self.error(trouble.to_string())),
        }
    }

    /// Waits until the table can be used; makes it when it is missing and `create` says so.
    ///
    /// # Errors
    /// When it cannot be made, or is not there in ten minutes.
    pub async fn prepare(&self, create: bool) -> Result<(), TableError> {
        let end = Instant::now() + TABLE;
        let mut pause = Duration::from_millis(200);
        loop {
            let problem = match self.is_active().await {
                Ok(Some(true)) => return Ok(()),
                Ok(Some(false)) => "it is not active yet".to_owned(),
                Ok(None) if create => match self.create().await {
                    Ok(()) => "it is being made".to_owned(),
                    Err(Trouble::Refused { code, message }) => {
                        return Err(self.error(format!("{code}: {message}")));
                    }
                    Err(other) => other.to_string(),
                },
                Ok(None) => {
                    return Err(self.error("it does not exist; make it, or set input.createTable"));
                }
                // a role without this right may still read and write it
                Err(Trouble::Refused { code, .. }) if code == "AccessDeniedException" => {
                    return Ok(());
                }
                Err(Trouble::Refused { code, message }) => {
                    return Err(self.error(format!("{code}: {message}")));
                }
                Err(other) => other.to_string(),
            };
            if Instant::now() >= end {
                return Err(self.error(problem));
            }
            tracing::info!(table = self.table, problem, "waiting for the lease table");
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(10));
        }
    }

    async fn create(&self) -> Result<(), Trouble> {
        let built =
            |error: aws_sdk_dynamodb::error::BuildError| Trouble::Unknown(error.to_string());
        let attribute = AttributeDefinition::builder()
            .attribute_name("leaseKey")
            .attribute_type(ScalarAttributeType::S)
            .build()
            .map_err(built)?;
        let key = KeySchemaElement::builder()
            .attribute_name("leaseKey")
            .key_type(KeyType::Hash)
            .build()
            .map_err(built)?;
        let made = self
            .client
            .create_table()
            .table_name(&self.table)
            .attribute_definitions(attribute)
            .key_schema(key)
            .billing_mode(BillingMode::PayPerRequest)
            .send()
            .await;
        match made.map_err(|error| trouble(&error)) {
            Ok(_) => Ok(()),
            // another worker was faster
            Err(Trouble::Refused { code, .. }) if code == "ResourceInUseException" => Ok(()),
            Err(other) => Err(other),
        }
    }

    async fn scan(&self) -> Result<Reply, StoreError> {
        let mut leases = Vec::new();
        let mut from = None;
        loop {
            let page = self
                .client
                .scan()
                .table_name(&self.table)
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| refused(trouble(&error)))?;
            for row in page.items() {
                let is_lease = row
                    .get("entityType")
                    .is_none_or(|kind| kind.as_s().is_ok_and(|kind| kind == "LEASE"));
                match lease(row) {
                    _ if !is_lease => {}
                    Some(lease) => leases.push(Arc::new(lease)),
                    None => tracing::warn!(
                        table = self.table,
                        key = ?row.get("leaseKey"),
                        "a row of the lease table is no lease and is passed over"
                    ),
                }
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(Reply::Leases(leases));
            }
        }
    }

    async fn change(&self, change: Change) -> Result<Reply, StoreError> {
        let Change {
            key,
            condition,
            update,
            values,
        } = change;
        let values: Item = values
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("leaseKey", s(&key))
            .condition_expression(condition)
            .update_expression(update)
            .set_expression_attribute_values(Some(values))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(Reply::Row(
                answer.attributes().and_then(lease).map(Arc::new),
            )),
            Err(error) => {
                let row = error
                    .as_service_error()
                    .and_then(|error| match error {
                        aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(failed) => failed.item(),
                        _ => None,
                    });
                Err(failed(&error, row))
            }
        }
    }
}

impl Store for DynamoStore {
    async fn run(&self, op: Op) -> Result<Reply, StoreError> {
        const NEXT: &str = "SET leaseCounter = :next, snowmeltSession = :session";
        let change = match op {
            Op::Scan => return self.scan().await,
            Op::Get { key } => {
                let answer = self
                    .client
                    .get_item()
                    .table_name(&self.table)
                    .key("leaseKey", s(&key))
                    .consistent_read(true)
                    .send()
                    .await
                    .map_err(|error| refused(trouble(&error)))?;
                return Ok(Reply::Row(answer.item().and_then(lease).map(Arc::new)));
            }
            Op::Create { lease } => {
                let answer = self
                    .client
                    .put_item()
                    .table_name(&self.table)
                    .set_item(Some(item(&lease)))
                    .condition_expression("attribute_not_exists(leaseKey)")
                    .send()
                    .await;
                return match answer {
                    Ok(_) => Ok(Reply::Row(Some(Arc::from(lease)))),
                    Err(error) => Err(failed(&error, None)),
                };
            }
            Op::Delete {
                key,
                counter,
                owner,
            } => {
                let answer = self
                    .client
                    .delete_item()
                    .table_name(&self.table)
                    .key("leaseKey", s(&key))
                    .condition_expression(
                        "leaseCounter = :counter AND leaseOwner = :owner AND checkpoint = :end",
                    )
                    .expression_attribute_values(":counter", n(counter))
                    .expression_attribute_values(":owner", s(&owner))
                    .expression_attribute_values(":end", s(Position::ShardEnd.text()))
                    .send()
                    .await;
                return match answer {
                    Ok(_) => Ok(Reply::Row(None)),
                    Err(error) => Err(failed(&error, None)),
                };
            }
            Op::Take {
                key,
                counter,
                from,
                owner,
                session,
            } => {
                let mut update = format!("{NEXT}, leaseOwner = :owner REMOVE checkpointOwner");
                let mut values = vec![
                    (":counter", n(counter)),
                    (":next", n(counter + 1)),
                    (":owner", s(&owner)),
                    (":session", s(&session)),
                ];
                let whose = match &from {
                    Some(from) => {
                        values.push((":from", s(from)));
                        "leaseOwner = :from"
                    }
                    None => "attribute_not_exists(leaseOwner)",
                };
                if from.as_ref().is_some_and(|from| *from != owner) {
                    update.push_str(" ADD ownerSwitchesSinceCheckpoint :one");
                    values.push((":one", n(1)));
                }
                Change {
                    key,
                    condition: format!("leaseCounter = :counter AND {whose}"),
                    update,
                    values,
                }
            }
            Op::Renew {
                key,
                counter,
                owner,
                session,
            } => Change::held(key, counter, &owner, NEXT).with(":session", s(&session)),
            Op::Checkpoint {
                key,
                counter,
                owner,
                session,
                position,
            } => Change::held(
                key,
                counter,
                &owner,
                &format!(
                    "{NEXT}, checkpoint = :at, checkpointSubSequenceNumber = :sub, \
                     ownerSwitchesSinceCheckpoint = :zero REMOVE pendingCheckpoint, \
                     pendingCheckpointSubSequenceNumber, pendingCheckpointState"
                ),
            )
            .with(":session", s(&session))
            .with(":at", s(position.text()))
            .with(":sub", n(position.sub()))
            .with(":zero", n(0)),
            Op::SetChildren { key, children } => Change {
                key,
                condition: "attribute_exists(leaseKey)".to_owned(),
                update: "SET childShardIds = :children".to_owned(),
                values: vec![(":children", set(&children))],
            },
            Op::SetHashRange { key, range } => Change {
                key,
                condition: "attribute_exists(leaseKey)".to_owned(),
                update: "SET startingHashKey = :start, endingHashKey = :end".to_owned(),
                values: vec![
                    (":start", s(&range.start.to_string())),
                    (":end", s(&range.end.to_string())),
                ],
            },
            Op::Evict {
                key,
                counter,
                owner,
            } => Change::held(
                key,
                counter,
                &owner,
                "SET leaseCounter = :next REMOVE leaseOwner",
            ),
            Op::HandOver { key, owner } => Change {
                key,
                condition: "checkpointOwner = :owner".to_owned(),
                update: "SET leaseCounter = leaseCounter + :one REMOVE checkpointOwner".to_owned(),
                values: vec![(":owner", s(&owner)), (":one", n(1))],
            },
        };
        self.change(change).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_as_it_was_written_and_holds_nothing_empty() {
        let written = Lease {
            key: "shardId-000000000003".into(),
            owner: Some("w".into()),
            counter: 7,
            owner_switches: 1,
            checkpoint: Position::parse("4966", 2).unwrap(),
            parents: vec!["shardId-000000000000".into(), "shardId-000000000001".into()],
            children: Vec::new(),
            hash_range: Some(HashRange::ALL),
            checkpoint_owner: None,
            session: Some("s".into()),
        };
        let row = item(&written);
        assert_eq!(lease(&row), Some(written));
        assert!(!row.contains_key("childShardIds"));
        assert_eq!(row["checkpointSubSequenceNumber"], n(2));
        assert_eq!(row["parentShardId"].as_ss().unwrap().len(), 2);
    }

    #[test]
    fn rows_of_other_kinds_are_no_leases() {
        let row = Item::from([
            ("leaseKey".to_owned(), s("Leader")),
            ("entityType".to_owned(), s("LEADER")),
        ]);
        assert_eq!(lease(&row), None);
    }
}
