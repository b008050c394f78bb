//! Records of an answer become chunks: packed ones are taken apart, those that are done are left out.

use leases::{HashRange, Position, SequenceNumber, Shard};

use super::book::Place;
use super::feed::{Chunk, Item};
use crate::cloud::kinesis::get::{Child, Data, NotBase64, Record};
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
    /// A sequence number that is none, or data that is no base64.
    pub(super) fn cut<'r>(
        &mut self,
        records: impl Iterator<Item = Record<'r>> + Clone,
    ) -> Result<Vec<Item>, String> {
        let mut items = Vec::new();
        let mut left: usize = records.clone().map(|record| record.data.len()).sum();
        let mut open = Chunk::default();
        let mut last: Option<(&str, u64)> = None;
        let mut scratch = Vec::new();
        for Record { number, data } in records {
            let skip = self.done_of(number)?;
            let bytes = data.len();
            left = left.saturating_sub(bytes);
            if skip == Skip::Record {
                continue;
            }
            let bad = |error: NotBase64| format!("record {number}: {error}");
            let packed = match data {
                Data::Plain(data) => kpl::unpack(data),
                Data::Base64(text) if kpl::may_be_packed(text) => {
                    scratch.clear();
                    data.append_to(&mut scratch).map_err(bad)?;
                    kpl::unpack(&scratch)
                }
                Data::Base64(_) => None,
            };
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
            let mut put = |sub, data: Data<'_>, last: &mut Option<(&'r str, u64)>| {
                if matches!(skip, Skip::UpTo(done) if sub <= done) {
                    return Ok(());
                }
                let full = open.ends.len() >= CHUNK_RECORDS
                    || (!open.ends.is_empty() && open.bytes.len() + data.len() > CHUNK_BYTES);
                if let Some(place) = last.filter(|_| full) {
                    items.push(Item::Records(std::mem::take(&mut open), position(place)?));
                }
                if open.ends.is_empty() {
                    // room for all that may come into it, so that it does not grow
                    let more = (left + bytes).min(CHUNK_BYTES.max(data.len()));
                    open.bytes.reserve(more);
                }
                data.append_to(&mut open.bytes).map_err(bad)?;
                open.ends.push(open.bytes.len());
                *last = Some((number, sub));
                Ok::<(), String>(())
            };
            let Some(records) = packed else {
                put(0, data, &mut last)?;
                continue;
            };
            if records.is_empty() {
                last = Some((number, 0));
            }
            for (sub, user) in (0u64..).zip(&records) {
                put(sub, Data::Plain(user.data), &mut last)?;
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
pub(super) fn children<'a>(children: impl Iterator<Item = Child<'a>>) -> Vec<Shard> {
    let child = |child: Child<'_>| Shard {
        id: child.id.into(),
        parents: child.parents.into_iter().map(Into::into).collect(),
        hash_range: child
            .hashes
            .and_then(|(first, last)| HashRange::parse(first, last)),
        starting_sequence: None,
        is_open: true,
    };
    children.map(child).collect()
}

#[cfg(test)]
mod tests {
    use md5::{Digest, Md5};

    use super::*;

    type Owned = (String, Vec<u8>);

    fn record(number: &str, data: &[u8]) -> Owned {
        (number.to_owned(), data.to_vec())
    }

    /// Cuts records as they are, and as they come in base64: it must be the same.
    fn both(cutter: impl Fn() -> Cutter, records: &[Owned]) -> Result<Vec<Item>, String> {
        let plain = records.iter().map(|(number, data)| Record {
            number,
            data: Data::Plain(data),
        });
        let texts: Vec<String> = records
            .iter()
            .map(|(_, data)| jvm::base64::encode_standard(data))
            .collect();
        let encoded = records
            .iter()
            .zip(&texts)
            .map(|((number, _), text)| Record {
                number,
                data: Data::Base64(text),
            });
        let items = cutter().cut(plain);
        assert_eq!(format!("{items:?}"), format!("{:?}", cutter().cut(encoded)));
        items
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
        records: &[Owned],
    ) -> Vec<(Vec<String>, String)> {
        let items = both(|| Cutter::new(&position, range), records).unwrap();
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
        let records: Vec<Owned> = (1..=1200)
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
        let large: Vec<Owned> = (1..=3)
            .map(|n: u32| record(&n.to_string(), &[b'x'; 200_000]))
            .collect();
        assert_eq!(cut(Position::Latest, None, &large).len(), 3);
    }

    #[test]
    fn a_number_that_is_none_is_refused() {
        let cutter = || Cutter::new(&Position::TrimHorizon, None);
        assert!(both(cutter, &[record("x", b"a")]).is_err());
    }

    #[test]
    fn data_that_is_no_base64_is_refused() {
        for text in ["YQ", "YQ=", "Y Q=", "Y-8=", "YQ==YQ=="] {
            let record = Record {
                number: "1",
                data: Data::Base64(text),
            };
            let mut cutter = Cutter::new(&Position::TrimHorizon, None);
            assert!(cutter.cut([record].into_iter()).is_err(), "{text}");
        }
    }
}
