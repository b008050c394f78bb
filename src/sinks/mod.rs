//! 7 WRITE: durable or not done; a sink never learns what an event is.

pub mod file;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod rotating;

use std::sync::Arc;

use crate::checkpoint::pending::Pending;

/// Why a sink gave up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// It failed again and again.
    #[error("{0}")]
    Failed(String),
    /// The time to stop was over.
    #[error("stopped before all rows were written")]
    Stopped,
}

/// A row that the backend will not take because of its size.
#[derive(Debug)]
pub struct Oversized {
    /// The stream that it was for.
    pub topic: String,
    /// The row.
    pub row: Vec<u8>,
    /// What waits for it.
    pub pending: Arc<Pending>,
    /// The largest row that it takes, where that is known.
    pub limit: Option<usize>,
}
