//! The compiled rules in memory.

use crate::atn::Atn;
use crate::codec::{MAGIC, Reader, hash_number};
use crate::lexer::Lexer;
use crate::ops::{NAMES, NONE, action, step};
use crate::parser::Grammar;
use crate::texts::{Heads, Map, Needles, Numbers, Strings};

/// Why tables cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TablesError {
    /// The crate was built without the rules.
    #[error("the rules were not there when this was built")]
    NotEmbedded,
    /// The bytes are no tables of this version, or damaged.
    #[error("not a table file of this version")]
    Malformed,
}

/// One step: code and operands.
pub type Step = [u32; 4];

/// One action of a matcher.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// Kind and flags, see `ops::action`.
    pub kind: u32,
    /// First step and number of steps.
    pub steps: (u32, u32),
    /// The matcher it belongs to.
    pub matcher: u32,
    /// List of the actions told what this variable found.
    pub interested: u32,
}

/// One matcher.
#[derive(Clone, Copy, Debug)]
pub struct Matcher {
    /// First action and number of actions.
    pub actions: (u32, u32),
    /// The actions that need input, a bit for each in order.
    pub needs: u32,
    /// First output and number of outputs.
    pub outputs: (u32, u32),
}

/// A field a matcher sets.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// The field.
    pub field: u32,
    /// How sure the rule is.
    pub confidence: i64,
    /// 0: a text, 1: what an action found, 2: nothing.
    pub source: u32,
    /// The text or the action.
    pub value: u32,
}

/// A place in the index of paths.
#[derive(Clone, Copy, Debug)]
pub struct PathNode {
    /// List of actions told of any value.
    pub plain: u32,
    /// Lengths of the prefixes asked for, two bits each, first lowest, and [`KEYED`].
    pub prefixes: u32,
    /// First range and number of ranges.
    pub ranges: (u32, u32),
}

#[derive(Debug, Default)]
struct Hash {
    keys: Vec<u64>,
    values: Vec<u32>,
}

impl Hash {
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        let (keys, values) = (input.longs()?, input.numbers()?);
        (keys.len().is_power_of_two() && keys.len() == values.len() && keys.contains(&u64::MAX))
            .then_some(Self { keys, values })
    }

    fn get(&self, key: u64) -> Option<u32> {
        let mask = self.keys.len() - 1;
        let mut at = hash_number(key) as usize & mask;
        loop {
            let known = *self.keys.get(at)?;
            if known == key {
                return self.values.get(at).copied();
            }
            if known == u64::MAX {
                return None;
            }
            at = (at + 1) & mask;
        }
    }
}

/// An action to be told of a value.
#[derive(Clone, Copy, Debug)]
pub struct Inform {
    /// The action.
    pub action: u32,
    /// The matcher it belongs to.
    pub matcher: u32,
    /// Its bit among the actions of the matcher, with [`FAILS`] when being told is enough to fail.
    pub bits: u32,
}

/// The bit that says that a matcher fails.
pub const FAILS: u32 = 1 << 31;
/// Matchers must have fewer actions, so that some bits are left.
const MOST_ACTIONS: u32 = 30;

/// All compiled rules.
#[derive(Debug)]
pub struct Tables {
    strings: Strings,
    numbers: Numbers,
    /// Finds what rules look for inside values.
    pub needles: Needles,
    heads: Heads,
    /// The lexer of agents.
    pub lexer: Lexer,
    /// The parser of agents.
    pub grammar: Grammar,
    /// Texts of the field names, sorted by name.
    pub fields: Vec<u32>,
    /// The fields in the order they are handed out: number, name, whether always.
    pub output_order: Vec<(u32, std::borrow::Cow<'static, str>, bool)>,
    field_numbers: rustc_hash::FxHashMap<Box<str>, u32>,
    maps: Vec<Map>,
    suffixes: u32,
    steps: Vec<Step>,
    /// All actions.
    pub actions: Vec<Action>,
    /// All matchers, in order.
    pub matchers: Vec<Matcher>,
    outputs: Vec<Output>,
    nodes: Vec<PathNode>,
    ranges: Vec<(u32, u32, u32)>,
    children: Hash,
    keyed: Hash,
    offsets: Vec<u32>,
    data: Vec<Inform>,
}

impl Tables {
    /// Reads tables as the build script writes them.
    pub fn read(bytes: &[u8]) -> Result<Self, TablesError> {
        if bytes.is_empty() {
            return Err(TablesError::NotEmbedded);
        }
        Self::read_all(bytes).ok_or(TablesError::Malformed)
    }

    fn read_all(bytes: &[u8]) -> Option<Self> {
        let mut input = Reader::new(bytes);
        if input.take(MAGIC.len())? != MAGIC {
            return None;
        }
        let ends = input.numbers()?;
        let text = std::str::from_utf8(input.blob()?).ok()?.to_owned();
        let strings = Strings::new(ends, text);
        let network =
            |words: Vec<u32>| Atn::parse(&words.iter().map(|&w| w as i32).collect::<Vec<_>>());
        let lexer = Lexer::new(network(input.numbers()?)?)?;
        let grammar = Grammar::new(network(input.numbers()?)?)?;
        let fields = input.numbers()?;
        let mut maps = Vec::new();
        for _ in 0..input.number()? {
            let numbers = input.numbers()?;
            let pairs = numbers.chunks_exact(2).map(|pair| (pair[0], pair[1]));
            maps.push(Map::new(pairs.collect()));
        }
        let suffixes = input.number()?;
        let steps: Vec<Step> = input
            .numbers()?
            .chunks_exact(4)
            .map(|s| [s[0], s[1], s[2], s[3]])
            .collect();
        let actions: Vec<Action> = input
            .numbers()?
            .chunks_exact(5)
            .map(|a| Action {
                kind: a[0],
                steps: (a[1], a[2]),
                matcher: a[3],
                interested: a[4],
            })
            .collect();
        let mut matchers: Vec<Matcher> = input
            .numbers()?
            .chunks_exact(5)
            .map(|m| Matcher {
                actions: (m[0], m[1]),
                needs: 0,
                outputs: (m[3], m[4]),
            })
            .collect();
        let outputs = input
            .numbers()?
            .chunks_exact(4)
            .map(|o| Output {
                field: o[0],
                confidence: i64::from(o[1] as i32),
                source: o[2],
                value: o[3],
            })
            .collect();
        let nodes = input
            .numbers()?
            .chunks_exact(4)
            .map(|n| PathNode {
                plain: n[0],
                prefixes: n[1],
                ranges: (n[2], n[3]),
            })
            .collect();
        let ranges = input
            .numbers()?
            .chunks_exact(3)
            .map(|r| (r[0], r[1], r[2]))
            .collect();
        let children = Hash::read(&mut input)?;
        let keyed = Hash::read(&mut input)?;
        let values = input.numbers()?;
        let (offsets, data) = (input.numbers()?, input.numbers()?);
        for (id, one) in (0_u32..).zip(&actions) {
            let matcher = matchers.get_mut(one.matcher as usize)?;
            let bit = id
                .checked_sub(matcher.actions.0)
                .filter(|&bit| bit < MOST_ACTIONS)?;
            if one.kind & action::NEEDS_INPUT != 0 {
                matcher.needs |= 1 << bit;
            }
        }
        let inform = |id: u32| {
            let one = actions.get(id as usize)?;
            let matcher = matchers.get(one.matcher as usize)?;
            let fails = one.kind & 7 == action::FAIL && one.steps.1 == 0;
            Some(Inform {
                action: id,
                matcher: one.matcher,
                bits: 1 << (id - matcher.actions.0) | if fails { FAILS } else { 0 },
            })
        };
        let data = data.into_iter().map(inform).collect::<Option<Vec<_>>>()?;
        let keys = |map: u32| {
            let pairs = maps.get(map as usize).map(|m| &m.ordered);
            pairs.into_iter().flatten().map(|&(key, _)| key)
        };
        let mut needles = Vec::new();
        let mut heads = Vec::new();
        for &[code, operand, ..] in &steps {
            match code {
                step::CONTAINS | step::NOT_CONTAINS => needles.push(operand),
                step::LOOKUP_CONTAINS | step::IN_CONTAINS | step::NOT_IN_CONTAINS => {
                    needles.extend(keys(operand));
                }
                step::LOOKUP_PREFIX | step::IN_PREFIX | step::NOT_IN_PREFIX => heads.push(operand),
                _ => {}
            }
        }
        heads.sort_unstable();
        heads.dedup();
        let count = values.len() + maps.iter().map(|m| m.ordered.len()).sum::<usize>();
        let known = (0..maps.len() as u32).flat_map(keys);
        let values = values.into_iter().filter(|&id| id != NONE);
        let numbers = Numbers::new(&strings, values.chain(known), count);
        let mut tables = Self {
            numbers,
            needles: Needles::new(&strings, needles)?,
            heads: Heads::new(&strings, heads.into_iter().flat_map(keys)),
            strings,
            lexer,
            grammar,
            fields,
            output_order: Vec::new(),
            field_numbers: rustc_hash::FxHashMap::default(),
            maps,
            suffixes,
            steps,
            actions,
            matchers,
            outputs,
            nodes,
            ranges,
            children,
            keyed,
            offsets,
            data,
        };
        for (number, &text) in tables.fields.iter().enumerate() {
            tables
                .field_numbers
                .insert(tables.string(text).into(), number as u32);
        }
        tables.output_order = crate::fields::output_order(&tables);
        Some(tables)
    }

    /// A text by number.
    pub fn string(&self, id: u32) -> &str {
        self.strings.get(id)
    }

    /// The number of a lower-case text that some rule asks for, [`NONE`] when none does.
    pub fn number(&self, lower: &str) -> u32 {
        self.numbers.of(&self.strings, lower)
    }

    /// The number of a field.
    pub fn field(&self, name: &str) -> Option<u32> {
        self.field_numbers.get(name).copied()
    }

    /// The steps of an action.
    pub fn steps(&self, (start, count): (u32, u32)) -> &[Step] {
        self.steps
            .get(start as usize..start as usize + count as usize)
            .unwrap_or_default()
    }

    /// The outputs of a matcher.
    pub fn outputs(&self, (start, count): (u32, u32)) -> &[Output] {
        self.outputs
            .get(start as usize..start as usize + count as usize)
            .unwrap_or_default()
    }

    /// A list of actions.
    pub fn list(&self, id: u32) -> &[Inform] {
        let Some(&[start, end]) = self
            .offsets
            .get(id as usize..)
            .and_then(|o| o.first_chunk())
        else {
            return &[];
        };
        let (start, end) = (start as usize, end as usize);
        self.data.get(start..end).unwrap_or_default()
    }

    /// A place of the index.
    pub fn path(&self, node: u32) -> Option<&PathNode> {
        self.nodes.get(node as usize)
    }

    /// The word ranges asked for at a path: first, last, place.
    pub fn ranges(&self, node: u32) -> &[(u32, u32, u32)] {
        let Some(node) = self.path(node) else {
            return &[];
        };
        let (start, count) = (node.ranges.0 as usize, node.ranges.1 as usize);
        self.ranges.get(start..start + count).unwrap_or_default()
    }

    /// The place below `node` for the `count`-th child called `name`, [`NONE`] when no rule asks.
    pub fn child(&self, node: u32, count: u32, name: u32) -> u32 {
        if node == NONE || count > 0x00ff_ffff || name as usize >= NAMES.len() {
            return NONE;
        }
        self.children
            .get(u64::from(node) << 32 | u64::from(count) << 8 | u64::from(name))
            .unwrap_or(NONE)
    }

    /// The list of the actions told of a value (`kind` 1) or a prefix (`kind` 2) at a path, a list
    /// that is not there when there are none.
    pub fn keyed(&self, node: u32, kind: u64, value: u32) -> u32 {
        let key = u64::from(node) << 32 | kind << 30 | u64::from(value);
        self.keyed.get(key).unwrap_or(NONE)
    }

    /// A look-up or set by number.
    pub fn map(&self, map: u32) -> Option<&Map> {
        self.maps.get(map as usize)
    }

    /// What a look-up holds for its longest key that starts the lower-case `text`.
    pub fn longest_prefix(&self, map: u32, text: &str) -> Option<&str> {
        let map = self.map(map)?;
        let place = self.heads.longest(map, text)?;
        Some(self.string(map.value(place)))
    }

    /// Whether this is a public suffix rule.
    pub fn is_suffix(&self, rule: &str) -> bool {
        let map = self.map(self.suffixes);
        map.is_some_and(|map| map.place(self.number(rule)).is_some())
    }
}
