//! In a program that was built without Kinesis.

use std::sync::Arc;
use std::time::Duration;

use crate::checkpoint::ledger::Ledger;
use crate::config::kinesis::{KinesisInput, KinesisOutput};
use crate::pipeline::writer::Sink;
use crate::sources::Source;
use crate::telemetry::Telemetry;

/// Of which there is none.
pub enum Aws {}

impl Aws {
    /// # Errors
    /// Always.
    pub fn of(_place: &mut Option<Aws>) -> anyhow::Result<&mut Aws> {
        anyhow::bail!("this program was built without Kinesis; build it with the feature kinesis")
    }

    /// Never called.
    pub fn sink(
        &mut self,
        _output: &KinesisOutput,
        _budget: u64,
        _telemetry: &Arc<Telemetry>,
    ) -> anyhow::Result<Sink> {
        match *self {}
    }

    /// Never called.
    pub fn source(
        &mut self,
        _input: &KinesisInput,
        _budget: u64,
        _ledger: &Arc<Ledger>,
        _telemetry: &Arc<Telemetry>,
    ) -> anyhow::Result<Box<dyn Source>> {
        match *self {}
    }

    /// Never called.
    pub fn reach(&mut self, _output: &KinesisOutput, _at_most: Duration) -> anyhow::Result<()> {
        match *self {}
    }

    /// Never called.
    pub fn reach_input(&mut self, _input: &KinesisInput, _at_most: Duration) -> anyhow::Result<()> {
        match *self {}
    }
}
