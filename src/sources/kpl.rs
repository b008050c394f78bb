//! Records that the Kinesis Producer Library packed into one: four magic bytes, a protobuf message, the
//! MD5 of the message.
//!
//! Whatever does not hold together is no such record; it is then handed on as it is.

use md5::{Digest, Md5};

const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];
const DIGEST_BYTES: usize = 16;

/// One of the records that were packed. Its place among them, from 0, is its sub-sequence number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord<'r> {
    /// What the producer put.
    pub data: &'r [u8],
    /// Where it belongs among all shards: its explicit hash key, or the MD5 of its partition key.
    pub hash: u128,
}

/// The records in a record, or `None` when it is a plain one.
pub fn unpack(record: &[u8]) -> Option<Vec<UserRecord<'_>>> {
    let packed = record.strip_prefix(&MAGIC)?;
    let (message, digest) = packed.split_at_checked(packed.len().checked_sub(DIGEST_BYTES)?)?;
    if message.is_empty() || Md5::digest(message).as_slice() != digest {
        return None;
    }
    records(message)
}

/// Whether a record in base64 may be a packed one, by how it begins.
pub fn may_be_packed(base64: &str) -> bool {
    // the first three of the magic bytes
    base64.starts_with("84ma")
}

/// Whether all records of a packed one belong to a shard with that range of hashes. When one does not,
/// the consumer library of AWS drops all: after a split the producer has put them again, each into its
/// own shard.
pub fn all_within(records: &[UserRecord<'_>], first: u128, last: u128) -> bool {
    records
        .iter()
        .all(|record| (first..=last).contains(&record.hash))
}

#[derive(Default)]
struct Packed<'r> {
    key: Option<u64>,
    explicit: Option<u64>,
    data: Option<&'r [u8]>,
}

fn records(message: &[u8]) -> Option<Vec<UserRecord<'_>>> {
    let (mut keys, mut explicit, mut packed) = (Vec::new(), Vec::new(), Vec::new());
    let mut reader = Reader(message);
    while let Some(field) = reader.field()? {
        match field {
            (1, Value::Bytes(key)) => keys.push(key),
            (2, Value::Bytes(hash)) => explicit.push(hash),
            (3, Value::Bytes(record)) => packed.push(read_record(record)?),
            // fields that a later version may add
            (4.., _) => {}
            _ => return None,
        }
    }
    // a key may stand for many records
    let mut of_keys: Vec<Option<u128>> = vec![None; keys.len()];
    let mut all = Vec::with_capacity(packed.len());
    for record in packed {
        let key = usize::try_from(record.key?).ok()?;
        let text = keys.get(key)?;
        let hash = match record.explicit {
            Some(index) => decimal(explicit.get(usize::try_from(index).ok()?)?)?,
            None => {
                let known = of_keys.get_mut(key)?;
                *known.get_or_insert_with(|| u128::from_be_bytes(Md5::digest(text).into()))
            }
        };
        all.push(UserRecord {
            data: record.data?,
            hash,
        });
    }
    Some(all)
}

fn read_record(message: &[u8]) -> Option<Packed<'_>> {
    let mut record = Packed::default();
    let mut reader = Reader(message);
    while let Some(field) = reader.field()? {
        match field {
            (1, Value::Number(index)) => record.key = Some(index),
            (2, Value::Number(index)) => record.explicit = Some(index),
            (3, Value::Bytes(data)) => record.data = Some(data),
            (4, Value::Bytes(tag)) => check_tag(tag)?,
            (5.., _) => {}
            _ => return None,
        }
    }
    Some(record)
}

/// A tag is not used, but one without its key means that this is no packed record.
fn check_tag(message: &[u8]) -> Option<()> {
    let mut has_key = false;
    let mut reader = Reader(message);
    while let Some(field) = reader.field()? {
        has_key |= matches!(field, (1, Value::Bytes(_)));
    }
    has_key.then_some(())
}

fn decimal(text: &[u8]) -> Option<u128> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

enum Value<'r> {
    Number(u64),
    Bytes(&'r [u8]),
    /// Of a kind that no field here has.
    Other,
}

/// Reads the fields of a protobuf message one by one.
struct Reader<'r>(&'r [u8]);

impl<'r> Reader<'r> {
    /// The next field and its number; `Some(None)` at the end, `None` when the bytes are no message.
    fn field(&mut self) -> Option<Option<(u64, Value<'r>)>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let tag = self.varint()?;
        let number = tag >> 3;
        if number == 0 || number > 0x1fff_ffff {
            return None;
        }
        let value = match tag & 7 {
            0 => Value::Number(self.varint()?),
            1 => self.take(8).map(|_| Value::Other)?,
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Other)?,
            // groups are not used by any producer
            _ => return None,
        };
        Some(Some((number, value)))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            // bits beyond the 64th are cut off, as the Java reader does
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, bytes: usize) -> Option<&'r [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field(out: &mut Vec<u8>, number: u8, value: &[u8]) {
        out.push(number << 3 | 2);
        varint(out, value.len() as u64);
        out.extend_from_slice(value);
    }

    fn varint(out: &mut Vec<u8>, mut value: u64) {
        while value >= 0x80 {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    }

    struct Put<'p> {
        key: u64,
        explicit: Option<u64>,
        data: &'p [u8],
    }

    fn pack(keys: &[&str], explicit: &[&str], puts: &[Put<'_>]) -> Vec<u8> {
        let mut message = Vec::new();
        keys.iter()
            .for_each(|key| field(&mut message, 1, key.as_bytes()));
        explicit
            .iter()
            .for_each(|hash| field(&mut message, 2, hash.as_bytes()));
        for put in puts {
            let mut record = vec![1 << 3];
            varint(&mut record, put.key);
            if let Some(index) = put.explicit {
                record.push(2 << 3);
                varint(&mut record, index);
            }
            field(&mut record, 3, put.data);
            field(&mut message, 3, &record);
        }
        seal(&message)
    }

    fn seal(message: &[u8]) -> Vec<u8> {
        let mut record = MAGIC.to_vec();
        record.extend_from_slice(message);
        record.extend_from_slice(&Md5::digest(message));
        record
    }

    fn put(key: u64, explicit: Option<u64>, data: &[u8]) -> Put<'_> {
        Put {
            key,
            explicit,
            data,
        }
    }

    #[test]
    fn packed_records_come_out_in_order_with_their_hashes() {
        let packed = pack(
            &["a", "b"],
            &["340282366920938463463374607431768211455", "7"],
            &[
                put(0, None, b"one"),
                put(1, Some(1), b""),
                put(1, Some(0), &[b'x'; 300]),
            ],
        );
        let records = unpack(&packed).unwrap();
        // MD5 of the letter a
        let of_a = 0x0cc1_75b9_c0f1_b6a8_31c3_99e2_6977_2661;
        assert_eq!(
            records
                .iter()
                .map(|record| (record.data.len(), record.hash))
                .collect::<Vec<_>>(),
            [(3, of_a), (0, 7), (300, u128::MAX)]
        );
        assert!(all_within(&records, 0, u128::MAX));
        assert!(!all_within(&records, 0, u128::MAX - 1));
        assert!(!all_within(&records, 8, u128::MAX));
        assert!(all_within(&[], 5, 5));
    }

    #[test]
    fn what_does_not_hold_together_is_a_plain_record() {
        let good = pack(&["a"], &[], &[put(0, None, b"data")]);
        assert!(unpack(&good).is_some());
        let mut other_magic = good.clone();
        other_magic[0] ^= 1;
        let mut other_digest = good.clone();
        *other_digest.last_mut().unwrap() ^= 1;
        let mut other_data = good.clone();
        other_data[9] ^= 1;
        let plain: [&[u8]; 12] = [
            b"",
            &MAGIC,
            b"plain",
            &seal(b""),
            &other_magic,
            &other_digest,
            &other_data,
            &good[..good.len() - 1],
            // a key that is not in the table, a hash that is not there, a hash that is no number
            &pack(&["a"], &[], &[put(1, None, b"x")]),
            &pack(&["a"], &["1"], &[put(0, Some(1), b"x")]),
            &pack(&["a"], &["1x"], &[put(0, Some(0), b"x")]),
            // a field that claims more than there is
            &seal(&[3 << 3 | 2, 100, 1]),
        ];
        for record in plain {
            assert_eq!(unpack(record), None, "{record:?}");
        }
        // required fields that are missing
        let mut message = Vec::new();
        field(&mut message, 1, b"a");
        field(&mut message, 3, &[1 << 3, 0]);
        assert_eq!(unpack(&seal(&message)), None);
        // a tag without its key
        let mut record = vec![1 << 3, 0];
        field(&mut record, 3, b"x");
        field(&mut record, 4, &[]);
        let mut message = Vec::new();
        field(&mut message, 1, b"a");
        field(&mut message, 3, &record);
        assert_eq!(unpack(&seal(&message)), None);
    }

    #[test]
    fn unknown_fields_are_passed_over_and_a_table_without_records_is_none() {
        let mut message = Vec::new();
        field(&mut message, 1, b"a");
        message.extend_from_slice(&[9 << 3 | 1, 0, 0, 0, 0, 0, 0, 0, 0, 10 << 3 | 5, 0, 0, 0, 0]);
        assert_eq!(unpack(&seal(&message)), Some(Vec::new()));
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_out(data in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..40)) {
            let puts: Vec<_> = data.iter().map(|data| put(0, None, data)).collect();
            let packed = pack(&["key"], &[], &puts);
            let records = unpack(&packed).unwrap();
            prop_assert_eq!(records.iter().map(|record| record.data.to_vec()).collect::<Vec<_>>(), data);
        }

        #[test]
        fn any_message_is_read_or_refused(message in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = unpack(&seal(&message));
        }
    }
}
