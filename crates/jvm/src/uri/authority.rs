//! The part between `//` and the path: user information, host and port where it can be read so,
//! otherwise only a registered name.

use super::chars::{self, is, scan};
use super::parser::{Fault, Parts, Span};

/// Reads the ordinary `name:port` authority that starts at `at`: letters, digits, dashes, dots.
/// Answers its end, or nothing (and leaves `parts` alone) when the full rules are needed.
#[inline]
pub(super) fn plain(bytes: &[u8], at: usize, parts: &mut Parts) -> Option<usize> {
    let mut label = at;
    let mut last = (at, at);
    let mut end = at;
    loop {
        match bytes.get(end) {
            Some(byte) if is(*byte, chars::LABEL) => end += 1,
            Some(b'.') if end > label => {
                last = (label, end);
                end += 1;
                label = end;
                continue;
            }
            _ => break,
        }
        // Dashes at the edge of a label need the full rules.
        if bytes.get(end - 1) == Some(&b'-')
            && (end - 1 == label || !bytes.get(end).is_some_and(|b| is(*b, chars::LABEL)))
        {
            return None;
        }
    }
    if end > label {
        last = (label, end);
    }
    // A last label that starts with a digit may be an IPv4 address, or no host at all.
    if end == at || !bytes.get(last.0).is_some_and(|b| is(*b, chars::ALPHA)) {
        return None;
    }
    let host = (at, end);
    let mut port = None;
    if bytes.get(end) == Some(&b':') {
        let mut value = 0u32;
        let start = end + 1;
        end = start;
        while let Some(digit) = bytes.get(end).filter(|b| b.is_ascii_digit()) {
            // More digits than surely fit in 32 bits need the full rules.
            if end - start == 9 {
                return None;
            }
            value = value * 10 + u32::from(digit - b'0');
            end += 1;
        }
        if end > start {
            port = Some(value);
        }
    }
    if !matches!(bytes.get(end), None | Some(b'/' | b'?' | b'#')) {
        return None;
    }
    parts.authority = Some((at, end));
    parts.host = Some(host);
    parts.port = port;
    Some(end)
}

/// Reads the authority that starts at `at` and ends where `bytes` ends.
pub(super) fn parse(bytes: &[u8], at: usize, parts: &mut Parts) -> Result<(), Fault> {
    let n = bytes.len();
    // With a bracket there may be an IPv6 literal with a scope. The platform asks for the first
    // "]" and takes "none" for "behind the start", so only an authority that starts with one is
    // held to the stricter class.
    let server_class = if bytes.get(at) == Some(&b']') {
        chars::SERVER
    } else {
        chars::SERVER_PERCENT
    };
    let server = scan(bytes, at, server_class)? == n;
    let registry = scan(bytes, at, chars::REG_NAME)? == n;
    let mut fault = Fault::At("Illegal character in authority", at);
    if server {
        match server_based(bytes, at) {
            Ok((user_info, host, port)) => {
                parts.user_info = user_info;
                parts.host = Some(host);
                parts.port = port;
                parts.authority = Some((at, n));
                return Ok(());
            }
            // A number overflow is no syntax error there: it is not caught.
            Err(overflow @ Fault::Overflow(..)) => return Err(overflow),
            Err(syntax) => fault = syntax,
        }
    }
    if registry {
        parts.authority = Some((at, n));
        return Ok(());
    }
    Err(fault)
}

type Server = (Option<Span>, Span, Option<u32>);

fn server_based(bytes: &[u8], start: usize) -> Result<Server, Fault> {
    let mut at = start;
    let mut user_info = None;
    if let Some(width) = position(bytes, at, b'@') {
        let sign = at + width;
        let inside = bytes.get(..sign).unwrap_or_default();
        let end = scan(inside, at, chars::USER_INFO)?;
        if end < sign {
            return Err(Fault::At("Illegal character in user info", end));
        }
        user_info = Some((at, sign));
        at = sign + 1;
    }
    let host = if bytes.get(at) == Some(&b'[') {
        bracketed(bytes, at)?
    } else {
        match ipv4(bytes, at) {
            Some(end) => (at, end),
            None => (at, hostname(bytes, at)?),
        }
    };
    at = host.1;
    let mut port = None;
    if bytes.get(at) == Some(&b':') {
        at += 1;
        let end = digits_end(bytes, at);
        if end > at {
            if end < bytes.len() {
                return Err(Fault::At("Illegal character in port number", end));
            }
            port =
                Some(small_number(bytes, (at, end)).ok_or(Fault::At("Malformed port number", at))?);
            at = end;
        } else if at < bytes.len() {
            return Err(Fault::At("Illegal character in port number", at));
        }
    }
    if at < bytes.len() {
        return Err(Fault::At("Expected port number", at));
    }
    Ok((user_info, host, port))
}

fn position(bytes: &[u8], at: usize, wanted: u8) -> Option<usize> {
    memchr::memchr(wanted, bytes.get(at..).unwrap_or_default())
}

fn digits_end(bytes: &[u8], at: usize) -> usize {
    scan(bytes, at, chars::DIGIT).unwrap_or(at)
}

/// The value of a run of digits, if it fits in a signed 32-bit integer.
fn small_number(bytes: &[u8], span: Span) -> Option<u32> {
    let mut value = 0u32;
    for digit in bytes.get(span.0..span.1)? {
        value = value
            .checked_mul(10)?
            .checked_add(u32::from(digit - b'0'))?;
        i32::try_from(value).ok()?;
    }
    Some(value)
}

/// The end of a host name: labels of letters, digits and inner dashes, the last one starting
/// with a letter unless it is the only one.
fn hostname(bytes: &[u8], start: usize) -> Result<usize, Fault> {
    let mut at = start;
    let mut last = None;
    while at < bytes.len() {
        let end = match bytes.get(at) {
            Some(b'-') | None => at,
            Some(_) => scan(bytes, at, chars::LABEL).unwrap_or(at),
        };
        if end == at {
            break;
        }
        last = Some(at);
        if bytes.get(end - 1) == Some(&b'-') {
            return Err(Fault::At("Illegal character in hostname", end - 1));
        }
        at = end;
        if bytes.get(at) != Some(&b'.') {
            break;
        }
        at += 1;
    }
    if !matches!(bytes.get(at), None | Some(b':')) {
        return Err(Fault::At("Illegal character in hostname", at));
    }
    let last = last.ok_or(Fault::At("Expected hostname", start))?;
    if last > start && !bytes.get(last).is_some_and(|b| is(*b, chars::ALPHA)) {
        return Err(Fault::At("Illegal character in hostname", last));
    }
    Ok(at)
}

/// The end of an IPv4 address at `start`, when it is one and a port or nothing follows.
fn ipv4(bytes: &[u8], start: usize) -> Option<usize> {
    let end = scan(bytes, start, chars::DOTTED).ok()?;
    let four = four_octets(bytes.get(..end)?, start).ok()??;
    (four == end && matches!(bytes.get(end), None | Some(b':'))).then_some(end)
}

/// Reads four numbers up to 255 with dots between, up to the end of `bytes`. Answers the end, or
/// nothing when there is no digit or dot at all.
fn four_octets(bytes: &[u8], start: usize) -> Result<Option<usize>, Fault> {
    if start >= bytes.len() {
        return Ok(None);
    }
    let malformed = |at| Err(Fault::At("Malformed IPv4 address", at));
    let mut at = start;
    for octet in 0..4 {
        if octet > 0 {
            if bytes.get(at) != Some(&b'.') {
                return malformed(at);
            }
            at += 1;
        }
        let end = digits_end(bytes, at);
        if end == at {
            return malformed(at);
        }
        match small_number(bytes, (at, end)) {
            Some(0..=255) => at = end,
            Some(_) => return malformed(at),
            None => return Err(overflow(bytes, (at, end))),
        }
    }
    if at < bytes.len() {
        return malformed(at);
    }
    Ok(Some(at))
}

fn overflow(bytes: &[u8], span: Span) -> Fault {
    let mut end = span.0 + 1;
    while end < span.1 && small_number(bytes, (span.0, end)).is_some() {
        end += 1;
    }
    Fault::Overflow(span, end - 1 - span.0)
}

/// An IPv6 literal in brackets, perhaps with a scope; the span keeps the brackets.
fn bracketed(bytes: &[u8], open: usize) -> Result<Span, Fault> {
    let start = open + 1;
    let close = position(bytes, start, b']').map(|width| start + width);
    let close = match close {
        Some(close) if close > start => close,
        Some(close) => {
            return Err(Fault::At(
                "Expected closing bracket for IPv6 address",
                close,
            ));
        }
        None => {
            return Err(Fault::At(
                "Expected closing bracket for IPv6 address",
                bytes.len(),
            ));
        }
    };
    let inside = bytes.get(..close).unwrap_or_default();
    match position(inside, start, b'%').map(|width| start + width) {
        Some(percent) if percent > start => {
            ipv6(bytes.get(..percent).unwrap_or_default(), start)?;
            if percent + 1 == close {
                return Err(Fault::Bare("scope id expected"));
            }
            let end = scan(inside, percent + 1, chars::SCOPE)?;
            if end < close {
                return Err(Fault::At("Illegal character in scope id", end));
            }
        }
        _ => ipv6(inside, start)?,
    }
    Ok((open, close + 1))
}

/// The count of address bytes read so far, and where the reading stands.
struct Ipv6<'a> {
    bytes: &'a [u8],
    at: usize,
    count: usize,
}

fn ipv6(bytes: &[u8], start: usize) -> Result<(), Fault> {
    let mut state = Ipv6 {
        bytes,
        at: start,
        count: 0,
    };
    let pieces = state.pieces()?;
    let compressed = state.looking_at(b"::");
    if compressed {
        state.at += 2;
        state.after_compression()?;
    } else if pieces && state.looking_at(b":") {
        state.at += 1;
        state.trailing_ipv4("Expected IPv4 address")?;
    }
    if state.at < bytes.len() {
        Err(Fault::At("Malformed IPv6 address", start))
    } else if state.count > 16 {
        Err(Fault::At("IPv6 address too long", start))
    } else if !compressed && state.count < 16 {
        Err(Fault::At("IPv6 address too short", start))
    } else if compressed && state.count == 16 {
        Err(Fault::At("Malformed IPv6 address", start))
    } else {
        Ok(())
    }
}

impl Ipv6<'_> {
    fn looking_at(&self, text: &[u8]) -> bool {
        self.bytes
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(text))
    }

    fn hex_end(&self, at: usize) -> usize {
        scan(self.bytes, at, chars::HEX).unwrap_or(at)
    }

    /// Hexadecimal pieces with single colons between; false (and nothing taken) when none stands
    /// here or an IPv4 address does.
    fn pieces(&mut self) -> Result<bool, Fault> {
        let end = self.hex_end(self.at);
        if end == self.at || self.bytes.get(end) == Some(&b'.') {
            return Ok(false);
        }
        self.piece(self.at, end)?;
        while self.looking_at(b":") && !self.looking_at(b"::") {
            let start = self.at + 1;
            let end = self.hex_end(start);
            if end == start {
                return Err(Fault::At("Expected digits for an IPv6 address", start));
            }
            if self.bytes.get(end) == Some(&b'.') {
                break;
            }
            self.piece(start, end)?;
        }
        Ok(true)
    }

    fn piece(&mut self, start: usize, end: usize) -> Result<(), Fault> {
        if end > start + 4 {
            return Err(Fault::At("IPv6 hexadecimal digit sequence too long", start));
        }
        self.count += 2;
        self.at = end;
        Ok(())
    }

    fn after_compression(&mut self) -> Result<(), Fault> {
        if self.at == self.bytes.len() {
            return Ok(());
        }
        const EXPECTED: &str = "Expected hex digits or IPv4 address";
        if !self.pieces()? {
            return self.trailing_ipv4(EXPECTED);
        }
        if self.looking_at(b":") {
            self.at += 1;
            self.trailing_ipv4(EXPECTED)?;
        }
        Ok(())
    }

    /// An IPv4 address that must reach the end.
    fn trailing_ipv4(&mut self, expected: &'static str) -> Result<(), Fault> {
        let dotted = scan(self.bytes, self.at, chars::DOTTED).unwrap_or(self.at);
        if dotted == self.at || dotted != self.bytes.len() {
            return Err(Fault::At(expected, self.at));
        }
        four_octets(self.bytes, self.at)?;
        self.at = self.bytes.len();
        self.count += 4;
        Ok(())
    }
}
