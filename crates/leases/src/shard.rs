//! Shards of a stream, as a listing tells of them.

use std::sync::Arc;

use crate::position::{InitialPosition, SequenceNumber};

/// The name of a shard, which is also the key of its lease.
pub type ShardId = Arc<str>;

/// The hash keys that a shard takes, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HashRange {
    /// The first.
    pub start: u128,
    /// The last.
    pub end: u128,
}

impl HashRange {
    /// All hash keys there are.
    pub const ALL: HashRange = HashRange {
        start: 0,
        end: u128::MAX,
    };

    /// Reads both ends as the service writes them: decimal numbers.
    pub fn parse(start: &str, end: &str) -> Option<HashRange> {
        let range = HashRange {
            start: start.parse().ok()?,
            end: end.parse().ok()?,
        };
        (range.start <= range.end).then_some(range)
    }

    /// Whether a hash key is in it.
    pub fn contains(&self, key: u128) -> bool {
        (self.start..=self.end).contains(&key)
    }
}

/// The first stretch of hash keys that none of the ranges covers.
pub fn hole(ranges: impl IntoIterator<Item = HashRange>) -> Option<HashRange> {
    let mut ranges: Vec<HashRange> = ranges.into_iter().collect();
    ranges.sort_unstable();
    let mut next = 0u128;
    for range in ranges {
        if range.start > next {
            return Some(HashRange {
                start: next,
                end: range.start - 1,
            });
        }
        next = next.max(range.end.checked_add(1)?);
    }
    Some(HashRange {
        start: next,
        end: u128::MAX,
    })
}

/// A shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// Its name.
    pub id: ShardId,
    /// What it came from: nothing, one shard (split) or two (merge).
    pub parents: Vec<ShardId>,
    /// The hash keys it takes; a child in the last answer of a closed shard has them too.
    pub hash_range: Option<HashRange>,
    /// The least sequence number that it can hold; leases are created in this order.
    pub starting_sequence: Option<SequenceNumber>,
    /// Whether it takes records.
    pub is_open: bool,
}

/// Which shards a listing is wanted of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShardFilter {
    /// Those that a reader from the initial position has to begin with (`AT_TRIM_HORIZON`, `AT_LATEST`,
    /// `AT_TIMESTAMP` of the service).
    StartOf(InitialPosition),
    /// All that the service still knows.
    All,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u128, end: u128) -> HashRange {
        HashRange { start, end }
    }

    #[test]
    fn holes_are_found_at_both_ends_and_between() {
        assert_eq!(hole([HashRange::ALL]), None);
        assert_eq!(hole([]), Some(HashRange::ALL));
        assert_eq!(hole([range(11, u128::MAX), range(0, 10)]), None);
        assert_eq!(
            hole([range(0, 20), range(5, 7), range(21, u128::MAX)]),
            None
        );
        assert_eq!(
            hole([range(12, u128::MAX), range(0, 10)]),
            Some(range(11, 11))
        );
        assert_eq!(hole([range(0, 10)]), Some(range(11, u128::MAX)));
        assert_eq!(hole([range(1, u128::MAX)]), Some(range(0, 0)));
    }

    #[test]
    fn ranges_are_decimal_and_in_order() {
        assert_eq!(
            HashRange::parse("0", "340282366920938463463374607431768211455"),
            Some(HashRange::ALL)
        );
        assert_eq!(HashRange::parse("5", "4"), None);
        assert_eq!(
            HashRange::parse("0", "340282366920938463463374607431768211456"),
            None
        );
        assert!(range(3, 5).contains(5) && !range(3, 5).contains(6));
    }
}
