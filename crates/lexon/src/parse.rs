//! Text → nodes, in one pass and without recursion; grammar and refusals as jawn 1.1.2 has them.

use crate::doc::{Node, Tag};
use crate::error::Fault;
use crate::keys::{Keys, LoneKey};
use crate::scan::{self, C1_LEAD, DEL};

/// Longest text whose node counts fit a node.
const MAX_LEN: usize = (1 << 28) - 1;

/// "No container": the parent of the top-level value.
const NONE: u32 = u32::MAX;

/// What a text became.
pub(crate) struct Parsed {
    pub(crate) nodes: Vec<Node>,
    /// Characters of the strings that had escapes.
    pub(crate) side: String,
    /// Whether printing gives the text again.
    pub(crate) compact: bool,
}

pub(crate) fn parse(text: &str) -> Result<Parsed, Fault> {
    if text.len() > MAX_LEN {
        return Err(Fault::TooLong);
    }
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        nodes: Vec::with_capacity((text.len() / 8).clamp(4, 1024)),
        side: String::new(),
        unclean: 0,
        open: NONE,
        lone: Vec::new(),
        fault: Fault::Exhausted,
    };
    match parser.run() {
        Ok(()) => {
            let compact = parser.unclean == 0;
            Ok(Parsed {
                nodes: parser.nodes,
                side: parser.side,
                compact,
            })
        }
        Err(Refused) => Err(parser.fault),
    }
}

struct Parser<'t> {
    text: &'t str,
    bytes: &'t [u8],
    nodes: Vec<Node>,
    side: String,
    /// Counts the places met so far that printing would change.
    unclean: u32,
    /// The innermost open container. While open, its node keeps its parent in `span` and the value
    /// of `unclean` at its start in `end`.
    open: u32,
    lone: Vec<LoneKey>,
    /// What went wrong, once something returned [`Refused`].
    fault: Fault,
}

/// The text is refused, for the reason in [`Parser::fault`]. Empty, so that the functions of the
/// hot path return in registers.
struct Refused;

type Step<T = usize> = Result<T, Refused>;

impl Parser<'_> {
    /// Reads the whole text.
    fn run(&mut self) -> Step<()> {
        let mut at = 0;
        let mut in_object = false;
        'value: loop {
            let byte;
            (at, byte) = self.next(at)?;
            match byte {
                b'"' => at = self.string(at)?,
                b'{' => {
                    self.start(Tag::Object, at);
                    let (inside, byte) = self.next(at + 1)?;
                    if byte != b'}' {
                        at = self.key(inside)?;
                        in_object = true;
                        continue 'value;
                    }
                    at = inside + 1;
                    in_object = self.finish(at);
                }
                b'[' => {
                    self.start(Tag::Array, at);
                    let (inside, byte) = self.next(at + 1)?;
                    if byte != b']' {
                        at = inside;
                        in_object = false;
                        continue 'value;
                    }
                    at = inside + 1;
                    in_object = self.finish(at);
                }
                b'-' | b'0'..=b'9' => at = self.number(at)?,
                b't' => at = self.word(at, "true", Tag::True)?,
                b'f' => at = self.word(at, "false", Tag::False)?,
                b'n' => at = self.word(at, "null", Tag::Null)?,
                _ => return self.expected("json value", at),
            }
            // a value has ended: count it, then see what its container goes on with
            loop {
                let Some(container) = self.nodes.get_mut(self.open as usize) else {
                    return self.end(at);
                };
                container.count_one();
                let byte;
                (at, byte) = self.next(at)?;
                match byte {
                    b',' => {
                        at += 1;
                        if in_object {
                            at = self.key(at)?;
                        }
                        continue 'value;
                    }
                    b'}' if in_object => {}
                    b']' if !in_object => {}
                    _ => return self.expected(if in_object { "} or ," } else { "] or ," }, at),
                }
                at += 1;
                in_object = self.finish(at);
            }
        }
    }

    #[cold]
    fn refuse<T>(&mut self, fault: Fault) -> Step<T> {
        self.fault = fault;
        Err(Refused)
    }

    #[cold]
    fn expected<T>(&mut self, what: &'static str, at: usize) -> Step<T> {
        self.refuse(Fault::Expected(what, at))
    }

    /// The next byte at or after `at` that is no blank, and where it is.
    #[inline(always)]
    fn next(&mut self, at: usize) -> Step<(usize, u8)> {
        match self.bytes.get(at) {
            Some(&byte) if byte > b' ' => Ok((at, byte)),
            _ => {
                let at = self.skip_blanks(at);
                match self.bytes.get(at) {
                    Some(&byte) => Ok((at, byte)),
                    None => self.refuse(Fault::Exhausted),
                }
            }
        }
    }

    #[inline(never)]
    fn skip_blanks(&mut self, mut at: usize) -> usize {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.bytes.get(at) {
            self.unclean += 1;
            at += 1;
        }
        at
    }

    #[inline]
    fn start(&mut self, tag: Tag, at: usize) {
        let index = self.nodes.len() as u32;
        self.nodes
            .push(Node::new(tag, at, self.unclean as usize, self.open));
        self.open = index;
    }

    /// Ends the innermost container before `at`; says whether the next outer one is an object.
    #[inline]
    fn finish(&mut self, at: usize) -> bool {
        let index = self.open as usize;
        let Some(&node) = self.nodes.get(index) else {
            return false;
        };
        if node.tag() == Tag::Object && node.count() > 1 {
            let keys = Keys {
                text: self.text,
                side: &self.side,
                lone: &self.lone,
            };
            if keys.settle(&mut self.nodes, index, node.count()) {
                self.unclean += 1;
            }
        }
        let span = (self.nodes.len() - index) as u32;
        if let Some(node) = self.nodes.get_mut(index) {
            if node.end != self.unclean {
                node.set_unclean();
            }
            self.open = node.span;
            node.end = at as u32;
            node.span = span;
        }
        self.nodes
            .get(self.open as usize)
            .is_some_and(|outer| outer.tag() == Tag::Object)
    }

    /// Only blanks may follow the top-level value.
    fn end(&mut self, at: usize) -> Step<()> {
        let at = self.skip_blanks(at);
        if at < self.bytes.len() {
            self.expected("whitespace or eof", at)
        } else {
            Ok(())
        }
    }

    /// A key and its colon.
    #[inline]
    fn key(&mut self, at: usize) -> Step {
        let (at, byte) = self.next(at)?;
        if byte != b'"' {
            return self.expected("\"", at);
        }
        let at = self.string(at)?;
        let (at, byte) = self.next(at)?;
        if byte != b':' {
            return self.expected(":", at);
        }
        Ok(at + 1)
    }

    fn word(&mut self, at: usize, word: &'static str, tag: Tag) -> Step {
        for (offset, expected) in word.bytes().enumerate() {
            match self.bytes.get(at + offset) {
                Some(&byte) if byte == expected => {}
                Some(_) => return self.expected(word, at),
                None => return self.refuse(Fault::Exhausted),
            }
        }
        let end = at + word.len();
        self.nodes.push(Node::new(tag, at, end, 1));
        Ok(end)
    }

    #[inline]
    fn number(&mut self, start: usize) -> Step {
        let mut at = start;
        if self.bytes.get(at) == Some(&b'-') {
            at += 1;
        }
        if self.bytes.get(at) == Some(&b'0') {
            at += 1;
        } else {
            at = self.digits(at, start)?;
        }
        if self.bytes.get(at) == Some(&b'.') {
            at = self.digits(at + 1, start)?;
        }
        if matches!(self.bytes.get(at), Some(b'e' | b'E')) {
            at += 1;
            if matches!(self.bytes.get(at), Some(b'+' | b'-')) {
                at += 1;
            }
            at = self.digits(at, start)?;
        }
        self.nodes.push(Node::new(Tag::Number, start, at, 1));
        Ok(at)
    }

    /// One digit or more; jawn reports a missing one at the start of the number.
    #[inline]
    fn digits(&mut self, first: usize, number: usize) -> Step {
        let mut at = first;
        while self.bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        if at > first {
            Ok(at)
        } else if at < self.bytes.len() {
            self.expected("digit", number)
        } else {
            self.refuse(Fault::Exhausted)
        }
    }

    /// The string whose opening quote is at `quote`.
    #[inline]
    fn string(&mut self, quote: usize) -> Step {
        let at = scan::next_special(self.bytes, quote + 1);
        if self.bytes.get(at) == Some(&b'"') {
            self.nodes.push(Node::new(Tag::Text, quote + 1, at, 1));
            return Ok(at + 1);
        }
        self.odd_string(quote, at)
    }

    /// A string with something special at `at` that is not its end.
    #[inline(never)]
    fn odd_string(&mut self, quote: usize, mut at: usize) -> Step {
        let mut clean = true;
        loop {
            match self.bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => return self.escaped(quote, at, clean),
                Some(&byte) => at = self.pass(byte, at, &mut clean)?,
                None => return self.refuse(Fault::Exhausted),
            }
            at = scan::next_special(self.bytes, at);
        }
        let mut node = Node::new(Tag::Text, quote + 1, at, 1);
        if !clean {
            self.unclean += 1;
            node.set_unclean();
        }
        self.nodes.push(node);
        Ok(at + 1)
    }

    /// Passes a special byte that is neither quote nor backslash.
    #[inline]
    fn pass(&mut self, byte: u8, at: usize, clean: &mut bool) -> Step {
        match byte {
            DEL => {
                *clean = false;
                Ok(at + 1)
            }
            C1_LEAD => {
                *clean &= !scan::is_c1(self.bytes, at);
                Ok(at + 2)
            }
            _ => self.refuse(Fault::Control(byte, at)),
        }
    }

    /// The rest of a string from its first backslash on, which is at `at`.
    fn escaped(&mut self, quote: usize, mut at: usize, mut clean: bool) -> Step {
        let begin = self.side.len();
        self.side.reserve(at - quote + 48);
        let mut pair = Surrogates::default();
        let mut copied = quote + 1;
        loop {
            match self.bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    self.copy(copied, at, &mut pair);
                    at = self.escape(at, &mut pair, &mut clean)?;
                    copied = at;
                }
                Some(&byte) => at = self.pass(byte, at, &mut clean)?,
                None => return self.refuse(Fault::Exhausted),
            }
            at = scan::next_special(self.bytes, at);
        }
        self.copy(copied, at, &mut pair);
        pair.flush(&mut self.side);
        if !clean {
            self.unclean += 1;
        }
        if pair.lone {
            let raw = self.text.get(quote + 1..at).unwrap_or("");
            self.lone.push((self.nodes.len() as u32, utf16_of(raw)));
        }
        let mut node = Node::new(Tag::Side, begin, self.side.len(), 1);
        // its place in the text is not kept, so it can't be copied from there
        node.set_unclean();
        self.nodes.push(node);
        Ok(at + 1)
    }

    fn copy(&mut self, from: usize, to: usize, pair: &mut Surrogates) {
        if from < to {
            pair.flush(&mut self.side);
            self.side.push_str(self.text.get(from..to).unwrap_or(""));
        }
    }

    /// Resolves the escape whose backslash is at `at`; returns where it ends.
    fn escape(&mut self, at: usize, pair: &mut Surrogates, clean: &mut bool) -> Step {
        let simple = match self.bytes.get(at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'/') => {
                *clean = false;
                '/'
            }
            Some(b'u') => {
                let unit = self.unicode(at + 2)?;
                *clean &= self.prints_so(unit, at + 2);
                pair.push_unit(unit, &mut self.side);
                return Ok(at + 6);
            }
            Some(_) => return self.refuse(Fault::Escape(at)),
            None => return self.refuse(Fault::Exhausted),
        };
        pair.flush(&mut self.side);
        self.side.push(simple);
        Ok(at + 2)
    }

    /// The four hex digits at `at`.
    fn unicode(&mut self, at: usize) -> Step<u16> {
        let mut unit = 0;
        for offset in 0..4 {
            let Some(&byte) = self.bytes.get(at + offset) else {
                return self.refuse(Fault::Exhausted);
            };
            match char::from(byte).to_digit(16) {
                Some(digit) => unit = (unit << 4) | digit as u16,
                None => {
                    // jawn takes four UTF-16 units first, and its table of digits ends at U+007F;
                    // both run-offs are "exhausted"
                    let rest = self.text.get(at..).unwrap_or("");
                    if byte.is_ascii() && rest.encode_utf16().take(4).count() == 4 {
                        return self.expected("valid unicode escape", at);
                    }
                    return self.refuse(Fault::Exhausted);
                }
            }
        }
        Ok(unit)
    }

    /// Whether `unit`, written with the digits at `at`, would be printed just like that.
    fn prints_so(&self, unit: u16, at: usize) -> bool {
        let control = matches!(unit, 0..=0x1f | 0x7f..=0x9f);
        let short = matches!(unit, 0x08 | 0x09 | 0x0a | 0x0c | 0x0d);
        let digits = self.bytes.get(at..at + 4).unwrap_or(&[]);
        control && !short && !digits.iter().any(u8::is_ascii_uppercase)
    }
}

/// Joins escaped surrogates to pairs; a lone one becomes `?`.
#[derive(Default)]
struct Surrogates {
    high: Option<u16>,
    /// Whether there was a lone one.
    lone: bool,
}

impl Surrogates {
    fn push_unit(&mut self, unit: u16, out: &mut String) {
        if let (Some(high), 0xdc00..=0xdfff) = (self.high, unit) {
            self.high = None;
            out.extend(char::decode_utf16([high, unit]).flatten());
            return;
        }
        self.flush(out);
        match char::from_u32(u32::from(unit)) {
            Some(c) => out.push(c),
            None if unit < 0xdc00 => self.high = Some(unit),
            None => {
                self.lone = true;
                out.push('?');
            }
        }
    }

    #[inline]
    fn flush(&mut self, out: &mut String) {
        if self.high.take().is_some() {
            self.lone = true;
            out.push('?');
        }
    }
}

/// UTF-16 units of a string as written, whose escapes are known to be right.
fn utf16_of(raw: &str) -> Box<[u16]> {
    let mut units = Vec::with_capacity(raw.len());
    let mut rest = raw.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
            continue;
        }
        units.push(match rest.next() {
            Some('u') => {
                let digits = rest.by_ref().take(4).filter_map(|c| c.to_digit(16));
                digits.fold(0, |unit, digit| (unit << 4) | digit as u16)
            }
            Some('n') => 0x0a,
            Some('t') => 0x09,
            Some('r') => 0x0d,
            Some('b') => 0x08,
            Some('f') => 0x0c,
            other => other.map_or(0, |c| c as u16),
        });
    }
    units.into_boxed_slice()
}
