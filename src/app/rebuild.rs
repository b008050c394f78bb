//! Builds the stages from what the command line names, at the start and again whenever that changed.
//!
//! A rebuild reads resolver and enrichments anew, checks them as a start does, builds everything beside the
//! running stages and exchanges them as one ([`Live`]). What cannot be used is refused, and the old stages
//! go on.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;

use super::files;
use crate::adapters::Adapters;
use crate::assets::files::Files;
use crate::assets::store::Store;
use crate::assets::watch;
use crate::clock::Clock;
use crate::cloud::http::Certificates;
use crate::config::{EnrichmentConfig, Env, enrichments, resolver};
use crate::enrichments::ScriptLimits;
use crate::enrichments::chain::{Chain, Order, Setting};
use crate::pipeline::live::Live;
use crate::pipeline::worker::{Pipeline, Settings};
use crate::schema::client::IgluClient;
use crate::schema::fetch::HttpSettings;
use crate::schema::resolver::ResolverConfig;
use crate::telemetry::Telemetry;

/// How often files are read again when they change meanwhile.
const STEADY_TRIES: u32 = 5;

/// What a rebuild is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Configurations may have changed; nothing happens when they did not.
    Configuration,
    /// Assets have changed; the enrichments are built anew in any case.
    Assets,
}

/// How a rebuild ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rebuilt {
    /// The configurations are those in use.
    Unchanged,
    /// Workers go over to the generation of this number.
    Exchanged(u64),
}

/// What does not change while the program runs.
pub(super) struct Fixed {
    /// The argument of `--iglu-config`.
    pub(super) iglu_config: String,
    /// The argument of `--enrichments`.
    pub(super) enrichments: String,
    pub(super) env: Env,
    pub(super) clock: Clock,
    pub(super) order: Order,
    pub(super) adapters: Arc<Adapters>,
    pub(super) settings: Settings,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) certificates: Certificates,
    pub(super) private_addresses: bool,
    pub(super) scripts: ScriptLimits,
}

/// The configurations that a generation was built from.
#[derive(Clone, PartialEq)]
struct Inputs {
    resolver: ResolverConfig,
    enrichments: Vec<EnrichmentConfig>,
}

/// Builds generations, one at a time.
pub struct Rebuilder {
    fixed: Fixed,
    live: Arc<Live>,
    /// The files that the enrichments in use were built from.
    assets: Arc<Store>,
    /// Of the generation in use.
    inputs: Mutex<Arc<Inputs>>,
    /// The fingerprint of the files that were read last, whether they could be used or not.
    read: AtomicU64,
    /// Held while a generation is built.
    building: Mutex<()>,
}

impl Rebuilder {
    /// Builds the first generation.
    ///
    /// # Errors
    /// One message that names the file, the field and the mend.
    pub(super) fn start(fixed: Fixed) -> anyhow::Result<Rebuilder> {
        // before the first is read: what changes from here on is a change
        let read = fixed.fingerprint();
        let resolver = resolver::load(&fixed.iglu_config, &fixed.env)?;
        let iglu = fixed.client(resolver.clone())?;
        let enrichments = enrichments::load(&fixed.enrichments, &fixed.env, &iglu)?;
        let assets = Store::new(Files::new(
            fixed.certificates.clone(),
            fixed.private_addresses,
        ));
        let pipeline = fixed.pipeline(&enrichments, &assets)?;
        let inputs = Inputs {
            resolver,
            enrichments,
        };
        Ok(Rebuilder {
            fixed,
            assets: Arc::new(assets),
            live: Live::new(pipeline, iglu),
            inputs: Mutex::new(Arc::new(inputs)),
            read: AtomicU64::new(read),
            building: Mutex::new(()),
        })
    }

    /// The generation in use.
    pub fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// Reads the configurations again and, where needed, exchanges the stages. Takes as long as a start
    /// does; workers go on meanwhile. A second call waits for the first.
    ///
    /// # Errors
    /// As at a start; nothing is exchanged then.
    pub fn rebuild(&self, why: Why) -> anyhow::Result<Rebuilt> {
        let _alone = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.inputs();
        let fixed = &self.fixed;
        let (resolver, iglu, enrichments) = self.read_steady(&known)?;
        let same_resolver = resolver == known.resolver;
        let same_enrichments = enrichments == known.enrichments && why == Why::Configuration;
        if same_resolver && same_enrichments {
            return Ok(Rebuilt::Unchanged);
        }
        let pipeline = if same_enrichments {
            Arc::clone(&self.live.current().pipeline)
        } else {
            fixed.pipeline(&enrichments, &self.assets)?
        };
        *self.slot() = Arc::new(Inputs {
            resolver,
            enrichments,
        });
        Ok(Rebuilt::Exchanged(self.live.exchange(pipeline, iglu)))
    }

    /// Looks for newer assets every `period` for as long as the program runs, and builds the enrichments anew
    /// from them. Old ones stay where newer ones cannot be had or used.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn watch_assets(self: &Arc<Self>, period: Duration) -> io::Result<()> {
        let rebuilder = Arc::clone(self);
        watch::start(Arc::clone(&self.assets), period, move || {
            // the message in one line
            let rebuilt = rebuilder.rebuild(Why::Assets);
            rebuilt.map(drop).map_err(|error| format!("{error:#}"))
        })
    }

    /// The configurations, all as they were at one moment: read again while they change. The client is the
    /// one in use as long as the registries are the same, so that schemas that are known stay known.
    fn read_steady(
        &self,
        known: &Inputs,
    ) -> anyhow::Result<(ResolverConfig, Arc<IgluClient>, Vec<EnrichmentConfig>)> {
        let fixed = &self.fixed;
        let mut tries = 0;
        loop {
            let before = self.fingerprint();
            let read = || {
                let resolver = resolver::load(&fixed.iglu_config, &fixed.env)?;
                let iglu = if resolver == known.resolver {
                    Arc::clone(&self.live.current().iglu)
                } else {
                    fixed.client(resolver.clone())?
                };
                let enrichments = enrichments::load(&fixed.enrichments, &fixed.env, &iglu)?;
                anyhow::Ok((resolver, iglu, enrichments))
            };
            let read = read();
            tries += 1;
            if self.fingerprint() == before {
                self.read.store(before, Ordering::Release);
                return read;
            }
            anyhow::ensure!(
                tries < STEADY_TRIES,
                "{} and {} change while they are read; try again when they are at rest",
                fixed.iglu_config,
                fixed.enrichments
            );
        }
    }

    /// A number that changes with the contents of the files that the configurations are read from, also
    /// when folders or links on the way to them are exchanged.
    pub fn fingerprint(&self) -> u64 {
        self.fixed.fingerprint()
    }

    /// The [fingerprint](Rebuilder::fingerprint) of the files that were read last.
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Acquire)
    }

    /// The enabled enrichments of the generation in use: schema of the configuration, and its file.
    pub fn enrichments(&self) -> Vec<(String, String)> {
        self.inputs()
            .enrichments
            .iter()
            .map(|config| (config.schema.uri().to_owned(), config.origin.clone()))
            .collect()
    }

    /// The names of the registries in use.
    pub fn registries(&self) -> Vec<String> {
        self.inputs()
            .resolver
            .repositories
            .iter()
            .map(|registry| registry.name.clone())
            .collect()
    }

    fn inputs(&self) -> Arc<Inputs> {
        Arc::clone(&self.slot())
    }

    fn slot(&self) -> MutexGuard<'_, Arc<Inputs>> {
        self.inputs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fixed {
    fn fingerprint(&self) -> u64 {
        files::fingerprint(&[&self.iglu_config, &self.enrichments])
    }

    fn client(&self, resolver: ResolverConfig) -> anyhow::Result<Arc<IgluClient>> {
        let http = HttpSettings {
            certificates: self.certificates.clone(),
            ..HttpSettings::default()
        };
        let client =
            IgluClient::with_http(resolver, self.clock, http).context(self.iglu_config.clone())?;
        Ok(Arc::new(client.watched(Arc::clone(&self.telemetry))))
    }

    fn pipeline(
        &self,
        enrichments: &[EnrichmentConfig],
        assets: &Store,
    ) -> anyhow::Result<Arc<Pipeline>> {
        let settings: Vec<Setting<'_>> = enrichments
            .iter()
            .map(|config| Setting {
                schema: &config.schema,
                data: &config.data,
                origin: &config.origin,
            })
            .collect();
        let mut chain = assets.reading(|| Chain::build(self.order, &settings, assets))?;
        chain.limit_scripts(self.scripts);
        Ok(Arc::new(Pipeline {
            adapters: Arc::clone(&self.adapters),
            chain,
            settings: self.settings.clone(),
        }))
    }
}
