//! Configuration: texts given on the command line become typed, checked values.
//!
//! [`text`] gets a HOCON or JSON document out of a path or a base64 argument; [`resolver`],
//! [`enrichments`] and [`app`] read the three documents. Only this folder looks at the process
//! environment, and only in [`Env::of_process`].

pub mod app;
pub mod enrichments;
mod error;
pub mod kafka_properties;
pub mod kinesis;
pub mod monitoring;
mod node;
pub mod overrides;
pub mod resolver;
pub mod streams;
pub mod text;

use std::collections::HashMap;

pub use app::AppConfig;
pub use enrichments::EnrichmentConfig;
pub use error::ConfigError;

/// Environment variables.
#[derive(Debug, Clone, Default)]
pub struct Env(HashMap<String, String>);

impl Env {
    /// Those of this process; names and values that are not UTF-8 are left out.
    pub fn of_process() -> Env {
        Env(std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
            .collect())
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Env {
        Env(pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect())
    }
}
