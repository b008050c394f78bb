//! One worker: one record in, its rows out. Synchronous, no I/O but for the schemas it must look up.
//!
//! Behaviour: the pipeline of Enrich 3.9.0, step by step.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::inputs::{self, Inputs, InputsError};
use super::live::{Live, Stages};
use super::outcomes::Outcomes;
use super::refuse::Refuse;
use super::watch::Watch;
use crate::adapters::remote::Answers;
use crate::adapters::{AdaptError, AdapterScratch, Adapters};
use crate::badrows::Processor;
use crate::badrows::failure::{Crash, Failure, Message, Origin, Violation};
use crate::clock::{Clock, Ids};
use crate::enrichments::chain::Chain;
use crate::enrichments::{Context, OfRequest, Step, Work, wrapped};
use crate::event::transform::{self, Documents};
use crate::event::{Event, fields, limits};
use crate::output::labels::LabelFields;
use crate::output::{pii_event, tsv};
use crate::payload::RawEvent;
use crate::payload::decode::decode;
use crate::remote::{Asked, Runner};
use crate::schema::check::{Check, CheckError};
use crate::schema::client::Checker;
use crate::schema::{ClientError, SchemaKey};
use crate::telemetry::tally::Tally;

/// What the stages of a pipeline are told by its configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who writes the rows.
    pub processor: Processor,
    /// Records that are no Thrift are tried as base64 of it.
    pub try_base64: bool,
    /// Events with fields that are too long are emitted all the same.
    pub accept_invalid: bool,
    /// Largest row, in bytes.
    pub max_record_bytes: usize,
    /// Whether there is a pii stream.
    pub pii: bool,
    /// What goes beside the rows of good events.
    pub good_labels: LabelFields,
    /// What goes beside the rows of pii events.
    pub pii_labels: LabelFields,
}

/// The stages, shared by all workers.
pub struct Pipeline {
    /// Payloads to raw events.
    pub adapters: Arc<Adapters>,
    /// The enrichments.
    pub chain: Chain,
    /// What the configuration says.
    pub settings: Settings,
}

/// Enriches records, one at a time. Each thread has its own.
pub struct Worker {
    pipeline: Arc<Pipeline>,
    following: Option<(Arc<Live>, Arc<Stages>)>,
    checker: Box<dyn Check + Send>,
    clock: Clock,
    ids: Ids,
    v_etl: String,
    answers: Answers,
    scratch: AdapterScratch,
    watch: Option<Box<dyn Watch>>,
}

impl Worker {
    /// A worker of a pipeline.
    pub fn new(
        pipeline: Arc<Pipeline>,
        checker: Box<dyn Check + Send>,
        clock: Clock,
        ids: Ids,
    ) -> Worker {
        let Processor { artifact, version } = &pipeline.settings.processor;
        let v_etl = format!("{artifact}-{version}");
        Worker {
            pipeline,
            following: None,
            checker,
            clock,
            ids,
            v_etl,
            answers: Answers::default(),
            scratch: AdapterScratch::default(),
            watch: None,
        }
    }

    /// Has somebody look on.
    #[must_use]
    pub fn watched(self, watch: Box<dyn Watch>) -> Worker {
        Worker {
            watch: Some(watch),
            ..self
        }
    }

    /// A worker that goes over to new stages whenever [`Worker::refresh`] finds some.
    pub fn following(live: Arc<Live>, clock: Clock, ids: Ids) -> Worker {
        let stages = live.current();
        let checker = Checker::new(Arc::clone(&stages.iglu));
        Worker {
            following: Some((live, Arc::clone(&stages))),
            ..Worker::new(Arc::clone(&stages.pipeline), Box::new(checker), clock, ids)
        }
    }

    /// Goes over to the stages that are in use now; to be called between batches.
    pub fn refresh(&mut self) {
        let Some((live, mine)) = &mut self.following else {
            return;
        };
        if live.is_current(mine) {
            return;
        }
        let now = live.current();
        if !Arc::ptr_eq(&now.iglu, &mine.iglu) {
            self.checker = Box::new(Checker::new(Arc::clone(&now.iglu)));
        }
        self.pipeline = Arc::clone(&now.pipeline);
        *mine = now;
    }

    /// Whether records are worth being shown to [`Worker::foresee`] before they are processed.
    pub fn has_remote(&self) -> bool {
        self.pipeline.adapters.has_remote()
    }

    /// Asks the services that adapt some of these records, for all of them together, and waits.
    /// Each of the records is then processed without a wait for its adapter. What was asked before
    /// and not used is forgotten.
    pub fn foresee<'r>(&mut self, records: impl Iterator<Item = &'r [u8]>) {
        let Pipeline {
            adapters, settings, ..
        } = &*self.pipeline;
        let question = |record: &[u8]| {
            let mut decoded = Vec::new();
            let payload = decode(record, &mut decoded, settings.try_base64).ok()?;
            adapters.question(&payload)
        };
        // a record with which this fails is told of when it is processed
        let questions = records
            .filter_map(|record| catch_unwind(AssertUnwindSafe(|| question(record))).ok()?)
            .collect();
        self.answers = adapters.ask(questions);
    }

    /// Adds the rows of one record to `out`: at least one row for every record, whatever its bytes. Look-ups
    /// are waited for.
    pub fn process(&mut self, record: &[u8], out: &mut Outcomes) {
        let mut asked = Asked::on_the_spot(Arc::clone(self.pipeline.chain.runner()));
        self.attempt(record, out, &mut asked);
    }

    /// Adds the rows of one record to `out`, or says with `false` that the record waits for what is now on
    /// the list and has to be attempted again once that is answered.
    pub fn attempt(&mut self, record: &[u8], out: &mut Outcomes, asked: &mut Asked) -> bool {
        let marks = out.marks();
        // a defect of ours must cost one record, not the worker
        let crash = match catch_unwind(AssertUnwindSafe(|| self.rows_of(record, out, asked))) {
            Ok(Ok(())) => None,
            Ok(Err(crash)) => Some(crash),
            Err(panic) => Some(Crash(panic_text(panic.as_ref()))),
        };
        if asked.take_waits() {
            out.reset(&marks);
            return false;
        }
        if let Some(crash) = crash {
            out.reset(&marks);
            out.refuse(
                self.refuse(self.clock.now_millis())
                    .generic_error(record, &crash),
            );
        }
        out.count(&marks);
        true
    }

    /// Who has the look-ups answered.
    pub fn runner(&self) -> Arc<Runner> {
        Arc::clone(self.pipeline.chain.runner())
    }

    /// A batch is over: what was counted on the way is told.
    pub fn publish(&mut self) {
        self.checker.publish();
    }

    fn refuse(&self, now_millis: i64) -> Refuse<'_> {
        let Settings {
            processor,
            max_record_bytes,
            ..
        } = &self.pipeline.settings;
        Refuse::new(processor, *max_record_bytes, now_millis)
    }

    fn rows_of(
        &mut self,
        record: &[u8],
        out: &mut Outcomes,
        asked: &mut Asked,
    ) -> Result<(), Crash> {
        let pipeline = Arc::clone(&self.pipeline);
        let now = self.clock.now_millis();
        let mut decoded = Vec::new();
        let payload = match decode(record, &mut decoded, pipeline.settings.try_base64) {
            Ok(payload) => payload,
            Err(violations) => {
                for violation in &violations {
                    out.refuse(self.refuse(now).format_violation(record, violation));
                }
                return Ok(());
            }
        };
        if let Some(watch) = &mut self.watch {
            watch.decoded(&payload);
        }
        if let Some(collected) = payload.context.timestamp {
            out.tally.record(collected);
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        let events = match pipeline.adapters.adapt(
            &payload,
            &mut scratch,
            self.checker.as_mut(),
            &mut self.answers,
        ) {
            Ok(events) => events,
            Err(AdaptError::Failed(failure)) => {
                tell_violations(&mut out.tally, &failure.violations);
                out.refuse(self.refuse(now).adapter_failure(&payload, &failure));
                return Ok(());
            }
            Err(AdaptError::Crash(crash)) => return Err(crash),
        };
        if let Some(watch) = &mut self.watch {
            watch.adapted(&events);
        }
        let mut request = OfRequest::of_events(events.len());
        for raw in &events {
            self.enrich(&pipeline, raw, now, out, (asked, &mut request))?;
        }
        drop(events);
        self.scratch = scratch;
        Ok(())
    }

    fn enrich(
        &mut self,
        pipeline: &Pipeline,
        raw: &RawEvent<'_>,
        now: i64,
        out: &mut Outcomes,
        kept: (&mut Asked, &mut OfRequest),
    ) -> Result<(), Crash> {
        let mut event = Event::default();
        let (documents, failures) =
            transform::set_up(raw, now, &self.v_etl, &mut self.ids, &mut event)?;
        if let Some(watch) = &mut self.watch {
            watch.began(&event);
        }
        let failures = if failures.is_empty() {
            self.check_and_run(pipeline, raw, &documents, &mut event, kept, &mut out.tally)?
        } else {
            Err(Refusal::Failures(failures))
        };
        match failures {
            Ok(()) => {
                self.emit(pipeline, &event, now, out);
                Ok(())
            }
            Err(Refusal::Waits) => Ok(()),
            Err(Refusal::Failures(failures)) => {
                tell_failures(&mut out.tally, &failures);
                out.refuse(self.refuse(now).enrichment_failures(&event, raw, &failures));
                Ok(())
            }
            Err(Refusal::Violations(violations)) => {
                tell_violations(&mut out.tally, &violations);
                out.refuse(self.refuse(now).schema_violations(&event, raw, &violations));
                Ok(())
            }
        }
    }

    /// Everything between set-up and the TSV.
    fn check_and_run(
        &mut self,
        pipeline: &Pipeline,
        raw: &RawEvent<'_>,
        documents: &Documents,
        event: &mut Event,
        (asked, request): (&mut Asked, &mut OfRequest),
        tally: &mut Tally,
    ) -> Result<Result<(), Refusal>, Crash> {
        let inputs = match inputs::check(documents, event, self.checker.as_mut()) {
            Ok(inputs) => inputs,
            Err(InputsError::Refused(violations)) => {
                return Ok(Err(Refusal::Violations(violations)));
            }
            Err(InputsError::Crash(crash)) => return Err(crash),
        };
        let Inputs {
            contexts,
            unstruct,
            validation_info,
        } = inputs;
        if let Some(watch) = &mut self.watch {
            let keys = unstruct.iter().chain(&contexts);
            let keys: Vec<&SchemaKey> = keys.map(|checked| &checked.key).collect();
            watch.checked(&keys, event);
        }
        let mut work = Work {
            raw,
            page_uri: None,
            referrer_uri: None,
            page_query: None,
            unstruct: unstruct.as_ref(),
            contexts: &contexts,
            derived: Vec::new(),
            asked,
            request,
        };
        let mut times = tally.event().then_some(&mut tally.times);
        let watch = &mut self.watch;
        let mut seen = |name, step: &Step, event: &Event| {
            if let Some(watch) = watch {
                watch.stepped(name, step, event);
            }
        };
        let chain = &pipeline.chain;
        let failures = chain.run(event, &mut work, times.as_deref_mut(), &mut seen)?;
        if work.asked.waits() {
            return Ok(Err(Refusal::Waits));
        }
        if !failures.is_empty() {
            return Ok(Err(Refusal::Failures(failures)));
        }
        set_derived_contexts(event, &work.derived, &validation_info);
        seen("derived contexts", &Step::Done, event);
        let failures = check_derived(self.checker.as_mut(), &work.derived)?;
        if !failures.is_empty() {
            return Ok(Err(Refusal::Failures(failures)));
        }
        let failures = chain.finish(event, &mut work, times, &mut seen)?;
        if !failures.is_empty() {
            return Ok(Err(Refusal::Failures(failures)));
        }
        let failures = limits::check(event);
        tally.invalid_enriched += u64::from(!failures.is_empty());
        Ok(if failures.is_empty() || pipeline.settings.accept_invalid {
            Ok(())
        } else {
            Err(Refusal::Failures(failures))
        })
    }

    fn emit(&mut self, pipeline: &Pipeline, event: &Event, now: i64, out: &mut Outcomes) {
        let limit = pipeline.settings.max_record_bytes;
        let size = out.good.push_with(|bytes| tsv::write(event, bytes));
        if size > limit {
            let row = self.refuse(now).oversized_event(out.good.last());
            out.good.pop();
            out.refuse(row);
            return;
        }
        out.good_labels
            .set(out.good.len() - 1, &pipeline.settings.good_labels, event);
        if !pipeline.settings.pii {
            return;
        }
        if let Some(pii) = pii_event::of(event, now, &self.v_etl, &mut self.ids) {
            if out.pii.push_with(|bytes| tsv::write(&pii, bytes)) > limit {
                tracing::warn!(
                    limit,
                    "a pii event is larger than a record may be and was dropped"
                );
                out.pii.pop();
                return;
            }
            out.pii_labels
                .set(out.pii.len() - 1, &pipeline.settings.pii_labels, &pii);
        }
    }
}

/// Which schemas refused.
fn tell_violations(tally: &mut Tally, violations: &[Violation]) {
    for violation in violations {
        if let Violation::Iglu { key, error } = violation {
            tell_schema(tally, key, error);
        }
    }
}

/// Which steps failed, and which schemas.
fn tell_failures(tally: &mut Tally, failures: &[Failure]) {
    for failure in failures {
        tally.failure(
            failure
                .enrichment
                .as_ref()
                .map_or("always", |origin| origin.identifier),
        );
        if let Message::Iglu { key, error } = &failure.message {
            tell_schema(tally, key, error);
        }
    }
}

fn tell_schema(tally: &mut Tally, key: &SchemaKey, error: &ClientError) {
    let known = !matches!(error, ClientError::Resolution(_));
    tally.schema(key.path(), known);
}

enum Refusal {
    /// It is not known yet.
    Waits,
    Failures(Vec<Failure>),
    Violations(Vec<Violation>),
}

/// The contexts that steps made must pass their schemas like any other.
fn check_derived(checker: &mut dyn Check, contexts: &[Context]) -> Result<Vec<Failure>, Crash> {
    let mut failures = Vec::new();
    for context in contexts {
        match checker.check_text(&context.schema, &context.data) {
            Ok(()) => {}
            Err(CheckError::Crash(crash)) => return Err(crash),
            Err(CheckError::Client(error)) => failures.push(Failure {
                enrichment: Some(Origin {
                    schema: context.schema.clone(),
                    identifier: "enrichments-contexts-validation",
                }),
                message: Message::Iglu {
                    key: context.schema.clone(),
                    error,
                },
            }),
        }
    }
    Ok(failures)
}

fn set_derived_contexts(event: &mut Event, derived: &[Context], validation_info: &[Context]) {
    if derived.is_empty() && validation_info.is_empty() {
        return;
    }
    let text = wrapped(derived.iter().chain(validation_info));
    event.set_text(fields::DERIVED_CONTEXTS, Some(text));
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a defect in snowmelt: {}", text.unwrap_or("unknown"))
}
