//! Records that nobody should send: each ends as events or bad rows, none stops the program.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

mod support;

use snowmelt::sample;
use support::{Bench, assert_success, count};

/// Pseudo-random numbers for choosing what to break (xorshift).
struct Choice(u64);

impl Choice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

fn random_bytes(choice: &mut Choice) -> Vec<u8> {
    let length = choice.below(300);
    (0..length).map(|_| choice.below(256) as u8).collect()
}

fn cut(mut record: Vec<u8>, choice: &mut Choice) -> Vec<u8> {
    record.truncate(choice.below(record.len()));
    record
}

fn flip_bits(mut record: Vec<u8>, choice: &mut Choice) -> Vec<u8> {
    for _ in 0..=choice.below(8) {
        let at = choice.below(record.len());
        record[at] ^= 1 << choice.below(8);
    }
    record
}

#[test]
fn ten_thousand_broken_records_each_end_as_events_or_bad_rows() {
    let bench = Bench::new();
    let mut choice = Choice(0x5eed);
    let mut traffic = sample::payloads(3).filter(|record| !record.is_empty());
    let records: Vec<Vec<u8>> = (0..10_000)
        .map(|n| match n % 3 {
            0 => random_bytes(&mut choice),
            1 => cut(traffic.next().unwrap(), &mut choice),
            _ => flip_bits(traffic.next().unwrap(), &mut choice),
        })
        .collect();
    bench.write_records("broken", records);

    // a debug build takes some 20 s
    assert_success(&bench.enrich_within(120, "broken", &["--by-payload", "out"]));

    let outcomes = bench.by_payload("out");
    assert_eq!(outcomes.len(), 10_000);
    for (n, outcome) in outcomes.iter().enumerate() {
        assert_eq!(
            outcome.get("i").and_then(|i| i.as_i64()),
            i64::try_from(n).ok()
        );
        assert!(
            count(outcome, "good") + count(outcome, "bad") > 0,
            "record {n} left no trace"
        );
    }
}

#[test]
fn records_that_are_slow_to_read_naively_are_read_in_time() {
    let nested = |open: &str, close: &str, depth: usize| open.repeat(depth) + &close.repeat(depth);
    let mut bodies = vec![
        nested("[", "]", 50_000),
        nested("{\"a\":", "}", 50_000),
        format!(
            "{{{}\"z\":1}}",
            (0..30_000)
                .map(|n| format!("\"k{n}\":{n},"))
                .collect::<String>()
        ),
        format!(
            "[{}]",
            "{\"e\":\"pv\"},".repeat(5_000).trim_end_matches(',')
        ),
        format!("\"{}\"", "\\ud800".repeat(30_000)),
        format!("[{}]", "9".repeat(200_000)),
    ];
    for body in bodies.clone() {
        let schema = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4";
        bodies.push(format!("{{\"schema\":\"{schema}\",\"data\":{body}}}"));
    }
    let queries = [
        "e=pv&".repeat(40_000),
        "%".repeat(100_000),
        format!("e=pv&url=http://h/{}", "%2525".repeat(30_000)),
        format!("e=pv&aid={}", "+".repeat(100_000)),
        format!("e=pv&ue_pr={}", nested("[", "]", 30_000)),
        format!("e=pv&refr=http://{}", "a.".repeat(50_000)),
    ];
    let bench = Bench::new();
    let post = bodies
        .iter()
        .map(|body| sample::request("/com.snowplowanalytics.snowplow/tp2", None, Some(body)));
    let get = queries
        .iter()
        .map(|query| sample::request("/i", Some(query), None));
    bench.write_records("slow", post.chain(get));

    assert_success(&bench.enrich_within(60, "slow", &["--by-payload", "out"]));
    let outcomes = bench.by_payload("out");
    assert_eq!(outcomes.len(), bodies.len() + queries.len());
    assert!(
        outcomes
            .iter()
            .all(|outcome| count(outcome, "good") + count(outcome, "bad") > 0)
    );
}
