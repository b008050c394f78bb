//! GetRecords and PutRecords with a codec of our own; all else about a call is the client's of AWS:
//! credentials, endpoint, signature, connection, time limits, and what an error answer means.
//!
//! Two hooks of the client do it. The body that it made of the request is replaced by ours before it is
//! signed, and the body of an answer with status 200 is taken away before it is read, and is read here.
//! See `docs/decisions/0016-own-kinesis-codec.md`.

pub mod get;
pub mod put;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::interceptors::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextMut,
};
use aws_sdk_kinesis::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_kinesis::error::BoxError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::BodyExt;
use lexon::Doc;

use super::aws::Trouble;

/// Answers that are larger do not keep their buffer for the next one.
const KEPT_BYTES: usize = 4 << 20;

/// The hooks of one call.
#[derive(Debug, Clone)]
struct Hooks {
    /// What is sent in place of what the client made.
    request: Option<Bytes>,
    /// What the client is given to read in place of the answer.
    empty: &'static str,
    answer: Arc<Mutex<Option<SdkBody>>>,
}

impl Hooks {
    fn new(request: Option<Bytes>, empty: &'static str) -> Hooks {
        Hooks {
            request,
            empty,
            answer: Arc::default(),
        }
    }

    /// The answer, if one came that was no error.
    fn take(&self) -> Option<SdkBody> {
        let mut answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        answer.take()
    }
}

impl Intercept for Hooks {
    fn name(&self) -> &'static str {
        "KinesisCodec"
    }

    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(body) = &self.request {
            let request = context.request_mut();
            let length = body.len().to_string();
            request.headers_mut().insert("content-length", length);
            *request.body_mut() = SdkBody::from(body.clone());
        }
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.response_mut();
        if answer.status().as_u16() == 200 {
            let body = std::mem::replace(answer.body_mut(), SdkBody::from(self.empty));
            let mut place = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
            *place = Some(body);
        }
        Ok(())
    }
}

/// Runs a call with its answer within the time that the client has for an attempt.
async fn in_time<T>(
    client: &Client,
    call: impl Future<Output = Result<T, Trouble>>,
) -> Result<T, Trouble> {
    let limit = client
        .config()
        .timeout_config()
        .and_then(|limits| limits.operation_attempt_timeout());
    let Some(limit) = limit else {
        return call.await;
    };
    // the client's own limit ends with the head of the answer; it tells more, so it comes first
    let limit = limit + Duration::from_millis(10);
    let answer = tokio::time::timeout(limit, call).await;
    answer.unwrap_or_else(|_| {
        Err(Trouble::Unknown(format!(
            "no whole answer within {limit:?}"
        )))
    })
}

/// Reads an answer to its end.
async fn read(body: Option<SdkBody>, mut buffer: Vec<u8>) -> Result<Vec<u8>, Trouble> {
    let Some(mut body) = body else {
        return Err(Trouble::Unknown("an answer without a body".to_owned()));
    };
    buffer.clear();
    let length = body.content_length().unwrap_or(0);
    // a length that nobody can mean is not believed
    buffer.reserve(usize::try_from(length).unwrap_or(0).min(16 << 20));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Trouble::Unknown(format!("a broken answer: {error}")))?;
        if let Some(data) = frame.data_ref() {
            buffer.extend_from_slice(data);
        }
    }
    Ok(buffer)
}

/// The JSON of an answer.
fn document(text: Vec<u8>) -> Result<Doc, Trouble> {
    let text = String::from_utf8(text).map_err(|error| unreadable(error.utf8_error()))?;
    Doc::parse_owned(text).map_err(unreadable)
}

fn unreadable(what: impl std::fmt::Display) -> Trouble {
    Trouble::Unknown(format!("an answer that cannot be read: {what}"))
}

/// Buffers to use again, so that they are not asked of the system and cleared for each call.
#[derive(Debug)]
pub struct Spare {
    buffers: Mutex<Vec<Vec<u8>>>,
    most: usize,
}

impl Spare {
    /// Keeps so many.
    pub fn new(most: usize) -> Spare {
        Spare {
            buffers: Mutex::default(),
            most,
        }
    }

    /// An empty buffer, perhaps one with room.
    pub fn take(&self) -> Vec<u8> {
        let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        buffers.pop().unwrap_or_default()
    }

    /// Keeps a buffer, unless there are enough or it is too large.
    pub fn give(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() > KEPT_BYTES {
            return;
        }
        buffer.clear();
        let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        if buffers.len() < self.most {
            buffers.push(buffer);
        }
    }
}
