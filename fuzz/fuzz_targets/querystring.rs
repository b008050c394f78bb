//! Any text as a query string, in several charsets: checking it first must not change what is read.
#![no_main]

use jvm::charset::Charset;
use jvm::nvp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for name in ["UTF-8", "ISO-8859-1", "UTF-16", "Shift_JIS"] {
        let charset = Charset::for_name(name).unwrap_or(Charset::UTF_8);
        let raw = text.split('#').next().unwrap_or_default();
        if let Ok(pairs) = nvp::parse(&text, charset) {
            assert_eq!(
                pairs,
                nvp::parse_raw(raw, charset),
                "checked and unchecked reading differ"
            );
        }
        let pairs = nvp::parse_raw(&text, charset);
        assert!(pairs.len() <= text.len(), "more pairs than bytes");
    }
});
