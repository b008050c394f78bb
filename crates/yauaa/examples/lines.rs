//! Analyses lines of headers and prints their fields as JSON, for comparison with the library:
//! each line holds names and values in base64, separated by blanks. With `--times N` the lines are
//! run that often and processor time is reported instead.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::io::{Read as _, Write as _};

use yauaa::Analyzer;

fn decode(text: &str) -> String {
    let value = |b: u8| match b {
        b'A'..=b'Z' => Some(u32::from(b - b'A')),
        b'a'..=b'z' => Some(u32::from(b - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(b - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut bits, mut count, mut out) = (0_u32, 0, Vec::new());
    for digit in text.bytes().filter_map(value) {
        bits = bits << 6 | digit;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Nanoseconds this thread ran, whatever else the machine does.
fn processor_time() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ')
        .next()
        .and_then(|t| t.parse().ok())
        .unwrap_or(0)
}

fn resident_kib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ')
        .nth(1)
        .and_then(|t| t.parse::<u64>().ok())
        .unwrap_or(0)
        * 4
}

fn main() {
    let times: usize = std::env::args()
        .skip_while(|a| a != "--times")
        .nth(1)
        .map_or(0, |n| n.parse().unwrap());
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    let lines: Vec<Vec<String>> = text
        .lines()
        .map(|line| line.split(' ').map(decode).collect())
        .collect();
    let (before, memory) = (processor_time(), resident_kib());
    let analyzer = Analyzer::embedded().expect("run scripts/setup-yauaa.sh, then build again");
    let load = processor_time() - before;
    let pairs = |line: &'_ [String]| -> Vec<(String, String)> {
        line.chunks_exact(2)
            .map(|pair| (pair[0].clone(), pair[1].clone()))
            .collect()
    };
    let cases: Vec<Vec<(String, String)>> = lines.iter().map(|line| pairs(line)).collect();
    if times > 0 {
        println!(
            "load {:.1} ms, {} KiB more resident",
            load as f64 / 1e6,
            resident_kib() - memory
        );
        let headers: Vec<Vec<(&str, &str)>> = cases
            .iter()
            .map(|case| case.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect())
            .collect();
        for pass in 0..times {
            let start = processor_time();
            for case in &headers {
                std::hint::black_box(analyzer.parse_headers(case));
            }
            let total = processor_time() - start;
            println!(
                "pass {pass}: {:.1} µs per agent, {} KiB more resident",
                total as f64 / 1e3 / headers.len() as f64,
                resident_kib() - memory
            );
        }
        // By the clock, the best of fifteen of each agent: what others run on the machine hardly counts.
        let mut best = vec![std::time::Duration::MAX; headers.len()];
        for _ in 0..15 {
            for (case, best) in headers.iter().zip(&mut best) {
                let start = std::time::Instant::now();
                std::hint::black_box(analyzer.parse_headers(case));
                *best = start.elapsed().min(*best);
            }
        }
        let all: std::time::Duration = best.iter().sum();
        println!(
            "quiet: {:.1} µs per agent",
            all.as_secs_f64() * 1e6 / headers.len() as f64
        );
        if let Some((time, case)) = best.iter().zip(&headers).max_by_key(|(time, _)| **time) {
            println!(
                "slowest {time:?}: {}",
                format!("{case:?}").chars().take(200).collect::<String>()
            );
        }
        return;
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for case in &cases {
        let headers: Vec<(&str, &str)> =
            case.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let agent = analyzer.parse_headers(&headers);
        let rows: Vec<serde_json::Value> = agent
            .iter()
            .map(|(name, value)| {
                serde_json::json!([
                    name,
                    value,
                    agent.confidence(name),
                    u8::from(agent.is_default(name))
                ])
            })
            .collect();
        writeln!(out, "{}", serde_json::Value::Array(rows)).unwrap();
    }
}
