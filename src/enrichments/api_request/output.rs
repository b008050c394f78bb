//! Parts of an answer as contexts.

use jvm::number::BigDecimal;
use lexon::{Doc, Tree};
use serde_json::Value as Json;

use super::super::json_path::{Decimals, JsonPath};
use super::super::settings::{find, wrong};
use super::super::{BuildError, Context};
use crate::schema::SchemaKey;

/// Which part becomes which context.
#[derive(Debug)]
pub struct Output {
    schema: SchemaKey,
    text: String,
    path: JsonPath,
}

/// Reads `parameters.outputs`.
pub fn read(data: &Json) -> Result<Vec<Output>, BuildError> {
    let field = "parameters.outputs";
    let outputs = find(data, field).and_then(Json::as_array);
    let outputs = outputs.filter(|outputs| !outputs.is_empty());
    let outputs =
        outputs.ok_or_else(|| wrong(field, "must be an array with at least one output"))?;
    let read = |(n, output): (usize, &Json)| {
        let need = |name: &str| {
            let found = find(output, name).and_then(Json::as_str);
            found.ok_or_else(|| wrong(&format!("{field}[{n}].{name}"), "must be a string"))
        };
        let schema = SchemaKey::parse(need("schema")?)
            .map_err(|error| wrong(&format!("{field}[{n}].schema"), error.to_string()))?;
        let text = need("json.jsonPath")?.to_owned();
        let path = JsonPath::parse(&text)
            .map_err(|error| wrong(&format!("{field}[{n}].json.jsonPath"), error.to_string()))?;
        Ok(Output { schema, text, path })
    };
    outputs.iter().enumerate().map(read).collect()
}

impl Output {
    /// The context; the error is the text of the failure.
    pub fn context(&self, body: &Doc) -> Result<Context, String> {
        let found = self.path.find(body.root(), Decimals::Alone);
        let mut data = match found.as_slice() {
            [one] => one.to_tree(),
            several => Tree::Array(several.iter().map(|value| value.to_tree()).collect()),
        };
        if data.as_array().is_some_and(Vec::is_empty) {
            return Err(format!(
                "API Request enrichment:Value not found Error: no values were found by JSON Path [{}] in [{}]",
                self.text,
                body.root().to_json()
            ));
        }
        shorten(&mut data);
        Ok(Context {
            schema: self.schema.clone(),
            data: data.to_json(),
        })
    }
}

/// Takes the zeros of numbers away that say nothing: the reference's way from one library to another does.
fn shorten(tree: &mut Tree) {
    let mut open = vec![tree];
    while let Some(tree) = open.pop() {
        match tree {
            Tree::Number(text) => {
                if let Some(short) = shortened(text) {
                    *text = short;
                }
            }
            Tree::Array(items) => open.extend(items),
            Tree::Object(entries) => open.extend(entries.iter_mut().map(|(_, value)| value)),
            _ => {}
        }
    }
}

fn shortened(text: &str) -> Option<String> {
    if text.parse::<i64>().is_ok() {
        return None;
    }
    let short = BigDecimal::parse(text).ok()?.strip_trailing_zeros();
    Some(match short.scale() {
        // as a whole number
        ..=0 => short.to_plain_string(),
        _ => short.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lose_their_zeros() {
        for (given, expected) in [
            ("1.50", "1.5"),
            ("100.0", "100"),
            ("1E+3", "1000"),
            ("1E-7", "1E-7"),
            ("0.0", "0"),
            ("0.00001", "0.00001"),
            ("1.00", "1"),
            ("12345678901.123456789", "12345678901.123456789"),
            ("1E+18", "1000000000000000000"),
            ("9007199254740993", "9007199254740993"),
        ] {
            let mut tree = Tree::Array(vec![Tree::Number(given.to_owned())]);
            shorten(&mut tree);
            assert_eq!(tree.to_json(), format!("[{expected}]"));
        }
    }
}
