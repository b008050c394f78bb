//! Answers as Jackson 2 reads them, in its words where they are no JSON.
//!
//! The first value counts and what follows it does not; of members with one name the last does; whole numbers must
//! fit 64 bits.

use jvm::number::BigDecimal;
use lexon::write_string;
use rustc_hash::FxHashMap;

/// Jackson reads nothing nested deeper.
const DEEPEST: usize = 1_000;
/// Jackson reads no number of more characters.
const LONGEST_NUMBER: usize = 1_000;
/// Characters of the text that are told with an error.
const TOLD: usize = 500;

/// The compact JSON of a text: whole numbers as they are, others as Java prints them.
///
/// # Errors
/// The text of Jackson's exception.
pub fn normalised(text: &str) -> Result<String, String> {
    let mut reader = Reader {
        text,
        at: 0,
        out: String::with_capacity(text.len()),
        open: Vec::new(),
    };
    reader.read().map(|()| reader.out)
}

/// An array or object that is being read.
struct Open {
    start: usize,
    /// Where in the output it starts.
    from: usize,
    /// Name of each member and where in the output it is, name and all; none in an array.
    members: Option<Members>,
}

#[derive(Default)]
struct Members {
    /// Where each name and its value are, in the order of the first of that name.
    places: Vec<(std::ops::Range<usize>, std::ops::Range<usize>)>,
    known: FxHashMap<String, usize>,
    repeated: bool,
    /// The member whose value is being read.
    current: usize,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    out: String,
    open: Vec<Open>,
}

const TOKENS: &str = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

impl<'t> Reader<'t> {
    fn read(&mut self) -> Result<(), String> {
        if self.blanks().is_none() {
            return Err(format!(
                "No content to map due to end-of-input\n at [Source: {}; line: 1, column: 0]",
                self.source()
            ));
        }
        loop {
            self.value()?;
            // what ends here may end others
            loop {
                let Some(open) = self.open.last() else {
                    return Ok(());
                };
                if self.out.len() == open.from + 1 && open.start == self.at - 1 {
                    // nothing is in it yet
                    if self.first()? {
                        break;
                    }
                } else if self.next()? {
                    break;
                }
            }
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Skips blanks; the character behind them.
    fn blanks(&mut self) -> Option<char> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        self.peek()
    }

    /// Right behind the start of an array or object: whether a value follows.
    fn first(&mut self) -> Result<bool, String> {
        let is_object = self.open.last().is_some_and(|open| open.members.is_some());
        match self.blanks() {
            None => Err(self.unclosed()),
            Some('}') if is_object => Ok(self.close()),
            Some(']') if !is_object => Ok(self.close()),
            Some(_) if is_object => self.name().map(|()| true),
            Some(_) => Ok(true),
        }
    }

    /// Behind a value in an array or object: whether another follows.
    fn next(&mut self) -> Result<bool, String> {
        let Some(open) = self.open.last_mut() else {
            return Ok(false);
        };
        if let Some(members) = &mut open.members {
            let end = self.out.len();
            if let Some((_, value)) = members.places.get_mut(members.current) {
                value.end = end;
            }
        }
        let (is_object, kind) = match open.members {
            Some(_) => (true, "Object"),
            None => (false, "Array"),
        };
        match self.blanks() {
            None => Err(self.unclosed()),
            Some('}') if is_object => Ok(self.close()),
            Some(']') if !is_object => Ok(self.close()),
            Some(found @ ('}' | ']')) => {
                self.at += 1;
                let expected = if is_object { '}' } else { ']' };
                let start = self.open.last().map_or(0, |open| open.start);
                Err(self.located(&format!(
                    "Unexpected close marker '{found}': expected '{expected}' (for {kind} starting at {})",
                    self.place(start)
                )))
            }
            Some(',') => {
                self.at += 1;
                if self.blanks().is_none() {
                    return Err(self.located(&format!(
                        "Unexpected end-of-input within/between {kind} entries"
                    )));
                }
                if is_object {
                    self.name()?;
                }
                Ok(true)
            }
            Some(found) => {
                self.at += found.len_utf8();
                Err(self.unexpected(
                    found,
                    &format!("was expecting comma to separate {kind} entries"),
                ))
            }
        }
    }

    /// Ends the innermost array or object. Always false: what is around it goes on.
    fn close(&mut self) -> bool {
        self.at += 1;
        let Some(open) = self.open.pop() else {
            return false;
        };
        let Some(members) = open.members else {
            self.out.push(']');
            return false;
        };
        if members.repeated {
            let mut object = String::from("{");
            for (n, (name, value)) in members.places.iter().enumerate() {
                if n > 0 {
                    object.push(',');
                }
                let name = self.out.get(name.clone()).unwrap_or_default();
                let value = self.out.get(value.clone()).unwrap_or_default();
                object.push_str(name);
                object.push_str(value);
            }
            self.out.truncate(open.from);
            self.out.push_str(&object);
        }
        self.out.push('}');
        false
    }

    fn name(&mut self) -> Result<(), String> {
        match self.peek() {
            Some('"') => {}
            Some(found) => {
                self.at += found.len_utf8();
                return Err(
                    self.unexpected(found, "was expecting double-quote to start field name")
                );
            }
            None => {
                return Err(self.located("Unexpected end-of-input within/between Object entries"));
            }
        }
        let name = self.string("field name")?;
        self.separate();
        let start = self.out.len();
        write_string(&mut self.out, &name);
        self.out.push(':');
        let end = self.out.len();
        if let Some(Open {
            members: Some(members),
            ..
        }) = self.open.last_mut()
        {
            members.current = match members.known.get(&name) {
                Some(place) => {
                    members.repeated = true;
                    *place
                }
                None => {
                    members.places.push((start..end, end..end));
                    members.known.insert(name, members.places.len() - 1);
                    members.places.len() - 1
                }
            };
            if let Some((_, value)) = members.places.get_mut(members.current) {
                *value = end..end;
            }
        }
        match self.blanks() {
            Some(':') => self.at += 1,
            Some(found) => {
                self.at += found.len_utf8();
                return Err(self.unexpected(
                    found,
                    "was expecting a colon to separate field name and value",
                ));
            }
            None => {
                return Err(self.located("Unexpected end-of-input within/between Object entries"));
            }
        }
        if self.blanks().is_none() {
            return Err(self.located("Unexpected end-of-input within/between Object entries"));
        }
        Ok(())
    }

    /// Puts a comma behind the item before, if there is one.
    fn separate(&mut self) {
        let from = self.open.last().map_or(0, |open| open.from);
        if self.out.len() > from + 1 {
            self.out.push(',');
        }
    }

    fn value(&mut self) -> Result<(), String> {
        let Some(found) = self.blanks() else {
            return Err(self.unclosed());
        };
        if self.open.last().is_some_and(|open| open.members.is_none()) {
            self.separate();
        }
        match found {
            '{' | '[' => self.start(found),
            '"' => {
                let text = self.string("string value")?;
                write_string(&mut self.out, &text);
                Ok(())
            }
            '-' | '0'..='9' => self.number(),
            c if c.is_alphabetic() || c == '_' || c == '$' => self.word(),
            found => {
                self.at += found.len_utf8();
                Err(self.unexpected(found, &format!("expected a valid value {TOKENS}")))
            }
        }
    }

    fn start(&mut self, bracket: char) -> Result<(), String> {
        if self.open.len() >= DEEPEST {
            return Err(format!(
                "Depth ({}) exceeds the maximum allowed nesting depth ({DEEPEST})",
                DEEPEST + 1
            ));
        }
        self.open.push(Open {
            start: self.at,
            from: self.out.len(),
            members: (bracket == '{').then(Members::default),
        });
        self.out.push(bracket);
        self.at += 1;
        Ok(())
    }

    fn word(&mut self) -> Result<(), String> {
        let rest = self.rest();
        let part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let word = rest.get(..rest.find(|c| !part(c)).unwrap_or(rest.len()));
        let word = word.unwrap_or_default();
        self.at += word.len();
        match word {
            "true" | "false" | "null" => {
                self.out.push_str(word);
                Ok(())
            }
            "NaN" | "Infinity" | "INF" => Err(self.located(&format!(
                "Non-standard token '{word}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"
            ))),
            word => {
                let told: String = word.chars().take(256).collect();
                let dots = if told.len() < word.len() { "..." } else { "" };
                Err(self.located(&format!("Unrecognized token '{told}{dots}': was expecting {TOKENS}")))
            }
        }
    }

    fn number(&mut self) -> Result<(), String> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c)))
            .unwrap_or(rest.len());
        let number = rest.get(..length).unwrap_or_default();
        let digits = number.strip_prefix('-').unwrap_or(number);
        let whole = digits.bytes().take_while(u8::is_ascii_digit).count();
        let grammar = |problem: &str, reader: &mut Self, at: usize| {
            reader.at += at;
            let found = reader.peek();
            reader.at += found.map_or(0, char::len_utf8);
            match found {
                Some(found) => reader.unexpected(found, problem),
                None => reader.located(&format!(
                    "Unexpected end-of-input in a Number value: {problem}"
                )),
            }
        };
        let sign = number.len() - digits.len();
        if whole == 0 {
            let problem = "expected digit (0-9) to follow minus sign, for valid numeric value";
            return Err(grammar(problem, self, sign));
        }
        if whole > 1 && digits.starts_with('0') {
            self.at += sign + 1;
            return Err(self.located("Invalid numeric value: Leading zeroes not allowed"));
        }
        if length > LONGEST_NUMBER {
            return Err(format!(
                "Number value length ({length}) exceeds the maximum allowed ({LONGEST_NUMBER})"
            ));
        }
        let behind = digits.get(whole..).unwrap_or_default();
        if behind.is_empty() {
            self.at += length;
            let Ok(integer) = number.parse::<i64>() else {
                return Err(self.located(&format!(
                    "Numeric value ({number}) out of range of long ({} - {})",
                    i64::MIN,
                    i64::MAX
                )));
            };
            self.out.push_str(&integer.to_string());
            return Ok(());
        }
        let mut at = sign + whole;
        if let Some(fraction) = behind.strip_prefix('.') {
            let places = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if places == 0 {
                return Err(grammar(
                    "Decimal point not followed by a digit",
                    self,
                    at + 1,
                ));
            }
            at += 1 + places;
        }
        let exponent = number.get(at..).unwrap_or_default();
        if exponent.starts_with(['e', 'E']) {
            let signed = exponent.get(1..).unwrap_or_default();
            let unsigned = signed.strip_prefix(['+', '-']).unwrap_or(signed);
            let places = unsigned.bytes().take_while(u8::is_ascii_digit).count();
            at += 1 + signed.len() - unsigned.len();
            if places == 0 {
                return Err(grammar(
                    "Exponent indicator not followed by a digit",
                    self,
                    at,
                ));
            }
            at += places;
        }
        if at < length {
            let problem = "Expected space separating root-level values";
            return Err(grammar(problem, self, at));
        }
        self.at += length;
        match BigDecimal::parse(number) {
            Ok(decimal) => self.out.push_str(&decimal.to_string()),
            Err(error) => return Err(format!("Can not construct java.math.BigDecimal: {error}")),
        }
        Ok(())
    }

    /// A string in quotes, which come next.
    fn string(&mut self, what: &str) -> Result<String, String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let run = rest.find(|c: char| c == '"' || c == '\\' || c < ' ');
            let (plain, rest) = rest
                .split_at_checked(run.unwrap_or(rest.len()))
                .unwrap_or((rest, ""));
            text.push_str(plain);
            self.at += plain.len();
            match rest.chars().next() {
                None => {
                    return Err(self.located(&format!(
                        "Unexpected end-of-input: was expecting closing quote for a {}",
                        if what == "field name" {
                            "field name"
                        } else {
                            "string value"
                        }
                    )));
                }
                Some('"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some('\\') => text.push(self.escape()?),
                Some(control) => {
                    self.at += 1;
                    let name = if what == "field name" {
                        "name"
                    } else {
                        "string value"
                    };
                    return Err(self.located(&format!(
                        "Illegal unquoted character ({}): has to be escaped using backslash to be included in {name}",
                        described(control)
                    )));
                }
            }
        }
    }

    /// One escape, or a pair of them that stands for one character.
    fn escape(&mut self) -> Result<char, String> {
        self.at += 1;
        let eof = "Unexpected end-of-input in character escape sequence";
        let Some(found) = self.peek() else {
            return Err(self.located(eof));
        };
        self.at += found.len_utf8();
        Ok(match found {
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'f' => '\u{c}',
            'r' => '\r',
            '"' | '/' | '\\' => found,
            'u' => {
                let high = self.hex()?;
                let pair = (0xd800..0xdc00).contains(&high) && self.rest().starts_with("\\u");
                if pair {
                    let start = self.at;
                    self.at += 2;
                    let low = self.hex()?;
                    let units = [high, low];
                    if let Some(Ok(c)) = char::decode_utf16(units).next() {
                        return Ok(c);
                    }
                    self.at = start;
                }
                // half a pair; Java prints it so
                char::from_u32(u32::from(high)).unwrap_or('?')
            }
            other => {
                return Err(self.located(&format!(
                    "Unrecognized character escape {}",
                    described(other)
                )));
            }
        })
    }

    fn hex(&mut self) -> Result<u16, String> {
        let mut unit = 0;
        for _ in 0..4 {
            let Some(found) = self.peek() else {
                return Err(self.located("Unexpected end-of-input in character escape sequence"));
            };
            self.at += found.len_utf8();
            let Some(digit) = found.to_digit(16) else {
                return Err(
                    self.unexpected(found, "expected a hex-digit for character escape sequence")
                );
            };
            unit = unit * 16 + digit as u16;
        }
        Ok(unit)
    }

    fn unclosed(&self) -> String {
        match self.open.last() {
            Some(open) => {
                let kind = if open.members.is_some() {
                    "Object"
                } else {
                    "Array"
                };
                self.located(&format!(
                    "Unexpected end-of-input: expected close marker for {kind} (start marker at {})",
                    self.place(open.start)
                ))
            }
            None => self.located("Unexpected end-of-input"),
        }
    }

    fn unexpected(&self, found: char, problem: &str) -> String {
        self.located(&format!(
            "Unexpected character ({}): {problem}",
            described(found)
        ))
    }

    fn located(&self, problem: &str) -> String {
        format!("{problem}\n at {}", self.place(self.at))
    }

    /// A place with the text it is in, lines and columns counted from 1.
    fn place(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let row = before.rsplit('\n').next().unwrap_or_default();
        let column = row.encode_utf16().count() + 1;
        format!(
            "[Source: {}; line: {line}, column: {column}]",
            self.source()
        )
    }

    fn source(&self) -> String {
        let length = self.text.encode_utf16().count();
        let mut told = String::from("(String)\"");
        for c in jvm::text::utf16_prefix(self.text, TOLD).chars() {
            match c {
                '\n' | '\r' => told.push(c),
                c if c.is_control() => told.push_str(&format!("\\u{:04X}", u32::from(c))),
                c => told.push(c),
            }
        }
        told.push('"');
        if length > TOLD {
            told.push_str(&format!("[truncated {} chars]", length - TOLD));
        }
        told
    }
}

/// A character as Jackson names it.
fn described(c: char) -> String {
    let code = u32::from(c);
    match c {
        c if c.is_control() => format!("(CTRL-CHAR, code {code})"),
        c if code > 255 => format!("'{c}' (code {code} / 0x{code:x})"),
        c => format!("'{c}' (code {code})"),
    }
}

#[cfg(test)]
mod tests;
