//! Base64 as commons-codec 1.15 reads and writes it.
//!
//! The decoder never fails: it takes both alphabets at once, steps over every other byte, and
//! stops at the first `=`.

use crate::charset;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What [`VALUES`] holds for a byte that is in neither alphabet: bits no value has.
const SKIPPED: u32 = 0xFF00_0000;

/// The value of each symbol, moved to where it belongs as first, second, third or last of a group.
static VALUES: [[u32; 256]; 4] = values();

const fn values() -> [[u32; 256]; 4] {
    let mut tables = [[SKIPPED; 256]; 4];
    let mut i = 0;
    while i < 64 {
        let mut place = 0;
        while place < 4 {
            let value = (i as u32) << (18 - 6 * place);
            tables[place][STANDARD[i] as usize] = value;
            tables[place][URL_SAFE[i] as usize] = value;
            place += 1;
        }
        i += 1;
    }
    tables
}

/// The value of one symbol.
#[inline]
fn value(byte: u8) -> u32 {
    VALUES[3][usize::from(byte)]
}

/// Decodes a text as `Base64.decodeBase64`: `-_` as well as `+/`, other bytes skipped, the first
/// `=` ends it, a single symbol at the end is dropped.
pub fn decode_lenient(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    decode_into(text, &mut out);
    out
}

/// [`decode_lenient`], then UTF-8 with U+FFFD for malformed bytes as the platform places them.
pub fn decode_url_to_string(text: &str) -> String {
    charset::utf8_from_vec(decode_lenient(text.as_bytes()))
}

/// [`decode_lenient`] onto the end of `out`.
pub fn decode_into(text: &[u8], out: &mut Vec<u8>) {
    if !decode_regular(text, out) {
        decode_odd(text, out);
    }
}

/// Decodes a text of one alphabet with nothing foreign in it, padded or not; else adds nothing.
fn decode_regular(text: &[u8], out: &mut Vec<u8>) -> bool {
    let symbols = match text {
        [head @ .., b'=', b'='] | [head @ .., b'='] => head,
        _ => text,
    };
    let codec = match memchr::memchr2(b'-', b'_', symbols) {
        Some(_) => base64_simd::URL_SAFE_NO_PAD,
        None => base64_simd::STANDARD_NO_PAD,
    };
    let before = out.len();
    let regular = codec.decode_append(symbols, out).is_ok();
    if !regular {
        out.truncate(before);
    }
    regular
}

fn decode_odd(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() / 4 * 3 + 3);
    let mut rest = text;
    let mut held = 0u32;
    let mut symbols = 0;
    loop {
        if symbols == 0 {
            rest = decode_clean(rest, out);
        }
        let Some((&byte, tail)) = rest.split_first() else {
            break;
        };
        rest = tail;
        if byte == b'=' {
            break;
        }
        let value = value(byte);
        if value == SKIPPED {
            continue;
        }
        held = held << 6 | value;
        symbols += 1;
        if symbols == 4 {
            let [_, a, b, c] = held.to_be_bytes();
            out.extend_from_slice(&[a, b, c]);
            symbols = 0;
            held = 0;
        }
    }
    match symbols {
        2 => out.push((held >> 4) as u8),
        3 => out.extend_from_slice(&[(held >> 10) as u8, (held >> 2) as u8]),
        _ => {}
    }
}

/// Decodes from the front while whole groups of four symbols stand there; answers what is left.
#[inline]
fn decode_clean<'a>(mut text: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    while let Some((block, rest)) = text.split_first_chunk::<32>() {
        let mut decoded = [0u8; 24];
        let mut odd = 0;
        let (groups, slots) = (block.as_chunks::<4>().0, decoded.as_chunks_mut::<3>().0);
        for (group, slot) in groups.iter().zip(slots) {
            let bits = decode_group(*group);
            let [_, a, b, c] = bits.to_be_bytes();
            *slot = [a, b, c];
            odd |= bits;
        }
        if odd & SKIPPED != 0 {
            break;
        }
        out.extend_from_slice(&decoded);
        text = rest;
    }
    while let Some((group, rest)) = text.split_first_chunk::<4>() {
        let bits = decode_group(*group);
        if bits & SKIPPED != 0 {
            break;
        }
        let [_, a, b, c] = bits.to_be_bytes();
        out.extend_from_slice(&[a, b, c]);
        text = rest;
    }
    text
}

/// The 24 bits of four symbols; bits of [`SKIPPED`] are set when one of them is no symbol.
#[inline]
fn decode_group([a, b, c, d]: [u8; 4]) -> u32 {
    VALUES[0][usize::from(a)]
        | VALUES[1][usize::from(b)]
        | VALUES[2][usize::from(c)]
        | VALUES[3][usize::from(d)]
}

/// Encodes with the URL-safe alphabet, without padding, with CRLF between lines of 76 symbols.
pub fn encode_url_chunked(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() / 3 * 4 + 4 + bytes.len() / 57 * 2);
    for (number, line) in bytes.chunks(57).enumerate() {
        if number > 0 {
            out.push_str("\r\n");
        }
        encode(line, URL_SAFE, false, &mut out);
    }
    out
}

/// Encodes with the standard alphabet, padded, in one line.
pub fn encode_standard(bytes: &[u8]) -> String {
    let mut out = String::new();
    encode_standard_into(bytes, &mut out);
    out
}

/// [`encode_standard`] onto the end of `out`.
pub fn encode_standard_into(bytes: &[u8], out: &mut String) {
    out.reserve(bytes.len().div_ceil(3) * 4);
    encode(bytes, STANDARD, true, out);
}

fn encode(bytes: &[u8], alphabet: &[u8; 64], pad: bool, out: &mut String) {
    let symbol = |bits: u32| alphabet.get(bits as usize & 63).copied().unwrap_or(b'=');
    for block in bytes.chunks(48) {
        let mut symbols = [b'='; 64];
        let (groups, rest) = block.as_chunks::<3>();
        let slots = symbols.as_chunks_mut::<4>().0;
        for (group, slot) in groups.iter().zip(slots) {
            let [a, b, c] = group.map(u32::from);
            let bits = a << 16 | b << 8 | c;
            *slot = [bits >> 18, bits >> 12, bits >> 6, bits].map(symbol);
        }
        let mut used = groups.len() * 4;
        if let Some(slot) = symbols.get_mut(used..used + 4) {
            match *rest {
                [a] => {
                    let bits = u32::from(a) << 4;
                    slot.copy_from_slice(&[symbol(bits >> 6), symbol(bits), b'=', b'=']);
                }
                [a, b] => {
                    let bits = u32::from(a) << 10 | u32::from(b) << 2;
                    let three = [bits >> 12, bits >> 6, bits].map(symbol);
                    slot.copy_from_slice(&[three[0], three[1], three[2], b'=']);
                }
                _ => {}
            }
        }
        used += match rest.len() {
            0 => 0,
            _ if pad => 4,
            left => left + 1,
        };
        // The symbols are ASCII, so this always holds.
        if let Ok(text) = std::str::from_utf8(symbols.get(..used).unwrap_or_default()) {
            out.push_str(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_decoder_takes_what_the_reference_takes() {
        for (text, bytes) in [
            ("Y!Q=", "a".as_bytes()),
            ("ab=cd", b"i"),
            ("YWI=YQ==", b"ab"),
            ("!!!!", b""),
            ("", b""),
            ("a", b""),
            ("=", b""),
            ("eyJh IjoxfQ==", b"{\"a\":1}"),
            ("eyJh\r\nIjoxfQ==", b"{\"a\":1}"),
            ("eyJhIjoxfQ", b"{\"a\":1}"),
            ("eyJhIjoxfQ==zz", b"{\"a\":1}"),
            ("-_-_", b"\xfb\xff\xbf"),
            ("+/+/", b"\xfb\xff\xbf"),
            ("+_-/", b"\xfb\xff\xbf"),
            ("YWJjZ", b"abc"),
            ("YWJjZé", b"abc"),
            ("YWJjZGV", b"abcde"),
            ("YWJjZG", b"abcd"),
        ] {
            assert_eq!(decode_lenient(text.as_bytes()), bytes, "{text}");
        }
    }

    #[test]
    fn an_odd_byte_anywhere_in_a_long_text_is_skipped() {
        let plain: Vec<u8> = (0..=255).collect();
        let text = encode_standard(&plain);
        for at in 0..text.len() {
            for odd in [" ", "\r\n", "é", "!"] {
                let (before, after) = text.split_at(at);
                let text = [before, odd, after].concat();
                assert_eq!(decode_lenient(text.as_bytes()), plain, "{at} {odd:?}");
            }
        }
    }

    #[test]
    fn decoding_to_text_replaces_malformed_bytes() {
        assert_eq!(decode_url_to_string("w6k"), "é");
        assert_eq!(decode_url_to_string("6Q"), "\u{fffd}");
        assert_eq!(decode_url_to_string("7aCAQQ"), "\u{fffd}A");
    }

    #[test]
    fn decoding_appends() {
        let mut out = b"x".to_vec();
        decode_into(b"YQ==", &mut out);
        assert_eq!(out, b"xa");
    }

    #[test]
    fn long_url_safe_text_is_cut_into_lines_without_a_last_break() {
        assert_eq!(encode_url_chunked(b""), "");
        assert_eq!(encode_url_chunked(&[0xfb, 0xff]), "-_8");
        let line = "A".repeat(76);
        assert_eq!(encode_url_chunked(&[0; 57]), line);
        assert_eq!(encode_url_chunked(&[0; 58]), format!("{line}\r\nAA"));
        assert_eq!(encode_url_chunked(&[0; 114]), format!("{line}\r\n{line}"));
    }

    #[test]
    fn standard_text_is_padded_and_in_one_line() {
        assert_eq!(encode_standard(b""), "");
        assert_eq!(encode_standard(b"a"), "YQ==");
        assert_eq!(encode_standard(b"ab"), "YWI=");
        assert_eq!(encode_standard(b"abc"), "YWJj");
        assert_eq!(encode_standard(&[0xfb, 0xff]), "+/8=");
        assert_eq!(encode_standard(&[0; 300]), "A".repeat(400));
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(decode_lenient(encode_standard(&bytes).as_bytes()), bytes.clone());
            prop_assert_eq!(decode_lenient(encode_url_chunked(&bytes).as_bytes()), bytes);
        }

        #[test]
        fn the_fast_way_agrees_with_symbol_by_symbol(text in "[A-Za-z0-9+/_= \n\u{e9}-]{0,120}") {
            let mut bits = 0u32;
            let mut n = 0;
            let mut expected = Vec::new();
            for byte in text.bytes().take_while(|b| *b != b'=') {
                if value(byte) == SKIPPED { continue; }
                bits = bits << 6 | value(byte);
                n += 6;
                if n >= 8 { n -= 8; expected.push((bits >> n) as u8); }
            }
            prop_assert_eq!(decode_lenient(text.as_bytes()), expected);
        }
    }
}
