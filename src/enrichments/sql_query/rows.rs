//! Rows as contexts.

use lexon::write_string;
use serde_json::Value as Json;

use super::super::BuildError;
use super::super::settings::{text, wrong};
use crate::remote::sql::Rows;
use crate::schema::SchemaKey;

/// How rows become contexts.
#[derive(Debug, Clone)]
pub struct Output {
    /// The schema of the contexts.
    pub schema: SchemaKey,
    expected: Expected,
    every_row: bool,
    names: Names,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    ExactlyOne,
    AtMostOne,
    AtLeastOne,
    AtLeastZero,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    AsIs,
    Camel,
    Pascal,
    Snake,
    Lower,
    Upper,
}

impl Output {
    /// Reads `parameters.output`.
    ///
    /// # Errors
    /// Names the field and what it must be.
    pub fn new(data: &Json) -> Result<Output, BuildError> {
        let one_of = |path: &str, all: &str| {
            let found = text(data, path)?;
            Err(wrong(path, format!("must be {all}, not `{found}`")))
        };
        let path = "parameters.output.json.schema";
        let schema = SchemaKey::parse(text(data, path)?).map_err(|e| wrong(path, e.to_string()))?;
        let path = "parameters.output.expectedRows";
        let expected = match text(data, path)? {
            "EXACTLY_ONE" => Expected::ExactlyOne,
            "AT_MOST_ONE" => Expected::AtMostOne,
            "AT_LEAST_ONE" => Expected::AtLeastOne,
            "AT_LEAST_ZERO" => Expected::AtLeastZero,
            _ => {
                return one_of(
                    path,
                    "EXACTLY_ONE, AT_MOST_ONE, AT_LEAST_ONE or AT_LEAST_ZERO",
                );
            }
        };
        let path = "parameters.output.json.describes";
        let every_row = match text(data, path)? {
            "EVERY_ROW" => true,
            "ALL_ROWS" => false,
            _ => return one_of(path, "ALL_ROWS or EVERY_ROW"),
        };
        let path = "parameters.output.json.propertyNames";
        let names = match text(data, path)? {
            "AS_IS" => Names::AsIs,
            "CAMEL_CASE" => Names::Camel,
            "PASCAL_CASE" => Names::Pascal,
            "SNAKE_CASE" => Names::Snake,
            "LOWER_CASE" => Names::Lower,
            "UPPER_CASE" => Names::Upper,
            _ => {
                let all = "AS_IS, CAMEL_CASE, PASCAL_CASE, SNAKE_CASE, LOWER_CASE or UPPER_CASE";
                return one_of(path, all);
            }
        };
        Ok(Output {
            schema,
            expected,
            every_row,
            names,
        })
    }

    /// The data of the contexts.
    ///
    /// # Errors
    /// When there are more or fewer rows than are expected.
    pub fn contexts(&self, rows: &Rows) -> Result<Vec<String>, String> {
        let problem = match (self.expected, rows.rows.len()) {
            (Expected::ExactlyOne, count) if count != 1 => "exactly one row was expected",
            (Expected::AtMostOne, 2..) => "at most one row was expected",
            (Expected::AtLeastOne, 0) => "at least one row was expected. 0 given instead",
            _ => {
                let objects = self.objects(rows);
                let one = matches!(self.expected, Expected::ExactlyOne | Expected::AtMostOne);
                return Ok(match self.every_row || one {
                    true => objects,
                    false => vec![format!("[{}]", objects.join(","))],
                });
            }
        };
        Err(format!("SQL Query Enrichment: {problem}"))
    }

    fn objects(&self, rows: &Rows) -> Vec<String> {
        let names: Vec<String> = rows
            .columns
            .iter()
            .map(|name| self.names.of(name))
            .collect();
        // of columns with one name the last counts, at the place of the first
        let places: Vec<usize> = (0..names.len())
            .filter(|at| names.iter().position(|name| Some(name) == names.get(*at)) == Some(*at))
            .collect();
        let value = |row: &[String], name: &String| {
            let last = names.iter().rposition(|other| other == name)?;
            row.get(last).cloned()
        };
        let object = |row: &Vec<String>| {
            let mut json = String::from("{");
            for name in places.iter().filter_map(|at| names.get(*at)) {
                if json.len() > 1 {
                    json.push(',');
                }
                write_string(&mut json, name);
                json.push(':');
                json.push_str(&value(row, name).unwrap_or_else(|| "null".to_owned()));
            }
            json.push('}');
            json
        };
        rows.rows.iter().map(object).collect()
    }
}

impl Names {
    fn of(self, label: &str) -> String {
        match self {
            Names::AsIs => label.to_owned(),
            Names::Lower => label.to_lowercase(),
            Names::Upper => label.to_uppercase(),
            Names::Camel => camel(label),
            Names::Pascal => {
                let camel = camel(label);
                let mut letters = camel.chars();
                let first = letters.next().map(char::to_uppercase);
                first.into_iter().flatten().chain(letters).collect()
            }
            Names::Snake => {
                let mut snake = String::with_capacity(label.len() + 4);
                for c in label.chars() {
                    if c.is_ascii_uppercase() || c.is_ascii_digit() {
                        snake.push('_');
                    }
                    snake.push(c.to_ascii_lowercase());
                }
                snake
            }
        }
    }
}

/// A letter or digit behind a low line goes without that line, in upper case.
fn camel(label: &str) -> String {
    let mut camel = String::with_capacity(label.len());
    let mut letters = label.chars().peekable();
    while let Some(c) = letters.next() {
        match (c, letters.peek()) {
            ('_', Some(next)) if next.is_ascii_lowercase() || next.is_ascii_digit() => {
                camel.push(next.to_ascii_uppercase());
                letters.next();
            }
            _ => camel.push(c),
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_turned_as_the_reference_does() {
        for (names, label, expected) in [
            (Names::Camel, "a_1b", "a1b"),
            (Names::Camel, "_x", "X"),
            (Names::Camel, "Date_Of", "Date_Of"),
            (Names::Camel, "some_snake_1", "someSnake1"),
            (Names::Pascal, "some_snake_1", "SomeSnake1"),
            (Names::Pascal, "k", "K"),
            (Names::Snake, "ID2", "_i_d_2"),
            (Names::Snake, "some_snake_1", "some_snake__1"),
            (Names::Snake, "MixedCase", "_mixed_case"),
            (Names::Upper, "MixedCase", "MIXEDCASE"),
            (Names::Lower, "MixedCase", "mixedcase"),
            (Names::AsIs, "with space", "with space"),
        ] {
            assert_eq!(names.of(label), expected, "{names:?} {label}");
        }
    }
}
