//! What the steps that look something up share: what they read of the event.

use lexon::{Doc, Value};
use serde_json::Value as Json;

use super::json_path::{Decimals, JsonPath};
use super::settings::{find, text, wrong};
use super::{BuildError, Work};
use crate::event::{Cell, Event, Kind, fields};
use crate::schema::Criterion;

/// Where the value of an input is.
#[derive(Debug)]
pub enum Source {
    /// A column of the event.
    Column(usize, Kind),
    /// Part of the first JSON of a schema.
    Json(Place, Criterion, JsonPath),
}

/// Which JSON of an event is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The self-describing event.
    Unstruct,
    /// The contexts that came with it.
    Contexts,
    /// The contexts that steps made, the newest first.
    Derived,
}

/// What was found for an input.
#[derive(Debug)]
pub enum Given<'g> {
    /// Nothing: the column is not set, or no JSON has the schema.
    Missing,
    /// The value of a column, which is set.
    Column(
        &'g Cell,
        #[cfg_attr(
            not(feature = "sql"),
            expect(dead_code, reason = "only databases want to know")
        )]
        Kind,
    ),
    /// What the path leads to in the JSON of the schema.
    Json(&'g [Value<'g>]),
}

impl Source {
    /// Reads `pojo` or `json` of an input at `path`.
    ///
    /// # Errors
    /// Names the field and what is wrong with it.
    pub fn new(input: &Json, path: &str) -> Result<Source, BuildError> {
        let at = |field: &str| format!("{path}.{field}");
        match (find(input, "pojo"), find(input, "json")) {
            (Some(pojo), None) => {
                let name = text(pojo, "field")
                    .map_err(|_| wrong(&at("pojo.field"), "must be a string"))?;
                // as methods of the reference's event are called
                let getter = name.strip_prefix("get").map(|rest| {
                    let mut letters = rest.chars();
                    let first = letters.next().map(|c| c.to_ascii_lowercase());
                    first.into_iter().chain(letters).collect::<String>()
                });
                let column = fields::column(name).or_else(|| fields::column(&getter?));
                let column = column.and_then(|at| Some((at, fields::COLUMNS.get(at)?.kind)));
                let (column, kind) = column.ok_or_else(|| {
                    let problem = format!(
                        "`{name}` is no field of the event; use a name of the atomic table"
                    );
                    wrong(&at("pojo.field"), problem)
                })?;
                Ok(Source::Column(column, kind))
            }
            (None, Some(json)) => {
                let need = |field: &str| {
                    let found = json.get(field).and_then(Json::as_str);
                    found.ok_or_else(|| wrong(&at(&format!("json.{field}")), "must be a string"))
                };
                let place = match need("field")? {
                    "unstruct_event" => Place::Unstruct,
                    "contexts" => Place::Contexts,
                    "derived_contexts" => Place::Derived,
                    other => {
                        let problem = format!(
                            "must be unstruct_event, contexts or derived_contexts, not `{other}`"
                        );
                        return Err(wrong(&at("json.field"), problem));
                    }
                };
                let criterion = Criterion::parse(need("schemaCriterion")?).ok_or_else(|| {
                    let problem =
                        "is no schema criterion; write it like iglu:vendor/name/jsonschema/1-*-*";
                    wrong(&at("json.schemaCriterion"), problem)
                })?;
                let json_path = JsonPath::parse(need("jsonPath")?)
                    .map_err(|error| wrong(&at("json.jsonPath"), error.to_string()))?;
                Ok(Source::Json(place, criterion, json_path))
            }
            _ => Err(wrong(path, "must have either `pojo` or `json`")),
        }
    }

    /// Whether it reads what other steps made.
    pub fn is_derived(&self) -> bool {
        matches!(self, Source::Json(Place::Derived, ..))
    }

    /// Calls `then` with what the event has.
    pub fn read<R>(&self, event: &Event, work: &Work<'_>, then: impl FnOnce(Given<'_>) -> R) -> R {
        match self {
            Source::Column(column, kind) => match event.cell(*column) {
                Cell::Null => then(Given::Missing),
                cell => then(Given::Column(cell, *kind)),
            },
            Source::Json(place, criterion, path) => {
                let sent = match place {
                    Place::Unstruct => work.unstruct.filter(|json| criterion.matches(&json.key)),
                    Place::Contexts => work
                        .contexts
                        .iter()
                        .find(|context| criterion.matches(&context.key)),
                    Place::Derived => {
                        let made = work
                            .derived
                            .iter()
                            .find(|context| criterion.matches(&context.schema));
                        // what a step made is JSON
                        let made = made.and_then(|context| Doc::parse(&context.data).ok());
                        return match made {
                            Some(doc) => then(Given::Json(&path.find(doc.root(), Decimals::Text))),
                            None => then(Given::Missing),
                        };
                    }
                };
                match sent {
                    Some(json) => then(Given::Json(&path.find(json.data, Decimals::Text))),
                    None => then(Given::Missing),
                }
            }
        }
    }
}

/// The list of inputs at `parameters.inputs`.
///
/// # Errors
/// When there is none.
pub fn inputs(data: &Json) -> Result<&[Json], BuildError> {
    let path = "parameters.inputs";
    let inputs = find(data, path).and_then(Json::as_array);
    inputs
        .map(Vec::as_slice)
        .ok_or_else(|| wrong(path, "must be an array"))
}

/// The value of a column as Java prints it.
pub fn printed(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Text(text) => text.to_string(),
        Cell::Int(number) => number.to_string(),
        Cell::Float(number) => jvm::number::float_to_string(*number),
        Cell::Byte(number) => number.to_string(),
    }
}
