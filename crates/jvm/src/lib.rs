//! Java and Scala behaviour that enriched events depend on: a leaf that knows no Snowplow word.
//!
//! Each module reproduces one part of the platform the reference runs on, to the byte, and is
//! proven by examples measured there.

pub mod base64;
pub mod charset;
pub mod hashing;
pub mod hex;
pub mod number;
pub mod nvp;
pub mod orders;
pub mod pattern;
pub mod scala_uri;
pub mod smap;
pub mod text;
pub mod time;
pub mod uri;
pub mod url_codec;
pub mod uuid;
