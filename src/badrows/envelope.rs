//! What is around every bad row.

use lexon::write_string;

/// Who made a bad row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Processor {
    /// Name of the application.
    pub artifact: String,
    /// Its version.
    pub version: String,
}

/// When a bad row was made, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant {
    /// Whole seconds since the epoch, rounded down.
    pub secs: i64,
    /// Nanoseconds of that second.
    pub nanos: u32,
}

impl Instant {
    /// The instant that many milliseconds after the epoch.
    pub fn from_millis(millis: i64) -> Instant {
        Instant {
            secs: millis.div_euclid(1000),
            nanos: millis.rem_euclid(1000) as u32 * 1_000_000,
        }
    }
}

/// One bad row: `failure` adds to the failure object after its timestamp, `payload` writes a value.
pub(super) fn row(
    p: &Processor,
    schema: &str,
    now: Instant,
    failure: impl FnOnce(&mut String),
    payload: impl FnOnce(&mut String),
) -> String {
    let mut out = String::with_capacity(4096);
    out.push_str("{\"schema\":\"iglu:com.snowplowanalytics.snowplow.badrows/");
    out.push_str(schema);
    out.push_str("\",\"data\":{\"processor\":{\"artifact\":");
    write_string(&mut out, &p.artifact);
    out.push_str(",\"version\":");
    write_string(&mut out, &p.version);
    out.push_str("},\"failure\":{\"timestamp\":\"");
    // nine digits always, as a clock of nanoseconds gives them: so a row has one size, whatever the instant
    out.push_str(jvm::time::instant_iso(now.secs, 0).trim_end_matches('Z'));
    out.push_str(&format!(".{:09}Z\"", now.nanos));
    failure(&mut out);
    out.push_str("},\"payload\":");
    payload(&mut out);
    out.push_str("}}");
    out
}
