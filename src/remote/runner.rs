//! The threads that wait for services, so that those that compute do not.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};

use tokio::runtime::{Builder, Runtime};

use super::asked::{Answering, Asked};

/// Has questions answered, as many at once as their services take. Its threads start with the first question.
#[derive(Debug, Default)]
pub struct Runner {
    runtime: OnceLock<Option<Runtime>>,
}

/// Waiting and reading answers is little work.
const THREADS: usize = 2;

/// Calls what it holds when the last clone is gone, whatever became of the others.
struct Last<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for Last<F> {
    fn drop(&mut self) {
        if let Some(then) = self.0.take() {
            then();
        }
    }
}

impl Runner {
    fn runtime(&self) -> Option<&Runtime> {
        let made = self.runtime.get_or_init(|| {
            Builder::new_multi_thread()
                .worker_threads(THREADS)
                .thread_name("look-ups")
                .enable_all()
                .build()
                .inspect_err(|error| tracing::error!(%error, "no threads for look-ups"))
                .ok()
        });
        made.as_ref()
    }

    /// Has all open questions of a list answered at once, and calls `then` when the last one is.
    pub fn answer(&self, asked: &mut Asked, then: impl FnOnce() + Send + Sync + 'static) {
        let last = Arc::new(Last(Some(then)));
        let Some(runtime) = self.runtime() else {
            return;
        };
        for question in asked.take_open() {
            let last = Arc::clone(&last);
            runtime.spawn(async move {
                question.answered().await;
                drop(last);
            });
        }
    }

    /// Waits until a question is answered.
    pub(super) fn wait(&self, question: Answering) {
        let Some(runtime) = self.runtime() else {
            return;
        };
        // not `block_on`, which is refused on the threads of another runtime
        let (done, wait) = sync_channel(1);
        runtime.spawn(async move {
            question.await;
            let _ = done.send(());
        });
        let _ = wait.recv();
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        // waiting for questions under way is of no use, and not allowed on the threads of another runtime
        if let Some(Some(runtime)) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
