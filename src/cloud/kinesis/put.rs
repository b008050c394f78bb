//! PutRecords: the request is written once, record by record, as it is sent.

use std::sync::Arc;

use aws_sdk_kinesis::Client;
use bytes::Bytes;
use lexon::{Doc, Value};

use super::{Hooks, Spare, document, in_time, read, unreadable};
use crate::cloud::aws::{Trouble, trouble};

/// What the client is given to read.
const EMPTY: &str = r#"{"Records":[]}"#;

/// A request that grows.
#[derive(Debug)]
pub struct Request {
    stream: Arc<str>,
    text: String,
    /// Where each record is in the text.
    records: Vec<(usize, usize)>,
}

impl Request {
    /// One without records, in that buffer.
    pub fn new(stream: &Arc<str>, mut buffer: Vec<u8>) -> Request {
        buffer.clear();
        // nothing is in it that could be wrong
        let mut text = String::from_utf8(buffer).unwrap_or_default();
        text.push_str("{\"StreamName\":");
        lexon::write_string(&mut text, stream);
        text.push_str(",\"Records\":[");
        Request {
            stream: Arc::clone(stream),
            text,
            records: Vec::new(),
        }
    }

    /// Adds a record.
    pub fn push(&mut self, data: &[u8], key: &str) {
        let begin = self.begin();
        self.text.push_str("{\"Data\":\"");
        // in one go, so that it does not grow twice
        self.text
            .reserve(data.len().div_ceil(3) * 4 + key.len() + 32);
        base64_simd::STANDARD.encode_append(data, &mut self.text);
        self.text.push_str("\",\"PartitionKey\":");
        lexon::write_string(&mut self.text, key);
        self.text.push('}');
        self.records.push((begin, self.text.len()));
    }

    fn begin(&mut self) -> usize {
        if !self.records.is_empty() {
            self.text.push(',');
        }
        self.text.len()
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Ends it.
    pub fn finish(mut self) -> Finished {
        self.text.push_str("]}");
        Finished {
            stream: self.stream,
            text: Bytes::from(self.text.into_bytes()),
            records: self.records,
        }
    }
}

/// A request that can be sent, more than once.
#[derive(Debug)]
pub struct Finished {
    stream: Arc<str>,
    text: Bytes,
    records: Vec<(usize, usize)>,
}

impl Finished {
    /// A request of those of its records that are to be kept, in their order.
    pub fn keep(&self, buffer: Vec<u8>, mut is_kept: impl FnMut(usize) -> bool) -> Finished {
        let mut kept = Request::new(&self.stream, buffer);
        for (number, (from, to)) in self.records.iter().enumerate() {
            if is_kept(number) {
                let record = self.text.get(*from..*to).unwrap_or_default();
                let begin = kept.begin();
                // it was text when it was written
                kept.text
                    .push_str(std::str::from_utf8(record).unwrap_or_default());
                kept.records.push((begin, kept.text.len()));
            }
        }
        kept.finish()
    }

    /// The JSON that is sent.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Gives the buffer to be used again, unless something still has it.
    pub fn recycle(self, spare: &Spare) {
        if self.text.is_unique() {
            spare.give(Vec::from(self.text));
        }
    }
}

/// What the service says of each record.
#[derive(Debug)]
pub struct Answer {
    doc: Doc,
}

impl Answer {
    /// Reads the text of an answer.
    ///
    /// # Errors
    /// When it is no JSON, or does not tell of records.
    pub fn parse(text: Vec<u8>) -> Result<Answer, Trouble> {
        let doc = document(text)?;
        if doc.root().get("Records").is_none() {
            return Err(unreadable("it tells of no records"));
        }
        Ok(Answer { doc })
    }

    /// For each record of the request `None`, or the error code and message by which it was refused.
    pub fn refusals(&self) -> impl ExactSizeIterator<Item = Option<(&str, &str)>> {
        let root = self.doc.root();
        let records = root.get("Records").unwrap_or(root).items();
        records.map(|record| {
            let code = record.get("ErrorCode")?.as_str()?;
            let message = record.get("ErrorMessage").and_then(Value::as_str);
            Some((code, message.unwrap_or_default()))
        })
    }
}

/// Sends a request.
///
/// # Errors
/// What the service says, or that its answer did not come whole and readable within the client's time
/// for one attempt.
pub async fn records(client: &Client, request: &Finished) -> Result<Answer, Trouble> {
    let hooks = Hooks::new(Some(request.text.clone()), EMPTY);
    let call = async {
        let call = client.put_records().stream_name(&*request.stream);
        let told = call.customize().interceptor(hooks.clone()).send().await;
        told.map_err(|error| trouble(&error))?;
        read(hooks.take(), Vec::new()).await
    };
    Answer::parse(in_time(client, call).await?)
}
