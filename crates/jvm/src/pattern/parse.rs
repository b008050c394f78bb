//! Reads a pattern by the rules of `java.util.regex.Pattern`.

use super::PatternError;
use super::class;
use super::tree::{Mode, Node, Place};

/// Deepest nesting of groups and classes.
const MAX_DEPTH: usize = 100;

pub(super) type Parse<T> = Result<T, PatternError>;

pub(super) fn fail<T>(message: &'static str) -> Parse<T> {
    Err(PatternError::Syntax(message))
}

/// A pattern read.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) root: Node,
    /// Number of capturing groups.
    pub(super) groups: usize,
}

pub(super) fn parse(pattern: &str, ignore_case: bool) -> Parse<Parsed> {
    let mut parser = Parser {
        chars: unquote(pattern),
        at: 0,
        flags: Flags {
            ignore_case,
            ..Flags::default()
        },
        groups: 0,
        names: Vec::new(),
        limitless: 0,
        depth: 0,
    };
    let root = parser.alternation()?;
    if parser.peek().is_some() {
        return fail("Unmatched closing ')'");
    }
    Ok(Parsed {
        root,
        groups: parser.groups,
    })
}

/// Turns `\Q…\E` into single escapes, before anything else is looked at, as Java does.
fn unquote(pattern: &str) -> Vec<char> {
    let mut out = Vec::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    let (mut quoted, mut first) = (false, false);
    while let Some(c) = chars.next() {
        let begins = std::mem::take(&mut first);
        match (c, quoted) {
            ('\\', false) => match chars.next() {
                Some('Q') => (quoted, first) = (true, true),
                next => out.extend([Some('\\'), next].into_iter().flatten()),
            },
            ('\\', true) if chars.next_if_eq(&'E').is_some() => quoted = false,
            // Not to be read as part of an escape in front of the quotation.
            (c, true) if begins && c.is_ascii_digit() => out.extend(['\\', 'x', '3', c]),
            (c, true) if c.is_ascii() && !c.is_ascii_alphanumeric() => out.extend(['\\', c]),
            (c, _) => out.push(c),
        }
    }
    out
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    pub(super) ignore_case: bool,
    pub(super) multi_line: bool,
    pub(super) dot_all: bool,
    pub(super) unix_lines: bool,
    pub(super) unicode_case: bool,
    pub(super) comments: bool,
    pub(super) unicode_classes: bool,
}

/// What a backslash stands for.
pub(super) enum Escape {
    Char(u32),
    /// Content of a character class.
    Class(String),
    Node(Node),
}

pub(super) struct Parser {
    pub(super) chars: Vec<char>,
    pub(super) at: usize,
    pub(super) flags: Flags,
    pub(super) groups: usize,
    pub(super) names: Vec<(String, usize)>,
    /// Pieces read so far without a greatest length. In a look-behind Java mostly refuses them,
    /// unless it is a single character or class that repeats greedily.
    pub(super) limitless: usize,
    pub(super) depth: usize,
}

impl Parser {
    pub(super) fn char_at(&self, at: usize) -> Option<char> {
        self.chars.get(at).copied()
    }

    /// The next character; in comments mode blanks and comments before it are dropped.
    pub(super) fn peek(&mut self) -> Option<char> {
        while self.flags.comments {
            match self.char_at(self.at)? {
                ' ' | '\t'..='\r' => self.at += 1,
                '#' => {
                    let line_end = |c: &char| {
                        matches!(c, '\n')
                            || !self.flags.unix_lines
                                && matches!(c, '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
                    };
                    let rest = self.chars.get(self.at..).unwrap_or_default();
                    self.at += rest.iter().position(line_end).unwrap_or(rest.len());
                }
                _ => break,
            }
        }
        self.char_at(self.at)
    }

    /// Takes the next character, blanks dropped as by `peek`.
    pub(super) fn read(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    pub(super) fn eat(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        self.at += usize::from(found);
        found
    }

    /// Takes the next character as it stands.
    pub(super) fn raw(&mut self) -> Option<char> {
        let c = self.char_at(self.at)?;
        self.at += 1;
        Some(c)
    }

    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.depth == MAX_DEPTH {
            return Err(PatternError::TooLarge);
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn alternation(&mut self) -> Parse<Node> {
        let mut branches = vec![self.sequence()?];
        while self.eat('|') {
            branches.push(self.sequence()?);
        }
        Ok(match branches.len() {
            1 => branches.swap_remove(0),
            _ => Node::Alternation(branches),
        })
    }

    fn sequence(&mut self) -> Parse<Node> {
        let mut parts = Vec::new();
        while let Some(c) = self.peek() {
            let node = match c {
                '|' | ')' => break,
                '(' => match self.nested(Self::group)? {
                    Some(group) => group,
                    None => continue,
                },
                '[' => {
                    let class = self.nested(|p| p.class(true))?;
                    self.class_node(&class)
                }
                '\\' => match self.escape(false, false)? {
                    Escape::Char(c) => self.literal(c),
                    Escape::Class(class) => Node::Class(format!("[{class}]")),
                    Escape::Node(node) => node,
                },
                '*' | '+' | '?' => return fail("Dangling meta character"),
                // A repeat of nothing: behind another repeat, or at the start.
                '{' => Node::Empty,
                _ => {
                    self.at += 1;
                    self.simple(c)
                }
            };
            let node = self.repeats(node)?;
            if node != Node::Empty {
                parts.push(node);
            }
        }
        Ok(match parts.len() {
            0 => Node::Empty,
            1 => parts.swap_remove(0),
            _ => Node::Concat(parts),
        })
    }

    fn simple(&self, c: char) -> Node {
        let unix = self.flags.unix_lines;
        match c {
            '^' if self.flags.multi_line => Node::At(Place::LineStart { unix }),
            '^' => Node::At(Place::Start),
            '$' if self.flags.multi_line => Node::At(Place::LineEnd { unix }),
            '$' => Node::At(Place::LastLineEnd { unix }),
            '.' => Node::Class(match (self.flags.dot_all, unix) {
                (true, _) => format!("[{}]", class::ANYTHING),
                (false, true) => "[^\\x{A}]".into(),
                (false, false) => class::negate(class::LINE_ENDS),
            }),
            _ => self.literal(u32::from(c)),
        }
    }

    fn literal(&self, c: u32) -> Node {
        let Some(c) = char::from_u32(c) else {
            return Node::Never;
        };
        let fold = self.flags.ignore_case;
        if fold && (c.is_ascii_alphabetic() || self.flags.unicode_case) {
            let mut class = String::new();
            self.push_range(&mut class, u32::from(c), u32::from(c));
            return self.class_node(&class);
        }
        Node::Literal(c)
    }

    pub(super) fn push_range(&self, class: &mut String, low: u32, high: u32) {
        class::push_range(class, low, high, self.flags.ignore_case);
        // Java folds by upper and lower case in turn, which makes these four one letter.
        let dotted = [0x49, 0x69, 0x130, 0x131];
        if self.flags.ignore_case
            && self.flags.unicode_case
            && dotted.iter().any(|c| (low..=high).contains(c))
        {
            class.push_str("Ii\\x{130}\\x{131}");
        }
    }

    fn class_node(&self, class: &str) -> Node {
        Node::Class(if self.flags.ignore_case && self.flags.unicode_case {
            format!("(?i:[{class}])")
        } else {
            format!("[{class}]")
        })
    }

    fn repeats(&mut self, inner: Node) -> Parse<Node> {
        let (min, max) = match self.peek() {
            Some('?') => (0, Some(1)),
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('{') => self.counts()?,
            _ => return Ok(inner),
        };
        let counted = self.char_at(self.at) == Some('}');
        self.at += 1;
        let mode = if self.eat('?') {
            Mode::Lazy
        } else if self.eat('+') {
            Mode::Possessive
        } else {
            Mode::Greedy
        };
        let one = matches!(inner, Node::Literal(_) | Node::Class(_) | Node::Never);
        if max.is_none() && (counted || mode != Mode::Greedy || !one) {
            self.limitless += 1;
        }
        if inner == Node::Empty {
            return Ok(inner);
        }
        Ok(Node::Repeat {
            inner: Box::new(inner),
            min,
            max,
            mode,
        })
    }

    /// Reads `{n}`, `{n,}` or `{n,m}` up to the closing brace.
    fn counts(&mut self) -> Parse<(u32, Option<u32>)> {
        self.at += 1;
        // No blank may come first, not even in comments mode.
        if !self.char_at(self.at).is_some_and(|c| c.is_ascii_digit()) {
            return fail("Illegal repetition");
        }
        let min = self.count()?;
        let max = if !self.eat(',') {
            Some(min)
        } else if self.peek() == Some('}') {
            None
        } else {
            // The greatest count is no limit for any real text.
            Some(self.count()?).filter(|n| *n < i32::MAX.unsigned_abs())
        };
        if self.peek() != Some('}') {
            return fail("Unclosed counted closure");
        }
        if max.is_some_and(|max| max < min) {
            return fail("Illegal repetition range");
        }
        Ok((min, max))
    }

    fn count(&mut self) -> Parse<u32> {
        let mut n = 0i32;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            self.at += 1;
            n = match n.checked_mul(10).and_then(|n| n.checked_add(digit as i32)) {
                Some(n) => n,
                None => return fail("Illegal repetition range"),
            };
        }
        Ok(n.unsigned_abs())
    }

    /// Reads a group; `None` for flags that go on until the enclosing group ends.
    fn group(&mut self) -> Parse<Option<Node>> {
        self.at += 1;
        let flags = self.flags;
        let limitless = self.limitless;
        let mut node = if self.peek() != Some('?') {
            self.capture()?
        } else {
            self.at += 1;
            match self.raw() {
                Some(':') => self.alternation()?,
                Some(c @ ('=' | '!')) => self.look(false, c == '!')?,
                Some('>') => Node::Atomic(Box::new(self.alternation()?)),
                Some('<') => match self.read() {
                    Some(c @ ('=' | '!')) => {
                        let node = self.look(true, c == '!')?;
                        if self.limitless > limitless {
                            return Err(PatternError::Unsupported(
                                "a look-behind of unlimited length".into(),
                            ));
                        }
                        node
                    }
                    c => {
                        let name = self.group_name(c)?;
                        if self.names.iter().any(|(known, _)| *known == name) {
                            return fail("Named capturing group is already defined");
                        }
                        self.names.push((name, self.groups + 1));
                        self.capture()?
                    }
                },
                Some('$' | '@') => return fail("Unknown group type"),
                _ => {
                    self.at -= usize::from(self.at <= self.chars.len());
                    self.set_flags();
                    match self.read() {
                        Some(')') => return Ok(None),
                        Some(':') => self.alternation()?,
                        _ => return fail("Unknown inline modifier"),
                    }
                }
            }
        };
        if !self.eat(')') {
            return fail("Unclosed group");
        }
        self.flags = flags;
        if matches!(node, Node::Look { .. }) {
            // Java does not look into them when it sizes a look-behind.
            self.limitless = limitless;
        }
        if node == Node::Empty {
            node = Node::Concat(Vec::new());
        }
        Ok(Some(node))
    }

    fn capture(&mut self) -> Parse<Node> {
        self.groups += 1;
        let number = self.groups;
        Ok(Node::Capture(number, Box::new(self.alternation()?)))
    }

    fn look(&mut self, behind: bool, negated: bool) -> Parse<Node> {
        Ok(Node::Look {
            behind,
            negated,
            inner: Box::new(self.alternation()?),
        })
    }

    /// Reads a name that starts with `c`, and the `>` behind it.
    pub(super) fn group_name(&mut self, c: Option<char>) -> Parse<String> {
        let mut name = String::new();
        let mut next = c;
        while let Some(c) = next.filter(char::is_ascii_alphanumeric) {
            if name.is_empty() && c.is_ascii_digit() {
                break;
            }
            name.push(c);
            next = self.read();
        }
        if name.is_empty() {
            return fail("capturing group name does not start with a Latin letter");
        }
        if next != Some('>') {
            return fail("named capturing group is missing trailing '>'");
        }
        Ok(name)
    }

    fn set_flags(&mut self) {
        let mut on = true;
        while let Some(c) = self.peek() {
            let flag = match c {
                'i' => &mut self.flags.ignore_case,
                'm' => &mut self.flags.multi_line,
                's' => &mut self.flags.dot_all,
                'd' => &mut self.flags.unix_lines,
                'u' => &mut self.flags.unicode_case,
                'x' => &mut self.flags.comments,
                'U' => {
                    self.flags.unicode_case = on;
                    &mut self.flags.unicode_classes
                }
                '-' if on => {
                    on = false;
                    self.at += 1;
                    continue;
                }
                _ => return,
            };
            *flag = on;
            self.at += 1;
        }
    }
}
