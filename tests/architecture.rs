//! Who may use whom: the table that keeps the stages of the pipeline apart, held by reading `src/`.
//!
//! A new line here is a decision: see `docs/architecture.md`.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A module of the crate, and what it may use of the others: all of a module (`event`) or one part
/// of it (`badrows::failure`). The leaves `clock`, `secret` and `telemetry` are open to all.
const MAY_USE: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("secret", &[]),
    // payloads to try the program with, which the example builds of its files alone
    ("sample", &["payload::encode"]),
    ("telemetry", &[]),
    // 1 read, 7 write: bytes, never events
    ("sources", &["checkpoint", "cloud"]),
    ("sinks", &["checkpoint", "cloud"]),
    ("checkpoint", &["cloud"]),
    ("cloud", &[]),
    ("assets", &["cloud::http"]),
    // look-ups: steps put questions on a list, which is answered beside the threads that compute
    ("remote", &["cloud"]),
    // 2 to 6: synchronous, no input or output; of `schema` they know types and the contract of checks
    ("payload", &["schema::key"]),
    (
        "adapters",
        &[
            "payload",
            "schema::key",
            "schema::check",
            "schema::self_describing",
            "badrows::failure",
            "cloud::http",
        ],
    ),
    ("schema", &["badrows::failure", "cloud::http"]),
    ("event", &["payload", "badrows::failure"]),
    (
        "enrichments",
        &[
            "event",
            "payload",
            "schema::key",
            "schema::self_describing",
            "badrows::failure",
            "assets",
            "remote",
        ],
    ),
    (
        "badrows",
        &[
            "event",
            "payload",
            "schema::key",
            "schema::error",
            "schema::self_describing",
        ],
    ),
    ("output", &["event", "badrows"]),
    // and back again
    ("recover", &["payload"]),
    // what joins them
    (
        "pipeline",
        &[
            "adapters",
            "badrows",
            "enrichments",
            "event",
            "output",
            "payload",
            "remote",
            "schema",
            "sinks",
            "sources",
            "checkpoint",
        ],
    ),
    ("config", &["schema"]),
    ("admin", &["config::monitoring"]),
    (
        "app",
        &[
            "adapters",
            "admin",
            "assets",
            "badrows",
            "config",
            "enrichments",
            "pipeline",
            "remote",
            "schema",
            // a run: from a source to sinks
            "checkpoint",
            "cloud",
            "output::labels",
            "sinks",
            "sources",
        ],
    ),
    (
        "cli",
        &[
            "admin",
            "app",
            "badrows::Processor",
            "checkpoint",
            "config",
            "pipeline",
            // what `explain` and `tail` show
            "enrichments",
            "event",
            "output::tsv",
            "payload",
            "recover",
            "schema::key",
            "sample",
            "sinks",
            "sources",
        ],
    ),
    ("main", &["cli"]),
];

const LEAVES: [&str; 3] = ["clock", "secret", "telemetry"];

/// Stages that compute only.
const PURE: [&str; 6] = [
    "payload",
    "adapters",
    "event",
    "enrichments",
    "badrows",
    "output",
];

/// What a stage that computes only has no business with.
const IMPURE: [&str; 7] = [
    "tokio::",
    "reqwest::",
    "rustls::",
    "std::fs",
    "std::process",
    "std::thread",
    "std::env",
];

/// Files of these stages that reach out all the same, behind a trait that tests replace: what
/// adapters ask of web services.
const REACHES_OUT: [&str; 1] = ["adapters/remote/post.rs"];

/// A file below `src/`: where it is and what it says, without comments and tests.
struct Source {
    path: PathBuf,
    code: String,
}

impl Source {
    /// The parts of its path below `src/`, without the ending.
    fn parts(&self) -> Vec<String> {
        self.path
            .with_extension("")
            .iter()
            .map(|part| part.to_string_lossy().into_owned())
            .collect()
    }

    fn module(&self) -> String {
        self.parts().swap_remove(0)
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let is_test = name.starts_with("test") || name.ends_with("_tests");
            if path.is_dir() {
                if !is_test {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|end| end == "rs") && !is_test && name != "lib" {
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source {
                    path: path.strip_prefix(&root).unwrap().to_owned(),
                    code: code(&text),
                });
            }
        }
    }
    assert!(
        found.len() > 20,
        "the sources are where this test looks for them"
    );
    found
}

/// A file without comments and without its tests.
fn code(text: &str) -> String {
    let text = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    text.lines()
        .map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n")
        .collect()
}

/// The paths behind every `start` in the code, one level of braces opened: `a::{b, c::D}` is `a::b`
/// and `a::c::D`.
fn paths(code: &str, start: &str) -> BTreeSet<String> {
    let name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut paths = BTreeSet::new();
    for (at, _) in code.match_indices(start) {
        if code[..at].ends_with(|c: char| name(c) || c == '$') {
            continue;
        }
        let rest = &code[at + start.len()..];
        let path = &rest[..rest.find(|c| !name(c)).unwrap_or(rest.len())];
        match rest[path.len()..].strip_prefix('{') {
            None => {
                paths.insert(path.to_owned());
            }
            Some(list) => {
                for item in list.split('}').next().unwrap_or_default().split([',', '{']) {
                    let item = item.trim().trim_start_matches("self");
                    paths.insert(format!("{path}{item}"));
                }
            }
        }
    }
    paths
}

/// A re-exported type counts as the part of the module that it lives in.
fn home(path: &str) -> &str {
    match path {
        "schema::SchemaKey" | "schema::SchemaVer" | "schema::Criterion" => "schema::key",
        "schema::ClientError" => "schema::error",
        path => path,
    }
}

#[test]
fn modules_use_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for source in sources() {
        let module = source.module();
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!(
                "{}: the module {module} is not in the table",
                source.path.display()
            ));
            continue;
        };
        for path in paths(&source.code, "crate::").iter().map(|path| home(path)) {
            let used = path.split("::").next().unwrap_or_default();
            let is_module = MAY_USE.iter().any(|(name, _)| *name == used);
            let fits =
                |allowed: &&str| path == *allowed || path.starts_with(&format!("{allowed}::"));
            if is_module && used != module && !LEAVES.contains(&used) && !allowed.iter().any(fits) {
                wrong.push(format!("{}: uses {path}", source.path.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "not allowed by the table in tests/architecture.rs:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn stages_that_compute_do_no_input_or_output() {
    let mut wrong = Vec::new();
    for source in sources()
        .iter()
        .filter(|source| PURE.contains(&&*source.module()))
        .filter(|source| {
            !REACHES_OUT
                .iter()
                .any(|file| source.path == Path::new(file))
        })
    {
        for name in IMPURE.iter().filter(|name| source.code.contains(**name)) {
            wrong.push(format!("{}: {name}", source.path.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "stages 2 to 6 compute only:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn no_enrichment_knows_another() {
    let sources = sources();
    let of_stage: Vec<(String, &Source)> = sources
        .iter()
        .filter(|source| source.module() == "enrichments")
        .filter_map(|source| Some((source.parts().get(1)?.clone(), source)))
        .collect();
    // an enrichment is what tells how it is configured; the other files are what they share
    let names: BTreeSet<&str> = of_stage
        .iter()
        .filter(|(_, source)| source.code.contains("static SPEC: Spec"))
        .map(|(name, _)| &**name)
        .collect();
    assert!(
        names.contains("referer_parser"),
        "the enrichments are where this test looks for them: {names:?}"
    );
    for (own, source) in of_stage.iter().filter(|(own, _)| names.contains(&**own)) {
        let parts = source.parts();
        let is_root = parts.last().is_some_and(|name| name == "mod");
        let start = "super::".repeat(parts.len() - 1 - usize::from(is_root));
        for start in [start.as_str(), "crate::enrichments::"] {
            for path in paths(&source.code, start) {
                let used = path.split("::").next().unwrap_or_default();
                assert!(
                    used == own || !names.contains(used),
                    "{} uses the enrichment {used}",
                    source.path.display()
                );
            }
        }
    }
}

#[test]
fn the_table_has_no_circle_among_the_stages_but_for_shared_types() {
    // whole modules only: a part such as `badrows::failure` is a set of types that both sides share
    let whole = |module: &str| {
        let row = MAY_USE.iter().find(|(name, _)| *name == module);
        row.map_or(&[][..], |(_, uses)| uses)
            .iter()
            .filter(|used| !used.contains("::"))
    };
    for (start, _) in MAY_USE {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&str> = whole(start).copied().collect();
        while let Some(module) = open.pop() {
            assert!(module != *start, "{start} reaches itself");
            if reached.insert(module) {
                open.extend(whole(module));
            }
        }
    }
}

#[test]
fn braces_and_paths_are_read() {
    let code = code(
        "use crate::event::{Event, fields};\nlet x = crate::badrows::failure::f(); // crate::cli\nuse $crate::app;",
    );
    let expected = ["badrows::failure::f", "event::Event", "event::fields"];
    assert_eq!(
        paths(&code, "crate::")
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
        expected
    );
    assert_eq!(super_paths("use super::super::other::X;"), ["other::X"]);
}

fn super_paths(code: &str) -> Vec<String> {
    paths(code, "super::super::").into_iter().collect()
}
