//! Call stacks of a prediction: interned, equal ones have one number; sets of them are merged as
//! graphs.

use rustc_hash::FxHashMap;

use crate::lists::Lists;

/// The empty call stack.
pub const EMPTY: u32 = 0;
/// "No return state": the entry of a set that stands for the empty stack. It is the last entry.
pub const NO_RETURN: u32 = u32::MAX;

/// All call stacks seen so far, by number. A stack, or set of stacks, is a list of return states
/// with what is below each.
#[derive(Debug)]
pub struct Contexts {
    nodes: Lists<(u32, u32)>,
    merged: FxHashMap<(u32, u32, bool), u32>,
    /// Stacks of one path by return state and parent: the common case without a list.
    single: FxHashMap<(u32, u32), u32>,
}

impl Default for Contexts {
    fn default() -> Self {
        let mut contexts = Self {
            nodes: Lists::default(),
            merged: FxHashMap::default(),
            single: FxHashMap::default(),
        };
        contexts.clear();
        contexts
    }
}

impl Contexts {
    /// How many there are, merges that are remembered included.
    pub fn len(&self) -> usize {
        self.nodes.len() + self.merged.len()
    }

    /// Forgets all but the empty one.
    pub fn clear(&mut self) {
        self.nodes.clear();
        self.merged.clear();
        self.single.clear();
        // the number of the first is that of the empty stack
        self.nodes.number(&[(NO_RETURN, NO_RETURN)], ());
    }

    /// The set with these entries, which are sorted by return state.
    pub fn intern(&mut self, entries: &[(u32, u32)]) -> u32 {
        self.nodes.number(entries, ()).0
    }

    /// The stack `parent` with one more return state.
    pub fn push(&mut self, parent: u32, follow: u32) -> u32 {
        if let Some(&known) = self.single.get(&(follow, parent)) {
            return known;
        }
        let id = self.intern(&[(follow, parent)]);
        self.single.insert((follow, parent), id);
        id
    }

    /// Return states with what is below them.
    pub fn entries(&self, id: u32) -> &[(u32, u32)] {
        match self.nodes.get(id) {
            [] => &[(NO_RETURN, NO_RETURN)],
            entries => entries,
        }
    }

    /// Whether the empty stack is among them.
    pub fn has_empty_path(&self, id: u32) -> bool {
        self.entries(id)
            .last()
            .is_some_and(|entry| entry.0 == NO_RETURN)
    }

    /// Both sets in one. With `wildcard` the empty stack stands for all stacks.
    pub fn merge(&mut self, a: u32, b: u32, wildcard: bool) -> u32 {
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
        let id = self.intern(&result);
        self.merged.insert(key, id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_stacks_are_one() {
        let mut contexts = Contexts::default();
        let one = contexts.push(EMPTY, 7);
        assert_eq!(contexts.push(EMPTY, 7), one);
        assert_eq!(contexts.intern(&[(7, EMPTY)]), one);
        assert_ne!(contexts.push(one, 7), one);
        assert!(contexts.has_empty_path(EMPTY) && !contexts.has_empty_path(one));
    }

    #[test]
    fn merging_does_not_depend_on_the_order() {
        for wildcard in [false, true] {
            let mut contexts = Contexts::default();
            let low = contexts.push(EMPTY, 3);
            let stacks = [
                EMPTY,
                low,
                contexts.push(low, 5),
                contexts.push(EMPTY, 5),
                contexts.push(low, 4),
            ];
            let mut all = |order: [usize; 5]| {
                order
                    .iter()
                    .map(|&n| stacks[n])
                    .reduce(|a, b| contexts.merge(a, b, wildcard))
                    .unwrap()
            };
            let first = all([0, 1, 2, 3, 4]);
            assert_eq!(all([4, 2, 0, 3, 1]), first);
            assert_eq!(all([3, 4, 1, 2, 0]), first);
            assert_eq!(first == EMPTY, wildcard);
        }
    }
}
