//! The compiled rules in memory.

use crate::atn::Atn;
use crate::codec::{MAGIC, Reader, hash_bytes, hash_number};
use crate::lexer::Lexer;
use crate::ops::{NAMES, NONE};
use crate::parser::Grammar;

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
    /// Number of actions that need input.
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
    /// Lengths of the prefixes asked for, two bits each, first lowest.
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

/// A look-up or set.
#[derive(Debug, Default)]
pub struct Map {
    /// Pairs of texts in the library's order.
    pub ordered: Vec<(u32, u32)>,
    sorted: Vec<(u32, u32)>,
    slots: Vec<u32>,
}

/// All compiled rules.
#[derive(Debug)]
pub struct Tables {
    ends: Vec<u32>,
    text: String,
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
    values: Vec<u32>,
    offsets: Vec<u32>,
    data: Vec<u32>,
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
        let network =
            |words: Vec<u32>| Atn::parse(&words.iter().map(|&w| w as i32).collect::<Vec<_>>());
        let lexer = Lexer::new(network(input.numbers()?)?)?;
        let grammar = Grammar::new(network(input.numbers()?)?)?;
        let fields = input.numbers()?;
        let mut maps = Vec::new();
        for _ in 0..input.number()? {
            let numbers = input.numbers()?;
            let ordered: Vec<(u32, u32)> = numbers
                .chunks_exact(2)
                .map(|pair| (pair[0], pair[1]))
                .collect();
            maps.push(Map {
                ordered,
                ..Map::default()
            });
        }
        let suffixes = input.number()?;
        let steps = input
            .numbers()?
            .chunks_exact(4)
            .map(|s| [s[0], s[1], s[2], s[3]])
            .collect();
        let actions = input
            .numbers()?
            .chunks_exact(5)
            .map(|a| Action {
                kind: a[0],
                steps: (a[1], a[2]),
                matcher: a[3],
                interested: a[4],
            })
            .collect();
        let matchers = input
            .numbers()?
            .chunks_exact(5)
            .map(|m| Matcher {
                actions: (m[0], m[1]),
                needs: m[2],
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
        if !values.len().is_power_of_two() || !values.contains(&NONE) {
            return None;
        }
        let (offsets, data) = (input.numbers()?, input.numbers()?);
        let mut tables = Self {
            ends,
            text,
            lexer,
            grammar,
            fields,
            output_order: Vec::new(),
            field_numbers: rustc_hash::FxHashMap::default(),
            maps: Vec::new(),
            suffixes,
            steps,
            actions,
            matchers,
            outputs,
            nodes,
            ranges,
            children,
            keyed,
            values,
            offsets,
            data,
        };
        for map in &mut maps {
            map.sorted = map.ordered.clone();
            map.sorted.sort_by_key(|&(key, _)| tables.string(key));
            map.slots = vec![NONE; (map.ordered.len() * 2 + 1).next_power_of_two()];
            let mask = map.slots.len() - 1;
            for (place, &(key, _)) in map.ordered.iter().enumerate() {
                let mut at = hash_bytes(tables.string(key).as_bytes()) as usize & mask;
                // There are twice as many slots as entries.
                while map.slots.get(at).is_some_and(|&slot| slot != NONE) {
                    at = (at + 1) & mask;
                }
                if let Some(slot) = map.slots.get_mut(at) {
                    *slot = place as u32;
                }
            }
        }
        tables.maps = maps;
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
        let id = id as usize;
        let end = self.ends.get(id).map_or(0, |&end| end as usize);
        let start = id
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .map_or(0, |&end| end as usize);
        self.text.get(start..end).unwrap_or("")
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
    pub fn list(&self, id: u32) -> &[u32] {
        let start = self.offsets.get(id as usize).copied().unwrap_or(0) as usize;
        let end = self.offsets.get(id as usize + 1).copied().unwrap_or(0) as usize;
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

    /// The number of a lower-case value some rule asks for.
    pub fn value(&self, lower: &str) -> Option<u32> {
        let mask = self.values.len() - 1;
        let mut at = hash_bytes(lower.as_bytes()) as usize & mask;
        loop {
            let id = *self.values.get(at)?;
            if id == NONE {
                return None;
            }
            if self.string(id) == lower {
                return Some(id);
            }
            at = (at + 1) & mask;
        }
    }

    /// The actions told of a value (`kind` 1) or a prefix (`kind` 2) at a path.
    pub fn keyed(&self, node: u32, kind: u64, value: u32) -> &[u32] {
        match self
            .keyed
            .get(u64::from(node) << 32 | kind << 30 | u64::from(value))
        {
            Some(list) => self.list(list),
            None => &[],
        }
    }

    /// A look-up or set by number.
    pub fn map(&self, map: u32) -> Option<&Map> {
        self.maps.get(map as usize)
    }

    /// What a look-up holds for a lower-case key.
    pub fn find(&self, map: u32, key: &str) -> Option<&str> {
        let map = self.map(map)?;
        let mask = map.slots.len().checked_sub(1)?;
        let mut at = hash_bytes(key.as_bytes()) as usize & mask;
        loop {
            let place = *map.slots.get(at)?;
            // An empty slot is past the end of the entries.
            let &(known, value) = map.ordered.get(place as usize)?;
            if self.string(known) == key {
                return Some(self.string(value));
            }
            at = (at + 1) & mask;
        }
    }

    /// What a look-up holds for its longest key that starts the lower-case `text`.
    pub fn longest_prefix(&self, map: u32, text: &str) -> Option<&str> {
        let sorted = &self.map(map)?.sorted;
        let mut head = text;
        loop {
            // A key that starts the text sorts before it; what it shares with its neighbour bounds it.
            let place = sorted
                .partition_point(|&(key, _)| self.string(key) <= head)
                .checked_sub(1)?;
            let &(key, value) = sorted.get(place)?;
            let key = self.string(key);
            if head.starts_with(key) {
                return Some(self.string(value));
            }
            let shared = key
                .chars()
                .zip(head.chars())
                .take_while(|(a, b)| a == b)
                .map(|(a, _)| a.len_utf8())
                .sum();
            head = head.get(..shared)?;
        }
    }

    /// Whether this is a public suffix rule.
    pub fn is_suffix(&self, rule: &str) -> bool {
        self.find(self.suffixes, rule).is_some()
    }
}
