//! A progress bar for people who watch; nothing when standard error is no terminal.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows how much of the input was read.
pub struct Progress {
    bar: Option<ProgressBar>,
    read: Arc<AtomicU64>,
}

impl Progress {
    /// A bar over `total` bytes, of which `read` counts those done; a counter only when the total is unknown.
    pub fn new(total: Option<u64>, read: Arc<AtomicU64>) -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let (bar, template) = match total {
                Some(total) => (
                    ProgressBar::new(total),
                    "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta} {msg}",
                ),
                None => (ProgressBar::no_length(), "{bytes} {bytes_per_sec} {msg}"),
            };
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(5));
            bar.with_style(
                ProgressStyle::with_template(template)
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            )
        });
        Progress { bar, read }
    }

    /// Draws the present state.
    pub fn tick(&self, events: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(self.read.load(Ordering::Relaxed));
            bar.set_message(format!("{events} events"));
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
