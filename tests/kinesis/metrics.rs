//! What a worker on a stream tells at its admin address.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use crate::fake_kinesis::faults::Effect;
use crate::group::record;
use crate::services::{ENV, Services};
use crate::support::emulator::free_ports;
use crate::support::scrape::{OF_KINESIS, Scrapes, json};
use crate::support::worker::{Worker, until};
use crate::support::{Bench, assert_success};

const PATIENCE: Duration = Duration::from_secs(90);

#[test]
fn lag_positions_retries_and_shards_that_come_and_go_are_told() {
    let services = Services::fake();
    for (stream, shards) in [("raw", 4), ("good", 1), ("bad", 1), ("pii", 1)] {
        services.stream(stream, shards);
    }
    // a few records an answer, and answers that take their time: the tip is far for a while
    let mut faults = services.ours().faults();
    faults.set_partial(0.3);
    let slow = Effect::Wait(Duration::from_millis(100));
    faults.add("Kinesis.GetRecords", slow, 1.0);
    drop(faults);
    services.put("raw", (0..400).map(record));
    let bench = Bench::new();
    let [port] = free_ports();
    let at = SocketAddr::from(([127, 0, 0, 1], port));
    let start = |name: &str, admin: &str| {
        let more = format!(
            "input {{ leaseDuration = 3s, debounceCheckpoints = 200ms }}\n\
             input.retrievalMode {{ type = Polling, maxRecords = 5 }}\n\
             admin.address = \"{admin}\"\n"
        );
        Worker::start_with(&bench, name, &services.config(name, &more), &ENV)
    };
    let mut worker = start("one", &at.to_string());
    let mut scrapes = Scrapes::of(at);
    until("all shards are read, far behind", PATIENCE, || {
        assert!(worker.ended().is_none(), "{}", worker.log());
        let values = scrapes.look();
        values.get("snowmelt_partitions") == Some(&4.0)
            && values
                .get("snowmelt_source_lag_seconds")
                .is_some_and(|lag| *lag > 0.0)
    });
    let shards = json(at, "/shards");
    let behind = |shard: &serde_json::Value| shard["lagMillis"].as_u64().is_some();
    assert!(shards.as_array().unwrap().iter().any(behind), "{shards}");
    let mut second = start("two", "off");
    until("shards go to the second worker", PATIENCE, || {
        assert!(second.ended().is_none(), "{}", second.log());
        scrapes.look().get("snowmelt_partitions") == Some(&2.0)
    });
    until("all have had a value", PATIENCE, || {
        scrapes.look();
        scrapes.missing(&OF_KINESIS).is_empty()
    });
    services.ours().faults().clear();
    until("all is done and nothing is behind", PATIENCE, || {
        services.is_done("leases", "raw")
            && scrapes.look().get("snowmelt_source_lag_seconds") == Some(&0.0)
    });
    second.stop();
    worker.stop();

    let shown = Command::new(env!("CARGO_BIN_EXE_snowmelt"))
        .args(["tail", "kinesis://good", "--beginning", "--count", "50"])
        .args(["--endpoint", &services.kinesis_endpoint])
        .envs(ENV)
        .output()
        .unwrap();
    assert_success(&shown);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert_eq!(shown.lines().count(), 50, "{shown}");
    assert!(shown.lines().all(|line| line.contains("\"good\":{")));
}
