//! The answer of SubscribeToShard: a stream of framed events.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use http_body::Frame;
use tokio::sync::mpsc;

use super::Shared;
use super::kinesis::Subscription;

/// The body of such an answer.
pub struct Events(mpsc::Receiver<Bytes>);

impl HttpBody for Events {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0
            .poll_recv(context)
            .map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// Sends events as records come, until the shard or the time of the subscription ends.
pub fn start(shared: Arc<Shared>, mut subscription: Subscription) -> Events {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let limits = shared.kinesis.limits();
        let end = tokio::time::Instant::now() + limits.subscription;
        let hello = message("initial-response", "{}");
        if sender.send(hello).await.is_err() {
            return;
        }
        let mut silent = 0;
        while tokio::time::Instant::now() < end {
            // the service sends an event now and then also when there is nothing new
            match subscription.next(limits, silent >= 50) {
                Some((json, last)) => {
                    silent = 0;
                    let sent = sender.send(message("SubscribeToShardEvent", &json)).await;
                    if sent.is_err() || last {
                        return;
                    }
                }
                None => {
                    silent += 1;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    if sender.is_closed() {
                        return;
                    }
                }
            }
        }
    });
    Events(receiver)
}

fn message(kind: &str, payload: &str) -> Bytes {
    let mut headers = Vec::new();
    for (name, value) in [
        (":message-type", "event"),
        (":event-type", kind),
        (":content-type", "application/json"),
    ] {
        headers.push(name.len() as u8);
        headers.extend_from_slice(name.as_bytes());
        headers.push(7);
        headers.extend_from_slice(&(value.len() as u16).to_be_bytes());
        headers.extend_from_slice(value.as_bytes());
    }
    let total = 16 + headers.len() + payload.len();
    let mut out = Vec::with_capacity(total);
    out.extend_from_slice(&(total as u32).to_be_bytes());
    out.extend_from_slice(&(headers.len() as u32).to_be_bytes());
    out.extend_from_slice(&crc32(&out).to_be_bytes());
    out.extend_from_slice(&headers);
    out.extend_from_slice(payload.as_bytes());
    out.extend_from_slice(&crc32(&out).to_be_bytes());
    out.into()
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    sum.sum()
}
