//! How long a record takes from the producer to a reader of the output.

use std::thread;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use snowmelt::sample;

/// One record in so many carries the time; the others are there for the load.
const PROBES: u64 = 20;
const WARM_UP: Duration = Duration::from_secs(5);
const MEASURED: Duration = Duration::from_secs(20);
/// What the event id of a probe begins with; the microseconds since the start follow.
const MARK: &str = "00000000-0000-4000-8000-";

/// Milliseconds: median, 99th percentile, most.
pub fn measure(servers: &str, raw: &str, good: &str, records: &[Vec<u8>], rate: f64) -> [f64; 3] {
    let start = Instant::now();
    let mut times: Vec<f64> = thread::scope(|scope| {
        scope.spawn(move || produce(servers, raw, records, rate, start));
        let reader = scope.spawn(move || read(servers, good, start));
        reader.join().unwrap()
    });
    times.sort_by(f64::total_cmp);
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
    [at(0.5), at(0.99), at(1.0)]
}

fn produce(servers: &str, raw: &str, records: &[Vec<u8>], rate: f64, start: Instant) {
    let producer: ThreadedProducer<_> = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("linger.ms", "1")
        .create()
        .unwrap();
    let mut sent = 0_u64;
    while start.elapsed() < WARM_UP + MEASURED {
        let due = (start.elapsed().as_secs_f64() * rate) as u64;
        while sent < due {
            let probe;
            let record = if sent.is_multiple_of(PROBES) {
                let at = start.elapsed().as_micros();
                let query =
                    format!("e=pv&p=web&tv=t&url=http%3A%2F%2Fshop.example%2F&eid={MARK}{at:012x}");
                probe = sample::request("/i", Some(&query), None);
                &probe
            } else {
                &records[sent as usize % records.len()]
            };
            let _ = producer.send(BaseRecord::<[u8], [u8]>::to(raw).payload(record));
            sent += 1;
        }
        thread::sleep(Duration::from_millis(1));
    }
    producer.flush(Duration::from_secs(30)).unwrap();
}

fn read(servers: &str, good: &str, start: Instant) -> Vec<f64> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("group.id", "latency")
        .set("fetch.wait.max.ms", "10")
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    for partition in 0..super::PARTITIONS {
        list.add_partition_offset(good, partition, Offset::Beginning)
            .unwrap();
    }
    consumer.assign(&list).unwrap();
    let mut times = Vec::new();
    while start.elapsed() < WARM_UP + MEASURED {
        let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) else {
            continue;
        };
        let now = start.elapsed();
        let value = message.payload().unwrap_or_default();
        // in a row or in a record, wherever it stands
        let Some(at) = memchr::memmem::find(value, MARK.as_bytes()) else {
            continue;
        };
        let digits = value.get(at + MARK.len()..at + MARK.len() + 12);
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let sent = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let Some(sent) = sent
            .map(Duration::from_micros)
            .filter(|sent| *sent > WARM_UP)
        else {
            continue;
        };
        times.push((now - sent).as_secs_f64() * 1000.0);
    }
    times
}
