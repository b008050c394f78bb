//! Reads character classes in brackets, with unions and intersections.

use super::class;
use super::parse::{Escape, Parse, Parser, fail};

impl Parser {
    /// Reads a class from its opening bracket, or, behind `&&`, from its first character.
    /// The closing bracket is taken only with `consume`.
    pub(super) fn class(&mut self, consume: bool) -> Parse<String> {
        let mut negated = false;
        if consume {
            self.at += 1;
            negated = self.peek() == Some('^') && self.char_at(self.at - 1) == Some('[');
            self.at += usize::from(negated);
        }
        let mut union = String::new();
        loop {
            match self.peek() {
                None => return fail("Unclosed character class"),
                Some(']') if !union.is_empty() => {
                    self.at += usize::from(consume);
                    return Ok(if negated {
                        class::negate(&union)
                    } else {
                        union
                    });
                }
                Some('[') => {
                    let inner = self.nested(|p| p.class(true))?;
                    union.push_str(&inner);
                }
                Some('&') if self.double_ampersand() => {
                    let right = self.intersection()?;
                    if union.is_empty() {
                        if right.is_empty() {
                            return fail("Bad class syntax");
                        }
                        union = right;
                    } else if !right.is_empty() {
                        union = format!("[[{union}]&&[{right}]]");
                    }
                }
                Some(c) => self.class_item(c, &mut union)?,
            }
        }
    }

    /// Takes `&&` if it comes next.
    fn double_ampersand(&mut self) -> bool {
        let back = self.at;
        self.at += 1;
        if self.peek() == Some('&') {
            self.at += 1;
            return true;
        }
        self.at = back;
        false
    }

    /// What stands to the right of `&&`: a union that goes up to the end or the next ampersand.
    fn intersection(&mut self) -> Parse<String> {
        let mut right = String::new();
        loop {
            match self.peek() {
                None => return fail("Unclosed character class"),
                Some(']' | '&') => return Ok(right),
                Some('[') => {
                    let inner = self.nested(|p| p.class(true))?;
                    right.push_str(&inner);
                }
                Some(_) => {
                    let rest = self.nested(|p| p.class(false))?;
                    right.push_str(&rest);
                }
            }
        }
    }

    /// A character, an escape or a range.
    fn class_item(&mut self, c: char, union: &mut String) -> Parse<()> {
        let low = if c == '\\' {
            let in_range = self.char_at(self.at + 2) == Some('-');
            match self.escape(true, in_range)? {
                Escape::Char(c) => c,
                Escape::Class(class) => {
                    union.push_str(&class);
                    return Ok(());
                }
                Escape::Node(_) => return fail("Illegal/unsupported escape sequence"),
            }
        } else {
            self.at += 1;
            u32::from(c)
        };
        if self.peek() == Some('-') && !matches!(self.char_at(self.at + 1), None | Some('[' | ']'))
        {
            self.at += 1;
            let high = match self.peek() {
                Some('\\') => match self.escape(true, true)? {
                    Escape::Char(c) => c,
                    _ => return fail("Illegal character range"),
                },
                Some(c) => {
                    self.at += 1;
                    u32::from(c)
                }
                None => return fail("Unclosed character class"),
            };
            if high < low {
                return fail("Illegal character range");
            }
            self.push_range(union, low, high);
        } else {
            self.push_range(union, low, low);
        }
        Ok(())
    }
}
