//! Logs: which lines pass, in which form, and how often the same one is repeated.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

/// A line of code may log so often …
const BURST: u32 = 10;
/// … in this time; what is more is counted and told later.
const WINDOW: Duration = Duration::from_secs(10);
/// Numbers that come in groups on purpose.
const UNLIMITED: &str = "enrich.metrics";

/// Lets only so many lines of one place in the code pass in a time.
#[derive(Debug, Clone, Default)]
pub struct Repeats(Arc<Mutex<HashMap<Identifier, Place>>>);

#[derive(Debug)]
struct Place {
    since: Instant,
    passed: u32,
    left_out: u64,
    name: String,
}

impl Repeats {
    fn places(&self) -> MutexGuard<'_, HashMap<Identifier, Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn passes(&self, metadata: &'static Metadata<'static>, now: Instant) -> bool {
        if metadata.target() == UNLIMITED {
            return true;
        }
        let mut places = self.places();
        let place = places.entry(metadata.callsite()).or_insert_with(|| Place {
            since: now,
            passed: 0,
            left_out: 0,
            name: format!(
                "{}:{}",
                metadata.file().unwrap_or_else(|| metadata.target()),
                metadata.line().unwrap_or_default()
            ),
        });
        if now.saturating_duration_since(place.since) >= WINDOW {
            place.since = now;
            place.passed = 0;
        }
        let passes = place.passed < BURST;
        if passes {
            place.passed += 1;
        } else {
            place.left_out += 1;
        }
        passes
    }

    /// Places in the code whose lines were left out since the last call, and how many.
    pub fn left_out(&self) -> Vec<(String, u64)> {
        self.places()
            .values_mut()
            .filter(|place| place.left_out > 0)
            .map(|place| (place.name.clone(), std::mem::take(&mut place.left_out)))
            .collect()
    }

    /// Logs what was left out; to be called now and then.
    pub fn tell(&self) {
        for (place, lines) in self.left_out() {
            tracing::warn!(place, lines, "lines like those before were left out");
        }
    }
}

impl<S: Subscriber> Filter<S> for Repeats {
    fn enabled(&self, _metadata: &Metadata<'_>, _context: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _context: &Context<'_, S>) -> bool {
        self.passes(event.metadata(), Instant::now())
    }
}

/// The directives for levels: `RUST_LOG` where it is set, else what the options of a JVM say to the logger
/// of the reference, else `info`.
pub fn levels(rust_log: Option<&str>, java_options: &[&str]) -> String {
    if let Some(directives) = rust_log.filter(|directives| !directives.trim().is_empty()) {
        return directives.to_owned();
    }
    let words = || {
        java_options
            .iter()
            .flat_map(|options| options.split_whitespace())
    };
    let default = words()
        .filter_map(|word| word.strip_prefix("-Dorg.slf4j.simpleLogger.defaultLogLevel="))
        .filter_map(level)
        .next_back();
    let mut directives = vec![default.unwrap_or("info").to_owned()];
    for word in words() {
        if let Some((name, wanted)) = word
            .strip_prefix("-Dorg.slf4j.simpleLogger.log.")
            .and_then(|setting| setting.split_once('='))
            && let Some(wanted) = level(wanted)
            && name == UNLIMITED
        {
            directives.push(format!("{name}={wanted}"));
        }
    }
    directives.join(",")
}

fn level(name: &str) -> Option<&'static str> {
    match name.to_ascii_lowercase().as_str() {
        "trace" => Some("trace"),
        "debug" => Some("debug"),
        "info" => Some("info"),
        "warn" => Some("warn"),
        "error" => Some("error"),
        "off" => Some("off"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::{Layer, fmt};

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_place_that_repeats_itself_is_cut_short_and_counted() {
        let (sink, repeats) = (Sink::default(), Repeats::default());
        let writer = sink.clone();
        let layer = fmt::layer()
            .with_writer(move || writer.clone())
            .with_filter(repeats.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            for n in 0..25 {
                tracing::warn!(n, "again");
                tracing::info!(target: UNLIMITED, "number {n}");
            }
            tracing::warn!("once");
        });
        let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        let count = |part: &str| text.matches(part).count();
        assert_eq!(
            (count("again"), count("number"), count("once")),
            (10, 25, 1)
        );
        let left_out = repeats.left_out();
        assert_eq!(left_out.len(), 1);
        assert!(left_out[0].0.contains("logs.rs:") && left_out[0].1 == 15);
        assert_eq!(repeats.left_out(), []);
    }

    #[test]
    fn levels_come_from_the_variable_or_from_what_the_jvm_was_told() {
        assert_eq!(levels(Some("debug,hyper=off"), &[]), "debug,hyper=off");
        assert_eq!(levels(None, &[]), "info");
        let java = "-Xmx1g -Dorg.slf4j.simpleLogger.defaultLogLevel=WARN \
                    -Dorg.slf4j.simpleLogger.log.enrich.metrics=info -Dorg.slf4j.simpleLogger.log.org.apache=off";
        assert_eq!(levels(Some(" "), &[java]), "warn,enrich.metrics=info");
        let nonsense = "-Dorg.slf4j.simpleLogger.defaultLogLevel=loud";
        assert_eq!(levels(None, &[nonsense]), "info");
    }
}
