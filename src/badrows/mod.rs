//! 5b REFUSE: every kind of bad row; the only place that builds failure JSON.
//!
//! Behaviour: snowplow-badrows 2.1.2 as Enrich 3.9.0 uses it. Each function returns the whole row
//! as compact JSON, keys in the order of the reference, absent values as `null`.

mod collector_payload;
mod enrichment_payload;
mod envelope;
pub mod failure;
mod generic;
mod message;
pub mod size;

pub use envelope::{Instant, Processor};
pub use generic::generic_error;
pub use size::SizeLimits;

use crate::event::Event;
use crate::payload::decode::FormatViolation;
use crate::payload::{CollectorPayload, RawEvent};
use envelope::row;
use failure::{AdapterFailure, Failure, Violation};

/// A record that is no collector payload: one row for each violation found in it.
pub fn format_violation(
    p: &Processor,
    now: Instant,
    record: &[u8],
    violation: &FormatViolation,
) -> String {
    row(
        p,
        "collector_payload_format_violation/jsonschema/1-0-0",
        now,
        |out| {
            out.push_str(",\"loader\":\"thrift\",\"message\":");
            message::format_violation(out, violation);
        },
        |out| generic::base64(out, record),
    )
}

/// A payload whose adapter found no events in it.
pub fn adapter_failure(
    p: &Processor,
    now: Instant,
    payload: &CollectorPayload<'_>,
    failure: &AdapterFailure,
) -> String {
    let schema = if failure.tracker_protocol {
        "tracker_protocol_violations/jsonschema/1-0-1"
    } else {
        "adapter_failures/jsonschema/1-0-0"
    };
    row(
        p,
        schema,
        now,
        |out| {
            out.push_str(",\"vendor\":");
            lexon::write_string(out, &payload.api.vendor);
            out.push_str(",\"version\":");
            lexon::write_string(out, &payload.api.version);
            out.push_str(",\"messages\":");
            message::list(out, &failure.violations, message::violation);
        },
        |out| collector_payload::write(out, payload),
    )
}

/// An event whose self-describing JSON is not accepted.
pub fn schema_violations(
    p: &Processor,
    now: Instant,
    violations: &[Violation],
    event: &Event,
    raw: &RawEvent<'_>,
) -> String {
    row(
        p,
        "schema_violations/jsonschema/2-0-1",
        now,
        |out| {
            out.push_str(",\"messages\":");
            message::list(out, violations, message::violation);
        },
        |out| enrichment_payload::write(out, event, raw),
    )
}

/// An event that failed before, in or after the enrichments; shows what it had become by then.
pub fn enrichment_failures(
    p: &Processor,
    now: Instant,
    failures: &[Failure],
    event: &Event,
    raw: &RawEvent<'_>,
) -> String {
    row(
        p,
        "enrichment_failures/jsonschema/2-0-1",
        now,
        |out| {
            out.push_str(",\"messages\":");
            message::list(out, failures, message::failure);
        },
        |out| enrichment_payload::write(out, event, raw),
    )
}

#[cfg(test)]
mod tests;
