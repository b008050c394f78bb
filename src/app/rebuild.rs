//! Builds the stages from what the command line names, at the start and again whenever that changed.
//!
//! A rebuild reads resolver and enrichments anew, checks them as a start does, builds everything beside the
//! running stages and exchanges them as one ([`Live`]). What cannot be used is refused, and the old stages
//! go on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;

use crate::adapters::Adapters;
use crate::assets::files::Files;
use crate::clock::Clock;
use crate::config::{EnrichmentConfig, Env, enrichments, resolver};
use crate::enrichments::chain::{Chain, Order, Setting};
use crate::pipeline::live::Live;
use crate::pipeline::worker::{Pipeline, Settings};
use crate::schema::client::IgluClient;
use crate::schema::resolver::ResolverConfig;

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
    /// Of the generation in use; held while a new one is built.
    inputs: Mutex<Inputs>,
}

impl Rebuilder {
    /// Builds the first generation.
    ///
    /// # Errors
    /// One message that names the file, the field and the mend.
    pub(super) fn start(fixed: Fixed) -> anyhow::Result<Rebuilder> {
        let resolver = resolver::load(&fixed.iglu_config, &fixed.env)?;
        let iglu = fixed.client(resolver.clone())?;
        let enrichments = enrichments::load(&fixed.enrichments, &fixed.env, &iglu)?;
        let pipeline = fixed.pipeline(&enrichments)?;
        let inputs = Inputs {
            resolver,
            enrichments,
        };
        Ok(Rebuilder {
            fixed,
            live: Live::new(pipeline, iglu),
            inputs: Mutex::new(inputs),
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
        let mut known = self.inputs();
        let fixed = &self.fixed;
        let resolver = resolver::load(&fixed.iglu_config, &fixed.env)?;
        let same_resolver = resolver == known.resolver;
        // schemas that are known stay known as long as the registries are the same
        let iglu = if same_resolver {
            Arc::clone(&self.live.current().iglu)
        } else {
            fixed.client(resolver.clone())?
        };
        let enrichments = enrichments::load(&fixed.enrichments, &fixed.env, &iglu)?;
        let same_enrichments = enrichments == known.enrichments && why == Why::Configuration;
        if same_resolver && same_enrichments {
            return Ok(Rebuilt::Unchanged);
        }
        let pipeline = if same_enrichments {
            Arc::clone(&self.live.current().pipeline)
        } else {
            fixed.pipeline(&enrichments)?
        };
        *known = Inputs {
            resolver,
            enrichments,
        };
        Ok(Rebuilt::Exchanged(self.live.exchange(pipeline, iglu)))
    }

    fn inputs(&self) -> MutexGuard<'_, Inputs> {
        self.inputs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fixed {
    fn client(&self, resolver: ResolverConfig) -> anyhow::Result<Arc<IgluClient>> {
        let client = IgluClient::new(resolver, self.clock).context(self.iglu_config.clone())?;
        Ok(Arc::new(client))
    }

    fn pipeline(&self, enrichments: &[EnrichmentConfig]) -> anyhow::Result<Arc<Pipeline>> {
        let settings: Vec<Setting<'_>> = enrichments
            .iter()
            .map(|config| Setting {
                schema: &config.schema,
                data: &config.data,
                origin: &config.origin,
            })
            .collect();
        Ok(Arc::new(Pipeline {
            adapters: Arc::clone(&self.adapters),
            chain: Chain::build(self.order, &settings, &Files::default())?,
            settings: self.settings.clone(),
        }))
    }
}
