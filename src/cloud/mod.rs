//! Clients of services, as sources and sinks share them.

#[cfg(feature = "kinesis")]
pub mod aws;
#[cfg(any(feature = "kafka", feature = "kinesis"))]
pub mod backoff;
pub mod http;
#[cfg(feature = "kafka")]
pub mod kafka;
#[cfg(feature = "kinesis")]
pub mod kinesis;
