//! Schemas that most properties have, a type and perhaps bounds, told to pass by one look at the value.

use lexon::{Kind, Value};

use super::node::{Keyword, Kinds, Limit, Node};

/// What a value has to be to pass without a closer look; what it is not, the keywords decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quick {
    kinds: Kinds,
    /// Bytes of a string that is neither too short nor too long, whatever its characters.
    shortest: usize,
    longest: usize,
    /// Bounds of whole numbers.
    least: i64,
    most: i64,
}

impl Quick {
    /// Of a schema that says nothing but types and bounds.
    pub(super) fn of(node: &Node) -> Option<Quick> {
        if node.broken.is_some() || !node.regexes.is_empty() || node.object.is_some() {
            return None;
        }
        let mut quick = Quick {
            kinds: node.kinds,
            shortest: 0,
            longest: usize::MAX,
            least: i64::MIN,
            most: i64::MAX,
        };
        for keyword in &node.keywords {
            match keyword {
                Keyword::Type { .. } => {}
                Keyword::Union { kinds, nodes, .. } if nodes.is_empty() => {
                    quick.kinds = quick.kinds.and(*kinds);
                }
                // a character takes one to four bytes
                Keyword::MaxLength(n) => {
                    quick.longest = quick.longest.min(usize::try_from(*n).ok()?);
                }
                Keyword::MinLength(n) => {
                    let characters = usize::try_from(*n).unwrap_or(0);
                    let bytes = characters.saturating_sub(1) * 4 + usize::from(characters > 0);
                    quick.shortest = quick.shortest.max(bytes);
                }
                Keyword::Minimum(limit) => quick.least = quick.least.max(whole(limit, 1)?),
                Keyword::Maximum(limit) => quick.most = quick.most.min(whole(limit, -1)?),
                _ => return None,
            }
        }
        Some(quick)
    }

    /// Whether a value surely passes.
    #[inline]
    pub(super) fn passes(&self, value: Value<'_>) -> bool {
        let kind = match value.kind() {
            Kind::String => {
                let length = value.str_len().unwrap_or(0);
                if length < self.shortest || length > self.longest {
                    return false;
                }
                Kinds::STRING
            }
            Kind::Number => match value.number_text().and_then(plain) {
                Some(number) if number >= self.least && number <= self.most => Kinds::INTEGER,
                _ => return false,
            },
            Kind::Null => Kinds::NULL,
            Kind::Bool => Kinds::BOOLEAN,
            Kind::Array => Kinds::ARRAY,
            Kind::Object => Kinds::OBJECT,
        };
        self.kinds.has(kind)
    }
}

/// The first whole number within a limit; `inwards` is the way from the limit to what it lets pass.
fn whole(limit: &Limit, inwards: i64) -> Option<i64> {
    let number = limit.whole?;
    match limit.exclusive {
        true => number.checked_add(inwards),
        false => Some(number),
    }
}

/// The value of digits that are no more than 64 bits hold; nothing for every other way to write a number.
#[inline]
fn plain(text: &str) -> Option<i64> {
    if text.len() > 18 {
        return None;
    }
    text.bytes().try_fold(0, |sum: i64, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit < 10).then(|| sum * 10 + i64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::super::CompiledSchema;
    use super::*;
    use lexon::Doc;
    use proptest::prelude::*;

    #[test]
    fn plain_numbers_are_digits_only() {
        assert_eq!(plain("0"), Some(0));
        assert_eq!(plain("999999999999999999"), Some(999_999_999_999_999_999));
        for other in ["-1", "-0", "1.0", "1e2", "1000000000000000000"] {
            assert_eq!(plain(other), None, "{other}");
        }
    }

    fn schema() -> impl Strategy<Value = String> {
        let kinds = prop::sample::select(vec![
            "\"string\"",
            "\"integer\"",
            "\"number\"",
            "[\"string\",\"null\"]",
            "[\"integer\",\"boolean\"]",
            "[\"number\",\"array\"]",
        ]);
        let bound = prop::sample::select(vec![
            "",
            "0",
            "1",
            "2",
            "3",
            "-1",
            "1.5",
            "10",
            "9223372036854775807",
        ]);
        (
            kinds,
            prop::array::uniform4(bound),
            any::<bool>(),
            any::<bool>(),
        )
            .prop_map(|(kinds, bounds, below, above)| {
                let mut text = format!("{{\"type\":{kinds}");
                let names = ["minLength", "maxLength", "minimum", "maximum"];
                for (name, bound) in names.into_iter().zip(bounds) {
                    if !bound.is_empty() {
                        text += &format!(",\"{name}\":{bound}");
                    }
                }
                if below {
                    text += ",\"exclusiveMinimum\":true";
                }
                if above {
                    text += ",\"exclusiveMaximum\":true";
                }
                text + "}"
            })
    }

    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            "(-?[0-3]{1,2})|10|11|1\\.5|1e1|-0|9223372036854775807|9223372036854775806"
                .prop_filter("a number", |text| Doc::parse(text).is_ok()),
            "[aé😀]{0,4}".prop_map(|text| format!("\"{text}\"")),
            prop::sample::select(vec!["null", "true", "[]", "{}"]).prop_map(str::to_owned),
        ]
    }

    proptest! {
        /// The verdict on a property, which is looked at quickly, is that on the value alone, which is not.
        #[test]
        fn a_quick_look_changes_no_verdict(inner in schema(), value in value()) {
            let outer = format!("{{\"type\":\"object\",\"properties\":{{\"x\":{inner}}}}}");
            let compiled = |text: &str| CompiledSchema::compile(&Doc::parse(text).unwrap());
            let (Ok(outer), Ok(inner)) = (compiled(&outer), compiled(&inner)) else {
                return Ok(());
            };
            let verdict = |schema: &CompiledSchema, instance: &str| {
                let doc = Doc::parse(instance).unwrap();
                schema.is_valid(doc.root()).map_err(|crash| crash.0)
            };
            prop_assert_eq!(
                verdict(&outer, &format!("{{\"x\":{value}}}")),
                verdict(&inner, &value)
            );
        }
    }
}
