//! Patterns as trees: the part of `java.util.regex` that rules use, with Java's meaning.
//!
//! The parser is that of the crate `regex-syntax`; what Java reads differently is given Java's
//! meaning here, and what the two read differently beyond that is refused, so that the caller can
//! leave such a pattern to a complete engine.

use regex_syntax::ast::{
    self, Ast, ClassPerlKind, ClassSet, ClassSetItem, GroupKind, LiteralKind, SpecialLiteralKind,
};

/// Last code point there is.
const LAST: u32 = 0x10_ffff;

/// A pattern, or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// One after the other; matches nothing when there are none.
    Concat(Vec<Node>),
    /// The first that leads to a match.
    Alternate(Vec<Node>),
    /// One character.
    Char(char),
    /// One character of a set.
    Class(Class),
    /// A group whose text is kept, with its number from 1.
    Group(usize, Box<Node>),
    /// So many times at least and at most, first as many as possible when greedy, else as few.
    Repeat {
        node: Box<Node>,
        min: u32,
        max: Option<u32>,
        greedy: bool,
    },
    /// `^`: the start of the text.
    Start,
    /// `$`: the end of the text, or before a line terminator that ends it.
    End,
    /// `\b`, or `\B` when negated.
    Boundary { negated: bool },
}

/// A set of characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Class {
    /// One bit for each ASCII character.
    pub ascii: [u64; 2],
    /// Sorted ranges of code points from 0x80 on, that neither touch nor overlap.
    pub wide: Vec<(u32, u32)>,
}

impl Class {
    /// The set of one character.
    pub fn of(c: char) -> Class {
        let mut class = Class::default();
        match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() => class.ascii[usize::from(byte >> 6)] |= 1 << (byte & 63),
            _ => class.wide.push((c.into(), c.into())),
        }
        class
    }

    /// Whether the set has this ASCII character.
    pub fn has_ascii(&self, byte: u8) -> bool {
        let word = self.ascii[usize::from(byte >> 6 & 1)];
        byte < 0x80 && word >> (byte & 63) & 1 == 1
    }

    /// Whether the set has this character above ASCII.
    pub fn has_wide(&self, c: char) -> bool {
        let c = u32::from(c);
        self.wide
            .iter()
            .any(|(low, high)| (*low..=*high).contains(&c))
    }

    /// The ASCII characters of the set, in order.
    pub fn ascii_chars(&self) -> impl Iterator<Item = u8> + '_ {
        (0..0x80).filter(|byte| self.has_ascii(*byte))
    }

    fn add(&mut self, low: u32, high: u32) {
        for code in low..=high.min(0x7f) {
            self.ascii[(code >> 6) as usize] |= 1 << (code & 63);
        }
        if high >= 0x80 {
            self.wide.push((low.max(0x80), high));
        }
    }

    fn add_class(&mut self, other: &Class) {
        self.ascii[0] |= other.ascii[0];
        self.ascii[1] |= other.ascii[1];
        self.wide.extend_from_slice(&other.wide);
    }

    /// Adds the other case of each ASCII letter.
    fn fold(&mut self) {
        let upper = 0x07ff_fffe;
        let letters = (self.ascii[1] | self.ascii[1] >> 32) & upper;
        self.ascii[1] |= letters | letters << 32;
    }

    fn normalize(&mut self) {
        self.wide.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(self.wide.len());
        for (low, high) in self.wide.drain(..) {
            match merged.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => merged.push((low, high)),
            }
        }
        self.wide = merged;
    }

    fn negate(&mut self) {
        self.normalize();
        self.ascii = self.ascii.map(|word| !word);
        let mut next = 0x80;
        let mut wide = Vec::with_capacity(self.wide.len() + 1);
        for (low, high) in &self.wide {
            if next < *low {
                wide.push((next, low - 1));
            }
            next = high + 1;
        }
        if next <= LAST {
            wide.push((next, LAST));
        }
        self.wide = wide;
    }
}

/// Reads a pattern; none when it uses something this engine does not know, or is no pattern.
pub fn parse(pattern: &str, ignore_case: bool) -> Option<Node> {
    let parsed = ast::parse::Parser::new().parse(pattern).ok()?;
    Reader { ignore_case }.node(&parsed)
}

struct Reader {
    ignore_case: bool,
}

impl Reader {
    fn node(&self, ast: &Ast) -> Option<Node> {
        Some(match ast {
            Ast::Empty(_) => Node::Concat(Vec::new()),
            Ast::Literal(literal) => self.char(literal_char(literal)?),
            Ast::Dot(_) => Node::Class(dot()),
            Ast::Assertion(assertion) => match assertion.kind {
                ast::AssertionKind::StartLine | ast::AssertionKind::StartText => Node::Start,
                ast::AssertionKind::EndLine => Node::End,
                ast::AssertionKind::WordBoundary => Node::Boundary { negated: false },
                ast::AssertionKind::NotWordBoundary => Node::Boundary { negated: true },
                _ => return None,
            },
            Ast::ClassPerl(class) => Node::Class(perl(class)),
            Ast::ClassBracketed(bracketed) => {
                let mut class = Class::default();
                self.class_set(&bracketed.kind, &mut class)?;
                if self.ignore_case {
                    class.fold();
                }
                class.normalize();
                if bracketed.negated {
                    class.negate();
                }
                Node::Class(class)
            }
            Ast::Repetition(repetition) => self.repetition(repetition)?,
            Ast::Group(group) => {
                let inner = self.node(&group.ast)?;
                match &group.kind {
                    GroupKind::CaptureIndex(index) => Node::Group(*index as usize, Box::new(inner)),
                    GroupKind::NonCapturing(flags) if flags.items.is_empty() => inner,
                    _ => return None,
                }
            }
            Ast::Alternation(alternation) => Node::Alternate(self.nodes(&alternation.asts)?),
            Ast::Concat(concat) => Node::Concat(self.nodes(&concat.asts)?),
            Ast::Flags(_) | Ast::ClassUnicode(_) => return None,
        })
    }

    fn nodes(&self, asts: &[Ast]) -> Option<Vec<Node>> {
        asts.iter().map(|ast| self.node(ast)).collect()
    }

    fn char(&self, c: char) -> Node {
        if self.ignore_case && c.is_ascii_alphabetic() {
            let mut class = Class::default();
            class.add(c.into(), c.into());
            class.fold();
            return Node::Class(class);
        }
        Node::Char(c)
    }

    fn repetition(&self, repetition: &ast::Repetition) -> Option<Node> {
        use ast::{RepetitionKind, RepetitionRange};
        let (min, max) = match &repetition.op.kind {
            RepetitionKind::ZeroOrOne => (0, Some(1)),
            RepetitionKind::ZeroOrMore => (0, None),
            RepetitionKind::OneOrMore => (1, None),
            RepetitionKind::Range(RepetitionRange::Exactly(n)) => (*n, Some(*n)),
            RepetitionKind::Range(RepetitionRange::AtLeast(n)) => (*n, None),
            RepetitionKind::Range(RepetitionRange::Bounded(min, max)) => (*min, Some(*max)),
        };
        // A second quantifier is a possessive one to Java.
        if matches!(*repetition.ast, Ast::Repetition(_)) {
            return None;
        }
        Some(Node::Repeat {
            node: Box::new(self.node(&repetition.ast)?),
            min,
            max,
            greedy: repetition.greedy,
        })
    }

    fn class_set(&self, set: &ClassSet, class: &mut Class) -> Option<()> {
        match set {
            ClassSet::Item(item) => self.class_item(item, class),
            ClassSet::BinaryOp(_) => None,
        }
    }

    fn class_item(&self, item: &ClassSetItem, class: &mut Class) -> Option<()> {
        match item {
            ClassSetItem::Empty(_) => {}
            ClassSetItem::Literal(literal) => {
                let c = literal_char(literal)?.into();
                class.add(c, c);
            }
            ClassSetItem::Range(range) => class.add(
                literal_char(&range.start)?.into(),
                literal_char(&range.end)?.into(),
            ),
            ClassSetItem::Perl(item) => class.add_class(&perl(item)),
            ClassSetItem::Union(union) => {
                for item in &union.items {
                    self.class_item(item, class)?;
                }
            }
            ClassSetItem::Ascii(_) | ClassSetItem::Unicode(_) | ClassSetItem::Bracketed(_) => {
                return None;
            }
        }
        Some(())
    }
}

fn literal_char(literal: &ast::Literal) -> Option<char> {
    match &literal.kind {
        // To Java this is a set of characters.
        LiteralKind::Special(SpecialLiteralKind::VerticalTab) => None,
        LiteralKind::HexBrace(_) | LiteralKind::Octal => None,
        _ => Some(literal.c),
    }
}

/// `.`: all but the line terminators.
fn dot() -> Class {
    let mut class = Class::default();
    for terminator in ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'] {
        class.add(terminator.into(), terminator.into());
    }
    class.negate();
    class
}

/// `\d`, `\s`, `\w` and their negations, over ASCII.
fn perl(item: &ast::ClassPerl) -> Class {
    let ranges: &[(char, char)] = match item.kind {
        ClassPerlKind::Digit => &[('0', '9')],
        ClassPerlKind::Space => &[('\t', '\r'), (' ', ' ')],
        ClassPerlKind::Word => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
    };
    let mut class = Class::default();
    for (low, high) in ranges {
        class.add((*low).into(), (*high).into());
    }
    if item.negated {
        class.negate();
    }
    class
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(pattern: &str, ignore_case: bool) -> Class {
        match parse(pattern, ignore_case) {
            Some(Node::Class(class)) => class,
            other => panic!("{pattern}: {other:?}"),
        }
    }

    fn ascii(class: &Class) -> String {
        class.ascii_chars().map(char::from).collect()
    }

    #[test]
    fn classes_are_those_of_java() {
        assert_eq!(ascii(&class(r"[a-c\d_-]", false)), "-0123456789_abc");
        assert_eq!(ascii(&class("[aZ]", true)), "AZaz");
        assert_eq!(ascii(&class("K", true)), "Kk");
        assert_eq!(ascii(&class(r"\s", false)), "\t\n\u{b}\u{c}\r ");
        let not = class("[^;é]", false);
        assert!(!not.has_ascii(b';') && not.has_ascii(b'a'));
        assert!(!not.has_wide('é') && not.has_wide('ê') && not.has_wide('😀'));
        let dot = class(".", false);
        assert!(!dot.has_ascii(b'\n') && !dot.has_wide('\u{85}') && dot.has_wide('ü'));
        assert!(!class(r"\w", false).has_wide('ü') && class(r"\W", false).has_wide('ü'));
    }

    #[test]
    fn what_java_reads_otherwise_is_refused() {
        for pattern in [
            "a++",
            "a{2}{3}",
            "(?i)a",
            "[a&&b]",
            "[a--b]",
            r"\p{L}",
            "[[:alpha:]]",
            r"\v",
            "a(?=b)",
            "[[a]b]",
            r"\x{41}",
            "(?<n>a)",
            r"\bx\z",
            "(",
        ] {
            assert_eq!(parse(pattern, false), None, "{pattern}");
        }
    }
}
