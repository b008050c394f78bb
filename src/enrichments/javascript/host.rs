//! What the prelude needs that the engine does not have: digests, Base64, charsets, Java's regular
//! expressions. Bytes come and go as texts of characters 0 to 255.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jvm::base64;
use jvm::number::BigDecimal;
use jvm::pattern::Pattern;
use jvm::url_codec;
use md2::Md2;
use md5::Md5;
use rquickjs::{Ctx, Exception, Function, Object};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::clock::Ids;

/// Patterns that are kept compiled; all are forgotten when there are more.
const MOST_PATTERNS: usize = 100;

/// Adds all functions that need nothing of an event.
///
/// # Errors
/// When the engine has no memory for them.
pub(super) fn add<'js>(ctx: &Ctx<'js>, host: &Object<'js>, ids: Ids) -> rquickjs::Result<()> {
    macro_rules! function {
        ($name:literal, $function:expr) => {
            host.set($name, Function::new(ctx.clone(), $function)?)?
        };
    }
    function!("encode", |text: String, charset: String| -> String {
        encode(&text, &charset)
    });
    function!("decode", |raw: String, charset: String| -> String {
        decode(&bytes(&raw), &charset)
    });
    function!("charset", |name: String| OrNull(charset(&name)));
    function!("digest", |name: String, raw: String| {
        OrNull(digest(&name, &bytes(&raw)).map(|found| text(&found)))
    });
    function!("hex", |raw: String| hex(&bytes(&raw)));
    function!("encode64", |raw: String, url: bool, pad: bool| encode64(
        &bytes(&raw),
        url,
        pad
    ));
    function!("decode64", |text: String, kind: String| OrNull(decode64(
        &text, &kind
    )));
    function!("urlEncode", |text: String| url_codec::encode_utf8(&text));
    function!("urlDecode", |text: String| OrNull(
        url_codec::decode_utf8(&text).ok()
    ));
    function!("canonical", |text: String| OrNull(jvm::uuid::from_string(
        &text
    )));
    function!("double", |value: f64| jvm::number::double_to_string(value));
    function!("exact", exact);
    let ids = Mutex::new(ids);
    function!("uuid", move || {
        let mut ids = ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.uuid()
    });
    let patterns: Arc<Patterns> = Arc::default();
    let known = patterns.clone();
    function!("matches", move |ctx: Ctx<'js>,
                               text: String,
                               pattern: String|
          -> rquickjs::Result<bool> {
        let found = with(&known, &pattern, |pattern| pattern.full_match(&text));
        found.map_err(|problem| Exception::throw_message(&ctx, &problem))
    });
    function!("replace", move |ctx: Ctx<'js>,
                               text: String,
                               pattern: String,
                               by: String,
                               all: bool|
          -> rquickjs::Result<String> {
        let mut wrong = None;
        let found = with(&patterns, &pattern, |pattern| {
            pattern.replace(&text, all, |groups| {
                expand(&by, groups).unwrap_or_else(|problem| {
                    wrong = Some(problem);
                    String::new()
                })
            })
        });
        let found = match wrong {
            Some(problem) => Err(problem.to_owned()),
            None => found,
        };
        found.map_err(|problem| Exception::throw_message(&ctx, &problem))
    });
    Ok(())
}

/// A value or `null`; the engine's own way has `undefined` for nothing.
pub(super) struct OrNull<T>(pub Option<T>);

impl<'js, T: rquickjs::IntoJs<'js>> rquickjs::IntoJs<'js> for OrNull<T> {
    fn into_js(self, ctx: &Ctx<'js>) -> rquickjs::Result<rquickjs::Value<'js>> {
        match self.0 {
            Some(value) => value.into_js(ctx),
            None => Ok(rquickjs::Value::new_null(ctx.clone())),
        }
    }
}

type Patterns = Mutex<HashMap<String, Pattern>>;

fn with<R>(
    patterns: &Patterns,
    source: &str,
    then: impl FnOnce(&Pattern) -> R,
) -> Result<R, String> {
    let mut patterns = patterns.lock().unwrap_or_else(PoisonError::into_inner);
    if !patterns.contains_key(source) {
        let pattern = Pattern::new(source)
            .map_err(|error| format!("java.util.regex.PatternSyntaxException: {error}"))?;
        if patterns.len() >= MOST_PATTERNS {
            patterns.clear();
        }
        patterns.insert(source.to_owned(), pattern);
    }
    let pattern = patterns.get(source).ok_or("the pattern was lost")?;
    Ok(then(pattern))
}

/// The replacement of one occurrence: `$1` is a group, a backslash takes the next character as it is.
fn expand(by: &str, groups: &[Option<&str>]) -> Result<String, &'static str> {
    let mut out = String::with_capacity(by.len());
    let mut chars = by.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.push(chars.next().ok_or(
                    "java.lang.IllegalArgumentException: character to be escaped is missing",
                )?)
            }
            '$' => {
                let digit = chars.next().and_then(|c| c.to_digit(10));
                let mut group = digit
                    .ok_or("java.lang.IllegalArgumentException: Illegal group reference")?
                    as usize;
                if group >= groups.len() {
                    return Err("java.lang.IndexOutOfBoundsException: No such group");
                }
                // as many digits as still name a group
                while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                    let longer = group.saturating_mul(10).saturating_add(digit as usize);
                    if longer >= groups.len() {
                        break;
                    }
                    group = longer;
                    chars.next();
                }
                out.push_str(groups.get(group).copied().flatten().unwrap_or_default());
            }
            c => out.push(c),
        }
    }
    Ok(out)
}

fn bytes(raw: &str) -> Vec<u8> {
    raw.chars().map(|c| c as u32 as u8).collect()
}

fn text(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS.get(usize::from(n)).copied().unwrap_or_default());
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// Java's name of a charset that scripts may use.
fn charset(name: &str) -> Option<&'static str> {
    match name.to_ascii_uppercase().as_str() {
        "UTF-8" | "UTF8" => Some("UTF-8"),
        "ISO-8859-1" | "ISO8859_1" | "LATIN1" => Some("ISO-8859-1"),
        "US-ASCII" | "ASCII" => Some("US-ASCII"),
        _ => None,
    }
}

fn encode(source: &str, charset: &str) -> String {
    let narrow = |most: u32| {
        source
            .chars()
            .map(move |c| if c as u32 <= most { c } else { '?' })
    };
    match charset {
        "ISO-8859-1" => narrow(255).collect(),
        "US-ASCII" => narrow(127).collect(),
        _ => text(source.as_bytes()),
    }
}

fn decode(bytes: &[u8], charset: &str) -> String {
    match charset {
        "ISO-8859-1" => text(bytes),
        "US-ASCII" => {
            let narrow = |byte: &u8| {
                if *byte < 128 {
                    char::from(*byte)
                } else {
                    '\u{fffd}'
                }
            };
            bytes.iter().map(narrow).collect()
        }
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn digest(name: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    Some(match name.to_ascii_uppercase().as_str() {
        "MD2" => Md2::digest(bytes).to_vec(),
        "MD5" => Md5::digest(bytes).to_vec(),
        "SHA" | "SHA1" | "SHA-1" => Sha1::digest(bytes).to_vec(),
        "SHA-256" => Sha256::digest(bytes).to_vec(),
        "SHA-384" => Sha384::digest(bytes).to_vec(),
        "SHA-512" => Sha512::digest(bytes).to_vec(),
        _ => return None,
    })
}

fn encode64(bytes: &[u8], url: bool, pad: bool) -> String {
    let mut found = base64::encode_standard(bytes);
    if url {
        found = found.replace('+', "-").replace('/', "_");
    }
    if !pad {
        found.truncate(found.trim_end_matches('=').len());
    }
    found
}

/// Bytes of Base64. `java.util.Base64` refuses what is foreign, commons-codec and MIME skip it.
fn decode64(source: &str, kind: &str) -> Option<String> {
    if kind != "lenient" {
        let body = source.trim_end_matches('=');
        let padding = source.len() - body.len();
        let special: [char; 2] = if kind == "url" {
            ['-', '_']
        } else {
            ['+', '/']
        };
        let fits = body
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || special.contains(&c));
        if !fits
            || body.len() % 4 == 1
            || (padding > 0 && !source.len().is_multiple_of(4))
            || padding > 2
        {
            return None;
        }
    }
    Some(text(&base64::decode_lenient(source.as_bytes())))
}

/// All digits of a binary fraction, as `new BigDecimal(double)` has them.
fn exact(value: f64) -> String {
    // a double has at most 1074 digits behind the point
    let digits = format!("{value:.1074}");
    match BigDecimal::parse(digits.trim_end_matches('0').trim_end_matches('.')) {
        Ok(decimal) => decimal.to_plain_string(),
        Err(_) => "NaN".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacements_name_groups_as_java_does() {
        let groups = [Some("ab"), Some("a"), None];
        for (by, expected) in [
            ("x$1y", Ok("xay")),
            ("$12", Ok("a2")),
            ("$2", Ok("")),
            (r"\$1\\", Ok(r"$1\")),
            ("$0$0", Ok("abab")),
            (
                "$",
                Err("java.lang.IllegalArgumentException: Illegal group reference"),
            ),
            (
                "$3",
                Err("java.lang.IndexOutOfBoundsException: No such group"),
            ),
        ] {
            assert_eq!(expand(by, &groups).as_deref(), expected.as_deref(), "{by}");
        }
    }

    #[test]
    fn bytes_cross_the_border_unharmed() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(bytes(&text(&all)), all);
        assert_eq!(bytes(&encode("é€", "UTF-8")), "é€".as_bytes());
        assert_eq!(encode("é€", "ISO-8859-1"), "é?");
        assert_eq!(encode("é€", "US-ASCII"), "??");
        assert_eq!(decode(&[0xe9], "ISO-8859-1"), "é");
        assert_eq!(decode(&[0xe9, b'a'], "UTF-8"), "\u{fffd}a");
    }

    #[test]
    fn base64_is_strict_or_lenient_as_its_class_is() {
        assert_eq!(encode64(b"\xfb\xff?", false, true), "+/8/");
        assert_eq!(encode64(b"\xfb\xffx?", true, false), "-_94Pw");
        assert_eq!(decode64("YWI=", "basic").as_deref(), Some("ab"));
        assert_eq!(decode64("YWI", "basic").as_deref(), Some("ab"));
        assert_eq!(decode64("YW I=", "basic"), None);
        assert_eq!(decode64("-_94", "basic"), None);
        assert_eq!(decode64("YW I=", "lenient").as_deref(), Some("ab"));
        assert_eq!(
            exact(0.1),
            "0.1000000000000000055511151231257827021181583404541015625"
        );
        assert_eq!(exact(12.5), "12.5");
    }
}
