//! Runs a [`Program`] over a text by backtracking, as Java does, but with a limit.
//!
//! The first match from the left counts, and of the matches there the one that the preferences of
//! the pattern name first. The work is counted: a text made to keep a pattern busy is given up on,
//! so that the caller can ask an engine whose time is bounded by the length of the text.

use super::program::{Entry, Inst, Program, Starts};
use super::syntax::Class;

const UNSET: usize = usize::MAX;

/// What a search may cost: steps, each a character or a choice.
fn budget(text: &str) -> usize {
    100_000 + 20 * text.len()
}

/// The memory of searches, to use again.
#[derive(Debug, Default)]
pub struct Scratch {
    slots: Vec<usize>,
    choices: Vec<Choice>,
}

/// How a search ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<'t> {
    /// The pattern is in the text; these are its groups, from the whole match on.
    Found(Vec<Option<&'t str>>),
    /// It is not.
    Missing,
    /// It took too long to say.
    Exhausted,
}

/// A way not taken yet.
#[derive(Debug)]
enum Choice {
    /// On at this instruction and place.
    Branch { at: usize, place: usize },
    /// A slot had this before.
    Restore { slot: usize, place: usize },
    /// A greedy run, followed by `at`, may end before `place`, from `low` on.
    Shorter {
        at: usize,
        next: usize,
        low: usize,
        place: usize,
    },
    /// A lazy run, followed by `at`, may take up to `left` more characters from `place` on.
    Longer {
        at: usize,
        class: usize,
        place: usize,
        left: usize,
    },
}

/// The steps are used up.
struct Exhausted;

struct Search<'s, 't> {
    program: &'s Program,
    text: &'t str,
    bytes: &'t [u8],
    scratch: &'s mut Scratch,
    steps: usize,
}

/// Looks for the pattern anywhere in `text`.
pub fn find<'t>(program: &Program, text: &'t str, scratch: &mut Scratch) -> Outcome<'t> {
    let bytes = text.as_bytes();
    let steps = budget(text);
    let mut search = Search {
        program,
        text,
        bytes,
        scratch,
        steps,
    };
    let found = match &program.entry {
        Entry::Anchored => search.run(0),
        Entry::Literal(finder) => first(finder.find_iter(bytes), |place| search.run(place)),
        Entry::At(Starts::Any) => {
            let places = (0..=bytes.len()).filter(|place| text.is_char_boundary(*place));
            first(places, |place| search.run(place))
        }
        Entry::At(starts) => {
            let places = bytes
                .iter()
                .enumerate()
                .filter(|(_, byte)| starts.may(Some(byte)));
            first(places.map(|(place, _)| place), |place| search.run(place))
        }
    };
    match found {
        Err(Exhausted) => Outcome::Exhausted,
        Ok(false) => Outcome::Missing,
        Ok(true) => Outcome::Found(search.groups()),
    }
}

/// Tries places until one matches.
fn first(
    places: impl Iterator<Item = usize>,
    mut run: impl FnMut(usize) -> Result<bool, Exhausted>,
) -> Result<bool, Exhausted> {
    for place in places {
        if run(place)? {
            return Ok(true);
        }
    }
    Ok(false)
}

impl<'t> Search<'_, 't> {
    fn spend(&mut self, steps: usize) -> Result<(), Exhausted> {
        self.steps = self.steps.checked_sub(steps).ok_or(Exhausted)?;
        Ok(())
    }

    /// Whether the pattern matches from `start` on.
    fn run(&mut self, start: usize) -> Result<bool, Exhausted> {
        self.scratch.choices.clear();
        self.scratch.slots.clear();
        self.scratch
            .slots
            .resize(2 * self.program.groups + 2, UNSET);
        let (mut at, mut place) = (0, start);
        self.save(0, start);
        loop {
            self.spend(1)?;
            let Some(inst) = self.program.insts.get(at) else {
                return Ok(false);
            };
            let next = match inst {
                Inst::Byte(byte) => (self.bytes.get(place) == Some(byte)).then(|| place + 1),
                Inst::Bytes(word) => {
                    let rest = self.bytes.get(place..).unwrap_or_default();
                    rest.starts_with(word).then(|| place + word.len())
                }
                Inst::Class(class) => self.one(*class, place),
                Inst::Run {
                    class,
                    min,
                    max,
                    greedy,
                    next,
                } => self.begin_run(at + 1, (*class, *next), (*min, *max), *greedy, place)?,
                Inst::Try { first, second } => {
                    let (first, second) =
                        match (self.may(first.1, place), self.may(second.1, place)) {
                            (true, true) => (Some(first.0), Some(second.0)),
                            (true, false) => (Some(first.0), None),
                            (false, true) => (Some(second.0), None),
                            (false, false) => (None, None),
                        };
                    if let Some(second) = second {
                        self.scratch
                            .choices
                            .push(Choice::Branch { at: second, place });
                    }
                    if let Some(first) = first {
                        at = first;
                        continue;
                    }
                    None
                }
                Inst::Jump(to) => {
                    at = *to;
                    continue;
                }
                Inst::Save(slot) => {
                    let before = self.save(*slot, place);
                    self.scratch.choices.push(Choice::Restore {
                        slot: *slot,
                        place: before,
                    });
                    Some(place)
                }
                Inst::Start => (place == 0).then_some(place),
                Inst::End => self.at_end(place).then_some(place),
                Inst::Boundary { negated } => {
                    (self.at_boundary(place) != *negated).then_some(place)
                }
                Inst::Match => {
                    self.save(1, place);
                    return Ok(true);
                }
            };
            match next {
                Some(next) => {
                    at += 1;
                    place = next;
                }
                None => match self.other_way()? {
                    Some(way) => (at, place) = way,
                    None => return Ok(false),
                },
            }
        }
    }

    /// Sets a slot; answers what it had.
    fn save(&mut self, slot: usize, place: usize) -> usize {
        let saved = self.scratch.slots.get_mut(slot);
        saved.map_or(UNSET, |saved| std::mem::replace(saved, place))
    }

    /// The last way not taken; none when there is no more.
    fn other_way(&mut self) -> Result<Option<(usize, usize)>, Exhausted> {
        loop {
            self.spend(1)?;
            let Some(choice) = self.scratch.choices.pop() else {
                return Ok(None);
            };
            match choice {
                Choice::Branch { at, place } => return Ok(Some((at, place))),
                Choice::Restore { slot, place } => {
                    self.save(slot, place);
                }
                Choice::Shorter {
                    at,
                    next,
                    low,
                    place,
                } => {
                    let Some(place) = self.shorter(next, low, place)? else {
                        continue;
                    };
                    if place > low {
                        self.scratch.choices.push(Choice::Shorter {
                            at,
                            next,
                            low,
                            place,
                        });
                    }
                    return Ok(Some((at, place)));
                }
                Choice::Longer {
                    at,
                    class,
                    place,
                    left,
                } => {
                    let Some(place) = self.one(class, place) else {
                        continue;
                    };
                    if left > 1 {
                        let left = left - 1;
                        self.scratch.choices.push(Choice::Longer {
                            at,
                            class,
                            place,
                            left,
                        });
                    }
                    return Ok(Some((at, place)));
                }
            }
        }
    }

    /// Whether the part of the program with this number may start at a place.
    fn may(&self, starts: usize, place: usize) -> bool {
        let starts = self.program.starts.get(starts);
        starts.is_none_or(|starts| starts.may(self.bytes.get(place)))
    }

    /// The place before `place`, not before `low`, at which a run can end with what follows it.
    fn shorter(
        &mut self,
        next: usize,
        low: usize,
        place: usize,
    ) -> Result<Option<usize>, Exhausted> {
        let run = self.bytes.get(low..place).unwrap_or_default();
        let found = match self.program.starts.get(next) {
            Some(starts @ Starts::With(_)) => run.iter().rposition(|byte| starts.may(Some(byte))),
            _ => run.iter().rposition(|byte| byte & 0xc0 != 0x80),
        };
        let passed = run.len() - found.unwrap_or(0);
        // Looking at a byte is much less than a step.
        self.spend(passed / 4)?;
        Ok(found.map(|found| low + found))
    }

    /// The place after one character of a set.
    fn one(&self, class: usize, place: usize) -> Option<usize> {
        let class = self.program.classes.get(class)?;
        let byte = *self.bytes.get(place)?;
        if byte.is_ascii() {
            return class.has_ascii(byte).then_some(place + 1);
        }
        self.wide(class, place)
    }

    fn wide(&self, class: &Class, place: usize) -> Option<usize> {
        let c = self.text.get(place..)?.chars().next()?;
        class.has_wide(c).then_some(place + c.len_utf8())
    }

    /// Takes as much of a set as its limits and manner ask for, and notes the other ways.
    fn begin_run(
        &mut self,
        after: usize,
        (class, next): (usize, usize),
        (min, max): (usize, usize),
        greedy: bool,
        start: usize,
    ) -> Result<Option<usize>, Exhausted> {
        let Some(set) = self.program.classes.get(class) else {
            return Ok(None);
        };
        let most = if greedy { max } else { min };
        let (mut place, mut count, mut low) = (start, 0, start);
        while count < most {
            let after = match self.bytes.get(place) {
                Some(byte) if byte.is_ascii() => set.has_ascii(*byte).then_some(place + 1),
                Some(_) => self.wide(set, place),
                None => None,
            };
            let Some(after) = after else { break };
            place = after;
            count += 1;
            if count == min {
                low = place;
            }
        }
        self.spend((place - start) / 4)?;
        if count < min {
            return Ok(None);
        }
        if greedy && place > low {
            self.scratch.choices.push(Choice::Shorter {
                at: after,
                next,
                low,
                place,
            });
        }
        if !greedy && max > min {
            let left = max - min;
            self.scratch.choices.push(Choice::Longer {
                at: after,
                class,
                place,
                left,
            });
        }
        Ok(Some(place))
    }

    fn at_end(&self, place: usize) -> bool {
        matches!(
            self.text.get(place..),
            Some("" | "\n" | "\r" | "\r\n" | "\u{85}" | "\u{2028}" | "\u{2029}")
        ) && !(place > 0 && self.bytes.get(place - 1..) == Some(b"\r\n".as_slice()))
    }

    fn at_boundary(&self, place: usize) -> bool {
        let word = |c: char| c == '_' || c.is_alphanumeric();
        let before = self
            .text
            .get(..place)
            .and_then(|text| text.chars().next_back());
        let after = self.text.get(place..).and_then(|text| text.chars().next());
        before.is_some_and(word) != after.is_some_and(word)
    }

    fn groups(&self) -> Vec<Option<&'t str>> {
        let slot = |number: usize| self.scratch.slots.get(number).copied().unwrap_or(UNSET);
        (0..=self.program.groups)
            .map(|group| self.text.get(slot(2 * group)..slot(2 * group + 1)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::syntax::parse;
    use super::*;

    fn program(pattern: &str) -> Program {
        Program::new(&parse(pattern, false).unwrap()).unwrap()
    }

    fn groups<'t>(pattern: &str, text: &'t str) -> Option<Vec<Option<&'t str>>> {
        match find(&program(pattern), text, &mut Scratch::default()) {
            Outcome::Found(groups) => Some(groups[1..].to_vec()),
            Outcome::Missing => None,
            Outcome::Exhausted => panic!("{pattern}"),
        }
    }

    #[test]
    fn groups_are_those_of_java() {
        type Groups<'a> = Option<&'a [Option<&'a str>]>;
        let rows: [(&str, &str, Groups); 24] = [
            (
                r"(\d+)\.(\d+)(?:\.(\d+)|)",
                "v 1.22.x",
                Some(&[Some("1"), Some("22"), None]),
            ),
            ("^(.{0,5})-x", "abc-x-x", Some(&[Some("abc-x")])),
            ("^(.{0,5}?)-x", "abc-x-x", Some(&[Some("abc")])),
            (
                "(a|ab)(c|bcd)(d*)",
                "abcd",
                Some(&[Some("a"), Some("bcd"), Some("")]),
            ),
            ("(?:(a)|b)*c", "abc", Some(&[Some("a")])),
            ("(a)?b", "b", Some(&[None])),
            ("(a+?)(a*)$", "aaa", Some(&[Some("a"), Some("aa")])),
            ("x*", "aaa", Some(&[])),
            ("^b", "ab", None),
            ("b$", "ab\n", Some(&[])),
            ("b$", "ab\r\n", Some(&[])),
            ("b.$", "ab\r\n", None),
            ("b$", "ab\u{85}", Some(&[])),
            ("b$", "abc", None),
            (r"\bé(.)", "a éü", Some(&[Some("ü")])),
            (r"a\b", "aé", None),
            ("([^;]{2,3});", "äöü😀;", Some(&[Some("öü😀")])),
            ("(?:ab){2,3}(.?)", "ababab!", Some(&[Some("!")])),
            ("(?:ab){2,3}?(.?)", "ababab!", Some(&[Some("a")])),
            ("(é+)é", "éééx", Some(&[Some("éé")])),
            ("(?:ab|cd)+(x)", "abcdabx", Some(&[Some("x")])),
            ("", "", Some(&[])),
            ("(.*)b(.*)b", "1b2b3b4", Some(&[Some("1b2"), Some("3")])),
            ("[Kk](.)(?:K|)", "kelvin K", Some(&[Some("e")])),
        ];
        for (pattern, text, expected) in rows {
            let expected = expected.map(<[_]>::to_vec);
            assert_eq!(groups(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_text_made_to_keep_a_pattern_busy_is_given_up_on() {
        let text = "a".repeat(2_000);
        let outcome = find(&program("(?:a+a+)+b"), &text, &mut Scratch::default());
        assert_eq!(outcome, Outcome::Exhausted);
    }

    #[test]
    fn repeating_what_may_be_empty_and_huge_counts_are_left_to_others() {
        assert!(Program::new(&parse("(?:a*)*", false).unwrap()).is_none());
        assert!(Program::new(&parse("(?:(?:ab){1,100}c){1,100}", false).unwrap()).is_none());
    }
}
