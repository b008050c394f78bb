//! What the tests of the binary share: sample traffic, configurations and runs.
#![allow(
    dead_code,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect and shows what a worker said; no test needs all of this"
)]

pub mod emulator;
pub mod scrape;
pub mod worker;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

// bad rows may hold JSON nested more deeply than other readers go
use lexon::Tree;

/// A folder of its own for one test, and what runs of the binary there need.
pub struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    /// A new folder with the demo's configurations.
    pub fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("enrichment-configs/demo");
        let enrichments = folder.path().join("enrichments");
        fs::create_dir(&enrichments).unwrap();
        for entry in fs::read_dir(demo.join("enrichments")).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let text = text.replace(
                "file:///path-of-the-demo-folder",
                &format!("file://{}", demo.display()),
            );
            fs::write(enrichments.join(path.file_name().unwrap()), text).unwrap();
        }
        fs::copy(
            demo.join("resolver.json"),
            folder.path().join("resolver.json"),
        )
        .unwrap();
        Bench { folder }
    }

    /// A file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes records, each behind its length in 32 bits.
    pub fn write_records(&self, name: &str, records: impl IntoIterator<Item = Vec<u8>>) {
        let mut bytes = Vec::new();
        for record in records {
            bytes.extend_from_slice(&u32::try_from(record.len()).unwrap().to_be_bytes());
            bytes.extend_from_slice(&record);
        }
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Runs `snowmelt enrich` over a file of records with more arguments; relative paths are in the folder.
    pub fn enrich(&self, input: &str, more: &[&str]) -> Output {
        self.enrich_by(Command::new(env!("CARGO_BIN_EXE_snowmelt")), input, more)
    }

    /// The same with so many seconds of CPU time; who needs more is killed.
    pub fn enrich_within(&self, seconds: u32, input: &str, more: &[&str]) -> Output {
        let mut limited = Command::new("sh");
        let run = format!("ulimit -t {seconds} && exec \"$0\" \"$@\"");
        limited.args(["-c", &run, env!("CARGO_BIN_EXE_snowmelt")]);
        self.enrich_by(limited, input, more)
    }

    fn enrich_by(&self, mut command: Command, input: &str, more: &[&str]) -> Output {
        command
            .current_dir(self.folder.path())
            .args([
                "enrich",
                "--iglu-config",
                "resolver.json",
                "--enrichments",
                "enrichments",
            ])
            .args([
                "--format",
                "length-prefixed",
                "--input",
                input,
                "--etl-tstamp",
                "2023-11-14T22:13:20Z",
            ])
            .args(more)
            .output()
            .unwrap()
    }

    /// Goes over to a resolver that finds schemas in the folder `registry` as well.
    pub fn resolve_from_folder(&self) {
        let resolver = serde_json::json!({
            "schema": "iglu:com.snowplowanalytics.iglu/resolver-config/jsonschema/1-0-1",
            "data": {"cacheSize": 100, "repositories": [
                {"name": "carried", "priority": 0, "vendorPrefixes": [], "connection": {"embedded": {"path": "/"}}},
                {"name": "files", "priority": 1, "vendorPrefixes": [], "connection": {"file": {"path": self.path("registry")}}}
            ]}
        });
        fs::write(self.path("resolver.json"), resolver.to_string()).unwrap();
    }

    /// The rows that a run wrote, one object for each record.
    pub fn by_payload(&self, name: &str) -> Vec<Tree> {
        let text = fs::read_to_string(self.path(name)).unwrap();
        text.lines()
            .map(|line| Tree::parse(line).unwrap())
            .collect()
    }
}

/// Asserts that a run ended well, showing what it said if not.
pub fn assert_success(output: &Output) {
    assert!(
        output.status.success(),
        "{:?}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The rows of a kind that an object of `by_payload` has.
pub fn rows<'t>(outcome: &'t Tree, kind: &str) -> &'t [Tree] {
    outcome.get(kind).and_then(Tree::as_array).unwrap()
}

/// How many rows of a kind an object of `by_payload` has.
pub fn count(outcome: &Tree, kind: &str) -> usize {
    rows(outcome, kind).len()
}
