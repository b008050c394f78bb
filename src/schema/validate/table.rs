//! A small fixed hash table by property name, filled once and asked for every instance.

/// The entry of a free slot: there is none of this number.
const EMPTY: u32 = u32::MAX;

/// Names with what is known of them; open addressing, at most half full.
#[derive(Debug)]
pub(super) struct Table<T> {
    entries: Box<[(Box<str>, T)]>,
    slots: Box<[Slot]>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    word: u64,
    entry: u32,
}

impl<T> Table<T> {
    /// A table of distinct names.
    pub(super) fn new(entries: Vec<(Box<str>, T)>) -> Table<T> {
        let size = (entries.len() * 2).next_power_of_two();
        let free = Slot {
            word: 0,
            entry: EMPTY,
        };
        let mut slots = vec![free; size].into_boxed_slice();
        for (position, (name, _)) in entries.iter().enumerate() {
            let word = word(name);
            let mut slot = place(word, name) & (size - 1);
            while slots.get(slot).is_some_and(|taken| taken.entry != EMPTY) {
                slot = (slot + 1) & (size - 1);
            }
            if let Some(free) = slots.get_mut(slot) {
                *free = Slot {
                    word,
                    entry: position as u32,
                };
            }
        }
        Table {
            entries: entries.into_boxed_slice(),
            slots,
        }
    }

    /// What is known of a name.
    #[inline]
    pub(super) fn get(&self, name: &str) -> Option<&T> {
        let mask = self.slots.len() - 1;
        let word = word(name);
        let mut slot = place(word, name) & mask;
        loop {
            // half of the slots are empty, and an empty slot has no entry: this ends
            let found = self.slots.get(slot)?;
            let (key, value) = self.entries.get(found.entry as usize)?;
            // a short name is in its word as a whole, which is compared without a call
            if found.word == word
                && key.len() == name.len()
                && (name.len() <= WHOLE || **key == *name)
            {
                return Some(value);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// All entries, in the order they were given.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.entries.iter().map(|(name, value)| (&**name, value))
    }
}

/// Names of so many bytes or fewer are told by their length and word.
const WHOLE: usize = 8;

/// Both ends of a name.
#[inline]
fn word(name: &str) -> u64 {
    let bytes = name.as_bytes();
    if let (Some(head), Some(tail)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        if bytes.len() == WHOLE {
            return u64::from_le_bytes(*head);
        }
        return u64::from_le_bytes(*head) ^ u64::from_le_bytes(*tail).rotate_left(29);
    }
    if let (Some(head), Some(tail)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*head)) << 32 | u64::from(u32::from_le_bytes(*tail));
    }
    let at = |n: usize| u64::from(bytes.get(n).copied().unwrap_or(0));
    at(0) | at(1) << 8 | at(2) << 16
}

/// Where the search for a name begins; schemas, not events, decide what is in a table.
#[inline]
fn place(word: u64, name: &str) -> usize {
    ((word ^ name.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_told_apart_whatever_their_length() {
        let names: Vec<String> = (0..10)
            .flat_map(|length| {
                let name = "a".repeat(length);
                let others = (0..length).map(move |n| {
                    let mut other = "a".repeat(length).into_bytes();
                    other[n] = b'b';
                    String::from_utf8(other).unwrap()
                });
                others.chain([name])
            })
            .chain(["\0".to_owned(), "\0\0".to_owned(), "a\0".to_owned()])
            .collect();
        let entries = names
            .iter()
            .map(|name| (name.as_str().into(), name.clone()));
        let table = Table::new(entries.collect());
        for name in &names {
            assert_eq!(table.get(name), Some(name));
        }
        let half = names
            .iter()
            .step_by(2)
            .map(|name| (name.as_str().into(), ()));
        let table = Table::new(half.collect());
        for name in names.iter().skip(1).step_by(2) {
            assert_eq!(table.get(name), None, "{name}");
        }
    }

    #[test]
    fn names_are_found_and_others_are_not() {
        for count in [0usize, 1, 2, 3, 7, 64, 500] {
            let entries = (0..count)
                .map(|n| (format!("property_number_{n}").into(), n))
                .collect();
            let table = Table::new(entries);
            for n in 0..count {
                assert_eq!(table.get(&format!("property_number_{n}")), Some(&n));
            }
            for other in ["", "property", "property_number_501", "é"] {
                assert_eq!(table.get(other), None);
            }
            assert_eq!(table.iter().count(), count);
        }
    }
}
