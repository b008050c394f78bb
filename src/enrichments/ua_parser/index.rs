//! Tells which rules can match a text at all, by the literals that occur in it.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use rustc_hash::FxHashMap;

use super::rules::Rules;

/// A set of numbers from 0 up to a fixed count.
#[derive(Debug, Default)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// Empties the set and makes room for numbers below `count`.
    fn reset(&mut self, count: usize) {
        self.0.clear();
        self.0.resize(count.div_ceil(64), 0);
    }

    /// Adds a number; says whether it is new.
    fn add(&mut self, number: usize) -> bool {
        let bit = 1 << (number & 63);
        match self.0.get_mut(number >> 6) {
            Some(word) if *word & bit == 0 => {
                *word |= bit;
                true
            }
            _ => false,
        }
    }

    fn has(&self, number: usize) -> bool {
        self.0
            .get(number >> 6)
            .is_some_and(|word| word >> (number & 63) & 1 == 1)
    }

    /// The numbers of the set from `from` up to `to`, ascending.
    fn range(&self, from: usize, to: usize) -> impl Iterator<Item = usize> + '_ {
        let words = self
            .0
            .iter()
            .enumerate()
            .take(to.div_ceil(64))
            .skip(from >> 6);
        words
            .flat_map(|(at, word)| {
                let mut word = *word;
                std::iter::from_fn(move || {
                    let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
                    word &= word - 1;
                    Some(at * 64 + bit)
                })
            })
            .filter(move |number| (from..to).contains(number))
    }
}

/// The memory of a query, to use again.
#[derive(Debug, Default)]
pub struct Marks {
    literals: Bits,
    rules: Bits,
}

/// The index over several lists of rules, numbered one after the other.
#[derive(Debug)]
pub struct Index {
    automaton: AhoCorasick,
    literals: usize,
    /// For each literal, the rules whose first clause has it.
    first: Vec<Vec<u16>>,
    /// Rules without a clause.
    always: Vec<u16>,
    /// For each rule, its further clauses.
    further: Vec<Vec<Vec<u16>>>,
}

impl Index {
    /// Makes the index of at most 65,536 rules.
    ///
    /// # Errors
    /// When there are more rules or literals.
    pub fn new(rules: &Rules) -> Result<Index, String> {
        let too_many = || "there are too many rules".to_owned();
        let mut numbers: FxHashMap<&str, u16> = FxHashMap::default();
        let mut literals: Vec<&str> = Vec::new();
        let mut first: Vec<Vec<u16>> = Vec::new();
        let mut always = Vec::new();
        let mut further = Vec::new();
        for (rule, needs) in rules.iter().map(|rule| &rule.needs).enumerate() {
            let rule = u16::try_from(rule).map_err(|_| too_many())?;
            let mut clauses = Vec::with_capacity(needs.len());
            for clause in needs.iter() {
                let mut members = Vec::with_capacity(clause.len());
                for literal in clause.iter() {
                    let next = u16::try_from(literals.len()).map_err(|_| too_many())?;
                    let number = *numbers.entry(literal.as_ref()).or_insert_with(|| {
                        literals.push(literal.as_ref());
                        first.push(Vec::new());
                        next
                    });
                    members.push(number);
                }
                clauses.push(members);
            }
            let mut clauses = clauses.into_iter();
            match clauses.next() {
                None => always.push(rule),
                Some(members) => {
                    for number in members {
                        let list = first.get_mut(usize::from(number));
                        if let Some(list) = list.filter(|list| list.last() != Some(&rule)) {
                            list.push(rule);
                        }
                    }
                }
            }
            further.push(clauses.collect());
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&literals)
            .map_err(|e| e.to_string())?;
        Ok(Index {
            automaton,
            literals: literals.len(),
            first,
            always,
            further,
        })
    }

    /// Notes in `marks` what occurs in `text`.
    pub fn scan(&self, text: &str, marks: &mut Marks) {
        marks.literals.reset(self.literals);
        marks.rules.reset(self.further.len());
        for rule in &self.always {
            marks.rules.add((*rule).into());
        }
        for found in self
            .automaton
            .find_overlapping_iter(&text.to_ascii_lowercase())
        {
            let literal = found.pattern().as_usize();
            if marks.literals.add(literal) {
                for rule in self.first.get(literal).into_iter().flatten() {
                    marks.rules.add((*rule).into());
                }
            }
        }
    }

    /// The rules with numbers from `from` up to `to` that can match, ascending.
    pub fn candidates<'m>(
        &'m self,
        marks: &'m Marks,
        from: usize,
        to: usize,
    ) -> impl Iterator<Item = usize> + 'm {
        let occurs = |clause: &Vec<u16>| clause.iter().any(|n| marks.literals.has((*n).into()));
        marks.rules.range(from, to).filter(move |rule| {
            self.further
                .get(*rule)
                .is_some_and(|rest| rest.iter().all(occurs))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::{Rule, Text};
    use super::*;

    fn rule(needs: &[&[&'static str]]) -> Rule {
        let texts = |clause: &&[&'static str]| clause.iter().copied().map(Text::Borrowed).collect();
        Rule {
            pattern: Text::Borrowed(""),
            ignore_case: false,
            answers: [const { None }; 4],
            needs: needs.iter().map(texts).collect(),
        }
    }

    #[test]
    fn only_rules_whose_literals_occur_are_candidates() {
        let rules = Rules {
            agents: vec![
                rule(&[]),
                rule(&[&["foo", "foo", "bar"]]),
                rule(&[&["foo"], &["bar"]]),
            ],
            systems: vec![rule(&[&["oba"]])],
            devices: vec![rule(&[&["baz"]])],
        };
        let index = Index::new(&rules).unwrap();
        let mut marks = Marks::default();
        let mut candidates = |text, from, to| {
            index.scan(text, &mut marks);
            index.candidates(&marks, from, to).collect::<Vec<_>>()
        };
        assert_eq!(candidates("xFOOx", 0, 5), [0, 1]);
        assert_eq!(candidates("fooBar", 0, 5), [0, 1, 2, 3]);
        assert_eq!(candidates("foobar", 3, 4), [3]);
        assert_eq!(candidates("", 0, 5), [0]);
    }
}
