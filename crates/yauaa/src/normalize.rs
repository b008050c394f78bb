//! Cleans brands, device names and addresses.

use crate::java;
use crate::tables::Tables;

fn token_end(letter: char) -> bool {
    matches!(letter, ' ' | '-' | '_' | '/')
}

fn finish(word: &mut String, out: &mut String, numbers: bool) {
    if java::length(word) <= 3 || numbers {
        out.push_str(&word.to_uppercase());
    } else {
        out.push_str(word);
    }
    word.clear();
}

/// A brand with the capitals the library gives it.
pub fn brand(text: &str) -> String {
    if java::length(text) <= 3 {
        return text.to_uppercase();
    }
    let mut out = String::with_capacity(text.len());
    let mut word = String::with_capacity(text.len());
    let (mut small, mut numbers) = (0, false);
    for letter in text.chars() {
        // Unicode decimal digits beyond ASCII count as well.
        if letter.is_ascii_digit()
            || !letter.is_ascii()
                && letter.is_numeric()
                && letter.to_digit(10).is_none()
                && is_decimal(letter)
        {
            numbers = true;
        }
        if token_end(letter) {
            finish(&mut word, &mut out, numbers);
            (small, numbers) = (0, false);
            out.push(letter);
        } else if word.is_empty() {
            word.push(java::upper_letter(letter));
        } else if letter.is_uppercase() {
            word.push(if small >= 3 {
                letter
            } else {
                java::lower_letter(letter)
            });
            small = 0;
        } else {
            word.push(java::lower_letter(letter));
            small += 1;
        }
    }
    if !word.is_empty() {
        finish(&mut word, &mut out, numbers);
    }
    java::trim(&out).to_owned()
}

fn is_decimal(letter: char) -> bool {
    // The blocks of ten digits agents can be expected to hold: Arabic, Indic, full width.
    matches!(letter as u32, 0x660..=0x669 | 0x6f0..=0x6f9 | 0x7c0..=0x7c9 | 0x966..=0x96f | 0x9e6..=0x9ef
        | 0xa66..=0xa6f | 0xae6..=0xaef | 0xb66..=0xb6f | 0xbe6..=0xbef | 0xc66..=0xc6f | 0xce6..=0xcef
        | 0xd66..=0xd6f | 0xe50..=0xe59 | 0xed0..=0xed9 | 0xf20..=0xf29 | 0xff10..=0xff19)
}

/// Removes blanks around minus signs and doubles of blanks.
fn tidy(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            // "- +" becomes "-".
            ' ' if out.ends_with('-') => {}
            _ => out.push(letter),
        }
    }
    let mut tidy = String::with_capacity(out.len());
    for letter in out.chars() {
        match letter {
            '-' => {
                // " +-" becomes "-".
                while tidy.ends_with(' ') {
                    tidy.pop();
                }
                tidy.push('-');
            }
            _ => tidy.push(letter),
        }
    }
    let mut single = String::with_capacity(tidy.len());
    for letter in tidy.chars() {
        if letter == ' ' && single.ends_with(' ') {
            continue;
        }
        single.push(letter);
    }
    single
}

/// Runs of `" -"` and `" "` become one blank.
fn join_runs(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(letter) = rest.chars().next() {
        if letter != ' ' {
            out.push(letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or("");
            continue;
        }
        out.push(' ');
        loop {
            rest = match rest.strip_prefix(" -").or_else(|| rest.strip_prefix(' ')) {
                Some(after) => after,
                None => break,
            };
        }
    }
    out
}

fn is_line_end(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Puts the brand in front of a device name.
pub fn device_name(brand_name: &str, name: &str) -> String {
    let mut name = tidy(&name.replace(['\'', '_'], " "));
    if !brand_name.is_empty() {
        if name.to_lowercase().starts_with(&brand_name.to_lowercase()) {
            // `(?i)` folds ASCII letters only.
            let split = name.split_at_checked(brand_name.len());
            if let Some((head, tail)) = split
                && head.eq_ignore_ascii_case(brand_name)
                && !tail.is_empty()
                && !tail.starts_with(' ')
                && !tail.chars().skip(1).any(is_line_end)
            {
                name = format!("{brand_name} {tail}");
            }
            name = join_runs(&name);
        } else {
            name = format!("{brand_name} {name}");
        }
    }
    let mut result = brand(&name);
    if result.contains('I') {
        result = result
            .replace("Ipad", "iPad")
            .replace("Ipod", "iPod")
            .replace("Iphone", "iPhone")
            .replace("IOS ", "iOS ");
    }
    if java::length(&result) > 7
        && let Some(head) = result.strip_suffix("Mozilla")
    {
        let head = head.strip_suffix('-').unwrap_or(head);
        result = head.trim_end_matches(' ').to_owned();
    }
    result
}

/// An email address without the spellings that hide it.
pub fn email(text: &str) -> String {
    text.replace("[at]", "@")
        .replace("[\\xc3\\xa07]", "@")
        .replace("[dot]", ".")
        .replace('\\', " ")
        .replace(" at ", "@")
        .replace("dot", ".")
        .replace(" dash ", "-")
        .replace(' ', "")
}

/// Removes every `AppleWebKit`, whatever its case.
pub fn without_webkit(text: &str) -> String {
    let (small, word) = (text.to_ascii_lowercase(), "applewebkit");
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = small.get(at..).and_then(|rest| rest.find(word)) {
        out.push_str(text.get(at..at + found).unwrap_or(""));
        at += found + word.len();
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

/// The host of an address, as the library finds it.
fn host(url: &str) -> Option<String> {
    let cut = if url.contains('?') {
        url.find('?')
    } else {
        url.find('&')
    };
    let url = url.get(..cut.unwrap_or(url.len()))?;
    if url.starts_with('/') {
        if !url.starts_with("//") {
            return None;
        }
    } else if !url.contains(':') {
        return Some(url.split('/').next().unwrap_or("").to_owned());
    }
    jvm::uri::JavaUri::parse(url)
        .ok()?
        .host()
        .map(str::to_owned)
}

/// The brand an address belongs to.
pub fn brand_from_url(tables: &Tables, url: &str) -> Option<String> {
    let unwanted = [
        "localhost",
        "github.com",
        "gitlab.com",
        "bit.ly",
        "wordpress.com",
    ];
    if let Some(found) = host(url).and_then(|host| company(tables, &host, &unwanted)) {
        return Some(found);
    }
    let sites = [
        "https://github.com/",
        "https://gitlab.com/",
        "https://sourceforge.net/projects/",
    ];
    let path = sites.iter().find_map(|site| url.strip_prefix(site))?;
    let part = path.split('/').next().filter(|part| !part.is_empty())?;
    Some(brand(part))
}

/// The brand an email address belongs to.
pub fn brand_from_email(tables: &Tables, email: &str) -> Option<String> {
    let host = email.split_once('@').map_or(email, |(_, host)| host);
    company(tables, host, &["localhost", "gmail.com", "outlook.com"])
}

fn company(tables: &Tables, host: &str, unwanted: &[&str]) -> Option<String> {
    let host = host.to_lowercase();
    if unwanted.contains(&host.as_str()) {
        return None;
    }
    let root = domain_root(tables, &host)?;
    Some(brand(root.split('.').next().unwrap_or("")))
}

/// The part of a host name that was registered, by the suffixes of registries.
fn domain_root<'a>(tables: &Tables, host: &'a str) -> Option<&'a str> {
    if host.starts_with('.') {
        return None;
    }
    let (mut segment, mut result) = (Some(host), None);
    while let Some(name) = segment {
        let unicode = to_unicode(name);
        if tables.is_suffix(&format!("!{unicode}")) {
            return Some(name);
        }
        if tables.is_suffix(&unicode) {
            return result;
        }
        let next = name.split_once('.').map(|(_, next)| next);
        if let Some(next) = next
            && tables.is_suffix(&format!("*.{}", to_unicode(next)))
        {
            return result;
        }
        result = Some(name);
        segment = next;
    }
    None
}

fn to_unicode(name: &str) -> String {
    let label = |part: &str| {
        part.strip_prefix("xn--")
            .and_then(punycode)
            .unwrap_or_else(|| part.to_owned())
    };
    name.split('.').map(label).collect::<Vec<_>>().join(".")
}

/// Decodes one label of RFC 3492.
fn punycode(text: &str) -> Option<String> {
    let (basic, coded) = text.rsplit_once('-').unwrap_or(("", text));
    let mut out: Vec<char> = basic.chars().collect();
    let (mut code, mut at, mut bias) = (128_u32, 0_u32, 72_u32);
    let mut digits = coded.bytes();
    let mut first = true;
    while digits.len() > 0 {
        let (start, mut weight, mut k) = (at, 1_u32, 36_u32);
        loop {
            let digit = match digits.next()? {
                b @ b'a'..=b'z' => u32::from(b - b'a'),
                b @ b'A'..=b'Z' => u32::from(b - b'A'),
                b @ b'0'..=b'9' => u32::from(b - b'0') + 26,
                _ => return None,
            };
            at = at.checked_add(digit.checked_mul(weight)?)?;
            let limit = k.saturating_sub(bias).clamp(1, 26);
            if digit < limit {
                break;
            }
            weight = weight.checked_mul(36 - limit)?;
            k += 36;
        }
        let count = out.len() as u32 + 1;
        let mut delta = (at - start) / if first { 700 } else { 2 };
        first = false;
        delta += delta / count;
        let mut steps = 0;
        while delta > 455 {
            delta /= 35;
            steps += 36;
        }
        bias = steps + 36 * delta / (delta + 38);
        code = code.checked_add(at / count)?;
        at %= count;
        out.insert(at as usize, char::from_u32(code)?);
        at += 1;
    }
    Some(out.into_iter().collect())
}
