//! Addresses with places for values.

use jvm::url_codec::encode_utf8;

/// An address; `{{ key }}` stands for a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
    /// The text of braces that no key fills.
    unknown: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Key(String),
}

impl Template {
    /// Reads an address with places for these keys.
    pub fn new<'k>(text: &str, keys: impl Iterator<Item = &'k str> + Clone) -> Template {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("{{") {
            let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
            plain.push_str(before);
            let inside = from.get(2..).unwrap_or_default();
            let key = inside.split_once("}}").and_then(|(inside, behind)| {
                let name = inside.trim_matches(' ');
                let known = keys.clone().find(|key| *key == name)?;
                Some((known, behind))
            });
            match key {
                Some((known, behind)) => {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                    parts.push(Part::Key(known.to_owned()));
                    rest = behind;
                }
                None => {
                    plain.push('{');
                    rest = from.get(1..).unwrap_or_default();
                }
            }
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        let brace = |part: &Part| match part {
            Part::Text(text) if text.contains(['{', '}']) => Some(text.clone()),
            _ => None,
        };
        let unknown = parts.iter().find_map(brace);
        Template { parts, unknown }
    }

    /// The text of braces that no key fills; such an address is never asked.
    pub fn unknown(&self) -> Option<&str> {
        self.unknown.as_deref()
    }

    /// The host, if it is the same for all events.
    pub fn host(&self) -> Option<&str> {
        let Some(Part::Text(start)) = self.parts.first() else {
            return None;
        };
        let (_, rest) = start.split_once("://")?;
        let end = rest.find(['/', '?', '#']);
        // without an end a value may go on with it
        let authority = match end {
            Some(end) => rest.get(..end)?,
            None if self.parts.len() == 1 => rest,
            None => return None,
        };
        let host = authority.rsplit('@').next()?;
        match host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => Some(host),
            _ => Some(host),
        }
    }

    /// The address with all values in their places; none where there are places that nothing fills.
    pub fn fill<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Option<String> {
        if self.unknown.is_some() {
            return None;
        }
        let mut url = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => url.push_str(text),
                Part::Key(key) => url.push_str(&encode_utf8(value(key)?)),
            }
        }
        Some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Template {
        Template::new(text, ["user", "a-b"].into_iter())
    }

    fn fill(text: &str) -> Option<String> {
        template(text).fill(|key| Some(if key == "user" { "é {&}/ü+ *" } else { "x" }))
    }

    #[test]
    fn values_are_encoded_as_java_does() {
        let user = "%C3%A9+%7B%26%7D%2F%C3%BC%2B+*";
        for (text, expected) in [
            ("http://h/{{user}}", format!("http://h/{user}")),
            ("http://h/{{  user }}?{{a-b}}", format!("http://h/{user}?x")),
            ("http://h/", "http://h/".to_owned()),
        ] {
            assert_eq!(fill(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_no_key_fills_is_never_asked() {
        for text in [
            "http://h/{{nope}}",
            "http://h/{user}",
            "http://h/{{user}",
            "http://h/{{\tuser}}",
            "http://h/{{{user}}}",
        ] {
            assert_eq!(fill(text), None, "{text}");
        }
    }

    #[test]
    fn the_host_is_known_where_no_value_can_change_it() {
        for (text, expected) in [
            ("http://h:80/{{user}}", Some("h")),
            ("https://u:p@h/x", Some("h")),
            ("http://[::1]:80/", Some("[::1]")),
            ("http://[::1]/", Some("[::1]")),
            ("http://h", Some("h")),
            ("http://h{{user}}/", None),
            ("http://{{user}}.h/", None),
        ] {
            assert_eq!(template(text).host(), expected, "{text}");
        }
    }
}
