//! Every documented metric that a run tells, seen with a value.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use serde_json::json;
use snowmelt::sample;
use snowmelt::telemetry::names::{ALL, Metric};

use crate::run::{Run, event};
use crate::support::scrape::{OF_KAFKA, OF_KINESIS, Scrapes};
use crate::tools::{ask, json as get, skipped, until};

/// A service that adapts whatever is posted to it; its address.
fn adapter() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut line, mut length) = (String::new(), 0);
            while stream.read_line(&mut line).is_ok_and(|read| read > 2) {
                let lower = line.to_ascii_lowercase();
                if let Some(told) = lower.strip_prefix("content-length:") {
                    length = told.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            let events = "{\"events\":[{\"e\":\"pv\",\"p\":\"web\",\"tv\":\"t\"}]}";
            // who stopped meanwhile does not listen any more
            if stream.read_exact(&mut body).is_ok() {
                let _ = write!(
                    stream.get_mut(),
                    "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{events}",
                    events.len()
                );
            }
        }
    });
    format!("http://{address}/")
}

#[test]
fn every_metric_of_a_run_is_seen_with_a_value_and_prometheus_likes_the_text() {
    let mut records: Vec<Vec<u8>> = sample::payloads(1).take(60).collect();
    records.push(event(&json!("no number")));
    // a field that is too long
    let long = format!("e=se&p=web&tv=t&se_ca={}&se_ac=a", "x".repeat(2000));
    records.push(sample::request("/i", Some(&long), None));
    records.push(sample::request(
        "/com.acme/v1",
        None,
        Some("{\"any\":\"thing\"}"),
    ));
    let remote = format!(
        "remoteAdapters.configs = [{{ vendor = com.acme, version = v1, url = \"{}\" }}]",
        adapter()
    );
    let run = Run::start(records, None, &remote);
    let metrics = || ask(run.at, "GET", "/metrics", "").1;
    assert_eq!(ask(run.at, "POST", "/schemas/purge?key=x", "").0, 400);
    std::fs::write(run.bench.path("enrichments/broken.json"), "{").unwrap();
    let elsewhere = |metric: &Metric| OF_KAFKA.contains(&metric) || OF_KINESIS.contains(&metric);
    let wanted: Vec<&Metric> = ALL.iter().copied().filter(|m| !elsewhere(m)).collect();
    let mut scrapes = Scrapes::of(run.at);
    let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        until("all have a value", || {
            scrapes.look();
            scrapes.missing(&wanted).is_empty()
        });
    }));
    assert!(seen.is_ok(), "never: {:?}", scrapes.missing(&wanted));
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
