//! Services that are away, slow, throttled or wrong: nothing is lost, and nobody has to restart anything.

use std::cell::Cell;
use std::time::Duration;

use crate::fake_kinesis::faults::Effect;
use crate::fake_kinesis::kinesis::Limits;
use crate::fake_kinesis::proxy::{Mode, Proxy};
use crate::group::{Watch, assert_complete, record};
use crate::services::{ENV, Services};
use crate::support::Bench;
use crate::support::worker::{Worker, until};

/// How long something lasts: `make soak-kinesis` sets longer times.
fn seconds(name: &str, default: u64) -> Duration {
    let given = std::env::var(name).ok();
    Duration::from_secs(given.and_then(|text| text.parse().ok()).unwrap_or(default))
}

fn streams(services: &Services) {
    for (stream, shards) in [("raw", 4), ("good", 2), ("bad", 1), ("pii", 1)] {
        services.stream(stream, shards);
    }
}

/// Puts payloads before and while `during` runs, then waits for all to be done, and compares. `during` is given
/// what lets time pass, with payloads all the while.
fn through(
    services: &Services,
    workers: &mut [Worker],
    payloads: u64,
    during: impl FnOnce(&dyn Fn(Duration)),
) {
    let mut watch = Watch::default();
    services.put("raw", (0..payloads / 3).map(record));
    until("the first are done", Duration::from_secs(90), || {
        watch.look(services);
        services.is_done("leases", "raw")
    });
    services.put("raw", (payloads / 3..payloads / 3 * 2).map(record));
    let next = Cell::new(payloads / 3 * 2);
    let put = |count: u64| {
        let first = next.get();
        next.set((first + count).min(payloads));
        services.put("raw", (first..next.get()).map(record));
    };
    during(&|time| {
        for _ in 0..20 {
            put(payloads / 300);
            std::thread::sleep(time / 20);
        }
    });
    put(payloads);
    until("all is done", Duration::from_secs(180), || {
        watch.look(services);
        services.is_done("leases", "raw")
    });
    for worker in workers.iter_mut() {
        assert!(worker.ended().is_none(), "{}", worker.log());
        worker.stop();
    }
    let duplicates = assert_complete(services, payloads);
    eprintln!("{payloads} payloads, {duplicates} duplicates");
}

#[test]
fn a_table_that_is_away_for_longer_than_leases_last_is_waited_for() {
    let mut services = Services::fake();
    streams(&services);
    let proxy = Proxy::start(services.ours().address());
    services.dynamodb_endpoint = proxy.endpoint();
    let bench = Bench::new();
    let start = |name: &str| {
        let config = services.config(
            name,
            "input { leaseDuration = 3s, debounceCheckpoints = 500ms }",
        );
        Worker::start_with(&bench, name, &config, &ENV)
    };
    let mut workers = [start("one"), start("two")];
    through(&services, &mut workers, 1500, |pass| {
        proxy.set(Mode::Cut);
        pass(seconds("SOAK_OUTAGE", 8));
        proxy.set(Mode::Stuck);
        pass(seconds("SOAK_OUTAGE", 6));
        proxy.set(Mode::Open);
    });
    assert!(
        workers[0].log().contains("not ours any more")
            || workers[1].log().contains("not ours any more")
    );
}

#[test]
fn a_table_that_throttles_and_loses_answers_is_coped_with() {
    let services = Services::fake();
    streams(&services);
    let bench = Bench::new();
    let start = |name: &str| {
        let config = services.config(
            name,
            "input { leaseDuration = 3s, debounceCheckpoints = 500ms }",
        );
        Worker::start_with(&bench, name, &config, &ENV)
    };
    let mut workers = [start("one"), start("two")];
    through(&services, &mut workers, 1500, |pass| {
        let mut faults = services.ours().faults();
        faults.add("DynamoDB.", Effect::Throttle, 0.4);
        faults.add("DynamoDB.UpdateItem", Effect::LoseAnswer, 0.2);
        faults.add("DynamoDB.", Effect::Wait(Duration::from_millis(200)), 0.3);
        drop(faults);
        pass(seconds("SOAK_THROTTLED", 10));
        services.ours().faults().clear();
    });
}

#[test]
fn streams_that_throttle_fail_and_forget_are_coped_with() {
    let services = Services::fake_with(Limits {
        iterator_life: Duration::from_secs(2),
        ..Limits::default()
    });
    streams(&services);
    let bench = Bench::new();
    let config = services.config(
        "one",
        "input { leaseDuration = 3s, debounceCheckpoints = 500ms }",
    );
    let mut workers = [Worker::start_with(&bench, "one", &config, &ENV)];
    through(&services, &mut workers, 3000, |pass| {
        let mut faults = services.ours().faults();
        faults.set_partial(0.3);
        faults.add("Kinesis.GetRecords", Effect::Throttle, 0.2);
        faults.add("Kinesis.GetRecords", Effect::Expire, 0.1);
        faults.add("Kinesis.GetRecords", Effect::LoseAnswer, 0.1);
        faults.add("Kinesis.PutRecords", Effect::Fail, 0.2);
        // written, and nobody is told: the same rows again
        faults.add("Kinesis.PutRecords", Effect::LoseAnswer, 0.1);
        faults.add("Kinesis.", Effect::Fail, 0.1);
        faults.add("Kinesis.", Effect::Wait(Duration::from_millis(100)), 0.3);
        drop(faults);
        pass(seconds("SOAK_THROTTLED", 10));
        services.ours().faults().clear();
    });
    let counts = services.ours().counts();
    eprintln!("{counts:?}");
}

#[test]
fn streams_that_cannot_be_reached_are_waited_for() {
    let mut services = Services::fake();
    streams(&services);
    let proxy = Proxy::start(services.ours().address());
    services.kinesis_endpoint = proxy.endpoint();
    let bench = Bench::new();
    // ten tries, the default, are less than a minute: the worker would end then, and be restarted
    let patient = "{ apiCallAttemptTimeout = 2s, backoffPolicy.maxRetries = 1000 }";
    let more = format!(
        "input {{ leaseDuration = 3s, debounceCheckpoints = 500ms, apiCallAttemptTimeout = 2s }}\n\
         output {{ good {patient}, bad {patient}, pii {patient} }}"
    );
    let config = services.config("one", &more);
    let mut workers = [Worker::start_with(&bench, "one", &config, &ENV)];
    through(&services, &mut workers, 1500, |pass| {
        proxy.set(Mode::Cut);
        pass(seconds("SOAK_OUTAGE", 4));
        proxy.set(Mode::Stuck);
        pass(seconds("SOAK_OUTAGE", 4));
        proxy.set(Mode::Open);
    });
}
