//! What was answered before, bounded in number and bytes. Reading takes no lock.
//!
//! A table of sets of eight places each. A question belongs to one set; within it the place to give
//! up is found by a hand that goes round and spares places read since it last came by, which comes
//! near to giving up the one not read for longest.

use std::hash::Hasher;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use rustc_hash::FxHasher;

use super::question::Question;

/// Places in a set.
const WAYS: usize = 8;
/// Bytes that an answer and its question may take on average.
const BYTES_EACH: usize = 2048;
/// More answers than this are never kept: 256 MiB.
const MOST: usize = 1 << 17;
/// What an answer takes beside its texts.
const OVERHEAD: usize = 64;

/// The memory of answers.
#[derive(Debug)]
pub struct Answers {
    sets: Box<[Set]>,
    /// Places in use of each set: fewer than there are when few answers are to be kept.
    ways: usize,
}

#[derive(Debug, Default)]
struct Set {
    /// Hash of the question at each place; tells most strangers without reading the place.
    hashes: [AtomicU64; WAYS],
    places: [ArcSwapOption<Known>; WAYS],
    read: [AtomicBool; WAYS],
    /// The next place that may have to go. Held while something is put in.
    hand: Mutex<usize>,
}

#[derive(Debug)]
struct Known {
    question: Box<[u8]>,
    answer: Box<str>,
}

impl Known {
    fn answers(&self, question: &Question<'_>) -> bool {
        let mut rest = &*self.question;
        for (mark, value) in question.pieces() {
            let Some((&first, after)) = rest.split_first() else {
                return false;
            };
            match after.split_at_checked(value.len()) {
                Some((head, tail)) if first == mark && head == value => rest = tail,
                _ => return false,
            }
        }
        rest.is_empty()
    }

    fn size(&self) -> usize {
        self.question.len() + self.answer.len() + OVERHEAD
    }
}

impl Answers {
    /// Room for about `count` answers; none are kept when it is 0.
    pub fn new(count: usize) -> Answers {
        let count = count.min(MOST);
        let ways = count.min(WAYS);
        let sets = count.checked_div(ways).unwrap_or(0);
        Answers {
            sets: (0..sets).map(|_| Set::default()).collect(),
            ways,
        }
    }

    fn set(&self, hash: u64) -> Option<&Set> {
        let place = (u128::from(hash) * self.sets.len() as u128) >> 64;
        self.sets.get(place as usize)
    }

    /// A copy of what was answered to the question, if that is still known.
    pub fn get(&self, question: &Question<'_>) -> Option<String> {
        let hash = hash(question);
        let set = self.set(hash)?;
        for ((known, place), read) in set.hashes.iter().zip(&set.places).zip(&set.read) {
            if known.load(Relaxed) != hash {
                continue;
            }
            if let Some(found) = &*place.load()
                && found.answers(question)
            {
                // a place that is read often is not written to again and again
                if !read.load(Relaxed) {
                    read.store(true, Relaxed);
                }
                return Some(found.answer.as_ref().to_owned());
            }
        }
        None
    }

    /// Keeps an answer; those of their set that were not read lately make room.
    pub fn put(&self, question: &Question<'_>, answer: &str) {
        let hash = hash(question);
        let Some(set) = self.set(hash) else { return };
        let mut bytes = Vec::new();
        for (mark, value) in question.pieces() {
            bytes.push(mark);
            bytes.extend_from_slice(value);
        }
        let known = Known {
            question: bytes.into(),
            answer: answer.into(),
        };
        // what the others of the set may take beside it
        let Some(room) = (self.ways * BYTES_EACH).checked_sub(known.size()) else {
            return;
        };
        let mut hand = set.hand.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut free, mut held) = (None, 0);
        for (at, place) in set.places.iter().enumerate().take(self.ways) {
            match &*place.load() {
                Some(other) if other.answers(question) => return,
                Some(other) => held += other.size(),
                None => free = free.or(Some(at)),
            }
        }
        // twice round, as all may have been read
        for _ in 0..2 * self.ways {
            if free.is_some() && held <= room {
                break;
            }
            let at = *hand;
            *hand = (at + 1) % self.ways;
            let (Some(place), Some(read)) = (set.places.get(at), set.read.get(at)) else {
                continue;
            };
            if read.swap(false, Relaxed) {
                continue;
            }
            if let Some(gone) = place.swap(None) {
                held -= gone.size();
                free = free.or(Some(at));
            }
        }
        if held <= room
            && let Some(at) = free
            && let (Some(place), Some(tag)) = (set.places.get(at), set.hashes.get(at))
        {
            place.store(Some(Arc::new(known)));
            tag.store(hash, Relaxed);
        }
    }
}

fn hash(question: &Question<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    for (mark, value) in question.pieces() {
        hasher.write_u8(mark);
        hasher.write(value);
    }
    let hash = hasher.finish();
    // the set is told by the high bits, where this hasher is weak
    (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(answers: &Answers, agent: &str, answer: &str) {
        answers.put(&Question::new(agent, &[]), answer);
    }

    fn get(answers: &Answers, agent: &str) -> Option<String> {
        answers.get(&Question::new(agent, &[]))
    }

    fn held(answers: &Answers) -> (usize, usize) {
        let places = answers.sets.iter().flat_map(|set| &set.places);
        places
            .filter_map(|place| place.load_full())
            .fold((0, 0), |(count, bytes), known| {
                (count + 1, bytes + known.size())
            })
    }

    #[test]
    fn what_was_put_is_told_again() {
        let answers = Answers::new(100);
        put(&answers, "a", "1");
        put(&answers, "b", "2");
        put(&answers, "a", "1");
        assert_eq!(get(&answers, "a").as_deref(), Some("1"));
        assert_eq!(get(&answers, "b").as_deref(), Some("2"));
        assert_eq!(get(&answers, "ab"), None);
        assert_eq!(get(&answers, ""), None);
        assert_eq!(held(&answers).0, 2);
    }

    #[test]
    fn hints_are_part_of_the_question() {
        let answers = Answers::new(100);
        let headers = ["Sec-CH-UA-Mobile: ?1".into()];
        put(&answers, "a", "without");
        answers.put(&Question::new("a", &headers), "with");
        assert_eq!(get(&answers, "a").as_deref(), Some("without"));
        assert_eq!(
            answers.get(&Question::new("a", &headers)).as_deref(),
            Some("with")
        );
    }

    #[test]
    fn none_are_kept_when_none_are_wanted() {
        let answers = Answers::new(0);
        put(&answers, "a", "1");
        assert_eq!(get(&answers, "a"), None);
    }

    #[test]
    fn there_are_never_more_than_wanted() {
        for count in [1, 3, 8, 50] {
            let answers = Answers::new(count);
            for n in 0..1000 {
                let text = n.to_string();
                put(&answers, &text, &text);
                assert_eq!(get(&answers, &text), Some(text));
            }
            assert!(held(&answers).0 <= count, "{count}");
            assert!(held(&answers).0 * 2 > count, "{count}");
        }
    }

    #[test]
    fn bytes_are_bounded_and_what_is_too_long_is_not_kept() {
        let answers = Answers::new(8);
        for n in 0..100 {
            put(&answers, &format!("{n}"), &"x".repeat(n * 100));
            assert!(held(&answers).1 <= 8 * BYTES_EACH);
        }
        assert!(held(&answers).0 > 0);
        let before = held(&answers);
        put(&answers, "long", &"x".repeat(8 * BYTES_EACH));
        assert_eq!(held(&answers), before);
    }

    #[test]
    fn what_is_read_stays_longer_than_what_is_not() {
        let answers = Answers::new(8);
        put(&answers, "often", "1");
        for n in 0..100 {
            put(&answers, &n.to_string(), "2");
            assert!(get(&answers, "often").is_some(), "{n}");
        }
    }

    #[test]
    fn threads_that_read_and_write_the_same_places_never_get_the_answer_to_another_question() {
        let answers = Answers::new(16);
        std::thread::scope(|scope| {
            for start in 0..4 {
                let answers = &answers;
                scope.spawn(move || {
                    for n in 0..20_000_usize {
                        let text = ((n * 7 + start) % 60).to_string();
                        match get(answers, &text) {
                            Some(answer) => assert_eq!(answer, text),
                            None => put(answers, &text, &text),
                        }
                    }
                });
            }
        });
        assert!(held(&answers).0 <= 16);
    }
}
