//! Patterns as programs for the [`matcher`](super::matcher), and where a match may start.

use memchr::memmem::Finder;

use super::syntax::{Class, Node};

/// Programs longer than this are left to a complete engine.
const LONGEST: usize = 4_000;

/// One step of a program.
#[derive(Debug, Clone)]
pub enum Inst {
    /// This ASCII character.
    Byte(u8),
    /// These bytes.
    Bytes(Box<[u8]>),
    /// One character of a set, by its number.
    Class(usize),
    /// From `min` to `max` characters of a set; `next` tells what may follow, by its number.
    Run {
        class: usize,
        min: usize,
        max: usize,
        greedy: bool,
        next: usize,
    },
    /// First on at one instruction, and if that fails, at the other; with each, what it may start
    /// with, by its number.
    Try {
        first: (usize, usize),
        second: (usize, usize),
    },
    /// On there.
    Jump(usize),
    /// Remembers the place in a slot: twice the group's number, and one more for its end.
    Save(usize),
    /// The start of the text.
    Start,
    /// The end of the text or of its last line.
    End,
    /// A word boundary, or none.
    Boundary { negated: bool },
    /// The pattern has matched.
    Match,
}

/// What the rest of a pattern may start with: one bit for each byte, or anything, also nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starts {
    /// Anything.
    Any,
    /// One of these bytes.
    With([u64; 4]),
}

impl Starts {
    /// Whether the rest may start with this byte; no byte is the end of the text.
    pub fn may(&self, byte: Option<&u8>) -> bool {
        match (self, byte) {
            (Starts::Any, _) => true,
            (Starts::With(_), None) => false,
            (Starts::With(bits), Some(byte)) => {
                bits[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
            }
        }
    }
}

/// Where a match may start.
#[derive(Debug)]
pub enum Entry {
    /// Only at the start of the text.
    Anchored,
    /// Only where this text is.
    Literal(Box<Finder<'static>>),
    /// Only at one of these bytes, if they are known.
    At(Starts),
}

/// A pattern ready to be matched.
#[derive(Debug)]
pub struct Program {
    pub(super) insts: Vec<Inst>,
    pub(super) classes: Vec<Class>,
    pub(super) starts: Vec<Starts>,
    pub(super) entry: Entry,
    /// How many groups it has.
    pub groups: usize,
}

impl Program {
    /// The program of a pattern; none when it is too long, or repeats what may match nothing.
    pub fn new(pattern: &Node) -> Option<Program> {
        let mut writer = Writer::default();
        writer.node(pattern)?;
        writer.push(Inst::Match)?;
        let mut starts = Vec::new();
        for at in 0..writer.insts.len() {
            let known = |at: usize, starts: &mut Vec<Starts>| {
                let found = writer.starts(at);
                starts
                    .iter()
                    .position(|known| *known == found)
                    .unwrap_or_else(|| {
                        starts.push(found);
                        starts.len() - 1
                    })
            };
            match writer.insts.get(at).cloned() {
                Some(Inst::Run {
                    class,
                    min,
                    max,
                    greedy,
                    ..
                }) => {
                    let next = known(at + 1, &mut starts);
                    writer.patch(
                        at,
                        Inst::Run {
                            class,
                            min,
                            max,
                            greedy,
                            next,
                        },
                    );
                }
                Some(Inst::Try {
                    first: (first, _),
                    second: (second, _),
                }) => {
                    let first = (first, known(first, &mut starts));
                    let second = (second, known(second, &mut starts));
                    writer.patch(at, Inst::Try { first, second });
                }
                _ => {}
            }
        }
        Some(Program {
            entry: writer.entry(),
            insts: writer.insts,
            classes: writer.classes,
            starts,
            groups: writer.groups,
        })
    }
}

#[derive(Default)]
struct Writer {
    insts: Vec<Inst>,
    classes: Vec<Class>,
    groups: usize,
}

impl Writer {
    fn push(&mut self, inst: Inst) -> Option<usize> {
        self.insts.push(inst);
        (self.insts.len() <= LONGEST).then(|| self.insts.len() - 1)
    }

    fn class(&mut self, class: &Class) -> usize {
        match self.classes.iter().position(|known| known == class) {
            Some(number) => number,
            None => {
                self.classes.push(class.clone());
                self.classes.len() - 1
            }
        }
    }

    fn node(&mut self, node: &Node) -> Option<()> {
        match node {
            Node::Concat(nodes) => {
                let mut rest = nodes.as_slice();
                while let Some((first, after)) = rest.split_first() {
                    let word: String = rest.iter().map_while(literal).collect();
                    if word.len() > 1 {
                        let count = word.chars().count();
                        self.push(Inst::Bytes(word.into_bytes().into()))?;
                        rest = rest.get(count..)?;
                    } else {
                        self.node(first)?;
                        rest = after;
                    }
                }
            }
            Node::Alternate(nodes) => self.alternate(nodes)?,
            Node::Char(c) => {
                let inst = match u8::try_from(*c) {
                    Ok(byte) if byte.is_ascii() => Inst::Byte(byte),
                    _ => Inst::Bytes(c.to_string().into_bytes().into()),
                };
                self.push(inst)?;
            }
            Node::Class(class) => {
                let class = self.class(class);
                self.push(Inst::Class(class))?;
            }
            Node::Group(number, node) => {
                self.groups = self.groups.max(*number);
                self.push(Inst::Save(2 * number))?;
                self.node(node)?;
                self.push(Inst::Save(2 * number + 1))?;
            }
            Node::Repeat {
                node,
                min,
                max,
                greedy,
            } => self.repeat(node, *min, *max, *greedy)?,
            Node::Start => {
                self.push(Inst::Start)?;
            }
            Node::End => {
                self.push(Inst::End)?;
            }
            Node::Boundary { negated } => {
                self.push(Inst::Boundary { negated: *negated })?;
            }
        }
        Some(())
    }

    fn alternate(&mut self, nodes: &[Node]) -> Option<()> {
        let mut ends = Vec::new();
        for (n, node) in nodes.iter().enumerate() {
            if n + 1 == nodes.len() {
                self.node(node)?;
                break;
            }
            let fork = self.push(Inst::Jump(0))?;
            self.node(node)?;
            ends.push(self.push(Inst::Jump(0))?);
            self.fork(fork, self.insts.len(), true);
        }
        let end = self.insts.len();
        for jump in ends {
            self.patch(jump, Inst::Jump(end));
        }
        Some(())
    }

    fn repeat(&mut self, node: &Node, min: u32, max: Option<u32>, greedy: bool) -> Option<()> {
        let single = match node {
            Node::Class(class) => Some(class.clone()),
            Node::Char(c) => Some(Class::of(*c)),
            _ => None,
        };
        if let Some(class) = single {
            let class = self.class(&class);
            let max = max.map_or(usize::MAX, |max| max as usize);
            let min = min as usize;
            self.push(Inst::Run {
                class,
                min,
                max,
                greedy,
                next: 0,
            })?;
            return Some(());
        }
        for _ in 0..min {
            self.node(node)?;
        }
        let Some(max) = max else {
            if may_be_empty(node) {
                return None;
            }
            let fork = self.push(Inst::Jump(0))?;
            self.node(node)?;
            self.push(Inst::Jump(fork))?;
            self.fork(fork, self.insts.len(), greedy);
            return Some(());
        };
        let mut forks = Vec::new();
        for _ in min..max {
            forks.push(self.push(Inst::Jump(0))?);
            self.node(node)?;
        }
        let end = self.insts.len();
        for fork in forks {
            self.fork(fork, end, greedy);
        }
        Some(())
    }

    /// Makes `fork` choose between what follows it, first when `greedy`, and `end`.
    fn fork(&mut self, fork: usize, end: usize, greedy: bool) {
        let (here, there) = ((fork + 1, 0), (end, 0));
        let (first, second) = if greedy { (here, there) } else { (there, here) };
        self.patch(fork, Inst::Try { first, second });
    }

    fn patch(&mut self, at: usize, inst: Inst) {
        if let Some(slot) = self.insts.get_mut(at) {
            *slot = inst;
        }
    }

    /// What the program may start with from an instruction on.
    fn starts(&self, at: usize) -> Starts {
        let mut bytes = [0u64; 4];
        let mut seen = vec![false; self.insts.len()];
        let mut open = vec![at];
        while let Some(at) = open.pop() {
            match seen.get_mut(at) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            let mut add = |byte: u8| bytes[usize::from(byte >> 6)] |= 1 << (byte & 63);
            let mut add_class = |class: usize| {
                let Some(class) = self.classes.get(class) else {
                    return;
                };
                class.ascii_chars().for_each(&mut add);
                if !class.wide.is_empty() {
                    (0xc0..=0xff).for_each(&mut add);
                }
            };
            match self.insts.get(at) {
                Some(Inst::Byte(byte)) => add(*byte),
                Some(Inst::Bytes(word)) => word.iter().take(1).for_each(|byte| add(*byte)),
                Some(Inst::Class(class)) => add_class(*class),
                Some(Inst::Run { class, min, .. }) => {
                    add_class(*class);
                    if *min == 0 {
                        open.push(at + 1);
                    }
                }
                Some(Inst::Try { first, second }) => open.extend([first.0, second.0]),
                Some(Inst::Jump(to)) => open.push(*to),
                Some(Inst::Save(_) | Inst::Start | Inst::Boundary { .. }) => open.push(at + 1),
                Some(Inst::End | Inst::Match) | None => return Starts::Any,
            }
        }
        Starts::With(bytes)
    }

    fn entry(&self) -> Entry {
        match self
            .insts
            .iter()
            .find(|inst| !matches!(inst, Inst::Save(_)))
        {
            Some(Inst::Start) => Entry::Anchored,
            Some(Inst::Bytes(word)) => Entry::Literal(Box::new(Finder::new(word).into_owned())),
            _ => Entry::At(self.starts(0)),
        }
    }
}

fn literal(node: &Node) -> Option<char> {
    match node {
        Node::Char(c) => Some(*c),
        _ => None,
    }
}

fn may_be_empty(node: &Node) -> bool {
    match node {
        Node::Concat(nodes) => nodes.iter().all(may_be_empty),
        Node::Alternate(nodes) => nodes.iter().any(may_be_empty),
        Node::Char(_) | Node::Class(_) => false,
        Node::Group(_, node) => may_be_empty(node),
        Node::Repeat { node, min, .. } => *min == 0 || may_be_empty(node),
        Node::Start | Node::End | Node::Boundary { .. } => true,
    }
}
