//! Which leases to take: KCL's rule, by which every worker reaches its share on its own.

use std::sync::Arc;

use crate::lease::Lease;
use crate::random::Random;
use crate::settings::Settings;
use crate::table::{Row, Table};

/// After so many failover times without an owner, a lease is taken even by who has its share.
const VERY_OLD: u32 = 3;

/// The leases to take now. `mine` is how many this worker holds or is about to; `skip` tells of leases that
/// are among these.
pub(crate) fn choose(
    table: &Table,
    mine: usize,
    skip: impl Fn(&str) -> bool,
    settings: &Settings,
    random: &mut Random,
) -> Vec<Arc<Lease>> {
    let me = &*settings.worker;
    let owners = table.owners(settings.failover);
    let others = owners.keys().filter(|owner| **owner != me).count();
    let workers = others + 1;
    let leases = table.rows().len();
    let target = if workers >= leases {
        1
    } else {
        leases.div_ceil(workers)
    }
    .min(settings.max_leases);
    let room = settings.max_leases.saturating_sub(mine);
    let at_once = settings.max_take.max(mine);
    let found = |wanted: &dyn Fn(&Row) -> bool| -> Vec<Arc<Lease>> {
        let rows = table.rows().iter().filter(|row| wanted(row));
        let rows = rows.filter(|row| !skip(&row.lease.key));
        rows.map(|row| Arc::clone(&row.lease)).collect()
    };
    let some = |mut leases: Vec<Arc<Lease>>, count: usize, random: &mut Random| {
        random.pick(&mut leases, count);
        leases.truncate(count);
        leases
    };

    let free = found(&|row| row.is_expired(table.looked, settings.failover));
    if !free.is_empty() {
        let missing = target.saturating_sub(mine);
        if missing > 0 {
            return some(free, missing.min(at_once).min(room), random);
        }
        let old = found(&|row| row.stood_still(table.looked) > settings.failover * VERY_OLD);
        // KCL takes all of them; a share is enough when others look too
        let share = old.len().div_ceil(workers);
        return some(old, share.min(at_once).min(room), random);
    }
    let missing = target.saturating_sub(mine).min(room);
    if missing == 0 {
        return Vec::new();
    }
    let victims = |least: usize| -> Vec<(&str, usize)> {
        let loaded = owners.iter().filter(|(owner, _)| **owner != me);
        let loaded = loaded.map(|(owner, count)| (*owner, *count));
        loaded.filter(|(_, count)| *count >= least).collect()
    };
    // the most loaded ones, at random: many thieves must not all go to one
    let above = victims(target + 1);
    let (victim, count) = if above.is_empty() {
        let mut level = victims(target);
        if missing < 2 || level.is_empty() {
            return Vec::new();
        }
        random.pick(&mut level, 1);
        match level.first() {
            Some((victim, _)) => (*victim, 1),
            None => return Vec::new(),
        }
    } else {
        let excess: usize = above.iter().map(|(_, count)| count - target).sum();
        let mut chosen = random.below(excess);
        let victim = above.iter().find(|(_, count)| {
            let here = chosen < count - target;
            chosen = chosen.saturating_sub(count - target);
            here
        });
        match victim {
            Some((victim, count)) => (*victim, missing.min(count - target)),
            None => return Vec::new(),
        }
    };
    let stealable = table.rows().iter().map(|row| &row.lease).filter(|lease| {
        lease.owner.as_deref() == Some(victim)
            && lease.checkpoint_owner.is_none()
            && !skip(&lease.key)
    });
    some(
        stealable.cloned().collect(),
        count.min(settings.max_steal),
        random,
    )
}
