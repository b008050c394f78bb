//! The keywords that look at nothing below the instance's own level.

use super::code::Code;
use super::equal;
use super::eval::{Eval, Instance};
use super::formats::{Expression, Format};
use super::node::{Enum, Keyword, Kinds, Limit, Node};
use super::number::Decimal;
use super::sink::{At, Flow, Sink, Stop};

/// Integers below this are their own double.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl<'s, 'd, S: Sink> Eval<'s, 'd, S> {
    /// Checks a keyword that says nothing about properties and items.
    #[inline(never)]
    pub(super) fn scalar(
        &mut self,
        node: &'s Node,
        keyword: &'s Keyword,
        of: &Instance<'d>,
        at: &At<'_>,
    ) -> Flow {
        let found = || of.kind.name().to_owned();
        match keyword {
            Keyword::Type { kinds, name } if !kinds.has(of.kind) => {
                self.fail(node, Code::Type, at, || vec![found(), (*name).to_owned()])
            }
            Keyword::Union {
                kinds, text, code, ..
            } if !kinds.has(of.kind) => {
                self.fail(node, *code, at, || vec![found(), text.to_string()])
            }
            Keyword::Enum(values) if !listed(values, of) => {
                self.fail(node, Code::Enum, at, || vec![values.text.to_string()])
            }
            Keyword::Format(format) => match of.string() {
                Some(text) if !format.accepts(text) => self.format(node, format, text, at),
                _ => Ok(()),
            },
            Keyword::Maximum(limit) if of.is_number() && crosses(limit, of, true) => {
                self.fail(node, Code::Maximum, at, || vec![limit.text.to_string()])
            }
            Keyword::Minimum(limit) if of.is_number() && crosses(limit, of, false) => {
                self.fail(node, Code::Minimum, at, || vec![limit.text.to_string()])
            }
            Keyword::MultipleOf(divisor) if of.is_number() && !is_multiple(of, *divisor)? => {
                let text = || jvm::number::double_to_string(*divisor);
                self.fail(node, Code::MultipleOf, at, || vec![text()])
            }
            Keyword::Pattern(regex) => match (of.string(), node.regexes.get(*regex)) {
                (Some(text), Some(regex)) if !regex.find(text) => {
                    self.fail(node, Code::Pattern, at, || vec![regex.text.to_string()])
                }
                _ => Ok(()),
            },
            Keyword::UniqueItems => {
                let twice = match of.kind {
                    Kinds::ARRAY => equal::has_duplicates(of.value.items()),
                    // the reference goes through the values of an object as well
                    Kinds::OBJECT => equal::has_duplicates(of.value.entries().map(|(_, v)| v)),
                    _ => false,
                };
                if twice {
                    self.fail(node, Code::UniqueItems, at, Vec::new)?;
                }
                Ok(())
            }
            Keyword::NotAllowed(names) => {
                for name in names {
                    if of.value.get(name).is_some() {
                        self.fail(node, Code::NotAllowed, at, || vec![name.to_string()])?;
                    }
                }
                Ok(())
            }
            other => match out_of_bounds(other, of) {
                Some((code, limit)) => self.fail(node, code, at, || vec![limit.to_string()]),
                None => Ok(()),
            },
        }
    }

    fn format(&mut self, node: &Node, format: &Format, text: &str, at: &At<'_>) -> Flow {
        let (code, name) = match format {
            Format::Expression(Expression { name, text, .. }) => {
                let targets = || vec![(*name).to_owned(), (*text).to_owned()];
                return self.fail(node, Code::Format, at, targets);
            }
            Format::Email => (Code::Format, "email"),
            Format::Date => (Code::DateTime, "date"),
            Format::DateTime => (Code::DateTime, "date-time"),
            Format::Uuid => (Code::Uuid, "uuid"),
        };
        self.fail(node, code, at, || vec![text.to_owned(), name.to_owned()])
    }
}

/// The limit on a length or size that the instance breaks.
fn out_of_bounds(keyword: &Keyword, of: &Instance<'_>) -> Option<(Code, i32)> {
    let size = |kind: Kinds| (of.kind == kind).then(|| of.value.len() as i64);
    let (code, limit, broken) = match keyword {
        Keyword::MaxItems(n) => (Code::MaxItems, n, size(Kinds::ARRAY)? > i64::from(*n)),
        Keyword::MinItems(n) => (Code::MinItems, n, size(Kinds::ARRAY)? < i64::from(*n)),
        Keyword::MaxProperties(n) => (Code::MaxProperties, n, size(Kinds::OBJECT)? > i64::from(*n)),
        Keyword::MinProperties(n) => (Code::MinProperties, n, size(Kinds::OBJECT)? < i64::from(*n)),
        Keyword::MaxLength(n) => (Code::MaxLength, n, is_longer(of.string()?, *n)),
        Keyword::MinLength(n) => (Code::MinLength, n, is_shorter(of.string()?, *n)),
        _ => return None,
    };
    broken.then_some((code, *limit))
}

/// Whether a string has more than `limit` code points, of one to four bytes each.
fn is_longer(text: &str, limit: i32) -> bool {
    let (limit, bytes) = (i64::from(limit), text.len() as i64);
    bytes > limit && (bytes > limit * 4 || text.chars().count() as i64 > limit)
}

/// Whether a string has fewer than `limit` code points.
fn is_shorter(text: &str, limit: i32) -> bool {
    let (limit, bytes) = (i64::from(limit), text.len() as i64);
    bytes < limit || (bytes < limit * 4 && (text.chars().count() as i64) < limit)
}

fn listed(values: &Enum, of: &Instance<'_>) -> bool {
    match of.kind {
        Kinds::NULL => values.null,
        Kinds::BOOLEAN if of.value.as_bool() == Some(true) => values.yes,
        Kinds::BOOLEAN => values.no,
        Kinds::STRING => match values.strings.len() {
            0..=8 => values.strings.iter().any(|s| **s == *of.text),
            _ => values
                .strings
                .binary_search_by(|s| (**s).cmp(of.text))
                .is_ok(),
        },
        Kinds::INTEGER | Kinds::DECIMAL => {
            let number = Decimal::new(of.text);
            let mut numbers = values.numbers.iter().map(|n| Decimal::new(n));
            numbers.any(|n| n.compare(&number).is_eq())
        }
        _ => values.containers.as_ref().is_some_and(|doc| {
            let same = |value: lexon::Value<'_>| equal::equal(value, of.value);
            doc.root().items().any(same)
        }),
    }
}

/// Whether a number is beyond a limit. With a whole limit under `type: integer` the reference
/// looks at the low 64 bits of a decimal only.
fn crosses(limit: &Limit, of: &Instance<'_>, above: bool) -> bool {
    let order = match (limit.whole, of.whole) {
        (Some(limit), Some(value)) => value.cmp(&limit),
        (Some(whole), _) if limit.long && of.kind == Kinds::DECIMAL => {
            Decimal::new(of.text).low_bits().cmp(&whole)
        }
        _ => Decimal::new(of.text).compare(&Decimal::new(&limit.number)),
    };
    let order = if above { order } else { order.reverse() };
    order.is_gt() || (limit.exclusive && order.is_eq())
}

/// The reference divides decimals exactly, integers and the divisor by the text of the nearest
/// double; an infinite one makes it throw.
fn is_multiple(of: &Instance<'_>, divisor: f64) -> Result<bool, Stop> {
    if divisor == 0.0 {
        return Ok(true);
    }
    let decimal = of.kind == Kinds::DECIMAL;
    let nearest = of.text.parse::<f64>().unwrap_or(0.0);
    if !divisor.is_finite() || (!decimal && !nearest.is_finite()) {
        return Err(Stop::crash("java.lang.NumberFormatException"));
    }
    if divisor == 1.0 && !decimal {
        return Ok(true);
    }
    let divisor = jvm::number::double_to_string(divisor);
    let divisor = Decimal::new(&divisor);
    if decimal || nearest.abs() < EXACT {
        return Ok(Decimal::new(of.text).is_multiple_of(&divisor));
    }
    let nearest = jvm::number::double_to_string(nearest);
    Ok(Decimal::new(&nearest).is_multiple_of(&divisor))
}
