//! Clients of services, as sources and sinks share them.

#[cfg(feature = "kinesis")]
pub mod aws;
#[cfg(feature = "kafka")]
pub mod kafka;
