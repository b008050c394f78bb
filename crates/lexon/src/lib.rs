//! JSON that keeps what the sender wrote: key order, number text, and nothing else.
//!
//! The grammar and the error texts are those of jawn 1.1.2 (the parser of circe 0.14.1), the
//! printing is circe's `noSpaces`, so that text made here equals text made there, byte for byte.
//!
//! Two forms of a document:
//!
//! * [`Doc`] is read-only and made for the hot path: one owned text and one vector of 16-byte nodes
//!   in document order. [`Value`] is a copyable handle on one node of it. A part of the text that is
//!   already printed the `noSpaces` way is known as such from the parse, and printing it is one copy.
//! * [`Tree`] is an owned tree to build and change.
//!
//! What both do with doubtful input:
//!
//! * Duplicate keys: the last value wins, at the position of the first key.
//! * Numbers are never converted: `1.50`, `1e400` and `-0` come out as they went in.
//! * Lone surrogate escapes (`"\ud800"`) become `?`, which is what Java encodes them to in UTF-8.
//! * Depth is bounded by nothing but the size of the text: nothing here recurses.
//!
//! How the files depend on each other: `scan` (find the next byte of a string that matters) ←
//! `parse` (text → nodes; `error` words its failures, `keys` finds duplicates) ← `doc` (the nodes) ←
//! `value` (handles); `tree` stands beside, and `print` and `walk` go over either.

mod doc;
mod error;
mod keys;
mod parse;
mod print;
mod scan;
mod tree;
mod value;
mod walk;

pub use doc::Doc;
pub use error::ParseError;
pub use print::{write_string, write_string_opt};
pub use tree::Tree;
pub use value::{Entries, Items, Kind, Value};
