//! Paths into JSON, as the library gatling-jsonpath 0.6.14 reads them: the inputs of look-ups and the parts of
//! answers that become contexts.

mod parse;
mod walk;

pub use walk::Decimals;

/// A path from the root of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPath {
    steps: Vec<Step>,
}

/// A text that is no path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no JSON path at character {0}: write it like $.name, $['name'], $.list[0] or $..name")]
pub struct PathError(pub usize);

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Root,
    Current,
    Field(String),
    Fields(Vec<String>),
    AnyField,
    RecursiveField(String),
    RecursiveAny,
    RecursiveFilter(Filter),
    Filter(Filter),
    Items(Vec<i32>),
    Slice(Option<i32>, Option<i32>, i32),
}

#[derive(Debug, Clone, PartialEq)]
enum Filter {
    Has(Vec<Step>),
    Compare(Operand, Operator, Operand),
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
}

#[derive(Debug, Clone, PartialEq)]
enum Operand {
    Path(Vec<Step>),
    Null,
    Bool(bool),
    Long(i64),
    Double(f64),
    Text(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[cfg(test)]
mod tests;
