//! Schemas compiled once, and instances checked against them: verdict and messages.
//!
//! Behaviour: networknt json-schema-validator 1.0.70 for draft 4 as iglu-scala-client 1.5.0 sets
//! it up, down to the order of its messages, its quirks, and where it throws.
//!
//! How the files depend on each other: `compile` (with `keywords` for the keywords one by one,
//! `refs` for `$ref`, `flags` for what can be told ahead) makes `node`s; `eval` runs them over an
//! instance, with `scalar`, `object` and `one_of` for the groups of keywords and `quick` for what
//! passes at a look, and puts failures into a `sink`, which words them by `code`. `lint` asks whether a schema is one. `number`,
//! `equal` and `text` are values as Java sees them, `formats` and `email` (with `idn`) the formats.

mod code;
mod compile;
mod email;
mod equal;
mod eval;
mod flags;
mod format_texts;
mod formats;
mod idn;
mod idn_table;
mod keywords;
mod lint;
mod node;
mod number;
mod object;
mod one_of;
mod quick;
mod refs;
mod scalar;
mod sink;
mod table;
mod text;

#[cfg(test)]
mod tests;

use lexon::{Doc, Value};

use crate::badrows::failure::Crash;
use crate::schema::error::{Report, SchemaIssue};
use eval::Eval;
use node::{Node, NodeId, Span};
use sink::{At, Collect, Failure, Stop, Verdict};

/// A schema ready to check instances, any number of them and from any thread.
#[derive(Debug)]
pub struct CompiledSchema {
    /// The root first.
    nodes: Box<[Node]>,
    /// The schema as `oneOf` and `not` print parts of it; empty if it has neither.
    text: Box<str>,
}

impl CompiledSchema {
    /// Compiles a schema.
    ///
    /// Expressions are compiled when an instance first gets to them, and references that lead
    /// nowhere are no error here: both make the reference throw only then.
    ///
    /// # Errors
    /// All that is wrong with the schema by the metaschema, or by its `$schema`.
    pub fn compile(schema: &Doc) -> Result<CompiledSchema, Vec<SchemaIssue>> {
        let issues = lint::issues(schema.root());
        if !issues.is_empty() {
            return Err(issues);
        }
        compile::compile(schema).map_err(|broken| vec![lint::issue(broken)])
    }

    /// Whether an instance is valid: whether [`CompiledSchema::report`] would be empty.
    ///
    /// # Errors
    /// The reference throws on this instance. An invalid instance is `false` as soon as that is
    /// clear, also if the reference throws further on, which the report then tells.
    pub fn is_valid(&self, data: Value<'_>) -> Result<bool, Crash> {
        match Eval::<Verdict>::new(self, data).check(0, data, &At::Root) {
            Ok(()) => Ok(true),
            Err(Stop::Invalid) => Ok(false),
            Err(Stop::Crash(crash)) => Err(*crash),
            Err(Stop::NeedsReport) => Ok(self.report(data)?.is_empty()),
        }
    }

    /// All messages about an instance, in the reference's order; none if it is valid.
    ///
    /// # Errors
    /// The reference throws on this instance: an expression or reference it gets to is wrong, the
    /// instance is nested too deeply, or a schema leads back to itself.
    pub fn report(&self, data: Value<'_>) -> Result<Vec<Report>, Crash> {
        let mut run = Eval::<Collect>::new(self, data);
        match run.check(0, data, &At::Root) {
            Ok(()) => {}
            Err(Stop::Crash(crash)) => return Err(*crash),
            // neither comes from runs that keep messages
            Err(Stop::Invalid | Stop::NeedsReport) => {}
        }
        Ok(run
            .sink
            .take()
            .into_iter()
            .map(Failure::into_report)
            .collect())
    }

    #[inline]
    fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    fn text(&self, (start, end): Span) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or("")
    }
}
