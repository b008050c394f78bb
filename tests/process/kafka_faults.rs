//! Brokers that go away, refuse or lack a topic.

use std::time::Duration;

use crate::broker::{Broker, skipped};
use crate::support::Bench;
use crate::worker::{Worker, config, until};
use snowmelt::sample;

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
    until("the first are committed", Duration::from_secs(180), || {
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

    let check = worker.check(&bench, &["--connect"]);
    assert!(check.0, "{}", check.1);
    let missing = worker.check(
        &bench,
        &["--connect", "--set", "output.bad.topicName=nowhere"],
    );
    assert!(
        !missing.0 && missing.1.contains("output.bad: topic nowhere at 127.0.0.1"),
        "{}",
        missing.1
    );

    broker.stop();
    std::thread::sleep(outage());
    assert!(worker.ended().is_none(), "{}", worker.log());
    broker.restart();
    let second: Vec<Vec<u8>> = (501..1001).map(|n| page(n, "t")).collect();
    broker.produce("raw", second.iter().map(|record| Some(record.as_slice())));
    until("the rest is committed", Duration::from_secs(180), || {
        broker.committed("enrich", "raw", 2) == 1001
    });
    worker.stop();
    assert!(broker.count("good") >= 1000);
}

/// How long the broker is away: 60 s in `make soak-kafka`.
fn outage() -> Duration {
    let text = std::env::var("SOAK_OUTAGE").unwrap_or_default();
    Duration::from_secs(text.parse().unwrap_or(5))
}

#[test]
fn a_topic_that_takes_no_rows_ends_the_run_without_a_commit() {
    if skipped() {
        return;
    }
    let broker = Broker::start();
    broker.topic("raw", 1, &[]);
    broker.topic("good", 1, &[]);
    broker.topic("pii", 1, &[]);
    // rows are older than that when they come
    broker.topic("bad", 1, &[("message.timestamp.before.max.ms", "1")]);
    let bench = Bench::new();
    let page = |n: usize| {
        let query = format!("e=pv&p=web&tv=t&url=http%3A%2F%2Fshop.example%2F{n}");
        sample::request("/i", Some(&query), None)
    };
    let good: Vec<Vec<u8>> = (0..300).map(page).collect();
    broker.produce("raw", good.iter().map(|record| Some(record.as_slice())));
    let conf = "output.bad.producerConf { \"delivery.timeout.ms\" = \"1000\" }\n                output.bad.backoffPolicy { minBackoff = 100ms, maxBackoff = 1s, maxRetries = 4 }";
    let text = config(&broker, conf);
    let mut worker = Worker::start(&bench, "worker", &text);
    until("the good are committed", Duration::from_secs(180), || {
        broker.committed("enrich", "raw", 1) == 300
    });
    // the tombstone is the first that makes a bad row
    broker.produce("raw", [None]);
    let status = worker.wait(Duration::from_secs(180));
    let log = worker.log();
    assert_eq!(status.code(), Some(1), "{log}");
    assert_eq!(
        log.matches("rows came back and are tried again").count(),
        4,
        "{log}"
    );
    assert!(
        log.contains("rows for topic bad could not be written"),
        "{log}"
    );
    assert_eq!(broker.committed("enrich", "raw", 1), 300);

    broker.alter("bad", "message.timestamp.before.max.ms", "3600000");
    let mut worker = Worker::start(&bench, "worker", &text);
    until("the rest is committed", Duration::from_secs(180), || {
        broker.committed("enrich", "raw", 1) == 301
    });
    worker.stop();
    assert_eq!((broker.count("good"), broker.count("bad")), (300, 1));
}

#[test]
fn a_topic_to_write_that_is_not_there_ends_the_start_and_one_to_read_is_waited_for() {
    if skipped() {
        return;
    }
    let broker = Broker::start();
    broker.topic("good", 1, &[]);
    broker.topic("bad", 1, &[]);
    let bench = Bench::new();
    let text = config(&broker, "");
    let mut worker = Worker::start(&bench, "first", &text);
    let status = worker.wait(Duration::from_secs(150));
    let log = worker.log();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(
        log.contains("output.pii: topic pii at 127.0.0.1")
            && log.contains("Unknown topic or partition"),
        "{log}"
    );
    assert!(log.matches("cannot be written yet").count() < 20, "{log}");

    broker.topic("pii", 1, &[]);
    let mut worker = Worker::start(&bench, "second", &text);
    until("the missing topic is told", Duration::from_secs(60), || {
        assert!(worker.ended().is_none(), "{}", worker.log());
        worker
            .log()
            .contains("raw: Broker: Unknown topic or partition")
    });
    broker.topic("raw", 2, &[]);
    let records: Vec<Vec<u8>> = sample::payloads(1).take(50).collect();
    broker.produce("raw", records.iter().map(|record| Some(record.as_slice())));
    until("the topic is read", Duration::from_secs(120), || {
        assert!(worker.ended().is_none(), "{}", worker.log());
        broker.committed("enrich", "raw", 2) == 50
    });
    // one complaint each while it was not there, not one each moment
    assert!(
        worker.log().matches("Unknown topic").count() < 20,
        "{}",
        worker.log()
    );
    worker.stop();
}

#[test]
fn a_transaction_that_cannot_be_written_commits_nothing_and_all_of_it_is_tried_again() {
    if skipped() {
        return;
    }
    let broker = Broker::start();
    broker.topic("raw", 2, &[]);
    broker.topic("good", 1, &[("max.message.bytes", "20000")]);
    broker.topic("pii", 1, &[]);
    broker.topic("bad", 1, &[("message.timestamp.before.max.ms", "1")]);
    let bench = Bench::new();
    let page = |n: usize, title: &str| {
        let query = format!("e=pv&p=web&tv=t&url=http%3A%2F%2Fshop.example%2F{n}&page={title}");
        sample::request("/i", Some(&query), None)
    };
    let good: Vec<Vec<u8>> = (0..300).map(|n| page(n, "t")).collect();
    let conf = ["good", "bad", "pii"]
        .map(|name| format!("output.{name}.producerConf {{ \"linger.ms\" = \"20\" }}\n"))
        .join("");
    let conf = format!("output.transactional = true\nfeatureFlags.acceptInvalid = true\n{conf}");
    let text = config(&broker, &conf);
    let mut worker = Worker::start(&bench, "worker", &text);
    broker.produce("raw", good.iter().map(|record| Some(record.as_slice())));
    until("the good are committed", Duration::from_secs(180), || {
        broker.committed("enrich", "raw", 2) == 300
    });
    broker.produce(
        "raw",
        [None, Some(page(300, &"x".repeat(60_000)).as_slice())],
    );
    // given up and tried again, or, where the brokers do not even let it be given up, the end of the run
    until("a transaction failed", Duration::from_secs(180), || {
        worker.ended().is_some() || worker.log().contains("a transaction was given up")
    });
    assert_eq!(broker.committed("enrich", "raw", 2), 300);
    broker.alter("bad", "message.timestamp.before.max.ms", "3600000");
    broker.produce("raw", good.iter().map(|record| Some(record.as_slice())));
    until("the rest is committed", Duration::from_secs(180), || {
        if let Some(status) = worker.ended() {
            assert_eq!(status.code(), Some(1), "{}", worker.log());
            worker = Worker::start(&bench, "worker", &text);
        }
        broker.committed("enrich", "raw", 2) == 602
    });
    worker.stop();
    let (good, bad) = (broker.read_committed("good"), broker.read_committed("bad"));
    assert_eq!((good.len(), bad.len()), (600, 2), "{}", worker.log());
    let large = |row: &&crate::broker::Seen| {
        String::from_utf8_lossy(&row.value).contains("/size_violation/")
    };
    assert_eq!(bad.iter().filter(large).count(), 1);
}

#[test]
fn records_of_a_megabyte_stay_within_the_budget_of_memory() {
    if skipped() {
        return;
    }
    let broker = Broker::start();
    for topic in ["raw", "good", "bad", "pii"] {
        broker.topic(topic, 2, &[("max.message.bytes", "2000000")]);
    }
    let bench = Bench::new();
    // as a collector takes it: a body near the limit of a message, which ends as a bad row
    let body = format!("{{\"x\":\"{}\"}}", "y".repeat(1_000_000));
    let record = sample::request("/com.snowplowanalytics.snowplow/tp2", None, Some(&body));
    let records = 150;
    for _ in 0..records / 10 {
        broker.produce("raw", (0..10).map(|_| Some(record.as_slice())));
    }
    let small: Vec<Vec<u8>> = sample::payloads(9).take(500).collect();
    broker.produce("raw", small.iter().map(|record| Some(record.as_slice())));
    let mut worker = Worker::start(
        &bench,
        "worker",
        &config(&broker, "processing.memoryBudget = 16 MiB"),
    );
    until("all is committed", Duration::from_secs(120), || {
        assert!(worker.ended().is_none(), "{}", worker.log());
        broker.committed("enrich", "raw", 2) == records + 500
    });
    let peak = worker.peak_memory();
    eprintln!("{records} records of 1 MB: {} MiB at most", peak >> 20);
    worker.stop();
    assert!(peak < 150 << 20, "{} MiB", peak >> 20);
    assert!(broker.count("bad") >= records);
}

#[test]
fn a_wrong_configuration_ends_with_code_2_and_says_where() {
    let bench = Bench::new();
    let text = "input { topicName = raw, bootstrapServers = \"127.0.0.1:1\", consumerConf { \"bogus.name\" = x } }\n\
                output { good { file = g }, bad { file = b, maxBytes = many } }";
    let mut worker = Worker::start(&bench, "worker", text);
    assert_eq!(worker.wait(Duration::from_secs(120)).code(), Some(2));
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
        worker.wait(Duration::from_secs(120)).code(),
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
        again.wait(Duration::from_secs(120)).code(),
        Some(1),
        "{}",
        again.log()
    );
}
