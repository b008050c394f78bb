//! What went wrong with a payload or an event, as values; [`super`] prints them.

use crate::schema::error::ClientError;
use crate::schema::key::SchemaKey;
use crate::schema::self_describing::SelfDescribingError;

/// A failure found while reading a payload or running its adapter (`adapter_failures`,
/// `tracker_protocol_violations`) or while checking an event's JSON (`schema_violations`).
#[derive(Debug, Clone, PartialEq)]
pub enum Violation {
    /// A field whose text is no JSON.
    NotJson {
        field: String,
        value: Option<String>,
        error: String,
    },
    /// A JSON that is not self-describing; `json` is its compact text.
    NotIglu {
        json: String,
        error: SelfDescribingError,
    },
    /// A field with a value that is not as expected.
    InputData {
        field: String,
        value: Option<String>,
        expectation: String,
    },
    /// No schema for an event type of an adapter; `expected` is a compact JSON object.
    SchemaMapping {
        actual: Option<String>,
        expected: String,
        expectation: String,
    },
    /// Resolution or validation failed.
    Iglu { key: SchemaKey, error: ClientError },
    /// A schema other than the place demands; `criterion` as text.
    Criterion { key: SchemaKey, criterion: String },
}

impl Violation {
    /// A field with a value that is not as expected.
    pub fn input(
        field: impl Into<String>,
        value: Option<&str>,
        expectation: impl Into<String>,
    ) -> Violation {
        Violation::InputData {
            field: field.into(),
            value: value.map(str::to_owned),
            expectation: expectation.into(),
        }
    }
}

/// Why the adapter of a payload found no events in it: `adapter_failures`, or
/// `tracker_protocol_violations` for the second version of the tracker protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct AdapterFailure {
    /// All that is wrong, in the order of the reference; never empty.
    pub violations: Vec<Violation>,
    /// Whether it is told as `tracker_protocol_violations`.
    pub tracker_protocol: bool,
}

/// A failure of one step of the enrichment chain (`enrichment_failures`).
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Which configured enrichment failed; none for the steps that always run.
    pub enrichment: Option<Origin>,
    /// What went wrong.
    pub message: Message,
}

/// The enrichment that a failure comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Schema of its configuration.
    pub schema: SchemaKey,
    /// Its name in bad rows, for example `ua-parser`.
    pub identifier: &'static str,
}

/// The message of a [`Failure`].
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// A text.
    Simple(String),
    /// A field with a value that is not as expected.
    InputData {
        field: String,
        value: Option<String>,
        expectation: String,
    },
    /// A context made by an enrichment does not pass its schema.
    Iglu { key: SchemaKey, error: ClientError },
}

impl Failure {
    /// A failure of a step that always runs.
    pub fn simple(text: impl Into<String>) -> Failure {
        Failure {
            enrichment: None,
            message: Message::Simple(text.into()),
        }
    }

    /// A field that a step that always runs could not use.
    pub fn input(field: &str, value: Option<&str>, expectation: impl Into<String>) -> Failure {
        let (field, value) = (field.to_owned(), value.map(str::to_owned));
        Failure {
            enrichment: None,
            message: Message::InputData {
                field,
                value,
                expectation: expectation.into(),
            },
        }
    }

    /// The same failure, told to come from a configured enrichment.
    pub fn of(self, origin: &Origin) -> Failure {
        Failure {
            enrichment: Some(origin.clone()),
            ..self
        }
    }
}

/// Something that makes the reference throw: the whole record becomes one `generic_error`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Crash(pub String);
