//! 6 ENCODE: events and bad rows to the bytes of the streams.

pub mod labels;
pub mod pii_event;
pub mod rows;
pub mod tsv;
