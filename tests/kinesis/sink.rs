//! The sink: limits, partial failures, order, giving up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use snowmelt::checkpoint::ledger::Ledger;
use snowmelt::checkpoint::pending::Pending;
use snowmelt::cloud::backoff::Backoff;
use snowmelt::sinks::SinkError;
use snowmelt::sinks::kinesis::{KinesisSink, Settings};
use snowmelt::telemetry::Telemetry;

use crate::fake_kinesis::faults::Effect;
use crate::services::Services;
use crate::support::worker::until;

const PATIENCE: Duration = Duration::from_secs(60);

fn settings() -> Settings {
    let pauses = |retries| Backoff {
        min: Duration::from_millis(1),
        max: Duration::from_millis(5),
        retries,
    };
    Settings {
        stream: "good".to_owned(),
        record_limit: 500,
        byte_limit: 5 << 20,
        max_record_size: 1 << 20,
        strict_order: false,
        backoff: pauses(Some(10)),
        throttled: pauses(None),
        queue_bytes: 4 << 20,
        telemetry: Telemetry::new(Default::default()),
    }
}

fn open(services: &Services, settings: Settings) -> KinesisSink {
    let runtime = Arc::clone(&services.runtime);
    KinesisSink::open(runtime, services.kinesis.clone(), settings, PATIENCE).unwrap()
}

/// Sends rows with their keys, as one batch of a source.
fn send(
    sink: &mut KinesisSink,
    ledger: &Arc<Ledger>,
    number: i64,
    rows: &[(String, Option<String>)],
) {
    let pending = Pending::new(ledger.issue(0, number), rows.len());
    let rows = rows
        .iter()
        .map(|(row, key)| (row.as_bytes(), key.as_deref().map(str::as_bytes)));
    let large = sink.send(rows, &pending, &|| false).unwrap();
    assert!(large.is_empty());
}

fn rows(first: usize, count: usize, keys: usize) -> Vec<(String, Option<String>)> {
    let key = |n: usize| (keys > 0).then(|| format!("key-{}", n % keys));
    (first..first + count)
        .map(|n| (format!("row-{n:06}"), key(n)))
        .collect()
}

#[test]
fn rows_are_written_in_large_requests_and_settle_their_batch() {
    let services = Services::fake();
    services.stream("good", 4);
    let mut sink = open(&services, settings());
    let ledger = Ledger::new();
    for batch in 0..10 {
        send(
            &mut sink,
            &ledger,
            batch,
            &rows(batch as usize * 1000, 1000, 0),
        );
    }
    assert!(ledger.wait(None, PATIENCE));
    // the rows of the last request are counted off one after the other
    until("all are counted off", PATIENCE, || sink.in_flight() == 0);
    let seen = services.read("good");
    assert_eq!(seen.len(), 10_000);
    assert!(seen.iter().all(|seen| seen.key.len() == 36));
    let requests = services.ours().counts()["Kinesis.PutRecords"];
    assert!((20..40).contains(&requests), "{requests}");
}

#[test]
fn refused_records_alone_are_sent_again_and_keys_keep_their_order_across_requests() {
    let services = Services::fake();
    services.stream("good", 4);
    services.ours().faults().set_partial(0.3);
    let mut sink = open(
        &services,
        Settings {
            strict_order: true,
            ..settings()
        },
    );
    let ledger = Ledger::new();
    for batch in 0..10 {
        send(
            &mut sink,
            &ledger,
            batch,
            &rows(batch as usize * 100, 100, 50),
        );
    }
    assert!(ledger.wait(None, PATIENCE));
    let seen = services.read("good");
    // nothing twice: only what was refused came again
    assert_eq!(seen.len(), 1000);
    let mut last: BTreeMap<&str, &[u8]> = BTreeMap::new();
    for row in &seen {
        if let Some(before) = last.insert(&row.key, &row.data) {
            assert!(before < &*row.data, "{}", row.key);
        }
    }
    assert_eq!(last.len(), 50);
}

#[test]
fn limits_count_the_key_and_what_is_too_large_comes_back() {
    let services = Services::fake();
    services.stream("good", 1);
    let mut sink = open(
        &services,
        Settings {
            record_limit: 3,
            byte_limit: 1000,
            max_record_size: 500,
            ..settings()
        },
    );
    let ledger = Ledger::new();
    let row = |bytes: usize| vec![b'x'; bytes];
    let rows = [row(464), row(465), row(400), row(490), row(10)];
    let pending = Pending::new(ledger.issue(0, 1), 3);
    // without a key 36 bytes are added, with this one 10
    let keys = [
        None,
        None,
        Some(&b"0123456789"[..]),
        Some(&b"0123456789"[..]),
        None,
    ];
    let sent = rows.iter().map(Vec::as_slice).zip(keys);
    let large = sink
        .send(sent.clone().take(3), &pending, &|| false)
        .unwrap();
    assert_eq!(large.len(), 1);
    assert_eq!((large[0].row.len(), large[0].limit), (465, Some(464)));
    let large = sink
        .send(sent.skip(3).take(1), &pending, &|| false)
        .unwrap();
    assert_eq!(large.len(), 0, "exactly the limit");
    assert!(ledger.wait(None, PATIENCE));
    assert_eq!(services.read("good").len(), 3);
    // each pair is above 1000 bytes
    until("all are written", PATIENCE, || sink.in_flight() == 0);
    assert!(services.ours().counts()["Kinesis.PutRecords"] >= 3 - 1);
}

#[test]
fn throttling_is_waited_for_and_other_failures_end_the_sink_without_settling() {
    let services = Services::fake();
    services.stream("good", 1);
    let calls = "Kinesis.PutRecords";
    services
        .ours()
        .faults()
        .add_some(calls, Effect::Throttle, 1.0, 30);
    services
        .ours()
        .faults()
        .add_some(calls, Effect::Fail, 1.0, 8);
    let mut sink = open(&services, settings());
    let ledger = Ledger::new();
    send(&mut sink, &ledger, 1, &rows(0, 10, 0));
    assert!(ledger.wait(None, PATIENCE), "both pass");
    assert_eq!(services.read("good").len(), 10);

    services.ours().faults().add(calls, Effect::Fail, 1.0);
    send(&mut sink, &ledger, 2, &rows(10, 10, 0));
    until("it gives up", PATIENCE, || sink.failure().is_err());
    let SinkError::Failed(why) = sink.failure().unwrap_err() else {
        panic!()
    };
    assert!(
        why.starts_with("10 rows for stream good could not be written: "),
        "{why}"
    );
    assert_eq!(ledger.done(&[0]), [(0, 1)]);
    // the first try and ten more
    assert_eq!(services.ours().counts()[calls], 30 + 8 + 1 + 11);
}

#[test]
fn rows_of_a_shard_that_was_lost_are_not_sent_any_more() {
    let services = Services::fake();
    services.stream("good", 1);
    services
        .ours()
        .faults()
        .add("Kinesis.PutRecords", Effect::Throttle, 1.0);
    let mut sink = open(&services, settings());
    let ledger = Ledger::new();
    send(&mut sink, &ledger, 1, &rows(0, 100, 0));
    ledger.revoke(&[0]);
    until("they are given up", PATIENCE, || sink.in_flight() == 0);
    services.ours().faults().clear();
    send(&mut sink, &ledger, 2, &rows(100, 5, 0));
    assert!(ledger.wait(None, PATIENCE));
    assert_eq!(services.read("good").len(), 5);
}

#[test]
fn a_stream_that_is_not_there_is_told_at_once() {
    let services = Services::fake();
    let runtime = Arc::clone(&services.runtime);
    let opened = KinesisSink::open(runtime, services.kinesis.clone(), settings(), PATIENCE);
    let Err(SinkError::Failed(why)) = opened.map(drop) else {
        panic!()
    };
    assert!(
        why.starts_with("stream good: ResourceNotFoundException: "),
        "{why}"
    );
}
