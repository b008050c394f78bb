//! Every documented metric that a run tells, seen with a value.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;
use snowmelt::telemetry::names::{self, ALL, Kind, Metric};

use crate::run::{Run, event};
use crate::tools::{ask, json as get, skipped, until};
use snowmelt::sample;

/// Not told by any source, sink or adapter yet, see `docs/metrics.md`. To be taken off this list one by one.
const ELSEWHERE: [&Metric; 8] = [
    &names::SINK_RETRIES,
    &names::LAG_RECORDS,
    &names::LAG_SECONDS,
    &names::PARTITIONS,
    &names::PARTITIONS_GAINED,
    &names::PARTITIONS_LOST,
    &names::COMMITS,
    &names::REMOTE_ADAPTERS,
];

/// The largest value of each series name.
fn values(text: &str) -> BTreeMap<String, f64> {
    let mut values = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((series, value)) = line.rsplit_once(' ') else {
            continue;
        };
        let name = series.split('{').next().unwrap().to_owned();
        let value: f64 = value.parse().unwrap();
        let known = values.entry(name).or_insert(value);
        *known = value.max(*known);
    }
    values
}

fn missing(text: &str) -> Vec<&'static str> {
    let values = values(text);
    let seen = |metric: &Metric| {
        let name = match metric.kind {
            Kind::Histogram(_) => format!("{}_count", metric.name),
            Kind::Counter | Kind::Gauge => metric.name.to_owned(),
        };
        values.get(&name).is_some_and(|value| *value > 0.0)
    };
    ALL.iter()
        .filter(|metric| !ELSEWHERE.contains(metric) && !seen(metric))
        .map(|metric| metric.name)
        .collect()
}

#[test]
#[ignore = "takes a browser and promtool: make test-admin"]
fn every_metric_of_a_run_is_seen_with_a_value_and_prometheus_likes_the_text() {
    let mut records: Vec<Vec<u8>> = sample::payloads(1).take(200).collect();
    records.push(event(&json!("no number")));
    // a field that is too long
    let long = format!("e=se&p=web&tv=t&se_ca={}&se_ac=a", "x".repeat(2000));
    records.push(sample::request("/i", Some(&long), None));
    let run = Run::start(records, None);
    let metrics = || ask(run.at, "GET", "/metrics", "").1;
    assert_eq!(ask(run.at, "POST", "/schemas/purge?key=x", "").0, 400);
    std::fs::write(run.bench.path("enrichments/broken.json"), "{").unwrap();
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let mut text = metrics();
    while !missing(&text).is_empty() {
        assert!(
            std::time::Instant::now() < end,
            "never seen: {:?}\n{text}",
            missing(&text)
        );
        std::thread::sleep(std::time::Duration::from_millis(100));
        text = metrics();
    }
    assert!(text.contains("snowmelt_build_info"));
    let config = get(run.at, "/config");
    assert_eq!(config["input"]["consumerConf"]["sasl.password"], "***");
    let enrichments = get(run.at, "/enrichments");
    assert!(enrichments["enrichments"].as_array().unwrap().len() > 3);
    until("both are counted", || {
        metrics().contains("snowmelt_reloads_total{outcome=\"refused\"}")
    });
    if skipped() {
        return;
    }
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    promtool
        .stdin
        .take()
        .unwrap()
        .write_all(metrics().as_bytes())
        .unwrap();
    let told = promtool.wait_with_output().unwrap();
    let text =
        String::from_utf8_lossy(&told.stderr).into_owned() + &String::from_utf8_lossy(&told.stdout);
    assert!(told.status.success() && text.trim().is_empty(), "{text}");
}
