//! Building one keyword of a schema from its value and its siblings.

use jvm::smap::hash_map_order;
use lexon::{Doc, Kind, Value};

use super::code::Code;
use super::compile::{Broken, Compiler};
use super::formats::Format;
use super::node::{
    Additional, AnyBranch, Dependencies, Dependency, Enum, Items, Keyword, Kinds, LazyRegex, Limit,
    NodeId, Only, Span,
};
use super::number::{self, Class};
use super::refs::Base;
use super::table::Table;
use super::text::{self, Printed, in_map_order};

/// A schema object whose keywords are being built.
pub(super) struct Siblings<'c, 's> {
    pub(super) compiler: &'c mut Compiler<'s>,
    pub(super) value: Value<'s>,
    pub(super) parent: Option<Value<'s>>,
    pub(super) base: Base,
    pub(super) path: String,
    pub(super) regexes: &'c mut Vec<LazyRegex>,
}

impl<'s> Siblings<'_, 's> {
    /// The keyword `name` with the value `of`; nothing if it never fails.
    ///
    /// # Errors
    /// What the reference throws on building it.
    pub(super) fn build(&mut self, name: &str, of: Value<'s>) -> Result<Option<Keyword>, Broken> {
        let int = |default: i32| of.number_text().and_then(number::as_int).unwrap_or(default);
        Ok(Some(match name {
            "properties" => self.properties(of)?,
            "$ref" => {
                let (value, base) = (self.value, self.base);
                Keyword::Ref(self.compiler.reference(
                    value,
                    &self.path,
                    base,
                    &text::as_text(of),
                )?)
            }
            "additionalProperties" => self.additional_properties(of)?,
            "allOf" => Keyword::AllOf(self.branches("allOf", of)?.into()),
            "anyOf" => self.any_of(of)?,
            "oneOf" => self.one_of(of)?,
            "not" => Keyword::Not {
                node: self.child("not".into(), of)?,
                text: self.span(of),
            },
            "dependencies" => self.dependencies(of)?,
            "enum" => Keyword::Enum(Box::new(self.enumeration(of))),
            "format" => match of.as_str().and_then(Format::named) {
                Some(format) => Keyword::Format(format),
                None => return Ok(None),
            },
            "items" => self.items(of)?,
            "maxItems" => Keyword::MaxItems(int(0)),
            "maxLength" => Keyword::MaxLength(int(i32::MAX)),
            "maxProperties" => Keyword::MaxProperties(int(0)),
            "minItems" => Keyword::MinItems(int(0)),
            "minLength" => Keyword::MinLength(int(i32::MIN)),
            "minProperties" => Keyword::MinProperties(int(0)),
            "maximum" => Keyword::Maximum(Box::new(self.limit(name, of, "exclusiveMaximum")?)),
            "minimum" => Keyword::Minimum(Box::new(self.limit(name, of, "exclusiveMinimum")?)),
            "multipleOf" => match of
                .number_text()
                .filter(|text| number::class(text) != Class::Text)
            {
                Some(text) => Keyword::MultipleOf(text.parse().unwrap_or(0.0)),
                None => return Ok(None),
            },
            "notAllowed" => Keyword::NotAllowed(texts(of)),
            "readOnly" => Keyword::ReadOnly(texts(of)),
            "required" => Keyword::Required(texts(of)),
            "pattern" => match of.as_str() {
                Some(text) => Keyword::Pattern(self.regex(text)),
                None => return Ok(None),
            },
            "patternProperties" => self.pattern_properties(of)?,
            "type" => self.type_(of)?,
            "unionType" if of.kind() != Kind::Array => {
                return Err("Expected array for type property on Union Type Definition.".into());
            }
            "unionType" => self.union(of, Code::UnionTypeKeyword)?,
            "uniqueItems" if of.as_bool() == Some(true) => Keyword::UniqueItems,
            "uniqueItems" => return Ok(None),
            _ => {
                let why = "java.lang.UnsupportedOperationException: No suitable validator for";
                return Err(format!("{why} {name}").into());
            }
        }))
    }

    fn child(&mut self, path: String, value: Value<'s>) -> Result<NodeId, Broken> {
        let (parent, base) = (self.value, self.base);
        self.compiler.schema(value, path, Some(parent), base)
    }

    fn regex(&mut self, text: &str) -> usize {
        if let Some(known) = self.regexes.iter().position(|regex| *regex.text == *text) {
            return known;
        }
        self.regexes.push(LazyRegex::new(text));
        self.regexes.len() - 1
    }

    fn span(&mut self, value: Value<'s>) -> Span {
        let root = self.compiler.root;
        let printed = self
            .compiler
            .printed
            .get_or_insert_with(|| Printed::new(root));
        printed.span(value)
    }

    fn properties(&mut self, of: Value<'s>) -> Result<Keyword, Broken> {
        let declared = in_map_order(of);
        let names: Vec<&str> = declared.iter().map(|(name, _)| *name).collect();
        let mut list = Vec::with_capacity(declared.len());
        for position in hash_map_order(&names) {
            if let Some((name, value)) = declared.get(position) {
                let node = self.child(format!("{}/properties/{name}", self.path), *value)?;
                list.push((Box::from(*name), node));
            }
        }
        Ok(Keyword::Properties {
            list: list.into(),
            required: self.value.get("required").map(texts),
        })
    }

    fn additional_properties(&mut self, of: Value<'s>) -> Result<Keyword, Broken> {
        let rule = match (of.kind(), of.as_bool()) {
            (_, Some(true)) => Additional::Allowed,
            (Kind::Object, _) => {
                Additional::Checked(self.child("additionalProperties".into(), of)?)
            }
            _ => Additional::Forbidden,
        };
        let names = |key| self.value.get(key).into_iter().flat_map(Value::entries);
        let declared = names("properties")
            .map(|(name, _)| (name.into(), ()))
            .collect();
        let patterns: Vec<&str> = names("patternProperties").map(|(name, _)| name).collect();
        Ok(Keyword::AdditionalProperties {
            declared: Box::new(Table::new(declared)),
            regexes: patterns.into_iter().map(|text| self.regex(text)).collect(),
            rule,
        })
    }

    fn pattern_properties(&mut self, of: Value<'s>) -> Result<Keyword, Broken> {
        if of.kind() != Kind::Object {
            return Err("patternProperties must be an object node".into());
        }
        let mut patterns = Vec::new();
        for (name, value) in in_map_order(of) {
            patterns.push((self.regex(name), self.child(name.to_owned(), value)?));
        }
        Ok(Keyword::PatternProperties(patterns.into()))
    }

    /// The children of `allOf` and its like.
    fn branches(&mut self, name: &str, of: Value<'s>) -> Result<Vec<NodeId>, Broken> {
        if of.kind() == Kind::Object && !of.is_empty() {
            return Err("java.lang.NullPointerException".into());
        }
        of.items()
            .map(|value| self.child(name.to_owned(), value))
            .collect()
    }

    fn any_of(&mut self, of: Value<'s>) -> Result<Keyword, Broken> {
        let nodes = self.branches("anyOf", of)?;
        let around = is_nullable(self.value);
        let branch = |(node, value): (NodeId, Value<'s>)| AnyBranch {
            node,
            only: value
                .get("type")
                .filter(|of| of.kind() != Kind::Array)
                .map(|of| {
                    let (kinds, name) = Kinds::named(of.as_str().unwrap_or(""));
                    Only {
                        kinds: widened(
                            kinds,
                            is_nullable(value),
                            is_object_enum(value, Some(self.value)),
                        ),
                        null_inside_one_of: around,
                        name,
                    }
                }),
        };
        Ok(Keyword::AnyOf(
            nodes.into_iter().zip(of.items()).map(branch).collect(),
        ))
    }

    fn one_of(&mut self, of: Value<'s>) -> Result<Keyword, Broken> {
        // the reference resolves the branches' references for this schema, not for the branches
        for value in of.items() {
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                let (holder, base) = (self.value, self.base);
                self.compiler
                    .reference(holder, &self.path, base, reference)?;
            }
        }
        Ok(Keyword::OneOf {
            branches: self.branches("oneOf", of)?.into(),
            texts: of.items().map(|value| self.span(value)).collect(),
        })
    }

    fn dependencies(&mut self, of: Value<'s>) -> Result<Keyword, Broken> {
        let mut names: Vec<(Box<str>, Dependency)> = Vec::new();
        let mut printed: Vec<(&str, String)> = Vec::new();
        for (name, value) in in_map_order(of) {
            let dependency = match value.kind() {
                Kind::Array => {
                    let wanted = texts(value);
                    printed.push((name, format!("{name}=[{}]", wanted.join(", "))));
                    Dependency::Names(wanted)
                }
                Kind::Object | Kind::Bool => {
                    Dependency::Schema(self.child(name.to_owned(), value)?)
                }
                _ => continue,
            };
            names.push((name.into(), dependency));
        }
        let keys: Vec<&str> = printed.iter().map(|(name, _)| *name).collect();
        let ordered: Vec<&str> = hash_map_order(&keys)
            .into_iter()
            .filter_map(|position| printed.get(position))
            .map(|(_, text)| text.as_str())
            .collect();
        Ok(Keyword::Dependencies(Box::new(Dependencies {
            names: Table::new(names),
            text: format!("{{{}}}", ordered.join(", ")).into(),
        })))
    }

    fn enumeration(&self, of: Value<'s>) -> Enum {
        if of.kind() != Kind::Array {
            return Enum {
                text: "[none]".into(),
                ..Enum::default()
            };
        }
        let mut values = Enum::default();
        let (mut strings, mut numbers, mut containers) = (Vec::new(), Vec::new(), Vec::new());
        let mut shown: Vec<String> = Vec::new();
        for value in of.items() {
            shown.push(text::as_text(value));
            match (value.kind(), super::equal::text(value)) {
                (_, Some(text)) => strings.push(Box::from(text)),
                (Kind::Number, _) => numbers.push(Box::from(value.number_text().unwrap_or("0"))),
                (Kind::Null, _) => values.null = true,
                (Kind::Bool, _) if value.as_bool() == Some(true) => values.yes = true,
                (Kind::Bool, _) => values.no = true,
                _ => containers.push(value.to_json()),
            }
        }
        let mut text = format!("[{}", shown.join(", "));
        if is_nullable(self.value) {
            values.null = true;
            text.push_str(", null");
        }
        text.push(']');
        strings.sort_unstable();
        values.strings = strings.into();
        values.numbers = numbers.into();
        values.text = text.into();
        if !containers.is_empty() {
            values.containers = Doc::parse_owned(format!("[{}]", containers.join(","))).ok();
        }
        values
    }

    fn items(&mut self, of: Value<'s>) -> Result<Keyword, Broken> {
        let path = format!("{}/items", self.path);
        if matches!(of.kind(), Kind::Object | Kind::Bool) {
            return Ok(Keyword::Items(Box::new(Items::All(self.child(path, of)?))));
        }
        let nodes: Result<Vec<NodeId>, Broken> = of
            .items()
            .map(|value| self.child(path.clone(), value))
            .collect();
        let nodes = nodes?.into();
        let more = match self.value.get("additionalItems") {
            Some(more) if more.as_bool() == Some(false) => Additional::Forbidden,
            Some(more) if more.kind() == Kind::Object => {
                Additional::Checked(self.child("#".into(), more)?)
            }
            _ => Additional::Allowed,
        };
        Ok(Keyword::Items(Box::new(Items::Tuple { nodes, more })))
    }

    fn limit(&self, name: &str, of: Value<'s>, exclusive: &str) -> Result<Limit, Broken> {
        let number = of
            .number_text()
            .filter(|text| number::class(text) != Class::Text);
        let number = number.ok_or_else(|| Broken::from(format!("{name} value is not a number")))?;
        let integer = self.value.get("type").and_then(Value::as_str) == Some("integer");
        let is_integer = number::class(number) == Class::Integer;
        let whole = number.parse::<i64>().ok().filter(|_| is_integer);
        Ok(Limit {
            number: number.into(),
            text: number::as_text(number).into(),
            exclusive: self.value.get(exclusive).and_then(Value::as_bool) == Some(true),
            whole,
            long: integer && whole.is_some(),
        })
    }

    fn type_(&mut self, of: Value<'s>) -> Result<Keyword, Broken> {
        if of.kind() == Kind::Array {
            return self.union(of, Code::UnionType);
        }
        let (kinds, name) = Kinds::named(of.as_str().unwrap_or(""));
        let kinds = widened(
            kinds,
            self.takes_null(),
            is_object_enum(self.value, self.parent),
        );
        Ok(Keyword::Type { kinds, name })
    }

    /// Null passes if the schema or the one around it is `nullable`.
    fn takes_null(&self) -> bool {
        is_nullable(self.value) || self.parent.is_some_and(is_nullable)
    }

    fn union(&mut self, of: Value<'s>, code: Code) -> Result<Keyword, Broken> {
        let mut shown = Vec::new();
        let mut kinds = Kinds::NONE;
        let mut nodes = Vec::new();
        for value in of.items() {
            let (own, name) = match value.kind() {
                Kind::Array => match self.union(value, code)? {
                    Keyword::Union {
                        kinds,
                        nodes: inner,
                        ..
                    } => {
                        nodes.extend(inner);
                        (kinds, "union")
                    }
                    _ => (Kinds::NONE, "union"),
                },
                _ => {
                    let (kinds, name) = Kinds::named(value.as_str().unwrap_or(""));
                    let object_enum = is_object_enum(self.value, self.parent);
                    (widened(kinds, self.takes_null(), object_enum), name)
                }
            };
            shown.push(name);
            if value.kind() == Kind::Object {
                nodes.push(self.child("type".into(), value)?);
            } else {
                kinds = kinds.or(own);
            }
        }
        Ok(Keyword::Union {
            kinds,
            nodes: nodes.into(),
            text: format!("[{}]", shown.join(", ")).into(),
            code,
        })
    }
}

/// The elements of an array as texts; nothing for any other value.
fn texts(of: Value<'_>) -> Box<[Box<str>]> {
    of.items()
        .map(|value| text::as_text(value).into())
        .collect()
}

fn is_nullable(schema: Value<'_>) -> bool {
    schema.get("nullable").is_some_and(text::as_bool)
}

/// The kinds a type name lets pass, with two indulgences of the reference.
fn widened(kinds: Kinds, null: bool, object_enum: bool) -> Kinds {
    match (null, object_enum) {
        (_, true) => Kinds::ALL,
        (true, _) => kinds.or(Kinds::NULL),
        _ => kinds,
    }
}

/// A schema of `type: object` with an `enum`, built for a schema with `$ref`: its type is not
/// checked.
fn is_object_enum(schema: Value<'_>, parent: Option<Value<'_>>) -> bool {
    parent.is_some_and(|parent| parent.get("$ref").is_some())
        && schema.get("type").and_then(Value::as_str) == Some("object")
        && schema
            .get("enum")
            .is_some_and(|of| of.kind() == Kind::Array)
}
