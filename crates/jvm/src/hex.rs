//! Bytes in lower-case hexadecimal, as `Hex.encodeHexString` of commons-codec prints digests.

/// The two digits of each byte.
const PAIRS: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    pairs
};

/// Two lower-case digits for each byte.
pub fn lower(bytes: &[u8]) -> String {
    let mut text = vec![0; 2 * bytes.len()];
    let (places, _) = text.as_chunks_mut::<2>();
    for (place, &byte) in places.iter_mut().zip(bytes) {
        *place = PAIRS[usize::from(byte)];
    }
    // digits are text
    String::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_two_digits() {
        assert_eq!(lower(&[0, 9, 10, 0x7f, 0xff]), "00090a7fff");
        assert_eq!(lower(&[]), "");
        let all: Vec<u8> = (0..=255).collect();
        let expected: String = all.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(lower(&all), expected);
    }
}
