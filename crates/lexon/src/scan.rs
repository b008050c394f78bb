//! Finding the next byte of a string that a parser or a printer has to look at.

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Lead byte of U+0080–U+00BF in UTF-8; the first half of that range is control characters.
pub(crate) const C1_LEAD: u8 = 0xc2;

/// U+007F, a control character to Java.
pub(crate) const DEL: u8 = 0x7f;

/// Index of the first byte at or after `from` that is `"`, `\`, below 0x20, 0x7F or 0xC2; the
/// length of `bytes` when there is none.
#[inline]
pub(crate) fn next_special(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    // most strings are short; longer ones are worth the wider steps
    for _ in 0..2 {
        let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) else {
            break;
        };
        let hits = specials(u64::from_le_bytes(*chunk));
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk::<32>()) {
        // neither branches nor an early end inside, so that the compiler compares sixteen bytes at a time
        let marks = block.iter().fold(0, |marks, &byte| marks | mark(byte));
        if marks != 0 {
            break;
        }
        at += 32;
    }
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let hits = specials(u64::from_le_bytes(*chunk));
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    if at < bytes.len()
        && let Some(last) = bytes.last_chunk::<8>()
        && bytes.len() - 8 >= from
    {
        // those of the eight that were looked at already are not special
        let hits = specials(u64::from_le_bytes(*last));
        return bytes.len() - 8 + (hits.trailing_zeros() / 8) as usize;
    }
    while let Some(&byte) = bytes.get(at) {
        if is_special(byte) {
            return at;
        }
        at += 1;
    }
    at
}

/// Eight bytes at once, the first in the lowest place: the high bit of each special byte.
#[inline]
pub(crate) fn specials(word: u64) -> u64 {
    // with the high bits set no subtraction borrows from its neighbour; they stay set where the low
    // seven bits are not below what is taken off
    let full = word | HIGH;
    // flipping 0x02 brings `"` down to 0x20 and takes the space and `!` up, so that one comparison
    // finds quotes and control characters
    let not_control_or_quote = (full ^ (LOW * 0x02)).wrapping_sub(LOW * 0x21);
    let not_backslash = (full ^ (LOW * 0x5c)).wrapping_sub(LOW);
    let not_del = (full ^ (LOW * 0x7f)).wrapping_sub(LOW);
    let ascii = !(not_control_or_quote & not_backslash & not_del | word) & HIGH;
    if word & HIGH == 0 {
        return ascii;
    }
    let lead = word ^ (LOW * 0xc2);
    ascii | (!(((lead & !HIGH) + (LOW * 0x7f)) | lead) & HIGH)
}

/// Not 0 for a special byte; see [`specials`] for the first comparison.
#[inline(always)]
fn mark(byte: u8) -> u8 {
    u8::from(((byte ^ 0x02) < 0x21) | (byte == b'\\') | (byte == DEL) | (byte == C1_LEAD))
}

#[inline]
pub(crate) fn is_special(byte: u8) -> bool {
    byte < 0x20 || matches!(byte, b'"' | b'\\' | DEL | C1_LEAD)
}

/// Whether the two bytes at `at` are a control character of U+0080–U+009F.
#[inline]
pub(crate) fn is_c1(bytes: &[u8], at: usize) -> bool {
    bytes.get(at) == Some(&C1_LEAD) && matches!(bytes.get(at + 1), Some(0x80..=0x9f))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_offset_is_judged_as_by_the_plain_test() {
        for byte in 0..=255u8 {
            for offset in 0..19 {
                for filler in [b'a', 0x21, 0x80, 0xff, 0xc3, 0xc1, 0x7e, 0x23, 0x5d, 0x20] {
                    let mut bytes = vec![filler; 19];
                    bytes[offset] = byte;
                    let expected = if is_special(byte) { offset } else { 19 };
                    assert_eq!(next_special(&bytes, 0), expected, "{byte} at {offset}");
                }
            }
        }
    }

    #[test]
    fn every_special_byte_of_eight_is_marked_and_no_other() {
        let bytes: Vec<u8> = (0..=255).collect();
        for neighbour in 0..=255u8 {
            for &byte in &bytes {
                let eight = [
                    byte, neighbour, byte, 0x23, neighbour, 0x5d, byte, neighbour,
                ];
                let marks = specials(u64::from_le_bytes(eight)).to_le_bytes();
                assert_eq!(marks, eight.map(|byte| u8::from(is_special(byte)) << 7));
                assert_eq!(mark(byte) != 0, is_special(byte), "{byte}");
            }
        }
    }

    #[test]
    fn search_starts_where_told_and_ends_at_the_end() {
        assert_eq!(next_special(b"\"aaaaaaaaaaaa\"", 1), 13);
        assert_eq!(next_special(b"", 0), 0);
        assert_eq!(next_special(b"abc", 9), 9);
    }
}
