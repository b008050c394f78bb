//! The words and signs of a script, with their places: enough to find what has to be rewritten or
//! refused, without knowing the grammar.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or keyword.
    Word,
    /// A sign such as `.` or `(`, one character.
    Sign,
    /// A string literal, with its quotes.
    Text,
    /// A number, a regular expression, a piece of a template.
    Other,
}

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'s> {
    pub kind: Kind,
    pub text: &'s str,
    /// Place of its first byte.
    pub start: usize,
    /// Line, from 1.
    pub line: u32,
    /// Place in its line in UTF-16 units, from 0.
    pub column: u32,
}

impl Token<'_> {
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }

    pub fn is_sign(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }

    /// Place behind its last byte.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// Keywords after which a `/` begins a regular expression.
const BEFORE_REGEX: [&str; 12] = [
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "delete",
    "void",
    "throw",
    "new",
    "instanceof",
    "else",
    "do",
];

/// Splits a script, comments and blanks left out. What does not end, ends with the script.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer {
        source,
        at: 0,
        line: 1,
        column: 0,
        holes: Vec::new(),
        found: Vec::new(),
    };
    while lexer.step() {}
    lexer.found
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
    line: u32,
    column: u32,
    /// Open braces; true for those of a hole in a template.
    holes: Vec<bool>,
    found: Vec<Token<'s>>,
}

impl<'s> Lexer<'s> {
    fn peek(&self) -> Option<char> {
        self.source.get(self.at..)?.chars().next()
    }

    fn starts_with(&self, text: &str) -> bool {
        let rest = self.source.get(self.at..);
        rest.is_some_and(|rest| rest.starts_with(text))
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        if matches!(c, '\n' | '\u{2028}' | '\u{2029}') {
            self.line += 1;
            self.column = 0;
        } else {
            self.column += c.len_utf16() as u32;
        }
        Some(c)
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&fits) {
            self.next();
        }
    }

    fn step(&mut self) -> bool {
        let (start, line, column) = (self.at, self.line, self.column);
        let Some(c) = self.next() else {
            return false;
        };
        let kind = match c {
            c if c.is_whitespace() || c == '\u{feff}' => return true,
            '/' if self.peek() == Some('/') => {
                self.take_while(|c| !matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}'));
                return true;
            }
            '/' if self.peek() == Some('*') => {
                self.next();
                while !self.starts_with("*/") && self.next().is_some() {}
                self.next();
                self.next();
                return true;
            }
            '/' if self.regex_may_begin() => {
                self.regex();
                Kind::Other
            }
            '"' | '\'' => {
                self.quoted(c);
                Kind::Text
            }
            '`' => {
                self.template();
                Kind::Other
            }
            '}' if self.holes.last() == Some(&true) => {
                self.holes.pop();
                self.template();
                Kind::Other
            }
            '{' | '}' => {
                if c == '{' {
                    self.holes.push(false);
                } else {
                    self.holes.pop();
                }
                Kind::Sign
            }
            c if is_word(c) && !c.is_ascii_digit() => {
                self.take_while(is_word);
                Kind::Word
            }
            c if c.is_ascii_digit() => {
                // a dot belongs to it, but not the one of `1..toString`
                self.take_while(|c| is_word(c) || c == '.');
                Kind::Other
            }
            _ => Kind::Sign,
        };
        let text = self.source.get(start..self.at).unwrap_or_default();
        self.found.push(Token {
            kind,
            text,
            start,
            line,
            column,
        });
        true
    }

    /// After a value a `/` divides.
    fn regex_may_begin(&self) -> bool {
        match self.found.last() {
            None => true,
            Some(token) => match token.kind {
                Kind::Word => BEFORE_REGEX.contains(&token.text),
                Kind::Sign => !matches!(token.text, ")" | "]" | "}"),
                Kind::Text | Kind::Other => false,
            },
        }
    }

    fn regex(&mut self) {
        let mut class = false;
        while let Some(c) = self.peek() {
            if c == '\n' {
                return;
            }
            self.next();
            match c {
                '\\' => {
                    self.next();
                }
                '[' => class = true,
                ']' => class = false,
                '/' if !class => break,
                _ => {}
            }
        }
        self.take_while(is_word);
    }

    fn quoted(&mut self, quote: char) {
        while let Some(c) = self.next() {
            match c {
                '\\' => {
                    self.next();
                }
                '\n' => return,
                c if c == quote => return,
                _ => {}
            }
        }
    }

    /// The text of a template up to its end or its next hole.
    fn template(&mut self) {
        while let Some(c) = self.next() {
            match c {
                '\\' => {
                    self.next();
                }
                '`' => return,
                '$' if self.peek() == Some('{') => {
                    self.next();
                    self.holes.push(true);
                    return;
                }
                _ => {}
            }
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '\u{200c}' | '\u{200d}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source).iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_strings_and_regular_expressions_are_told_apart() {
        for (source, expected) in [
            ("a /* b */ . c // d\ne", vec!["a", ".", "c", "e"]),
            (
                r#"x = "a\"b" + 'c'"#,
                vec!["x", "=", r#""a\"b""#, "+", "'c'"],
            ),
            ("a / b / c", vec!["a", "/", "b", "/", "c"]),
            (
                "x = /[/]\\//g.test(y)",
                vec!["x", "=", "/[/]\\//g", ".", "test", "(", "y", ")"],
            ),
            ("return /a/i", vec!["return", "/a/i"]),
            ("f(1)/2", vec!["f", "(", "1", ")", "/", "2"]),
            ("1.5e3 .x", vec!["1.5e3", ".", "x"]),
        ] {
            assert_eq!(texts(source), expected, "{source}");
        }
    }

    #[test]
    fn holes_of_templates_are_code() {
        assert_eq!(
            texts("`a ${b.c({x: `${d}`})} e` + f"),
            [
                "`a ${", "b", ".", "c", "(", "{", "x", ":", "`${", "d", "}`", "}", ")", "} e`",
                "+", "f"
            ]
        );
    }

    #[test]
    fn places_are_lines_from_one_and_units_from_zero() {
        let source = "a\n  '😀' b";
        let places: Vec<_> = tokens(source).iter().map(|t| (t.line, t.column)).collect();
        assert_eq!(places, [(1, 0), (2, 2), (2, 7)]);
    }

    #[test]
    fn what_does_not_end_ends_with_the_script() {
        for source in ["'a", "`a ${", "/* a", "x = /a", "\"\\", "`${`${"] {
            tokens(source);
        }
    }
}
