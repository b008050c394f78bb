//! The agents that take the most processor time, of many sorts, one after the other through one analyser, so that its
//! automata are dropped and built again and again: `make yauaa-slowest`. `slowest [FOLDER]...` adds the files of folders,
//! such as what fuzzing kept.
//!
//! All is run three times, each with an analyser of its own, and the least time of an agent counts: the same work is done
//! each time, and what else the machine does is not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "common/cases.rs"]
mod cases;
#[path = "common/hostile.rs"]
mod hostile;

use std::collections::HashSet;
use std::hint::black_box;

use hostile::{HOSTILE, hostile};
use yauaa::Analyzer;

const RUNS: usize = 3;
const MADE: usize = 6000;
/// What is asked for, in milliseconds.
const MOST: f64 = 5.0;

/// How long this thread ran, in milliseconds, whatever else the machine does.
fn processor_time() -> f64 {
    // the kernel brings the figure up to date when it switches
    std::thread::sleep(std::time::Duration::from_nanos(1));
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|t| t.parse::<f64>().ok());
    nanoseconds.unwrap_or(0.0) / 1e6
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % end.max(1)
    }
}

/// At most so many UTF-16 units of it, which is what the library looks at.
fn cut(text: &str) -> String {
    let mut units = 0;
    let letters = text.chars().take_while(|letter| {
        units += letter.len_utf16();
        units <= 2048
    });
    letters.collect()
}

/// Agents put together from pieces of hostile and of honest ones.
fn made(honest: &[String]) -> Vec<String> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let closers = [
        ")",
        "]",
        "}",
        ";)",
        " ",
        "",
        ", ",
        "/2.0 ",
        "(KHTML, like Gecko) ",
    ];
    let mut all = Vec::new();
    for _ in 0..MADE {
        let mut unit = String::new();
        for _ in 0..1 + random.below(4) {
            let [head, piece, _] = HOSTILE[random.below(HOSTILE.len())];
            match random.below(4) {
                0 => {
                    let agent = &honest[random.below(honest.len())];
                    let words: Vec<&str> = agent.split_inclusive([' ', ';', '(']).collect();
                    let from = random.below(words.len());
                    unit.extend(words[from..].iter().take(1 + random.below(5)).copied());
                }
                1 => unit.push_str(head),
                _ => unit.push_str(&piece.repeat(1 + random.below(12))),
            }
            unit.push_str(closers[random.below(closers.len())]);
        }
        let times = [1, 2, 10, 100, 2048][random.below(5)];
        let room = 2048 / unit.len().max(1) + 1;
        all.push(cut(&unit.repeat(times.min(room))));
    }
    all
}

fn main() {
    let honest = cases::agents();
    let mut agents: Vec<String> = HOSTILE.iter().map(|&parts| hostile(parts)).collect();
    agents.extend(made(&honest));
    for folder in std::env::args().skip(1) {
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        for file in files.iter().filter(|file| file.is_file()) {
            agents.push(cut(&String::from_utf8_lossy(&std::fs::read(file).unwrap())));
        }
    }
    // honest ones between them
    let honest = honest.iter().cycle().cloned();
    let mut all: Vec<String> = agents
        .into_iter()
        .zip(honest)
        .flat_map(|(odd, honest)| [odd, honest])
        .collect();
    let mut seen = HashSet::new();
    all.retain(|agent| seen.insert(agent.clone()));

    let mut best = vec![f64::INFINITY; all.len()];
    for _ in 0..RUNS {
        let analyzer = Analyzer::embedded().expect("run scripts/setup-yauaa.sh, then build again");
        for (agent, best) in all.iter().zip(&mut best) {
            let before = processor_time();
            drop(black_box(analyzer.parse(agent)));
            *best = best.min(processor_time() - before);
        }
    }
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by(|&a, &b| best[b].total_cmp(&best[a]));
    for &number in order.iter().take(8) {
        let shown: String = all[number].chars().take(50).collect();
        println!("{:6.2} ms  {:?}", best[number], shown);
    }
    let slow = best.iter().filter(|took| **took > MOST).count();
    println!(
        "yauaa slowest: {} agents, {:.0} µs on average, {slow} above {MOST} ms of processor time",
        all.len(),
        best.iter().sum::<f64>() * 1e3 / all.len() as f64,
    );
}
