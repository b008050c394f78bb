//! What enrichments ask of services elsewhere: each question once, all questions of a batch at the same time.
//!
//! A step [looks](Remote::look) for an answer. Where it is not known yet the question goes on the list of the batch,
//! [`Asked`], and the event waits; the [`Runner`] has all questions of the list answered at once, and then the
//! records that waited are processed again. What was answered is kept until the batch is done, whatever its cache does.

mod answers;
mod asked;
pub mod http;
mod runner;
#[cfg(feature = "sql")]
pub mod sql;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use answers::{Keep, Remote};
pub use asked::Asked;
pub use runner::Runner;

/// An answer, or the text that says why there is none.
pub type Reply<V> = Result<Arc<V>, Arc<str>>;

/// A question on its way.
pub type Asking<V> = Pin<Box<dyn Future<Output = Result<V, String>> + Send>>;

/// What is known of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Looked<V> {
    /// This was answered.
    Known(Reply<V>),
    /// It is on the list of its batch now; the event has to be processed again.
    Waits,
}
