//! Conditions of paths: `[?(@.kind == 'email' && @.n > 3)]`, as Jayway JsonPath 2.7.0 reads them.

use jvm::number::BigDecimal;
use jvm::pattern::Pattern;

use super::compare::{Operator, Val};
use super::path::{Path, PathError, wrong};

/// A condition.
#[derive(Debug)]
pub struct Filter(pub Test);

/// A condition or a part of one.
#[derive(Debug)]
pub enum Test {
    /// One holds.
    Or(Vec<Test>),
    /// All hold.
    And(Vec<Test>),
    /// It does not hold.
    Not(Box<Test>),
    /// The path leads somewhere, or not if that is what is wanted.
    Exists { path: Path, wanted: bool },
    /// Two values compared.
    Relation {
        left: Operand,
        operator: Operator,
        right: Operand,
    },
}

/// A value in a condition.
#[derive(Debug)]
pub enum Operand {
    /// What a path leads to.
    Path(Path),
    /// A value of the condition itself.
    Literal(Val),
    /// A pattern.
    Pattern(Box<Pattern>),
}

/// Operators by their upper-case names.
const OPERATORS: [(&str, Operator); 17] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("===", Operator::SameKind),
    ("!==", Operator::NotSameKind),
    ("<", Operator::Less),
    ("<=", Operator::LessOrEqual),
    (">", Operator::Greater),
    (">=", Operator::GreaterOrEqual),
    ("=~", Operator::Matches),
    ("IN", Operator::In),
    ("NIN", Operator::NotIn),
    ("CONTAINS", Operator::Contains),
    ("SIZE", Operator::Size),
    ("EMPTY", Operator::Empty),
    ("SUBSETOF", Operator::SubsetOf),
    ("ANYOF", Operator::AnyOf),
    ("NONEOF", Operator::NoneOf),
];

/// Conditions nested deeper are refused.
const DEEPEST: usize = 64;

impl Filter {
    /// Reads a condition in its parentheses.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Filter, PathError> {
        let mut reader = Reader {
            chars: text.trim_matches(' ').chars().collect(),
            at: 0,
            depth: 0,
        };
        let test = reader.or()?;
        reader.skip();
        match reader.at < reader.chars.len() {
            true => wrong("Expected end of filter expression"),
            false => Ok(Filter(test)),
        }
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn skip(&mut self) {
        while self.chars.get(self.at) == Some(&' ') {
            self.at += 1;
        }
    }

    /// The next character that is no space.
    fn next(&mut self) -> Option<char> {
        self.skip();
        self.chars.get(self.at).copied()
    }

    fn take(&mut self, word: &str) -> bool {
        self.skip();
        let found = word
            .chars()
            .enumerate()
            .all(|(n, c)| self.chars.get(self.at + n) == Some(&c));
        if found {
            self.at += word.len();
        }
        found
    }

    fn text(&self, from: usize, to: usize) -> String {
        self.chars
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .collect()
    }

    fn or(&mut self) -> Result<Test, PathError> {
        let mut tests = vec![self.and()?];
        while self.take("||") {
            tests.push(self.and()?);
        }
        Ok(match tests.len() {
            1 => tests.remove(0),
            _ => Test::Or(tests),
        })
    }

    fn and(&mut self) -> Result<Test, PathError> {
        let mut tests = vec![self.operand_of_and()?];
        while self.take("&&") {
            tests.push(self.operand_of_and()?);
        }
        Ok(match tests.len() {
            1 => tests.remove(0),
            _ => Test::And(tests),
        })
    }

    fn operand_of_and(&mut self) -> Result<Test, PathError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return wrong("the condition is nested too deeply");
        }
        let test = self.part();
        self.depth -= 1;
        test
    }

    fn part(&mut self) -> Result<Test, PathError> {
        let start = self.at;
        match self.next() {
            Some('!') => {
                self.at += 1;
                match self.next() {
                    Some('$' | '@') => self.at = start,
                    _ => return Ok(Test::Not(Box::new(self.operand_of_and()?))),
                }
            }
            Some('(') => {
                self.at += 1;
                let inner = self.or()?;
                return match self.next() {
                    Some(')') => {
                        self.at += 1;
                        Ok(inner)
                    }
                    _ => wrong("Expected character: )"),
                };
            }
            _ => {}
        }
        self.relation()
    }

    fn relation(&mut self) -> Result<Test, PathError> {
        let wanted = self.next() != Some('!');
        let left = self.value()?;
        let after = self.at;
        let compared = self.operator().and_then(|operator| {
            self.skip();
            // A malformed number ends the reading, anything else is no comparison.
            match self.value() {
                Err(error) if error.0.starts_with(NUMBER) => Some(Err(error)),
                right => right.ok().map(|right| Ok((operator, right))),
            }
        });
        if let Some(compared) = compared {
            let (operator, right) = compared?;
            return Ok(Test::Relation {
                left,
                operator,
                right,
            });
        }
        self.at = after;
        match left {
            Operand::Path(path) => Ok(Test::Exists { path, wanted }),
            _ => wrong("Expected path node"),
        }
    }

    fn operator(&mut self) -> Option<Operator> {
        self.skip();
        let start = self.at;
        let symbol = |c: &char| matches!(c, '<' | '>' | '=' | '~' | '!');
        let symbols = self.chars.get(self.at).is_some_and(symbol);
        while let Some(c) = self.chars.get(self.at) {
            if if symbols { !symbol(c) } else { *c == ' ' } {
                break;
            }
            self.at += 1;
        }
        let name = self.text(start, self.at).to_uppercase();
        let found = OPERATORS.iter().find(|(known, _)| *known == name);
        found.map(|(_, operator)| *operator)
    }

    fn value(&mut self) -> Result<Operand, PathError> {
        match self.next() {
            Some('!') => {
                self.at += 1;
                match self.next() {
                    Some('$' | '@') => self.path(),
                    _ => wrong("Unexpected character: !"),
                }
            }
            Some('$' | '@') => self.path(),
            Some(quote @ ('\'' | '"')) => {
                let end = self.unescaped(self.at + 1, quote);
                let Some(end) = end else {
                    return wrong(format!(
                        "String literal does not have matching quotes: {quote}"
                    ));
                };
                let text = unescape(&self.text(self.at + 1, end));
                self.at = end + 1;
                Ok(Operand::Literal(Val::Text(text)))
            }
            Some('t') => self.word("true", Val::Bool(true)),
            Some('f') => self.word("false", Val::Bool(false)),
            Some('n') => self.word("null", Val::Null),
            Some(open @ ('[' | '{')) => {
                let close = if open == '[' { ']' } else { '}' };
                let Some(end) = closing(&self.chars, self.at, open, close) else {
                    return wrong("String not closed");
                };
                let text = self.text(self.at, end + 1);
                self.at = end + 1;
                Ok(Operand::Literal(literal(&text)))
            }
            Some('/') => self.pattern(),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str, value: Val) -> Result<Operand, PathError> {
        match self.take(word) {
            true => Ok(Operand::Literal(value)),
            false => wrong(format!("Expected {word}")),
        }
    }

    fn number(&mut self) -> Result<Operand, PathError> {
        let start = self.at;
        let part = |c: &char| c.is_numeric() || matches!(c, '-' | '.' | 'e' | 'E');
        while self.chars.get(self.at).is_some_and(part) {
            self.at += 1;
        }
        let text = self.text(start, self.at);
        match BigDecimal::parse(&text) {
            Ok(number) => Ok(Operand::Literal(Val::Number(number))),
            Err(error) => wrong(format!("{NUMBER}{error}")),
        }
    }

    fn path(&mut self) -> Result<Operand, PathError> {
        let start = self.at;
        self.at += 1;
        while let Some(mut c) = self.chars.get(self.at).copied() {
            if c == '[' {
                let Some(end) = closing(&self.chars, self.at, '[', ']') else {
                    return wrong("Square brackets does not match in filter");
                };
                self.at = end + 1;
                match self.chars.get(self.at) {
                    Some(next) => c = *next,
                    None => break,
                }
            }
            let ends_function = c == ')' && self.ends_function(start);
            if matches!(c, '<' | '>' | '=' | '~' | '!' | ' ') || (c == ')' && !ends_function) {
                break;
            }
            self.at += 1;
        }
        Path::read(&self.text(start, self.at)).map(Operand::Path)
    }

    /// Whether the parenthesis here closes a function without arguments.
    fn ends_function(&self, start: usize) -> bool {
        let inner = self.chars.get(start + 1..self.at).unwrap_or_default();
        match inner.iter().rposition(|c| *c != ' ') {
            Some(last) if inner.get(last) == Some(&'(') => {
                inner.iter().take(last).any(|c| *c == '.')
            }
            _ => false,
        }
    }

    fn pattern(&mut self) -> Result<Operand, PathError> {
        let Some(end) = self.unescaped(self.at + 1, '/') else {
            return wrong("Pattern not closed. Expected /");
        };
        let known = |c: &&char| "dixmsuU".contains(**c);
        let flags: String = self.chars.iter().skip(end + 1).take_while(known).collect();
        let pattern = self.text(self.at + 1, end);
        let pattern = match flags.is_empty() {
            true => pattern,
            false => format!("(?{flags}){pattern}"),
        };
        self.at = end + 1 + flags.len();
        match Pattern::new(&pattern) {
            Ok(pattern) => Ok(Operand::Pattern(Box::new(pattern))),
            Err(error) => wrong(format!("{NUMBER}{error}")),
        }
    }

    fn unescaped(&self, from: usize, wanted: char) -> Option<usize> {
        let mut escaped = false;
        for (at, c) in self.chars.iter().enumerate().skip(from) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                c if *c == wanted => return Some(at),
                _ => {}
            }
        }
        None
    }
}

/// What the messages start with that end the reading of a condition.
const NUMBER: &str = "Failed to parse filter: ";

/// Where the bracket opened at `at` is closed, leaving out texts in quotes and patterns.
pub fn closing(chars: &[char], at: usize, open: char, close: char) -> Option<usize> {
    let (mut depth, mut quote, mut escaped) = (0usize, None, false);
    for (n, c) in chars.iter().enumerate().skip(at) {
        match (c, quote) {
            _ if escaped => escaped = false,
            ('\\', Some(_)) => escaped = true,
            (c, Some(end)) if *c == end => quote = None,
            (_, Some(_)) => {}
            ('\'' | '"', None) => quote = Some(*c),
            ('/', None) if open == '(' => quote = Some('/'),
            (c, None) if *c == open => depth += 1,
            (c, None) if *c == close => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(n);
                }
            }
            _ => {}
        }
    }
    None
}

/// A text with its escapes resolved.
pub fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('r') => out.push('\r'),
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let code: String = chars.by_ref().take(4).collect();
                let unit = u32::from_str_radix(&code, 16).ok();
                out.push(unit.and_then(char::from_u32).unwrap_or('\u{fffd}'));
            }
            Some(c) => out.push(c),
            None => out.push('\\'),
        }
    }
    out
}

/// An array or object of a condition, read leniently: texts in either quotes or in none.
fn literal(text: &str) -> Val {
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let Some(inner) = inner else {
        return Val::Json;
    };
    let mut items = Vec::new();
    let (mut start, mut depth, mut quote, mut escaped) = (0, 0usize, None, false);
    for (at, c) in inner.char_indices() {
        match (c, quote) {
            _ if escaped => escaped = false,
            ('\\', Some(_)) => escaped = true,
            (c, Some(end)) if c == end => quote = None,
            (_, Some(_)) => {}
            ('\'' | '"', None) => quote = Some(c),
            ('[' | '{', None) => depth += 1,
            (']' | '}', None) => depth = depth.saturating_sub(1),
            (',', None) if depth == 0 => {
                items.extend(inner.get(start..at).and_then(item));
                start = at + 1;
            }
            _ => {}
        }
    }
    items.extend(inner.get(start..).and_then(item));
    Val::List(items)
}

fn item(text: &str) -> Option<Val> {
    let text = text.trim();
    let quoted = ['\'', '"']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    Some(match (quoted, text) {
        (Some(inner), _) => Val::Text(unescape(inner)),
        (None, "") => return None,
        (None, "null") => Val::Null,
        (None, "true") => Val::Bool(true),
        (None, "false") => Val::Bool(false),
        (None, text) if text.starts_with(['[', '{']) => literal(text),
        (None, text) => match BigDecimal::parse(text) {
            Ok(number) => Val::Number(number),
            Err(_) => Val::Text(text.to_owned()),
        },
    })
}
