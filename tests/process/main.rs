//! The binary as a process, with real brokers beside it.
//!
//! The brokers need Java and Maven; `SNOWMELT_SKIP_BROKERS=1` leaves these tests out.
#![cfg(feature = "kafka")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops at what it does not expect and tells what it measured"
)]

#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code, reason = "the benchmark needs more of it")]
mod broker;
mod kafka_faults;
mod kafka_group;
mod kafka_metrics;
mod kafka_security;
mod kafka_stream;
#[cfg(feature = "object-stores")]
mod object_store;
mod worker;
