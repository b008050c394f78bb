//! Which browser, operating system and device a user agent names: a context.
//!
//! Behaviour: the ua-parser enrichment of Enrich 3.9.0 with uap-java 1.5.4, its rules and the
//! meaning `java.util.regex` gives them.
//!
//! How the files depend on each other: `syntax` (pattern → tree) ← `literals` (what must occur for
//! it to match) and `program` (what `matcher` runs); `rules` (YAML → rules) and `bundled` (the rules
//! of the build) ← `index` (which rules can match an agent) ← `engine` (asks them in order, and has
//! `resolve` word the answer).

mod bundled;
mod engine;
mod index;
mod literals;
mod matcher;
mod program;
mod resolve;
mod rules;
mod syntax;

use std::sync::Arc;

use quick_cache::sync::Cache;
use serde_json::Value;

use super::settings::{file, find, unusable, wrong};
use super::{BuildError, Context, Enrichment, Spec, Step, Work};
use crate::assets::AssetSource;
use crate::badrows::failure::{Failure, Origin};
use crate::event::{Event, fields};
use crate::schema::SchemaKey;
use engine::{Client, Engine};
use rules::Rules;

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow",
    name: "ua_parser_config",
    version: (1, 0),
    build: |schema, data, assets| Ok(Box::new(UaParser::new(schema, data, assets)?)),
};

const CONTEXT: &str = "iglu:com.snowplowanalytics.snowplow/ua_parser_context/jsonschema/1-0-0";
/// How many agents are remembered.
const REMEMBERED: usize = 5_000;
/// Agents of more bytes are not remembered, so that the memory is bounded in bytes too.
const LONGEST_REMEMBERED: usize = 2_048;

struct UaParser {
    engine: Engine,
    schema: SchemaKey,
    origin: Origin,
    /// The data of the context by agent.
    known: Cache<Box<str>, Arc<str>>,
}

impl UaParser {
    fn new(
        config: &SchemaKey,
        data: &Value,
        assets: &dyn AssetSource,
    ) -> Result<UaParser, BuildError> {
        let engine = match find(data, "parameters.uri") {
            None => {
                Engine::new(bundled::rules()).map_err(|problem| wrong("parameters", problem))?
            }
            Some(_) => {
                let (uri, bytes) = file(data, "parameters", assets)?;
                custom(&bytes).map_err(|problem| {
                    unusable(&uri, format!("Failed to initialize ua parser: [{problem}]"))
                })?
            }
        };
        Ok(UaParser {
            engine,
            schema: SchemaKey::parse(CONTEXT).map_err(|e| wrong("schema", e.to_string()))?,
            origin: Origin {
                schema: config.clone(),
                identifier: "ua-parser",
            },
            known: Cache::new(REMEMBERED),
        })
    }

    /// The data of the context of an agent.
    fn describe(&self, agent: &str) -> Result<String, String> {
        if let Some(data) = self.known.get(agent) {
            return Ok(data.as_ref().to_owned());
        }
        let data = to_json(&self.engine.parse(agent)?);
        if agent.len() <= LONGEST_REMEMBERED {
            self.known.insert(agent.into(), data.as_str().into());
        }
        Ok(data)
    }
}

/// An engine over the rules of a file.
fn custom(bytes: &[u8]) -> Result<Engine, String> {
    let yaml = std::str::from_utf8(bytes).map_err(|e| e.to_string())?;
    let needs = |pattern: &str, ignore_case| {
        let node = syntax::parse(pattern, ignore_case);
        node.map(|node| literals::required(&node))
            .unwrap_or_default()
    };
    let engine = Engine::new(Rules::parse(yaml, needs)?)?;
    engine.check()?;
    Ok(engine)
}

fn to_json(client: &Client) -> String {
    let mut json = String::with_capacity(384);
    let (agent, system) = (&client.agent, &client.system);
    let [major, minor, patch] = agent.version.each_ref().map(Option::as_deref);
    let [os_major, os_minor, os_patch, os_build] = system.version.each_ref().map(Option::as_deref);
    let version = whole(&agent.family, &agent.version);
    let os_version = whole(&system.family, &system.version);
    let entries = [
        ("{\"useragentFamily\":", Some(agent.family.as_str())),
        (",\"useragentMajor\":", major),
        (",\"useragentMinor\":", minor),
        (",\"useragentPatch\":", patch),
        (",\"useragentVersion\":", Some(version.as_str())),
        (",\"osFamily\":", Some(system.family.as_str())),
        (",\"osMajor\":", os_major),
        (",\"osMinor\":", os_minor),
        (",\"osPatch\":", os_patch),
        (",\"osPatchMinor\":", os_build),
        (",\"osVersion\":", Some(os_version.as_str())),
        (",\"deviceFamily\":", Some(client.device.as_str())),
    ];
    for (key, value) in entries {
        json.push_str(key);
        lexon::write_string_opt(&mut json, value);
    }
    json.push('}');
    json
}

/// The family and the parts of its version that are known: `Chrome 96.0.5868`.
fn whole(family: &str, version: &[Option<String>]) -> String {
    let mut text = family.to_owned();
    for (n, part) in version.iter().enumerate() {
        if let Some(part) = part {
            text.push(if n == 0 { ' ' } else { '.' });
            text.push_str(part);
        }
    }
    text
}

impl Enrichment for UaParser {
    fn apply(&self, event: &mut Event, _: &mut Work<'_>) -> Step {
        let Some(agent) = event.text(fields::USERAGENT) else {
            return Step::Done;
        };
        match self.describe(agent) {
            Ok(data) => Step::Contexts(vec![Context {
                schema: self.schema.clone(),
                data,
            }]),
            Err(message) => {
                let expectation = format!("could not parse useragent: {message}");
                let failure = Failure::input("useragent", Some(agent), expectation);
                Step::Failed(vec![failure.of(&self.origin)])
            }
        }
    }
}

#[cfg(test)]
mod second_opinion;
#[cfg(test)]
mod tests;
