//! A column of JSON: which of its parts a path is for, and how it is printed afterwards.
//!
//! The reference reads the column with Jackson and prints it again, which respells numbers even
//! where nothing is replaced, and once more where a path was applied.

use std::collections::BTreeMap;

use jvm::number::BigDecimal;
use lexon::{Doc, Kind, Value};

use super::graph::{Graph, digits, is_plain};
use super::hash::Hash;
use super::path::Path;
use super::replace;
use crate::schema::self_describing::SelfDescribing;
use crate::schema::{Criterion, SchemaKey};

/// Jackson 2.15 reads nothing nested deeper.
const DEEPEST: usize = 1_000;
/// Jackson 2.15 reads no number of more digits.
const MOST_DIGITS: usize = 1_000;

/// A column that is being changed.
pub struct Column<'c> {
    source: Source<'c>,
    /// Documents that a path was applied to, by their node or their place in the list.
    applied: BTreeMap<u32, Graph>,
    /// Whether reading the column once more would fail.
    spoilt: bool,
}

/// Where the documents of a column are.
enum Source<'c> {
    /// In its text, which was read again.
    Text {
        doc: Doc,
        /// Whether some number is spelled otherwise than Jackson would.
        respelled: bool,
    },
    /// They were read and checked before, and the column is their text between these two.
    Checked {
        documents: &'c [SelfDescribing<'c>],
        around: (&'static str, &'static str),
    },
}

/// What was replaced: the original, its hash, and the schema of the document it was in.
pub struct Replaced {
    /// The text that was there.
    pub original: String,
    /// What is there now.
    pub hash: String,
    /// URI of the schema of the document.
    pub schema: String,
}

impl<'c> Column<'c> {
    /// Reads a column; none when Jackson could not.
    pub fn new(text: &str) -> Option<Column<'c>> {
        let doc = Doc::parse(text).ok()?;
        let mut respelled = false;
        check(doc.root(), 1, &mut respelled)?;
        Some(Column::of(Source::Text { doc, respelled }))
    }

    /// A column of documents that were checked, each of which [`is_kept`]; its text is theirs `around`.
    pub fn checked(
        documents: &'c [SelfDescribing<'c>],
        around: (&'static str, &'static str),
    ) -> Column<'c> {
        Column::of(Source::Checked { documents, around })
    }

    fn of(source: Source<'c>) -> Column<'c> {
        Column {
            source,
            applied: BTreeMap::new(),
            spoilt: false,
        }
    }

    /// Applies a path to the documents of the schemas that `criterion` describes. Answers false
    /// when the column cannot be read any more.
    ///
    /// # Errors
    /// The text of the exception that the reference throws.
    pub fn apply(
        &mut self,
        criterion: &Criterion,
        path: &Result<Path, String>,
        hash: &Hash,
        log: &mut Vec<Replaced>,
    ) -> Result<bool, String> {
        if self.spoilt {
            return Ok(false);
        }
        let Column {
            source,
            applied,
            spoilt,
        } = self;
        let mut apply = |id: u32, schema: &str, data: Value<'_>| {
            if data.kind() != Kind::Object {
                let name = "java.lang.ClassCastException";
                return Err(format!("{name}: the data of {schema} is not an object"));
            }
            let path = path.as_ref().map_err(String::clone)?;
            let graph = match applied.remove(&id) {
                Some(graph) => graph,
                None => Graph::new(data).map_err(|e| e.to_string())?,
            };
            let graph = applied.entry(id).or_insert(graph);
            *spoilt |= graph.has_longer_number(MOST_DIGITS);
            replace::apply(graph, path, hash, &mut |original, hash| {
                log.push(Replaced {
                    original: original.to_owned(),
                    hash: hash.to_owned(),
                    schema: schema.to_owned(),
                });
            })
        };
        match source {
            Source::Text { doc, .. } => {
                let Some(data) = doc.root().get("data") else {
                    return Ok(true);
                };
                let one = (data.kind() != Kind::Array).then_some(data);
                for element in one.into_iter().chain(data.items()) {
                    if let Some((schema, data)) = document(element, criterion) {
                        apply(data.id(), schema, data)?;
                    }
                }
            }
            Source::Checked { documents, .. } => {
                for (place, document) in (0..).zip(*documents) {
                    if criterion.matches(&document.key) {
                        apply(place, document.key.uri(), document.data)?;
                    }
                }
            }
        }
        Ok(true)
    }

    /// The text of the column now; none when it is what it was.
    pub fn finish(self) -> Option<String> {
        match &self.source {
            Source::Text { doc, respelled } => {
                if self.applied.is_empty() && !respelled && doc.is_compact() {
                    return None;
                }
                let mut out = String::with_capacity(doc.text().len() + 64);
                self.write(doc.root(), *respelled, &mut out);
                Some(out)
            }
            Source::Checked { documents, around } => {
                (!self.applied.is_empty()).then(|| self.write_checked(documents, *around))
            }
        }
    }

    fn write_checked(
        &self,
        documents: &[SelfDescribing<'_>],
        (head, tail): (&str, &str),
    ) -> String {
        let mut out = String::from(head);
        for (place, document) in (0..).zip(documents) {
            if place > 0 {
                out.push(',');
            }
            document.write_with(&mut out, |out| match self.applied.get(&place) {
                Some(graph) => graph.write(Graph::ROOT, out),
                None => document.data.write(out),
            });
        }
        out.push_str(tail);
        out
    }

    fn write(&self, value: Value<'_>, respelled: bool, out: &mut String) {
        if let Some(graph) = self.applied.get(&value.id()) {
            graph.write(Graph::ROOT, out);
            return;
        }
        match value.kind() {
            Kind::Number if respelled => {
                let text = value.number_text().unwrap_or("0");
                match BigDecimal::parse(text) {
                    Ok(number) => out.push_str(&number.to_string()),
                    Err(_) => out.push_str(text),
                }
            }
            Kind::Array => {
                out.push('[');
                for (n, item) in value.items().enumerate() {
                    if n > 0 {
                        out.push(',');
                    }
                    self.write(item, respelled, out);
                }
                out.push(']');
            }
            Kind::Object => {
                out.push('{');
                for (n, (key, value)) in value.entries().enumerate() {
                    if n > 0 {
                        out.push(',');
                    }
                    lexon::write_string(out, key);
                    out.push(':');
                    self.write(value, respelled, out);
                }
                out.push('}');
            }
            _ => value.write(out),
        }
    }
}

/// The schema and data of an element, if its schema is one that `criterion` describes.
fn document<'d>(element: Value<'d>, criterion: &Criterion) -> Option<(&'d str, Value<'d>)> {
    let schema = element.get("schema")?.as_str()?;
    // Most are told apart by the vendor, which is cheaper to look at.
    let known = schema
        .strip_prefix("iglu:")?
        .starts_with(criterion.vendor.as_str());
    if !known || !criterion.matches(&SchemaKey::parse(schema).ok()?) {
        return None;
    }
    Some((schema, element.get("data")?))
}

/// How deep the documents lie in a column, at most: column, list, pair, document.
const DOCUMENT_DEPTH: usize = 4;

/// Whether Jackson reads a document inside a column and prints it as it is.
pub fn is_kept(document: Value<'_>) -> bool {
    let mut respelled = false;
    check(document, DOCUMENT_DEPTH, &mut respelled).is_some() && !respelled
}

/// Whether Jackson could read a value; notes numbers that it would respell.
fn check(value: Value<'_>, depth: usize, respelled: &mut bool) -> Option<()> {
    match value.kind() {
        Kind::Number => {
            let text = value.number_text()?;
            if text.len() > MOST_DIGITS && digits(text) > MOST_DIGITS {
                return None;
            }
            if !is_plain(text) {
                BigDecimal::parse(text).ok()?;
                *respelled = true;
            }
            Some(())
        }
        Kind::Array | Kind::Object if depth > DEEPEST => None,
        Kind::Array => value
            .items()
            .try_for_each(|item| check(item, depth + 1, respelled)),
        Kind::Object => value
            .entries()
            .try_for_each(|(_, item)| check(item, depth + 1, respelled)),
        _ => Some(()),
    }
}
