//! Printing as circe 0.14.1 does: `noSpaces`, and `spaces2` for messages people read.

use crate::scan::{self, C1_LEAD};
use crate::walk::{Name, View, Walk};

/// Indentation stops growing here, so that a deeply nested value does not print quadratically.
const MAX_INDENT: usize = 256;

/// Appends `s` as a JSON string: in quotes, with `"`, `\` and the control characters (U+0000–U+001F,
/// U+007F–U+009F) escaped and nothing else, as circe does.
pub fn write_string(out: &mut String, s: &str) {
    out.reserve(s.len() + 2);
    out.push('"');
    let bytes = s.as_bytes();
    let mut copied = 0;
    let mut at = scan::next_special(bytes, 0);
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let mut specials = scan::specials(u64::from_le_bytes(*chunk));
        while specials != 0 {
            let special = at + (specials.trailing_zeros() / 8) as usize;
            copied = write_special(out, s, copied, special);
            specials &= specials - 1;
        }
        at += 8;
    }
    while let Some(&byte) = bytes.get(at) {
        if scan::is_special(byte) {
            copied = write_special(out, s, copied, at);
        }
        at += 1;
    }
    out.push_str(s.get(copied..).unwrap_or(""));
    out.push('"');
}

/// Appends what lies between `copied` and `at`, then the escape for the special byte at `at`;
/// returns up to where all is done.
#[inline]
fn write_special(out: &mut String, s: &str, copied: usize, at: usize) -> usize {
    let bytes = s.as_bytes();
    let width = match bytes.get(at) {
        Some(&C1_LEAD) if scan::is_c1(bytes, at) => 2,
        Some(&C1_LEAD) => return copied,
        _ => 1,
    };
    out.push_str(s.get(copied..at).unwrap_or(""));
    // U+0080–U+009F have their number in the second byte
    write_escape(out, bytes.get(at + width - 1).copied().unwrap_or(0));
    at + width
}

#[inline]
fn write_escape(out: &mut String, byte: u8) {
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        _ => write_rare_escape(out, byte),
    }
}

#[inline(never)]
fn write_rare_escape(out: &mut String, byte: u8) {
    match byte {
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        0x08 => out.push_str("\\b"),
        0x0c => out.push_str("\\f"),
        _ => {
            let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
            out.push_str("\\u00");
            out.push(digit(byte >> 4));
            out.push(digit(byte & 0xf));
        }
    }
}

/// Appends a JSON string as [`write_string`] does, or `null` for `None`.
pub fn write_string_opt(out: &mut String, s: Option<&str>) {
    match s {
        Some(s) => write_string(out, s),
        None => out.push_str("null"),
    }
}

/// `noSpaces`.
pub(crate) fn write<'a, N: Walk<'a>>(node: N, out: &mut String) {
    write_as::<N, false>(node, out);
}

/// `spaces2`.
pub(crate) fn write_pretty<'a, N: Walk<'a>>(node: N, out: &mut String) {
    write_as::<N, true>(node, out);
}

enum Open<'a, N: Walk<'a>> {
    Array(N::Items),
    Object(N::Entries),
}

fn write_as<'a, N: Walk<'a>, const PRETTY: bool>(root: N, out: &mut String) {
    let mut stack: Vec<Open<'a, N>> = Vec::new();
    let mut value = root;
    let mut fresh;
    loop {
        fresh = false;
        match value.verbatim().filter(|_| !PRETTY) {
            Some(text) => out.push_str(text),
            None => match value.view() {
                View::Null => out.push_str("null"),
                View::Bool(true) => out.push_str("true"),
                View::Bool(false) => out.push_str("false"),
                View::Number(text) => out.push_str(text),
                View::String(text) => write_string(out, text),
                View::Array(items) if items.len() == 0 => {
                    out.push('[');
                    new_line::<PRETTY>(out, stack.len());
                    out.push(']');
                }
                View::Array(items) => {
                    out.push('[');
                    stack.push(Open::Array(items));
                    fresh = true;
                }
                View::Object(entries) => {
                    out.push('{');
                    stack.push(Open::Object(entries));
                    fresh = true;
                }
            },
        }
        // on to the next value, past the ends of all containers that are done
        loop {
            let depth = stack.len();
            let next = match stack.last_mut() {
                None => return,
                Some(Open::Array(items)) => items.next().map(|item| (None, item)).ok_or(']'),
                Some(Open::Object(entries)) => entries
                    .next()
                    .map(|(key, item)| (Some(key), item))
                    .ok_or('}'),
            };
            match next {
                Ok((key, item)) => {
                    if !fresh {
                        out.push(',');
                    }
                    new_line::<PRETTY>(out, depth);
                    if let Some(name) = key {
                        write_name(out, name);
                        out.push_str(if PRETTY { " : " } else { ":" });
                    }
                    value = item;
                    break;
                }
                Err(close) => {
                    if fresh {
                        // circe opens the line of the first entry even when there is none
                        new_line::<PRETTY>(out, depth);
                    }
                    new_line::<PRETTY>(out, depth - 1);
                    out.push(close);
                    stack.pop();
                    fresh = false;
                }
            }
        }
    }
}

#[inline]
fn write_name(out: &mut String, name: Name<'_>) {
    match name.quoted {
        Some(text) => out.push_str(text),
        None => write_string(out, name.chars),
    }
}

#[inline]
fn new_line<const PRETTY: bool>(out: &mut String, depth: usize) {
    if PRETTY {
        out.push('\n');
        for _ in 0..depth.min(MAX_INDENT) {
            out.push_str("  ");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn quoted(s: &str) -> String {
        let mut out = String::new();
        write_string(&mut out, s);
        out
    }

    #[test]
    fn strings_are_escaped_as_circe_does() {
        assert_eq!(quoted(""), "\"\"");
        assert_eq!(quoted("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
        assert_eq!(quoted("\u{8}\u{c}\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
        assert_eq!(quoted("\0\u{1f}\u{7f}"), "\"\\u0000\\u001f\\u007f\"");
        assert_eq!(quoted("\u{80}\u{85}\u{9f}"), "\"\\u0080\\u0085\\u009f\"");
        let plain = "<>&'é\u{a0}\u{ad}\u{bf}ÿ\u{2028}\u{2029}\u{feff}😀";
        assert_eq!(quoted(plain), format!("\"{plain}\""));
    }

    #[test]
    fn every_character_below_u0200_prints_as_a_plain_reading_of_the_rule() {
        for c in '\0'..'\u{200}' {
            let text = format!("abcdefghijk{c}lmn");
            let middle = match c {
                '"' | '\\' => format!("\\{c}"),
                '\n' => "\\n".to_owned(),
                '\r' => "\\r".to_owned(),
                '\t' => "\\t".to_owned(),
                '\u{8}' => "\\b".to_owned(),
                '\u{c}' => "\\f".to_owned(),
                c if c.is_control() => format!("\\u{:04x}", c as u32),
                c => c.to_string(),
            };
            assert_eq!(quoted(&text), format!("\"abcdefghijk{middle}lmn\""));
        }
    }

    #[test]
    fn an_absent_string_is_null() {
        let mut out = String::new();
        write_string_opt(&mut out, None);
        write_string_opt(&mut out, Some("x"));
        assert_eq!(out, "null\"x\"");
    }

    #[test]
    fn spaces2_breaks_lines_as_circe_does() {
        let rows = [
            ("42", "42"),
            ("\"\"", "\"\""),
            ("{}", "{\n  \n}"),
            ("[]", "[\n]"),
            ("{\"a\":1}", "{\n  \"a\" : 1\n}"),
            (
                "{\"schema\":\"s\",\"data\":{\"id\":\"x\"}}",
                "{\n  \"schema\" : \"s\",\n  \"data\" : {\n    \"id\" : \"x\"\n  }\n}",
            ),
            (
                "[1,[],{},[2]]",
                "[\n  1,\n  [\n  ],\n  {\n    \n  },\n  [\n    2\n  ]\n]",
            ),
        ];
        for (text, pretty) in rows {
            assert_eq!(Tree::parse(text).unwrap().to_pretty(), pretty, "{text}");
        }
    }
}
