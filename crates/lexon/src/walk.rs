//! Going over a document or a tree with a stack of its own, so that depth costs heap only.

use crate::tree::Tree;

/// One value, opened.
pub(crate) enum View<'a, I, E> {
    Null,
    Bool(bool),
    Number(&'a str),
    String(&'a str),
    Array(I),
    Object(E),
}

/// A key: its characters and, where it lies ready, its `noSpaces` text with the quotes.
#[derive(Clone, Copy)]
pub(crate) struct Name<'a> {
    pub(crate) chars: &'a str,
    pub(crate) quoted: Option<&'a str>,
}

/// Something that has the shape of JSON.
pub(crate) trait Walk<'a>: Copy {
    type Items: ExactSizeIterator<Item = Self>;
    type Entries: ExactSizeIterator<Item = (Name<'a>, Self)>;

    /// The `noSpaces` text, where it lies ready.
    fn verbatim(self) -> Option<&'a str>;

    fn view(self) -> View<'a, Self::Items, Self::Entries>;
}

/// A container half built: what is to come, what is done and, for an object, the key in hand.
enum Part<'a, N: Walk<'a>> {
    Array(N::Items, Vec<Tree>),
    Object(N::Entries, Vec<(String, Tree)>, &'a str),
}

/// An owned copy.
pub(crate) fn build<'a, N: Walk<'a>>(root: N) -> Tree {
    let mut parts: Vec<Part<'a, N>> = Vec::new();
    let mut value = root;
    'value: loop {
        let mut done = match value.view() {
            View::Null => Tree::Null,
            View::Bool(truth) => Tree::Bool(truth),
            View::Number(text) => Tree::Number(text.to_owned()),
            View::String(text) => Tree::String(text.to_owned()),
            View::Array(mut items) => {
                let built = Vec::with_capacity(items.len());
                match items.next() {
                    Some(first) => {
                        parts.push(Part::Array(items, built));
                        value = first;
                        continue 'value;
                    }
                    None => Tree::Array(built),
                }
            }
            View::Object(mut entries) => {
                let built = Vec::with_capacity(entries.len());
                match entries.next() {
                    Some((key, first)) => {
                        parts.push(Part::Object(entries, built, key.chars));
                        value = first;
                        continue 'value;
                    }
                    None => Tree::Object(built),
                }
            }
        };
        loop {
            done = match parts.pop() {
                None => return done,
                Some(Part::Array(mut items, mut built)) => {
                    built.push(done);
                    if let Some(next) = items.next() {
                        parts.push(Part::Array(items, built));
                        value = next;
                        continue 'value;
                    }
                    Tree::Array(built)
                }
                Some(Part::Object(mut entries, mut built, key)) => {
                    built.push((key.to_owned(), done));
                    if let Some((key, next)) = entries.next() {
                        parts.push(Part::Object(entries, built, key.chars));
                        value = next;
                        continue 'value;
                    }
                    Tree::Object(built)
                }
            };
        }
    }
}
