//! Walks the parse tree along the steps of an expression.

use std::borrow::Cow;

use crate::java;
use crate::normalize;
use crate::ops::{NONE, step};
use crate::parts::Parts;
use crate::tables::{Step, Tables};
use crate::tree::{NIL, Tree, What};
use crate::words::Splitter;

/// Rules of the grammar, by number.
pub mod rule {
    #![allow(missing_docs)]
    pub const USER_AGENT: u8 = 0;
    pub const ROOT_ELEMENTS: u8 = 1;
    pub const ROOT_TEXT: u8 = 2;
    pub const PRODUCT: u8 = 3;
    pub const COMMENT_PRODUCT: u8 = 4;
    pub const PRODUCT_VERSION_WORDS: u8 = 5;
    pub const PRODUCT_NAME: u8 = 6;
    pub const PRODUCT_NAME_WORDS: u8 = 7;
    pub const PRODUCT_VERSION: u8 = 8;
    pub const PRODUCT_VERSION_COMMAS: u8 = 9;
    pub const PRODUCT_VERSION_WORD: u8 = 10;
    pub const SINGLE_VERSION: u8 = 11;
    pub const SINGLE_VERSION_COMMAS: u8 = 12;
    pub const PRODUCT_NAME_VERSION: u8 = 13;
    pub const PRODUCT_NAME_EMAIL: u8 = 14;
    pub const PRODUCT_NAME_URL: u8 = 15;
    pub const PRODUCT_NAME_UUID: u8 = 16;
    pub const UUID: u8 = 17;
    pub const EMAIL: u8 = 18;
    pub const URL: u8 = 19;
    pub const BASE64: u8 = 20;
    pub const SEPARATOR: u8 = 21;
    pub const COMMENT_BLOCK: u8 = 22;
    pub const COMMENT_ENTRY: u8 = 23;
    pub const PRODUCT_NAME_KEY_VALUE: u8 = 24;
    pub const PRODUCT_NAME_NO_VERSION: u8 = 25;
    pub const KEY_VALUE_PRODUCT_VERSION: u8 = 26;
    pub const KEY_VALUE: u8 = 27;
    pub const KEY_WITHOUT_VALUE: u8 = 28;
    pub const KEY_VALUE_VERSION: u8 = 29;
    pub const KEY_NAME: u8 = 30;
    pub const EMPTY_WORD: u8 = 31;
    pub const MULTIPLE_WORDS: u8 = 32;
    pub const VERSION_WORDS: u8 = 33;
}

/// What a rule did that makes the library give up on the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exploit;

/// A place in the tree and a value there; `None` stands for Java's null.
pub type Found<'a> = (u32, Option<Cow<'a, str>>);

/// A walk over one tree.
#[derive(Clone, Copy)]
pub struct Walker<'a> {
    /// The rules.
    pub tables: &'a Tables,
    /// The tree.
    pub tree: &'a Tree,
    /// The text the tree is about.
    pub text: &'a str,
    /// What is known of the text and its parts.
    pub parts: &'a Parts,
}

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

    fn above(&self, node: u32) -> Option<u32> {
        let mut parent = self.tree.parent(node)?;
        while matches!(
            self.tree.rule(parent),
            Some(rule::PRODUCT_NAME | rule::PRODUCT_VERSION | rule::PRODUCT_VERSION_COMMAS)
        ) {
            parent = self.tree.parent(parent)?;
        }
        Some(parent)
    }

    fn separates(&self, node: u32) -> bool {
        self.tree
            .rule(node)
            .is_none_or(|rule| rule == rule::SEPARATOR)
    }

    fn next(&self, node: u32, steps: u32) -> Option<u32> {
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

    fn previous(&self, node: u32) -> Option<u32> {
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

    fn previous_by(&self, node: u32, steps: u32) -> Result<Option<u32>, Exploit> {
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
    fn down(
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

    fn first(
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

    fn named(&self, node: u32, name: u32, from: u32, to: u32) -> impl Iterator<Item = u32> {
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

    fn is_version(&self, node: u32) -> bool {
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

    /// Runs `steps` from a node and a value.
    pub fn walk(
        &self,
        mut steps: &'a [Step],
        mut node: u32,
        mut value: Option<Cow<'a, str>>,
    ) -> Result<Option<Found<'a>>, Exploit> {
        let text = |id: u32| self.tables.string(id);
        while let Some((&[code, a, b, c], rest)) = steps.split_first() {
            steps = rest;
            let to = match code {
                step::DOWN => return self.down(node, [a, b, c], rest),
                step::UP => self.above(node),
                step::NEXT => self.next(node, a),
                step::PREV if a == 1 => self.previous(node),
                step::PREV => self.previous_by(node, a)?,
                step::FULL => Some(node),
                step::DEFAULT => {
                    return Ok(match self.walk(rest, node, value)? {
                        Some(found) if found.1.is_some() => Some(found),
                        _ => Some((node, Some(Cow::Borrowed(text(a))))),
                    });
                }
                step::IS_NULL => {
                    return Ok(match self.walk(rest, node, value)? {
                        Some(found) if found.1.is_some() => None,
                        _ => Some((node, Some(Cow::Borrowed("<<<IsNull Success Value>>>")))),
                    });
                }
                _ => {
                    let actual = value.or_else(|| self.source(node));
                    // Null gets past a few steps only.
                    value = match actual {
                        Some(actual) => match self.apply([code, a, b], node, actual) {
                            Some(result) => Some(result),
                            // No brand is null, which the next step reads as the whole text of the node.
                            None if code == step::BRAND_FROM_URL => None,
                            None => return Ok(None),
                        },
                        None => match code {
                            step::WORDS | step::SEGMENTS => return Ok(None),
                            step::LOOKUP if b == NONE => return Ok(None),
                            step::LOOKUP => Some(Cow::Borrowed(text(b))),
                            step::CLEAN_VERSION | step::NORMALIZE => None,
                            step::CONCAT => {
                                let part = |id: u32| if id == NONE { "" } else { text(id) };
                                Some(Cow::Owned(format!("{}null{}", part(a), part(b))))
                            }
                            _ => return Err(Exploit),
                        },
                    };
                    continue;
                }
            };
            value = None;
            match to {
                Some(next) => node = next,
                None => return Ok(None),
            }
        }
        let value = value.or_else(|| self.source(node));
        Ok(Some((node, value)))
    }

    /// What a step makes of a value.
    fn apply(
        &self,
        [code, a, b]: [u32; 3],
        node: u32,
        actual: Cow<'a, str>,
    ) -> Option<Cow<'a, str>> {
        let text = |id: u32| self.tables.string(id);
        let or_default = |found: Option<&'a str>| match (found, b) {
            (Some(found), _) => Some(Cow::Borrowed(found)),
            (None, NONE) => None,
            (None, default) => Some(Cow::Borrowed(text(default))),
        };
        let fits = match code {
            step::EQUALS => java::equals_ignore_case(&actual, text(a)),
            step::NOT_EQUALS => !java::equals_ignore_case(&actual, text(a)),
            step::STARTS => java::starts_ignore_case(&actual, text(a)),
            step::ENDS => java::ends_ignore_case(&actual, text(a)),
            step::CONTAINS => self.contains(a, &actual),
            step::NOT_CONTAINS => !self.contains(a, &actual),
            step::IN_SET => self.find(a, &actual).is_some(),
            step::NOT_IN_SET => self.find(a, &actual).is_none(),
            step::IN_CONTAINS => self.find_inside(a, &actual).is_some(),
            step::NOT_IN_CONTAINS => self.find_inside(a, &actual).is_none(),
            step::IN_PREFIX => self.prefix(a, &actual).is_some(),
            step::NOT_IN_PREFIX => self.prefix(a, &actual).is_none(),
            step::VALID_VERSION => valid_version(&actual),
            step::LOOKUP => return or_default(self.find(a, &actual)),
            step::LOOKUP_CONTAINS => return or_default(self.find_inside(a, &actual)),
            step::LOOKUP_PREFIX => return or_default(self.prefix(a, &actual)),
            step::WORDS | step::SEGMENTS => {
                let splitter = match code {
                    step::SEGMENTS => Splitter::Segments,
                    _ if self.is_version(node) => Splitter::Version,
                    _ => Splitter::Words,
                };
                return match &actual {
                    Cow::Borrowed(text) => splitter.range(text, a, b).map(Cow::Borrowed),
                    Cow::Owned(text) => splitter
                        .range(text, a, b)
                        .map(|part| Cow::Owned(part.to_owned())),
                };
            }
            step::CLEAN_VERSION => {
                let clean = actual.strip_prefix(['X', 'x']).unwrap_or(&actual);
                return Some(Cow::Owned(
                    clean.replace('_', ".").replace('/', " ").replace(", ", "."),
                ));
            }
            step::REPLACE => return Some(Cow::Owned(actual.replace(text(a), text(b)))),
            step::NORMALIZE => return Some(Cow::Owned(normalize::brand(&actual))),
            step::BRAND_FROM_URL => {
                return normalize::brand_from_url(self.tables, &actual).map(Cow::Owned);
            }
            step::CONCAT => {
                let part = |id: u32| if id == NONE { "" } else { text(id) };
                return Some(Cow::Owned(format!("{}{actual}{}", part(a), part(b))));
            }
            _ => false,
        };
        fits.then_some(actual)
    }

    fn contains(&self, needle: u32, text: &str) -> bool {
        let known = self.parts.contains(self.text, text, needle);
        known.unwrap_or_else(|| java::to_lower(text).contains(self.tables.string(needle)))
    }

    /// What a look-up holds for a key.
    fn find(&self, map: u32, key: &str) -> Option<&'a str> {
        let number = self.parts.number(self.tables, self.text, key);
        let map = self.tables.map(map)?;
        let place = map.place(number)?;
        Some(self.tables.string(map.value(place)))
    }

    /// What a look-up holds for its first key that `text` contains.
    fn find_inside(&self, map: u32, text: &str) -> Option<&'a str> {
        let map = self.tables.map(map)?;
        let place = match self.parts.spots(self.text, text) {
            Some(spots) => spots.filter_map(|spot| map.place(spot.id)).min()?,
            None => {
                let lower = java::to_lower(text);
                let holds = |&(key, _): &(u32, u32)| lower.contains(self.tables.string(key));
                map.ordered.iter().position(holds)? as u32
            }
        };
        Some(self.tables.string(map.value(place)))
    }

    /// What a look-up holds for its longest key that starts `text`.
    fn prefix(&self, map: u32, text: &str) -> Option<&'a str> {
        match self.parts.lower(self.text, text) {
            Some(lower) => self.tables.longest_prefix(map, lower),
            None => {
                let letters = text.chars().take(200).map(java::lower_letter);
                self.tables
                    .longest_prefix(map, &letters.collect::<String>())
            }
        }
    }
}

/// The text of a missing token, as ANTLR words it.
pub fn missing(kind: u8) -> &'static str {
    match kind {
        0 => "<missing EOF>",
        12 => "<missing EMAIL>",
        13 => "<missing '{'>",
        14 => "<missing '}'>",
        15 => "<missing BRACEOPEN>",
        16 => "<missing BRACECLOSE>",
        17 => "<missing '['>",
        18 => "<missing ']'>",
        19 => "<missing ';'>",
        20 => "<missing ':'>",
        21 => "<missing ','>",
        22 => "<missing '/'>",
        23 => "<missing '='>",
        24 => "<missing '-'>",
        25 => "<missing '+'>",
        26 => "<missing UUID>",
        27 => "<missing URL>",
        28 => "<missing SPECIALVERSIONWORDS>",
        29 => "<missing UNASSIGNEDVARIABLE>",
        30 => "<missing GIBBERISH>",
        31 => "<missing '@'>",
        32 => "<missing WORD>",
        33 => "<missing VERSION>",
        34 => "<missing BASE64>",
        _ => "<missing token>",
    }
}

/// `[a-z]?\d+(?:[_.]\d+){0,5}(?:[-_.,][a-z\d._ -]+)?`, any case.
fn valid_version(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        bytes
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let mut at = usize::from(bytes.first().is_some_and(u8::is_ascii_alphabetic));
    let tail_fits = |from: usize| match bytes.get(from) {
        None => true,
        Some(b'-' | b'_' | b'.' | b',') => {
            let tail = bytes.get(from + 1..).unwrap_or_default();
            !tail.is_empty()
                && tail
                    .iter()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b' ' | b'-'))
        }
        Some(_) => false,
    };
    let count = digits(at);
    if count == 0 {
        return false;
    }
    at += count;
    // Backing off to fewer groups only helps the tail, so each place a group ends is tried.
    for _ in 0..6 {
        if tail_fits(at) {
            return true;
        }
        let more = match bytes.get(at) {
            Some(b'_' | b'.') => digits(at + 1),
            _ => 0,
        };
        if more == 0 {
            return false;
        }
        at += 1 + more;
    }
    false
}
