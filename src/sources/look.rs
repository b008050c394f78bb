//! Looks at the records of a topic or stream without being one of its readers: no group, no lease, no
//! position is kept.
#![cfg_attr(
    not(any(feature = "kafka", feature = "kinesis")),
    allow(dead_code, unused_variables, reason = "only streams are looked at")
)]

#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "kinesis")]
mod kinesis;

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// Where records are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// `kafka://HOST:PORT,…/TOPIC` or `kinesis://STREAM`.
    pub url: &'a str,
    /// Properties of the client of Kafka.
    pub properties: &'a [(String, String)],
    /// The region of a Kinesis stream, unless that of the environment.
    pub region: Option<&'a str>,
    /// Where else Kinesis is.
    pub endpoint: Option<&'a str>,
    /// From the oldest record on; else only what comes from now on.
    pub beginning: bool,
    /// Ends when nothing came for so long; never when absent.
    pub idle: Option<Duration>,
}

/// A record.
#[derive(Debug, Clone)]
pub struct Seen<'r> {
    /// Its partition, or the id of its shard.
    pub partition: &'r str,
    /// Its offset or sequence number.
    pub position: String,
    /// When it came, milliseconds since the epoch.
    pub at: Option<i64>,
    /// Its key.
    pub key: Option<&'r [u8]>,
    /// Its bytes.
    pub value: &'r [u8],
}

/// Why there is nothing to look at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url}: {problem}")]
pub struct LookError {
    url: String,
    problem: String,
}

type Look<'l> = &'l mut dyn FnMut(Seen<'_>) -> ControlFlow<()>;

/// Shows records as they come until `look` has enough; those of one partition in their order.
///
/// # Errors
/// When the address cannot be used, or the topic or stream not be read.
pub fn each(place: &Place<'_>, look: Look<'_>) -> Result<(), LookError> {
    let looked = match place.url.split_once("://") {
        #[cfg(feature = "kafka")]
        Some(("kafka", rest)) => kafka::each(place, rest, look),
        #[cfg(feature = "kinesis")]
        Some(("kinesis", stream)) => kinesis::each(place, stream, look),
        _ => Err(
            "give kafka://HOST:PORT/TOPIC or kinesis://STREAM, of which the program has what it was built with"
                .to_owned(),
        ),
    };
    looked.map_err(|problem| LookError {
        url: place.url.to_owned(),
        problem,
    })
}

/// Whether nothing came for too long.
struct Idle {
    since: Instant,
    limit: Option<Duration>,
}

impl Idle {
    fn new(limit: Option<Duration>) -> Idle {
        Idle {
            since: Instant::now(),
            limit,
        }
    }

    fn came(&mut self) {
        self.since = Instant::now();
    }

    fn is_over(&self) -> bool {
        self.limit
            .is_some_and(|limit| self.since.elapsed() >= limit)
    }
}
