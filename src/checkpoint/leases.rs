//! Runs a [`LeaseEngine`] in real time on a store, for the source that reads the shards.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use leases::{
    Action, Counts, Event, LeaseEngine, ListError, NotHeld, SequenceNumber, Settings, Shard,
    Shards, Store, StoreError,
};
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

/// Requests to the table at one time.
const AT_ONCE: usize = 64;
/// A listing of a stream with very many shards is many calls.
const LISTING: Duration = Duration::from_secs(60);

/// The leases of this process. Copies are the same; all calls are short, but for those that say that they
/// wait.
#[derive(Clone)]
pub struct Leases(Arc<Shared>);

struct Shared {
    engine: Mutex<LeaseEngine>,
    began: Instant,
    /// Something changed that the engine should act on.
    changed: Notify,
    told: Mutex<Told>,
    heard: Condvar,
    heard_async: Notify,
}

#[derive(Default)]
struct Told {
    events: VecDeque<Event>,
    released: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // every change under the locks here is one step
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Leases {
    /// Starts to take leases, on tasks of `runtime`. `seed` should differ between workers.
    pub fn start<S: Store, L: Shards>(
        runtime: &Handle,
        settings: Settings,
        seed: u64,
        store: S,
        shards: L,
    ) -> Leases {
        // a write that hangs must be over before the lease could be lost
        let patience = settings.failover / 3;
        let shared = Arc::new(Shared {
            engine: Mutex::new(LeaseEngine::new(settings, seed)),
            began: Instant::now(),
            changed: Notify::new(),
            told: Mutex::default(),
            heard: Condvar::new(),
            heard_async: Notify::new(),
        });
        let driver = Driver {
            shared: Arc::clone(&shared),
            store: Arc::new(store),
            shards: Arc::new(shards),
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            patience,
        };
        runtime.spawn(driver.run());
        Leases(shared)
    }

    /// The next event, if there is one.
    pub fn try_event(&self) -> Option<Event> {
        lock(&self.0.told).events.pop_front()
    }

    /// The next event; waits at most so long, on this thread.
    pub fn wait_event(&self, at_most: Duration) -> Option<Event> {
        let mut told = lock(&self.0.told);
        let end = Instant::now() + at_most;
        loop {
            if let Some(event) = told.events.pop_front() {
                return Some(event);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let waited = self.0.heard.wait_timeout(told, left);
            told = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The next event; for one task at a time.
    pub async fn event(&self) -> Event {
        loop {
            if let Some(event) = self.try_event() {
                return event;
            }
            self.0.heard_async.notified().await;
        }
    }

    /// Whether a tenure lasts: ask before anything of the shard is let out.
    pub fn holds(&self, shard: &str, epoch: u64) -> bool {
        lock(&self.0.engine).holds(self.0.now(), shard, epoch)
    }

    /// Everything of the shard up to this record is durable. Written soon, not at once.
    ///
    /// # Errors
    /// When the tenure is over.
    pub fn checkpoint(
        &self,
        shard: &str,
        epoch: u64,
        number: SequenceNumber,
        sub: u64,
    ) -> Result<(), NotHeld> {
        lock(&self.0.engine).checkpoint(self.0.now(), shard, epoch, number, sub)?;
        self.0.changed.notify_one();
        Ok(())
    }

    /// The shard is closed, everything in it is durable, and `children` came of it; none when the stream
    /// does not know the shard any more. [`Event::Ended`] follows.
    ///
    /// # Errors
    /// When the tenure is over.
    pub fn shard_ended(
        &self,
        shard: &str,
        epoch: u64,
        children: Vec<Shard>,
    ) -> Result<(), NotHeld> {
        lock(&self.0.engine).shard_ended(self.0.now(), shard, epoch, children)?;
        self.0.changed.notify_one();
        Ok(())
    }

    /// Takes no more leases and keeps those that are held, while work under way finishes.
    pub fn drain(&self) {
        lock(&self.0.engine).drain();
        self.0.changed.notify_one();
    }

    /// Writes the last positions and gives all leases back, for others to take at once. Waits at most so
    /// long; false when something could not be given back, which then expires.
    pub fn release_all(&self, at_most: Duration) -> bool {
        lock(&self.0.engine).release_all();
        self.0.changed.notify_one();
        let told = lock(&self.0.told);
        let waited = self
            .0
            .heard
            .wait_timeout_while(told, at_most, |told| !told.released);
        waited.unwrap_or_else(PoisonError::into_inner).0.released
    }

    /// Requests so far.
    pub fn counts(&self) -> Counts {
        *lock(&self.0.engine).counts()
    }

    /// How many leases are held.
    pub fn held(&self) -> usize {
        lock(&self.0.engine).held()
    }
}

impl Shared {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn tell(&self, event: Event) {
        tracing::info!(?event, "lease");
        let mut told = lock(&self.told);
        told.released |= event == Event::Released;
        told.events.push_back(event);
        self.heard.notify_all();
        self.heard_async.notify_one();
    }
}

struct Driver<S, L> {
    shared: Arc<Shared>,
    store: Arc<S>,
    shards: Arc<L>,
    permits: Arc<Semaphore>,
    patience: Duration,
}

impl<S: Store, L: Shards> Driver<S, L> {
    async fn run(self) {
        loop {
            let now = self.shared.now();
            let (actions, wake) = {
                let mut engine = lock(&self.shared.engine);
                (engine.poll(now), engine.wake())
            };
            for action in actions {
                let is_last = matches!(action, Action::Tell(Event::Released));
                self.act(action);
                if is_last {
                    return;
                }
            }
            let left = wake.saturating_sub(self.shared.now());
            // either way there is something to do
            let _ = timeout(left, self.shared.changed.notified()).await;
        }
    }

    fn act(&self, action: Action) {
        let shared = Arc::clone(&self.shared);
        match action {
            Action::Tell(event) => shared.tell(event),
            Action::Store(id, op) => {
                let (store, permits) = (Arc::clone(&self.store), Arc::clone(&self.permits));
                let patience = self.patience;
                tokio::spawn(async move {
                    // never closed
                    let permit = permits.acquire().await;
                    let key = op.key().cloned();
                    // a look at a large table is many calls
                    let patience = patience * if key.is_some() { 1 } else { 6 };
                    let result = timeout(patience, store.run(op)).await.unwrap_or_else(|_| {
                        Err(StoreError::Unknown(format!("no answer in {patience:?}")))
                    });
                    drop(permit);
                    match &result {
                        Ok(_) | Err(StoreError::Conflict(_)) => {}
                        Err(error) => tracing::warn!(?key, %error, "lease table"),
                    }
                    lock(&shared.engine).stored(shared.now(), id, result);
                    shared.changed.notify_one();
                });
            }
            Action::List(id, filter) => {
                let shards = Arc::clone(&self.shards);
                tokio::spawn(async move {
                    let result = timeout(LISTING, shards.list(filter)).await;
                    let result =
                        result.unwrap_or_else(|_| Err(ListError("no answer in time".to_owned())));
                    if let Err(error) = &result {
                        tracing::warn!(%error, "leases");
                    }
                    lock(&shared.engine).listed(shared.now(), id, result);
                    shared.changed.notify_one();
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Future, pending};

    use leases::{
        HashRange, InitialPosition, Lease, MemoryStore, Op, Position, Reply, ShardFilter,
    };

    use super::*;

    struct OneShard;

    impl Shards for OneShard {
        async fn list(&self, _filter: ShardFilter) -> Result<Vec<Shard>, ListError> {
            Ok(vec![Shard {
                id: "shardId-000000000000".into(),
                parents: Vec::new(),
                hash_range: Some(HashRange::ALL),
                starting_sequence: Some(SequenceNumber::from(1)),
                is_open: true,
            }])
        }
    }

    fn settings(worker: &str) -> Settings {
        let mut settings = Settings::new(worker, worker, InitialPosition::TrimHorizon);
        settings.empty_table_wait = Duration::ZERO;
        settings
    }

    fn acquired(event: Option<Event>) -> (Position, u64) {
        match event {
            Some(Event::Acquired {
                position, epoch, ..
            }) => (position, epoch),
            other => panic!("{other:?}"),
        }
    }

    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn a_lease_is_made_taken_written_and_given_back() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let store = MemoryStore::default();
        let start = |worker: &str| {
            let settings = settings(worker);
            Leases::start(runtime.handle(), settings, 1, store.clone(), OneShard)
        };
        let first = start("a");
        let (position, epoch) = acquired(first.wait_event(PATIENCE));
        assert_eq!(position, Position::TrimHorizon);
        let shard = "shardId-000000000000";
        assert!(first.holds(shard, epoch) && !first.holds(shard, epoch + 1));
        let number = SequenceNumber::from(17);
        assert_eq!(first.checkpoint(shard, epoch, number.clone(), 3), Ok(()));
        assert_eq!(first.checkpoint(shard, epoch + 1, number, 3), Err(NotHeld));
        assert!(first.release_all(PATIENCE));
        assert!(!first.holds(shard, epoch));
        let row: Lease = store.with(|table| (**table.get(shard).unwrap()).clone());
        assert_eq!(
            (row.owner, row.checkpoint.to_string()),
            (None, "17/3".to_owned())
        );
        let second = start("b");
        assert_eq!(acquired(second.wait_event(PATIENCE)).0.to_string(), "17/3");
    }

    /// A table that stops to answer.
    struct Hangs(MemoryStore, Arc<std::sync::atomic::AtomicBool>);

    impl Store for Hangs {
        fn run(&self, op: Op) -> impl Future<Output = Result<Reply, StoreError>> + Send {
            let hangs = self.1.load(std::sync::atomic::Ordering::Relaxed);
            let answer = self.0.with(|table| table.apply(op));
            async move {
                if hangs {
                    pending::<()>().await;
                }
                answer
            }
        }
    }

    #[test]
    fn a_lease_is_lost_when_the_table_does_not_answer_any_more() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let hangs = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let store = Hangs(MemoryStore::default(), Arc::clone(&hangs));
        let mut settings = settings("a");
        settings.failover = Duration::from_millis(600);
        let leases = Leases::start(runtime.handle(), settings, 1, store, OneShard);
        let (_, epoch) = acquired(leases.wait_event(PATIENCE));
        hangs.store(true, std::sync::atomic::Ordering::Relaxed);
        let lost = leases.wait_event(PATIENCE);
        assert!(matches!(lost, Some(Event::Lost { epoch: lost, .. }) if lost == epoch));
        assert!(!leases.holds("shardId-000000000000", epoch));
        hangs.store(false, std::sync::atomic::Ordering::Relaxed);
        assert!(acquired(leases.wait_event(PATIENCE)).1 > epoch);
    }
}
