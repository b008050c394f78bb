//! The texts of the rules: a number for each, and what is needed to find them in a part of an agent.

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::codec::hash_bytes;
use crate::ops::NONE;

/// All texts, by number.
#[derive(Debug)]
pub struct Strings {
    ends: Vec<u32>,
    text: String,
}

impl Strings {
    /// Texts that follow one another in `text`, each up to its place in `ends`.
    pub fn new(ends: Vec<u32>, text: String) -> Self {
        Self { ends, text }
    }

    /// A text by number.
    pub fn get(&self, id: u32) -> &str {
        let id = id as usize;
        let end = self.ends.get(id).map_or(0, |&end| end as usize);
        let start = id
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .map_or(0, |&end| end as usize);
        self.text.get(start..end).unwrap_or("")
    }
}

/// From texts to their numbers.
#[derive(Debug)]
pub struct Numbers {
    /// Half of the hash, and the number; twice as many as texts at least.
    slots: Vec<(u32, u32)>,
    /// A bit for each slot that some text starts at: small enough to stay at hand.
    starts: Vec<u64>,
    /// Length of the longest text.
    longest: usize,
}

impl Numbers {
    /// Knows these texts, `count` of them at most; a number may come more than once.
    pub fn new(strings: &Strings, ids: impl Iterator<Item = u32>, count: usize) -> Self {
        let mut slots = vec![(0, NONE); (count * 2 + 1).next_power_of_two()];
        let mask = slots.len() - 1;
        let mut starts = vec![0; slots.len() / 64 + 1];
        let mut longest = 0;
        for id in ids {
            longest = longest.max(strings.get(id).len());
            let hash = hash_bytes(strings.get(id).as_bytes());
            let mut at = hash as usize & mask;
            if let Some(word) = starts.get_mut(at / 64) {
                *word |= 1_u64 << (at % 64);
            }
            while let Some(slot) = slots.get_mut(at) {
                if slot.1 == NONE {
                    *slot = ((hash >> 32) as u32, id);
                } else if slot.1 != id {
                    at = (at + 1) & mask;
                    continue;
                }
                break;
            }
        }
        Self {
            slots,
            starts,
            longest,
        }
    }

    /// The number of a text, [`NONE`] when it is not known.
    pub fn of(&self, strings: &Strings, text: &str) -> u32 {
        if text.len() > self.longest {
            return NONE;
        }
        let mask = self.slots.len() - 1;
        let hash = hash_bytes(text.as_bytes());
        let mut at = hash as usize & mask;
        if self
            .starts
            .get(at / 64)
            .is_none_or(|word| word >> (at % 64) & 1 == 0)
        {
            return NONE;
        }
        while let Some(&(half, id)) = self.slots.get(at) {
            if id == NONE || half == (hash >> 32) as u32 && strings.get(id) == text {
                return id;
            }
            at = (at + 1) & mask;
        }
        NONE
    }
}

/// A look-up or set.
#[derive(Debug)]
pub struct Map {
    /// Pairs of texts in the library's order.
    pub ordered: Vec<(u32, u32)>,
    /// Keys and their places in that order; twice as many as entries at least.
    slots: Vec<(u32, u32)>,
}

fn spread(id: u32) -> usize {
    (id.wrapping_mul(0x9e37_79b1) >> 12) as usize
}

impl Map {
    /// Of a key that comes more than once the first counts.
    pub fn new(ordered: Vec<(u32, u32)>) -> Self {
        let mut slots = vec![(NONE, NONE); (ordered.len() * 2 + 1).next_power_of_two()];
        let mask = slots.len() - 1;
        for (place, &(key, _)) in (0..).zip(&ordered) {
            let mut at = spread(key) & mask;
            while let Some(slot) = slots.get_mut(at) {
                if slot.0 == NONE {
                    *slot = (key, place);
                } else if slot.0 != key {
                    at = (at + 1) & mask;
                    continue;
                }
                break;
            }
        }
        Self { ordered, slots }
    }

    /// The place of a key.
    pub fn place(&self, key: u32) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let mut at = spread(key) & mask;
        loop {
            match *self.slots.get(at)? {
                (known, place) if known == key && place != NONE => return Some(place),
                (NONE, _) => return None,
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// The value at a place.
    pub fn value(&self, place: u32) -> u32 {
        self.ordered.get(place as usize).map_or(0, |pair| pair.1)
    }
}

/// A text of the rules found inside another.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    /// Its number.
    pub id: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// Finds all texts that some rule looks for inside a value, in one go.
#[derive(Debug)]
pub struct Needles {
    automaton: AhoCorasick,
    ids: Vec<u32>,
}

impl Needles {
    /// Looks for these texts; `None` when they are too many for an automaton.
    pub fn new(strings: &Strings, mut ids: Vec<u32>) -> Option<Self> {
        ids.sort_unstable();
        ids.dedup();
        let texts = ids.iter().map(|&id| strings.get(id));
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .build(texts)
            .ok()?;
        Some(Self { automaton, ids })
    }

    /// All places of all texts in `text`.
    pub fn find(&self, text: &str, spots: &mut Vec<Spot>) {
        spots.clear();
        for found in self.automaton.find_overlapping_iter(text) {
            if let Some(&id) = self.ids.get(found.pattern().as_usize()) {
                spots.push(Spot {
                    id,
                    start: found.start() as u32,
                    end: found.end() as u32,
                });
            }
        }
    }
}

/// The keys that some rule compares with the start of a value, as a tree of bytes.
#[derive(Debug)]
pub struct Heads {
    nodes: Vec<Head>,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    /// The byte that leads here.
    byte: u8,
    /// How many nodes follow it here, and the first of them; they are side by side.
    count: u8,
    first: u32,
    /// The key that ends here.
    key: u32,
}

impl Heads {
    /// The tree of these keys.
    pub fn new(strings: &Strings, ids: impl Iterator<Item = u32>) -> Self {
        let mut keys: Vec<(&[u8], u32)> = ids.map(|id| (strings.get(id).as_bytes(), id)).collect();
        keys.sort_unstable();
        keys.dedup();
        let root = Head {
            byte: 0,
            count: 0,
            first: 0,
            key: NONE,
        };
        let mut nodes = vec![root];
        // The keys below each node, and how much of them it stands for.
        let mut below = vec![(0..keys.len(), 0)];
        let mut at = 0;
        while let Some((range, depth)) = below.get(at).cloned() {
            let first = nodes.len();
            let mut start: usize = range.start;
            for group in keys
                .get(range)
                .unwrap_or_default()
                .chunk_by(|a, b| a.0.get(depth) == b.0.get(depth))
            {
                let end = start + group.len();
                match group.first() {
                    Some((key, _)) if key.len() > depth => {
                        let byte = key.get(depth).copied().unwrap_or(0);
                        nodes.push(Head { byte, ..root });
                        below.push((start..end, depth + 1));
                    }
                    Some(&(_, id)) => {
                        if let Some(node) = nodes.get_mut(at) {
                            node.key = id;
                        }
                    }
                    None => {}
                }
                start = end;
            }
            let count = nodes.len() - first;
            if let Some(node) = nodes.get_mut(at) {
                // Bytes of UTF-8 are fewer than 255.
                (node.count, node.first) = (count as u8, first as u32);
            }
            at += 1;
        }
        Self { nodes }
    }

    /// The place in `map` of its longest key that starts `text`.
    pub fn longest(&self, map: &Map, text: &str) -> Option<u32> {
        let mut best = None;
        let mut bytes = text.bytes();
        let mut node = self.nodes.first()?;
        loop {
            if node.key != NONE {
                best = map.place(node.key).or(best);
            }
            let Some(byte) = bytes.next() else { break };
            let first = node.first as usize;
            let next = self.nodes.get(first..first + usize::from(node.count));
            match next.and_then(|next| next.iter().find(|next| next.byte == byte)) {
                Some(next) => node = next,
                None => break,
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(texts: &[&str]) -> Strings {
        let ends = texts.iter().scan(0, |end, text| {
            *end += text.len() as u32;
            Some(*end)
        });
        Strings::new(ends.collect(), texts.concat())
    }

    #[test]
    fn texts_have_the_numbers_they_were_given() {
        let strings = strings(&["", "one", "two", "three"]);
        let numbers = Numbers::new(&strings, [1, 2, 2, 0].into_iter(), 4);
        let of = |text| numbers.of(&strings, text);
        assert_eq!(
            [of("one"), of("two"), of(""), of("three"), of("tw")],
            [1, 2, 0, NONE, NONE]
        );
    }

    #[test]
    fn the_first_of_equal_keys_counts() {
        let map = Map::new(vec![(7, 70), (9, 90), (7, 71)]);
        let value = |key| map.place(key).map(|place| map.value(place));
        assert_eq!([value(7), value(9), value(8)], [Some(70), Some(90), None]);
        assert_eq!(map.place(NONE), None);
    }

    #[test]
    fn needles_are_found_where_they_overlap() {
        let strings = strings(&["", "ab", "abc", "bc", "x"]);
        let needles = Needles::new(&strings, vec![3, 1, 2, 4, 1]).unwrap();
        let mut spots = Vec::new();
        needles.find("zabcab", &mut spots);
        let mut found: Vec<_> = spots.iter().map(|s| (s.id, s.start, s.end)).collect();
        found.sort_unstable();
        assert_eq!(found, [(1, 1, 3), (1, 4, 6), (2, 1, 4), (3, 2, 4)]);
    }

    #[test]
    fn the_longest_key_of_the_map_starts_the_text() {
        let strings = strings(&["", "a", "abc", "abcd", "b"]);
        let heads = Heads::new(&strings, [1, 2, 3, 4].into_iter());
        let map = Map::new(vec![(2, 0), (1, 0)]);
        assert_eq!(heads.longest(&map, "abcde"), Some(0));
        assert_eq!(heads.longest(&map, "ab"), Some(1));
        assert_eq!(heads.longest(&map, "b"), None);
        assert_eq!(heads.longest(&map, ""), None);
    }
}
