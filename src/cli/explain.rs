//! `snowmelt explain`: one payload on its way through every step.

use std::fmt::Write;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;

use super::args::{ExplainArgs, LogFormat};
use super::{BAD_USAGE, DONE, IO_FAILED, log, tail, tell};
use crate::app::{self, App};
use crate::clock::Clock;
use crate::config::Env;
use crate::enrichments::{Context, Step};
use crate::event::{COLUMNS, Cell, Event};
use crate::output::tsv;
use crate::payload::{CollectorPayload, RawEvent};
use crate::pipeline::outcomes::Outcomes;
use crate::pipeline::watch::Watch;
use crate::schema::SchemaKey;
use crate::sinks::file::LineFile;
use crate::sources::batches::{Batch, BatchReader, Input};
use crate::sources::{framing, look};
use crate::telemetry::{self, Telemetry};

/// A stream that gives nothing for so long has no such payload.
const SILENCE: Duration = Duration::from_secs(15);

/// Runs the command: 0 when the payload was shown, also one that ends in bad rows, 1 when it cannot be read,
/// 2 when the arguments or the configuration cannot be used.
pub fn run(args: &ExplainArgs) -> u8 {
    let _ = log::start(&Env::of_process(), LogFormat::Text);
    let options = app::Options {
        iglu_config: &args.iglu_config,
        enrichments: &args.enrichments,
        config: args.config.as_deref(),
        clock: args.etl_tstamp.map_or(Clock::System, Clock::Fixed),
        pii: true,
        labels: Default::default(),
        telemetry: Telemetry::new(telemetry::Options::default()),
    };
    let app = match App::build(&options) {
        Ok(app) => app,
        Err(error) => return tell(BAD_USAGE, &format!("{error:#}")),
    };
    let shown = payload(args).and_then(|payload| {
        let text = explain(&app, &payload);
        Ok(LineFile::create("-")?.write(text.as_bytes())?)
    });
    match shown {
        Ok(()) => DONE,
        Err(error) => tell(IO_FAILED, &format!("{error:#}")),
    }
}

/// The payload that the arguments name.
fn payload(args: &ExplainArgs) -> anyhow::Result<Vec<u8>> {
    if let Some(text) = &args.payload {
        return Ok(jvm::base64::decode_lenient(text.trim().as_bytes()));
    }
    let mut found = None;
    let mut left = args.nth;
    let mut take = |record: &[u8]| {
        if left == 0 {
            found = Some(record.to_vec());
            return ControlFlow::Break(());
        }
        left -= 1;
        ControlFlow::Continue(())
    };
    let place = match (&args.input, &args.from) {
        (Some(input), _) => {
            let mut buffer = Vec::new();
            let framing = args.format.into();
            BatchReader::new(Arc::default()).read(
                &Input::from_arg(input),
                || Some(Batch::new(framing)),
                |batch| {
                    batch
                        .records()
                        .all(|raw| take(framing::record(framing, raw, &mut buffer).0).is_continue())
                },
            )?;
            input
        }
        (None, Some(url)) => {
            let place = tail::place(url, &args.reach, true, Some(SILENCE));
            look::each(&place, &mut |record| take(record.value))?;
            url
        }
        (None, None) => anyhow::bail!("give --payload, --input or --from"),
    };
    found.with_context(|| format!("{place} has no payload of number {}", args.nth))
}

/// What happens to a payload, as text for people.
fn explain(app: &App, payload: &[u8]) -> String {
    let story = Story::default();
    let mut worker = app.worker().watched(Box::new(story.clone()));
    let mut out = Outcomes::default();
    worker.process(payload, &mut out);
    let mut text = std::mem::take(&mut story.told().text);
    for (kind, rows) in [("good", &out.good), ("pii", &out.pii), ("bad", &out.bad)] {
        for row in rows.iter() {
            let _ = writeln!(text, "\n{kind} row\n  {}", String::from_utf8_lossy(row));
        }
    }
    let [good, bad, pii] = [&out.good, &out.bad, &out.pii].map(|rows| rows.len());
    let _ = writeln!(text, "\n{good} good, {bad} bad, {pii} pii");
    text
}

#[derive(Debug, Default)]
struct Told {
    text: String,
    /// How the event was when it was told of last.
    before: Event,
    /// Parameters of the events, of which so many were told.
    parameters: Vec<String>,
    event: usize,
}

/// What is told so far.
#[derive(Debug, Default, Clone)]
struct Story(Arc<Mutex<Told>>);

impl Story {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shown(cell: &Cell) -> String {
    let mut bytes = Vec::new();
    tsv::write_cell(cell, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Told {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.line(&format!("  {name}: {value}"));
        }
    }

    /// The fields that changed since the last time.
    fn changes(&mut self, event: &Event) {
        let cells = COLUMNS.iter().zip(self.before.cells()).zip(event.cells());
        let mut lines = Vec::new();
        for ((column, old), new) in cells {
            let line = match (old, new) {
                (old, new) if old == new => continue,
                (Cell::Null, new) => format!("  + {} = {}", column.name, shown(new)),
                (old, Cell::Null) => format!("  - {} (was {})", column.name, shown(old)),
                (old, new) => format!("  ~ {}: {} -> {}", column.name, shown(old), shown(new)),
            };
            lines.push(line);
        }
        if event.pii != self.before.pii {
            lines.push("  + an event for the pii stream".to_owned());
        }
        for line in &lines {
            self.line(line);
        }
        self.before = event.clone();
    }

    fn contexts(&mut self, contexts: &[Context]) {
        for Context { schema, data } in contexts {
            self.line(&format!("  + context {}: {data}", schema.uri()));
        }
    }
}

impl Watch for Story {
    fn decoded(&mut self, payload: &CollectorPayload<'_>) {
        let mut told = self.told();
        told.line("payload");
        let api = &payload.api;
        told.line(&format!("  adapter: {}/{}", api.vendor, api.version));
        let context = &payload.context;
        let at = context.timestamp.map(jvm::time::joda_iso);
        told.optional("collected", at.as_deref());
        told.optional("collector", payload.source.collector.as_deref());
        told.optional("host", payload.source.hostname.as_deref());
        told.optional("address", context.ip.as_deref());
        told.optional("agent", context.useragent.as_deref());
        told.optional("referer", context.referer.as_deref());
        told.optional("network user", context.user_id.as_deref());
        for header in &context.headers {
            told.line(&format!("  header {header}"));
        }
        for (name, value) in &payload.querystring {
            told.line(&format!(
                "  query {name} = {}",
                value.as_deref().unwrap_or_default()
            ));
        }
        told.optional("content type", payload.content_type.as_deref());
        told.optional("body", payload.body.as_deref());
    }

    fn adapted(&mut self, events: &[RawEvent<'_>]) {
        let mut told = self.told();
        told.line(&format!("\nadapter: {} events", events.len()));
        told.parameters = events
            .iter()
            .map(|raw| {
                let mut text = String::new();
                for (name, value) in raw.parameters.iter() {
                    let value = value.as_deref().unwrap_or_default();
                    let _ = writeln!(text, "  parameter {name} = {value}");
                }
                text
            })
            .collect();
    }

    fn began(&mut self, event: &Event) {
        let mut told = self.told();
        told.event += 1;
        let (number, of) = (told.event, told.parameters.len());
        told.line(&format!("\nevent {number} of {of}"));
        let parameters = told.parameters.get(number - 1).cloned();
        told.text.push_str(&parameters.unwrap_or_default());
        told.before = Event::default();
        told.line("fields");
        told.changes(event);
    }

    fn checked(&mut self, schemas: &[&SchemaKey], event: &Event) {
        let mut told = self.told();
        told.line("validation");
        if schemas.is_empty() {
            told.line("  no self-describing JSON");
        }
        for key in schemas {
            told.line(&format!("  fits {}", key.uri()));
        }
        told.changes(event);
    }

    fn stepped(&mut self, name: &'static str, step: &Step, event: &Event) {
        let mut told = self.told();
        let before = told.text.len();
        told.changes(event);
        match step {
            Step::Contexts(contexts) => told.contexts(contexts),
            Step::Failed(failures) => {
                told.line(&format!("  failed ({}); see the bad row", failures.len()));
            }
            Step::Crashed(_) => told.line("  crashed: the whole payload is refused"),
            Step::Done | Step::Wait => {}
        }
        if told.text.len() == before {
            // steps that always run and found nothing to do are of no interest
            if name != crate::enrichments::chain::ALWAYS {
                told.line(&format!("{name}: nothing"));
            }
        } else {
            told.text.insert_str(before, &format!("{name}\n"));
        }
    }
}
