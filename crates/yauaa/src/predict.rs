//! Chooses an alternative as ANTLR's adaptive LL(*) prediction does: first without the call
//! stack (SLL), then, on a conflict, with it (LL). Both automata are built while they are used.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::atn::{Atn, Edge, Kind};

/// Interned call stacks, merged as graphs; number 0 is the empty one.
#[derive(Debug, Default)]
pub struct Contexts {
    nodes: Vec<Box<[(u32, u32)]>>,
    ids: FxHashMap<Box<[(u32, u32)]>, u32>,
    merged: FxHashMap<(u32, u32, bool), u32>,
    /// Stacks of one path by parent and return state: the common case without an array.
    single: FxHashMap<(u32, u32), u32>,
    /// How many configurations may still be looked at for the current agent.
    budget: u32,
}

/// The empty call stack.
pub const EMPTY: u32 = 0;
/// "No return state": the entry of an array that stands for the empty stack.
const NO_RETURN: u32 = u32::MAX;
const NONE: u32 = u32::MAX;

impl Contexts {
    fn intern(&mut self, entries: Vec<(u32, u32)>) -> u32 {
        if self.nodes.is_empty() {
            let empty: Box<[(u32, u32)]> = Box::new([(NO_RETURN, NONE)]);
            self.ids.insert(empty.clone(), EMPTY);
            self.nodes.push(empty);
        }
        let entries = entries.into_boxed_slice();
        if let Some(&id) = self.ids.get(&entries) {
            return id;
        }
        let id = self.nodes.len() as u32;
        self.ids.insert(entries.clone(), id);
        self.nodes.push(entries);
        id
    }

    /// The stack `parent` with one more return state.
    pub fn push(&mut self, parent: u32, follow: u32) -> u32 {
        if let Some(&known) = self.single.get(&(follow, parent)) {
            return known;
        }
        let id = self.intern(vec![(follow, parent)]);
        self.single.insert((follow, parent), id);
        id
    }

    /// Configurations looked at for this agent.
    #[cfg(test)]
    pub fn spent(&self) -> u32 {
        BUDGET - self.budget
    }

    /// Whether the agent took more work than any honest one.
    pub fn exhausted(&self) -> bool {
        self.budget == 0
    }

    fn entries(&self, id: u32) -> &[(u32, u32)] {
        self.nodes
            .get(id as usize)
            .map_or(&[(NO_RETURN, NONE)], |node| node)
    }

    fn has_empty_path(&self, id: u32) -> bool {
        self.entries(id)
            .last()
            .is_some_and(|entry| entry.0 == NO_RETURN)
    }

    fn merge(&mut self, a: u32, b: u32, wildcard: bool) -> u32 {
        if a == b {
            return a;
        }
        if wildcard && (a == EMPTY || b == EMPTY) {
            return EMPTY;
        }
        let key = (a.min(b), a.max(b), wildcard);
        if let Some(&known) = self.merged.get(&key) {
            return known;
        }
        let (left, right) = (self.entries(a).to_vec(), self.entries(b).to_vec());
        self.budget = self
            .budget
            .saturating_sub((left.len() + right.len()) as u32);
        if self.exhausted() {
            return a;
        }
        let (mut i, mut j) = (0, 0);
        let mut result = Vec::with_capacity(left.len() + right.len());
        while let (Some(&l), Some(&r)) = (left.get(i), right.get(j)) {
            if l.0 == r.0 {
                let parent = if l.1 == r.1 {
                    l.1
                } else {
                    self.merge(l.1, r.1, wildcard)
                };
                result.push((l.0, parent));
                i += 1;
                j += 1;
            } else if l.0 < r.0 {
                result.push(l);
                i += 1;
            } else {
                result.push(r);
                j += 1;
            }
        }
        result.extend_from_slice(left.get(i..).unwrap_or_default());
        result.extend_from_slice(right.get(j..).unwrap_or_default());
        let id = self.intern(result);
        if !self.exhausted() {
            self.merged.insert(key, id);
        }
        id
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Config {
    state: u32,
    alternative: u32,
    context: u32,
    /// Whether the rule of the decision was left on the way.
    outside: bool,
}

/// Configurations in the order they were found; equal state and alternative are merged.
#[derive(Default)]
struct ConfigSet {
    list: Vec<Config>,
    places: FxHashMap<(u32, u32), usize>,
}

impl ConfigSet {
    fn add(&mut self, config: Config, contexts: &mut Contexts, full: bool) {
        let place = *self
            .places
            .entry((config.state, config.alternative))
            .or_insert(self.list.len());
        match self.list.get_mut(place) {
            Some(known) => {
                known.context = contexts.merge(known.context, config.context, !full);
                known.outside |= config.outside;
            }
            None => self.list.push(config),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    /// Look at one more token.
    Go,
    /// This alternative.
    Take(u32),
    /// Undecided without the call stack.
    Conflict,
}

#[derive(Debug)]
struct Node {
    configs: Box<[Config]>,
    verdict: Verdict,
}

/// The automata built so far.
#[derive(Debug, Default)]
pub struct PredictCache {
    /// The interned call stacks.
    pub contexts: Contexts,
    nodes: Vec<Node>,
    edges: Vec<u32>,
    known: FxHashMap<(u32, Box<[Config]>), u32>,
    starts: FxHashMap<(u32, u32), u32>,
    /// Configurations in all nodes.
    held: usize,
}

/// Stands for "no call stack" in the key of a start node.
const SLL: u32 = u32::MAX;
const UNKNOWN: u32 = u32::MAX;
const DEAD: u32 = u32::MAX - 1;
/// More nodes than this and everything is forgotten.
const MAX_NODES: usize = 40_000;
const MAX_CONTEXTS: usize = 100_000;
const MAX_HELD: usize = 500_000;

/// Prediction over one parser network.
pub struct Predictor<'a> {
    /// The network.
    pub atn: &'a Atn,
    /// Number of token types, the end included.
    pub symbols: usize,
    /// Whether a token type belongs to a set of the network: bit per type, by set.
    pub set_bits: &'a [u64],
}

/// Configurations looked at and stacks merged for one agent at most. On an empty cache agents of the suite need
/// 114,495 at most; deeply nested braces would need time in the cube of their depth.
const BUDGET: u32 = 600_000;

/// The bit that says that a rule can end.
pub const EPSILON: u64 = 1 << 63;

impl PredictCache {
    /// Forgets everything when there is too much of it and grants the work for one more agent.
    pub fn trim(&mut self) {
        if self.nodes.len() > MAX_NODES
            || self.held > MAX_HELD
            || self.contexts.nodes.len() > MAX_CONTEXTS
            || self.contexts.merged.len() > MAX_CONTEXTS
        {
            *self = Self::default();
        }
        self.contexts.budget = BUDGET;
    }

    #[cfg(test)]
    /// Bytes held, roughly.
    pub fn size(&self) -> usize {
        self.edges.len() * 4
            + self
                .nodes
                .iter()
                .map(|n| n.configs.len() * 32 + 80)
                .sum::<usize>()
            + self.contexts.nodes.len() * 64
            + self.contexts.merged.len() * 20
    }
}

impl Predictor<'_> {
    /// The alternative (from 1) to take at `decision` with `tokens` ahead, under the call stack
    /// `outer`; `None` when no alternative is viable.
    pub fn predict(
        &self,
        cache: &mut PredictCache,
        decision: u32,
        outer: u32,
        tokens: &[u8],
    ) -> Option<u32> {
        match self.run(cache, decision, SLL, tokens)? {
            Verdict::Take(alternative) => Some(alternative),
            _ => match self.run(cache, decision, outer, tokens)? {
                Verdict::Take(alternative) => Some(alternative),
                _ => None,
            },
        }
    }

    fn run(
        &self,
        cache: &mut PredictCache,
        decision: u32,
        stack: u32,
        tokens: &[u8],
    ) -> Option<Verdict> {
        if cache.contexts.exhausted() {
            return None;
        }
        let mut node = match cache.starts.get(&(decision, stack)) {
            Some(&node) => node,
            None => self.start(cache, decision, stack),
        };
        let mut at = 0;
        loop {
            let symbol = tokens.get(at).or(tokens.last()).copied().unwrap_or(0);
            let cell = node as usize * self.symbols + usize::from(symbol);
            let next = match cache.edges.get(cell).copied().unwrap_or(DEAD) {
                UNKNOWN => {
                    let next = self.step(cache, node, symbol, stack);
                    if cache.contexts.exhausted() {
                        return None;
                    }
                    if let Some(edge) = cache.edges.get_mut(cell) {
                        *edge = next;
                    }
                    next
                }
                known => known,
            };
            if next == DEAD {
                let configs = &cache.nodes.get(node as usize)?.configs;
                let ended = |c: &&Config| {
                    c.outside || self.is_stop(c.state) && cache.contexts.has_empty_path(c.context)
                };
                return configs
                    .iter()
                    .filter(ended)
                    .map(|c| c.alternative)
                    .min()
                    .map(Verdict::Take);
            }
            let verdict = cache.nodes.get(next as usize)?.verdict;
            if verdict != Verdict::Go {
                return Some(verdict);
            }
            node = next;
            if symbol != 0 {
                at += 1;
            }
        }
    }

    fn is_stop(&self, state: u32) -> bool {
        self.atn
            .states
            .get(state as usize)
            .is_some_and(|s| s.kind == Kind::RuleStop)
    }

    fn start(&self, cache: &mut PredictCache, decision: u32, stack: u32) -> u32 {
        let full = stack != SLL;
        let context = if full { stack } else { EMPTY };
        cache.contexts.intern(vec![(NO_RETURN, NONE)]);
        let mut set = ConfigSet::default();
        let state = self
            .atn
            .decisions
            .get(decision as usize)
            .copied()
            .unwrap_or(0);
        let edges = self
            .atn
            .states
            .get(state as usize)
            .map_or(&[][..], |s| &s.edges);
        for (number, edge) in edges.iter().enumerate() {
            if let Edge::Free(target) = *edge {
                let config = Config {
                    state: target,
                    alternative: number as u32 + 1,
                    context,
                    outside: false,
                };
                self.close(
                    config,
                    &mut set,
                    &mut cache.contexts,
                    full,
                    false,
                    &mut FxHashSet::default(),
                    &mut FxHashSet::default(),
                );
            }
        }
        let id = Self::insert(self.symbols, cache, stack, set.list, Verdict::Go);
        if cache.contexts.exhausted() {
            return id;
        }
        cache.starts.insert((decision, stack), id);
        id
    }

    fn insert(
        symbols: usize,
        cache: &mut PredictCache,
        stack: u32,
        configs: Vec<Config>,
        verdict: Verdict,
    ) -> u32 {
        let full = if stack == SLL { 0 } else { 1 };
        let key = (full, configs.into_boxed_slice());
        if let Some(&known) = cache.known.get(&key)
            && cache
                .nodes
                .get(known as usize)
                .is_some_and(|n| n.verdict == verdict)
        {
            return known;
        }
        let id = cache.nodes.len() as u32;
        cache.held += key.1.len();
        cache.nodes.push(Node {
            configs: key.1.clone(),
            verdict,
        });
        cache.edges.resize(cache.edges.len() + symbols, UNKNOWN);
        cache.known.insert(key, id);
        id
    }

    fn step(&self, cache: &mut PredictCache, node: u32, symbol: u8, stack: u32) -> u32 {
        let full = stack != SLL;
        let end = symbol == 0;
        let configs = cache
            .nodes
            .get(node as usize)
            .map(|n| n.configs.clone())
            .unwrap_or_default();
        let mut moved = ConfigSet::default();
        let mut skipped = Vec::new();
        for config in &configs {
            if self.is_stop(config.state) {
                if full || end {
                    skipped.push(*config);
                }
                continue;
            }
            let edges = self
                .atn
                .states
                .get(config.state as usize)
                .map_or(&[][..], |s| &s.edges);
            for edge in edges {
                if let Edge::Set { set, target } = *edge
                    && self
                        .set_bits
                        .get(set as usize)
                        .is_some_and(|bits| bits >> symbol & 1 == 1)
                {
                    moved.add(
                        Config {
                            state: target,
                            ..*config
                        },
                        &mut cache.contexts,
                        full,
                    );
                }
            }
        }
        let single = skipped.is_empty() && !end && one_alternative(&moved.list).is_some();
        let mut reach = if single {
            moved
        } else {
            let mut reach = ConfigSet::default();
            let (mut busy, mut seen) = (FxHashSet::default(), FxHashSet::default());
            for &config in &moved.list {
                self.close(
                    config,
                    &mut reach,
                    &mut cache.contexts,
                    full,
                    end,
                    &mut busy,
                    &mut seen,
                );
            }
            reach
        };
        if end && !reach.list.iter().all(|c| self.is_stop(c.state)) {
            let mut ended = ConfigSet::default();
            for &config in &reach.list {
                if self.is_stop(config.state) {
                    ended.add(config, &mut cache.contexts, full);
                }
            }
            reach = ended;
        }
        if !skipped.is_empty() && (!full || !reach.list.iter().any(|c| self.is_stop(c.state))) {
            for config in skipped {
                reach.add(config, &mut cache.contexts, full);
            }
        }
        if reach.list.is_empty() {
            return DEAD;
        }
        let verdict = if let Some(alternative) = one_alternative(&reach.list) {
            Verdict::Take(alternative)
        } else if full {
            single_viable(&reach.list).map_or(Verdict::Go, Verdict::Take)
        } else if self.conflicts(&reach.list) {
            Verdict::Conflict
        } else {
            Verdict::Go
        };
        Self::insert(self.symbols, cache, stack, reach.list, verdict)
    }

    fn conflicts(&self, configs: &[Config]) -> bool {
        if configs.iter().all(|c| self.is_stop(c.state)) {
            return true;
        }
        let mut per_state: FxHashMap<u32, (u32, bool)> = FxHashMap::default();
        for config in configs {
            let entry = per_state
                .entry(config.state)
                .or_insert((config.alternative, false));
            entry.1 |= entry.0 != config.alternative;
        }
        alternative_sets(configs).values().any(|set| set.1)
            && per_state.values().all(|entry| entry.1)
    }

    #[allow(clippy::too_many_arguments)]
    fn close(
        &self,
        first: Config,
        set: &mut ConfigSet,
        contexts: &mut Contexts,
        full: bool,
        end: bool,
        busy: &mut FxHashSet<(u32, u32, u32)>,
        seen: &mut FxHashSet<Config>,
    ) {
        // Depth first in the order of the edges: the order decides how configurations merge.
        let mut todo = vec![first];
        while let Some(config) = todo.pop() {
            contexts.budget = contexts.budget.saturating_sub(1);
            if contexts.exhausted() {
                return;
            }
            if !seen.insert(config) {
                continue;
            }
            let Some(state) = self.atn.states.get(config.state as usize) else {
                continue;
            };
            let mut next = Vec::new();
            if state.kind == Kind::RuleStop {
                if config.context != EMPTY {
                    let entries = contexts.entries(config.context).to_vec();
                    for (follow, parent) in entries {
                        if follow != NO_RETURN {
                            next.push(Config {
                                state: follow,
                                context: parent,
                                ..config
                            });
                        } else if full {
                            // Keeps its place in the order of the other entries: it is last.
                            self.flush(&mut next, set, contexts, full, end, busy, seen);
                            set.add(
                                Config {
                                    context: EMPTY,
                                    ..config
                                },
                                contexts,
                                full,
                            );
                        } else {
                            self.leave(config, busy, &mut next);
                        }
                    }
                } else if full || state.edges.is_empty() {
                    // The end of a rule nobody calls keeps its place as the end of everything.
                    set.add(config, contexts, full);
                } else {
                    self.leave(config, busy, &mut next);
                }
            } else {
                if !state.edges.iter().all(|e| !matches!(e, Edge::Set { .. })) {
                    set.add(config, contexts, full);
                }
                for edge in &state.edges {
                    match *edge {
                        Edge::Free(target) => next.push(Config {
                            state: target,
                            ..config
                        }),
                        Edge::Call { start, follow } => {
                            let context = contexts.push(config.context, follow);
                            next.push(Config {
                                state: start,
                                context,
                                ..config
                            });
                        }
                        Edge::Set {
                            set: number,
                            target,
                        } => {
                            if end
                                && self
                                    .set_bits
                                    .get(number as usize)
                                    .is_some_and(|bits| bits & 1 == 1)
                                && busy.insert((target, config.alternative, config.context))
                            {
                                next.push(Config {
                                    state: target,
                                    ..config
                                });
                            }
                        }
                    }
                }
            }
            todo.extend(next.into_iter().rev());
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn flush(
        &self,
        next: &mut Vec<Config>,
        set: &mut ConfigSet,
        contexts: &mut Contexts,
        full: bool,
        end: bool,
        busy: &mut FxHashSet<(u32, u32, u32)>,
        seen: &mut FxHashSet<Config>,
    ) {
        for config in next.drain(..) {
            self.close(config, set, contexts, full, end, busy, seen);
        }
    }

    /// Goes on wherever the rule may be called from.
    fn leave(&self, config: Config, busy: &mut FxHashSet<(u32, u32, u32)>, next: &mut Vec<Config>) {
        let edges = self
            .atn
            .states
            .get(config.state as usize)
            .map_or(&[][..], |s| &s.edges);
        for edge in edges {
            if let Edge::Free(target) = *edge
                && busy.insert((target, config.alternative, config.context))
            {
                next.push(Config {
                    state: target,
                    outside: true,
                    ..config
                });
            }
        }
    }
}

fn one_alternative(configs: &[Config]) -> Option<u32> {
    let first = configs.first()?.alternative;
    configs
        .iter()
        .all(|c| c.alternative == first)
        .then_some(first)
}

/// For each state and stack: the lowest alternative and whether there are more.
fn alternative_sets(configs: &[Config]) -> FxHashMap<(u32, u32), (u32, bool)> {
    let mut sets: FxHashMap<(u32, u32), (u32, bool)> = FxHashMap::default();
    for config in configs {
        let entry = sets
            .entry((config.state, config.context))
            .or_insert((config.alternative, false));
        entry.1 |= entry.0 != config.alternative;
        entry.0 = entry.0.min(config.alternative);
    }
    sets
}

fn single_viable(configs: &[Config]) -> Option<u32> {
    let mut lowest = alternative_sets(configs).into_values().map(|set| set.0);
    let first = lowest.next()?;
    lowest.all(|other| other == first).then_some(first)
}
