//! The log: standard error, as text or JSON.

use std::io::IsTerminal;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use super::args::LogFormat;
use crate::config::Env;
use crate::telemetry::logs::{Repeats, levels};

/// Starts it. `RUST_LOG` chooses what is logged; where it is not set, the options of a JVM are read as the
/// reference's logger has them.
pub(super) fn start(env: &Env, format: LogFormat) -> Repeats {
    let java = ["JDK_JAVA_OPTIONS", "JAVA_OPTS"].map(|name| env.get(name).unwrap_or_default());
    let filter = EnvFilter::try_new(levels(env.get("RUST_LOG"), &java))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let repeats = Repeats::default();
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // fails only when a program that uses this library has set one
    let _ = tracing_subscriber::registry()
        .with(filter)
        .with(lines.with_filter(repeats.clone()))
        .try_init();
    repeats
}
