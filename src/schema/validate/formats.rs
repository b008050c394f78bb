//! The formats of strings: which are checked, and how.
//!
//! Most are defined by a regular expression the whole text has to match. They are matched by hand
//! here; tests hold each against its expression.

use std::net::Ipv6Addr;

use jvm::text::java_trim;
use jvm::time::{is_iso_local_date, is_itu_date_time};

use super::email;
use super::format_texts as texts;
use super::node::LazyRegex;

/// A format the reference checks.
#[derive(Debug)]
pub(super) enum Format {
    /// One defined by an expression.
    Expression(Expression),
    /// `date`
    Date,
    /// `date-time`
    DateTime,
    /// `uuid`
    Uuid,
    /// `email`
    Email,
}

/// A format that is defined by an expression.
#[derive(Debug)]
pub(super) struct Expression {
    pub(super) name: &'static str,
    /// As messages print it.
    pub(super) text: &'static str,
    rule: Rule,
}

#[derive(Debug)]
enum Rule {
    By(fn(&str) -> bool),
    Regex(Box<LazyRegex>),
}

impl Format {
    /// The format of that name; others are not checked.
    pub(super) fn named(name: &str) -> Option<Format> {
        let by = |name, text, rule| {
            let rule = Rule::By(rule);
            Some(Format::Expression(Expression { name, text, rule }))
        };
        let regex = |name, text| {
            let rule = Rule::Regex(Box::new(LazyRegex::new(text)));
            Some(Format::Expression(Expression { name, text, rule }))
        };
        match name {
            "date" => Some(Format::Date),
            "date-time" => Some(Format::DateTime),
            "uuid" => Some(Format::Uuid),
            "email" => Some(Format::Email),
            "time" => by("time", texts::TIME, is_time),
            "ip-address" => by("ip-address", texts::IP_ADDRESS, is_ip_address),
            "ipv4" => by("ipv4", texts::IPV4, is_ipv4),
            "ipv6" => by("ipv6", texts::IPV6, is_ipv6),
            "uri" => by("uri", texts::URI, is_uri),
            "hostname" => by("hostname", texts::HOSTNAME, is_hostname),
            "alpha" => by("alpha", texts::ALPHA, is_alpha),
            "alphanumeric" => by("alphanumeric", texts::ALPHANUMERIC, is_alphanumeric),
            "phone" => by("phone", texts::PHONE, is_phone),
            "utc-millisec" => by("utc-millisec", texts::UTC_MILLISEC, is_utc_millisec),
            "color" => regex("color", texts::COLOR),
            "style" => regex("style", texts::STYLE),
            _ => None,
        }
    }

    /// Whether a text has the format.
    pub(super) fn accepts(&self, text: &str) -> bool {
        match self {
            Format::Date => is_iso_local_date(text),
            Format::DateTime => is_itu_date_time(text),
            Format::Uuid => is_uuid(text),
            Format::Email => email::is_email(text),
            Format::Expression(expression) => match &expression.rule {
                Rule::By(rule) => rule(text),
                Rule::Regex(regex) => regex.get().is_ok_and(|pattern| pattern.full_match(text)),
            },
        }
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_alpha(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphabetic())
}

fn is_alphanumeric(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Groups of hexadecimal digits, 8-4-4-4-12.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

fn is_time(text: &str) -> bool {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    clock.len() == 8
        && clock.bytes().enumerate().all(|(at, b)| match at {
            2 | 5 => b == b':',
            _ => b.is_ascii_digit(),
        })
        && fraction.is_none_or(digits)
}

/// Four numbers up to 255 between dots.
pub(super) fn octets(text: &str, leading_zeros: bool) -> bool {
    let mut count = 0;
    text.split('.').all(|octet| {
        count += 1;
        digits(octet)
            && octet.len() <= 3
            && octet.parse::<u16>().is_ok_and(|n| n <= 255)
            && (leading_zeros || octet.len() == 1 || !octet.starts_with('0'))
    }) && count == 4
}

fn is_ip_address(text: &str) -> bool {
    octets(text, true)
}

fn is_ipv4(text: &str) -> bool {
    octets(text, false)
}

/// The expression would take blanks around it and a zone, but the reference refuses both before.
fn is_ipv6(text: &str) -> bool {
    java_trim(text) == text && !text.contains('%') && text.parse::<Ipv6Addr>().is_ok()
}

/// Letters, digits and, inside, hyphens; 63 at most.
pub(super) fn is_label(label: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = label.as_bytes();
    edge(bytes.first())
        && edge(bytes.last())
        && bytes.len() <= 63
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || *b == b'-')
}

fn is_hostname(text: &str) -> bool {
    text.split('.').all(is_label)
}

/// A plus, then 7 to 15 digits with at most one blank between two.
fn is_phone(text: &str) -> bool {
    let Some(number) = text.strip_prefix('+') else {
        return false;
    };
    let mut count = 0;
    let mut blank = true;
    for b in number.bytes() {
        match b {
            b'0'..=b'9' => {
                count += 1;
                blank = false;
            }
            b' ' if !blank => blank = true,
            _ => return false,
        }
    }
    !blank && (7..=15).contains(&count)
}

fn is_utc_millisec(text: &str) -> bool {
    match text.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(text),
    }
}

const PATH: u8 = 1;
const QUERY: u8 = 2;
const HOST: u8 = 4;

/// Which parts of a URI an ASCII character may stand in.
const URI_PARTS: [u8; 128] = uri_parts();

const fn uri_parts() -> [u8; 128] {
    let mut parts = [0; 128];
    let mut at = 0;
    while at < 128 {
        parts[at] = match at as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => PATH | QUERY | HOST,
            b'.' | b'_' | b'~' | b'-' | b'%' | b'!' | b'$' | b'&' => PATH | QUERY | HOST,
            b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' => PATH | QUERY | HOST,
            b'@' | b'/' => PATH | QUERY,
            b'?' => QUERY,
            b'[' | b']' => HOST,
            _ => 0,
        };
        at += 1;
    }
    parts
}

fn all_of(bytes: &[u8], part: u8) -> bool {
    let allowed = |b: &u8| {
        URI_PARTS
            .get(usize::from(*b))
            .is_some_and(|parts| parts & part != 0)
    };
    bytes.iter().all(allowed)
}

fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let mut letters = scheme.bytes();
    if !letters.next().is_some_and(|b| b.is_ascii_alphabetic())
        || !letters.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-'))
    {
        return false;
    }
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (hierarchy, query) = rest.split_once('?').unwrap_or((rest, ""));
    all_of(query.as_bytes(), QUERY)
        && all_of(fragment.as_bytes(), QUERY)
        && is_hierarchy(hierarchy.as_bytes())
}

/// Path, or authority and path. The classes overlap, so all that an authority adds is brackets:
/// up to the last one, behind the user part, only characters of a host may stand.
fn is_hierarchy(bytes: &[u8]) -> bool {
    let Some(last) = bytes.iter().rposition(|b| matches!(b, b'[' | b']')) else {
        return all_of(bytes, PATH);
    };
    let (head, path) = bytes.split_at_checked(last + 1).unwrap_or((bytes, b""));
    let Some(authority) = head.strip_prefix(b"//") else {
        return false;
    };
    let host = match authority.iter().position(|b| *b == b'@') {
        Some(at) => {
            let (user, host) = authority.split_at_checked(at).unwrap_or((b"", authority));
            if !all_of(user, PATH) || user.contains(&b'/') {
                return false;
            }
            host.get(1..).unwrap_or(b"")
        }
        None => authority,
    };
    all_of(host, HOST) && all_of(path, PATH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex::Regex;
    use std::collections::HashMap;
    use std::sync::LazyLock;

    /// Formats beside their expressions.
    static EXPRESSIONS: LazyLock<HashMap<&str, (Format, Regex)>> = LazyLock::new(|| {
        let names = [
            "uri",
            "ipv6",
            "ipv4",
            "ip-address",
            "phone",
            "hostname",
            "time",
            "utc-millisec",
            "alpha",
            "alphanumeric",
        ];
        names
            .into_iter()
            .map(|name| (name, expression(name)))
            .collect()
    });

    fn expression(name: &str) -> (Format, Regex) {
        let format = Format::named(name).unwrap();
        let Format::Expression(expression) = &format else {
            panic!("{name}");
        };
        // Java's \d and \s are ASCII
        let text = expression
            .text
            .replace("\\d", "[0-9]")
            .replace("\\s", "[ \\t\\n\\x0b\\f\\r]");
        let regex = Regex::new(&format!("^(?:{text})\\z")).unwrap();
        (format, regex)
    }

    #[rustfmt::skip]
    #[test]
    fn texts_of_each_format() {
        let rows: [(&str, &[&str], &[&str]); 13] = [
            ("time", &["12:34:56", "99:99:99.1"], &["12:34", "12:34:56.", "12:34:56\n", "1:02:03"]),
            ("ip-address", &["1.2.3.4", "01.002.255.0"], &["256.1.1.1", "1.2.3", "1.2.3.4.5", "1..2.3"]),
            ("ipv4", &["1.2.3.4", "255.255.255.255"], &["01.2.3.4", "1.2.3", "1.2.3.256"]),
            ("ipv6", &["::1", "::", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4"],
                &[" ::1", "::1%eth0", "1::2::3", ":::", ""]),
            ("uri", &["http://a.b/c?d#e", "a:", "http://[::1]/", "http://u:p@[::1]:80/p", "mailto:a@b.c", "a:?#", "a://///"],
                &["http://é.com", "1a:", "a b:", "a:[", "http://a/[b]", "a:#b#c", "a", ":", "http://[x@y]/", "http://a@b@[c]/"]),
            ("hostname", &["a", "a-b.c", "A1"], &["", "-a", "a-", "a..b", "a_b", "a."]),
            ("alpha", &["abc"], &["", "a1", "é"]),
            ("alphanumeric", &["abc1"], &["", "a-1"]),
            ("phone", &["+1234567", "+1 2 3 4 5 6 7", "+123456789012345"],
                &["+123456", "+1234567890123456", "+ 1234567", "+1234567 ", "1234567", "+12  34567"]),
            ("utc-millisec", &["1", "1.5"], &["", "1.", ".5", "1.5.5", "-1"]),
            ("color", &["red", "#fff", "rgb(1,2,3)"], &["reddish", "#ff"]),
            ("style", &["a:b", " color: red;"], &["a", "a:", ":b"]),
            ("uuid", &["12345678-1234-1234-1234-123456789aBc"],
                &["12345678-1234-1234-1234-123456789ab", "g2345678-1234-1234-1234-123456789abc"]),
        ];
        for (name, valid, invalid) in rows {
            let format = Format::named(name).unwrap();
            for text in valid {
                assert!(format.accepts(text), "{name} {text:?}");
            }
            for text in invalid {
                assert!(!format.accepts(text), "{name} {text:?}");
            }
        }
        assert!(Format::named("regex").is_none());
    }

    #[rustfmt::skip]
    #[test]
    fn dates() {
        let date = Format::named("date").unwrap();
        assert!(date.accepts("2020-02-29"));
        for text in ["2020-02-30", "2020-1-1", "20200101", "+2020-01-01"] {
            assert!(!date.accepts(text), "{text}");
        }
        let time = Format::named("date-time").unwrap();
        for text in ["2020-01-01T00:00Z", "2020-01-01t00:00:00z", "2020-01-01 00:00:00.Z", "2016-12-31T23:59:60Z"] {
            assert!(time.accepts(text), "{text}");
        }
        for text in ["2020-01-01T00:00:00", "2020-01-01T00:00:00-00:00", "2020-02-02T23:59:60Z", "2020-01-01T00:00:00+0100"] {
            assert!(!time.accepts(text), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn hand_written_matchers_agree_with_their_expressions(
            uri in "[a1:]{0,2}[:/@?#\\[\\]a1.%é -]{0,12}",
            authority in "(a://|a:)[:@?#\\[\\]a1/]{0,8}",
            v6 in "([0-9a-f]{0,5}:){1,8}([0-9a-f]{0,4}|[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,2}\\.[0-9])",
            sixes in "(1:|:){1,9}(1|1\\.2\\.3\\.4|)",
            v4 in "([0-9]{1,3}\\.){2,4}[0-9]{0,3}",
            phone in "\\+?([0-9] ?){5,16}",
            host in "[aA0.-]{0,6}",
            time in "[0-9]{1,2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,2})?",
            millis in "[0-9.]{0,5}",
        ) {
            let rows = [
                ("uri", &uri), ("uri", &authority), ("ipv6", &v6), ("ipv6", &sixes), ("ipv4", &v4),
                ("ip-address", &v4), ("phone", &phone), ("hostname", &host), ("time", &time),
                ("utc-millisec", &millis), ("alpha", &host), ("alphanumeric", &host),
            ];
            for (name, text) in rows {
                let (format, regex) = &EXPRESSIONS[name];
                prop_assert_eq!(format.accepts(text), regex.is_match(text), "{} {:?}", name, text);
            }
        }
    }
}
