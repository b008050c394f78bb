//! The lease table in DynamoDB Local: what the conditions of requests mean there is what they mean in the
//! table in memory, on which the engine is simulated.
//!
//! Needs Java and Maven; `SNOWMELT_SKIP_BROKERS=1` leaves it out.
#![cfg(feature = "kinesis")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops at what it does not expect and tells what it leaves out"
)]

#[path = "../support/mod.rs"]
mod support;

mod server;
mod table;
