//! Handles on the values of a document.

use std::fmt;
use std::iter::FusedIterator;

use crate::doc::{Doc, Node, Tag};
use crate::print;
use crate::tree::Tree;
use crate::walk::{self, Name, View, Walk};

/// What kind of JSON value it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, kept as text.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A value inside a [`Doc`]; as cheap to copy as a reference.
#[derive(Clone, Copy)]
pub struct Value<'d> {
    doc: &'d Doc,
    index: u32,
}

impl<'d> Value<'d> {
    #[inline]
    pub(crate) fn new(doc: &'d Doc, index: u32) -> Self {
        Value { doc, index }
    }

    #[inline]
    fn node(self) -> Node {
        self.doc.node(self.index)
    }

    /// What kind of value this is.
    #[inline]
    pub fn kind(self) -> Kind {
        match self.node().tag() {
            Tag::Null => Kind::Null,
            Tag::False | Tag::True => Kind::Bool,
            Tag::Number => Kind::Number,
            Tag::Text | Tag::Side => Kind::String,
            Tag::Array => Kind::Array,
            Tag::Object => Kind::Object,
        }
    }

    /// Whether this is `null`.
    #[inline]
    pub fn is_null(self) -> bool {
        self.node().tag() == Tag::Null
    }

    /// The truth value; `None` for every other kind.
    #[inline]
    pub fn as_bool(self) -> Option<bool> {
        match self.node().tag() {
            Tag::True => Some(true),
            Tag::False => Some(false),
            _ => None,
        }
    }

    /// The characters of a string, escapes resolved; `None` for every other kind.
    #[inline]
    pub fn as_str(self) -> Option<&'d str> {
        let node = self.node();
        matches!(node.tag(), Tag::Text | Tag::Side).then(|| self.doc.chars(node))
    }

    /// How many bytes [`Value::as_str`] has, without a look at them; `None` for every other kind.
    #[inline]
    pub fn str_len(self) -> Option<usize> {
        let node = self.node();
        let text = matches!(node.tag(), Tag::Text | Tag::Side);
        text.then(|| (node.end - node.start) as usize)
    }

    /// A number as it was written; `None` for every other kind.
    #[inline]
    pub fn number_text(self) -> Option<&'d str> {
        let node = self.node();
        (node.tag() == Tag::Number).then(|| self.doc.slice(node.start, node.end))
    }

    /// A number written as a plain integer (`12`, `-0`; not `12.0`, `1e2`) that fits 64 bits.
    #[inline]
    pub fn as_i64(self) -> Option<i64> {
        self.number_text()?.parse().ok()
    }

    /// How many items or entries there are; 0 for scalars.
    #[inline]
    pub fn len(self) -> usize {
        let node = self.node();
        if matches!(node.tag(), Tag::Array | Tag::Object) {
            node.count() as usize
        } else {
            0
        }
    }

    /// Whether [`Value::len`] is 0: an empty container, or a scalar.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The items of an array, in order; nothing for every other kind.
    #[inline]
    pub fn items(self) -> Items<'d> {
        let node = self.node();
        let left = if node.tag() == Tag::Array {
            node.count()
        } else {
            0
        };
        Items {
            doc: self.doc,
            next: self.index + 1,
            left,
        }
    }

    /// The entries of an object, in the order of the text, duplicates settled; nothing for every
    /// other kind.
    #[inline]
    pub fn entries(self) -> Entries<'d> {
        let node = self.node();
        let left = if node.tag() == Tag::Object {
            node.count()
        } else {
            0
        };
        Entries {
            doc: self.doc,
            next: self.index + 1,
            left,
        }
    }

    /// The value of a key, by linear search; `None` when absent or when this is no object.
    pub fn get(self, key: &str) -> Option<Value<'d>> {
        self.entries()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    }

    /// Appends the value as circe's `noSpaces` prints it.
    #[inline]
    pub fn write(self, out: &mut String) {
        match self.verbatim() {
            Some(text) => out.push_str(text),
            None => print::write(self, out),
        }
    }

    /// The value as circe's `noSpaces` prints it.
    pub fn to_json(self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    /// An owned copy to change.
    pub fn to_tree(self) -> Tree {
        walk::build(self)
    }

    /// The value's number in its document, from 0 (the root) in order of the text, with gaps; see
    /// [`Doc::value`].
    #[inline]
    pub fn id(self) -> u32 {
        self.index
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({})", self.to_json())
    }
}

/// The items of an array; see [`Value::items`].
#[derive(Clone)]
pub struct Items<'d> {
    doc: &'d Doc,
    next: u32,
    left: u32,
}

impl<'d> Iterator for Items<'d> {
    type Item = Value<'d>;

    #[inline]
    fn next(&mut self) -> Option<Value<'d>> {
        self.left = self.left.checked_sub(1)?;
        let value = Value::new(self.doc, self.next);
        self.next += value.node().span;
        Some(value)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Items<'_> {}
impl FusedIterator for Items<'_> {}

impl fmt::Debug for Items<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// The entries of an object; see [`Value::entries`].
#[derive(Clone)]
pub struct Entries<'d> {
    doc: &'d Doc,
    next: u32,
    left: u32,
}

impl<'d> Entries<'d> {
    /// The node of the next key, and its value.
    #[inline]
    fn advance(&mut self) -> Option<(Node, Value<'d>)> {
        self.left = self.left.checked_sub(1)?;
        loop {
            let at = self.next;
            let key = self.doc.node(at);
            self.next = at + 1 + self.doc.node(at + 1).span;
            // live entries are left, so this ends
            if !key.is_dead() {
                return Some((key, Value::new(self.doc, at + key.span)));
            }
        }
    }
}

impl<'d> Iterator for Entries<'d> {
    type Item = (&'d str, Value<'d>);

    #[inline]
    fn next(&mut self) -> Option<(&'d str, Value<'d>)> {
        let (key, value) = self.advance()?;
        Some((self.doc.chars(key), value))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Entries<'_> {}
impl FusedIterator for Entries<'_> {}

impl fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.clone()).finish()
    }
}

/// Entries of a document's object, for walking.
pub(crate) struct NamedEntries<'d>(Entries<'d>);

impl<'d> Iterator for NamedEntries<'d> {
    type Item = (Name<'d>, Value<'d>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = self.0.advance()?;
        let doc = self.0.doc;
        Some((
            Name {
                chars: doc.chars(key),
                quoted: doc.quoted(key),
            },
            value,
        ))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for NamedEntries<'_> {}

impl<'d> Walk<'d> for Value<'d> {
    type Items = Items<'d>;
    type Entries = NamedEntries<'d>;

    #[inline]
    fn verbatim(self) -> Option<&'d str> {
        let node = self.node();
        match node.tag() {
            Tag::Text | Tag::Side => self.doc.quoted(node),
            _ if node.is_clean() => Some(self.doc.slice(node.start, node.end)),
            _ => None,
        }
    }

    #[inline]
    fn view(self) -> View<'d, Items<'d>, NamedEntries<'d>> {
        let node = self.node();
        match node.tag() {
            Tag::Null => View::Null,
            Tag::False => View::Bool(false),
            Tag::True => View::Bool(true),
            Tag::Number => View::Number(self.doc.slice(node.start, node.end)),
            Tag::Text | Tag::Side => View::String(self.doc.chars(node)),
            Tag::Array => View::Array(self.items()),
            Tag::Object => View::Object(NamedEntries(self.entries())),
        }
    }
}
