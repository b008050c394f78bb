//! UUID texts as `java.util.UUID` reads and writes them.

use crate::number::parse_hex_units;

/// `UUID.fromString` of JDK 17, as the canonical lower-case text.
///
/// Lenient: five parts of any length, each read as a signed hexadecimal long (a `+` and any
/// Unicode digit may occur) and cut to its width, so `1-1-1-1-1` is accepted. `None` where Java
/// throws, also for more than 36 UTF-16 units.
pub fn from_string(s: &str) -> Option<String> {
    if let Some(text) = canonical(s) {
        return Some(text);
    }
    if s.len() > 36 && crate::text::utf16_len(s) > 36 {
        return None;
    }
    let mut parts = s.split('-');
    let mut part = |mask: u64| Some(parse_hex_units(parts.next()?)? as u64 & mask);
    let (a, b, c) = (part(0xffff_ffff)?, part(0xffff)?, part(0xffff)?);
    let (d, e) = (part(0xffff)?, part(0xffff_ffff_ffff)?);
    parts
        .next()
        .is_none()
        .then(|| format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}"))
}

/// The text in lower case if it is a UUID in canonical form, upper-case digits allowed: exactly
/// the texts that `UUID.fromString` accepts and prints back unchanged but for case.
pub fn canonical(s: &str) -> Option<String> {
    let bytes: &[u8; 36] = s.as_bytes().try_into().ok()?;
    // no early end inside, so that the compiler looks at sixteen bytes at a time
    let (known, dashes) = bytes.iter().fold((true, 0u8), |(known, dashes), b| {
        let dash = *b == b'-';
        (
            known & (dash | b.is_ascii_hexdigit()),
            dashes + u8::from(dash),
        )
    });
    let in_place = [8, 13, 18, 23].iter().all(|at| bytes[*at] == b'-');
    (known && dashes == 4 && in_place).then(|| s.to_ascii_lowercase())
}

/// The text of a random (version 4) UUID made of these bytes, as `UUID.randomUUID` marks them.
pub fn v4(random: [u8; 16]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = *b"00000000-0000-0000-0000-000000000000";
    let places = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    for (i, (byte, at)) in random.into_iter().zip(places).enumerate() {
        let byte = match i {
            6 => byte & 0x0f | 0x40,
            8 => byte & 0x3f | 0x80,
            _ => byte,
        };
        text[at] = DIGITS[usize::from(byte >> 4)];
        text[at + 1] = DIGITS[usize::from(byte & 15)];
    }
    // Always ASCII.
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_canonical_form_is_lower_cased() {
        assert_eq!(
            canonical("8D161D09-0f8a-4b3c-9D1E-0123456789AB").as_deref(),
            Some("8d161d09-0f8a-4b3c-9d1e-0123456789ab")
        );
        for bad in [
            "",
            "1-1-1-1-1",
            "8d161d09-0f8a-4b3c-9d1e-0123456789a",
            "8d161d09-0f8a-4b3c-9d1e-0123456789abc",
            "8d161d09+0f8a-4b3c-9d1e-0123456789ab",
            "8d161d09-0f8a-4b3c-9d1e-0123456789ag",
            "+d161d09-0f8a-4b3c-9d1e-0123456789ab",
            "８d161d09-0f8a-4b3c-9d1e-0123456789",
        ] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }

    #[test]
    fn lenient_texts_are_read_as_java_does() {
        let rows = [
            ("1-1-1-1-1", Some("00000001-0001-0001-0001-000000000001")),
            ("+1-1-1-1-1", Some("00000001-0001-0001-0001-000000000001")),
            (
                "123456789-12345-1-1-1",
                Some("23456789-2345-0001-0001-000000000001"),
            ),
            ("７-Ａ-ｆ-٣-1", Some("00000007-000a-000f-0003-000000000001")),
            (
                "7fffffffffffffff-1-1-1-1",
                Some("ffffffff-0001-0001-0001-000000000001"),
            ),
            ("8000000000000000-1-1-1-1", None),
            ("-1-1-1-1-1", None),
            ("1-1-1-1", None),
            ("1-1-1-1-1-1", None),
            ("1--1-1-1", None),
            ("1-1-1-1-", None),
            ("", None),
            ("+-1-1-1-1", None),
            ("1-1-1-1-1 ", None),
            ("8d161d09-0f8a-4b3c-9d1e-0123456789abc", None),
        ];
        for (input, expected) in rows {
            assert_eq!(from_string(input).as_deref(), expected, "{input}");
        }
    }

    #[test]
    fn random_bytes_get_version_and_variant() {
        assert_eq!(v4([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(v4([0; 16]), "00000000-0000-4000-8000-000000000000");
    }

    proptest! {
        #[test]
        fn random_uuids_are_canonical(bytes: [u8; 16]) {
            let text = v4(bytes);
            prop_assert_eq!(canonical(&text), Some(text.clone()));
            prop_assert_eq!(from_string(&text.to_uppercase()), Some(text));
        }

        #[test]
        fn no_text_panics(s in ".{0,40}", t in "[0-9a-f+-]{0,40}") {
            for text in [s, t] {
                if let Some(uuid) = from_string(&text) {
                    prop_assert_eq!(canonical(&uuid), Some(uuid));
                }
            }
        }
    }
}
