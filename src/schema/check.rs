//! Checking a JSON against the schema it names, as a contract: adapters and enrichments take
//! [`Check`], the Iglu client fulfils it, tests have simpler ones.

use crate::badrows::failure::Crash;

use super::error::ClientError;
use super::key::{KeyError, SchemaKey, SchemaVer};

/// Why a check did not pass.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CheckError {
    /// No schema was found, it is no schema, or the instance does not fit it.
    #[error("schema check failed")]
    Client(ClientError),
    /// The reference throws here: the whole record is a `generic_error`.
    #[error(transparent)]
    Crash(#[from] Crash),
}

impl From<ClientError> for CheckError {
    fn from(error: ClientError) -> CheckError {
        CheckError::Client(error)
    }
}

/// Something that finds schemas and checks instances against them.
pub trait Check {
    /// The key that `uri` names. A checker that sees the same URIs again and again may remember them.
    ///
    /// # Errors
    /// What is wrong with the URI.
    fn key(&mut self, uri: &str) -> Result<SchemaKey, KeyError> {
        SchemaKey::parse(uri)
    }

    /// Checks a JSON text against the schema `key`. A checker that sees the same texts again and again, as
    /// contexts that enrichments make are, may remember those that passed.
    ///
    /// # Errors
    /// As [`Check::check`]; a text that is no JSON is a defect of ours.
    fn check_text(&mut self, key: &SchemaKey, text: &str) -> Result<(), CheckError> {
        let doc = lexon::Doc::parse(text).map_err(|error| Crash(error.to_string()))?;
        self.check(key, doc.root()).map(|_| ())
    }

    /// A batch is over: a checker that counts may tell.
    fn publish(&mut self) {}

    /// Checks `data` against the schema `key`. `Some` version if another version superseded the
    /// one that was asked for and was used in its place.
    fn check(
        &mut self,
        key: &SchemaKey,
        data: lexon::Value<'_>,
    ) -> Result<Option<SchemaVer>, CheckError>;
}
