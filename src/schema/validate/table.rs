//! A small fixed hash table by property name, filled once and asked for every instance.

const EMPTY: u32 = u32::MAX;

/// Names with what is known of them; open addressing, at most half full.
#[derive(Debug)]
pub(super) struct Table<T> {
    entries: Box<[(Box<str>, T)]>,
    slots: Box<[u32]>,
}

impl<T> Table<T> {
    /// A table of distinct names.
    pub(super) fn new(entries: Vec<(Box<str>, T)>) -> Table<T> {
        let size = (entries.len() * 2).next_power_of_two();
        let mut slots = vec![EMPTY; size].into_boxed_slice();
        for (position, (name, _)) in entries.iter().enumerate() {
            let mut slot = mix(name) & (size - 1);
            while slots.get(slot).is_some_and(|taken| *taken != EMPTY) {
                slot = (slot + 1) & (size - 1);
            }
            if let Some(free) = slots.get_mut(slot) {
                *free = position as u32;
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
        let mut slot = mix(name) & mask;
        loop {
            // half of the slots are empty, and an empty slot has no entry: this ends
            let (key, value) = self.entries.get(*self.slots.get(slot)? as usize)?;
            if **key == *name {
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

/// Spreads names by their length and both ends; schemas, not events, decide what is in a table.
#[inline]
fn mix(name: &str) -> usize {
    let bytes = name.as_bytes();
    let word = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(head), Some(tail)) => {
            u64::from_le_bytes(*head) ^ u64::from_le_bytes(*tail).rotate_left(29)
        }
        _ => bytes
            .iter()
            .fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    ((word ^ bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

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
