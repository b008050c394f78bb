//! Moves from node to node: up, down, to the sides, and the text of a node.

use std::borrow::Cow;

use super::{Exploit, Found, Walker, missing, rule};
use crate::tables::Step;
use crate::tree::{NIL, What};

/// The rules whose nodes a path calls by this name, a bit for each.
fn wanted(name: u32) -> u64 {
    use rule::*;
    let rules: &[u8] = match name {
        1 => &[PRODUCT, COMMENT_PRODUCT, PRODUCT_NAME_NO_VERSION],
        2 => &[PRODUCT_NAME],
        3 => &[
            PRODUCT_VERSION,
            PRODUCT_VERSION_COMMAS,
            PRODUCT_VERSION_WORDS,
            PRODUCT_VERSION_WORD,
        ],
        4 => &[COMMENT_BLOCK],
        5 => &[COMMENT_ENTRY],
        6 => &[
            MULTIPLE_WORDS,
            VERSION_WORDS,
            EMPTY_WORD,
            ROOT_TEXT,
            KEY_VALUE_VERSION,
        ],
        7 => &[URL, PRODUCT_NAME_URL],
        8 => &[EMAIL, PRODUCT_NAME_EMAIL],
        9 => &[BASE64],
        10 => &[UUID, PRODUCT_NAME_UUID],
        11 => &[KEY_VALUE, KEY_WITHOUT_VALUE, PRODUCT_NAME_KEY_VALUE],
        12 => &[KEY_NAME],
        13 => &[
            UUID,
            MULTIPLE_WORDS,
            URL,
            EMAIL,
            KEY_VALUE_VERSION,
            KEY_VALUE_PRODUCT_VERSION,
        ],
        _ => &[],
    };
    rules.iter().fold(0, |bits, rule| bits | 1 << rule)
}

impl<'a> Walker<'a> {
    /// The source text of a node; `None` for the node that is not there.
    pub fn source(&self, node: u32) -> Option<Cow<'a, str>> {
        self.tree.node(node)?;
        match self.tree.span(node) {
            Some((start, end)) => self
                .text
                .get(start as usize..end as usize)
                .map(Cow::Borrowed),
            None => {
                let mut text = String::new();
                self.joined(node, &mut text);
                Some(Cow::Owned(text))
            }
        }
    }

    /// The texts of all tokens below a node, put together.
    pub fn joined(&self, node: u32, out: &mut String) {
        let mut todo = vec![node];
        while let Some(id) = todo.pop() {
            match self.tree.node(id).map(|n| n.what) {
                Some(What::Rule(_)) => {
                    let at = todo.len();
                    todo.extend(self.tree.children(id));
                    if let Some(added) = todo.get_mut(at..) {
                        added.reverse();
                    }
                }
                Some(What::Token(token) | What::Error(token)) => {
                    match self.tree.tokens.get(token as usize) {
                        Some(t) if t.kind == 0 => out.push_str("<EOF>"),
                        Some(t) => out.push_str(
                            self.text
                                .get(t.start as usize..t.end as usize)
                                .unwrap_or(""),
                        ),
                        None => {}
                    }
                }
                Some(What::Missing(kind)) => out.push_str(missing(kind)),
                None => {}
            }
        }
    }

    pub(super) fn above(&self, node: u32) -> Option<u32> {
        let mut parent = self.tree.parent(node)?;
        while matches!(
            self.tree.rule(parent),
            Some(rule::PRODUCT_NAME | rule::PRODUCT_VERSION | rule::PRODUCT_VERSION_COMMAS)
        ) {
            parent = self.tree.parent(parent)?;
        }
        Some(parent)
    }

    pub(super) fn separates(&self, node: u32) -> bool {
        self.tree
            .rule(node)
            .is_none_or(|rule| rule == rule::SEPARATOR)
    }

    pub(super) fn next(&self, node: u32, steps: u32) -> Option<u32> {
        let parent = self.above(node)?;
        let mut after = self
            .tree
            .children(parent)
            .skip_while(|&child| child != node)
            .skip(1);
        let mut left = steps;
        after.find(|&child| {
            if self.separates(child) {
                return false;
            }
            left = left.saturating_sub(1);
            left == 0
        })
    }

    pub(super) fn previous(&self, node: u32) -> Option<u32> {
        let parent = self.above(node)?;
        let (mut before, mut current) = (None, None);
        for child in self.tree.children(parent) {
            if current.is_none_or(|c| !self.separates(c)) {
                before = current;
            }
            current = Some(child);
            if child == node {
                break;
            }
        }
        before
    }

    pub(super) fn previous_by(&self, node: u32, steps: u32) -> Result<Option<u32>, Exploit> {
        let Some(parent) = self.above(node) else {
            return Ok(None);
        };
        let mut known: Vec<Option<u32>> = Vec::new();
        let mut current = None;
        for child in self.tree.children(parent) {
            if current.is_none_or(|c| !self.separates(c)) {
                // The library keeps twenty siblings and fails on the next.
                if known.len() >= 20 {
                    return Err(Exploit);
                }
                known.push(current);
            }
            current = Some(child);
            if child == node {
                let last = known.len() - 1;
                if last < steps as usize {
                    return Ok(None);
                }
                return Ok(known.get(last + 1 - steps as usize).copied().flatten());
            }
        }
        Ok(None)
    }

    /// Runs `steps` from each part of that name and number below a node until one leads on.
    pub(super) fn down(
        &self,
        node: u32,
        [name, from, to]: [u32; 3],
        steps: &'a [Step],
    ) -> Result<Option<Found<'a>>, Exploit> {
        use rule::*;
        let of = |node: u32, kind: u8| {
            let children = self.tree.children(node);
            children.filter(move |&c| self.tree.rule(c) == Some(kind))
        };
        let mut node = node;
        loop {
            let Some(kind) = self.tree.rule(node) else {
                return Ok(None);
            };
            let last = self.tree.node(node).map_or(NIL, |n| n.last);
            match kind {
                USER_AGENT => {
                    let mut found = self.named(node, name, from, to).peekable();
                    if found.peek().is_some() {
                        return self.first(found, steps);
                    }
                    node = last;
                }
                PRODUCT_NAME_KEY_VALUE if name == 12 => {
                    return self.first(of(node, KEY_NAME).take(1), steps);
                }
                PRODUCT_NAME_KEY_VALUE if name == 13 => {
                    let kinds = [MULTIPLE_WORDS, KEY_VALUE_PRODUCT_VERSION, URL, EMAIL, UUID];
                    let kind = kinds.into_iter().find(|&k| of(node, k).next().is_some());
                    return kind.map_or(Ok(None), |kind| self.first(of(node, kind), steps));
                }
                ROOT_ELEMENTS
                | PRODUCT
                | PRODUCT_NAME_NO_VERSION
                | COMMENT_PRODUCT
                | PRODUCT_NAME
                | PRODUCT_VERSION
                | PRODUCT_VERSION_COMMAS
                | PRODUCT_NAME_KEY_VALUE
                | KEY_VALUE
                | KEY_WITHOUT_VALUE
                | COMMENT_BLOCK
                | COMMENT_ENTRY => {
                    return self.first(self.named(node, name, from, to), steps);
                }
                // The other rules pass the question on to their last part.
                _ => node = last,
            }
        }
    }

    pub(super) fn first(
        &self,
        nodes: impl Iterator<Item = u32>,
        steps: &'a [Step],
    ) -> Result<Option<Found<'a>>, Exploit> {
        for node in nodes {
            if let Some(found) = self.walk(steps, node, None)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    pub(super) fn named(
        &self,
        node: u32,
        name: u32,
        from: u32,
        to: u32,
    ) -> impl Iterator<Item = u32> {
        let own_count = name == 3 || name == 4;
        let (wanted, mut index) = (wanted(name), 0);
        self.tree
            .children(node)
            .filter(|&child| !self.separates(child))
            .map_while(move |child| {
                let fits = self.tree.rule(child).is_some_and(|r| wanted >> r & 1 == 1);
                index += u32::from(!own_count || fits);
                if fits && index > to {
                    return None;
                }
                Some((fits && index >= from).then_some(child))
            })
            .flatten()
    }

    pub(super) fn is_version(&self, node: u32) -> bool {
        use rule::*;
        let Some(n) = self.tree.node(node) else {
            return false;
        };
        n.children == 1
            && matches!(
                self.tree.rule(n.first),
                Some(
                    SINGLE_VERSION
                        | SINGLE_VERSION_COMMAS
                        | PRODUCT_VERSION
                        | PRODUCT_VERSION_WORD
                        | PRODUCT_VERSION_COMMAS
                )
            )
    }
}
