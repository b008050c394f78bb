//! The `email` format: commons-validator's check, without local domains.

use std::cmp::Ordering;

use jvm::text::utf16_len;

use super::formats::{is_label, octets};
use super::idn;

/// Top-level domains in their ASCII form, sorted, one a line (IANA's lists of 2018).
const TLDS: &str = include_str!("tlds.txt");

/// Longest user part, in UTF-16 units.
const MAX_USER: usize = 64;

/// Longest domain.
const MAX_DOMAIN: usize = 253;

/// Whether the reference takes a text for an email address.
pub(super) fn is_email(text: &str) -> bool {
    if text.ends_with('.') {
        return false;
    }
    // the last @ with something behind it
    let inner = text.strip_suffix('@').unwrap_or(text);
    let Some((user, domain)) = inner.rsplit_once('@') else {
        return false;
    };
    if inner.len() != text.len() {
        // a domain that ends in @
        return false;
    }
    // blanks may lead across lines, but nothing else may contain a line's end
    let line_end = user.char_indices().rev().find(|(_, c)| is_line_end(*c));
    let start = line_end.map_or(0, |(at, c)| at + c.len_utf8());
    let (lines, user) = user.split_at_checked(start).unwrap_or(("", user));
    if !lines.chars().all(is_blank) {
        return false;
    }
    let domain = domain.trim_end_matches(is_blank);
    !user.is_empty()
        && !domain.contains(is_line_end)
        && utf16_len(user) <= MAX_USER
        && is_user(user)
        && is_domain(domain)
}

/// What `.` does not match in Java.
fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Java's `\s`.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

/// Words between dots: characters, escaped pairs, or a quoted text.
fn is_user(text: &str) -> bool {
    let chars: Vec<char> = text.trim_start_matches(is_blank).chars().collect();
    // where a word may start; there are 64 characters at most, and one place behind them
    let mut starts = 1u128;
    for at in 0..=chars.len() {
        if starts & (1 << at) == 0 {
            continue;
        }
        for end in word_ends(&chars, at) {
            match chars.get(end) {
                None => return true,
                Some('.') => starts |= 1 << (end + 1),
                Some(_) => {}
            }
        }
    }
    false
}

/// Where a word that starts at `at` may end. A quoted one may end at any quote if those before it
/// are escaped.
fn word_ends(chars: &[char], at: usize) -> Vec<usize> {
    let mut ends = Vec::new();
    if chars.get(at) == Some(&'"') {
        for end in at + 1..chars.len() {
            if chars.get(end) == Some(&'"') {
                ends.push(end + 1);
                if end < at + 2 || chars.get(end - 1) != Some(&'\\') {
                    break;
                }
            }
        }
        return ends;
    }
    let mut end = at;
    while let Some(c) = chars.get(end) {
        end += match c {
            '\\' if end + 1 < chars.len() => 2,
            '\'' => 1,
            c if is_blank(*c) || c.is_ascii_control() || "()<>@,;:\\\".[]".contains(*c) => break,
            _ => 1,
        };
    }
    if end > at {
        ends.push(end);
    }
    ends
}

fn is_domain(domain: &str) -> bool {
    if let Some(address) = domain
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return octets(address, false) || is_ipv6(address);
    }
    let Some(domain) = idn::to_ascii(domain) else {
        return false;
    };
    if domain.len() > MAX_DOMAIN {
        return false;
    }
    let Some((rest, top)) = domain.strip_suffix('.').unwrap_or(&domain).rsplit_once('.') else {
        return false;
    };
    rest.split('.').all(is_label)
        && is_label(top)
        && top.starts_with(|c: char| c.is_ascii_alphabetic())
        && is_tld(&top.to_ascii_lowercase())
}

/// Searches the sorted lines by halves.
fn is_tld(name: &str) -> bool {
    let mut lines = TLDS;
    while !lines.is_empty() {
        let middle = lines.len() / 2;
        let start = lines
            .get(..middle)
            .and_then(|head| head.rfind('\n'))
            .map_or(0, |at| at + 1);
        let (before, rest) = lines.split_at_checked(start).unwrap_or(("", lines));
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        match name.cmp(line) {
            Ordering::Equal => return true,
            Ordering::Less => lines = before,
            Ordering::Greater => lines = after,
        }
    }
    false
}

/// Eight groups, or fewer around one `::`; laxer than it should be, as a group may have a sign.
fn is_ipv6(text: &str) -> bool {
    let compressed = text.contains("::");
    if text.find("::") != text.rfind("::")
        || (text.starts_with(':') && !text.starts_with("::"))
        || (text.ends_with(':') && !text.ends_with("::"))
    {
        return false;
    }
    let mut groups = jvm::text::java_split_char(text, &[':']);
    if compressed {
        if text.ends_with("::") {
            groups.push("");
        } else if text.starts_with("::") && !groups.is_empty() {
            groups.remove(0);
        }
    }
    if groups.len() > 8 {
        return false;
    }
    let (mut valid, mut empty) = (0, 0);
    for (index, group) in groups.iter().enumerate() {
        valid += 1;
        if group.is_empty() {
            empty += 1;
            if empty > 1 {
                return false;
            }
            continue;
        }
        empty = 0;
        if index + 1 == groups.len() && group.contains('.') {
            if !octets(group, false) {
                return false;
            }
            valid += 1;
        } else if utf16_len(group) > 4 || !i32::from_str_radix(group, 16).is_ok_and(|n| n >= 0) {
            return false;
        }
    }
    valid == 8 || (valid < 8 && compressed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let valid = [
            "a@b.com",
            "\"a b\"@c.com",
            " a@b.com ",
            "a@münchen.de",
            "a@b.онлайн",
            "a@[1.2.3.4]",
            "a@[::1]",
            "a@[1:2:3:4:5:6:7:8]",
            "a@[::ffff:1.2.3.4]",
            "a.b+c'd@b-c.co.uk",
            "é@b.com",
            "a\\@b@c.com",
            "\"a\\\"b\"@c.com",
            "a@b.COM",
            "a@b.com. ",
            "\n a@b.com",
            "a@b.arpa",
            "a@b。com",
        ];
        for text in valid {
            assert!(is_email(text), "{text:?}");
        }
        let long = format!("{}@b.com", "a".repeat(65));
        let invalid = [
            "",
            "@",
            "a",
            "a@",
            "@b.com",
            "a@b@",
            "a@b.zzzz",
            "a@localhost",
            "a@b",
            "a.@b.com",
            ".a@b.com",
            "a..b@b.com",
            "a b@b.com",
            "a@b.com.",
            "a@-b.com",
            "a@b_c.com",
            "a@[1.2.3.256]",
            "a@[01.2.3.4]",
            "a@[1::2::3]",
            "a@[]",
            "a\nb@c.com",
            "\"a\"b@c.com",
            "a@b.com\u{85}",
            "a@😀.com",
            &long,
        ];
        for text in invalid {
            assert!(!is_email(text), "{text:?}");
        }
    }

    #[test]
    fn the_list_of_domains_is_sorted_and_searched_whole() {
        let lines: Vec<&str> = TLDS.lines().collect();
        assert!(lines.is_sorted());
        assert_eq!(lines.len(), 1536);
        assert!(lines.iter().all(|line| is_tld(line)));
        for other in ["", "a", "zzzz", "local", "localhost", "com\n"] {
            assert!(!is_tld(other), "{other:?}");
        }
    }
}
