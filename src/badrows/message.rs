//! The messages inside bad rows. None has a type tag: each kind has keys of its own.

use lexon::{write_string, write_string_opt};

use super::failure::{Failure, Message, Violation};
use crate::payload::decode::FormatViolation;
use crate::schema::error::ClientError;
use crate::schema::key::SchemaKey;

/// Writes a JSON array of anything.
pub(super) fn list<T>(out: &mut String, items: &[T], mut write: impl FnMut(&mut String, &T)) {
    out.push('[');
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(']');
}

/// The message of a `collector_payload_format_violation`.
pub(super) fn format_violation(out: &mut String, violation: &FormatViolation) {
    match violation {
        FormatViolation::Fallback(error) => {
            out.push_str("{\"error\":");
            write_string(out, error);
            out.push('}');
        }
        FormatViolation::InputData {
            field,
            value,
            expectation,
        } => {
            input_data(out, "payloadField", field, value.as_deref(), expectation);
        }
    }
}

/// A message of `adapter_failures`, `tracker_protocol_violations` or `schema_violations`.
pub(super) fn violation(out: &mut String, violation: &Violation) {
    match violation {
        Violation::NotJson {
            field,
            value,
            error,
        } => {
            out.push_str("{\"field\":");
            write_string(out, field);
            out.push_str(",\"value\":");
            write_string_opt(out, value.as_deref());
            out.push_str(",\"error\":");
            write_string(out, error);
            out.push('}');
        }
        Violation::NotIglu { json, error } => {
            out.push_str("{\"json\":");
            out.push_str(json);
            out.push_str(",\"error\":");
            write_string(out, &error.to_string());
            out.push('}');
        }
        Violation::InputData {
            field,
            value,
            expectation,
        } => {
            input_data(out, "field", field, value.as_deref(), expectation);
        }
        Violation::SchemaMapping {
            actual,
            expected,
            expectation,
        } => {
            out.push_str("{\"actual\":");
            write_string_opt(out, actual.as_deref());
            out.push_str(",\"expectedMapping\":");
            out.push_str(expected);
            out.push_str(",\"expectation\":");
            write_string(out, expectation);
            out.push('}');
        }
        Violation::Iglu { key, error } => iglu(out, key, error),
        Violation::Criterion { key, criterion } => {
            out.push_str("{\"schemaKey\":");
            write_string(out, key.uri());
            out.push_str(",\"schemaCriterion\":");
            write_string(out, criterion);
            out.push('}');
        }
    }
}

/// A message of `enrichment_failures`.
pub(super) fn failure(out: &mut String, failure: &Failure) {
    out.push_str("{\"enrichment\":");
    match &failure.enrichment {
        None => out.push_str("null"),
        Some(origin) => {
            out.push_str("{\"schemaKey\":");
            write_string(out, origin.schema.uri());
            out.push_str(",\"identifier\":");
            write_string(out, origin.identifier);
            out.push('}');
        }
    }
    out.push_str(",\"message\":");
    match &failure.message {
        Message::Simple(error) => {
            out.push_str("{\"error\":");
            write_string(out, error);
            out.push('}');
        }
        Message::InputData {
            field,
            value,
            expectation,
        } => {
            input_data(out, "field", field, value.as_deref(), expectation);
        }
        Message::Iglu { key, error } => iglu(out, key, error),
    }
    out.push('}');
}

fn input_data(out: &mut String, key: &str, field: &str, value: Option<&str>, expectation: &str) {
    out.push('{');
    write_string(out, key);
    out.push(':');
    write_string(out, field);
    out.push_str(",\"value\":");
    write_string_opt(out, value);
    out.push_str(",\"expectation\":");
    write_string(out, expectation);
    out.push('}');
}

fn iglu(out: &mut String, key: &SchemaKey, error: &ClientError) {
    out.push_str("{\"schemaKey\":");
    write_string(out, key.uri());
    out.push_str(",\"error\":");
    error.write(out);
    out.push('}');
}
