//! Replaces personal values by hashes, in fields and inside JSON, and tells what it replaced.
//!
//! Behaviour: the PII pseudonymization of Enrich 3.9.0, with Jayway JsonPath 2.7.0 over Jackson
//! 2.15. Where the reference throws, the event is refused too: nothing personal gets out.
//!
//! How the files depend on each other: `path` and `filter` (the text of a path → steps, whose values
//! `compare` compares) and `graph` (JSON whose values can be replaced) ← `walk` (where a path leads)
//! ← `replace` (hashes what is there) ← `column` (a column of the event). `hash` stands alone.

mod column;
mod compare;
mod filter;
mod graph;
mod hash;
mod path;
mod replace;
mod walk;

use serde_json::Value;

use super::settings::{flag, need, text, wrong};
use super::{
    BuildError, CONTEXTS_HEAD, CONTEXTS_TAIL, Enrichment, Spec, Step, UNSTRUCT_HEAD, UNSTRUCT_TAIL,
    Work,
};
use crate::badrows::failure::Crash;
use crate::event::Event;
use crate::event::fields::{self, CONTEXTS, DERIVED_CONTEXTS, Text, UNSTRUCT_EVENT};
use crate::schema::Criterion;
use crate::schema::self_describing::SelfDescribing;
use column::{Column, Replaced};
use hash::Hash;
use path::Path;

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow.enrichments",
    name: "pii_enrichment_config",
    version: (2, 0),
    build: |schema, data, _| {
        // Later additions ask for what this one does not do.
        if schema.version().addition > 1 {
            let problem = format!("{schema} is not supported; use 2-0-0 or 2-0-1");
            return Err(wrong("schema", problem));
        }
        Ok(Box::new(Pii::new(data)?))
    },
};

/// The fields of the event that can be replaced.
const SCALARS: [&str; 18] = [
    "user_id",
    "user_ipaddress",
    "user_fingerprint",
    "domain_userid",
    "network_userid",
    "ip_organization",
    "ip_domain",
    "tr_orderid",
    "ti_orderid",
    "mkt_term",
    "mkt_content",
    "se_category",
    "se_action",
    "se_label",
    "se_property",
    "mkt_clickid",
    "refr_domain_userid",
    "domain_sessionid",
];

/// The columns of JSON that can be looked into.
const COLUMNS: [(&str, Text); 3] = [
    ("contexts", CONTEXTS),
    ("derived_contexts", DERIVED_CONTEXTS),
    ("unstruct_event", UNSTRUCT_EVENT),
];

/// One thing to replace.
enum Target {
    /// A field as a whole.
    Scalar { name: String, field: Text },
    /// What a path leads to in the documents of some schemas.
    Json {
        name: &'static str,
        /// Which of [`COLUMNS`].
        column: usize,
        criterion: Criterion,
        text: String,
        path: Result<Path, String>,
    },
}

struct Pii {
    targets: Vec<Target>,
    hash: Hash,
    emits: bool,
    /// Events are left as they are unless their request asks for anonymity.
    anonymous_only: bool,
}

/// A column of JSON when a path is for it.
enum Opened<'e> {
    /// It comes out as it is.
    Left,
    /// It has to be looked into.
    Column(Column<'e>),
    /// Nobody could read it.
    Unreadable,
}

/// What was replaced in one event, as JSON objects in the order it happened.
#[derive(Default)]
struct Log {
    scalars: Vec<String>,
    jsons: Vec<String>,
    /// Whether the first was inside JSON.
    json_first: bool,
}

impl Pii {
    fn new(data: &Value) -> Result<Pii, BuildError> {
        let path = "parameters.pii";
        let targets = need(data, path)?.as_array();
        let targets = targets.ok_or_else(|| wrong(path, "must be an array"))?;
        let strategy = "parameters.strategy.pseudonymize";
        let function = text(data, &format!("{strategy}.hashFunction"))?;
        let salt = text(data, &format!("{strategy}.salt"))?;
        Ok(Pii {
            targets: targets.iter().map(target).collect::<Result<_, _>>()?,
            hash: Hash::new(function, salt).ok_or_else(|| {
                let problem = "must be MD2, MD5, SHA-1, SHA-256, SHA-384 or SHA-512";
                wrong(&format!("{strategy}.hashFunction"), problem)
            })?,
            emits: flag(data, "emitEvent")?
                .ok_or_else(|| wrong("emitEvent", "is missing; add it"))?,
            anonymous_only: flag(data, "anonymousOnly")?.unwrap_or(false),
        })
    }

    /// What has to be looked at in a column; none where it comes out as it is.
    fn open<'e>(&self, column: usize, event: &Event, work: &Work<'e>) -> Opened<'e> {
        let field = field_of(column);
        let Some(text) = event.text(field) else {
            return Opened::Left;
        };
        let (documents, around) = match field {
            CONTEXTS => (work.contexts, (CONTEXTS_HEAD, CONTEXTS_TAIL)),
            UNSTRUCT_EVENT => (
                work.unstruct.map(std::slice::from_ref).unwrap_or_default(),
                (UNSTRUCT_HEAD, UNSTRUCT_TAIL),
            ),
            _ => (&[][..], ("", "")),
        };
        // without reading it again, where what was checked shows how it would be read and printed
        let known = event.is_as_checked(field)
            && documents
                .iter()
                .all(|document| column::is_kept(document.data));
        if !known {
            return Column::new(text).map_or(Opened::Unreadable, Opened::Column);
        }
        let wanted = |document: &SelfDescribing<'_>| {
            self.targets.iter().any(|target| match target {
                Target::Json {
                    column: of,
                    criterion,
                    ..
                } => *of == column && criterion.matches(&document.key),
                Target::Scalar { .. } => false,
            })
        };
        if documents.iter().any(wanted) {
            Opened::Column(Column::checked(documents, around))
        } else {
            Opened::Left
        }
    }

    fn replace(&self, event: &mut Event, work: &Work<'_>) -> Result<Log, Crash> {
        let mut log = Log::default();
        let mut columns: [Option<Column<'_>>; COLUMNS.len()] = [const { None }; COLUMNS.len()];
        let mut opened = [false; COLUMNS.len()];
        for target in &self.targets {
            match target {
                Target::Scalar { name, field } => {
                    let Some(original) = event.text(*field) else {
                        continue;
                    };
                    let hash = self.hash.replace(original);
                    if self.emits {
                        log.scalar(name, original, &hash);
                    }
                    event.set_text(*field, Some(hash));
                }
                Target::Json {
                    name,
                    column,
                    criterion,
                    text,
                    path,
                } => {
                    let field = field_of(*column);
                    let (Some(slot), Some(opened)) =
                        (columns.get_mut(*column), opened.get_mut(*column))
                    else {
                        continue;
                    };
                    if !*opened {
                        *opened = true;
                        match self.open(*column, event, work) {
                            Opened::Left => {}
                            Opened::Column(column) => *slot = Some(column),
                            Opened::Unreadable => event.set_text(field, None::<&str>),
                        }
                    }
                    let Some(open) = slot else { continue };
                    let mut replaced = Vec::new();
                    let readable = open
                        .apply(criterion, path, &self.hash, &mut replaced)
                        .map_err(Crash)?;
                    if !readable {
                        *slot = None;
                        event.set_text(field, None::<&str>);
                    }
                    if self.emits {
                        replaced
                            .iter()
                            .for_each(|replaced| log.json(name, text, replaced));
                    }
                }
            }
        }
        for (n, column) in columns.into_iter().enumerate() {
            if let Some(text) = column.and_then(Column::finish) {
                event.set_text(field_of(n), Some(text));
            }
        }
        Ok(log)
    }
}

fn field_of(column: usize) -> Text {
    COLUMNS.get(column).map_or(CONTEXTS, |(_, field)| *field)
}

fn target(config: &Value) -> Result<Target, BuildError> {
    if let Some(name) = super::settings::find(config, "pojo.field") {
        let name = name.as_str().unwrap_or_default();
        let field = SCALARS
            .contains(&name)
            .then(|| fields::text_column(name))
            .flatten();
        let problem = || {
            wrong(
                "parameters.pii",
                format!("The specified pojo field {name} is not supported"),
            )
        };
        return Ok(Target::Scalar {
            name: name.to_owned(),
            field: field.ok_or_else(problem)?,
        });
    }
    let inside = |path: &str| match text(config, path) {
        Ok(found) => Ok(found),
        Err(_) => Err(wrong(
            "parameters.pii",
            format!("each entry needs `pojo.field` or `{path}`"),
        )),
    };
    let field = inside("json.field")?;
    let column = COLUMNS.iter().position(|(name, _)| *name == field);
    let column = column.ok_or_else(|| {
        wrong(
            "parameters.pii",
            format!("The specified json field {field} is not supported"),
        )
    })?;
    let criterion = inside("json.schemaCriterion")?;
    let path = inside("json.jsonPath")?;
    Ok(Target::Json {
        name: COLUMNS.get(column).map_or("contexts", |(name, _)| *name),
        column,
        criterion: Criterion::parse(criterion).ok_or_else(|| {
            wrong(
                "parameters.pii",
                format!("Could not parse schema criterion {criterion}"),
            )
        })?,
        text: path.to_owned(),
        path: Path::parse(path).map_err(|error| error.to_string()),
    })
}

impl Log {
    fn scalar(&mut self, field: &str, original: &str, hash: &str) {
        self.scalars.push(entry(field, original, hash) + "}");
    }

    fn json(&mut self, field: &str, path: &str, replaced: &Replaced) {
        self.json_first |= self.scalars.is_empty();
        let mut json = entry(field, &replaced.original, &replaced.hash);
        json.push_str(",\"jsonPath\":");
        lexon::write_string(&mut json, path);
        json.push_str(",\"schema\":");
        lexon::write_string(&mut json, &replaced.schema);
        json.push('}');
        self.jsons.push(json);
    }

    /// The self-describing event that tells all; none when nothing was replaced.
    fn event(&self, function: &str) -> Option<String> {
        let mut lists = [("pojo", &self.scalars), ("json", &self.jsons)];
        if self.json_first {
            lists.reverse();
        }
        let mut json = String::from(concat!(
            "{\"schema\":\"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0\",",
            "\"data\":{\"schema\":\"iglu:com.snowplowanalytics.snowplow/pii_transformation/jsonschema/1-0-0\",",
            "\"data\":{\"pii\":{"
        ));
        let mut any = false;
        for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            if std::mem::replace(&mut any, true) {
                json.push(',');
            }
            json.push('"');
            json.push_str(name);
            json.push_str("\":[");
            // The last comes first.
            for (n, entry) in list.iter().rev().enumerate() {
                if n > 0 {
                    json.push(',');
                }
                json.push_str(entry);
            }
            json.push(']');
        }
        json.push_str("},\"strategy\":{\"pseudonymize\":{\"hashFunction\":");
        lexon::write_string(&mut json, function);
        json.push_str("}}}}}");
        any.then_some(json)
    }
}

/// The start of an entry, without its closing brace.
fn entry(field: &str, original: &str, hash: &str) -> String {
    let mut json = String::with_capacity(96 + field.len() + original.len() + hash.len());
    // names of fields and hashes have nothing to escape
    json.push_str("{\"fieldName\":\"");
    json.push_str(field);
    json.push_str("\",\"originalValue\":");
    lexon::write_string(&mut json, original);
    json.push_str(",\"modifiedValue\":\"");
    json.push_str(hash);
    json.push('"');
    json
}

impl Enrichment for Pii {
    fn apply(&self, event: &mut Event, work: &mut Work<'_>) -> Step {
        if self.anonymous_only && !asks_for_anonymity(work) {
            return Step::Done;
        }
        match self.replace(event, work) {
            Ok(log) => {
                event.pii = log.event(self.hash.name);
                Step::Done
            }
            Err(crash) => Step::Crashed(crash),
        }
    }
}

/// Whether the request has the header by which trackers ask for anonymity, whatever its value.
fn asks_for_anonymity(work: &Work<'_>) -> bool {
    let mut headers = work.raw.context.headers.iter();
    headers.any(|header| {
        let name = header.split(':').next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case("SP-Anonymous")
    })
}

#[cfg(test)]
mod tests;
