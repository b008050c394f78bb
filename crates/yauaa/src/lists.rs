//! Lists of which equal ones have one number. All are in one vector, so that forgetting them takes no time,
//! however many there are, and their memory serves again.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

/// Lists of `T`, each with a tag; equal lists with equal tags are one.
#[derive(Debug)]
pub struct Lists<T, G = ()> {
    items: Vec<T>,
    /// Where each list is, and its tag.
    spans: Vec<(u32, u32, G)>,
    numbers: FxHashMap<u64, u32>,
}

impl<T, G> Default for Lists<T, G> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            spans: Vec::new(),
            numbers: FxHashMap::default(),
        }
    }
}

impl<T: Copy + Eq + Hash, G: Copy + Eq + Hash> Lists<T, G> {
    /// How many lists there are.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// How many items all lists have.
    pub fn items(&self) -> usize {
        self.items.len()
    }

    /// The list of this number; an empty one when there is none.
    pub fn get(&self, number: u32) -> &[T] {
        let span = self.spans.get(number as usize);
        span.and_then(|&(from, to, _)| self.items.get(from as usize..to as usize))
            .unwrap_or_default()
    }

    /// The tag of the list of this number.
    pub fn tag(&self, number: u32) -> Option<G> {
        self.spans.get(number as usize).map(|span| span.2)
    }

    /// The number of a list, and whether it is new.
    pub fn number(&mut self, list: &[T], tag: G) -> (u32, bool) {
        let mut hasher = FxHasher::default();
        (tag, list).hash(&mut hasher);
        let mut hash = hasher.finish();
        while let Some(&known) = self.numbers.get(&hash) {
            if self.tag(known) == Some(tag) && self.get(known) == list {
                return (known, false);
            }
            hash = hash.wrapping_add(1);
        }
        let number = self.spans.len() as u32;
        let from = self.items.len() as u32;
        self.items.extend_from_slice(list);
        self.spans.push((from, self.items.len() as u32, tag));
        self.numbers.insert(hash, number);
        (number, true)
    }

    /// Forgets all lists and keeps their memory.
    pub fn clear(&mut self) {
        self.items.clear();
        self.spans.clear();
        self.numbers.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lists_have_one_number_until_all_are_forgotten() {
        let mut lists = Lists::default();
        assert_eq!(lists.number(&[1, 2], 'a'), (0, true));
        assert_eq!(lists.number(&[], 'a'), (1, true));
        assert_eq!(lists.number(&[1, 2], 'b'), (2, true));
        assert_eq!(lists.number(&[1, 2], 'a'), (0, false));
        assert_eq!(lists.number(&[], 'a'), (1, false));
        assert_eq!(
            (lists.get(0), lists.get(1), lists.get(9)),
            (&[1, 2][..], &[][..], &[][..])
        );
        assert_eq!((lists.tag(2), lists.tag(3)), (Some('b'), None));
        assert_eq!((lists.len(), lists.items()), (3, 4));
        lists.clear();
        assert!(lists.is_empty());
        assert_eq!(lists.number(&[7], 'b'), (0, true));
    }

    #[test]
    fn lists_of_one_hash_are_told_apart() {
        let mut lists: Lists<u8> = Lists::default();
        let first = lists.number(&[1], ()).0;
        let hash = *lists.numbers.keys().next().unwrap();
        // another list sits where this one would go
        lists.numbers.clear();
        lists.spans.push((0, 0, ()));
        lists.numbers.insert(hash, 1);
        let (other, new) = lists.number(&[1], ());
        assert!(new && other != first && other != 1);
        assert_eq!(lists.number(&[1], ()), (other, false));
    }
}
