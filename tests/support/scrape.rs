//! Admin pages as a client sees them, and which metrics have a value there.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use snowmelt::telemetry::names::{self, Kind, Metric};

/// What only a run with a group of Kafka tells; `tests/process` sees it.
pub const OF_KAFKA: [&Metric; 6] = [
    &names::LAG_RECORDS,
    &names::PARTITIONS,
    &names::PARTITIONS_GAINED,
    &names::PARTITIONS_LOST,
    &names::COMMITS,
    &names::SINK_RETRIES,
];
/// What only a run on Kinesis tells; `tests/kinesis` sees it.
pub const OF_KINESIS: [&Metric; 6] = [
    &names::LAG_SECONDS,
    &names::PARTITIONS,
    &names::PARTITIONS_GAINED,
    &names::PARTITIONS_LOST,
    &names::COMMITS,
    &names::SINK_RETRIES,
];

/// Longest wait for an answer: a browser on a busy machine starts slowly.
const PATIENCE: Duration = Duration::from_secs(180);

/// Status and body of a request.
pub fn ask(at: SocketAddr, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut stream = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        let read = stream.read_line(&mut line);
        read.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        line.trim_end().to_owned()
    };
    let status = line().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<String> =
        std::iter::from_fn(|| Some(line()).filter(|line| !line.is_empty())).collect();
    let length = headers.iter().find_map(|header| {
        let (name, value) = header.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().unwrap())
    });
    // the driver of the browser says that it closes the connection, and keeps it
    let mut body = vec![0; length.unwrap()];
    stream.read_exact(&mut body).unwrap();
    (status, String::from_utf8(body).unwrap())
}

/// The JSON at a path.
pub fn json(at: SocketAddr, path: &str) -> Value {
    let (status, body) = ask(at, "GET", path, "");
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// The largest value of each series name.
pub fn values(text: &str) -> BTreeMap<String, f64> {
    let mut values = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((series, value)) = line.rsplit_once(' ') else {
            continue;
        };
        let name = series.split('{').next().unwrap().to_owned();
        let value: f64 = value.parse().unwrap();
        let known = values.entry(name).or_insert(value);
        *known = value.max(*known);
    }
    values
}

/// Metrics that had a value above zero at some look.
pub struct Scrapes {
    at: SocketAddr,
    seen: BTreeSet<String>,
}

impl Scrapes {
    /// Of the admin pages at this address.
    pub fn of(at: SocketAddr) -> Scrapes {
        Scrapes {
            at,
            seen: BTreeSet::new(),
        }
    }

    /// Looks at all metrics, once they are there.
    pub fn look(&mut self) -> BTreeMap<String, f64> {
        if TcpStream::connect(self.at).is_err() {
            return BTreeMap::new();
        }
        let (status, text) = ask(self.at, "GET", "/metrics", "");
        assert_eq!(status, 200);
        let values = values(&text);
        let seen = values.iter().filter(|(_, value)| **value > 0.0);
        self.seen.extend(seen.map(|(name, _)| name.clone()));
        values
    }

    /// Those that never had one so far.
    pub fn missing(&self, wanted: &[&Metric]) -> Vec<&'static str> {
        let has = |metric: &Metric| match metric.kind {
            Kind::Histogram(_) => self.seen.contains(&format!("{}_count", metric.name)),
            Kind::Counter | Kind::Gauge => self.seen.contains(metric.name),
        };
        let missing = wanted.iter().filter(|metric| !has(metric));
        missing.map(|metric| metric.name).collect()
    }
}
