//! Which leases a table lacks, given all shards of the stream.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::lease::Lease;
use crate::position::{InitialPosition, Position};
use crate::shard::{Shard, ShardId};

/// A listing in which an open shard has a parent that is open too: it was made while the stream changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("shard {0} is listed as open, and so is its parent")]
pub(crate) struct Inconsistent(pub ShardId);

/// Leases for an empty table: one for each shard that a reader has to begin with, in the order of their
/// first sequence numbers.
pub(crate) fn first_leases(shards: &[Shard], initial: InitialPosition) -> Vec<Lease> {
    let mut shards: Vec<&Shard> = shards.iter().collect();
    shards.sort_by(|a, b| (&a.starting_sequence, &a.id).cmp(&(&b.starting_sequence, &b.id)));
    let lease = |shard: &&Shard| Lease::new(shard, initial.sentinel());
    shards.iter().map(lease).collect()
}

/// Leases that a table with leases lacks, in the order in which they have to be created.
///
/// Only the oldest missing generation: the leases of its children are created at its end. What comes after
/// a lease that there is starts with its first record, all else at the initial position.
pub(crate) fn missing_leases<'l>(
    shards: &[Shard],
    lease: impl Fn(&str) -> Option<&'l Arc<Lease>>,
    initial: InitialPosition,
) -> Result<Vec<Lease>, Inconsistent> {
    let by_id: BTreeMap<&str, &Shard> = shards.iter().map(|shard| (&*shard.id, shard)).collect();
    for shard in shards.iter().filter(|shard| shard.is_open) {
        let open = |parent: &ShardId| by_id.get(&**parent).is_some_and(|parent| parent.is_open);
        if shard.parents.iter().any(open) {
            return Err(Inconsistent(Arc::clone(&shard.id)));
        }
    }
    let mut search = Search {
        by_id,
        lease,
        initial,
        covered: BTreeMap::new(),
        missing: BTreeMap::new(),
    };
    for shard in shards.iter().filter(|shard| shard.is_open) {
        if !search.cover(&shard.id) {
            search.miss(&shard.id, initial.sentinel());
        }
    }
    let mut missing: Vec<(&Shard, Position)> = search.missing.into_values().collect();
    missing.sort_by(|(a, _), (b, _)| {
        (&a.starting_sequence, &a.id).cmp(&(&b.starting_sequence, &b.id))
    });
    let leases = missing.into_iter();
    Ok(leases
        .map(|(shard, position)| Lease::new(shard, position))
        .collect())
}

struct Search<'s, F> {
    by_id: BTreeMap<&'s str, &'s Shard>,
    lease: F,
    initial: InitialPosition,
    /// Shards already looked at: whether they or something before them has or gets a lease.
    covered: BTreeMap<&'s str, bool>,
    missing: BTreeMap<&'s str, (&'s Shard, Position)>,
}

impl<'s, 'l, F: Fn(&str) -> Option<&'l Arc<Lease>>> Search<'s, F> {
    fn miss(&mut self, id: &str, position: Position) {
        if let Some((id, shard)) = self.by_id.get_key_value(id) {
            self.missing.entry(id).or_insert((shard, position));
        }
    }

    /// Whether the shard or something before it has a lease, or gets one here. Without recursion: a stream
    /// that was resharded often has long lines of ancestors.
    fn cover(&mut self, start: &str) -> bool {
        let mut path: Vec<(&'s str, bool)> = Vec::new();
        let Some(start) = self.by_id.get_key_value(start).map(|(id, _)| *id) else {
            return false;
        };
        path.push((start, false));
        while let Some((id, are_parents_done)) = path.pop() {
            if self.covered.contains_key(id) {
                continue;
            }
            let Some(shard) = self.by_id.get(id).copied() else {
                continue;
            };
            if (self.lease)(id).is_some() {
                self.covered.insert(id, true);
                continue;
            }
            let parents: BTreeSet<&'s str> = shard
                .parents
                .iter()
                .filter_map(|parent| self.by_id.get_key_value(&**parent))
                .map(|(id, _)| *id)
                .collect();
            if !are_parents_done {
                path.push((id, true));
                // a circle cannot come from the service; were there one, its shards would count as new
                let circle = path.len() > self.by_id.len() + 1;
                if !circle {
                    path.extend(parents.iter().map(|parent| (*parent, false)));
                    continue;
                }
                path.pop();
            }
            let covered = self.decide(id, &parents);
            self.covered.insert(id, covered);
        }
        self.covered.get(start).copied().unwrap_or(false)
    }

    /// For a shard without a lease whose parents were looked at.
    fn decide(&mut self, id: &'s str, parents: &BTreeSet<&'s str>) -> bool {
        let from_start = self.initial != InitialPosition::Latest;
        if parents.is_empty() {
            if from_start {
                self.miss(id, self.initial.sentinel());
            }
            return from_start;
        }
        let is_covered = |parent: &&str| self.covered.get(*parent) == Some(&true);
        let (old, new): (Vec<&str>, Vec<&str>) = parents.iter().copied().partition(is_covered);
        if old.is_empty() {
            return false;
        }
        for parent in &new {
            self.miss(parent, self.initial.sentinel());
        }
        // at the end of a shard its children got leases; whoever removed them left a hole
        let finished =
            |parent: &&str| (self.lease)(parent).is_some_and(|lease| lease.is_finished());
        if new.is_empty() && old.iter().all(finished) {
            let position = match self.initial {
                InitialPosition::AtTimestamp(_) => Position::AtTimestamp,
                _ => Position::TrimHorizon,
            };
            self.miss(id, position);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::position::SequenceNumber;

    /// `6<0+1`: shard 6 is the merge of 0 and 1; `9<5!`: 9 is open.
    fn shards(text: &str) -> Vec<Shard> {
        let shard = |word: &str| {
            let is_open = word.ends_with('!');
            let word = word.trim_end_matches('!');
            let (id, parents) = word.split_once('<').unwrap_or((word, ""));
            Shard {
                id: id.into(),
                parents: parents
                    .split('+')
                    .filter(|parent| !parent.is_empty())
                    .map(Into::into)
                    .collect(),
                hash_range: None,
                starting_sequence: SequenceNumber::new(id),
                is_open,
            }
        };
        text.split_whitespace().map(shard).collect()
    }

    const EXAMPLE: &str = "0 1 2 3 4! 5 6<0+1 7<2+3 8<6+7! 9<5! 10<5!";

    fn missing(
        tree: &str,
        leases: &[(&str, &str)],
        initial: InitialPosition,
    ) -> Vec<(String, String)> {
        let shards = shards(tree);
        let leases: BTreeMap<&str, Arc<Lease>> = leases
            .iter()
            .map(|(id, checkpoint)| {
                let shard = shards.iter().find(|shard| *shard.id == **id).unwrap();
                let checkpoint = Position::parse(checkpoint, 0).unwrap();
                (*id, Arc::new(Lease::new(shard, checkpoint)))
            })
            .collect();
        let missing = missing_leases(&shards, |id| leases.get(id), initial).unwrap();
        missing
            .iter()
            .map(|lease| (lease.key.to_string(), lease.checkpoint.to_string()))
            .collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    }

    #[test]
    fn the_worked_example_of_kcl() {
        let leases = [("4", "1"), ("5", "1"), ("7", "1")];
        assert_eq!(
            missing(EXAMPLE, &leases, InitialPosition::Latest),
            pairs(&[("6", "LATEST")])
        );
        assert_eq!(
            missing(EXAMPLE, &leases, InitialPosition::TrimHorizon),
            pairs(&[("0", "TRIM_HORIZON"), ("1", "TRIM_HORIZON")])
        );
        assert_eq!(
            missing(EXAMPLE, &leases, InitialPosition::AtTimestamp(5)),
            pairs(&[("0", "AT_TIMESTAMP"), ("1", "AT_TIMESTAMP")])
        );
    }

    #[test]
    fn open_shards_with_nothing_before_them_start_at_the_initial_position() {
        assert_eq!(
            missing("0! 1!", &[("0", "1")], InitialPosition::Latest),
            pairs(&[("1", "LATEST")])
        );
        assert_eq!(
            missing("0 1<0! 2!", &[("2", "1")], InitialPosition::Latest),
            pairs(&[("1", "LATEST")])
        );
        assert_eq!(
            missing("0 1<0! 2!", &[("2", "1")], InitialPosition::TrimHorizon),
            pairs(&[("0", "TRIM_HORIZON")])
        );
        // its parent is older than the service remembers
        assert_eq!(
            missing("5<1! 2!", &[("2", "1")], InitialPosition::TrimHorizon),
            pairs(&[("5", "TRIM_HORIZON")])
        );
    }

    #[test]
    fn children_of_a_lease_come_at_its_end_and_only_holes_are_filled() {
        assert_eq!(
            missing("0 1<0! 2<0!", &[("0", "7")], InitialPosition::Latest),
            []
        );
        assert_eq!(
            missing(
                "0 1<0! 2<0!",
                &[("0", "SHARD_END")],
                InitialPosition::Latest
            ),
            pairs(&[("1", "TRIM_HORIZON"), ("2", "TRIM_HORIZON")])
        );
        assert_eq!(
            missing(
                "0 1<0 2<1! 3<1!",
                &[("0", "SHARD_END")],
                InitialPosition::Latest
            ),
            pairs(&[("1", "TRIM_HORIZON")])
        );
    }

    #[test]
    fn a_listing_with_open_parents_is_refused() {
        let shards = shards("0! 1<0!");
        assert_eq!(
            missing_leases(&shards, |_| None, InitialPosition::Latest),
            Err(Inconsistent("1".into()))
        );
    }

    #[test]
    fn long_lines_of_ancestors_are_no_trouble() {
        let mut tree = "0".to_owned();
        for id in 1..20_000 {
            tree.push_str(&format!(" {id}<{}", id - 1));
        }
        tree.push('!');
        assert_eq!(
            missing(&tree, &[], InitialPosition::TrimHorizon),
            pairs(&[("0", "TRIM_HORIZON")])
        );
    }

    #[test]
    fn an_empty_table_gets_all_that_were_listed_in_their_order() {
        let leases = first_leases(&shards("10! 9<1 2!"), InitialPosition::TrimHorizon);
        let keys: Vec<&str> = leases.iter().map(|lease| &*lease.key).collect();
        assert_eq!(keys, ["2", "9", "10"]);
        assert!(
            leases
                .iter()
                .all(|lease| lease.checkpoint == Position::TrimHorizon)
        );
    }
}
