//! Internationalised domain names, as `java.net.IDN.toASCII` makes them of RFC 3490.
//!
//! Of the compatibility mappings only those of `ß`, `ς` and the full-width ASCII characters are
//! known, and accents are not joined with their letters; other characters that would be mapped
//! make a name unusable.

use std::borrow::Cow;

use super::idn_table::{KEPT, RIGHT_TO_LEFT, is_dropped};

/// A domain name in ASCII; nothing for a name that has no such form.
pub(super) fn to_ascii(name: &str) -> Option<Cow<'_, str>> {
    if name.is_ascii() {
        return Some(Cow::Borrowed(name));
    }
    let mut out = String::with_capacity(name.len() * 2);
    let is_dot = |c| matches!(c, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}');
    let mut labels = name.split(is_dot).peekable();
    while let Some(label) = labels.next() {
        // only the end may be empty
        if label.is_empty() && (labels.peek().is_some() || out.is_empty()) {
            return None;
        }
        push_label(&mut out, label)?;
        if labels.peek().is_some() {
            out.push('.');
        }
    }
    Some(Cow::Owned(out))
}

fn push_label(out: &mut String, label: &str) -> Option<()> {
    if label.is_ascii() {
        out.push_str(label);
        return (label.len() <= 63).then_some(());
    }
    let mut chars: Vec<char> = Vec::with_capacity(label.len());
    for c in label.chars() {
        match c {
            'ß' => chars.extend(['s', 's']),
            'ς' => chars.push('σ'),
            '\u{ff01}'..='\u{ff5e}' => {
                let ascii = char::from_u32(c as u32 - 0xfee0)?;
                chars.push(ascii.to_ascii_lowercase());
            }
            c if is_dropped(c) => {}
            c if c.is_ascii() || within(&KEPT, c) => chars.extend(c.to_lowercase()),
            _ => return None,
        }
    }
    if chars.is_empty() || !reads_one_way(&chars) {
        return None;
    }
    let start = out.len();
    if chars.iter().all(char::is_ascii) {
        out.extend(chars);
    } else {
        if chars.starts_with(&['x', 'n', '-', '-']) {
            return None;
        }
        out.push_str("xn--");
        punycode(out, &chars)?;
    }
    (out.len() - start <= 63).then_some(())
}

fn within(ranges: &[(u32, u32)], c: char) -> bool {
    let c = c as u32;
    ranges
        .binary_search_by(|(low, high)| match (c < *low, c > *high) {
            (true, _) => std::cmp::Ordering::Greater,
            (_, true) => std::cmp::Ordering::Less,
            _ => std::cmp::Ordering::Equal,
        })
        .is_ok()
}

/// A label written from right to left starts and ends so, and has no other letters.
fn reads_one_way(chars: &[char]) -> bool {
    let right_to_left = |c: &char| within(&RIGHT_TO_LEFT, *c);
    if !chars.iter().any(right_to_left) {
        return true;
    }
    chars.first().is_some_and(right_to_left)
        && chars.last().is_some_and(right_to_left)
        && chars.iter().all(|c| right_to_left(c) || !c.is_alphabetic())
}

/// RFC 3492.
fn punycode(out: &mut String, chars: &[char]) -> Option<()> {
    const BASE: u32 = 36;
    let digit = |n: u32| char::from_digit(n, BASE);
    // the alphabet starts with the letters
    let letter = |n: u32| if n < 26 { digit(n + 10) } else { digit(n - 26) };
    let basic = chars.iter().filter(|c| c.is_ascii()).count() as u32;
    out.extend(chars.iter().filter(|c| c.is_ascii()));
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias, mut done) = (128u32, 0u32, 72u32, basic);
    while (done as usize) < chars.len() {
        let next = chars.iter().map(|c| *c as u32).filter(|c| *c >= n).min()?;
        delta = delta.checked_add((next - n).checked_mul(done + 1)?)?;
        n = next;
        for c in chars.iter().map(|c| *c as u32) {
            if c < n {
                delta = delta.checked_add(1)?;
            }
            if c != n {
                continue;
            }
            let (mut q, mut k) = (delta, BASE);
            loop {
                let t = k.saturating_sub(bias).clamp(1, 26);
                if q < t {
                    break;
                }
                out.push(letter(t + (q - t) % (BASE - t))?);
                q = (q - t) / (BASE - t);
                k += BASE;
            }
            out.push(letter(q)?);
            delta = if done == basic {
                delta / 700
            } else {
                delta / 2
            };
            delta += delta / (done + 1);
            let mut shift = 0;
            while delta > (BASE - 1) * 26 / 2 {
                delta /= BASE - 1;
                shift += BASE;
            }
            bias = shift + BASE * delta / (delta + 38);
            delta = 0;
            done += 1;
        }
        delta = delta.checked_add(1)?;
        n += 1;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_what_java_makes_of_them() {
        let rows = [
            ("münchen.de", Some("xn--mnchen-3ya.de")),
            ("a@b", Some("a@b")),
            ("ａｂ.com", Some("ab.com")),
            ("ß.de", Some("ss.de")),
            ("a。b", Some("a.b")),
            ("x.онлайн", Some("x.xn--80asehdb")),
            ("ООО.рф", Some("xn--n1aaa.xn--p1ai")),
            ("é\u{200b}.de", Some("xn--9ca.de")),
            ("é-.de", Some("xn----9fa.de")),
            ("é_.de", Some("xn--_-9fa.de")),
            ("xn--é.de", None),
            ("א1.com", None),
            ("aא.com", None),
            ("א.com", Some("xn--4db.com")),
            ("☃.com", Some("xn--n3h.com")),
            ("😀.com", None),
            ("é..de", None),
            ("é.de.", Some("xn--9ca.de.")),
            (".é.de", None),
            ("é", Some("xn--9ca")),
            ("ς.gr", Some("xn--4xa.gr")),
        ];
        for (name, expected) in rows {
            assert_eq!(to_ascii(name).as_deref(), expected, "{name}");
        }
        assert_eq!(to_ascii(&"é".repeat(70)), None);
    }

    #[test]
    fn long_names_take_no_time() {
        let name: String = (0..20_000u32)
            .filter_map(|n| char::from_u32(0x4e00 + n))
            .collect();
        assert_eq!(to_ascii(&name), None);
    }
}
