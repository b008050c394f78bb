//! The keywords that look into objects: one pass for a verdict, the reference's passes for
//! messages.

use lexon::Value;

use super::code::Code;
use super::equal;
use super::eval::{Eval, Instance};
use super::node::{
    Additional, Declared, Dependencies, Dependency, Kinds, Node, NodeId, ObjectRules,
};
use super::sink::{At, Flow, Sink, Stop};
use super::table::Table;
use super::text::in_map_order;

/// Names with this first character are never undeclared.
const CONTEXT: char = '#';

impl<'s, 'd, S: Sink> Eval<'s, 'd, S> {
    /// `properties`, `patternProperties`, `additionalProperties` and `required` in one pass over
    /// the instance; only for runs that end at the first failure.
    #[inline(never)]
    pub(super) fn object(
        &mut self,
        node: &'s Node,
        rules: &'s ObjectRules,
        of: &Instance<'d>,
        at: &At<'_>,
    ) -> Flow {
        let mut seen = 0;
        for (name, value) in of.value.entries() {
            let entry = rules.names.get(name).copied().unwrap_or_default();
            seen |= entry.required;
            if !rules.patterns.is_empty() {
                self.with_patterns(node, rules, (name, value, entry.node), at)?;
                continue;
            }
            let inner = match (entry.node, rules.additional) {
                (Some(inner), _) => inner,
                (None, Additional::Allowed) => continue,
                (None, _) if name.starts_with(CONTEXT) => continue,
                (None, Additional::Forbidden) => return Err(Stop::Invalid),
                (None, Additional::Checked(inner)) => inner,
            };
            let quick = self.schema.node(inner).and_then(|node| node.quick.as_ref());
            if !quick.is_some_and(|quick| quick.passes(value)) {
                self.check(inner, value, &At::Key(at, name))?;
            }
        }
        if seen != rules.required || rules.rest.iter().any(|name| of.value.get(name).is_none()) {
            return Err(Stop::Invalid);
        }
        Ok(())
    }

    #[inline(never)]
    fn with_patterns(
        &mut self,
        node: &'s Node,
        rules: &'s ObjectRules,
        (name, value, declared): (&'d str, Value<'d>, Option<NodeId>),
        at: &At<'_>,
    ) -> Flow {
        let at = At::Key(at, name);
        let mut known = name.starts_with(CONTEXT);
        if let Some(inner) = declared {
            self.check(inner, value, &at)?;
            known = true;
        }
        for (regex, inner) in &rules.patterns {
            if node.regexes.get(*regex).is_some_and(|r| r.find(name)) {
                self.check(*inner, value, &at)?;
                known = true;
            }
        }
        match rules.additional {
            Additional::Forbidden if !known => Err(Stop::Invalid),
            Additional::Checked(inner) if !known => self.check(inner, value, &at),
            _ => Ok(()),
        }
    }

    /// `properties`, in the order of the reference's hash map. Errors of `required` surface at
    /// the first absent property; under `complex` they take all others along (see
    /// [`super::one_of`]).
    #[inline(never)]
    pub(super) fn properties(
        &mut self,
        node: &'s Node,
        (list, required): (&'s Declared, Option<&'s [Box<str>]>),
        of: &Instance<'d>,
        at: &At<'_>,
    ) -> Flow {
        let before = self.sink.count();
        let lacks = |names: &[Box<str>]| names.iter().any(|name| of.value.get(name).is_none());
        let mut required = required.filter(|names| of.kind == Kinds::OBJECT && lacks(names));
        for (name, inner) in list {
            let Some(value) = of.value.get(name) else {
                if let Some(names) = required.take() {
                    if self.complex {
                        self.matched = false;
                        self.sink.rewind(before);
                        return Ok(());
                    }
                    self.required(node, names, of, at)?;
                }
                continue;
            };
            let complex = std::mem::replace(&mut self.complex, false);
            self.matched |= complex;
            self.check(*inner, value, &At::Key(at, name))?;
            self.complex = complex;
            self.matched |= complex;
        }
        Ok(())
    }

    pub(super) fn required(
        &mut self,
        node: &'s Node,
        names: &'s [Box<str>],
        of: &Instance<'d>,
        at: &At<'_>,
    ) -> Flow {
        if of.kind != Kinds::OBJECT {
            return Ok(());
        }
        for name in names {
            if of.value.get(name).is_none() {
                self.fail(node, Code::Required, at, || vec![name.to_string()])?;
            }
        }
        Ok(())
    }

    #[inline(never)]
    pub(super) fn additional_properties(
        &mut self,
        node: &'s Node,
        (declared, regexes, rule): (&'s Table<()>, &'s [usize], Additional),
        of: &Instance<'d>,
        at: &At<'_>,
    ) -> Flow {
        let patterned = |name: &str| {
            let matches = |regex: &usize| node.regexes.get(*regex).is_some_and(|r| r.find(name));
            regexes.iter().any(matches)
        };
        for (name, value) in in_map_order(of.value) {
            if name.starts_with(CONTEXT) || declared.get(name).is_some() || patterned(name) {
                continue;
            }
            match rule {
                Additional::Allowed => {}
                Additional::Forbidden => {
                    let targets = || vec![name.to_owned()];
                    self.fail(node, Code::AdditionalProperties, at, targets)?;
                }
                Additional::Checked(inner) => self.check(inner, value, &At::Key(at, name))?,
            }
        }
        Ok(())
    }

    /// Patterns in the order of the schema; the reference's order is that of memory addresses.
    #[inline(never)]
    pub(super) fn pattern_properties(
        &mut self,
        node: &'s Node,
        patterns: &'s [(usize, NodeId)],
        of: &Instance<'d>,
        at: &At<'_>,
    ) -> Flow {
        for (name, value) in in_map_order(of.value) {
            for (regex, inner) in patterns {
                if node.regexes.get(*regex).is_some_and(|r| r.find(name)) {
                    self.check(*inner, value, &At::Key(at, name))?;
                }
            }
        }
        Ok(())
    }

    #[inline(never)]
    pub(super) fn dependencies(
        &mut self,
        node: &'s Node,
        dependencies: &'s Dependencies,
        of: &Instance<'d>,
        at: &At<'_>,
    ) -> Flow {
        let lacks = |names: &[Box<str>]| names.iter().any(|name| of.value.get(name).is_none());
        for (name, _) in in_map_order(of.value) {
            match dependencies.names.get(name) {
                Some(Dependency::Names(names)) if lacks(names) => {
                    let targets = || vec![dependencies.text.to_string()];
                    self.fail(node, Code::Dependencies, at, targets)?;
                }
                Some(Dependency::Schema(inner)) => self.node(*inner, of, at)?,
                Some(Dependency::Names(_)) | None => {}
            }
        }
        Ok(())
    }

    /// `readOnly` with names compares with a copy of the instance that is looked for under
    /// `#original` in the instance itself, so it fails but for such a copy.
    #[inline(never)]
    pub(super) fn read_only(
        &mut self,
        node: &'s Node,
        names: &'s [Box<str>],
        of: &Instance<'d>,
        at: &At<'_>,
    ) -> Flow {
        if names.is_empty() {
            return Ok(());
        }
        let Some(original) = self.root.get("#original") else {
            return self.fail(node, Code::ReadOnly, at, Vec::new);
        };
        if S::FIRST {
            return Err(Stop::NeedsReport);
        }
        let path = at.text();
        for name in names {
            // the reference cuts off two characters, which need not be a dollar and a dot
            let way = match path.as_str() {
                "$" => name.to_string(),
                path => format!("{}.{name}", path.get(2..).unwrap_or("")),
            };
            let old = follow(original, &way)?;
            let new = of.value.get(name);
            if !old
                .zip(new)
                .is_some_and(|(old, new)| equal::equal(old, new))
            {
                self.fail(node, Code::ReadOnly, at, Vec::new)?;
            }
        }
        Ok(())
    }
}

/// Follows a dotted way with array indexes down from a value; throws where the reference does.
fn follow<'d>(from: Value<'d>, way: &str) -> Result<Option<Value<'d>>, Stop> {
    let mut at = from;
    for part in jvm::text::java_split_char(way, &['.']) {
        let next = match part.split_once('[') {
            None => at.get(part),
            Some((key, rest)) => {
                let index = rest.split_once(']').map_or(rest, |(index, _)| index);
                let index: i32 = jvm::text::java_trim(index)
                    .parse()
                    .map_err(|_| Stop::crash("java.lang.NumberFormatException"))?;
                let inner = at
                    .get(jvm::text::java_trim(key))
                    .ok_or_else(|| Stop::crash("java.lang.NullPointerException"))?;
                let index = usize::try_from(index).ok();
                index.and_then(|index| inner.items().nth(index))
            }
        };
        match next {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}
