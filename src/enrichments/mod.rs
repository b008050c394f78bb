//! 5 ENRICH: the steps that add fields and contexts, one file each; [`chain`] is their order.

mod always;
mod anon_ip;
mod api_request;
mod asn_lookups;
mod bot_detection;
mod campaign_attribution;
pub mod chain;
mod cookie_extractor;
mod cross_navigation;
mod currency_conversion;
mod event_fingerprint;
mod host_address;
mod http_header_extractor;
mod iab;
mod ip_lookups;
mod javascript;
mod json_path;
mod look_up;
mod pii;
mod referer_parser;
mod settings;
#[cfg(feature = "sql")]
mod sql_query;
#[cfg(test)]
mod testing;
mod ua_parser;
mod uri_parts;
mod user_agent_utils;
mod weather;
pub mod yauaa;

use std::time::Duration;

use jvm::nvp::Pair;
use jvm::uri::JavaUri;

use crate::assets::AssetSource;
use crate::badrows::failure::{Crash, Failure};
use crate::event::Event;
use crate::payload::RawEvent;
use crate::remote::Asked;
use crate::schema::SchemaKey;
use crate::schema::self_describing::SelfDescribing;

/// What a string of contexts begins with.
pub const CONTEXTS_HEAD: &str =
    "{\"schema\":\"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1\",\"data\":[";
/// What ends it.
pub const CONTEXTS_TAIL: &str = "]}";
/// What the text of a self-describing event begins with.
pub const UNSTRUCT_HEAD: &str =
    "{\"schema\":\"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0\",\"data\":";
/// What ends it.
pub const UNSTRUCT_TAIL: &str = "}";

/// A context that a step made.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    /// Its schema.
    pub schema: SchemaKey,
    /// Its data as compact JSON.
    pub data: String,
}

/// What the steps of one event share beside the event itself.
pub struct Work<'e> {
    /// The raw event, for parameters and headers.
    pub raw: &'e RawEvent<'e>,
    /// The page's address, once the step for it has run and could read it.
    pub page_uri: Option<JavaUri>,
    /// The referrer's address, likewise.
    pub referrer_uri: Option<JavaUri>,
    /// Decoded pairs of the page's query string, likewise.
    pub page_query: Option<Vec<Pair<'static>>>,
    /// The self-describing event, if the event carries one.
    pub unstruct: Option<&'e SelfDescribing<'e>>,
    /// The contexts that came with the event.
    pub contexts: &'e [SelfDescribing<'e>],
    /// The contexts that steps made so far, newest block first.
    pub derived: Vec<Context>,
    /// The look-ups of the batch.
    pub asked: &'e mut Asked,
    /// What steps made of the request, for its other events.
    pub request: &'e mut OfRequest,
}

/// The contexts of steps that look at nothing but the request, by the place of the step: the next events of the
/// payload get the same.
#[derive(Debug, Default)]
pub struct OfRequest {
    /// Whether there are several events.
    several: bool,
    made: Vec<(usize, Vec<Context>)>,
}

impl OfRequest {
    /// For a payload of so many events.
    pub fn of_events(number: usize) -> OfRequest {
        OfRequest {
            several: number > 1,
            made: Vec::new(),
        }
    }

    /// How a step ended for an event before.
    fn known(&self, place: usize) -> Option<Step> {
        let (_, contexts) = self.made.iter().find(|(known, _)| *known == place)?;
        Some(match contexts.is_empty() {
            true => Step::Done,
            false => Step::Contexts(contexts.clone()),
        })
    }

    /// Keeps how a step ended for the events behind this one.
    fn keep(&mut self, place: usize, step: &Step) {
        let contexts = match step {
            Step::Done => &[],
            Step::Contexts(contexts) => contexts.as_slice(),
            Step::Failed(_) | Step::Crashed(_) | Step::Wait => return,
        };
        if self.several {
            self.made.push((place, contexts.to_vec()));
        }
    }
}

/// How a step ended.
#[derive(Debug)]
#[must_use]
pub enum Step {
    /// It did what it could; nothing to tell.
    Done,
    /// It made these contexts, in its own order.
    Contexts(Vec<Context>),
    /// It failed; the event will be refused after the whole chain has run.
    Failed(Vec<Failure>),
    /// The reference throws here: the whole record is refused.
    Crashed(Crash),
    /// It asked for something: the event has to be processed again once that is answered.
    Wait,
}

/// One configured step of the chain.
pub trait Enrichment: Send + Sync {
    /// Changes the event, or tells contexts and failures. Must be safe to call from several threads.
    fn apply(&self, event: &mut Event, work: &mut Work<'_>) -> Step;

    /// Sets what a script may use; for steps that run none there is nothing to do.
    fn limit_scripts(&mut self, _: ScriptLimits) {}

    /// Whether all that it does is to make contexts of the headers, which are the same for all events of a payload.
    fn is_of_request(&self) -> bool {
        false
    }

    /// Whether it can ask while the step just before it still waits: it uses nothing of what that one makes.
    fn asks_beside(&self) -> bool {
        false
    }
}

/// What a script of the user may use for one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScriptLimits {
    /// Longest that it may run.
    pub time: Duration,
    /// Bytes that it may hold, with all it keeps between events.
    pub memory: usize,
}

impl Default for ScriptLimits {
    fn default() -> ScriptLimits {
        ScriptLimits {
            time: Duration::from_millis(500),
            memory: 64 << 20,
        }
    }
}

/// Contexts as the text of one field.
pub fn wrapped<'c>(contexts: impl Iterator<Item = &'c Context> + Clone) -> String {
    let size: usize = contexts
        .clone()
        .map(|context| context.data.len() + 128)
        .sum();
    let mut text = String::with_capacity(size + CONTEXTS_HEAD.len());
    text.push_str(CONTEXTS_HEAD);
    for (n, context) in contexts.enumerate() {
        text.push_str(if n == 0 {
            "{\"schema\":"
        } else {
            ",{\"schema\":"
        });
        context.schema.write_json(&mut text);
        text.push_str(",\"data\":");
        text.push_str(&context.data);
        text.push('}');
    }
    text.push_str(CONTEXTS_TAIL);
    text
}

/// Why a configuration cannot be used; printed with the name of its file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A field of the configuration; the text says what is wrong and how to mend it.
    #[error("field `{field}`: {problem}")]
    Field { field: String, problem: String },
    /// A file that the configuration names.
    #[error("asset {uri}: {problem}")]
    Asset { uri: String, problem: String },
}

/// Makes a step from the schema and the `data` of its configuration.
pub type Build =
    fn(&SchemaKey, &serde_json::Value, &dyn AssetSource) -> Result<Box<dyn Enrichment>, BuildError>;

/// What a kind of enrichment is called, which schemas its configuration may have, how it is built.
pub struct Spec {
    /// Vendor of the configuration's schema.
    pub vendor: &'static str,
    /// Name of the configuration's schema, by which it is recognised.
    pub name: &'static str,
    /// Model and revision that are supported; any addition is.
    pub version: (i32, i32),
    /// Makes the step from the `data` of its configuration and that configuration's schema.
    pub build: Build,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_of_a_request_are_made_once_for_all_its_events() {
        let context = Context {
            schema: SchemaKey::parse("iglu:v/made/jsonschema/1-0-0").unwrap(),
            data: "{}".to_owned(),
        };
        for (events, made) in [(1, 3), (3, 1)] {
            let mut request = OfRequest::of_events(events);
            let mut step = |place, make: &mut dyn FnMut() -> Step| {
                request.known(place).unwrap_or_else(|| {
                    let step = make();
                    request.keep(place, &step);
                    step
                })
            };
            let (mut some, mut none) = (0, 0);
            for _ in 0..3 {
                let contexts = step(0, &mut || {
                    some += 1;
                    Step::Contexts(vec![context.clone()])
                });
                assert!(matches!(contexts, Step::Contexts(all) if all.len() == 1));
                let done = step(1, &mut || {
                    none += 1;
                    Step::Done
                });
                assert!(matches!(done, Step::Done));
                let waits = step(2, &mut || Step::Wait);
                assert!(matches!(waits, Step::Wait));
            }
            assert_eq!((some, none), (made, made));
        }
    }
}
