//! The check of the JSON that came with an event: its contexts and its self-describing event.
//!
//! Behaviour: the Iglu utilities of Enrich 3.9.0.

use std::sync::LazyLock;

use lexon::{Doc, Kind, Value, write_string};

use crate::badrows::failure::{Crash, Violation};
use crate::enrichments::{CONTEXTS_HEAD, CONTEXTS_TAIL, Context, UNSTRUCT_HEAD, UNSTRUCT_TAIL};
use crate::event::transform::Documents;
use crate::event::{Event, fields};
use crate::schema::check::{Check, CheckError};
use crate::schema::key::{KeyError, SchemaKey};
use crate::schema::self_describing::{self, SelfDescribing, SelfDescribingError};
use crate::schema::{Criterion, SchemaVer};

const SNOWPLOW: &str = "com.snowplowanalytics.snowplow";
const VALIDATION_INFO: &str = "iglu:com.snowplowanalytics.iglu/validation_info/jsonschema/1-0-0";

static UNSTRUCT: LazyLock<Criterion> =
    LazyLock::new(|| Criterion::jsonschema(SNOWPLOW, "unstruct_event", 1, 0));
static CONTEXTS: LazyLock<Criterion> =
    LazyLock::new(|| Criterion::jsonschema(SNOWPLOW, "contexts", 1, 0));

/// The checked JSON of an event.
#[derive(Debug, Default)]
pub struct Inputs<'d> {
    /// Its contexts; versions are those they were checked with.
    pub contexts: Vec<SelfDescribing<'d>>,
    /// Its self-describing event, likewise.
    pub unstruct: Option<SelfDescribing<'d>>,
    /// One context for each schema that another version stood in for.
    pub validation_info: Vec<Context>,
}

/// Why the JSON of an event was refused.
#[derive(Debug)]
pub enum InputsError {
    /// One `schema_violations` bad row with these messages.
    Refused(Vec<Violation>),
    /// The reference throws here.
    Crash(Crash),
}

impl From<Crash> for InputsError {
    fn from(crash: Crash) -> Self {
        InputsError::Crash(crash)
    }
}

/// Checks both documents and writes their normal form into the event.
pub fn check<'d>(
    documents: &'d Documents,
    event: &mut Event,
    checker: &mut dyn Check,
) -> Result<Inputs<'d>, InputsError> {
    let mut inputs = Inputs::default();
    let mut violations = Vec::new();
    let mut superseded = Superseded::default();
    if let Some(doc) = &documents.contexts {
        contexts(doc, checker, &mut inputs, &mut violations, &mut superseded)?;
    }
    if let Some(doc) = &documents.unstruct {
        match unstruct(doc, checker, &mut superseded)? {
            Ok(inner) => inputs.unstruct = Some(inner),
            Err(violation) => violations.push(violation),
        }
    }
    if !violations.is_empty() {
        return Err(InputsError::Refused(violations));
    }
    inputs.validation_info = superseded.contexts();
    if !inputs.contexts.is_empty() {
        let size = documents
            .contexts
            .as_ref()
            .map_or(0, |doc| doc.text().len());
        let mut text = String::with_capacity(size + 64);
        text.push_str(CONTEXTS_HEAD);
        for (n, context) in inputs.contexts.iter().enumerate() {
            if n > 0 {
                text.push(',');
            }
            context.write(&mut text);
        }
        text.push_str(CONTEXTS_TAIL);
        event.set_checked(fields::CONTEXTS, text);
    }
    if let Some(inner) = &inputs.unstruct {
        let size = documents
            .unstruct
            .as_ref()
            .map_or(0, |doc| doc.text().len());
        let mut text = String::with_capacity(size + 64);
        text.push_str(UNSTRUCT_HEAD);
        inner.write(&mut text);
        text.push_str(UNSTRUCT_TAIL);
        event.set_checked(fields::UNSTRUCT_EVENT, text);
    }
    Ok(inputs)
}

/// Reads and checks one self-describing value; the key becomes that of the version it was checked with.
fn checked<'d>(
    value: Value<'d>,
    checker: &mut dyn Check,
    superseded: &mut Superseded,
) -> Result<Result<SelfDescribing<'d>, Violation>, Crash> {
    let mut pair = match self_describing(value, checker)? {
        Ok(pair) => pair,
        Err(violation) => return Ok(Err(violation)),
    };
    match checker.check(&pair.key, pair.data) {
        Ok(None) => Ok(Ok(pair)),
        Ok(Some(version)) => {
            let newer = pair.key.with_version(version);
            superseded.note(std::mem::replace(&mut pair.key, newer), version);
            Ok(Ok(pair))
        }
        Err(CheckError::Client(error)) => Ok(Err(Violation::Iglu {
            key: pair.key,
            error,
        })),
        Err(CheckError::Crash(crash)) => Err(crash),
    }
}

fn self_describing<'d>(
    value: Value<'d>,
    checker: &mut dyn Check,
) -> Result<Result<SelfDescribing<'d>, Violation>, Crash> {
    match self_describing::parse_with(value, |uri| checker.key(uri)) {
        Ok(pair) => Ok(Ok(pair)),
        Err(SelfDescribingError::Key(error @ KeyError::Number(_))) => {
            Err(Crash(format!("java.lang.NumberFormatException: {error}")))
        }
        Err(error) => Ok(Err(Violation::NotIglu {
            json: value.to_json(),
            error,
        })),
    }
}

/// The data of the outer JSON, if that is what its place demands.
fn outer<'d>(
    doc: &'d Doc,
    criterion: &Criterion,
    checker: &mut dyn Check,
) -> Result<Result<Value<'d>, Violation>, Crash> {
    let pair = match self_describing(doc.root(), checker)? {
        Ok(pair) => pair,
        Err(violation) => return Ok(Err(violation)),
    };
    if !criterion.matches(&pair.key) {
        return Ok(Err(Violation::Criterion {
            key: pair.key,
            criterion: criterion.to_string(),
        }));
    }
    match checker.check(&pair.key, pair.data) {
        Ok(_) => Ok(Ok(pair.data)),
        Err(CheckError::Client(error)) => Ok(Err(Violation::Iglu {
            key: pair.key,
            error,
        })),
        Err(CheckError::Crash(crash)) => Err(crash),
    }
}

fn contexts<'d>(
    doc: &'d Doc,
    checker: &mut dyn Check,
    inputs: &mut Inputs<'d>,
    violations: &mut Vec<Violation>,
    superseded: &mut Superseded,
) -> Result<(), Crash> {
    match outer(doc, &CONTEXTS, checker)? {
        Err(violation) => violations.push(violation),
        Ok(data) if data.kind() != Kind::Array => {}
        Ok(data) => {
            for item in data.items() {
                match checked(item, checker, superseded)? {
                    Ok(context) => inputs.contexts.push(context),
                    Err(violation) => violations.push(violation),
                }
            }
        }
    }
    Ok(())
}

fn unstruct<'d>(
    doc: &'d Doc,
    checker: &mut dyn Check,
    superseded: &mut Superseded,
) -> Result<Result<SelfDescribing<'d>, Violation>, Crash> {
    match outer(doc, &UNSTRUCT, checker)? {
        Ok(data) => checked(data, checker, superseded),
        Err(violation) => Ok(Err(violation)),
    }
}

/// The schemas that a newer version stood in for, each once, in order.
#[derive(Debug, Default)]
struct Superseded(Vec<(SchemaKey, SchemaVer)>);

impl Superseded {
    fn note(&mut self, original: SchemaKey, version: SchemaVer) {
        if !self
            .0
            .iter()
            .any(|known| known.0 == original && known.1 == version)
        {
            self.0.push((original, version));
        }
    }

    fn contexts(self) -> Vec<Context> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let Ok(schema) = SchemaKey::parse(VALIDATION_INFO) else {
            return Vec::new();
        };
        let context = |(original, version): (SchemaKey, SchemaVer)| {
            let mut data = String::from("{\"originalSchema\":");
            original.write_json(&mut data);
            data.push_str(",\"validatedWith\":");
            write_string(&mut data, &version.to_string());
            data.push('}');
            Context {
                schema: schema.clone(),
                data,
            }
        };
        self.0.into_iter().map(context).collect()
    }
}
