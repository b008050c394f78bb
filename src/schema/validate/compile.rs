//! From a schema's JSON to nodes: what the reference builds when an instance first gets there.
//!
//! The reference builds the keywords of a sub-schema at its first use, and throws if one of them
//! cannot be built. Here all is built ahead, and what would be thrown is kept in
//! [`Node::broken`]. Only the sub-schemas the reference would build become nodes.

use std::cmp::Reverse;
use std::collections::HashMap;

use lexon::{Doc, Kind, Value};

use super::CompiledSchema;
use super::code::Code;
use super::flags;
use super::keywords::Siblings;
use super::node::{Additional, Entry, Keyword, LazyRegex, Node, NodeId, ObjectRules};
use super::quick::Quick;
use super::refs::Base;
use super::table::Table;
use super::text::{self, Printed, in_map_order};

/// Deeper schemas are not compiled; the reference runs out of stack somewhere near.
const MAX_DEPTH: usize = 300;

/// A bound for schemas that refer to themselves in too many ways.
const MAX_NODES: usize = 500_000;

/// The keywords of a schema object in the order they are checked: `properties`, then by name.
const KEYWORDS: [&str; 31] = [
    "properties",
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "crossEdits",
    "dateTime",
    "dependencies",
    "edits",
    "enum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "notAllowed",
    "oneOf",
    "pattern",
    "patternProperties",
    "readOnly",
    "required",
    "type",
    "unionType",
    "uniqueItems",
];

/// Not in the list above but thrown at as well.
const UUID: &str = "uuid";

/// What the reference throws.
pub(super) type Broken = Box<str>;

/// Builds the nodes of one schema.
pub(super) struct Compiler<'s> {
    pub(super) root: Value<'s>,
    pub(super) nodes: Vec<Node>,
    /// Targets of `$ref` by its text: the first reference to get there makes the node.
    pub(super) refs: HashMap<String, NodeId>,
    /// The node of the empty schema that other documents stand for.
    pub(super) empty: Option<NodeId>,
    pub(super) printed: Option<Printed>,
    /// Nodes made but not yet filled, the next one last.
    queue: Vec<Job<'s>>,
}

/// A node that is yet to be filled.
struct Job<'s> {
    node: NodeId,
    /// Place of the keyword that leads here.
    rank: usize,
    value: Value<'s>,
    path: String,
    parent: Option<Value<'s>>,
    base: Base,
}

/// Compiles a schema document as it is.
///
/// # Errors
/// What the reference throws already when it is handed the schema.
pub(super) fn compile(doc: &Doc) -> Result<CompiledSchema, Broken> {
    let mut compiler = Compiler {
        root: doc.root(),
        nodes: Vec::new(),
        refs: HashMap::new(),
        empty: None,
        printed: None,
        queue: Vec::new(),
    };
    if is_too_deep(doc.root()) {
        return Err("the schema is nested too deeply".into());
    }
    compiler.schema(doc.root(), String::from("#"), None, Base::None)?;
    // in the order of a run that gets everywhere, as far as that can be told
    while let Some(job) = compiler.queue.pop() {
        compiler.fill(job);
    }
    flags::set(&mut compiler.nodes);
    Ok(CompiledSchema {
        nodes: compiler.nodes.into_boxed_slice(),
        text: compiler
            .printed
            .map(Printed::into_text)
            .unwrap_or_default()
            .into(),
    })
}

fn is_too_deep(root: Value<'_>) -> bool {
    let mut level: Vec<Value<'_>> = vec![root];
    for _ in 0..MAX_DEPTH {
        level = level
            .into_iter()
            .flat_map(|value| value.items().chain(value.entries().map(|(_, inner)| inner)))
            .collect();
        if level.is_empty() {
            return false;
        }
    }
    true
}

impl<'s> Compiler<'s> {
    /// Makes the node of a schema; `parent` is the schema it was built for.
    ///
    /// # Errors
    /// What the reference throws when it makes the schema, before it looks at its keywords.
    pub(super) fn schema(
        &mut self,
        value: Value<'s>,
        path: String,
        parent: Option<Value<'s>>,
        base: Base,
    ) -> Result<NodeId, Broken> {
        let base = base.within(value)?;
        let id = self.nodes.len() as NodeId;
        self.nodes.push(Node::default());
        self.queue.push(Job {
            node: id,
            rank: 0,
            value,
            path,
            parent,
            base,
        });
        Ok(id)
    }

    /// Builds the keywords of a node made before.
    fn fill(&mut self, job: Job<'s>) {
        let mut node = Node {
            path: job.path.as_str().into(),
            ..Node::default()
        };
        let id = job.node;
        if self.nodes.len() > MAX_NODES {
            node.broken = Some("java.lang.StackOverflowError".into());
        } else if let Err(broken) = self.keywords(&mut node, job) {
            node.broken = Some(broken);
            node.keywords = Box::default();
            node.regexes = Box::default();
        }
        node.quick = Quick::of(&node);
        if let Some(slot) = self.nodes.get_mut(id as usize) {
            *slot = node;
        }
    }

    fn keywords(&mut self, node: &mut Node, job: Job<'s>) -> Result<(), Broken> {
        let (value, parent) = (job.value, job.parent);
        if value.kind() == Kind::Bool {
            // draft 4 has no such schemas, and the reference stumbles over its own null
            return Err("java.lang.NullPointerException".into());
        }
        let queued = self.queue.len();
        let mut regexes: Vec<LazyRegex> = Vec::new();
        let mut built: Vec<(usize, Keyword)> = Vec::new();
        let mut siblings = Siblings {
            compiler: self,
            value,
            parent,
            base: job.base,
            path: job.path,
            regexes: &mut regexes,
        };
        for (name, keyword) in in_map_order(value) {
            let rank = match KEYWORDS.iter().position(|known| *known == name) {
                Some(rank) => rank,
                None if name == UUID => KEYWORDS.len(),
                None => continue,
            };
            let known = siblings.compiler.queue.len();
            if let Some(keyword) = siblings.build(name, keyword)? {
                built.push((rank, keyword));
            }
            for job in siblings.compiler.queue.iter_mut().skip(known) {
                job.rank = rank;
            }
        }
        if let Some(made) = self.queue.get_mut(queued..) {
            made.reverse();
            made.sort_by_key(|job| Reverse(job.rank));
        }
        built.sort_by_key(|(rank, _)| *rank);
        node.keywords = built.into_iter().map(|(_, keyword)| keyword).collect();
        node.regexes = regexes.into();
        node.messages = messages(value, parent);
        for keyword in &node.keywords {
            if let Keyword::Type { kinds, .. } = keyword {
                node.kinds = *kinds;
            }
        }
        node.object = object_rules(&node.keywords);
        Ok(())
    }
}

/// Own texts for messages: a root names them itself, every other schema's are named by the schema
/// around it.
fn messages(value: Value<'_>, parent: Option<Value<'_>>) -> Box<[(Code, Box<str>)]> {
    let Some(texts) = parent.unwrap_or(value).get("message") else {
        return Box::default();
    };
    value
        .entries()
        .filter_map(|(name, _)| Some((Code::of_keyword(name)?, text::as_text(texts.get(name)?))))
        .filter(|(_, text)| !jvm_blank(text))
        .map(|(code, text)| (code, text.into_boxed_str()))
        .collect()
}

/// `StringUtils.isBlank`.
fn jvm_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// Joins the keywords about an object's entries.
fn object_rules(keywords: &[Keyword]) -> Option<Box<ObjectRules>> {
    let mut names: Vec<(Box<str>, Entry)> = Vec::new();
    let mut rules = ObjectRules {
        names: Table::new(Vec::new()),
        required: 0,
        rest: Box::default(),
        patterns: Box::default(),
        additional: Additional::Allowed,
    };
    let mut required_names: Vec<Box<str>> = Vec::new();
    for keyword in keywords {
        match keyword {
            Keyword::Properties { list, .. } => {
                names.extend(list.iter().map(|(name, node)| {
                    let node = Some(*node);
                    (name.clone(), Entry { node, required: 0 })
                }));
            }
            Keyword::Required(required) => required_names.extend(required.iter().cloned()),
            Keyword::PatternProperties(patterns) => rules.patterns = patterns.clone(),
            Keyword::AdditionalProperties { rule, .. } => rules.additional = *rule,
            _ => {}
        }
    }
    require(&mut names, required_names, &mut rules);
    let idle = names.is_empty()
        && rules.rest.is_empty()
        && rules.patterns.is_empty()
        && matches!(rules.additional, Additional::Allowed);
    rules.names = Table::new(names);
    (!idle).then(|| Box::new(rules))
}

/// Gives every required name a bit as long as there are any.
fn require(names: &mut Vec<(Box<str>, Entry)>, required: Vec<Box<str>>, rules: &mut ObjectRules) {
    let mut positions: HashMap<Box<str>, usize> = names
        .iter()
        .enumerate()
        .map(|(n, (name, _))| (name.clone(), n))
        .collect();
    let mut rest = Vec::new();
    let mut bit = 1u64;
    for name in required {
        if bit == 0 {
            rest.push(name);
            continue;
        }
        let position = *positions.entry(name.clone()).or_insert_with(|| {
            names.push((name, Entry::default()));
            names.len() - 1
        });
        if let Some((_, entry)) = names.get_mut(position)
            && entry.required == 0
        {
            entry.required = bit;
            rules.required |= bit;
            bit <<= 1;
        }
    }
    rules.rest = rest.into();
}
