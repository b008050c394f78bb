//! What jawn says about text that is not JSON.

/// Why a text is not JSON, in jawn's words.
///
/// Positions inside are jawn's: lines and columns from 1, columns in UTF-16 units.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// The text circe reports as the failure's message, without any prefix.
    pub message: String,
}

/// A refusal as the parser sees it: the place is a byte offset into the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The text ended inside a value.
    Exhausted,
    /// Something else was due here.
    Expected(&'static str, usize),
    /// A control character below 0x20, unescaped in a string.
    Control(u8, usize),
    /// A backslash followed by a character that makes no escape.
    Escape(usize),
    /// Longer than offsets of a node can say.
    TooLong,
}

/// How many UTF-16 units of the rest are quoted.
const CONTEXT: usize = 6;

impl Fault {
    #[cold]
    pub(crate) fn explain(self, text: &str) -> ParseError {
        let message = match self {
            Fault::Exhausted => "exhausted input".to_owned(),
            Fault::TooLong => "document too long".to_owned(),
            Fault::Expected(what, at) => located(text, at, &format!("expected {what}"), CONTEXT),
            Fault::Control(byte, at) => {
                located(text, at, &format!("control char ({byte}) in string"), 1)
            }
            Fault::Escape(at) => {
                let mut what = String::from("illegal escape sequence (\\");
                // jawn puts one UTF-16 unit here; half a pair is encoded as `?`
                let next = text.get(at + 1..).and_then(|rest| rest.chars().next());
                what.push(next.filter(|c| c.len_utf16() == 1).unwrap_or('?'));
                what.push(')');
                located(text, at, &what, 1)
            }
        };
        ParseError { message }
    }
}

fn located(text: &str, at: usize, what: &str, context: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let rest = text.get(at..).unwrap_or("");
    // a line feed is only ever passed as a blank, so all those before the place count
    let line = memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1;
    let line_start = memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |nl| nl + 1);
    let column = before
        .get(line_start..)
        .unwrap_or("")
        .encode_utf16()
        .count()
        + 1;
    let got = quote(rest, context);
    format!("{what} got {got} (line {line}, column {column})")
}

/// The first `limit` UTF-16 units of `rest` in quotes, with dots when there is more.
fn quote(rest: &str, limit: usize) -> String {
    if rest.is_empty() {
        return "eof".to_owned();
    }
    let mut out = String::from("'");
    let mut left = limit;
    let mut chars = rest.chars();
    while left > 0 {
        let Some(c) = chars.next() else { break };
        if c.len_utf16() > left {
            // the cut halves a surrogate pair
            out.push_str("?...'");
            return out;
        }
        left -= c.len_utf16();
        out.push(c);
    }
    out.push_str(if chars.as_str().is_empty() {
        "'"
    } else {
        "...'"
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_quoted_up_to_six_utf16_units() {
        assert_eq!(quote("abcdef", 6), "'abcdef'");
        assert_eq!(quote("abcdefg", 6), "'abcdef...'");
        assert_eq!(quote("abcd😀", 6), "'abcd😀'");
        assert_eq!(quote("abcd😀x", 6), "'abcd😀...'");
        assert_eq!(quote("abcde😀", 6), "'abcde?...'");
        assert_eq!(quote("", 6), "eof");
    }
}
