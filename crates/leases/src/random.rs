//! Randomness from a seed, so that every run can be repeated.

use std::time::Duration;

/// A generator (splitmix64).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The same seed gives the same numbers.
    pub fn seeded(seed: u64) -> Random {
        Random(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a bound, 0 when the bound is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        // the bias of a remainder is nothing beside 2^64
        (self.bits() % (bound as u64).max(1)) as usize
    }

    /// A duration up to this one.
    pub fn up_to(&mut self, most: Duration) -> Duration {
        let share = (self.bits() >> 11) as f64 / (1u64 << 53) as f64;
        most.mul_f64(share)
    }

    /// Moves the first `count` places of a list to random elements of it.
    pub fn pick<T>(&mut self, list: &mut [T], count: usize) {
        for place in 0..count.min(list.len()) {
            let other = place + self.below(list.len() - place);
            list.swap(place, other);
        }
    }
}
