//! Records on their way from the fetchers to the reader, bounded in bytes.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use leases::Shard;
use tokio::sync::Notify;

use super::book::Place;

/// Some consecutive records of one tenure.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Their bytes, back to back.
    pub bytes: Vec<u8>,
    /// Where each ends.
    pub ends: Vec<usize>,
}

/// What a fetcher has to say.
#[derive(Debug)]
pub(super) enum Item {
    /// Records, and the position that is done with them.
    Records(Chunk, Place),
    /// The shard is closed and all of it was given; the shards that came of it.
    End(Vec<Shard>),
}

impl Item {
    fn cost(&self) -> usize {
        match self {
            Item::Records(chunk, _) => chunk.bytes.len(),
            Item::End(_) => 0,
        }
    }
}

#[derive(Default)]
struct State {
    items: VecDeque<(i32, Item)>,
    /// Bytes that wait, and those that fetchers count on.
    bytes: usize,
}

/// The way from the fetchers to the reader.
pub(super) struct Feed {
    limit: usize,
    state: Mutex<State>,
    come: Condvar,
    freed: Notify,
}

/// Bytes that a fetcher may still bring.
pub(super) struct Room {
    feed: Arc<Feed>,
    bytes: usize,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.feed.free(self.bytes);
    }
}

impl Feed {
    /// For so many bytes.
    pub(super) fn new(limit: usize) -> Arc<Feed> {
        Arc::new(Feed {
            limit,
            state: Mutex::default(),
            come: Condvar::new(),
            freed: Notify::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn free(&self, bytes: usize) {
        let mut state = self.state();
        state.bytes = state.bytes.saturating_sub(bytes);
        drop(state);
        if bytes > 0 {
            self.freed.notify_waiters();
        }
    }

    /// The most bytes to ask for at a time.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Waits until there is room for so many bytes, or nothing at all is on its way.
    pub(super) async fn reserve(self: &Arc<Self>, bytes: usize) -> Room {
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            // what is freed from here on is noticed
            freed.as_mut().enable();
            {
                let mut state = self.state();
                if state.bytes == 0 || state.bytes + bytes <= self.limit {
                    state.bytes += bytes;
                    return Room {
                        feed: Arc::clone(self),
                        bytes,
                    };
                }
            }
            freed.await;
        }
    }

    /// Hands items of a tenure on; their bytes take the place of what was reserved.
    pub(super) fn push(&self, slot: i32, items: Vec<Item>, room: Room) {
        let bytes: usize = items.iter().map(Item::cost).sum();
        let mut state = self.state();
        state.bytes += bytes;
        state
            .items
            .extend(items.into_iter().map(|item| (slot, item)));
        drop(state);
        self.come.notify_all();
        drop(room);
    }

    /// The next item; waits for it.
    pub(super) fn pop(&self, until: Instant) -> Option<(i32, Item)> {
        let mut state = self.state();
        loop {
            if let Some((slot, item)) = state.items.pop_front() {
                let cost = item.cost();
                state.bytes = state.bytes.saturating_sub(cost);
                drop(state);
                self.freed.notify_waiters();
                return Some((slot, item));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            state = self
                .come
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Throws away what a tenure left.
    pub(super) fn forget(&self, slot: i32) {
        let mut freed = 0;
        let mut state = self.state();
        state.items.retain(|(of, item)| {
            let keep = *of != slot;
            freed += if keep { 0 } else { item.cost() };
            keep
        });
        drop(state);
        self.free(freed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn item(bytes: usize) -> Item {
        let chunk = Chunk {
            bytes: vec![0; bytes],
            ends: vec![bytes],
        };
        Item::Records(chunk, (7u128.into(), 0))
    }

    #[test]
    fn fetchers_wait_for_room_and_the_reader_makes_it() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let feed = Feed::new(100);
        let first = runtime.block_on(feed.reserve(80));
        // more came than was expected: it is carried
        feed.push(1, vec![item(90), item(30)], first);
        let late = runtime.block_on(async {
            tokio::time::timeout(Duration::from_millis(20), feed.reserve(50)).await
        });
        assert!(late.is_err());
        assert!(matches!(
            feed.pop(Instant::now()),
            Some((1, Item::Records(..)))
        ));
        let second = runtime.block_on(feed.reserve(50));
        feed.push(2, vec![item(1), Item::End(Vec::new())], second);
        feed.forget(1);
        assert_eq!(feed.state().bytes, 1);
        assert!(matches!(
            feed.pop(Instant::now()),
            Some((2, Item::Records(..)))
        ));
        assert!(matches!(feed.pop(Instant::now()), Some((2, Item::End(_)))));
        assert!(feed.pop(Instant::now()).is_none());
        assert_eq!(feed.state().bytes, 0);
    }

    #[test]
    fn one_that_is_larger_than_all_goes_alone() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let feed = Feed::new(10);
        drop(runtime.block_on(feed.reserve(1000)));
        assert_eq!(feed.state().bytes, 0);
    }
}
