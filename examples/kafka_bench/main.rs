//! How fast `snowmelt run` goes from topic to topic, beside a program that only copies: the same records in, the
//! same rows out, no work. The broker is on the same machine, so the ratio says more than the rates.
//!
//! `kafka_bench SNOWMELT [PAYLOADS]`, which `make bench-kafka` runs. Needs Java and Maven.
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
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use broker::Broker;
use snowmelt::sample;

/// Payloads that differ; they go round.
const DIFFERENT: usize = 5000;
const PARTITIONS: i32 = 6;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(program) = arguments.first() else {
        eprintln!("usage: kafka_bench SNOWMELT [PAYLOADS]");
        std::process::exit(2);
    };
    let program = fs::canonicalize(program).unwrap();
    let payloads: usize = arguments
        .get(1)
        .map_or(200_000, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench {
        program,
        folder: folder.path().to_owned(),
        broker: Broker::start(),
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

    let mut rates = Vec::new();
    for (name, enrichments) in [("minimal", "none"), ("demo", "enrichments")] {
        let rows = bench.rows(&records, enrichments);
        let copied = bench.copy(name, &rows, payloads);
        let (enriched, memory) = bench.enrich(name, enrichments, payloads);
        let events = rows.iter().map(Vec::len).sum::<usize>() as f64 / rows.len() as f64;
        println!(
            "{name:8} snowmelt {:8.0} events/s   copy {:8.0} events/s   ratio {:.2}   memory {} MiB",
            enriched * events,
            copied * events,
            enriched / copied,
            memory >> 20
        );
        rates.push((enriched, copied));
    }
    let half = rates[0].0 / 2.0;
    for (name, enrichments) in [("copy", None), ("minimal", Some("none"))] {
        let [p50, p99, most] = bench.latency(name, enrichments, &records, half);
        println!(
            "{name:8} at {half:.0} payloads/s: from producer to reader p50 {p50:.1} ms, p99 {p99:.1} ms, most {most:.1} ms"
        );
    }
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

    /// The rows of each record, good and bad.
    fn rows(&self, records: &[Vec<u8>], enrichments: &str) -> Vec<Vec<Vec<u8>>> {
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
        let text = fs::read_to_string(self.folder.join("rows")).unwrap();
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

    /// Payloads a second from the first committed to the last, and the memory at most.
    fn enrich(&self, name: &str, enrichments: &str, payloads: usize) -> (f64, u64) {
        let good = format!("{name}-good");
        self.topic(&good);
        self.topic(&format!("{good}-bad"));
        let config = self.config(&good, "raw", &good) + "input.debounceCommitOffsets = 100ms\n";
        let running = self.start(name, &config, enrichments);
        let rate = self.rate(&good, payloads);
        (rate, running.peak_memory())
    }

    /// The same with a copy of rows that are known before.
    fn copy(&self, name: &str, rows: &[Vec<Vec<u8>>], payloads: usize) -> f64 {
        let to = format!("{name}-copy");
        self.topic(&to);
        let stop = AtomicBool::new(false);
        let rows = copy::Rows::Given(rows);
        thread::scope(|scope| {
            let copying =
                scope.spawn(|| copy::run(&self.broker.address(), "raw", &to, &rows, &stop));
            let rate = self.rate(&to, payloads);
            stop.store(true, Ordering::Relaxed);
            copying.join().unwrap();
            rate
        })
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
            thread::sleep(Duration::from_millis(50));
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
        let stop = AtomicBool::new(false);
        let address = self.broker.address();
        thread::scope(|scope| {
            let running = enrichments.map(|enrichments| {
                self.start(&good, &self.config(&good, &raw, &good), enrichments)
            });
            let copying = running.is_none().then(|| {
                scope.spawn(|| copy::run(&address, &raw, &good, &copy::Rows::Same, &stop))
            });
            let times = latency::measure(&address, &raw, &good, records, rate);
            stop.store(true, Ordering::Relaxed);
            copying
                .into_iter()
                .for_each(|copying| copying.join().unwrap());
            times
        })
    }
}
