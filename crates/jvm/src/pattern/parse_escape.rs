//! Reads what stands behind a backslash.

use super::PatternError;
use super::class;
use super::parse::{Escape, Parse, Parser, fail};
use super::tree::{Node, Place};

impl Parser {
    /// Reads what a backslash introduces. In a class most assertions are errors; as the end of a
    /// range `\v` is a single character.
    pub(super) fn escape(&mut self, in_class: bool, in_range: bool) -> Parse<Escape> {
        const BAD: PatternError = PatternError::Syntax("Illegal/unsupported escape sequence");
        self.at += 1;
        let Some(c) = self.raw() else {
            // Java reads a zero behind the end.
            return fail("Unexpected internal error");
        };
        let unicode = self.flags.unicode_classes;
        let unix = self.flags.unix_lines;
        let node = match c {
            'p' | 'P' => {
                let class = self.property()?;
                return Ok(Escape::Class(match c {
                    'P' => class::negate(&class),
                    _ => class,
                }));
            }
            'v' if in_range => return Ok(Escape::Char(0x0b)),
            'd' | 'D' | 'h' | 'H' | 's' | 'S' | 'v' | 'V' | 'w' | 'W' => {
                let class = class::predefined(c, unicode).ok_or(BAD)?;
                return Ok(Escape::Class(class));
            }
            '0' => return self.octal().map(Escape::Char),
            'x' => return self.hex().map(Escape::Char),
            'u' => return self.utf16().map(Escape::Char),
            'c' => {
                return match self.read() {
                    Some(c) => Ok(Escape::Char(u32::from(c) ^ 64)),
                    None => fail("Illegal control escape sequence"),
                };
            }
            'a' => return Ok(Escape::Char(0x07)),
            'e' => return Ok(Escape::Char(0x1b)),
            'f' => return Ok(Escape::Char(0x0c)),
            'n' => return Ok(Escape::Char(0x0a)),
            'r' => return Ok(Escape::Char(0x0d)),
            't' => return Ok(Escape::Char(0x09)),
            'N' => return Err(PatternError::Unsupported("\\N".into())),
            'A'..='Z' | 'a'..='z' | '1'..='9' if in_class => return Err(BAD),
            '1'..='9' => self.back_reference(c),
            'k' => self.named_reference()?,
            'A' | 'G' => Node::At(Place::Start),
            'z' => Node::At(Place::End),
            'Z' => Node::At(Place::LastLineEnd { unix }),
            'b' if self.peek() == Some('{') && self.char_at(self.at + 1) == Some('g') => {
                return Err(PatternError::Unsupported("\\b{g}".into()));
            }
            'b' | 'B' => Node::At(Place::WordBoundary {
                negated: c == 'B',
                unicode,
            }),
            'R' => line_ending(),
            'X' => return Err(PatternError::Unsupported("\\X".into())),
            'A'..='Z' | 'a'..='z' => return Err(BAD),
            other => return Ok(Escape::Char(u32::from(other))),
        };
        Ok(Escape::Node(node))
    }

    fn back_reference(&mut self, first: char) -> Node {
        let mut group = first.to_digit(10).unwrap_or(0) as usize;
        // Further digits belong to the number as long as such a group is known.
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            let longer = group * 10 + digit as usize;
            if longer > self.groups {
                break;
            }
            group = longer;
            self.at += 1;
        }
        self.reference(group)
    }

    fn named_reference(&mut self) -> Parse<Node> {
        if self.read() != Some('<') {
            return fail("\\k is not followed by '<' for named capturing group");
        }
        let first = self.read();
        let name = self.group_name(first)?;
        match self.names.iter().find(|(known, _)| *known == name) {
            Some((_, group)) => Ok(self.reference(*group)),
            None => fail("named capturing group does not exist"),
        }
    }

    fn reference(&mut self, group: usize) -> Node {
        self.limitless += 1;
        Node::BackReference {
            group,
            ignore_case: self.flags.ignore_case,
        }
    }

    fn octal(&mut self) -> Parse<u32> {
        let mut value = 0;
        let mut digits = 0;
        while digits < 3
            && let Some(digit) = self.peek().and_then(|c| c.to_digit(8))
            && (digits < 2 || value < 32)
        {
            value = value * 8 + digit;
            digits += 1;
            self.at += 1;
        }
        if digits == 0 {
            return fail("Illegal octal escape sequence");
        }
        Ok(value)
    }

    fn hex(&mut self) -> Parse<u32> {
        const BAD: PatternError = PatternError::Syntax("Illegal hexadecimal escape sequence");
        if !self.eat('{') {
            return self.hex_digits(2).ok_or(BAD);
        }
        let mut value = 0u32;
        let mut digits = 0;
        loop {
            match self.read() {
                Some('}') if digits > 0 => return Ok(value),
                c => {
                    let digit = c.and_then(|c| c.to_digit(16)).ok_or(BAD)?;
                    value = value * 16 + digit;
                    digits += 1;
                    if value > 0x10_ffff {
                        return fail("Hexadecimal codepoint is too big");
                    }
                }
            }
        }
    }

    fn hex_digits(&mut self, count: usize) -> Option<u32> {
        (0..count).try_fold(0, |value, _| Some(value * 16 + self.read()?.to_digit(16)?))
    }

    /// A UTF-16 unit, or a surrogate pair written as two.
    fn utf16(&mut self) -> Parse<u32> {
        const BAD: PatternError = PatternError::Syntax("Illegal Unicode escape sequence");
        let unit = self.hex_digits(4).ok_or(BAD)?;
        if (0xd800..0xdc00).contains(&unit) {
            let back = self.at;
            if self.read() == Some('\\') && self.read() == Some('u') {
                let low = self.hex_digits(4).ok_or(BAD)?;
                if (0xdc00..0xe000).contains(&low) {
                    return Ok(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
                }
            }
            self.at = back;
        }
        Ok(unit)
    }

    /// The class named behind `\p`.
    fn property(&mut self) -> Parse<String> {
        let name: String = if self.peek() == Some('{') {
            self.at += 1;
            let rest = self.chars.get(self.at..).unwrap_or_default();
            let Some(end) = rest.iter().position(|c| *c == '}') else {
                return fail("Unclosed character family");
            };
            if end == 0 {
                return fail("Empty character family");
            }
            self.at += end + 1;
            rest.iter().take(end).collect()
        } else {
            self.raw().into_iter().collect()
        };
        class::property(&name, self.flags.ignore_case, self.flags.unicode_classes)
    }
}

/// `\R`
fn line_ending() -> Node {
    Node::Alternation(vec![
        Node::Concat(vec![Node::Literal('\r'), Node::Literal('\n')]),
        Node::Class(format!("[{}]", class::VERTICAL)),
    ])
}
