//! Brokers that go away, refuse or lack a topic.

use std::time::Duration;

use crate::broker::{Broker, skipped};
use crate::support::{Bench, sample};
use crate::worker::{Worker, config, until};

#[test]
fn a_broker_that_comes_back_finds_nothing_lost_and_a_topic_with_a_low_limit_gets_a_size_violation_told()
 {
    if skipped() {
        return;
    }
    let mut broker = Broker::start();
    broker.topic("raw", 2, &[]);
    broker.topic("good", 1, &[("max.message.bytes", "20000")]);
    broker.topic("bad", 1, &[]);
    broker.topic("pii", 1, &[]);
    let bench = Bench::new();
    let page = |n: usize, title: &str| {
        let query = format!("e=pv&p=web&tv=t&url=http%3A%2F%2Fshop.example%2F{n}&page={title}");
        sample::request("/i", Some(&query), None)
    };
    let mut worker = Worker::start(
        &bench,
        "worker",
        &config(&broker, "featureFlags.acceptInvalid = true"),
    );
    let first: Vec<Vec<u8>> = (0..500).map(|n| page(n, "t")).collect();
    broker.produce("raw", first.iter().map(|record| Some(record.as_slice())));
    until("the first are committed", Duration::from_secs(60), || {
        broker.committed("enrich", "raw", 2) == 500
    });

    // more than the topic takes: a bad row instead, and the stream goes on
    let large = page(500, &"x".repeat(60_000));
    broker.produce("raw", [Some(large.as_slice())]);
    until(
        "the large one is committed",
        Duration::from_secs(60),
        || broker.committed("enrich", "raw", 2) == 501,
    );
    let bad = broker.read("bad");
    assert_eq!(bad.len(), 1);
    assert!(String::from_utf8_lossy(&bad[0].value).contains("/size_violation/"));

    let check = worker_check(&bench, &["--connect"]);
    assert!(check.0, "{}", check.1);
    let missing = worker_check(
        &bench,
        &["--connect", "--set", "output.bad.topicName=nowhere"],
    );
    assert!(
        !missing.0 && missing.1.contains("output.bad: topic nowhere at 127.0.0.1"),
        "{}",
        missing.1
    );

    broker.stop();
    std::thread::sleep(Duration::from_secs(5));
    assert!(worker.ended().is_none(), "{}", worker.log());
    broker.restart();
    let second: Vec<Vec<u8>> = (501..1001).map(|n| page(n, "t")).collect();
    broker.produce("raw", second.iter().map(|record| Some(record.as_slice())));
    until("the rest is committed", Duration::from_secs(90), || {
        broker.committed("enrich", "raw", 2) == 1001
    });
    worker.stop();
    assert!(broker.count("good") >= 1000);
}

/// Whether `snowmelt check` likes the worker's configuration, and what it says.
fn worker_check(bench: &Bench, more: &[&str]) -> (bool, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_snowmelt"))
        .current_dir(bench.path("."))
        .args([
            "check",
            "-r",
            "resolver.json",
            "-e",
            "enrichments",
            "-c",
            "worker.hocon",
        ])
        .args(more)
        .output()
        .unwrap();
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn a_wrong_configuration_ends_with_code_2_and_says_where() {
    let bench = Bench::new();
    let text = "input { topicName = raw, bootstrapServers = \"127.0.0.1:1\", consumerConf { \"bogus.name\" = x } }\n\
                output { good { file = g }, bad { file = b, maxBytes = many } }";
    let mut worker = Worker::start(&bench, "worker", text);
    assert_eq!(worker.wait(Duration::from_secs(30)).code(), Some(2));
    assert!(
        worker
            .log()
            .contains("worker.hocon: output.bad.maxBytes: is no size"),
        "{}",
        worker.log()
    );
}

#[test]
fn a_folder_of_payloads_goes_the_same_way_and_ends_by_itself() {
    let bench = Bench::new();
    let folder = bench.path("in");
    std::fs::create_dir(&folder).unwrap();
    for (n, record) in sample::payloads(3).take(50).enumerate() {
        std::fs::write(folder.join(n.to_string()), record).unwrap();
    }
    let text = "input { type = FileSystem, dir = in }\noutput { good { file = good }, bad { file = bad } }";
    let mut worker = Worker::start(&bench, "worker", text);
    assert_eq!(
        worker.wait(Duration::from_secs(30)).code(),
        Some(0),
        "{}",
        worker.log()
    );
    let lines = |name: &str| {
        std::fs::read_to_string(bench.path(name))
            .unwrap()
            .lines()
            .count()
    };
    assert!(lines("good") > 50 && lines("bad") > 0);
    // outputs are never written over
    let mut again = Worker::start(&bench, "again", text);
    assert_eq!(
        again.wait(Duration::from_secs(30)).code(),
        Some(1),
        "{}",
        again.log()
    );
}
