//! How often a shard may be asked.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The service allows so many reads of a shard …
const READS: u32 = 5;
/// … in this time, with a little that clocks and networks may add.
const SECOND: Duration = Duration::from_millis(1_010);

/// Lets reads of a shard through as fast as the service allows: five at once, then one for each that is a
/// second ago.
#[derive(Default)]
pub(super) struct Pace {
    last: [Option<Instant>; READS as usize],
    next: usize,
}

impl Pace {
    /// Waits until the next read may go out.
    pub(super) async fn wait(&mut self) {
        if let Some(Some(oldest)) = self.last.get(self.next) {
            sleep_until(*oldest + SECOND).await;
        }
    }

    /// A read was answered: it may have been counted as late as this.
    pub(super) fn done(&mut self) {
        if let Some(place) = self.last.get_mut(self.next) {
            *place = Some(Instant::now());
        }
        self.next = (self.next + 1) % READS as usize;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_has_more_reads_than_the_service_allows() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let times = runtime.block_on(async {
            let mut pace = Pace::default();
            let mut times = Vec::new();
            for _ in 0..8 {
                pace.wait().await;
                times.push(Instant::now());
                pace.done();
            }
            times
        });
        assert!(times.windows(6).all(|six| six[5] - six[0] >= SECOND));
    }
}
