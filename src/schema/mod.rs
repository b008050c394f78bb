//! 4 CHECK: Iglu — keys, registries, cache, validation.
//!
//! Behaviour: iglu-scala-client 1.5.0 with json-schema-validator 1.0.70.
//!
//! A [`client::Checker`] (one a thread) asks the shared [`client::IgluClient`] for schemas; that
//! keeps them in the [`cache`], which gets what it lacks through the [`resolver`] from one
//! [`registry`] after the other, over HTTP by [`fetch`]. [`validate`] decides on instances.

pub mod cache;
pub mod check;
pub mod client;
pub mod embedded;
pub mod error;
pub mod fetch;
pub mod key;
pub mod registry;
pub mod resolver;
pub mod self_describing;
#[cfg(test)]
pub(crate) mod test_server;
pub mod validate;

pub use client::{Checker, IgluClient};
pub use error::ClientError;
pub use key::{Criterion, SchemaKey, SchemaVer};
