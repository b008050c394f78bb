//! The schema's printed text, for the messages that quote it, and values as Java texts.
//!
//! Printed as Jackson 2.15 does: object keys in Scala's map order, decimals as `BigDecimal` prints
//! them, control characters below U+0020 with upper-case digits and nothing else escaped.

use std::collections::HashMap;

use lexon::{Kind, Value};

use super::node::Span;
use super::number::{self, Class};

/// Prints a document once and knows where each value's text is.
#[derive(Debug, Default)]
pub(super) struct Printed {
    text: String,
    spans: HashMap<u32, Span>,
}

impl Printed {
    /// Prints a value and all below; not for values deeper than the compiler goes.
    pub(super) fn new(root: Value<'_>) -> Printed {
        let mut printed = Printed::default();
        printed.write(root);
        printed
    }

    /// Where the text of a value is.
    pub(super) fn span(&self, value: Value<'_>) -> Span {
        self.spans.get(&value.id()).copied().unwrap_or((0, 0))
    }

    /// The whole text.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    fn write(&mut self, value: Value<'_>) {
        let start = self.text.len() as u32;
        match value.kind() {
            Kind::Array => {
                self.text.push('[');
                for (n, item) in value.items().enumerate() {
                    if n > 0 {
                        self.text.push(',');
                    }
                    self.write(item);
                }
                self.text.push(']');
            }
            Kind::Object => {
                self.text.push('{');
                for (n, (key, item)) in in_map_order(value).into_iter().enumerate() {
                    if n > 0 {
                        self.text.push(',');
                    }
                    write_string(&mut self.text, key);
                    self.text.push(':');
                    self.write(item);
                }
                self.text.push('}');
            }
            Kind::String => write_string(&mut self.text, value.as_str().unwrap_or("")),
            Kind::Number => {
                let text = value.number_text().unwrap_or("");
                if number::class(text) == Class::Text {
                    write_string(&mut self.text, text);
                } else {
                    self.text.push_str(&number::as_text(text));
                }
            }
            Kind::Bool | Kind::Null => value.write(&mut self.text),
        }
        let span = (start, self.text.len() as u32);
        self.spans.insert(value.id(), span);
    }
}

fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The entries of an object in the order the reference's tree has them: up to four as written,
/// more in the order of Scala's hash trie.
pub(super) fn in_map_order<'d>(value: Value<'d>) -> Vec<(&'d str, Value<'d>)> {
    let mut entries: Vec<_> = value.entries().collect();
    if entries.len() > 4 {
        jvm::smap::sort_trie(&mut entries, |(key, _)| *key);
    }
    entries
}

/// `JsonNode.asText`: scalars as text, nothing for containers.
pub(super) fn as_text(value: Value<'_>) -> String {
    match value.kind() {
        Kind::String => value.as_str().unwrap_or("").to_owned(),
        Kind::Number => number::as_text(value.number_text().unwrap_or("")),
        Kind::Bool | Kind::Null => value.to_json(),
        Kind::Array | Kind::Object => String::new(),
    }
}

/// `JsonNode.asBoolean`: whole numbers other than zero and the text `true` count as true.
pub(super) fn as_bool(value: Value<'_>) -> bool {
    match value.kind() {
        Kind::Bool => value.as_bool() == Some(true),
        Kind::Number => {
            let text = value.number_text().unwrap_or("");
            number::class(text) == Class::Integer && text != "0"
        }
        Kind::String => value
            .as_str()
            .is_some_and(|text| jvm::text::java_trim(text) == "true"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lexon::Doc;

    #[test]
    fn values_print_as_jackson_prints_them() {
        let rows = [
            (
                "{\"b\":1,\"a\":[1.50,1E5,-0,1e400]}",
                "{\"b\":1,\"a\":[1.50,1E+5,-0.0,1E+400]}",
            ),
            (
                "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6}",
                "{\"e\":5,\"f\":6,\"a\":1,\"b\":2,\"c\":3,\"d\":4}",
            ),
            (
                "\"\\u0000\\u001f\\u007f\\u0085é/\\\"\\\\\\n\\b\"",
                "\"\\u0000\\u001F\u{7f}\u{85}é/\\\"\\\\\\n\\b\"",
            ),
            ("[1e99999999999,null,true]", "[\"1e99999999999\",null,true]"),
        ];
        for (source, expected) in rows {
            let doc = Doc::parse(source).unwrap();
            assert_eq!(Printed::new(doc.root()).into_text(), expected);
        }
    }

    #[test]
    fn every_value_knows_its_piece() {
        let doc = Doc::parse("{\"a\":[1,{\"b\":2.0}]}").unwrap();
        let inner = doc.root().get("a").unwrap().items().nth(1).unwrap();
        let printed = Printed::new(doc.root());
        let (start, end) = printed.span(inner);
        let text = printed.into_text();
        assert_eq!(&text[start as usize..end as usize], "{\"b\":2.0}");
    }
}
