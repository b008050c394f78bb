//! Changes that several adapters make to JSON. All refuse to go deeper than a few hundred levels,
//! where the reference is not far from the end of its stack either.

use std::collections::HashMap;
use std::mem;

use jvm::number::{BigDecimal, parse_long};
use jvm::smap::SMap;
use jvm::time::{joda_iso, parse_joda_pattern_datetime};
use lexon::{Doc, Tree};

use crate::badrows::failure::Crash;

const MAX_DEPTH: usize = 512;

/// Refuses to go deeper.
pub(super) fn deeper(depth: usize) -> Result<usize, Crash> {
    if depth < MAX_DEPTH {
        Ok(depth + 1)
    } else {
        Err(Crash("java.lang.StackOverflowError".to_owned()))
    }
}

/// What becomes of an entry of an object.
pub(super) enum Change {
    /// It is as it shall be.
    Done(String, Tree),
    /// If it is an object, its entries change as well.
    Inside(String, Tree),
}

/// Changes the entries of an object and of the objects directly inside it (not those in arrays);
/// they end up in the map order of the reference.
pub(super) fn change_objects(
    tree: Tree,
    change: &dyn Fn(String, Tree) -> Change,
) -> Result<Tree, Crash> {
    change_at(tree, change, 0)
}

fn change_at(
    mut tree: Tree,
    change: &dyn Fn(String, Tree) -> Change,
    depth: usize,
) -> Result<Tree, Crash> {
    let Some(entries) = tree.as_object_mut().map(mem::take) else {
        return Ok(tree);
    };
    let depth = deeper(depth)?;
    let mut changed = SMap::with_capacity(entries.len());
    for (key, value) in in_map_order(entries) {
        match change(key, value) {
            Change::Done(key, value) => changed.insert(key, value),
            Change::Inside(key, value) => changed.insert(key, change_at(value, change, depth)?),
        };
    }
    Ok(Tree::Object(changed.into_iter().collect()))
}

/// The entries of an object in the map order of the reference.
pub(super) fn in_map_order(entries: Vec<(String, Tree)>) -> Vec<(String, Tree)> {
    if entries.len() <= 4 {
        return entries;
    }
    let mut map = SMap::with_capacity(entries.len());
    for (key, value) in entries {
        map.insert(key, value);
    }
    map.into_iter().collect()
}

/// Makes dates of seconds and drops what only tells the type of the event, at any depth.
pub(super) struct Cleaning<'c> {
    /// An entry to drop: its key, and its value if that is a text.
    pub event: Option<(&'c str, &'c str)>,
    /// Keys whose values are seconds since the epoch.
    pub times: &'c [&'c str],
}

impl Cleaning<'_> {
    /// The cleaned value; objects are in map order.
    pub(super) fn clean(&self, tree: Tree) -> Result<Tree, Crash> {
        self.clean_at(tree, 0)
    }

    fn clean_at(&self, mut tree: Tree, depth: usize) -> Result<Tree, Crash> {
        match &mut tree {
            Tree::Object(entries) => {
                let depth = deeper(depth)?;
                let mut cleaned = Vec::with_capacity(entries.len());
                for (key, value) in in_map_order(mem::take(entries)) {
                    let value = if self.times.contains(&&*key) {
                        time(value)
                    } else {
                        self.clean_at(value, depth)?
                    };
                    if !self
                        .event
                        .is_some_and(|(k, v)| k == key && value.as_str() == Some(v))
                    {
                        cleaned.push((key, value));
                    }
                }
                Ok(Tree::Object(cleaned))
            }
            Tree::Array(items) => {
                let depth = deeper(depth)?;
                let items = mem::take(items)
                    .into_iter()
                    .map(|item| self.clean_at(item, depth));
                Ok(Tree::Array(items.collect::<Result<_, _>>()?))
            }
            _ => Ok(tree),
        }
    }
}

/// Seconds as a date, whether text or number; anything else stays.
fn time(value: Tree) -> Tree {
    let seconds = match &value {
        Tree::String(text) => parse_long(text),
        Tree::Number(text) => integral(text),
        _ => None,
    };
    seconds.map_or(value, |seconds| {
        Tree::String(joda_iso(seconds.wrapping_mul(1000)))
    })
}

/// The value of a number, or of a text that is one, as circe's `as[Long]`.
pub(super) fn as_long(value: &Tree) -> Option<i64> {
    match value {
        Tree::Number(text) => integral(text),
        Tree::String(text) => {
            let doc = Doc::parse(text).ok()?;
            integral(doc.root().number_text().filter(|number| number == text)?)
        }
        _ => None,
    }
}

/// A JSON number that is a whole one of 64 bits, however it is written.
fn integral(number: &str) -> Option<i64> {
    if let Ok(value) = number.parse() {
        return Some(value);
    }
    let value = BigDecimal::parse(number).ok()?.strip_trailing_zeros();
    if !(-20..=0).contains(&value.scale()) {
        return None;
    }
    value.to_plain_string().parse().ok()
}

/// All keys in camel case, at any depth.
pub(super) fn camel(tree: Tree) -> Result<Tree, Crash> {
    camel_at(tree, 0)
}

fn camel_at(mut tree: Tree, depth: usize) -> Result<Tree, Crash> {
    match &mut tree {
        Tree::Object(entries) => {
            let depth = deeper(depth)?;
            let mut renamed = Vec::with_capacity(entries.len());
            for (key, value) in mem::take(entries) {
                renamed.push((camel_case(&key)?, camel_at(value, depth)?));
            }
            Ok(object(renamed))
        }
        Tree::Array(items) => {
            let depth = deeper(depth)?;
            let items = mem::take(items)
                .into_iter()
                .map(|item| camel_at(item, depth));
            Ok(Tree::Array(items.collect::<Result<_, _>>()?))
        }
        _ => Ok(tree),
    }
}

/// An object of entries whose keys may repeat: the last value wins, in the first place.
fn object(entries: Vec<(String, Tree)>) -> Tree {
    let mut places = HashMap::with_capacity(entries.len());
    let mut distinct: Vec<(String, Tree)> = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        match places
            .get(&key)
            .and_then(|place: &usize| distinct.get_mut(*place))
        {
            Some((_, old)) => *old = value,
            None => {
                places.insert(key.clone(), distinct.len());
                distinct.push((key, value));
            }
        }
    }
    Tree::Object(distinct)
}

/// `Foo_bar-baz` as `fooBarBaz`.
fn camel_case(key: &str) -> Result<String, Crash> {
    let mut chars = key.chars();
    let Some(first) = chars.next() else {
        return Err(Crash(
            "java.lang.StringIndexOutOfBoundsException: empty key".to_owned(),
        ));
    };
    let mut out = String::with_capacity(key.len());
    // one UTF-16 unit is lower-cased there, and to one unit
    let lower = if first.len_utf16() == 1 {
        first.to_lowercase().next()
    } else {
        None
    };
    let mut rest = lower
        .into_iter()
        .chain(lower.is_none().then_some(first))
        .chain(chars)
        .peekable();
    while let Some(c) = rest.next() {
        let next = rest
            .peek()
            .copied()
            .filter(|next| next.is_ascii_alphanumeric() || *next == '_');
        match next {
            Some(next) if c == '_' || c == '-' => {
                out.push(next.to_ascii_uppercase());
                rest.next();
            }
            _ => out.push(c),
        }
    }
    Ok(out)
}

/// A date like `2014-10-22 13:50:00` in the form schemas demand; any other text stays.
pub(super) fn date(text: &str) -> String {
    parse_joda_pattern_datetime(text).map_or_else(|| text.to_owned(), joda_iso)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Tree {
        Tree::parse(text).unwrap()
    }

    #[test]
    fn keys_become_camel_case() {
        for (key, expected) in [
            ("Foo_Bar-baz__q", "fooBarBaz_q"),
            ("_id", "Id"),
            ("a-", "a-"),
            ("a--b", "a-B"),
            ("a_é", "a_é"),
            ("a_1b", "a1b"),
            ("É", "é"),
            ("𐐀", "𐐀"),
            ("OP", "oP"),
        ] {
            assert_eq!(camel_case(key).unwrap(), expected);
        }
        assert!(camel_case("").is_err());
        let got = camel(tree(r#"{"a_b":[{"c_d":1}],"x":2,"a-b":3}"#)).unwrap();
        assert_eq!(got.to_json(), r#"{"aB":3,"x":2}"#);
    }

    #[test]
    fn cleaning_makes_dates_and_drops_the_type_at_any_depth() {
        let cleaning = Cleaning {
            event: Some(("event", "send")),
            times: &["ts"],
        };
        let sent = r#"{"event":"send","ts":1415692035,"_id":"x","msg":{"ts":"1415692035","event":"send","opens":[{"ts":"abc","a":1}],"b":2}}"#;
        let expected = r#"{"ts":"2014-11-11T07:47:15.000Z","_id":"x","msg":{"ts":"2014-11-11T07:47:15.000Z","opens":[{"ts":"abc","a":1}],"b":2}}"#;
        assert_eq!(cleaning.clean(tree(sent)).unwrap().to_json(), expected);
        for (sent, expected) in [
            (r#"{"ts":{"event":"send"}}"#, r#"{"ts":{"event":"send"}}"#),
            (r#"{"ts":1.0e1}"#, r#"{"ts":"1970-01-01T00:00:10.000Z"}"#),
            (r#"{"ts":1.5}"#, r#"{"ts":1.5}"#),
            (r#"{"event":"open"}"#, r#"{"event":"open"}"#),
            (r#"[[{"event":"send"}],"send"]"#, r#"[[{}],"send"]"#),
        ] {
            assert_eq!(cleaning.clean(tree(sent)).unwrap().to_json(), expected);
        }
    }

    #[test]
    fn whole_numbers_are_longs_however_they_are_written() {
        for (text, expected) in [
            ("12", Some(12)),
            ("-0", Some(0)),
            ("1.20e1", Some(12)),
            ("1.5", None),
            ("1e18", Some(1_000_000_000_000_000_000)),
            ("1e30", None),
            ("1e-999999", None),
            ("\"5\"", Some(5)),
            ("\" 5\"", None),
            ("\"x\"", None),
            ("true", None),
        ] {
            assert_eq!(as_long(&tree(text)), expected, "{text}");
        }
    }

    #[test]
    fn very_deep_json_is_refused_not_followed() {
        let deep = format!("{}1{}", "{\"a\":".repeat(5000), "}".repeat(5000));
        let cleaning = Cleaning {
            event: None,
            times: &[],
        };
        assert!(cleaning.clean(tree(&deep)).is_err());
        assert!(camel(tree(&deep)).is_err());
        assert!(change_objects(tree(&deep), &Change::Inside).is_err());
        let fine = format!("{}1{}", "[".repeat(500), "]".repeat(500));
        assert!(camel(tree(&fine)).is_ok());
    }

    #[test]
    fn dates_change_only_if_they_are_dates() {
        for (text, expected) in [
            ("2014-10-22 13:50:00", "2014-10-22T13:50:00.000Z"),
            ("2014-1-2 3:4:5", "2014-01-02T03:04:05.000Z"),
            ("14-10-22 0:0:0", "0014-10-22T00:00:00.000Z"),
            ("2014-10-22 13:50:60", "2014-10-22 13:50:60"),
            ("2014-10-22 13:50:00 ", "2014-10-22 13:50:00 "),
        ] {
            assert_eq!(date(text), expected);
        }
    }
}
