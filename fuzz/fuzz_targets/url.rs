//! Any text as an address: the strict and the lenient reader, and percent-decoding.
#![no_main]

use jvm::uri::JavaUri;
use jvm::{scala_uri, url_codec};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(uri) = JavaUri::parse(&text) {
        assert_eq!(uri.as_str(), text, "an address keeps its text");
        for part in [
            uri.scheme(),
            uri.host(),
            uri.raw_path(),
            uri.raw_query(),
            uri.raw_fragment(),
            uri.authority(),
        ] {
            assert!(
                part.is_none_or(|part| text.contains(part)),
                "a part that the text does not have"
            );
        }
    }
    if let Ok(uri) = scala_uri::string_to_uri(&text) {
        // what the lenient reader hands on is an address for the strict one
        assert!(
            JavaUri::parse(uri.as_str()).is_ok(),
            "{} from {text}",
            uri.as_str()
        );
    }
    let _ = scala_uri::lenient(&text);
    let _ = url_codec::decode_utf8(&text);
    let encoded = url_codec::encode_utf8(&text);
    assert_eq!(
        url_codec::decode_utf8(&encoded).as_deref(),
        Ok(&*text),
        "encoding can be undone"
    );
});
