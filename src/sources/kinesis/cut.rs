//! Records of an answer become chunks: packed ones are taken apart, those that are done are left out.

use aws_sdk_kinesis::types::{ChildShard, Record};
use leases::{HashRange, Position, SequenceNumber, Shard};

use super::book::Place;
use super::feed::{Chunk, Item};
use crate::sources::kpl;

/// A chunk ends when it has so many bytes …
const CHUNK_BYTES: usize = 256 * 1024;
/// … or so many records.
const CHUNK_RECORDS: usize = 500;

/// Cuts what comes of one shard, answer by answer.
pub(super) struct Cutter {
    /// What was done in an earlier tenure; nothing any more when records behind it came.
    done: Option<(SequenceNumber, u64)>,
    range: Option<HashRange>,
    /// Packed records that were dropped whole.
    foreign: u64,
}

impl Cutter {
    /// Behind a position; packed records that are not of the range are dropped.
    pub(super) fn new(position: &Position, range: Option<HashRange>) -> Cutter {
        let done = match position {
            Position::Sequence { number, sub } => Some((number.clone(), *sub)),
            _ => None,
        };
        Cutter {
            done,
            range,
            foreign: 0,
        }
    }

    /// The records of an answer, in order.
    ///
    /// # Errors
    /// A sequence number that is none.
    pub(super) fn cut(&mut self, records: &[Record]) -> Result<Vec<Item>, String> {
        let mut items = Vec::new();
        let mut open = Chunk::default();
        let mut last: Option<(&str, u64)> = None;
        for record in records {
            let number = record.sequence_number();
            let data = record.data().as_ref();
            let skip = self.done_of(number)?;
            if skip == Skip::Record {
                continue;
            }
            let packed = kpl::unpack(data);
            let is_foreign = |range: &HashRange, records: &[kpl::UserRecord<'_>]| {
                !kpl::all_within(records, range.start, range.end)
            };
            if let (Some(records), Some(range)) = (&packed, &self.range)
                && is_foreign(range, records)
            {
                self.foreign += 1;
                if self.foreign == 1 {
                    tracing::warn!(
                        number,
                        "a packed record has records of other shards and is left out, as KCL does"
                    );
                }
                last = Some((number, (records.len() as u64).saturating_sub(1)));
                continue;
            }
            let plain = [kpl::UserRecord { data, hash: 0 }];
            let records = packed.as_deref().unwrap_or(&plain);
            if records.is_empty() {
                last = Some((number, 0));
            }
            for (sub, user) in (0u64..).zip(records) {
                if matches!(skip, Skip::UpTo(done) if sub <= done) {
                    continue;
                }
                let full = open.ends.len() >= CHUNK_RECORDS
                    || (!open.ends.is_empty() && open.bytes.len() + user.data.len() > CHUNK_BYTES);
                if let Some(place) = last.filter(|_| full) {
                    items.push(Item::Records(std::mem::take(&mut open), position(place)?));
                }
                open.bytes.extend_from_slice(user.data);
                open.ends.push(open.bytes.len());
                last = Some((number, sub));
            }
        }
        // without records in it when all that came was left out: the position moves on all the same
        if let Some(place) = last {
            let position = position(place)?;
            let known = matches!(items.last(), Some(Item::Records(_, at)) if *at == position);
            if !known {
                items.push(Item::Records(open, position));
            }
        }
        Ok(items)
    }

    fn done_of(&mut self, number: &str) -> Result<Skip, String> {
        let Some((done, sub)) = &self.done else {
            return Ok(Skip::Nothing);
        };
        let number = sequence(number)?;
        Ok(match number.cmp(done) {
            std::cmp::Ordering::Less => Skip::Record,
            std::cmp::Ordering::Equal => Skip::UpTo(*sub),
            std::cmp::Ordering::Greater => {
                self.done = None;
                Skip::Nothing
            }
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Skip {
    Nothing,
    Record,
    /// The packed records up to this one.
    UpTo(u64),
}

fn sequence(number: &str) -> Result<SequenceNumber, String> {
    SequenceNumber::new(number).ok_or_else(|| format!("{number:?} is no sequence number"))
}

fn position((number, sub): (&str, u64)) -> Result<Place, String> {
    Ok((sequence(number)?, sub))
}

/// The shards that came of a closed one, as its last answer tells of them.
pub(super) fn children(children: &[ChildShard]) -> Vec<Shard> {
    let child = |child: &ChildShard| {
        let range = child.hash_key_range();
        Shard {
            id: child.shard_id().into(),
            parents: child
                .parent_shards()
                .iter()
                .map(|id| id.as_str().into())
                .collect(),
            hash_range: range.and_then(|range| {
                HashRange::parse(range.starting_hash_key(), range.ending_hash_key())
            }),
            starting_sequence: None,
            is_open: true,
        }
    };
    children.iter().map(child).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_kinesis::primitives::Blob;
    use md5::{Digest, Md5};

    use super::*;

    fn record(number: &str, data: &[u8]) -> Record {
        Record::builder()
            .sequence_number(number)
            .data(Blob::new(data))
            .partition_key("k")
            .build()
            .unwrap()
    }

    /// Records of one key, packed.
    fn packed(data: &[&[u8]]) -> Vec<u8> {
        let mut message = vec![0x0a, 1, b'k'];
        for data in data {
            message.extend_from_slice(&[
                0x1a,
                data.len() as u8 + 4,
                0x08,
                0,
                0x1a,
                data.len() as u8,
            ]);
            message.extend_from_slice(data);
        }
        let mut record = vec![0xf3, 0x89, 0x9a, 0xc2];
        record.extend_from_slice(&message);
        record.extend_from_slice(&Md5::digest(&message));
        record
    }

    fn cut(
        position: Position,
        range: Option<HashRange>,
        records: &[Record],
    ) -> Vec<(Vec<String>, String)> {
        let items = Cutter::new(&position, range).cut(records).unwrap();
        let texts = |chunk: &Chunk| {
            let mut start = 0;
            let text = |end: &usize| {
                let text = String::from_utf8_lossy(&chunk.bytes[start..*end]).into_owned();
                start = *end;
                text
            };
            chunk.ends.iter().map(text).collect()
        };
        items
            .iter()
            .map(|item| match item {
                Item::Records(chunk, (number, sub)) => (
                    texts(chunk),
                    match sub {
                        0 => number.to_string(),
                        sub => format!("{number}/{sub}"),
                    },
                ),
                Item::End(_) => panic!(),
            })
            .collect()
    }

    fn at(number: &str, sub: u64) -> Position {
        Position::parse(number, sub).unwrap()
    }

    fn owned(texts: &[&str], position: &str) -> (Vec<String>, String) {
        (
            texts.iter().map(|text| (*text).to_owned()).collect(),
            position.to_owned(),
        )
    }

    #[test]
    fn packed_records_are_taken_apart_and_the_last_is_the_position() {
        let records = [
            record("9", b"x"),
            record("10", &packed(&[b"a", b"b", b"c"])),
        ];
        assert_eq!(
            cut(Position::TrimHorizon, None, &records),
            [owned(&["x", "a", "b", "c"], "10/2")]
        );
    }

    #[test]
    fn what_is_done_is_left_out_also_inside_a_packed_record() {
        let records = [
            record("9", b"x"),
            record("10", &packed(&[b"a", b"b", b"c"])),
            record("11", b"y"),
        ];
        assert_eq!(cut(at("10", 1), None, &records), [owned(&["c", "y"], "11")]);
        assert_eq!(cut(at("10", 2), None, &records), [owned(&["y"], "11")]);
        assert_eq!(
            cut(at("9", 0), None, &records),
            [owned(&["a", "b", "c", "y"], "11")]
        );
        assert_eq!(cut(at("11", 0), None, &records), []);
        assert_eq!(cut(at("100", 0), None, &records), []);
    }

    #[test]
    fn a_packed_record_of_other_shards_is_left_out_whole_and_the_position_moves_on() {
        // MD5 of the letter k begins with 0x8c
        let low = HashRange {
            start: 0,
            end: u128::MAX / 2,
        };
        let high = HashRange {
            start: u128::MAX / 2 + 1,
            end: u128::MAX,
        };
        let records = [record("5", &packed(&[b"a", b"b"]))];
        assert_eq!(
            cut(Position::TrimHorizon, Some(low), &records),
            [owned(&[], "5/1")]
        );
        assert_eq!(
            cut(Position::TrimHorizon, Some(high), &records),
            [owned(&["a", "b"], "5/1")]
        );
    }

    #[test]
    fn long_answers_become_several_chunks_without_gaps() {
        let records: Vec<Record> = (1..=1200)
            .map(|n: u32| record(&n.to_string(), n.to_string().as_bytes()))
            .collect();
        let chunks = cut(Position::Latest, None, &records);
        assert_eq!(
            chunks
                .iter()
                .map(|(texts, at)| (texts.len(), at.as_str()))
                .collect::<Vec<_>>(),
            [(500, "500"), (500, "1000"), (200, "1200")]
        );
        let all: Vec<String> = chunks.into_iter().flat_map(|(texts, _)| texts).collect();
        assert_eq!(all, (1..=1200).map(|n| n.to_string()).collect::<Vec<_>>());
        let large: Vec<Record> = (1..=3)
            .map(|n: u32| record(&n.to_string(), &[b'x'; 200_000]))
            .collect();
        assert_eq!(cut(Position::Latest, None, &large).len(), 3);
    }

    #[test]
    fn a_number_that_is_none_is_refused() {
        let mut cutter = Cutter::new(&Position::TrimHorizon, None);
        assert!(cutter.cut(&[record("x", b"a")]).is_err());
    }
}
