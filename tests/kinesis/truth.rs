//! The fake answers as the emulators do.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ReturnValue,
    ReturnValuesOnConditionCheckFailure, ScalarAttributeType,
};
use aws_sdk_kinesis::types::ShardIteratorType;
use snowmelt::cloud::aws::{Trouble, trouble};

use crate::fake_kinesis::kinesis::Limits;
use crate::services::Services;

/// What a call came to, in words.
fn told<T, E>(
    result: Result<T, aws_sdk_kinesis::error::SdkError<E>>,
    show: impl FnOnce(T) -> String,
) -> String
where
    E: aws_sdk_kinesis::error::ProvideErrorMetadata + std::error::Error + 'static,
{
    match result {
        Ok(answer) => show(answer),
        Err(error) => match trouble(&error) {
            Trouble::Refused { code, .. } => code,
            other => other.to_string(),
        },
    }
}

/// Reads a shard from a position to its end or to where nothing more comes: the data, whether the shard
/// ended, and its children.
fn read(services: &Services, shard: &str, kind: ShardIteratorType, number: Option<&str>) -> String {
    let iterator = services
        .kinesis
        .get_shard_iterator()
        .stream_name("s")
        .shard_id(shard)
        .shard_iterator_type(kind)
        .set_starting_sequence_number(number.map(str::to_owned))
        .send();
    let mut next = match services.run(iterator) {
        Ok(answer) => answer.shard_iterator,
        Err(error) => return told::<(), _>(Err(error), |()| String::new()),
    };
    let mut out = String::new();
    while let Some(iterator) = next {
        let get = services
            .kinesis
            .get_records()
            .shard_iterator(iterator)
            .limit(2);
        let answer = services.run(get.send()).unwrap();
        for record in answer.records() {
            out.push_str(&String::from_utf8_lossy(record.data().as_ref()));
            out.push(' ');
        }
        if answer.next_shard_iterator().is_none() {
            let mut children: Vec<String> = answer
                .child_shards()
                .iter()
                .map(|child| {
                    let mut parents = child.parent_shards().to_vec();
                    parents.sort();
                    format!("{}<-{}", child.shard_id(), parents.join("+"))
                })
                .collect();
            children.sort();
            return format!("{out}| {}", children.join(" "));
        }
        let is_over = answer.records().is_empty() && answer.millis_behind_latest() == Some(0);
        next = answer.next_shard_iterator.filter(|_| !is_over);
    }
    out
}

/// The calls of a worker on a stream, and what came of each.
fn streams(services: &Services) -> Vec<String> {
    let mut out = Vec::new();
    services.stream("s", 2);
    let describe = |name: &str| services.kinesis.describe_stream().stream_name(name).send();
    let status = |found: aws_sdk_kinesis::operation::describe_stream::DescribeStreamOutput| {
        let stream = found.stream_description().unwrap();
        format!("{} {}", stream.stream_status(), stream.shards().len())
    };
    out.push(told(services.run(describe("s")), status));
    out.push(told(services.run(describe("none")), status));
    services.put(
        "s",
        (0..10).map(|n: u32| (format!("key-{n}"), format!("{n}").into_bytes())),
    );
    let seen = services.read("s");
    out.extend(seen.iter().map(|seen| {
        let data = String::from_utf8_lossy(&seen.data);
        format!("{} {} {data}", seen.shard, seen.key)
    }));
    let shards = services.open_shards("s");
    let last = services.last_sequences("s");
    for shard in &shards {
        let number = last[shard].as_str();
        for (kind, number) in [
            (ShardIteratorType::TrimHorizon, None),
            (ShardIteratorType::Latest, None),
            (ShardIteratorType::AtSequenceNumber, Some(number)),
            (ShardIteratorType::AfterSequenceNumber, Some(number)),
        ] {
            let name = kind.as_str().to_owned();
            out.push(format!("{name}: {}", read(services, shard, kind, number)));
        }
    }
    out.push(read(
        services,
        "shardId-000000000077",
        ShardIteratorType::Latest,
        None,
    ));
    let split = services
        .kinesis
        .split_shard()
        .stream_name("s")
        .shard_to_split(&shards[0])
        .new_starting_hash_key("1000")
        .send();
    out.push(told(services.run(split), |_| "split".to_owned()));
    crate::fake_kinesis::wait_for("the split", std::time::Duration::from_secs(20), || {
        services.open_shards("s").len() == 3
    });
    let open = services.open_shards("s");
    let merge = services
        .kinesis
        .merge_shards()
        .stream_name("s")
        .shard_to_merge(&open[1])
        .adjacent_shard_to_merge(&open[2])
        .send();
    out.push(told(services.run(merge), |_| "merged".to_owned()));
    crate::fake_kinesis::wait_for("the merge", std::time::Duration::from_secs(20), || {
        services.open_shards("s").len() == 2
    });
    let list = services.kinesis.list_shards().stream_name("s").send();
    let mut listed: Vec<String> = services
        .run(list)
        .unwrap()
        .shards()
        .iter()
        .map(|shard| {
            let range = shard.hash_key_range().unwrap();
            let mut parents = [shard.parent_shard_id(), shard.adjacent_parent_shard_id()];
            parents.sort();
            let sequences = shard.sequence_number_range().unwrap();
            format!(
                "{} {:?} {}-{} {}",
                shard.shard_id(),
                parents,
                range.starting_hash_key(),
                range.ending_hash_key(),
                sequences.ending_sequence_number().is_some()
            )
        })
        .collect();
    listed.sort();
    out.extend(listed);
    for shard in [&shards[0], &open[1], &open[2]] {
        out.push(read(services, shard, ShardIteratorType::TrimHorizon, None));
    }
    out
}

fn n(number: &str) -> AttributeValue {
    AttributeValue::N(number.to_owned())
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn shown(item: Option<&HashMap<String, AttributeValue>>) -> String {
    let Some(item) = item else {
        return "none".to_owned();
    };
    let mut fields: Vec<String> = item
        .iter()
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    fields.sort();
    fields.join(" ")
}

/// The calls of a worker on a table, and what came of each.
fn table(services: &Services) -> Vec<String> {
    let mut out = Vec::new();
    let client = &services.dynamodb;
    let scan = || {
        client
            .scan()
            .table_name("truth")
            .consistent_read(true)
            .send()
    };
    out.push(told(services.run(scan()), |_| "scanned".to_owned()));
    let short = client.describe_table().table_name("t").send();
    out.push(told(services.run(short), |_| "found".to_owned()));
    let make = || {
        client
            .create_table()
            .table_name("truth")
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(
                AttributeDefinition::builder()
                    .attribute_name("leaseKey")
                    .attribute_type(ScalarAttributeType::S)
                    .build()
                    .unwrap(),
            )
            .key_schema(
                KeySchemaElement::builder()
                    .attribute_name("leaseKey")
                    .key_type(KeyType::Hash)
                    .build()
                    .unwrap(),
            )
            .send()
    };
    out.push(told(services.run(make()), |_| "made".to_owned()));
    out.push(told(services.run(make()), |_| "made".to_owned()));
    let describe = client.describe_table().table_name("truth").send();
    out.push(told(services.run(describe), |found| {
        format!("{:?}", found.table().unwrap().table_status())
    }));
    let put = |key: &str| {
        client
            .put_item()
            .table_name("truth")
            .item("leaseKey", s(key))
            .item("leaseCounter", n("0"))
            .item("parentShardId", AttributeValue::Ss(vec!["p".to_owned()]))
            .condition_expression("attribute_not_exists(#k)")
            .expression_attribute_names("#k", "leaseKey")
            .send()
    };
    out.push(told(services.run(put("a")), |_| "put".to_owned()));
    out.push(told(services.run(put("a")), |_| "put".to_owned()));
    let update = |key: &str, update: &str, condition: &str, counter: &str| {
        let request = client
            .update_item()
            .table_name("truth")
            .key("leaseKey", s(key))
            .update_expression(update)
            .condition_expression(condition)
            .expression_attribute_names("#c", "leaseCounter")
            .expression_attribute_values(":c", n(counter))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let request = if format!("{update} {condition}").contains("#o") {
            request
                .expression_attribute_names("#o", "leaseOwner")
                .expression_attribute_values(":o", s("me"))
        } else {
            request
        };
        told(services.run(request.send()), |answer| {
            shown(answer.attributes())
        })
    };
    out.push(update(
        "a",
        "SET #c = :c, #o = :o",
        "attribute_exists(#c)",
        "1",
    ));
    out.push(update("a", "SET #c = #c + :c", "#c = :c AND #o = :o", "1"));
    out.push(update("a", "SET #c = #c + :c", "#c = :c", "7"));
    out.push(update(
        "a",
        "ADD #c :c REMOVE #o",
        "attribute_exists(#c) AND (#o = :o OR attribute_not_exists(#o))",
        "5",
    ));
    out.push(update(
        "a",
        "SET #c = :c",
        "attribute_not_exists(#o) AND attribute_exists(#c) AND :o <> #c",
        "9",
    ));
    out.push(update("none", "SET #c = :c", "#c = :c", "1"));
    let get = |key: &str| {
        client
            .get_item()
            .table_name("truth")
            .key("leaseKey", s(key))
            .consistent_read(true)
            .send()
    };
    for key in ["a", "none"] {
        out.push(told(services.run(get(key)), |answer| shown(answer.item())));
    }
    let delete = |counter: &str| {
        client
            .delete_item()
            .table_name("truth")
            .key("leaseKey", s("a"))
            .condition_expression("leaseCounter = :c")
            .expression_attribute_values(":c", n(counter))
            .send()
    };
    out.push(told(services.run(delete("1")), |_| "deleted".to_owned()));
    out.push(told(services.run(delete("9")), |_| "deleted".to_owned()));
    out.push(told(services.run(scan()), |answer| {
        answer.count().to_string()
    }));
    out
}

/// The same calls to the fake and to others.
pub fn compare(others: &Services) {
    // no emulator limits how often a shard is read
    let fake = Services::fake_with(Limits {
        reads: 1000,
        ..Limits::default()
    });
    assert_eq!(table(&fake), table(others));
    assert_eq!(streams(&fake), streams(others));
}
