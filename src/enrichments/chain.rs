//! The order of the steps, and how their results come together.
//!
//! Behaviour: the enrichment manager of Enrich 3.9.0. To add an enrichment, add its file and one line to each of [`ORDER`]
//! and [`LEGACY_ORDER`].

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::always;
use super::{BuildError, Enrichment, Spec, Step, Work};
use crate::assets::AssetSource;
use crate::badrows::failure::{Crash, Failure};
use crate::event::Event;
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

/// The steps in the order they run.
static ORDER: &[Place] = &[
    Always(always::collector_version),
    Always(always::page_uri),
    Always(always::derived_tstamp),
    Configured(&super::iab::SPEC),
    Configured(&super::user_agent_utils::SPEC),
    Configured(&super::ua_parser::SPEC),
    Configured(&super::currency_conversion::SPEC),
    Always(always::referrer_uri),
    Configured(&super::referer_parser::SPEC),
    Always(always::page_query),
    Configured(&super::campaign_attribution::SPEC),
    Always(always::cross_domain),
    Configured(&super::cross_navigation::SPEC),
    Configured(&super::event_fingerprint::SPEC),
    Configured(&super::cookie_extractor::SPEC),
    Configured(&super::http_header_extractor::SPEC),
    Always(always::schema_fields),
    Configured(&super::ip_lookups::SPEC),
    // before the look-up that tells the place, as the reference has it, it fails on every event
    Configured(&super::weather::SPEC),
    Configured(&super::asn_lookups::SPEC),
    Configured(&super::bot_detection::SPEC),
];

/// The steps in the order they run under the feature flag: here a script comes right after the
/// schema fields, and currencies, weather and addresses after it.
static LEGACY_ORDER: &[Place] = &[
    Always(always::collector_version),
    Always(always::page_uri),
    Always(always::derived_tstamp),
    Configured(&super::iab::SPEC),
    Configured(&super::user_agent_utils::SPEC),
    Configured(&super::ua_parser::SPEC),
    Always(always::referrer_uri),
    Configured(&super::referer_parser::SPEC),
    Always(always::page_query),
    Configured(&super::campaign_attribution::SPEC),
    Always(always::cross_domain),
    Configured(&super::cross_navigation::SPEC),
    Configured(&super::event_fingerprint::SPEC),
    Configured(&super::cookie_extractor::SPEC),
    Configured(&super::http_header_extractor::SPEC),
    Always(always::schema_fields),
    Configured(&super::currency_conversion::SPEC),
    Configured(&super::ip_lookups::SPEC),
    // before the look-up that tells the place, as the reference has it, it fails on every event
    Configured(&super::weather::SPEC),
    Configured(&super::asn_lookups::SPEC),
    Configured(&super::bot_detection::SPEC),
];

/// The steps that run on a finished event, after its new contexts were checked.
static LAST: &[&Spec] = &[&super::anon_ip::SPEC, &super::pii::SPEC];

/// Kinds that people configure and that this build does not have yet.
const NOT_YET: &[&str] = &[
    "api_request_enrichment_config",
    "javascript_script_config",
    "sql_query_enrichment_config",
    "yauaa_enrichment_config",
];

enum Link {
    Always(AlwaysStep),
    Configured(&'static str, Box<dyn Enrichment>),
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
        let order = match order {
            Order::Current => ORDER,
            Order::Legacy => LEGACY_ORDER,
        };
        let mut links = Vec::with_capacity(order.len());
        for place in order {
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
        Ok(Chain { links, last })
    }

    /// Runs every step, even after one has failed. The failures of later steps come first. Steps are timed
    /// where there is somewhere to put the times.
    pub fn run(
        &self,
        event: &mut Event,
        work: &mut Work<'_>,
        mut times: Option<&mut Times>,
    ) -> Result<Vec<Failure>, Crash> {
        let mut failures = Vec::new();
        for link in &self.links {
            let step = match link {
                Link::Always(step) => step(event, work),
                Link::Configured(name, enrichment) => timed(*name, times.as_deref_mut(), || {
                    enrichment.apply(event, work)
                }),
            };
            match step {
                Step::Done => {}
                Step::Contexts(contexts) => drop(work.derived.splice(0..0, contexts)),
                Step::Failed(block) => drop(failures.splice(0..0, block)),
                Step::Crashed(crash) => return Err(crash),
            }
        }
        Ok(failures)
    }

    /// Runs the steps that end the chain: they hide what must not leave.
    pub fn finish(
        &self,
        event: &mut Event,
        work: &mut Work<'_>,
        mut times: Option<&mut Times>,
    ) -> Result<Vec<Failure>, Crash> {
        let mut failures = Vec::new();
        for (name, enrichment) in &self.last {
            match timed(*name, times.as_deref_mut(), || {
                enrichment.apply(event, work)
            }) {
                Step::Done | Step::Contexts(_) => {}
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

    fn names(order: &[Place]) -> Vec<&'static str> {
        let name = |place: &Place| match place {
            Always(_) => None,
            Configured(spec) => Some(spec.name),
        };
        order.iter().filter_map(name).collect()
    }

    #[test]
    fn both_orders_have_the_same_steps() {
        let (mut current, mut legacy) = (names(ORDER), names(LEGACY_ORDER));
        assert_ne!(current, legacy);
        current.sort_unstable();
        legacy.sort_unstable();
        assert_eq!(current, legacy);
        assert_eq!(ORDER.len(), LEGACY_ORDER.len());
    }

    #[test]
    fn currencies_come_late_in_the_legacy_order() {
        let place = |order, name| names(order).iter().position(|known| *known == name);
        let currency = "currency_conversion_config";
        assert!(place(ORDER, currency) < place(ORDER, "referer_parser"));
        assert!(
            place(LEGACY_ORDER, currency) > place(LEGACY_ORDER, "http_header_extractor_config")
        );
        assert!(place(LEGACY_ORDER, currency) < place(LEGACY_ORDER, "ip_lookups"));
    }

    #[test]
    fn nothing_that_the_build_has_is_told_to_be_missing() {
        let has = names(ORDER);
        assert!(NOT_YET.iter().all(|name| !has.contains(name)));
    }
}
