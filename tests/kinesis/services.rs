//! A Kinesis and a DynamoDB: ours, or the emulators.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, Record, ShardIteratorType};
use snowmelt::cloud::aws;
use tokio::runtime::Runtime;

use crate::fake_kinesis::kinesis::Seen;
use crate::fake_kinesis::{Fake, kinesis::Limits};
use crate::support::emulator::{self, Emulator};

/// What a worker needs in its environment.
pub const ENV: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_SECRET_ACCESS_KEY", "test"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
];

/// Whether the emulators are to be left out; says so.
pub fn skipped() -> bool {
    emulator::skipped("the emulators")
}

enum Kind {
    Fake(Fake),
    Emulators(#[expect(dead_code, reason = "they end with it")] [Emulator; 2]),
}

/// Both services, and clients to look into them.
pub struct Services {
    pub runtime: Arc<Runtime>,
    pub kinesis: aws_sdk_kinesis::Client,
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub kinesis_endpoint: String,
    pub dynamodb_endpoint: String,
    kind: Kind,
}

impl Services {
    pub fn fake() -> Services {
        Services::fake_with(Limits::default())
    }

    pub fn fake_with(limits: Limits) -> Services {
        let fake = Fake::start_with(limits);
        let endpoint = fake.endpoint();
        Services::with(Kind::Fake(fake), endpoint.clone(), endpoint)
    }

    /// Starts the emulators and waits until they answer.
    pub fn emulators() -> Services {
        let [plain, tls, table] = emulator::free_ports();
        let kinesis = Emulator::start("setup-kinesis.sh", &[plain, tls]);
        let dynamodb = Emulator::start("setup-dynamodb.sh", &[table]);
        let endpoint = |port: u16| format!("http://127.0.0.1:{port}");
        let services = Services::with(
            Kind::Emulators([kinesis, dynamodb]),
            endpoint(plain),
            endpoint(table),
        );
        emulator::wait_for_answers(|| {
            let streams = services.kinesis.list_streams().send();
            let tables = services.dynamodb.list_tables().send();
            services.run(streams).is_ok() && services.run(tables).is_ok()
        });
        services
    }

    fn with(kind: Kind, kinesis_endpoint: String, dynamodb_endpoint: String) -> Services {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let config = emulator::settings(&runtime);
        let attempt = Duration::from_secs(20);
        Services {
            kinesis: aws::kinesis(&config, Some(&kinesis_endpoint), attempt),
            dynamodb: aws::dynamodb(&config, Some(&dynamodb_endpoint), attempt),
            runtime: Arc::new(runtime),
            kinesis_endpoint,
            dynamodb_endpoint,
            kind,
        }
    }

    /// The fake; stops the test when it is not one.
    pub fn ours(&self) -> &Fake {
        match &self.kind {
            Kind::Fake(fake) => fake,
            Kind::Emulators(_) => panic!("this test is for the fake"),
        }
    }

    pub fn run<T>(&self, call: impl Future<Output = T>) -> T {
        self.runtime.block_on(call)
    }

    /// Makes a stream and waits for it.
    pub fn stream(&self, name: &str, shards: i32) {
        let make = self
            .kinesis
            .create_stream()
            .stream_name(name)
            .shard_count(shards);
        self.run(make.send()).unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        while self.open_shards(name).len() != shards as usize {
            assert!(Instant::now() < end, "stream {name} does not come");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Takes the streams and the table of [`Services::config`] away.
    pub fn clear(&self) {
        let table = self.dynamodb.delete_table().table_name("leases").send();
        self.run(table).unwrap();
        for stream in ["raw", "good", "bad", "pii"] {
            let delete = self.kinesis.delete_stream().stream_name(stream).send();
            self.run(delete).unwrap();
        }
        let is_left = || {
            let list = self.kinesis.list_streams().send();
            let left = self.run(list).unwrap();
            left.stream_names()
                .iter()
                .any(|name| name == "raw" || name == "pii")
        };
        let end = Instant::now() + Duration::from_secs(60);
        while is_left() {
            assert!(Instant::now() < end, "the streams do not go");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The ids of open shards in the order of their hashes.
    pub fn open_shards(&self, name: &str) -> Vec<String> {
        let list = self.kinesis.list_shards().stream_name(name).send();
        let listed = self.run(list);
        let mut open: Vec<(u128, String)> = listed
            .iter()
            .flat_map(|listed| listed.shards())
            .filter(|shard| {
                let sequences = shard.sequence_number_range().unwrap();
                sequences.ending_sequence_number().is_none()
            })
            .map(|shard| {
                let range = shard.hash_key_range().unwrap();
                let first = range.starting_hash_key().parse().unwrap();
                (first, shard.shard_id().to_owned())
            })
            .collect();
        open.sort();
        open.into_iter().map(|(_, id)| id).collect()
    }

    /// Puts records, each with a key.
    pub fn put(&self, stream: &str, records: impl IntoIterator<Item = (String, Vec<u8>)>) {
        if let Kind::Fake(fake) = &self.kind {
            let records: Vec<_> = records.into_iter().collect();
            let borrowed = records.iter().map(|(key, data)| (&**key, &**data));
            return fake.kinesis().put(stream, borrowed);
        }
        let entries: Vec<PutRecordsRequestEntry> = records
            .into_iter()
            .map(|(key, data)| {
                PutRecordsRequestEntry::builder()
                    .partition_key(key)
                    .data(Blob::new(data))
                    .build()
                    .unwrap()
            })
            .collect();
        for batch in entries.chunks(200) {
            let put = self.kinesis.put_records().stream_name(stream);
            let put = put.set_records(Some(batch.to_vec())).send();
            assert_eq!(self.run(put).unwrap().failed_record_count(), Some(0));
        }
    }

    /// Everything in a stream, shard by shard, in order.
    pub fn read(&self, stream: &str) -> Vec<Seen> {
        if let Kind::Fake(fake) = &self.kind {
            return fake.kinesis().read(stream);
        }
        let mut seen = Vec::new();
        self.each(stream, |shard, record| {
            seen.push(Seen {
                shard: shard.to_owned(),
                key: record.partition_key().unwrap_or_default().to_owned(),
                data: record.data().as_ref().to_vec(),
            });
        });
        seen
    }

    /// The last sequence number of each shard that has records.
    pub fn last_sequences(&self, stream: &str) -> BTreeMap<String, String> {
        if let Kind::Fake(fake) = &self.kind {
            return fake.kinesis().last_sequences(stream);
        }
        let mut last = BTreeMap::new();
        self.each(stream, |shard, record| {
            last.insert(shard.to_owned(), record.sequence_number().to_owned());
        });
        last
    }

    /// Shows all records of an emulator's stream with their shards.
    fn each(&self, stream: &str, mut show: impl FnMut(&str, &Record)) {
        let list = self.kinesis.list_shards().stream_name(stream).send();
        for shard in self.run(list).unwrap().shards() {
            let iterator = self
                .kinesis
                .get_shard_iterator()
                .stream_name(stream)
                .shard_id(shard.shard_id())
                .shard_iterator_type(ShardIteratorType::TrimHorizon)
                .send();
            let mut next = self.run(iterator).unwrap().shard_iterator;
            while let Some(iterator) = next {
                let get = self.kinesis.get_records().shard_iterator(iterator);
                let answer = self.run(get.send()).unwrap();
                let is_over =
                    answer.records().is_empty() && answer.millis_behind_latest() == Some(0);
                for record in answer.records() {
                    show(shard.shard_id(), record);
                }
                next = answer.next_shard_iterator.filter(|_| !is_over);
            }
        }
    }

    /// Of each lease its checkpoint and its owner; none while there is no table.
    pub fn leases(&self, table: &str) -> BTreeMap<String, (String, Option<String>)> {
        let mut leases = BTreeMap::new();
        let mut from = None;
        loop {
            let scan = self
                .dynamodb
                .scan()
                .table_name(table)
                .consistent_read(true)
                .set_exclusive_start_key(from)
                .send();
            let Ok(page) = self.run(scan) else {
                return leases;
            };
            for item in page.items() {
                let text = |name: &str| item.get(name)?.as_s().ok().cloned();
                if let (Some(key), Some(checkpoint)) = (text("leaseKey"), text("checkpoint")) {
                    leases.insert(key, (checkpoint, text("leaseOwner")));
                }
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                return leases;
            }
        }
    }

    /// Whether every record of a stream is checkpointed.
    pub fn is_done(&self, table: &str, stream: &str) -> bool {
        let leases = self.leases(table);
        let last = self.last_sequences(stream);
        last.iter().all(|(shard, number)| {
            leases
                .get(shard)
                .is_some_and(|(checkpoint, _)| checkpoint == number || checkpoint == "SHARD_END")
        })
    }

    /// A configuration for the streams raw, good, bad and pii.
    pub fn config(&self, worker: &str, more: &str) -> String {
        let (kinesis, dynamodb) = (&self.kinesis_endpoint, &self.dynamodb_endpoint);
        let stream = |name: &str| {
            format!("{{ type = Kinesis, streamName = {name}, customEndpoint = \"{kinesis}\" }}")
        };
        format!(
            "input {}\n\
             input {{ appName = leases, dynamodbCustomEndpoint = \"{dynamodb}\", workerIdentifier = {worker} }}\n\
             output {{ good {}, bad {}, pii {} }}\n\
             processing.drainTimeout = 20s\n{more}\n",
            stream("raw"),
            stream("good"),
            stream("bad"),
            stream("pii"),
        )
    }
}
