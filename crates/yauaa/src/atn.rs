//! The transition network of an ANTLR 4 grammar, as serialised (version 4) in a generated class.

/// What a state is for; the names and numbers are those of the serialised form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A plain state.
    Basic,
    /// The first state of a rule.
    RuleStart,
    /// The head of a choice or an option.
    Block,
    /// The head of the body of a `+` loop.
    PlusBlock,
    /// The head of the body of a `*` loop.
    StarBlock,
    /// The start of a lexer mode.
    TokenStart,
    /// The end of a rule.
    RuleStop,
    /// The end of a choice.
    BlockEnd,
    /// The way back of a `*` loop.
    StarBack,
    /// The decision of a `*` loop.
    StarEntry,
    /// The decision at the end of the body of a `+` loop.
    PlusBack,
    /// Where a loop is left.
    LoopEnd,
}

/// The end of input as a symbol.
pub const EOF: i32 = -1;

/// One way out of a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edge {
    /// Takes nothing.
    Free(u32),
    /// Calls the rule starting at `start` and goes on at `follow`.
    Call {
        /// First state of the called rule.
        start: u32,
        /// Where to go on after it.
        follow: u32,
    },
    /// Takes one symbol out of the set.
    Set {
        /// Index into [`Atn::sets`].
        set: u32,
        /// The next state.
        target: u32,
    },
}

/// One state.
#[derive(Clone, Debug)]
pub struct State {
    /// What it is for.
    pub kind: Kind,
    /// The rule it belongs to.
    pub rule: u32,
    /// The ways out, in the order of the alternatives.
    pub edges: Vec<Edge>,
}

/// A set of symbols: sorted ranges, both ends included.
pub type SymbolSet = Vec<(i32, i32)>;

/// A whole network.
#[derive(Debug, Default)]
pub struct Atn {
    /// All states, by number.
    pub states: Vec<State>,
    /// First state of each rule.
    pub rule_start: Vec<u32>,
    /// Last state of each rule.
    pub rule_stop: Vec<u32>,
    /// Token type of each rule (lexers only).
    pub rule_token: Vec<u32>,
    /// Whether what a rule takes is dropped (lexers only).
    pub rule_skips: Vec<bool>,
    /// First state of each mode (lexers only).
    pub modes: Vec<u32>,
    /// The sets named by edges.
    pub sets: Vec<SymbolSet>,
    /// The deciding states, by decision number.
    pub decisions: Vec<u32>,
}

struct Words<'a> {
    words: &'a [i32],
    at: usize,
}

impl Words<'_> {
    fn next(&mut self) -> Option<i32> {
        let word = *self.words.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    fn index(&mut self) -> Option<u32> {
        u32::try_from(self.next()?).ok()
    }

    fn indexes(&mut self) -> Option<Vec<u32>> {
        let count = self.index()?;
        (0..count).map(|_| self.index()).collect()
    }
}

impl Atn {
    /// Reads the numbers of a serialised network; `None` when they make no sense.
    pub fn parse(words: &[i32]) -> Option<Self> {
        let mut input = Words { words, at: 0 };
        if input.next()? != 4 {
            return None;
        }
        let lexer = input.next()? == 0;
        let max_token = input.next()?;
        let top = if lexer { 0x0010_ffff } else { max_token };
        let mut atn = Self::default();
        for _ in 0..input.index()? {
            let kind = match input.next()? {
                1 => Kind::Basic,
                2 => Kind::RuleStart,
                3 => Kind::Block,
                4 => Kind::PlusBlock,
                5 => Kind::StarBlock,
                6 => Kind::TokenStart,
                7 => Kind::RuleStop,
                8 => Kind::BlockEnd,
                9 => Kind::StarBack,
                10 => Kind::StarEntry,
                11 => Kind::PlusBack,
                12 => Kind::LoopEnd,
                _ => return None,
            };
            let rule = input.next()?;
            if matches!(
                kind,
                Kind::LoopEnd | Kind::Block | Kind::PlusBlock | Kind::StarBlock
            ) {
                input.next()?;
            }
            atn.states.push(State {
                kind,
                rule: rule as u32,
                edges: Vec::new(),
            });
        }
        input.indexes()?;
        input.indexes()?;
        for _ in 0..input.index()? {
            atn.rule_start.push(input.index()?);
            if lexer {
                atn.rule_token.push(input.next()? as u32);
            }
        }
        atn.rule_stop = vec![u32::MAX; atn.rule_start.len()];
        atn.rule_skips = vec![false; atn.rule_start.len()];
        for (number, state) in atn.states.iter().enumerate() {
            if state.kind == Kind::RuleStop {
                *atn.rule_stop.get_mut(state.rule as usize)? = number as u32;
            }
        }
        atn.modes = input.indexes()?;
        for _ in 0..input.index()? {
            let ranges = input.index()?;
            let mut set = SymbolSet::new();
            if input.next()? != 0 {
                set.push((EOF, EOF));
            }
            for _ in 0..ranges {
                set.push((input.next()?, input.next()?));
            }
            atn.sets.push(set);
        }
        let mut actions = Vec::new();
        for _ in 0..input.index()? {
            let (from, target) = (input.index()?, input.index()?);
            let kind = input.next()?;
            let (one, two, three) = (input.next()?, input.next()?, input.next()?);
            let edge = match kind {
                1 => Edge::Free(target),
                3 => Edge::Call {
                    start: one as u32,
                    follow: target,
                },
                6 => {
                    actions.push((from, two));
                    Edge::Free(target)
                }
                2 | 5 => {
                    let low = if three != 0 { EOF } else { one };
                    let high = if kind == 2 { two } else { low };
                    atn.sets.push(vec![(low, high)]);
                    Edge::Set {
                        set: atn.sets.len() as u32 - 1,
                        target,
                    }
                }
                7 => Edge::Set {
                    set: one as u32,
                    target,
                },
                8 => {
                    let inverse = invert(atn.sets.get(one as usize)?, i32::from(!lexer), top);
                    atn.sets.push(inverse);
                    Edge::Set {
                        set: atn.sets.len() as u32 - 1,
                        target,
                    }
                }
                9 => {
                    atn.sets.push(vec![(i32::from(!lexer), top)]);
                    Edge::Set {
                        set: atn.sets.len() as u32 - 1,
                        target,
                    }
                }
                _ => return None,
            };
            atn.states.get_mut(from as usize)?.edges.push(edge);
        }
        atn.link_rule_ends()?;
        atn.decisions = input.indexes()?;
        if lexer {
            let kinds: Vec<i32> = (0..input.index()?)
                .map(|_| {
                    let kind = input.next();
                    input.next()?;
                    input.next()?;
                    kind
                })
                .collect::<Option<_>>()?;
            for (from, action) in actions {
                let rule = atn.states.get(from as usize)?.rule as usize;
                if kinds.get(action as usize) == Some(&6) {
                    *atn.rule_skips.get_mut(rule)? = true;
                }
            }
        }
        atn.check()?;
        Some(atn)
    }

    fn link_rule_ends(&mut self) -> Option<()> {
        let mut links = Vec::new();
        for state in &self.states {
            for edge in &state.edges {
                if let Edge::Call { start, follow } = *edge {
                    let rule = self.states.get(start as usize)?.rule as usize;
                    links.push((*self.rule_stop.get(rule)?, follow));
                }
            }
        }
        for (stop, follow) in links {
            self.states
                .get_mut(stop as usize)?
                .edges
                .push(Edge::Free(follow));
        }
        Some(())
    }

    /// Every index inside the network is in range, so that later look-ups cannot miss.
    fn check(&self) -> Option<()> {
        let (states, sets) = (self.states.len() as u32, self.sets.len() as u32);
        let fine = self
            .states
            .iter()
            .flat_map(|state| &state.edges)
            .all(|edge| match *edge {
                Edge::Free(target) => target < states,
                Edge::Call { start, follow } => start < states && follow < states,
                Edge::Set { set, target } => set < sets && target < states,
            })
            && self.states.iter().all(|state| {
                (state.rule as usize) < self.rule_start.len() || state.kind == Kind::TokenStart
            })
            && self
                .decisions
                .iter()
                .chain(&self.rule_start)
                .chain(&self.rule_stop)
                .chain(&self.modes)
                .all(|&s| s < states);
        fine.then_some(())
    }
}

fn invert(set: &SymbolSet, low: i32, high: i32) -> SymbolSet {
    let mut result = SymbolSet::new();
    let mut next = low;
    for &(from, to) in set {
        if from > next {
            result.push((next, from - 1));
        }
        next = next.max(to + 1);
    }
    if next <= high {
        result.push((next, high));
    }
    result
}
