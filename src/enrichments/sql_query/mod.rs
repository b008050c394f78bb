//! Contexts from the rows of a database.
//!
//! Behaviour: the SQL query enrichment of Enrich 3.9.0, with these differences: paths and fields that cannot be are
//! refused at start-up instead of failing every event, so is a database that cannot be reached; and there are several
//! connections.

mod rows;

use std::collections::BTreeMap;
use std::fmt::Write;

use jvm::number::{parse_int, parse_long};
use lexon::{Kind as JsonKind, Value};
use serde_json::Value as Json;

use super::look_up::{Given, Source, inputs};
use super::settings::{flag, need, number, text, wrong};
use super::{BuildError, Context, Enrichment, Spec, Step, Work};
use crate::badrows::failure::{Failure, Origin};
use crate::clock::Clock;
use crate::event::{Cell, Event, Kind};
use crate::remote::sql::{self, Address, CONNECTIONS, Database, Mysql, Param, Postgres};
use crate::remote::{Asking, Keep, Looked, Remote};
use crate::schema::SchemaKey;
use crate::secret::Secret;
use rows::Output;

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow.enrichments",
    name: "sql_query_enrichment_config",
    version: (1, 0),
    build: |schema, data, _| {
        let (database, path) = database(data)?;
        let step = SqlQuery::new(schema, data, database, Clock::System)?;
        if let Err(problem) = sql::reach(step.database.as_ref()) {
            if !step.ignore_errors {
                return Err(wrong(
                    &path,
                    format!("the database cannot be reached: {problem}"),
                ));
            }
            tracing::warn!("sql_query: {path}: the database cannot be reached: {problem}");
        }
        Ok(Box::new(step))
    },
};

struct SqlQuery {
    inputs: Vec<(u32, Source)>,
    /// How many values the query takes.
    takes: usize,
    output: Output,
    known: Remote<Vec<String>>,
    database: Box<dyn Database>,
    ignore_errors: bool,
    origin: Origin,
}

impl SqlQuery {
    fn new(
        config: &SchemaKey,
        data: &Json,
        database: Box<dyn Database>,
        clock: Clock,
    ) -> Result<SqlQuery, BuildError> {
        let read = |(n, input): (usize, &Json)| {
            let path = format!("parameters.inputs[{n}]");
            let field = format!("{path}.placeholder");
            let placeholder = number(input, "placeholder", 1..=64)
                .map_err(|_| wrong(&field, "must be a whole number from 1 to 64"))?
                .and_then(|placeholder| u32::try_from(placeholder).ok())
                .ok_or_else(|| wrong(&field, "is missing; add it"))?;
            Ok((placeholder, Source::new(input, &path)?))
        };
        let inputs = inputs(data)?
            .iter()
            .enumerate()
            .map(read)
            .collect::<Result<_, _>>()?;
        let needed = |path, range| {
            number(data, path, range)?.ok_or_else(|| wrong(path, "is missing; add it"))
        };
        let size = needed("parameters.cache.size", 0..=u64::from(u32::MAX))?;
        let ttl = needed("parameters.cache.ttl", 0..=86_400)?.cast_signed();
        Ok(SqlQuery {
            inputs,
            takes: sql::count(text(data, "parameters.query.sql")?),
            output: Output::new(data)?,
            known: Remote::new(
                Keep {
                    most: size,
                    seconds: Some(ttl),
                    error_seconds: Some(ttl / 10),
                },
                CONNECTIONS,
                clock,
            ),
            database,
            ignore_errors: flag(data, "parameters.ignoreOnError")?.unwrap_or(false),
            origin: Origin {
                schema: config.clone(),
                identifier: "sql-query",
            },
        })
    }

    /// The values for the placeholders from 1 on; none where there are not as many as the query takes.
    fn params(&self, event: &Event, work: &Work<'_>) -> Option<Vec<Param>> {
        let mut params = BTreeMap::new();
        for (placeholder, source) in &self.inputs {
            let param = source.read(event, work, |given| match given {
                Given::Column(cell, kind) => of_column(cell, kind),
                Given::Json([value]) => of_json(*value),
                Given::Json(_) | Given::Missing => None,
            });
            if let Some(param) = param {
                params.insert(*placeholder, param);
            }
        }
        let last = params.last_key_value().map_or(0, |(last, _)| *last);
        let complete = params.len() == self.takes && usize::try_from(last) == Ok(self.takes);
        complete.then(|| params.into_values().collect())
    }

    fn ask(&self, params: Vec<Param>) -> Asking<Vec<String>> {
        let asking = self.database.ask(params);
        let output = self.output.clone();
        Box::pin(async move { output.contexts(&asking.await?) })
    }
}

impl Enrichment for SqlQuery {
    fn apply(&self, event: &mut Event, work: &mut Work<'_>) -> Step {
        let Some(params) = self.params(event, work) else {
            return Step::Done;
        };
        let key = key(&params);
        match self.known.look(&key, work.asked, || self.ask(params)) {
            Looked::Waits => Step::Wait,
            Looked::Known(Ok(data)) => {
                let context = |data: &String| Context {
                    schema: self.output.schema.clone(),
                    data: data.clone(),
                };
                Step::Contexts(data.iter().map(context).collect())
            }
            Looked::Known(Err(_)) if self.ignore_errors => Step::Done,
            Looked::Known(Err(problem)) => {
                let texts = ["Error while executing the sql lookup", &*problem];
                let failure = |text: &str| Failure::simple(text).of(&self.origin);
                Step::Failed(texts.into_iter().map(failure).collect())
            }
        }
    }

    fn asks_beside(&self) -> bool {
        !self.inputs.iter().any(|(_, source)| source.is_derived())
    }
}

/// The database of a configuration, with the query, and where it is named.
fn database(data: &Json) -> Result<(Box<dyn Database>, String), BuildError> {
    let query = text(data, "parameters.query.sql")?;
    let kinds = need(data, "parameters.database")?;
    let address = |path: &str| -> Result<Address, BuildError> {
        let field = |name: &str| format!("{path}.{name}");
        let part = |name: &str| text(data, &field(name)).map(str::to_owned);
        let port = number(data, &field("port"), 1..=65_535)?;
        let port = port.and_then(|port| u16::try_from(port).ok());
        Ok(Address {
            host: part("host")?,
            port: port.ok_or_else(|| wrong(&field("port"), "is missing; add it"))?,
            tls: flag(data, &field("sslMode"))?.unwrap_or(false),
            user: part("username")?,
            password: Secret::new(part("password")?),
            database: part("database")?,
        })
    };
    if kinds.get("postgresql").is_some() {
        let path = "parameters.database.postgresql";
        let postgres =
            Postgres::new(&address(path)?, query).map_err(|problem| wrong(path, problem))?;
        return Ok((Box::new(postgres), path.to_owned()));
    }
    if kinds.get("mysql").is_some() {
        let path = "parameters.database.mysql";
        return Ok((
            Box::new(Mysql::new(&address(path)?, query)),
            path.to_owned(),
        ));
    }
    Err(wrong(
        "parameters.database",
        "must have `postgresql` or `mysql`",
    ))
}

/// The value of a column as its Java type is bound.
fn of_column(cell: &Cell, kind: Kind) -> Option<Param> {
    Some(match cell {
        Cell::Null => return None,
        Cell::Text(number) if kind == Kind::Decimal => Param::Double(number.parse().ok()?),
        Cell::Text(text) => Param::Text(text.to_string()),
        Cell::Int(number) => Param::Int(*number),
        Cell::Float(number) => Param::Float(*number),
        Cell::Byte(number) => Param::Byte(i8::try_from(*number).ok()?),
    })
}

/// A value of the event's JSON; texts are what they look like.
fn of_json(value: Value<'_>) -> Option<Param> {
    match value.kind() {
        JsonKind::Bool => value.as_bool().map(Param::Bool),
        JsonKind::Number => of_number(value.number_text()?),
        JsonKind::String => {
            let text = value.as_str()?;
            Some(of_text(text).unwrap_or_else(|| Param::Text(text.to_owned())))
        }
        JsonKind::Null | JsonKind::Array | JsonKind::Object => None,
    }
}

fn of_number(text: &str) -> Option<Param> {
    integer(text).or_else(|| text.parse().ok().map(Param::Double))
}

fn of_text(text: &str) -> Option<Param> {
    if let Some(number) = integer(text).or_else(|| java_double(text).map(Param::Double)) {
        return Some(number);
    }
    match text {
        text if text.eq_ignore_ascii_case("true") => Some(Param::Bool(true)),
        text if text.eq_ignore_ascii_case("false") => Some(Param::Bool(false)),
        _ => None,
    }
}

fn integer(text: &str) -> Option<Param> {
    match parse_int(text) {
        Some(number) => Some(Param::Int(number)),
        None => parse_long(text).map(Param::Long),
    }
}

/// `Double.parseDouble`, but for its hexadecimal form.
fn java_double(text: &str) -> Option<f64> {
    let text = jvm::text::java_trim(text);
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text);
    if bare == "NaN" {
        return Some(f64::NAN);
    }
    if bare == "Infinity" {
        let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
        return Some(f64::INFINITY * sign);
    }
    let bare = bare.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(bare);
    let number = |c: char| c.is_ascii_digit() || ".eE+-".contains(c);
    if !bare.starts_with(|c: char| c.is_ascii_digit() || c == '.') || !bare.chars().all(number) {
        return None;
    }
    let value: f64 = bare.parse().ok()?;
    Some(if text.starts_with('-') { -value } else { value })
}

/// A text that is the same for the same values.
fn key(params: &[Param]) -> String {
    let mut key = String::new();
    for param in params {
        // writing to a text cannot fail
        let _ = write!(key, "{param:?},");
    }
    key
}

#[cfg(test)]
mod tests;
