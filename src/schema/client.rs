//! The Iglu client: finds schemas, keeps them, checks instances against them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use lexon::{Doc, Value};
use rustc_hash::FxBuildHasher;

use crate::badrows::failure::Crash;
use crate::clock::Clock;
use crate::telemetry::Telemetry;

use super::cache::{CachedSchema, Lookup, Resolved, SchemaCache};
use super::check::{Check, CheckError};
use super::error::ClientError;
use super::fetch::HttpSettings;
use super::key::{KeyError, SchemaKey, SchemaVer};
use super::resolver::{Resolver, ResolverConfig, ResolverError};

/// Finds schemas and keeps them; shared by all threads through an `Arc`.
#[derive(Debug)]
pub struct IgluClient {
    resolver: Resolver,
    cache: SchemaCache,
    clock: Clock,
    size: usize,
}

impl IgluClient {
    /// A client that has not asked any registry yet. With a fixed clock nothing expires and
    /// nothing that failed is tried again.
    pub fn new(config: ResolverConfig, clock: Clock) -> Result<IgluClient, ResolverError> {
        IgluClient::with_http(config, clock, HttpSettings::default())
    }

    /// The same with other timeouts and retries.
    pub fn with_http(
        config: ResolverConfig,
        clock: Clock,
        http: HttpSettings,
    ) -> Result<IgluClient, ResolverError> {
        Ok(IgluClient {
            resolver: Resolver::new(config.repositories, http)?,
            cache: SchemaCache::new(config.cache_size, config.cache_ttl),
            clock,
            size: usize::try_from(config.cache_size).unwrap_or_default(),
        })
    }

    /// Tells what it asks and finds.
    pub fn watched(mut self, telemetry: Arc<Telemetry>) -> IgluClient {
        self.resolver.watch(telemetry);
        self
    }

    /// The schema `key`. Blocks while registries are asked.
    pub fn lookup(&self, key: &SchemaKey) -> Lookup {
        self.cache.lookup(key, &self.resolver, self.clock).lookup
    }

    /// Forgets one schema, or all; they are asked for again when next needed.
    pub fn purge(&self, key: Option<&SchemaKey>) {
        self.cache.purge(key);
    }

    /// A number that grows with every purge.
    pub fn generation(&self) -> u64 {
        self.cache.generation()
    }

    /// What is kept now, by key.
    pub fn cached(&self) -> Vec<CachedSchema> {
        self.cache.list()
    }
}

/// Checks instances; one for each thread. Schemas in use are found in a map of its own, without a
/// lock, for as long as the client would give the same answer.
#[derive(Debug)]
pub struct Checker {
    client: Arc<IgluClient>,
    generation: u64,
    /// Checks whose schema was at hand, since they were told.
    hits: u64,
    /// By URI.
    front: HashMap<Box<str>, Front, FxBuildHasher>,
}

#[derive(Debug)]
struct Front {
    key: SchemaKey,
    /// Texts that passed, and their bytes together.
    passed: HashSet<Box<str>, FxBuildHasher>,
    passed_bytes: usize,
    resolved: Arc<Resolved>,
    usable_until: i64,
}

impl Checker {
    /// A checker that knows no schema yet.
    pub fn new(client: Arc<IgluClient>) -> Checker {
        let generation = client.generation();
        Checker {
            client,
            generation,
            hits: 0,
            front: HashMap::default(),
        }
    }

    /// Checks `data` against the schema `key`. `Some` version if another version superseded the
    /// one that was asked for and was used in its place. Blocks while registries are asked.
    pub fn check(
        &mut self,
        key: &SchemaKey,
        data: Value<'_>,
    ) -> Result<Option<SchemaVer>, CheckError> {
        let generation = self.client.generation();
        if generation != self.generation {
            self.front.clear();
            self.generation = generation;
        }
        match self.front.get(key.uri()) {
            Some(front) if is_usable(front.usable_until, self.client.clock) => {
                self.hits += 1;
                verdict(&front.resolved, data)
            }
            _ => self.check_by_lookup(key, data),
        }
    }

    #[cold]
    fn check_by_lookup(
        &mut self,
        key: &SchemaKey,
        data: Value<'_>,
    ) -> Result<Option<SchemaVer>, CheckError> {
        let answer = self
            .client
            .cache
            .lookup(key, &self.client.resolver, self.client.clock);
        self.hits += u64::from(!answer.asked);
        let resolved = answer
            .lookup
            .map_err(|histories| ClientError::Resolution(histories.to_vec()))?;
        let outcome = verdict(&resolved, data);
        if is_usable(answer.usable_until, self.client.clock) {
            // only schemas that exist get here, so nobody can fill the map with made-up keys
            if self.front.len() >= self.client.size {
                self.front.clear();
            }
            self.front.insert(
                key.uri().into(),
                Front {
                    key: key.clone(),
                    passed: HashSet::default(),
                    passed_bytes: 0,
                    resolved,
                    usable_until: answer.usable_until,
                },
            );
        } else {
            self.front.remove(key.uri());
        }
        outcome
    }
}

/// Longest text that is remembered to have passed, and the most that is remembered for one schema, in bytes.
const LONGEST_PASSED: usize = 2 * 1024;
const MOST_PASSED: usize = 512 * 1024;

impl Check for Checker {
    fn check_text(&mut self, key: &SchemaKey, text: &str) -> Result<(), CheckError> {
        let clock = self.client.clock;
        if self.client.generation() == self.generation
            && let Some(front) = self.front.get(key.uri())
            && is_usable(front.usable_until, clock)
            && front.passed.contains(text)
        {
            self.hits += 1;
            return Ok(());
        }
        let doc = Doc::parse(text).map_err(|error| Crash(error.to_string()))?;
        Checker::check(self, key, doc.root())?;
        if text.len() <= LONGEST_PASSED
            && let Some(front) = self.front.get_mut(key.uri())
        {
            if front.passed_bytes > MOST_PASSED {
                front.passed.clear();
                front.passed_bytes = 0;
            }
            front.passed_bytes += text.len();
            front.passed.insert(text.into());
        }
        Ok(())
    }

    fn publish(&mut self) {
        let hits = std::mem::take(&mut self.hits);
        if let Some(telemetry) = self.client.resolver.telemetry() {
            telemetry.schema_hits(hits);
        }
    }

    fn key(&mut self, uri: &str) -> Result<SchemaKey, KeyError> {
        match self.front.get(uri) {
            Some(front) => Ok(front.key.clone()),
            None => SchemaKey::parse(uri),
        }
    }

    fn check(&mut self, key: &SchemaKey, data: Value<'_>) -> Result<Option<SchemaVer>, CheckError> {
        Checker::check(self, key, data)
    }
}

fn is_usable(until: i64, clock: Clock) -> bool {
    until == i64::MAX || clock.now_millis() < until
}

/// The yes or no first; the wording costs more and is made only for what is refused.
fn verdict(resolved: &Resolved, data: Value<'_>) -> Result<Option<SchemaVer>, CheckError> {
    let superseded_by = resolved.superseded_by;
    match &resolved.schema {
        Err(issues) => Err(ClientError::Schema {
            issues: issues.clone(),
            superseded_by,
        }
        .into()),
        Ok(schema) if schema.is_valid(data)? => Ok(superseded_by),
        Ok(schema) => match schema.report(data)? {
            reports if reports.is_empty() => Ok(superseded_by),
            reports => Err(ClientError::Invalid {
                reports,
                superseded_by,
            }
            .into()),
        },
    }
}

#[cfg(test)]
mod tests;
