//! Builds the tree the generated ANTLR parser builds, repairs of errors included: the network is
//! walked as the generated code runs, with its single-token look-ahead where the generator chose
//! it, adaptive prediction elsewhere, and the default error strategy.

use crate::atn::{Atn, EOF, Edge, Kind, State, SymbolSet};
use crate::closure::Closures;
use crate::contexts::EMPTY;
use crate::predict::{ALTERNATIVES, Ahead, EPSILON, PredictCache, Predictor};
use crate::tree::{NIL, Tree, What};

/// A parser network made ready for use.
#[derive(Debug)]
pub struct Grammar {
    atn: Atn,
    set_bits: Vec<u64>,
    /// By state: what may come next within its rule.
    next_bits: Vec<u64>,
    plans: Vec<Plan>,
    /// By decision: the way to go by the next token, when one token decides.
    ways: Vec<Option<Box<[u8]>>>,
    symbols: usize,
    closures: Closures,
}

/// What a state asks for.
#[derive(Clone, Copy, Debug)]
enum Plan {
    /// The end of its rule.
    End,
    /// To go on elsewhere.
    Go(u32),
    /// To look whether the next token fits, and to go on elsewhere.
    Check(u32),
    /// To look whether a loop may go on, and to go on at its decision.
    Back(u32),
    /// To run a rule.
    Call { start: u32, follow: u32 },
    /// To take a token out of a set.
    Take { set: u32, target: u32 },
    /// To choose a way.
    Choose { decision: u32, entry: bool },
    /// Nothing that is known.
    Fail,
}

/// The next token fits no alternative.
const NO_WAY: u8 = u8::MAX;

/// Working memory, kept between agents.
#[derive(Debug, Default)]
pub struct ParseScratch {
    kinds: Vec<u8>,
    /// How many tokens of the same type follow each.
    runs: Vec<u16>,
    frames: Vec<Frame>,
    error_states: Vec<u32>,
}

fn bits_of(set: &SymbolSet) -> u64 {
    let mut bits = 0;
    for &(from, to) in set {
        for symbol in from..=to.min(61) {
            bits |= if symbol == EOF { 1 } else { 1 << symbol };
        }
    }
    bits
}

/// Where looking ahead goes on after a rule.
#[derive(Clone, Copy)]
enum Above {
    /// Stop and say that the rule can end.
    Local,
    /// Anything that can follow the rule anywhere.
    Anywhere,
}

impl Grammar {
    /// Prepares a parser network; `None` when it is larger than those that fit here.
    pub fn new(atn: Atn) -> Option<Self> {
        let top = atn.sets.iter().flatten().map(|&(_, to)| to).max()?;
        let ways = |&state: &u32| atn.states.get(state as usize).map_or(0, |s| s.edges.len());
        let most = atn.decisions.iter().map(ways).max()?;
        if top > 61 || most >= ALTERNATIVES || atn.states.len() > usize::from(u16::MAX) {
            return None;
        }
        let set_bits = atn.sets.iter().map(bits_of).collect();
        let mut grammar = Self {
            next_bits: Vec::new(),
            plans: Vec::new(),
            ways: Vec::new(),
            set_bits,
            symbols: top as usize + 1,
            closures: Closures::new(&atn),
            atn,
        };
        let states = 0..grammar.atn.states.len() as u32;
        grammar.next_bits = states
            .clone()
            .map(|s| grammar.look(s, Above::Local))
            .collect();
        let mut decision = vec![None; grammar.atn.states.len()];
        for (number, &state) in (0..).zip(&grammar.atn.decisions) {
            *decision.get_mut(state as usize)? = Some(number);
        }
        let plain: Vec<Plan> = (0..)
            .zip(&grammar.atn.states)
            .map(|(number, state)| plan(state, decision.get(number).copied().flatten()))
            .collect();
        grammar.plans = plain.iter().map(|&plan| shortened(plan, &plain)).collect();
        grammar.ways = (0..grammar.atn.decisions.len())
            .map(|d| grammar.ways_by_token(d))
            .collect();
        Some(grammar)
    }

    /// The way to go at a decision for each token.
    fn ways_by_token(&self, decision: usize) -> Option<Box<[u8]>> {
        let first = self.disjoint(decision)?;
        let state = *self.atn.decisions.get(decision)?;
        let state = self.atn.states.get(state as usize)?;
        let loops = matches!(state.kind, Kind::StarEntry | Kind::PlusBack);
        let optional = loops || self.is_exit(state.edges.last());
        let ways = first.len() - usize::from(optional);
        let way = |symbol: usize| {
            let found = first
                .iter()
                .take(ways)
                .position(|bits| bits >> symbol & 1 == 1);
            found.map_or(if optional { ways as u8 } else { NO_WAY }, |way| way as u8)
        };
        Some((0..self.symbols).map(way).collect())
    }

    fn look(&self, state: u32, above: Above) -> u64 {
        let mut bits = 0;
        let mut busy = rustc_hash::FxHashSet::default();
        self.look_into(state, &mut Vec::new(), above, &mut bits, &mut busy, 0);
        bits
    }

    fn look_into(
        &self,
        state: u32,
        calls: &mut Vec<u32>,
        above: Above,
        bits: &mut u64,
        busy: &mut rustc_hash::FxHashSet<(u32, Vec<u32>)>,
        called: u64,
    ) {
        if !busy.insert((state, calls.clone())) {
            return;
        }
        let Some(node) = self.atn.states.get(state as usize) else {
            return;
        };
        if node.kind == Kind::RuleStop {
            let cleared = called & !(1 << node.rule);
            if let Some(follow) = calls.pop() {
                self.look_into(follow, calls, above, bits, busy, cleared);
                calls.push(follow);
                return;
            }
            match above {
                Above::Local => {
                    *bits |= EPSILON;
                    return;
                }
                // The generator lets the end of input follow a rule that nobody calls.
                Above::Anywhere if node.edges.is_empty() => *bits |= 1,
                Above::Anywhere => {}
            }
        }
        for edge in &node.edges {
            match *edge {
                Edge::Free(target) => self.look_into(target, calls, above, bits, busy, called),
                Edge::Call { start, follow } => {
                    let rule = self.atn.states.get(start as usize).map_or(0, |s| s.rule);
                    if called >> rule & 1 == 1 {
                        continue;
                    }
                    calls.push(follow);
                    self.look_into(start, calls, above, bits, busy, called | 1 << rule);
                    calls.pop();
                }
                Edge::Set { set, .. } => {
                    *bits |= self.set_bits.get(set as usize).copied().unwrap_or(0)
                }
            }
        }
    }

    fn is_exit(&self, edge: Option<&Edge>) -> bool {
        matches!(edge, Some(Edge::Free(target)) if self.atn.states.get(*target as usize).is_some_and(|s| s.kind == Kind::BlockEnd))
    }

    fn disjoint(&self, decision: usize) -> Option<Vec<u64>> {
        let state = *self.atn.decisions.get(decision)?;
        let mut all = 0;
        let mut result = Vec::new();
        for edge in &self.atn.states.get(state as usize)?.edges {
            let Edge::Free(target) = *edge else {
                return None;
            };
            let bits = self.look(target, Above::Anywhere);
            if bits == 0 || bits & all != 0 {
                return None;
            }
            all |= bits;
            result.push(bits);
        }
        Some(result)
    }

    #[cfg(test)]
    /// The decisions for which the generated code does not look at one token only.
    pub fn adaptive_decisions(&self) -> Vec<usize> {
        (0..self.ways.len())
            .filter(|&d| self.ways.get(d).is_some_and(Option::is_none))
            .collect()
    }

    /// Parses the tokens of `tree` (ended by the end token) from rule 0; fills the tree and gives
    /// the number of errors.
    pub fn run(
        &self,
        tree: &mut Tree,
        scratch: &mut ParseScratch,
        cache: &mut PredictCache,
    ) -> usize {
        cache.trim();
        tree.nodes.clear();
        scratch.kinds.clear();
        scratch.kinds.extend(tree.tokens.iter().map(|t| t.kind));
        scratch.runs.clear();
        scratch.runs.resize(scratch.kinds.len(), 0);
        let (mut run, mut last) = (0_u16, 0);
        for (cell, &kind) in scratch.runs.iter_mut().zip(&scratch.kinds).rev() {
            run = if kind == last {
                run.saturating_add(1)
            } else {
                0
            };
            (*cell, last) = (run, kind);
        }
        scratch.frames.clear();
        scratch.error_states.clear();
        let mut run = Run {
            grammar: self,
            kinds: &scratch.kinds,
            runs: &scratch.runs,
            tree,
            at: 0,
            state: 0,
            frames: &mut scratch.frames,
            recovering: false,
            error_at: None,
            error_states: &mut scratch.error_states,
            end_matched: false,
            errors: 0,
        };
        run.rule(cache);
        run.errors
    }
}

fn plan(state: &State, decision: Option<u32>) -> Plan {
    let entry = state.kind == Kind::StarEntry;
    match (state.kind, state.edges.as_slice(), decision) {
        (Kind::RuleStop, ..) => Plan::End,
        (_, [_, _, ..], Some(decision)) => Plan::Choose { decision, entry },
        (Kind::StarBack, [Edge::Free(target)], _) => Plan::Back(*target),
        (Kind::PlusBlock, [Edge::Free(target)], _) => Plan::Check(*target),
        (_, &[Edge::Free(target)], _) => Plan::Go(target),
        (_, &[Edge::Call { start, follow }], _) => Plan::Call { start, follow },
        (_, &[Edge::Set { set, target }], _) => Plan::Take { set, target },
        _ => Plan::Fail,
    }
}

/// A plan that leads past the states that only lead on. The way back of a loop must arrive where it
/// leads.
fn shortened(plan: Plan, plans: &[Plan]) -> Plan {
    let end = |mut at: u32| {
        // Networks have no circle of such states; a broken one is left alone.
        for _ in 0..plans.len() {
            match plans.get(at as usize) {
                Some(&Plan::Go(target)) => at = target,
                _ => break,
            }
        }
        at
    };
    match plan {
        Plan::Go(target) => Plan::Go(end(target)),
        Plan::Check(target) => Plan::Check(end(target)),
        Plan::Take { set, target } => Plan::Take {
            set,
            target: end(target),
        },
        Plan::Call { start, follow } => Plan::Call { start, follow },
        other => other,
    }
}

#[derive(Debug)]
struct Frame {
    node: u32,
    /// The state that called this rule.
    invoking: u32,
    /// Where to go on in the caller.
    follow: u32,
    /// The call stack, interned.
    context: u32,
}

/// A rule was given up; it ends after recovery.
struct Failed;

/// What comes after a state.
enum Step {
    /// Another state.
    On(u32),
    /// Another state, after the way back of a loop.
    Back(u32),
    /// What follows the rule in its caller.
    Leave,
}

struct Run<'a> {
    grammar: &'a Grammar,
    kinds: &'a [u8],
    runs: &'a [u16],
    tree: &'a mut Tree,
    at: usize,
    state: u32,
    frames: &'a mut Vec<Frame>,
    recovering: bool,
    error_at: Option<usize>,
    error_states: &'a mut Vec<u32>,
    end_matched: bool,
    errors: usize,
}

impl Run<'_> {
    fn ahead(&self, distance: usize) -> u8 {
        self.kinds.get(self.at + distance).copied().unwrap_or(0)
    }

    fn next_bits(&self, state: u32) -> u64 {
        self.grammar
            .next_bits
            .get(state as usize)
            .copied()
            .unwrap_or(0)
    }

    fn top(&self) -> u32 {
        self.frames.last().map_or(NIL, |f| f.node)
    }

    fn enter(&mut self, start: u32, follow: u32, context: u32) {
        let invoking = self.state;
        self.state = start;
        let rule = self
            .grammar
            .atn
            .states
            .get(start as usize)
            .map_or(0, |s| s.rule);
        let node = self
            .tree
            .add(self.top(), What::Rule(rule as u8), self.at as u32);
        self.frames.push(Frame {
            node,
            invoking,
            follow,
            context,
        });
    }

    fn leave(&mut self) -> Option<u32> {
        let frame = self.frames.pop()?;
        let stop = if self.end_matched {
            self.at as u32
        } else {
            self.at.checked_sub(1).map_or(NIL, |at| at as u32)
        };
        if let Some(node) = self.tree.nodes.get_mut(frame.node as usize) {
            node.stop = stop;
        }
        self.state = frame.invoking;
        (!self.frames.is_empty()).then_some(frame.follow)
    }

    /// Runs rule 0 to its end.
    fn rule(&mut self, cache: &mut PredictCache) {
        let start = self.grammar.atn.rule_start.first().copied().unwrap_or(0);
        self.enter(start, NIL, EMPTY);
        let mut at = start;
        let mut synced = false;
        loop {
            match self.one_step(at, synced, cache) {
                Ok(Step::On(next)) => {
                    synced = false;
                    at = next;
                }
                Ok(Step::Back(next)) => {
                    synced = true;
                    at = next;
                }
                Ok(Step::Leave) => match self.leave() {
                    Some(follow) => at = follow,
                    None => return,
                },
                Err(Failed) => {
                    synced = false;
                    self.recover();
                    match self.leave() {
                        Some(follow) => at = follow,
                        None => return,
                    }
                }
            }
        }
    }

    fn one_step(
        &mut self,
        at: u32,
        synced: bool,
        cache: &mut PredictCache,
    ) -> Result<Step, Failed> {
        let grammar = self.grammar;
        let plan = grammar.plans.get(at as usize).copied();
        let next = match plan.unwrap_or(Plan::Fail) {
            Plan::End => return Ok(Step::Leave),
            Plan::Go(target) => target,
            Plan::Check(target) => {
                self.state = at;
                self.try_sync()?;
                target
            }
            Plan::Back(target) => {
                self.state = at;
                // The way back of a loop never gives up.
                let _ = self.try_sync();
                return Ok(Step::Back(target));
            }
            Plan::Call { start, follow } => {
                self.state = at;
                let above = self.frames.last().map_or(EMPTY, |f| f.context);
                let context = cache.contexts.push(above, follow);
                self.enter(start, follow, context);
                start
            }
            Plan::Take { set, target } => {
                self.state = at;
                self.take(set)?;
                target
            }
            Plan::Choose { decision, entry } => {
                if !(synced && entry) {
                    self.state = at;
                    self.try_sync()?;
                }
                let way = self.choose(decision, cache)?;
                let edges = grammar.atn.states.get(at as usize).map(|s| &s.edges);
                match edges.and_then(|edges| edges.get(way)) {
                    Some(&Edge::Free(target)) => target,
                    _ => return Err(Failed),
                }
            }
            Plan::Fail => return Err(Failed),
        };
        Ok(Step::On(next))
    }

    /// The number (from 0) of the way to go.
    fn choose(&mut self, decision: u32, cache: &mut PredictCache) -> Result<usize, Failed> {
        let grammar = self.grammar;
        if let Some(Some(ways)) = grammar.ways.get(decision as usize) {
            return match ways.get(usize::from(self.ahead(0))) {
                Some(&NO_WAY) | None => Err(Failed),
                Some(&way) => Ok(usize::from(way)),
            };
        }
        let predictor = Predictor {
            atn: &grammar.atn,
            closures: &grammar.closures,
            symbols: grammar.symbols,
            set_bits: &grammar.set_bits,
        };
        let context = self.frames.last().map_or(EMPTY, |f| f.context);
        let ahead = Ahead {
            kinds: self.kinds.get(self.at..).unwrap_or_default(),
            runs: self.runs.get(self.at..).unwrap_or_default(),
        };
        match predictor.predict(cache, decision, context, ahead) {
            Some(alternative) => Ok(alternative as usize - 1),
            None => Err(Failed),
        }
    }

    fn take(&mut self, set: u32) -> Result<(), Failed> {
        let bits = self
            .grammar
            .set_bits
            .get(set as usize)
            .copied()
            .unwrap_or(0);
        if bits >> self.ahead(0) & 1 == 1 {
            if self.ahead(0) == 0 {
                self.end_matched = true;
            }
            self.matched();
            self.consume();
            return Ok(());
        }
        if self.delete_one() {
            // The single-token rule consumes what it matched; the set rule has no other way.
            self.consume();
            return Ok(());
        }
        if self.can_insert() {
            self.report();
            // A rule that takes one of several tokens leaves no trace of the missing one.
            if bits.count_ones() == 1 {
                let kind = self.expected().trailing_zeros() as u8;
                self.tree.add(self.top(), What::Missing(kind), NIL);
            }
            return Ok(());
        }
        Err(Failed)
    }

    fn consume(&mut self) {
        let what = if self.recovering {
            What::Error(self.at as u32)
        } else {
            What::Token(self.at as u32)
        };
        self.tree.add(self.top(), what, NIL);
        if self.ahead(0) != 0 {
            self.at += 1;
        }
    }

    fn matched(&mut self) {
        self.recovering = false;
        self.error_at = None;
        self.error_states.clear();
    }

    fn report(&mut self) {
        if !self.recovering {
            self.recovering = true;
            self.errors += 1;
        }
    }

    /// Looks whether the next token fits, as the generated code does before decisions.
    fn try_sync(&mut self) -> Result<(), Failed> {
        if self.recovering {
            return Ok(());
        }
        let next = self.next_bits(self.state);
        if next >> self.ahead(0) & 1 == 1 || next & EPSILON != 0 {
            return Ok(());
        }
        let kind = self
            .grammar
            .atn
            .states
            .get(self.state as usize)
            .map(|s| s.kind);
        match kind {
            Some(Kind::Block | Kind::StarBlock | Kind::PlusBlock | Kind::StarEntry) => {
                if self.delete_one() {
                    return Ok(());
                }
                Err(Failed)
            }
            Some(Kind::PlusBack | Kind::StarBack) => {
                self.report();
                let wanted = self.expected() | self.recovery_bits();
                self.consume_until(wanted);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Drops the next token when the one after it fits.
    fn delete_one(&mut self) -> bool {
        let after = if self.ahead(0) == 0 { 0 } else { self.ahead(1) };
        if self.expected() >> after & 1 == 1 {
            self.report();
            self.consume();
            self.matched();
            return true;
        }
        false
    }

    /// Whether the next token would fit after the missing one.
    fn can_insert(&self) -> bool {
        let target = match self
            .grammar
            .atn
            .states
            .get(self.state as usize)
            .and_then(|s| s.edges.first())
        {
            Some(Edge::Free(target) | Edge::Set { target, .. }) => *target,
            Some(Edge::Call { start, .. }) => *start,
            None => return false,
        };
        self.expected_at(target) >> self.ahead(0) & 1 == 1
    }

    /// What may come next, seen from the whole call stack.
    fn expected(&self) -> u64 {
        self.expected_at(self.state)
    }

    fn expected_at(&self, state: u32) -> u64 {
        let mut following = self.next_bits(state);
        let mut wanted = following & !EPSILON;
        for frame in self.frames.iter().skip(1).rev() {
            if following & EPSILON == 0 {
                return wanted;
            }
            following = self.next_bits(frame.follow);
            wanted |= following & !EPSILON;
        }
        if following & EPSILON != 0 {
            wanted |= 1;
        }
        wanted
    }

    fn recovery_bits(&self) -> u64 {
        let follows = self.frames.iter().skip(1).map(|f| self.next_bits(f.follow));
        follows.fold(0, |all, bits| all | bits) & !EPSILON
    }

    fn recover(&mut self) {
        self.report();
        if self.error_at == Some(self.at) && self.error_states.contains(&self.state) {
            self.consume();
        }
        self.error_at = Some(self.at);
        self.error_states.push(self.state);
        let wanted = self.recovery_bits();
        self.consume_until(wanted);
    }

    fn consume_until(&mut self, wanted: u64) {
        while self.ahead(0) != 0 && wanted >> self.ahead(0) & 1 == 0 {
            self.consume();
        }
    }
}
