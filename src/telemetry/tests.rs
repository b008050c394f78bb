use std::net::UdpSocket;
use std::sync::atomic::AtomicBool;

use super::report::{Deltas, Reports, Statsd};
use super::tally::{TIMED, Written};
use super::*;

fn telemetry() -> Arc<Telemetry> {
    Telemetry::new(Options {
        tags: vec![("env".to_owned(), "test \"1\"".to_owned())],
        clock: Clock::Fixed(100_000),
        ..Options::default()
    })
}

fn line(text: &str, start: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.starts_with(start))?;
    line.rsplit(' ').next()?.parse().ok()
}

fn pass(telemetry: &Arc<Telemetry>, tally: &Tally) {
    let mut passage = telemetry.received(3, 300);
    passage.hand_over();
    let written = Written {
        good: 2,
        good_bytes: 50,
        pii: 1,
        bad: [("schema_violations", 1)].into(),
    };
    passage.written(tally, &written);
}

#[test]
fn what_a_batch_adds_up_to_is_told_once_it_is_durable() {
    let telemetry = telemetry();
    let mut tally = Tally::default();
    tally.record(99_000);
    tally.record(40_000);
    tally.record(99_500);
    pass(&telemetry, &tally);
    let text = telemetry.render();
    let tag = "env=\"test \\\"1\\\"\"";
    for (start, value) in [
        (format!("snowmelt_raw_total{{{tag}}}"), 3.0),
        (format!("snowmelt_raw_bytes_total{{{tag}}}"), 300.0),
        (format!("snowmelt_good_total{{{tag}}}"), 2.0),
        (format!("snowmelt_pii_total{{{tag}}}"), 1.0),
        (
            format!("snowmelt_bad_total{{{tag},type=\"schema_violations\"}}"),
            1.0,
        ),
        (format!("snowmelt_latency_seconds{{{tag}}}"), 1.0),
        (format!("snowmelt_e2e_latency_seconds_count{{{tag}}}"), 3.0),
        (
            format!("snowmelt_e2e_latency_seconds_bucket{{{tag},le=\"1\"}}"),
            2.0,
        ),
        (format!("snowmelt_sink_seconds_count{{{tag}}}"), 1.0),
    ] {
        assert_eq!(line(&text, &start), Some(value), "{start}\n{text}");
    }
}

#[test]
fn statsd_gets_what_the_reference_sends_and_then_more() {
    let telemetry = telemetry();
    let mut deltas = Deltas::new(0, true);
    let names =
        |list: &[(&'static str, u64)]| list.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let first = deltas.take(&telemetry);
    assert_eq!(
        names(&first),
        [
            "raw",
            "good",
            "bad",
            "invalid_enriched",
            "remote_adapters_success",
            "remote_adapters_failure",
            "remote_adapters_timeout",
            "good_bytes"
        ],
        "zeros are told, a latency only when there is one"
    );
    let mut tally = Tally::default();
    tally.record(99_000);
    tally.record(40_000);
    tally.invalid_enriched = 4;
    telemetry.enriched(&mut tally, 3, Duration::ZERO);
    pass(&telemetry, &tally);
    telemetry.remote_adapter(Remote::Timeout, Duration::from_secs(1));
    let expected = [
        ("raw", 3),
        ("good", 2),
        ("bad", 1),
        ("invalid_enriched", 4),
        ("latency", 1000),
        ("remote_adapters_success", 0),
        ("remote_adapters_failure", 0),
        ("remote_adapters_timeout", 1),
        ("good_bytes", 50),
        ("e2e_latency_millis", 60_000),
    ];
    assert_eq!(deltas.take(&telemetry), expected);
    let zeros = deltas.take(&telemetry);
    assert_eq!(zeros.len(), 8);
    assert!(zeros.iter().all(|(_, value)| *value == 0));
    let other = Deltas::new(1, false).take(&telemetry);
    assert_eq!(other.len(), 7, "another reporter has registers of its own");
}

#[test]
fn datagrams_are_those_of_the_reference() {
    let datagram = report::datagram;
    let tags = [
        ("a".to_owned(), "1".to_owned()),
        ("b".to_owned(), "x".to_owned()),
    ];
    assert_eq!(
        datagram("snowplow.enrich", "raw", 42, &tags),
        "snowplow.enrich.raw:42|c|#a:1,b:x"
    );
    assert_eq!(datagram("p.", "latency", 7, &[]), "p.latency:7|g|#");
    assert_eq!(datagram("", "good", 0, &[]), "good:0|c|#");
}

#[test]
fn the_reporter_sends_each_metric_in_a_datagram_of_its_own_and_once_more_at_the_end() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let telemetry = telemetry();
    pass(&telemetry, &Tally::default());
    let stopped = Arc::new(AtomicBool::new(true));
    let reports = Reports {
        statsd: Some(Statsd {
            hostname: "localhost".to_owned(),
            port: socket.local_addr().unwrap().port(),
            period: Duration::from_secs(3600),
            tags: Vec::new(),
            prefix: "p".to_owned(),
        }),
        ..Reports::default()
    };
    let thread =
        report::start(&telemetry, reports, move || stopped.load(Ordering::Relaxed)).unwrap();
    let mut buffer = [0; 100];
    let seen: Vec<String> = (0..5)
        .map(|_| {
            let length = socket.recv(&mut buffer).unwrap();
            String::from_utf8(buffer[..length].to_vec()).unwrap()
        })
        .collect();
    assert_eq!(
        seen,
        [
            "p.raw:3|c|#",
            "p.good:2|c|#",
            "p.bad:1|c|#",
            "p.invalid_enriched:0|c|#",
            "p.good_bytes:50|c|#"
        ]
    );
    thread.join().unwrap();
}

#[test]
fn schemas_beyond_the_first_and_made_up_ones_are_told_as_others() {
    let telemetry = telemetry();
    let mut tally = Tally::default();
    for n in 0..100 {
        tally.schema(&format!("made.up/{n:03}/jsonschema/1-0-0"), false);
        tally.schema(&format!("known/{n:03}/jsonschema/1-0-0"), true);
    }
    telemetry.enriched(&mut tally, 1, Duration::ZERO);
    let text = telemetry.render();
    let series = |start: &str| {
        text.lines()
            .filter(|line| {
                line.starts_with("snowmelt_bad_by_schema_total{") && line.contains(start)
            })
            .count()
    };
    assert_eq!(series("schema=\""), NAMED_SCHEMAS + 1);
    assert!(series("schema=\"made.up/") <= NAMED_UNKNOWN);
    let other = "snowmelt_bad_by_schema_total{env=\"test \\\"1\\\"\",schema=\"other\"}";
    assert_eq!(line(&text, other), Some(150.0));
}

#[test]
fn partitions_are_told_only_while_they_are_here() {
    let telemetry = telemetry();
    telemetry.gained(["0".to_owned(), "1".to_owned()]);
    telemetry.partitions().lag_records("0", 12);
    telemetry.partitions().lag_millis("1", 1500);
    telemetry.partitions().lag_records("7", 1);
    let text = telemetry.render();
    assert!(text.contains("partition=\"0\"} 12"), "{text}");
    assert!(text.contains("partition=\"1\"} 1.5"), "{text}");
    assert!(!text.contains("partition=\"7\""));
    telemetry.lost(["0".to_owned()]);
    let text = telemetry.render();
    assert!(!text.contains("partition=\"0\""), "{text}");
    assert_eq!(line(&text, "snowmelt_partitions{"), Some(1.0));
    assert_eq!(line(&text, "snowmelt_partitions_lost_total{"), Some(1.0));
}

#[test]
fn the_page_gets_what_went_wrong_and_never_the_payload() {
    let telemetry = telemetry();
    let row = br#"{"schema":"s","data":{"processor":{},"failure":{"timestamp":"t","messages":[{"error":"no"}]},"payload":{"password":"x"}}}"#;
    telemetry.refused("schema_violations", row);
    assert_eq!(
        telemetry.recent(),
        [Refused {
            at: 100_000,
            kind: "schema_violations",
            reason: "{\"timestamp\":\"t\",\"messages\":[{\"error\":\"no\"}]}".to_owned()
        }]
    );
    let long = format!("\"failure\":{{{}}},\"payload\":1", "é".repeat(5000));
    for _ in 0..2 * RECENT {
        telemetry.refused("x", long.as_bytes());
    }
    let recent = telemetry.recent();
    assert_eq!(recent.len(), RECENT);
    assert!(recent[0].reason.len() < SHOWN + 10 && recent[0].reason.ends_with('…'));
    telemetry.refused("x", b"no row");
    assert_eq!(telemetry.recent().last().unwrap().reason, "}");
}

#[test]
fn ages_of_a_large_batch_are_a_sample_and_events_are_timed_now_and_then() {
    let mut tally = Tally::default();
    (0..10_000).for_each(|n| tally.record(n));
    let timed = (0..10 * TIMED).filter(|_| tally.event()).count();
    assert_eq!(timed, 10);
    let telemetry = telemetry();
    pass(&telemetry, &tally);
    let text = telemetry.render();
    assert_eq!(
        line(&text, "snowmelt_e2e_latency_seconds_count{"),
        Some(16.0)
    );
}
