//! What YAUAA tells of the user agent and the client hints: a context.
//!
//! Behaviour: the YAUAA enrichment of Enrich 3.9.0 with yauaa 7.11.0, which the crate `yauaa` is.
//! Here are only the choice of headers, the names of the fields and their order, and what was
//! answered before. How the files depend on each other: `question`
//! (agent and hints) ← `answers` (memory of answers) ← this one.

mod answers;
mod question;

use std::borrow::Cow;

use ::yauaa::{Agent, Analyzer, TablesError};
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::settings::{find, wrong};
use super::{BuildError, Context, Enrichment, Spec, Step, Work};
use crate::event::{Event, fields};
use crate::schema::SchemaKey;
use answers::Answers;
use question::Question;

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow.enrichments",
    name: "yauaa_enrichment_config",
    version: (1, 0),
    build: |_, data, _| Ok(Box::new(Yauaa::new(data)?)),
};

const CONTEXT: &str = "iglu:nl.basjes/yauaa_context/jsonschema/1-0-4";
/// How many answers are kept when the configuration does not say.
const REMEMBERED: usize = 10_000;
/// The context of an event without an agent.
const NOTHING: &str = "{\"deviceClass\":\"Unknown\"}";

/// The fields that are handed on, in the order the reference writes them in.
const FIELDS: [&str; 58] = [
    "DeviceBrand",
    "DeviceName",
    "IECompatibilityNameVersionMajor",
    "KoboPlatformId",
    "HackerToolkit",
    "AgentLanguage",
    "OperatingSystemVersionMajor",
    "LayoutEngineNameVersion",
    "DeviceVersion",
    "OperatingSystemNameVersion",
    "KoboAffiliate",
    "AgentInformationEmail",
    "AgentSecurity",
    "NetworkType",
    "Carrier",
    "FacebookDeviceClass",
    "LayoutEngineBuild",
    "OperatingSystemVersionBuild",
    "AgentLanguageCode",
    "WebviewAppNameVersionMajor",
    "FacebookOperatingSystemName",
    "LayoutEngineNameVersionMajor",
    "OperatingSystemName",
    "IECompatibilityVersionMajor",
    "AgentVersionMajor",
    "LayoutEngineVersionMajor",
    "HackerAttackVector",
    "FacebookFBOP",
    "IECompatibilityVersion",
    "WebviewAppName",
    "DeviceClass",
    "FacebookDeviceVersion",
    "AgentNameVersionMajor",
    "OperatingSystemNameVersionMajor",
    "DeviceCpuBits",
    "DeviceFirmwareVersion",
    "WebviewAppVersionMajor",
    "OperatingSystemClass",
    "WebviewAppVersion",
    "GSAInstallationID",
    "LayoutEngineName",
    "AgentBuild",
    "AgentName",
    "AgentVersion",
    "LayoutEngineClass",
    "FacebookDeviceName",
    "Anonymized",
    "AgentNameVersion",
    "FacebookFBSS",
    "OperatingSystemVersion",
    "IECompatibilityNameVersion",
    "DeviceCpu",
    "FacebookOperatingSystemVersion",
    "FacebookCarrier",
    "AgentUuid",
    "AgentClass",
    "LayoutEngineVersion",
    "AgentInformationUrl",
];

struct Yauaa {
    analyzer: Analyzer,
    schema: SchemaKey,
    /// Place of each field among [`FIELDS`].
    places: FxHashMap<&'static str, usize>,
    /// What comes before the value of each of [`FIELDS`]: its name in JSON.
    keys: Vec<String>,
    answers: Answers,
}

impl Yauaa {
    fn new(data: &Value) -> Result<Yauaa, BuildError> {
        let remembered = remembered(data)?;
        let analyzer = Analyzer::embedded().map_err(|error| match error {
            TablesError::NotEmbedded => wrong(
                "enabled",
                "this program was built without the rules of YAUAA; build it again after `make setup`, or set this to false",
            ),
            TablesError::Malformed => wrong(
                "enabled",
                "the rules of YAUAA in this program are damaged; build it again after `make setup`, or set this to false",
            ),
        })?;
        Ok(Yauaa {
            analyzer,
            schema: SchemaKey::parse(CONTEXT).map_err(|e| wrong("schema", e.to_string()))?,
            places: FIELDS.into_iter().zip(0..).collect(),
            keys: FIELDS.into_iter().map(key).collect(),
            answers: Answers::new(remembered),
        })
    }

    /// The data of the context of an agent that came with these headers.
    fn describe(&self, agent: &str, headers: &[Cow<'_, str>]) -> String {
        let question = Question::new(agent, headers);
        if let Some(data) = self.answers.get(&question) {
            return data;
        }
        let data = self.to_json(&self.analyzer.parse_headers(&question.headers()));
        self.answers.put(&question, &data);
        data
    }

    fn to_json(&self, agent: &Agent) -> String {
        let mut values = [None; FIELDS.len()];
        for (name, value) in agent.iter() {
            if let Some(cell) = self.places.get(name).and_then(|at| values.get_mut(*at)) {
                *cell = Some(value);
            }
        }
        let mut json = String::with_capacity(1536);
        for (key, value) in self.keys.iter().zip(values) {
            if let Some(value) = value {
                json.push(if json.is_empty() { '{' } else { ',' });
                json.push_str(key);
                lexon::write_string(&mut json, value);
            }
        }
        json.push('}');
        json
    }
}

/// A field's name with a small first letter, as a JSON key with its colon.
fn key(field: &'static str) -> String {
    let (head, tail) = field.split_at_checked(1).unwrap_or((field, ""));
    format!("\"{}{tail}\":", head.to_ascii_lowercase())
}

/// How many answers to keep.
fn remembered(data: &Value) -> Result<usize, BuildError> {
    let path = "parameters.cacheSize";
    let Some(value) = find(data, path) else {
        return Ok(REMEMBERED);
    };
    let whole = |number: f64| (number.fract() == 0.0).then_some(number as i64);
    let number = value.as_i64().or_else(|| whole(value.as_f64()?));
    match number.and_then(|number| i32::try_from(number).ok()) {
        Some(number) => Ok(usize::try_from(number).unwrap_or(0)),
        None => Err(wrong(
            path,
            format!("must be a whole number of 32 bits, not {value}; 0 keeps none"),
        )),
    }
}

impl Enrichment for Yauaa {
    fn apply(&self, event: &mut Event, work: &mut Work<'_>) -> Step {
        let data = match event.text(fields::USERAGENT) {
            None | Some("") => NOTHING.to_owned(),
            Some(agent) => self.describe(agent, &work.raw.context.headers),
        };
        Step::Contexts(vec![Context {
            schema: self.schema.clone(),
            data,
        }])
    }
}

#[cfg(test)]
mod tests;
