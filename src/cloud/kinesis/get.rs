//! GetRecords: an answer is read once, and its records are handles on its text.

use aws_sdk_kinesis::Client;
use lexon::{Doc, Kind, Value};

use super::{Hooks, Spare, document, in_time, read, unreadable};
use crate::cloud::aws::{Trouble, trouble};

/// What the client is given to read.
const EMPTY: &str = r#"{"Records":[]}"#;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    doc: Doc,
}

/// A record as it travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its sequence number, as the service writes it.
    pub number: &'a str,
    /// Its bytes.
    pub data: Data<'a>,
}

/// The bytes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data<'a> {
    /// As they are.
    Plain(&'a [u8]),
    /// In base64, with padding.
    Base64(&'a str),
}

/// What should be base64 is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("data that is no base64")]
pub struct NotBase64;

impl Data<'_> {
    /// How many bytes there are.
    pub fn len(&self) -> usize {
        match self {
            Data::Plain(bytes) => bytes.len(),
            Data::Base64(text) => {
                let padding = text
                    .bytes()
                    .rev()
                    .take(2)
                    .take_while(|byte| *byte == b'=')
                    .count();
                (text.len() / 4 * 3).saturating_sub(padding)
            }
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts the bytes behind others.
    ///
    /// # Errors
    /// When it is not base64; then nothing is added.
    pub fn append_to(&self, out: &mut Vec<u8>) -> Result<(), NotBase64> {
        match self {
            Data::Plain(bytes) => out.extend_from_slice(bytes),
            Data::Base64(text) => {
                let before = out.len();
                let decoded = base64_simd::STANDARD.decode_append(text.as_bytes(), out);
                if decoded.is_err() {
                    out.truncate(before);
                    return Err(NotBase64);
                }
            }
        }
        Ok(())
    }
}

/// A shard that came of the one that was read, as the last answer of it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child<'a> {
    /// Its id.
    pub id: &'a str,
    /// Those of its parents.
    pub parents: Vec<&'a str>,
    /// Its first and last hash key, decimal.
    pub hashes: Option<(&'a str, &'a str)>,
}

fn text<'a>(value: Value<'a>, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

impl Answer {
    /// Reads the text of an answer.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub fn parse(text: Vec<u8>) -> Result<Answer, Trouble> {
        let doc = document(text)?;
        if doc.root().kind() != Kind::Object {
            return Err(unreadable("it is no object"));
        }
        Ok(Answer { doc })
    }

    /// The records, in order.
    pub fn records(&self) -> impl ExactSizeIterator<Item = Record<'_>> + Clone {
        items(self.doc.root(), "Records").map(|record| {
            let mut found = Record {
                number: "",
                data: Data::Base64(""),
            };
            for (name, value) in record.entries() {
                match name {
                    "SequenceNumber" => found.number = value.as_str().unwrap_or_default(),
                    "Data" => found.data = Data::Base64(value.as_str().unwrap_or_default()),
                    _ => {}
                }
            }
            found
        })
    }

    /// How far reading is behind the end of the shard, in milliseconds.
    pub fn millis_behind(&self) -> i64 {
        let millis = self.doc.root().get("MillisBehindLatest");
        millis.and_then(Value::as_i64).unwrap_or(0)
    }

    /// Where reading goes on; `None` when the shard is at its end.
    pub fn next_iterator(&self) -> Option<&str> {
        self.doc.root().get("NextShardIterator")?.as_str()
    }

    /// What came of the shard, when it is at its end.
    pub fn children(&self) -> impl Iterator<Item = Child<'_>> {
        items(self.doc.root(), "ChildShards").map(|child| {
            let range = child.get("HashKeyRange");
            Child {
                id: text(child, "ShardId"),
                parents: items(child, "ParentShards")
                    .filter_map(Value::as_str)
                    .collect(),
                hashes: range
                    .map(|range| (text(range, "StartingHashKey"), text(range, "EndingHashKey"))),
            }
        })
    }

    /// The buffer, to be used again.
    pub fn into_buffer(self) -> Vec<u8> {
        self.doc.into_text().into_bytes()
    }
}

/// The items of an array; none when it is absent or something else.
fn items<'a>(value: Value<'a>, key: &str) -> lexon::Items<'a> {
    // a string has no items either
    value.get(key).unwrap_or(value).items()
}

/// Asks a shard for records.
///
/// # Errors
/// What the service says, or that its answer did not come whole and readable within the client's time
/// for one attempt.
pub async fn records(
    client: &Client,
    iterator: &str,
    limit: u32,
    spare: &Spare,
) -> Result<Answer, Trouble> {
    let hooks = Hooks::new(None, EMPTY);
    let call = async {
        let call = client.get_records().shard_iterator(iterator);
        let call = call.limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let told = call.customize().interceptor(hooks.clone()).send().await;
        told.map_err(|error| trouble(&error))?;
        read(hooks.take(), spare.take()).await
    };
    Answer::parse(in_time(client, call).await?)
}
