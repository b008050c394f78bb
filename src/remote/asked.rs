//! The questions of one batch.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::Runner;

/// Ends when a question is answered.
pub type Answering = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A question, whatever its answer.
pub trait Question: Send + Sync {
    /// Has it answered, or waits for who does already.
    fn answered(self: Arc<Self>) -> Answering;
    /// Whether it is.
    fn is_answered(&self) -> bool;
}

/// The questions that the events of a batch wait for, and those that were answered for it.
#[derive(Default)]
pub struct Asked {
    open: Vec<Arc<dyn Question>>,
    done: Vec<Arc<dyn Question>>,
    waits: bool,
    on_the_spot: Option<Arc<Runner>>,
}

impl Asked {
    /// A list that never grows: each question is answered before its step goes on.
    pub fn on_the_spot(runner: Arc<Runner>) -> Asked {
        Asked {
            on_the_spot: Some(runner),
            ..Asked::default()
        }
    }

    /// From now on each question is answered before its step goes on.
    pub fn wait_on_the_spot(&mut self, runner: Arc<Runner>) {
        self.on_the_spot = Some(runner);
    }

    /// Whether something had to wait since this was asked last.
    pub fn take_waits(&mut self) -> bool {
        std::mem::take(&mut self.waits)
    }

    /// Whether something had to wait since [`Asked::take_waits`].
    pub fn waits(&self) -> bool {
        self.waits
    }

    /// Whether there is something to ask.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Keeps the answer of a question until the batch is done.
    pub(super) fn pin(&mut self, question: Arc<dyn Question>) {
        self.done.push(question);
    }

    /// Puts a question on the list, or has it answered at once and tells so.
    pub(super) fn wait_for(&mut self, question: Arc<dyn Question>) -> bool {
        if let Some(runner) = &self.on_the_spot {
            runner.wait(Arc::clone(&question).answered());
            self.done.push(question);
            return true;
        }
        self.waits = true;
        self.open.push(question);
        false
    }

    /// Takes the questions that are open, each once.
    pub(super) fn take_open(&mut self) -> Vec<Arc<dyn Question>> {
        let address = |question: &Arc<dyn Question>| Arc::as_ptr(question).cast::<()>();
        let mut open = std::mem::take(&mut self.open);
        open.sort_unstable_by_key(address);
        open.dedup_by_key(|question| address(question));
        self.done.extend(open.iter().cloned());
        open.retain(|question| !question.is_answered());
        open
    }
}
