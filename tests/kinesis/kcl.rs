//! The real KCL 2.x and Snowmelt on one stream and one lease table: over, side by side, and back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, StreamStatus};

use crate::fake_kinesis::lock;
use crate::group::{Watch, id, record};
use crate::services::{ENV, Services};
use crate::stream::packed;
use crate::support::Bench;
use crate::support::worker::{Worker, until};

const PATIENCE: Duration = Duration::from_secs(180);
/// Of both kinds of workers. The KCL looks at the table every second one of these.
const FAILOVER: &str = "4000";

/// What the KCL gave its consumer: shard, sequence number, place in a packed record, and id of the event.
type Given = (String, String, u64, String);

#[derive(Default)]
struct Told {
    lines: Vec<String>,
    given: Vec<Given>,
    refused: u64,
}

/// A worker of the KCL, killed when dropped.
struct Kcl {
    name: &'static str,
    process: Child,
    told: Arc<Mutex<Told>>,
    log: PathBuf,
    marks: u64,
}

impl Kcl {
    fn start(services: &Services, bench: &Bench, name: &'static str) -> Kcl {
        let log = bench.path(&format!("{name}.log"));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/setup-kcl.sh");
        let mut process = Command::new(script)
            .args([&services.kinesis_endpoint, &services.dynamodb_endpoint])
            .args(["leases", "raw", name, FAILOVER])
            .envs(ENV)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let told: Arc<Mutex<Told>> = Arc::default();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let to = Arc::clone(&told);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut told = lock(&to);
                let words: Vec<&str> = line.split(' ').collect();
                match words[..] {
                    ["record", shard, number, sub, id] => {
                        let sub = sub.parse().unwrap();
                        told.given
                            .push((shard.into(), number.into(), sub, id.into()));
                    }
                    ["refused", ..] => told.refused += 1,
                    _ => {}
                }
                told.lines.push(line);
            }
        });
        Kcl {
            name,
            process,
            told,
            log,
            marks: 0,
        }
    }

    fn ask(&mut self, command: &str, answer: &str) {
        let stdin = self.process.stdin.as_mut().unwrap();
        writeln!(stdin, "{command}").unwrap();
        until(command, PATIENCE, || {
            lock(&self.told).lines.iter().any(|line| line == answer)
        });
    }

    /// How often it was given each event so far.
    fn given(&mut self) -> BTreeMap<String, usize> {
        // what it said before this has been read then
        self.marks += 1;
        let mark = format!("mark {}", self.marks);
        self.ask(&mark, &mark);
        counted(lock(&self.told).given.iter().map(|given| given.3.clone()))
    }

    /// The shards that it takes for its own.
    fn shards(&self) -> BTreeSet<String> {
        held(&lock(&self.told).lines, "begin ", &["lost ", "end "])
    }

    fn stop(&mut self) {
        self.ask("stop", "stopped");
        assert!(self.process.wait().unwrap().success());
    }

    fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Kcl {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let lines = lock(&self.told).lines.join("\n");
            eprintln!("{}: {lines}\n{log}", self.name);
        }
    }
}

/// The shards that were begun and not given up, by lines that name one each.
fn held<L: AsRef<str>>(lines: &[L], begin: &str, over: &[&str]) -> BTreeSet<String> {
    let mut held = BTreeSet::new();
    for line in lines.iter().map(AsRef::as_ref) {
        let Some(at) = line.find("shardId-") else {
            continue;
        };
        let shard = &line[at..at + "shardId-000000000000".len()];
        if line.contains(begin) {
            held.insert(shard.to_owned());
        } else if over.iter().any(|over| line.contains(over)) {
            held.remove(shard);
        }
    }
    held
}

fn counted(ids: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    ids.for_each(|id| *counts.entry(id).or_default() += 1);
    counts
}

/// Where a record was put, and the numbers of the events in it.
struct Put {
    events: Vec<u64>,
    shard: String,
    sequence: String,
}

/// The stream, what was put into it, and the streams of Snowmelt.
struct Proof {
    services: Services,
    out: Services,
    bench: Bench,
    puts: Vec<Put>,
    events: u64,
    watch: Watch,
}

impl Proof {
    fn new() -> Proof {
        let services = Services::emulators();
        services.stream("raw", 4);
        let out = Services::fake();
        for stream in ["good", "bad", "pii"] {
            out.stream(stream, 1);
        }
        Proof {
            services,
            out,
            bench: Bench::new(),
            puts: Vec::new(),
            events: 0,
            watch: Watch::default(),
        }
    }

    /// A worker of the KCL with a name that was never used, as Enrich gives itself.
    fn kcl(&self, name: &'static str) -> Kcl {
        Kcl::start(&self.services, &self.bench, name)
    }

    fn snowmelt(&self) -> Worker {
        let to = &self.out.kinesis_endpoint;
        let more = format!(
            "input {{ leaseDuration = {FAILOVER}ms, debounceCheckpoints = 500ms }}\n\
             output {{ good.customEndpoint = \"{to}\", bad.customEndpoint = \"{to}\", pii.customEndpoint = \"{to}\" }}"
        );
        let config = self.services.config("snowmelt", &more);
        Worker::start_with(&self.bench, "snowmelt", &config, &ENV)
    }

    /// Puts records of one event each, or one that the producer library packed; gives where in
    /// [`Proof::puts`] they are.
    fn put(&mut self, entries: Vec<(String, Vec<u8>, Vec<u64>)>) -> std::ops::Range<usize> {
        let first = self.puts.len();
        let entry = |(key, data, _): &(String, Vec<u8>, Vec<u64>)| {
            PutRecordsRequestEntry::builder()
                .partition_key(key)
                .data(Blob::new(data.clone()))
                .build()
                .unwrap()
        };
        for some in entries.chunks(100) {
            let call = self.services.kinesis.put_records().stream_name("raw");
            let call = call.set_records(Some(some.iter().map(entry).collect()));
            let answer = self.services.run(call.send()).unwrap();
            for ((_, _, events), put) in some.iter().zip(answer.records()) {
                self.puts.push(Put {
                    events: events.clone(),
                    shard: put.shard_id().unwrap().to_owned(),
                    sequence: put.sequence_number().unwrap().to_owned(),
                });
            }
        }
        first..self.puts.len()
    }

    fn numbers(&mut self, count: u64) -> std::ops::Range<u64> {
        self.events += count;
        self.events - count..self.events
    }

    fn put_some(&mut self, count: u64) -> std::ops::Range<usize> {
        let entry = |n: u64| {
            let (key, data) = record(n);
            (key, data, vec![n])
        };
        let entries = self.numbers(count).map(entry).collect();
        self.put(entries)
    }

    /// Puts ten events in one record to the shard that this key falls into.
    fn put_packed(&mut self, key: &str) -> std::ops::Range<usize> {
        let numbers: Vec<u64> = self.numbers(10).collect();
        let inner: Vec<Vec<u8>> = numbers.iter().map(|n| record(*n).1).collect();
        self.put(vec![(key.to_owned(), packed(key, &inner), numbers)])
    }

    fn leases(&self) -> BTreeMap<String, (String, Option<String>)> {
        self.services.leases("leases")
    }

    /// Who owns which shards that have not ended.
    fn owners(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (shard, (checkpoint, owner)) in self.leases() {
            if let Some(owner) = owner
                && checkpoint != "SHARD_END"
            {
                owners.entry(owner).or_default().insert(shard);
            }
        }
        owners
    }

    /// Waits until these workers own so many shards each, and nobody else any.
    fn wait_for_shares(&mut self, shares: &[(&str, usize)]) {
        until(&format!("{shares:?}"), PATIENCE, || {
            self.watch.look(&self.services);
            let owners = self.owners();
            owners.len() == shares.len()
                && shares
                    .iter()
                    .all(|(owner, count)| owners.get(*owner).is_some_and(|all| all.len() == *count))
        });
    }

    /// Waits until everything that was put is checkpointed.
    fn wait_until_done(&mut self) {
        let puts = self.puts.iter();
        let last: BTreeMap<String, String> = puts
            .map(|put| (put.shard.clone(), put.sequence.clone()))
            .collect();
        let open = self.services.open_shards("raw");
        until("all is checkpointed", PATIENCE, || {
            self.watch.look(&self.services);
            let leases = self.leases();
            last.iter().all(|(shard, sequence)| {
                match leases.get(shard).map(|(checkpoint, _)| &**checkpoint) {
                    Some("SHARD_END") => true,
                    Some(checkpoint) => checkpoint == sequence,
                    // finished and cleaned up
                    None => !open.contains(shard),
                }
            })
        });
    }

    /// How often Snowmelt wrote each event so far.
    fn written(&self) -> BTreeMap<String, usize> {
        assert!(self.out.read("bad").is_empty());
        let rows = self.out.read("good").into_iter();
        counted(rows.map(|row| {
            let text = String::from_utf8(row.data).unwrap();
            text.split('\t').nth(6).unwrap().to_owned()
        }))
    }

    /// Asserts of each event in these records how often the KCL had it and how often Snowmelt, given its
    /// shard and its place in the record.
    fn assert_each(
        &self,
        puts: std::ops::Range<usize>,
        kcl: &BTreeMap<String, usize>,
        expected: impl Fn(&Put, usize) -> [usize; 2],
    ) {
        let written = self.written();
        for put in &self.puts[puts] {
            for (place, n) in put.events.iter().enumerate() {
                let had = |seen: &BTreeMap<String, usize>| seen.get(&id(*n)).copied().unwrap_or(0);
                assert_eq!(
                    [had(kcl), had(&written)],
                    expected(put, place),
                    "event {n} of {} at {} (by the KCL, by Snowmelt)",
                    put.shard,
                    put.sequence,
                );
            }
        }
    }

    /// Waits for the end of the change before: a stream takes one at a time.
    fn wait_for_rest(&self) {
        until("the stream is at rest", PATIENCE, || {
            let asked = self.services.kinesis.describe_stream_summary();
            let told = self.services.run(asked.stream_name("raw").send()).unwrap();
            let summary = told.stream_description_summary().unwrap();
            *summary.stream_status() == StreamStatus::Active
        });
    }

    /// Splits a shard in the middle of its hashes.
    fn split(&self, shard: &str) {
        self.wait_for_rest();
        let list = self.services.kinesis.list_shards().stream_name("raw");
        let listed = self.services.run(list.send()).unwrap();
        let found = listed.shards().iter().find(|one| one.shard_id() == shard);
        let range = found.unwrap().hash_key_range().unwrap();
        let first: u128 = range.starting_hash_key().parse().unwrap();
        let last: u128 = range.ending_hash_key().parse().unwrap();
        let middle = first + (last - first) / 2;
        let split = self.services.kinesis.split_shard().stream_name("raw");
        let split = split.shard_to_split(shard);
        let split = split.new_starting_hash_key(middle.to_string());
        self.services.run(split.send()).unwrap();
    }

    fn merge(&self, one: &str, other: &str) {
        self.wait_for_rest();
        let merge = self.services.kinesis.merge_shards().stream_name("raw");
        let merge = merge.shard_to_merge(one).adjacent_shard_to_merge(other);
        self.services.run(merge.send()).unwrap();
    }

    fn wait_for_open_shards(&self, count: usize) {
        until("the shards change", PATIENCE, || {
            self.services.open_shards("raw").len() == count
        });
    }
}

/// Two of four shards for each, and what is put then goes to the owner of its shard and to nobody else.
fn share(proof: &mut Proof, kcl: &mut Kcl, snowmelt: &Worker) -> BTreeSet<String> {
    proof.wait_for_shares(&[(kcl.name, 2), ("snowmelt", 2)]);
    let owners = proof.owners();
    // who lost a lease sees it when it renews
    until("both know what is theirs", PATIENCE, || {
        let log = snowmelt.log();
        let lines: Vec<&str> = log.lines().collect();
        kcl.shards() == owners[kcl.name]
            && held(&lines, "Acquired", &["Lost", "Ended"]) == owners["snowmelt"]
    });
    let puts = proof.put_some(200);
    proof.wait_until_done();
    assert_eq!(
        proof.owners(),
        owners,
        "leases stay where they are when they are even"
    );
    let of_kcl = owners[kcl.name].clone();
    proof.assert_each(puts, &kcl.given(), |put, _| {
        if of_kcl.contains(&put.shard) {
            [1, 0]
        } else {
            [0, 1]
        }
    });
    of_kcl
}

#[test]
#[ignore = "runs the KCL in Java: make test-kcl"]
fn a_fleet_of_the_kcl_moves_over_and_back_one_worker_at_a_time() {
    let mut proof = Proof::new();
    let all = |proof: &Proof| 0..proof.puts.len();

    // a table of the KCL
    let mut first = proof.kcl("kcl-1");
    proof.wait_for_shares(&[("kcl-1", 4)]);
    let before = proof.put_some(200);
    proof.wait_until_done();
    proof.assert_each(before.clone(), &first.given(), |_, _| [1, 0]);
    eprintln!("the KCL reads its own table");

    // one of each: Snowmelt goes on where the KCL was
    let mut snowmelt = proof.snowmelt();
    let of_kcl = share(&mut proof, &mut first, &snowmelt);
    proof.assert_each(before, &first.given(), |_, _| [1, 0]);
    eprintln!("both share the stream");

    // the KCL dies with more read than checkpointed, also in the middle of a packed record
    let in_kcl = |put: &&Put| of_kcl.contains(&put.shard);
    let n = proof.puts.iter().find(in_kcl).unwrap().events[0];
    let (key, _) = record(n);
    first.ask("lag", "lags");
    let puts = proof.put_packed(&key).start..proof.put_some(100).end;
    let mut checkpointed: BTreeMap<String, String> = BTreeMap::new();
    for put in &proof.puts[puts.clone()] {
        let first = checkpointed.entry(put.shard.clone());
        first.or_insert_with(|| put.sequence.clone());
    }
    let is_done_by_kcl = |put: &Put, place: usize| {
        place == 0 && of_kcl.contains(&put.shard) && checkpointed[&put.shard] == put.sequence
    };
    until("the KCL has read all of its shards", PATIENCE, || {
        let given = first.given();
        let mut own = proof.puts[puts.clone()].iter().filter(in_kcl);
        own.all(|put| put.events.iter().all(|n| given.contains_key(&id(*n))))
            && of_kcl.iter().all(|shard| {
                let number = &checkpointed[shard];
                let leases = proof.leases();
                leases.get(shard).is_some_and(|(at, _)| at == number)
            })
    });
    let given_before = first.given();
    first.kill();
    proof.wait_for_shares(&[("snowmelt", 4)]);
    proof.wait_until_done();
    proof.assert_each(puts, &BTreeMap::new(), |put, place| {
        [0, usize::from(!is_done_by_kcl(put, place))]
    });
    assert_eq!(lock(&first.told).refused, 0);
    eprintln!("Snowmelt goes on from the checkpoints of a KCL that was killed");

    // back: a worker of the KCL joins, and shards are split and merged while both run
    let mut second = proof.kcl("kcl-2");
    let of_kcl = share(&mut proof, &mut second, &snowmelt);
    let shards = proof.services.open_shards("raw");
    let at = shards.iter().position(|shard| of_kcl.contains(shard));
    // one that the KCL has is split, and two others merged
    let at = at.unwrap();
    let pair = if at < 2 { [2, 3] } else { [0, 1] };
    proof.split(&shards[at]);
    proof.wait_for_open_shards(5);
    proof.merge(&shards[pair[0]], &shards[pair[1]]);
    proof.wait_for_open_shards(4);
    let resharded = proof.put_some(200);
    proof.wait_until_done();
    until("all shards have owners", PATIENCE, || {
        let open = proof.services.open_shards("raw");
        let owners = proof.owners();
        let owned: BTreeSet<&String> = owners.values().flatten().collect();
        open.iter().all(|shard| owned.contains(shard))
    });
    let (given, written) = (second.given(), proof.written());
    for n in proof.puts[resharded].iter().flat_map(|put| &put.events) {
        assert!(
            given.contains_key(&id(*n)) || written.contains_key(&id(*n)),
            "{n}"
        );
    }
    eprintln!("both follow splits and merges");

    // Snowmelt ends, and the KCL goes on where it was, also behind all of a packed record
    let owners = proof.owners();
    if let Some(own) = owners.get("snowmelt") {
        let put = proof.puts.iter().rev().find(|put| own.contains(&put.shard));
        if let Some(n) = put.map(|put| put.events[0]) {
            let packed = proof.put_packed(&record(n).0);
            proof.wait_until_done();
            proof.assert_each(packed, &second.given(), |_, _| [0, 1]);
        }
    }
    let given_then = second.given();
    snowmelt.stop();
    let open = proof.services.open_shards("raw").len();
    proof.wait_for_shares(&[("kcl-2", open)]);
    let puts = proof.put_some(100);
    proof.wait_until_done();
    let given = second.given();
    proof.assert_each(puts.clone(), &given, |_, _| [1, 0]);
    let new = proof.puts[puts].iter().flat_map(|put| &put.events);
    let new: BTreeSet<String> = new.map(|n| id(*n)).collect();
    for (id, count) in given.iter().filter(|(id, _)| !new.contains(*id)) {
        assert_eq!(given_then.get(id), Some(count), "{id} came again");
    }
    eprintln!("the KCL goes on from the checkpoints of Snowmelt");

    // and over for good
    let mut snowmelt = proof.snowmelt();
    // finished shards count, and may be all that it gets
    until("Snowmelt has leases again", PATIENCE, || {
        proof.watch.look(&proof.services);
        let is_its = |owner: &Option<String>| owner.as_deref() == Some("snowmelt");
        proof.leases().values().any(|(_, owner)| is_its(owner))
    });
    second.stop();
    proof.wait_for_shares(&[("snowmelt", open)]);
    let puts = proof.put_some(100);
    proof.wait_until_done();
    proof.assert_each(puts, &BTreeMap::new(), |_, _| [0, 1]);
    assert!(snowmelt.ended().is_none(), "{}", snowmelt.log());
    snowmelt.stop();

    // nothing is lost, and what came twice is not more than was under way when shards moved
    let (written, mut twice) = (proof.written(), 0);
    for put in &proof.puts[all(&proof)] {
        for n in &put.events {
            let had = |seen: &BTreeMap<String, usize>| seen.get(&id(*n)).copied().unwrap_or(0);
            let times = had(&given_before) + had(&given) + had(&written);
            assert!(times > 0, "event {n} of {} is lost", put.shard);
            twice += times - 1;
        }
    }
    eprintln!("{} events, {twice} duplicates", proof.events);
}

#[test]
#[ignore = "runs the KCL in Java: make test-kcl"]
fn the_kcl_joins_a_table_that_snowmelt_made() {
    let mut proof = Proof::new();
    let mut snowmelt = proof.snowmelt();
    proof.wait_for_shares(&[("snowmelt", 4)]);
    let before = proof.put_some(100);
    proof.wait_until_done();
    let mut kcl = proof.kcl("kcl");
    share(&mut proof, &mut kcl, &snowmelt);
    snowmelt.stop();
    proof.wait_for_shares(&[("kcl", 4)]);
    let after = proof.put_some(100);
    proof.wait_until_done();
    let given = kcl.given();
    proof.assert_each(before, &given, |_, _| [0, 1]);
    proof.assert_each(after, &given, |_, _| [1, 0]);
    assert_eq!(lock(&kcl.told).refused, 0);
}
