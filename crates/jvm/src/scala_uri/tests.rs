//! Rows measured on the reference, or on scala-uri 1.5.1 set up as there.

use super::*;
use proptest::prelude::*;

fn fixed(text: &str) -> String {
    let uri = string_to_uri(text).unwrap_or_else(|error| panic!("{error}"));
    uri.as_str().to_owned()
}

/// The reason of the second parser.
fn scala(text: &str) -> String {
    let error = string_to_uri(text)
        .map(|uri| uri.as_str().to_owned())
        .unwrap_err();
    let (_, reason) = error.split_once(" nor by Scala parsing (error: [").unwrap();
    reason.strip_suffix("]).").unwrap().to_owned()
}

#[test]
fn urls_are_mended() {
    for (text, mended) in [
        ("http://ex.com/a b|c", "http://ex.com/a%20b%7Cc"),
        (
            "http://ex.com/${a b}?x=#{y}#z#w",
            "http://ex.com/%24%7Ba%20b%7D?x=#%7By%7D%23z%23w",
        ),
        ("http://ex.com/%zz?x=%zz", "http://ex.com/%25zz?x=%25zz"),
        ("http://ex.com/é?q=ü#ñ", "http://ex.com/é?q=ü#ñ"),
        ("http://ex.com/😀", "http://ex.com/😀"),
        ("http://ex.com/😀|", "http://ex.com/%3F%3F%7C"),
        ("http://ex.com/?q=%E9|", "http://ex.com/?q=%EF%BF%BD%7C"),
        ("http://ex.com/\u{a0}x", "http://ex.com/%C2%A0x"),
        (
            "http://ex.com/~a!$&'()*+,;=:@|",
            "http://ex.com/~a%21%24%26%27%28%29%2A+%2C%3B%3D%3A%40%7C",
        ),
        (
            "http://ex.com/a|b?c=d;e=f&g=h,i#j=k/l",
            "http://ex.com/a%7Cb?c=d%3Be%3Df&g=h%2Ci#j%3Dk%2Fl",
        ),
        ("htt p://ex.com", "htt%20p%3A//ex.com"),
        ("http://a b.com/x", "http://a%20b.com/x"),
        ("|", "%7C"),
        ("", ""),
        (" ", "%20"),
        (
            "http://ex.com/|?&&=&a=b=c&d",
            "http://ex.com/%7C?&&=&a=b%3Dc&d",
        ),
        ("|?", "%7C?"),
        ("|#", "%7C#"),
        (
            "http://example.com/?%E0%A4%A",
            "http://example.com/?%EF%BF%BD%25A",
        ),
        (
            "data:text/html,<b>x</b>",
            "data:text/html%2C%3Cb%3Ex%3C/b%3E",
        ),
        ("ht!tp://x", "ht%21tp%3A//x"),
        ("http:/|", "http:/%7C"),
        ("//h/|", "//h/%7C"),
        ("http://a:b/c@d/|", "http://a:b%2Fc@d/%7C"),
        ("http://é:ü@d/|", "http://%C3%A9:%C3%BC@d/%7C"),
        ("http://a#b@c/|", "http://a%23b@c/%7C"),
        ("http://@h/|", "http://@h/%7C"),
        ("http://h:080/|", "http://h:80/%7C"),
        ("http://01.002.3.4/|", "http://1.2.3.4/%7C"),
        (
            "http://[1:0:0:2:0:0:0:00F]:8/|",
            "http://[1:0:0:2::f]:8/%7C",
        ),
        ("http://[::1]/|", "http://[::1]/%7C"),
        ("http://[1::]/|", "http://[1::]/%7C"),
        ("http://[::]/|", "http://[::]/%7C"),
        ("http://[1:2:3:4:5:6:7:0]/|", "http://[1:2:3:4:5:6:7:0]/%7C"),
        ("http://[0:0:1:2:3:4:0:0]/|", "http://[::1:2:3:4:0:0]/%7C"),
        ("x/%+a%-1%４１|", "x/%0A%EF%BF%BDA%7C"),
        ("urn:ab:c/d%zz", "urn:ab:c%2Fd%25zz"),
        ("urn:a:%zz", "urn:a%3A%25zz"),
        ("urn:-a:%zz", "urn:-a%3A%25zz"),
        ("urn:ab:|", "urn:ab%3A%7C"),
        ("urn:ab:%zz?x", "urn:ab%3A%25zz?x"),
        ("a|\u{ffff}b", "a%7C"),
    ] {
        assert_eq!(fixed(text), mended, "{text}");
    }
}

#[test]
fn a_part_keeps_few_characters() {
    let kept = (0..128u8).map(char::from).filter(|c| {
        let path = lenient(&format!("a{c}b")).unwrap();
        let query = lenient(&format!("?a{c}b")).unwrap();
        let fragment = lenient(&format!("#a{c}b")).unwrap();
        assert_eq!(
            path == format!("a{c}b"),
            query == format!("?a{c}b") && !"&=".contains(*c) || "/?:".contains(*c),
            "{c}"
        );
        fragment == format!("#a{c}b")
    });
    let kept: String = kept.collect();
    assert_eq!(
        kept,
        "+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"
    );
}

#[test]
fn hosts_are_not_mended() {
    for odd in "\"<>[\\]^`{|}%".chars() {
        let text = format!("http://ex{odd}m.com/|");
        assert!(string_to_uri(&text).is_err(), "{text}");
    }
    for text in [
        "http://",
        "http://ex.com\\foo",
        "http://ex.com|/x",
        "//",
        "http://[",
        "http://[12345",
    ] {
        let java = JavaUri::parse(text).unwrap_err().to_string();
        assert_eq!(scala(text), java);
    }
    assert_eq!(
        scala("x:#a|"),
        "Expected scheme-specific part at index 2: x:#a%7C"
    );
}

#[test]
fn the_whole_message_names_both_parsers() {
    assert_eq!(
        string_to_uri("http://ex.com:80|/ x").unwrap_err(),
        "Provided URI [http://ex.com:80|/ x] could not be parsed, neither by Java parsing \
         (error: [Illegal character in authority at index 7: http://ex.com:80|/%20x]) nor by \
         Scala parsing (error: [Invalid URL could not be parsed. Unexpected end of input, \
         expected [^@] or '@' (line 1, column 21):\nhttp://ex.com:80|/ x\n                    ^])."
    );
}

#[test]
fn what_could_have_followed_is_told() {
    for (text, found, expected, place) in [
        (
            "http://ex.com:80|",
            "Unexpected end of input",
            "[^@] or '@'",
            (1, 18),
        ),
        (
            "http://[::1",
            "Unexpected end of input",
            "HexDigit, ':' or ']'",
            (1, 12),
        ),
        (
            "http://[::1/4",
            "Invalid input '/'",
            "HexDigit, ':' or ']'",
            (1, 12),
        ),
        (
            "//[::1",
            "Unexpected end of input",
            "HexDigit, ':' or ']'",
            (1, 7),
        ),
        (
            "http://[:",
            "Unexpected end of input",
            "':' or _int",
            (1, 10),
        ),
        ("http://[:x", "Invalid input 'x'", "':' or _int", (1, 10)),
        (
            "http://[1:2:3:4:5:6:7:8",
            "Unexpected end of input",
            "HexDigit, ']' or ':'",
            (1, 24),
        ),
        (
            "http://[1:2:3:4:5:6:7:8]x",
            "Invalid input 'x'",
            "_port, _path_for_authority, _maybe_query_string, _fragment or 'EOI'",
            (1, 25),
        ),
        (
            "http://[1:2:3:4:5:6:7:8:9]x|",
            "Invalid input ']'",
            "HexDigit or ':'",
            (1, 26),
        ),
        (
            "http://u@[1:|",
            "Invalid input '|'",
            "_ip_v6_hex_piece, ':' or _int",
            (1, 13),
        ),
        (
            "http://u@[1::|",
            "Invalid input '|'",
            "_ip_v6_hex_pieces or ']'",
            (1, 14),
        ),
        (
            "http://u@[1:2|",
            "Invalid input '|'",
            "HexDigit, ':', Digit, _path_for_authority, _maybe_query_string, _fragment or 'EOI'",
            (1, 14),
        ),
        (
            "http://[::1]:80|",
            "Invalid input '|'",
            "Digit, _path_for_authority, _maybe_query_string, _fragment or 'EOI'",
            (1, 16),
        ),
        ("http://u|@h:x|", "Invalid input 'x'", "_int", (1, 13)),
        ("http://u|@h:😀|", "Invalid input '?'", "_int", (1, 13)),
        (
            "http://😀|@h:\u{7f}",
            "Invalid input '\\u007f'",
            "_int",
            (1, 14),
        ),
        (
            "http://|:",
            "Unexpected end of input",
            "[^@], '@' or _int",
            (1, 10),
        ),
        ("http://u@|:", "Unexpected end of input", "_int", (1, 12)),
        (
            "http://u@|:\u{ffff}",
            "Invalid input 'EOI'",
            "_int",
            (1, 12),
        ),
        ("http://u@h\nb:x\nfoo", "Invalid input 'x'", "_int", (2, 3)),
        ("http://u@h:\n", "Invalid input '\\n'", "_int", (1, 12)),
    ] {
        let (line, column) = place;
        let shown = text.split('\n').nth(line - 1).unwrap();
        let caret = " ".repeat(column - 1);
        assert_eq!(
            scala(text),
            format!(
                "Invalid URL could not be parsed. {found}, expected {expected} \
                 (line {line}, column {column}):\n{shown}\n{caret}^"
            )
        );
    }
}

#[test]
fn numbers_and_addresses_out_of_bounds_are_told() {
    assert_eq!(
        scala("http://h:9999999999|"),
        "For input string: \"9999999999\""
    );
    assert_eq!(
        scala("http://[1:2:3::4:5:6:7:8]|"),
        "IPv6 has too many pieces. Must be either exactly eight hex pieces or fewer than six hex \
         pieces with a '::'"
    );
}

#[test]
fn long_texts_take_time_in_proportion() {
    for piece in [
        "a|", "[", "[::", ":", "@", "1:", "%", "%C3", "/|", "\n|", "😀", "&=|",
    ] {
        let _ = string_to_uri(&format!("http://{}|", piece.repeat(100_000)));
        let _ = string_to_uri(&format!("http://[{}|", piece.repeat(100_000)));
        let _ = string_to_uri(&format!("|{}", piece.repeat(100_000)));
    }
}

proptest! {
    #[test]
    fn any_text_is_mended_or_refused(text in any::<String>()) {
        let _ = string_to_uri(&text);
        let _ = lenient(&text);
    }

    #[test]
    fn any_odd_authority_is_mended_or_refused(text in "//[a0:.@%|/é😀\u{ffff}\\[\\]-]{0,16}") {
        if let Err(message) = string_to_uri(&text) {
            let start = format!("Provided URI [{text}] could not be parsed");
            prop_assert!(message.starts_with(&start));
        }
    }
}
