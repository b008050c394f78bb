//! The grammar: ordered choice without going back, as a parsing expression grammar reads it.
//!
//! U+FFFF ends the text, because the parser library uses it as its end mark.

use super::refusal;

/// The parts of a URL, not yet decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Url<'a> {
    pub(super) scheme: Option<&'a str>,
    pub(super) authority: Option<Authority<'a>>,
    /// The segments with their slashes.
    pub(super) path: &'a str,
    pub(super) query: Query<'a>,
    pub(super) fragment: Option<&'a str>,
}

/// The text behind the first `?`, if there is one.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) struct Query<'a>(pub(super) Option<&'a str>);

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authority<'a> {
    pub(super) user_info: Option<(&'a str, Option<&'a str>)>,
    pub(super) host: Host<'a>,
    pub(super) port: Option<u32>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Host<'a> {
    Name(&'a str),
    Ipv4([u8; 4]),
    Ipv6([u16; 8]),
}

/// The characters that end a host.
const HOST_END: [u8; 4] = *b":/?#";

/// The namespace and the rest of `urn:namespace:rest`, when it is a sound URN.
pub(super) fn urn(text: &str) -> Option<(&str, &str)> {
    let (nid, nss) = visible(text).strip_prefix("urn:")?.split_once(':')?;
    let nid_is_sound = nid.len() >= 2
        && nid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !nid.starts_with('-')
        && !nid.ends_with('-');
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:@".contains(&b);
    let mut rest = nss.bytes();
    let nss_is_sound = rest.next().is_some_and(is_part) && rest.all(|b| is_part(b) || b == b'/');
    (nid_is_sound && nss_is_sound).then_some((nid, nss))
}

/// The text up to the parser's end mark.
fn visible(text: &str) -> &str {
    text.split_once('\u{ffff}')
        .map_or(text, |(before, _)| before)
}

/// Splits a URL.
///
/// # Errors
/// The parser's message.
pub(super) fn url(text: &str) -> Result<Url<'_>, String> {
    let seen = visible(text);
    let scheme = scheme(seen);
    let behind = scheme.map_or(seen, |scheme| {
        seen.get(scheme.len() + 1..).unwrap_or_default()
    });
    let absolute = behind.strip_prefix("//").map(|rest| (scheme, rest));
    let (authority, rest) = match absolute {
        Some((_, rest)) => {
            let (authority, rest) = authority(rest)?;
            if !matches!(rest.as_bytes().first(), None | Some(b'/' | b'?' | b'#')) {
                return Err(refusal::message(text, seen.len() - behind.len() + 2));
            }
            (Some(authority), rest)
        }
        None => (None, behind),
    };
    let (rest, fragment) = split(rest, '#');
    let (path, query) = split(rest, '?');
    Ok(Url {
        scheme,
        authority,
        path,
        query: Query(query),
        fragment,
    })
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// The scheme, when a colon follows it.
fn scheme(text: &str) -> Option<&str> {
    let end = text
        .bytes()
        .position(|b| !(b.is_ascii_alphanumeric() || b"+-.".contains(&b)))?;
    let starts_well = text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    (starts_well && text.as_bytes().get(end) == Some(&b':')).then(|| text.get(..end))?
}

/// The authority at the start of a text, and what follows it.
fn authority(text: &str) -> Result<(Authority<'_>, &str), String> {
    let (user_info, rest) = match user_info(text) {
        Some((user, password, rest)) => (Some((user, password)), rest),
        None => (None, text),
    };
    let (host, rest) = match (ipv4(rest), rest.starts_with('[')) {
        (Some((octets, rest)), _) => (Host::Ipv4(octets), rest),
        (None, true) => match ipv6(rest)? {
            Some((pieces, rest)) => (Host::Ipv6(pieces), rest),
            None => name(rest),
        },
        (None, false) => name(rest),
    };
    let (port, rest) = port(rest)?;
    let authority = Authority {
        user_info,
        host,
        port,
    };
    Ok((authority, rest))
}

/// User, password, and the text behind the `@`. A password may hold anything but an `@`.
fn user_info(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let end = text
        .bytes()
        .position(|b| matches!(b, b':' | b'/' | b'?' | b'[' | b']' | b'@'))?;
    let (user, rest) = text.split_at_checked(end)?;
    if let Some(rest) = rest.strip_prefix('@') {
        return Some((user, None, rest));
    }
    let (password, rest) = rest.strip_prefix(':')?.split_once('@')?;
    Some((user, Some(password), rest))
}

fn name(text: &str) -> (Host<'_>, &str) {
    let end = text.bytes().position(|b| HOST_END.contains(&b));
    let (name, rest) = text
        .split_at_checked(end.unwrap_or(text.len()))
        .unwrap_or((text, ""));
    (Host::Name(name), rest)
}

/// Four octets of one to three digits that reach the end of the host.
fn ipv4(text: &str) -> Option<([u8; 4], &str)> {
    let end = text.bytes().position(|b| HOST_END.contains(&b));
    let (host, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
    let mut octets = [0; 4];
    let mut parts = host.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        if part.len() > 3 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *octet = part.parse().ok()?;
    }
    parts.next().is_none().then_some((octets, rest))
}

/// An IPv6 literal in brackets, without a dotted end and without a scope.
fn ipv6(text: &str) -> Result<Option<([u16; 8], &str)>, String> {
    let Some((inside, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) else {
        return Ok(None);
    };
    let mut out = [0; 8];
    if let Some(pieces) = hex_pieces(inside).filter(|pieces| pieces.len() == 8) {
        out.copy_from_slice(&pieces);
        return Ok(Some((out, rest)));
    }
    let Some((before, after)) = inside.split_once("::") else {
        return Ok(None);
    };
    let (Some(before), Some(after)) = (hex_pieces(before), hex_pieces(after)) else {
        return Ok(None);
    };
    if before.len() + after.len() > 6 {
        return Err(
            "IPv6 has too many pieces. Must be either exactly eight hex pieces or fewer than six \
             hex pieces with a '::'"
                .to_owned(),
        );
    }
    for (slot, piece) in out.iter_mut().zip(before) {
        *slot = piece;
    }
    for (slot, piece) in out.iter_mut().rev().zip(after.into_iter().rev()) {
        *slot = piece;
    }
    Ok(Some((out, rest)))
}

/// Pieces of one to four hexadecimal digits with colons between; an empty text has none.
fn hex_pieces(text: &str) -> Option<Vec<u16>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split(':')
        .map(|piece| {
            let sound =
                (1..=4).contains(&piece.len()) && piece.bytes().all(|b| b.is_ascii_hexdigit());
            sound.then(|| u16::from_str_radix(piece, 16).ok())?
        })
        .collect()
}

/// A colon and up to ten digits. Anything else is left to whoever looks at the rest.
fn port(text: &str) -> Result<(Option<u32>, &str), String> {
    let Some(digits) = text.strip_prefix(':') else {
        return Ok((None, text));
    };
    let count = digits
        .bytes()
        .take(10)
        .take_while(u8::is_ascii_digit)
        .count();
    match digits.split_at_checked(count) {
        Some((number, rest)) if count > 0 => match number.parse::<i32>() {
            Ok(port) => Ok((Some(port.unsigned_abs()), rest)),
            Err(_) => Err(format!("For input string: \"{number}\"")),
        },
        _ => Ok((None, text)),
    }
}
