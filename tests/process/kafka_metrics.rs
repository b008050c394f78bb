//! What a worker on topics tells at its admin address.

use std::net::SocketAddr;
use std::time::Duration;

use crate::broker::{Broker, skipped};
use crate::support::Bench;
use crate::support::emulator::free_ports;
use crate::support::scrape::{OF_KAFKA, Scrapes, json};
use crate::worker::{Worker, config, until};
use snowmelt::sample;

const PATIENCE: Duration = Duration::from_secs(180);

#[test]
fn lag_commits_retries_and_partitions_that_come_and_go_are_told() {
    if skipped() {
        return;
    }
    let broker = Broker::start();
    broker.topic("raw", 4, &[]);
    broker.topic("good", 1, &[]);
    broker.topic("pii", 1, &[]);
    // rows are older than that when they come
    broker.topic("bad", 1, &[("message.timestamp.before.max.ms", "1")]);
    let bench = Bench::new();
    let [port] = free_ports();
    let at = SocketAddr::from(([127, 0, 0, 1], port));
    let more = "input.consumerConf { \"statistics.interval.ms\" = \"200\" }\n\
         output.bad.producerConf { \"delivery.timeout.ms\" = \"1000\" }\n\
         output.bad.backoffPolicy { minBackoff = 100ms, maxBackoff = 500ms, maxRetries = 1000 }\n";
    let admin = |address: &str| format!("{more}admin.address = \"{address}\"\n");
    let mut worker = Worker::start(&bench, "worker", &config(&broker, &admin(&at.to_string())));
    let page = |n: usize| {
        let query = format!("e=pv&p=web&tv=t&url=http%3A%2F%2Fshop.example%2F{n}");
        sample::request("/i", Some(&query), None)
    };
    let good: Vec<Vec<u8>> = (0..100).map(page).collect();
    // the tombstone makes a bad row, which is refused until the topic takes it
    let all = good.iter().map(|record| Some(record.as_slice()));
    broker.produce("raw", all.chain([None]));
    let mut scrapes = Scrapes::of(at);
    until("one is behind and tried again", PATIENCE, || {
        let values = scrapes.look();
        let over = |name: &str, least: f64| values.get(name).is_some_and(|value| *value >= least);
        over("snowmelt_partitions", 4.0)
            && over("snowmelt_source_lag_records", 1.0)
            && over("snowmelt_sink_retries_total", 1.0)
    });
    let shards = json(at, "/shards");
    assert_eq!(shards.as_array().unwrap().len(), 4, "{shards}");

    broker.alter("bad", "message.timestamp.before.max.ms", "3600000");
    until("nothing is behind", PATIENCE, || {
        let values = scrapes.look();
        values.get("snowmelt_source_lag_records") == Some(&0.0)
            && values.get("snowmelt_source_lag_seconds") == Some(&0.0)
            && broker.committed("enrich", "raw", 4) == 101
    });
    let mut second = Worker::start(&bench, "second", &config(&broker, &admin("off")));
    until("partitions go to the second worker", PATIENCE, || {
        assert!(second.ended().is_none(), "{}", second.log());
        scrapes.look().get("snowmelt_partitions") == Some(&2.0)
    });
    until("all have had a value", PATIENCE, || {
        scrapes.look();
        scrapes.missing(&OF_KAFKA).is_empty()
    });
    assert_eq!(json(at, "/shards").as_array().unwrap().len(), 2);
    second.stop();
    worker.stop();
}
