//! What a state of the network reaches without taking a token, worked out once for each state.
//!
//! Within a rule and the rules it calls that does not depend on how the rule was called, so it can
//! be written down with call stacks that start where the caller's stack ends.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::atn::{Atn, EOF, Edge, Kind};

/// A set of call stacks on top of the stack that is there at the start.
#[derive(Debug, Default, Clone, PartialEq, Eq, Hash)]
pub struct Above {
    /// Whether the stack at the start, unchanged, is one of them.
    pub base: bool,
    /// Return states and the number of what is below each.
    pub entries: Vec<(u32, u32)>,
}

/// What one state reaches.
#[derive(Debug, Default)]
pub struct Reach {
    /// Sets of stacks; each names only earlier ones.
    pub stacks: Vec<Above>,
    /// States that take a token, each with the number of its stacks.
    pub leaves: Vec<(u32, u32)>,
    /// Where the end of the input leads from the leaves, each with the number of its stacks.
    pub at_end: Vec<(u32, u32)>,
    /// Whether the end of the state's own rule is reached.
    pub ends: bool,
    /// The state's own rule.
    pub rule: u32,
}

/// The reach of all states that prediction starts from.
#[derive(Debug)]
pub struct Closures {
    by_state: Vec<Option<Box<Reach>>>,
}

impl Closures {
    /// Works it out for the ways out of decisions, and for what follows tokens and calls.
    pub fn new(atn: &Atn) -> Self {
        let mut wanted: FxHashSet<u32> = FxHashSet::default();
        for &decision in &atn.decisions {
            let edges = atn.states.get(decision as usize).map(|s| &s.edges);
            for edge in edges.into_iter().flatten() {
                if let Edge::Free(target) = *edge {
                    wanted.insert(target);
                }
            }
        }
        for edge in atn.states.iter().flat_map(|state| &state.edges) {
            match *edge {
                Edge::Set { target, .. } => wanted.insert(target),
                Edge::Call { follow, .. } => wanted.insert(follow),
                Edge::Free(_) => false,
            };
        }
        let by_state = (0..atn.states.len() as u32)
            .map(|state| wanted.contains(&state).then(|| Box::new(reach(atn, state))))
            .collect();
        Self { by_state }
    }

    /// The reach of a state.
    pub fn of(&self, state: u32) -> Option<&Reach> {
        self.by_state.get(state as usize)?.as_deref()
    }
}

fn reach(atn: &Atn, first: u32) -> Reach {
    // Stacks as lists: what is below, and the return state on top; number 0 is the empty one.
    let mut stacks = vec![(0, 0)];
    let mut known: FxHashMap<(u32, u32), u32> = FxHashMap::default();
    let mut seen: FxHashSet<(u32, u32)> = FxHashSet::default();
    let mut found: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut result = Reach {
        rule: atn.states.get(first as usize).map_or(0, |s| s.rule),
        ..Reach::default()
    };
    let mut todo = vec![(first, 0)];
    while let Some((number, stack)) = todo.pop() {
        if !seen.insert((number, stack)) {
            continue;
        }
        let Some(state) = atn.states.get(number as usize) else {
            continue;
        };
        if state.kind == Kind::RuleStop {
            match stacks.get(stack as usize) {
                Some(&(below, follow)) if stack != 0 => todo.push((follow, below)),
                _ => result.ends = true,
            }
            continue;
        }
        if state.edges.iter().any(|e| matches!(e, Edge::Set { .. })) {
            found.entry(number).or_default().push(stack);
        }
        for edge in &state.edges {
            match *edge {
                Edge::Free(target) => todo.push((target, stack)),
                Edge::Call { start, follow } => {
                    let above = *known.entry((stack, follow)).or_insert_with(|| {
                        stacks.push((stack, follow));
                        stacks.len() as u32 - 1
                    });
                    todo.push((start, above));
                }
                Edge::Set { .. } => {}
            }
        }
    }
    let mut numbers = FxHashMap::default();
    for (leaf, list) in found {
        let set = above(&stacks, list, &mut result.stacks, &mut numbers);
        result.leaves.push((leaf, set));
        let edges = atn.states.get(leaf as usize).map(|state| &state.edges);
        for edge in edges.into_iter().flatten() {
            if let Edge::Set { set: taken, target } = *edge
                && let Some(taken) = atn.sets.get(taken as usize)
                && taken.iter().any(|&(from, to)| (from..=to).contains(&EOF))
            {
                result.at_end.push((target, set));
            }
        }
    }
    result
}

/// Makes one set of a list of stacks.
fn above(
    stacks: &[(u32, u32)],
    list: Vec<u32>,
    sets: &mut Vec<Above>,
    numbers: &mut FxHashMap<Above, u32>,
) -> u32 {
    let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut set = Above::default();
    for stack in list {
        match stacks.get(stack as usize) {
            Some(&(below, follow)) if stack != 0 => groups.entry(follow).or_default().push(below),
            _ => set.base = true,
        }
    }
    for (follow, below) in groups {
        let below = above(stacks, below, sets, numbers);
        set.entries.push((follow, below));
    }
    if let Some(&number) = numbers.get(&set) {
        return number;
    }
    let number = sets.len() as u32;
    numbers.insert(set.clone(), number);
    sets.push(set);
    number
}
