//! What a path finds in a document, in the order of the document.

use lexon::{Kind, Value};

use super::{Filter, JsonPath, Operand, Operator, Step};

/// What conditions take numbers with a fraction for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decimals {
    /// A text: so it is in the JSON of events.
    Text,
    /// Something equal to no other: so it is in answers of services.
    Alone,
}

impl JsonPath {
    /// All values that the path leads to.
    pub fn find<'d>(&self, root: Value<'d>, decimals: Decimals) -> Vec<Value<'d>> {
        let mut found = Vec::new();
        Walk { root, decimals }.follow(root, &self.steps, &mut |value| {
            found.push(value);
            true
        });
        found
    }
}

struct Walk<'d> {
    root: Value<'d>,
    decimals: Decimals,
}

/// Takes a value and says whether to go on.
type Visit<'v, 'd> = dyn FnMut(Value<'d>) -> bool + 'v;

impl<'d> Walk<'d> {
    /// Visits what the steps lead to; false when the visitor wants no more.
    fn follow(&self, node: Value<'d>, steps: &[Step], visit: &mut Visit<'_, 'd>) -> bool {
        let Some((step, rest)) = steps.split_first() else {
            return visit(node);
        };
        self.step(node, step, &mut |value| self.follow(value, rest, visit))
    }

    fn step(&self, node: Value<'d>, step: &Step, visit: &mut Visit<'_, 'd>) -> bool {
        match step {
            Step::Root => visit(self.root),
            Step::Current => visit(node),
            Step::Field(name) => node.get(name).is_none_or(visit),
            Step::Fields(names) => names.iter().filter_map(|name| node.get(name)).all(visit),
            Step::AnyField => node.entries().all(|(_, value)| visit(value)),
            Step::RecursiveField(name) => self.named(node, name, visit),
            Step::RecursiveAny => below(node, &mut |value, _| visit(value)),
            Step::RecursiveFilter(filter) => below(node, &mut |value, kind| {
                // arrays are not looked at themselves, but what is in them is
                let counts = kind != Kind::Array && !(kind == Kind::Object && value.is_empty());
                !counts || self.filtered(value, filter, visit)
            }),
            Step::Filter(filter) => self.filtered(node, filter, visit),
            Step::Items(items) => items
                .iter()
                .filter_map(|index| item(node, *index))
                .all(visit),
            Step::Slice(None, None, 1) => node.items().all(visit),
            Step::Slice(start, stop, step) => {
                slice(node, *start, *stop, *step).into_iter().all(visit)
            }
        }
    }

    /// The members of that name that are not inside another one.
    fn named(&self, node: Value<'d>, name: &str, visit: &mut Visit<'_, 'd>) -> bool {
        let mut open = vec![(None, node)];
        while let Some((key, node)) = open.pop() {
            if key == Some(true) {
                if !visit(node) {
                    return false;
                }
                continue;
            }
            let start = open.len();
            match node.kind() {
                Kind::Object => open.extend(
                    node.entries()
                        .map(|(key, value)| (Some(key == name), value)),
                ),
                Kind::Array => open.extend(node.items().map(|value| (None, value))),
                _ => {}
            }
            if let Some(added) = open.get_mut(start..) {
                added.reverse();
            }
        }
        true
    }

    fn filtered(&self, node: Value<'d>, filter: &Filter, visit: &mut Visit<'_, 'd>) -> bool {
        match node.kind() {
            Kind::Array => node
                .items()
                .filter(|item| self.holds(*item, filter))
                .all(visit),
            Kind::Object => !self.holds(node, filter) || visit(node),
            _ => true,
        }
    }

    fn holds(&self, node: Value<'d>, filter: &Filter) -> bool {
        match filter {
            Filter::Has(path) => self.first(node, path).is_some(),
            Filter::And(left, right) => self.holds(node, left) && self.holds(node, right),
            Filter::Or(left, right) => self.holds(node, left) || self.holds(node, right),
            Filter::Compare(left, operator, right) => {
                match (self.operand(node, left), self.operand(node, right)) {
                    (Some(left), Some(right)) => compare(&left, *operator, &right),
                    _ => false,
                }
            }
        }
    }

    fn first(&self, node: Value<'d>, path: &[Step]) -> Option<Value<'d>> {
        let mut first = None;
        self.follow(node, path, &mut |value| {
            first = Some(value);
            false
        });
        first
    }

    fn operand<'o>(&self, node: Value<'d>, operand: &'o Operand) -> Option<Scalar<'o>>
    where
        'd: 'o,
    {
        Some(match operand {
            Operand::Path(path) => self.scalar(self.first(node, path)?),
            Operand::Null => Scalar::Null,
            Operand::Bool(value) => Scalar::Bool(*value),
            Operand::Long(value) => Scalar::Long(*value),
            Operand::Double(value) => Scalar::Double(*value),
            Operand::Text(text) => Scalar::Text(text),
        })
    }

    fn scalar(&self, value: Value<'d>) -> Scalar<'d> {
        match value.kind() {
            Kind::Null => Scalar::Null,
            Kind::Bool => Scalar::Bool(value.as_bool().unwrap_or_default()),
            Kind::String => Scalar::Text(value.as_str().unwrap_or_default()),
            Kind::Number => match (value.as_i64(), self.decimals) {
                (Some(number), _) => Scalar::Long(number),
                (None, Decimals::Text) => Scalar::Text(value.number_text().unwrap_or_default()),
                (None, Decimals::Alone) => Scalar::Other,
            },
            Kind::Array | Kind::Object => Scalar::Other,
        }
    }
}

/// Visits a value and all below it, outer ones first; false when the visitor wants no more.
fn below<'d>(node: Value<'d>, visit: &mut dyn FnMut(Value<'d>, Kind) -> bool) -> bool {
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        let kind = node.kind();
        if !visit(node, kind) {
            return false;
        }
        let start = open.len();
        match kind {
            Kind::Object => open.extend(node.entries().map(|(_, value)| value)),
            Kind::Array => open.extend(node.items()),
            _ => {}
        }
        if let Some(added) = open.get_mut(start..) {
            added.reverse();
        }
    }
    true
}

fn item(node: Value<'_>, index: i32) -> Option<Value<'_>> {
    if node.kind() != Kind::Array {
        return None;
    }
    let index = i64::from(index);
    let from_start = if index < 0 {
        index + node.len() as i64
    } else {
        index
    };
    node.items().nth(usize::try_from(from_start).ok()?)
}

/// Part of an array; with a negative step it is read from its end, and places count from there.
fn slice<'d>(node: Value<'d>, start: Option<i32>, stop: Option<i32>, step: i32) -> Vec<Value<'d>> {
    if node.kind() != Kind::Array {
        return Vec::new();
    }
    let size = node.len() as i64;
    let place = |x: i32| {
        let x = i64::from(x);
        let x = if step >= 0 { x } else { -1 - x };
        let x = if x >= 0 { x } else { size + x };
        usize::try_from(x).unwrap_or(0)
    };
    let first = start.map_or(0, place);
    let last = stop.map_or(node.len(), place);
    let mut items: Vec<Value<'d>> = node.items().collect();
    if step < 0 {
        items.reverse();
    }
    items.truncate(last);
    let every = usize::try_from(step.unsigned_abs()).unwrap_or(1).max(1);
    items.into_iter().skip(first).step_by(every).collect()
}

enum Scalar<'s> {
    Null,
    Bool(bool),
    Long(i64),
    Double(f64),
    Text(&'s str),
    Other,
}

fn compare(left: &Scalar<'_>, operator: Operator, right: &Scalar<'_>) -> bool {
    use std::cmp::Ordering;
    let order = match (left, right) {
        (Scalar::Null, Scalar::Null) => {
            return operator == Operator::Equal;
        }
        (Scalar::Bool(a), Scalar::Bool(b)) => Some(a.cmp(b)),
        (Scalar::Text(a), Scalar::Text(b)) => Some(jvm::text::cmp_utf16(a, b)),
        (Scalar::Long(a), Scalar::Long(b)) => Some(a.cmp(b)),
        (Scalar::Long(a), Scalar::Double(b)) => (*a as f64).partial_cmp(b),
        (Scalar::Double(a), Scalar::Long(b)) => a.partial_cmp(&(*b as f64)),
        (Scalar::Double(a), Scalar::Double(b)) => a.partial_cmp(b),
        _ => None,
    };
    match operator {
        Operator::Equal => order == Some(Ordering::Equal),
        Operator::NotEqual => order != Some(Ordering::Equal),
        Operator::Less => order == Some(Ordering::Less),
        Operator::LessOrEqual => order.is_some_and(Ordering::is_le),
        Operator::Greater => order == Some(Ordering::Greater),
        Operator::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
    }
}
