//! Any bytes as a record of the raw stream: a payload or at least one violation, read the same twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use snowmelt::payload::decode::decode;

fuzz_target!(|record: &[u8]| {
    for try_base64 in [false, true] {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let once = decode(record, &mut first, try_base64);
        if let Err(violations) = &once {
            assert!(!violations.is_empty(), "a refusal without a reason");
        }
        assert_eq!(once, decode(record, &mut second, try_base64));
    }
});
