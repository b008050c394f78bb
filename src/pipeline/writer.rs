//! The thread that hands rows to the sinks, batch by batch in the order of each partition.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::budget::Share;
use super::drain::Stop;
use super::outcomes::{Counts, Outcomes};
use crate::badrows::Processor;
#[cfg(any(feature = "kafka", feature = "kinesis"))]
use crate::badrows::SizeLimits;
use crate::checkpoint::ledger::Ledger;
use crate::checkpoint::pending::Pending;
use crate::checkpoint::receipt::Receipt;
use crate::clock::Clock;
use crate::output::labels::{LabelFields, Labels};
use crate::output::rows::Rows;
#[cfg(feature = "kafka")]
use crate::sinks::kafka::{Inside, KafkaSink, Producer};
#[cfg(feature = "kinesis")]
use crate::sinks::kinesis::KinesisSink;
use crate::sinks::rotating::Rotating;
use crate::sinks::{Oversized, SinkError};
use crate::telemetry::tally::{Passage, Written};

/// Where rows of one kind go.
pub enum Sink {
    /// Files of lines.
    File(Rotating),
    /// A topic.
    #[cfg(feature = "kafka")]
    Kafka(KafkaSink),
    /// A stream.
    #[cfg(feature = "kinesis")]
    Kinesis(KinesisSink),
}

impl Sink {
    /// Whether rows that came back from a topic or stream of that name are of this sink.
    #[cfg(any(feature = "kafka", feature = "kinesis"))]
    fn is(&self, name: &str) -> bool {
        match self {
            Sink::File(_) => false,
            #[cfg(feature = "kafka")]
            Sink::Kafka(sink) => sink.topic() == name,
            #[cfg(feature = "kinesis")]
            Sink::Kinesis(sink) => sink.stream() == name,
        }
    }
}

/// The sinks of a pipeline.
pub struct Sinks {
    /// Enriched events.
    pub good: Sink,
    /// Bad rows.
    pub bad: Sink,
    /// Events that tell of replaced personal data.
    pub pii: Option<Sink>,
    /// What goes beside the rows of good and of pii events.
    pub labels: [LabelFields; 2],
}

/// The rows of one batch.
pub(super) struct Done {
    pub(super) receipt: Receipt,
    pub(super) outcomes: Outcomes,
    pub(super) share: Share,
    pub(super) passage: Option<Passage>,
}

/// Batches of one assignment of a partition.
#[derive(Default)]
struct Lane {
    next: u64,
    early: BTreeMap<u64, Done>,
}

pub(super) struct Writer<'w> {
    pub(super) sinks: Sinks,
    pub(super) ledger: &'w Ledger,
    pub(super) stop: &'w Stop,
    #[cfg_attr(
        not(any(feature = "kafka", feature = "kinesis")),
        expect(dead_code, reason = "only topics and streams refuse rows by size")
    )]
    pub(super) processor: &'w Processor,
    #[cfg_attr(
        not(any(feature = "kafka", feature = "kinesis")),
        expect(dead_code, reason = "only topics and streams refuse rows by size")
    )]
    pub(super) clock: Clock,
    pub(super) counts: Counts,
    /// Where the memory of rows goes that were written.
    pub(super) spare: Option<Sender<Outcomes>>,
}

/// Memory of one batch that is used again, bytes at most: a few large records shall not keep it for ever.
const SPARE_BYTES: usize = 4 << 20;
/// How often the counts are logged.
const REPORT: Duration = Duration::from_secs(60);

impl Writer<'_> {
    /// Writes until all workers are gone; gives the counts of what was handed over.
    ///
    /// # Errors
    /// When a sink gave up. The rest is then not acknowledged.
    pub(super) fn run(mut self, done: &Receiver<Done>) -> Result<Counts, SinkError> {
        let mut lanes: BTreeMap<(i32, u64), Lane> = BTreeMap::new();
        let mut reported = Instant::now();
        loop {
            match done.recv_timeout(Duration::from_millis(20)) {
                Ok(batch) => {
                    let (partition, lease) = (batch.receipt.partition(), batch.receipt.lease());
                    let lane = lanes.entry((partition, lease)).or_default();
                    lane.early.insert(batch.receipt.number(), batch);
                    while let Some(batch) = lane.early.remove(&lane.next) {
                        lane.next += 1;
                        self.write(batch)?;
                    }
                    if lane.next == 1 {
                        let ledger = self.ledger;
                        lanes.retain(|(partition, lease), lane| {
                            !lane.early.is_empty() || ledger.is_current(*partition, *lease)
                        });
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.recover()?;
            self.is_streaming()?;
            if reported.elapsed() >= REPORT {
                reported = Instant::now();
                self.report();
            }
        }
        self.finish()?;
        self.report();
        Ok(self.counts)
    }

    fn report(&self) {
        let Counts {
            payloads,
            good,
            pii,
            bad,
        } = &self.counts;
        tracing::info!(
            payloads,
            good,
            bad = bad.values().sum::<u64>(),
            pii,
            "so far"
        );
    }

    fn write(&mut self, batch: Done) -> Result<(), SinkError> {
        let Done {
            receipt,
            mut outcomes,
            share,
            mut passage,
        } = batch;
        let tally = std::mem::take(&mut outcomes.tally);
        let Outcomes {
            good,
            bad,
            pii,
            good_labels,
            pii_labels,
            counts,
            ..
        } = &outcomes;
        #[cfg(feature = "kafka")]
        let transactional = self.transactional();
        #[cfg(feature = "kafka")]
        let inside = match &transactional {
            Some(producer) => producer.enter(&|| self.stop.is_over())?,
            None => None,
        };
        // taken away meanwhile: the next owner does it, here it would only be a duplicate
        if !self.ledger.is_current(receipt.partition(), receipt.lease()) {
            #[cfg(feature = "kafka")]
            leave(inside);
            return Ok(());
        }
        self.counts.add(counts);
        let with_pii = self.sinks.pii.is_some();
        let rows = good.len() + bad.len() + if with_pii { pii.len() } else { 0 };
        let written = Written {
            good: counts.good,
            // without the line feeds, which topics do not get
            good_bytes: (good.byte_len() - good.len()) as u64,
            pii: if with_pii { counts.pii } else { 0 },
            bad: counts.bad.clone(),
        };
        if let Some(passage) = &mut passage {
            passage.hand_over();
        }
        let pending = Pending::then(receipt, rows, move || {
            if let Some(passage) = passage {
                passage.written(&tally, &written);
            }
        });
        let stop = self.stop;
        let abort = || stop.is_over();
        let [good_fields, pii_fields] = &self.sinks.labels;
        let (none, no_fields) = (Labels::default(), LabelFields::default());
        let mut large = put(
            &mut self.sinks.good,
            good,
            good_labels,
            good_fields,
            &pending,
            &abort,
        )?;
        large.append(&mut put(
            &mut self.sinks.bad,
            bad,
            &none,
            &no_fields,
            &pending,
            &abort,
        )?);
        if let Some(sink) = &mut self.sinks.pii {
            large.extend(put(sink, pii, pii_labels, pii_fields, &pending, &abort)?);
        }
        large.into_iter().try_for_each(|row| self.replace(row))?;
        #[cfg(feature = "kafka")]
        leave(inside);
        drop(share);
        if let Some(spare) = &self.spare
            && outcomes.capacity() <= SPARE_BYTES
        {
            outcomes.clear();
            // enough are spare where there is no room
            let _ = spare.try_send(outcomes);
        }
        Ok(())
    }

    #[cfg(not(any(feature = "kafka", feature = "kinesis")))]
    fn replace(&mut self, large: Oversized) -> Result<(), SinkError> {
        Err(SinkError::Failed(format!(
            "{} takes no row of {} bytes",
            large.topic,
            large.row.len()
        )))
    }

    #[cfg(feature = "kinesis")]
    fn streams(&self) -> impl Iterator<Item = &KinesisSink> {
        let sinks = [
            Some(&self.sinks.good),
            Some(&self.sinks.bad),
            self.sinks.pii.as_ref(),
        ];
        sinks.into_iter().flatten().filter_map(|sink| match sink {
            Sink::Kinesis(sink) => Some(sink),
            _ => None,
        })
    }

    /// Whether rows are still on their way to streams.
    ///
    /// # Errors
    /// When one of the streams gave up.
    #[cfg(feature = "kinesis")]
    fn is_streaming(&self) -> Result<bool, SinkError> {
        let mut streaming = false;
        for sink in self.streams() {
            sink.failure()?;
            streaming |= sink.in_flight() > 0;
        }
        Ok(streaming)
    }

    #[cfg(not(feature = "kinesis"))]
    fn is_streaming(&self) -> Result<bool, SinkError> {
        Ok(false)
    }

    /// The client of all sinks when it writes in transactions.
    #[cfg(feature = "kafka")]
    fn transactional(&self) -> Option<Arc<Producer>> {
        match &self.sinks.good {
            Sink::Kafka(sink) if sink.producer().is_transactional() => {
                Some(Arc::clone(sink.producer()))
            }
            _ => None,
        }
    }

    #[cfg(feature = "kafka")]
    fn producers(&self) -> Vec<Arc<Producer>> {
        let sinks = [
            Some(&self.sinks.good),
            Some(&self.sinks.bad),
            self.sinks.pii.as_ref(),
        ];
        let mut producers: Vec<Arc<Producer>> = Vec::new();
        for sink in sinks.into_iter().flatten() {
            if let Sink::Kafka(sink) = sink
                && !producers
                    .iter()
                    .any(|known| Arc::ptr_eq(known, sink.producer()))
            {
                producers.push(Arc::clone(sink.producer()));
            }
        }
        producers
    }

    /// Sends again what came back.
    #[cfg(feature = "kafka")]
    fn recover(&mut self) -> Result<(), SinkError> {
        let stop = self.stop;
        for producer in self.producers() {
            // what comes back in a transaction ends it, which is up to the source
            while producer.has_failed() && !producer.is_transactional() {
                for large in producer.recover(&|| stop.is_over())? {
                    self.replace(large)?;
                }
            }
        }
        Ok(())
    }

    #[cfg(not(feature = "kafka"))]
    fn recover(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    /// A row that its topic does not take gives way to a bad row that says so, with the head of its text.
    #[cfg(any(feature = "kafka", feature = "kinesis"))]
    fn replace(&mut self, large: Oversized) -> Result<(), SinkError> {
        let Oversized {
            topic,
            row,
            pending,
            limit,
        } = large;
        let now = crate::badrows::Instant::from_millis(self.clock.now_millis());
        // where the limit is not known, halving gets there in a few rounds
        let limits = SizeLimits::new(limit.unwrap_or(row.len() / 2));
        let is_bad = self.sinks.bad.is(&topic);
        let text = String::from_utf8_lossy(&row).into_owned();
        let text = match is_bad {
            true => limits.bounded(self.processor, now, text),
            false => limits.oversized_event(self.processor, now, &text),
        };
        if text.len() >= row.len() {
            return Err(SinkError::Failed(format!(
                "topic {topic} does not even take rows of {} bytes",
                row.len()
            )));
        }
        tracing::warn!(
            topic,
            bytes = row.len(),
            "the topic does not take a row of this size; a size_violation goes out instead"
        );
        let mut rows = Rows::default();
        rows.push(text.as_bytes());
        let stop = self.stop;
        let (none, no_fields) = (Labels::default(), LabelFields::default());
        let sink = &mut self.sinks.bad;
        let large = put(sink, &rows, &none, &no_fields, &pending, &|| stop.is_over())?;
        // the stream of bad rows may have a lower limit; each round is shorter, see above
        large.into_iter().try_for_each(|row| self.replace(row))
    }

    /// Waits until everything is durable.
    fn finish(&mut self) -> Result<(), SinkError> {
        while self.is_streaming()? {
            if self.stop.is_over() {
                return Err(SinkError::Stopped);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        #[cfg(feature = "kafka")]
        loop {
            self.recover()?;
            if self.producers().iter().all(|producer| {
                // the source has ended the last transaction
                producer.is_transactional() || producer.in_flight() == 0 && !producer.has_failed()
            }) {
                break;
            }
            if self.stop.is_over() {
                return Err(SinkError::Stopped);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        for sink in [
            Some(&mut self.sinks.good),
            Some(&mut self.sinks.bad),
            self.sinks.pii.as_mut(),
        ]
        .into_iter()
        .flatten()
        {
            match sink {
                Sink::File(file) => file.finish()?,
                #[cfg(feature = "kafka")]
                Sink::Kafka(_) => {}
                #[cfg(feature = "kinesis")]
                Sink::Kinesis(_) => {}
            }
        }
        Ok(())
    }
}

/// All rows of a batch are in their transaction, where there is one.
#[cfg(feature = "kafka")]
fn leave(inside: Option<Inside<'_>>) {
    if let Some(inside) = inside {
        inside.done();
    }
}

/// Hands rows to a sink, and gives back those that it will never take for their size.
fn put(
    sink: &mut Sink,
    rows: &Rows,
    labels: &Labels,
    fields: &LabelFields,
    pending: &Arc<Pending>,
    abort: &dyn Fn() -> bool,
) -> Result<Vec<Oversized>, SinkError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    match sink {
        Sink::File(file) => {
            file.write(rows.iter())?;
            file.finish()?;
            pending.done(rows.len());
        }
        #[cfg(feature = "kafka")]
        Sink::Kafka(topic) => {
            let mut large = Vec::new();
            for (n, row) in rows.iter().enumerate() {
                let key = labels.key(n, fields);
                if topic.is_too_large(row, key, labels.headers(n, fields)) {
                    large.push(Oversized {
                        topic: topic.topic().to_owned(),
                        row: row.to_vec(),
                        pending: Arc::clone(pending),
                        limit: topic.largest_row(),
                    });
                    continue;
                }
                topic.send(
                    row,
                    key,
                    labels.headers(n, fields),
                    Arc::clone(pending),
                    abort,
                )?;
            }
            return Ok(large);
        }
        #[cfg(feature = "kinesis")]
        Sink::Kinesis(stream) => {
            let rows = rows.iter().enumerate();
            let keyed = rows.map(|(n, row)| (row, labels.key(n, fields)));
            return stream.send(keyed, pending, abort);
        }
    }
    #[cfg(not(feature = "kafka"))]
    let _ = (labels, fields, abort);
    Ok(Vec::new())
}
