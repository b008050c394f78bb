//! Cuts text into tokens as the generated lexer does: longest match, then the earliest rule.
//!
//! The network is turned into a deterministic automaton while it is used; [`LexerCache`] holds
//! what was built so far and is emptied when it grows too large.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::atn::{Atn, Edge, Kind, SymbolSet};
use crate::lists::Lists;

/// A token: its type and where it stands, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// The token type; 0 is the end of input.
    pub kind: u8,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// The type of the token at the end of the input.
pub const END: u8 = 0;

/// More states than this and the automaton is built anew.
const MAX_STATES: usize = 20_000;
const UNKNOWN: u32 = u32::MAX;
const DEAD: u32 = u32::MAX - 1;

/// A lexer network made ready for use.
#[derive(Debug)]
pub struct Lexer {
    atn: Atn,
    ascii: [u16; 128],
    /// First code point of each range and its class, in order.
    ranges: Vec<(u32, u16)>,
    classes: usize,
    /// Whether a class belongs to a set: `set * classes + class`.
    members: Vec<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
struct Config {
    state: u32,
    /// Position of the rule among all rules.
    alternative: u32,
    stack: u32,
}

/// The part of the automaton that was built.
#[derive(Debug, Default)]
pub struct LexerCache {
    nodes: Lists<Config>,
    /// By node: the rule that matches there, plus one.
    accepts: Vec<u32>,
    edges: Vec<u32>,
    stacks: Vec<(u32, u32)>,
    stack_ids: FxHashMap<(u32, u32), u32>,
    /// Working memory of a step.
    from: Vec<Config>,
    /// Letters looked at for the last agent.
    #[cfg(test)]
    pub letters: usize,
}

impl LexerCache {
    fn push(&mut self, stack: u32, follow: u32) -> u32 {
        if self.stacks.is_empty() {
            self.stacks.push((0, 0));
        }
        let stacks = &mut self.stacks;
        *self.stack_ids.entry((stack, follow)).or_insert_with(|| {
            stacks.push((stack, follow));
            stacks.len() as u32 - 1
        })
    }

    fn clear(&mut self) {
        self.nodes.clear();
        self.accepts.clear();
        self.edges.clear();
        self.stacks.clear();
        self.stack_ids.clear();
    }

    #[cfg(test)]
    /// Bytes held, roughly.
    pub fn size(&self) -> usize {
        self.edges.len() * 4 + self.nodes.items() * 12 + self.nodes.len() * 40
    }
}

impl Lexer {
    /// Prepares a lexer network; `None` when it has no mode to start in.
    pub fn new(mut atn: Atn) -> Option<Self> {
        atn.modes.first()?;
        let sets = share_sets(&mut atn);
        let mut bounds: Vec<i32> = sets
            .iter()
            .flatten()
            .flat_map(|&(a, b)| [a.max(0), b.saturating_add(1).max(0)])
            .collect();
        bounds.push(0);
        bounds.sort_unstable();
        bounds.dedup();
        let mut numbers: FxHashMap<Vec<bool>, u16> = FxHashMap::default();
        let mut signatures: Vec<Vec<bool>> = Vec::new();
        let mut ranges = Vec::new();
        for &bound in &bounds {
            let signature: Vec<bool> = sets
                .iter()
                .map(|set| set.iter().any(|&(a, b)| a <= bound && bound <= b))
                .collect();
            let class = *numbers.entry(signature.clone()).or_insert_with(|| {
                signatures.push(signature);
                signatures.len() as u16 - 1
            });
            ranges.push((bound as u32, class));
        }
        let classes = signatures.len();
        let mut members = vec![false; sets.len() * classes];
        for (class, signature) in signatures.iter().enumerate() {
            for (set, &member) in signature.iter().enumerate() {
                if let Some(cell) = members.get_mut(set * classes + class) {
                    *cell = member;
                }
            }
        }
        let mut lexer = Self {
            atn,
            ascii: [0; 128],
            ranges,
            classes,
            members,
        };
        for code in 0..128_u8 {
            let class = lexer.wide_class(u32::from(code));
            if let Some(cell) = lexer.ascii.get_mut(usize::from(code)) {
                *cell = class;
            }
        }
        Some(lexer)
    }

    fn wide_class(&self, code: u32) -> u16 {
        let at = self.ranges.partition_point(|&(start, _)| start <= code);
        at.checked_sub(1)
            .and_then(|i| self.ranges.get(i))
            .map_or(0, |r| r.1)
    }

    fn class(&self, letter: char) -> usize {
        let code = letter as u32;
        usize::from(match self.ascii.get(code as usize) {
            Some(&class) => class,
            None => self.wide_class(code),
        })
    }

    /// Appends the tokens of `text` and the end token; gives the number of places that match no rule.
    pub fn run(&self, text: &str, cache: &mut LexerCache, tokens: &mut Vec<Token>) -> usize {
        if cache.nodes.len() > MAX_STATES {
            cache.clear();
        }
        if cache.nodes.is_empty() {
            self.first_node(cache);
        }
        #[cfg(test)]
        {
            cache.letters = 0;
        }
        let (mut at, mut errors) = (0, 0);
        // By byte: a node from which nothing more matches, found by an earlier scan. Keeps long runs
        // that only look like the start of a token from being scanned again for every letter.
        let mut barren: Vec<u32> = Vec::new();
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let mut node = 0;
            let mut best = None;
            let mut best_node = 0;
            let mut stopped = None;
            let mut reached = rest.len();
            for (offset, letter) in rest.char_indices() {
                node = self.step(cache, node, self.class(letter));
                if node == DEAD {
                    stopped = Some(offset + letter.len_utf8());
                    reached = offset;
                    break;
                }
                if best.is_some() && barren.get(at + offset) == Some(&node) {
                    reached = 0;
                    break;
                }
                let accepts = cache.accepts.get(node as usize).copied().unwrap_or(0);
                if accepts != 0 {
                    best = Some((accepts - 1, offset + letter.len_utf8()));
                    best_node = node;
                }
            }
            match best {
                Some((rule, length)) => {
                    if reached > length + 32 {
                        barren.resize(text.len(), DEAD);
                        let mut node = best_node;
                        for (offset, letter) in rest
                            .char_indices()
                            .filter(|(o, _)| (length..reached).contains(o))
                        {
                            node = self.step(cache, node, self.class(letter));
                            if let Some(cell) = barren.get_mut(at + offset) {
                                *cell = node;
                            }
                        }
                    }
                    let rule = rule as usize;
                    if !self.atn.rule_skips.get(rule).copied().unwrap_or(true) {
                        let kind = self.atn.rule_token.get(rule).copied().unwrap_or(0) as u8;
                        tokens.push(Token {
                            kind,
                            start: at as u32,
                            end: (at + length) as u32,
                        });
                    }
                    at += length;
                }
                None => {
                    errors += 1;
                    at += stopped.unwrap_or(rest.len());
                }
            }
        }
        let end = text.len() as u32;
        tokens.push(Token {
            kind: END,
            start: end,
            end,
        });
        errors
    }

    fn step(&self, cache: &mut LexerCache, node: u32, class: usize) -> u32 {
        #[cfg(test)]
        {
            cache.letters += 1;
        }
        let cell = node as usize * self.classes + class;
        match cache.edges.get(cell) {
            Some(&UNKNOWN) => {}
            Some(&known) => return known,
            None => return DEAD,
        }
        let mut found = FxHashSet::default();
        let mut configs = std::mem::take(&mut cache.from);
        configs.clear();
        configs.extend_from_slice(cache.nodes.get(node));
        for &config in &configs {
            let edges = self
                .atn
                .states
                .get(config.state as usize)
                .map_or(&[][..], |s| &s.edges);
            for edge in edges {
                if let Edge::Set { set, target } = *edge
                    && self.members.get(set as usize * self.classes + class) == Some(&true)
                {
                    self.close(
                        cache,
                        Config {
                            state: target,
                            ..config
                        },
                        &mut found,
                    );
                }
            }
        }
        cache.from = configs;
        let target = if found.is_empty() {
            DEAD
        } else {
            self.node(cache, found)
        };
        if let Some(edge) = cache.edges.get_mut(cell) {
            *edge = target;
        }
        target
    }

    fn first_node(&self, cache: &mut LexerCache) {
        let mut found = FxHashSet::default();
        let start = self.atn.modes.first().copied().unwrap_or(0);
        let edges = self
            .atn
            .states
            .get(start as usize)
            .map_or(&[][..], |s| &s.edges);
        for (alternative, edge) in edges.iter().enumerate() {
            if let Edge::Free(state) = *edge {
                self.close(
                    cache,
                    Config {
                        state,
                        alternative: alternative as u32,
                        stack: 0,
                    },
                    &mut found,
                );
            }
        }
        self.node(cache, found);
    }

    fn node(&self, cache: &mut LexerCache, found: FxHashSet<Config>) -> u32 {
        let mut configs: Vec<Config> = found.into_iter().collect();
        configs.sort_unstable();
        let (node, is_new) = cache.nodes.number(&configs, ());
        if !is_new {
            return node;
        }
        let accepts = configs
            .iter()
            .filter_map(|config| {
                let state = self.atn.states.get(config.state as usize)?;
                (state.kind == Kind::RuleStop).then_some((config.alternative, state.rule))
            })
            .min()
            .map_or(0, |(_, rule)| rule + 1);
        cache.accepts.push(accepts);
        let edges = cache.edges.len() + self.classes;
        if edges > cache.edges.capacity() {
            // at once for all that will be kept, so that it is never copied; what is not used takes no memory
            let room = self.classes * MAX_STATES / 4 * 5;
            cache.edges.reserve(room.max(self.classes));
        }
        cache.edges.resize(edges, UNKNOWN);
        node
    }

    /// Adds what can be reached from `first` without taking a letter.
    fn close(&self, cache: &mut LexerCache, first: Config, found: &mut FxHashSet<Config>) {
        let mut seen = FxHashSet::default();
        let mut todo = vec![first];
        while let Some(config) = todo.pop() {
            if !seen.insert(config) {
                continue;
            }
            let Some(state) = self.atn.states.get(config.state as usize) else {
                continue;
            };
            if state.kind == Kind::RuleStop {
                if config.stack == 0 {
                    found.insert(config);
                } else if let Some(&(stack, follow)) = cache.stacks.get(config.stack as usize) {
                    todo.push(Config {
                        state: follow,
                        stack,
                        ..config
                    });
                }
                continue;
            }
            for edge in &state.edges {
                match *edge {
                    Edge::Free(target) => todo.push(Config {
                        state: target,
                        ..config
                    }),
                    Edge::Call { start, follow } => {
                        let stack = cache.push(config.stack, follow);
                        todo.push(Config {
                            state: start,
                            stack,
                            ..config
                        });
                    }
                    Edge::Set { .. } => {
                        found.insert(config);
                    }
                }
            }
        }
    }
}

/// Makes equal sets one set; gives the sets that remain.
fn share_sets(atn: &mut Atn) -> Vec<SymbolSet> {
    let mut numbers: FxHashMap<SymbolSet, u32> = FxHashMap::default();
    let mut sets = Vec::new();
    let renumbered: Vec<u32> = atn
        .sets
        .iter()
        .map(|set| {
            *numbers.entry(set.clone()).or_insert_with(|| {
                sets.push(set.clone());
                sets.len() as u32 - 1
            })
        })
        .collect();
    for edge in atn.states.iter_mut().flat_map(|state| &mut state.edges) {
        if let Edge::Set { set, .. } = edge {
            *set = renumbered.get(*set as usize).copied().unwrap_or(0);
        }
    }
    atn.sets.clone_from(&sets);
    sets
}
