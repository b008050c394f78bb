//! 7 WRITE: durable or not done; a sink never learns what an event is.

pub mod file;
