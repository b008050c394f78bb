//! Schemas that were asked for, found or not: how long each answer is good, and one look-up at a
//! time for each key.
//!
//! What is kept, refreshed and retried when is that of iglu-scala-client 1.5.0. Two things are
//! better: threads that miss the same key share one look-up, and while a schema is being refreshed
//! all others go on with the old one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use lexon::Doc;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::clock::Clock;

use super::error::{LookupHistory, SchemaIssue};
use super::key::{SchemaKey, SchemaVer};
use super::resolver::{Failure, Found, Resolver, histories};
use super::validate::CompiledSchema;

/// A schema that was found, ready for use.
#[derive(Debug)]
pub struct Resolved {
    /// The version that was found in place of the one asked for, if another superseded it.
    pub superseded_by: Option<SchemaVer>,
    /// The compiled schema, or why it is none.
    pub schema: Result<CompiledSchema, Vec<SchemaIssue>>,
    /// The schema as its registry gave it.
    pub text: Doc,
}

/// A schema, or what was tried at each registry (sorted by name).
pub type Lookup = Result<Arc<Resolved>, Arc<[LookupHistory]>>;

/// A [`Lookup`] and how long it may be used without asking again.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) lookup: Lookup,
    /// Milliseconds since the epoch; `i64::MAX` is until the next purge.
    pub(crate) usable_until: i64,
    /// Whether registries were asked for it.
    pub(crate) asked: bool,
}

/// One row of what is in the cache.
#[derive(Debug, Clone, PartialEq)]
pub struct CachedSchema {
    /// The key that was asked for.
    pub key: SchemaKey,
    /// Seconds since the epoch of the last look-up.
    pub fetched_at: i64,
    /// What the look-up gave.
    pub state: CachedState,
    /// The version used in its place, if any.
    pub superseded_by: Option<SchemaVer>,
}

/// What a look-up gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CachedState {
    /// A schema.
    Ok,
    /// A document that is no schema.
    Invalid,
    /// Nothing; registries are asked again after their back-off.
    Missing,
}

#[derive(Debug, Clone)]
struct Entry {
    stored: i64,
    outcome: Outcome,
}

#[derive(Debug, Clone)]
enum Outcome {
    Found(Arc<Resolved>),
    Failed(Arc<[Failure]>, Arc<[LookupHistory]>),
}

#[derive(Debug)]
pub(crate) struct SchemaCache {
    entries: Option<Cache<SchemaKey, Entry>>,
    ttl: Option<i64>,
    generation: AtomicU64,
    flights: Mutex<HashMap<SchemaKey, Arc<Flight>>>,
}

impl SchemaCache {
    pub(crate) fn new(size: i64, ttl: Option<i64>) -> SchemaCache {
        let wanted = size > 0 && ttl.is_none_or(|ttl| ttl > 0);
        let entries = wanted.then(|| {
            let size = u64::try_from(size).unwrap_or_default();
            Cache::builder()
                .max_capacity(size)
                .eviction_policy(EvictionPolicy::lru())
                .build()
        });
        SchemaCache {
            entries,
            ttl,
            generation: AtomicU64::new(0),
            flights: Mutex::default(),
        }
    }

    /// Grows with every purge.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Forgets one key, or all. Look-ups under way are not kept either.
    pub(crate) fn purge(&self, key: Option<&SchemaKey>) {
        // before the removal, so that a look-up that ends in between is not kept
        self.generation.fetch_add(1, Ordering::AcqRel);
        match (&self.entries, key) {
            (Some(entries), Some(key)) => entries.invalidate(key),
            (Some(entries), None) => entries.invalidate_all(),
            (None, _) => {}
        }
    }

    pub(crate) fn list(&self) -> Vec<CachedSchema> {
        let row = |(key, Entry { stored, outcome }): (Arc<SchemaKey>, Entry)| {
            let (state, superseded_by) = match &outcome {
                Outcome::Found(schema) if schema.schema.is_ok() => {
                    (CachedState::Ok, schema.superseded_by)
                }
                Outcome::Found(schema) => (CachedState::Invalid, schema.superseded_by),
                Outcome::Failed(..) => (CachedState::Missing, None),
            };
            CachedSchema {
                key: (*key).clone(),
                fetched_at: stored,
                state,
                superseded_by,
            }
        };
        let mut rows: Vec<_> = self
            .entries
            .iter()
            .flat_map(|entries| entries.iter().map(row))
            .collect();
        rows.sort_by(|a, b| a.key.uri().cmp(b.key.uri()));
        rows
    }

    /// The schema `key`: from the cache while that is good, else from the registries.
    pub(crate) fn lookup(&self, key: &SchemaKey, resolver: &Resolver, clock: Clock) -> Answer {
        let Some(entries) = &self.entries else {
            let outcome = outcome(resolver.resolve(key, &[], clock));
            return Answer {
                lookup: outcome.lookup(),
                usable_until: i64::MIN,
                asked: true,
            };
        };
        loop {
            let known = entries.get(key);
            if let Some(answer) = known
                .as_ref()
                .and_then(|entry| self.usable(entry, resolver, clock))
            {
                return answer;
            }
            let lead = match self.board(key) {
                Boarding::Lead(lead) => lead,
                Boarding::Join(flight) => {
                    if let Some(Entry {
                        outcome: old @ Outcome::Found(_),
                        ..
                    }) = known
                    {
                        return Answer {
                            lookup: old.lookup(),
                            usable_until: i64::MIN,
                            asked: false,
                        };
                    }
                    match flight.wait() {
                        Some(answer) => return answer,
                        // its thread died: try anew
                        None => continue,
                    }
                }
            };
            // another thread may have ended its look-up between `get` and `board`
            let known = entries.get(key);
            if let Some(answer) = known
                .as_ref()
                .and_then(|entry| self.usable(entry, resolver, clock))
            {
                return lead.land(answer);
            }
            return lead.land(self.refresh(entries, key, known, resolver, clock));
        }
    }

    fn refresh(
        &self,
        entries: &Cache<SchemaKey, Entry>,
        key: &SchemaKey,
        known: Option<Entry>,
        resolver: &Resolver,
        clock: Clock,
    ) -> Answer {
        let generation = self.generation();
        let failures = match &known {
            Some(Entry {
                outcome: Outcome::Failed(failures, _),
                ..
            }) => failures.clone(),
            _ => Arc::from([]),
        };
        let fresh = resolver.resolve(key, &failures, clock);
        let outcome = match (known.map(|entry| entry.outcome), fresh) {
            (Some(Outcome::Found(old)), Err(failures)) => {
                tracing::warn!(schema = %key, errors = ?histories(&failures), "schema not refreshed, the old one stays in use");
                Outcome::Found(old)
            }
            // schemas hardly ever change: do not compile the same text again
            (Some(Outcome::Found(old)), Ok(new))
                if old.text.text() == new.schema.text()
                    && old.superseded_by == new.superseded_by =>
            {
                Outcome::Found(old)
            }
            (_, fresh) => outcome(fresh),
        };
        let entry = Entry {
            stored: clock.now_millis().div_euclid(1000),
            outcome,
        };
        if self.generation() != generation {
            return Answer {
                lookup: entry.outcome.lookup(),
                usable_until: i64::MIN,
                asked: true,
            };
        }
        let usable_until = self.usable_until(&entry);
        let lookup = entry.outcome.lookup();
        entries.insert(key.clone(), entry);
        Answer {
            lookup,
            usable_until,
            asked: true,
        }
    }

    fn usable(&self, entry: &Entry, resolver: &Resolver, clock: Clock) -> Option<Answer> {
        let usable_until = self.usable_until(entry);
        let usable = match &entry.outcome {
            Outcome::Found(_) => usable_until == i64::MAX || clock.now_millis() < usable_until,
            Outcome::Failed(failures, _) => !resolver.any_due(failures, clock.now_millis()),
        };
        usable.then(|| Answer {
            lookup: entry.outcome.lookup(),
            usable_until,
            asked: false,
        })
    }

    fn usable_until(&self, entry: &Entry) -> i64 {
        match (&entry.outcome, self.ttl) {
            (Outcome::Found(_), Some(ttl)) => entry.stored.saturating_add(ttl).saturating_mul(1000),
            (Outcome::Found(_), None) => i64::MAX,
            (Outcome::Failed(..), _) => i64::MIN,
        }
    }

    fn board(&self, key: &SchemaKey) -> Boarding<'_> {
        let mut flights = lock(&self.flights);
        if let Some(flight) = flights.get(key) {
            return Boarding::Join(flight.clone());
        }
        let flight = Arc::new(Flight::default());
        flights.insert(key.clone(), flight.clone());
        Boarding::Lead(Lead {
            cache: self,
            key: key.clone(),
            flight,
        })
    }
}

impl Outcome {
    fn lookup(&self) -> Lookup {
        match self {
            Outcome::Found(resolved) => Ok(resolved.clone()),
            Outcome::Failed(_, histories) => Err(histories.clone()),
        }
    }
}

fn outcome(fresh: Result<Found, Vec<Failure>>) -> Outcome {
    match fresh {
        Ok(Found {
            schema,
            superseded_by,
        }) => {
            let compiled = CompiledSchema::compile(&schema);
            Outcome::Found(Arc::new(Resolved {
                superseded_by,
                schema: compiled,
                text: schema,
            }))
        }
        Err(failures) => {
            let histories = histories(&failures).into();
            Outcome::Failed(failures.into(), histories)
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One look-up that several threads wait for.
#[derive(Debug, Default)]
struct Flight {
    state: Mutex<State>,
    landed: Condvar,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    UnderWay,
    Landed(Answer),
    Lost,
}

impl Flight {
    fn wait(&self) -> Option<Answer> {
        let mut state = lock(&self.state);
        loop {
            match &*state {
                State::UnderWay => {
                    state = self
                        .landed
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner)
                }
                State::Landed(answer) => return Some(answer.clone()),
                State::Lost => return None,
            }
        }
    }
}

enum Boarding<'c> {
    Lead(Lead<'c>),
    Join(Arc<Flight>),
}

/// Held by the thread that does the look-up; wakes the others when dropped, even by a panic.
struct Lead<'c> {
    cache: &'c SchemaCache,
    key: SchemaKey,
    flight: Arc<Flight>,
}

impl Lead<'_> {
    fn land(self, answer: Answer) -> Answer {
        *lock(&self.flight.state) = State::Landed(answer.clone());
        answer
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        lock(&self.cache.flights).remove(&self.key);
        let mut state = lock(&self.flight.state);
        if matches!(*state, State::UnderWay) {
            *state = State::Lost;
        }
        drop(state);
        self.flight.landed.notify_all();
    }
}

#[cfg(test)]
mod tests;
