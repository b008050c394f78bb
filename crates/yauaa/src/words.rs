//! Parts of values: words, parts of versions, segments.

/// What separates the parts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Splitter {
    /// Words; a brace ends the text.
    Words,
    /// Parts of versions.
    Version,
    /// Segments, separated by `|`.
    Segments,
    /// The major part of a version.
    Major,
}

/// No last part: to the end.
pub const TO_END: u32 = u32::MAX;

impl Splitter {
    fn separates(self, byte: u8) -> bool {
        match self {
            Self::Words => matches!(
                byte,
                b'|' | b' '
                    | b'.'
                    | b':'
                    | b';'
                    | b'='
                    | b'/'
                    | b'\\'
                    | b'+'
                    | b'-'
                    | b'_'
                    | b'<'
                    | b'>'
                    | b'~'
                    | b'#'
                    | b'('
                    | b')'
            ),
            Self::Version => matches!(byte, b'|' | b'.' | b'_' | b'-' | b',' | b'+'),
            Self::Segments => byte == b'|',
            Self::Major => matches!(byte, b'|' | b'.' | b','),
        }
    }

    fn ends(self, byte: u8) -> bool {
        self == Self::Words && matches!(byte, b'(' | b')')
    }

    fn start(self, text: &[u8], part: u32) -> Option<usize> {
        let (mut inside, mut count) = (false, 0);
        for (at, &byte) in text.iter().enumerate() {
            if self.ends(byte) {
                return None;
            }
            if self.separates(byte) {
                inside = false;
            } else if !inside {
                inside = true;
                count += 1;
                if count == part {
                    return Some(at);
                }
            }
        }
        None
    }

    fn end(self, text: &[u8], start: usize) -> usize {
        let rest = text.get(start..).unwrap_or_default();
        start
            + rest
                .iter()
                .position(|&b| self.separates(b))
                .unwrap_or(rest.len())
    }

    /// Parts `first` to `last` (from 1) with what is between them.
    pub fn range(self, text: &str, first: u32, last: u32) -> Option<&str> {
        if last != TO_END && last > 0 && last < first {
            return None;
        }
        let bytes = text.as_bytes();
        let start = self.start(bytes, first)?;
        if last == TO_END {
            let rest = bytes.get(start..).unwrap_or_default();
            let end = start
                + rest
                    .iter()
                    .position(|&b| self.ends(b))
                    .unwrap_or(rest.len());
            return text.get(start..end);
        }
        let last_start = if last == first {
            start
        } else {
            self.start(bytes, last)?
        };
        text.get(start..self.end(bytes, last_start))
    }

    /// The places of all parts.
    pub fn all(self, text: &str, places: &mut Vec<(usize, usize)>) {
        places.clear();
        let bytes = text.as_bytes();
        let mut next = self.start(bytes, 1);
        while let Some(start) = next {
            let end = self.end(bytes, start);
            places.push((start, end));
            next = None;
            for (at, &byte) in bytes.iter().enumerate().skip(end) {
                if self.ends(byte) {
                    break;
                }
                if !self.separates(byte) {
                    next = Some(at);
                    break;
                }
            }
        }
    }

    /// As [`Splitter::range`] from the places of all parts; differs at the end of the text.
    pub fn range_of<'a>(
        text: &'a str,
        places: &[(usize, usize)],
        first: u32,
        last: u32,
    ) -> Option<&'a str> {
        let from = (first as usize).checked_sub(1)?;
        let to = if last == TO_END {
            places.len()
        } else {
            last as usize
        }
        .checked_sub(1)?;
        text.get(places.get(from)?.0..places.get(to)?.1)
    }

    fn keeps_whole(self, text: &str) -> bool {
        matches!(self, Self::Version | Self::Major)
            && (text.starts_with("www.")
                || text.starts_with("http")
                || text.contains('@') && text.contains('.'))
    }

    /// One part; addresses are one part for the splitters of versions.
    pub fn single(self, text: &str, part: u32) -> Option<&str> {
        if self.keeps_whole(text) {
            return (part == 1).then_some(text);
        }
        let start = self.start(text.as_bytes(), part)?;
        text.get(start..self.end(text.as_bytes(), start))
    }

    /// Everything up to the end of a part.
    pub fn first(self, text: &str, part: u32) -> Option<&str> {
        if self.keeps_whole(text) {
            return (part == 1).then_some(text);
        }
        let start = self.start(text.as_bytes(), part)?;
        text.get(..self.end(text.as_bytes(), start))
    }
}
