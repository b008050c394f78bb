//! Named cookies of the request become contexts.
//!
//! Behaviour: the cookie extractor of Enrich 3.9.0, which reads a header as the parameter list of
//! Apache HttpCore 4.4.

use std::borrow::Cow;

use serde_json::Value;

use super::settings::{texts, wrong};
use super::{BuildError, Context, Enrichment, Spec, Step, Work};
use crate::event::Event;
use crate::schema::SchemaKey;

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow",
    name: "cookie_extractor_config",
    version: (1, 0),
    build: |_, data, _| Ok(Box::new(CookieExtractor::new(data)?)),
};

const COOKIE: &str = "iglu:org.ietf/http_cookie/jsonschema/1-0-0";

struct CookieExtractor {
    names: Vec<String>,
    schema: SchemaKey,
}

impl CookieExtractor {
    fn new(data: &Value) -> Result<CookieExtractor, BuildError> {
        Ok(CookieExtractor {
            names: texts(data, "parameters.cookies")?,
            schema: SchemaKey::parse(COOKIE).map_err(|e| wrong("schema", e.to_string()))?,
        })
    }
}

impl Enrichment for CookieExtractor {
    fn apply(&self, _: &mut Event, work: &mut Work<'_>) -> Step {
        let mut contexts = Vec::new();
        let headers = work.raw.context.headers.iter();
        for line in headers.filter_map(|header| header.strip_prefix("Cookie:")) {
            for (name, value) in parameters(line) {
                if self.names.iter().any(|wanted| *wanted == name) {
                    contexts.push(Context {
                        schema: self.schema.clone(),
                        data: describe(&name, value.as_deref()),
                    });
                }
            }
        }
        match contexts.is_empty() {
            true => Step::Done,
            false => Step::Contexts(contexts),
        }
    }

    fn is_of_request(&self) -> bool {
        true
    }
}

fn describe(name: &str, value: Option<&str>) -> String {
    let mut json = String::with_capacity(24 + name.len() + value.map_or(4, str::len));
    json.push_str("{\"name\":");
    lexon::write_string(&mut json, name);
    json.push_str(",\"value\":");
    lexon::write_string_opt(&mut json, value);
    json.push('}');
    json
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// The parameters of a header's value, up to the first `,` outside quotes.
fn parameters(line: &str) -> Vec<(Cow<'_, str>, Option<Cow<'_, str>>)> {
    let mut found = Vec::new();
    let mut rest = line.trim_start_matches(is_blank);
    while !rest.is_empty() {
        let (name, end) = token(&mut rest, &['=', ';', ',']);
        let (value, end) = match end {
            Some('=') => {
                let (value, end) = quoted_token(&mut rest, &[';', ',']);
                (Some(value), end)
            }
            end => (None, end),
        };
        found.push((name, value));
        if end == Some(',') {
            break;
        }
    }
    found
}

/// Takes the text up to one of `ends` and that character itself; each run of blanks inside
/// becomes one space.
fn token<'h>(rest: &mut &'h str, ends: &[char]) -> (Cow<'h, str>, Option<char>) {
    let end = rest.find(ends).unwrap_or(rest.len());
    let (head, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let mut tail = tail.chars();
    let end = tail.next();
    *rest = tail.as_str();
    let head = head.trim_matches(is_blank);
    if !head.contains(is_blank) {
        return (Cow::Borrowed(head), end);
    }
    let words = head.split(is_blank).filter(|word| !word.is_empty());
    (Cow::Owned(words.collect::<Vec<_>>().join(" ")), end)
}

/// As [`token`], but quotes go and what is inside them is kept as it is.
fn quoted_token<'h>(rest: &mut &'h str, ends: &[char]) -> (Cow<'h, str>, Option<char>) {
    let first = rest.find(|c| c == '"' || ends.contains(&c));
    if first.is_none_or(|at| rest.as_bytes().get(at) != Some(&b'"')) {
        return token(rest, ends);
    }
    let mut text = String::new();
    let mut blank = false;
    let mut chars = rest.chars();
    let end = loop {
        match chars.next() {
            None => break None,
            Some(c) if ends.contains(&c) => break Some(c),
            Some(c) if is_blank(c) => blank = true,
            Some(c) => {
                if std::mem::take(&mut blank) {
                    add_space(&mut text);
                }
                match c {
                    '"' => quoted(&mut chars, &mut text),
                    _ => text.push(c),
                }
            }
        }
    };
    *rest = chars.as_str();
    (Cow::Owned(text), end)
}

/// Takes the text up to the closing quote, or all of it. A backslash hides the quote or backslash
/// after it; line ends go.
fn quoted(chars: &mut std::str::Chars<'_>, text: &mut String) {
    while let Some(c) = chars.next() {
        match c {
            '"' => return,
            '\\' => match chars.next() {
                Some(c @ ('"' | '\\')) => text.push(c),
                Some(c) => text.extend(['\\', c]),
                None => return,
            },
            '\r' | '\n' => {}
            c => text.push(c),
        }
    }
}

fn add_space(text: &mut String) {
    if !text.is_empty() {
        text.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Fixture, contexts, run_with};
    use super::*;
    use serde_json::json;

    fn parsed(line: &str) -> Vec<(String, Option<String>)> {
        let owned = |(name, value): (Cow<str>, Option<Cow<str>>)| {
            (name.into_owned(), value.map(Cow::into_owned))
        };
        parameters(line).into_iter().map(owned).collect()
    }

    fn pairs(expected: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
        expected
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)))
            .collect()
    }

    #[test]
    fn headers_are_read_as_apache_does() {
        type Pairs<'a> = &'a [(&'a str, Option<&'a str>)];
        let rows: [(&str, Pairs); 14] = [
            ("a=b=c; d=e", &[("a", Some("b=c")), ("d", Some("e"))]),
            ("a=\"x;y\"; z=1", &[("a", Some("x;y")), ("z", Some("1"))]),
            ("a=b,c; d=e", &[("a", Some("b"))]),
            (
                "a=\"q\\\"r\" ;b=\t1",
                &[("a", Some("q\"r")), ("b", Some("1"))],
            ),
            (
                ";;a=1;;",
                &[("", None), ("", None), ("a", Some("1")), ("", None)],
            ),
            ("a= \"x\"y", &[("a", Some("xy"))]),
            ("a=b   c", &[("a", Some("b c"))]),
            ("a=\"b  c\"  d", &[("a", Some("b  c d"))]),
            ("=v", &[("", Some("v"))]),
            ("a", &[("a", None)]),
            ("a=\"open; b=1", &[("a", Some("open; b=1"))]),
            ("a=\"x\\ny\\\\\"", &[("a", Some("x\\ny\\"))]),
            (" n  m =1", &[("n m", Some("1"))]),
            ("  ", &[]),
        ];
        for (line, expected) in rows {
            assert_eq!(parsed(line), pairs(expected), "{line}");
        }
    }

    #[test]
    fn named_cookies_become_contexts_in_the_order_of_the_headers() {
        let step = CookieExtractor::new(&json!({"parameters": {"cookies": ["sp", "id"]}})).unwrap();
        let fixture = Fixture::with_headers(&[
            "Host: a",
            "Cookie: id=1; other=2; sp=\"x\\\"y\"",
            "cookie: id=3",
            "Cookie: id; SP=5",
        ]);
        let made = contexts(run_with(&step, &mut Event::default(), &fixture, |_| {}));
        let data: Vec<&str> = made.iter().map(|(_, data)| data.as_str()).collect();
        assert_eq!(
            data,
            [
                r#"{"name":"id","value":"1"}"#,
                r#"{"name":"sp","value":"x\"y"}"#,
                r#"{"name":"id","value":null}"#,
            ]
        );
        assert!(made.iter().all(|(schema, _)| schema == COOKIE));
    }

    #[test]
    fn without_such_a_cookie_there_is_no_context() {
        let step = CookieExtractor::new(&json!({"parameters": {"cookies": ["sp"]}})).unwrap();
        let fixture = Fixture::with_headers(&["Cookie: a=1"]);
        let outcome = run_with(&step, &mut Event::default(), &fixture, |_| {});
        assert!(matches!(outcome, Step::Done));
    }
}
