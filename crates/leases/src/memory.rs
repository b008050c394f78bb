//! A lease table in memory: what the conditions and changes of [`Op`] mean, and the store of tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::lease::Lease;
use crate::position::Position;
use crate::shard::ShardId;
use crate::store::{Op, Reply, Store, StoreError};

/// Rows in memory. Every change is one step.
#[derive(Debug, Clone, Default)]
pub struct MemoryTable {
    rows: BTreeMap<ShardId, Arc<Lease>>,
}

impl MemoryTable {
    /// All rows by key.
    pub fn rows(&self) -> &BTreeMap<ShardId, Arc<Lease>> {
        &self.rows
    }

    /// A row.
    pub fn get(&self, key: &str) -> Option<&Arc<Lease>> {
        self.rows.get(key)
    }

    /// Puts a row as it is, as a worker of another kind would.
    pub fn put(&mut self, lease: Lease) {
        self.rows.insert(Arc::clone(&lease.key), Arc::new(lease));
    }

    /// Removes a row as it is, as a worker of another kind would.
    pub fn remove(&mut self, key: &str) {
        self.rows.remove(key);
    }

    /// Carries out one request.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the condition does not hold.
    pub fn apply(&mut self, op: Op) -> Result<Reply, StoreError> {
        match op {
            Op::Scan => Ok(Reply::Leases(self.rows.values().cloned().collect())),
            Op::Get { key } => Ok(Reply::Row(self.rows.get(&key).cloned())),
            Op::Create { lease } => {
                if let Some(row) = self.rows.get(&lease.key) {
                    return Err(StoreError::Conflict(Some(Arc::clone(row))));
                }
                let row = Arc::new(*lease);
                self.rows.insert(Arc::clone(&row.key), Arc::clone(&row));
                Ok(Reply::Row(Some(row)))
            }
            Op::Take {
                key,
                counter,
                from,
                owner,
                session,
            } => self.change(
                &key,
                |row| row.counter == counter && row.owner == from,
                |row| {
                    row.counter += 1;
                    if row.owner.as_ref().is_some_and(|old| *old != owner) {
                        row.owner_switches += 1;
                    }
                    row.owner = Some(owner);
                    row.session = Some(session);
                    row.checkpoint_owner = None;
                },
            ),
            Op::Renew {
                key,
                counter,
                owner,
                session,
            } => self.change(&key, held(counter, &owner), |row| {
                row.counter += 1;
                row.session = Some(session);
            }),
            Op::Checkpoint {
                key,
                counter,
                owner,
                session,
                position,
            } => self.change(&key, held(counter, &owner), |row| {
                row.counter += 1;
                row.session = Some(session);
                row.owner_switches = 0;
                row.checkpoint = position;
            }),
            Op::SetChildren { key, children } => {
                self.change(&key, |_| true, |row| row.children = children)
            }
            Op::SetHashRange { key, range } => {
                self.change(&key, |_| true, |row| row.hash_range = Some(range))
            }
            Op::Evict {
                key,
                counter,
                owner,
            } => self.change(&key, held(counter, &owner), |row| {
                row.counter += 1;
                row.owner = None;
            }),
            Op::HandOver { key, owner } => self.change(
                &key,
                |row| row.checkpoint_owner.as_ref() == Some(&owner),
                |row| {
                    row.counter += 1;
                    row.checkpoint_owner = None;
                },
            ),
            Op::Delete {
                key,
                counter,
                owner,
            } => {
                let fits = |row: &Lease| {
                    held(counter, &owner)(row) && row.checkpoint == Position::ShardEnd
                };
                match self.rows.get(&key) {
                    Some(row) if fits(row) => {
                        self.rows.remove(&key);
                        Ok(Reply::Row(None))
                    }
                    row => Err(StoreError::Conflict(row.cloned())),
                }
            }
        }
    }

    fn change(
        &mut self,
        key: &ShardId,
        condition: impl FnOnce(&Lease) -> bool,
        change: impl FnOnce(&mut Lease),
    ) -> Result<Reply, StoreError> {
        match self.rows.get_mut(key) {
            Some(row) if condition(row) => {
                change(Arc::make_mut(row));
                Ok(Reply::Row(Some(Arc::clone(row))))
            }
            row => Err(StoreError::Conflict(row.cloned())),
        }
    }
}

fn held<'a>(counter: u64, owner: &'a Arc<str>) -> impl Fn(&Lease) -> bool + 'a {
    move |row| row.counter == counter && row.owner.as_ref() == Some(owner)
}

/// A table in memory that several workers of one process share.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<MemoryTable>>);

impl MemoryStore {
    /// Looks at the table, or changes it.
    pub fn with<T>(&self, what: impl FnOnce(&mut MemoryTable) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Store for MemoryStore {
    async fn run(&self, op: Op) -> Result<Reply, StoreError> {
        self.with(|table| table.apply(op))
    }
}
