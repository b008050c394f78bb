//! Reads the fields of an enrichment's configuration, with an error that names the field.

use serde_json::Value;

use super::BuildError;
use crate::assets::{AssetSource, file_uri};

/// The error for the field at `path`.
pub fn wrong(path: &str, problem: impl Into<String>) -> BuildError {
    BuildError::Field {
        field: path.to_owned(),
        problem: problem.into(),
    }
}

/// The value at a dotted path such as `parameters.uri`; absent and `null` are the same.
pub fn find<'v>(data: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.')
        .try_fold(data, |value, key| value.get(key))
        .filter(|value| !value.is_null())
}

/// The value at a dotted path.
///
/// # Errors
/// When it is absent.
pub fn need<'v>(data: &'v Value, path: &str) -> Result<&'v Value, BuildError> {
    find(data, path).ok_or_else(|| wrong(path, "is missing; add it"))
}

/// The text at a dotted path.
///
/// # Errors
/// When it is absent or no text.
pub fn text<'v>(data: &'v Value, path: &str) -> Result<&'v str, BuildError> {
    need(data, path)?
        .as_str()
        .ok_or_else(|| wrong(path, "must be a string"))
}

/// The list of texts at a dotted path.
///
/// # Errors
/// When it is absent or not a list of texts.
pub fn texts(data: &Value, path: &str) -> Result<Vec<String>, BuildError> {
    let problem = || wrong(path, "must be an array of strings");
    need(data, path)?
        .as_array()
        .ok_or_else(problem)?
        .iter()
        .map(|item| item.as_str().map(str::to_owned).ok_or_else(problem))
        .collect()
}

/// The whole number at a dotted path, if there is one.
///
/// # Errors
/// When it is no whole number or outside `range`.
pub fn number(
    data: &Value,
    path: &str,
    range: std::ops::RangeInclusive<u64>,
) -> Result<Option<u64>, BuildError> {
    let Some(value) = find(data, path) else {
        return Ok(None);
    };
    let number = value
        .as_u64()
        .or_else(|| whole(value.as_f64()?))
        .filter(|number| range.contains(number));
    number.map(Some).ok_or_else(|| {
        let (low, high) = (range.start(), range.end());
        wrong(
            path,
            format!("must be a whole number from {low} to {high}, not {value}"),
        )
    })
}

/// A float without a fraction, such as `2.0`, as a whole number.
fn whole(number: f64) -> Option<u64> {
    (number.fract() == 0.0 && (0.0..1e15).contains(&number)).then_some(number as u64)
}

/// The truth value at a dotted path, if there is one.
///
/// # Errors
/// When it is neither `true` nor `false`.
pub fn flag(data: &Value, path: &str) -> Result<Option<bool>, BuildError> {
    find(data, path)
        .map(|value| {
            value
                .as_bool()
                .ok_or_else(|| wrong(path, "must be true or false"))
        })
        .transpose()
}

/// The file that `uri` and `database` below a dotted path name: its URI and its bytes.
///
/// # Errors
/// When one of the two is absent or the file cannot be had.
pub fn file(
    data: &Value,
    path: &str,
    assets: &dyn AssetSource,
) -> Result<(String, Vec<u8>), BuildError> {
    let folder = text(data, &format!("{path}.uri"))?;
    let database = text(data, &format!("{path}.database"))?;
    let uri = file_uri(folder, database);
    match assets.read(&uri) {
        Ok(bytes) => Ok((uri, bytes)),
        Err(error) => Err(unusable(&uri, error.to_string())),
    }
}

/// The error for a file that cannot be used.
pub fn unusable(uri: &str, problem: impl Into<String>) -> BuildError {
    BuildError::Asset {
        uri: uri.to_owned(),
        problem: problem.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_found_by_their_path() {
        let data = json!({"parameters": {"a": {"b": ["x", "y"]}, "n": 2.0, "none": null}});
        assert_eq!(texts(&data, "parameters.a.b").unwrap(), ["x", "y"]);
        assert_eq!(number(&data, "parameters.n", 1..=4).unwrap(), Some(2));
        assert_eq!(number(&data, "parameters.none", 1..=4).unwrap(), None);
    }

    #[test]
    fn errors_name_the_field_and_what_it_must_be() {
        let data = json!({"parameters": {"n": 2.5, "t": 1, "f": "yes"}});
        let error = |result: BuildError| result.to_string();
        assert_eq!(
            error(number(&data, "parameters.n", 1..=4).unwrap_err()),
            "field `parameters.n`: must be a whole number from 1 to 4, not 2.5"
        );
        assert_eq!(
            error(text(&data, "parameters.t").unwrap_err()),
            "field `parameters.t`: must be a string"
        );
        assert_eq!(
            error(text(&data, "parameters.x").unwrap_err()),
            "field `parameters.x`: is missing; add it"
        );
        assert_eq!(
            error(flag(&data, "parameters.f").unwrap_err()),
            "field `parameters.f`: must be true or false"
        );
    }
}
