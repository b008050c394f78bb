//! Name and value pairs of a query string, as `URLEncodedUtils.parse` of httpclient 4.5.13.
//!
//! `&` and `;` separate; the first `=` ends the name; a pair without a name is dropped. A
//! character that is not escaped counts as the one byte of its low eight bits, so text above
//! U+007F does not survive unless it is escaped.

use std::borrow::Cow;

use crate::charset::{self, Charset};
use crate::uri::{self, UriError, chars};
use crate::url_codec::digit16;

/// A name and, when there was an `=`, its value.
pub type Pair<'a> = (Cow<'a, str>, Option<Cow<'a, str>>);

/// What the reference puts before a query string to make a URI of it.
const PREFIX: &str = "http://localhost/?";

/// What a byte means inside a query string; the kinds from [`PLUS`] on are bits.
const PLAIN: u8 = 0;
const PLUS: u8 = 1;
const ESCAPE: u8 = 2;
const WIDE: u8 = 4;
const SPACE: u8 = 8;
const EQUALS: u8 = 16;
const SEPARATOR: u8 = 32;
const ILLEGAL: u8 = 64;

static KINDS: [u8; 256] = kinds();

const fn kinds() -> [u8; 256] {
    let mut table = [ILLEGAL; 256];
    let mut i = 0usize;
    while i < 256 {
        let byte = i as u8;
        table[i] = match byte {
            b'+' => PLUS,
            b'%' => ESCAPE,
            0x80.. => WIDE,
            b' ' | b'\t' | b'\r' | b'\n' => SPACE | ILLEGAL,
            b'=' => EQUALS,
            b'&' | b';' => SEPARATOR,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => PLAIN,
            b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')' => PLAIN,
            b'/' | b'?' | b':' | b'@' | b'$' | b',' | b'[' | b']' => PLAIN,
            _ => ILLEGAL,
        };
        i += 1;
    }
    table
}

/// Parses a query string after checking it as `URI.create("http://localhost/?" + query)` would.
/// What follows a `#` is dropped.
///
/// # Errors
/// What the platform says of that URI.
pub fn parse(query: &str, charset: Charset) -> Result<Vec<Pair<'_>>, UriError> {
    if let Some(pairs) = pairs::<true>(query, charset) {
        return Ok(pairs);
    }
    let end = uri::check_query(query, PREFIX)?;
    Ok(parse_raw(query.get(..end).unwrap_or_default(), charset))
}

/// Parses the raw query of a URI that is known to be sound.
///
/// On other text it does what the library does: an escape without two digits stays, white space
/// around a name or value goes and shrinks to one space inside it.
pub fn parse_raw(raw_query: &str, charset: Charset) -> Vec<Pair<'_>> {
    pairs::<false>(raw_query, charset).unwrap_or_default()
}

/// Splits and decodes; with `CHECKED`, nothing when the text needs a closer look (an illegal
/// character, or a fragment).
fn pairs<const CHECKED: bool>(query: &str, charset: Charset) -> Option<Vec<Pair<'_>>> {
    let keeps_ascii = charset.keeps_ascii();
    let decode = |token: Token| {
        let text = query.get(token.start..token.end).unwrap_or_default();
        if token.kinds & (PLUS | ESCAPE | WIDE | SPACE) == 0 && keeps_ascii {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(decode(text, token.kinds, charset))
        }
    };
    let bytes = query.as_bytes();
    let mut pairs = Vec::with_capacity((query.len() / 12 + 1).min(64));
    let mut at = 0;
    while at < bytes.len() {
        let name = token::<CHECKED>(bytes, at, EQUALS | SEPARATOR)?;
        at = name.end + 1;
        let mut value = None;
        if bytes.get(name.end) == Some(&b'=') {
            let token = token::<CHECKED>(bytes, at, SEPARATOR)?;
            at = token.end + 1;
            value = Some(token);
        }
        let empty = name.start == name.end
            || name.kinds & SPACE != 0 && is_blank(query.get(name.start..name.end));
        if !empty {
            pairs.push((decode(name), value.map(decode)));
        }
    }
    Some(pairs)
}

/// A name or value: its place in the query and the kinds of bytes in it.
#[derive(Clone, Copy)]
struct Token {
    start: usize,
    end: usize,
    kinds: u8,
}

/// The token at `start`, up to a delimiter or the end.
#[inline]
fn token<const CHECKED: bool>(bytes: &[u8], start: usize, delimiters: u8) -> Option<Token> {
    let mut kinds = 0;
    let mut end = bytes.len();
    let mut from = start;
    if delimiters & EQUALS == 0 {
        // values are often long and of plain characters only
        while let Some(block) = bytes.get(from..).and_then(|rest| rest.first_chunk::<16>())
            && block.iter().fold(true, |all, byte| all & is_word(*byte))
        {
            from += block.len();
        }
    }
    for (width, &byte) in bytes.get(from..).unwrap_or_default().iter().enumerate() {
        let kind = KINDS.get(usize::from(byte)).copied().unwrap_or(ILLEGAL);
        if kind & delimiters != 0 {
            end = from + width;
            break;
        }
        kinds |= kind;
        if CHECKED && kind & (ILLEGAL | ESCAPE | WIDE) != 0 {
            let at = from + width;
            let sound = match kind {
                ESCAPE => chars::is_escape(bytes, at),
                // The bytes behind the first of a character were looked at with it.
                WIDE => matches!(byte, 0x80..=0xBF) || chars::other_width(bytes, at) > 0,
                _ => false,
            };
            if !sound {
                return None;
            }
        }
    }
    Some(Token { start, end, kinds })
}

/// Letters, digits, `-`, `.`, `/` and `_`, all of them [`PLAIN`]; told without a table, so that the compiler looks
/// at sixteen at a time.
#[inline]
fn is_word(byte: u8) -> bool {
    ((byte | 0x20).wrapping_sub(b'a') < 26) | (byte.wrapping_sub(b'-') < 13) | (byte == b'_')
}

const WHITE: [char; 4] = [' ', '\t', '\r', '\n'];

fn is_blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim_matches(WHITE).is_empty())
}

fn decode(text: &str, kinds: u8, charset: Charset) -> String {
    let joined;
    let text = if kinds & SPACE == 0 {
        text
    } else {
        let words: Vec<&str> = text.split(WHITE).filter(|word| !word.is_empty()).collect();
        joined = words.join(" ");
        joined.as_str()
    };
    let bytes = if kinds & WIDE == 0 {
        decode_ascii(text.as_bytes())
    } else {
        decode_units(&text.encode_utf16().collect::<Vec<_>>())
    };
    if charset == Charset::UTF_8 {
        charset::utf8_from_vec(bytes)
    } else {
        charset.decode(&bytes).into_owned()
    }
}

fn decode_ascii(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, tail) {
            (b'+', _) => out.push(b' '),
            (b'%', [high, low, after @ ..]) => {
                rest = after;
                push_pair(u16::from(*high), u16::from(*low), &mut out);
            }
            _ => out.push(byte),
        }
    }
    out
}

fn decode_units(text: &[u16]) -> Vec<u8> {
    const PERCENT: u16 = b'%' as u16;
    const PLUS: u16 = b'+' as u16;
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&unit, tail)) = rest.split_first() {
        rest = tail;
        match (unit, tail) {
            (PLUS, _) => out.push(b' '),
            (PERCENT, [high, low, after @ ..]) => {
                rest = after;
                push_pair(*high, *low, &mut out);
            }
            _ => out.push(unit as u8),
        }
    }
    out
}

#[inline]
fn push_pair(high: u16, low: u16, out: &mut Vec<u8>) {
    match (digit16(high), digit16(low)) {
        (Some(high), Some(low)) => out.push(high << 4 | low),
        _ => out.extend_from_slice(&[b'%', high as u8, low as u8]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn owned(pairs: Vec<Pair<'_>>) -> Vec<(String, Option<String>)> {
        pairs
            .into_iter()
            .map(|(name, value)| (name.into_owned(), value.map(Cow::into_owned)))
            .collect()
    }

    fn expect(query: &str, expected: &[(&str, Option<&str>)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, value)| (name.to_string(), value.map(str::to_owned)))
            .collect();
        assert_eq!(
            parse(query, Charset::UTF_8).map(owned),
            Ok(expected),
            "{query}"
        );
    }

    #[test]
    fn pairs_are_split_and_decoded() {
        expect("", &[]);
        expect("&", &[]);
        expect("=", &[]);
        expect("&;&", &[]);
        expect("=x&a", &[("a", None)]);
        expect(
            "a=&b=1;c",
            &[("a", Some("")), ("b", Some("1")), ("c", None)],
        );
        expect("a=1=2==", &[("a", Some("1=2=="))]);
        expect("a=1&a=2", &[("a", Some("1")), ("a", Some("2"))]);
        expect("%20=+x%2B", &[(" ", Some(" x+"))]);
        expect("?e=pv", &[("?e", Some("pv"))]);
        expect("x[]=1&x[0]=2", &[("x[]", Some("1")), ("x[0]", Some("2"))]);
        expect("e%3Dpv", &[("e=pv", None)]);
        expect("z=%00", &[("z", Some("\0"))]);
    }

    #[test]
    fn a_fragment_is_dropped() {
        expect("a=1#b=2", &[("a", Some("1"))]);
        expect("a=%C3%A9+#", &[("a", Some("é "))]);
        expect("#a=1", &[]);
    }

    #[test]
    fn raw_characters_above_ascii_keep_only_their_low_bits() {
        expect("a=é", &[("a", Some("\u{fffd}"))]);
        expect("a=😀", &[("a", Some("=\0"))]);
        expect("ü=ü", &[("\u{fffd}", Some("\u{fffd}"))]);
        expect("a=Ã©", &[("a", Some("é"))]);
        expect("a=%E4%F6", &[("a", Some("\u{fffd}\u{fffd}"))]);
        expect("a=%ED%A0%80", &[("a", Some("\u{fffd}"))]);
    }

    #[test]
    fn the_charset_decodes_the_bytes() {
        let latin = Charset::for_name("latin1").unwrap();
        let pairs = parse("a=%E9&b=é&c=+d", latin).map(owned);
        let pair = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        assert_eq!(
            pairs,
            Ok(vec![pair("a", "é"), pair("b", "é"), pair("c", " d")])
        );
        let wide = Charset::for_name("UTF-16LE").unwrap();
        let pairs = parse("a%00=b%00", wide).map(owned);
        assert_eq!(pairs, Ok(vec![pair("a", "b")]));
    }

    #[test]
    fn what_is_no_uri_is_refused_with_the_index_in_the_whole_uri() {
        for (query, message) in [
            ("e=pv&page=a b", "Illegal character in query at index 29"),
            ("a=%ZZ", "Malformed escape pair at index 20"),
            ("a=%", "Malformed escape pair at index 20"),
            ("a=%u00e9", "Malformed escape pair at index 20"),
            ("é😀%é", "Malformed escape pair at index 21"),
            ("a={}", "Illegal character in query at index 20"),
            ("a=\u{a0}", "Illegal character in query at index 20"),
            ("a=1#b#", "Illegal character in fragment at index 23"),
            ("a=1#%4", "Malformed escape pair at index 22"),
            ("\0", "Illegal character in query at index 18"),
        ] {
            assert_eq!(
                parse(query, Charset::UTF_8).unwrap_err().to_string(),
                format!("{message}: http://localhost/?{query}")
            );
        }
        for odd in "{}|\"<>^\\`".chars() {
            assert!(parse(&odd.to_string(), Charset::UTF_8).is_err(), "{odd}");
        }
    }

    #[test]
    fn clean_text_is_borrowed() {
        let pairs = parse("name=value", Charset::UTF_8).unwrap();
        assert!(matches!(
            pairs[..],
            [(Cow::Borrowed("name"), Some(Cow::Borrowed("value")))]
        ));
    }

    #[test]
    fn text_that_is_no_uri_is_split_as_the_library_does() {
        let pairs = owned(parse_raw(" a  b \t=\r\n c%zz%4 & =x& d", Charset::UTF_8));
        let expected = [("a b", Some("c%zz%4")), ("d", None)];
        assert_eq!(
            pairs,
            expected.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)))
        );
    }

    proptest! {
        #[test]
        fn the_check_agrees_with_the_uri_parser(query in "[a-b=&;%0-9A#é +{\u{a0}😀]{0,16}") {
            let whole = crate::uri::JavaUri::parse(&format!("{PREFIX}{query}"));
            match (parse(&query, Charset::UTF_8), whole) {
                (Ok(pairs), Ok(uri)) => {
                    prop_assert_eq!(pairs, parse_raw(uri.raw_query().unwrap(), Charset::UTF_8));
                }
                (Err(ours), Err(theirs)) => prop_assert_eq!(ours, theirs),
                (ours, theirs) => prop_assert!(false, "{ours:?} {theirs:?}"),
            }
        }

        #[test]
        fn any_text_is_split(query in any::<String>()) {
            let _ = parse(&query, Charset::UTF_8);
            let _ = parse_raw(&query, Charset::UTF_8);
        }
    }
}
