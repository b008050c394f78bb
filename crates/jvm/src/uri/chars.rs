//! Which characters each part of a URI may hold, as one table of bits for ASCII plus a rule for
//! everything above it.

/// `A-Z a-z`.
pub(crate) const ALPHA: u16 = 1;
/// `0-9`.
pub(crate) const DIGIT: u16 = 1 << 1;
/// Hexadecimal digits of either case.
pub(crate) const HEX: u16 = 1 << 2;
/// What may follow the first letter of a scheme.
pub(crate) const SCHEME: u16 = 1 << 3;
/// A path, its slashes included.
pub(crate) const PATH: u16 = 1 << 4;
/// A query, a fragment or an opaque part.
pub(crate) const URIC: u16 = 1 << 5;
/// The user information before an `@`.
pub(crate) const USER_INFO: u16 = 1 << 6;
/// An authority that is only a registered name.
pub(crate) const REG_NAME: u16 = 1 << 7;
/// An authority that may be user information, host and port.
pub(crate) const SERVER: u16 = 1 << 8;
/// The same, with a bare `%` (a scope inside an IPv6 literal).
pub(crate) const SERVER_PERCENT: u16 = 1 << 9;
/// The scope of an IPv6 literal.
pub(crate) const SCOPE: u16 = 1 << 10;
/// The inside of a host label.
pub(crate) const LABEL: u16 = 1 << 11;
/// Digits and dots.
pub(crate) const DOTTED: u16 = 1 << 12;

/// The classes in which `%XX` and characters above ASCII count as members.
const WIDE: u16 = PATH | URIC | USER_INFO | REG_NAME | SERVER | SERVER_PERCENT;

static CLASSES: [u16; 128] = classes();

const fn classes() -> [u16; 128] {
    let mut table = [0u16; 128];
    let mut i = 0usize;
    while i < 128 {
        let b = i as u8;
        let mut bits = 0;
        let unreserved = PATH | URIC | USER_INFO | REG_NAME | SERVER | SERVER_PERCENT;
        if b.is_ascii_alphabetic() {
            bits |= ALPHA;
        }
        if b.is_ascii_digit() {
            bits |= DIGIT | DOTTED;
        }
        if b.is_ascii_hexdigit() {
            bits |= HEX;
        }
        if b.is_ascii_alphanumeric() {
            bits |= unreserved | SCHEME | SCOPE | LABEL;
        }
        bits |= match b {
            b'-' => unreserved | SCHEME | LABEL,
            b'.' => unreserved | SCHEME | SCOPE | DOTTED,
            b'_' => unreserved | SCOPE,
            b'!' | b'~' | b'*' | b'\'' | b'(' | b')' => unreserved,
            b'+' => unreserved | SCHEME,
            b';' | b':' | b'&' | b'=' | b'$' | b',' => unreserved,
            b'@' => PATH | URIC | REG_NAME | SERVER | SERVER_PERCENT,
            b'/' => PATH | URIC,
            b'?' => URIC,
            b'[' | b']' => URIC | SERVER | SERVER_PERCENT,
            b'%' => SERVER_PERCENT,
            _ => 0,
        };
        table[i] = bits;
        i += 1;
    }
    table
}

/// Whether an ASCII byte is a plain member of a class; bytes above ASCII never are.
#[inline]
pub(crate) fn is(byte: u8, class: u16) -> bool {
    CLASSES
        .get(usize::from(byte))
        .is_some_and(|bits| bits & class != 0)
}

/// A `%` at this byte offset that two hexadecimal digits do not follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadEscape(pub(crate) usize);

/// The offset of the first byte at or after `from` that a class does not hold (the length of
/// `bytes` when all are held). `bytes` is UTF-8 and ends where the part ends.
///
/// # Errors
/// The offset of a malformed escape, in the classes that know escapes.
#[inline]
pub(crate) fn scan(bytes: &[u8], from: usize, class: u16) -> Result<usize, BadEscape> {
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        if is(byte, class) {
            at += 1;
        } else if class & WIDE == 0 {
            break;
        } else if byte == b'%' {
            if !is_escape(bytes, at) {
                return Err(BadEscape(at));
            }
            at += 3;
        } else if byte >= 0x80 {
            match other_width(bytes, at) {
                0 => break,
                width => at += width,
            }
        } else {
            break;
        }
    }
    Ok(at)
}

/// Whether two hexadecimal digits follow the `%` at `at`.
#[inline]
pub(crate) fn is_escape(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at + 1..at + 3), Some([a, b]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

/// The width in bytes of the character above ASCII that starts at `at`, or 0 when it may not
/// stand raw in a URI: the C1 controls and the Unicode spaces and separators.
#[inline]
pub(crate) fn other_width(bytes: &[u8], at: usize) -> usize {
    let next = |n: usize| bytes.get(at + n).copied().unwrap_or(0);
    match bytes.get(at).copied().unwrap_or(0) {
        0xC2 if next(1) <= 0xA0 => 0,
        0xC2..=0xDF => 2,
        0xE1 if next(1) == 0x9A && next(2) == 0x80 => 0,
        0xE2 if next(1) == 0x80 && matches!(next(2), 0x80..=0x8A | 0xA8 | 0xA9 | 0xAF) => 0,
        0xE2 if next(1) == 0x81 && next(2) == 0x9F => 0,
        0xE3 if next(1) == 0x80 && next(2) == 0x80 => 0,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 0,
    }
}
