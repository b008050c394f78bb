//! Pauses between attempts.

use std::time::Duration;

/// How long to pause, and how often to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first pause.
    pub min: Duration,
    /// The longest.
    pub max: Duration,
    /// How often to try again; for ever when absent.
    pub retries: Option<u32>,
}

impl Backoff {
    /// Whether a try after so many failures is one too many.
    pub fn is_over(&self, failures: u32) -> bool {
        self.retries.is_some_and(|retries| failures > retries)
    }

    /// The pause after so many failures (from 1): up to the first one doubled each time, as the random
    /// `fraction` says.
    pub fn full_jitter(&self, failures: u32, fraction: f64) -> Duration {
        let doubled = 2u32.saturating_pow(failures.saturating_sub(1));
        self.max
            .min(self.min.saturating_mul(doubled))
            .mul_f64(fraction.clamp(0.0, 1.0))
    }

    /// The pause after so many failures (from 1): the first one times 1, 1, 2, 3, 5, …, between half and
    /// all of it.
    pub fn fibonacci(&self, failures: u32, fraction: f64) -> Duration {
        let (mut this, mut next) = (1u32, 1u32);
        // beyond this any maximum is reached
        for _ in 1..failures.min(40) {
            (this, next) = (next, this.saturating_add(next));
        }
        let most = self.max.min(self.min.saturating_mul(this));
        most / 2 + (most / 2).mul_f64(fraction.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_tries_end() {
        let ms = Duration::from_millis;
        let backoff = Backoff {
            min: ms(100),
            max: ms(1000),
            retries: Some(10),
        };
        let fibonacci: Vec<_> = (1..=8).map(|n| backoff.fibonacci(n, 1.0)).collect();
        assert_eq!(
            fibonacci,
            [100, 100, 200, 300, 500, 800, 1000, 1000].map(ms)
        );
        assert_eq!(backoff.fibonacci(3, 0.0), ms(100));
        assert_eq!(backoff.fibonacci(u32::MAX, 1.0), ms(1000));
        assert_eq!(backoff.full_jitter(1, 1.0), ms(100));
        assert_eq!(backoff.full_jitter(3, 0.5), ms(200));
        assert_eq!(backoff.full_jitter(u32::MAX, 1.0), ms(1000));
        assert!(!backoff.is_over(10) && backoff.is_over(11));
        let endless = Backoff {
            retries: None,
            ..backoff
        };
        assert!(!endless.is_over(u32::MAX));
    }
}
