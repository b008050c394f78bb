//! Walks the parse tree along the steps of an expression.

mod moves;

use std::borrow::Cow;

use crate::java;
use crate::normalize;
use crate::ops::{NONE, step};
use crate::parts::Parts;
use crate::tables::{Step, Tables};
use crate::tree::Tree;
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

impl<'a> Walker<'a> {
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
