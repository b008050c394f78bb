//! 4 CHECK: Iglu — keys, registries, cache, validation.
//!
//! Behaviour: iglu-scala-client 1.5.0 with json-schema-validator 1.0.70.

pub mod check;
pub mod error;
pub mod key;
pub mod self_describing;

pub use error::ClientError;
pub use key::{Criterion, SchemaKey, SchemaVer};
