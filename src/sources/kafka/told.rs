//! What is told of the partitions that are read: which they are, how far behind each is, how commits went.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::statistics::{Partition, Topic};

use crate::telemetry::Telemetry;

/// Where a partition stands, as far as this program knows.
#[derive(Debug, Default, Clone, Copy)]
struct Place {
    /// Everything before is committed, or was before this program began.
    committed: Option<i64>,
    /// Behind the last record that was handed out.
    read: Option<i64>,
    /// When that record came, milliseconds since the epoch.
    stamp: Option<i64>,
}

/// Tells of the partitions of one topic.
pub(super) struct Told {
    telemetry: Arc<Telemetry>,
    places: Mutex<BTreeMap<i32, Place>>,
}

fn names(partitions: &[i32]) -> impl Iterator<Item = String> {
    partitions.iter().map(ToString::to_string)
}

impl Told {
    pub(super) fn new(telemetry: Arc<Telemetry>) -> Told {
        Told {
            telemetry,
            places: Mutex::default(),
        }
    }

    fn places(&self) -> MutexGuard<'_, BTreeMap<i32, Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn gained(&self, partitions: &[i32]) {
        let mut places = self.places();
        for partition in partitions {
            places.insert(*partition, Place::default());
        }
        drop(places);
        self.telemetry.gained(names(partitions));
    }

    pub(super) fn lost(&self, partitions: &[i32]) {
        let mut places = self.places();
        for partition in partitions {
            places.remove(partition);
        }
        drop(places);
        self.telemetry.lost(names(partitions));
    }

    /// Records from `first` up to `next` are handed out; the last of them came at `stamp`.
    pub(super) fn read(&self, partition: i32, first: i64, next: i64, stamp: Option<i64>) {
        if let Some(place) = self.places().get_mut(&partition) {
            place.committed.get_or_insert(first);
            place.read = Some(next);
            place.stamp = stamp;
        }
    }

    /// A commit ended.
    pub(super) fn committed(&self, ok: bool, positions: &[(i32, i64)]) {
        self.telemetry.commit(ok);
        if !ok {
            return;
        }
        let mut places = self.places();
        for (partition, position) in positions {
            if let Some(place) = places.get_mut(partition) {
                place.committed = Some(*position);
            }
        }
    }

    /// How far the partitions go, as librdkafka heard it with the last records it fetched.
    pub(super) fn tell_lag(&self, topic: &Topic) {
        let now = self.telemetry.clock().now_millis();
        for (partition, place) in &*self.places() {
            let Some((records, millis)) = topic
                .partitions
                .get(partition)
                .and_then(|told| lag(*place, told, now))
            else {
                continue;
            };
            let partitions = self.telemetry.partitions();
            let name = partition.to_string();
            partitions.lag_records(&name, records);
            if let Some(millis) = millis {
                partitions.lag_millis(&name, millis);
            }
        }
    }
}

/// Records that are not committed, and the age of the last one that was handed out while there are more.
fn lag(place: Place, told: &Partition, now: i64) -> Option<(u64, Option<u64>)> {
    let known = |offset: i64| (offset >= 0).then_some(offset);
    // what is within open transactions cannot be read yet
    let end = known(told.ls_offset).or(known(told.hi_offset))?;
    let fetched = known(told.next_offset).filter(|_| told.fetchq_cnt == 0);
    // nothing is under way, neither here nor between librdkafka and the next batch
    let all_done = place.committed >= place.read && known(told.app_offset) <= place.read;
    // marks of transactions and records that were compacted away count as offsets, but nobody gets them
    let position = match (place.committed.or(known(told.committed_offset)), fetched) {
        (Some(committed), Some(fetched)) if all_done => committed.max(fetched),
        (Some(committed), _) => committed,
        (None, Some(fetched)) => fetched,
        (None, None) => return None,
    };
    let records = u64::try_from(end - position).unwrap_or(0);
    let read_all = place.read.or(fetched).is_some_and(|read| read >= end) || records == 0;
    let millis = match place.stamp {
        _ if read_all => Some(0),
        Some(stamp) => Some(u64::try_from(now - stamp).unwrap_or(0)),
        None => None,
    };
    Some((records, millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    fn told(end: i64, fetched: i64, waiting: i64) -> Partition {
        Partition {
            ls_offset: end,
            hi_offset: end,
            next_offset: fetched,
            fetchq_cnt: waiting,
            committed_offset: -1001,
            app_offset: -1001,
            ..Partition::default()
        }
    }

    fn place(committed: i64, read: i64) -> Place {
        Place {
            committed: Some(committed),
            read: Some(read),
            stamp: Some(NOW - 1500),
        }
    }

    #[test]
    fn records_that_are_not_committed_are_behind() {
        assert_eq!(
            lag(place(40, 60), &told(100, 100, 40), NOW),
            Some((60, Some(1500)))
        );
        assert_eq!(
            lag(place(40, 100), &told(100, 100, 0), NOW),
            Some((60, Some(0))),
            "all is read, not all is committed"
        );
        assert_eq!(
            lag(place(100, 100), &told(100, 100, 0), NOW),
            Some((0, Some(0)))
        );
    }

    #[test]
    fn marks_of_transactions_are_no_records() {
        assert_eq!(
            lag(place(100, 100), &told(101, 101, 0), NOW),
            Some((0, Some(0)))
        );
    }

    #[test]
    fn records_that_wait_for_their_batch_are_behind() {
        let waits = Partition {
            app_offset: 110,
            ..told(110, 110, 0)
        };
        assert_eq!(lag(place(100, 100), &waits, NOW), Some((10, Some(1500))));
    }

    #[test]
    fn before_the_first_record_the_group_knows_where_to_begin() {
        let begun = Partition {
            committed_offset: 30,
            ..told(100, 30, 0)
        };
        assert_eq!(lag(Place::default(), &begun, NOW), Some((70, None)));
        assert_eq!(
            lag(Place::default(), &told(100, 100, 0), NOW),
            Some((0, Some(0)))
        );
        assert_eq!(lag(Place::default(), &told(-1001, -1001, 0), NOW), None);
    }
}
