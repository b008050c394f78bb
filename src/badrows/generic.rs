//! The row for a record that nothing better can be said of.

use super::envelope::{Instant, Processor, row};
use super::message;

/// A record on which something unforeseen happened, or on which the reference throws.
pub fn generic_error(p: &Processor, now: Instant, record: &[u8], errors: &[&str]) -> String {
    row(
        p,
        "generic_error/jsonschema/1-0-0",
        now,
        |out| {
            out.push_str(",\"errors\":");
            message::list(out, errors, |out, error| lexon::write_string(out, error));
        },
        |out| base64(out, record),
    )
}

/// A record as a JSON string: base64, standard alphabet, padded, in one line.
pub(super) fn base64(out: &mut String, record: &[u8]) {
    out.push('"');
    jvm::base64::encode_standard_into(record, out);
    out.push('"');
}
