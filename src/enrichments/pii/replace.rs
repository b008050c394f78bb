//! Replaces the values at places of a graph by their hashes, as the reference does through
//! Jayway's `map`: texts, and the texts of an array as a whole, but not a text that is itself
//! reached as an item of an array.

use std::cmp::Ordering;

use jvm::text::cmp_utf16;

use super::graph::{Graph, Id, Node};
use super::hash::Hash;
use super::path::{Path, Token};
use super::walk::{Place, Stop, places};

/// Replaces what `path` leads to; tells each original text and its hash.
///
/// # Errors
/// The text of the exception that the reference throws.
pub fn apply(
    graph: &mut Graph,
    path: &Path,
    hash: &Hash,
    tell: &mut dyn FnMut(&str, &str),
) -> Result<(), String> {
    let found = places(graph, path).map_err(|stop| match stop {
        Stop::Thrown(message) => message,
        Stop::Nowhere => "com.jayway.jsonpath.PathNotFoundException".to_owned(),
    })?;
    for place in in_order(graph, path, found) {
        match place {
            Place::Root => {
                let name = "com.jayway.jsonpath.InvalidModificationException";
                return Err(format!("{name}: Invalid map operation"));
            }
            Place::Member(parent, position) => member(graph, parent, position, hash, tell),
            Place::Members(parent, positions) => {
                for position in positions {
                    member(graph, parent, position, hash, tell);
                }
            }
            Place::Item(parent, index) => item(graph, parent, index, hash, tell)?,
        }
    }
    Ok(())
}

fn member(
    graph: &mut Graph,
    parent: Id,
    position: usize,
    hash: &Hash,
    tell: &mut dyn FnMut(&str, &str),
) {
    let child = match graph.node(parent) {
        Node::Object(entries) => entries.get(position).map(|(_, child)| *child),
        _ => None,
    };
    let Some(child) = child else { return };
    let new = match graph.node(child) {
        Node::Text(text) => {
            let replaced = hash.replace(text);
            tell(text, &replaced);
            Node::Text(replaced.into())
        }
        Node::Array(items) => {
            let items = items.clone();
            Node::Array(texts(graph, &items, hash, tell))
        }
        _ => return,
    };
    let new = graph.push(new);
    graph.replace(parent, position, new);
}

fn item(
    graph: &mut Graph,
    parent: Id,
    index: i64,
    hash: &Hash,
    tell: &mut dyn FnMut(&str, &str),
) -> Result<(), String> {
    let Node::Array(items) = graph.node(parent) else {
        return Ok(());
    };
    let length = items.len();
    let Some(position) = usize::try_from(index)
        .ok()
        .filter(|position| *position <= length)
    else {
        let name = "java.lang.IndexOutOfBoundsException";
        return Err(format!(
            "{name}: Illegal index {index}, array size {length}"
        ));
    };
    // One beyond the end the reference adds a null, and takes it out again.
    let Some(child) = items.get(position).copied() else {
        return Ok(());
    };
    if let Node::Array(inner) = graph.node(child) {
        let inner = inner.clone();
        let new = Node::Array(texts(graph, &inner, hash, tell));
        let new = graph.push(new);
        graph.replace(parent, position, new);
    }
    Ok(())
}

/// The items of a new array: texts replaced, the others shared with the old one.
fn texts(
    graph: &mut Graph,
    items: &[Id],
    hash: &Hash,
    tell: &mut dyn FnMut(&str, &str),
) -> Vec<Id> {
    let mut replaced = Vec::with_capacity(items.len());
    for item in items {
        let new = match graph.node(*item) {
            Node::Text(text) => {
                let new = hash.replace(text);
                tell(text, &new);
                Some(new)
            }
            _ => None,
        };
        replaced.push(match new {
            Some(text) => graph.push(Node::Text(text.into())),
            None => *item,
        });
    }
    replaced
}

/// The places in the order they are replaced: by their last step, descending.
fn in_order(graph: &Graph, path: &Path, places: Vec<Place>) -> Vec<Place> {
    if places.len() < 2 {
        return places;
    }
    let names = match path.tokens.last() {
        Some(Token::Properties(names)) => names.join("&&"),
        _ => String::new(),
    };
    let step = |place: &Place| match place {
        Place::Root => (None, "$".to_owned()),
        Place::Members(..) => (None, names.clone()),
        Place::Item(_, index) => (Some(*index), index.to_string()),
        Place::Member(parent, position) => match graph.node(*parent) {
            Node::Object(entries) => {
                let key = entries.get(*position).map(|(key, _)| key.to_string());
                (None, key.unwrap_or_default())
            }
            _ => (None, String::new()),
        },
    };
    let keyed = places
        .into_iter()
        .map(|place| (step(&place), place))
        .collect();
    merge_sorted(keyed)
        .into_iter()
        .map(|(_, place)| place)
        .collect()
}

type Keyed = ((Option<i64>, String), Place);

/// Items of arrays by number, everything else by text, which together is no order: so a sort of
/// our own, which does not mind.
fn merge_sorted(mut items: Vec<Keyed>) -> Vec<Keyed> {
    if items.len() < 2 {
        return items;
    }
    let behind = merge_sorted(items.split_off(items.len() / 2));
    let mut left = merge_sorted(items).into_iter().peekable();
    let mut right = behind.into_iter().peekable();
    let mut merged = Vec::with_capacity(left.len() + right.len());
    while let (Some((a, _)), Some((b, _))) = (left.peek(), right.peek()) {
        let order = match (a.0, b.0) {
            (Some(a), Some(b)) => b.cmp(&a),
            _ => cmp_utf16(&b.1, &a.1),
        };
        merged.extend(if order == Ordering::Greater {
            right.next()
        } else {
            left.next()
        });
    }
    merged.extend(left);
    merged.extend(right);
    merged
}
