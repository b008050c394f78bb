//! How records lie in a file: as lines of base64, as lines of JSON, or each behind its length.

use std::ops::Range;

use lexon::Doc;

/// The form of an input file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// A record a line, in base64.
    Base64Lines,
    /// A JSON object a line, with the record in base64 in its field `payload`.
    JsonLines,
    /// Each record behind its length, an unsigned 32-bit big-endian number.
    LengthPrefixed,
}

/// The longest record that a length may claim: the largest Thrift message the reference reads.
pub const LONGEST_RECORD: usize = 104_857_600;
/// The longest line: a record of that size in base64, with room for other JSON fields.
pub const LONGEST_LINE: usize = LONGEST_RECORD / 3 * 4 + 65_536;

/// Why the rest of an input cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// A length beyond any record.
    #[error(
        "a record claims {0} bytes, more than any record has; is the format really length-prefixed?"
    )]
    Length(u32),
    /// A line beyond any record.
    #[error("a line is longer than {LONGEST_LINE} bytes; is the format really one record a line?")]
    Line,
}

/// The records that lie complete in `bytes`, as ranges, and how many bytes of it they use up.
/// At the end of the input what is left over is a record too.
pub fn cut(
    framing: Framing,
    bytes: &[u8],
    at_end: bool,
    records: &mut Vec<Range<usize>>,
) -> Result<usize, FramingError> {
    match framing {
        Framing::LengthPrefixed => cut_lengths(bytes, at_end, records),
        Framing::Base64Lines | Framing::JsonLines => cut_lines(bytes, at_end, records),
    }
}

fn cut_lines(
    bytes: &[u8],
    at_end: bool,
    records: &mut Vec<Range<usize>>,
) -> Result<usize, FramingError> {
    let mut start = 0;
    let mut add = |start: usize, end: usize| {
        let line = bytes.get(start..end).unwrap_or_default();
        let left = line.len() - line.trim_ascii_start().len();
        let kept = line.trim_ascii().len();
        if kept > 0 {
            records.push(start + left..start + left + kept);
        }
    };
    for end in memchr::memchr_iter(b'\n', bytes) {
        add(start, end);
        start = end + 1;
    }
    if at_end {
        add(start, bytes.len());
        return Ok(bytes.len());
    }
    if bytes.len() - start > LONGEST_LINE {
        return Err(FramingError::Line);
    }
    Ok(start)
}

fn cut_lengths(
    bytes: &[u8],
    at_end: bool,
    records: &mut Vec<Range<usize>>,
) -> Result<usize, FramingError> {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some((head, body)) = rest.split_first_chunk::<4>() else {
            if at_end && !rest.is_empty() {
                records.push(at..bytes.len());
                return Ok(bytes.len());
            }
            return Ok(at);
        };
        let claimed = u32::from_be_bytes(*head);
        let length = claimed as usize;
        if length > LONGEST_RECORD {
            return Err(FramingError::Length(claimed));
        }
        if body.len() < length {
            if at_end {
                records.push(at + 4..bytes.len());
                return Ok(bytes.len());
            }
            return Ok(at);
        }
        records.push(at + 4..at + 4 + length);
        at += 4 + length;
    }
}

/// The bytes of a record, decoded into `buffer` where its form asks for that, and its number if it says one.
///
/// A line that is not what it should be is taken as the record itself: so it becomes a bad row and nothing is lost.
pub fn record<'b>(
    framing: Framing,
    raw: &'b [u8],
    buffer: &'b mut Vec<u8>,
) -> (&'b [u8], Option<u64>) {
    match framing {
        Framing::LengthPrefixed => (raw, None),
        Framing::Base64Lines => {
            if decode_strict(raw, buffer) {
                (buffer, None)
            } else {
                (raw, None)
            }
        }
        Framing::JsonLines => {
            let doc = std::str::from_utf8(raw)
                .ok()
                .and_then(|text| Doc::parse(text).ok());
            let Some(doc) = doc else { return (raw, None) };
            let number = doc
                .root()
                .get("i")
                .and_then(|i| i.as_i64())
                .and_then(|i| u64::try_from(i).ok());
            match doc
                .root()
                .get("payload")
                .and_then(|payload| payload.as_str())
            {
                Some(payload) if decode_strict(payload.as_bytes(), buffer) => (buffer, number),
                _ => (raw, number),
            }
        }
    }
}

/// Decodes base64 of either alphabet, padded or not; false if any byte is foreign.
fn decode_strict(text: &[u8], buffer: &mut Vec<u8>) -> bool {
    buffer.clear();
    let symbols = match text {
        [head @ .., b'=', b'='] => head,
        [head @ .., b'='] => head,
        _ => text,
    };
    jvm::base64::decode_into(symbols, buffer);
    symbols.len() % 4 != 1
        && buffer.len() == symbols.len() / 4 * 3 + (symbols.len() % 4).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(framing: Framing, bytes: &[u8], at_end: bool) -> (Vec<&[u8]>, usize) {
        let mut ranges = Vec::new();
        let used = cut(framing, bytes, at_end, &mut ranges).unwrap();
        (
            ranges.into_iter().map(|range| &bytes[range]).collect(),
            used,
        )
    }

    #[test]
    fn lines_are_trimmed_and_blank_ones_passed_over() {
        let bytes = b"YQ==\r\n\n  Yg==\t\nrest";
        assert_eq!(
            all(Framing::Base64Lines, bytes, false),
            (vec![&b"YQ=="[..], b"Yg=="], 15)
        );
        assert_eq!(
            all(Framing::Base64Lines, bytes, true),
            (vec![&b"YQ=="[..], b"Yg==", b"rest"], 19)
        );
    }

    #[test]
    fn records_behind_their_length_are_cut_and_a_short_last_one_is_kept() {
        let bytes = b"\0\0\0\x02ab\0\0\0\0\0\0\0\x05cd";
        assert_eq!(
            all(Framing::LengthPrefixed, bytes, false),
            (vec![&b"ab"[..], b""], 10)
        );
        assert_eq!(
            all(Framing::LengthPrefixed, bytes, true),
            (vec![&b"ab"[..], b"", b"cd"], 16)
        );
        let mut ranges = Vec::new();
        assert_eq!(
            cut(
                Framing::LengthPrefixed,
                b"\xff\xff\xff\xff",
                false,
                &mut ranges
            ),
            Err(FramingError::Length(u32::MAX))
        );
    }

    #[test]
    fn a_line_that_is_not_base64_is_the_record_itself() {
        let mut buffer = Vec::new();
        assert_eq!(
            record(Framing::Base64Lines, b"YWI=", &mut buffer),
            (&b"ab"[..], None)
        );
        assert_eq!(
            record(Framing::Base64Lines, b"YWI", &mut buffer),
            (&b"ab"[..], None)
        );
        assert_eq!(
            record(Framing::Base64Lines, b"not base64!", &mut buffer),
            (&b"not base64!"[..], None)
        );
        assert_eq!(
            record(
                Framing::JsonLines,
                br#"{"i":7,"payload":"YWI=","cat":"x"}"#,
                &mut buffer
            ),
            (&b"ab"[..], Some(7))
        );
        assert_eq!(
            record(Framing::JsonLines, b"{}", &mut buffer),
            (&b"{}"[..], None)
        );
        assert_eq!(
            record(Framing::JsonLines, b"[", &mut buffer),
            (&b"["[..], None)
        );
    }
}
