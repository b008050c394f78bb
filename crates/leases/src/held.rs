//! A lease that this worker holds.

use std::sync::Arc;
use std::time::Duration;

use crate::event::RequestId;
use crate::lease::Lease;
use crate::position::Position;
use crate::shard::{Shard, ShardId};

/// What is being done with a held lease.
#[derive(Debug)]
pub(crate) enum Stage {
    /// Its parents may not be done: look again then; `left` of them are being asked for now.
    Waiting {
        next: Duration,
        left: usize,
        blocked: bool,
    },
    /// The source reads it.
    Reading,
    /// All of it is done: its children get leases, then the end is written.
    Ending(Ending),
    /// The end is in the table; it stays until its children have started.
    Finished,
}

/// The way to the end of a shard.
#[derive(Debug)]
pub(crate) struct Ending {
    /// From the last answer of the shard.
    pub children: Vec<Shard>,
    pub step: Step,
    pub busy: Option<RequestId>,
    /// Not before then.
    pub next: Duration,
    /// How often the other parent of a merged child had no lease.
    pub deferred: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Look for the other parent of the child of this number.
    OtherParent(usize, ShardId),
    /// Create the lease of the child of this number.
    Child(usize),
    /// Write the children into the lease.
    Children,
    /// Write the end.
    End,
}

impl Ending {
    pub fn new(shard: &str, children: Vec<Shard>) -> Ending {
        let mut ending = Ending {
            children,
            step: Step::End,
            busy: None,
            next: Duration::ZERO,
            deferred: 0,
        };
        ending.step = ending.step_of(shard, 0);
        ending
    }

    /// The step for the child of a number, or what follows the last.
    pub fn step_of(&self, shard: &str, number: usize) -> Step {
        let Some(child) = self.children.get(number) else {
            return if self.children.is_empty() {
                Step::End
            } else {
                Step::Children
            };
        };
        match child.parents.iter().find(|parent| ***parent != *shard) {
            Some(other) => Step::OtherParent(number, Arc::clone(other)),
            None => Step::Child(number),
        }
    }
}

/// A lease that this worker holds.
#[derive(Debug)]
pub(crate) struct Held {
    /// The row as this worker wrote or read it last.
    pub lease: Arc<Lease>,
    /// Names this tenure.
    pub epoch: u64,
    /// When the last write that went through was sent: others count from then or later.
    pub renewed: Duration,
    /// When to write next.
    pub due: Duration,
    /// Everything up to here is done.
    pub wanted: Option<Position>,
    /// When a position was written last.
    pub checkpointed: Duration,
    /// The one write to its row that is under way.
    pub busy: Option<RequestId>,
    /// Writes that failed in a row.
    pub failures: u32,
    pub stage: Stage,
    /// Whether it is to be given back.
    pub leaving: bool,
    /// When a finished lease is looked at again.
    pub look: Duration,
    /// Whether its row is not needed any more.
    pub delete: bool,
}

impl Held {
    pub fn new(lease: Arc<Lease>, epoch: u64, sent: Duration, due: Duration) -> Held {
        let stage = if lease.is_finished() {
            Stage::Finished
        } else {
            Stage::Waiting {
                next: Duration::ZERO,
                left: 0,
                blocked: false,
            }
        };
        Held {
            lease,
            epoch,
            renewed: sent,
            due,
            wanted: None,
            checkpointed: sent,
            busy: None,
            failures: 0,
            stage,
            leaving: false,
            look: Duration::ZERO,
            delete: false,
        }
    }

    /// Whether the source knows this tenure.
    pub fn is_told(&self) -> bool {
        matches!(self.stage, Stage::Reading | Stage::Ending(_))
    }

    /// The position that should be in the table and is not.
    pub fn unwritten(&self) -> Option<&Position> {
        self.wanted
            .as_ref()
            .filter(|wanted| **wanted > self.lease.checkpoint)
    }

    /// Whether the next thing to write is the end.
    pub fn ends(&self) -> bool {
        matches!(&self.stage, Stage::Ending(ending) if ending.step == Step::End)
    }
}
