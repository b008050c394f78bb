//! Small pieces of Java's behaviour the rules lean on.

use std::borrow::Cow;

fn upper(letter: char) -> char {
    let mut all = letter.to_uppercase();
    match (all.next(), all.next()) {
        (Some(one), None) => one,
        _ => letter,
    }
}

fn lower(letter: char) -> char {
    let mut all = letter.to_lowercase();
    match (all.next(), all.next()) {
        (Some(one), None) => one,
        _ => letter,
    }
}

fn same_letter(a: char, b: char) -> bool {
    a == b || {
        let (a, b) = (upper(a), upper(b));
        a == b || lower(a) == lower(b)
    }
}

/// As `String.equalsIgnoreCase`.
pub fn equals_ignore_case(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    a.chars().count() == b.chars().count()
        && a.chars().zip(b.chars()).all(|(a, b)| same_letter(a, b))
}

/// Whether `text` starts with `prefix` in any case.
pub fn starts_ignore_case(text: &str, prefix: &str) -> bool {
    let mut letters = text.chars();
    prefix
        .chars()
        .all(|p| letters.next().is_some_and(|l| same_letter(l, p)))
}

/// Whether `text` ends with `suffix` in any case.
pub fn ends_ignore_case(text: &str, suffix: &str) -> bool {
    let mut letters = text.chars().rev();
    suffix
        .chars()
        .rev()
        .all(|s| letters.next().is_some_and(|l| same_letter(l, s)))
}

/// `text` in lower case; borrowed when it is already.
pub fn to_lower(text: &str) -> Cow<'_, str> {
    if text
        .bytes()
        .all(|b| b.is_ascii() && !b.is_ascii_uppercase())
    {
        return Cow::Borrowed(text);
    }
    Cow::Owned(if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        text.to_lowercase()
    })
}

/// As `Character.toUpperCase`.
pub fn upper_letter(letter: char) -> char {
    upper(letter)
}

/// As `Character.toLowerCase`.
pub fn lower_letter(letter: char) -> char {
    lower(letter)
}

/// As `String.trim`.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// Length in UTF-16 units.
pub fn length(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.encode_utf16().count()
    }
}

/// As `String.split(separator)` of one letter: no empty parts at the end.
pub fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts: Vec<&str> = text.split(separator).collect();
    if parts.len() > 1 {
        while parts.last().is_some_and(|p| p.is_empty()) {
            parts.pop();
        }
    }
    parts
}
