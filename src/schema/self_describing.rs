//! Self-describing JSON: an object with a `schema` URI and `data`.

use lexon::Value;

use super::key::{KeyError, SchemaKey};

/// Why a JSON value is not self-describing; the text is the code printed in bad rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelfDescribingError {
    /// `data` or `schema` is absent, or `schema` is no string, or the value is no object.
    #[error("INVALID_DATA_PAYLOAD")]
    Shape,
    /// The `schema` is no valid key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The two parts of a self-describing JSON, still as they were sent.
#[derive(Debug, Clone)]
pub struct SelfDescribing<'d> {
    /// The key of its schema.
    pub key: SchemaKey,
    /// What it describes.
    pub data: Value<'d>,
}

impl SelfDescribing<'_> {
    /// Appends the pair, with the data as it is.
    pub fn write(&self, out: &mut String) {
        self.write_with(out, |out| self.data.write(out));
    }

    /// Appends the pair, with other data.
    pub fn write_with(&self, out: &mut String, data: impl FnOnce(&mut String)) {
        out.push_str("{\"schema\":");
        self.key.write_json(out);
        out.push_str(",\"data\":");
        data(out);
        out.push('}');
    }
}

/// Reads a self-describing value; keys other than `schema` and `data` are ignored.
pub fn parse(value: Value<'_>) -> Result<SelfDescribing<'_>, SelfDescribingError> {
    parse_with(value, SchemaKey::parse)
}

/// [`parse`] with another way to get from a URI to its key.
pub fn parse_with(
    value: Value<'_>,
    mut key: impl FnMut(&str) -> Result<SchemaKey, KeyError>,
) -> Result<SelfDescribing<'_>, SelfDescribingError> {
    let data = value.get("data").ok_or(SelfDescribingError::Shape)?;
    let uri = value
        .get("schema")
        .and_then(Value::as_str)
        .ok_or(SelfDescribingError::Shape)?;
    Ok(SelfDescribing {
        key: key(uri)?,
        data,
    })
}
