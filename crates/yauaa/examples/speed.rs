//! What loading, an agent and a hostile agent cost, in processor time and memory: `make bench`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "../src/compile/yaml.rs"]
mod yaml;

use std::hint::black_box;

use yaml::Yaml;
use yauaa::Analyzer;

/// Texts that make long agents when they are repeated, each with what comes before and after.
const HOSTILE: &[[&str; 3]] = &[
    ["", "(", ""],
    ["Mozilla/5.0 ", "(", ""],
    ["", "(a ", ""],
    ["", "(a/1 ", ""],
    ["", "(a/1; ", ""],
    ["", "(a b/1.2 (c) ", ""],
    ["", "a(b;(c;(d ", ""],
    ["", "a=({", ""],
    ["", "a={b=(", ""],
    ["", "[", ""],
    ["", "[a (b ", ""],
    ["", "{", ""],
    ["", "(;", ""],
    ["", "-", ""],
    ["", ";", ""],
    ["", "a;", ""],
    ["", "a=b", ""],
    ["", "a=b ", ""],
    ["", "a=b;", ""],
    ["", "a:b(c)", ""],
    ["", "a/b ", ""],
    ["", "a/1/2/3/", ""],
    ["", "x/1 (y) ", ""],
    ["", "1.1,1.2,", ""],
    ["", "1 ", ""],
    ["", "a ", ""],
    ["", "a_b-c.", ""],
    ["", "\"", ""],
    ["", "\u{e9}", ""],
    ["", "http://a.nl ", ""],
    ["", "a@b.nl ", ""],
    ["", "${a} ", ""],
    ["Mozilla/5.0 (", "a; ", ")"],
    ["Mozilla/5.0 (", "a=b; ", ")"],
    ["Mozilla/5.0 (", "(a; ", ") AppleWebKit/1.0"],
    [
        "Mozilla/5.0 (Linux; ",
        "Android 4.0.3; ",
        ") AppleWebKit/534.30",
    ],
    ["Mozilla/5.0 (X11) ", "Chrome/1.2.3 Safari/4.5 ", ""],
];

fn hostile([head, piece, tail]: [&str; 3]) -> String {
    let room = 2048 - head.len() - tail.len();
    let count = room / piece.encode_utf16().count();
    format!("{head}{}{tail}", piece.repeat(count))
}

/// Nanoseconds this thread ran, whatever else the machine does.
fn processor_time() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ')
        .next()
        .and_then(|t| t.parse().ok())
        .unwrap_or(0)
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    let start = processor_time();
    work();
    (processor_time() - start) as f64 / 1e6
}

fn resident_mib() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|t| t.parse::<f64>().ok());
    pages.unwrap_or(0.0) * 4096.0 / 1_048_576.0
}

/// The agents of the test cases.
fn agents() -> Vec<String> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../.assets/yauaa/UserAgents"
    );
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("run scripts/setup-yauaa.sh")
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut agents = Vec::new();
    for file in files {
        let document = yaml::parse(&std::fs::read_to_string(file).unwrap()).unwrap();
        for entry in document.get("config").map_or(&[][..], Yaml::items) {
            let test = entry
                .pairs()
                .first()
                .filter(|(kind, _)| kind.text() == "test");
            let input = test.and_then(|(_, body)| body.get("input"));
            let agent = input.and_then(|input| input.get("user_agent_string"));
            agents.extend(agent.map(|agent| agent.text().to_owned()));
        }
    }
    agents
}

fn main() {
    let agents = agents();
    let load = || Analyzer::embedded().expect("run scripts/setup-yauaa.sh, then build again");
    let before = resident_mib();
    let mut analyzer = None;
    let took = milliseconds(|| analyzer = Some(load()));
    let analyzer = analyzer.unwrap();
    println!(
        "yauaa load               {took:8.1} ms {:8.1} MiB",
        resident_mib() - before
    );
    for name in ["first pass", "second pass", "third pass"] {
        let mut slowest = 0.0_f64;
        let mut all = 0.0;
        for agent in &agents {
            let took = milliseconds(|| drop(black_box(analyzer.parse(agent))));
            slowest = slowest.max(took);
            all += took;
        }
        println!(
            "yauaa {name:<12} agent {:8.1} µs {:8.1} MiB, slowest {slowest:.2} ms",
            all * 1e3 / agents.len() as f64,
            resident_mib() - before
        );
    }
    for (name, fresh) in [("built", false), ("not built", true)] {
        let mut slowest = (0.0, String::new());
        for &parts in HOSTILE {
            let agent = hostile(parts);
            let took = (0..3)
                .map(|_| {
                    let new = fresh.then(load);
                    let analyzer = new.as_ref().unwrap_or(&analyzer);
                    milliseconds(|| drop(black_box(analyzer.parse(&agent))))
                })
                .fold(f64::INFINITY, f64::min);
            if took > slowest.0 {
                slowest = (took, agent.chars().take(30).collect());
            }
        }
        println!(
            "yauaa hostile, automata {name:<10} slowest {:.2} ms: {}",
            slowest.0, slowest.1
        );
    }
}
