//! A Kafka broker of our own on loopback, and a client to look into it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers, Message};
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};

/// Whether these tests are to be left out; says so.
pub fn skipped() -> bool {
    let skip = std::env::var_os("SNOWMELT_SKIP_BROKERS").is_some_and(|value| !value.is_empty());
    if skip {
        eprintln!("SKIPPED: SNOWMELT_SKIP_BROKERS is set, nothing was tested against Kafka");
    }
    skip
}

/// A broker that ends with its owner.
pub struct Broker {
    folder: tempfile::TempDir,
    libs: PathBuf,
    port: u16,
    /// Where clients must prove who they are, when that was asked for.
    secure_port: u16,
    process: Option<Child>,
}

/// What a broker may be asked for beside its plain port.
#[derive(Default)]
pub struct Extra<'e> {
    /// More lines for its settings, with `{port}` for the secure port.
    pub settings: &'e str,
    /// A second listener: its name, which is that of its protocol.
    pub listener: Option<&'e str>,
    /// More arguments for making its storage.
    pub format: &'e [&'e str],
}

/// A message as a consumer sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub partition: i32,
    pub key: Option<String>,
    pub value: Vec<u8>,
    pub headers: BTreeMap<String, String>,
}

fn free_ports() -> [u16; 3] {
    let sockets = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    sockets.map(|socket| socket.local_addr().unwrap().port())
}

impl Broker {
    /// Starts one and waits until it answers.
    pub fn start() -> Broker {
        Broker::with(&Extra::default())
    }

    /// As [`Broker::start`], with more than a plain port.
    pub fn with(extra: &Extra<'_>) -> Broker {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/setup-kafka.sh");
        let found = Command::new(script).output().unwrap();
        assert!(
            found.status.success(),
            "{}",
            String::from_utf8_lossy(&found.stderr)
        );
        let libs = PathBuf::from(String::from_utf8(found.stdout).unwrap().trim());
        let folder = tempfile::tempdir().unwrap();
        let [port, controller, secure_port] = free_ports();
        let data = folder.path().display();
        let (mut more, mut advertised, mut protocols) = Default::default();
        if let Some(name) = extra.listener {
            more = format!(",{name}://127.0.0.1:{secure_port}");
            advertised = more.clone();
            protocols = format!(",{name}:{name}");
        }
        let properties = format!(
            "process.roles=broker,controller\nnode.id=1\n\
             controller.quorum.voters=1@127.0.0.1:{controller}\n\
             listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}{more}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{port}{advertised}\n\
             controller.listener.names=CONTROLLER\n\
             listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT{protocols}\n\
             inter.broker.listener.name=PLAINTEXT\nlog.dirs={data}/logs\n\
             offsets.topic.replication.factor=1\noffsets.topic.num.partitions=1\n\
             transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
             transaction.state.log.num.partitions=1\n\
             share.coordinator.state.topic.replication.factor=1\n\
             share.coordinator.state.topic.min.isr=1\n\
             group.initial.rebalance.delay.ms=0\nauto.create.topics.enable=false\n\
             transaction.abort.timed.out.transaction.cleanup.interval.ms=1000\n{}",
            extra.settings
        );
        fs::write(folder.path().join("server.properties"), properties).unwrap();
        let mut broker = Broker {
            folder,
            libs,
            port,
            secure_port,
            process: None,
        };
        let format = broker
            .java("kafka.tools.StorageTool")
            .args([
                "format",
                "-t",
                "AAAAAAAAAAAAAAAAAAAAAA",
                "--ignore-formatted",
                "-c",
            ])
            .arg(broker.folder.path().join("server.properties"))
            .args(extra.format)
            .output()
            .unwrap();
        assert!(
            format.status.success(),
            "{}",
            String::from_utf8_lossy(&format.stderr)
        );
        broker.restart();
        broker
    }

    fn java(&self, class: &str) -> Command {
        let mut java = Command::new("java");
        java.args([
            "-Xmx384m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
        ]);
        java.arg(format!("{}/*", self.libs.display())).arg(class);
        java
    }

    /// Starts it on the same data and waits until it answers.
    pub fn restart(&mut self) {
        assert!(self.process.is_none());
        let log = fs::File::create(self.folder.path().join("broker.log")).unwrap();
        let mut command = self.java("kafka.Kafka");
        command.arg(self.folder.path().join("server.properties"));
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        self.process = Some(command.spawn().unwrap());
        let end = Instant::now() + Duration::from_secs(90);
        let client: BaseConsumer = self.config().create().unwrap();
        while client.fetch_metadata(None, Duration::from_secs(2)).is_err() {
            assert!(
                Instant::now() < end,
                "the broker does not answer: {}",
                self.log()
            );
        }
    }

    fn log(&self) -> String {
        let mut text = String::new();
        if let Ok(mut file) = fs::File::open(self.folder.path().join("broker.log")) {
            let _ = file.read_to_string(&mut text);
        }
        text
    }

    /// Ends it at once.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Its process.
    pub fn process_id(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Where clients must prove who they are.
    pub fn secure_address(&self) -> String {
        format!("127.0.0.1:{}", self.secure_port)
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", self.address())
            .set("log_level", "0");
        config
    }

    /// Makes a topic.
    pub fn topic(&self, name: &str, partitions: i32, settings: &[(&str, &str)]) {
        let admin: AdminClient<DefaultClientContext> = self.config().create().unwrap();
        let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        for (name, value) in settings {
            topic = topic.set(name, value);
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let made = runtime
            .block_on(admin.create_topics([&topic], &AdminOptions::new()))
            .unwrap();
        made.into_iter().for_each(|topic| drop(topic.unwrap()));
    }

    /// Takes a topic away.
    pub fn remove(&self, name: &str) {
        let admin: AdminClient<DefaultClientContext> = self.config().create().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let removed = runtime
            .block_on(admin.delete_topics(&[name], &AdminOptions::new()))
            .unwrap();
        removed.into_iter().for_each(|topic| drop(topic.unwrap()));
    }

    /// Writes values without keys (`None` is a tombstone) and waits for all.
    pub fn produce<'v>(&self, topic: &str, values: impl IntoIterator<Item = Option<&'v [u8]>>) {
        let producer: ThreadedProducer<_> = self
            .config()
            .set("linger.ms", "5")
            .set("message.max.bytes", "2000000")
            .create()
            .unwrap();
        for value in values {
            let mut record = BaseRecord::<[u8], [u8]>::to(topic);
            record.payload = value;
            loop {
                match producer.send(record) {
                    Ok(()) => break,
                    Err((_, back)) => {
                        record = back;
                        std::thread::sleep(Duration::from_millis(5));
                    }
                }
            }
        }
        producer.flush(Duration::from_secs(60)).unwrap();
    }

    /// How many messages a topic has.
    pub fn count(&self, topic: &str) -> i64 {
        let client: BaseConsumer = self.config().create().unwrap();
        self.ends(&client, topic).values().sum()
    }

    fn ends(&self, client: &BaseConsumer, topic: &str) -> BTreeMap<i32, i64> {
        let wait = Duration::from_secs(20);
        let metadata = client.fetch_metadata(Some(topic), wait).unwrap();
        let partitions = metadata.topics()[0]
            .partitions()
            .iter()
            .map(|partition| partition.id());
        partitions
            .map(|id| (id, client.fetch_watermarks(topic, id, wait).unwrap().1))
            .collect()
    }

    /// Everything that is in a topic now, also of transactions that did not go through.
    pub fn read(&self, topic: &str) -> Vec<Seen> {
        self.read_as(topic, "read_uncommitted")
    }

    /// Everything that a reader of whole transactions sees in a topic now.
    pub fn read_committed(&self, topic: &str) -> Vec<Seen> {
        self.read_as(topic, "read_committed")
    }

    fn read_as(&self, topic: &str, isolation: &str) -> Vec<Seen> {
        let mut config = self.config();
        config
            .set("group.id", "looker")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("isolation.level", isolation);
        let client: BaseConsumer = config.create().unwrap();
        let mut left = self.ends(&client, topic);
        let mut list = TopicPartitionList::new();
        for partition in left.keys() {
            list.add_partition_offset(topic, *partition, Offset::Beginning)
                .unwrap();
        }
        client.assign(&list).unwrap();
        let mut seen = Vec::new();
        let end = Instant::now() + Duration::from_secs(120);
        while !left.is_empty() {
            assert!(Instant::now() < end, "{topic} does not end");
            let message = match client.poll(Duration::from_secs(1)) {
                Some(Ok(message)) => message,
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    left.remove(&partition);
                    continue;
                }
                _ => continue,
            };
            let text = |bytes: Option<&[u8]>| {
                bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            };
            let headers = message.headers().map(|headers| {
                headers
                    .iter()
                    .map(|header| {
                        (
                            header.key.to_owned(),
                            text(header.value).unwrap_or_default(),
                        )
                    })
                    .collect()
            });
            seen.push(Seen {
                partition: message.partition(),
                key: text(message.key()),
                value: message.payload().unwrap_or_default().to_vec(),
                headers: headers.unwrap_or_default(),
            });
        }
        seen
    }

    /// How many members a group has.
    pub fn members(&self, group: &str) -> usize {
        let client: BaseConsumer = self.config().create().unwrap();
        let list = client
            .fetch_group_list(Some(group), Duration::from_secs(20))
            .unwrap();
        list.groups()
            .iter()
            .map(|group| group.members().len())
            .sum()
    }

    /// Changes a setting of a topic.
    pub fn alter(&self, topic: &str, name: &str, value: &str) {
        let admin: AdminClient<DefaultClientContext> = self.config().create().unwrap();
        let change = AlterConfig::new(ResourceSpecifier::Topic(topic)).set(name, value);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let changed = runtime
            .block_on(admin.alter_configs([&change], &AdminOptions::new()))
            .unwrap();
        changed.into_iter().for_each(|one| drop(one.unwrap()));
    }

    /// The committed positions of a group, all partitions together.
    pub fn committed(&self, group: &str, topic: &str, partitions: i32) -> i64 {
        let mut config = self.config();
        config
            .set("group.id", group)
            // also while a transaction is open
            .set("isolation.level", "read_uncommitted");
        let client: BaseConsumer = config.create().unwrap();
        let mut list = TopicPartitionList::new();
        list.add_partition_range(topic, 0, partitions - 1);
        let end = Instant::now() + Duration::from_secs(60);
        let found = loop {
            // the coordinator of a new group may take a moment
            match client.committed_offsets(list.clone(), Duration::from_secs(20)) {
                Ok(found) => break found,
                Err(error) => assert!(Instant::now() < end, "{error}"),
            }
            std::thread::sleep(Duration::from_millis(100));
        };
        found
            .elements()
            .iter()
            .filter_map(|element| element.offset().to_raw())
            .filter(|offset| *offset > 0)
            .sum()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stop();
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(20).collect();
            let _ = writeln!(std::io::stderr(), "broker: {tail:#?}");
        }
    }
}
