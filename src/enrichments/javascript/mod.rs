//! A script of the user changes fields and makes contexts.
//!
//! Scripts were written for Nashorn, the engine of the reference; they run in QuickJS here. [`source`]
//! rewrites what only Nashorn understands, `prelude.js` has the event and the part of Java that scripts
//! may use. Each thread that runs a script at the same time as others has an engine of its own.
//!
//! Behaviour: the JavaScript enrichment of Enrich 3.9.0 but for the wording of some errors; parameters
//! and headers as the second and third argument are those of 4.1 and 5.1.

mod engine;
mod host;
mod lexer;
mod message;
mod source;

use std::sync::{Mutex, PoisonError};

use lexon::{Doc, Kind};
use serde_json::Value;

use super::settings::{find, text, wrong};
use super::{BuildError, Context, Enrichment, ScriptLimits, Spec, Step, Work, wrapped};
use crate::badrows::failure::{Failure, Message, Origin};
use crate::event::{Event, fields};
use crate::schema::SchemaKey;
use crate::schema::self_describing;
use engine::{Engine, Given};
use source::Source;

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow",
    name: "javascript_script_config",
    version: (1, 0),
    build: |schema, data, _| Ok(Box::new(Javascript::new(schema, data)?)),
};

const SCRIPT: &str = "parameters.script";

struct Javascript {
    schema: SchemaKey,
    source: Source,
    /// JSON.
    parameters: String,
    limits: ScriptLimits,
    /// Engines that no thread uses at the moment; there are never more than threads.
    idle: Mutex<Vec<Engine>>,
}

impl Javascript {
    fn new(schema: &SchemaKey, data: &Value) -> Result<Javascript, BuildError> {
        let encoded = text(data, SCRIPT)?;
        let script = jvm::base64::decode_lenient(encoded.as_bytes());
        let script = String::from_utf8_lossy(&script);
        if script.is_empty() {
            return Err(wrong(SCRIPT, "Provided script for JS enrichment is empty"));
        }
        let parameters = match find(data, "parameters.config") {
            Some(config) => config.to_string(),
            None => "{}".to_owned(),
        };
        let source = source::read(&script);
        if let Some((name, line)) = source.shell.first() {
            return Err(wrong(SCRIPT, message::unknown_function(name, *line)));
        }
        let limits = ScriptLimits::default();
        let first = Engine::new(&source, &parameters, limits);
        let first = first.map_err(|problem| wrong(SCRIPT, problem))?;
        Ok(Javascript {
            schema: schema.clone(),
            source,
            parameters,
            limits,
            idle: Mutex::new(vec![first]),
        })
    }

    fn run(&self, event: &mut Event, work: &Work<'_>) -> Result<Given, String> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let failed =
            |problem| format!("Error during execution of JavaScript function: [{problem}]");
        let waiting = idle().pop();
        let mut engine = match waiting {
            Some(engine) => engine,
            None => Engine::new(&self.source, &self.parameters, self.limits).map_err(failed)?,
        };
        let headers = work.raw.context.headers.iter();
        let headers = headers.map(|header| header.to_string()).collect();
        let given = engine.run(event, headers, &self.source.code);
        if !engine.is_spoiled() {
            idle().push(engine);
        }
        given.map_err(failed)
    }
}

impl Enrichment for Javascript {
    fn apply(&self, event: &mut Event, work: &mut Work<'_>) -> Step {
        if !work.derived.is_empty() {
            let contexts = wrapped(work.derived.iter());
            event.set_text(fields::DERIVED_CONTEXTS, Some(contexts));
        }
        let contexts = self.run(event, work).and_then(|given| match given {
            Given::Nothing => Ok(Vec::new()),
            Given::NoJson => {
                Err("Could not parse output JSON of Javascript function. Error: [null]".to_owned())
            }
            Given::Json(json) => contexts(&json),
        });
        match contexts {
            Ok(contexts) if contexts.is_empty() => Step::Done,
            Ok(contexts) => Step::Contexts(contexts),
            Err(problem) => Step::Failed(vec![Failure {
                enrichment: Some(Origin {
                    schema: self.schema.clone(),
                    identifier: "Javascript enrichment",
                }),
                message: Message::Simple(problem),
            }]),
        }
    }

    fn limit_scripts(&mut self, limits: ScriptLimits) {
        self.limits = limits;
        let idle = self.idle.get_mut().unwrap_or_else(PoisonError::into_inner);
        idle.clear();
    }
}

/// The contexts that a script gave as JSON.
fn contexts(json: &str) -> Result<Vec<Context>, String> {
    let doc = Doc::parse(json).map_err(|error| {
        format!("Could not parse output JSON of Javascript function. Error: [{error}]")
    })?;
    if doc.root().kind() != Kind::Array {
        let pretty = doc.root().to_tree().to_pretty();
        return Err(format!(
            "Output of JavaScript function [{pretty}] could be parsed as JSON but is not read as an array"
        ));
    }
    let (mut contexts, mut wrong) = (Vec::new(), Vec::new());
    for item in doc.root().items() {
        match self_describing::parse(item) {
            Ok(context) => contexts.push(Context {
                schema: context.key,
                data: context.data.to_json(),
            }),
            Err(error) => wrong.push(format!("error code:[{error}],json:[{}]", item.to_json())),
        }
    }
    if wrong.is_empty() {
        return Ok(contexts);
    }
    // the spelling is the reference's
    Err(format!(
        "Resulting contexts are not self-desribing. Error(s): [{}]",
        wrong.join(";")
    ))
}

#[cfg(test)]
mod tests;
