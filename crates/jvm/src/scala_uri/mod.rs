//! The second chance of a URL that `java.net.URI` refuses: read by the rules of scala-uri 1.5.1
//! (broken escapes tolerated), decoded, and encoded anew.
//!
//! Everything is encoded but letters, digits and `-._~+`; only the delimiters between parts stay.
//! What still cannot be read is told in the words of both parsers.

mod grammar;
mod refusal;
#[cfg(test)]
mod tests;

use crate::charset;
use crate::uri::JavaUri;
use crate::url_codec::{hex_value, parse_hex_pair, push_escape};
use grammar::{Host, Query, Url};

/// Reads a page or referrer URL: spaces become `%20`; if that is no URI, the original text is
/// read leniently and encoded anew.
///
/// # Errors
/// One sentence with the reasons of both parsers.
pub fn string_to_uri(text: &str) -> Result<JavaUri, String> {
    let strict = if memchr::memchr(b' ', text.as_bytes()).is_some() {
        JavaUri::from_string(text.replace(' ', "%20"))
    } else {
        JavaUri::parse(text)
    };
    let java = match strict {
        Ok(uri) => return Ok(uri),
        Err(error) => error,
    };
    let scala = match lenient(text) {
        Ok(encoded) => match JavaUri::from_string(encoded) {
            Ok(uri) => return Ok(uri),
            Err(error) => error.to_string(),
        },
        Err(error) => error,
    };
    Err(format!(
        "Provided URI [{text}] could not be parsed, neither by Java parsing (error: [{java}]) \
         nor by Scala parsing (error: [{scala}])."
    ))
}

/// Reads a URL (or URN) leniently and encodes it anew.
///
/// # Errors
/// The parser's message: a port that is no number, an IPv6 literal that is none.
pub fn lenient(text: &str) -> Result<String, String> {
    if let Some((nid, nss)) = grammar::urn(text) {
        let mut out = format!("urn:{nid}:");
        reencode(nss, &mut out);
        return Ok(out);
    }
    Ok(render(&grammar::url(text)?))
}

fn render(url: &Url<'_>) -> String {
    let mut out = String::new();
    if let Some(scheme) = url.scheme {
        out.push_str(scheme);
        out.push(':');
    }
    if let Some(authority) = &url.authority {
        out.push_str("//");
        if let Some((user, password)) = authority.user_info {
            reencode(user, &mut out);
            if let Some(password) = password {
                out.push(':');
                reencode(password, &mut out);
            }
            out.push('@');
        }
        match &authority.host {
            Host::Name(name) => out.push_str(name),
            Host::Ipv4([a, b, c, d]) => out.push_str(&format!("{a}.{b}.{c}.{d}")),
            Host::Ipv6(pieces) => push_ipv6(pieces, &mut out),
        }
        if let Some(port) = authority.port {
            out.push_str(&format!(":{port}"));
        }
    }
    for (number, segment) in url.path.split('/').enumerate() {
        if number > 0 {
            out.push('/');
        }
        reencode(segment, &mut out);
    }
    if let Query(Some(query)) = url.query {
        for (number, pair) in query.split('&').enumerate() {
            out.push(if number == 0 { '?' } else { '&' });
            let (name, value) = match pair.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (pair, None),
            };
            reencode(name, &mut out);
            if let Some(value) = value {
                out.push('=');
                reencode(value, &mut out);
            }
        }
    }
    if let Some(fragment) = url.fragment {
        out.push('#');
        reencode(fragment, &mut out);
    }
    out
}

/// Writes an IPv6 address with its first longest run of two or more zeros left out.
fn push_ipv6(pieces: &[u16; 8], out: &mut String) {
    let mut longest = (0, 0);
    let mut start = 0;
    for (at, piece) in pieces.iter().enumerate() {
        if *piece != 0 {
            start = at + 1;
        } else if at + 1 - start > (longest.1 - longest.0).max(1) {
            longest = (start, at + 1);
        }
    }
    let join = |part: Option<&[u16]>| {
        let hex: Vec<String> = part
            .unwrap_or_default()
            .iter()
            .map(|piece| format!("{piece:x}"))
            .collect();
        hex.join(":")
    };
    out.push('[');
    if longest == (0, 0) {
        out.push_str(&join(Some(pieces)));
    } else {
        out.push_str(&join(pieces.get(..longest.0)));
        out.push_str("::");
        out.push_str(&join(pieces.get(longest.1..)));
    }
    out.push(']');
}

/// Decodes the escapes of a part and writes it with everything but a few characters escaped.
fn reencode(part: &str, out: &mut String) {
    let decoded;
    let text = if part.bytes().any(|byte| byte == b'%' || byte >= 0xF0) {
        decoded = decode(part);
        decoded.as_str()
    } else {
        part
    };
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'+' => {
                out.push(char::from(byte));
            }
            _ => push_escape(byte, out),
        }
    }
}

/// Percent decoding, character by character of UTF-16: a `%` without two digits stays, and each
/// half of a surrogate pair becomes a `?`.
fn decode(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part;
    while let Some(next) = rest.chars().next() {
        let after = rest.get(next.len_utf8()..).unwrap_or_default();
        rest = after;
        if next != '%' {
            if next.len_utf8() == 4 {
                bytes.extend_from_slice(b"??");
            } else {
                bytes.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
            }
            continue;
        }
        match escaped(after) {
            Some((byte, width)) => {
                bytes.push(byte);
                rest = after.get(width..).unwrap_or_default();
            }
            None => bytes.push(b'%'),
        }
    }
    charset::utf8_from_vec(bytes)
}

/// The byte of the two characters behind a `%`, and their width. They are read as a number, so a
/// sign and digits of other scripts count too.
fn escaped(text: &str) -> Option<(u8, usize)> {
    if let Some([high, low]) = text.as_bytes().first_chunk::<2>() {
        let (high, low) = (hex_value(*high), hex_value(*low));
        if high < 16 && low < 16 {
            return Some((high << 4 | low, 2));
        }
    }
    let mut units = text.encode_utf16();
    let value = parse_hex_pair(units.next()?, units.next()?).ok()?;
    Some((value as u8, text.chars().take(2).map(char::len_utf8).sum()))
}
