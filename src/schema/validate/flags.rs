//! What can be told of a schema ahead, so that verdicts may take short cuts: see
//! [`super::one_of`].

use super::node::{Additional, Dependency, Items, Keyword, Node, NodeId};

/// Sets [`Node::throws`] and [`Node::branches`] of all nodes.
pub(super) fn set(nodes: &mut [Node]) {
    // edges backwards: who leads here, and whether not through `properties`
    let mut leading: Vec<Vec<(NodeId, bool)>> = vec![Vec::new(); nodes.len()];
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
            children(keyword, &mut |to, level| {
                if let Some(edges) = leading.get_mut(to as usize) {
                    edges.push((from, level));
                }
            });
        }
    }
    spread(throwing, &leading, false, |id| {
        mark(nodes, id, |node| &mut node.throws)
    });
    spread(branching, &leading, true, |id| {
        mark(nodes, id, |node| &mut node.branches)
    });
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
    leading: &[Vec<(NodeId, bool)>],
    same_level: bool,
    mut mark: impl FnMut(NodeId) -> bool,
) {
    while let Some(id) = todo.pop() {
        if mark(id) {
            let edges = leading.get(id as usize).into_iter().flatten();
            todo.extend(
                edges
                    .filter(|(_, level)| *level || !same_level)
                    .map(|(from, _)| *from),
            );
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

/// Every schema a keyword leads to, and whether the reference's flags go there unchanged.
fn children(keyword: &Keyword, see: &mut impl FnMut(NodeId, bool)) {
    let mut additional = |rule: &Additional| {
        if let Additional::Checked(node) = rule {
            see(*node, true);
        }
    };
    match keyword {
        Keyword::AdditionalProperties { rule, .. } => additional(rule),
        Keyword::Items(items) => match &**items {
            Items::All(node) => see(*node, true),
            Items::Tuple { nodes, more } => {
                additional(more);
                nodes.iter().for_each(|node| see(*node, true));
            }
        },
        Keyword::Properties { list, .. } => list.iter().for_each(|(_, node)| see(*node, false)),
        Keyword::Ref(node) | Keyword::Not { node, .. } => see(*node, true),
        Keyword::AllOf(nodes)
        | Keyword::OneOf {
            branches: nodes, ..
        }
        | Keyword::Union { nodes, .. } => {
            nodes.iter().for_each(|node| see(*node, true));
        }
        Keyword::AnyOf(branches) => branches.iter().for_each(|branch| see(branch.node, true)),
        Keyword::PatternProperties(patterns) => {
            patterns.iter().for_each(|(_, node)| see(*node, true))
        }
        Keyword::Dependencies(dependencies) => {
            for (_, dependency) in dependencies.names.iter() {
                if let Dependency::Schema(node) = dependency {
                    see(*node, true);
                }
            }
        }
        _ => {}
    }
}
