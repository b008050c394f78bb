//! Rows that are larger than the output takes.

use lexon::write_string;

use super::envelope::{Instant, Processor, row};

/// The largest record an output takes, and what becomes of larger ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeLimits {
    max: usize,
}

impl SizeLimits {
    /// Limits for an output that takes records of `max` bytes.
    pub fn new(max: usize) -> SizeLimits {
        SizeLimits { max }
    }

    /// The largest record, in bytes.
    pub fn max(&self) -> usize {
        self.max
    }

    /// Whether a row of that many bytes fits.
    pub fn fits(&self, bytes: usize) -> bool {
        bytes <= self.max
    }

    /// The bad row for a good event that is too large, itself within the limits.
    pub fn oversized_event(&self, p: &Processor, now: Instant, tsv: &str) -> String {
        let expectation = format!(
            "event passed enrichment but then exceeded the maximum allowed size {} bytes",
            self.max
        );
        let cut = self.max.saturating_mul(8) / 10;
        self.bounded(p, now, self.violation(p, now, &expectation, tsv, cut))
    }

    /// The bad row itself, or a smaller one that tells its size and shows its beginning.
    pub fn bounded(&self, p: &Processor, now: Instant, bad_row: String) -> String {
        if self.fits(bad_row.len()) {
            return bad_row;
        }
        let expectation = format!(
            "event failed enrichment, but resulting bad row exceeds allowed size {}",
            self.max
        );
        self.violation(p, now, &expectation, &bad_row, self.max / 10)
    }

    /// `units` is how much of the text is shown, in UTF-16 units.
    fn violation(
        &self,
        p: &Processor,
        now: Instant,
        expectation: &str,
        text: &str,
        units: usize,
    ) -> String {
        row(
            p,
            "size_violation/jsonschema/1-0-0",
            now,
            |out| {
                let sizes = format!(
                    ",\"maximumAllowedSizeBytes\":{},\"actualSizeBytes\":{},\"expectation\":",
                    self.max,
                    text.len()
                );
                out.push_str(&sizes);
                write_string(out, expectation);
            },
            |out| write_string(out, &jvm::text::utf16_prefix(text, units)),
        )
    }
}
