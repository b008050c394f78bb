//! Yet Another UserAgent Analyzer 7.11.0 without a JVM: the fields of an agent, value for value
//! as the Java library gives them.
//!
//! An agent goes through `repair`, is cut into tokens and parsed by the network of the
//! published grammar (`lexer`, `parser`, `predict`), the tree is told to an index of the rules and
//! the matchers that were touched are tried (`analyze`, `walk`), and fields are derived from
//! fields (`calculate`, `hints`). The rules are compiled into one table by the build script.

#![deny(missing_docs)]

mod agent;
mod analyze;
mod atn;
mod calculate;
#[cfg(test)]
#[path = "compile/class.rs"]
mod class;
mod closure;
mod codec;
mod contexts;
mod fields;
mod hints;
mod java;
mod lexer;
mod lists;
mod normalize;
mod ops;
mod parser;
mod parts;
mod predict;
mod repair;
mod tables;
#[cfg(test)]
mod tests;
mod texts;
mod tree;
#[cfg(test)]
mod trees;
mod walk;
mod words;

use std::sync::{Mutex, PoisonError};

pub use agent::{Agent, Value};
pub use hints::HEADERS as HINT_HEADERS;
pub use tables::TablesError;

use analyze::{Analysis, Scratch};
use fields::Fields;
use lexer::LexerCache;
use parser::ParseScratch;
use parts::Parts;
use predict::PredictCache;
use repair::Repairs;
use tables::Tables;
use tree::Tree;
use walk::Walker;

/// Agents longer than this (in UTF-16 units) are taken for an attack.
const MAX_LENGTH: usize = 2048;

/// Analyses agents. Shared by threads: each call borrows working memory of its own.
#[derive(Debug)]
pub struct Analyzer {
    tables: Tables,
    repairs: Repairs,
    /// Matchers that need no input and are tried for every agent.
    free: Vec<u32>,
    idle: Mutex<Vec<Memory>>,
}

#[derive(Debug, Default)]
struct Memory {
    lexing: LexerCache,
    tree: Tree,
    parsing: ParseScratch,
    predicting: PredictCache,
    parts: Parts,
    scratch: Scratch,
}

impl Analyzer {
    /// The analyser with the rules that were there when the crate was built.
    ///
    /// # Errors
    /// [`TablesError::NotEmbedded`] when they were not.
    pub fn embedded() -> Result<Self, TablesError> {
        Self::from_tables(include_bytes!(concat!(env!("OUT_DIR"), "/yauaa.tables")))
    }

    /// The analyser with the rules of a table file.
    ///
    /// # Errors
    /// [`TablesError::Malformed`] when the bytes are not such a file.
    pub fn from_tables(bytes: &[u8]) -> Result<Self, TablesError> {
        let tables = Tables::read(bytes)?;
        let repairs = Repairs::new().ok_or(TablesError::Malformed)?;
        let free = (0..).zip(&tables.matchers).filter(|(_, m)| m.needs == 0);
        Ok(Self {
            free: free.map(|(number, _)| number).collect(),
            tables,
            repairs,
            idle: Mutex::new(Vec::new()),
        })
    }

    /// Analyses one agent.
    pub fn parse(&self, user_agent: &str) -> Agent {
        self.fields(Some(user_agent)).finish()
    }

    /// Analyses an agent by its request headers: `User-Agent` and the client hints, names in any
    /// case; of a repeated header the last counts. Without `User-Agent` nothing is known.
    pub fn parse_headers(&self, headers: &[(&str, &str)]) -> Agent {
        let value_of = |name: &str| {
            headers
                .iter()
                .rev()
                .find(|(n, _)| n.eq_ignore_ascii_case(name))
                .map(|&(_, v)| v)
        };
        let user_agent = value_of("user-agent");
        let mut fields = self.fields(user_agent);
        let known = |name: &str| {
            hints::HEADERS
                .iter()
                .any(|header| header.eq_ignore_ascii_case(name))
        };
        if user_agent.is_some() && headers.iter().any(|(name, _)| known(name)) {
            hints::improve(&mut fields, value_of);
        }
        fields.finish()
    }

    fn fields(&self, user_agent: Option<&str>) -> Fields<'_> {
        let mut fields = Fields::new(&self.tables);
        match user_agent {
            Some(text) if java::length(text) > MAX_LENGTH => {
                calculate::set_as_hacker(&mut fields, 100);
                let id = fields.id("HackerAttackVector");
                fields.force(id, Some("Buffer overflow".into()), 100);
            }
            _ => {
                let memory = self
                    .idle
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .pop();
                let mut memory = memory.unwrap_or_default();
                if self.analyze(user_agent, &mut memory, &mut fields).is_none() {
                    fields.reset();
                    calculate::set_as_hacker(&mut fields, 10_000);
                    let id = fields.id("HackerAttackVector");
                    fields.force(id, Some("Yauaa Exploit".into()), 10_000);
                }
                self.idle
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(memory);
            }
        }
        let error = fields.id(ops::SYNTAX_ERROR);
        if fields.value(error) == "true" {
            let class = fields.id("DeviceClass");
            fields.touch(class);
            if fields.confidence(class) == -1 {
                calculate::set_as_hacker(&mut fields, 10);
            }
        }
        calculate::calculate(&self.tables, &mut fields);
        fields
    }

    /// `None` when the library would have failed on the agent, or the agent asks for far more work
    /// than others.
    fn analyze(
        &self,
        user_agent: Option<&str>,
        memory: &mut Memory,
        fields: &mut Fields<'_>,
    ) -> Option<()> {
        let error = fields.id(ops::SYNTAX_ERROR);
        let tree = &mut memory.tree;
        tree.tokens.clear();
        tree.nodes.clear();
        let (text, bad) = match user_agent {
            None => (std::borrow::Cow::Borrowed(""), 1),
            Some(agent) => {
                let text = self.repairs.repair(agent).ok()?;
                let (lexer, grammar) = (&self.tables.lexer, &self.tables.grammar);
                let lost = lexer.run(&text, &mut memory.lexing, &mut tree.tokens);
                let errors = grammar.run(tree, &mut memory.parsing, &mut memory.predicting);
                if memory.predicting.exhausted() {
                    return None;
                }
                (text, lost + errors)
            }
        };
        if bad > 0 {
            fields.set(error, Some("true".into()), 1);
        }
        memory.parts.of(&self.tables, &text);
        let walker = Walker {
            tables: &self.tables,
            tree,
            text: &text,
            parts: &memory.parts,
        };
        Analysis::new(&walker, &mut memory.scratch)
            .run(bad > 0, &self.free, fields)
            .ok()
    }
}
