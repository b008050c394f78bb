//! The line that ends a run: what came of the input.

use std::fmt;
use std::time::Duration;

use crate::pipeline::outcomes::Counts;

/// What came of the input, and how long it took.
pub struct Summary {
    /// Rows by kind.
    pub counts: Counts,
    /// Time from the first byte read to the last written.
    pub took: Duration,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts {
            payloads,
            good,
            pii,
            bad,
        } = &self.counts;
        let refused: u64 = bad.values().sum();
        let events = good + refused;
        write!(
            f,
            "{payloads} payloads, {events} events: {good} good, {refused} bad"
        )?;
        if !bad.is_empty() {
            let kinds: Vec<String> = bad
                .iter()
                .map(|(kind, count)| format!("{kind} {count}"))
                .collect();
            write!(f, " ({})", kinds.join(", "))?;
        }
        let seconds = self.took.as_secs_f64();
        write!(
            f,
            ", {pii} pii; {seconds:.2} s, {:.0} events/s",
            events as f64 / seconds.max(1e-9)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_each_kind_of_bad_row() {
        let counts = Counts {
            payloads: 4,
            good: 3,
            pii: 1,
            bad: [("schema_violations", 2)].into(),
        };
        let summary = Summary {
            counts,
            took: Duration::from_secs(2),
        };
        assert_eq!(
            summary.to_string(),
            "4 payloads, 5 events: 3 good, 2 bad (schema_violations 2), 1 pii; 2.00 s, 2 events/s"
        );
    }
}
