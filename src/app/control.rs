//! What the admin pages and signals can do to a running pipeline.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::rebuild::{Rebuilder, Rebuilt, Why};
use crate::admin;
use crate::clock::Clock;
use crate::schema::SchemaKey;
use crate::schema::cache::CachedState;
use crate::secret::redacted;
use crate::telemetry::{Telemetry, names};

/// How often the flags of signals are looked at.
const LOOK: Duration = Duration::from_millis(200);
/// A refused configuration is tried again so often, for what it needs may have come back.
const AGAIN: Duration = Duration::from_secs(60);

/// How the last reload ended.
#[derive(Debug, Clone)]
struct Last {
    at: i64,
    outcome: &'static str,
    message: String,
}

/// Handles of a running pipeline.
pub struct Control {
    rebuilder: Arc<Rebuilder>,
    telemetry: Arc<Telemetry>,
    /// The application file, without secrets.
    config: Value,
    last: Mutex<Option<Last>>,
}

impl Control {
    /// Of the pipeline of a rebuilder; `config` is the application file, whose secrets are taken out here.
    pub fn new(
        rebuilder: Arc<Rebuilder>,
        telemetry: Arc<Telemetry>,
        config: &Value,
    ) -> Arc<Control> {
        Arc::new(Control {
            rebuilder,
            telemetry,
            config: redacted(config),
            last: Mutex::default(),
        })
    }

    fn last(&self) -> MutexGuard<'_, Option<Last>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads resolver and enrichments again and goes over to them; `cause` is for the log.
    ///
    /// # Errors
    /// Why they were refused; the old ones go on.
    pub fn reload(&self, cause: &str) -> Result<Rebuilt, String> {
        let started = Instant::now();
        let done = self.rebuilder.rebuild(Why::Configuration);
        let took = started.elapsed();
        let (outcome, message) = match &done {
            Ok(Rebuilt::Exchanged(number)) => {
                tracing::info!(
                    cause,
                    number,
                    ?took,
                    "went over to new resolver and enrichments"
                );
                ("exchanged", format!("generation {number}"))
            }
            Ok(Rebuilt::Unchanged) => {
                tracing::info!(cause, "resolver and enrichments are as they were");
                ("unchanged", "as they were".to_owned())
            }
            Err(error) => ("refused", format!("{error:#}")),
        };
        let mut last = self.last();
        let known = last
            .as_ref()
            .is_some_and(|last| last.outcome == outcome && last.message == message);
        if outcome == "refused" && !known {
            tracing::error!(
                cause,
                error = message,
                "new resolver or enrichments refused; the old ones go on"
            );
        }
        self.telemetry.reload(outcome);
        *last = Some(Last {
            at: self.telemetry.clock().now_millis(),
            outcome,
            message: message.clone(),
        });
        done.map_err(|_| message)
    }

    /// Starts the thread that reloads when `asked` is set, and, with a period, when files changed, until
    /// `stopped`.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn watch(
        self: &Arc<Self>,
        asked: Arc<AtomicBool>,
        period: Option<Duration>,
        stopped: impl Fn() -> bool + Send + 'static,
    ) -> std::io::Result<()> {
        let control = Arc::clone(self);
        thread::Builder::new()
            .name("reload".to_owned())
            .spawn(move || control.look(&asked, period, &stopped))
            .map(drop)
    }

    fn look(&self, asked: &AtomicBool, period: Option<Duration>, stopped: &dyn Fn() -> bool) {
        let mut watched = Watched::default();
        let mut looked = Instant::now();
        let mut tried = Instant::now();
        while !stopped() {
            thread::sleep(period.map_or(LOOK, |period| period.min(LOOK)));
            if asked.swap(false, Ordering::AcqRel) {
                tried = Instant::now();
                let _ = self.reload("SIGHUP");
            }
            let Some(period) = period else { continue };
            if looked.elapsed() < period {
                continue;
            }
            looked = Instant::now();
            let refused = self
                .last()
                .as_ref()
                .is_some_and(|last| last.outcome == "refused");
            if watched.due(self.rebuilder.fingerprint(), self.rebuilder.read()) {
                tried = Instant::now();
                let _ = self.reload("files changed");
            } else if refused && tried.elapsed() >= AGAIN {
                tried = Instant::now();
                let _ = self.reload("tried again");
            }
        }
    }
}

/// Tells when files that changed are at rest: the same at two looks, one after the other.
#[derive(Debug, Default)]
struct Watched {
    seen: Option<u64>,
}

impl Watched {
    /// Whether the files as they are `now` are to be read, where those were `read` last.
    fn due(&mut self, now: u64, read: u64) -> bool {
        self.seen.replace(now) == Some(now) && now != read
    }
}

impl admin::Control for Control {
    fn schemas(&self) -> Value {
        let rows = self.rebuilder.live().current().iglu.cached();
        rows.into_iter()
            .map(|row| {
                json!({
                    "key": row.key.uri(),
                    "state": state(row.state),
                    "fetchedAt": row.fetched_at,
                    "supersededBy": row.superseded_by.map(|version| version.to_string()),
                })
            })
            .collect()
    }

    fn purge(&self, key: Option<&str>) -> Result<(), String> {
        let key = key.map(SchemaKey::parse).transpose().map_err(|error| {
            format!(
                "no schema key ({error}); give iglu:VENDOR/NAME/jsonschema/VERSION, or none for all"
            )
        })?;
        self.rebuilder.live().current().iglu.purge(key.as_ref());
        let what = key.as_ref().map_or("all schemas", SchemaKey::uri);
        tracing::info!(what, "schemas forgotten, they will be asked for again");
        Ok(())
    }

    fn reload(&self) -> Result<Value, String> {
        let outcome = match Control::reload(self, "asked")? {
            Rebuilt::Exchanged(number) => json!({"outcome": "exchanged", "generation": number}),
            Rebuilt::Unchanged => json!({"outcome": "unchanged"}),
        };
        Ok(outcome)
    }

    fn config(&self) -> Value {
        self.config.clone()
    }

    fn enrichments(&self) -> Value {
        let rows: Vec<Value> = self
            .rebuilder
            .enrichments()
            .into_iter()
            .map(|(schema, file)| json!({"schema": schema, "file": file}))
            .collect();
        json!({"generation": self.rebuilder.live().current().number, "enrichments": rows})
    }

    fn last_reload(&self) -> Value {
        let last = self.last();
        last.as_ref().map_or(
            Value::Null,
            |Last {
                 at,
                 outcome,
                 message,
             }| { json!({"at": at, "outcome": outcome, "message": message}) },
        )
    }

    fn refresh_gauges(&self) {
        let stages = self.rebuilder.live().current();
        let telemetry = &self.telemetry;
        telemetry.set(&names::GENERATION, &[], stages.number as f64);
        let rows = stages.iglu.cached();
        for wanted in [CachedState::Ok, CachedState::Invalid, CachedState::Missing] {
            let count = rows.iter().filter(|row| row.state == wanted).count();
            telemetry.set(&names::SCHEMAS, &[state(wanted)], count as f64);
        }
        let now = Clock::System.now_millis() / 1000;
        let oldest = rows.iter().map(|row| row.fetched_at).min().unwrap_or(now);
        telemetry.set(
            &names::SCHEMA_AGE,
            &[],
            now.saturating_sub(oldest).max(0) as f64,
        );
    }
}

fn state(state: CachedState) -> &'static str {
    match state {
        CachedState::Ok => "ok",
        CachedState::Invalid => "invalid",
        CachedState::Missing => "missing",
    }
}

#[cfg(test)]
mod tests {
    use super::Watched;

    #[test]
    fn files_that_changed_are_read_once_they_are_at_rest() {
        let mut watched = Watched::default();
        assert!(!watched.due(1, 1));
        assert!(!watched.due(1, 1), "they were read");
        assert!(!watched.due(2, 1), "they may still change");
        assert!(!watched.due(3, 1));
        assert!(watched.due(3, 1));
        assert!(watched.due(3, 1), "they could not be read");
        assert!(!watched.due(3, 3));
        assert!(!watched.due(1, 3));
        assert!(watched.due(1, 3), "going back is a change");
    }

    #[test]
    fn what_changed_between_the_reading_and_the_first_look_is_a_change() {
        let mut watched = Watched::default();
        assert!(!watched.due(2, 1));
        assert!(watched.due(2, 1));
    }
}
