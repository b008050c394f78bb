//! The answers of one service: remembered for a time, and each question under way only once.
//!
//! Behaviour: the caching evaluator of Enrich 3.9.0, but for the questions under way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use quick_cache::UnitWeighter;
use quick_cache::sync::Cache;
use tokio::sync::{OnceCell, Semaphore};

use super::asked::{Answering, Asked, Question};
use super::{Asking, Looked, Reply};
use crate::clock::Clock;

/// How long answers are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// How many are remembered; none at all with 0.
    pub most: u64,
    /// For how many seconds; for ever with none.
    pub seconds: Option<i64>,
    /// For how many seconds it is remembered that there was no answer; not at all with none.
    pub error_seconds: Option<i64>,
}

/// What a service was asked, and what it answered. Clones are the same.
pub struct Remote<V> {
    shared: Arc<Shared<V>>,
}

struct Shared<V> {
    known: Option<Cache<Arc<str>, Arc<Entry<V>>>>,
    keep: Keep,
    clock: Clock,
    /// Questions that some batch has not done with.
    flights: Mutex<HashMap<Arc<str>, Weak<Flight<V>>>>,
    /// As many questions are under way at once.
    at_once: Semaphore,
}

/// What came of a question, and when, in seconds since 1970.
struct Entry<V> {
    failed: Option<Arc<str>>,
    /// The last answer, also when asking again has failed since.
    answer: Option<Arc<V>>,
    at: i64,
}

impl<V> Entry<V> {
    fn reply(&self) -> Reply<V> {
        match (&self.answer, &self.failed) {
            (Some(answer), _) => Ok(Arc::clone(answer)),
            (None, Some(failed)) => Err(Arc::clone(failed)),
            (None, None) => Err("there is no answer".into()),
        }
    }
}

/// A question that was asked, until nobody needs its answer.
struct Flight<V> {
    key: Arc<str>,
    home: Weak<Shared<V>>,
    asking: Mutex<Option<Asking<V>>>,
    reply: OnceCell<Reply<V>>,
}

impl<V: Send + Sync + 'static> Remote<V> {
    /// For a service that gets at most `at_once` questions at the same time.
    pub fn new(keep: Keep, at_once: usize, clock: Clock) -> Remote<V> {
        // a share of the expected size for the table, not all of it at once
        let estimate = usize::try_from(keep.most.min(1_000)).unwrap_or(1_000);
        let known =
            (keep.most > 0).then(|| Cache::with_weighter(estimate, keep.most, UnitWeighter));
        Remote {
            shared: Arc::new(Shared {
                known,
                keep,
                clock,
                flights: Mutex::default(),
                at_once: Semaphore::new(at_once),
            }),
        }
    }

    /// The answer to the question `key`; where it is not known, `asking` is put on the list.
    pub fn look(
        &self,
        key: &str,
        asked: &mut Asked,
        asking: impl FnOnce() -> Asking<V>,
    ) -> Looked<V> {
        if let Some(reply) = self.shared.remembered(key) {
            return Looked::Known(reply);
        }
        let flight = self.shared.flight(key, asking);
        if let Some(reply) = flight.reply.get() {
            // kept, so that it is the same for all events of the batch
            let reply = reply.clone();
            asked.pin(flight);
            return Looked::Known(reply);
        }
        let question: Arc<dyn Question> = Arc::clone(&flight) as Arc<dyn Question>;
        if asked.wait_for(question) {
            // it was answered on the spot
            return Looked::Known(match flight.reply.get() {
                Some(reply) => reply.clone(),
                None => Err("the look-up was given up".into()),
            });
        }
        Looked::Waits
    }
}

#[cfg(test)]
impl<V> Remote<V> {
    /// Sets the clock, while no question is under way.
    pub fn set_clock(&mut self, clock: Clock) {
        match Arc::get_mut(&mut self.shared) {
            Some(shared) => shared.clock = clock,
            None => panic!("a question is under way"),
        }
    }
}

impl<V: Send + Sync + 'static> Shared<V> {
    fn now(&self) -> i64 {
        self.clock.now_millis().div_euclid(1_000)
    }

    /// What is remembered and still counts.
    fn remembered(&self, key: &str) -> Option<Reply<V>> {
        let entry = self.known.as_ref()?.get(key)?;
        let seconds = match &entry.failed {
            None => self.keep.seconds,
            Some(_) => Some(self.keep.error_seconds?),
        };
        let counts = seconds.is_none_or(|seconds| self.now() - entry.at <= seconds);
        counts.then(|| entry.reply())
    }

    fn flights(&self) -> MutexGuard<'_, HashMap<Arc<str>, Weak<Flight<V>>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn flight(self: &Arc<Self>, key: &str, asking: impl FnOnce() -> Asking<V>) -> Arc<Flight<V>> {
        let mut flights = self.flights();
        if let Some(flight) = flights.get(key).and_then(Weak::upgrade) {
            return flight;
        }
        let key: Arc<str> = key.into();
        let flight = Arc::new(Flight {
            key: Arc::clone(&key),
            home: Arc::downgrade(self),
            asking: Mutex::new(Some(asking())),
            reply: OnceCell::new(),
        });
        flights.insert(key, Arc::downgrade(&flight));
        flight
    }

    /// Remembers what came of a question, and gives what counts now: the last answer where there was one.
    fn store(&self, key: &Arc<str>, result: Result<V, String>) -> Reply<V> {
        let at = self.now();
        let entry = match result {
            Ok(answer) => Entry {
                failed: None,
                answer: Some(Arc::new(answer)),
                at,
            },
            Err(failed) => Entry {
                failed: Some(failed.into()),
                answer: (self.known.as_ref())
                    .and_then(|known| known.get(key))
                    .and_then(|before| before.answer.clone()),
                at,
            },
        };
        let reply = entry.reply();
        if let Some(known) = &self.known
            && (entry.failed.is_none() || self.keep.error_seconds.is_some())
        {
            known.insert(Arc::clone(key), Arc::new(entry));
        }
        reply
    }
}

impl<V> Flight<V> {
    fn take(&self) -> Option<Asking<V>> {
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        asking.take()
    }
}

impl<V: Send + Sync + 'static> Question for Flight<V> {
    fn answered(self: Arc<Self>) -> Answering {
        Box::pin(async move {
            let _ = self.reply.get_or_init(|| self.ask()).await;
        })
    }

    fn is_answered(&self) -> bool {
        self.reply.initialized()
    }
}

impl<V: Send + Sync + 'static> Flight<V> {
    async fn ask(&self) -> Reply<V> {
        let gone = || Err(Arc::from("the look-up was given up"));
        let (Some(asking), Some(home)) = (self.take(), self.home.upgrade()) else {
            return gone();
        };
        let Ok(_permit) = home.at_once.acquire().await else {
            return gone();
        };
        // a task of its own, so that a defect in a client costs one answer
        let result = match tokio::spawn(asking).await {
            Ok(result) => result,
            Err(error) => Err(format!("the look-up broke: {error}")),
        };
        home.store(&self.key, result)
    }
}

impl<V> Drop for Flight<V> {
    fn drop(&mut self) {
        let Some(home) = self.home.upgrade() else {
            return;
        };
        let mut flights = home.flights.lock().unwrap_or_else(PoisonError::into_inner);
        // another may have started under this key since the last holder of this one let go
        if flights
            .get(&self.key)
            .is_some_and(|flight| flight.strong_count() == 0)
        {
            flights.remove(&self.key);
        }
    }
}
