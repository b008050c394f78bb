//! The address of the sender, as the headers of proxies tell it.

use std::borrow::Cow;

/// The address that `X-Forwarded-For` or `Forwarded` gives, in lower case.
///
/// A `Forwarded` header is forgotten again at the next header of any other kind: so the reference
/// does it. `None` when the headers do not help.
pub fn from_headers<'a>(headers: &[Cow<'a, str>]) -> Option<Cow<'a, str>> {
    let mut remembered = None;
    for header in headers {
        let found = match header {
            Cow::Borrowed(header) => sender(header).map(|(kind, ip)| (kind, lower(ip))),
            Cow::Owned(header) => {
                sender(header).map(|(kind, ip)| (kind, Cow::Owned(ip.to_ascii_lowercase())))
            }
        };
        remembered = match found {
            Some((Header::XForwardedFor, ip)) => return Some(ip),
            Some((Header::Forwarded, ip)) => Some(ip),
            None => None,
        };
    }
    remembered
}

enum Header {
    XForwardedFor,
    Forwarded,
}

fn sender(header: &str) -> Option<(Header, &str)> {
    if let Some(list) = after_prefix(header, "x-forwarded-for: ") {
        return Some((Header::XForwardedFor, address(list)?));
    }
    Some((
        Header::Forwarded,
        address(after_prefix(header, "forwarded: for=")?)?,
    ))
}

fn lower(ip: &str) -> Cow<'_, str> {
    if ip.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(ip.to_ascii_lowercase())
    } else {
        Cow::Borrowed(ip)
    }
}

/// What follows a prefix, whatever its case. Only ASCII needs folding: no other character becomes
/// one of the prefix or of an address in lower case.
fn after_prefix<'h>(header: &'h str, prefix: &str) -> Option<&'h str> {
    let (head, rest) = header.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The address a list begins with: a dotted quad, or else the longest run of hexadecimal digits,
/// dots and colons. A line break anywhere after it spoils the header.
fn address(list: &str) -> Option<&str> {
    let list = list.strip_prefix('"').unwrap_or(list);
    let list = list.strip_prefix('[').unwrap_or(list);
    let run = || {
        list.bytes()
            .take_while(|b| b.is_ascii_hexdigit() || *b == b'.' || *b == b':')
            .count()
    };
    let end = quad(list.as_bytes()).unwrap_or_else(run);
    let (ip, rest) = list.split_at_checked(end)?;
    let broken = rest.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
    (!ip.is_empty() && !broken).then_some(ip)
}

/// Length of a dotted quad of one to three digits each at the start.
fn quad(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    for part in 0..4 {
        if part > 0 {
            if bytes.get(at) != Some(&b'.') {
                return None;
            }
            at += 1;
        }
        let digits = bytes
            .iter()
            .skip(at)
            .take(3)
            .take_while(|b| b.is_ascii_digit())
            .count();
        if digits == 0 {
            return None;
        }
        at += digits;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(headers: &[&str]) -> Option<String> {
        let headers: Vec<Cow<str>> = headers
            .iter()
            .map(|header| Cow::Borrowed(*header))
            .collect();
        from_headers(&headers).map(Cow::into_owned)
    }

    #[test]
    fn headers_of_proxies_give_the_address() {
        for (headers, expected) in [
            (
                &[
                    "X-Forwarded-For: 1.2.3.4:80, 5.6.7.8",
                    "Forwarded: for=9.9.9.9",
                ][..],
                Some("1.2.3.4"),
            ),
            (&["Forwarded: for=2.2.2.2", "Accept: x"], None),
            (&["Accept: x", "Forwarded: for=2.2.2.2"], Some("2.2.2.2")),
            (
                &["Forwarded: for=2.2.2.2", "Forwarded: for=3.3.3.3"],
                Some("3.3.3.3"),
            ),
            (
                &["Forwarded: for=2.2.2.2", "X-Forwarded-For: unknown"],
                None,
            ),
            (
                &["Forwarded: For=\"[2001:db8::1]:80\";proto=http"],
                Some("2001:db8::1"),
            ),
            (
                &["X-Forwarded-For: \"[2001:0db8:85a3::7334]\""],
                Some("2001:0db8:85a3::7334"),
            ),
            (
                &["X-Forwarded-For: [1fff:0:a88:85a3::ac1f]:8001"],
                Some("1fff:0:a88:85a3::ac1f"),
            ),
            (&["X-Forwarded-For: unknown, 1.1.1.1"], None),
            (&["X-Forwarded-For: localhost"], None),
            (&["X-Forwarded-For:1.1.1.1"], None),
            (&["X-Forwarded-For:  1.1.1.1"], None),
            (&["X-Forwarded-For: abc.def"], Some("abc.def")),
            (&["X-Forwarded-For: dead"], Some("dead")),
            (&["X-Forwarded-For: 999.1.1.1"], Some("999.1.1.1")),
            (&["X-Forwarded-For: 1234.1.1.1 x"], Some("1234.1.1.1")),
            (&["X-Forwarded-For: 1.1.1.2345"], Some("1.1.1.234")),
            (&["X-Forwarded-For: 1.1.1"], Some("1.1.1")),
            (&["X-Forwarded-For: ::ffff:1.2.3.4"], Some("::ffff:1.2.3.4")),
            (&["X-FORWARDED-FOR: FE80::1"], Some("fe80::1")),
            (&["Forwarded: by=1;for=2.2.2.2"], None),
            (&["X-Forwarded-For: 1.1.1.1\n"], None),
            (&["X-Forwarded-For: 1.1.1.1 \u{2028}x"], None),
            (&["X-Forwarded-For: "], None),
            (&["X-Forwarded-Forü1"], None),
            (&[], None),
        ] {
            assert_eq!(ip(headers).as_deref(), expected, "{headers:?}");
        }
    }

    #[test]
    fn an_address_in_lower_case_is_borrowed() {
        let headers = [Cow::Borrowed("X-Forwarded-For: 1.2.3.4")];
        assert!(matches!(
            from_headers(&headers),
            Some(Cow::Borrowed("1.2.3.4"))
        ));
        let headers = [Cow::Owned("X-Forwarded-For: 1.2.3.4".to_owned())];
        assert!(matches!(from_headers(&headers), Some(Cow::Owned(_))));
    }
}
