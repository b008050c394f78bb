//! One pass over the text, leaving the offsets of the parts.

use super::authority;
use super::chars::{self, BadEscape, is};

/// Byte offsets of a part: start and end.
pub(super) type Span = (usize, usize);

/// Where the parts of a URI lie in its text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) scheme: Option<Span>,
    pub(super) opaque: bool,
    pub(super) authority: Option<Span>,
    pub(super) user_info: Option<Span>,
    pub(super) host: Option<Span>,
    pub(super) port: Option<u32>,
    pub(super) path: Option<Span>,
    pub(super) query: Option<Span>,
    pub(super) fragment: Option<Span>,
}

/// Why a text is no URI; offsets are bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A reason that points at a character.
    At(&'static str, usize),
    /// A reason without a place.
    Bare(&'static str),
    /// A decimal number inside an IPv6 literal that passes 32 bits: the digits, and the one at
    /// which the limit is passed, counted from the first.
    Overflow(Span, usize),
}

impl From<BadEscape> for Fault {
    fn from(escape: BadEscape) -> Self {
        Fault::At("Malformed escape pair", escape.0)
    }
}

pub(super) fn parse(text: &str) -> Result<Parts, Fault> {
    let bytes = text.as_bytes();
    let mut parts = Parts::default();
    let mut at = 0;
    if let Some(colon) = scheme_end(bytes)? {
        parts.scheme = Some((0, colon));
        at = colon + 1;
        if bytes.get(at) != Some(&b'/') {
            return opaque(bytes, at, parts);
        }
    }
    if bytes.get(at..at + 2) == Some(b"//") {
        at = with_authority(bytes, at + 2, &mut parts)?;
    }
    path_and_query(bytes, at, parts)
}

/// The offset of the colon that ends the scheme, if the text has one.
fn scheme_end(bytes: &[u8]) -> Result<Option<usize>, Fault> {
    let stop = match bytes.first() {
        Some(first) if is(*first, chars::ALPHA) => {
            chars::scan(bytes, 1, chars::SCHEME).unwrap_or(1)
        }
        _ => 0,
    };
    if stop > 0 && bytes.get(stop) == Some(&b':') {
        return Ok(Some(stop));
    }
    // Some character does not fit; that only matters when a colon comes before / ? #.
    let rest = bytes.get(stop..).unwrap_or_default();
    let colon = rest
        .iter()
        .find(|byte| matches!(byte, b':' | b'/' | b'?' | b'#'));
    match colon {
        Some(b':') if bytes.first() == Some(&b':') => Err(Fault::At("Expected scheme name", 0)),
        Some(b':') => Err(Fault::At("Illegal character in scheme name", stop)),
        _ => Ok(None),
    }
}

fn opaque(bytes: &[u8], at: usize, mut parts: Parts) -> Result<Parts, Fault> {
    parts.opaque = true;
    if matches!(bytes.get(at), None | Some(b'#')) {
        return Err(Fault::At("Expected scheme-specific part", at));
    }
    let end = chars::scan(bytes, at, chars::URIC)?;
    fragment(bytes, end, "Illegal character in opaque part", parts)
}

/// Takes the authority that starts at `at`; answers where the path starts.
fn with_authority(bytes: &[u8], at: usize, parts: &mut Parts) -> Result<usize, Fault> {
    if let Some(end) = authority::plain(bytes, at, parts) {
        return Ok(end);
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let width = rest
        .iter()
        .position(|byte| matches!(byte, b'/' | b'?' | b'#'))
        .unwrap_or(rest.len());
    if width > 0 {
        let end = at + width;
        authority::parse(bytes.get(..end).unwrap_or_default(), at, parts)?;
        return Ok(end);
    }
    if rest.is_empty() {
        return Err(Fault::At("Expected authority", at));
    }
    Ok(at)
}

fn path_and_query(bytes: &[u8], at: usize, mut parts: Parts) -> Result<Parts, Fault> {
    let end = chars::scan(bytes, at, chars::PATH)?;
    parts.path = Some((at, end));
    if bytes.get(end) != Some(&b'?') {
        return fragment(bytes, end, "Illegal character in path", parts);
    }
    let start = end + 1;
    let end = chars::scan(bytes, start, chars::URIC)?;
    parts.query = Some((start, end));
    fragment(bytes, end, "Illegal character in query", parts)
}

/// Ends the parse at `at`: nothing may be left but a fragment; `reason` is what any other
/// character there is an error of.
fn fragment(
    bytes: &[u8],
    at: usize,
    reason: &'static str,
    mut parts: Parts,
) -> Result<Parts, Fault> {
    match bytes.get(at) {
        None => Ok(parts),
        Some(b'#') => {
            let start = at + 1;
            let end = chars::scan(bytes, start, chars::URIC)?;
            if end < bytes.len() {
                return Err(Fault::At("Illegal character in fragment", end));
            }
            parts.fragment = Some((start, end));
            Ok(parts)
        }
        Some(_) => Err(Fault::At(reason, at)),
    }
}

/// Checks what follows the `?` of a URI: a query and perhaps a fragment. Answers where the query
/// ends.
pub(super) fn check_query(bytes: &[u8]) -> Result<usize, Fault> {
    let end = chars::scan(bytes, 0, chars::URIC)?;
    fragment(bytes, end, "Illegal character in query", Parts::default())?;
    Ok(end)
}
