//! How fast a worker reads, enriches and writes Kinesis, and what its shards cost: against the fake of the
//! tests, in this process. `bench_kinesis PROGRAM [PAYLOADS [IDLE_SHARDS [IDLE_SECONDS]]]`
//!
//! Pin this process and the worker to cores of their own: see `scripts/bench-kinesis.sh`.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops at what it does not expect, and prints what it measured"
)]

#[path = "../../tests/support/fake_kinesis/mod.rs"]
mod fake_kinesis;
use snowmelt::sample;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fake_kinesis::kinesis::Limits;
use fake_kinesis::{Fake, wait_for};

const SHARDS: u32 = 8;
const LONG: Duration = Duration::from_secs(600);

struct Worker(Child);

impl Worker {
    fn start(program: &str, folder: &Path, fake: &Fake, stream: &str) -> Worker {
        let endpoint = fake.endpoint();
        let output =
            |name: &str| format!("{{ streamName = {name}, customEndpoint = \"{endpoint}\" }}");
        let config = format!(
            "input {}\ninput {{ appName = {stream}-leases, dynamodbCustomEndpoint = \"{endpoint}\" }}\n\
             output {{ good {}, bad {}, pii {} }}\n",
            output(stream),
            output("good"),
            output("bad"),
            output("pii"),
        );
        fs::write(folder.join("app.hocon"), config).unwrap();
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("enrichment-configs/demo");
        fs::copy(demo.join("resolver.json"), folder.join("resolver.json")).unwrap();
        fs::create_dir_all(folder.join("enrichments")).unwrap();
        // the words of a launcher, such as `taskset -c 1`, come before the program
        let mut words = program.split(' ');
        let child = Command::new(words.next().unwrap())
            .args(words)
            .args([
                "run",
                "--jobs",
                "1",
                "-c",
                "app.hocon",
                "-r",
                "resolver.json",
            ])
            .args(["-e", "enrichments"])
            .current_dir(folder)
            .envs([
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
                ("AWS_REGION", "eu-central-1"),
                ("AWS_EC2_METADATA_DISABLED", "true"),
                ("RUST_LOG", "warn"),
            ])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Worker(child)
    }

    /// Seconds of processor time so far, and memory in MiB.
    fn cost(&self) -> (f64, f64) {
        let read =
            |name: &str| fs::read_to_string(format!("/proc/{}/{name}", self.0.id())).unwrap();
        let stat = read("stat");
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        let ticks = |n: usize| fields[n].parse::<f64>().unwrap();
        let status = read("status");
        let resident = status.lines().find(|line| line.starts_with("VmRSS"));
        let resident = resident
            .and_then(|line| line.split_whitespace().nth(1))
            .unwrap();
        // the kernel counts in hundredths of a second for all programs
        (
            (ticks(11) + ticks(12)) / 100.0,
            resident.parse::<f64>().unwrap() / 1024.0,
        )
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let program = arguments.next().unwrap();
    let mut number = |default: u64| {
        let given = arguments.next();
        given.map_or(default, |text| text.parse().unwrap())
    };
    let (payloads, idle_shards, idle_seconds) = (number(60_000), number(200), number(60));
    let fake = Fake::start_with(Limits::default());
    let kinesis = fake.kinesis();
    for stream in ["good", "bad", "pii"] {
        kinesis.create(stream, SHARDS);
        kinesis.keep(stream, false);
    }
    kinesis.create("raw", SHARDS);
    kinesis.create("idle", idle_shards as u32);
    let records: Vec<Vec<u8>> = sample::payloads(1)
        .take(payloads.min(3000) as usize)
        .collect();
    let mut bytes = 0;
    for n in 0..payloads {
        let record = &records[n as usize % records.len()];
        bytes += record.len();
        kinesis.put("raw", [(format!("{n}").as_str(), record.as_slice())]);
    }
    let folder = std::env::temp_dir().join(format!("bench-kinesis-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();

    let worker = Worker::start(&program, &folder, &fake, "raw");
    let written = || kinesis.written("good") + kinesis.written("bad");
    wait_for("the first rows", LONG, || written() > 0);
    let (began, first, (cpu, _)) = (Instant::now(), written(), worker.cost());
    let last = kinesis.last_sequences("raw");
    let is_done = || {
        let tables = fake.tables();
        let Some(table) = tables.get("raw-leases") else {
            return false;
        };
        last.iter().all(|(shard, number)| {
            let lease = table.items.get(shard);
            lease.is_some_and(|lease| {
                fake_kinesis::dynamodb::text(lease, "checkpoint") == Some(number)
            })
        })
    };
    let (mut seen, mut at) = (first, began);
    wait_for("all to be checkpointed", LONG, || {
        if written() > seen {
            (seen, at) = (written(), Instant::now());
        }
        is_done()
    });
    let took = (at - began).as_secs_f64();
    let (cpu_after, resident) = worker.cost();
    println!(
        "Kinesis to Kinesis: {payloads} payloads ({} MB) on {SHARDS} shards gave {} rows; {:.0} rows/s over {took:.1} s, {:.1} s of processor time, {resident:.0} MiB",
        bytes / 1_000_000,
        written(),
        (written() - first) as f64 / took,
        cpu_after - cpu,
    );
    let counts = fake.counts();
    println!(
        "requests: GetRecords {}, PutRecords {} ({:.0} rows each), throttled reads {}",
        counts.get("Kinesis.GetRecords").unwrap_or(&0),
        counts.get("Kinesis.PutRecords").unwrap_or(&0),
        written() as f64 / *counts.get("Kinesis.PutRecords").unwrap_or(&1) as f64,
        counts.get("Kinesis.GetRecords throttled").unwrap_or(&0),
    );
    drop(worker);

    let worker = Worker::start(&program, &folder, &fake, "idle");
    wait_for("all shards to be owned", LONG, || {
        let tables = fake.tables();
        let table = tables.get("idle-leases");
        let owned = table.map_or(0, |table| {
            let leases = table.items.values();
            leases
                .filter(|lease| lease.contains_key("leaseOwner"))
                .count()
        });
        owned == idle_shards as usize
    });
    std::thread::sleep(Duration::from_secs(5));
    let requests = |name: &str| {
        let counts = fake.counts();
        let of_name = counts
            .iter()
            .filter(|(call, _)| call.starts_with(name) && !call.contains(' '));
        of_name.map(|(_, count)| count).sum::<u64>()
    };
    let (before, began) = (worker.cost().0, Instant::now());
    let (table, stream) = (requests("DynamoDB."), requests("Kinesis."));
    std::thread::sleep(Duration::from_secs(idle_seconds));
    let seconds = began.elapsed().as_secs_f64();
    let (after, resident) = worker.cost();
    let share = (after - before) / seconds;
    println!(
        "{idle_shards} idle shards: {:.1} % of a core, so {:.0} shards a core; {resident:.0} MiB; DynamoDB requests per lease and hour: {:.0}; Kinesis requests per shard and second: {:.2}",
        share * 100.0,
        idle_shards as f64 / share.max(1e-6),
        (requests("DynamoDB.") - table) as f64 / idle_shards as f64 / seconds * 3600.0,
        (requests("Kinesis.") - stream) as f64 / idle_shards as f64 / seconds,
    );
    drop(worker);
    let _ = fs::remove_dir_all(&folder);
}
