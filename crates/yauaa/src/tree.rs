//! The parse tree: nodes in one vector, children linked.

use crate::lexer::Token;

/// "No node".
pub const NIL: u32 = u32::MAX;

/// What a node is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// A rule, by number.
    Rule(u8),
    /// A token, by its place among the tokens.
    Token(u32),
    /// A token that did not fit, by its place among the tokens.
    Error(u32),
    /// A token of this type that was missing.
    Missing(u8),
}

/// One node.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// What it is.
    pub what: What,
    /// The node above, [`NIL`] for the root.
    pub parent: u32,
    /// The first child or [`NIL`].
    pub first: u32,
    /// The last child or [`NIL`].
    pub last: u32,
    /// The next sibling or [`NIL`].
    pub next: u32,
    /// Number of children.
    pub children: u32,
    /// The token the rule started at.
    pub start: u32,
    /// The token the rule ended at; [`NIL`] when it ended before the first token.
    pub stop: u32,
}

/// A parse tree; node 0 is the root.
#[derive(Debug, Default)]
pub struct Tree {
    /// All nodes, in the order in which they were met.
    pub nodes: Vec<Node>,
    /// The tokens the tree is about.
    pub tokens: Vec<Token>,
}

impl Tree {
    /// The node of this number; the number must come from this tree.
    pub fn node(&self, id: u32) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// The rule of a node, if it is one.
    pub fn rule(&self, id: u32) -> Option<u8> {
        match self.node(id)?.what {
            What::Rule(rule) => Some(rule),
            _ => None,
        }
    }

    /// The node above.
    pub fn parent(&self, id: u32) -> Option<u32> {
        self.node(id).map(|n| n.parent).filter(|&p| p != NIL)
    }

    /// The children, left to right.
    pub fn children(&self, id: u32) -> impl Iterator<Item = u32> + '_ {
        let first = self.node(id).map_or(NIL, |n| n.first);
        std::iter::successors(Some(first).filter(|&c| c != NIL), move |&c| {
            self.node(c).map(|n| n.next).filter(|&n| n != NIL)
        })
    }

    /// Appends a node under `parent`.
    pub fn add(&mut self, parent: u32, what: What, start: u32) -> u32 {
        let id = self.nodes.len() as u32;
        self.nodes.push(Node {
            what,
            parent,
            first: NIL,
            last: NIL,
            next: NIL,
            children: 0,
            start,
            stop: NIL,
        });
        let last = match self.nodes.get_mut(parent as usize) {
            Some(above) => {
                above.children += 1;
                if above.first == NIL {
                    above.first = id;
                }
                std::mem::replace(&mut above.last, id)
            }
            None => NIL,
        };
        if let Some(brother) = self.nodes.get_mut(last as usize) {
            brother.next = id;
        }
        id
    }

    /// Where the source text of a rule node stands, in bytes; `None` when the rule ended before
    /// the first token, so that its text is that of its parts.
    pub fn span(&self, id: u32) -> Option<(u32, u32)> {
        let node = self.node(id)?;
        let stop = self.tokens.get(node.stop as usize)?;
        let start = self.tokens.get(node.start as usize)?;
        Some((start.start, stop.end.max(start.start)))
    }
}
