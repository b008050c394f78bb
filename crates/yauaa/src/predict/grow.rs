//! Builds the nodes of the prediction automata: what a token leads to from a set of configurations.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::{
    Config, ConfigSet, DEAD, DONE, MAX_NODES, Outer, PredictCache, Predictor, SLL, Verdict, Way,
    Work,
};
use crate::atn::Edge;
use crate::closure::Reach;
use crate::contexts::{Contexts, EMPTY, NO_RETURN};

impl Predictor<'_> {
    /// Builds the node a prediction starts at.
    pub(super) fn first(&self, cache: &mut PredictCache, decision: u32, stack: u32) -> u32 {
        let full = stack != SLL;
        let context = if full { stack } else { EMPTY };
        let state = self.atn.decisions.get(decision as usize);
        let edges = state
            .and_then(|&state| self.atn.states.get(state as usize))
            .map_or(&[][..], |s| &s.edges);
        let mut work = std::mem::take(&mut cache.work);
        work.set.clear();
        work.seen.clear();
        for (number, edge) in edges.iter().enumerate() {
            if let Edge::Free(target) = *edge {
                let config = Config {
                    context,
                    state: target as u16,
                    alternative: number as u8 + 1,
                    outside: false,
                };
                self.close(config, &mut work, cache, full);
            }
        }
        let node = self.insert(cache, full, &mut work.set.list, Verdict::Go);
        cache.work = work;
        node
    }

    /// The node of these configurations.
    fn insert(
        &self,
        cache: &mut PredictCache,
        full: bool,
        configs: &mut [Config],
        verdict: Verdict,
    ) -> u32 {
        configs.sort_unstable_by_key(|c| (c.state, c.alternative));
        let (node, is_new) = cache.nodes.number(configs, (full, verdict));
        if is_new {
            let edges = cache.edges.len() + self.symbols;
            if edges > cache.edges.capacity() {
                // at once for all that will be kept, so that it is never copied; what is not used takes no memory
                let room = self.symbols * MAX_NODES / 4 * 5;
                cache.edges.reserve(room.max(self.symbols));
            }
            cache.edges.resize(edges, Way::default());
        }
        node
    }

    /// Builds the node that a token leads to, with [`DONE`] when it has a verdict.
    pub(super) fn step(&self, cache: &mut PredictCache, node: u32, symbol: u8, full: bool) -> u32 {
        let mut work = std::mem::take(&mut cache.work);
        let mut configs = std::mem::take(&mut work.from);
        configs.clear();
        configs.extend_from_slice(cache.nodes.get(node));
        work.set.clear();
        if symbol == 0 {
            self.finish(&configs, full, &mut work, cache);
        } else {
            self.advance(&configs, symbol, full, &mut work, cache);
        }
        work.from = configs;
        let list = &mut work.set.list;
        list.sort_unstable_by_key(|c| (c.state, c.alternative));
        let result = if list.is_empty() {
            DEAD
        } else {
            let verdict = if let Some(alternative) = one_alternative(list) {
                Verdict::Take(alternative)
            } else if full {
                single_viable(list).map_or(Verdict::Go, Verdict::Take)
            } else if self.conflicts(list) {
                Verdict::Conflict
            } else {
                Verdict::Go
            };
            let node = self.insert(cache, full, list, verdict);
            if verdict == Verdict::Go {
                node
            } else {
                node | DONE
            }
        };
        cache.work = work;
        result
    }

    /// Takes a token from `configs` and adds what is reached then.
    fn advance(
        &self,
        configs: &[Config],
        symbol: u8,
        full: bool,
        work: &mut Work,
        cache: &mut PredictCache,
    ) {
        let mut stays = false;
        for config in configs {
            if self.is_stop(config.state) {
                stays |= full;
                continue;
            }
            for target in self.targets(config.state, symbol) {
                let state = target as u16;
                let config = Config { state, ..*config };
                work.set.add(config, &mut cache.contexts, full);
            }
        }
        if !stays && one_alternative(&work.set.list).is_some() {
            return;
        }
        let mut moved = std::mem::take(&mut work.moved);
        moved.clear();
        moved.extend_from_slice(&work.set.list);
        work.set.clear();
        work.seen.clear();
        for &config in &moved {
            self.close(config, work, cache, full);
        }
        work.moved = moved;
        if stays && !work.set.list.iter().any(|c| self.is_stop(c.state)) {
            // What has ended stays where it is.
            for &config in configs.iter().filter(|c| self.is_stop(c.state)) {
                work.set.add(config, &mut cache.contexts, full);
            }
        }
    }

    /// Takes the end of the input, which can be taken again and again: adds what ends then.
    fn finish(&self, configs: &[Config], full: bool, work: &mut Work, cache: &mut PredictCache) {
        let top = self.atn.rule_stop.first().copied().unwrap_or(0) as u16;
        for config in configs.iter().filter(|c| !self.is_stop(c.state)) {
            for target in self.targets(config.state, 0) {
                if self.ends((target as u16, config.context), full, cache) {
                    let config = Config {
                        state: top,
                        context: EMPTY,
                        ..*config
                    };
                    work.set.add(config, &mut cache.contexts, full);
                }
            }
        }
        if !full || work.set.list.is_empty() {
            // What has ended stays where it is.
            for &config in configs.iter().filter(|c| self.is_stop(c.state)) {
                work.set.add(config, &mut cache.contexts, full);
            }
        }
    }

    /// Whether the end of the input, taken any number of times, leads from a state with a stack to
    /// the end of everything.
    fn ends(&self, first: (u16, u32), full: bool, cache: &mut PredictCache) -> bool {
        // Places in the order they are found, and from where.
        let mut places = vec![(first, 0)];
        let mut seen: FxHashSet<(u16, u32)> = std::iter::once(first).collect();
        let mut stacks = Vec::new();
        let mut at = 0;
        while let Some(&((state, context), _)) = places.get(at) {
            let next = match cache.endings.get(&(state, context, full)) {
                Some(true) => None,
                Some(false) => Some(Vec::new()),
                None => self.behind(state, context, full, &mut stacks, cache),
            };
            let Some(next) = next else { break };
            places.extend(
                next.into_iter()
                    .filter(|n| seen.insert(*n))
                    .map(|n| (n, at)),
            );
            at += 1;
        }
        let ends = at < places.len();
        if ends {
            // So do all places on the way to this one.
            while let Some(&((state, context), from)) = places.get(at) {
                cache.endings.insert((state, context, full), true);
                if at == 0 {
                    break;
                }
                at = from;
            }
        } else {
            for ((state, context), _) in places {
                cache.endings.insert((state, context, full), false);
            }
        }
        ends
    }

    /// Where the end of the input leads from a state with a stack; `None` to the end of everything.
    fn behind(
        &self,
        state: u16,
        context: u32,
        full: bool,
        stacks: &mut Vec<u32>,
        cache: &mut PredictCache,
    ) -> Option<Vec<(u16, u32)>> {
        let mut found = Vec::new();
        let Some(reach) = self.closures.of(u32::from(state)) else {
            return Some(found);
        };
        if reach.ends {
            if context != EMPTY {
                for &(follow, parent) in cache.contexts.entries(context) {
                    if follow == NO_RETURN {
                        return None;
                    }
                    found.push((follow as u16, parent));
                }
            } else if full {
                return None;
            } else {
                let outer = self.outer(reach.rule, cache)?;
                if outer.top.is_some() {
                    return None;
                }
                found.extend_from_slice(&outer.at_end);
            }
        }
        if !reach.at_end.is_empty() {
            instantiate(reach, context, stacks, &mut cache.contexts, full);
            for &(target, stack) in &reach.at_end {
                let context = stacks.get(stack as usize).copied().unwrap_or(EMPTY);
                found.push((target as u16, context));
            }
        }
        Some(found)
    }

    fn targets(&self, state: u16, symbol: u8) -> impl Iterator<Item = u32> {
        let edges = self
            .atn
            .states
            .get(usize::from(state))
            .map_or(&[][..], |s| &s.edges);
        edges.iter().filter_map(move |edge| match *edge {
            Edge::Set { set, target } => {
                let bits = self.set_bits.get(set as usize)?;
                (bits >> symbol & 1 == 1).then_some(target)
            }
            _ => None,
        })
    }

    /// Adds what is reached from a configuration without taking a token.
    fn close(&self, first: Config, work: &mut Work, cache: &mut PredictCache, full: bool) {
        let mut todo = std::mem::take(&mut work.todo);
        todo.push(first);
        while let Some(config) = todo.pop() {
            if !work.seen.insert(config) {
                continue;
            }
            let Some(reach) = self.closures.of(u32::from(config.state)) else {
                continue;
            };
            instantiate(
                reach,
                config.context,
                &mut work.stacks,
                &mut cache.contexts,
                full,
            );
            for &(leaf, stack) in &reach.leaves {
                let leaf = Config {
                    state: leaf as u16,
                    context: work.stacks.get(stack as usize).copied().unwrap_or(EMPTY),
                    ..config
                };
                work.set.add(leaf, &mut cache.contexts, full);
            }
            if reach.ends {
                self.leave(config, reach.rule, &mut todo, &mut work.set, cache, full);
            }
        }
        work.todo = todo;
    }

    /// Goes on behind a rule that has ended.
    fn leave(
        &self,
        config: Config,
        rule: u32,
        todo: &mut Vec<Config>,
        set: &mut ConfigSet,
        cache: &mut PredictCache,
        full: bool,
    ) {
        let stop = self.atn.rule_stop.get(rule as usize).copied().unwrap_or(0) as u16;
        if config.context == EMPTY && !full {
            let Some(outer) = self.outer(rule, cache) else {
                return;
            };
            let outside = config.outside || outer.top != Some(stop);
            for &(state, context) in &outer.leaves {
                let config = Config {
                    state,
                    context,
                    outside: true,
                    ..config
                };
                set.add(config, &mut cache.contexts, full);
            }
            if let Some(state) = outer.top {
                let config = Config {
                    state,
                    outside,
                    ..config
                };
                set.add(config, &mut cache.contexts, full);
            }
            return;
        }
        for at in 0..cache.contexts.entries(config.context).len() {
            let Some(&(follow, parent)) = cache.contexts.entries(config.context).get(at) else {
                break;
            };
            if follow == NO_RETURN {
                let config = Config {
                    state: stop,
                    context: EMPTY,
                    ..config
                };
                set.add(config, &mut cache.contexts, full);
            } else {
                todo.push(Config {
                    state: follow as u16,
                    context: parent,
                    ..config
                });
            }
        }
    }

    /// What can follow a rule, wherever it may be called from.
    fn outer(&self, rule: u32, cache: &mut PredictCache) -> Option<Arc<Outer>> {
        if let Some(known) = cache.outer.get(&rule) {
            return Some(Arc::clone(known));
        }
        let mut set = ConfigSet::default();
        set.clear();
        let mut outer = Outer::default();
        let mut stacks = Vec::new();
        let (mut todo, mut seen) = (vec![rule], FxHashSet::default());
        while let Some(rule) = todo.pop() {
            if !seen.insert(rule) {
                continue;
            }
            let stop = self.atn.rule_stop.get(rule as usize).copied()?;
            let follows = &self.atn.states.get(stop as usize)?.edges;
            if follows.is_empty() {
                outer.top = Some(stop as u16);
            }
            for edge in follows {
                let Edge::Free(follow) = *edge else { continue };
                let reach = self.closures.of(follow)?;
                instantiate(reach, EMPTY, &mut stacks, &mut cache.contexts, false);
                let context = |stack: u32| stacks.get(stack as usize).copied().unwrap_or(EMPTY);
                for &(leaf, stack) in &reach.leaves {
                    let config = Config {
                        context: context(stack),
                        state: leaf as u16,
                        alternative: 0,
                        outside: true,
                    };
                    set.add(config, &mut cache.contexts, false);
                }
                let at_end = reach.at_end.iter();
                outer
                    .at_end
                    .extend(at_end.map(|&(target, stack)| (target as u16, context(stack))));
                if reach.ends {
                    todo.push(reach.rule);
                }
            }
        }
        outer.leaves = set.list.iter().map(|c| (c.state, c.context)).collect();
        let outer = Arc::new(outer);
        cache.outer.insert(rule, Arc::clone(&outer));
        Some(outer)
    }

    /// Whether more tokens will not help: all alternatives have ended, or they share states and
    /// stacks and no state belongs to one alternative only. `configs` are sorted.
    fn conflicts(&self, configs: &[Config]) -> bool {
        if configs.iter().all(|c| self.is_stop(c.state)) {
            return true;
        }
        let mut shared = false;
        for group in configs.chunk_by(|a, b| a.state == b.state) {
            if group.len() == 1 {
                return false;
            }
            shared = shared
                || group.iter().enumerate().any(|(at, config)| {
                    let before = group.iter().take(at);
                    before.map(|c| c.context).any(|c| c == config.context)
                });
        }
        shared
    }
}

/// Numbers of the stacks of `reach` on top of `context`.
fn instantiate(
    reach: &Reach,
    context: u32,
    stacks: &mut Vec<u32>,
    contexts: &mut Contexts,
    full: bool,
) {
    stacks.clear();
    for set in &reach.stacks {
        let below = |number: u32| stacks.get(number as usize).copied().unwrap_or(EMPTY);
        let above = match set.entries.as_slice() {
            [] => None,
            &[(follow, parent)] => Some(contexts.push(below(parent), follow)),
            many => {
                let below = many.iter().map(|&(follow, p)| (follow, below(p)));
                Some(contexts.intern(&below.collect::<Vec<_>>()))
            }
        };
        stacks.push(match above {
            Some(above) if set.base => contexts.merge(context, above, !full),
            Some(above) => above,
            None => context,
        });
    }
}

fn one_alternative(configs: &[Config]) -> Option<u32> {
    let first = configs.first()?.alternative;
    configs
        .iter()
        .all(|c| c.alternative == first)
        .then_some(u32::from(first))
}

/// The alternative that is the lowest for every state and stack. `configs` are sorted.
fn single_viable(configs: &[Config]) -> Option<u32> {
    let mut lowest = None;
    for group in configs.chunk_by(|a, b| a.state == b.state) {
        for (at, config) in group.iter().enumerate() {
            let mut before = group.iter().take(at);
            if before.any(|c| c.context == config.context) {
                continue;
            }
            match lowest {
                None => lowest = Some(config.alternative),
                Some(known) if known != config.alternative => return None,
                Some(_) => {}
            }
        }
    }
    lowest.map(u32::from)
}
