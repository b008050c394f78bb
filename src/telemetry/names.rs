//! Every metric, named once: what it is called, what it counts and in which unit.
//!
//! `docs/metrics.md` is held against this list by a test.

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations by size; these are the upper bounds of its buckets.
    Histogram(&'static [f64]),
}

/// One metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// Its name at `/metrics`.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it tells, in one line.
    pub help: &'static str,
}

/// From a tenth of a millisecond to a minute.
const SHORT: &[f64] = &[
    0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0, 30.0, 60.0,
];
/// From 50 milliseconds to a day.
const LONG: &[f64] = &[
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 21_600.0,
    86_400.0,
];
/// From a microsecond to ten seconds: a step of the chain.
const STEP: &[f64] = &[
    0.000_001,
    0.000_002_5,
    0.000_005,
    0.000_01,
    0.000_025,
    0.000_05,
    0.000_1,
    0.000_25,
    0.000_5,
    0.001,
    0.01,
    0.1,
    1.0,
    10.0,
];
const RECORDS: &[f64] = &[
    1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 10_000.0,
];

macro_rules! metrics {
    ($($(#[$doc:meta])* $id:ident = $kind:expr, $name:literal [$($label:literal),*] $help:literal;)*) => {
        $(
            $(#[$doc])*
            #[doc = $help]
            pub const $id: Metric = Metric { name: $name, kind: $kind, labels: &[$($label),*], help: $help };
        )*
        /// All of them.
        pub const ALL: &[&Metric] = &[$(&$id),*];
    };
}

metrics! {
    RAW = Kind::Counter, "snowmelt_raw_total" []
        "Records received from the source";
    RAW_BYTES = Kind::Counter, "snowmelt_raw_bytes_total" []
        "Bytes of records received from the source";
    GOOD = Kind::Counter, "snowmelt_good_total" []
        "Enriched events that are durable in the good stream";
    GOOD_BYTES = Kind::Counter, "snowmelt_good_bytes_total" []
        "Bytes of enriched events that are durable in the good stream";
    BAD = Kind::Counter, "snowmelt_bad_total" ["type"]
        "Bad rows that are durable in the bad stream, by the name of their schema";
    BAD_BY_SCHEMA = Kind::Counter, "snowmelt_bad_by_schema_total" ["schema"]
        "Refusals by the schema that refused: the first 50 schemas by name, all others as other";
    PII = Kind::Counter, "snowmelt_pii_total" []
        "Events that tell of replaced personal data and are durable in the pii stream";
    INVALID_ENRICHED = Kind::Counter, "snowmelt_invalid_enriched_total" []
        "Events that fail the limits of the atomic fields, accepted or not";
    ENRICHMENT_FAILURES = Kind::Counter, "snowmelt_enrichment_failures_total" ["enrichment"]
        "Failures of enrichments";
    ENRICHMENT_SECONDS = Kind::Histogram(STEP), "snowmelt_enrichment_seconds" ["enrichment"]
        "Time of one enrichment on one event, of one event in 64";
    BATCH_RECORDS = Kind::Histogram(RECORDS), "snowmelt_batch_records" []
        "Records of a batch";
    BATCH_SECONDS = Kind::Histogram(SHORT), "snowmelt_batch_seconds" []
        "Time to enrich a batch";
    SINK_SECONDS = Kind::Histogram(SHORT), "snowmelt_sink_seconds" []
        "Time from handing the rows of a batch to the sinks until all are durable";
    E2E_SECONDS = Kind::Histogram(LONG), "snowmelt_e2e_latency_seconds" []
        "Time from the collector until all rows of the record are durable, of up to 16 records of a batch";
    LATENCY = Kind::Gauge, "snowmelt_latency_seconds" []
        "Time from the collector until durable, of the first record of the last batch";
    SINK_RETRIES = Kind::Counter, "snowmelt_sink_retries_total" ["stream"]
        "Rows that a stream did not take at first and that were sent again";
    LAG_RECORDS = Kind::Gauge, "snowmelt_source_lag_records" ["partition"]
        "Records of a partition that are not committed yet";
    LAG_SECONDS = Kind::Gauge, "snowmelt_source_lag_seconds" ["partition"]
        "How far reading is behind the tip of a partition or shard, in time";
    PARTITIONS = Kind::Gauge, "snowmelt_partitions" []
        "Partitions or shards that this worker reads";
    PARTITIONS_GAINED = Kind::Counter, "snowmelt_partitions_gained_total" []
        "Partitions or leases of shards that this worker took over";
    PARTITIONS_LOST = Kind::Counter, "snowmelt_partitions_lost_total" []
        "Partitions or leases of shards that this worker gave back or lost";
    COMMITS = Kind::Counter, "snowmelt_commits_total" ["outcome"]
        "Commits of positions, by outcome: ok or failed";
    MEMORY_USED = Kind::Gauge, "snowmelt_in_flight_bytes" []
        "Bytes of records and rows between source and sinks";
    MEMORY_LIMIT = Kind::Gauge, "snowmelt_in_flight_limit_bytes" []
        "Bytes between source and sinks at which reading waits";
    SCHEMA_HITS = Kind::Counter, "snowmelt_schema_cache_hits_total" []
        "Look-ups of schemas that the cache answered";
    SCHEMA_MISSES = Kind::Counter, "snowmelt_schema_cache_misses_total" []
        "Look-ups of schemas for which registries were asked";
    SCHEMA_SECONDS = Kind::Histogram(SHORT), "snowmelt_schema_fetch_seconds" ["registry", "outcome"]
        "Time to ask a registry for a schema, by outcome: found, missing or failed";
    SCHEMAS = Kind::Gauge, "snowmelt_schema_cache_entries" ["state"]
        "Schemas in the cache by state: ok, invalid or missing";
    SCHEMA_AGE = Kind::Gauge, "snowmelt_schema_cache_oldest_seconds" []
        "Age of the oldest schema in the cache";
    GENERATION = Kind::Gauge, "snowmelt_pipeline_generation" []
        "How often resolver and enrichments were built: 1 is the start";
    RELOADS = Kind::Counter, "snowmelt_reloads_total" ["outcome"]
        "Reloads by outcome: exchanged, unchanged or refused";
    RELOAD_FAILED = Kind::Gauge, "snowmelt_reload_failed" []
        "1 while the configuration that is there was refused and an older one runs";
    REMOTE_ADAPTERS = Kind::Counter, "snowmelt_remote_adapter_requests_total" ["outcome"]
        "Requests to remote adapters by outcome: success, failure or timeout";
    REMOTE_SECONDS = Kind::Histogram(SHORT), "snowmelt_remote_adapter_seconds" ["outcome"]
        "Time of a request to a remote adapter, by outcome";
    LIVE = Kind::Gauge, "snowmelt_live" []
        "1 while reading and enriching turn";
    READY = Kind::Gauge, "snowmelt_ready" []
        "1 while records are read and written in time";
    STARTED = Kind::Gauge, "snowmelt_start_time_seconds" []
        "When the program started, seconds since the epoch";
    BUILD = Kind::Gauge, "snowmelt_build_info" ["version", "reference"]
        "Always 1; the labels tell the version, and the version of Snowplow Enrich that it stands in for";
    RESIDENT = Kind::Gauge, "process_resident_memory_bytes" []
        "Resident memory of the process";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_prometheus_and_are_unique() {
        for metric in ALL {
            assert_eq!(
                metric.kind == Kind::Counter,
                metric.name.ends_with("_total"),
                "{}",
                metric.name
            );
            assert_eq!(
                ALL.iter().filter(|other| other.name == metric.name).count(),
                1
            );
            if let Kind::Histogram(bounds) = metric.kind {
                assert!(bounds.is_sorted() && !bounds.is_empty());
            }
        }
    }

    #[test]
    fn the_page_of_the_documentation_has_a_row_for_each_metric_and_no_others() {
        let page = include_str!("../../docs/metrics.md");
        let rows: Vec<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .filter(|name| name.starts_with("snowmelt_") || name.starts_with("process_"))
            .collect();
        let names: Vec<&str> = ALL.iter().map(|metric| metric.name).collect();
        assert_eq!(rows, names);
    }
}
