//! Tables with a hash key, and conditional writes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Refusal;
use super::expression::{self, Item, Scope};

/// A table.
#[derive(Debug, Default)]
pub struct Table {
    key: String,
    /// By the text of their key.
    pub items: BTreeMap<String, Item>,
}

/// All tables by name.
pub type Tables = BTreeMap<String, Table>;

/// Items on a page of a scan, few so that paging is always tried.
const PAGE: usize = 50;

/// The text of an attribute.
pub fn text<'i>(item: &'i Item, name: &str) -> Option<&'i str> {
    item.get(name)?["S"].as_str()
}

pub(super) fn call(tables: &mut Tables, operation: &str, body: &[u8]) -> Result<String, Refusal> {
    let request: Value = serde_json::from_slice(body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
    let name = request["TableName"].as_str().unwrap_or_default().to_owned();
    if name.len() < 3 {
        return Err(Refusal::new(
            "ValidationException",
            "TableName must be at least 3 characters long and at most 255 characters long",
        ));
    }
    let answer = match operation {
        "CreateTable" => {
            if tables.contains_key(&name) {
                return Err(Refusal::new("ResourceInUseException", name));
            }
            let keys = request["KeySchema"].as_array();
            let key = keys
                .and_then(|keys| keys.first()?["AttributeName"].as_str())
                .unwrap_or_default();
            let table = Table {
                key: key.to_owned(),
                items: BTreeMap::new(),
            };
            tables.insert(name.clone(), table);
            json!({"TableDescription": described(&name, 0)})
        }
        "DescribeTable" => {
            let table = table(tables, &name)?;
            json!({"Table": described(&name, table.items.len())})
        }
        "DeleteTable" => {
            table(tables, &name)?;
            tables.remove(&name);
            json!({"TableDescription": described(&name, 0)})
        }
        "Scan" => {
            let table = table(tables, &name)?;
            let from = request["ExclusiveStartKey"][&table.key]["S"].as_str();
            let limit = request["Limit"]
                .as_u64()
                .map_or(PAGE, |limit| PAGE.min(limit as usize));
            let rest = || {
                table
                    .items
                    .iter()
                    .filter(|(key, _)| from.is_none_or(|from| key.as_str() > from))
            };
            let page: Vec<_> = rest().take(limit).collect();
            let items: Vec<&Item> = page.iter().map(|(_, item)| *item).collect();
            let mut answer =
                json!({"Items": items, "Count": items.len(), "ScannedCount": items.len()});
            if let Some((last, _)) = page.last()
                && rest().count() > page.len()
            {
                answer["LastEvaluatedKey"] = json!({&table.key: {"S": last}});
            }
            answer
        }
        "GetItem" => {
            let table = table(tables, &name)?;
            let key = key(table, &request["Key"])?;
            match table.items.get(&key) {
                Some(item) => json!({ "Item": item }),
                None => json!({}),
            }
        }
        "PutItem" => {
            let table = table(tables, &name)?;
            let key = key(table, &request["Item"])?;
            let item = item(&request["Item"])?;
            condition(table, &key, &request)?;
            table.items.insert(key, item);
            json!({})
        }
        "UpdateItem" => {
            let table = table(tables, &name)?;
            let key = key(table, &request["Key"])?;
            condition(table, &key, &request)?;
            let old = match table.items.get(&key) {
                Some(item) => item.clone(),
                None => item(&request["Key"])?,
            };
            let update = request["UpdateExpression"].as_str().unwrap_or_default();
            let new = expression::updated(update, &scope(&request), &old)?;
            let answer = match request["ReturnValues"].as_str() {
                Some("ALL_NEW") => json!({ "Attributes": new }),
                Some("ALL_OLD") => json!({ "Attributes": old }),
                _ => json!({}),
            };
            table.items.insert(key, new);
            answer
        }
        "DeleteItem" => {
            let table = table(tables, &name)?;
            let key = key(table, &request["Key"])?;
            condition(table, &key, &request)?;
            table.items.remove(&key);
            json!({})
        }
        _ => return Err(Refusal::new("UnknownOperationException", operation)),
    };
    Ok(answer.to_string())
}

fn described(name: &str, items: usize) -> Value {
    json!({
        "TableName": name,
        "TableStatus": "ACTIVE",
        "ItemCount": items,
        "TableArn": format!("arn:aws:dynamodb:eu-central-1:000000000000:table/{name}"),
        "CreationDateTime": 1_700_000_000,
    })
}

fn table<'t>(tables: &'t mut Tables, name: &str) -> Result<&'t mut Table, Refusal> {
    tables.get_mut(name).ok_or_else(|| {
        Refusal::new(
            "ResourceNotFoundException",
            "Cannot do operations on a non-existent table",
        )
    })
}

fn key(table: &Table, item: &Value) -> Result<String, Refusal> {
    let key = item[&table.key]["S"].as_str().filter(|key| !key.is_empty());
    key.map(str::to_owned).ok_or_else(|| {
        Refusal::new(
            "ValidationException",
            "The provided key element does not match the schema",
        )
    })
}

fn item(value: &Value) -> Result<Item, Refusal> {
    let fields = value.as_object().into_iter().flatten();
    fields
        .map(|(name, value)| Ok((name.clone(), expression::checked(value.clone())?)))
        .collect()
}

fn scope(request: &Value) -> Scope<'_> {
    Scope {
        names: &request["ExpressionAttributeNames"],
        values: &request["ExpressionAttributeValues"],
    }
}

fn condition(table: &Table, key: &str, request: &Value) -> Result<(), Refusal> {
    let none = Item::new();
    let item = table.items.get(key);
    let text = request["ConditionExpression"].as_str();
    if expression::holds(text, &scope(request), item.unwrap_or(&none))? {
        return Ok(());
    }
    let mut refusal = Refusal::new(
        "ConditionalCheckFailedException",
        "The conditional request failed",
    );
    if let Some(item) = item
        && request["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
    {
        refusal.item = Some(json!(item));
    }
    Err(refusal)
}
