//! A hash over the parameters of an event, by which doublets are told.
//!
//! Behaviour: the event fingerprint enrichment of Enrich 3.9.0.

use jvm::text::cmp_utf16;
use md5::Md5;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::settings::{text, texts, wrong};
use super::{BuildError, Enrichment, Spec, Step, Work};
use crate::event::{Event, fields};

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow",
    name: "event_fingerprint_config",
    version: (1, 0),
    build: |_, data, _| Ok(Box::new(EventFingerprint::new(data)?)),
};

/// Stands after each name and each value.
const SEPARATOR: u8 = 0x1f;

struct EventFingerprint {
    hash: fn(&[u8]) -> String,
    /// Names that do not count, each with its head.
    excluded: Vec<(u64, String)>,
}

impl EventFingerprint {
    fn new(data: &Value) -> Result<EventFingerprint, BuildError> {
        let path = "parameters.hashAlgorithm";
        let hash = match text(data, path)? {
            "MD5" => hex_hash::<Md5>,
            "SHA1" => hex_hash::<Sha1>,
            "SHA256" => hex_hash::<Sha256>,
            "SHA384" => hex_hash::<Sha384>,
            "SHA512" => hex_hash::<Sha512>,
            other => {
                let problem = format!("must be MD5, SHA1, SHA256, SHA384 or SHA512, not {other}");
                return Err(wrong(path, problem));
            }
        };
        Ok(EventFingerprint {
            hash,
            excluded: texts(data, "parameters.excludeParameters")?
                .into_iter()
                .map(|name| (head(&name), name))
                .collect(),
        })
    }

    /// The parameter, if it has a value and counts.
    fn counted<'e>(&self, name: &'e str, value: Option<&'e str>) -> Option<Pair<'e>> {
        let pair = Pair::new(name, value?);
        // numbers are compared without a call, and tell most names apart
        let is = |(head, name): &(u64, String)| *head == pair.head && name == pair.name;
        (!self.excluded.iter().any(is)).then_some(pair)
    }
}

/// The hash of `bytes` in lower-case hexadecimal.
fn hex_hash<D: Digest>(bytes: &[u8]) -> String {
    jvm::hex::lower(&D::digest(bytes))
}

/// Sorts by name as Java does: by UTF-16 units.
fn sort(pairs: &mut [Pair<'_>]) {
    if pairs.iter().all(|pair| pair.name.is_ascii()) {
        // the names of the protocol have eight bytes at most, so one number tells their order
        pairs.sort_unstable_by(|a, b| a.head.cmp(&b.head).then_with(|| a.name.cmp(b.name)));
    } else {
        pairs.sort_unstable_by(|a, b| cmp_utf16(a.name, b.name));
    }
}

/// A parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pair<'e> {
    head: u64,
    name: &'e str,
    value: &'e str,
}

impl<'e> Pair<'e> {
    fn new(name: &'e str, value: &'e str) -> Pair<'e> {
        Pair {
            head: head(name),
            name,
            value,
        }
    }
}

/// The first eight bytes as a number that orders as they do.
#[inline]
fn head(name: &str) -> u64 {
    let bytes = name.as_bytes();
    // shorter names by two parts that may overlap
    match (bytes.first_chunk::<8>(), bytes.first_chunk::<4>()) {
        (Some(eight), _) => u64::from_be_bytes(*eight),
        (None, Some(four)) => {
            let last = bytes
                .last_chunk::<4>()
                .map_or(0, |last| u32::from_be_bytes(*last));
            u64::from(u32::from_be_bytes(*four)) << 32 | u64::from(last) << (8 * (8 - bytes.len()))
        }
        (None, None) => {
            let at = |n: usize| u64::from(bytes.get(n).copied().unwrap_or(0));
            at(0) << 56 | at(1) << 48 | at(2) << 40
        }
    }
}

impl Enrichment for EventFingerprint {
    fn apply(&self, event: &mut Event, work: &mut Work<'_>) -> Step {
        let parameters = &work.raw.parameters;
        let mut pairs: Vec<Pair<'_>> = Vec::with_capacity(parameters.len());
        if let Some(by_name) = parameters.iter_by_name() {
            pairs.extend(by_name.filter_map(|(name, value)| self.counted(name, value.as_deref())));
        } else {
            let any = parameters.iter();
            pairs.extend(any.filter_map(|(name, value)| self.counted(name, value.as_deref())));
            sort(&mut pairs);
        }
        let length = pairs
            .iter()
            .map(|pair| pair.name.len() + pair.value.len() + 2);
        let mut bytes = Vec::with_capacity(length.sum());
        for text in pairs.iter().flat_map(|pair| [pair.name, pair.value]) {
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(SEPARATOR);
        }
        event.set_text(fields::EVENT_FINGERPRINT, Some((self.hash)(&bytes)));
        Step::Done
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Fixture, run_with};
    use super::*;
    use serde_json::json;

    fn fingerprint(algorithm: &str, parameters: &[(&'static str, Option<&'static str>)]) -> String {
        let data = json!({"parameters": {"hashAlgorithm": algorithm, "excludeParameters": ["stm", "eid"]}});
        let step = EventFingerprint::new(&data).unwrap();
        let fixture = Fixture::with_parameters(parameters);
        let mut event = Event::default();
        let outcome = run_with(&step, &mut event, &fixture, |_| {});
        assert!(matches!(outcome, Step::Done));
        event.text(fields::EVENT_FINGERPRINT).unwrap().to_owned()
    }

    #[test]
    fn names_are_sorted_and_each_part_ends_with_a_separator() {
        let expected = hex_hash::<Md5>("e\u{1f}pv\u{1f}p\u{1f}web\u{1f}url\u{1f}\u{1f}".as_bytes());
        let made = fingerprint(
            "MD5",
            &[
                ("url", Some("")),
                ("p", Some("web")),
                ("e", Some("pv")),
                ("aid", None),
            ],
        );
        assert_eq!(made, expected);
    }

    #[test]
    fn names_are_ordered_by_utf16_units_whatever_their_length() {
        let mut pairs: Vec<Pair<'_>> = [
            "",
            "se_category",
            "se_ca",
            "se_catego",
            "u",
            "ue_px",
            "se_categ",
            "ab",
            "abc",
            "abcd",
            "abcde",
            "abcdef",
            "abd",
            "b",
            "\u{1}",
            "\0",
        ]
        .into_iter()
        .map(|name| Pair::new(name, ""))
        .collect();
        let mut expected = pairs.clone();
        expected.sort_unstable_by(|a, b| cmp_utf16(a.name, b.name));
        sort(&mut pairs);
        assert_eq!(pairs, expected);
        let mut pairs = ["\u{ffee}", "😀", "a"].map(|name| Pair::new(name, ""));
        sort(&mut pairs);
        assert_eq!(pairs.map(|pair| pair.name), ["a", "😀", "\u{ffee}"]);
    }

    #[test]
    fn excluded_parameters_do_not_count() {
        let with = fingerprint(
            "SHA1",
            &[("e", Some("pv")), ("stm", Some("1")), ("eid", Some("x"))],
        );
        assert_eq!(with, fingerprint("SHA1", &[("e", Some("pv"))]));
    }

    #[test]
    fn each_algorithm_gives_its_own_length() {
        for (algorithm, length) in [
            ("MD5", 32),
            ("SHA1", 40),
            ("SHA256", 64),
            ("SHA384", 96),
            ("SHA512", 128),
        ] {
            assert_eq!(fingerprint(algorithm, &[("e", Some("pv"))]).len(), length);
        }
    }

    #[test]
    fn hashes_are_lower_case_hexadecimal() {
        assert_eq!(hex_hash::<Md5>(b""), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(
            hex_hash::<Sha1>(b"abc"),
            "a9993e364706816aba3e25717850c26c9cd0d89d"
        );
    }

    #[test]
    fn an_unknown_algorithm_is_refused() {
        let data = json!({"parameters": {"hashAlgorithm": "CRC", "excludeParameters": []}});
        assert_eq!(
            EventFingerprint::new(&data).err().unwrap().to_string(),
            "field `parameters.hashAlgorithm`: must be MD5, SHA1, SHA256, SHA384 or SHA512, not CRC"
        );
    }
}
