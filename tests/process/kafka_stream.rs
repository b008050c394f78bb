//! Sample traffic through real topics: nothing lost, the same rows as from files.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::broker::{Broker, Seen, skipped};
use crate::support::{Bench, assert_success};
use crate::worker::{Worker, config, until};
use snowmelt::sample;

const RECORDS: usize = 3000;

fn lines(seen: &[Seen]) -> Vec<String> {
    let mut lines: Vec<String> = seen
        .iter()
        .map(|row| String::from_utf8(row.value.clone()).unwrap())
        .collect();
    lines.sort();
    lines
}

fn file(bench: &Bench, name: &str) -> Vec<String> {
    let mut lines: Vec<String> = fs::read_to_string(bench.path(name))
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

/// Event ids that the program makes up differ from run to run.
fn without_ids(rows: Vec<String>) -> Vec<String> {
    let mut rows: Vec<String> = rows
        .iter()
        .map(|row| {
            row.split('\t')
                .enumerate()
                .filter(|(n, _)| *n != 6)
                .map(|(_, cell)| cell)
                .collect::<Vec<_>>()
                .join("\t")
        })
        .collect();
    rows.sort();
    rows
}

#[test]
fn a_topic_gives_the_rows_that_files_give_and_a_signal_ends_it_well() {
    if skipped() {
        return;
    }
    let broker = Broker::start();
    for (topic, partitions) in [("raw", 6), ("good", 3), ("bad", 1), ("pii", 1)] {
        broker.topic(topic, partitions, &[]);
    }
    let bench = Bench::new();
    let records: Vec<Vec<u8>> = sample::payloads(1).take(RECORDS).collect();
    // a tombstone is a payload of no bytes
    let all = || {
        records
            .iter()
            .map(|record| Some(record.as_slice()))
            .chain([None])
    };
    bench.write_records(
        "raw",
        all().map(|record| record.unwrap_or_default().to_vec()),
    );
    assert_success(&bench.enrich("raw", &["--good", "good", "--bad", "bad", "--pii", "pii"]));

    broker.produce("raw", all());
    let keys = "output.good { partitionKey = domain_userid, headers = [app_id, platform] }";
    let mut worker = Worker::start(&bench, "worker", &config(&broker, keys));
    let expected = RECORDS as i64 + 1;
    until("all is committed", Duration::from_secs(180), || {
        assert!(worker.ended().is_none(), "{}", worker.log());
        broker.committed("enrich", "raw", 6) == expected
    });
    worker.stop();
    assert!(worker.log().contains("payloads"), "{}", worker.log());

    let good = broker.read("good");
    assert_eq!(without_ids(lines(&good)), without_ids(file(&bench, "good")));
    assert_eq!(lines(&broker.read("bad")), file(&bench, "bad"));
    assert_eq!(broker.count("pii"), file(&bench, "pii").len() as i64);
    // what goes beside a row is what stands in it, and a key stays in one partition
    let mut partitions: BTreeMap<String, i32> = BTreeMap::new();
    for row in &good {
        let text = String::from_utf8(row.value.clone()).unwrap();
        let cells: Vec<&str> = text.split('\t').collect();
        let key = row.key.clone().unwrap();
        match cells[15] {
            "" => assert_eq!(key.len(), 36, "a random key"),
            user => assert_eq!(key, user),
        }
        assert_eq!(
            *partitions.entry(key).or_insert(row.partition),
            row.partition
        );
        assert_eq!(
            row.headers.get("app_id").map_or("", String::as_str),
            cells[0]
        );
        assert_eq!(
            row.headers.get("platform").map_or("", String::as_str),
            cells[1]
        );
    }
}

#[test]
fn payloads_are_made_by_seed_and_the_same_in_every_file_and_topic() {
    if skipped() {
        return;
    }
    let broker = Broker::start();
    broker.topic("raw", 4, &[]);
    let bench = Bench::new();
    let generate = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_snowmelt"))
            .current_dir(bench.path("."))
            .args(["generate", "--count", "400", "--seed", "11"])
            .args(more)
            .output()
            .unwrap();
        assert_success(&output);
        String::from_utf8(output.stderr).unwrap()
    };
    generate(&["--format", "length-prefixed", "--output", "raw"]);
    let mut records: Vec<Vec<u8>> = sample::payloads(11).take(400).collect();
    let mut expected = Vec::new();
    for record in &records {
        expected.extend_from_slice(&u32::try_from(record.len()).unwrap().to_be_bytes());
        expected.extend_from_slice(record);
    }
    assert!(fs::read(bench.path("raw")).unwrap() == expected);

    let servers = broker.address();
    let said = generate(&[
        "--topic",
        "raw",
        "--bootstrap-servers",
        &servers,
        "--property",
        "compression.type=zstd",
        "--rate",
        "2000",
    ]);
    assert!(said.contains("400 payloads written"), "{said}");
    let mut seen: Vec<Vec<u8>> = broker
        .read("raw")
        .into_iter()
        .map(|row| row.value)
        .collect();
    records.sort();
    seen.sort();
    assert!(seen == records);

    // people look at the same topic, and at one payload of it
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_snowmelt"))
            .current_dir(bench.path("."))
            .args(arguments)
            .output()
            .unwrap();
        assert_success(&output);
        String::from_utf8(output.stdout).unwrap()
    };
    let url = format!("kafka://{servers}/raw");
    let shown = run(&["tail", &url, "--beginning", "--count", "400"]);
    assert_eq!(shown.lines().count(), 400);
    // some of the payloads are broken on purpose
    let decoded = shown
        .lines()
        .filter(|line| line.contains("\"raw\":{\"vendor\""));
    assert!(decoded.count() > 300, "{shown}");
    let story = run(&[
        "explain",
        "-r",
        "resolver.json",
        "-e",
        "enrichments",
        "--from",
        &url,
        "--nth",
        "3",
    ]);
    assert!(story.contains(" good, "), "{story}");
}
