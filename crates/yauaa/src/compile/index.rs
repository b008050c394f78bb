//! The index of the rules: the places of values in a tree, by their paths, with the actions told there.

use std::collections::HashMap;

use crate::ops::KEYED;

/// A place.
#[derive(Default)]
pub struct PathNode {
    /// Actions told of any value.
    pub plain: Vec<u32>,
    /// Prefix lengths in the order they were asked for.
    pub prefixes: Vec<u32>,
    /// Word ranges: first, last, place.
    pub ranges: Vec<(u32, u32, u32)>,
}

/// The index as it is written.
#[derive(Default)]
pub struct Index {
    /// Four numbers for each place: plain list, prefixes, first range and number of ranges.
    pub nodes: Vec<u32>,
    /// Three numbers for each range.
    pub ranges: Vec<u32>,
    /// Places by parent, count and name.
    pub children: Vec<(u64, u32)>,
    /// Lists by place, kind and value.
    pub keyed: Vec<(u64, u32)>,
}

/// All there is at a place and below it.
#[derive(PartialEq, Eq, Hash)]
struct Shape {
    plain: u32,
    prefixes: u32,
    ranges: Vec<(u32, u32, u32)>,
    children: Vec<(u32, u32)>,
    keyed: Vec<(u32, u32)>,
}

/// Writes places with all the same at them and below them as one: rules that take the first to the
/// tenth product ask the same of each. Places 0 and 1 keep their numbers.
pub fn shared(
    nodes: &[PathNode],
    children: &HashMap<u64, u32>,
    keyed: &HashMap<u64, Vec<u32>>,
    list: &mut impl FnMut(&Vec<u32>) -> u32,
) -> Index {
    let mut below: Vec<Vec<(u32, u32)>> = vec![Vec::new(); nodes.len()];
    for (&key, &child) in children {
        below[(key >> 32) as usize].push((key as u32, child));
    }
    let mut asked: Vec<Vec<(u32, u32)>> = vec![Vec::new(); nodes.len()];
    let mut keyed: Vec<_> = keyed.iter().collect();
    keyed.sort_unstable();
    for (&key, ids) in keyed {
        asked[(key >> 32) as usize].push((key as u32, list(ids)));
    }
    let mut index = Index::default();
    let mut known: HashMap<Shape, u32> = HashMap::new();
    let mut places = vec![0; nodes.len()];
    let mut shapes: Vec<Shape> = Vec::new();
    // A place comes after the one it is below.
    for (number, node) in nodes.iter().enumerate().rev() {
        let lengths = node.prefixes.iter().rev();
        let lengths = lengths.fold(0, |all, &length| all << 2 | length);
        let keyed = std::mem::take(&mut asked[number]);
        let whole = keyed.iter().any(|&(key, _)| key >> 30 == 1);
        let mut children: Vec<_> = below[number]
            .iter()
            .map(|&(key, child)| (key, places[child as usize]))
            .collect();
        children.sort_unstable();
        let ranges = node.ranges.iter();
        let shape = Shape {
            plain: list(&node.plain),
            prefixes: lengths | if whole { KEYED } else { 0 },
            ranges: ranges
                .map(|&(a, b, place)| (a, b, places[place as usize]))
                .collect(),
            children,
            keyed,
        };
        let fresh = shapes.len() as u32;
        // The two with numbers of their own are not shared; they come last.
        if number > 1
            && let Some(&place) = known.get(&shape)
        {
            places[number] = place;
            continue;
        }
        places[number] = fresh;
        shapes.push(Shape {
            ranges: shape.ranges.clone(),
            children: shape.children.clone(),
            keyed: shape.keyed.clone(),
            ..shape
        });
        known.insert(shape, fresh);
    }
    // Turned round, so that the last two become the first.
    let turned = |place: u32| shapes.len() as u32 - 1 - place;
    for (number, shape) in (0_u64..).zip(shapes.iter().rev()) {
        let first = index.ranges.len() as u32 / 3;
        let count = shape.ranges.len() as u32;
        index
            .nodes
            .extend([shape.plain, shape.prefixes, first, count]);
        for &(from, to, place) in &shape.ranges {
            index.ranges.extend([from, to, turned(place)]);
        }
        let at = |key: u32| number << 32 | u64::from(key);
        let children = shape.children.iter();
        index
            .children
            .extend(children.map(|&(key, place)| (at(key), turned(place))));
        let keyed = shape.keyed.iter();
        index
            .keyed
            .extend(keyed.map(|&(key, list)| (at(key), list)));
    }
    index
}
