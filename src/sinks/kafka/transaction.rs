//! Rows in transactions: the producer's side of [`crate::cloud::kafka::transaction`].

use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::producer::Producer as _;

use super::Producer;
use crate::cloud::backoff::Backoff;
use crate::cloud::kafka::transaction::{Transaction, TransactionError, Transactional};
use crate::sinks::SinkError;

/// How long one call of librdkafka may take before it is repeated.
const STEP: Duration = Duration::from_secs(5);
/// A commit that was sent may have been done, so it is asked for that long.
const COMMITTING: Duration = Duration::from_secs(300);
const TICK: Duration = Duration::from_millis(1);

/// While it lives, rows go into one transaction. Dropped before [`Inside::done`], the transaction can only be
/// given up: it holds a part of a batch.
pub struct Inside<'p> {
    producer: &'p Producer,
    _open: MutexGuard<'p, bool>,
    whole: bool,
}

impl Inside<'_> {
    /// All rows of the batch went in.
    pub fn done(mut self) {
        self.whole = true;
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if !self.whole {
            let context = self.producer.inner.context();
            context.has_failed.store(true, Ordering::Release);
        }
    }
}

impl Producer {
    /// Whether rows go into transactions.
    pub fn is_transactional(&self) -> bool {
        self.transaction.is_some()
    }

    /// Makes the brokers ready for transactions: what a client of the same name left open is given up, and
    /// that client is shut out.
    ///
    /// # Errors
    /// When the brokers are not ready in that time.
    pub fn init(&self, at_most: Duration) -> Result<(), SinkError> {
        if self.transaction.is_none() {
            return Ok(());
        }
        let end = Instant::now() + at_most;
        repeat(end, |step| self.inner.init_transactions(step)).map_err(|error| {
            SinkError::Failed(format!("transactions at {}: {error}", self.servers))
        })
    }

    /// Begins a transaction for a batch, or goes on with the one that is open; `None` without transactions.
    /// Waits while the last one is given up.
    ///
    /// # Errors
    /// When `abort` says so, or the client can do nothing more.
    pub fn enter(&self, abort: &dyn Fn() -> bool) -> Result<Option<Inside<'_>>, SinkError> {
        let Some(transaction) = &self.transaction else {
            return Ok(None);
        };
        loop {
            let mut open = lock(transaction);
            if !self.has_failed() {
                if !*open {
                    self.begin(&mut open)
                        .map_err(|error| SinkError::Failed(format!("transaction: {error}")))?;
                }
                return Ok(Some(Inside {
                    producer: self,
                    _open: open,
                    whole: false,
                }));
            }
            drop(open);
            if abort() {
                return Err(SinkError::Stopped);
            }
            thread::sleep(TICK);
        }
    }

    fn begin(&self, open: &mut bool) -> Result<(), TransactionError> {
        self.inner
            .begin_transaction()
            .map_err(|error| judge(&error))?;
        *open = true;
        Ok(())
    }

    /// Waits until the fate of every row is known.
    fn settle(&self, end: Instant) -> bool {
        let context = self.inner.context();
        while context.outstanding.load(Ordering::Acquire) > 0 {
            if Instant::now() >= end {
                return false;
            }
            thread::sleep(TICK);
        }
        true
    }

    fn first_failure(&self) -> String {
        let failed = self.inner.context().failed.lock();
        let failed = failed.unwrap_or_else(PoisonError::into_inner);
        match failed.first() {
            Some(first) => format!(
                "{} rows for topic {} could not be written: {}",
                failed.len(),
                rdkafka::Message::topic(&first.message),
                first.error
            ),
            None => "a batch was not written to its end".to_owned(),
        }
    }
}

fn lock(transaction: &Mutex<bool>) -> MutexGuard<'_, bool> {
    transaction.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Repeats a call while it asks for that and there is time.
fn repeat(
    end: Instant,
    mut call: impl FnMut(Duration) -> KafkaResult<()>,
) -> Result<(), TransactionError> {
    loop {
        let left = end.saturating_duration_since(Instant::now());
        match call(left.min(STEP)) {
            Ok(()) => return Ok(()),
            Err(KafkaError::Transaction(error))
                if error.is_retriable() && !error.txn_requires_abort() && !left.is_zero() =>
            {
                tracing::debug!(error = error.string(), "transaction: once more");
                // a call that fails at once must not be repeated at once
                thread::sleep(Duration::from_millis(20).min(left));
            }
            Err(error) => return Err(judge(&error)),
        }
    }
}

/// What librdkafka says of an error: only those it marks can be mended by giving the transaction up.
fn judge(error: &KafkaError) -> TransactionError {
    match error {
        KafkaError::Transaction(error) if error.is_fatal() => {
            TransactionError::Fatal(error.string())
        }
        KafkaError::Transaction(error) if error.txn_requires_abort() || error.is_retriable() => {
            TransactionError::Abort(error.string())
        }
        KafkaError::Transaction(error) => TransactionError::Fatal(error.string()),
        error => TransactionError::Abort(error.to_string()),
    }
}

struct Locked<'p> {
    producer: &'p Producer,
    open: MutexGuard<'p, bool>,
}

impl Transactional for Producer {
    fn lock(&self) -> Box<dyn Transaction + '_> {
        match &self.transaction {
            Some(transaction) => Box::new(Locked {
                producer: self,
                open: lock(transaction),
            }),
            None => Box::new(Nothing),
        }
    }

    fn backoff(&self) -> Backoff {
        self.backoff
    }

    fn has_failed(&self) -> bool {
        Producer::has_failed(self)
    }
}

impl Transaction for Locked<'_> {
    fn is_open(&self) -> bool {
        *self.open
    }

    fn flush(&mut self, at_most: Duration) -> Result<(), TransactionError> {
        let end = Instant::now() + at_most;
        // the time may be over, or a row may have come back: both are seen below
        let _ = self.producer.inner.flush(at_most);
        let settled = self.producer.settle(end);
        if self.producer.has_failed() {
            Err(TransactionError::Abort(self.producer.first_failure()))
        } else if settled {
            Ok(())
        } else {
            Err(TransactionError::Abort(format!(
                "rows were not written within {at_most:?}"
            )))
        }
    }

    fn commit(
        &mut self,
        positions: &TopicPartitionList,
        group: &ConsumerGroupMetadata,
        at_most: Duration,
    ) -> Result<(), TransactionError> {
        let inner = &self.producer.inner;
        if !*self.open {
            self.producer.begin(&mut self.open)?;
        }
        let end = Instant::now() + at_most;
        if positions.count() > 0 {
            repeat(end, |step| {
                inner.send_offsets_to_transaction(positions, group, step)
            })?;
        }
        repeat(Instant::now() + COMMITTING, |step| {
            inner.commit_transaction(step)
        })?;
        *self.open = false;
        Ok(())
    }

    fn abort(&mut self, at_most: Duration) -> Result<(), TransactionError> {
        let end = Instant::now() + at_most;
        if *self.open {
            repeat(end, |step| self.producer.inner.abort_transaction(step))
                .map_err(|error| TransactionError::Fatal(error.to_string()))?;
            *self.open = false;
        }
        if self.producer.settle(end) {
            Ok(())
        } else {
            Err(TransactionError::Fatal(format!(
                "rows under way did not come back within {at_most:?}"
            )))
        }
    }

    fn forget(&mut self) {
        drop(self.producer.inner.context().take());
    }
}

/// The transaction of a client that has none.
struct Nothing;

impl Transaction for Nothing {
    fn is_open(&self) -> bool {
        false
    }

    fn flush(&mut self, _: Duration) -> Result<(), TransactionError> {
        Ok(())
    }

    fn commit(
        &mut self,
        _: &TopicPartitionList,
        _: &ConsumerGroupMetadata,
        _: Duration,
    ) -> Result<(), TransactionError> {
        Err(TransactionError::Fatal(
            "there is no transaction".to_owned(),
        ))
    }

    fn abort(&mut self, _: Duration) -> Result<(), TransactionError> {
        Ok(())
    }

    fn forget(&mut self) {}
}
