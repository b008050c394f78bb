//! The lease table as operators see it: made before with no right to make one, and changed by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};

use crate::group::{id, record};
use crate::services::{ENV, Services};
use crate::support::Bench;
use crate::support::worker::{Worker, until};

const PATIENCE: Duration = Duration::from_secs(90);

fn services() -> Services {
    let services = Services::fake();
    for (stream, shards) in [("raw", 3), ("good", 1), ("bad", 1), ("pii", 1)] {
        services.stream(stream, shards);
    }
    services
}

fn start(services: &Services, bench: &Bench, more: &str) -> Worker {
    let config = services.config("one", &format!("input.leaseDuration = 3s\n{more}"));
    Worker::start_with(bench, "one", &config, &ENV)
}

fn wait_until_done(services: &Services, worker: &mut Worker) {
    until("all is checkpointed", PATIENCE, || {
        assert!(worker.ended().is_none(), "{}", worker.log());
        services.is_done("leases", "raw")
    });
}

#[test]
fn a_table_that_was_made_before_needs_only_the_rights_that_are_documented() {
    let services = services();
    let bench = Bench::new();
    services.put("raw", (0..60).map(record));
    let more = "input.createTable = false";
    let mut refused = start(&services, &bench, more);
    assert!(!refused.wait(PATIENCE).success());
    let log = refused.log();
    assert!(
        log.contains("leases") && log.contains("createTable"),
        "{log}"
    );
    assert!(services.ours().tables().is_empty());

    let key = KeySchemaElement::builder();
    let key = key.attribute_name("leaseKey").key_type(KeyType::Hash);
    let attribute = AttributeDefinition::builder().attribute_name("leaseKey");
    let attribute = attribute.attribute_type(ScalarAttributeType::S);
    let make = services.dynamodb.create_table().table_name("leases");
    let make = make.billing_mode(BillingMode::PayPerRequest);
    let make = make.key_schema(key.build().unwrap());
    let make = make.attribute_definitions(attribute.build().unwrap());
    services.run(make.send()).unwrap();

    let before = services.ours().counts();
    let mut worker = start(&services, &bench, more);
    wait_until_done(&services, &mut worker);
    // a shard that ends needs more than one that goes on
    let kinesis = services.ours().kinesis();
    kinesis.split("raw", &kinesis.open_shards("raw")[0]);
    services.put("raw", (60..120).map(record));
    wait_until_done(&services, &mut worker);
    worker.stop();
    assert_eq!(services.read("good").len(), 120);

    let mut calls = services.ours().counts();
    // those of this test itself
    calls.retain(|call, count| before.get(call) != Some(count));
    let calls: BTreeSet<&str> = calls.keys().map(String::as_str).collect();
    let documented = include_str!("../../docs/kinesis.md");
    let (_, rights) = documented.split_once("## Rights").unwrap();
    let (rights, _) = rights.split_once("}\n```").unwrap();
    for call in calls.into_iter().filter(|call| !call.contains(' ')) {
        let right = call.replace("Kinesis.", "kinesis:");
        let right = right.replace("DynamoDB.", "dynamodb:");
        assert!(
            rights.contains(&format!("\"{right}\"")),
            "{right} is not documented"
        );
    }
}

/// Runs `snowmelt leases`; its exit code and what it printed, errors behind the rest.
fn leases(bench: &Bench, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_snowmelt"))
        .current_dir(bench.path("."))
        .args(["leases", "-c", "one.hocon"])
        .args(arguments)
        .envs(ENV)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn leases_are_listed_released_and_reset_by_hand() {
    let services = services();
    let bench = Bench::new();
    services.put("raw", (0..60).map(record));
    let mut worker = start(&services, &bench, "");
    wait_until_done(&services, &mut worker);

    let table = services.leases("leases");
    let (code, text) = leases(&bench, &["list"]);
    assert_eq!(code, Some(0), "{text}");
    for (shard, (checkpoint, owner)) in &table {
        let owner = owner.as_deref().unwrap_or("-");
        assert!(
            text.contains(&format!("{shard}\t{owner}\t{checkpoint}")),
            "{text}"
        );
    }
    let (code, text) = leases(&bench, &["reset", "--to", "trim-horizon"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("stop them first: one"), "{text}");
    let checkpoints = |services: &Services| -> BTreeMap<String, String> {
        let leases = services.leases("leases").into_iter();
        leases.map(|(shard, (at, _))| (shard, at)).collect()
    };
    let positions = checkpoints(&services);
    assert!(positions.values().all(|at| at != "TRIM_HORIZON"));

    // a worker that is gone for good
    worker.kill();
    let owned = |services: &Services| {
        let leases = services.leases("leases").into_values();
        leases.filter(|(_, owner)| owner.is_some()).count()
    };
    assert_eq!(owned(&services), 3);
    for (arguments, left) in [
        (&["release", "--owner", "other"][..], 3),
        (&["release", "--owner", "one", "--dry-run"], 3),
        (&["release", "--owner", "one"], 0),
    ] {
        let (code, text) = leases(&bench, arguments);
        assert_eq!((code, owned(&services)), (Some(0), left), "{text}");
    }

    let first = positions.keys().next().unwrap();
    let (code, text) = leases(&bench, &["reset", "--to", "trim-horizon", "--dry-run"]);
    assert_eq!(code, Some(0), "{text}");
    for (shard, at) in &positions {
        assert!(
            text.contains(&format!("{shard}\t{at}")) && text.contains("-> TRIM_HORIZON"),
            "{text}"
        );
    }
    assert_eq!(checkpoints(&services), positions);
    let (code, text) = leases(&bench, &["reset", "--to", "2023-11-14T22:13:20Z"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("AT_TIMESTAMP"), "{text}");
    let one = ["reset", "--to", "trim-horizon", "--shard", first];
    assert_eq!(leases(&bench, &one).0, Some(0));
    let after = checkpoints(&services);
    for (shard, at) in &positions {
        let expected = if shard == first { "TRIM_HORIZON" } else { at };
        assert_eq!(after[shard], expected);
    }

    // what is in that shard comes again, and nothing else
    let again = services.read("raw").into_iter();
    let again = again.filter(|row| row.shard == *first).count();
    let mut worker = start(&services, &bench, "");
    until("it comes again", PATIENCE, || {
        assert!(worker.ended().is_none(), "{}", worker.log());
        checkpoints(&services) == positions
    });
    worker.stop();
    assert!(again > 0);
    assert_eq!(services.read("good").len(), 60 + again);

    // and latest skips
    assert_eq!(leases(&bench, &["reset", "--to", "latest"]).0, Some(0));
    services.put("raw", (60..90).map(record));
    let skips = checkpoints(&services)
        .into_values()
        .all(|at| at == "LATEST");
    assert!(skips);
    let mut worker = start(&services, &bench, "");
    until("all shards have an owner", PATIENCE, || {
        owned(&services) == 3
    });
    until("what comes now is read", PATIENCE, || {
        let n = 90 + services.read("raw").len() as u64;
        services.put("raw", (n..n + 10).map(record));
        services.read("good").len() > 60 + again
    });
    worker.stop();
    let skipped: BTreeSet<String> = (60..90).map(id).collect();
    for row in services.read("good") {
        let text = String::from_utf8(row.data).unwrap();
        assert!(!skipped.contains(text.split('\t').nth(6).unwrap()));
    }
}
