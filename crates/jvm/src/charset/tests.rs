use super::*;
use proptest::prelude::*;

fn charset(name: &str) -> Charset {
    Charset::for_name(name).unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn names_and_aliases_are_found_in_any_case() {
    for (name, canonical) in [
        ("UTF-8", "UTF-8"),
        ("utf8", "UTF-8"),
        ("Unicode-1-1-UTF-8", "UTF-8"),
        ("latin1", "ISO-8859-1"),
        ("ISO8859_1", "ISO-8859-1"),
        ("l9", "ISO-8859-15"),
        ("us", "US-ASCII"),
        ("default", "US-ASCII"),
        ("646", "US-ASCII"),
        ("utf-16", "UTF-16"),
        ("UnicodeLittleUnmarked", "UTF-16LE"),
        ("cp1252", "windows-1252"),
        ("ANSI-1251", "windows-1251"),
        ("koi8_r", "KOI8-R"),
        ("866", "IBM866"),
        ("cp037", "IBM037"),
        ("CP936", "GBK"),
        ("sjis", "Shift_JIS"),
        ("ms932", "windows-31j"),
        ("eucjp", "EUC-JP"),
        ("ksc5601", "EUC-KR"),
        ("big5", "Big5"),
        ("macroman", "x-MacRoman"),
    ] {
        assert_eq!(charset(name).name(), canonical, "{name}");
        assert_eq!(charset(canonical), charset(name));
    }
}

#[test]
fn other_names_are_unknown() {
    for name in [
        "", " ", "UTF-8 ", "utf 8", "utf-9", "csBig5 x", "-", "é", "latin-1",
    ] {
        assert_eq!(Charset::for_name(name), None, "{name:?}");
    }
}

#[test]
fn every_name_is_its_own_and_every_table_is_full() {
    let mut names = Vec::new();
    for entry in LISTS.iter().copied().flatten() {
        assert_eq!(charset(entry.name).name(), entry.name);
        for alias in entry.aliases.split(' ').filter(|alias| !alias.is_empty()) {
            assert_eq!(charset(alias).name(), entry.name, "{alias}");
        }
        names.push(entry.name.to_ascii_lowercase());
        match entry.coder {
            Coder::Half(high) => assert_eq!(high.chars().count(), 128, "{}", entry.name),
            Coder::Full(all) => assert_eq!(all.chars().count(), 256, "{}", entry.name),
            _ => {}
        }
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(
        names.len(),
        LISTS.iter().map(|list| list.len()).sum::<usize>()
    );
    assert!(names.len() <= 256);
}

#[test]
fn bytes_are_decoded_as_the_platform_decodes_them() {
    for (name, bytes, text) in [
        ("UTF-8", &b"a\xC3\xA9"[..], "aé"),
        ("UTF-8", b"\xE9", "\u{fffd}"),
        ("UTF-8", b"\xC0\x80", "\u{fffd}\u{fffd}"),
        ("UTF-8", b"\xED\xA0\x80A", "\u{fffd}A"),
        ("UTF-8", b"\xED\xA0", "\u{fffd}"),
        ("UTF-8", b"\xED\xA0A", "\u{fffd}A"),
        ("UTF-8", b"\xED\xA0\xED\xA0\x80", "\u{fffd}\u{fffd}"),
        ("UTF-8", b"\xED\xA0\xBD\xED\xB8\x80", "\u{fffd}\u{fffd}"),
        ("UTF-8", b"\xED\xA0\x80\x80", "\u{fffd}\u{fffd}"),
        ("UTF-8", b"\xF0\x9F\x98", "\u{fffd}"),
        (
            "UTF-8",
            b"\xF4\x90\x80\x80",
            "\u{fffd}\u{fffd}\u{fffd}\u{fffd}",
        ),
        ("ISO-8859-1", b"\x80\xE9", "\u{80}é"),
        ("US-ASCII", b"a\xE9", "a\u{fffd}"),
        ("windows-1252", b"\x80\x81\xE9", "€\u{fffd}é"),
        ("ISO-8859-15", b"\xA4", "€"),
        ("KOI8-R", b"\xC1", "а"),
        ("IBM037", b"\xC8\x85", "He"),
        ("UTF-16", b"\0a", "a"),
        ("UTF-16", b"\xFF\xFEa\0", "a"),
        ("UTF-16LE", b"\xFF\xFEa\0", "\u{feff}a"),
        ("UTF-16BE", b"\xD8\x3D\xDE\x00", "😀"),
        ("UTF-16BE", b"\xD8\x3D\0a\0b", "\u{fffd}b"),
        ("UTF-16BE", b"\xDE\x00\0b\0", "\u{fffd}b\u{fffd}"),
        ("UTF-16BE", b"\xD8\x3D\0", "\u{fffd}"),
        ("UTF-32", b"\0\x01\xF6\0", "😀"),
        ("UTF-32", b"\0\x11\0\0\0", "\u{fffd}\u{fffd}"),
        ("Shift_JIS", b"\x93\xFA\x96\x7B", "日本"),
        ("GBK", b"\xC4\xE3", "你"),
        ("EUC-JP", b"\xC6\xFC", "日"),
        ("Big5", b"\xA7\x41", "你"),
        ("EUC-KR", b"\xC7\xD1", "한"),
    ] {
        assert_eq!(charset(name).decode(bytes), text, "{name} {bytes:x?}");
    }
}

#[test]
fn ascii_is_borrowed_where_it_stays_itself() {
    for name in ["UTF-8", "latin1", "cp1251", "Shift_JIS"] {
        assert!(charset(name).keeps_ascii());
        assert!(matches!(
            charset(name).decode(b"plain"),
            Cow::Borrowed("plain")
        ));
    }
    assert!(!charset("UTF-16").keeps_ascii());
    assert!(!charset("IBM037").keeps_ascii());
}

proptest! {
    #[test]
    fn utf8_text_survives(text in any::<String>()) {
        prop_assert_eq!(utf8(text.as_bytes()), text.as_str());
    }

    #[test]
    fn any_bytes_are_decoded(bytes in proptest::collection::vec(any::<u8>(), 0..40), place in 0u8..127) {
        let _ = Charset { place }.decode(&bytes);
        if !bytes.contains(&0xED) {
            prop_assert_eq!(utf8(&bytes), String::from_utf8_lossy(&bytes));
        }
    }
}
