//! Clients of services, as sources and sinks share them.

#[cfg(feature = "kafka")]
pub mod kafka;
