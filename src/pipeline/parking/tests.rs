use std::collections::HashMap as Map;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Barrier};
use std::thread;

use crossbeam_channel::{Sender, unbounded};
use serde_json::json;

use super::super::worker::{Pipeline, Settings};
use super::*;
use crate::adapters::Adapters;
use crate::assets::files::Files;
use crate::badrows::Processor;
use crate::clock::{Clock, Ids};
use crate::cloud::http::Certificates;
use crate::enrichments::chain::{Chain, Order, Setting};
use crate::output::labels::LabelFields;
use crate::schema::check::{Check, CheckError};
use crate::schema::{SchemaKey, SchemaVer};

/// Everything fits its schema.
struct Any;

impl Check for Any {
    fn check(
        &mut self,
        _: &SchemaKey,
        _: lexon::Value<'_>,
    ) -> Result<Option<SchemaVer>, CheckError> {
        Ok(None)
    }
}

/// The address of a service that answers each request with its path, on a thread for each connection, after
/// `before` was called with that path.
fn service(before: impl Fn(&str) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let before = Arc::new(before);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let before = Arc::clone(&before);
            thread::spawn(move || answer(stream.unwrap(), &*before));
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: TcpStream, before: &(dyn Fn(&str) + Send + Sync)) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut path = None;
    while let Some(Ok(line)) = lines.next() {
        if path.is_none() {
            path = line.split(' ').nth(1).map(str::to_owned);
        }
        if !line.is_empty() {
            continue;
        }
        let asked = path.take().unwrap();
        before(&asked);
        let body = format!("{{\"record\":{{\"path\":\"{asked}\"}}}}");
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).unwrap();
    }
}

/// A worker that looks users up at a service.
fn worker(address: &str) -> Worker {
    let data = json!({"parameters": {
        "inputs": [{"key": "user", "pojo": {"field": "user_id"}}],
        "api": {"http": {"method": "GET", "uri": format!("{address}/{{{{user}}}}"), "timeout": 60_000, "authentication": {}}},
        "outputs": [{"schema": "iglu:v/out/jsonschema/1-0-0", "json": {"jsonPath": "$.record"}}],
        "cache": {"size": 0, "ttl": 0},
    }});
    let schema = "iglu:com.snowplowanalytics.snowplow.enrichments/api_request_enrichment_config/jsonschema/1-0-2";
    let schema = SchemaKey::parse(schema).unwrap();
    let settings = [Setting {
        schema: &schema,
        data: &data,
        origin: "test",
    }];
    let pipeline = Pipeline {
        adapters: Arc::new(Adapters::new(&Map::new()).unwrap()),
        chain: Chain::build(
            Order::Current,
            &settings,
            &Files::new(Certificates::default(), true),
        )
        .unwrap(),
        settings: Settings {
            processor: Processor {
                artifact: "test".to_owned(),
                version: "1".to_owned(),
            },
            try_base64: false,
            accept_invalid: false,
            max_record_bytes: 1_000_000,
            pii: false,
            good_labels: LabelFields::new(Some("user_id"), &[]).unwrap(),
            pii_labels: LabelFields::default(),
        },
    };
    let clock = Clock::Fixed(1_700_000_000_000);
    Worker::new(Arc::new(pipeline), Box::new(Any), clock, Ids::seeded(1))
}

/// A payload of page views, one for each user; an empty user is none.
fn payload(users: &[&str]) -> Vec<u8> {
    let event = |user: &&str| match *user {
        "" => "{\"e\":\"pv\",\"p\":\"web\",\"tv\":\"t\"}".to_owned(),
        user => format!("{{\"e\":\"pv\",\"p\":\"web\",\"tv\":\"t\",\"uid\":\"{user}\"}}"),
    };
    let events: Vec<String> = users.iter().map(event).collect();
    let body = format!(
        "{{\"schema\":\"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4\",\"data\":[{}]}}",
        events.join(",")
    );
    let mut bytes = Vec::new();
    let mut text = |id: i16, text: &str| {
        bytes.push(11);
        bytes.extend(id.to_be_bytes());
        bytes.extend((text.len() as u32).to_be_bytes());
        bytes.extend(text.as_bytes());
    };
    text(
        31337,
        "iglu:com.snowplowanalytics.snowplow/CollectorPayload/thrift/1-0-0",
    );
    text(100, "192.0.2.1");
    text(210, "UTF-8");
    text(220, "ssc-2.9.2");
    text(320, "/com.snowplowanalytics.snowplow/tp2");
    text(340, &body);
    text(360, "application/json");
    bytes.push(10);
    bytes.extend(200i16.to_be_bytes());
    bytes.extend(1_700_000_000_000i64.to_be_bytes());
    bytes.push(0);
    bytes
}

/// A batch that tells by a line a record what became of it.
struct Batch {
    name: &'static str,
    records: Vec<Vec<u8>>,
    out: Outcomes,
}

impl Batch {
    fn new(name: &'static str, records: Vec<Vec<u8>>) -> Batch {
        let out = Outcomes::default();
        Batch { name, records, out }
    }
}

fn note(number: u64, out: &mut Outcomes) {
    let line = format!("{number}:{} ", out.good.len());
    out.lines.extend(line.as_bytes());
}

impl Load for Batch {
    fn process(&mut self, worker: &mut Worker) -> Option<Parked> {
        let mut order = InOrder::new(&mut self.out);
        for (number, record) in (0..).zip(&self.records) {
            order.add(worker, number, record, &mut note);
        }
        order.finish()
    }

    fn again(&mut self, worker: &mut Worker, parked: Parked) -> Option<Parked> {
        parked.again(worker, &mut self.out, &mut note)
    }
}

fn run(worker: Worker, batches: Vec<Batch>, done: Sender<Batch>) {
    let (send, loads) = unbounded();
    for batch in batches {
        send.send(batch).unwrap();
    }
    drop(send);
    work(worker, &loads, |batch| done.send(batch).is_ok());
}

/// The user of each good row and what was looked up for it.
fn rows(batch: &Batch) -> Vec<(String, String)> {
    let row = |row: &[u8]| {
        let text = String::from_utf8(row.to_vec()).unwrap();
        let columns: Vec<&str> = text.split('\t').collect();
        let found = columns[122].split("\"path\":\"/").nth(1);
        let found = found.and_then(|rest| rest.split('"').next());
        (columns[12].to_owned(), found.unwrap_or_default().to_owned())
    };
    assert_eq!(
        batch.out.bad.len(),
        0,
        "{:?}",
        String::from_utf8_lossy(batch.out.bad.lines())
    );
    batch.out.good.iter().map(row).collect()
}

fn pair(user: &str) -> (String, String) {
    (user.to_owned(), user.to_owned())
}

#[test]
fn all_look_ups_of_a_batch_are_under_way_at_once_and_rows_keep_their_order() {
    // nobody is answered before all have asked
    let barrier = Barrier::new(6);
    let address = service(move |_| {
        barrier.wait();
    });
    let records = vec![
        payload(&["a"]),
        payload(&[""]),
        payload(&["b", "", "c"]),
        payload(&["", ""]),
        payload(&["d", "a"]),
        payload(&["e", "f"]),
        payload(&[""]),
    ];
    let (done, finished) = unbounded();
    run(worker(&address), vec![Batch::new("one", records)], done);
    let batch = finished.recv().unwrap();
    let users = ["a", "", "b", "", "c", "", "", "d", "a", "e", "f", ""];
    let expected: Vec<_> = users.iter().map(|user| pair(user)).collect();
    assert_eq!(rows(&batch), expected);
    // labels belong to their rows
    let keys = LabelFields::new(Some("user_id"), &[]).unwrap();
    let key = |n: usize| {
        batch
            .out
            .good_labels
            .key(n, &keys)
            .unwrap_or_default()
            .to_vec()
    };
    let labels: Vec<Vec<u8>> = (0..users.len()).map(key).collect();
    assert_eq!(labels, users.map(|user| user.as_bytes().to_vec()));
    let numbers: Vec<&str> = std::str::from_utf8(&batch.out.lines)
        .unwrap()
        .split_whitespace()
        .map(|line| line.split(':').next().unwrap())
        .collect();
    assert_eq!(numbers, ["0", "1", "2", "3", "4", "5", "6"]);
    assert_eq!((batch.out.counts.payloads, batch.out.counts.good), (7, 12));
}

#[test]
fn while_a_batch_waits_the_next_ones_go_on() {
    let (go, gone) = unbounded::<()>();
    let address = service(move |_| {
        // ends when the sender is dropped
        let _ = gone.recv();
    });
    let batches = vec![
        Batch::new("waits", vec![payload(&["a"])]),
        Batch::new("goes on", vec![payload(&[""])]),
    ];
    let (done, finished) = unbounded();
    let worker = worker(&address);
    let running = thread::spawn(move || run(worker, batches, done));
    assert_eq!(finished.recv().unwrap().name, "goes on");
    drop(go);
    let waited = finished.recv().unwrap();
    assert_eq!(waited.name, "waits");
    assert_eq!(rows(&waited), [pair("a")]);
    running.join().unwrap();
}

#[test]
fn a_single_record_is_waited_for() {
    let address = service(|_| ());
    let mut out = Outcomes::default();
    worker(&address).process(&payload(&["a", "b"]), &mut out);
    let batch = Batch {
        out,
        ..Batch::new("one", Vec::new())
    };
    assert_eq!(rows(&batch), [pair("a"), pair("b")]);
}
