//! One run of a compiled schema over an instance.

use lexon::{Kind, Value};

use super::CompiledSchema;
use super::code::Code;
use super::node::{Additional, Items, Keyword, Kinds, Node, NodeId};
use super::number::{self, Class};
use super::sink::{At, Count, Failure, Flow, Sink, Stop};

/// Schemas entered inside each other. The reference runs out of stack somewhere near.
pub(super) const MAX_DEPTH: u32 = 1_200;

/// Schemas entered in one run; a bound for schemas whose branches multiply.
const MAX_STEPS: u32 = 20_000_000;

/// What overflows the reference's stack.
const TOO_DEEP: &str = "java.lang.StackOverflowError";

/// A run: what is checked, what was found, and the reference's flags (see [`super::one_of`]).
pub(super) struct Eval<'s, 'd, S> {
    pub(super) schema: &'s CompiledSchema,
    pub(super) root: Value<'d>,
    pub(super) sink: S,
    pub(super) complex: bool,
    pub(super) matched: bool,
    pub(super) depth: u32,
    pub(super) steps: u32,
}

/// A value and what the reference takes it for.
#[derive(Clone, Copy)]
pub(super) struct Instance<'d> {
    pub(super) value: Value<'d>,
    pub(super) kind: Kinds,
    /// The characters of a string, the text of a number.
    pub(super) text: &'d str,
    /// The value of an integer of 64 bits.
    pub(super) whole: Option<i64>,
}

impl<'d> Instance<'d> {
    #[inline]
    pub(super) fn new(value: Value<'d>) -> Instance<'d> {
        let (kind, text) = match value.kind() {
            Kind::Null => (Kinds::NULL, ""),
            Kind::Bool => (Kinds::BOOLEAN, ""),
            Kind::String => (Kinds::STRING, value.as_str().unwrap_or("")),
            Kind::Array => (Kinds::ARRAY, ""),
            Kind::Object => (Kinds::OBJECT, ""),
            Kind::Number => return Instance::number(value),
        };
        Instance {
            value,
            kind,
            text,
            whole: None,
        }
    }

    fn number(value: Value<'d>) -> Instance<'d> {
        let text = value.number_text().unwrap_or("");
        let kind = match number::class(text) {
            Class::Integer => Kinds::INTEGER,
            Class::Decimal | Class::NegativeZero => Kinds::DECIMAL,
            Class::Text => Kinds::STRING,
        };
        let whole = match kind {
            Kinds::INTEGER => text.parse().ok(),
            _ => None,
        };
        Instance {
            value,
            kind,
            text,
            whole,
        }
    }

    pub(super) fn is_number(&self) -> bool {
        Kinds::INTEGER.or(Kinds::DECIMAL).has(self.kind)
    }

    /// The characters of a string.
    pub(super) fn string(&self) -> Option<&'d str> {
        (self.kind == Kinds::STRING).then_some(self.text)
    }
}

impl<'s, 'd, S: Sink> Eval<'s, 'd, S> {
    pub(super) fn new(schema: &'s CompiledSchema, root: Value<'d>) -> Eval<'s, 'd, S> {
        Eval {
            schema,
            root,
            sink: S::default(),
            complex: false,
            matched: true,
            depth: 0,
            steps: 0,
        }
    }

    /// The same run, going on as a count.
    pub(super) fn counting(&self) -> Eval<'s, 'd, Count> {
        Eval {
            schema: self.schema,
            root: self.root,
            sink: Count::default(),
            complex: self.complex,
            matched: self.matched,
            depth: self.depth,
            steps: self.steps,
        }
    }

    /// What the reference does on first reaching a schema: it builds its keywords, or throws.
    #[inline]
    pub(super) fn enter(&self, id: NodeId) -> Result<&'s Node, Stop> {
        // ids come from the compiler, so there is always a node
        let Some(node) = self.schema.node(id) else {
            return Err(Stop::crash("no such schema"));
        };
        if let Some(why) = &node.broken {
            return Err(Stop::crash(why));
        }
        for regex in &node.regexes {
            regex.get().map_err(Stop::crash)?;
        }
        Ok(node)
    }

    /// Checks a value against a schema.
    pub(super) fn check(&mut self, id: NodeId, value: Value<'d>, at: &At<'_>) -> Flow {
        self.node(id, &Instance::new(value), at)
    }

    /// Checks an instance against a schema.
    pub(super) fn node(&mut self, id: NodeId, of: &Instance<'d>, at: &At<'_>) -> Flow {
        let node = self.enter(id)?;
        self.depth += 1;
        self.steps += 1;
        if self.depth > MAX_DEPTH || self.steps > MAX_STEPS {
            return Err(Stop::crash(TOO_DEEP));
        }
        if S::FIRST {
            if !node.kinds.has(of.kind) {
                return Err(Stop::Invalid);
            }
            if let Some(rules) = &node.object
                && of.kind == Kinds::OBJECT
            {
                self.object(node, rules, of, at)?;
            }
        }
        for keyword in &node.keywords {
            self.keyword(node, keyword, of, at)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn keyword(
        &mut self,
        node: &'s Node,
        keyword: &'s Keyword,
        of: &Instance<'d>,
        at: &At<'_>,
    ) -> Flow {
        match keyword {
            // done by `kinds` and `object`
            Keyword::Type { .. }
            | Keyword::Properties { .. }
            | Keyword::AdditionalProperties { .. }
            | Keyword::PatternProperties(_)
            | Keyword::Required(_)
                if S::FIRST =>
            {
                Ok(())
            }
            Keyword::Properties { list, required } => {
                self.properties(node, (list, required.as_deref()), of, at)
            }
            Keyword::AdditionalProperties {
                declared,
                regexes,
                rule,
            } => self.additional_properties(node, (declared, regexes, *rule), of, at),
            Keyword::PatternProperties(patterns) => self.pattern_properties(node, patterns, of, at),
            Keyword::Required(names) => self.required(node, names, of, at),
            Keyword::Dependencies(of_names) => self.dependencies(node, of_names, of, at),
            Keyword::Ref(target) => self.node(*target, of, at),
            Keyword::AllOf(branches) => {
                for branch in branches {
                    self.node(*branch, of, at)?;
                }
                Ok(())
            }
            Keyword::AnyOf(branches) => self.any_of(node, branches, of, at),
            Keyword::OneOf { branches, texts } => self.one_of(node, (branches, texts), of, at),
            Keyword::Not { node: inner, text } => self.not(node, (*inner, *text), of, at),
            Keyword::Items(items) => self.items(node, items, of, at),
            Keyword::ReadOnly(names) => self.read_only(node, names, of, at),
            Keyword::Union { nodes, .. } if !nodes.is_empty() => self.union(node, keyword, of, at),
            other => self.scalar(node, other, of, at),
        }
    }

    #[inline(never)]
    fn items(&mut self, node: &'s Node, items: &'s Items, of: &Instance<'d>, at: &At<'_>) -> Flow {
        for (index, item) in of.value.items().enumerate() {
            let inner = match items {
                Items::All(inner) => *inner,
                Items::Tuple { nodes, more } => match (nodes.get(index), more) {
                    (Some(inner), _) | (None, Additional::Checked(inner)) => *inner,
                    (None, Additional::Allowed) => break,
                    (None, Additional::Forbidden) => {
                        self.fail(node, Code::Items, at, || vec![index.to_string()])?;
                        continue;
                    }
                },
            };
            self.check(inner, item, &At::Index(at, index))?;
        }
        Ok(())
    }

    /// A union with schemas among its names, which only schemas that escape linting have.
    #[inline(never)]
    fn union(
        &mut self,
        node: &'s Node,
        keyword: &'s Keyword,
        of: &Instance<'d>,
        at: &At<'_>,
    ) -> Flow {
        let Keyword::Union {
            kinds,
            nodes,
            text,
            code,
        } = keyword
        else {
            return Ok(());
        };
        if kinds.has(of.kind) {
            return Ok(());
        }
        for branch in nodes {
            let mut inner = self.counting();
            inner.node(*branch, of, at)?;
            (self.complex, self.matched, self.steps) = (inner.complex, inner.matched, inner.steps);
            if inner.sink.count() == 0 {
                return Ok(());
            }
        }
        self.fail(node, *code, at, || {
            vec![of.kind.name().to_owned(), text.to_string()]
        })
    }

    /// Hands a failure to the sink, which words it only if it keeps words.
    #[inline]
    pub(super) fn fail(
        &mut self,
        node: &Node,
        code: Code,
        at: &At<'_>,
        targets: impl FnOnce() -> Vec<String>,
    ) -> Flow {
        self.sink.fail(|| Failure::new(node, code, at, targets()))
    }
}
