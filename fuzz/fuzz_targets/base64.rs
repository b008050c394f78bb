//! Any bytes as base64, and back: decoding never fails, encoding can be undone.
#![no_main]

use jvm::base64;
use jvm::charset::Charset;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let decoded = base64::decode_lenient(bytes);
    assert!(
        decoded.len() <= bytes.len() / 4 * 3 + 3,
        "more bytes than the text can hold"
    );
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert_eq!(
            base64::decode_url_to_string(text),
            Charset::UTF_8.decode(&decoded)
        );
    }
    let standard = base64::encode_standard(bytes);
    assert_eq!(base64::decode_lenient(standard.as_bytes()), bytes);
    let chunked = base64::encode_url_chunked(bytes);
    assert_eq!(base64::decode_lenient(chunked.as_bytes()), bytes);
});
