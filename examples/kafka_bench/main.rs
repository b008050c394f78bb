//! How fast `snowmelt run` goes from topic to topic, beside a program that only copies: the same records in, the
//! same rows out, no work. The broker is on the same machine, so the ratio says more than the rates. On a machine that
//! others use as well the CPU time tells more than the clock: that of the program and of the broker, for each event.
//!
//! `kafka_bench SNOWMELT [PAYLOADS [ROUNDS]]`, which `make bench-kafka` runs. Needs Java and Maven.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark that cannot be set up must stop"
)]

#[path = "../../tests/process/broker.rs"]
#[allow(dead_code)]
mod broker;
mod copy;
mod latency;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use broker::{Broker, Extra};
use snowmelt::sample;

/// Payloads that differ; they go round.
const DIFFERENT: usize = 5000;
const PARTITIONS: i32 = 6;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (program, payloads, rounds) = match arguments.as_slice() {
        // what this program starts itself
        ["copy", servers, from, to] => copy::run(servers, from, to, None),
        ["copy", servers, from, to, rows] => copy::run(servers, from, to, Some(Path::new(rows))),
        [program] => (program, "100000", "3"),
        [program, payloads] => (program, *payloads, "3"),
        [program, payloads, rounds] => (program, *payloads, *rounds),
        _ => {
            eprintln!("usage: kafka_bench SNOWMELT [PAYLOADS [ROUNDS]]");
            std::process::exit(2);
        }
    };
    let (payloads, rounds) = (payloads.parse().unwrap(), rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench {
        program: fs::canonicalize(program).unwrap(),
        folder: folder.path().to_owned(),
        broker: Broker::with(&Extra {
            settings: "file.delete.delay.ms=1000\n",
            ..Extra::default()
        }),
    };
    bench.prepare();
    let records: Vec<Vec<u8>> = sample::payloads(1).take(DIFFERENT).collect();
    let bytes: usize = records.iter().map(Vec::len).sum();
    println!(
        "{payloads} payloads of {} bytes, {PARTITIONS} partitions, sample traffic",
        bytes / records.len()
    );
    bench.topic("raw");
    bench.fill("raw", &records, payloads);

    let mut half = 0.0;
    for (name, enrichments) in [("minimal", "none"), ("demo", "enrichments")] {
        let (rows, events) = bench.rows(&records, enrichments);
        let (mut copied, mut enriched) = (Vec::new(), Vec::new());
        // in turn, so that what else the machine does falls on both
        for round in 0..rounds {
            copied.push(bench.copy(&format!("{name}-copy-{round}"), &rows, payloads));
            enriched.push(bench.enrich(&format!("{name}-{round}"), enrichments, payloads));
        }
        let (copied, enriched) = (middle(copied), middle(enriched));
        for (what, run) in [("copy", &copied), ("snowmelt", &enriched)] {
            println!(
                "{name:8} {what:8} {:7.0} events/s, CPU {:5.1} us/event and {:5.1} of the broker, {} MiB",
                run.rate * events,
                run.cpu / events,
                run.broker / events,
                run.memory >> 20
            );
        }
        println!(
            "{name:8} ratio {:.2} by the clock, {:.2} by CPU time",
            enriched.rate / copied.rate,
            (copied.cpu + copied.broker) / (enriched.cpu + enriched.broker)
        );
        if name == "minimal" {
            half = enriched.rate / 2.0;
        }
    }
    for (name, enrichments) in [("copy", None), ("minimal", Some("none"))] {
        let [p50, p99, most] = bench.latency(name, enrichments, &records, half);
        println!(
            "{name:8} at {half:.0} payloads/s: from producer to reader p50 {p50:.1} ms, p99 {p99:.1} ms, most {most:.1} ms"
        );
    }
}

/// What one run through a topic took.
struct Run {
    /// Payloads a second.
    rate: f64,
    /// Microseconds of CPU time a payload.
    cpu: f64,
    /// The same of the broker.
    broker: f64,
    /// Bytes at most.
    memory: u64,
}

/// The run of middling rate.
fn middle(mut runs: Vec<Run>) -> Run {
    runs.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    let middle = runs.len() / 2;
    runs.swap_remove(middle)
}

/// CPU time of a process so far, seconds.
fn cpu_seconds(id: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let (_, after) = text.rsplit_once(") ").unwrap();
    let ticks = |n: usize| after.split(' ').nth(n).unwrap().parse::<f64>().unwrap();
    // user and system, a hundredth of a second each
    (ticks(11) + ticks(12)) / 100.0
}

/// The rows of each record, good and bad, of what `enrich --by-payload` wrote.
fn read_rows(file: &Path) -> Vec<Vec<Vec<u8>>> {
    let text = fs::read_to_string(file).unwrap();
    let rows = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let of = |kind: &str| line[kind].as_array().unwrap().clone();
        let all = of("good").into_iter().chain(of("bad"));
        all.map(|row| {
            row.as_str()
                .map_or_else(|| row.to_string(), str::to_owned)
                .into_bytes()
        })
        .collect()
    };
    text.lines().map(rows).collect()
}

/// A broker, a folder and the program.
struct Bench {
    program: PathBuf,
    folder: PathBuf,
    broker: Broker,
}

/// A process that is killed when dropped.
struct Running(Child);

impl Running {
    fn peak_memory(&self) -> u64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap_or("0 kB");
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Bench {
    /// The demo's configurations, and a set without enrichments.
    fn prepare(&self) {
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("enrichment-configs/demo");
        fs::create_dir(self.folder.join("none")).unwrap();
        fs::create_dir(self.folder.join("enrichments")).unwrap();
        for entry in fs::read_dir(demo.join("enrichments")).unwrap() {
            let path = entry.unwrap().path();
            let place = format!("file://{}", demo.display());
            let text = fs::read_to_string(&path).unwrap();
            let text = text.replace("file:///path-of-the-demo-folder", &place);
            let to = self
                .folder
                .join("enrichments")
                .join(path.file_name().unwrap());
            fs::write(to, text).unwrap();
        }
        fs::copy(
            demo.join("resolver.json"),
            self.folder.join("resolver.json"),
        )
        .unwrap();
    }

    fn topic(&self, name: &str) {
        self.broker.topic(name, PARTITIONS, &[]);
    }

    /// Writes records round and round.
    fn fill(&self, topic: &str, records: &[Vec<u8>], payloads: usize) {
        let records = records.iter().cycle().take(payloads);
        self.broker
            .produce(topic, records.map(|record| Some(record.as_slice())));
    }

    /// A file with the rows of each record, and how many rows a record has.
    fn rows(&self, records: &[Vec<u8>], enrichments: &str) -> (PathBuf, f64) {
        let mut bytes = Vec::new();
        for record in records {
            bytes.extend_from_slice(&u32::try_from(record.len()).unwrap().to_be_bytes());
            bytes.extend_from_slice(record);
        }
        fs::write(self.folder.join("records"), bytes).unwrap();
        let status = Command::new(&self.program)
            .current_dir(&self.folder)
            .args(["enrich", "-r", "resolver.json", "-e", enrichments])
            .args(["--format", "length-prefixed", "--input", "records"])
            .args(["--by-payload", "rows"])
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
        let file = self.folder.join("rows");
        let rows = read_rows(&file);
        let events = rows.iter().map(Vec::len).sum::<usize>() as f64 / rows.len() as f64;
        (file, events)
    }

    fn config(&self, group: &str, raw: &str, good: &str) -> String {
        let servers = self.broker.address();
        let stream =
            |name: &str| format!("topicName = \"{name}\", bootstrapServers = \"{servers}\"");
        format!(
            "input {{ {}, consumerConf {{ \"group.id\" = \"{group}\" }} }}\noutput {{ good {{ {} }}, bad {{ {} }} }}\n",
            stream(raw),
            stream(good),
            stream(&format!("{good}-bad")),
        )
    }

    fn start(&self, name: &str, config: &str, enrichments: &str) -> Running {
        let file = self.folder.join(format!("{name}.hocon"));
        fs::write(&file, config).unwrap();
        let log = fs::File::create(self.folder.join(format!("{name}.log"))).unwrap();
        let child = Command::new(&self.program)
            .current_dir(&self.folder)
            .args(["run", "-r", "resolver.json", "-e", enrichments, "-c"])
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Running(child)
    }

    fn start_copy(&self, from: &str, to: &str, rows: Option<&Path>) -> Running {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["copy", &self.broker.address(), from, to])
            .args(rows)
            .spawn()
            .unwrap();
        Running(child)
    }

    /// Payloads through Snowmelt, and back.
    fn enrich(&self, name: &str, enrichments: &str, payloads: usize) -> Run {
        self.topic(name);
        self.topic(&format!("{name}-bad"));
        let config = self.config(name, "raw", name) + "input.debounceCommitOffsets = 100ms\n";
        self.run(name, payloads, || self.start(name, &config, enrichments))
    }

    /// The same with a copy of rows that are known before.
    fn copy(&self, name: &str, rows: &Path, payloads: usize) -> Run {
        self.topic(name);
        self.run(name, payloads, || self.start_copy("raw", name, Some(rows)))
    }

    /// Measures from the first committed payload to the last; CPU time from the start of the program on.
    fn run(&self, group: &str, payloads: usize, start: impl Fn() -> Running) -> Run {
        let broker = cpu_seconds(self.broker.process_id());
        let running = start();
        let rate = self.rate(group, payloads);
        let each = |seconds: f64| seconds * 1e6 / payloads as f64;
        let run = Run {
            rate,
            cpu: each(cpu_seconds(running.0.id())),
            broker: each(cpu_seconds(self.broker.process_id()) - broker),
            memory: running.peak_memory(),
        };
        drop(running);
        // its rows would fill a disk in some rounds
        self.broker.remove(group);
        run
    }

    fn rate(&self, group: &str, payloads: usize) -> f64 {
        let mut first: Option<(Instant, i64)> = None;
        let end = Instant::now() + Duration::from_secs(300);
        loop {
            let done = self.broker.committed(group, "raw", PARTITIONS);
            let now = Instant::now();
            assert!(now < end, "only {done} payloads were done");
            match first {
                None if done > 0 => first = Some((now, done)),
                Some((start, at_start)) if done >= payloads as i64 => {
                    return (done - at_start) as f64 / (now - start).as_secs_f64();
                }
                _ => {}
            }
            // each look is a client of its own
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Milliseconds from producer to reader at a steady rate: median, 99th percentile, most.
    fn latency(
        &self,
        name: &str,
        enrichments: Option<&str>,
        records: &[Vec<u8>],
        rate: f64,
    ) -> [f64; 3] {
        let (raw, good) = (format!("{name}-raw"), format!("{name}-out"));
        for topic in [&raw, &good, &format!("{good}-bad")] {
            self.topic(topic);
        }
        let _running = match enrichments {
            Some(enrichments) => self.start(&good, &self.config(&good, &raw, &good), enrichments),
            None => self.start_copy(&raw, &good, None),
        };
        latency::measure(&self.broker.address(), &raw, &good, records, rate)
    }
}
