//! 1 READ: bytes in, cut into records; a source never learns what an event is.

pub mod batches;
pub mod framing;
