//! 3 ADAPT: a payload becomes raw events.
//!
//! Which adapter a payload is for is decided by the path it was sent to, see `route`. What
//! adapters share is in `common` (parameters, self-describing JSON), `webhook` (requests of other
//! vendors), `json` (changes to JSON) and `schemas` (the schemas of events, which the configuration
//! may replace).
//!
//! Behaviour: the adapters of Enrich 3.9.0.

mod callrail;
mod cloudfront_access_log;
mod common;
mod google_analytics;
mod hubspot;
mod iglu_webhook;
mod json;
mod mailchimp;
mod mailgun;
mod mandrill;
mod marketo;
mod olark;
mod pagerduty;
mod pingdom;
mod redirect;
pub mod remote;
mod route;
mod schemas;
mod sendgrid;
mod statusgator;
mod tp1;
mod tp2;
mod unbounce;
mod urban_airship;
mod vero;
mod webhook;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use jvm::orders::Orders;
use lexon::Doc;

use crate::badrows::failure::{AdapterFailure, Crash, Violation};
use crate::payload::{CollectorPayload, RawEvent};
use crate::schema::check::Check;
use remote::{Answers, Post, Remote, Service};
use route::ROUTES;
use schemas::EventTypes;
pub use schemas::SchemaConfigError;

/// Why a payload gave no events.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AdaptError {
    /// It is not what its adapter expects: one bad row for the whole payload.
    #[error("the payload is not what its adapter expects")]
    Failed(AdapterFailure),
    /// The reference throws here: the whole record is a `generic_error`.
    #[error(transparent)]
    Crash(#[from] Crash),
}

/// All adapters, with the schemas they give to events.
#[derive(Clone)]
pub struct Adapters {
    /// One for each route, in the same order.
    types: Vec<EventTypes>,
    remote: Option<RemoteAdapters>,
}

/// The adapters that are services, and how they are asked.
#[derive(Clone)]
struct RemoteAdapters {
    adapters: Vec<Remote>,
    service: Arc<dyn Service>,
}

impl fmt::Debug for Adapters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let remote = self.remote.as_ref().map(|remote| &remote.adapters);
        f.debug_struct("Adapters")
            .field("remote", &remote)
            .finish_non_exhaustive()
    }
}

/// What the events of one payload may borrow from beside the payload itself. Can be used again for
/// the next payload, once the events are gone.
#[derive(Debug, Default)]
pub struct AdapterScratch {
    /// A document that is kept as long as the events.
    doc: Option<Doc>,
    /// The sequences of parameters that came before.
    orders: Orders,
}

/// One payload on its way through its adapter.
struct Job<'p, 'c> {
    payload: &'p CollectorPayload<'p>,
    scratch: &'p mut AdapterScratch,
    types: &'c EventTypes,
    check: &'c mut dyn Check,
}

/// What an adapter makes of a payload.
type Found<'p> = Result<Vec<RawEvent<'p>>, Stop>;

/// Why an adapter gave up.
enum Stop {
    Failed(Vec<Violation>),
    Crash(Crash),
}

impl From<Violation> for Stop {
    fn from(violation: Violation) -> Stop {
        Stop::Failed(vec![violation])
    }
}

impl From<Crash> for Stop {
    fn from(crash: Crash) -> Stop {
        Stop::Crash(crash)
    }
}

impl Adapters {
    /// All adapters. `overrides` replaces default schemas: `section.key` of the configuration's
    /// `adaptersSchemas`, for example `hubspot.contact_creation`, to an Iglu URI.
    ///
    /// # Errors
    /// The first override that is no Iglu URI.
    pub fn new(overrides: &HashMap<String, String>) -> Result<Adapters, SchemaConfigError> {
        let types = ROUTES
            .iter()
            .map(|route| EventTypes::new(&route.schemas, overrides));
        Ok(Adapters {
            types: types.collect::<Result<_, _>>()?,
            remote: None,
        })
    }

    /// The same with adapters that are services; they go before the others, and of two with one
    /// path the later counts.
    #[must_use]
    pub fn with_remote(mut self, adapters: Vec<Remote>, service: Arc<dyn Service>) -> Adapters {
        self.remote = Some(RemoteAdapters { adapters, service }).filter(|r| !r.adapters.is_empty());
        self
    }

    /// Whether there are adapters that are services, so that it pays to [`Adapters::ask`] for the
    /// payloads of a batch together.
    pub fn has_remote(&self) -> bool {
        self.remote.is_some()
    }

    fn remote(&self, payload: &CollectorPayload<'_>) -> Option<(&Remote, &dyn Service)> {
        let api = &payload.api;
        let all = self.remote.as_ref()?;
        let fits = |remote: &&Remote| remote.version == api.version && remote.vendor == api.vendor;
        let remote = all.adapters.iter().rev().find(fits)?;
        Some((remote, &*all.service))
    }

    /// What a service must be asked before this payload can be adapted.
    pub fn question(&self, payload: &CollectorPayload<'_>) -> Option<Post> {
        let (remote, _) = self.remote(payload)?;
        remote::post(remote, payload)
    }

    /// The answers to the questions of a batch, asked together. Waits for the slowest.
    pub fn ask(&self, questions: Vec<Post>) -> Answers {
        match &self.remote {
            Some(remote) if !questions.is_empty() => Answers::wait(&*remote.service, questions),
            _ => Answers::default(),
        }
    }

    /// The raw events of a payload, in order; never an empty list. Services whose `answers` were
    /// not waited for before are asked now.
    ///
    /// # Errors
    /// [`AdaptError::Failed`] with everything its adapter finds wrong, or [`AdaptError::Crash`].
    pub fn adapt<'p>(
        &self,
        payload: &'p CollectorPayload<'p>,
        scratch: &'p mut AdapterScratch,
        check: &mut dyn Check,
        answers: &mut Answers,
    ) -> Result<Vec<RawEvent<'p>>, AdaptError> {
        let api = &payload.api;
        let remote = self.remote(payload);
        let route = ROUTES
            .iter()
            .zip(&self.types)
            .find(|(route, _)| route.version == api.version && route.vendor == api.vendor);
        let found = match (remote, route) {
            (Some((remote, service)), _) => remote::run(payload, answers, remote, service),
            (None, Some((route, types))) => (route.run)(Job {
                payload,
                scratch,
                types,
                check,
            }),
            (None, None) => Err(Stop::from(Violation::input(
                "vendor/version",
                Some(&format!("{}/{}", api.vendor, api.version)),
                "vendor/version combination is not supported",
            ))),
        };
        found.map_err(|stop| match stop {
            Stop::Crash(crash) => AdaptError::Crash(crash),
            Stop::Failed(violations) => AdaptError::Failed(AdapterFailure {
                violations,
                tracker_protocol: api.version == "tp2"
                    && (api.vendor == "com.snowplowanalytics.snowplow" || api.vendor == "r"),
            }),
        })
    }
}

#[cfg(test)]
mod tests;
