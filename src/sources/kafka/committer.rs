//! Commits of positions beside the reading, so that a slow coordinator does not hold the records up.
//!
//! librdkafka tells nobody how a commit ended that is not waited for (it only logs a failure), so each is
//! waited for here: one that a rebalance refused has to be repeated even if no record comes after it.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};

use super::Context;

/// Where partitions go on.
type Positions = Vec<(i32, i64)>;

/// A thread that commits, one list at a time.
pub(super) struct Committer {
    lists: Option<Sender<Positions>>,
    results: Receiver<bool>,
    thread: Option<JoinHandle<()>>,
    under_way: bool,
    failed: bool,
}

/// How the last commit went.
pub(super) struct Idle {
    /// Its positions have to be committed again.
    pub failed: bool,
}

impl Committer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(consumer: Arc<BaseConsumer<Context>>) -> io::Result<Committer> {
        let (lists, waiting) = bounded::<Positions>(1);
        let (told, results) = bounded(1);
        let thread = thread::Builder::new()
            .name("kafka-commits".to_owned())
            .spawn(move || {
                for list in waiting {
                    let context = consumer.context();
                    let done = consumer.commit(&context.offsets(&list), CommitMode::Sync);
                    context.told.committed(done.is_ok(), &list);
                    if let Err(error) = &done {
                        tracing::warn!(%error, "commit failed and will be repeated");
                    }
                    if told.send(done.is_ok()).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Committer {
            lists: Some(lists),
            results,
            thread: Some(thread),
            under_way: false,
            failed: false,
        })
    }

    /// How the last commit went; nothing while one is under way.
    pub(super) fn ready(&mut self) -> Option<Idle> {
        if self.under_way {
            let done = self.results.try_recv().ok()?;
            self.under_way = false;
            self.failed = !done;
        }
        Some(Idle {
            failed: std::mem::take(&mut self.failed),
        })
    }

    /// Commits positions, when [`Committer::ready`] said that none is under way.
    pub(super) fn commit(&mut self, list: Positions) {
        if let Some(lists) = &self.lists {
            self.under_way = lists.try_send(list).is_ok();
            self.failed = !self.under_way;
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.lists = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::warn!("the thread of commits ended badly");
        }
    }
}
