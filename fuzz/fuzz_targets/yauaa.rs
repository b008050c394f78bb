//! Any text as an agent, what follows a line break as client hints: no panic, no agent that takes long, and the same answer
//! from an analyser that has seen other agents as from itself a second time.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use yauaa::Analyzer;

static ANALYZER: LazyLock<Analyzer> =
    LazyLock::new(|| Analyzer::embedded().expect("run scripts/setup-yauaa.sh, then build again"));

/// The most an agent may take, in nanoseconds of this thread. Twice what is asked of a release build: here every branch is counted
/// and every sum is checked.
const MOST: u64 = 10_000_000;

const HINTS: [&str; 5] = [
    "Sec-CH-UA",
    "Sec-CH-UA-Full-Version-List",
    "Sec-CH-UA-Platform",
    "Sec-CH-UA-Platform-Version",
    "Sec-CH-UA-Model",
];

/// How long this thread ran, whatever else the machine does.
fn processor_time() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ')
        .next()
        .and_then(|t| t.parse().ok())
        .unwrap_or(0)
}

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n');
    let mut headers = vec![("User-Agent", lines.next().unwrap_or(""))];
    headers.extend(HINTS.into_iter().zip(lines));
    let analyzer = &*ANALYZER;
    let start = processor_time();
    let agent = analyzer.parse_headers(&headers);
    let mut took = processor_time() - start;
    for _ in 0..2 {
        if took <= MOST {
            break;
        }
        // the first may have met a page that was not there
        let start = processor_time();
        analyzer.parse_headers(&headers);
        took = took.min(processor_time() - start);
    }
    assert!(took <= MOST, "{took} ns");
    let again = analyzer.parse_headers(&headers);
    assert!(agent.iter().eq(again.iter()), "not the same answer twice");
});
