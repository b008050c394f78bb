//! The parsed form of a pattern. Flags are already worked in.

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// Matches the empty text.
    Empty,
    /// Matches nothing, like half of a surrogate pair in text that has none.
    Never,
    Literal(char),
    /// A character class in the syntax of the `regex` crate, brackets included.
    Class(String),
    Concat(Vec<Node>),
    Alternation(Vec<Node>),
    /// The n-th capturing group.
    Capture(usize, Box<Node>),
    Atomic(Box<Node>),
    Look {
        behind: bool,
        negated: bool,
        inner: Box<Node>,
    },
    Repeat {
        inner: Box<Node>,
        min: u32,
        max: Option<u32>,
        mode: Mode,
    },
    At(Place),
    BackReference {
        group: usize,
        ignore_case: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mode {
    Greedy,
    Lazy,
    Possessive,
}

/// An assertion without width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Place {
    /// `\A`, `\G`, and `^` outside multi-line mode.
    Start,
    /// `\z`
    End,
    /// `\Z`, and `$` outside multi-line mode; with `unix` only a line feed ends a line.
    LastLineEnd { unix: bool },
    /// `^` in multi-line mode.
    LineStart { unix: bool },
    /// `$` in multi-line mode.
    LineEnd { unix: bool },
    /// `\b` or `\B`; with `unicode` by the classes of `(?U)`.
    WordBoundary { negated: bool, unicode: bool },
}

impl Node {
    /// Least and greatest number of characters a match has; `None` without a limit.
    pub(super) fn width(&self) -> (u32, Option<u32>) {
        match self {
            Node::Empty | Node::At(_) | Node::Look { .. } => (0, Some(0)),
            Node::Never | Node::Literal(_) | Node::Class(_) => (1, Some(1)),
            Node::Concat(parts) => parts.iter().fold((0, Some(0)), |(min, max), part| {
                let (low, high) = part.width();
                let max = max
                    .zip(high)
                    .and_then(|(a, b): (u32, u32)| a.checked_add(b));
                (min.saturating_add(low), max)
            }),
            Node::Alternation(parts) => parts
                .iter()
                .map(Node::width)
                .reduce(|a, b| (a.0.min(b.0), a.1.zip(b.1).map(|(a, b)| a.max(b))))
                .unwrap_or((0, Some(0))),
            Node::Capture(_, inner) | Node::Atomic(inner) => inner.width(),
            Node::Repeat {
                inner, min, max, ..
            } => {
                let (low, high) = inner.width();
                let max = match high {
                    Some(0) => Some(0),
                    _ => max.zip(high).and_then(|(n, width)| n.checked_mul(width)),
                };
                (low.saturating_mul(*min), max)
            }
            Node::BackReference { .. } => (0, None),
        }
    }

    /// True if the piece holds a capturing group.
    pub(super) fn captures(&self) -> bool {
        match self {
            Node::Capture(..) => true,
            Node::Concat(parts) | Node::Alternation(parts) => parts.iter().any(Node::captures),
            Node::Atomic(inner) | Node::Look { inner, .. } | Node::Repeat { inner, .. } => {
                inner.captures()
            }
            _ => false,
        }
    }
}
