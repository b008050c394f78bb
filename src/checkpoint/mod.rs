//! 1b REMEMBER: how far each partition of a source is done, so that a restart loses nothing.

#[cfg(feature = "kinesis")]
pub mod dynamodb;
pub mod leases;
pub mod ledger;
pub mod pending;
pub mod receipt;
