//! A look at the table: whose leases are whose, what to take, what is not needed any more.

use std::sync::Arc;
use std::time::Duration;

use super::{LeaseEngine, Phase};
use crate::balance;
use crate::held::Stage;
use crate::lease::Lease;
use crate::shard::ShardId;
use crate::store::{Reply, StoreError};

impl LeaseEngine {
    pub(super) fn looked(
        &mut self,
        now: Duration,
        began: Duration,
        result: Result<Reply, StoreError>,
    ) {
        self.scan_busy = false;
        let Ok(Reply::Leases(leases)) = result else {
            let pause = self.pause(4);
            self.scan_at = now + pause.max(self.settings.scan_least / 3);
            return;
        };
        let is_first = self.table.seen.is_none();
        let failover = self.settings.failover;
        let workers = self.table.owners(failover).len();
        let interval = self.settings.scan_interval(leases.len(), workers.max(1));
        self.table.update(leases, began, now, interval + failover);
        let workers = self.table.owners(failover).len();
        let interval = self
            .settings
            .scan_interval(self.table.rows().len(), workers.max(1));
        self.scan_at = now + self.about(interval);
        if self.phase >= Phase::Releasing {
            return;
        }
        self.find_lost();
        if self.phase == Phase::Running {
            self.find_own(now, is_first);
            self.take_share(now);
            self.audit(now);
        }
        for held in self.held.values_mut() {
            if let Stage::Waiting { next, .. } = &mut held.stage {
                *next = now;
            }
        }
    }

    /// Leases that somebody else holds by now.
    fn find_lost(&mut self) {
        let me = &*self.settings.worker;
        let lost = self.held.iter().filter_map(|(key, held)| {
            let row = self.table.get(key)?;
            // a look may be out of date, but a counter never comes back
            (!row.is_owned_by(me) && row.counter >= held.lease.counter)
                .then(|| (Arc::clone(key), Arc::clone(row)))
        });
        for (key, row) in lost.collect::<Vec<_>>() {
            let leaves = self
                .held
                .get(&key)
                .is_some_and(|held| held.leaving && held.busy.is_some());
            if !leaves {
                self.lose(&key);
                self.hand_over(&row);
            }
        }
    }

    /// Leases in our name that are not held: at the start those of an earlier process of the same name,
    /// later those whose take was done without an answer.
    fn find_own(&mut self, now: Duration, is_first: bool) {
        let free = |lease: &Lease| {
            !self.held.contains_key(&lease.key) && !self.taking.contains_key(&lease.key)
        };
        let own = self
            .table
            .rows()
            .iter()
            .map(|row| &row.lease)
            .filter(|lease| {
                lease.is_owned_by(&self.settings.worker)
                    && lease.checkpoint_owner.is_none()
                    && (is_first || self.is_ours(lease))
                    && free(lease)
            });
        let room = self
            .settings
            .max_leases
            .saturating_sub(self.held.len() + self.taking.len());
        for lease in own.take(room).cloned().collect::<Vec<_>>() {
            self.take(now, lease, 1);
        }
    }

    fn take_share(&mut self, now: Duration) {
        let skip = |key: &str| self.held.contains_key(key) || self.taking.contains_key(key);
        let mine = self.held.len() + self.taking.len();
        let chosen = balance::choose(&self.table, mine, skip, &self.settings, &mut self.random);
        for lease in chosen {
            self.take(now, lease, 1);
        }
    }

    /// Finished leases whose children have started are not needed any more.
    pub(super) fn look_at_finished(&mut self, now: Duration) {
        if self.phase != Phase::Running {
            return;
        }
        let due = self
            .held
            .iter()
            .filter(|(_, held)| matches!(held.stage, Stage::Finished) && now >= held.look);
        let due: Vec<ShardId> = due.map(|(key, _)| Arc::clone(key)).collect();
        for key in due {
            let next = now + self.about(self.settings.cleanup_interval);
            let Some(held) = self.held.get_mut(&key) else {
                continue;
            };
            held.look = next;
            let lease = &held.lease;
            let has_parents = lease
                .parents
                .iter()
                .any(|parent| self.table.get(parent).is_some());
            let mut children = lease.children.iter().map(|child| self.table.get(child));
            if lease.children.is_empty() {
                self.sync.want_garbage(now, &self.settings);
            } else if children.clone().any(|child| child.is_none()) {
                // a look that is out of date, or a hole
                if self.table.seen.is_some_and(|seen| seen > held.renewed) {
                    self.sync.want_listing(now);
                }
            } else if !has_parents
                && children.all(|child| child.is_some_and(|child| child.checkpoint.is_started()))
            {
                held.delete = true;
            }
        }
    }
}
