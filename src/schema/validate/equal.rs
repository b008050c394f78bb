//! Equality of JSON values as the reference's tree nodes have it: by kind of node, so `1` and
//! `1.0` differ, and objects compare whatever their order.

use std::cmp::Ordering;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use lexon::{Entries, Items, Kind, Value};

use super::number::{self, Class, Decimal};

/// Objects up to this size are compared by searching, larger ones by sorting their keys.
const SEARCHED: usize = 16;

/// Up to so many values are compared each with each.
const PAIRED: usize = 6;

/// The characters of a string, or of a number the reference holds as a string.
pub(super) fn text(value: Value<'_>) -> Option<&str> {
    value.as_str().or_else(|| {
        value
            .number_text()
            .filter(|text| number::class(text) == Class::Text)
    })
}

fn numbers_equal(a: &str, b: &str) -> bool {
    match (number::class(a), number::class(b)) {
        (Class::NegativeZero, Class::NegativeZero) => true,
        (Class::Decimal, Class::Decimal) => {
            Decimal::new(a).compare(&Decimal::new(b)) == Ordering::Equal
        }
        // JSON has one spelling of an integer
        (x, y) => x == y && a == b,
    }
}

fn scalars_equal(a: Value<'_>, b: Value<'_>) -> bool {
    match (text(a), text(b)) {
        (Some(x), Some(y)) => x == y,
        (None, None) => match (a.number_text(), b.number_text()) {
            (Some(x), Some(y)) => numbers_equal(x, y),
            _ => a.kind() == b.kind() && a.as_bool() == b.as_bool(),
        },
        _ => false,
    }
}

/// Whether two values are equal; needs no stack for their depth.
pub(super) fn equal(a: Value<'_>, b: Value<'_>) -> bool {
    let is_scalar = |v: Value<'_>| !matches!(v.kind(), Kind::Array | Kind::Object);
    if is_scalar(a) || is_scalar(b) {
        return scalars_equal(a, b);
    }
    let mut pairs = vec![(a, b)];
    while let Some((a, b)) = pairs.pop() {
        let same = match (a.kind(), b.kind()) {
            (Kind::Array, Kind::Array) => {
                pairs.extend(a.items().zip(b.items()));
                a.len() == b.len()
            }
            (Kind::Object, Kind::Object) => a.len() == b.len() && pair_entries(a, b, &mut pairs),
            _ => scalars_equal(a, b),
        };
        if !same {
            return false;
        }
    }
    true
}

/// Puts the values of equal keys into `pairs`; false if the keys differ.
fn pair_entries<'a, 'b>(
    a: Value<'a>,
    b: Value<'b>,
    pairs: &mut Vec<(Value<'a>, Value<'b>)>,
) -> bool {
    if a.len() <= SEARCHED {
        return a.entries().all(|(key, value)| match b.get(key) {
            Some(other) => {
                pairs.push((value, other));
                true
            }
            None => false,
        });
    }
    let (mut ours, mut theirs): (Vec<_>, Vec<_>) = (a.entries().collect(), b.entries().collect());
    ours.sort_unstable_by_key(|(key, _)| *key);
    theirs.sort_unstable_by_key(|(key, _)| *key);
    ours.into_iter()
        .zip(theirs)
        .all(|((key, value), (other_key, other))| {
            pairs.push((value, other));
            key == other_key
        })
}

enum Open<'d> {
    Array(Items<'d>, u64),
    /// The sum over the entries, and the hash of the key in hand.
    Object(Entries<'d>, u64, u64),
}

fn hash_of(part: impl Hash) -> u64 {
    let mut state = DefaultHasher::new();
    part.hash(&mut state);
    state.finish()
}

fn scalar_hash(value: Value<'_>) -> u64 {
    if let Some(text) = text(value) {
        return hash_of((1, text));
    }
    match value.number_text().map(|text| (number::class(text), text)) {
        Some((Class::Decimal, text)) => {
            let mut state = DefaultHasher::new();
            Decimal::new(text).hash(&mut state);
            state.finish()
        }
        Some((Class::NegativeZero, _)) => 2,
        Some((_, text)) => hash_of((3, text)),
        None => hash_of((4, value.as_bool())),
    }
}

/// Equal for equal values; needs no stack for their depth.
fn hash(root: Value<'_>) -> u64 {
    let mut stack: Vec<Open<'_>> = Vec::new();
    let mut value = root;
    loop {
        let mut done = match value.kind() {
            Kind::Array => {
                stack.push(Open::Array(value.items(), 5));
                None
            }
            Kind::Object => {
                stack.push(Open::Object(value.entries(), 6, 0));
                None
            }
            _ => Some(scalar_hash(value)),
        };
        loop {
            let next = match stack.last_mut() {
                None => return done.unwrap_or(0),
                Some(Open::Array(items, state)) => {
                    if let Some(item) = done.take() {
                        *state = hash_of((*state, item));
                    }
                    items.next().ok_or(*state)
                }
                Some(Open::Object(entries, state, key)) => {
                    if let Some(item) = done.take() {
                        *state = state.wrapping_add(hash_of((*key, item)));
                    }
                    match entries.next() {
                        Some((name, value)) => {
                            *key = hash_of(name);
                            Ok(value)
                        }
                        None => Err(*state),
                    }
                }
            };
            match next {
                Ok(inner) => {
                    value = inner;
                    break;
                }
                Err(state) => {
                    stack.pop();
                    done = Some(hash_of(state));
                }
            }
        }
    }
}

/// Whether any two of the values are equal, in time that grows with their size alone.
pub(super) fn has_duplicates<'d>(values: impl ExactSizeIterator<Item = Value<'d>> + Clone) -> bool {
    if values.len() <= PAIRED {
        let mut rest = values;
        while let Some(value) = rest.next() {
            if rest.clone().any(|other| equal(value, other)) {
                return true;
            }
        }
        return false;
    }
    let mut hashed: Vec<(u64, Value<'d>)> = values.map(|value| (hash(value), value)).collect();
    hashed.sort_unstable_by_key(|(hash, _)| *hash);
    hashed.chunk_by(|a, b| a.0 == b.0).any(|alike| {
        let mut rest = alike.iter();
        while let Some((_, value)) = rest.next() {
            if rest.clone().any(|(_, other)| equal(*value, *other)) {
                return true;
            }
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lexon::Doc;

    fn duplicates(text: &str) -> bool {
        let doc = Doc::parse(text).unwrap();
        has_duplicates(doc.root().items())
    }

    #[test]
    fn kinds_of_numbers_differ_but_spellings_do_not() {
        let rows = [
            ("[1.5,1.50]", true),
            ("[1,1.0]", false),
            ("[-0,-0.0]", true),
            ("[0,-0]", false),
            ("[100,1e2,1E+2,100.0]", true),
            ("[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]", true),
            ("[{\"a\":1,\"b\":2},{\"b\":1,\"a\":2}]", false),
            ("[\"1\",1,true,null,[],{},\"\"]", false),
            ("[[1,[2]],[1,[2]]]", true),
            ("[[1,2],[2,1]]", false),
            ("[\"1e99999999999\",1e99999999999]", true),
            ("[null,null]", true),
            ("[true,false,true]", true),
        ];
        for (text, expected) in rows {
            assert_eq!(duplicates(text), expected, "{text}");
            let filler = "[\"f1\",\"f2\",\"f3\",\"f4\",\"f5\",\"f6\",\"f7\",";
            assert_eq!(
                duplicates(&text.replacen('[', filler, 1)),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn wide_objects_compare_whatever_their_order() {
        let ahead: Vec<String> = (0..40).map(|n| format!("\"k{n}\":{n}")).collect();
        let behind: Vec<String> = ahead.iter().rev().cloned().collect();
        let text = |parts: &[String]| format!("{{{}}}", parts.join(","));
        let (ahead, behind) = (text(&ahead), text(&behind));
        assert!(duplicates(&format!("[{ahead},{behind}]")));
        assert!(!duplicates(&format!(
            "[{ahead},{}]",
            behind.replace("\"k7\"", "\"k77\"")
        )));
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        assert!(duplicates(&format!("[{deep},1,2,3,4,5,6,{deep}]")));
    }
}
