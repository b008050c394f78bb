//! Joins the stages: one record in, its good, bad and pii rows out.

pub mod by_payload;
pub mod files;
pub mod inputs;
mod refuse;
pub mod worker;
