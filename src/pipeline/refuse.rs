//! Bad rows with what they have in common: who refuses, when, and the size that a row may have.

use crate::badrows::failure::{AdapterFailure, Crash, Failure, Violation};
use crate::badrows::{self, Instant, Processor, SizeLimits};
use crate::event::Event;
use crate::payload::decode::FormatViolation;
use crate::payload::{CollectorPayload, RawEvent};

/// A bad row and the name of its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// The name of its schema, for counting.
    pub kind: &'static str,
    /// The row.
    pub json: String,
}

/// Makes the bad rows of one moment.
pub struct Refuse<'p> {
    processor: &'p Processor,
    limits: SizeLimits,
    now: Instant,
}

const SIZE: &str = "size_violation";

impl<'p> Refuse<'p> {
    /// For rows of at most `max_bytes`.
    pub fn new(processor: &'p Processor, max_bytes: usize, now_millis: i64) -> Refuse<'p> {
        Refuse {
            processor,
            limits: SizeLimits::new(max_bytes),
            now: Instant::from_millis(now_millis),
        }
    }

    /// A row that is too large gives way to one that says so.
    fn bounded(&self, kind: &'static str, json: String) -> BadRow {
        let fits = self.limits.fits(json.len());
        BadRow {
            kind: if fits { kind } else { SIZE },
            json: self.limits.bounded(self.processor, self.now, json),
        }
    }

    /// A record that is no collector payload.
    pub fn format_violation(&self, record: &[u8], violation: &FormatViolation) -> BadRow {
        let json = badrows::format_violation(self.processor, self.now, record, violation);
        self.bounded("collector_payload_format_violation", json)
    }

    /// A payload in which the adapter found no events.
    pub fn adapter_failure(
        &self,
        payload: &CollectorPayload<'_>,
        failure: &AdapterFailure,
    ) -> BadRow {
        let kind = if failure.tracker_protocol {
            "tracker_protocol_violations"
        } else {
            "adapter_failures"
        };
        self.bounded(
            kind,
            badrows::adapter_failure(self.processor, self.now, payload, failure),
        )
    }

    /// An event whose JSON does not pass.
    pub fn schema_violations(
        &self,
        event: &Event,
        raw: &RawEvent<'_>,
        violations: &[Violation],
    ) -> BadRow {
        let json = badrows::schema_violations(self.processor, self.now, violations, event, raw);
        self.bounded("schema_violations", json)
    }

    /// An event that a step refused.
    pub fn enrichment_failures(
        &self,
        event: &Event,
        raw: &RawEvent<'_>,
        failures: &[Failure],
    ) -> BadRow {
        let json = badrows::enrichment_failures(self.processor, self.now, failures, event, raw);
        self.bounded("enrichment_failures", json)
    }

    /// An event that is too large once it is a TSV.
    pub fn oversized_event(&self, tsv: &[u8]) -> BadRow {
        let json =
            self.limits
                .oversized_event(self.processor, self.now, &String::from_utf8_lossy(tsv));
        self.bounded(SIZE, json)
    }

    /// A record on which the reference throws.
    pub fn generic_error(&self, record: &[u8], crash: &Crash) -> BadRow {
        let json = badrows::generic_error(self.processor, self.now, record, &[crash.0.as_str()]);
        self.bounded("generic_error", json)
    }
}
