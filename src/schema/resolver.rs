//! Looking a schema up in all registries: order, superseding, history of failures, back-off.
//!
//! All as the resolver of iglu-scala-client 1.5.0.

use std::sync::Arc;
use std::time::Instant;

use lexon::{Doc, Value};

use crate::clock::Clock;
use crate::telemetry::Telemetry;

use super::error::{LookupHistory, RegistryError};
use super::fetch::{HttpFetcher, HttpSettings};
use super::key::{KeyError, SchemaKey, SchemaVer, parse_version};
use super::registry::{Registry, RegistryConfig};

/// Everything the client needs to know to find schemas.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolverConfig {
    /// Schemas kept; 0 or less keeps none, so that every event asks the registries.
    pub cache_size: i64,
    /// Seconds after which a schema is asked for again; absent is never, 0 or less keeps none.
    pub cache_ttl: Option<i64>,
    /// The registries.
    pub repositories: Vec<RegistryConfig>,
}

/// Why no client can be made of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolverError {
    /// Names tell registries apart in bad rows.
    #[error("Repository names must be unique, {name} encountered {times} times")]
    DuplicateName { name: String, times: usize },
}

/// Distinct errors kept for one registry and schema.
const MAX_ERRORS: usize = 32;

/// A schema that was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) schema: Doc,
    pub(crate) superseded_by: Option<SchemaVer>,
}

/// What failed at one registry.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    registry: usize,
    history: LookupHistory,
}

#[derive(Debug)]
pub(crate) struct Resolver {
    registries: Vec<Registry>,
    http: HttpFetcher,
    telemetry: Option<Arc<Telemetry>>,
}

impl Resolver {
    pub(crate) fn new(
        configs: Vec<RegistryConfig>,
        http: HttpSettings,
    ) -> Result<Resolver, ResolverError> {
        for config in &configs {
            let times = configs
                .iter()
                .filter(|other| other.name == config.name)
                .count();
            if times > 1 {
                return Err(ResolverError::DuplicateName {
                    name: config.name.clone(),
                    times,
                });
            }
        }
        let configured = configs.into_iter().map(Registry::new);
        let registries = std::iter::once(Registry::client())
            .chain(configured)
            .collect();
        Ok(Resolver {
            registries,
            http: HttpFetcher::new(http),
            telemetry: None,
        })
    }

    /// What is asked is told from now on.
    pub(crate) fn watch(&mut self, telemetry: Arc<Telemetry>) {
        self.telemetry = Some(telemetry);
    }

    pub(crate) fn telemetry(&self) -> Option<&Telemetry> {
        self.telemetry.as_deref()
    }

    /// Asks the registries in order until one has the schema. After a failure (`known` not empty)
    /// only those whose back-off is over are asked, and what fails is added to what is known.
    pub(crate) fn resolve(
        &self,
        key: &SchemaKey,
        known: &[Failure],
        clock: Clock,
    ) -> Result<Found, Vec<Failure>> {
        if let Some(telemetry) = &self.telemetry {
            telemetry.schema_miss();
        }
        let now = clock.now_millis();
        let mut order: Vec<usize> = match known {
            [] => (0..self.registries.len()).collect(),
            failures => failures
                .iter()
                .filter(|f| self.is_due(f, now))
                .map(|f| f.registry)
                .collect(),
        };
        order.sort_unstable();
        order.sort_by_key(|at| {
            self.registries
                .get(*at)
                .map(|registry| registry.rank(key.vendor()))
        });
        let mut failures = known.to_vec();
        for at in order {
            let Some(registry) = self.registries.get(at) else {
                continue;
            };
            match self.ask(registry, key) {
                Ok(found) => return Ok(found),
                Err(error) => self.remember(&mut failures, at, error, clock.now_millis()),
            }
        }
        Err(failures)
    }

    fn ask(&self, registry: &Registry, key: &SchemaKey) -> Result<Found, RegistryError> {
        let schema = self.fetch(registry, key)?;
        let superseded_by = match schema.root().get("$supersededBy") {
            None => {
                return Ok(Found {
                    schema,
                    superseded_by: None,
                });
            }
            Some(value) => superseding(value)?,
        };
        if superseded_by <= key.version() {
            return Err(RegistryError::ClientFailure(format!(
                "Superseding version {superseded_by} isn't greater than the version of schema {}",
                key.path()
            )));
        }
        let schema = self.fetch(registry, &key.with_version(superseded_by))?;
        Ok(Found {
            schema,
            superseded_by: Some(superseded_by),
        })
    }

    fn fetch(&self, registry: &Registry, key: &SchemaKey) -> Result<Doc, RegistryError> {
        let since = Instant::now();
        let answer = registry.fetch(key, &self.http);
        if let Some(telemetry) = &self.telemetry {
            let outcome = match &answer {
                Ok(_) => "found",
                Err(RegistryError::NotFound) => "missing",
                Err(_) => "failed",
            };
            telemetry.schema_fetch(&registry.name, outcome, since.elapsed());
        }
        let text = answer?;
        Doc::parse(&text).map_err(|error| registry.no_json(&text, &error))
    }

    fn remember(&self, failures: &mut Vec<Failure>, at: usize, error: RegistryError, now: i64) {
        if let Some(failure) = failures.iter_mut().find(|failure| failure.registry == at) {
            let history = &mut failure.history;
            if !history.errors.contains(&error) && history.errors.len() < MAX_ERRORS {
                history.errors.push(error);
            }
            history.attempts = history.attempts.saturating_add(1);
            history.last_attempt = history.last_attempt.max(now);
        } else if let Some(registry) = self.registries.get(at) {
            let history = LookupHistory {
                repository: registry.name.clone(),
                errors: vec![error],
                attempts: 1,
                last_attempt: now,
            };
            failures.push(Failure {
                registry: at,
                history,
            });
        }
    }

    /// Whether any registry would be asked again at `now`, milliseconds.
    pub(crate) fn any_due(&self, failures: &[Failure], now: i64) -> bool {
        failures.iter().any(|failure| self.is_due(failure, now))
    }

    fn is_due(&self, failure: &Failure, now: i64) -> bool {
        let LookupHistory {
            attempts,
            last_attempt,
            ..
        } = failure.history;
        let can_change = self
            .registries
            .get(failure.registry)
            .is_some_and(Registry::can_change);
        can_change && now.saturating_sub(last_attempt) > back_off(attempts)
    }
}

/// The histories as bad rows show them: by name, in the order of Java strings.
pub(crate) fn histories(failures: &[Failure]) -> Vec<LookupHistory> {
    let mut histories: Vec<LookupHistory> = failures
        .iter()
        .map(|failure| failure.history.clone())
        .collect();
    histories.sort_by(|a, b| a.repository.encode_utf16().cmp(b.repository.encode_utf16()));
    histories
}

/// Milliseconds to leave a registry alone after so many failures. The drop from 12 to 13 is the
/// reference's.
fn back_off(attempts: u32) -> i64 {
    match attempts {
        0..=8 => 500 + 4i64.pow(attempts),
        9..=12 => 500 + 3i64.pow(attempts),
        13..=20 => 5_500 + 2i64.pow(attempts),
        more => 1_200_000 + i64::from(more) * 100,
    }
}

/// Decodes `$supersededBy`; the messages are those of circe and iglu-core.
fn superseding(value: Value<'_>) -> Result<SchemaVer, RegistryError> {
    let reason = match value.as_str() {
        None => "String".to_owned(),
        Some(text) => match parse_version(text) {
            Ok(version) => return Ok(version),
            Err(_) if is_partial(text) => format!("SchemaVer {text} is not full"),
            Err(_) => KeyError::Version.to_string(),
        },
    };
    Err(RegistryError::ClientFailure(format!(
        "Error while trying to decode superseding version: \
         DecodingFailure({reason}, List(DownField($supersededBy)))"
    )))
}

/// Whether a text is a version in which some part is `?`.
fn is_partial(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str| {
        part == "?"
            || (part.bytes().all(|b| b.is_ascii_digit())
                && !part.is_empty()
                && (part == "0" || !part.starts_with('0')))
    };
    parts.len() == 3
        && parts.iter().all(|part| number(part))
        && parts.first() != Some(&"0")
        && parts.contains(&"?")
}

#[cfg(test)]
mod tests;
