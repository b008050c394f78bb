//! Kinesis and DynamoDB: the sink, and the binary as a process, against a fake of our own in this process
//! and against the emulators that hold it true.
//!
//! The emulators need Node, Java and Maven; `SNOWMELT_SKIP_BROKERS=1` leaves those tests out.
#![cfg(feature = "kinesis")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops at what it does not expect and tells what it measured"
)]

#[path = "../support/fake_kinesis/mod.rs"]
mod fake_kinesis;
#[path = "../support/mod.rs"]
mod support;

mod codec;
mod faults;
mod group;
mod kcl;
mod metrics;
mod services;
mod sink;
mod stream;
mod table;
mod truth;
