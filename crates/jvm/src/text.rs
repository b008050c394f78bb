//! `java.lang.String` operations that differ from Rust's: UTF-16 lengths, trimming, splitting,
//! comparing, lower-casing, and the clean-up of control characters for TSV fields.

use std::borrow::Cow;
use std::cmp::Ordering;

/// What a tab becomes in a TSV-safe text.
const TAB: &str = "    ";

/// A text fit for a TSV field: every tab becomes four spaces, every other character of Java's
/// `\p{Cntrl}` (U+0000 to U+001F and U+007F) is deleted; `None` if nothing is left.
///
/// Borrows unless something had to change.
pub fn tsv_safe(s: &str) -> Option<Cow<'_, str>> {
    let safe = if has_control(s.as_bytes()) {
        Cow::Owned(replace_ascii(s, |b| match b {
            b'\t' => Some(TAB),
            0..=0x1f | 0x7f => Some(""),
            _ => None,
        }))
    } else {
        Cow::Borrowed(s)
    };
    (!safe.is_empty()).then_some(safe)
}

/// The collector's user agent made safe: carriage returns and line feeds are deleted, tabs become
/// four spaces. Other controls stay, and so does an empty text.
pub fn ua_safe(s: &str) -> Cow<'_, str> {
    if memchr::memchr3(b'\t', b'\n', b'\r', s.as_bytes()).is_none() {
        return Cow::Borrowed(s);
    }
    Cow::Owned(replace_ascii(s, |b| match b {
        b'\t' => Some(TAB),
        b'\n' | b'\r' => Some(""),
        _ => None,
    }))
}

/// Looks at a block at a time, without a branch inside, so the compiler can use wide registers; at the last bytes
/// by eight, which may overlap those before.
fn has_control(bytes: &[u8]) -> bool {
    let control = |b: u8| (b < 0x20) | (b == 0x7f);
    let mut blocks = bytes.chunks_exact(32);
    if blocks.any(|block| block.iter().fold(false, |acc, b| acc | control(*b))) {
        return true;
    }
    let mut words = blocks.remainder().chunks_exact(8);
    let word = |word: &[u8]| {
        word.try_into()
            .is_ok_and(|word| any_control(u64::from_le_bytes(word)))
    };
    words.any(word)
        || match (words.remainder(), bytes.last_chunk::<8>()) {
            ([], _) => false,
            (_, Some(last)) => any_control(u64::from_le_bytes(*last)),
            (rest, None) => rest.iter().any(|b| control(*b)),
        }
}

/// Whether one of eight bytes is below 0x20 or is 0x7F.
fn any_control(word: u64) -> bool {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let del = word ^ (LOW * 0x7f);
    // a borrow reaches a neighbour only from a byte that is itself one of these
    let below = word.wrapping_sub(LOW * 0x20) & !word;
    let equal = del.wrapping_sub(LOW) & !del;
    (below | equal) & HIGH != 0
}

/// Replaces single ASCII bytes by texts; only asked about ASCII.
fn replace_ascii(s: &str, with: impl Fn(u8) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(s.len() + 16);
    let mut rest = s;
    while let Some((at, text)) = rest
        .bytes()
        .enumerate()
        .find_map(|(i, b)| if b < 0x80 { Some((i, with(b)?)) } else { None })
    {
        let (clean, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(clean);
        out.push_str(text);
        rest = tail.get(1..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

/// `String.length`: the number of UTF-16 units.
pub fn utf16_len(s: &str) -> usize {
    if s.is_ascii() {
        return s.len();
    }
    // One unit per character, two for those of four bytes.
    s.bytes()
        .map(|b| usize::from(b & 0xc0 != 0x80) + usize::from(b >= 0xf0))
        .sum()
}

/// `substring(0, units)` as it reads once encoded in UTF-8: half of a cut surrogate pair becomes
/// `?`. The whole text if it is not longer.
pub fn utf16_prefix(s: &str, units: usize) -> Cow<'_, str> {
    if s.len() <= units {
        return Cow::Borrowed(s);
    }
    let mut left = units;
    for (at, c) in s.char_indices() {
        if left < c.len_utf16() {
            let head = s.get(..at).unwrap_or(s);
            return match left {
                0 => Cow::Borrowed(head),
                _ => Cow::Owned(format!("{head}?")),
            };
        }
        left -= c.len_utf16();
    }
    Cow::Borrowed(s)
}

/// `String.trim`: without leading and trailing characters up to U+0020.
pub fn java_trim(s: &str) -> &str {
    s.trim_matches(|c| c <= ' ')
}

/// `String.split` by a class of single characters, each a separator of its own: empty pieces at
/// the end are dropped, so a text of separators only gives none; a text without separators, also
/// the empty one, gives itself.
pub fn java_split_char<'a>(s: &'a str, separators: &[char]) -> Vec<&'a str> {
    let mut pieces: Vec<&str> = s.split(separators).collect();
    if pieces.len() > 1 {
        let used = pieces.iter().rposition(|p| !p.is_empty());
        pieces.truncate(used.map_or(0, |last| last + 1));
    }
    pieces
}

/// `String.compareTo`: the order of UTF-16 units, in which characters above U+FFFF come before
/// U+E000 to U+FFFF.
pub fn cmp_utf16(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    match a.iter().zip(b).find(|(x, y)| x != y) {
        None => a.len().cmp(&b.len()),
        // A first difference behind a lead byte is between characters of one length and plane.
        Some((x @ 0xf0.., y @ (0xee | 0xef))) => y.cmp(x),
        Some((x @ (0xee | 0xef), y @ 0xf0..)) => y.cmp(x),
        Some((x, y)) => x.cmp(y),
    }
}

/// `String.toLowerCase(Locale.ROOT)` of JDK 17 (Unicode 13). Borrows if nothing changes.
pub fn to_lower(s: &str) -> Cow<'_, str> {
    if s.is_ascii() {
        return match s.bytes().any(|b| b.is_ascii_uppercase()) {
            true => Cow::Owned(s.to_ascii_lowercase()),
            false => Cow::Borrowed(s),
        };
    }
    let lower = if s.chars().any(is_newer_capital) {
        lower_but_newer(s)
    } else {
        s.to_lowercase()
    };
    if lower == s {
        Cow::Borrowed(s)
    } else {
        Cow::Owned(lower)
    }
}

/// Lower-cases piece by piece around the characters JDK 17 does not know.
fn lower_but_newer(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    for piece in s.split_inclusive(is_newer_capital) {
        match piece.chars().next_back() {
            Some(c) if is_newer_capital(c) => {
                let known = piece.strip_suffix(c).unwrap_or(piece);
                out.push_str(&known.to_lowercase());
                out.push(c);
            }
            _ => out.push_str(&piece.to_lowercase()),
        }
    }
    out
}

/// Capitals that got their small letter after Unicode 13.
fn is_newer_capital(c: char) -> bool {
    matches!(c,
        '\u{1c89}' | '\u{2c2f}' | '\u{a7c0}' | '\u{a7cb}' | '\u{a7cc}' | '\u{a7ce}' | '\u{a7d0}'
        | '\u{a7d2}' | '\u{a7d4}' | '\u{a7d6}' | '\u{a7d8}' | '\u{a7da}' | '\u{a7dc}'
        | '\u{10570}'..='\u{1057a}' | '\u{1057c}'..='\u{1058a}' | '\u{1058c}'..='\u{10592}'
        | '\u{10594}' | '\u{10595}' | '\u{10d50}'..='\u{10d65}' | '\u{16ea0}'..='\u{16eb8}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_character_is_found_wherever_it_is() {
        for length in 1..43 {
            for at in 0..length {
                for byte in 0..=255u8 {
                    let mut bytes = vec![b' '; length];
                    bytes[at] = byte;
                    assert_eq!(
                        has_control(&bytes),
                        byte < 0x20 || byte == 0x7f,
                        "{byte} at {at}"
                    );
                }
            }
        }
        assert!(!has_control(b""));
    }
    use proptest::prelude::*;

    #[test]
    fn controls_are_taken_out_of_tsv_fields() {
        let safe = |s| tsv_safe(s).map(Cow::into_owned);
        assert_eq!(
            safe("a\tb\nc\rd\0e\u{7f}f\u{85}g").as_deref(),
            Some("a    bcdef\u{85}g")
        );
        assert_eq!(safe(""), None);
        assert_eq!(safe("\n\0\u{7f}"), None);
        assert_eq!(safe("\t").as_deref(), Some("    "));
        let long = "x".repeat(70) + "\u{1f}é";
        assert_eq!(safe(&long), Some("x".repeat(70) + "é"));
        assert!(matches!(tsv_safe("clean é text"), Some(Cow::Borrowed(_))));
    }

    #[test]
    fn user_agents_keep_other_controls() {
        assert_eq!(ua_safe("a\tb\r\nc\0\u{7f}"), "a    bc\0\u{7f}");
        assert_eq!(ua_safe(""), "");
        assert_eq!(ua_safe("\n"), "");
        assert!(matches!(ua_safe("a\0"), Cow::Borrowed(_)));
    }

    #[test]
    fn lengths_count_utf16_units() {
        assert_eq!(utf16_len("abc"), 3);
        assert_eq!(utf16_len("aé\u{ffff}\u{1f600}"), 5);
    }

    #[test]
    fn a_prefix_may_cut_a_pair() {
        assert_eq!(utf16_prefix("abc", 2), "ab");
        assert_eq!(utf16_prefix("abc", 3), "abc");
        assert_eq!(utf16_prefix("éé", 2), "éé");
        assert_eq!(utf16_prefix("a\u{1f600}b", 1), "a");
        assert_eq!(utf16_prefix("a\u{1f600}b", 2), "a?");
        assert_eq!(utf16_prefix("a\u{1f600}b", 3), "a\u{1f600}");
        assert_eq!(utf16_prefix("a\u{1f600}b", 0), "");
    }

    #[test]
    fn trimming_takes_controls_but_no_wide_spaces() {
        assert_eq!(java_trim(" \t\0a b\u{1f} "), "a b");
        assert_eq!(java_trim("\u{a0}a\u{2003}"), "\u{a0}a\u{2003}");
    }

    #[test]
    fn splitting_drops_empty_pieces_at_the_end() {
        let seps = [',', '|', ' '];
        let rows: [(&str, &[&str]); 8] = [
            ("", &[""]),
            ("a", &["a"]),
            (",", &[]),
            (", |", &[]),
            ("a,", &["a"]),
            (",a", &["", "a"]),
            ("a,|b ,", &["a", "", "b"]),
            (" 1.2.3.4", &["", "1.2.3.4"]),
        ];
        for (input, expected) in rows {
            assert_eq!(java_split_char(input, &seps), expected, "{input}");
        }
    }

    #[test]
    fn lower_case_follows_jdk_17() {
        assert_eq!(to_lower("ABC\u{130}É"), "abci\u{307}é");
        assert_eq!(to_lower("ΑΣ ΑΣΑ"), "ας ασα");
        assert_eq!(to_lower("A\u{2c2f}B\u{10570}"), "a\u{2c2f}b\u{10570}");
        assert!(matches!(to_lower("abc é"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn lengths_and_order_agree_with_the_encoding(a in ".{0,12}", b in ".{0,12}") {
            let (x, y): (Vec<u16>, Vec<u16>) =
                (a.encode_utf16().collect(), b.encode_utf16().collect());
            prop_assert_eq!(utf16_len(&a), x.len());
            prop_assert_eq!(cmp_utf16(&a, &b), x.cmp(&y));
            let prefix = utf16_prefix(&a, 5);
            prop_assert_eq!(utf16_len(&prefix), x.len().min(5));
        }

        #[test]
        fn order_of_high_characters(
            a in "[\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}]{0,3}",
            b in "[\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}]{0,3}",
        ) {
            let (x, y): (Vec<u16>, Vec<u16>) =
                (a.encode_utf16().collect(), b.encode_utf16().collect());
            prop_assert_eq!(cmp_utf16(&a, &b), x.cmp(&y));
        }

        #[test]
        fn safe_texts_are_safe(s in "[\\x00-\\x7fé]{0,80}") {
            let expected = s.replace('\t', "    ").replace(|c: char| c.is_ascii_control(), "");
            prop_assert_eq!(tsv_safe(&s).unwrap_or_default(), &*expected);
            prop_assert!(!ua_safe(&s).contains(['\t', '\r', '\n']));
        }
    }
}
