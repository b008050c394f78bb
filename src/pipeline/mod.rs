//! Joins the stages: one record in, its good, bad and pii rows out.

pub mod budget;
pub mod by_payload;
pub mod drain;
pub mod files;
pub mod flow;
pub mod generate;
pub mod inputs;
pub mod live;
pub mod outcomes;
mod parking;
mod refuse;
pub mod watch;
pub mod worker;
pub mod writer;
