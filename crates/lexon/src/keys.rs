//! Duplicate keys: the last value wins, the first position stays (as in a Java `LinkedHashMap`).
//!
//! Nothing is moved: the first key is pointed at the last value and the later keys are marked dead,
//! so nested duplicates cost no more than others.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::doc::{Node, Tag};

/// Up to so many keys a bit set sorts out the distinct ones; beyond, a hash map is asked.
const SMALL: u32 = 64;

/// A key with lone surrogates, by node: its UTF-16 units tell apart what `?` makes equal.
pub(crate) type LoneKey = (u32, Box<[u16]>);

/// What keys are read from.
pub(crate) struct Keys<'t> {
    pub(crate) text: &'t str,
    pub(crate) side: &'t str,
    pub(crate) lone: &'t [LoneKey],
}

impl<'t> Keys<'t> {
    #[inline]
    fn bytes(&self, key: Node) -> &'t [u8] {
        let buffer = if key.tag() == Tag::Side {
            self.side
        } else {
            self.text
        };
        buffer
            .as_bytes()
            .get(key.start as usize..key.end as usize)
            .unwrap_or(&[])
    }

    fn lone(&self, index: usize) -> Option<&'t [u16]> {
        let found = self
            .lone
            .binary_search_by_key(&index, |(node, _)| *node as usize)
            .ok()?;
        self.lone.get(found).map(|(_, units)| &**units)
    }

    /// Settles the duplicates of the object at `object`, which has `count` entries, all complete;
    /// says whether there were any.
    pub(crate) fn settle(&self, nodes: &mut [Node], object: usize, count: u32) -> bool {
        if count <= SMALL && self.distinct(nodes, object, count) {
            return false;
        }
        self.merge(nodes, object, count)
    }

    /// Whether no two keys are equal; for small objects. Lone keys equal to others answer `false`.
    fn distinct(&self, nodes: &[Node], object: usize, count: u32) -> bool {
        let mut seen = [0u64; 16];
        let mut at = object + 1;
        for done in 0..count {
            let Some(&key) = nodes.get(at) else {
                return true;
            };
            let hash = self.mix(key);
            let Some(word) = seen.get_mut((hash >> 6) as usize & 15) else {
                return true;
            };
            let bit = 1u64 << (hash & 63);
            if *word & bit != 0 && self.among(nodes, object, done, self.bytes(key)) {
                return false;
            }
            *word |= bit;
            at = after(nodes, at);
        }
        true
    }

    /// Whether `name` is one of the first `count` keys.
    fn among(&self, nodes: &[Node], object: usize, count: u32, name: &[u8]) -> bool {
        let mut at = object + 1;
        for _ in 0..count {
            if nodes.get(at).is_some_and(|&key| self.bytes(key) == name) {
                return true;
            }
            at = after(nodes, at);
        }
        false
    }

    /// Ten bits that tend to differ between the keys of one object, and are equal for equal keys;
    /// nothing else depends on their quality.
    #[inline]
    fn mix(&self, key: Node) -> u64 {
        let name = self.bytes(key);
        let ends = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
            (Some(head), Some(tail)) => {
                u64::from_le_bytes(*head) ^ u64::from_le_bytes(*tail).rotate_left(23)
            }
            // two overlapping halves, or the first, middle and last byte
            _ => match (name.first_chunk::<4>(), name.last_chunk::<4>()) {
                (Some(head), Some(tail)) => {
                    u64::from(u32::from_le_bytes(*head)) << 32
                        | u64::from(u32::from_le_bytes(*tail))
                }
                _ => match (name.first(), name.get(name.len() / 2), name.last()) {
                    (Some(&a), Some(&b), Some(&c)) => u64::from_le_bytes([a, b, c, 0, 0, 0, 0, 0]),
                    _ => 0,
                },
            },
        };
        (ends ^ name.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54
    }

    fn merge(&self, nodes: &mut [Node], object: usize, count: u32) -> bool {
        let mut first = HashMap::with_capacity(count as usize);
        let mut live = 0;
        let mut at = object + 1;
        for _ in 0..count {
            let Some(&key) = nodes.get(at) else { break };
            match first.entry((self.bytes(key), self.lone(at))) {
                Entry::Vacant(slot) => {
                    slot.insert(at);
                    live += 1;
                }
                Entry::Occupied(slot) => {
                    let kept = *slot.get();
                    if let Some(node) = nodes.get_mut(kept) {
                        node.span = (at + 1 - kept) as u32;
                    }
                    if let Some(node) = nodes.get_mut(at) {
                        node.set_dead();
                    }
                }
            }
            at = after(nodes, at);
        }
        if let Some(node) = nodes.get_mut(object) {
            node.set_count(live);
        }
        live < count
    }
}

/// The key after the one at `key`.
#[inline]
fn after(nodes: &[Node], key: usize) -> usize {
    key + 1 + nodes.get(key + 1).map_or(1, |value| value.span as usize)
}
