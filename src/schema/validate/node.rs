//! The compiled schema: a flat list of nodes, one per sub-schema the reference would build.

use std::sync::OnceLock;

use jvm::pattern::Pattern;
use lexon::Doc;

use super::code::Code;
use super::formats::Format;
use super::quick::Quick;
use super::table::Table;

/// Index of a node.
pub(super) type NodeId = u32;

/// A piece of the schema's printed text.
pub(super) type Span = (u32, u32);

/// Properties with their schemas.
pub(super) type Declared = [(Box<str>, NodeId)];

/// One sub-schema.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Where the reference says it stands in the schema; part of a message's identity.
    pub(super) path: Box<str>,
    /// Why the reference throws as soon as an instance reaches this schema.
    pub(super) broken: Option<Box<str>>,
    /// Which kinds of instance pass `type`, for a verdict without messages.
    pub(super) kinds: Kinds,
    /// What an object's entries are checked against, for a verdict without messages.
    pub(super) object: Option<Box<ObjectRules>>,
    /// What passes at a look, if it says nothing but types and bounds, as for most properties.
    pub(super) quick: Option<Quick>,
    /// In the reference's order.
    pub(super) keywords: Box<[Keyword]>,
    /// The expressions of `pattern` and `patternProperties`.
    pub(super) regexes: Box<[LazyRegex]>,
    /// Texts of a `message` keyword, in place of the usual ones.
    pub(super) messages: Box<[(Code, Box<str>)]>,
    /// Whether reaching this schema can throw, here or below.
    pub(super) throws: bool,
    /// Whether an `anyOf`, `oneOf` or `not` is reached without passing through `properties`.
    pub(super) branches: bool,
}

/// A set of instance kinds, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) const NONE: Kinds = Kinds(0);
    pub(super) const NULL: Kinds = Kinds(1);
    pub(super) const BOOLEAN: Kinds = Kinds(2);
    pub(super) const INTEGER: Kinds = Kinds(4);
    pub(super) const DECIMAL: Kinds = Kinds(8);
    pub(super) const STRING: Kinds = Kinds(16);
    pub(super) const ARRAY: Kinds = Kinds(32);
    pub(super) const OBJECT: Kinds = Kinds(64);
    pub(super) const ALL: Kinds = Kinds(127);

    /// Both together.
    pub(super) const fn or(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    /// What both have in common.
    pub(super) const fn and(self, other: Kinds) -> Kinds {
        Kinds(self.0 & other.0)
    }

    /// Whether they have a kind in common.
    pub(super) const fn has(self, other: Kinds) -> bool {
        self.0 & other.0 != 0
    }

    /// The name of a single kind.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Kinds::NULL => "null",
            Kinds::BOOLEAN => "boolean",
            Kinds::INTEGER => "integer",
            Kinds::DECIMAL => "number",
            Kinds::STRING => "string",
            Kinds::ARRAY => "array",
            _ => "object",
        }
    }

    /// The kinds a type name stands for, and what messages call it.
    pub(super) fn named(name: &str) -> (Kinds, &'static str) {
        match name {
            "object" => (Kinds::OBJECT, "object"),
            "array" => (Kinds::ARRAY, "array"),
            "string" => (Kinds::STRING, "string"),
            "number" => (Kinds::INTEGER.or(Kinds::DECIMAL), "number"),
            "integer" => (Kinds::INTEGER, "integer"),
            "boolean" => (Kinds::BOOLEAN, "boolean"),
            "any" => (Kinds::ALL, "any"),
            "null" => (Kinds::NULL, "null"),
            _ => (Kinds::NONE, "unknown"),
        }
    }
}

impl Default for Kinds {
    fn default() -> Kinds {
        Kinds::ALL
    }
}

/// An expression compiled at first use.
#[derive(Debug)]
pub(super) struct LazyRegex {
    pub(super) text: Box<str>,
    cell: OnceLock<Result<Pattern, Box<str>>>,
}

impl LazyRegex {
    pub(super) fn new(text: &str) -> LazyRegex {
        LazyRegex {
            text: text.into(),
            cell: OnceLock::new(),
        }
    }

    /// The expression, or what is wrong with it.
    pub(super) fn get(&self) -> Result<&Pattern, &str> {
        let made = self
            .cell
            .get_or_init(|| Pattern::new(&self.text).map_err(|e| e.to_string().into()));
        made.as_ref().map_err(|e| &**e)
    }

    /// Whether it matches somewhere; only asked once [`LazyRegex::get`] was seen to succeed.
    pub(super) fn find(&self, text: &str) -> bool {
        self.get().is_ok_and(|pattern| pattern.find(text))
    }
}

/// One keyword with all it needs.
#[derive(Debug)]
pub(super) enum Keyword {
    /// Declared properties in the order of the reference's hash map, and the names of the
    /// `required` beside it, whose errors surface at the first absent property.
    Properties {
        list: Box<Declared>,
        required: Option<Box<[Box<str>]>>,
    },
    Ref(NodeId),
    AdditionalProperties {
        declared: Box<Table<()>>,
        regexes: Box<[usize]>,
        rule: Additional,
    },
    AllOf(Box<[NodeId]>),
    AnyOf(Box<[AnyBranch]>),
    Dependencies(Box<Dependencies>),
    Enum(Box<Enum>),
    Format(Format),
    Items(Box<Items>),
    MaxItems(i32),
    MaxLength(i32),
    MaxProperties(i32),
    Maximum(Box<Limit>),
    MinItems(i32),
    MinLength(i32),
    MinProperties(i32),
    Minimum(Box<Limit>),
    /// The divisor; zero is no divisor.
    MultipleOf(f64),
    Not {
        node: NodeId,
        text: Span,
    },
    NotAllowed(Box<[Box<str>]>),
    OneOf {
        branches: Box<[NodeId]>,
        texts: Box<[Span]>,
    },
    /// Index of its expression.
    Pattern(usize),
    PatternProperties(Box<[(usize, NodeId)]>),
    ReadOnly(Box<[Box<str>]>),
    Required(Box<[Box<str>]>),
    Type {
        kinds: Kinds,
        name: &'static str,
    },
    /// `type` with an array, or the keyword `unionType`.
    Union {
        kinds: Kinds,
        /// Branches that are schemas instead of names.
        nodes: Box<[NodeId]>,
        text: Box<str>,
        code: Code,
    },
    UniqueItems,
}

/// What undeclared properties, or items behind a tuple, are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Additional {
    Allowed,
    Forbidden,
    Checked(NodeId),
}

/// What an object's entries are checked against, all in one pass.
#[derive(Debug)]
pub(super) struct ObjectRules {
    pub(super) names: Table<Entry>,
    /// Bits of all required names that got one.
    pub(super) required: u64,
    /// Required names for which no bit was left.
    pub(super) rest: Box<[Box<str>]>,
    /// The expressions of `patternProperties` and their schemas.
    pub(super) patterns: Box<[(usize, NodeId)]>,
    pub(super) additional: Additional,
}

/// What is known of a property's name.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    /// Its schema, if it is declared in `properties`.
    pub(super) node: Option<NodeId>,
    /// Its bit, if it is required.
    pub(super) required: u64,
}

/// A branch of `anyOf`.
#[derive(Debug)]
pub(super) struct AnyBranch {
    pub(super) node: NodeId,
    /// Set if the branch has a `type` that is a name: other kinds are told so without a look at
    /// the rest of the branch.
    pub(super) only: Option<Only>,
}

/// The `type` of an `anyOf` branch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Only {
    pub(super) kinds: Kinds,
    /// The schema around is `nullable`, which counts inside `oneOf` alone.
    pub(super) null_inside_one_of: bool,
    pub(super) name: &'static str,
}

/// `dependencies`.
#[derive(Debug)]
pub(super) struct Dependencies {
    pub(super) names: Table<Dependency>,
    /// All array forms, as a Java hash map prints itself.
    pub(super) text: Box<str>,
}

/// What one property of `dependencies` asks for.
#[derive(Debug)]
pub(super) enum Dependency {
    Names(Box<[Box<str>]>),
    Schema(NodeId),
}

/// `items`, with `additionalItems` for tuples.
#[derive(Debug)]
pub(super) enum Items {
    All(NodeId),
    Tuple {
        nodes: Box<[NodeId]>,
        more: Additional,
    },
}

/// `maximum` or `minimum`.
#[derive(Debug)]
pub(super) struct Limit {
    /// The number as written in the schema.
    pub(super) number: Box<str>,
    /// As messages print it.
    pub(super) text: Box<str>,
    pub(super) exclusive: bool,
    /// Its value, if it is an integer of 64 bits.
    pub(super) whole: Option<i64>,
    /// Whether the reference compares as a long, because `type` is `integer` and the limit fits.
    pub(super) long: bool,
}

/// `enum`.
#[derive(Debug, Default)]
pub(super) struct Enum {
    /// Null, true and false among the values.
    pub(super) null: bool,
    pub(super) yes: bool,
    pub(super) no: bool,
    /// Sorted.
    pub(super) strings: Box<[Box<str>]>,
    pub(super) numbers: Box<[Box<str>]>,
    /// Arrays and objects, as one array.
    pub(super) containers: Option<Doc>,
    /// As messages print it.
    pub(super) text: Box<str>,
}
