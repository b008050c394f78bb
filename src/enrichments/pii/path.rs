//! Paths into JSON, as the library Jayway JsonPath 2.7.0 reads them, with its leniencies.

use super::filter::{self, Filter};

/// One step of a path.
#[derive(Debug)]
pub enum Token {
    /// One or several members of an object.
    Properties(Vec<String>),
    /// One or several items of an array; negative ones count from its end.
    Indexes(Vec<i32>),
    /// A part of an array.
    Slice(Option<i32>, Option<i32>),
    /// All members or items.
    Wildcard,
    /// This value and all below it.
    Scan,
    /// Items, or an object, for which a condition holds.
    Filter(Filter),
    /// How many items, members or characters there are; only inside conditions.
    Length,
}

/// A path: its steps from the root, or from the value a condition is asked about.
#[derive(Debug)]
pub struct Path {
    /// Whether it starts at the root of the document.
    pub from_root: bool,
    /// The steps.
    pub tokens: Vec<Token>,
}

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("com.jayway.jsonpath.InvalidPathException: {0}")]
pub struct PathError(pub String);

/// The error with this message.
pub fn wrong<T>(message: impl Into<String>) -> Result<T, PathError> {
    Err(PathError(message.into()))
}

impl Path {
    /// Reads the path of a configuration.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Path, PathError> {
        let path = Path::read(text)?;
        match path.tokens.contains_length() {
            true => wrong("functions cannot be applied here"),
            false => Ok(path),
        }
    }

    /// Reads a path, also one inside a condition.
    pub fn read(text: &str) -> Result<Path, PathError> {
        // Blanks before the root count as a name, those behind the path do not count.
        let text = match text.starts_with(['$', '@']) {
            true => jvm::text::java_trim(text).to_owned(),
            false => format!("$.{}", text.trim_end_matches(' ')),
        };
        if text.ends_with('.') {
            return wrong("Path must not end with a '.' or '..'");
        }
        let mut reader = Reader {
            chars: text.chars().collect(),
            at: 0,
            tokens: Vec::new(),
        };
        reader.path()?;
        Ok(Path {
            from_root: text.starts_with('$'),
            tokens: reader.tokens,
        })
    }

    /// Whether it names one value at most.
    pub fn is_definite(&self) -> bool {
        (0..self.tokens.len()).all(|at| self.token_is_definite(at))
    }

    /// Whether the step at `at` names one value at most.
    pub fn token_is_definite(&self, at: usize) -> bool {
        match self.tokens.get(at) {
            Some(Token::Properties(names)) => names.len() == 1 || at + 1 == self.tokens.len(),
            Some(Token::Indexes(indexes)) => indexes.len() == 1,
            Some(Token::Length) => true,
            _ => false,
        }
    }

    /// Whether the steps before `at` name one value at most.
    pub fn upstream_is_definite(&self, at: usize) -> bool {
        (0..at).all(|at| self.token_is_definite(at))
    }
}

trait ContainsLength {
    fn contains_length(&self) -> bool;
}

impl ContainsLength for Vec<Token> {
    fn contains_length(&self) -> bool {
        self.iter().any(|token| matches!(token, Token::Length))
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    tokens: Vec<Token>,
}

impl Reader {
    fn char(&self, at: usize) -> Option<char> {
        self.chars.get(at).copied()
    }

    fn now(&self) -> Option<char> {
        self.char(self.at)
    }

    /// The first character after `at` that is no space, and where it is.
    fn after(&self, at: usize) -> Option<(usize, char)> {
        let mut rest = (at + 1..self.chars.len()).filter_map(|n| Some((n, self.char(n)?)));
        rest.find(|(_, c)| *c != ' ')
    }

    /// Where the next character that is no space is, if it is `wanted`.
    fn after_is(&self, at: usize, wanted: char) -> Option<usize> {
        self.after(at).filter(|(_, c)| *c == wanted).map(|(n, _)| n)
    }

    fn text(&self, from: usize, to: usize) -> String {
        self.chars
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .collect()
    }

    /// The library takes the last character for the end, whatever it is.
    fn at_tail(&self) -> bool {
        self.at + 1 >= self.chars.len()
    }

    fn path(&mut self) -> Result<(), PathError> {
        if self.at_tail() {
            return Ok(());
        }
        self.at += 1;
        if !matches!(self.now(), Some('.' | '[')) {
            return wrong(format!(
                "Illegal character at position {} expected '.' or '['",
                self.at
            ));
        }
        loop {
            self.token()?;
            if self.at_tail() {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<(), PathError> {
        match self.now() {
            Some('[') => self.bracket(),
            Some('.') => {
                if self.char(self.at + 1) == Some('.') {
                    self.tokens.push(Token::Scan);
                    self.at += 2;
                } else {
                    self.at += 1;
                }
                match self.now() {
                    Some('.') => wrong(format!(
                        "Character '.' on position {} is not valid.",
                        self.at
                    )),
                    None => wrong("Path must not end with a '.'"),
                    _ => self.token(),
                }
            }
            Some('*') => {
                self.at += 1;
                self.tokens.push(Token::Wildcard);
                Ok(())
            }
            _ => self.property(),
        }
    }

    fn property(&mut self) -> Result<(), PathError> {
        let start = self.at;
        while let Some(c) = self.now() {
            match c {
                ' ' => {
                    return wrong(format!(
                        "Use bracket notion ['my prop'] if your property contains blank characters. position: {start}"
                    ));
                }
                '.' | '[' => break,
                '(' => return self.function(start),
                _ => self.at += 1,
            }
        }
        self.tokens
            .push(Token::Properties(vec![self.text(start, self.at)]));
        Ok(())
    }

    fn function(&mut self, start: usize) -> Result<(), PathError> {
        let name = self.text(start, self.at);
        if !matches!(name.as_str(), "length" | "size") || self.char(self.at + 1) != Some(')') {
            return wrong(format!("Function with name: {name} is not supported here"));
        }
        self.at += 2;
        match self.now() {
            None => {
                self.tokens.push(Token::Length);
                Ok(())
            }
            Some(_) => wrong("a function must come last"),
        }
    }

    fn bracket(&mut self) -> Result<(), PathError> {
        let open = self.at;
        match self.after(open) {
            Some((_, quote @ ('\'' | '"'))) => self.quoted(quote),
            Some((_, '0'..='9' | '-' | ':')) => self.numbers(),
            Some((star, '*')) => {
                let Some(close) = self.after_is(star, ']') else {
                    return wrong(format!(
                        "Expected wildcard token to end with ']' on position {}",
                        star + 1
                    ));
                };
                self.tokens.push(Token::Wildcard);
                self.at = close + 1;
                Ok(())
            }
            Some((mark, '?')) => self.filter(mark),
            _ => wrong(format!(
                "Could not parse token starting at position {open}. Expected ?, ', 0-9, * "
            )),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<(), PathError> {
        let mut names = Vec::new();
        let (mut start, mut inside, mut comma) = (0, false, false);
        let (mut escaped, mut last) = (false, 0);
        let mut at = self.at + 1;
        while let Some(c) = self.char(at) {
            if std::mem::take(&mut escaped) {
            } else if c == '\\' {
                escaped = true;
            } else if c == ']' && !inside {
                if comma {
                    return wrong(format!("Found empty property at index {at}"));
                }
                break;
            } else if c == quote && inside {
                if !matches!(self.after(at), Some((_, ']' | ','))) {
                    return wrong(format!(
                        "Property must be separated by comma or Property must be terminated close square bracket at index {at}"
                    ));
                }
                names.push(filter::unescape(&self.text(start, at)));
                (inside, last) = (false, at);
            } else if c == quote {
                (inside, comma, start) = (true, false, at + 1);
            } else if c == ',' && !inside {
                if comma {
                    return wrong(format!("Found empty property at index {at}"));
                }
                comma = true;
            }
            at += 1;
        }
        if inside {
            return wrong(format!(
                "Property has not been closed - missing closing {quote}"
            ));
        }
        let Some(close) = self.after_is(last, ']') else {
            return wrong("Property has not been closed - missing closing ]");
        };
        self.at = close + 1;
        self.tokens.push(Token::Properties(names));
        Ok(())
    }

    fn numbers(&mut self) -> Result<(), PathError> {
        let close = (self.at..self.chars.len()).find(|at| self.char(*at) == Some(']'));
        let Some(close) = close else {
            return wrong("a bracket is not closed");
        };
        let text = self.text(self.at + 1, close);
        let text = text.trim();
        let number = |text: &str| -> Result<i32, PathError> {
            let bad = || {
                PathError(format!(
                    "Failed to parse token in ArrayIndexOperation: {text}"
                ))
            };
            text.parse().map_err(|_| bad())
        };
        let token = if text.contains(':') {
            if !text
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, '-' | ':'))
            {
                return wrong(format!("Failed to parse SliceOperation: {text}"));
            }
            let mut ends = text.split(':').map(|end| match end {
                "" => Ok(None),
                end => number(end).map(Some),
            });
            let from = ends.next().transpose()?.flatten();
            let to = ends.next().transpose()?.flatten();
            if from.is_none() && to.is_none() {
                return wrong(format!("Failed to parse SliceOperation: {text}"));
            }
            Token::Slice(from, to)
        } else {
            let all = text.split(',').map(|index| number(index.trim()));
            Token::Indexes(all.collect::<Result<_, _>>()?)
        };
        self.tokens.push(token);
        self.at = close + 1;
        Ok(())
    }

    fn filter(&mut self, mark: usize) -> Result<(), PathError> {
        let open = self.at;
        let close = self
            .after_is(mark, '(')
            .and_then(|paren| filter::closing(&self.chars, paren, '(', ')'))
            .and_then(|paren| self.after_is(paren, ']'));
        let Some(close) = close else {
            return wrong(format!(
                "Could not parse token starting at position {open}. Expected ?, ', 0-9, * "
            ));
        };
        let inner = self.text(mark + 1, close);
        self.tokens.push(Token::Filter(Filter::parse(&inner)?));
        self.at = close + 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> String {
        match Path::parse(text) {
            Err(_) => "error".to_owned(),
            Ok(path) => {
                let tokens = path.tokens.iter().map(|token| match token {
                    Token::Properties(names) => format!("{names:?}"),
                    Token::Indexes(indexes) => format!("{indexes:?}"),
                    Token::Slice(from, to) => format!("{from:?}:{to:?}"),
                    Token::Wildcard => "*".to_owned(),
                    Token::Scan => "..".to_owned(),
                    Token::Filter(_) => "?".to_owned(),
                    Token::Length => "#".to_owned(),
                });
                tokens.collect::<Vec<_>>().join(" ")
            }
        }
    }

    #[test]
    fn paths_are_read_with_the_leniencies_of_the_library() {
        for (path, expected) in [
            ("$", ""),
            ("$.a.b", r#"["a"] ["b"]"#),
            ("a.b", r#"["a"] ["b"]"#),
            ("$.a  ", r#"["a"]"#),
            ("  $.a", "error"),
            ("$['a b', \"c\"]", "error"),
            ("$['a b' , 'c'].d", r#"["a b", "c"] ["d"]"#),
            (r"$['it\'s']", r#"["it's"]"#),
            ("$.['a']", r#"["a"]"#),
            ("$[ 'a' ]", r#"["a"]"#),
            ("$..a", r#".. ["a"]"#),
            ("$..*", ".. *"),
            ("$.*", "*"),
            ("$[*]", "*"),
            ("$.a[ * ].b", r#"["a"] * ["b"]"#),
            ("$.a[0]", r#"["a"] [0]"#),
            ("$.a[0, -1 ,2]", r#"["a"] [0, -1, 2]"#),
            ("$.a[1:]", r#"["a"] Some(1):None"#),
            ("$.a[:2]", r#"["a"] None:Some(2)"#),
            ("$.a[-2:3:4]", r#"["a"] Some(-2):Some(3)"#),
            ("$.a[?(@.b == 1)].c", r#"["a"] ? ["c"]"#),
            ("$.a[?(@.b == ')]')].c", r#"["a"] ? ["c"]"#),
            ("$.a-b@c", r#"["a-b@c"]"#),
            ("$.ключ", r#"["ключ"]"#),
            // One character behind a wildcard or bracket is not looked at.
            ("$.*x", "*"),
            ("$[0]x", "[0]"),
            ("$.a[", r#"["a"]"#),
            ("$.a b", "error"),
            ("$.a.", "error"),
            ("$...a", "error"),
            ("$a", "error"),
            ("$.a[x]", "error"),
            ("$.a[?]", "error"),
            ("$.a[:]", "error"),
            ("$.a['b]", "error"),
            ("$.a['b',]", "error"),
            ("$.a.length()", "error"),
            ("$.a.sum()", "error"),
        ] {
            assert_eq!(shape(path), expected, "{path}");
        }
    }
}
