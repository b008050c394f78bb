//! Iteration orders of Scala 2.12's immutable `Map` and of Java's `HashMap`.
//!
//! A Scala map of up to four keys iterates in insertion order. Adding a fifth distinct key turns
//! it into a hash trie for good, which iterates by the bits of the scrambled key hash, five at a
//! time from the low end. Both orders are visible in output.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::sync::{Arc, OnceLock};

use crate::hashing::string_hash;
use crate::orders::{Order, Orders};

/// Keys a Scala map holds before it becomes a hash trie.
const INSERTION_ORDERED: usize = 4;
/// Entries kept in one sorted vector; above it an index by key takes over.
const SMALL: usize = 32;

/// One integer whose ascending order is the iteration order of Scala 2.12's hash trie for keys
/// with this `hashCode`.
pub fn trie_key(hash: i32) -> u32 {
    let mut h = hash as u32;
    h = h.wrapping_add(!(h << 9));
    h ^= h >> 14;
    h = h.wrapping_add(h << 4);
    h ^= h >> 10;
    // The trie branches on the lowest five bits first, so they become the most significant.
    ((h & 31) << 27)
        | ((h >> 5 & 31) << 22)
        | ((h >> 10 & 31) << 17)
        | ((h >> 15 & 31) << 12)
        | ((h >> 20 & 31) << 7)
        | ((h >> 25 & 31) << 2)
        | (h >> 30)
}

/// Puts items into the trie order of their keys, whatever their number. Items with equal hashes
/// keep their order.
pub fn sort_trie<T>(items: &mut [T], key: impl Fn(&T) -> &str) {
    items.sort_by_cached_key(|item| trie_key(string_hash(key(item))));
}

/// A map that iterates as Scala 2.12's immutable `Map` built by the same insertions and removals.
///
/// Up to 32 entries live in one vector, kept sorted; larger maps add an index, so building one of
/// `n` keys costs `O(n log n)` at most, also for keys chosen to collide.
#[derive(Debug, Clone)]
pub struct SMap<K, V> {
    /// The entries: in iteration order while `index` is absent, else in no particular order.
    entries: Vec<Entry<K, V>>,
    /// True once five distinct keys were present at a time.
    trie: bool,
    large: Option<Box<Large>>,
    /// The orders of these very keys, while they are known.
    known: Option<Arc<Order>>,
}

#[derive(Debug, Clone)]
struct Entry<K, V> {
    order: u32,
    /// Breaks ties between equal hashes: a later insertion comes later.
    seq: u32,
    key: K,
    value: V,
}

impl<K, V> Entry<K, V> {
    fn new(order: u32, key: K, value: V) -> Self {
        Entry {
            order,
            seq: 0,
            key,
            value,
        }
    }
}

#[derive(Debug, Clone, Default)]
struct Large {
    /// Slot of each key, by a 64-bit hash of it; a taken hash value moves on to the next one.
    index: HashMap<u64, usize>,
    next_seq: u32,
    /// Slots in iteration order, made when first asked for.
    sorted: OnceLock<Vec<usize>>,
}

/// A removed key's place in the index; the search goes on behind it.
const REMOVED: usize = usize::MAX;

impl<K, V> SMap<K, V> {
    /// An empty map.
    pub fn new() -> Self {
        SMap {
            entries: Vec::new(),
            trie: false,
            large: None,
            known: None,
        }
    }

    /// An empty map with room for `n` entries.
    pub fn with_capacity(n: usize) -> Self {
        SMap {
            entries: Vec::with_capacity(n),
            ..SMap::new()
        }
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True without any key.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries in Scala's iteration order.
    pub fn iter(&self) -> Iter<'_, K, V> {
        let order = self.large.as_ref().map(|large| {
            large
                .sorted
                .get_or_init(|| sorted_slots(&self.entries))
                .as_slice()
        });
        Iter {
            entries: &self.entries,
            order,
            next: 0,
        }
    }

    /// The keys in Scala's iteration order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(k, _)| k)
    }

    /// The values in Scala's iteration order of the keys.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, v)| v)
    }
}

impl<K: AsRef<str> + Eq, V> SMap<K, V> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&V> {
        self.slot(key)
            .and_then(|i| self.entries.get(i))
            .map(|e| &e.value)
    }

    /// The value of a key, to be changed in place.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        let slot = self.slot(key)?;
        self.entries.get_mut(slot).map(|e| &mut e.value)
    }

    /// True if the key is present.
    pub fn contains_key(&self, key: &str) -> bool {
        self.slot(key).is_some()
    }

    /// The entries in the order of their keys, where that is known without sorting.
    pub fn iter_by_name(&self) -> Option<impl Iterator<Item = (&K, &V)>> {
        let order = self.known.as_deref()?;
        let entry = |position: &usize| self.entries.get(*position);
        Some(
            order
                .by_name
                .iter()
                .filter_map(entry)
                .map(|e| (&e.key, &e.value)),
        )
    }

    /// Adds a key, or replaces its value, which is then returned. A replaced key keeps its place.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.known = None;
        if let Some(large) = &mut self.large {
            return insert_large(&mut self.entries, large, key, value);
        }
        if !self.trie {
            if let Some(at) = self.slot(key.as_ref()) {
                return Some(self.replace_small(at, at + 1, value));
            }
            if self.entries.len() < INSERTION_ORDERED {
                self.entries.push(Entry::new(0, key, value));
                return None;
            }
            self.trie = true;
            for e in &mut self.entries {
                e.order = trie_key(string_hash(e.key.as_ref()));
            }
            self.entries.sort_by_key(|e| e.order);
        }
        let order = trie_key(string_hash(key.as_ref()));
        let end = self.entries.partition_point(|e| e.order <= order);
        if let Some(at) = self.slot_before(end, order, key.as_ref()) {
            return Some(self.replace_small(at, end, value));
        }
        if self.entries.len() < SMALL {
            self.entries.insert(end, Entry::new(order, key, value));
            return None;
        }
        let mut large = Box::<Large>::default();
        for (slot, e) in self.entries.iter_mut().enumerate() {
            e.seq = slot as u32;
            let place = index_place(&large.index, e.key.as_ref());
            large.index.insert(place, slot);
        }
        large.next_seq = self.entries.len() as u32;
        let large = self.large.insert(large);
        insert_large(&mut self.entries, large, key, value)
    }

    /// Puts the entries, which lie as they were added, into their order at once; false, and nothing is changed,
    /// where equal keys or hashes make it matter which came first.
    fn settle(&mut self) -> bool {
        let mut places = [0u64; SMALL];
        let Some(places) = places.get_mut(..self.entries.len()) else {
            return false;
        };
        if !self.trie && self.entries.len() <= INSERTION_ORDERED {
            let again = |(n, entry): (usize, &Entry<K, V>)| {
                let before = self.entries.get(..n).unwrap_or_default();
                before.iter().any(|other| other.key == entry.key)
            };
            return !self.entries.iter().enumerate().any(again);
        }
        for ((place, entry), n) in places.iter_mut().zip(&self.entries).zip(0u64..) {
            *place = u64::from(trie_key(string_hash(entry.key.as_ref()))) << 32 | n;
        }
        places.sort_unstable();
        if places
            .windows(2)
            .any(|two| matches!(two, [a, b] if a >> 32 == b >> 32))
        {
            return false;
        }
        self.arrange(places);
        true
    }

    /// Puts the entries into this order: what each is sorted by in the upper half, where it lies in the lower.
    fn arrange(&mut self, places: &[u64]) {
        self.trie = true;
        let from = |n: usize| places.get(n).map_or(n, |place| *place as u32 as usize);
        for (n, place) in places.iter().enumerate() {
            // what belongs here may have made room for another already
            let mut source = from(n);
            while source < n {
                source = from(source);
            }
            self.entries.swap(n, source);
            if let Some(entry) = self.entries.get_mut(n) {
                entry.order = (place >> 32) as u32;
            }
        }
    }

    /// Removes a key and returns its value. The order of the others stays, also below five keys.
    pub fn remove(&mut self, key: &str) -> Option<V> {
        self.known = None;
        let Some(large) = &mut self.large else {
            let at = self.slot(key)?;
            return Some(self.entries.remove(at).value);
        };
        let (place, slot) = find_large(&self.entries, large, key)?;
        large.sorted.take();
        large.index.insert(place, REMOVED);
        let last = self.entries.len() - 1;
        if slot != last
            && let Some((moved, _)) = self
                .entries
                .last()
                .and_then(|e| find_large(&self.entries, large, e.key.as_ref()))
        {
            large.index.insert(moved, slot);
        }
        Some(self.entries.swap_remove(slot).value)
    }

    /// The map made by inserting the entries again in iteration order, as Scala's `map`,
    /// `collect` and list conversions do: four keys or fewer are back to insertion order.
    pub fn reordered(self) -> Self {
        self.into_iter().collect()
    }

    fn slot(&self, key: &str) -> Option<usize> {
        if let Some(large) = &self.large {
            return find_large(&self.entries, large, key).map(|(_, slot)| slot);
        }
        if !self.trie {
            return self.entries.iter().position(|e| e.key.as_ref() == key);
        }
        let order = trie_key(string_hash(key));
        let end = self.entries.partition_point(|e| e.order <= order);
        self.slot_before(end, order, key)
    }

    /// The key's place among the entries of its order, which end before `end`.
    fn slot_before(&self, end: usize, order: u32, key: &str) -> Option<usize> {
        let sorted = self.entries.get(..end).unwrap_or_default();
        let back = sorted
            .iter()
            .rev()
            .take_while(|e| e.order == order)
            .position(|e| e.key.as_ref() == key)?;
        Some(end - 1 - back)
    }

    /// Replaces the value in a small map; among equal hashes, which end before `end`, Scala moves
    /// the key to the end.
    fn replace_small(&mut self, at: usize, end: usize, value: V) -> V {
        if let Some(run) = self.entries.get_mut(at..end) {
            run.rotate_left(1);
        }
        match self.entries.get_mut(end - 1) {
            Some(e) => std::mem::replace(&mut e.value, value),
            None => value,
        }
    }
}

/// A 64-bit keyed hash without known collisions, unlike the hash that decides the order.
fn index_hash(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(key.as_bytes());
    hasher.finish()
}

/// The free place of a new key in the index.
fn index_place(index: &HashMap<u64, usize>, key: &str) -> u64 {
    let mut place = index_hash(key);
    while index.get(&place).is_some_and(|slot| *slot != REMOVED) {
        place = place.wrapping_add(1);
    }
    place
}

/// Place in the index and slot of a key.
fn find_large<K: AsRef<str>, V>(
    entries: &[Entry<K, V>],
    large: &Large,
    key: &str,
) -> Option<(u64, usize)> {
    let mut place = index_hash(key);
    while let Some(slot) = large.index.get(&place) {
        match entries.get(*slot) {
            Some(e) if e.key.as_ref() == key => return Some((place, *slot)),
            _ => place = place.wrapping_add(1),
        }
    }
    None
}

fn insert_large<K: AsRef<str>, V>(
    entries: &mut Vec<Entry<K, V>>,
    large: &mut Large,
    key: K,
    value: V,
) -> Option<V> {
    let seq = large.next_seq;
    large.next_seq = seq.saturating_add(1);
    large.sorted.take();
    if let Some((_, slot)) = find_large(entries, large, key.as_ref())
        && let Some(e) = entries.get_mut(slot)
    {
        e.seq = seq;
        return Some(std::mem::replace(&mut e.value, value));
    }
    let place = index_place(&large.index, key.as_ref());
    large.index.insert(place, entries.len());
    let order = trie_key(string_hash(key.as_ref()));
    entries.push(Entry {
        seq,
        ..Entry::new(order, key, value)
    });
    None
}

fn by_place<K, V>(a: &Entry<K, V>, b: &Entry<K, V>) -> Ordering {
    (a.order, a.seq).cmp(&(b.order, b.seq))
}

fn sorted_slots<K, V>(entries: &[Entry<K, V>]) -> Vec<usize> {
    let mut slots: Vec<(usize, &Entry<K, V>)> = entries.iter().enumerate().collect();
    slots.sort_unstable_by(|(_, a), (_, b)| by_place(a, b));
    slots.into_iter().map(|(slot, _)| slot).collect()
}

impl<K, V> Default for SMap<K, V> {
    fn default() -> Self {
        SMap::new()
    }
}

impl<K: AsRef<str> + Eq, V> FromIterator<(K, V)> for SMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(iter: I) -> Self {
        let iter = iter.into_iter();
        let mut map = SMap::with_capacity(iter.size_hint().0);
        map.extend(iter);
        map
    }
}

impl<K: AsRef<str> + Eq, V> Extend<(K, V)> for SMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, iter: I) {
        self.known = None;
        let mut iter = iter.into_iter();
        if self.entries.is_empty() && self.large.is_none() {
            let first = iter.by_ref().take(SMALL);
            self.entries
                .extend(first.map(|(key, value)| Entry::new(0, key, value)));
            if !self.settle() {
                for entry in std::mem::take(&mut self.entries) {
                    self.insert(entry.key, entry.value);
                }
            }
        }
        for (key, value) in iter {
            self.insert(key, value);
        }
    }
}

/// Entries on their way into an [`SMap`], which is made of all of them at once.
#[derive(Debug)]
pub struct Gathered<K, V>(Vec<Entry<K, V>>);

impl<K: AsRef<str> + Eq, V> Gathered<K, V> {
    /// No entries, with room for `n`.
    pub fn with_capacity(n: usize) -> Self {
        Gathered(Vec::with_capacity(n))
    }

    /// Adds an entry.
    #[inline]
    pub fn add(&mut self, key: K, value: V) {
        self.0.push(Entry::new(0, key, value));
    }

    /// The map that inserting them one by one makes; faster where their keys came in this sequence before.
    pub fn into_map(self, orders: &mut Orders) -> SMap<K, V> {
        let names = self.0.iter().map(|entry| entry.key.as_ref());
        if self.0.len() > INSERTION_ORDERED
            && let Some(order) = orders.of(names)
        {
            let mut map = SMap {
                entries: self.0,
                ..SMap::new()
            };
            map.arrange(&order.places);
            map.known = Some(order);
            return map;
        }
        let entries = self.0.into_iter();
        entries.map(|entry| (entry.key, entry.value)).collect()
    }
}

/// Borrowing iterator in Scala's order.
#[derive(Debug)]
pub struct Iter<'a, K, V> {
    entries: &'a [Entry<K, V>],
    order: Option<&'a [usize]>,
    next: usize,
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        let slot = match self.order {
            Some(order) => *order.get(self.next)?,
            None => self.next,
        };
        self.next += 1;
        self.entries.get(slot).map(|e| (&e.key, &e.value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.entries.len().saturating_sub(self.next);
        (left, Some(left))
    }
}

impl<K, V> ExactSizeIterator for Iter<'_, K, V> {}

impl<'a, K, V> IntoIterator for &'a SMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Consuming iterator in Scala's order.
#[derive(Debug)]
pub struct IntoIter<K, V>(std::vec::IntoIter<Entry<K, V>>);

impl<K, V> Iterator for IntoIter<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|e| (e.key, e.value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<K, V> ExactSizeIterator for IntoIter<K, V> {}

impl<K, V> IntoIterator for SMap<K, V> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    fn into_iter(mut self) -> Self::IntoIter {
        if self.large.is_some() {
            self.entries.sort_unstable_by(by_place);
        }
        IntoIter(self.entries.into_iter())
    }
}

/// The iteration order of a Java `HashMap` after the distinct `keys` were put in this sequence:
/// positions into `keys`. As [`hash_map_order_by_hash`] of their hash codes.
pub fn hash_map_order<K: AsRef<str>>(keys: &[K]) -> Vec<usize> {
    let hashes: Vec<i32> = keys.iter().map(|k| string_hash(k.as_ref())).collect();
    hash_map_order_by_hash(&hashes)
}

/// The iteration order of a Java `HashMap` (or `HashSet`) after distinct keys with these hash
/// codes were put in this sequence into one of default size: positions into `hashes`.
///
/// Buckets ascend, a bucket keeps insertion order. The table doubles above three quarters, and
/// below 64 buckets also when a bucket already holds eight. Not reproduced: the order inside a
/// bucket of nine or more in a larger table, which Java keeps as a tree.
pub fn hash_map_order_by_hash(hashes: &[i32]) -> Vec<usize> {
    let spread: Vec<u32> = hashes
        .iter()
        .map(|h| *h as u32 ^ (*h as u32 >> 16))
        .collect();
    let mut capacity = 16usize;
    let mut counts = [0u32; 64];
    for (i, h) in spread.iter().enumerate() {
        let before = capacity;
        if capacity < counts.len()
            && let Some(count) = counts.get_mut(*h as usize & (capacity - 1))
        {
            *count += 1;
            if *count > 8 {
                capacity *= 2;
            }
        }
        if (i + 1) * 4 > capacity * 3 {
            capacity *= 2;
        }
        if capacity != before && capacity < counts.len() {
            counts = [0; 64];
            for h in spread.iter().take(i + 1) {
                if let Some(count) = counts.get_mut(*h as usize & (capacity - 1)) {
                    *count += 1;
                }
            }
        }
    }
    let mut order: Vec<usize> = (0..spread.len()).collect();
    order.sort_by_key(|i| spread.get(*i).map_or(0, |h| *h as usize & (capacity - 1)));
    order
}

#[cfg(test)]
mod tests;
