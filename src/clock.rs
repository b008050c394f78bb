//! Time and randomness, passed in so that every run can be repeated.

use std::time::{SystemTime, UNIX_EPOCH};

/// Where the time comes from: the machine's clock, or one fixed instant for repeatable runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The machine's wall clock.
    System,
    /// Always this instant, in milliseconds since the epoch.
    Fixed(i64),
}

impl Clock {
    /// Milliseconds since the epoch, UTC.
    pub fn now_millis(self) -> i64 {
        match self {
            Clock::Fixed(millis) => millis,
            Clock::System => match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
                Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
            },
        }
    }
}

/// A generator of random event ids: xoshiro256++ seeded once a worker, so an id costs no system call.
#[derive(Debug, Clone)]
pub struct Ids {
    state: [u64; 4],
}

impl Ids {
    /// A generator with a given seed: the same seed gives the same ids.
    pub fn seeded(seed: u64) -> Ids {
        // splitmix64, the seeding that the generator's authors recommend
        let mut x = seed;
        let state = std::array::from_fn(|_| {
            x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = x;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        });
        Ids { state }
    }

    /// A generator seeded by the operating system (through the standard library's hasher keys).
    pub fn from_system() -> Ids {
        use std::hash::{BuildHasher, Hasher};
        let half = || {
            std::collections::hash_map::RandomState::new()
                .build_hasher()
                .finish()
        };
        let mut ids = Ids::seeded(half());
        let mask = half();
        for (n, word) in ids.state.iter_mut().enumerate() {
            *word ^= mask.rotate_left(n as u32 * 13);
        }
        ids
    }

    fn next(&mut self) -> u64 {
        let [s0, s1, s2, s3] = self.state;
        let result = s0.wrapping_add(s3).rotate_left(23).wrapping_add(s0);
        let t = s1 << 17;
        let mut s = [s0, s1, s2 ^ s0, s3 ^ s1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        self.state = s;
        result
    }

    /// A random number from 0 up to and without 1.
    pub fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.next()
    }

    /// A random (version 4) UUID in canonical text.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        let mut bytes = [0u8; 16];
        bytes[..8].copy_from_slice(&high.to_be_bytes());
        bytes[8..].copy_from_slice(&low.to_be_bytes());
        jvm::uuid::v4(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_ids_and_each_is_a_version_4_uuid() {
        let (mut a, mut b) = (Ids::seeded(7), Ids::seeded(7));
        let first = a.uuid();
        assert_eq!(first, b.uuid());
        assert_ne!(first, a.uuid());
        assert_eq!(first.len(), 36);
        assert_eq!(first.as_bytes()[14], b'4');
    }

    #[test]
    fn a_fixed_clock_stands_still() {
        assert_eq!(Clock::Fixed(5).now_millis(), 5);
    }
}
