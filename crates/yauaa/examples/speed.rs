//! What loading, an agent and a hostile agent cost, in time and memory: `make bench`. The best of several runs of the same
//! agent is taken, so that what others run on the machine hardly counts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "common/cases.rs"]
mod cases;
#[path = "common/hostile.rs"]
mod hostile;

use std::hint::black_box;
use std::time::Instant;

use hostile::{HOSTILE, hostile};
use yauaa::Analyzer;

fn milliseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

fn resident_mib() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|t| t.parse::<f64>().ok());
    pages.unwrap_or(0.0) * 4096.0 / 1_048_576.0
}

fn main() {
    let agents = cases::agents();
    let load = || Analyzer::embedded().expect("run scripts/setup-yauaa.sh, then build again");
    let before = resident_mib();
    let mut analyzer = None;
    let took = milliseconds(|| analyzer = Some(load()));
    let analyzer = analyzer.unwrap();
    println!(
        "yauaa load               {took:8.1} ms {:8.1} MiB",
        resident_mib() - before
    );
    let mut best = vec![f64::INFINITY; agents.len()];
    for pass in 0..15 {
        for (agent, best) in agents.iter().zip(&mut best) {
            *best = best.min(milliseconds(|| drop(black_box(analyzer.parse(agent)))));
        }
        if pass == 0 || pass == 14 {
            let slowest = best.iter().copied().fold(0.0, f64::max);
            println!(
                "yauaa {:<18} {:8.1} µs {:8.1} MiB, slowest {slowest:.2} ms",
                if pass == 0 {
                    "agent, first pass"
                } else {
                    "agent, best of 15"
                },
                best.iter().sum::<f64>() * 1e3 / agents.len() as f64,
                resident_mib() - before
            );
        }
    }
    for (name, fresh) in [("built", false), ("not built", true)] {
        let mut slowest = Vec::new();
        for &parts in HOSTILE {
            let agent = hostile(parts);
            let took = (0..5)
                .map(|_| {
                    let new = fresh.then(load);
                    let analyzer = new.as_ref().unwrap_or(&analyzer);
                    milliseconds(|| drop(black_box(analyzer.parse(&agent))))
                })
                .fold(f64::INFINITY, f64::min);
            slowest.push((took, agent.chars().take(16).collect::<String>()));
        }
        slowest.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (took, agent) in slowest.iter().take(3) {
            println!("yauaa hostile, automata {name:<10} {took:5.2} ms: {agent}");
        }
    }
}
