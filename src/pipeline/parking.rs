//! Records that wait for look-ups: all those of a batch wait together, beside the thread that enriches, and
//! their rows come out at the place of the record.
//!
//! A record that waits leaves no row. It is processed anew when its answers are there; what was answered is
//! kept with the batch, so the second time it goes further. Batches without look-ups pay for none of this.

use std::collections::HashMap;

use crossbeam_channel::{Receiver, bounded, select};

use super::outcomes::Outcomes;
use super::worker::Worker;
use crate::remote::Asked;

/// Batches of one worker that wait.
const MOST_PARKED: usize = 8;
/// After so many rounds a record waits on the spot: a script can make up another question each time.
const MOST_ROUNDS: u32 = 8;

/// The rows of a batch in the order of its records, some of which may wait.
pub struct InOrder<'o> {
    /// The rows up to the first record that waits.
    first: &'o mut Outcomes,
    /// What comes behind it.
    rest: Vec<Part>,
    asked: Asked,
}

enum Part {
    Rows(Box<Outcomes>),
    Waits { number: u64, record: Vec<u8> },
}

/// Records that wait for look-ups, and the rows of those behind the first of them.
pub struct Parked {
    rest: Vec<Part>,
    asked: Asked,
    rounds: u32,
}

impl<'o> InOrder<'o> {
    /// Adds to `out`.
    pub fn new(out: &'o mut Outcomes) -> InOrder<'o> {
        InOrder {
            first: out,
            rest: Vec::new(),
            asked: Asked::default(),
        }
    }

    /// Processes a record; `then` gets the rows it goes behind, with its own, unless the record waits.
    pub fn add(
        &mut self,
        worker: &mut Worker,
        number: u64,
        record: &[u8],
        then: &mut dyn FnMut(u64, &mut Outcomes),
    ) {
        let InOrder { first, rest, asked } = self;
        if let Some(Part::Waits { .. }) = rest.last() {
            rest.push(Part::Rows(Box::default()));
        }
        let rows = match rest.last_mut() {
            Some(Part::Rows(rows)) => rows,
            _ => &mut **first,
        };
        if worker.attempt(record, rows, asked) {
            then(number, rows);
        } else {
            let record = record.to_vec();
            rest.push(Part::Waits { number, record });
        }
    }

    /// What waits now; none where all rows are in their place.
    pub fn finish(self) -> Option<Parked> {
        let InOrder { rest, asked, .. } = self;
        (!rest.is_empty()).then_some(Parked {
            rest,
            asked,
            rounds: 0,
        })
    }
}

impl Parked {
    /// Waits until everything that is asked for has its answer; all of it is under way together.
    pub fn wait(&mut self, worker: &Worker) {
        let (answered, wake) = bounded::<()>(1);
        let tell = move || {
            let _ = answered.send(());
        };
        worker.runner().answer(&mut self.asked, tell);
        // closed instead where there are no threads to ask with: the next rounds see to that
        let _ = wake.recv();
    }

    /// Processes again what waited, behind the rows in `out`; what waits still, if anything does.
    pub fn again(
        self,
        worker: &mut Worker,
        out: &mut Outcomes,
        then: &mut dyn FnMut(u64, &mut Outcomes),
    ) -> Option<Parked> {
        let Parked {
            rest,
            mut asked,
            rounds,
        } = self;
        if rounds >= MOST_ROUNDS {
            asked.wait_on_the_spot(worker.runner());
        }
        let mut order = InOrder {
            first: out,
            rest: Vec::new(),
            asked,
        };
        for part in rest {
            match part {
                Part::Rows(rows) if order.rest.is_empty() => order.first.append(&rows),
                Part::Rows(rows) => order.rest.push(Part::Rows(rows)),
                Part::Waits { number, record } => order.add(worker, number, &record, then),
            }
        }
        order.finish().map(|parked| Parked {
            rounds: rounds + 1,
            ..parked
        })
    }
}

/// A batch as the thread that enriches sees it.
pub trait Load {
    /// Processes all records; what waits, if anything does.
    fn process(&mut self, worker: &mut Worker) -> Option<Parked>;
    /// Processes again what waited.
    fn again(&mut self, worker: &mut Worker, parked: Parked) -> Option<Parked>;
}

enum Next<L> {
    Load(L),
    Answered(u64),
    Closed,
}

/// Enriches batches until there are no more, or `done` takes none any more. While one waits for look-ups
/// the next ones go on.
pub fn work<L: Load>(mut worker: Worker, loads: &Receiver<L>, mut done: impl FnMut(L) -> bool) {
    // as many as can be sent, so that no answer waits for this thread
    let (answered, wake) = bounded::<u64>(MOST_PARKED);
    let mut parked: HashMap<u64, (L, Parked)> = HashMap::new();
    let mut number = 0;
    let mut more = true;
    loop {
        let next = match (parked.is_empty(), more && parked.len() < MOST_PARKED) {
            (true, false) => return,
            (true, true) => loads.recv().map_or(Next::Closed, Next::Load),
            (false, false) => wake.recv().map_or(Next::Closed, Next::Answered),
            (false, true) => select! {
                recv(wake) -> number => number.map_or(Next::Closed, Next::Answered),
                recv(loads) -> load => load.map_or(Next::Closed, Next::Load),
            },
        };
        let (load, waits) = match next {
            Next::Closed => {
                more = false;
                continue;
            }
            Next::Load(mut load) => {
                let waits = load.process(&mut worker);
                (load, waits)
            }
            Next::Answered(number) => {
                let Some((mut load, waited)) = parked.remove(&number) else {
                    continue;
                };
                let waits = load.again(&mut worker, waited);
                (load, waits)
            }
        };
        match waits {
            None => {
                if !done(load) {
                    return;
                }
            }
            Some(mut waiting) => {
                number += 1;
                let answered = answered.clone();
                let tell = move || {
                    let _ = answered.send(number);
                };
                worker.runner().answer(&mut waiting.asked, tell);
                parked.insert(number, (load, waiting));
            }
        }
    }
}

#[cfg(test)]
mod tests;
