//! Base64 in both alphabets.

/// The alphabet of MIME, with padding.
pub const STANDARD: &Alphabet = &Alphabet {
    last: *b"+/",
    padded: true,
};

/// The alphabet that is safe in URLs, without padding, as trackers write JSON.
pub const URL: &Alphabet = &Alphabet {
    last: *b"-_",
    padded: false,
};

/// How to write base64.
pub struct Alphabet {
    last: [u8; 2],
    padded: bool,
}

impl Alphabet {
    fn letter(&self, six: u32) -> char {
        let six = (six & 63) as u8;
        char::from(match six {
            0..=25 => b'A' + six,
            26..=51 => b'a' + six - 26,
            52..=61 => b'0' + six - 52,
            62 => self.last[0],
            _ => self.last[1],
        })
    }
}

/// The bytes as base64.
pub fn encode(bytes: &[u8], alphabet: &Alphabet) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .fold(0_u32, |group, byte| group << 8 | u32::from(*byte));
        let group = group << (8 * (3 - chunk.len()));
        for n in 0..=chunk.len() {
            text.push(alphabet.letter(group >> (18 - 6 * n)));
        }
        if alphabet.padded {
            text.extend(std::iter::repeat_n('=', 3 - chunk.len()));
        }
    }
    text
}
