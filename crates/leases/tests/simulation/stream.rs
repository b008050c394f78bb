//! A stream that is split and merged while it is read.

use std::collections::BTreeMap;

use leases::{HashRange, InitialPosition, Random, SequenceNumber, Shard, ShardFilter, ShardId};

/// Sequence numbers of a shard begin behind a multiple of this.
const SPACE: u128 = 1 << 40;

pub struct TrueShard {
    pub shard: Shard,
    number: u128,
    born: u64,
    closed: Option<u64>,
    /// Records a second, until the stream falls silent.
    rate: u64,
    pub children: Vec<ShardId>,
}

pub struct Stream {
    pub shards: BTreeMap<ShardId, TrueShard>,
    /// No more records from then on.
    pub silent: u64,
}

impl Stream {
    pub fn new(count: u32, random: &mut Random) -> Stream {
        let mut stream = Stream {
            shards: BTreeMap::new(),
            silent: u64::MAX,
        };
        let step = u128::MAX / u128::from(count);
        for n in 0..u128::from(count) {
            let end = if n + 1 == u128::from(count) {
                u128::MAX
            } else {
                step * (n + 1) - 1
            };
            let range = HashRange {
                start: step * n,
                end,
            };
            stream.add(0, Vec::new(), range, random);
        }
        stream
    }

    fn add(
        &mut self,
        now: u64,
        parents: Vec<ShardId>,
        range: HashRange,
        random: &mut Random,
    ) -> ShardId {
        let number = self.shards.len() as u128;
        let id: ShardId = format!("shardId-{number:012}").into();
        let shard = Shard {
            id: ShardId::clone(&id),
            parents,
            hash_range: Some(range),
            starting_sequence: Some(SequenceNumber::from(number * SPACE)),
            is_open: true,
        };
        let new = TrueShard {
            shard,
            number,
            born: now,
            closed: None,
            rate: random.below(6) as u64,
            children: Vec::new(),
        };
        self.shards.insert(ShardId::clone(&id), new);
        id
    }

    /// How many records a shard has.
    pub fn count(&self, shard: &str, now: u64) -> u64 {
        let shard = &self.shards[shard];
        let until = now.min(shard.closed.unwrap_or(u64::MAX)).min(self.silent);
        until.saturating_sub(shard.born) * shard.rate / 1_000_000
    }

    pub fn is_closed(&self, shard: &str) -> bool {
        self.shards[shard].closed.is_some()
    }

    /// The sequence number of the record of an index, the first one is 1.
    pub fn number(&self, shard: &str, index: u64) -> SequenceNumber {
        (self.shards[shard].number * SPACE + u128::from(index)).into()
    }

    /// The index of the record of a sequence number.
    pub fn index(&self, shard: &str, number: &SequenceNumber) -> u64 {
        let number: u128 = number.as_str().parse().unwrap();
        u64::try_from(number - self.shards[shard].number * SPACE).unwrap()
    }

    pub fn children(&self, shard: &str) -> Vec<Shard> {
        let children = self.shards[shard].children.iter();
        children
            .map(|child| self.shards[child].shard.clone())
            .collect()
    }

    pub fn list(&self, filter: ShardFilter) -> Vec<Shard> {
        let fits = |shard: &Shard| match filter {
            ShardFilter::All => true,
            ShardFilter::StartOf(InitialPosition::Latest) => shard.is_open,
            ShardFilter::StartOf(_) => shard.parents.is_empty(),
        };
        let shards = self.shards.values().map(|shard| shard.shard.clone());
        shards.filter(fits).collect()
    }

    fn close(&mut self, shard: &str, now: u64, children: &[ShardId]) {
        let shard = self.shards.get_mut(shard).unwrap();
        shard.closed = Some(now);
        shard.shard.is_open = false;
        shard.children = children.to_vec();
    }

    /// Splits a shard or merges two.
    pub fn reshard(&mut self, now: u64, random: &mut Random) {
        let open = self.shards.values().filter(|shard| shard.shard.is_open);
        let mut open: Vec<(HashRange, ShardId)> = open
            .map(|shard| (shard.shard.hash_range.unwrap(), shard.shard.id.clone()))
            .collect();
        open.sort();
        let place = random.below(open.len());
        let (range, id) = open[place].clone();
        if random.below(2) == 0 && range.end - range.start > 1000 {
            let middle = range.start + (range.end - range.start) / 2;
            let halves = [(range.start, middle), (middle + 1, range.end)];
            let children = halves.map(|(start, end)| {
                self.add(now, vec![id.clone()], HashRange { start, end }, random)
            });
            self.close(&id, now, &children);
        } else if let Some((next, other)) = open.get(place + 1).cloned() {
            let range = HashRange {
                start: range.start,
                end: next.end,
            };
            let child = self.add(now, vec![id.clone(), other.clone()], range, random);
            self.close(&id, now, std::slice::from_ref(&child));
            self.close(&other, now, &[child]);
        }
    }
}
