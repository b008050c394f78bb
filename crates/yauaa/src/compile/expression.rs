//! Reads the expressions of matchers.

/// An expression.
#[derive(Debug)]
pub enum Expression {
    /// A literal.
    Fixed(String),
    /// What a variable found, then a walk.
    Variable(String, Vec<Move>),
    /// A walk from the root.
    Path(Vec<Move>),
    /// A function with the texts around its expression.
    Call(String, Vec<String>, Box<Expression>),
    /// Words of the result.
    Words(Box<Expression>, (u32, u32)),
    /// Segments of the result.
    Segments(Box<Expression>, (u32, u32)),
    /// Whether the agent had a syntax error, as written.
    SyntaxError(String),
}

/// One step of a walk.
#[derive(Debug)]
pub enum Move {
    /// To children of this name, by number; no upper end is `None`.
    Down(u32, Option<u32>, String),
    /// To the parent.
    Up,
    /// To a later sibling.
    Next(u32),
    /// To an earlier sibling.
    Prev(u32),
    /// A comparison: its sign and text.
    Compare(&'static str, String),
    /// In (`?`) or not in (`!?`) a set.
    In(bool, String),
    /// Words of the value; an open end is [`OPEN`].
    Words((u32, u32)),
    /// Back to the whole text.
    Full,
}

/// An open end of a range.
pub const OPEN: u32 = u32::MAX;

struct Input<'a> {
    text: &'a str,
    whole: &'a str,
}

type Parsed<T> = Result<T, String>;

/// Reads a whole expression.
pub fn parse(text: &str) -> Parsed<Expression> {
    let mut input = Input { text, whole: text };
    if let Some(rest) = text.strip_prefix("__SyntaxError__") {
        let rest = rest
            .trim_start()
            .strip_prefix('=')
            .ok_or_else(|| input.fail())?;
        return Ok(Expression::SyntaxError(rest.trim().to_owned()));
    }
    let expression = input.expression()?;
    input.space();
    if input.text.is_empty() {
        Ok(expression)
    } else {
        Err(input.fail())
    }
}

impl<'a> Input<'a> {
    fn fail(&self) -> String {
        format!("at {:?} of {:?}", self.text, self.whole)
    }

    fn space(&mut self) {
        self.text = self.text.trim_start_matches([' ', '\t']);
    }

    fn eat(&mut self, sign: &str) -> bool {
        self.space();
        match self.text.strip_prefix(sign) {
            Some(rest) => {
                self.text = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, sign: &str) -> Parsed<()> {
        if self.eat(sign) {
            Ok(())
        } else {
            Err(self.fail())
        }
    }

    fn word(&mut self) -> Parsed<&'a str> {
        self.space();
        let end = self
            .text
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(self.text.len());
        let (word, rest) = self.text.split_at(end);
        if word.is_empty() {
            return Err(self.fail());
        }
        self.text = rest;
        Ok(word)
    }

    fn number(&mut self) -> Option<u32> {
        self.space();
        let end = self
            .text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(self.text.len());
        let (word, rest) = self.text.split_at(end);
        let number = word.parse().ok()?;
        self.text = rest;
        Some(number)
    }

    /// A text in quotes, escapes left as they are.
    fn quoted(&mut self) -> Parsed<String> {
        self.expect("\"")?;
        let mut escaped = false;
        for (at, letter) in self.text.char_indices() {
            match letter {
                '"' if !escaped => {
                    let value = self.text[..at].to_owned();
                    self.text = &self.text[at + 1..];
                    return Ok(value);
                }
                _ => escaped = letter == '\\' && !escaped,
            }
        }
        Err(self.fail())
    }

    fn expression(&mut self) -> Parsed<Expression> {
        self.space();
        let mut expression = self.base()?;
        loop {
            self.space();
            if !self.text.starts_with('[') {
                return Ok(expression);
            }
            let inner = self.text[1..].trim_start();
            if inner.starts_with('[') {
                self.expect("[")?;
                let range = self.range()?;
                self.expect("]")?;
                expression = Expression::Segments(Box::new(expression), range);
            } else {
                let range = self.range()?;
                expression = Expression::Words(Box::new(expression), range);
            }
        }
    }

    fn base(&mut self) -> Parsed<Expression> {
        if self.text.starts_with('"') {
            return self.quoted().map(Expression::Fixed);
        }
        if self.eat("@") {
            let name = self.word()?.to_owned();
            return Ok(Expression::Variable(name, self.path()?));
        }
        let word = self.word()?;
        if word == "agent" {
            return self.path().map(Expression::Path);
        }
        self.expect("[")?;
        let mut before = Vec::new();
        if word.contains("LookUp") {
            before.push(self.word()?.to_owned());
            self.expect(";")?;
        }
        let mut name = word.to_owned();
        self.space();
        if word == "Concat" && self.text.starts_with('"') {
            before.push(self.quoted()?);
            self.expect(";")?;
            name.push_str("Prefix");
        }
        let inner = self.expression()?;
        let mut after = Vec::new();
        while self.eat(";") {
            after.push(self.quoted()?);
        }
        self.expect("]")?;
        if word == "Concat" && !after.is_empty() {
            name.push_str("Postfix");
        }
        before.extend(after);
        Ok(Expression::Call(name, before, Box::new(inner)))
    }

    fn range(&mut self) -> Parsed<(u32, u32)> {
        self.expect("[")?;
        let first = self.number();
        let range = if self.eat("-") {
            let last = self.number();
            if first.is_none() && last.is_none() {
                return Err(self.fail());
            }
            (first.unwrap_or(1), last.unwrap_or(OPEN))
        } else {
            let only = first.ok_or_else(|| self.fail())?;
            (only, only)
        };
        self.expect("]")?;
        Ok(range)
    }

    fn path(&mut self) -> Parsed<Vec<Move>> {
        let mut moves = Vec::new();
        loop {
            self.space();
            if self.text.starts_with('[') {
                if self.text[1..].trim_start().starts_with('[') {
                    return Ok(moves);
                }
                moves.push(Move::Words(self.range()?));
            } else if self.eat(".") {
                moves.push(self.down()?);
            } else if self.eat("^") {
                moves.push(Move::Up);
            } else if self.text.starts_with('>') || self.text.starts_with('<') {
                let sign = &self.text[..1];
                let count = self
                    .text
                    .bytes()
                    .take(4)
                    .take_while(|&b| b == sign.as_bytes()[0])
                    .count();
                self.text = &self.text[count..];
                let count = count as u32;
                moves.push(if sign == ">" {
                    Move::Next(count)
                } else {
                    Move::Prev(count)
                });
            } else if self.eat("!?") {
                moves.push(Move::In(false, self.word()?.to_owned()));
            } else if self.eat("?") {
                moves.push(Move::In(true, self.word()?.to_owned()));
            } else if self.eat("@") {
                moves.push(Move::Full);
            } else {
                let signs = ["!=", "!~", "=", "~", "{", "}"];
                let Some(sign) = signs.into_iter().find(|sign| self.eat(sign)) else {
                    return Ok(moves);
                };
                moves.push(Move::Compare(sign, self.quoted()?));
            }
        }
    }

    fn down(&mut self) -> Parsed<Move> {
        let (mut from, mut to) = (1, None);
        if self.eat("(") {
            if !self.eat("*") {
                let first = self.number();
                if self.eat("-") {
                    from = first.unwrap_or(1);
                    to = self.number();
                } else {
                    from = first.ok_or_else(|| self.fail())?;
                    to = first;
                }
            }
            self.expect(")")?;
        }
        Ok(Move::Down(from, to, self.word()?.to_owned()))
    }
}
