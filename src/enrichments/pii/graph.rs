//! JSON as a graph of nodes with names, as Jackson's tree: values can be replaced while paths
//! still hold on to the node they were found in.

use jvm::number::BigDecimal;
use lexon::{Kind, Value};

/// A node by its place in the graph.
pub type Id = usize;

/// A key of an object and its value.
pub type Entry = (Box<str>, Id);

/// One value.
#[derive(Debug, Clone)]
pub enum Node {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number in the spelling it has once Jackson's tree has had it.
    Number(Box<str>),
    /// A text.
    Text(Box<str>),
    /// An array.
    Array(Vec<Id>),
    /// An object.
    Object(Vec<Entry>),
}

/// The nodes of one document; the first is its root.
#[derive(Debug, Clone, Default)]
pub struct Graph(Vec<Node>);

/// A number that would take too many digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("java.lang.ArithmeticException: {0} is too large to be written out")]
pub struct TooLarge(String);

impl Graph {
    /// The root of every graph.
    pub const ROOT: Id = 0;

    /// The graph of a value.
    ///
    /// # Errors
    /// When a number is too large to be written without exponent.
    pub fn new(value: Value<'_>) -> Result<Graph, TooLarge> {
        let mut graph = Graph::default();
        graph.add(value)?;
        Ok(graph)
    }

    fn add(&mut self, value: Value<'_>) -> Result<Id, TooLarge> {
        let id = self.push(Node::Null);
        let node = match value.kind() {
            Kind::Null => Node::Null,
            Kind::Bool => Node::Bool(value.as_bool().unwrap_or_default()),
            Kind::Number => Node::Number(respelled(value.number_text().unwrap_or("0"))?),
            Kind::String => Node::Text(value.as_str().unwrap_or_default().into()),
            Kind::Array => Node::Array(
                value
                    .items()
                    .map(|item| self.add(item))
                    .collect::<Result<_, _>>()?,
            ),
            Kind::Object => Node::Object(
                value
                    .entries()
                    .map(|(key, value)| Ok((key.into(), self.add(value)?)))
                    .collect::<Result<_, _>>()?,
            ),
        };
        self.set(id, node);
        Ok(id)
    }

    /// Adds a node that nothing refers to yet.
    pub fn push(&mut self, node: Node) -> Id {
        self.0.push(node);
        self.0.len() - 1
    }

    /// The node of that name.
    pub fn node(&self, id: Id) -> &Node {
        self.0.get(id).unwrap_or(&Node::Null)
    }

    fn set(&mut self, id: Id, node: Node) {
        if let Some(slot) = self.0.get_mut(id) {
            *slot = node;
        }
    }

    /// Makes the child at a position of an array or object another node.
    pub fn replace(&mut self, parent: Id, position: usize, child: Id) {
        let slot = match self.0.get_mut(parent) {
            Some(Node::Array(items)) => items.get_mut(position),
            Some(Node::Object(entries)) => entries.get_mut(position).map(|(_, id)| id),
            _ => None,
        };
        if let Some(slot) = slot {
            *slot = child;
        }
    }

    /// Position and child of a key.
    pub fn entry(&self, id: Id, key: &str) -> Option<(usize, Id)> {
        let Node::Object(entries) = self.node(id) else {
            return None;
        };
        let mut all = entries.iter().enumerate();
        all.find_map(|(n, (name, id))| (**name == *key).then_some((n, *id)))
    }

    /// Appends the JSON of a node.
    pub fn write(&self, id: Id, out: &mut String) {
        match self.node(id) {
            Node::Null => out.push_str("null"),
            Node::Bool(true) => out.push_str("true"),
            Node::Bool(false) => out.push_str("false"),
            Node::Number(text) => out.push_str(text),
            Node::Text(text) => lexon::write_string(out, text),
            Node::Array(items) => {
                out.push('[');
                for (n, item) in items.iter().enumerate() {
                    if n > 0 {
                        out.push(',');
                    }
                    self.write(*item, out);
                }
                out.push(']');
            }
            Node::Object(entries) => {
                out.push('{');
                for (n, (key, value)) in entries.iter().enumerate() {
                    if n > 0 {
                        out.push(',');
                    }
                    lexon::write_string(out, key);
                    out.push(':');
                    self.write(*value, out);
                }
                out.push('}');
            }
        }
    }

    /// Whether a number has more than `limit` digits.
    pub fn has_longer_number(&self, limit: usize) -> bool {
        self.0.iter().any(|node| match node {
            Node::Number(text) => text.len() > limit && digits(text) > limit,
            _ => false,
        })
    }
}

/// How many digits a number has.
pub fn digits(number: &str) -> usize {
    number.bytes().filter(u8::is_ascii_digit).count()
}

/// Whether a number is certainly spelled as `BigDecimal.toString` would.
pub fn is_plain(number: &str) -> bool {
    let small = number.starts_with("0.00000") || number.starts_with("-0");
    !small && !number.bytes().any(|byte| byte | 0x20 == b'e')
}

/// A number as Jackson's tree spells it: no zeros at the end of a fraction, no exponent above zero.
fn respelled(text: &str) -> Result<Box<str>, TooLarge> {
    if is_plain(text) && !text.contains('.') {
        return Ok(text.into());
    }
    let too_large = || TooLarge(text.to_owned());
    let number = BigDecimal::parse(text).map_err(|_| too_large())?;
    let stripped = number.strip_trailing_zeros().try_with_min_scale_zero();
    Ok(stripped.map_err(|_| too_large())?.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spelled_as_the_tree_of_jackson_does() {
        for (text, spelled) in [
            ("1.50", "1.5"),
            ("1.0", "1"),
            ("100", "100"),
            ("100.0", "100"),
            ("1e3", "1000"),
            ("1E5", "100000"),
            ("0.0", "0"),
            ("-0.0", "0"),
            ("-0", "0"),
            ("1e-7", "1E-7"),
            ("0.00000010", "1E-7"),
            ("12345678901234567890123", "12345678901234567890123"),
            ("-1.25e1", "-12.5"),
        ] {
            assert_eq!(*respelled(text).unwrap(), *spelled, "{text}");
        }
        let huge = respelled("1e400").unwrap();
        assert_eq!((huge.len(), &huge[..2]), (401, "10"));
        assert!(respelled("1e99999999").is_err());
    }

    #[test]
    fn plain_numbers_are_known_by_sight() {
        for (text, plain) in [
            ("1", true),
            ("-1.50", true),
            ("0.00001", true),
            ("0.0000001", false),
            ("-0.5", false),
            ("1e1", false),
            ("1E1", false),
        ] {
            assert_eq!(is_plain(text), plain, "{text}");
            if plain {
                assert_eq!(BigDecimal::parse(text).unwrap().to_string(), text);
            }
        }
    }
}
