//! Sample traffic through real streams: nothing lost, the same rows as from files.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use crate::fake_kinesis::kinesis::Seen;
use crate::services::{ENV, Services, skipped};
use crate::support::worker::{Worker, until};
use crate::support::{Bench, assert_success};
use snowmelt::sample;

fn lines(seen: &[Seen]) -> Vec<String> {
    let text = |row: &Seen| String::from_utf8(row.data.clone()).unwrap();
    let mut lines: Vec<String> = seen.iter().map(text).collect();
    lines.sort();
    lines
}

fn file(bench: &Bench, name: &str) -> Vec<String> {
    let text = fs::read_to_string(bench.path(name)).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Event ids that the program makes up differ from run to run.
fn without_ids(rows: &[String]) -> Vec<String> {
    let mut rows: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells = row.split('\t').enumerate();
            let kept: Vec<&str> = cells
                .filter(|(n, _)| *n != 6)
                .map(|(_, cell)| cell)
                .collect();
            kept.join("\t")
        })
        .collect();
    rows.sort();
    rows
}

/// Reads `raw` to its end and compares; a signal ends it, and the leases are free then.
fn compare(services: &Services, payloads: usize, more: &str) {
    for (stream, shards) in [("raw", 8), ("good", 4), ("bad", 1), ("pii", 1)] {
        services.stream(stream, shards);
    }
    let bench = Bench::new();
    let records: Vec<Vec<u8>> = sample::payloads(1).take(payloads).collect();
    bench.write_records("raw", records.iter().cloned());
    // rows tell what kind of stream they are for
    fs::write(bench.path("kind.hocon"), "input.streamName = raw").unwrap();
    let files = [
        "--good",
        "good",
        "--bad",
        "bad",
        "--pii",
        "pii",
        "--config",
        "kind.hocon",
    ];
    assert_success(&bench.enrich("raw", &files));
    let keyed = (0..).map(|n: u32| format!("key-{n}")).zip(records);
    services.put("raw", keyed);

    let keys = format!("output.good {{ partitionKey = domain_userid }}\n{more}");
    let config = services.config("one", &keys);
    let mut worker = Worker::start_with(&bench, "worker", &config, &ENV);
    until("all is checkpointed", Duration::from_secs(120), || {
        assert!(worker.ended().is_none(), "{}", worker.log());
        services.is_done("leases", "raw") && services.leases("leases").len() == 8
    });
    worker.stop();
    let leases = services.leases("leases");
    let owned: Vec<_> = leases
        .values()
        .filter(|(_, owner)| owner.is_some())
        .collect();
    assert!(owned.is_empty(), "{leases:?}");

    let good = services.read("good");
    assert_eq!(
        without_ids(&lines(&good)),
        without_ids(&file(&bench, "good"))
    );
    assert_eq!(lines(&services.read("bad")), file(&bench, "bad"));
    assert_eq!(services.read("pii").len(), file(&bench, "pii").len());
    let mut shards: BTreeMap<&str, &str> = BTreeMap::new();
    for row in &good {
        let text = std::str::from_utf8(&row.data).unwrap();
        match text.split('\t').nth(15).unwrap() {
            "" => assert_eq!(row.key.len(), 36, "a random key"),
            user => assert_eq!(row.key, user),
        }
        assert_eq!(*shards.entry(&row.key).or_insert(&row.shard), row.shard);
    }
}

#[test]
fn a_stream_gives_the_rows_that_files_give_and_a_signal_ends_it_well() {
    compare(&Services::fake(), 3000, "");
}

#[test]
fn fan_out_gives_the_same() {
    compare(
        &Services::fake(),
        1000,
        "input.retrievalMode { type = FanOut }",
    );
}

#[test]
fn the_emulators_agree() {
    if skipped() {
        return;
    }
    let services = Services::emulators();
    crate::truth::compare(&services);
    compare(&services, 400, "");
    services.clear();
    let more = "input.retrievalMode { type = FanOut }";
    compare(&services, 200, more);
}

/// A record as the producer library packs several of one key.
pub fn packed(key: &str, records: &[Vec<u8>]) -> Vec<u8> {
    use md5::{Digest, Md5};
    let varint = |out: &mut Vec<u8>, mut value: usize| {
        while value >= 0x80 {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    };
    let mut message = vec![0x0a];
    varint(&mut message, key.len());
    message.extend_from_slice(key.as_bytes());
    for record in records {
        let mut inner = vec![0x08, 0, 0x1a];
        varint(&mut inner, record.len());
        inner.extend_from_slice(record);
        message.push(0x1a);
        varint(&mut message, inner.len());
        message.extend_from_slice(&inner);
    }
    let mut out = vec![0xf3, 0x89, 0x9a, 0xc2];
    out.extend_from_slice(&message);
    out.extend_from_slice(&Md5::digest(&message));
    out
}

fn page_view(n: u64) -> Vec<u8> {
    let query = format!(
        "e=pv&p=web&tv=t&aid=x&url=http%3A%2F%2Fshop.example%2F{n}&eid=00000000-0000-4000-8000-{n:012x}"
    );
    sample::request("/i", Some(&query), None)
}

#[test]
fn packed_records_are_read_and_a_restart_goes_on_behind_the_last_one() {
    let services = Services::fake();
    for (stream, shards) in [("raw", 1), ("good", 1), ("bad", 1), ("pii", 1)] {
        services.stream(stream, shards);
    }
    let bench = Bench::new();
    let pages = |range: std::ops::Range<u64>| range.map(page_view).collect::<Vec<_>>();
    services.put("raw", [("k".to_owned(), packed("k", &pages(0..50)))]);
    let config = services.config("one", "");
    let mut worker = Worker::start_with(&bench, "worker", &config, &ENV);
    until("the first are done", Duration::from_secs(60), || {
        assert!(worker.ended().is_none(), "{}", worker.log());
        services.is_done("leases", "raw")
    });
    worker.stop();
    services.put("raw", [("k".to_owned(), packed("k", &pages(50..60)))]);
    services.put("raw", [("k".to_owned(), page_view(60))]);
    // not packed, and no payload
    services.put("raw", [("k".to_owned(), vec![0xf3, 0x89, 0x9a, 0xc2, 1])]);
    let mut worker = Worker::start_with(&bench, "worker", &config, &ENV);
    until("all are done", Duration::from_secs(60), || {
        services.is_done("leases", "raw")
    });
    worker.stop();
    let good = services.read("good");
    assert_eq!(good.len(), 61, "each once");
    assert_eq!(services.read("bad").len(), 1);
}

#[test]
fn rows_beyond_the_limit_become_bad_rows_and_missing_streams_are_told() {
    let services = Services::fake();
    for (stream, shards) in [("raw", 1), ("good", 1), ("bad", 1), ("pii", 1)] {
        services.stream(stream, shards);
    }
    let bench = Bench::new();
    services.put("raw", [("k".to_owned(), page_view(1))]);
    let query = format!(
        "e=pv&p=web&tv=t&url=http%3A%2F%2Fshop.example%2F&page={}",
        "x".repeat(3000)
    );
    let large = sample::request("/i", Some(&query), None);
    services.put("raw", [("k".to_owned(), large)]);
    let limits = "output { good.maxRecordSize = 2500, bad.maxRecordSize = 3000 }\nfeatureFlags.acceptInvalid = true";
    let config = services.config("one", limits);
    let mut worker = Worker::start_with(&bench, "worker", &config, &ENV);
    until("both are done", Duration::from_secs(60), || {
        assert!(worker.ended().is_none(), "{}", worker.log());
        services.is_done("leases", "raw")
    });
    worker.stop();
    assert_eq!(services.read("good").len(), 1);
    let bad = services.read("bad");
    assert_eq!(bad.len(), 1);
    let text = String::from_utf8_lossy(&bad[0].data);
    assert!(
        text.contains("/size_violation/") && bad[0].data.len() + 36 <= 3000,
        "{text}"
    );

    let check = |more: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_snowmelt"))
            .current_dir(bench.path("."))
            .args([
                "check",
                "--connect",
                "-r",
                "resolver.json",
                "-e",
                "enrichments",
            ])
            .args(["-c", "worker.hocon"])
            .args(more)
            .envs(ENV)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), text)
    };
    let (code, text) = check(&[]);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = check(&["--set", "output.bad.streamName=nowhere"]);
    assert!(
        code == Some(2) && text.contains("output.bad: stream nowhere: ResourceNotFoundException"),
        "{text}"
    );
}
