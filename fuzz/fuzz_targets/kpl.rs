//! Any bytes as a record of Kinesis: as they are, and as the message of a record that holds together. What
//! comes out lies within what went in.
#![no_main]

use libfuzzer_sys::fuzz_target;
use md5::{Digest, Md5};
use snowmelt::sources::kpl::unpack;

fn check(record: &[u8]) {
    let Some(records) = unpack(record) else {
        return;
    };
    let inside: usize = records.iter().map(|record| record.data.len()).sum();
    assert!(inside + records.len() <= record.len());
    assert_eq!(unpack(record), Some(records));
}

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    let mut sealed = vec![0xf3, 0x89, 0x9a, 0xc2];
    sealed.extend_from_slice(bytes);
    sealed.extend_from_slice(&Md5::digest(bytes));
    check(&sealed);
});
