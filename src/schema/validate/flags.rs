//! What can be told of a schema ahead, so that verdicts may take short cuts: see
//! [`super::one_of`].

use super::node::{Additional, Dependency, Items, Keyword, Node, NodeId};

/// Sets [`Node::throws`] and [`Node::branches`] of all nodes.
pub(super) fn set(nodes: &mut [Node]) {
    // edges backwards: who leads here, and how
    let mut leading: Vec<Vec<(NodeId, Way)>> = vec![Vec::new(); nodes.len()];
    let mut staying: Vec<usize> = vec![0; nodes.len()];
    let (mut throwing, mut branching) = (Vec::new(), Vec::new());
    for (from, node) in nodes.iter().enumerate() {
        let from = from as NodeId;
        if may_throw(node) {
            throwing.push(from);
        }
        for keyword in &node.keywords {
            if matches!(
                keyword,
                Keyword::AnyOf(_) | Keyword::OneOf { .. } | Keyword::Not { .. }
            ) {
                branching.push(from);
            }
            children(keyword, &mut |to, way| {
                if let Some(edges) = leading.get_mut(to as usize) {
                    edges.push((from, way));
                }
                if let (Way::Stays, Some(count)) = (way, staying.get_mut(from as usize)) {
                    *count += 1;
                }
            });
        }
    }
    throwing.extend(circling(&leading, staying));
    spread(
        throwing,
        &leading,
        |_| true,
        |id| mark(nodes, id, |node| &mut node.throws),
    );
    let same_level = |way| way != Way::Property;
    spread(branching, &leading, same_level, |id| {
        mark(nodes, id, |node| &mut node.branches)
    });
}

/// How a schema leads to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// For the same value.
    Stays,
    /// For values inside.
    Descends,
    /// For values inside, with the reference's flags put aside.
    Property,
}

/// The nodes from which a circle can be reached that never leaves the value: all but those whose
/// ways end.
fn circling(leading: &[Vec<(NodeId, Way)>], mut staying: Vec<usize>) -> Vec<NodeId> {
    let ids = |counts: &[usize], keep: fn(usize) -> bool| -> Vec<NodeId> {
        let kept = counts.iter().enumerate().filter(|(_, count)| keep(**count));
        kept.map(|(id, _)| id as NodeId).collect()
    };
    let mut ended = ids(&staying, |count| count == 0);
    while let Some(id) = ended.pop() {
        let edges = leading.get(id as usize).into_iter().flatten();
        for (from, _) in edges.filter(|(_, way)| *way == Way::Stays) {
            if let Some(count) = staying.get_mut(*from as usize) {
                *count -= 1;
                if *count == 0 {
                    ended.push(*from);
                }
            }
        }
    }
    ids(&staying, |count| count > 0)
}

/// Marks a node; false if it was.
fn mark(nodes: &mut [Node], id: NodeId, flag: impl Fn(&mut Node) -> &mut bool) -> bool {
    match nodes.get_mut(id as usize) {
        Some(node) => !std::mem::replace(flag(node), true),
        None => false,
    }
}

fn spread(
    mut todo: Vec<NodeId>,
    leading: &[Vec<(NodeId, Way)>],
    follow: impl Fn(Way) -> bool,
    mut mark: impl FnMut(NodeId) -> bool,
) {
    while let Some(id) = todo.pop() {
        if mark(id) {
            let edges = leading.get(id as usize).into_iter().flatten();
            todo.extend(edges.filter(|(_, way)| follow(*way)).map(|(from, _)| *from));
        }
    }
}

/// Whether a node can throw by itself. Expressions are compiled late, so any may be wrong.
fn may_throw(node: &Node) -> bool {
    let keyword = |keyword: &Keyword| match keyword {
        Keyword::MultipleOf(divisor) => *divisor != 0.0,
        Keyword::ReadOnly(names) => !names.is_empty(),
        _ => false,
    };
    node.broken.is_some() || !node.regexes.is_empty() || node.keywords.iter().any(keyword)
}

/// Every schema a keyword leads to, and how.
fn children(keyword: &Keyword, see: &mut impl FnMut(NodeId, Way)) {
    match keyword {
        Keyword::AdditionalProperties {
            rule: Additional::Checked(node),
            ..
        } => see(*node, Way::Descends),
        Keyword::Items(items) => match &**items {
            Items::All(node) => see(*node, Way::Descends),
            Items::Tuple { nodes, more } => {
                if let Additional::Checked(node) = more {
                    see(*node, Way::Descends);
                }
                nodes.iter().for_each(|node| see(*node, Way::Descends));
            }
        },
        Keyword::Properties { list, .. } => {
            list.iter().for_each(|(_, node)| see(*node, Way::Property));
        }
        Keyword::PatternProperties(patterns) => {
            patterns
                .iter()
                .for_each(|(_, node)| see(*node, Way::Descends));
        }
        Keyword::Ref(node) | Keyword::Not { node, .. } => see(*node, Way::Stays),
        Keyword::AllOf(nodes)
        | Keyword::OneOf {
            branches: nodes, ..
        }
        | Keyword::Union { nodes, .. } => nodes.iter().for_each(|node| see(*node, Way::Stays)),
        Keyword::AnyOf(branches) => {
            branches
                .iter()
                .for_each(|branch| see(branch.node, Way::Stays));
        }
        Keyword::Dependencies(dependencies) => {
            for (_, dependency) in dependencies.names.iter() {
                if let Dependency::Schema(node) = dependency {
                    see(*node, Way::Stays);
                }
            }
        }
        _ => {}
    }
}
