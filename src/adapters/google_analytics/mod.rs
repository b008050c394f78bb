//! The measurement protocol of Google Analytics: one hit a line, each an event with contexts.

mod composite;
mod fields;

use std::borrow::Cow;

use jvm::hashing::{product_hash, string_hash};
use jvm::smap::{SMap, trie_key};

use super::common::{contexts, event, form, object, self_described, unstruct};
use super::schemas::EventTypes;
use super::{Found, Job, Stop};
use crate::badrows::failure::{Crash, Violation};
use crate::payload::{CollectorPayload, Parameters, RawEvent};
use crate::schema::key::SchemaKey;
use fields::{COMPOSITE, HIT_TYPES, HITS, SIMPLE, Table, direct};

pub(super) use fields::SCHEMAS;

/// One context: the position of its table, and its fields as JSON.
type Row = (usize, SMap<&'static str, String>);

/// The parameters that have values.
type Values<'v> = SMap<&'v str, &'v str>;

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let body = job.payload.body.as_deref().filter(|body| !body.is_empty());
    let Some(body) = body else {
        return Err(Violation::input("body", None, "empty body").into());
    };
    let (mut events, mut violations) = (Vec::new(), Vec::new());
    for line in lines(body) {
        match hit(job.payload, job.types, line) {
            Ok(event) => events.push(event),
            Err(Stop::Failed(more)) => violations.extend(more),
            Err(crash) => return Err(crash),
        }
    }
    if violations.is_empty() {
        Ok(events)
    } else {
        Err(Stop::Failed(violations))
    }
}

/// The lines of a text as Scala finds them: ended by a line feed, with or without a carriage
/// return before it, or by a form feed.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['\n', '\u{c}'])
        .map(|line| match line.strip_suffix('\n') {
            Some(line) => line.strip_suffix('\r').unwrap_or(line),
            None => line.strip_suffix('\u{c}').unwrap_or(line),
        })
}

fn hit<'p>(
    payload: &'p CollectorPayload<'p>,
    types: &EventTypes,
    line: &'p str,
) -> Result<RawEvent<'p>, Stop> {
    let params = form(line).map_err(|message| Violation::input("body", Some(line), message))?;
    let Some(hit_type) = params.get("t").cloned().flatten() else {
        let problem = "no t parameter provided: cannot determine hit type";
        return Err(Violation::input("body", Some(line), problem).into());
    };
    let mut set = Values::with_capacity(params.len());
    for (name, value) in params.iter() {
        if let Some(value) = value {
            set.insert(name, value);
        }
    }
    let mut violations = Vec::new();
    let hit = HIT_TYPES
        .iter()
        .zip(HITS)
        .find(|(name, _)| **name == hit_type);
    if hit.is_none() {
        violations.push(Violation::input(
            "t",
            Some(&hit_type),
            "no matching hit type",
        ));
    }
    let schema = types
        .lookup(Some(&hit_type), None)
        .map_err(|violation| violations.push(violation));
    let simple = simple_contexts(&set, types, &mut violations)?;
    let hash = |place: usize| {
        COMPOSITE
            .get(place)
            .map_or(0, |table| hash_of(types, table))
    };
    let composite = match composite::contexts(&set, hash) {
        Ok(rows) => rows,
        Err(Stop::Failed(more)) => {
            violations.extend(more);
            Vec::new()
        }
        Err(crash) => return Err(crash),
    };
    let (Some((_, table)), Ok(schema), true) = (hit, schema, violations.is_empty()) else {
        return Err(Stop::Failed(violations));
    };
    let page_view = types.by_key("page_view")?;
    let mut found: Vec<(&SchemaKey, SMap<&str, String>)> = Vec::new();
    for (tables, rows) in [(SIMPLE, simple), (COMPOSITE, composite)] {
        for (place, fields) in rows {
            let Some(table) = tables.get(place) else {
                continue;
            };
            let key = types.by_key(table.key)?;
            // a page view is no context of itself
            if hit_type != "pageview" || key != page_view {
                found.push((key, fields));
            }
        }
    }
    let data = data(&set, table)?;
    let ue_pr = unstruct(schema.uri(), |out| write(out, &data));
    let mut parameters = Parameters::new();
    if !found.is_empty() {
        let co = contexts(|out| {
            for (n, (key, fields)) in found.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                self_described(out, key.uri(), |out| write(out, fields));
            }
        });
        parameters.insert(Cow::Borrowed("co"), Some(Cow::Owned(co)));
    }
    let mut mapped = Parameters::new();
    for (name, value) in params.iter() {
        if let Some(name) = direct(name, hit_type == "transaction") {
            mapped.insert(Cow::Borrowed(name), value.clone());
        }
    }
    for (name, value) in mapped {
        parameters.insert(name, value);
    }
    let tracker = "com.google.analytics.measurement-protocol-v1";
    parameters.insert(Cow::Borrowed("e"), Some(Cow::Borrowed("ue")));
    parameters.insert(Cow::Borrowed("ue_pr"), Some(Cow::Owned(ue_pr)));
    parameters.insert(Cow::Borrowed("tv"), Some(Cow::Borrowed(tracker)));
    parameters.insert(Cow::Borrowed("p"), Some(Cow::Borrowed("srv")));
    Ok(event(payload, parameters))
}

/// The fields of the hit itself as JSON, or the first that is not as it should be.
fn data(set: &Values<'_>, table: &Table) -> Result<SMap<&'static str, String>, Stop> {
    let mut converted = SMap::new();
    for (param, value) in set.iter() {
        if let Some(field) = table.field(param) {
            converted.insert(field.name, field.convert(value)?);
        }
    }
    let mut data = SMap::new();
    for (name, value) in converted {
        data.insert(name, value?);
    }
    Ok(data)
}

/// The contexts of plain parameters, each with the position of its table.
fn simple_contexts(
    set: &Values<'_>,
    types: &EventTypes,
    violations: &mut Vec<Violation>,
) -> Result<Vec<Row>, Crash> {
    let mut groups = Groups::default();
    for (param, value) in set.iter() {
        let found = SIMPLE
            .iter()
            .enumerate()
            .find_map(|(place, table)| Some((place, table.field(param)?)));
        if let Some((place, field)) = found {
            groups.add(place, field.name, field.convert(value)?);
        }
    }
    let mut contexts = Vec::new();
    let hash = |place: usize| SIMPLE.get(place).map_or(0, |table| hash_of(types, table));
    for (place, fields) in groups.in_order(hash) {
        let mut converted = SMap::new();
        for (name, value) in fields {
            match value {
                Ok(json) => {
                    converted.insert(name, json);
                }
                Err(violation) => violations.push(violation),
            }
        }
        contexts.push((place, converted));
    }
    Ok(contexts)
}

/// Fields by the table they belong to.
struct Groups<V>(Vec<(usize, SMap<&'static str, V>)>);

impl<V> Default for Groups<V> {
    fn default() -> Self {
        Groups(Vec::new())
    }
}

impl<V> Groups<V> {
    fn add(&mut self, table: usize, name: &'static str, value: V) {
        match self.0.iter_mut().find(|(place, _)| *place == table) {
            Some((_, fields)) => {
                fields.insert(name, value);
            }
            None => {
                let mut fields = SMap::new();
                fields.insert(name, value);
                self.0.push((table, fields));
            }
        }
    }

    /// The groups in the map order of the schemas of their tables.
    fn in_order(mut self, hash: impl Fn(usize) -> i32) -> Vec<(usize, SMap<&'static str, V>)> {
        if self.0.len() > 4 {
            self.0.sort_by_key(|(place, _)| trie_key(hash(*place)));
        }
        self.0
    }
}

fn hash_of(types: &EventTypes, table: &Table) -> i32 {
    types.by_key(table.key).map_or(0, key_hash)
}

/// The hash code of a schema key in the reference.
fn key_hash(key: &SchemaKey) -> i32 {
    let version = key.version();
    product_hash(&[
        string_hash(key.vendor()),
        string_hash(key.name()),
        string_hash(key.format()),
        product_hash(&[version.model, version.revision, version.addition]),
    ])
}

fn write(out: &mut String, fields: &SMap<&str, String>) {
    let values = fields
        .iter()
        .map(|(name, json)| (*name, Some(json.as_str())));
    object(out, values, |out, _, json| {
        out.push_str(json.unwrap_or("null"))
    });
}

#[cfg(test)]
mod tests;
