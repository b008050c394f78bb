//! The codec of our own beside the one of the client of AWS: the same answers through both.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, ShardIteratorType};
use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::Response;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use snowmelt::cloud::aws::{self, Trouble, trouble};
use snowmelt::cloud::kinesis::{Spare, get, put};

use crate::fake_kinesis::faults::Effect;
use crate::services::{Services, skipped};
use crate::support::emulator;

/// All that a reader of a shard looks at in an answer.
#[derive(Debug, PartialEq)]
struct Told {
    records: Vec<(String, Vec<u8>)>,
    behind: i64,
    next: Option<String>,
    children: Vec<Child>,
}

/// Id, parents, hash keys.
type Child = (String, Vec<String>, Option<(String, String)>);

async fn by_ours(client: &Client, iterator: &str) -> Result<Told, Trouble> {
    let answer = get::records(client, iterator, 1000, &Spare::new(1)).await?;
    let mut records = Vec::new();
    for record in answer.records() {
        let mut data = Vec::new();
        let decoded = record.data.append_to(&mut data);
        decoded.map_err(|error| Trouble::Unknown(error.to_string()))?;
        records.push((record.number.to_owned(), data));
    }
    let children = answer.children().map(|child| {
        let parents = child.parents.iter().map(|id| (*id).to_owned()).collect();
        let hashes = child.hashes.map(|(a, b)| (a.to_owned(), b.to_owned()));
        (child.id.to_owned(), parents, hashes)
    });
    Ok(Told {
        records,
        behind: answer.millis_behind(),
        next: answer.next_iterator().map(str::to_owned),
        children: children.collect(),
    })
}

async fn by_theirs(client: &Client, iterator: &str) -> Result<Told, Trouble> {
    let call = client.get_records().shard_iterator(iterator).limit(1000);
    let answer = call.send().await.map_err(|error| trouble(&error))?;
    let records = answer.records().iter().map(|record| {
        let data = record.data().as_ref().to_vec();
        (record.sequence_number().to_owned(), data)
    });
    let children = answer.child_shards().iter().map(|child| {
        let range = child.hash_key_range();
        let hashes = range.map(|range| {
            let last = range.ending_hash_key().to_owned();
            (range.starting_hash_key().to_owned(), last)
        });
        (
            child.shard_id().to_owned(),
            child.parent_shards().to_vec(),
            hashes,
        )
    });
    Ok(Told {
        records: records.collect(),
        behind: answer.millis_behind_latest().unwrap_or(0),
        next: answer.next_shard_iterator().map(str::to_owned),
        children: children.collect(),
    })
}

fn iterator(services: &Services) -> String {
    let shard = services.open_shards("codec").remove(0);
    let call = services
        .kinesis
        .get_shard_iterator()
        .stream_name("codec")
        .shard_id(shard)
        .shard_iterator_type(ShardIteratorType::TrimHorizon);
    let told = services.run(call.send()).unwrap();
    told.shard_iterator().unwrap().to_owned()
}

/// Everything in the stream's shard, as one of both reads it.
async fn all<'s, F>(
    client: &'s Client,
    mut at: String,
    read: impl Fn(&'s Client, String) -> F,
) -> Vec<(String, Vec<u8>)>
where
    F: Future<Output = Result<Told, Trouble>>,
{
    let mut seen = Vec::new();
    loop {
        match read(client, at.clone()).await {
            Ok(told) => {
                seen.extend(told.records);
                if told.behind == 0 {
                    return seen;
                }
                at = told.next.unwrap();
            }
            // five reads a second
            Err(Trouble::Throttled(_)) => tokio::time::sleep(Duration::from_millis(250)).await,
            Err(other) => panic!("{other}"),
        }
    }
}

fn rows() -> impl Strategy<Value = Vec<(Vec<u8>, String)>> {
    let data = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..300),
        prop::collection::vec(any::<u8>(), 5000..20_000),
        // what a packed record begins with
        Just(vec![0xf3, 0x89, 0x9a, 0xc2, 1, 2, 3]),
    ];
    let key = prop_oneof!["[a-z0-9-]{1,40}", "[ -~äöü€😀]{1,30}", "[\t\n\"\\\\]{1,3}"];
    prop::collection::vec((data, key), 1..12)
}

/// Random records written by one codec and read by both, then the other way round.
fn records_go_through_both(services: &Services, cases: u32) {
    services.stream("codec", 1);
    let mut written: Vec<Vec<u8>> = Vec::new();
    let written_of = Mutex::new(&mut written);
    let mut runner = TestRunner::new(Config::with_cases(cases));
    let outcome = runner.run(&(rows(), any::<bool>()), |(rows, ours)| {
        if ours {
            let mut request = put::Request::new(&"codec".into(), Vec::new());
            for (data, key) in &rows {
                request.push(data, key);
            }
            let request = request.finish();
            let call = put::records(&services.kinesis, &request);
            let answer = services.run(call).unwrap();
            prop_assert_eq!(
                answer.refusals().collect::<Vec<_>>(),
                vec![None; rows.len()]
            );
        } else {
            let entry = |(data, key): &(Vec<u8>, String)| {
                PutRecordsRequestEntry::builder()
                    .data(Blob::new(data.clone()))
                    .partition_key(key)
                    .build()
                    .unwrap()
            };
            let call = services
                .kinesis
                .put_records()
                .stream_name("codec")
                .set_records(Some(rows.iter().map(entry).collect()));
            let answer = services.run(call.send()).unwrap();
            prop_assert_eq!(answer.failed_record_count(), Some(0));
        }
        let mut written = written_of.lock().unwrap_or_else(PoisonError::into_inner);
        written.extend(rows.into_iter().map(|(data, _)| data));
        Ok(())
    });
    outcome.unwrap();
    let (one, other) = (iterator(services), iterator(services));
    let client = &services.kinesis;
    let theirs = services.run(all(client, one, |client, at| async move {
        by_theirs(client, &at).await
    }));
    let ours = services.run(all(client, other, |client, at| async move {
        by_ours(client, &at).await
    }));
    assert_eq!(ours, theirs);
    let data: Vec<Vec<u8>> = ours.into_iter().map(|(_, data)| data).collect();
    assert!(data == written, "{} of {}", data.len(), written.len());
}

#[test]
fn records_are_the_same_through_both_codecs() {
    records_go_through_both(&Services::fake(), 64);
}

#[test]
fn records_are_the_same_through_both_codecs_with_the_emulator() {
    if !skipped() {
        records_go_through_both(&Services::emulators(), 24);
    }
}

#[test]
fn errors_mean_the_same_through_both_codecs() {
    let services = Services::fake();
    services.stream("codec", 1);
    let at = iterator(&services);
    let request = |stream: &str| {
        let mut request = put::Request::new(&stream.into(), Vec::new());
        request.push(b"row", "key");
        request.finish()
    };
    let entry = || {
        PutRecordsRequestEntry::builder()
            .data(Blob::new(b"row"))
            .partition_key("key")
            .build()
            .unwrap()
    };
    let client = &services.kinesis;
    for effect in [
        Effect::Throttle,
        Effect::Fail,
        Effect::Expire,
        Effect::LoseAnswer,
    ] {
        let mut troubles = Vec::new();
        for ours in [true, false] {
            services
                .ours()
                .faults()
                .add_some("Kinesis.GetRecords", effect, 1.0, 1);
            troubles.push(services.run(async {
                match ours {
                    true => by_ours(client, &at).await.unwrap_err(),
                    false => by_theirs(client, &at).await.unwrap_err(),
                }
            }));
        }
        assert_eq!(troubles[0], troubles[1]);
        troubles.clear();
        for ours in [true, false] {
            services
                .ours()
                .faults()
                .add_some("Kinesis.PutRecords", effect, 1.0, 1);
            troubles.push(services.run(async {
                if ours {
                    return put::records(client, &request("codec")).await.unwrap_err();
                }
                let call = client.put_records().stream_name("codec").records(entry());
                trouble(&call.send().await.unwrap_err())
            }));
        }
        assert_eq!(troubles[0], troubles[1]);
    }
    // a stream that does not exist, an iterator that is none
    let missing = services.run(put::records(client, &request("none")));
    assert!(
        matches!(missing, Err(Trouble::Refused { code, .. }) if code == "ResourceNotFoundException")
    );
    let (ours, theirs) =
        services.run(async { (by_ours(client, "x").await, by_theirs(client, "x").await) });
    assert_eq!(ours, theirs);
    assert!(ours.is_err());
}

/// Answers whatever it is told to.
struct Canned {
    runtime: tokio::runtime::Runtime,
    client: Client,
    answer: Arc<Mutex<(u16, Vec<u8>)>>,
}

impl Canned {
    fn start() -> Canned {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let answer = Arc::new(Mutex::new((200, Vec::new())));
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let given = Arc::clone(&answer);
        let app = axum::Router::new().fallback(move |_: Bytes| {
            let (status, body) = given.lock().unwrap().clone();
            let answer = Response::builder()
                .status(StatusCode::from_u16(status).unwrap())
                .header(header::CONTENT_TYPE, "application/x-amz-json-1.1")
                .body(Body::from(body))
                .unwrap();
            std::future::ready(answer)
        });
        runtime.spawn(async move { axum::serve(listener, app).await });
        let config = emulator::settings(&runtime);
        let client = aws::kinesis(&config, Some(&endpoint), Duration::from_secs(20));
        Canned {
            runtime,
            client,
            answer,
        }
    }

    fn told(&self, status: u16, body: &[u8]) -> [Result<Told, Trouble>; 2] {
        *self.answer.lock().unwrap() = (status, body.to_vec());
        self.runtime.block_on(async {
            [
                by_ours(&self.client, "i").await,
                by_theirs(&self.client, "i").await,
            ]
        })
    }
}

#[test]
fn answers_of_all_kinds_are_read_the_same_way() {
    let canned = Canned::start();
    let text = "[ -~äöü€😀\t\n\"\\\\]{0,20}";
    let record = (
        text,
        prop::collection::vec(any::<u8>(), 0..60),
        any::<bool>(),
    );
    let answer = (
        prop::collection::vec(record, 0..8),
        prop::option::of(any::<i64>()),
        prop::option::of(text),
        prop::option::of((text, prop::collection::vec(text, 1..3))),
        any::<bool>(),
    );
    let mut runner = TestRunner::new(Config::with_cases(100));
    let outcome = runner.run(&answer, |(records, behind, next, child, pretty)| {
        let record = |(number, data, more): &(String, Vec<u8>, bool)| {
            let mut record = json!({
                "SequenceNumber": number,
                "Data": jvm::base64::encode_standard(data),
                "PartitionKey": number,
            });
            if *more {
                record["ApproximateArrivalTimestamp"] = json!(1.5e9);
                record["EncryptionType"] = json!("KMS");
                record["Later"] = json!({"a": [1, {"b": "Records"}]});
            }
            record
        };
        let mut answer = json!({"Records": records.iter().map(record).collect::<Vec<_>>()});
        if let Some(behind) = behind {
            answer["MillisBehindLatest"] = json!(behind);
        }
        if let Some(next) = next {
            answer["NextShardIterator"] = json!(next);
        }
        if let Some((id, parents)) = child {
            let range = json!({"StartingHashKey": "0", "EndingHashKey": "340282366920938463463374607431768211455"});
            answer["ChildShards"] = json!([{"ShardId": id, "ParentShards": parents, "HashKeyRange": range}]);
        }
        let body = if pretty {
            serde_json::to_vec_pretty(&answer).unwrap()
        } else {
            answer.to_string().into_bytes()
        };
        let [ours, theirs] = canned.told(200, &body);
        prop_assert!(theirs.is_ok());
        prop_assert_eq!(ours, theirs);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn odd_answers_are_read_or_refused_by_both() {
    let canned = Canned::start();
    let whole = json!({"Records": [{"SequenceNumber": "1", "Data": "YQ==", "PartitionKey": "k"}], "MillisBehindLatest": 5, "NextShardIterator": "n"});
    let cut = whole.to_string();
    let odd: Vec<Vec<u8>> = vec![
        b"{}".to_vec(),
        b"{\"Records\":[]}".to_vec(),
        b"{\"Records\":null,\"NextShardIterator\":null}".to_vec(),
        cut.as_bytes()[..cut.len() - 4].to_vec(),
        b"{\"Records\":[{\"SequenceNumber\":\"1\",\"Data\":\"Y!\",\"PartitionKey\":\"k\"}]}".to_vec(),
        b"{\"Records\":[{\"SequenceNumber\":\"1\",\"Data\":\"YQ=\",\"PartitionKey\":\"k\"}]}".to_vec(),
        b"{\"Records\":[{\"SequenceNumber\":\"1\",\"Data\":\"\\u0059Q==\",\"PartitionKey\":\"\\/\"}]}".to_vec(),
        b"<html>".to_vec(),
        b"\xff".to_vec(),
    ];
    for body in odd {
        let [ours, theirs] = canned.told(200, &body);
        let shown = String::from_utf8_lossy(&body);
        assert_eq!(ours.is_ok(), theirs.is_ok(), "{shown}: {ours:?} {theirs:?}");
        if ours.is_ok() {
            assert_eq!(ours, theirs, "{shown}");
        } else {
            assert!(
                matches!(ours, Err(Trouble::Unknown(_))),
                "{shown}: {ours:?}"
            );
            assert!(
                matches!(theirs, Err(Trouble::Unknown(_))),
                "{shown}: {theirs:?}"
            );
        }
    }
    let refusal = |kind: &str| json!({"__type": kind, "message": "m"}).to_string();
    for (status, body) in [
        (500, String::new()),
        (503, "<html>".to_owned()),
        (400, refusal("ExpiredIteratorException")),
        (400, refusal("com.amazonaws.kinesis#KMSThrottlingException")),
        (400, refusal("SomethingNew")),
        (400, String::new()),
        (500, refusal("InternalFailureException")),
    ] {
        let [ours, theirs] = canned.told(status, body.as_bytes());
        assert!(ours.is_err());
        assert_eq!(ours, theirs, "{status} {body}");
    }
}

#[test]
fn an_answer_that_stops_in_the_middle_ends_in_time() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    // the connections stay open until the test ends
    let (keep, kept) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || {
        use std::io::{Read, Write};
        for closes in [true, false] {
            let (mut socket, _) = listener.accept().unwrap();
            let mut request = [0; 8192];
            let mut seen = Vec::new();
            while !seen.ends_with(b"}") {
                let count = socket.read(&mut request).unwrap();
                seen.extend_from_slice(&request[..count]);
            }
            let head = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"Records\":[";
            socket.write_all(head.as_bytes()).unwrap();
            if !closes {
                keep.send(socket).unwrap();
            }
        }
    });
    let config = emulator::settings(&runtime);
    let client = aws::kinesis(&config, Some(&endpoint), Duration::from_secs(1));
    for _ in 0..2 {
        let told = runtime.block_on(by_ours(&client, "i"));
        assert!(matches!(told, Err(Trouble::Unknown(_))), "{told:?}");
    }
    server.join().unwrap();
    drop(kept);
}
