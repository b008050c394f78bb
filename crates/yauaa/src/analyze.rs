//! Tells the index what the tree holds and tries the matchers that were touched.

use std::borrow::Cow;

use crate::agent::Value;
use crate::fields::{Fields, Id};
use crate::java;
use crate::ops::{NONE, action};
use crate::tables::Tables;
use crate::tree::{NIL, Tree, What};
use crate::walk::{Exploit, Walker, missing, rule};
use crate::words::Splitter;

/// A value an action was told of.
#[derive(Clone, Debug)]
enum Told {
    /// A part of the agent.
    Span(u32, u32),
    /// A text of its own.
    Text(Box<str>),
    /// Nothing.
    Null,
}

#[derive(Debug)]
struct Match {
    told: Told,
    node: u32,
    next: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    path: u32,
    known: bool,
    child: u32,
    version: u32,
    comment: u32,
}

/// Working memory, kept between agents.
#[derive(Debug, Default)]
pub struct Scratch {
    matches: Vec<Match>,
    heads: Vec<u32>,
    tails: Vec<u32>,
    informed: Vec<u32>,
    received: Vec<i64>,
    touched: Vec<bool>,
    order: Vec<u32>,
    seen: Vec<u32>,
    places: Vec<Place>,
    lower: String,
    parts: Vec<(usize, usize)>,
    found: Vec<Option<Value>>,
}

const AGENT: u32 = 0;
const PRODUCT: u32 = 1;
const NAME: u32 = 2;
const VERSION: u32 = 3;
const COMMENTS: u32 = 4;
const ENTRY: u32 = 5;
const TEXT: u32 = 6;
const URL: u32 = 7;
const EMAIL: u32 = 8;
const BASE64: u32 = 9;
const UUID: u32 = 10;
const KEYVALUE: u32 = 11;
const KEY: u32 = 12;
/// The index place of the syntax error field; place 0 is `agent`.
const ERROR_PATH: u32 = 1;

/// One analysis.
pub struct Analysis<'a> {
    tables: &'a Tables,
    walker: Walker<'a>,
    scratch: &'a mut Scratch,
    /// Matchers that need no input.
    free: &'a [bool],
}

impl<'a> Analysis<'a> {
    /// Readies the working memory.
    pub fn new(
        tables: &'a Tables,
        tree: &'a Tree,
        text: &'a str,
        free: &'a [bool],
        scratch: &'a mut Scratch,
    ) -> Self {
        scratch.heads.resize(tables.actions.len(), NIL);
        scratch.tails.resize(tables.actions.len(), NIL);
        scratch.found.resize(tables.actions.len(), None);
        scratch.received.resize(tables.matchers.len(), 0);
        scratch.touched.resize(tables.matchers.len(), false);
        for id in scratch.informed.drain(..) {
            if let Some(head) = scratch.heads.get_mut(id as usize) {
                *head = NIL;
            }
        }
        for matcher in scratch.seen.drain(..) {
            if let (Some(count), Some(flag)) = (
                scratch.received.get_mut(matcher as usize),
                scratch.touched.get_mut(matcher as usize),
            ) {
                *count = 0;
                *flag = false;
            }
        }
        scratch.matches.clear();
        scratch.order.clear();
        scratch.places.clear();
        scratch.places.resize(tree.nodes.len(), Place::default());
        Self {
            tables,
            walker: Walker { tables, tree, text },
            scratch,
            free,
        }
    }

    /// Tells everything, then tries the matchers and fills `fields`.
    pub fn run(
        &mut self,
        syntax_error: bool,
        free: &[u32],
        fields: &mut Fields<'_>,
    ) -> Result<(), Exploit> {
        let error = if syntax_error { "true" } else { "false" };
        self.tell_index(ERROR_PATH, error, &Told::Text(error.into()), NIL);
        self.flatten()?;
        self.tell_index(ERROR_PATH, error, &Told::Text(error.into()), NIL);
        let order = std::mem::take(&mut self.scratch.order);
        for &matcher in &order {
            self.try_matcher(matcher, fields)?;
        }
        self.scratch.order = order;
        for &matcher in free {
            self.try_matcher(matcher, fields)?;
        }
        fields.spread();
        Ok(())
    }

    fn flatten(&mut self) -> Result<(), Exploit> {
        let tree = self.walker.tree;
        for id in 0..tree.nodes.len() as u32 {
            let Some(kind) = tree.rule(id) else { continue };
            match kind {
                rule::USER_AGENT => {
                    if let Some(place) = self.scratch.places.get_mut(id as usize) {
                        *place = Place {
                            path: 0,
                            known: true,
                            ..Place::default()
                        };
                    }
                    let text = self.walker.text;
                    self.tell(0, text, Told::Span(0, text.len() as u32), id);
                }
                rule::ROOT_TEXT | rule::MULTIPLE_WORDS | rule::VERSION_WORDS => {
                    self.words(id, TEXT, Splitter::Words)
                }
                rule::PRODUCT | rule::COMMENT_PRODUCT | rule::PRODUCT_NAME_NO_VERSION => {
                    self.words(id, PRODUCT, Splitter::Words);
                }
                rule::PRODUCT_NAME_EMAIL | rule::PRODUCT_NAME_URL | rule::PRODUCT_NAME_UUID => {
                    self.whole(id, NAME)
                }
                rule::PRODUCT_NAME_WORDS | rule::PRODUCT_NAME_VERSION => {
                    self.words(id, NAME, Splitter::Words)
                }
                rule::PRODUCT_NAME_KEY_VALUE => {
                    let path = self.path(id, NAME, false);
                    let path = self.tables.child(path, 1, KEYVALUE);
                    self.remember(id, path);
                    let mut text = String::new();
                    self.walker.joined(id, &mut text);
                    let told = Told::Text(text.as_str().into());
                    self.tell(path, &text, told, id);
                    let path = self.path(id, NAME, true);
                    self.parts(id, NAME, path, Splitter::Words);
                }
                rule::PRODUCT_VERSION | rule::PRODUCT_VERSION_COMMAS => {
                    let first = tree.node(id).map_or(NIL, |n| n.first);
                    if !matches!(
                        tree.rule(first),
                        Some(rule::SINGLE_VERSION | rule::SINGLE_VERSION_COMMAS)
                    ) {
                        self.whole(id, VERSION);
                    }
                }
                rule::PRODUCT_VERSION_WORD => self.whole(id, VERSION),
                rule::SINGLE_VERSION | rule::SINGLE_VERSION_COMMAS => {
                    self.words(id, VERSION, Splitter::Version)
                }
                rule::PRODUCT_VERSION_WORDS
                | rule::KEY_VALUE_PRODUCT_VERSION
                | rule::KEY_VALUE_VERSION => {
                    self.words(id, VERSION, Splitter::Words);
                }
                rule::COMMENT_BLOCK => self.whole(id, COMMENTS),
                rule::COMMENT_ENTRY => self.words(id, ENTRY, Splitter::Words),
                rule::KEY_VALUE | rule::KEY_WITHOUT_VALUE => self.whole(id, KEYVALUE),
                rule::KEY_NAME => self.words(id, KEY, Splitter::Words),
                rule::URL => self.token(id, URL, 27)?,
                rule::UUID => self.token(id, UUID, 26)?,
                rule::EMAIL => self.token(id, EMAIL, 12)?,
                rule::BASE64 => self.token(id, BASE64, 34)?,
                rule::EMPTY_WORD => {
                    let path = self.path(id, TEXT, false);
                    self.remember(id, path);
                    self.tell(path, "", Told::Span(0, 0), id);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The index place of a node, counted among its siblings; a fake child is not counted.
    fn path(&mut self, id: u32, name: u32, fake: bool) -> u32 {
        let tree = self.walker.tree;
        let mut above = tree.parent(id);
        while let Some(node) = above {
            if let Some(place) = self
                .scratch
                .places
                .get_mut(node as usize)
                .filter(|p| p.known)
            {
                let counter = match name {
                    COMMENTS => &mut place.comment,
                    VERSION => &mut place.version,
                    _ => &mut place.child,
                };
                if !fake {
                    *counter += 1;
                }
                return self.tables.child(place.path, *counter, name);
            }
            above = tree.parent(node);
        }
        if name == AGENT { 0 } else { NONE }
    }

    /// The index place a part of a node is told at: always counted as a plain child.
    fn part_path(&self, id: u32, name: u32) -> u32 {
        let tree = self.walker.tree;
        let mut above = tree.parent(id);
        while let Some(node) = above {
            if let Some(place) = self.scratch.places.get(node as usize).filter(|p| p.known) {
                return self.tables.child(place.path, place.child, name);
            }
            above = tree.parent(node);
        }
        NONE
    }

    fn remember(&mut self, id: u32, path: u32) {
        if let Some(place) = self.scratch.places.get_mut(id as usize) {
            *place = Place {
                path,
                known: true,
                ..Place::default()
            };
        }
    }

    fn span(&self, id: u32) -> (Cow<'a, str>, Told) {
        let text = self.walker.source(id).unwrap_or_default();
        let told = match (self.walker.tree.span(id), &text) {
            (Some((start, end)), Cow::Borrowed(_)) => Told::Span(start, end),
            _ => Told::Text(text.as_ref().into()),
        };
        (text, told)
    }

    fn whole(&mut self, id: u32, name: u32) {
        let path = self.path(id, name, false);
        self.remember(id, path);
        let (text, told) = self.span(id);
        self.tell(path, &text, told, id);
    }

    fn token(&mut self, id: u32, name: u32, kind: u8) -> Result<(), Exploit> {
        let walker = self.walker;
        let mut label = None;
        for child in walker.tree.children(id) {
            match walker.tree.node(child).map(|n| n.what) {
                Some(What::Token(at)) => {
                    if let Some(token) = walker
                        .tree
                        .tokens
                        .get(at as usize)
                        .filter(|t| t.kind == kind)
                    {
                        label = Some(Told::Span(token.start, token.end));
                    }
                }
                Some(What::Missing(missed)) if missed == kind => {
                    label = Some(Told::Text(missing(kind).into()))
                }
                _ => {}
            }
        }
        // The library reads the text of a token that is not there.
        let told = label.ok_or(Exploit)?;
        let path = self.path(id, name, false);
        self.remember(id, path);
        match &told {
            Told::Span(start, end) => {
                let text = walker
                    .text
                    .get(*start as usize..*end as usize)
                    .unwrap_or("");
                self.tell(path, text, told.clone(), id);
            }
            Told::Text(text) => self.tell(path, text, told.clone(), id),
            Told::Null => {}
        }
        Ok(())
    }

    fn words(&mut self, id: u32, name: u32, splitter: Splitter) {
        let path = self.path(id, name, false);
        self.remember(id, path);
        self.parts(id, name, path, splitter);
    }

    /// Tells the text of a node and the parts of it some rule asks for.
    fn parts(&mut self, id: u32, name: u32, path: u32, splitter: Splitter) {
        let (text, told) = self.span(id);
        self.tell(path, &text, told.clone(), id);
        if path == NONE {
            return;
        }
        let ranges = self.tables.ranges(path);
        if ranges.is_empty() {
            return;
        }
        let base = match told {
            Told::Span(start, _) => Some(start),
            _ => None,
        };
        let mut places = std::mem::take(&mut self.scratch.parts);
        if ranges.len() > 4 {
            splitter.all(&text, &mut places);
        }
        // Parts of versions are counted among the plain children, as in the library.
        let at = self.part_path(id, name);
        for &(first, last, own) in ranges {
            let part = if ranges.len() > 4 {
                Splitter::range_of(&text, &places, first, last)
            } else {
                splitter.range(&text, first, last)
            };
            let Some(part) = part else { continue };
            let target = if at == path {
                own
            } else {
                self.tables
                    .ranges(at)
                    .iter()
                    .find(|r| r.0 == first && r.1 == last)
                    .map_or(NONE, |r| r.2)
            };
            if target == NONE {
                continue;
            }
            let offset = part.as_ptr() as usize - text.as_ptr() as usize;
            let told = match base {
                Some(base) => Told::Span(base + offset as u32, base + (offset + part.len()) as u32),
                None => Told::Text(part.into()),
            };
            self.tell(target, part, told, id);
        }
        self.scratch.parts = places;
    }

    fn tell(&mut self, path: u32, value: &str, told: Told, node: u32) {
        if path != NONE {
            self.tell_index(path, value, &told, node);
        }
    }

    fn tell_index(&mut self, path: u32, value: &str, told: &Told, node: u32) {
        let tables = self.tables;
        let Some(place) = tables.path(path) else {
            return;
        };
        for &id in tables.list(place.plain) {
            self.inform(id, told.clone(), node);
        }
        let mut lower = std::mem::take(&mut self.scratch.lower);
        lower.clear();
        if value.is_ascii() {
            lower.push_str(value);
            lower.make_ascii_lowercase();
        } else {
            lower.push_str(&java::to_lower(value));
        }
        if let Some(known) = tables.value(&lower) {
            for &id in tables.keyed(path, 1, known) {
                self.inform(id, told.clone(), node);
            }
        }
        let mut lengths = place.prefixes;
        while lengths != 0 {
            let length = (lengths & 3) as usize;
            lengths >>= 2;
            let Some((end, _)) = value
                .char_indices()
                .map(|(at, c)| (at + c.len_utf8(), c))
                .nth(length - 1)
            else {
                continue;
            };
            let head = java::to_lower(value.get(..end).unwrap_or(""));
            if java::length(&head) == length
                && let Some(known) = tables.value(&head)
            {
                for &id in tables.keyed(path, 2, known) {
                    self.inform(id, told.clone(), node);
                }
            }
        }
        self.scratch.lower = lower;
    }

    fn inform(&mut self, id: u32, told: Told, node: u32) {
        let Some(one) = self.tables.actions.get(id as usize) else {
            return;
        };
        let at = id as usize;
        let matcher = one.matcher as usize;
        let scratch = &mut *self.scratch;
        if let Some(flag) = scratch.touched.get_mut(matcher)
            && !*flag
        {
            *flag = true;
            scratch.seen.push(one.matcher);
            if self.free.get(matcher) != Some(&true) {
                scratch.order.push(one.matcher);
            }
        }
        let (Some(head), Some(tail), Some(count)) = (
            scratch.heads.get_mut(at),
            scratch.tails.get_mut(at),
            scratch.received.get_mut(matcher),
        ) else {
            return;
        };
        let next = scratch.matches.len() as u32;
        if *head == NIL {
            *head = next;
            scratch.informed.push(id);
            if one.kind & action::NEEDS_INPUT != 0 {
                *count = count.saturating_add(1);
            }
        } else if let Some(last) = scratch.matches.get_mut(*tail as usize) {
            last.next = next;
        }
        *tail = next;
        scratch.matches.push(Match {
            told,
            node,
            next: NIL,
        });
        if one.kind & 7 == action::FAIL && one.steps.1 == 0 {
            *count = i64::MIN / 2;
        }
    }

    fn try_matcher(&mut self, matcher: u32, fields: &mut Fields<'_>) -> Result<(), Exploit> {
        let tables = self.tables;
        let Some(one) = tables.matchers.get(matcher as usize) else {
            return Ok(());
        };
        if self.scratch.received.get(matcher as usize) != Some(&i64::from(one.needs)) {
            return Ok(());
        }
        for id in one.actions.0..one.actions.0 + one.actions.1 {
            if !self.obtain(id)? {
                return Ok(());
            }
        }
        for output in tables.outputs(one.outputs) {
            let id: Id = Fields::number(output.field);
            fields.touch(id);
            if output.confidence <= fields.confidence(id) {
                continue;
            }
            let value = match output.source {
                0 => Some(Value::from(tables.string(output.value))),
                1 => self
                    .scratch
                    .found
                    .get(output.value as usize)
                    .cloned()
                    .flatten(),
                _ => None,
            };
            fields.set(id, value, output.confidence);
        }
        Ok(())
    }

    /// Whether an action has what it wants.
    fn obtain(&mut self, id: u32) -> Result<bool, Exploit> {
        let tables = self.tables;
        let Some(one) = tables.actions.get(id as usize) else {
            return Ok(false);
        };
        let steps = tables.steps(one.steps);
        let walker = self.walker;
        let mut at = self.scratch.heads.get(id as usize).copied().unwrap_or(NIL);
        let mut found = None;
        if at == NIL && one.kind & action::NEEDS_MATCH == 0 {
            found = walker.walk(steps, NIL, None)?;
        }
        while at != NIL {
            let Some(entry) = self.scratch.matches.get(at as usize) else {
                break;
            };
            at = entry.next;
            let (node, value) = match &entry.told {
                Told::Span(start, end) => (
                    entry.node,
                    walker
                        .text
                        .get(*start as usize..*end as usize)
                        .map(Cow::Borrowed),
                ),
                Told::Text(text) => (entry.node, Some(Cow::Owned(text.to_string()))),
                Told::Null => (entry.node, None),
            };
            // Without steps the value is taken as it is, nothing included.
            found = if steps.is_empty() {
                Some((node, value))
            } else {
                walker.walk(steps, node, value)?
            };
            if found.is_some() {
                break;
            }
        }
        match one.kind & 7 {
            action::VARIABLE => {
                let Some((node, value)) = found else {
                    return Ok(false);
                };
                let told = value.map_or(Told::Null, |text| Told::Text(text.as_ref().into()));
                for &interested in tables.list(one.interested) {
                    self.inform(interested, told.clone(), node);
                }
                Ok(true)
            }
            action::REQUIRE => Ok(found.is_some()),
            action::FAIL => Ok(found.is_none()),
            _ => {
                let Some((_, Some(value))) = found else {
                    return Ok(false);
                };
                let value = Value::from(value);
                if let Some(cell) = self.scratch.found.get_mut(id as usize) {
                    *cell = Some(value);
                }
                Ok(true)
            }
        }
    }
}
