//! Runs the test cases inside the published rule files and compares field for field: `make yauaa-suite`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "../src/compile/yaml.rs"]
mod yaml;

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use yaml::Yaml;
use yauaa::Analyzer;

/// How many cases the rule files of 7.11.0 hold.
const CASES: i32 = 4959;

fn main() {
    let assets = std::env::args().nth(1).unwrap_or_else(|| {
        concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../.assets/yauaa/UserAgents"
        )
        .to_owned()
    });
    let start = Instant::now();
    let analyzer = Analyzer::embedded().expect("run scripts/setup-yauaa.sh, then build again");
    println!("loaded in {:.1?}", start.elapsed());
    let mut files: Vec<_> = std::fs::read_dir(assets)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let (mut equal, mut total, mut shown) = (0, 0, 0);
    let mut wrong: BTreeMap<String, usize> = BTreeMap::new();
    let mut spent = std::time::Duration::ZERO;
    for file in files {
        let document = yaml::parse(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for entry in document.get("config").map_or(&[][..], Yaml::items) {
            let Some((kind, body)) = entry.pairs().first() else {
                continue;
            };
            if kind.text() != "test" {
                continue;
            }
            let input = body.get("input").expect("a test has input");
            let headers: Vec<(&str, &str)> = input
                .pairs()
                .iter()
                .map(|(name, value)| {
                    (
                        if name.text() == "user_agent_string" {
                            "User-Agent"
                        } else {
                            name.text()
                        },
                        value.text(),
                    )
                })
                .collect();
            let expected: HashMap<&str, &str> = body
                .get("expected")
                .map_or(&[][..], Yaml::pairs)
                .iter()
                .map(|(k, v)| (k.text(), v.text()))
                .collect();
            total += 1;
            let start = Instant::now();
            let agent = analyzer.parse_headers(&headers);
            spent += start.elapsed();
            let mut differences = Vec::new();
            for (&field, &value) in &expected {
                let ours = agent.get(field).unwrap_or(default(field));
                if ours != value && field != "__SyntaxError__" {
                    differences.push(format!("{field}: expected {value:?}, got {ours:?}"));
                    *wrong.entry(field.to_owned()).or_default() += 1;
                }
            }
            for (field, value) in agent.iter() {
                if !expected.contains_key(field)
                    && !agent.is_default(field)
                    && field != "__SyntaxError__"
                {
                    differences.push(format!("{field}: not expected, got {value:?}"));
                    *wrong.entry(field.to_owned()).or_default() += 1;
                }
            }
            if differences.is_empty() {
                equal += 1;
            } else if shown < 15 {
                shown += 1;
                differences.sort();
                println!("\n{headers:?}");
                for line in differences.iter().take(10) {
                    println!("  {line}");
                }
            }
        }
    }
    for (field, count) in wrong {
        println!("{count:6} {field}");
    }
    println!(
        "{:.1} µs per agent",
        spent.as_secs_f64() * 1e6 / f64::from(total)
    );
    println!("yauaa-suite: {equal} passed, {} failed", total - equal);
    if equal != total || total != CASES {
        std::process::exit(1);
    }
}

/// What the library answers for a field it has nothing of.
fn default(field: &str) -> &'static str {
    match field {
        "RemarkablePattern" => "Nothing remarkable found",
        _ if field.contains("NameVersion") => "Unknown ??",
        _ if field.contains("Version") => "??",
        _ => "Unknown",
    }
}
