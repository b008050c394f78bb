use proptest::prelude::*;
use thrift::protocol::{
    TBinaryOutputProtocol, TFieldIdentifier, TListIdentifier, TMapIdentifier, TOutputProtocol,
    TStructIdentifier, TType,
};

use super::*;

type Out<'w> = TBinaryOutputProtocol<&'w mut Vec<u8>>;

fn written(write: impl FnOnce(&mut Out)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut out = TBinaryOutputProtocol::new(&mut bytes, false);
    out.write_struct_begin(&TStructIdentifier::new("payload"))
        .unwrap();
    write(&mut out);
    out.write_field_stop().unwrap();
    bytes
}

fn begin(out: &mut Out, of: TType, id: i16) {
    out.write_field_begin(&TFieldIdentifier::new("", of, id))
        .unwrap();
}

fn string(out: &mut Out, id: i16, value: &Option<String>) {
    if let Some(value) = value {
        begin(out, TType::String, id);
        out.write_string(value).unwrap();
    }
}

fn strings(out: &mut Out, id: i16, values: &[String]) {
    begin(out, TType::List, id);
    out.write_list_begin(&TListIdentifier::new(TType::String, values.len() as i32))
        .unwrap();
    values
        .iter()
        .for_each(|value| out.write_string(value).unwrap());
}

/// A field of another application: nested containers and structs.
fn unknown(out: &mut Out, id: i16, depth: usize) {
    begin(out, TType::Map, id);
    out.write_map_begin(&TMapIdentifier::new(TType::I16, TType::Struct, 2))
        .unwrap();
    for n in 0..2 {
        out.write_i16(n).unwrap();
        begin(out, TType::Set, 31337);
        out.write_list_begin(&TListIdentifier::new(TType::Double, 1))
            .unwrap();
        out.write_double(1.5).unwrap();
        if depth > 0 {
            unknown(out, 320, depth - 1);
        }
        begin(out, TType::Bool, 7);
        out.write_bool(true).unwrap();
        out.write_field_stop().unwrap();
    }
}

#[derive(Debug, Clone)]
struct Sent {
    timestamp: i64,
    strings: Vec<Option<String>>,
    headers: Vec<String>,
}

const CURRENT: [i16; 11] = [100, 210, 220, 300, 310, 320, 330, 340, 360, 400, 410];
const LEGACY: [i16; 11] = [40, 30, 20, 50, 60, 0, 3, 0, 0, 45, 80];

fn sent() -> impl Strategy<Value = Sent> {
    (
        any::<i64>(),
        prop::collection::vec(any::<Option<String>>(), 11),
        prop::collection::vec(any::<String>(), 0..5),
    )
        .prop_map(|(timestamp, strings, headers)| Sent {
            timestamp,
            strings,
            headers,
        })
}

fn expected<'a>(sent: &'a Sent, ids: &[i16]) -> Fields<'a> {
    let text = |n: usize| {
        sent.strings[n]
            .as_deref()
            .filter(|_| ids[n] != 0)
            .map(str::as_bytes)
    };
    Fields {
        timestamp: sent.timestamp,
        ip_address: text(0),
        encoding: text(1),
        collector: text(2),
        user_agent: text(3),
        referer: text(4),
        path: text(5),
        querystring: text(6),
        body: text(7),
        content_type: text(8),
        hostname: text(9),
        network_user_id: text(10),
        headers: sent.headers.iter().map(String::as_bytes).collect(),
    }
}

fn current(sent: &Sent, noise: bool) -> Vec<u8> {
    written(|out| {
        begin(out, TType::I64, 200);
        out.write_i64(sent.timestamp).unwrap();
        for (id, value) in CURRENT.iter().zip(&sent.strings) {
            if noise {
                unknown(out, *id, 1);
            }
            string(out, *id, value);
        }
        strings(out, 350, &sent.headers);
        string(out, 31337, &Some("iglu:x".to_owned()));
    })
}

proptest! {
    #[test]
    fn what_the_thrift_library_writes_is_read_back(sent in sent(), noise: bool) {
        let bytes = current(&sent, noise);
        let record = read(&bytes).unwrap();
        prop_assert_eq!(record.schema, Some(&b"iglu:x"[..]));
        prop_assert_eq!(&record.current, &expected(&sent, &CURRENT));
        prop_assert_eq!(&record.legacy, &Fields::default());
        prop_assert_eq!(reread(&bytes, Struct::Current), Ok(record));
    }

    #[test]
    fn legacy_records_are_read_back(sent in sent()) {
        let bytes = written(|out| {
            begin(out, TType::I64, 1);
            out.write_i64(sent.timestamp).unwrap();
            for (id, value) in LEGACY.iter().zip(&sent.strings).filter(|(id, _)| **id > 3) {
                string(out, *id, value);
            }
            begin(out, TType::Struct, 41);
            begin(out, TType::I32, 1);
            out.write_i32(1).unwrap();
            string(out, 3, &sent.strings[6]);
            out.write_field_stop().unwrap();
            strings(out, 70, &sent.headers);
        });
        let record = read(&bytes).unwrap();
        prop_assert!(record.schema.is_none() && record.legacy_payload);
        prop_assert_eq!(&record.legacy, &expected(&sent, &LEGACY));
        prop_assert_eq!(reread(&bytes, Struct::Legacy), Ok(record));
    }

    #[test]
    fn damaged_records_never_panic(sent in sent(), cut: prop::sample::Index, flips in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 0..4)) {
        let mut bytes = current(&sent, true);
        for (at, mask) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= mask;
        }
        for bytes in [&bytes[..], &bytes[..cut.index(bytes.len())]] {
            let _ = read(bytes);
            let _ = reread(bytes, Struct::Current);
            let _ = reread(bytes, Struct::Legacy);
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(prop_oneof![0u8..17, any::<u8>()], 0..200)) {
        let _ = read(&bytes);
        let _ = reread(&bytes, Struct::Current);
    }
}

#[test]
fn bytes_that_are_no_struct_have_the_message_of_the_reference() {
    let truncated = |wanted, got| ThriftError::Truncated { wanted, got };
    for (bytes, error) in [
        (&b""[..], truncated(1, 0)),
        (b"f", truncated(2, 0)),
        (b"foo", ThriftError::FieldType(102)),
        (&[0x80, 1, 0], ThriftError::FieldType(-128)),
        (&[1, 0, 1, 0], ThriftError::FieldType(1)),
        (&[11, 0x7a, 0x69, 0, 0, 0, 65, 1], truncated(65, 1)),
        (&[11, 0x7a, 0x69, 0x7f, 255, 255, 255], ThriftError::TooLong),
        (
            &[11, 0x7a, 0x69, 255, 255, 255, 255],
            ThriftError::NegativeCount {
                offset: 7,
                count: -1,
                length: 7,
            },
        ),
        (
            &[11, 0, 100, 255, 255, 255, 255],
            ThriftError::NegativeLength(-1),
        ),
        // the size of a list is multiplied in 32 bits
        (&[15, 1, 0x5e, 11, 0x7f, 255, 255, 255, 0], truncated(4, 1)),
        (
            &[15, 0, 99, 3, 0x7f, 255, 255, 255, 0],
            ThriftError::TooLong,
        ),
        (
            &[15, 0, 99, 3, 255, 255, 255, 255, 0],
            ThriftError::NegativeLength(-1),
        ),
        (&[15, 0, 99, 12, 0x7f, 255, 255, 255, 0, 0], truncated(1, 0)),
        (&[13, 0, 99, 0x9e, 1, 0, 0, 0, 0], ThriftError::ElementType),
        (&[13, 0, 99, 0, 1, 0, 0, 0, 1], ThriftError::FieldType(0)),
    ] {
        assert_eq!(read(bytes), Err(error), "{bytes:?}");
    }
    assert_eq!(
        truncated(65, 3).to_string(),
        "Cannot read. Remote side has closed. Tried to read 65 bytes, but only got 3 bytes. (This is often indicative of an internal error on the server side. Please check your server logs.)"
    );
    assert_eq!(
        ThriftError::NegativeCount {
            offset: 7,
            count: -1,
            length: 7
        }
        .to_string(),
        "offset 7, count -1, length 7"
    );
}

#[test]
fn a_struct_without_fields_is_a_legacy_record_and_what_follows_it_is_ignored() {
    assert_eq!(read(&[0]), Ok(Record::default()));
    assert_eq!(read(&[0; 20]), Ok(Record::default()));
}

#[test]
fn headers_declared_as_something_else_are_skipped_first_and_then_read_as_strings() {
    // two 16-bit numbers, which are also the length of one string that has no bytes
    let bytes = [
        15, 1, 0x5e, 6, 0, 0, 0, 2, 0, 0, 0, 0, 11, 1, 0x40, 0, 0, 0, 1, b'p', 0,
    ];
    let first = read(&bytes).unwrap();
    assert!(first.odd_headers && first.current.headers.is_empty());
    assert_eq!(first.current.path, Some(&b"p"[..]));
    assert_eq!(
        reread(&bytes, Struct::Legacy).unwrap().current.path,
        Some(&b"p"[..])
    );
    assert!(reread(&bytes, Struct::Current).is_err());
}

#[test]
fn nesting_is_skipped_without_recursion_up_to_a_limit() {
    let nested = |depth: usize| {
        let mut bytes = vec![15, 0, 99];
        (0..depth).for_each(|_| bytes.extend([15, 0, 0, 0, 1]));
        bytes.extend([3, 0, 0, 0, 0, 0]);
        bytes
    };
    assert!(read(&nested(MAX_DEPTH - 1)).is_ok());
    assert_eq!(read(&nested(100_000)), Err(ThriftError::TooDeep));
}

#[test]
fn broken_utf8_is_repaired_as_on_the_jvm() {
    for (bytes, expected) in [
        (&b"a\xff\xe2\x82b"[..], "a\u{fffd}\u{fffd}b"),
        (b"\xed\xa0\x80x", "\u{fffd}x"),
        (b"\xed\xa0x", "\u{fffd}x"),
        (b"\xed\xa0", "\u{fffd}"),
        (b"\xed", "\u{fffd}"),
        (b"\xed\x41", "\u{fffd}A"),
        (b"\xf0\x9f\x98", "\u{fffd}"),
        (b"\xc0\x80", "\u{fffd}\u{fffd}"),
    ] {
        assert_eq!(text(bytes), expected, "{bytes:x?}");
    }
}
