//! Positions that go into the transactions of the sinks, so that rows and positions are seen together or not
//! at all.
//!
//! A transaction ends when it is time to commit and before partitions are given back. When it is given up,
//! every record since the last one that went through is read again; work under way on them is forgotten by
//! the [`Ledger`], so that none of its rows gets into the next transaction.
//!
//! A worker that was taken for dead is shut out twice: the group's coordinator refuses positions of a member
//! of an older generation, and a client with the same `transactional.id` takes the place of the older one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use super::{Context, KafkaSource};
#[cfg(doc)]
use crate::checkpoint::ledger::Ledger;
use crate::clock::Ids;
use crate::cloud::backoff::Backoff;
use crate::cloud::kafka::transaction::{Transaction, TransactionError, Transactional};
use crate::sources::SourceError;

/// How long a consumer may take to go back.
const SEEKING: Duration = Duration::from_secs(30);

/// The transactions of the sinks, as the source sees them.
pub(super) struct ExactlyOnce {
    transactions: Arc<dyn Transactional>,
    timeout: Duration,
    /// After transactions that were given up.
    backoff: Backoff,
    state: Mutex<State>,
}

struct State {
    /// Where each partition goes on after a transaction was given up.
    restart: BTreeMap<i32, i64>,
    /// A transaction was given up and the consumer has not gone back yet.
    go_back: bool,
    /// The client can do nothing more; nothing is tried again.
    dead: bool,
    /// How many were given up since one went through.
    aborts: u32,
    failed: Option<String>,
    ids: Ids,
}

impl ExactlyOnce {
    pub(super) fn new(transactions: Arc<dyn Transactional>, timeout: Duration) -> ExactlyOnce {
        ExactlyOnce {
            backoff: transactions.backoff(),
            transactions,
            timeout,
            state: Mutex::new(State {
                restart: BTreeMap::new(),
                go_back: false,
                dead: false,
                aborts: 0,
                failed: None,
                ids: Ids::from_system(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the transaction can only be given up.
    pub(super) fn has_failed(&self) -> bool {
        self.transactions.has_failed()
    }

    /// Records from `first` on are handed out.
    pub(super) fn started(&self, partition: i32, first: i64) {
        self.state().restart.entry(partition).or_insert(first);
    }

    /// Ends the transaction: with all positions that are done, or by giving it up.
    pub(super) fn end(&self, context: &Context, consumer: &BaseConsumer<Context>) {
        if self.state().dead {
            return;
        }
        let mut transaction = self.transactions.lock();
        let committed = self.commit(transaction.as_mut(), context, consumer);
        self.conclude(transaction.as_mut(), context, committed);
    }

    /// Ends the transaction before partitions are given back, or when they were `lost`.
    pub(super) fn end_of(
        &self,
        context: &Context,
        consumer: &BaseConsumer<Context>,
        partitions: &[i32],
        lost: bool,
    ) {
        if self.state().dead {
            context.ledger.revoke(partitions);
            return;
        }
        let mut transaction = self.transactions.lock();
        let committed = if lost {
            Err(TransactionError::Abort(
                "the group went on without this worker".to_owned(),
            ))
        } else {
            self.commit(transaction.as_mut(), context, consumer)
        };
        self.conclude(transaction.as_mut(), context, committed);
        // before the sinks may go on: no row of these partitions goes into the next transaction
        context.ledger.revoke(partitions);
        let mut state = self.state();
        for partition in partitions {
            state.restart.remove(partition);
        }
    }

    /// The last transaction.
    ///
    /// # Errors
    /// When it did not go through.
    pub(super) fn last(
        &self,
        context: &Context,
        consumer: &BaseConsumer<Context>,
    ) -> Result<(), SourceError> {
        self.end(context, consumer);
        let state = self.state();
        match &state.failed {
            Some(problem) => Err(SourceError(problem.clone())),
            None if state.go_back || state.dead => Err(SourceError(
                "the last transaction was given up; its records will be read again".to_owned(),
            )),
            None => Ok(()),
        }
    }

    fn commit(
        &self,
        transaction: &mut dyn Transaction,
        context: &Context,
        consumer: &BaseConsumer<Context>,
    ) -> Result<(), TransactionError> {
        transaction.flush(self.timeout)?;
        // a batch goes into a transaction as a whole, so what is done now is what the transaction holds
        let ready = context.ledger.take_ready();
        if ready.is_empty() && !transaction.is_open() {
            return Ok(());
        }
        let group = consumer.group_metadata().ok_or_else(|| {
            TransactionError::Abort("the consumer is not a member of its group".to_owned())
        })?;
        let committed = transaction.commit(&context.offsets(&ready), &group, self.timeout);
        context.told.committed(committed.is_ok(), &ready);
        committed?;
        let mut state = self.state();
        state.aborts = 0;
        state.restart.extend(ready);
        Ok(())
    }

    fn conclude(
        &self,
        transaction: &mut dyn Transaction,
        context: &Context,
        committed: Result<(), TransactionError>,
    ) {
        let Err(problem) = committed else { return };
        let aborted = match &problem {
            TransactionError::Abort(_) => transaction.abort(self.timeout),
            TransactionError::Fatal(_) => Err(problem.clone()),
        };
        // everything that is under way belongs to the transaction that is gone
        context.ledger.revoke_all();
        transaction.forget();
        let mut state = self.state();
        match aborted {
            Ok(()) => {
                state.aborts += 1;
                state.go_back = true;
                let (attempt, of) = (state.aborts, self.backoff.retries);
                tracing::warn!(%problem, attempt, of, "a transaction was given up; its records are read again");
                if self.backoff.is_over(attempt) {
                    state.failed = Some(format!(
                        "{attempt} transactions in a row did not go through: {problem}"
                    ));
                }
            }
            Err(error) => {
                state.dead = true;
                state.failed = Some(format!("transactions cannot go on: {problem}; {error}"));
            }
        }
    }
}

impl KafkaSource {
    /// After a transaction was given up: waits a little, and goes back to where it began.
    pub(super) fn start_again(&mut self) -> Result<(), SourceError> {
        let Some(exactly_once) = &self.consumer.context().exactly_once else {
            return Ok(());
        };
        let mut state = exactly_once.state();
        if let Some(problem) = state.failed.take() {
            return Err(SourceError(problem));
        }
        if !std::mem::take(&mut state.go_back) {
            return Ok(());
        }
        let State { aborts, ids, .. } = &mut *state;
        let wait = exactly_once.backoff.full_jitter(*aborts, ids.fraction());
        let mut positions = std::mem::take(&mut state.restart);
        drop(state);
        for (partition, open) in std::mem::take(&mut self.open) {
            positions.entry(partition).or_insert(open.first);
        }
        thread::sleep(wait);
        let failed = |error: KafkaError| {
            SourceError(format!(
                "kafka consumer: cannot go back to read again: {error}"
            ))
        };
        let assigned = self.consumer.assignment().map_err(failed)?;
        let mut list = TopicPartitionList::new();
        for element in assigned.elements() {
            if let Some(position) = positions.get(&element.partition()) {
                list.add_partition_offset(
                    element.topic(),
                    element.partition(),
                    Offset::Offset(*position),
                )
                .map_err(failed)?;
            }
        }
        if list.count() == 0 {
            return Ok(());
        }
        let sought = self
            .consumer
            .seek_partitions(list, SEEKING)
            .map_err(failed)?;
        for element in sought.elements() {
            element.error().map_err(failed)?;
        }
        let mut state = match &self.consumer.context().exactly_once {
            Some(exactly_once) => exactly_once.state(),
            None => return Ok(()),
        };
        state.restart = positions;
        Ok(())
    }
}
