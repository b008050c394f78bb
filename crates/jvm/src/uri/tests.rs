//! Rows measured on JDK 17.

use super::*;
use proptest::prelude::*;

/// Scheme, host, port, path, query, fragment, user information, authority; `~` for null.
fn describe(uri: &JavaUri) -> String {
    let shown = |part: Option<&str>| part.unwrap_or("~").to_owned();
    [
        shown(uri.scheme()),
        shown(uri.host()),
        uri.port().map_or("-1".to_owned(), |port| port.to_string()),
        shown(uri.raw_path()),
        shown(uri.raw_query()),
        shown(uri.raw_fragment()),
        shown(uri.user_info()),
        shown(uri.authority()),
    ]
    .join(" ")
}

#[test]
fn sound_texts_are_split_as_the_platform_splits_them() {
    for (text, parts) in [
        ("", "~ ~ -1  ~ ~ ~ ~"),
        (
            "http://example.com",
            "http example.com -1  ~ ~ ~ example.com",
        ),
        (
            "HTTPS://EXAMPLE.com:8080/Path;p=1?a=b?c#d/e?f",
            "HTTPS EXAMPLE.com 8080 /Path;p=1 a=b?c d/e?f ~ EXAMPLE.com:8080",
        ),
        ("http://exa_mple.com/", "http ~ -1 / ~ ~ ~ exa_mple.com"),
        (
            "http://example.com:port/",
            "http ~ -1 / ~ ~ ~ example.com:port",
        ),
        (
            "http://example.com:99999/",
            "http example.com 99999 / ~ ~ ~ example.com:99999",
        ),
        (
            "http://example.com:2147483647/",
            "http example.com 2147483647 / ~ ~ ~ example.com:2147483647",
        ),
        (
            "http://example.com:2147483648/",
            "http ~ -1 / ~ ~ ~ example.com:2147483648",
        ),
        (
            "http://example.com:/",
            "http example.com -1 / ~ ~ ~ example.com:",
        ),
        (
            "http://example.com:80:80/",
            "http ~ -1 / ~ ~ ~ example.com:80:80",
        ),
        (
            "http://user:pw@host/",
            "http host -1 / ~ ~ user:pw user:pw@host",
        ),
        (
            "http://user:pa@ss@host/",
            "http ~ -1 / ~ ~ ~ user:pa@ss@host",
        ),
        ("http://@host/", "http host -1 / ~ ~  @host"),
        ("http://us%65r@host", "http host -1  ~ ~ us%65r us%65r@host"),
        ("http://HTTP@", "http ~ -1  ~ ~ ~ HTTP@"),
        ("http://пример.рф/Ä", "http ~ -1 /Ä ~ ~ ~ пример.рф"),
        ("http://a..b/", "http ~ -1 / ~ ~ ~ a..b"),
        ("http://-a/", "http ~ -1 / ~ ~ ~ -a"),
        ("http://a-/", "http ~ -1 / ~ ~ ~ a-"),
        ("http://a-b.c--d/", "http a-b.c--d -1 / ~ ~ ~ a-b.c--d"),
        ("http://a.b./", "http a.b. -1 / ~ ~ ~ a.b."),
        ("http://a.b.:80", "http a.b. 80  ~ ~ ~ a.b.:80"),
        ("http://.a/", "http ~ -1 / ~ ~ ~ .a"),
        ("http://1/", "http 1 -1 / ~ ~ ~ 1"),
        ("http://1a/", "http 1a -1 / ~ ~ ~ 1a"),
        ("http://a.1/", "http ~ -1 / ~ ~ ~ a.1"),
        ("http://a.1b/", "http ~ -1 / ~ ~ ~ a.1b"),
        ("http://1.2.3/", "http ~ -1 / ~ ~ ~ 1.2.3"),
        ("http://1.2.3.4", "http 1.2.3.4 -1  ~ ~ ~ 1.2.3.4"),
        ("http://1.2.3.4:80/", "http 1.2.3.4 80 / ~ ~ ~ 1.2.3.4:80"),
        ("http://1.2.3.4.5/", "http ~ -1 / ~ ~ ~ 1.2.3.4.5"),
        ("http://1.2.3.256/", "http ~ -1 / ~ ~ ~ 1.2.3.256"),
        (
            "http://01.002.0003.4/",
            "http 01.002.0003.4 -1 / ~ ~ ~ 01.002.0003.4",
        ),
        ("http://1.2.3.4a/", "http ~ -1 / ~ ~ ~ 1.2.3.4a"),
        ("http://1.2.3.4.a/", "http 1.2.3.4.a -1 / ~ ~ ~ 1.2.3.4.a"),
        (
            "http://99999999999.1.1.1/",
            "http ~ -1 / ~ ~ ~ 99999999999.1.1.1",
        ),
        ("http://a:b:c", "http ~ -1  ~ ~ ~ a:b:c"),
        ("http://a%41b/", "http ~ -1 / ~ ~ ~ a%41b"),
        ("http://a$b,c;d/", "http ~ -1 / ~ ~ ~ a$b,c;d"),
        ("http:///x", "http ~ -1 /x ~ ~ ~ ~"),
        ("file:///a/b", "file ~ -1 /a/b ~ ~ ~ ~"),
        ("//example.com/x", "~ example.com -1 /x ~ ~ ~ example.com"),
        ("///x", "~ ~ -1 /x ~ ~ ~ ~"),
        ("//?", "~ ~ -1   ~ ~ ~"),
        ("/relative?x#y", "~ ~ -1 /relative x y ~ ~"),
        ("example.com/path", "~ ~ -1 example.com/path ~ ~ ~ ~"),
        ("../a;b", "~ ~ -1 ../a;b ~ ~ ~ ~"),
        ("?q", "~ ~ -1  q ~ ~ ~"),
        ("#f", "~ ~ -1  ~ f ~ ~"),
        ("?", "~ ~ -1   ~ ~ ~"),
        ("#", "~ ~ -1  ~  ~ ~"),
        ("a:b", "a ~ -1 ~ ~ ~ ~ ~"),
        ("mailto:a@b.c", "mailto ~ -1 ~ ~ ~ ~ ~"),
        ("mailto:a@b.c?subject=x#f", "mailto ~ -1 ~ ~ f ~ ~"),
        ("javascript:void(0)", "javascript ~ -1 ~ ~ ~ ~ ~"),
        ("x:?q", "x ~ -1 ~ ~ ~ ~ ~"),
        ("urn:ab:c/d[e]", "urn ~ -1 ~ ~ ~ ~ ~"),
        ("a+b-c.1:/p", "a+b-c.1 ~ -1 /p ~ ~ ~ ~"),
        ("http:/x", "http ~ -1 /x ~ ~ ~ ~"),
        ("http:x", "http ~ -1 ~ ~ ~ ~ ~"),
        ("1a/b:c", "~ ~ -1 1a/b:c ~ ~ ~ ~"),
        ("./a:b", "~ ~ -1 ./a:b ~ ~ ~ ~"),
        ("http://[::1]/", "http [::1] -1 / ~ ~ ~ [::1]"),
        ("http://[::1]:80/x", "http [::1] 80 /x ~ ~ ~ [::1]:80"),
        ("http://[::]", "http [::] -1  ~ ~ ~ [::]"),
        ("http://[1::]", "http [1::] -1  ~ ~ ~ [1::]"),
        (
            "http://[1:2:3:4:5:6:7:8]",
            "http [1:2:3:4:5:6:7:8] -1  ~ ~ ~ [1:2:3:4:5:6:7:8]",
        ),
        (
            "http://[1:2:3:4:5:6:1.2.3.4]",
            "http [1:2:3:4:5:6:1.2.3.4] -1  ~ ~ ~ [1:2:3:4:5:6:1.2.3.4]",
        ),
        (
            "http://[::FFFF:1.2.3.4]",
            "http [::FFFF:1.2.3.4] -1  ~ ~ ~ [::FFFF:1.2.3.4]",
        ),
        (
            "http://[fe80::1%eth0]:1/",
            "http [fe80::1%eth0] 1 / ~ ~ ~ [fe80::1%eth0]:1",
        ),
        (
            "http://[fe80::1%e_t.h]",
            "http [fe80::1%e_t.h] -1  ~ ~ ~ [fe80::1%e_t.h]",
        ),
        ("http://u:p@[::1]", "http [::1] -1  ~ ~ u:p u:p@[::1]"),
        ("http://ex.com/é?q=ü#ñ", "http ex.com -1 /é q=ü ñ ~ ex.com"),
        ("http://ex.com/😀", "http ex.com -1 /😀 ~ ~ ~ ex.com"),
        (
            "http://ex.com/%C3%A9%ED%A0%80x%e9%41?%20#%20",
            "http ex.com -1 /%C3%A9%ED%A0%80x%e9%41 %20 %20 ~ ex.com",
        ),
        (
            "http://ex.com/?[x]#[y]",
            "http ex.com -1 / [x] [y] ~ ex.com",
        ),
        (
            "http://ex.com/a\u{200b}b",
            "http ex.com -1 /a\u{200b}b ~ ~ ~ ex.com",
        ),
    ] {
        let uri = JavaUri::parse(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(describe(&uri), parts, "{text}");
        assert_eq!(uri.as_str(), text);
        assert_eq!(JavaUri::from_string(text.to_owned()), Ok(uri));
    }
}

#[test]
fn other_texts_are_refused_in_the_words_of_the_platform() {
    for (text, message) in [
        ("http://", "Expected authority at index 7"),
        ("//", "Expected authority at index 2"),
        (":", "Expected scheme name at index 0"),
        (":a", "Expected scheme name at index 0"),
        (":/", "Expected scheme name at index 0"),
        ("1a:b", "Illegal character in scheme name at index 0"),
        ("é:b", "Illegal character in scheme name at index 0"),
        ("a_b:c", "Illegal character in scheme name at index 1"),
        ("h%41:x", "Illegal character in scheme name at index 1"),
        ("htt p://x", "Illegal character in scheme name at index 3"),
        ("a|b:c?d", "Illegal character in scheme name at index 1"),
        ("x:", "Expected scheme-specific part at index 2"),
        ("x:#f", "Expected scheme-specific part at index 2"),
        ("x:a b", "Illegal character in opaque part at index 3"),
        ("x:%4", "Malformed escape pair at index 2"),
        ("http://ex.com/a|b", "Illegal character in path at index 15"),
        ("http://ex.com/[a]", "Illegal character in path at index 14"),
        (
            "http://ex.com/?a b",
            "Illegal character in query at index 16",
        ),
        (
            "http://ex.com/?a#b#c",
            "Illegal character in fragment at index 18",
        ),
        ("http://ex.com/%zz", "Malformed escape pair at index 14"),
        ("http://ex.com/%4", "Malformed escape pair at index 14"),
        ("http://ex.com/%", "Malformed escape pair at index 14"),
        ("http://ex.com/?%u00e9", "Malformed escape pair at index 15"),
        ("http://ex.com/?é😀%", "Malformed escape pair at index 18"),
        ("http://ex.com/#%g0", "Malformed escape pair at index 15"),
        ("http://ex.com/ x", "Illegal character in path at index 14"),
        ("http://ex.com/ ", "Illegal character in path at index 14"),
        (
            "http://ex.com/\u{3000}",
            "Illegal character in path at index 14",
        ),
        (
            "http://ex.com|/x",
            "Illegal character in authority at index 7",
        ),
        (
            "http://ex.com\\foo",
            "Illegal character in authority at index 7",
        ),
        (
            "http://a b.com/x",
            "Illegal character in authority at index 7",
        ),
        ("http://u|x@h", "Illegal character in authority at index 7"),
        ("http://h%zz/", "Malformed escape pair at index 8"),
        ("http://]%zz", "Malformed escape pair at index 8"),
        ("http://[%zz@h", "Illegal character in user info at index 7"),
        ("http://a[b", "Illegal character in hostname at index 8"),
        (
            "http://[",
            "Expected closing bracket for IPv6 address at index 8",
        ),
        (
            "http://[]",
            "Expected closing bracket for IPv6 address at index 8",
        ),
        (
            "http://[::1",
            "Expected closing bracket for IPv6 address at index 11",
        ),
        ("http://[::1]x", "Expected port number at index 12"),
        (
            "http://[::1]:x",
            "Illegal character in port number at index 13",
        ),
        (
            "http://[::1]:8x",
            "Illegal character in port number at index 14",
        ),
        (
            "http://[::1]:99999999999",
            "Malformed port number at index 13",
        ),
        ("http://[1:2:3]", "IPv6 address too short at index 8"),
        (
            "http://[1:2:3:4:5:6:7:8:9]",
            "IPv6 address too long at index 8",
        ),
        (
            "http://[1:2:3:4:5:6:7::8]",
            "Malformed IPv6 address at index 8",
        ),
        (
            "http://[1:2:3:4:5:6:7:8::]",
            "Malformed IPv6 address at index 8",
        ),
        (
            "http://[1::2::3]",
            "Expected hex digits or IPv4 address at index 13",
        ),
        (
            "http://[12345::]",
            "IPv6 hexadecimal digit sequence too long at index 8",
        ),
        (
            "http://[1:12345::]",
            "IPv6 hexadecimal digit sequence too long at index 10",
        ),
        (
            "http://[::12345]",
            "IPv6 hexadecimal digit sequence too long at index 10",
        ),
        (
            "http://[1:]",
            "Expected digits for an IPv6 address at index 10",
        ),
        (
            "http://[1:g]",
            "Expected digits for an IPv6 address at index 10",
        ),
        ("http://[g]", "Malformed IPv6 address at index 8"),
        ("http://[:1]", "Malformed IPv6 address at index 8"),
        (
            "http://[::g]",
            "Expected hex digits or IPv4 address at index 10",
        ),
        (
            "http://[::1:g]",
            "Expected digits for an IPv6 address at index 12",
        ),
        (
            "http://[::1::]",
            "Expected hex digits or IPv4 address at index 12",
        ),
        (
            "http://[1:2:3:4:5:6:1.2.3]",
            "Malformed IPv4 address at index 25",
        ),
        ("http://[::1.2.3]", "Malformed IPv4 address at index 15"),
        ("http://[::1.2.3.4.5]", "Malformed IPv4 address at index 17"),
        ("http://[::1.2.3.256]", "Malformed IPv4 address at index 16"),
        ("http://[1.2.3.4]", "Malformed IPv6 address at index 8"),
        ("http://[1:1.2.3.4]", "IPv6 address too short at index 8"),
        (
            "http://[::1:2:3:4:5:6:7:1.2.3.4]",
            "IPv6 address too long at index 8",
        ),
        ("http://[::1%]", "scope id expected"),
        (
            "http://[::1%e|]",
            "Illegal character in authority at index 7",
        ),
        (
            "http://[::99999999999.1.1.1]",
            "Error at index 9 in: \"99999999999\"",
        ),
        (
            "http://[::0002147483648.1.1.1]",
            "Error at index 12 in: \"0002147483648\"",
        ),
        ("é😀|", "Illegal character in path at index 3"),
        (
            "http://ex.com/\u{2028}",
            "Illegal character in path at index 14",
        ),
        (
            "http://ex.com/\u{a0}x",
            "Illegal character in path at index 14",
        ),
        (
            "http://ex.com/\u{85}",
            "Illegal character in path at index 14",
        ),
        (
            "http://ex.com/\u{0}",
            "Illegal character in path at index 14",
        ),
        ("http://ex.com/\t", "Illegal character in path at index 14"),
    ] {
        let error = JavaUri::parse(text).map(|uri| describe(&uri)).unwrap_err();
        let message = match error.reason {
            OCTET_OVERFLOW => message.to_owned(),
            _ => format!("{message}: {text}"),
        };
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn only_a_scheme_without_a_slash_makes_a_uri_opaque() {
    for (text, opaque) in [("a:b", true), ("a:/b", false), ("b", false), ("", false)] {
        let uri = JavaUri::parse(text).unwrap();
        assert_eq!(uri.is_opaque(), opaque, "{text}");
        assert_eq!(uri.raw_path().is_none(), opaque, "{text}");
    }
}

#[test]
fn the_decoded_path_replaces_malformed_bytes() {
    let path = |text: &str| JavaUri::parse(text).unwrap().path().map(Cow::into_owned);
    assert_eq!(path("http://h/a+b%20%C3%A9é").as_deref(), Some("/a+b éé"));
    assert_eq!(
        path("/%ED%A0%80x%e9").as_deref(),
        Some("/\u{fffd}x\u{fffd}")
    );
    assert_eq!(path("/%2525").as_deref(), Some("/%25"));
    assert_eq!(path("mailto:a%20b"), None);
}

#[test]
fn long_texts_take_time_in_proportion() {
    for piece in ["a.", "[", ":", "@", "1.", "%41", "é", "/", "::", "-"] {
        let text = format!("http://{}", piece.repeat(200_000));
        let _ = JavaUri::parse(&text);
        let _ = JavaUri::parse(&format!("http://[{}]", piece.repeat(200_000)));
    }
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in any::<String>()) {
        if let Ok(uri) = JavaUri::parse(&text) {
            let _ = uri.path();
            prop_assert_eq!(uri.as_str(), text);
        }
    }

    #[test]
    fn the_parts_make_up_the_whole(text in "([a-z]{1,2}:)?(//[a-z0-9.:@%\\[\\]é-]{0,9})?[/a%4é]{0,5}(\\?[a=]{0,3})?(#[a]{0,2})?") {
        if let Ok(uri) = JavaUri::parse(&text) && !uri.is_opaque() {
            let part = |before: &str, part: Option<&str>, after: &str| match part {
                Some(part) => format!("{before}{part}{after}"),
                None => String::new(),
            };
            let slashes = match uri.authority() {
                None if text.strip_prefix(&part("", uri.scheme(), ":")).is_some_and(|rest| rest.starts_with("//")) => Some(""),
                authority => authority,
            };
            let whole = [
                part("", uri.scheme(), ":"),
                part("//", slashes, ""),
                part("", uri.raw_path(), ""),
                part("?", uri.raw_query(), ""),
                part("#", uri.raw_fragment(), ""),
            ];
            prop_assert_eq!(whole.concat(), text);
        }
    }
}
