//! The lease table in DynamoDB, attribute for attribute as KCL 1.14, 2.x and 3.x have it.
//!
//! Each request is one call without retries. Attributes are named by aliases, for some names are reserved
//! words; only those that a request is about are written, so attributes of others survive.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ReturnValue,
    ReturnValuesOnConditionCheckFailure, ScalarAttributeType, TableStatus,
};
use leases::{HashRange, Lease, Op, Position, Reply, Store, StoreError};
use tokio::time::sleep;

use crate::cloud::aws::{Trouble, trouble};

/// How often a new table is asked whether it is ready …
const READY_POLL: Duration = Duration::from_secs(2);
/// … and for how long.
const READY_PATIENCE: Duration = Duration::from_secs(600);

/// A row of the table as DynamoDB has it.
type Item = HashMap<String, AttributeValue>;

/// The lease table.
#[derive(Debug, Clone)]
pub struct DynamoStore {
    client: Client,
    name: Arc<str>,
}

/// Why there is no table to work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// There is none, and none was to be created.
    #[error(
        "there is no DynamoDB table {0}; create it with the string key leaseKey, or let workers do it with input.createTable = true"
    )]
    Missing(String),
    /// DynamoDB refused to tell or to create.
    #[error("DynamoDB table {table}: {trouble}")]
    Failed {
        /// Its name.
        table: String,
        /// What it said.
        trouble: String,
    },
    /// It did not become ready.
    #[error("DynamoDB table {0} is not active after ten minutes")]
    NotReady(String),
}

impl DynamoStore {
    /// A table of this name, which is the application's name in KCL; asks nothing yet.
    pub fn new(client: Client, name: &str) -> DynamoStore {
        DynamoStore {
            client,
            name: name.into(),
        }
    }

    /// Waits until the table is ready. When there is none it is created if `create` says so, paid by
    /// request; a table that was made before needs no right to create.
    ///
    /// # Errors
    /// When there is none, it does not become ready, or DynamoDB refuses.
    pub async fn prepare(&self, create: bool) -> Result<(), TableError> {
        let name = || self.name.to_string();
        let failed = |trouble: Trouble| TableError::Failed {
            table: name(),
            trouble: trouble.to_string(),
        };
        let mut waited = Duration::ZERO;
        let mut created = false;
        while waited < READY_PATIENCE {
            let described = self
                .client
                .describe_table()
                .table_name(&*self.name)
                .send()
                .await;
            match described {
                Ok(answer) => {
                    let status = answer.table.and_then(|table| table.table_status);
                    if matches!(status, Some(TableStatus::Active | TableStatus::Updating)) {
                        return Ok(());
                    }
                }
                Err(error) => match trouble(&error) {
                    Trouble::Refused { code, .. } if code == "ResourceNotFoundException" => {
                        if !create {
                            return Err(TableError::Missing(name()));
                        }
                        if !created {
                            self.create().await.map_err(failed)?;
                            created = true;
                            continue;
                        }
                    }
                    // without the right to describe, the table is there or the first look fails
                    Trouble::Refused { code, .. } if code == "AccessDeniedException" => {
                        return Ok(());
                    }
                    refused @ Trouble::Refused { .. } => return Err(failed(refused)),
                    busy => tracing::warn!(table = %self.name, trouble = %busy, "lease table"),
                },
            }
            sleep(READY_POLL).await;
            waited += READY_POLL;
        }
        Err(TableError::NotReady(name()))
    }

    /// Looks for the table and changes nothing; one that is missing is fine when it `may_be_made`.
    ///
    /// # Errors
    /// When it is missing or DynamoDB refuses.
    pub async fn reach(&self, may_be_made: bool) -> Result<(), TableError> {
        let described = self.client.describe_table().table_name(&*self.name);
        match described.send().await.map_err(|error| trouble(&error)) {
            Ok(_) => Ok(()),
            Err(Trouble::Refused { code, .. }) if code == "ResourceNotFoundException" => {
                if may_be_made {
                    Ok(())
                } else {
                    Err(TableError::Missing(self.name.to_string()))
                }
            }
            Err(trouble) => Err(TableError::Failed {
                table: self.name.to_string(),
                trouble: trouble.to_string(),
            }),
        }
    }

    async fn create(&self) -> Result<(), Trouble> {
        let key = KeySchemaElement::builder()
            .attribute_name("leaseKey")
            .key_type(KeyType::Hash)
            .build();
        let attribute = AttributeDefinition::builder()
            .attribute_name("leaseKey")
            .attribute_type(ScalarAttributeType::S)
            .build();
        let (Ok(key), Ok(attribute)) = (key, attribute) else {
            return Err(Trouble::Unknown(
                "the key could not be described".to_owned(),
            ));
        };
        let created = self
            .client
            .create_table()
            .table_name(&*self.name)
            .billing_mode(BillingMode::PayPerRequest)
            .key_schema(key)
            .attribute_definitions(attribute)
            .send()
            .await;
        match created.map_err(|error| trouble(&error)) {
            Ok(_) => {
                tracing::info!(table = %self.name, "created the lease table");
                Ok(())
            }
            // somebody else does it just now
            Err(Trouble::Refused { code, .. }) if code == "ResourceInUseException" => Ok(()),
            Err(Trouble::Throttled(_) | Trouble::Unknown(_)) => Ok(()),
            Err(refused) => Err(refused),
        }
    }

    async fn scan(&self) -> Result<Reply, StoreError> {
        let mut leases = Vec::new();
        let mut start: Option<Item> = None;
        loop {
            let page = self
                .client
                .scan()
                .table_name(&*self.name)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| failure(&error))?;
            for item in page.items.unwrap_or_default() {
                if let Some(lease) = read_lenient(&item) {
                    leases.push(Arc::new(lease));
                }
            }
            start = page.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(Reply::Leases(leases));
            }
        }
    }

    async fn get(&self, key: &str) -> Result<Reply, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&*self.name)
            .key("leaseKey", text(key))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| failure(&error))?;
        let row = answer.item.as_ref().and_then(read_lenient).map(Arc::new);
        Ok(Reply::Row(row))
    }

    async fn create_lease(&self, lease: &Lease) -> Result<Reply, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&*self.name)
            .set_item(Some(write(lease)))
            .condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", "leaseKey")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(Reply::Row(Some(Arc::new(lease.clone())))),
            Err(error) => {
                if let Some(old) = error.as_service_error() {
                    use aws_sdk_dynamodb::operation::put_item::PutItemError;
                    if let PutItemError::ConditionalCheckFailedException(failed) = old {
                        return Err(conflict(failed.item.as_ref()));
                    }
                }
                Err(failure(&error))
            }
        }
    }

    async fn delete(&self, key: &str, counter: u64, owner: &str) -> Result<Reply, StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&*self.name)
            .key("leaseKey", text(key))
            .condition_expression("#counter = :counter AND #owner = :owner AND #checkpoint = :end")
            .expression_attribute_names("#counter", "leaseCounter")
            .expression_attribute_names("#owner", "leaseOwner")
            .expression_attribute_names("#checkpoint", "checkpoint")
            .expression_attribute_values(":counter", number(counter))
            .expression_attribute_values(":owner", text(owner))
            .expression_attribute_values(":end", text(Position::ShardEnd.text()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match delete.send().await {
            Ok(_) => Ok(Reply::Row(None)),
            Err(error) => {
                if let Some(old) = error.as_service_error() {
                    use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
                    if let DeleteItemError::ConditionalCheckFailedException(failed) = old {
                        return Err(conflict(failed.item.as_ref()));
                    }
                }
                Err(failure(&error))
            }
        }
    }

    async fn update(&self, key: &str, change: Change) -> Result<Reply, StoreError> {
        let Change {
            update,
            condition,
            names,
            values,
        } = change;
        let update = self
            .client
            .update_item()
            .table_name(&*self.name)
            .key("leaseKey", text(key))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values((!values.is_empty()).then_some(values))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(answer) => {
                let row = answer.attributes.as_ref().and_then(read_lenient);
                Ok(Reply::Row(row.map(Arc::new)))
            }
            Err(error) => {
                if let Some(UpdateItemError::ConditionalCheckFailedException(failed)) =
                    error.as_service_error()
                {
                    return Err(conflict(failed.item.as_ref()));
                }
                Err(failure(&error))
            }
        }
    }

    /// Sets the position of a lease whatever it was, and takes it from its owner: for people, while no
    /// worker runs. Nothing happens when the counter is not as seen.
    ///
    /// # Errors
    /// As for a request of the engine.
    pub async fn reset(&self, seen: &Lease, position: &Position) -> Result<(), StoreError> {
        let mut change = Change::new("#counter = :seen");
        change.name("#counter", "leaseCounter");
        change.value(":seen", number(seen.counter));
        change.value(":next", number(seen.counter + 1));
        change.position(position);
        change.update =
            "SET #counter = :next, #checkpoint = :position, #sub = :sub, #switches = :zero \
             REMOVE #owner, #pending, #pendingSub, #pendingState"
                .to_owned();
        change.name("#owner", "leaseOwner");
        self.update(&seen.key, change).await.map(drop)
    }
}

/// An update expression being written.
struct Change {
    update: String,
    condition: String,
    names: HashMap<String, String>,
    values: Item,
}

impl Change {
    fn new(condition: &str) -> Change {
        Change {
            update: String::new(),
            condition: condition.to_owned(),
            names: HashMap::new(),
            values: HashMap::new(),
        }
    }

    fn name(&mut self, alias: &str, attribute: &str) {
        self.names.insert(alias.to_owned(), attribute.to_owned());
    }

    fn value(&mut self, alias: &str, value: AttributeValue) {
        self.values.insert(alias.to_owned(), value);
    }

    /// Of a row whose counter and owner are as given; the counter grows.
    fn of_held(counter: u64, owner: &str) -> Change {
        let mut change = Change::new("#counter = :seen AND #owner = :me");
        change.name("#counter", "leaseCounter");
        change.name("#owner", "leaseOwner");
        change.value(":seen", number(counter));
        change.value(":next", number(counter + 1));
        change.value(":me", text(owner));
        change
    }

    fn session(&mut self, session: &str) {
        self.name("#session", SESSION);
        self.value(":session", text(session));
    }

    fn position(&mut self, position: &Position) {
        self.name("#checkpoint", "checkpoint");
        self.name("#sub", "checkpointSubSequenceNumber");
        self.name("#switches", "ownerSwitchesSinceCheckpoint");
        self.name("#pending", "pendingCheckpoint");
        self.name("#pendingSub", "pendingCheckpointSubSequenceNumber");
        self.name("#pendingState", "pendingCheckpointState");
        self.value(":position", text(position.text()));
        self.value(":sub", number(position.sub()));
        self.value(":zero", number(0));
    }
}

/// The attribute of ours, see [`Lease::session`].
const SESSION: &str = "snowmeltSession";

impl Store for DynamoStore {
    async fn run(&self, op: Op) -> Result<Reply, StoreError> {
        match op {
            Op::Scan => self.scan().await,
            Op::Get { key } => self.get(&key).await,
            Op::Create { lease } => self.create_lease(&lease).await,
            Op::Delete {
                key,
                counter,
                owner,
            } => self.delete(&key, counter, &owner).await,
            Op::Take {
                key,
                counter,
                from,
                owner,
                session,
            } => {
                let is_other = from.as_ref().is_some_and(|from| *from != owner);
                let mut change = Change::new(match from {
                    Some(_) => "#counter = :seen AND #owner = :from",
                    None => "#counter = :seen AND attribute_not_exists(#owner)",
                });
                change.name("#counter", "leaseCounter");
                change.name("#owner", "leaseOwner");
                change.name("#checkpointOwner", "checkpointOwner");
                change.value(":seen", number(counter));
                change.value(":next", number(counter + 1));
                change.value(":me", text(&owner));
                if let Some(from) = from {
                    change.value(":from", text(&from));
                }
                change.session(&session);
                change.update =
                    "SET #counter = :next, #owner = :me, #session = :session REMOVE #checkpointOwner"
                        .to_owned();
                if is_other {
                    change.name("#switches", "ownerSwitchesSinceCheckpoint");
                    change.value(":one", number(1));
                    change.update.push_str(" ADD #switches :one");
                }
                self.update(&key, change).await
            }
            Op::Renew {
                key,
                counter,
                owner,
                session,
            } => {
                let mut change = Change::of_held(counter, &owner);
                change.session(&session);
                change.update = "SET #counter = :next, #session = :session".to_owned();
                self.update(&key, change).await
            }
            Op::Checkpoint {
                key,
                counter,
                owner,
                session,
                position,
            } => {
                let mut change = Change::of_held(counter, &owner);
                change.session(&session);
                change.position(&position);
                change.update =
                    "SET #counter = :next, #session = :session, #checkpoint = :position, \
                     #sub = :sub, #switches = :zero REMOVE #pending, #pendingSub, #pendingState"
                        .to_owned();
                self.update(&key, change).await
            }
            Op::SetChildren { key, children } => {
                let mut change = Change::new("attribute_exists(#key)");
                change.name("#key", "leaseKey");
                change.name("#children", "childShardIds");
                let children = children.iter().map(|child| child.to_string()).collect();
                change.value(":children", AttributeValue::Ss(children));
                change.update = "SET #children = :children".to_owned();
                self.update(&key, change).await
            }
            Op::SetHashRange { key, range } => {
                let mut change = Change::new("attribute_exists(#key)");
                change.name("#key", "leaseKey");
                change.name("#start", "startingHashKey");
                change.name("#end", "endingHashKey");
                change.value(":start", text(&range.start.to_string()));
                change.value(":end", text(&range.end.to_string()));
                change.update = "SET #start = :start, #end = :end".to_owned();
                self.update(&key, change).await
            }
            Op::Evict {
                key,
                counter,
                owner,
            } => {
                let mut change = Change::of_held(counter, &owner);
                change.update = "SET #counter = :next REMOVE #owner".to_owned();
                self.update(&key, change).await
            }
            Op::HandOver { key, owner } => {
                let mut change = Change::new("#checkpointOwner = :me");
                change.name("#checkpointOwner", "checkpointOwner");
                change.name("#counter", "leaseCounter");
                change.value(":me", text(&owner));
                change.value(":one", number(1));
                change.update = "REMOVE #checkpointOwner ADD #counter :one".to_owned();
                self.update(&key, change).await
            }
        }
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn conflict(item: Option<&Item>) -> StoreError {
    let row = item.filter(|item| !item.is_empty()).and_then(read_lenient);
    StoreError::Conflict(row.map(Arc::new))
}

fn failure<E>(error: &SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match trouble(error) {
        Trouble::Throttled(code) => StoreError::Throttled(code),
        refused @ Trouble::Refused { .. } => StoreError::Throttled(refused.to_string()),
        Trouble::Unknown(what) => StoreError::Unknown(what),
    }
}

/// A row that cannot be read is nobody's lease; it is told of and left alone.
fn read_lenient(item: &Item) -> Option<Lease> {
    match read(item) {
        Ok(lease) => lease,
        Err(error) => {
            tracing::warn!(%error, "a row of the lease table cannot be read");
            None
        }
    }
}

/// A row that is no lease of any version of KCL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: the attribute {attribute} is missing or wrong")]
struct BadRow {
    key: String,
    attribute: &'static str,
}

/// Reads a row; `None` for one that is not a lease but of the workings of KCL 3.x.
fn read(item: &Item) -> Result<Option<Lease>, BadRow> {
    if let Some(kind) = item.get("entityType")
        && kind.as_s().map(String::as_str) != Ok("LEASE")
    {
        return Ok(None);
    }
    let string = |name: &str| Some(&**item.get(name)?.as_s().ok()?);
    let key = string("leaseKey").unwrap_or_default();
    let bad = |attribute: &'static str| BadRow {
        key: key.to_owned(),
        attribute,
    };
    let count = |name: &str| item.get(name)?.as_n().ok()?.parse::<u64>().ok();
    let set = |name: &str| {
        let mut names: Vec<Arc<str>> = match item.get(name).and_then(|set| set.as_ss().ok()) {
            Some(names) => names.iter().map(|name| (**name).into()).collect(),
            None => Vec::new(),
        };
        names.sort_unstable();
        names
    };
    if key.is_empty() {
        return Err(bad("leaseKey"));
    }
    let checkpoint = string("checkpoint").ok_or_else(|| bad("checkpoint"))?;
    let sub = count("checkpointSubSequenceNumber").unwrap_or(0);
    let range = string("startingHashKey").zip(string("endingHashKey"));
    Ok(Some(Lease {
        key: key.into(),
        owner: string("leaseOwner").map(Into::into),
        counter: count("leaseCounter").ok_or_else(|| bad("leaseCounter"))?,
        owner_switches: count("ownerSwitchesSinceCheckpoint").unwrap_or(0),
        checkpoint: Position::parse(checkpoint, sub).map_err(|_| bad("checkpoint"))?,
        parents: set("parentShardId"),
        children: set("childShardIds"),
        hash_range: range.and_then(|(start, end)| HashRange::parse(start, end)),
        checkpoint_owner: string("checkpointOwner").map(Into::into),
        session: string(SESSION).map(Into::into),
    }))
}

/// A whole row, with everything that KCL insists on and nothing empty.
fn write(lease: &Lease) -> Item {
    let mut item = Item::new();
    let mut put = |name: &str, value: AttributeValue| {
        item.insert(name.to_owned(), value);
    };
    put("leaseKey", text(&lease.key));
    put("leaseCounter", number(lease.counter));
    put("ownerSwitchesSinceCheckpoint", number(lease.owner_switches));
    put("checkpoint", text(lease.checkpoint.text()));
    put(
        "checkpointSubSequenceNumber",
        number(lease.checkpoint.sub()),
    );
    let set = |ids: &[Arc<str>]| AttributeValue::Ss(ids.iter().map(|id| id.to_string()).collect());
    if !lease.parents.is_empty() {
        put("parentShardId", set(&lease.parents));
    }
    if !lease.children.is_empty() {
        put("childShardIds", set(&lease.children));
    }
    if let Some(range) = lease.hash_range {
        put("startingHashKey", text(&range.start.to_string()));
        put("endingHashKey", text(&range.end.to_string()));
    }
    let owners = [
        ("leaseOwner", &lease.owner),
        ("checkpointOwner", &lease.checkpoint_owner),
        (SESSION, &lease.session),
    ];
    for (name, value) in owners {
        if let Some(value) = value {
            put(name, text(value));
        }
    }
    item
}

#[cfg(test)]
mod tests;
