//! Tells the index what the tree holds and tries the matchers that were touched.

use std::borrow::Cow;

use crate::agent::Value;
use crate::fields::{Fields, Id};
use crate::java;
use crate::ops::{KEYED, NONE, action};
use crate::tables::{FAILS, Tables};
use crate::tree::{NIL, What};
use crate::walk::{Exploit, Walker, missing, rule};
use crate::words::Splitter;

/// A value an action was told of.
#[derive(Clone, Copy, Debug)]
enum Told {
    /// A part of the agent.
    Span(u32, u32),
    /// A text of its own, by its place in the working memory.
    Text(u32),
    /// Whether there was a syntax error.
    Error(bool),
    /// Nothing.
    Null,
}

/// A value, and the list of the actions told of it.
#[derive(Clone, Copy, Debug)]
struct Telling {
    told: Told,
    node: u32,
    list: u32,
}

/// Whether steps led to something from a node and a part of the agent.
#[derive(Clone, Copy, Debug, Default)]
struct Tried {
    agent: u32,
    steps: u32,
    node: u32,
    part: (u32, u32),
    found: bool,
}

/// How many of these are remembered.
const TRIED: usize = 256;

#[derive(Clone, Copy, Debug)]
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

/// What one action was told in one analysis: first and last match.
#[derive(Clone, Copy, Debug, Default)]
struct Chain {
    agent: u32,
    head: u32,
    tail: u32,
}

/// The actions of one matcher that were told something in one analysis, a bit for each.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    agent: u32,
    bits: u32,
}

/// The bit of a matcher that has all it needs.
const READY: u32 = 1 << 30;

/// Working memory, kept between agents. What belongs to an earlier agent has another number.
#[derive(Debug, Default)]
pub struct Scratch {
    agent: u32,
    tellings: Vec<Telling>,
    progress: Vec<Progress>,
    order: Vec<u32>,
    matches: Vec<Match>,
    chains: Vec<Chain>,
    tried: Vec<Tried>,
    texts: Vec<Box<str>>,
    places: Vec<Place>,
    parts: Vec<(usize, usize)>,
    found: Vec<Option<Value>>,
}

#[cfg(test)]
impl Scratch {
    /// Values told of for the last agent, and the actions that were told for matchers that could
    /// be tried.
    pub fn told(&self) -> usize {
        self.tellings.len() + self.matches.len()
    }
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
    walker: &'a Walker<'a>,
    scratch: &'a mut Scratch,
}

impl<'a> Analysis<'a> {
    /// Readies the working memory.
    pub fn new(walker: &'a Walker<'a>, scratch: &'a mut Scratch) -> Self {
        let tables = walker.tables;
        scratch.agent = scratch.agent.wrapping_add(1);
        if scratch.agent == 0 || scratch.progress.is_empty() {
            scratch.agent = 1;
            scratch.chains.clear();
            scratch.progress.clear();
            scratch.tried.clear();
            scratch.tried.resize(TRIED, Tried::default());
            scratch
                .chains
                .resize(tables.actions.len(), Chain::default());
            scratch.found.resize(tables.actions.len(), None);
            scratch
                .progress
                .resize(tables.matchers.len(), Progress::default());
        }
        scratch.tellings.clear();
        scratch.matches.clear();
        scratch.order.clear();
        scratch.texts.clear();
        scratch.places.clear();
        scratch
            .places
            .resize(walker.tree.nodes.len(), Place::default());
        Self {
            tables,
            walker,
            scratch,
        }
    }

    /// Tells everything, then tries the matchers and fills `fields`; matchers that need no input
    /// are `free`.
    pub fn run(
        &mut self,
        syntax_error: bool,
        free: &[u32],
        fields: &mut Fields<'_>,
    ) -> Result<(), Exploit> {
        let error = if syntax_error { "true" } else { "false" };
        self.tell(ERROR_PATH, error, Told::Error(syntax_error), NIL);
        self.flatten()?;
        self.tell(ERROR_PATH, error, Told::Error(syntax_error), NIL);
        self.choose(free);
        let order = std::mem::take(&mut self.scratch.order);
        for &matcher in order.iter().chain(free) {
            self.try_matcher(matcher, fields)?;
        }
        self.scratch.order = order;
        fields.spread();
        Ok(())
    }

    /// Keeps the matchers that have all they need, and what their actions were told.
    fn choose(&mut self, free: &[u32]) {
        let (tables, scratch) = (self.tables, &mut *self.scratch);
        let agent = scratch.agent;
        let progress = &mut scratch.progress;
        let mut ready = |matcher: u32| {
            let needs = tables.matchers.get(matcher as usize).map_or(0, |m| m.needs);
            let Some(known) = progress.get_mut(matcher as usize) else {
                return false;
            };
            if known.agent != agent {
                *known = Progress { agent, bits: 0 };
            }
            let ready = known.bits & (needs | FAILS) == needs;
            if ready {
                known.bits |= READY;
            }
            ready && needs != 0
        };
        // Those that need nothing are tried last.
        scratch.order.retain(|&matcher| ready(matcher));
        for &matcher in free {
            ready(matcher);
        }
        for telling in &scratch.tellings {
            for one in tables.list(telling.list) {
                let known = scratch.progress.get(one.matcher as usize);
                if known.is_some_and(|known| known.bits & READY != 0) {
                    let (chains, matches) = (&mut scratch.chains, &mut scratch.matches);
                    chain_to(
                        chains,
                        matches,
                        agent,
                        one.action,
                        telling.told,
                        telling.node,
                    );
                }
            }
        }
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
                    let told = self.told(&text);
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

    /// How actions are told of a value.
    fn told(&mut self, value: &str) -> Told {
        let text = self.walker.text;
        let start = (value.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
        let end = start.wrapping_add(value.len());
        if start <= text.len() && end <= text.len() {
            return Told::Span(start as u32, end as u32);
        }
        self.scratch.texts.push(value.into());
        Told::Text(self.scratch.texts.len() as u32 - 1)
    }

    fn whole(&mut self, id: u32, name: u32) {
        let path = self.path(id, name, false);
        self.remember(id, path);
        let text = self.walker.source(id).unwrap_or_default();
        let told = self.told(&text);
        self.tell(path, &text, told, id);
    }

    fn token(&mut self, id: u32, name: u32, kind: u8) -> Result<(), Exploit> {
        let walker = self.walker;
        let mut label = None;
        for child in walker.tree.children(id) {
            match walker.tree.node(child).map(|n| n.what) {
                Some(What::Token(at)) => {
                    let token = walker.tree.tokens.get(at as usize);
                    if let Some(token) = token.filter(|t| t.kind == kind) {
                        let text = walker.text.get(token.start as usize..token.end as usize);
                        label = Some(text.unwrap_or(""));
                    }
                }
                Some(What::Missing(missed)) if missed == kind => label = Some(missing(kind)),
                _ => {}
            }
        }
        // The library reads the text of a token that is not there.
        let text = label.ok_or(Exploit)?;
        let path = self.path(id, name, false);
        self.remember(id, path);
        let told = self.told(text);
        self.tell(path, text, told, id);
        Ok(())
    }

    fn words(&mut self, id: u32, name: u32, splitter: Splitter) {
        let path = self.path(id, name, false);
        self.remember(id, path);
        self.parts(id, name, path, splitter);
    }

    /// Tells the text of a node and the parts of it some rule asks for.
    fn parts(&mut self, id: u32, name: u32, path: u32, splitter: Splitter) {
        let text = self.walker.source(id).unwrap_or_default();
        let told = self.told(&text);
        self.tell(path, &text, told, id);
        if path == NONE {
            return;
        }
        let ranges = self.tables.ranges(path);
        if ranges.is_empty() {
            return;
        }
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
            let told = self.told(part);
            self.tell(target, part, told, id);
        }
        self.scratch.parts = places;
    }

    fn tell(&mut self, path: u32, value: &str, told: Told, node: u32) {
        let tables = self.tables;
        // There is nothing at the place for what no rule asks for.
        let Some(place) = tables.path(path) else {
            return;
        };
        self.inform(place.plain, told, node);
        if place.prefixes & KEYED != 0 {
            let walker = self.walker;
            let known = walker.parts.number(tables, walker.text, value);
            if known != NONE {
                self.inform(tables.keyed(path, 1, known), told, node);
            }
        }
        let mut lengths = place.prefixes & !KEYED;
        while lengths != 0 {
            let length = (lengths & 3) as usize;
            lengths >>= 2;
            let ends = value.char_indices().map(|(at, c)| at + c.len_utf8());
            let Some(head) = ends
                .take(length)
                .nth(length - 1)
                .and_then(|e| value.get(..e))
            else {
                continue;
            };
            let known = self.walker.parts.number(tables, self.walker.text, head);
            if known != NONE && java::length(&java::to_lower(head)) == length {
                self.inform(tables.keyed(path, 2, known), told, node);
            }
        }
    }

    fn inform(&mut self, list: u32, told: Told, node: u32) {
        let informs = self.tables.list(list);
        if informs.is_empty() {
            return;
        }
        let scratch = &mut *self.scratch;
        let agent = scratch.agent;
        for one in informs {
            let Some(known) = scratch.progress.get_mut(one.matcher as usize) else {
                continue;
            };
            if known.agent != agent {
                *known = Progress { agent, bits: 0 };
                scratch.order.push(one.matcher);
            }
            known.bits |= one.bits;
        }
        scratch.tellings.push(Telling { told, node, list });
    }

    fn try_matcher(&mut self, matcher: u32, fields: &mut Fields<'_>) -> Result<(), Exploit> {
        let tables = self.tables;
        let known = self.scratch.progress.get(matcher as usize);
        let Some(one) = tables
            .matchers
            .get(matcher as usize)
            .filter(|_| known.is_some_and(|known| known.bits & READY != 0))
        else {
            return Ok(());
        };
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
        let chain = self.scratch.chains.get(id as usize);
        let mut at = chain
            .filter(|chain| chain.agent == self.scratch.agent)
            .map_or(NIL, |chain| chain.head);
        let mut found = None;
        if at == NIL && one.kind & action::NEEDS_MATCH == 0 {
            found = walker.walk(steps, NIL, None)?;
        }
        while let Some(&Match { told, node, next }) = self.scratch.matches.get(at as usize) {
            at = next;
            let value = match told {
                Told::Span(start, end) => walker
                    .text
                    .get(start as usize..end as usize)
                    .map(Cow::Borrowed),
                Told::Text(text) => {
                    let text = self.scratch.texts.get(text as usize);
                    text.map(|text| Cow::Owned(text.to_string()))
                }
                Told::Error(error) => Some(Cow::Borrowed(if error { "true" } else { "false" })),
                Told::Null => None,
            };
            // Without steps the value is taken as it is, nothing included.
            if steps.is_empty() {
                found = Some((node, value));
                break;
            }
            // Many matchers ask the same.
            let Told::Span(start, end) = told else {
                found = walker.walk(steps, node, value)?;
                if found.is_some() {
                    break;
                }
                continue;
            };
            let mut tried = Tried {
                agent: self.scratch.agent,
                steps: one.steps.0,
                node,
                part: (start, end),
                found: false,
            };
            let cell = (one.steps.0 * 31 + node * 7 + start) as usize % TRIED;
            if let Some(&known) = self.scratch.tried.get(cell) {
                let same = (known.agent, known.steps, known.node, known.part)
                    == (tried.agent, tried.steps, node, tried.part);
                if same && !known.found {
                    continue;
                }
                if same && matches!(one.kind & 7, action::REQUIRE | action::FAIL) {
                    found = Some((node, None));
                    break;
                }
            }
            found = walker.walk(steps, node, value)?;
            tried.found = found.is_some();
            if let Some(cell) = self.scratch.tried.get_mut(cell) {
                *cell = tried;
            }
            if found.is_some() {
                break;
            }
        }
        match one.kind & 7 {
            action::VARIABLE => {
                let Some((node, value)) = found else {
                    return Ok(false);
                };
                let told = match value {
                    Some(value) => self.told(&value),
                    None => Told::Null,
                };
                let scratch = &mut *self.scratch;
                for interested in tables.list(one.interested) {
                    let (chains, matches) = (&mut scratch.chains, &mut scratch.matches);
                    chain_to(
                        chains,
                        matches,
                        scratch.agent,
                        interested.action,
                        told,
                        node,
                    );
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

/// Adds to what an action was told.
fn chain_to(
    chains: &mut [Chain],
    matches: &mut Vec<Match>,
    agent: u32,
    action: u32,
    told: Told,
    node: u32,
) {
    let Some(chain) = chains.get_mut(action as usize) else {
        return;
    };
    let next = matches.len() as u32;
    if chain.agent != agent {
        *chain = Chain {
            agent,
            head: next,
            tail: next,
        };
    } else if let Some(last) = matches.get_mut(chain.tail as usize) {
        last.next = next;
    }
    chain.tail = next;
    matches.push(Match {
        told,
        node,
        next: NIL,
    });
}
