//! Whether an event comes from a spider or robot by the IAB/ABC International Spiders and Bots List:
//! a context.
//!
//! Behaviour: the IAB enrichment of Enrich 3.9.0; the lists in the configuration itself as documented
//! for later versions (schema 1-0-1). A mapped IPv4 address, on which the reference throws, is looked
//! up as the IPv4 address that it is.

mod lists;

use std::net::IpAddr;

use aho_corasick::AhoCorasick;
use jvm::text::to_lower;
use jvm::time::parse_tstamp;
use serde_json::Value;

use super::settings::{file, find, texts, unusable, wrong};
use super::{BuildError, Context, Enrichment, Spec, Step, Work, host_address};
use crate::assets::AssetSource;
use crate::badrows::failure::{Failure, Origin};
use crate::event::{Event, fields};
use crate::schema::SchemaKey;
use lists::{Exclude, Include, Ranges};

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow.enrichments",
    name: "iab_spiders_and_robots_enrichment",
    version: (1, 0),
    build: |schema, data, assets| Ok(Box::new(Iab::new(schema, data, assets)?)),
};

const CONTEXT: &str = "iglu:com.iab.snowplow/spiders_and_robots/jsonschema/1-0-0";

struct Iab {
    networks: Ranges,
    agents: Agents,
    schema: SchemaKey,
    origin: Origin,
}

/// A text to look for in agents, and what it means.
enum Word {
    /// Configured: a browser.
    Trusted,
    /// Configured: a robot.
    Refused,
    /// The browser of that number.
    Include(usize),
    /// The robot of that number.
    Exclude(usize),
    /// An exception of the robot of that number.
    Exception(usize),
}

/// Everything that is known of agents; all texts are found in one pass.
struct Agents {
    words: Vec<Word>,
    finder: AhoCorasick,
    includes: Vec<Include>,
    excludes: Vec<Exclude>,
}

/// What is told of an event: whether it is a robot's, of which category, why, what it distorts.
type Answer = (bool, &'static str, &'static str, &'static str);

const ROBOT: &str = "SPIDER_OR_ROBOT";
const BROWSER: Answer = (false, "BROWSER", "PASSED_ALL", "NONE");
const BAD_ADDRESS: Answer = (true, ROBOT, "FAILED_IP_EXCLUDE", "UNKNOWN");
const NO_BROWSER: Answer = (true, ROBOT, "FAILED_UA_INCLUDE", "UNKNOWN");
const REFUSED: Answer = (true, ROBOT, "FAILED_UA_EXCLUDE", "UNKNOWN");

impl Agents {
    fn new(
        trusted: Vec<String>,
        refused: Vec<String>,
        includes: Vec<Include>,
        excludes: Vec<Exclude>,
    ) -> Result<Agents, String> {
        let mut texts: Vec<String> = Vec::new();
        let mut words = Vec::new();
        let mut add = |text: &str, word| {
            texts.push(text.to_owned());
            words.push(word);
        };
        for text in &trusted {
            add(&to_lower(text), Word::Trusted);
        }
        for text in &refused {
            add(&to_lower(text), Word::Refused);
        }
        for (n, include) in includes.iter().enumerate() {
            add(&include.pattern, Word::Include(n));
        }
        for (n, exclude) in excludes.iter().enumerate() {
            add(&exclude.pattern, Word::Exclude(n));
            for exception in &exclude.exceptions {
                add(exception, Word::Exception(n));
            }
        }
        let finder = AhoCorasick::new(&texts).map_err(|e| e.to_string())?;
        Ok(Agents {
            words,
            finder,
            includes,
            excludes,
        })
    }

    /// What an agent tells of an event of that time; the error is the text of the failure.
    fn answer(&self, agent: &str, time: Option<i64>) -> Result<Answer, String> {
        let before = |until: Option<i64>| matches!((time, until), (Some(t), Some(u)) if t < u);
        let agent = to_lower(agent);
        let (mut trusted, mut refused, mut included) = (false, false, false);
        let mut hits: Vec<usize> = Vec::new();
        let mut spared: Vec<usize> = Vec::new();
        for found in self.finder.find_overlapping_iter(agent.as_ref()) {
            let at = |at_start: bool| !at_start || found.start() == 0;
            match self.words.get(found.pattern().as_usize()) {
                Some(Word::Trusted) => trusted = true,
                Some(Word::Refused) => refused = true,
                Some(Word::Include(n)) => {
                    let counts = |i: &Include| at(i.at_start) && (i.active || before(i.until));
                    included = included || self.includes.get(*n).is_some_and(counts);
                }
                Some(Word::Exclude(n)) => {
                    let new = self.excludes.get(*n).is_some_and(|e| at(e.at_start));
                    if new && hits.last() != Some(n) {
                        hits.push(*n);
                    }
                }
                Some(Word::Exception(n)) if spared.last() != Some(n) => spared.push(*n),
                Some(Word::Exception(_)) | None => {}
            }
        }
        if trusted {
            return Ok(BROWSER);
        }
        if refused {
            return Ok(REFUSED);
        }
        if !included {
            return Ok(NO_BROWSER);
        }
        spared.sort_unstable();
        let first = hits
            .into_iter()
            .filter(|n| spared.binary_search(n).is_err())
            .min();
        let Some(robot) = first.and_then(|n| self.excludes.get(n)) else {
            return Ok(BROWSER);
        };
        let category = if robot.until.is_none() || before(robot.until) {
            "ACTIVE_SPIDER_OR_ROBOT"
        } else {
            "INACTIVE_SPIDER_OR_ROBOT"
        };
        let impact = match robot.impact.as_str() {
            "0" => "PAGE_IMPRESSIONS",
            "1" => "AD_IMPRESSIONS",
            "2" => "PAGE_AND_AD_IMPRESSIONS",
            other => return Err(format!("Invalid value of impression flag: '{other}'")),
        };
        Ok((true, category, "FAILED_UA_EXCLUDE", impact))
    }
}

impl Iab {
    fn new(config: &SchemaKey, data: &Value, assets: &dyn AssetSource) -> Result<Iab, BuildError> {
        fn read<T>(
            data: &Value,
            assets: &dyn AssetSource,
            path: &str,
            parse: fn(&[u8]) -> Result<T, String>,
        ) -> Result<T, BuildError> {
            let (uri, bytes) = file(data, path, assets)?;
            parse(&bytes).map_err(|problem| unusable(&uri, problem))
        }
        let list = |path: &str| match find(data, path) {
            Some(_) => texts(data, path),
            None => Ok(Vec::new()),
        };
        let agents = Agents::new(
            list("parameters.includeUseragents")?,
            list("parameters.excludeUseragents")?,
            read(
                data,
                assets,
                "parameters.includeUseragentFile",
                lists::includes,
            )?,
            read(
                data,
                assets,
                "parameters.excludeUseragentFile",
                lists::excludes,
            )?,
        );
        Ok(Iab {
            networks: read(data, assets, "parameters.ipFile", lists::addresses)?,
            agents: agents.map_err(|problem| wrong("parameters", problem))?,
            schema: SchemaKey::parse(CONTEXT).map_err(|e| wrong("schema", e.to_string()))?,
            origin: Origin {
                schema: config.clone(),
                identifier: "iab-spiders-and-robots",
            },
        })
    }

    fn answer(&self, agent: &str, address: IpAddr, time: Option<i64>) -> Result<Answer, String> {
        if self.networks.contain(address) {
            return Ok(BAD_ADDRESS);
        }
        self.agents.answer(agent, time)
    }
}

impl Enrichment for Iab {
    fn apply(&self, event: &mut Event, _: &mut Work<'_>) -> Step {
        let agent = event.text(fields::USERAGENT);
        let (Some(agent), Some(address), Some(time)) = (
            agent.filter(|agent| agent.chars().any(|c| !c.is_whitespace())),
            event
                .text(fields::USER_IPADDRESS)
                .and_then(host_address::host)
                .map(|address| address.to_canonical()),
            event.text(fields::DERIVED_TSTAMP),
        ) else {
            return Step::Done;
        };
        match self.answer(agent, address, parse_tstamp(time)) {
            Ok((robot, category, reason, impact)) => Step::Contexts(vec![Context {
                schema: self.schema.clone(),
                data: format!(
                    "{{\"spiderOrRobot\":{robot},\"category\":\"{category}\",\
                     \"reason\":\"{reason}\",\"primaryImpact\":\"{impact}\"}}"
                ),
            }]),
            Err(problem) => Step::Failed(vec![Failure::simple(problem).of(&self.origin)]),
        }
    }
}

#[cfg(test)]
mod tests;
