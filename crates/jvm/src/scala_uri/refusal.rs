//! The message for an authority that ends in the middle of the text: where the parser got
//! furthest, and everything it could have taken there.
//!
//! Only this failure needs words: whatever follows a sound authority can be read.

/// What could have followed, as the parser names it, in the order it was tried.
struct Trail<'a> {
    text: &'a [u8],
    /// The furthest offset reached.
    furthest: usize,
    expected: Vec<&'static str>,
}

impl Trail<'_> {
    /// Notes that `what` was looked for at `at` and not found.
    fn miss(&mut self, at: usize, what: &'static str) {
        if at > self.furthest {
            self.furthest = at;
            self.expected.clear();
        }
        if at == self.furthest && !self.expected.contains(&what) {
            self.expected.push(what);
        }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }

    fn take(&mut self, at: usize, wanted: u8, what: &'static str) -> Option<usize> {
        if self.byte(at) == Some(wanted) {
            return Some(at + 1);
        }
        self.miss(at, what);
        None
    }

    /// User information; answers where the host starts.
    fn user_info(&mut self, start: usize) -> Option<usize> {
        let stop = |b: &u8| matches!(b, b':' | b'/' | b'?' | b'[' | b']' | b'@');
        let rest = self.text.get(start..)?;
        let mut at = start + rest.iter().position(stop).unwrap_or(rest.len());
        if self.byte(at) == Some(b':') {
            at += 1;
            let rest = self.text.get(at..)?;
            match memchr::memchr(b'@', rest) {
                Some(width) => at += width,
                None => {
                    at += rest.len();
                    self.miss(at, "[^@]");
                }
            }
        }
        self.take(at, b'@', "'@'")
    }

    /// One to four hexadecimal digits; `start_name` is the outermost rule that starts here.
    fn piece(&mut self, start: usize, start_name: &'static str) -> Option<usize> {
        let rest = self.text.get(start..)?.iter().take(4);
        let width = rest.take_while(|b| b.is_ascii_hexdigit()).count();
        match width {
            0 => {
                self.miss(start, start_name);
                return None;
            }
            4 => {}
            _ => self.miss(start + width, "HexDigit"),
        }
        Some(start + width)
    }

    /// Any number of pieces with colons between. Answers where they end.
    fn pieces(&mut self, start: usize, start_name: &'static str) -> usize {
        let Some(mut end) = self.piece(start, start_name) else {
            return start;
        };
        while let Some(next) = self
            .take(end, b':', "':'")
            .and_then(|at| self.piece(at, "_ip_v6_hex_piece"))
        {
            end = next;
        }
        end
    }

    fn full_ipv6(&mut self, start: usize) -> Option<usize> {
        let mut at = start;
        for number in 0..8 {
            if number > 0 {
                at = self.take(at, b':', "':'")?;
            }
            at = self.piece(at, "_ip_v6_hex_piece")?;
        }
        self.take(at, b']', "']'")
    }

    fn shortened_ipv6(&mut self, start: usize) -> Option<usize> {
        let at = self.pieces(start, "_ip_v6_hex_pieces");
        let at = self.take(at, b':', "':'")?;
        let at = self.take(at, b':', "':'")?;
        let at = self.pieces(at, "_ip_v6_hex_pieces");
        self.take(at, b']', "']'")
    }

    fn host(&mut self, start: usize) -> usize {
        if self.byte(start) == Some(b'[') {
            let inside = start + 1;
            let end = self.full_ipv6(inside);
            if let Some(end) = end.or_else(|| self.shortened_ipv6(inside)) {
                return end;
            }
        }
        let rest = self.text.get(start..).unwrap_or_default();
        let width = rest
            .iter()
            .position(|b| matches!(b, b':' | b'/' | b'?' | b'#'));
        start + width.unwrap_or(rest.len())
    }

    fn authority(&mut self, start: usize) {
        let at = self.user_info(start).unwrap_or(start);
        let mut at = self.host(at);
        if self.byte(at) == Some(b':') {
            let rest = self.text.get(at + 1..).unwrap_or_default();
            let digits = rest.iter().take(10).take_while(|b| b.is_ascii_digit());
            match digits.count() {
                0 => self.miss(at + 1, "_int"),
                count => {
                    at += 1 + count;
                    if count < 10 {
                        self.miss(at, "Digit");
                    }
                }
            }
        } else {
            self.miss(at, "_port");
        }
        for rule in [
            "_path_for_authority",
            "_maybe_query_string",
            "_fragment",
            "'EOI'",
        ] {
            self.miss(at, rule);
        }
    }
}

/// The message for `text`, whose authority starts at the byte `start`.
pub(super) fn message(text: &str, start: usize) -> String {
    let seen = text.split_once('\u{ffff}').map_or(text, |(seen, _)| seen);
    let mut trail = Trail {
        text: seen.as_bytes(),
        furthest: 0,
        expected: Vec::new(),
    };
    trail.authority(start);
    let at = trail.furthest;
    let found = match text.get(at..).and_then(|rest| rest.chars().next()) {
        None => "Unexpected end of input".to_owned(),
        Some(found) => format!("Invalid input '{}'", shown(found)),
    };
    let expected = match trail.expected.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => "??".to_owned(),
    };
    let before = text.get(..at).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let number = before.matches('\n').count() + 1;
    let line = text.get(line_start..).unwrap_or_default();
    let line = line.split_once('\n').map_or(line, |(line, _)| line);
    let column = before
        .get(line_start..)
        .unwrap_or_default()
        .encode_utf16()
        .count();
    format!(
        "Invalid URL could not be parsed. {found}, expected {expected} \
         (line {number}, column {}):\n{line}\n{}^",
        column + 1,
        " ".repeat(column),
    )
}

/// A character as the parser shows it.
fn shown(found: char) -> String {
    match found {
        '\t' => "\\t".to_owned(),
        '\r' => "\\r".to_owned(),
        '\n' => "\\n".to_owned(),
        '\u{ffff}' => "EOI".to_owned(),
        control if control.is_control() => format!("\\u{:04x}", u32::from(control)),
        // Only the first half of a pair is looked at; alone it leaves the platform as a "?".
        pair if pair.len_utf8() == 4 => "?".to_owned(),
        other => other.to_string(),
    }
}
