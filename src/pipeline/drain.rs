//! When to stop: a signal asks for it, and what is under way gets some time.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Asks a running flow to stop. Copies share one state.
#[derive(Debug, Clone)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    deadline: Arc<Mutex<Option<Instant>>>,
    grace: Duration,
}

impl Stop {
    /// Never asked yet; when it is, work under way may take `grace` to finish.
    pub fn new(grace: Duration) -> Stop {
        Stop {
            asked: Arc::default(),
            deadline: Arc::default(),
            grace,
        }
    }

    /// Asks on SIGTERM and SIGINT; the second signal ends the process at once with code 1.
    ///
    /// # Errors
    /// When the system does not take the handlers.
    pub fn on_signals(&self) -> io::Result<()> {
        for signal in [SIGTERM, SIGINT] {
            flag::register_conditional_shutdown(signal, 1, Arc::clone(&self.asked))?;
        }
        for signal in [SIGTERM, SIGINT] {
            flag::register(signal, Arc::clone(&self.asked))?;
        }
        Ok(())
    }

    /// Asks to stop.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::Release);
    }

    /// Whether it was asked.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Acquire)
    }

    /// How long work under way may still take; the time runs from the first call after it was asked.
    pub fn time_left(&self) -> Duration {
        if !self.is_asked() {
            return self.grace;
        }
        let mut deadline = self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        let end = *deadline.get_or_insert_with(|| Instant::now() + self.grace);
        end.saturating_duration_since(Instant::now())
    }

    /// Whether it was asked so long ago that nobody waits any more.
    pub fn is_over(&self) -> bool {
        self.is_asked() && self.time_left().is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_finish_runs_from_when_it_was_asked() {
        let stop = Stop::new(Duration::from_secs(60));
        assert!(!stop.is_asked() && !stop.is_over());
        stop.ask();
        assert!(stop.is_asked() && !stop.is_over());
        let now = Stop::new(Duration::ZERO);
        now.clone().ask();
        assert!(now.is_over());
    }
}
