//! How a worker behaves.

use std::sync::Arc;
use std::time::Duration;

use crate::position::InitialPosition;

/// How a worker behaves. The defaults are those of KCL 1.x and 2.x where they have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The name of this worker in the table. One that is the same after a restart gets its leases back at
    /// once; two running workers must not share one.
    pub worker: Arc<str>,
    /// This process: different at every start.
    pub session: Arc<str>,
    /// Where reading starts in shards that nobody has read.
    pub initial_position: InitialPosition,
    /// A lease that is not renewed for so long is up for grabs. All workers of a table must have the same.
    pub failover: Duration,
    /// Allowance for inexact timers.
    pub epsilon: Duration,
    /// The most leases to hold.
    pub max_leases: usize,
    /// The most leases to take from others after one look at the table.
    pub max_steal: usize,
    /// The most leases to take after one look at the table, or as many as are held already if that is more:
    /// a fleet that starts together then shares before anyone has all.
    pub max_take: usize,
    /// The shortest time between two looks at the table …
    pub scan_least: Duration,
    /// … which grows with rows times workers, so that all together read at most so many rows a second, but
    /// never beyond twice the failover time as in KCL.
    pub scan_rows_per_second: u64,
    /// How often a new position is written. A write also renews, so the time between renewals is a cheap
    /// choice.
    pub checkpoint_interval: Duration,
    /// How often to look whether parents of a shard are done.
    pub parent_poll: Duration,
    /// The most to wait, at random, before creating leases in an empty table, for another worker to do it.
    pub empty_table_wait: Duration,
    /// When hash keys without a lease are looked for first …
    pub audit_first: Duration,
    /// … how often then …
    pub audit_interval: Duration,
    /// … and how often one must be seen before the shards are listed.
    pub audit_confirmations: u32,
    /// How often finished leases are looked at.
    pub cleanup_interval: Duration,
    /// How often the shards are listed for finished leases of which no children are known.
    pub garbage_interval: Duration,
}

impl Settings {
    /// The defaults for a worker.
    pub fn new(worker: &str, session: &str, initial_position: InitialPosition) -> Settings {
        let failover = Duration::from_secs(10);
        let epsilon = Duration::from_millis(25);
        Settings {
            worker: worker.into(),
            session: session.into(),
            initial_position,
            failover,
            epsilon,
            max_leases: usize::MAX,
            max_steal: 1,
            max_take: 16,
            scan_least: Duration::from_secs(3),
            scan_rows_per_second: 20_000,
            checkpoint_interval: Duration::from_millis(3_300),
            parent_poll: Duration::from_secs(10),
            empty_table_wait: Duration::from_secs(3),
            audit_first: Duration::from_secs(60),
            audit_interval: Duration::from_secs(120),
            audit_confirmations: 3,
            cleanup_interval: Duration::from_secs(60),
            garbage_interval: Duration::from_secs(30 * 60),
        }
    }

    /// The time between two renewals: a third of the failover time, less the allowance.
    pub fn renew_interval(&self) -> Duration {
        (self.failover / 3).saturating_sub(self.epsilon)
    }

    /// The time between two looks at a table of so many rows by so many workers.
    pub fn scan_interval(&self, rows: usize, workers: usize) -> Duration {
        let longest = (self.failover + self.epsilon) * 2;
        let read = (rows as u64).saturating_mul(workers as u64);
        let fair =
            Duration::from_millis(read.saturating_mul(1_000) / self.scan_rows_per_second.max(1));
        fair.clamp(self.scan_least.min(longest), longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_kcl() {
        let settings = Settings::new("w", "s", InitialPosition::TrimHorizon);
        assert_eq!(
            settings.renew_interval(),
            Duration::from_nanos(3_308_333_333)
        );
        assert_eq!(
            settings.scan_interval(10_000, 1_000),
            Duration::from_millis(20_050)
        );
        assert_eq!(settings.scan_interval(8, 3), Duration::from_secs(3));
        assert_eq!(settings.scan_interval(1_000, 100), Duration::from_secs(5));
    }
}
