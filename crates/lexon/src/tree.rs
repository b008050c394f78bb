//! The owned tree, for values that are built or changed.

use std::collections::HashMap;
use std::fmt;
use std::mem;

use crate::doc::Doc;
use crate::error::ParseError;
use crate::print;
use crate::walk::{self, Name, View, Walk};

/// Above so many keys, merging looks them up in a hash map.
const SMALL: usize = 16;

/// An owned JSON value.
///
/// Equality is that of the texts: numbers by their text, objects with the order of their keys.
/// Copying, comparing, printing and dropping are safe at any depth; because of the last, parts
/// can't be moved out by pattern: take them with [`Tree::into_array`] and its like, or
/// `std::mem::take`.
#[derive(Default)]
pub enum Tree {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it is written; whoever makes one answers for its being JSON.
    Number(String),
    /// A string, without escapes.
    String(String),
    /// An array.
    Array(Vec<Tree>),
    /// An object; keys are expected to be distinct.
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Parses `text`; see [`Doc::parse`].
    ///
    /// # Errors
    /// As [`Doc::parse`].
    pub fn parse(text: &str) -> Result<Tree, ParseError> {
        Doc::parse(text).map(|doc| doc.root().to_tree())
    }

    /// Appends the value as circe's `noSpaces` prints it.
    pub fn write(&self, out: &mut String) {
        print::write(self, out);
    }

    /// The value as circe's `noSpaces` prints it.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    /// The value as circe's `spaces2` prints it: `{"a":1}` over three lines with `"a" : 1`, the
    /// empty object `{\n  \n}`, the empty array `[\n]`. Indentation stops growing at 256 levels.
    pub fn to_pretty(&self) -> String {
        let mut out = String::new();
        print::write_pretty(self, &mut out);
        out
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Tree::Null)
    }

    /// The truth value; `None` for every other kind.
    pub fn as_bool(&self) -> Option<bool> {
        if let Tree::Bool(truth) = self {
            Some(*truth)
        } else {
            None
        }
    }

    /// The characters of a string; `None` for every other kind.
    pub fn as_str(&self) -> Option<&str> {
        if let Tree::String(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// A number as it is written; `None` for every other kind.
    pub fn number_text(&self) -> Option<&str> {
        if let Tree::Number(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// A number written as a plain integer (`12`, `-0`; not `12.0`, `1e2`) that fits 64 bits.
    pub fn as_i64(&self) -> Option<i64> {
        self.number_text()?.parse().ok()
    }

    /// The items of an array; `None` for every other kind.
    pub fn as_array(&self) -> Option<&Vec<Tree>> {
        if let Tree::Array(items) = self {
            Some(items)
        } else {
            None
        }
    }

    /// The items of an array, to change; `None` for every other kind.
    pub fn as_array_mut(&mut self) -> Option<&mut Vec<Tree>> {
        if let Tree::Array(items) = self {
            Some(items)
        } else {
            None
        }
    }

    /// The entries of an object; `None` for every other kind.
    pub fn as_object(&self) -> Option<&Vec<(String, Tree)>> {
        if let Tree::Object(entries) = self {
            Some(entries)
        } else {
            None
        }
    }

    /// The entries of an object, to change; `None` for every other kind.
    pub fn as_object_mut(&mut self) -> Option<&mut Vec<(String, Tree)>> {
        if let Tree::Object(entries) = self {
            Some(entries)
        } else {
            None
        }
    }

    /// The characters of a string, moved out; `None` for every other kind.
    pub fn into_string(mut self) -> Option<String> {
        if let Tree::String(text) = &mut self {
            Some(mem::take(text))
        } else {
            None
        }
    }

    /// The items of an array, moved out; `None` for every other kind.
    pub fn into_array(mut self) -> Option<Vec<Tree>> {
        self.as_array_mut().map(mem::take)
    }

    /// The entries of an object, moved out; `None` for every other kind.
    pub fn into_object(mut self) -> Option<Vec<(String, Tree)>> {
        self.as_object_mut().map(mem::take)
    }

    /// The value of a key, by linear search; `None` when absent or when this is no object.
    pub fn get(&self, key: &str) -> Option<&Tree> {
        self.as_object()?
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// Like [`Tree::get`], to change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Tree> {
        self.as_object_mut()?
            .iter_mut()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// Sets a key of an object: in its place when it is there, else at the end. Linear; to build
    /// an object from keys known to be distinct, push to the vector. Does nothing to other kinds.
    pub fn insert(&mut self, key: impl Into<String>, value: Tree) {
        let Some(entries) = self.as_object_mut() else {
            return;
        };
        let key = key.into();
        match entries.iter_mut().find(|(name, _)| *name == key) {
            Some((_, old)) => *old = value,
            None => entries.push((key, value)),
        }
    }

    /// Takes a key out of an object, the others keeping their order; `None` when absent or when
    /// this is no object.
    pub fn remove(&mut self, key: &str) -> Option<Tree> {
        let entries = self.as_object_mut()?;
        let at = entries.iter().position(|(name, _)| name == key)?;
        Some(entries.remove(at).1)
    }

    /// circe's `self.deepMerge(other)`: of two objects, the keys of `other` in their order (merged
    /// where both values are objects, else `other`'s value), then those only `self` has, in theirs.
    /// Otherwise `other`.
    pub fn deep_merge(mut self, mut other: Tree) -> Tree {
        let (Tree::Object(left), Tree::Object(right)) = (&mut self, &mut other) else {
            return other;
        };
        let mut outer: Vec<(Merge, String)> = Vec::new();
        let mut merge = Merge::new(mem::take(left), mem::take(right));
        loop {
            while let Some((key, mut value)) = merge.right.next() {
                let mut old = merge.take_left(&key);
                if let (Some(Tree::Object(left)), Tree::Object(right)) = (&mut old, &mut value) {
                    let inner = Merge::new(mem::take(left), mem::take(right));
                    outer.push((mem::replace(&mut merge, inner), key));
                } else {
                    merge.done.push((key, value));
                }
            }
            merge.done.extend(merge.left.into_iter().flatten());
            let merged = Tree::Object(merge.done);
            match outer.pop() {
                None => return merged,
                Some((mut next, key)) => {
                    next.done.push((key, merged));
                    merge = next;
                }
            }
        }
    }

    fn is_nested(&self) -> bool {
        match self {
            Tree::Array(items) => !items.is_empty(),
            Tree::Object(entries) => !entries.is_empty(),
            _ => false,
        }
    }

    /// Moves the containers among the children out, leaving `null`s.
    fn hand_over(&mut self, to: &mut Vec<Tree>) {
        match self {
            Tree::Array(items) => {
                to.extend(
                    items
                        .iter_mut()
                        .filter(|item| item.is_nested())
                        .map(mem::take),
                );
            }
            Tree::Object(entries) => {
                let values = entries.iter_mut().map(|(_, value)| value);
                to.extend(values.filter(|value| value.is_nested()).map(mem::take));
            }
            _ => {}
        }
    }
}

/// Two objects being merged into `done`.
struct Merge {
    left: Vec<Option<(String, Tree)>>,
    /// Where the keys of `left` are; empty for small ones, which are searched.
    places: HashMap<String, usize>,
    right: std::vec::IntoIter<(String, Tree)>,
    done: Vec<(String, Tree)>,
}

impl Merge {
    fn new(left: Vec<(String, Tree)>, right: Vec<(String, Tree)>) -> Merge {
        let mut places = HashMap::new();
        if left.len() > SMALL {
            places.extend(
                left.iter()
                    .enumerate()
                    .map(|(at, (key, _))| (key.clone(), at)),
            );
        }
        let done = Vec::with_capacity(left.len().max(right.len()));
        let left = left.into_iter().map(Some).collect();
        Merge {
            left,
            places,
            right: right.into_iter(),
            done,
        }
    }

    fn take_left(&mut self, key: &str) -> Option<Tree> {
        let at = if self.left.len() > SMALL {
            self.places.get(key).copied()
        } else {
            self.left
                .iter()
                .position(|slot| slot.as_ref().is_some_and(|(name, _)| name == key))
        };
        self.left.get_mut(at?)?.take().map(|(_, value)| value)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let mut rest = Vec::new();
        self.hand_over(&mut rest);
        while let Some(mut tree) = rest.pop() {
            tree.hand_over(&mut rest);
        }
    }
}

impl Clone for Tree {
    fn clone(&self) -> Tree {
        walk::build(self)
    }
}

impl PartialEq for Tree {
    fn eq(&self, other: &Tree) -> bool {
        let mut pairs = vec![(self, other)];
        while let Some(pair) = pairs.pop() {
            let same = match pair {
                (Tree::Null, Tree::Null) => true,
                (Tree::Bool(a), Tree::Bool(b)) => a == b,
                (Tree::Number(a), Tree::Number(b)) | (Tree::String(a), Tree::String(b)) => a == b,
                (Tree::Array(a), Tree::Array(b)) => {
                    pairs.extend(a.iter().zip(b));
                    a.len() == b.len()
                }
                (Tree::Object(a), Tree::Object(b)) => {
                    let mut same = a.len() == b.len();
                    pairs.extend(a.iter().zip(b).map(|((a_key, a), (b_key, b))| {
                        same &= a_key == b_key;
                        (a, b)
                    }));
                    same
                }
                _ => false,
            };
            if !same {
                return false;
            }
        }
        true
    }
}

impl Eq for Tree {}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tree({})", self.to_json())
    }
}

impl From<&str> for Tree {
    fn from(text: &str) -> Tree {
        Tree::String(text.to_owned())
    }
}

impl From<String> for Tree {
    fn from(text: String) -> Tree {
        Tree::String(text)
    }
}

impl From<i64> for Tree {
    fn from(number: i64) -> Tree {
        Tree::Number(number.to_string())
    }
}

impl From<bool> for Tree {
    fn from(truth: bool) -> Tree {
        Tree::Bool(truth)
    }
}

/// Entries of a tree's object, for walking.
pub(crate) struct TreeEntries<'t>(std::slice::Iter<'t, (String, Tree)>);

impl<'t> Iterator for TreeEntries<'t> {
    type Item = (Name<'t>, &'t Tree);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| {
            (
                Name {
                    chars: key,
                    quoted: None,
                },
                value,
            )
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for TreeEntries<'_> {}

impl<'t> Walk<'t> for &'t Tree {
    type Items = std::slice::Iter<'t, Tree>;
    type Entries = TreeEntries<'t>;

    fn verbatim(self) -> Option<&'t str> {
        None
    }

    fn view(self) -> View<'t, Self::Items, Self::Entries> {
        match self {
            Tree::Null => View::Null,
            Tree::Bool(truth) => View::Bool(*truth),
            Tree::Number(text) => View::Number(text),
            Tree::String(text) => View::String(text),
            Tree::Array(items) => View::Array(items.iter()),
            Tree::Object(entries) => View::Object(TreeEntries(entries.iter())),
        }
    }
}

#[cfg(test)]
mod tests;
