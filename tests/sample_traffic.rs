//! The project's own sample through the binary with the demo's configuration, which needs no server.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

mod support;

use std::collections::BTreeMap;
use std::fs;

use snowmelt::sample;
use support::{Bench, assert_success, count, rows};

#[test]
fn the_sample_is_mostly_good_and_has_every_kind_of_bad_row() {
    let bench = Bench::new();
    bench.write_records("raw", sample::payloads(1).take(2000));
    assert_success(&bench.enrich("raw", &["--by-payload", "out"]));
    let outcomes = bench.by_payload("out");
    assert_eq!(outcomes.len(), 2000);

    let good: usize = outcomes.iter().map(|outcome| count(outcome, "good")).sum();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for row in outcomes.iter().flat_map(|outcome| rows(outcome, "bad")) {
        let kind = row
            .get("schema")
            .and_then(|schema| schema.as_str())
            .unwrap()
            .split('/')
            .nth(1)
            .unwrap();
        *kinds.entry(kind.to_owned()).or_default() += 1;
    }
    let bad: usize = kinds.values().sum();
    assert!(good > 4000 && bad * 50 < good, "{good} good, {kinds:?}");
    let expected = [
        "adapter_failures",
        "collector_payload_format_violation",
        "enrichment_failures",
        "schema_violations",
        "tracker_protocol_violations",
    ];
    assert_eq!(kinds.keys().collect::<Vec<_>>(), expected, "{kinds:?}");
}

#[test]
fn events_have_131_columns_and_what_the_enrichments_add() {
    let bench = Bench::new();
    bench.write_records("raw", sample::payloads(2).take(500));
    assert_success(&bench.enrich("raw", &["--good", "good", "--bad", "bad", "--pii", "pii"]));
    let good = fs::read_to_string(bench.path("good")).unwrap();
    let rows: Vec<Vec<&str>> = good
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert!(rows.len() > 500);
    assert!(rows.iter().all(|columns| columns.len() == 131));
    let has = |column: usize, text: &str| rows.iter().any(|columns| columns[column].contains(text));
    assert!(
        has(122, "ua_parser_context"),
        "derived contexts tell the agent"
    );
    assert!(has(122, "http_cookie"), "derived contexts hold the cookie");
    assert!(has(122, "http_header"), "derived contexts hold the header");
    assert!(has(45, "Example Search"), "the referrer is known");
    assert!(has(47, "email"), "the campaign is read");
    assert!(!has(12, "@"), "user ids are hashed");
    assert!(
        rows.iter().all(|columns| columns[129].len() == 40),
        "every event has a fingerprint of SHA-1"
    );
    let pii = fs::read_to_string(bench.path("pii")).unwrap();
    assert!(
        pii.lines().count() > 500,
        "the pii stream tells what was hidden"
    );
}

#[test]
fn runs_with_a_fixed_clock_are_the_same_on_one_thread_and_on_three() {
    let bench = Bench::new();
    bench.write_records("raw", sample::payloads(5).take(600));
    for (jobs, bad, good) in [("1", "bad-1", "good-1"), ("3", "bad-3", "good-3")] {
        assert_success(&bench.enrich("raw", &["--jobs", jobs, "--good", good, "--bad", bad]));
    }
    let rows = |name: &str| fs::read_to_string(bench.path(name)).unwrap();
    assert_eq!(rows("good-1"), rows("good-3"));
    assert_eq!(rows("bad-1").lines().count(), rows("bad-3").lines().count());
}
