//! Chooses an alternative as ANTLR's adaptive LL(*) prediction does: first without the call
//! stack (SLL), then, on a conflict, with it (LL). Both automata are built while they are used.

mod grow;

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::atn::{Atn, Kind};
use crate::closure::Closures;
use crate::contexts::Contexts;
use crate::lists::Lists;

/// A place in the network on the way of an alternative.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Config {
    context: u32,
    state: u16,
    alternative: u8,
    /// Whether the rule of the decision was left on the way.
    outside: bool,
}

/// Configurations; equal state and alternative are merged.
#[derive(Debug, Default)]
struct ConfigSet {
    list: Vec<Config>,
    /// By state and alternative: the turn it was set in, and the place in the list.
    places: Vec<(u32, u32)>,
    turn: u32,
}

/// Decisions must have fewer alternatives.
pub const ALTERNATIVES: usize = 32;

impl ConfigSet {
    fn clear(&mut self) {
        self.list.clear();
        self.turn = self.turn.wrapping_add(1);
        if self.turn == 0 {
            self.places.clear();
            self.turn = 1;
        }
    }

    fn add(&mut self, config: Config, contexts: &mut Contexts, full: bool) {
        let cell = usize::from(config.state) * ALTERNATIVES + usize::from(config.alternative & 31);
        if cell >= self.places.len() {
            self.places.resize(cell + 1, (0, 0));
        }
        let Some(place) = self.places.get_mut(cell) else {
            return;
        };
        if place.0 != self.turn {
            *place = (self.turn, self.list.len() as u32);
            self.list.push(config);
        } else if let Some(known) = self.list.get_mut(place.1 as usize) {
            known.context = contexts.merge(known.context, config.context, !full);
            known.outside |= config.outside;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Verdict {
    /// Look at one more token.
    Go,
    /// This alternative.
    Take(u32),
    /// Undecided without the call stack.
    Conflict,
}

/// A way to a node (with [`DONE`] when that has a verdict), and the last agent that took it.
#[derive(Clone, Copy, Debug)]
struct Way {
    node: u32,
    agent: u32,
}

impl Default for Way {
    fn default() -> Self {
        Self {
            node: UNKNOWN,
            agent: 0,
        }
    }
}

/// What can follow a rule when nothing is known of its callers.
#[derive(Debug, Default)]
struct Outer {
    leaves: Vec<(u16, u32)>,
    /// Where the end of the input leads.
    at_end: Vec<(u16, u32)>,
    /// The end of a rule that nobody calls.
    top: Option<u16>,
}

/// The automata built so far.
#[derive(Debug, Default)]
pub struct PredictCache {
    /// The interned call stacks.
    pub contexts: Contexts,
    /// The configurations of each node; whether they are with the call stack, and its verdict.
    nodes: Lists<Config, (bool, Verdict)>,
    edges: Vec<Way>,
    /// Where prediction starts without the call stack, by decision.
    starts: Vec<Way>,
    /// Where it starts with the call stack, by decision and stack.
    full_starts: FxHashMap<(u32, u32), Way>,
    outer: FxHashMap<u32, Arc<Outer>>,
    /// Whether the end of the input ends everything from a state with a stack; with the call stack
    /// known or not.
    endings: FxHashMap<(u16, u32, bool), bool>,
    /// How much work the current agent may still make.
    budget: u32,
    /// Number of the current agent.
    agent: u32,
    work: Work,
}

/// Working memory of one step.
#[derive(Debug, Default)]
struct Work {
    set: ConfigSet,
    from: Vec<Config>,
    moved: Vec<Config>,
    todo: Vec<Config>,
    seen: FxHashSet<Config>,
    stacks: Vec<u32>,
}

/// Stands for "no call stack" in the key of a start node.
const SLL: u32 = u32::MAX;
const UNKNOWN: u32 = u32::MAX;
const DEAD: u32 = u32::MAX - 1;
/// In a way: no more tokens are needed.
const DONE: u32 = 1 << 31;
/// More than this and everything is forgotten: about twice of what the test cases need.
const MAX_NODES: usize = 8_000;
const MAX_CONTEXTS: usize = 16_000;
const MAX_HELD: usize = 300_000;

/// The tokens that come next.
#[derive(Clone, Copy)]
pub struct Ahead<'a> {
    /// Their types.
    pub kinds: &'a [u8],
    /// How many of the same type follow each.
    pub runs: &'a [u16],
}

/// Prediction over one parser network.
pub struct Predictor<'a> {
    /// The network.
    pub atn: &'a Atn,
    /// What its states reach.
    pub closures: &'a Closures,
    /// Number of token types, the end included.
    pub symbols: usize,
    /// Whether a token type belongs to a set of the network: bit per type, by set.
    pub set_bits: &'a [u64],
}

/// The work an agent may make: one for each token looked at, and for each different step of an
/// automaton what building it takes. It is counted whether or not an earlier agent had the step
/// built, so that the answer does not depend on earlier agents. It stands for about 3 ms; no
/// agent of the test cases makes half of it.
pub const BUDGET: u32 = 2_000_000;
/// The work of building a step, for each of the configurations at both its ends.
const BUILDING: usize = 32;

/// The bit that says that a rule can end.
pub const EPSILON: u64 = 1 << 63;

impl PredictCache {
    /// Forgets everything when there is too much of it and grants the work for one more agent.
    pub fn trim(&mut self) {
        if self.nodes.len() > MAX_NODES
            || self.nodes.items() > MAX_HELD
            || self.contexts.len() + self.endings.len() > MAX_CONTEXTS
            || self.agent == u32::MAX
        {
            self.clear();
        }
        self.agent += 1;
        self.budget = BUDGET;
    }

    /// Everything is in a few vectors and maps of plain values, so this takes no time to speak of and an agent does not wait for it.
    fn clear(&mut self) {
        self.contexts.clear();
        self.nodes.clear();
        self.edges.clear();
        self.starts.clear();
        self.full_starts.clear();
        self.outer.clear();
        self.endings.clear();
        self.agent = 0;
    }

    /// Whether the agent took more work than any honest one.
    pub fn exhausted(&self) -> bool {
        self.budget == 0
    }

    fn spend(&mut self, work: usize) {
        self.budget = self.budget.saturating_sub(work as u32);
    }

    fn size_of(&self, node: u32) -> usize {
        self.nodes.get(node & !DONE).len()
    }

    #[cfg(test)]
    /// Work made for this agent.
    pub fn spent(&self) -> u32 {
        BUDGET - self.budget
    }

    #[cfg(test)]
    /// How full it is, in percent of each limit.
    pub fn full(&self) -> [usize; 3] {
        [
            self.nodes.len() * 100 / MAX_NODES,
            self.nodes.items() * 100 / MAX_HELD,
            (self.contexts.len() + self.endings.len()) * 100 / MAX_CONTEXTS,
        ]
    }

    #[cfg(test)]
    /// Bytes held, roughly.
    pub fn size(&self) -> usize {
        self.edges.len() * 8
            + self.nodes.items() * 8
            + self.nodes.len() * 80
            + self.contexts.len() * 64
    }
}

impl Predictor<'_> {
    /// The alternative (from 1) to take at `decision` with these tokens `ahead`, under the call stack
    /// `outer`; `None` when no alternative is viable.
    pub fn predict(
        &self,
        cache: &mut PredictCache,
        decision: u32,
        outer: u32,
        ahead: Ahead<'_>,
    ) -> Option<u32> {
        match self.run(cache, decision, SLL, ahead)? {
            Verdict::Take(alternative) => Some(alternative),
            _ => match self.run(cache, decision, outer, ahead)? {
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
        ahead: Ahead<'_>,
    ) -> Option<Verdict> {
        if cache.exhausted() {
            return None;
        }
        let mut node = self.start(cache, decision, stack);
        let (mut at, mut looked) = (0, 0);
        loop {
            let symbol = ahead.kinds.get(at).copied().unwrap_or(0);
            let cell = node as usize * self.symbols + usize::from(symbol);
            let mut way = cache.edges.get(cell).copied()?;
            looked += 1;
            if way.agent == cache.agent && way.node < DONE && symbol != 0 {
                if way.node == node {
                    // A run of tokens that change nothing is passed at once.
                    at += usize::from(ahead.runs.get(at).copied().unwrap_or(0));
                }
                at += 1;
                node = way.node;
                continue;
            }
            cache.spend(std::mem::take(&mut looked));
            if way.agent != cache.agent {
                if way.node == UNKNOWN {
                    way.node = self.step(cache, node, symbol, stack != SLL);
                }
                way.agent = cache.agent;
                if let Some(edge) = cache.edges.get_mut(cell) {
                    *edge = way;
                }
                let work = cache.size_of(node) + cache.size_of(way.node);
                cache.spend(work * BUILDING);
            }
            if cache.exhausted() {
                return None;
            }
            if way.node == DEAD {
                let configs = cache.nodes.get(node);
                let ended = |c: &&Config| {
                    c.outside || self.is_stop(c.state) && cache.contexts.has_empty_path(c.context)
                };
                return configs
                    .iter()
                    .filter(ended)
                    .map(|c| u32::from(c.alternative))
                    .min()
                    .map(Verdict::Take);
            }
            node = way.node & !DONE;
            if way.node != node {
                return cache.nodes.tag(node).map(|(_, verdict)| verdict);
            }
            if symbol != 0 {
                at += 1;
            }
        }
    }

    fn is_stop(&self, state: u16) -> bool {
        self.atn
            .states
            .get(usize::from(state))
            .is_some_and(|s| s.kind == Kind::RuleStop)
    }

    /// The node a prediction starts at.
    fn start(&self, cache: &mut PredictCache, decision: u32, stack: u32) -> u32 {
        let place = decision as usize;
        if stack == SLL && place >= cache.starts.len() {
            cache.starts.resize(place + 1, Way::default());
        }
        let known = if stack == SLL {
            cache.starts.get(place).copied()
        } else {
            cache.full_starts.get(&(decision, stack)).copied()
        };
        let mut way = known.unwrap_or_default();
        if way.agent == cache.agent {
            return way.node;
        }
        if way.node == UNKNOWN {
            way.node = self.first(cache, decision, stack);
        }
        way.agent = cache.agent;
        if stack != SLL {
            cache.full_starts.insert((decision, stack), way);
        } else if let Some(start) = cache.starts.get_mut(place) {
            *start = way;
        }
        let work = cache.size_of(way.node);
        cache.spend(work * BUILDING);
        way.node
    }
}
