//! Streams, shards and records.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::{Value, json};

use super::faults::Partial;
use super::{Refusal, lock};

/// What the service takes and gives.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of data and key of one record.
    pub record_bytes: usize,
    /// Bytes of all records of one PutRecords.
    pub request_bytes: usize,
    /// Bytes that one GetRecords gives.
    pub answer_bytes: usize,
    /// GetRecords a shard and second.
    pub reads: u32,
    /// How long an iterator is good.
    pub iterator_life: Duration,
    /// How long a subscription runs.
    pub subscription: Duration,
    /// Whether written records are kept; else they are only counted.
    pub keep: bool,
    /// How many shards a page of a list has.
    pub page: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            record_bytes: 1 << 20,
            request_bytes: 10 << 20,
            answer_bytes: 10 << 20,
            reads: 5,
            iterator_life: Duration::from_secs(300),
            subscription: Duration::from_secs(300),
            keep: true,
            page: 1000,
        }
    }
}

/// A record; its data in base64, as it travels.
#[derive(Debug, Clone)]
pub struct Stored {
    pub sequence: String,
    pub data: Arc<str>,
    pub key: Arc<str>,
    pub millis: u64,
}

/// A record as a test looks at it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub shard: String,
    pub key: String,
    pub data: Vec<u8>,
}

pub struct Shard {
    pub id: String,
    pub parents: Vec<String>,
    pub first_hash: u128,
    pub last_hash: u128,
    pub first_sequence: String,
    pub closed: Option<String>,
    pub records: Vec<Stored>,
    pub children: Vec<String>,
    reads: Vec<Instant>,
    born: u64,
}

pub struct Stream {
    name: String,
    shards: Mutex<Vec<Shard>>,
    consumers: Mutex<BTreeMap<String, u64>>,
    sequence: AtomicU64,
    written: AtomicU64,
    keep: std::sync::atomic::AtomicBool,
}

pub struct Kinesis {
    limits: Limits,
    streams: Mutex<BTreeMap<String, Arc<Stream>>>,
}

/// A subscription: where it goes on.
pub struct Subscription {
    pub stream: Arc<Stream>,
    pub shard: String,
    pub index: usize,
}

pub enum Answer {
    Json(String),
    Events(Subscription),
}

type Answered = Result<Answer, Refusal>;

fn millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis() as u64
}

fn hash_of(key: &str) -> u128 {
    u128::from_be_bytes(Md5::digest(key.as_bytes()).into())
}

fn no_stream(name: &str) -> Refusal {
    Refusal::new(
        "ResourceNotFoundException",
        format!("Stream {name} under account 000000000000 not found."),
    )
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidArgumentException", message)
}

impl Stream {
    fn next_sequence(&self) -> String {
        format!(
            "4966{:052}",
            self.sequence.fetch_add(1, Ordering::Relaxed) + 1
        )
    }

    fn arn(&self) -> String {
        format!(
            "arn:aws:kinesis:eu-central-1:000000000000:stream/{}",
            self.name
        )
    }

    fn add_shard(&self, shards: &mut Vec<Shard>, hashes: (u128, u128), parents: Vec<String>) {
        let id = format!("shardId-{:012}", shards.len());
        shards.push(Shard {
            id,
            parents,
            first_hash: hashes.0,
            last_hash: hashes.1,
            first_sequence: self.next_sequence(),
            closed: None,
            records: Vec::new(),
            children: Vec::new(),
            reads: Vec::new(),
            born: millis(),
        });
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutRecords<'b> {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    #[serde(borrow)]
    records: Vec<PutRecord<'b>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutRecord<'b> {
    #[serde(borrow)]
    data: Cow<'b, str>,
    #[serde(borrow)]
    partition_key: Cow<'b, str>,
    explicit_hash_key: Option<String>,
}

/// How many bytes a text in base64 stands for.
fn decoded_len(text: &str) -> usize {
    let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
    (text.len() / 4 * 3).saturating_sub(padding)
}

impl Kinesis {
    pub(super) fn new(limits: Limits) -> Kinesis {
        Kinesis {
            limits,
            streams: Mutex::default(),
        }
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    fn stream(&self, name: &str) -> Result<Arc<Stream>, Refusal> {
        lock(&self.streams)
            .get(name)
            .cloned()
            .ok_or_else(|| no_stream(name))
    }

    /// By name or ARN in a request.
    fn named(&self, request: &Value) -> Result<Arc<Stream>, Refusal> {
        let name = request["StreamName"].as_str().or_else(|| {
            request["StreamARN"]
                .as_str()
                .and_then(|arn| arn.rsplit('/').next())
        });
        self.stream(name.unwrap_or_default())
    }

    /// Makes a stream whose shards have equal parts of the hashes.
    pub fn create(&self, name: &str, shards: u32) {
        let stream = Arc::new(Stream {
            name: name.to_owned(),
            shards: Mutex::default(),
            consumers: Mutex::default(),
            sequence: AtomicU64::new(0),
            written: AtomicU64::new(0),
            keep: self.limits.keep.into(),
        });
        let step = u128::MAX / u128::from(shards);
        for n in 0..u128::from(shards) {
            let last = if n + 1 == u128::from(shards) {
                u128::MAX
            } else {
                (n + 1) * step - 1
            };
            stream.add_shard(&mut lock(&stream.shards), (n * step, last), Vec::new());
        }
        lock(&self.streams).insert(name.to_owned(), stream);
    }

    /// Whether what is written to a stream from now on can be read; else it is only counted.
    pub fn keep(&self, name: &str, keep: bool) {
        self.stream(name)
            .unwrap()
            .keep
            .store(keep, Ordering::Relaxed);
    }

    /// Puts records without a request.
    pub fn put<'r>(&self, name: &str, records: impl IntoIterator<Item = (&'r str, &'r [u8])>) {
        use jvm::base64::encode_standard as encode;
        let stream = self.stream(name).unwrap();
        for (key, data) in records {
            self.store(&stream, &encode(data), key, hash_of(key));
        }
    }

    fn store(&self, stream: &Stream, data: &str, key: &str, hash: u128) -> (String, String) {
        let mut shards = lock(&stream.shards);
        let shard = shards
            .iter_mut()
            .find(|shard| {
                shard.closed.is_none() && (shard.first_hash..=shard.last_hash).contains(&hash)
            })
            .unwrap();
        let sequence = stream.next_sequence();
        if stream.keep.load(Ordering::Relaxed) {
            shard.records.push(Stored {
                sequence: sequence.clone(),
                data: data.into(),
                key: key.into(),
                millis: millis(),
            });
        }
        let id = shard.id.clone();
        drop(shards);
        stream.written.fetch_add(1, Ordering::Relaxed);
        (sequence, id)
    }

    /// How many records were ever written to a stream.
    pub fn written(&self, name: &str) -> u64 {
        self.stream(name).unwrap().written.load(Ordering::Relaxed)
    }

    /// Everything in a stream, shard by shard.
    pub fn read(&self, name: &str) -> Vec<Seen> {
        let stream = self.stream(name).unwrap();
        let shards = lock(&stream.shards);
        let seen = |shard: &Shard, record: &Stored| Seen {
            shard: shard.id.clone(),
            key: record.key.to_string(),
            data: jvm::base64::decode_lenient(record.data.as_bytes()),
        };
        shards
            .iter()
            .flat_map(|shard| shard.records.iter().map(|record| seen(shard, record)))
            .collect()
    }

    /// The sequence number of the last record of each shard that has one.
    pub fn last_sequences(&self, name: &str) -> BTreeMap<String, String> {
        let stream = self.stream(name).unwrap();
        let shards = lock(&stream.shards);
        let last = |shard: &Shard| Some((shard.id.clone(), shard.records.last()?.sequence.clone()));
        shards.iter().filter_map(last).collect()
    }

    /// The ids of open shards, in the order of their hashes.
    pub fn open_shards(&self, name: &str) -> Vec<String> {
        let stream = self.stream(name).unwrap();
        let shards = lock(&stream.shards);
        let mut open: Vec<&Shard> = shards
            .iter()
            .filter(|shard| shard.closed.is_none())
            .collect();
        open.sort_by_key(|shard| shard.first_hash);
        open.iter().map(|shard| shard.id.clone()).collect()
    }

    /// Splits a shard in the middle.
    pub fn split(&self, name: &str, id: &str) {
        let stream = self.stream(name).unwrap();
        let mut shards = lock(&stream.shards);
        let shard = shards.iter().find(|shard| shard.id == id).unwrap();
        let middle = shard.first_hash + (shard.last_hash - shard.first_hash) / 2 + 1;
        split(&stream, &mut shards, id, middle).unwrap();
    }

    /// Merges two neighbours.
    pub fn merge(&self, name: &str, one: &str, other: &str) {
        let stream = self.stream(name).unwrap();
        merge(&stream, &mut lock(&stream.shards), one, other).unwrap();
    }

    pub(super) fn call(&self, operation: &str, body: &[u8], partial: Option<Partial>) -> Answered {
        match operation {
            "PutRecords" => return self.put_records(body, partial),
            "GetRecords" => return self.get_records(body),
            _ => {}
        }
        let request: Value = serde_json::from_slice(body)
            .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
        let json = match operation {
            "GetShardIterator" => self.iterator(&request),
            "ListShards" => self.list_shards(&request),
            "DescribeStream" => self.describe(&request),
            "DescribeStreamSummary" => self.describe(&request).map(|mut found| {
                let mut summary = found["StreamDescription"].take();
                let fields = summary.as_object_mut().unwrap();
                let shards = fields.remove("Shards").unwrap();
                let open = shards.as_array().unwrap().iter();
                let open = open.filter(|shard| {
                    !shard["SequenceNumberRange"]["EndingSequenceNumber"].is_string()
                });
                fields.insert("OpenShardCount".to_owned(), open.count().into());
                json!({"StreamDescriptionSummary": summary})
            }),
            "CreateStream" => {
                let name = request["StreamName"].as_str().unwrap_or_default();
                if lock(&self.streams).contains_key(name) {
                    return Err(Refusal::new("ResourceInUseException", name));
                }
                let shards = request["ShardCount"].as_u64().unwrap_or(1);
                self.create(name, shards as u32);
                Ok(Value::Null)
            }
            "DeleteStream" => {
                let stream = self.named(&request)?;
                lock(&self.streams).remove(&stream.name);
                Ok(Value::Null)
            }
            "SplitShard" => self.named(&request).and_then(|stream| {
                let id = request["ShardToSplit"].as_str().unwrap_or_default();
                let hash = request["NewStartingHashKey"].as_str().unwrap_or_default();
                let hash = hash.parse().map_err(|_| invalid("NewStartingHashKey"))?;
                split(&stream, &mut lock(&stream.shards), id, hash)?;
                Ok(Value::Null)
            }),
            "MergeShards" => self.named(&request).and_then(|stream| {
                let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
                merge(
                    &stream,
                    &mut lock(&stream.shards),
                    &text("ShardToMerge"),
                    &text("AdjacentShardToMerge"),
                )?;
                Ok(Value::Null)
            }),
            "RegisterStreamConsumer" => self.consumer(&request, true),
            "DescribeStreamConsumer" => self.consumer(&request, false),
            "SubscribeToShard" => return self.subscribe(&request),
            _ => Err(Refusal::new("UnknownOperationException", operation)),
        }?;
        Ok(Answer::Json(if json.is_null() {
            String::new()
        } else {
            json.to_string()
        }))
    }

    fn put_records(&self, body: &[u8], mut partial: Option<Partial>) -> Answered {
        let request: PutRecords<'_> = serde_json::from_slice(body)
            .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
        let name = request.stream_name.as_deref().or_else(|| {
            let arn = request.stream_arn.as_deref()?;
            arn.rsplit('/').next()
        });
        let stream = self.stream(name.unwrap_or_default())?;
        let size = |record: &PutRecord<'_>| decoded_len(&record.data) + record.partition_key.len();
        let records = &request.records;
        if records.is_empty() || records.len() > 500 {
            return Err(Refusal::new(
                "ValidationException",
                "Member must have length less than or equal to 500",
            ));
        }
        for record in records {
            let keys = record.partition_key.chars().count();
            if size(record) > self.limits.record_bytes || !(1..=256).contains(&keys) {
                return Err(Refusal::new("ValidationException", "a record is too large"));
            }
        }
        if records.iter().map(size).sum::<usize>() > self.limits.request_bytes {
            return Err(invalid("Records size exceeds the limit"));
        }
        let mut failed = 0;
        let mut out = String::with_capacity(records.len() * 120);
        for record in records {
            if !out.is_empty() {
                out.push(',');
            }
            if partial.as_mut().is_some_and(Partial::refuses) {
                failed += 1;
                out.push_str(
                    r#"{"ErrorCode":"ProvisionedThroughputExceededException","ErrorMessage":"on demand"}"#,
                );
                continue;
            }
            let hash = match &record.explicit_hash_key {
                Some(hash) => hash.parse().map_err(|_| invalid("ExplicitHashKey"))?,
                None => hash_of(&record.partition_key),
            };
            let (sequence, shard) = self.store(&stream, &record.data, &record.partition_key, hash);
            let _ = write!(
                out,
                r#"{{"SequenceNumber":"{sequence}","ShardId":"{shard}"}}"#
            );
        }
        Ok(Answer::Json(format!(
            r#"{{"FailedRecordCount":{failed},"Records":[{out}]}}"#
        )))
    }

    fn get_records(&self, body: &[u8]) -> Answered {
        let request: Value = serde_json::from_slice(body)
            .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
        let iterator = request["ShardIterator"].as_str().unwrap_or_default();
        let parts: Vec<&str> = iterator.split('|').collect();
        let [name, id, index, made] = parts[..] else {
            return Err(invalid("Invalid ShardIterator."));
        };
        let (Ok(index), Ok(made)) = (index.parse::<usize>(), made.parse::<u64>()) else {
            return Err(invalid("Invalid ShardIterator."));
        };
        let limit = request["Limit"].as_u64().unwrap_or(10_000);
        if !(1..=10_000).contains(&limit) {
            return Err(Refusal::new("ValidationException", "Limit"));
        }
        let stream = self.stream(name)?;
        let now = millis();
        if u128::from(now.saturating_sub(made)) > self.limits.iterator_life.as_millis() {
            return Err(Refusal::new(
                "ExpiredIteratorException",
                "Iterator expired.",
            ));
        }
        let mut shards = lock(&stream.shards);
        let at = shards.iter().position(|shard| shard.id == id);
        let at = at.ok_or_else(|| invalid("Invalid ShardIterator."))?;
        let shard = &mut shards[at];
        let second = Duration::from_secs(1);
        shard.reads.retain(|read| read.elapsed() < second);
        if shard.reads.len() >= self.limits.reads as usize {
            return Err(Refusal::new(
                "ProvisionedThroughputExceededException",
                format!("Rate exceeded for shard {id} in stream {name}."),
            ));
        }
        shard.reads.push(Instant::now());
        let shard = &shards[at];
        let mut bytes = 0;
        let mut end = index.min(shard.records.len());
        while let Some(record) = shard.records.get(end) {
            bytes += decoded_len(&record.data) + record.key.len();
            if end - index >= limit as usize || (end > index && bytes > self.limits.answer_bytes) {
                break;
            }
            end += 1;
        }
        let given = shard.records.get(index..end).unwrap_or_default();
        let behind = shard
            .records
            .get(end)
            .map_or(0, |next| now.saturating_sub(next.millis).max(1));
        let mut out = String::with_capacity(bytes / 3 * 4 + given.len() * 200 + 300);
        out.push_str("{\"Records\":[");
        write_records(&mut out, given);
        let _ = write!(out, "],\"MillisBehindLatest\":{behind}");
        if end >= shard.records.len() && shard.closed.is_some() {
            let children = children(&shards, id);
            let _ = write!(out, ",\"ChildShards\":{children}");
        } else {
            let _ = write!(out, ",\"NextShardIterator\":\"{name}|{id}|{end}|{now}\"");
        }
        out.push('}');
        Ok(Answer::Json(out))
    }

    /// The place that a starting position means.
    fn place(shard: &Shard, request: &Value) -> Result<usize, Refusal> {
        let kind = request["ShardIteratorType"]
            .as_str()
            .or(request["Type"].as_str());
        let sequence = || {
            let sequence = request["StartingSequenceNumber"]
                .as_str()
                .or(request["SequenceNumber"].as_str());
            sequence
                .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
                .map(|text| format!("{text:0>56}"))
                .ok_or_else(|| invalid("StartingSequenceNumber"))
        };
        let before = |holds: &dyn Fn(&Stored) -> bool| shard.records.partition_point(holds);
        Ok(match kind {
            Some("TRIM_HORIZON") => 0,
            Some("LATEST") => shard.records.len(),
            Some("AT_SEQUENCE_NUMBER") => {
                let sequence = sequence()?;
                before(&|record| record.sequence < sequence)
            }
            Some("AFTER_SEQUENCE_NUMBER") => {
                let sequence = sequence()?;
                before(&|record| record.sequence <= sequence)
            }
            Some("AT_TIMESTAMP") => {
                let seconds = request["Timestamp"]
                    .as_f64()
                    .ok_or_else(|| invalid("Timestamp"))?;
                before(&|record| (record.millis as f64) < seconds * 1000.0)
            }
            _ => return Err(invalid("ShardIteratorType")),
        })
    }

    fn iterator(&self, request: &Value) -> Result<Value, Refusal> {
        let stream = self.named(request)?;
        let id = request["ShardId"].as_str().unwrap_or_default();
        let shards = lock(&stream.shards);
        let shard = shards.iter().find(|shard| shard.id == id);
        let shard = shard.ok_or_else(|| {
            Refusal::new(
                "ResourceNotFoundException",
                format!("Shard {id} in stream {} does not exist", stream.name),
            )
        })?;
        let index = Kinesis::place(shard, request)?;
        let text = format!("{}|{id}|{index}|{}", stream.name, millis());
        Ok(json!({ "ShardIterator": text }))
    }

    fn list_shards(&self, request: &Value) -> Result<Value, Refusal> {
        let token = request["NextToken"].as_str();
        let (stream, from, filter) = match token {
            Some(token) => {
                let parts: Vec<&str> = token.split('|').collect();
                let [name, from, filter] = parts[..] else {
                    return Err(Refusal::new("ExpiredNextTokenException", token));
                };
                (
                    self.stream(name)?,
                    from.parse::<usize>().map_err(|_| invalid("NextToken"))?,
                    filter.to_owned(),
                )
            }
            None => {
                let filter = &request["ShardFilter"];
                let filter = format!(
                    "{}/{}",
                    filter["Type"].as_str().unwrap_or("ALL"),
                    filter["Timestamp"].as_f64().unwrap_or(0.0)
                );
                (self.named(request)?, 0, filter)
            }
        };
        let (kind, timestamp) = filter.split_once('/').unwrap_or_default();
        let at = timestamp.parse::<f64>().unwrap_or(0.0) * 1000.0;
        let shards = lock(&stream.shards);
        let open_then = |shard: &&Shard| match kind {
            "AT_LATEST" => shard.closed.is_none(),
            // nothing is ever trimmed here, so the horizon is the beginning
            "AT_TRIM_HORIZON" => shard.parents.is_empty(),
            "AT_TIMESTAMP" => {
                let ended = shards
                    .iter()
                    .filter(|child| child.parents.contains(&shard.id))
                    .map(|child| child.born)
                    .min();
                let first = shard.parents.is_empty() || (shard.born as f64) <= at;
                first && ended.is_none_or(|ended| (ended as f64) > at)
            }
            _ => true,
        };
        let all: Vec<&Shard> = shards.iter().filter(open_then).collect();
        let page = request["MaxResults"]
            .as_u64()
            .map_or(self.limits.page, |most| self.limits.page.min(most as usize));
        let shown: Vec<Value> = all
            .iter()
            .skip(from)
            .take(page)
            .copied()
            .map(shown)
            .collect();
        let mut answer = json!({ "Shards": shown });
        if from + page < all.len() {
            answer["NextToken"] = format!("{}|{}|{filter}", stream.name, from + page).into();
        }
        Ok(answer)
    }

    fn describe(&self, request: &Value) -> Result<Value, Refusal> {
        let stream = self.named(request)?;
        let shards = lock(&stream.shards);
        Ok(json!({"StreamDescription": {
            "StreamName": stream.name,
            "StreamARN": stream.arn(),
            "StreamStatus": "ACTIVE",
            "StreamModeDetails": {"StreamMode": "PROVISIONED"},
            "HasMoreShards": false,
            "RetentionPeriodHours": 24,
            "StreamCreationTimestamp": 1_700_000_000,
            "EnhancedMonitoring": [],
            "EncryptionType": "NONE",
            "Shards": shards.iter().map(shown).collect::<Vec<_>>(),
        }}))
    }

    fn consumer(&self, request: &Value, register: bool) -> Result<Value, Refusal> {
        let stream = self.named(request)?;
        let name = request["ConsumerName"].as_str().unwrap_or_default();
        let mut consumers = lock(&stream.consumers);
        if register {
            if consumers.contains_key(name) {
                return Err(Refusal::new("ResourceInUseException", name));
            }
            consumers.insert(name.to_owned(), millis());
        }
        let made = consumers
            .get(name)
            .ok_or_else(|| Refusal::new("ResourceNotFoundException", format!("Consumer {name}")))?;
        let consumer = json!({
            "ConsumerName": name,
            "ConsumerARN": format!("{}/consumer/{name}:{made}", stream.arn()),
            "ConsumerStatus": "ACTIVE",
            "ConsumerCreationTimestamp": made / 1000,
            "StreamARN": stream.arn(),
        });
        Ok(if register {
            json!({ "Consumer": consumer })
        } else {
            json!({ "ConsumerDescription": consumer })
        })
    }

    fn subscribe(&self, request: &Value) -> Answered {
        let arn = request["ConsumerARN"].as_str().unwrap_or_default();
        let name = arn.split('/').nth(1).unwrap_or_default();
        let stream = self.stream(name)?;
        let id = request["ShardId"].as_str().unwrap_or_default();
        let shards = lock(&stream.shards);
        let shard = shards
            .iter()
            .find(|shard| shard.id == id)
            .ok_or_else(|| Refusal::new("ResourceNotFoundException", id))?;
        let index = Kinesis::place(shard, &request["StartingPosition"])?;
        let shard = shard.id.clone();
        drop(shards);
        Ok(Answer::Events(Subscription {
            stream,
            shard,
            index,
        }))
    }
}

impl Subscription {
    /// The next event of it, and whether it is the last; none when there is nothing new.
    pub fn next(&mut self, limits: &Limits, even_empty: bool) -> Option<(String, bool)> {
        let shards = lock(&self.stream.shards);
        let shard = shards.iter().find(|shard| shard.id == self.shard)?;
        let mut bytes = 0;
        let end = shard.records[self.index.min(shard.records.len())..]
            .iter()
            .take(1000)
            .take_while(|record| {
                bytes += record.data.len();
                bytes <= limits.answer_bytes / 8 + record.data.len()
            })
            .count()
            + self.index;
        let over = end == shard.records.len() && shard.closed.is_some();
        if end == self.index && !over && !even_empty {
            return None;
        }
        let given = &shard.records[self.index..end];
        let behind = shard
            .records
            .get(end)
            .map_or(0, |next| millis().saturating_sub(next.millis).max(1));
        let mut out = String::from("{\"Records\":[");
        write_records(&mut out, given);
        let _ = write!(out, "],\"MillisBehindLatest\":{behind}");
        if over {
            let _ = write!(out, ",\"ChildShards\":{}", children(&shards, &self.shard));
        } else {
            let last = shard.records[..end]
                .last()
                .map_or(&shard.first_sequence, |record| &record.sequence);
            let _ = write!(out, ",\"ContinuationSequenceNumber\":\"{last}\"");
        }
        out.push('}');
        drop(shards);
        self.index = end;
        Some((out, over))
    }
}

fn write_records(out: &mut String, records: &[Stored]) {
    for (n, record) in records.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        let Stored {
            sequence,
            data,
            key,
            millis,
        } = record;
        let key = Value::from(&**key);
        let _ = write!(
            out,
            "{{\"SequenceNumber\":\"{sequence}\",\"ApproximateArrivalTimestamp\":{}.{:03},\"Data\":\"",
            millis / 1000,
            millis % 1000
        );
        out.push_str(data);
        let _ = write!(out, "\",\"PartitionKey\":{key}}}");
    }
}

fn range(shard: &Shard) -> Value {
    json!({
        "StartingHashKey": shard.first_hash.to_string(),
        "EndingHashKey": shard.last_hash.to_string(),
    })
}

fn shown(shard: &Shard) -> Value {
    let mut sequences = json!({"StartingSequenceNumber": shard.first_sequence});
    if let Some(last) = &shard.closed {
        sequences["EndingSequenceNumber"] = last.as_str().into();
    }
    let mut shown = json!({
        "ShardId": shard.id,
        "HashKeyRange": range(shard),
        "SequenceNumberRange": sequences,
    });
    for (name, parent) in ["ParentShardId", "AdjacentParentShardId"]
        .iter()
        .zip(&shard.parents)
    {
        shown[*name] = parent.as_str().into();
    }
    shown
}

fn children(shards: &[Shard], id: &str) -> Value {
    let of = |shard: &&Shard| shard.parents.iter().any(|parent| parent == id);
    let child = |shard: &Shard| {
        json!({
            "ShardId": shard.id,
            "ParentShards": shard.parents,
            "HashKeyRange": range(shard),
        })
    };
    shards.iter().filter(of).map(child).collect()
}

fn open(shards: &mut [Shard], id: &str) -> Result<usize, Refusal> {
    let at = shards.iter().position(|shard| shard.id == id);
    let at = at.ok_or_else(|| Refusal::new("ResourceNotFoundException", id))?;
    if shards[at].closed.is_some() {
        return Err(invalid(format!("{id} is closed")));
    }
    Ok(at)
}

fn split(stream: &Stream, shards: &mut Vec<Shard>, id: &str, hash: u128) -> Result<(), Refusal> {
    let at = open(shards, id)?;
    let (first, last) = (shards[at].first_hash, shards[at].last_hash);
    if hash <= first || hash > last {
        return Err(invalid("NewStartingHashKey"));
    }
    shards[at].closed = Some(stream.next_sequence());
    for hashes in [(first, hash - 1), (hash, last)] {
        stream.add_shard(shards, hashes, vec![id.to_owned()]);
    }
    Ok(())
}

fn merge(stream: &Stream, shards: &mut Vec<Shard>, one: &str, other: &str) -> Result<(), Refusal> {
    let (a, b) = (open(shards, one)?, open(shards, other)?);
    let hashes = (
        shards[a].first_hash.min(shards[b].first_hash),
        shards[a].last_hash.max(shards[b].last_hash),
    );
    let neighbours = shards[a].last_hash.checked_add(1) == Some(shards[b].first_hash)
        || shards[b].last_hash.checked_add(1) == Some(shards[a].first_hash);
    if !neighbours {
        return Err(invalid("the shards are no neighbours"));
    }
    for at in [a, b] {
        shards[at].closed = Some(stream.next_sequence());
    }
    stream.add_shard(shards, hashes, vec![one.to_owned(), other.to_owned()]);
    Ok(())
}
