//! The parsed document: one text, and its nodes in document order.

use std::fmt;

use crate::error::{Fault, ParseError};
use crate::parse;
use crate::value::Value;

/// What a node is; strings are in the text or, when they had escapes, in the side buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tag {
    Null,
    False,
    True,
    Number,
    Text,
    Side,
    Array,
    Object,
}

const TAG_SHIFT: u32 = 29;
const UNCLEAN: u32 = 1 << 28;
const COUNT: u32 = UNCLEAN - 1;
/// On a key, in place of a count: an earlier key of the same name stands for this one.
const DEAD: u32 = 1;

/// One value, or one key of an object (a string node right before its value).
///
/// `start..end` are byte offsets: of a string without its quotes, of everything else from first to
/// last byte. `span` is how many nodes the value takes; on a key it is instead the distance to
/// its value (more than 1 when a later duplicate's value took over).
#[derive(Clone, Copy)]
pub(crate) struct Node {
    head: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) span: u32,
}

impl Node {
    #[inline]
    pub(crate) fn new(tag: Tag, start: usize, end: usize, span: u32) -> Node {
        // offsets fit: the parser refuses longer texts
        Node {
            head: (tag as u32) << TAG_SHIFT,
            start: start as u32,
            end: end as u32,
            span,
        }
    }

    #[inline]
    pub(crate) fn tag(self) -> Tag {
        match self.head >> TAG_SHIFT {
            0 => Tag::Null,
            1 => Tag::False,
            2 => Tag::True,
            3 => Tag::Number,
            4 => Tag::Text,
            5 => Tag::Side,
            6 => Tag::Array,
            _ => Tag::Object,
        }
    }

    /// Items of an array, live entries of an object.
    #[inline]
    pub(crate) fn count(self) -> u32 {
        self.head & COUNT
    }

    #[inline]
    pub(crate) fn set_count(&mut self, count: u32) {
        self.head = (self.head & !COUNT) | (count & COUNT);
    }

    #[inline]
    pub(crate) fn count_one(&mut self) {
        self.head += 1;
    }

    /// Whether printing gives exactly the source text of this value.
    #[inline]
    pub(crate) fn is_clean(self) -> bool {
        self.head & UNCLEAN == 0
    }

    #[inline]
    pub(crate) fn set_unclean(&mut self) {
        self.head |= UNCLEAN;
    }

    #[inline]
    pub(crate) fn is_dead(self) -> bool {
        self.head & DEAD != 0
    }

    #[inline]
    pub(crate) fn set_dead(&mut self) {
        self.head |= DEAD;
    }
}

/// A read-only JSON document that owns its text.
///
/// Cheap to make (one copy of the text, one vector), free to drop, shareable between threads.
#[derive(Clone)]
pub struct Doc {
    text: String,
    side: String,
    nodes: Vec<Node>,
    compact: bool,
}

impl Doc {
    /// Parses a copy of `text`, as jawn does (RFC 8259, any top-level value, blanks around it).
    ///
    /// # Errors
    /// [`ParseError`] with jawn's message; also for texts of 256 MiB and more (`document too long`).
    pub fn parse(text: &str) -> Result<Doc, ParseError> {
        Doc::parse_owned(text.to_owned())
    }

    /// Like [`Doc::parse`], without the copy.
    ///
    /// # Errors
    /// As [`Doc::parse`].
    pub fn parse_owned(text: String) -> Result<Doc, ParseError> {
        match Doc::try_parse(text) {
            Ok(doc) => Ok(doc),
            Err((fault, text)) => Err(fault.explain(&text)),
        }
    }

    fn try_parse(text: String) -> Result<Doc, (Fault, String)> {
        match parse::parse(&text) {
            Ok(parse::Parsed {
                nodes,
                side,
                compact,
            }) => Ok(Doc {
                text,
                side,
                nodes,
                compact,
            }),
            Err(fault) => Err((fault, text)),
        }
    }

    /// The top-level value.
    #[inline]
    pub fn root(&self) -> Value<'_> {
        Value::new(self, 0)
    }

    /// The value whose [`Value::id`] is `id`; `None` when the document has no such node. Ids of
    /// another document give any value.
    pub fn value(&self, id: u32) -> Option<Value<'_>> {
        self.nodes.get(id as usize).map(|_| Value::new(self, id))
    }

    /// The text that was parsed, unchanged.
    #[inline]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text that was parsed; with [`Doc::parse_owned`] its buffer serves again.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Whether printing gives exactly [`Doc::text`]: no blanks, no duplicate keys, and every
    /// character escaped just when and how circe's `noSpaces` escapes it.
    #[inline]
    pub fn is_compact(&self) -> bool {
        self.compact
    }

    #[inline]
    pub(crate) fn node(&self, index: u32) -> Node {
        // indices come from the parse, so there is always a node
        let none = Node {
            head: 0,
            start: 0,
            end: 0,
            span: 1,
        };
        self.nodes.get(index as usize).copied().unwrap_or(none)
    }

    /// The characters of a string node.
    #[inline]
    pub(crate) fn chars(&self, node: Node) -> &str {
        let buffer = if node.tag() == Tag::Side {
            &self.side
        } else {
            &self.text
        };
        buffer
            .get(node.start as usize..node.end as usize)
            .unwrap_or("")
    }

    /// The `noSpaces` text of a string node, where the source has just that.
    #[inline]
    pub(crate) fn quoted(&self, node: Node) -> Option<&str> {
        let ready = node.tag() == Tag::Text && node.is_clean();
        ready.then(|| self.slice(node.start.saturating_sub(1), node.end + 1))
    }

    /// A piece of the source text.
    #[inline]
    pub(crate) fn slice(&self, start: u32, end: u32) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or("")
    }
}

impl fmt::Debug for Doc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Doc").field(&self.text).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_takes_sixteen_bytes_and_a_document_can_be_shared() {
        fn shared<T: Send + Sync + 'static>() {}
        shared::<Doc>();
        assert_eq!(size_of::<Node>(), 16);
    }

    #[test]
    fn compact_texts_are_known() {
        let compact = [
            "1",
            "\"a\"",
            "{}",
            "[]",
            "[1,2.50,{\"a\":null}]",
            "\"\\\"\\\\\\n\\t\\b\\f\\r\"",
            "\"é😀\u{a0}\u{2028}\"",
            "\"\\u0000\\u001f\\u007f\\u009f\"",
            "{\"a\\n\":[true,false]}",
        ];
        for text in compact {
            assert!(Doc::parse(text).unwrap().is_compact(), "{text}");
        }
        let other = [
            " 1",
            "1\n",
            "[1, 2]",
            "{ }",
            "{\"a\" :1}",
            "{\"a\":1,\"a\":2}",
            "\"\\/\"",
            "\"\\u0041\"",
            "\"\\u001F\"",
            "\"\\u000a\"",
            "\"\u{7f}\"",
            "\"\u{85}\"",
            "\"\\ud800\"",
            "\"\\ud83d\\ude00\"",
            "\"\\n\u{9f}\"",
            "[[[[1 ]]]]",
        ];
        for text in other {
            assert!(!Doc::parse(text).unwrap().is_compact(), "{text}");
        }
    }

    #[test]
    fn values_are_found_again_by_id() {
        let doc = Doc::parse("{\"a\":[1,2]}").unwrap();
        let two = doc.root().get("a").unwrap().items().nth(1).unwrap();
        assert_eq!(doc.value(two.id()).unwrap().number_text(), Some("2"));
        assert!(doc.value(99).is_none());
    }
}
