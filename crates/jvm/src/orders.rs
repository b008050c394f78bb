//! Orders of names that come in the same sequence again and again, as the parameters of a tracker do.

use std::collections::HashMap;
use std::sync::Arc;

use crate::hashing::string_hash;
use crate::smap::trie_key;

/// Names of a sequence that is kept; longer ones are rare.
const NAMES: usize = 32;
/// Sequences kept; a stream has a few for each of its trackers.
const SEQUENCES: usize = 512;

/// The sequences of names met before, each with the order that [`SMap`](crate::smap::SMap) gives it and the
/// order of its names. Only names of up to eight ASCII bytes, as those of the tracker protocol.
#[derive(Debug, Default)]
pub struct Orders {
    known: HashMap<u64, Arc<Order>>,
}

/// The orders of one sequence of distinct names.
#[derive(Debug, PartialEq, Eq)]
pub struct Order {
    names: Box<[Word]>,
    /// In the order of the map: what the map sorts by in the upper half, which of the names in the lower.
    pub(crate) places: Box<[u64]>,
    /// Positions in the map, in the order of the names.
    pub(crate) by_name: Box<[usize]>,
}

/// A name of up to eight bytes: a number that orders as its bytes do, and its length.
type Word = (u64, usize);

fn word(name: &str) -> Option<Word> {
    let bytes = name.as_bytes();
    let number = match (
        bytes.len(),
        bytes.first_chunk::<4>(),
        bytes.last_chunk::<4>(),
    ) {
        // by two parts that may overlap
        (4..=8, Some(head), Some(tail)) => {
            let tail = u64::from(u32::from_be_bytes(*tail)) << (8 * (8 - bytes.len()));
            u64::from(u32::from_be_bytes(*head)) << 32 | tail
        }
        (0..=3, ..) => {
            let at = |n: usize| u64::from(bytes.get(n).copied().unwrap_or(0));
            at(0) << 56 | at(1) << 48 | at(2) << 40
        }
        _ => return None,
    };
    (number & 0x8080_8080_8080_8080 == 0).then_some((number, bytes.len()))
}

impl Orders {
    /// The orders of these names; nothing for names that are equal, long or not ASCII, nor where equal hashes
    /// make it matter which came first.
    pub(crate) fn of<'n>(&mut self, names: impl Iterator<Item = &'n str>) -> Option<Arc<Order>> {
        let mut words = [(0, 0); NAMES];
        let (mut number, mut mix) = (0usize, 0u64);
        for name in names {
            let word = word(name)?;
            *words.get_mut(number)? = word;
            number += 1;
            mix = (mix.rotate_left(5) ^ word.0 ^ word.1 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        let words = words.get(..number)?;
        if let Some(order) = self.known.get(&mix)
            && *order.names == *words
        {
            return Some(Arc::clone(order));
        }
        let order = Arc::new(Order::new(words)?);
        if self.known.len() >= SEQUENCES {
            self.known.clear();
        }
        self.known.insert(mix, Arc::clone(&order));
        Some(order)
    }
}

impl Order {
    fn new(words: &[Word]) -> Option<Order> {
        let mut places: Vec<u64> = Vec::with_capacity(words.len());
        for ((number, length), n) in words.iter().zip(0u64..) {
            let bytes = number.to_be_bytes();
            let name = std::str::from_utf8(bytes.get(..*length)?).ok()?;
            places.push(u64::from(trie_key(string_hash(name))) << 32 | n);
        }
        places.sort_unstable();
        let equal = |two: &[u64]| matches!(two, [a, b] if a >> 32 == b >> 32);
        if places.windows(2).any(equal) {
            return None;
        }
        let word = |place: &u64| words.get(*place as u32 as usize).copied();
        let mut by_name: Vec<usize> = (0..places.len()).collect();
        by_name.sort_unstable_by_key(|position| places.get(*position).and_then(word));
        Some(Order {
            names: words.into(),
            places: places.into(),
            by_name: by_name.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_number_that_orders_as_it_does() {
        let mut names = [
            "", "a", "a\0", "ab", "abc", "abcd", "abcde", "abcdefgh", "abd", "b", "se_ca", "ue_px",
        ];
        names.sort_unstable();
        let words = names.map(|name| word(name).unwrap());
        assert!(words.is_sorted());
        assert_eq!(word("abcdefghi"), None);
        assert_eq!(word("é"), None);
    }

    #[test]
    fn a_sequence_is_known_the_second_time_and_others_are_not_taken_for_it() {
        let mut orders = Orders::default();
        let of = |orders: &mut Orders, names: &[&str]| orders.of(names.iter().copied());
        let first = of(&mut orders, &["e", "p", "tv", "url", "page"]).unwrap();
        let again = of(&mut orders, &["e", "p", "tv", "url", "page"]).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        let other = of(&mut orders, &["p", "e", "tv", "url", "page"]).unwrap();
        assert_ne!(first, other);
        assert_eq!(of(&mut orders, &["e", "p", "e"]), None, "equal names");
        assert_eq!(of(&mut orders, &["Aa", "BB"]), None, "equal hashes");
        assert_eq!(of(&mut orders, &["x"; 33]), None);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut orders = Orders::default();
        for n in 0..2000 {
            orders.of(std::iter::once(n.to_string().as_str())).unwrap();
            assert!(orders.known.len() <= SEQUENCES);
        }
    }
}
