//! URIs as `java.net.URI` of JDK 17 reads them: which texts it accepts, how it splits them, and
//! what it says of the others.
//!
//! It follows RFC 2396 with deviations of its own: characters above ASCII pass unless they are
//! controls or spaces, and an authority that is no host and port is kept as a registered name
//! (then there is no host).

mod authority;
pub(crate) mod chars;
mod parser;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use parser::{Fault, Parts, Span};

/// A parsed URI that owns its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JavaUri {
    text: String,
    parts: Parts,
}

/// Why a text is not a URI; displays as `URISyntaxException.getMessage` of JDK 17.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct UriError {
    /// What is wrong, as the platform words it.
    pub reason: &'static str,
    /// Where, in UTF-16 code units from the start of the input; one reason has no place.
    pub index: Option<usize>,
    /// The whole text. For [`OCTET_OVERFLOW`] only the run of digits.
    pub input: String,
}

/// The reason of the one error that is no syntax error on the platform but a number format
/// error: more than 32 bits in the dotted end of an IPv6 literal.
pub const OCTET_OVERFLOW: &str = "Error";

impl fmt::Display for UriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            Some(index) if self.reason == OCTET_OVERFLOW => {
                write!(f, "{} at index {index} in: \"{}\"", self.reason, self.input)
            }
            Some(index) => write!(f, "{} at index {index}: {}", self.reason, self.input),
            None => write!(f, "{}: {}", self.reason, self.input),
        }
    }
}

impl JavaUri {
    /// Parses a text as `URI.create` does.
    ///
    /// # Errors
    /// What the platform says when the text is not a URI.
    pub fn parse(text: &str) -> Result<JavaUri, UriError> {
        let parts = parser::parse(text).map_err(|fault| error(fault, text, ""))?;
        Ok(JavaUri {
            text: text.to_owned(),
            parts,
        })
    }

    /// [`JavaUri::parse`] of a text the caller gives away.
    ///
    /// # Errors
    /// As [`JavaUri::parse`].
    pub fn from_string(text: String) -> Result<JavaUri, UriError> {
        match parser::parse(&text) {
            Ok(parts) => Ok(JavaUri { text, parts }),
            Err(fault) => Err(error(fault, &text, "")),
        }
    }

    fn span(&self, span: Option<Span>) -> Option<&str> {
        span.and_then(|(start, end)| self.text.get(start..end))
    }

    /// The text as it was given (`URI.toString`).
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The scheme, in the case it was written in.
    pub fn scheme(&self) -> Option<&str> {
        self.span(self.parts.scheme)
    }

    /// The host in the case it was written in, an IPv6 literal with its brackets and scope; none
    /// when the authority is only a registered name.
    pub fn host(&self) -> Option<&str> {
        self.span(self.parts.host)
    }

    /// The port; none where `URI.getPort` answers -1. It may pass 65535.
    pub fn port(&self) -> Option<u32> {
        self.parts.port
    }

    /// The path without decoding, empty when there is none; nothing only for an opaque URI.
    pub fn raw_path(&self) -> Option<&str> {
        self.span(self.parts.path)
    }

    /// The query without decoding and without its `?`.
    pub fn raw_query(&self) -> Option<&str> {
        self.span(self.parts.query)
    }

    /// The fragment without decoding and without its `#`.
    pub fn raw_fragment(&self) -> Option<&str> {
        self.span(self.parts.fragment)
    }

    /// The user information without decoding (`URI.getRawUserInfo`).
    pub fn user_info(&self) -> Option<&str> {
        self.span(self.parts.user_info)
    }

    /// The authority without decoding (`URI.getRawAuthority`).
    pub fn authority(&self) -> Option<&str> {
        self.span(self.parts.authority)
    }

    /// Whether a scheme is followed by something other than `/` (as `mailto:a@b.c`).
    pub fn is_opaque(&self) -> bool {
        self.parts.opaque
    }

    /// The path with its escapes decoded as UTF-8 (`URI.getPath`), malformed bytes as U+FFFD.
    pub fn path(&self) -> Option<Cow<'_, str>> {
        self.raw_path().map(decode_escapes)
    }
}

/// Checks the text after the `?` of `prefix` (itself a sound URI): a query and perhaps a
/// fragment. Answers the byte offset at which the query ends.
///
/// # Errors
/// What `URI.create` says of `prefix` followed by `text`.
pub(crate) fn check_query(text: &str, prefix: &str) -> Result<usize, UriError> {
    parser::check_query(text.as_bytes()).map_err(|fault| error(fault, text, prefix))
}

fn decode_escapes(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'%', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, tail) {
            (b'%', [high, low, after @ ..]) => {
                bytes.push(
                    crate::url_codec::hex_value(*high) << 4 | crate::url_codec::hex_value(*low),
                );
                rest = after;
            }
            _ => bytes.push(byte),
        }
    }
    Cow::Owned(crate::charset::utf8_from_vec(bytes))
}

fn error(fault: Fault, text: &str, prefix: &str) -> UriError {
    let utf16 = |at: usize| {
        let before = text.get(..at).unwrap_or_default();
        Some(before.encode_utf16().count() + prefix.len())
    };
    let (reason, index, input) = match fault {
        Fault::At(reason, at) => (reason, utf16(at), None),
        Fault::Bare(reason) => (reason, None, None),
        Fault::Overflow((start, end), index) => (OCTET_OVERFLOW, Some(index), text.get(start..end)),
    };
    UriError {
        reason,
        index,
        input: input.map_or_else(|| [prefix, text].concat(), str::to_owned),
    }
}
