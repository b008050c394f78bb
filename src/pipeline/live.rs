//! The stages that are in use now, exchanged as one while workers run.
//!
//! A worker looks between two batches, never within one, so no event sees half of the old and half of the
//! new. Whoever exchanges builds the new stages beside the old ones first; nobody waits for it.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::worker::Pipeline;
use crate::schema::client::IgluClient;

/// One generation of everything that enriches.
pub struct Stages {
    /// 1 for the first generation, and one more for each after it.
    pub number: u64,
    /// The stages.
    pub pipeline: Arc<Pipeline>,
    /// Where their schemas come from.
    pub iglu: Arc<IgluClient>,
}

/// The current generation, shared by all that use it.
pub struct Live(ArcSwap<Stages>);

impl Live {
    /// The first generation.
    pub fn new(pipeline: Arc<Pipeline>, iglu: Arc<IgluClient>) -> Arc<Live> {
        Arc::new(Live(ArcSwap::from_pointee(Stages {
            number: 1,
            pipeline,
            iglu,
        })))
    }

    /// What is in use now. Cheap, and never waits.
    pub fn current(&self) -> Arc<Stages> {
        self.0.load_full()
    }

    /// Whether a generation is the one in use.
    pub fn is_current(&self, stages: &Arc<Stages>) -> bool {
        Arc::ptr_eq(&self.0.load(), stages)
    }

    /// Puts a new generation in the place of the old one and gives its number. Workers go over to it before
    /// their next batch. Only one caller at a time may exchange: see `app::rebuild::Rebuilder`, which
    /// holds a lock while it builds.
    pub fn exchange(&self, pipeline: Arc<Pipeline>, iglu: Arc<IgluClient>) -> u64 {
        let number = self.0.load().number + 1;
        self.0.store(Arc::new(Stages {
            number,
            pipeline,
            iglu,
        }));
        number
    }
}
