//! How conditions of paths compare values, as Jayway JsonPath 2.7.0 does.

use jvm::number::BigDecimal;

/// A value that conditions compare.
#[derive(Debug, Clone)]
pub enum Val {
    /// `null`, also of a path that leads nowhere.
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(BigDecimal),
    /// A text.
    Text(String),
    /// An array of the condition itself.
    List(Vec<Val>),
    /// An array or object that a path leads to, or an object of the condition. The library loses
    /// sight of what is in it.
    Json,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    SameKind,
    NotSameKind,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    In,
    NotIn,
    Contains,
    Size,
    Empty,
    SubsetOf,
    AnyOf,
    NoneOf,
}

impl Val {
    /// Whether two values are equal; a number equals a text that is the same number.
    pub fn equals(&self, other: &Val) -> bool {
        match (self, other) {
            (Val::Null, Val::Null) => true,
            (Val::Bool(a), Val::Bool(b)) => a == b,
            (Val::Number(a), Val::Number(b)) => a == b,
            // On the left the number decides, on the right the text.
            (Val::Number(a), Val::Text(b)) => BigDecimal::parse(b).is_ok_and(|b| *a == b),
            (Val::Text(a), Val::Number(b)) => *a == b.to_string(),
            (Val::Text(a), Val::Text(b)) => a == b,
            (Val::Json, Val::Json) => true,
            _ => false,
        }
    }
}

impl Operator {
    /// Whether the values compare so; none where the library gives the whole condition up.
    /// Patterns are not compared here.
    pub fn holds(self, left: &Val, right: &Val) -> Option<bool> {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let order = || match (left, right) {
            (Val::Number(a), Val::Number(b)) => Some(a.cmp(b)),
            (Val::Text(a), Val::Text(b)) => Some(jvm::text::cmp_utf16(a, b)),
            _ => None,
        };
        let kind = |value: &Val| match value {
            Val::List(_) => std::mem::discriminant(&Val::Json),
            value => std::mem::discriminant(value),
        };
        let same = || kind(left) == kind(right) && left.equals(right);
        Some(match self {
            Operator::Equal => left.equals(right),
            Operator::NotEqual => !left.equals(right),
            Operator::SameKind => same(),
            Operator::NotSameKind => !same(),
            Operator::Less => order() == Some(Less),
            Operator::LessOrEqual => matches!(order(), Some(Less | Equal)),
            Operator::Greater => order() == Some(Greater),
            Operator::GreaterOrEqual => matches!(order(), Some(Greater | Equal)),
            Operator::Matches => false,
            Operator::In => list(right)?.is_some_and(|items| has(items, left)),
            Operator::NotIn => !list(right)?.is_some_and(|items| has(items, left)),
            Operator::Contains => match (left, right) {
                (Val::Text(a), Val::Text(b)) => a.contains(b.as_str()),
                (Val::List(items), right) => has(items, right),
                _ => false,
            },
            Operator::Size => match (left, right) {
                (Val::Text(text), Val::Number(size)) => is_size(size, jvm::text::utf16_len(text)),
                (Val::List(items), Val::Number(size)) => is_size(size, items.len()),
                _ => false,
            },
            Operator::Empty => {
                let empty = match left {
                    Val::Text(text) => text.is_empty(),
                    Val::List(items) => items.is_empty(),
                    Val::Json => true,
                    _ => return Some(false),
                };
                match right {
                    Val::Bool(wanted) => empty == *wanted,
                    _ => return None,
                }
            }
            Operator::SubsetOf => both(left, right, |left, right| {
                left.iter().all(|item| has(right, item))
            })?,
            Operator::AnyOf => both(left, right, |left, right| {
                left.iter().any(|item| has(right, item))
            })?,
            Operator::NoneOf => both(left, right, |left, right| {
                !left.iter().any(|item| has(right, item))
            })?,
        })
    }
}

/// The items of an array; inside: none of what the library cannot see; outside: none of what it
/// refuses to take for an array.
fn list(value: &Val) -> Option<Option<&[Val]>> {
    match value {
        Val::List(items) => Some(Some(items)),
        Val::Json => Some(None),
        _ => None,
    }
}

fn both(left: &Val, right: &Val, holds: impl Fn(&[Val], &[Val]) -> bool) -> Option<bool> {
    let Some(right) = list(right)? else {
        return Some(false);
    };
    let left = list(left)?;
    Some(left.is_some_and(|left| holds(left, right)))
}

fn has(items: &[Val], value: &Val) -> bool {
    items.iter().any(|item| value.equals(item))
}

fn is_size(size: &BigDecimal, length: usize) -> bool {
    *size == BigDecimal::from_i64(i64::try_from(length).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Val {
        Val::Number(BigDecimal::parse(text).unwrap())
    }

    fn text(text: &str) -> Val {
        Val::Text(text.to_owned())
    }

    #[test]
    fn values_compare_as_in_the_library() {
        let list = || Val::List(vec![number("1"), text("a")]);
        for (left, operator, right, holds) in [
            (number("1.0"), Operator::Equal, number("1"), Some(true)),
            (number("5"), Operator::Equal, text("5.0"), Some(true)),
            (text("5.0"), Operator::Equal, number("5"), Some(false)),
            (text("5"), Operator::SameKind, number("5"), Some(false)),
            (Val::Null, Operator::Equal, Val::Null, Some(true)),
            (Val::Json, Operator::Equal, Val::Json, Some(true)),
            (text("b"), Operator::Greater, text("a"), Some(true)),
            (text("b"), Operator::Greater, number("1"), Some(false)),
            (
                number("2"),
                Operator::LessOrEqual,
                number("2.0"),
                Some(true),
            ),
            (text("a"), Operator::In, list(), Some(true)),
            (text("a"), Operator::NotIn, Val::Json, Some(true)),
            (text("a"), Operator::In, text("a"), None),
            (text("abc"), Operator::Contains, text("b"), Some(true)),
            (Val::Json, Operator::Contains, text("b"), Some(false)),
            (text("abc"), Operator::Size, number("3"), Some(true)),
            (text(""), Operator::Empty, Val::Bool(true), Some(true)),
            (Val::Json, Operator::Empty, Val::Bool(true), Some(true)),
            (text(""), Operator::Empty, text(""), None),
            (list(), Operator::SubsetOf, list(), Some(true)),
            (
                list(),
                Operator::NoneOf,
                Val::List(vec![text("b")]),
                Some(true),
            ),
            (
                list(),
                Operator::AnyOf,
                Val::List(vec![text("a")]),
                Some(true),
            ),
        ] {
            assert_eq!(
                operator.holds(&left, &right),
                holds,
                "{left:?} {operator:?} {right:?}"
            );
        }
    }
}
