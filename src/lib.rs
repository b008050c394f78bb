//! Snowmelt turns raw collector payloads into validated, enriched events.
//!
//! The modules, in the order an event passes through them:
//!
//! - [`sources`] read bytes and cut them into records
//! - [`checkpoint`] remembers which of them are done
//! - [`payload`]: the bytes of a record become a collector payload
//! - [`adapters`]: a payload becomes raw events
//! - [`schema`]: self-describing JSON is resolved and checked
//! - [`event`]: parameters become the 131 fields of the enriched event
//! - [`enrichments`]: fields and contexts are added, in a fixed order
//! - [`badrows`]: what cannot be used is told, losing nothing
//! - [`output`]: events become the rows of the streams
//! - [`sinks`] write rows
//! - [`recover`]: bad rows become the payloads they came from
//!
//! [`pipeline`] joins them, [`app`] builds a pipeline from its [`config`], [`cli`] is what people call;
//! [`assets`], [`clock`], [`cloud`] and [`secret`] serve several stages; [`sample`] makes payloads to try it with.
//! [`assets`], [`clock`], [`cloud`], [`remote`] and [`secret`] serve several stages.
//! [`pipeline`] joins them, [`admin`] shows and steers it, [`app`] builds a pipeline from its [`config`], [`cli`] is what people call;
//! [`assets`], [`clock`], [`cloud`], [`secret`] and [`telemetry`] serve several stages.

pub mod adapters;
pub mod admin;
pub mod app;
pub mod assets;
pub mod badrows;
pub mod checkpoint;
pub mod cli;
pub mod clock;
pub mod cloud;
pub mod config;
pub mod enrichments;
pub mod event;
pub mod output;
pub mod payload;
pub mod pipeline;
pub mod recover;
pub mod remote;
pub mod sample;
pub mod schema;
pub mod secret;
pub mod sinks;
pub mod sources;
pub mod telemetry;
