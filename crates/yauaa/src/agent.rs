//! The result of an analysis.

use std::borrow::Cow;

/// A value of a field.
#[derive(Clone, Debug)]
pub enum Value {
    /// A text known when the crate was built.
    Fixed(&'static str),
    /// Any other text.
    Text(Box<str>),
}

impl Value {
    /// The text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Fixed(text) => text,
            Self::Text(text) => text,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Cow<'_, str>> for Value {
    fn from(text: Cow<'_, str>) -> Self {
        Self::Text(text.into())
    }
}

#[derive(Clone, Debug)]
struct Row {
    name: Cow<'static, str>,
    value: Value,
    default: bool,
    confidence: i64,
}

/// All fields of an agent, in the library's order.
#[derive(Clone, Debug)]
pub struct Agent {
    rows: Box<[Row]>,
}

impl Agent {
    pub(crate) fn new(rows: Vec<(Cow<'static, str>, Value, bool, i64)>) -> Self {
        let row = |(name, value, default, confidence)| Row {
            name,
            value,
            default,
            confidence,
        };
        Self {
            rows: rows.into_iter().map(row).collect(),
        }
    }

    fn row(&self, field: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == field)
    }

    /// The value of an available field, its default included; `None` for other fields.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.row(field).map(|row| row.value.as_str())
    }

    /// Whether a field holds its default, as fields that are not available do.
    pub fn is_default(&self, field: &str) -> bool {
        self.row(field).is_none_or(|row| row.default)
    }

    /// How sure the analyser is of a field; -1 when it knows nothing.
    pub fn confidence(&self, field: &str) -> i64 {
        self.row(field).map_or(-1, |row| row.confidence)
    }

    /// Names and values of all available fields, in the order of the library's
    /// `getAvailableFieldNamesSorted`.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rows
            .iter()
            .map(|row| (row.name.as_ref(), row.value.as_str()))
    }

    /// Bytes held, roughly.
    pub fn size(&self) -> usize {
        let text = |row: &Row| match (&row.value, &row.name) {
            (Value::Text(text), Cow::Owned(name)) => text.len() + name.len() + 32,
            (Value::Text(text), _) => text.len() + 16,
            _ => 0,
        };
        self.rows
            .iter()
            .map(|row| size_of::<Row>() + text(row))
            .sum()
    }
}
