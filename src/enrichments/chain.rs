//! The order of the steps, and how their results come together.
//!
//! Behaviour: the enrichment manager of Enrich 3.9.0. To add an enrichment, add its file and one line to
//! [`STEPS`].

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::always;
use super::{BuildError, Enrichment, ScriptLimits, Spec, Step, Work};
use crate::assets::AssetSource;
use crate::badrows::failure::{Crash, Failure};
use crate::event::Event;
use crate::remote::Runner;
use crate::schema::SchemaKey;

type AlwaysStep = fn(&mut Event, &mut Work<'_>) -> Step;

enum Place {
    /// Runs for every event.
    Always(AlwaysStep),
    /// Runs when it is configured.
    Configured(&'static Spec),
}

use Place::{Always, Configured};

/// Which of the two orders of the reference the steps run in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The usual one.
    Current,
    /// That of `featureFlags.legacyEnrichmentOrder`: scripts run before what they may feed.
    Legacy,
}

/// Where a step runs under the feature flag: all of one part before all of the next, and those of one
/// part in the order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Legacy {
    BeforeScripts,
    Scripts,
    AfterScripts,
}

use Legacy::{AfterScripts, BeforeScripts, Scripts};

/// The steps in the order they run, each with its part of the legacy order.
static STEPS: &[(Legacy, Place)] = &[
    (BeforeScripts, Always(always::collector_version)),
    (BeforeScripts, Always(always::page_uri)),
    (BeforeScripts, Always(always::derived_tstamp)),
    (BeforeScripts, Configured(&super::iab::SPEC)),
    (BeforeScripts, Configured(&super::user_agent_utils::SPEC)),
    (BeforeScripts, Configured(&super::ua_parser::SPEC)),
    (AfterScripts, Configured(&super::currency_conversion::SPEC)),
    (BeforeScripts, Always(always::referrer_uri)),
    (BeforeScripts, Configured(&super::referer_parser::SPEC)),
    (BeforeScripts, Always(always::page_query)),
    (
        BeforeScripts,
        Configured(&super::campaign_attribution::SPEC),
    ),
    (BeforeScripts, Always(always::cross_domain)),
    (BeforeScripts, Configured(&super::cross_navigation::SPEC)),
    (BeforeScripts, Configured(&super::event_fingerprint::SPEC)),
    (BeforeScripts, Configured(&super::cookie_extractor::SPEC)),
    (
        BeforeScripts,
        Configured(&super::http_header_extractor::SPEC),
    ),
    (BeforeScripts, Configured(&super::yauaa::SPEC)),
    (BeforeScripts, Always(always::schema_fields)),
    (AfterScripts, Configured(&super::ip_lookups::SPEC)),
    // before the look-up that tells the place, as the reference has it, it fails on every event
    (AfterScripts, Configured(&super::weather::SPEC)),
    (AfterScripts, Configured(&super::asn_lookups::SPEC)),
    (AfterScripts, Configured(&super::bot_detection::SPEC)),
    (Scripts, Configured(&super::javascript::SPEC)),
    #[cfg(feature = "sql")]
    (AfterScripts, Configured(&super::sql_query::SPEC)),
    (AfterScripts, Configured(&super::api_request::SPEC)),
];

impl Order {
    fn steps(self) -> Vec<&'static Place> {
        let mut steps: Vec<_> = STEPS.iter().collect();
        if self == Order::Legacy {
            steps.sort_by_key(|(legacy, _)| *legacy);
        }
        steps.into_iter().map(|(_, place)| place).collect()
    }
}

/// The steps that run on a finished event, after its new contexts were checked.
static LAST: &[&Spec] = &[&super::anon_ip::SPEC, &super::pii::SPEC];

/// Kinds that people configure and that this build does not have yet.
const NOT_YET: &[&str] = &[
    #[cfg(not(feature = "sql"))]
    "sql_query_enrichment_config",
];

/// The name of steps that no configuration turns on or off.
pub const ALWAYS: &str = "always";

enum Link {
    Always(AlwaysStep),
    Configured(&'static str, Box<dyn Enrichment>),
}

impl Link {
    fn asks_beside(&self) -> bool {
        matches!(self, Link::Configured(_, enrichment) if enrichment.asks_beside())
    }
}

/// How long configured steps took, by the name of their configuration's schema.
pub type Times = Vec<(&'static str, Duration)>;

/// One configuration: its schema, its `data`, and where it was read.
#[derive(Debug, Clone)]
pub struct Setting<'c> {
    /// Schema of the configuration.
    pub schema: &'c SchemaKey,
    /// What the schema describes.
    pub data: &'c serde_json::Value,
    /// The file, for messages.
    pub origin: &'c str,
}

/// Why a chain cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// A version of a configuration's schema that is not supported.
    #[error(
        "{origin}: Schema key {schema} is not supported. A '{name}' enrichment must have schema iglu:{vendor}/{name}/jsonschema/{model}-{revision}-*."
    )]
    Unsupported {
        origin: String,
        schema: SchemaKey,
        vendor: &'static str,
        name: &'static str,
        model: i32,
        revision: i32,
    },
    /// A kind of enrichment that this build does not have.
    #[error(
        "{origin}: the enrichment `{name}` is not in this build; take the file away or set `enabled` to false"
    )]
    NotYet { origin: String, name: String },
    /// A configuration that cannot be used.
    #[error("{origin}: {error}")]
    Build { origin: String, error: BuildError },
}

/// The steps of this pipeline.
pub struct Chain {
    links: Vec<Link>,
    last: Vec<(&'static str, Box<dyn Enrichment>)>,
    runner: Arc<Runner>,
}

impl Chain {
    /// Builds the steps that `configs` name; of two configurations of one kind the later counts.
    pub fn build(
        order: Order,
        configs: &[Setting<'_>],
        assets: &dyn AssetSource,
    ) -> Result<Chain, ChainError> {
        let mut by_name = BTreeMap::new();
        for config in configs {
            let name = config.schema.name();
            if NOT_YET.contains(&name) {
                return Err(ChainError::NotYet {
                    origin: config.origin.to_owned(),
                    name: name.to_owned(),
                });
            }
            by_name.insert(name, config);
        }
        let make = |spec: &'static Spec| -> Result<Option<Box<dyn Enrichment>>, ChainError> {
            let Some(config) = by_name.get(spec.name) else {
                return Ok(None);
            };
            let (origin, schema) = (config.origin.to_owned(), config.schema);
            let (model, revision) = spec.version;
            let version = schema.version();
            if schema.vendor() != spec.vendor
                || schema.format() != "jsonschema"
                || (version.model, version.revision) != spec.version
            {
                let (vendor, name) = (spec.vendor, spec.name);
                return Err(ChainError::Unsupported {
                    origin,
                    schema: schema.clone(),
                    vendor,
                    name,
                    model,
                    revision,
                });
            }
            match (spec.build)(schema, config.data, assets) {
                Ok(enrichment) => Ok(Some(enrichment)),
                Err(error) => Err(ChainError::Build { origin, error }),
            }
        };
        let steps = order.steps();
        let mut links = Vec::with_capacity(steps.len());
        for place in steps {
            match place {
                Always(step) => links.push(Link::Always(*step)),
                Configured(spec) => {
                    links.extend(make(spec)?.map(|step| Link::Configured(spec.name, step)));
                }
            }
        }
        let mut last = Vec::new();
        for spec in LAST {
            last.extend(make(spec)?.map(|step| (spec.name, step)));
        }
        Ok(Chain {
            links,
            last,
            runner: Arc::default(),
        })
    }

    /// Has the look-ups of these steps answered.
    pub fn runner(&self) -> &Arc<Runner> {
        &self.runner
    }

    /// Sets what scripts of the user may use.
    pub fn limit_scripts(&mut self, limits: ScriptLimits) {
        for link in &mut self.links {
            if let Link::Configured(_, enrichment) = link {
                enrichment.limit_scripts(limits);
            }
        }
    }

    /// Runs every step, even after one has failed. The failures of later steps come first. Steps are timed
    /// where there is somewhere to put the times, and `seen` is told how each ended and what it left; the name
    /// of steps that always run is [`ALWAYS`].
    ///
    /// Where a step waits for a look-up, the list in `work` says so and all else is of no meaning: steps
    /// behind it run only as far as they can ask already.
    pub fn run(
        &self,
        event: &mut Event,
        work: &mut Work<'_>,
        mut times: Option<&mut Times>,
        mut seen: impl FnMut(&'static str, &Step, &Event),
    ) -> Result<Vec<Failure>, Crash> {
        let mut failures = Vec::new();
        let mut waits = false;
        for (place, link) in self.links.iter().enumerate() {
            if waits && !link.asks_beside() {
                break;
            }
            let step = match link {
                Link::Always(step) => step(event, work),
                Link::Configured(name, enrichment) => timed(name, times.as_deref_mut(), || {
                    if !enrichment.is_of_request() || !work.raw.context.is_of_payload() {
                        return enrichment.apply(event, work);
                    }
                    work.request.known(place).unwrap_or_else(|| {
                        let step = enrichment.apply(event, work);
                        work.request.keep(place, &step);
                        step
                    })
                }),
            };
            let name = match link {
                Link::Always(_) => ALWAYS,
                Link::Configured(name, _) => *name,
            };
            seen(name, &step, event);
            match step {
                Step::Done => {}
                Step::Contexts(contexts) => drop(work.derived.splice(0..0, contexts)),
                Step::Failed(block) => drop(failures.splice(0..0, block)),
                Step::Crashed(crash) => return Err(crash),
                Step::Wait => waits = true,
            }
        }
        Ok(failures)
    }

    /// Runs the steps that end the chain: they hide what must not leave. `seen` is told as by [`Chain::run`].
    pub fn finish(
        &self,
        event: &mut Event,
        work: &mut Work<'_>,
        mut times: Option<&mut Times>,
        mut seen: impl FnMut(&'static str, &Step, &Event),
    ) -> Result<Vec<Failure>, Crash> {
        let mut failures = Vec::new();
        for (name, enrichment) in &self.last {
            let step = timed(name, times.as_deref_mut(), || enrichment.apply(event, work));
            seen(name, &step, event);
            match step {
                Step::Done | Step::Contexts(_) | Step::Wait => {}
                Step::Failed(block) => failures.extend(block),
                Step::Crashed(crash) => return Err(crash),
            }
        }
        Ok(failures)
    }
}

fn timed(name: &'static str, times: Option<&mut Times>, step: impl FnOnce() -> Step) -> Step {
    let Some(times) = times else {
        return step();
    };
    let since = Instant::now();
    let done = step();
    times.push((name, since.elapsed()));
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(order: Order) -> Vec<&'static str> {
        let name = |place: &&'static Place| match place {
            Always(_) => None,
            Configured(spec) => Some(spec.name),
        };
        order.steps().iter().filter_map(name).collect()
    }

    #[test]
    fn scripts_run_late_and_in_the_legacy_order_before_what_they_may_feed() {
        let place = |order, name| {
            let found = names(order).iter().position(|known| *known == name);
            found.unwrap_or_else(|| panic!("{name}"))
        };
        let script = "javascript_script_config";
        let currency = "currency_conversion_config";
        for fed in [currency, "ip_lookups", "weather_enrichment_config"] {
            assert!(place(Order::Current, fed) < place(Order::Current, script));
            assert!(place(Order::Legacy, script) < place(Order::Legacy, fed));
        }
        assert!(place(Order::Current, currency) < place(Order::Current, "referer_parser"));
        assert!(place(Order::Legacy, currency) < place(Order::Legacy, "ip_lookups"));
        for before in ["referer_parser", "http_header_extractor_config"] {
            assert!(place(Order::Legacy, before) < place(Order::Legacy, script));
        }
        let last = Order::Legacy
            .steps()
            .iter()
            .rposition(|place| matches!(place, Always(_)));
        let configured = Order::Legacy.steps().len() - last.unwrap() - 1;
        assert_eq!(
            names(Order::Legacy)[names(Order::Legacy).len() - configured],
            script
        );
    }

    #[test]
    fn nothing_that_the_build_has_is_told_to_be_missing() {
        let has = names(Order::Current);
        assert!(NOT_YET.iter().all(|name| !has.contains(name)));
    }
}
