//! Form decoding and encoding as `java.net.URLDecoder` and `java.net.URLEncoder` of JDK 17, with
//! UTF-8.

use crate::charset;

/// The value of a hexadecimal ASCII digit; 255 for any other byte.
#[inline]
pub(crate) fn hex_value(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        b'A'..=b'F' => byte - b'A' + 10,
        _ => u8::MAX,
    }
}

/// The zero of every run of ten decimal digits outside ASCII, among the characters of one UTF-16
/// unit (Unicode 13).
const ZEROS: [u16; 36] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
    0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
];

/// `Character.digit(unit, 16)`: decimal digits of every script, Latin letters of both widths.
pub(crate) fn digit16(unit: u16) -> Option<u8> {
    if let Ok(byte) = u8::try_from(unit) {
        return Some(hex_value(byte)).filter(|value| *value < 16);
    }
    let offset = |from: u16, count: u16| {
        let distance = unit.checked_sub(from)?;
        (distance < count).then_some(distance as u8)
    };
    offset(0xFF21, 6)
        .or_else(|| offset(0xFF41, 6))
        .map(|letter| letter + 10)
        .or_else(|| ZEROS.iter().find_map(|zero| offset(*zero, 10)))
}

/// `Integer.parseInt` of two UTF-16 units, base 16: a sign counts as the first. The error is the
/// index of the unit that does not fit.
pub(crate) fn parse_hex_pair(first: u16, second: u16) -> Result<i32, usize> {
    let low = digit16(second).map(i32::from);
    if first == u16::from(b'+') {
        return low.ok_or(1);
    }
    if first == u16::from(b'-') {
        return low.map(|value| -value).ok_or(1);
    }
    let high = digit16(first).map(i32::from).ok_or(0usize)?;
    Ok(high * 16 + low.ok_or(1usize)?)
}

/// Decodes form text as `URLDecoder.decode(text, UTF_8)`: `+` is a space, runs of `%XX` are UTF-8
/// with malformed bytes as U+FFFD, everything else stays.
///
/// # Errors
/// The message of the platform's exception for a broken escape.
pub fn decode_utf8(text: &str) -> Result<String, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        let plain = memchr::memchr2(b'%', b'+', rest.as_bytes()).unwrap_or(rest.len());
        let (before, after) = rest.split_at(plain);
        out.extend_from_slice(before.as_bytes());
        if let Some(after) = after.strip_prefix('+') {
            out.push(b' ');
            rest = after;
        } else if let Some(after) = after.strip_prefix('%') {
            let (byte, width) = escape(after)?;
            out.push(byte);
            rest = after.get(width..).unwrap_or_default();
        } else {
            return Ok(charset::utf8_from_vec(out));
        }
    }
}

/// The byte that the text behind a `%` stands for, and how many bytes of it were taken.
fn escape(text: &str) -> Result<(u8, usize), String> {
    if let Some([high, low]) = text.as_bytes().first_chunk::<2>() {
        let (high, low) = (hex_value(*high), hex_value(*low));
        if high < 16 && low < 16 {
            return Ok((high << 4 | low, 2));
        }
    }
    let mut units = text.encode_utf16();
    let (Some(first), Some(second)) = (units.next(), units.next()) else {
        return Err("URLDecoder: Incomplete trailing escape (%) pattern".to_owned());
    };
    match parse_hex_pair(first, second) {
        // Both units are then whole characters.
        Ok(value @ 0..) => Ok((value as u8, text.chars().take(2).map(char::len_utf8).sum())),
        Ok(_) => Err(illegal("negative value")),
        Err(index) => {
            // Half a surrogate pair leaves the platform as a question mark.
            let shown: String = char::decode_utf16([first, second])
                .map(|unit| unit.unwrap_or('?'))
                .collect();
            Err(illegal(&format!("Error at index {index} in: \"{shown}\"")))
        }
    }
}

fn illegal(what: &str) -> String {
    format!("URLDecoder: Illegal hex characters in escape (%) pattern - {what}")
}

/// Encodes text as `URLEncoder.encode(text, UTF_8)`: letters, digits and `.-*_` stay, a space
/// becomes `+`, every other byte of the UTF-8 form `%XX` in capitals.
pub fn encode_utf8(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => push_escape(byte, &mut out),
        }
    }
    out
}

/// Percent-encoding of RFC 3986: letters, digits and `-_.~` stay, every other byte of the UTF-8 form becomes
/// `%XX` in capitals.
pub fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            _ => push_escape(byte, &mut out),
        }
    }
    out
}

/// Writes `%XX` in capitals.
pub(crate) fn push_escape(byte: u8, out: &mut String) {
    out.push('%');
    for value in [byte >> 4, byte & 15] {
        out.push(char::from(if value < 10 {
            b'0' + value
        } else {
            b'A' + value - 10
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_and_pluses_are_decoded() {
        for (text, decoded) in [
            ("", ""),
            ("plain", "plain"),
            ("a+b%20c", "a b c"),
            ("%C3%A9é", "éé"),
            ("%E9", "\u{fffd}"),
            ("%E2%82x%AC", "\u{fffd}x\u{fffd}"),
            ("%ED%A0%80", "\u{fffd}"),
            ("%ed%a0A", "\u{fffd}A"),
            ("%+A", "\n"),
            ("%-0", "\0"),
            ("%４１%１２", "A\u{12}"),
            ("%Ｆ０", "\u{fffd}"),
        ] {
            assert_eq!(decode_utf8(text).as_deref(), Ok(decoded), "{text}");
        }
    }

    #[test]
    fn broken_escapes_are_told_as_the_platform_tells_them() {
        let illegal = "URLDecoder: Illegal hex characters in escape (%) pattern - ";
        for (text, message) in [
            ("%zz", "Error at index 0 in: \"zz\""),
            ("a%4z", "Error at index 1 in: \"4z\""),
            ("%- ", "Error at index 1 in: \"- \""),
            ("%-1", "negative value"),
            ("%é1", "Error at index 0 in: \"é1\""),
            ("%😀", "Error at index 0 in: \"😀\""),
            ("%4😀", "Error at index 1 in: \"4?\""),
            ("%%41", "Error at index 0 in: \"%4\""),
        ] {
            assert_eq!(
                decode_utf8(text),
                Err(format!("{illegal}{message}")),
                "{text}"
            );
        }
        let incomplete = "URLDecoder: Incomplete trailing escape (%) pattern";
        for text in ["%", "%4", "a%41%", "%é"] {
            assert_eq!(decode_utf8(text), Err(incomplete.to_owned()), "{text}");
        }
    }

    #[test]
    fn encoding_keeps_few_characters() {
        assert_eq!(
            encode_utf8("aZ09.-*_ ~é😀/"),
            "aZ09.-*_+%7E%C3%A9%F0%9F%98%80%2F"
        );
    }

    #[test]
    fn percent_encoding_keeps_what_is_unreserved() {
        assert_eq!(percent("aZ09.-*_ ~é/"), "aZ09.-%2A_%20~%C3%A9%2F");
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(text in any::<String>()) {
            prop_assert_eq!(decode_utf8(&encode_utf8(&text)), Ok(text.clone()));
            prop_assert_eq!(decode_utf8(&percent(&text)), Ok(text));
        }

        #[test]
        fn any_text_is_decoded_or_refused(text in "[%+0-9a-g\u{e9}\u{1f600}-]{0,12}") {
            let _ = decode_utf8(&text);
        }
    }
}
