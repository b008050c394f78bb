//! The decoders of UTF-8, UTF-16 and UTF-32 with the platform's choice of what one U+FFFD stands
//! for.

use std::borrow::Cow;

/// Decodes UTF-8 as `new String(bytes, UTF_8)`.
///
/// It differs from [`String::from_utf8_lossy`] in one point: an encoded surrogate, whole or cut
/// short, is one U+FFFD and not one for each byte.
pub(crate) fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(utf8_lossy(bytes)),
    }
}

/// [`utf8`] of bytes the caller gives away.
pub(crate) fn utf8_from_vec(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| utf8_lossy(error.as_bytes()))
}

#[cold]
fn utf8_lossy(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + bytes.len() / 2);
    // How many of the bytes to come belong to a surrogate already replaced.
    let mut swallowed = 0;
    for chunk in bytes.utf8_chunks() {
        if !chunk.valid().is_empty() {
            swallowed = 0;
            out.push_str(chunk.valid());
        }
        // A surrogate falls apart into chunks of one byte: ED, A0-BF, and perhaps 80-BF.
        match chunk.invalid() {
            [] => {}
            [0x80..=0xBF] if swallowed == 1 => swallowed = 0,
            [0xA0..=0xBF] if swallowed == 2 => swallowed = 1,
            [0xED] => {
                swallowed = 2;
                out.push('\u{fffd}');
            }
            _ => {
                swallowed = 0;
                out.push('\u{fffd}');
            }
        }
    }
    out
}

/// The order of bytes in a unit of two or four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Big,
    Little,
    /// As a byte order mark says, big without one.
    MarkedOrBig,
    /// As a byte order mark says, little without one.
    MarkedOrLittle,
}

impl Order {
    /// Whether units are little-endian, and whether a mark leads, given whether one of either
    /// order leads.
    fn resolve(self, big_mark: bool, little_mark: bool) -> (bool, bool) {
        match self {
            Order::Big => (false, false),
            Order::Little => (true, false),
            Order::MarkedOrBig => (little_mark, big_mark || little_mark),
            Order::MarkedOrLittle => (!big_mark, big_mark || little_mark),
        }
    }
}

/// Decodes UTF-16. A high surrogate without its low one takes the next unit with it;
/// what is left at the end is one U+FFFD.
pub(super) fn utf16(bytes: &[u8], order: Order) -> String {
    let (little, marked) = order.resolve(
        bytes.starts_with(&[0xFE, 0xFF]),
        bytes.starts_with(&[0xFF, 0xFE]),
    );
    let (units, odd) = bytes.as_chunks::<2>();
    let mut units = units
        .iter()
        .skip(usize::from(marked))
        .map(|unit| match little {
            true => u16::from_le_bytes(*unit),
            false => u16::from_be_bytes(*unit),
        });
    let mut out = String::with_capacity(bytes.len());
    let mut cut = !odd.is_empty();
    while let Some(unit) = units.next() {
        let pair = match unit {
            0xD800..=0xDBFF => match units.next() {
                Some(low) => char::decode_utf16([unit, low]).next().and_then(Result::ok),
                None => {
                    cut = true;
                    break;
                }
            },
            _ => char::from_u32(u32::from(unit)),
        };
        out.push(pair.unwrap_or('\u{fffd}'));
    }
    if cut {
        out.push('\u{fffd}');
    }
    out
}

/// Decodes UTF-32. Surrogates pass: a pair becomes its character, a lone one the `?` it ends up
/// as on the platform. A mark of the expected order is never text.
pub(super) fn utf32(bytes: &[u8], order: Order) -> String {
    let (big, little) = ([0, 0, 0xFE, 0xFF], [0xFF, 0xFE, 0, 0]);
    let (is_little, marked) = order.resolve(bytes.starts_with(&big), bytes.starts_with(&little));
    let own_mark = if is_little { little } else { big };
    let marked = marked || bytes.starts_with(&own_mark);
    let (units, odd) = bytes.as_chunks::<4>();
    let mut wide = Vec::with_capacity(units.len() + 1);
    for unit in units.iter().skip(usize::from(marked)) {
        let unit = match is_little {
            true => u32::from_le_bytes(*unit),
            false => u32::from_be_bytes(*unit),
        };
        match u16::try_from(unit) {
            Ok(narrow) => wide.push(narrow),
            Err(_) => {
                let found = char::from_u32(unit).unwrap_or('\u{fffd}');
                wide.extend_from_slice(found.encode_utf16(&mut [0; 2]));
            }
        }
    }
    if !odd.is_empty() {
        wide.push(0xFFFD);
    }
    char::decode_utf16(wide)
        .map(|unit| unit.unwrap_or('?'))
        .collect()
}
