//! Schema keys, versions and criteria of Iglu, parsed as iglu-scala-core 1.0.0 does.

use std::fmt;
use std::sync::Arc;

/// A full schema version: model, revision, addition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaVer {
    /// Breaking changes; at least 1.
    pub model: i32,
    /// Changes that may break some instances.
    pub revision: i32,
    /// Changes that keep every instance valid.
    pub addition: i32,
}

impl fmt::Display for SchemaVer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.model, self.revision, self.addition)
    }
}

/// Why a text is no schema key; the codes are printed in bad rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not of the form `iglu:vendor/name/format/m-r-a`.
    #[error("INVALID_IGLUURI")]
    Uri,
    /// The version has leading zeros, is empty or has model 0.
    #[error("INVALID_SCHEMAVER")]
    Version,
    /// A version part does not fit 32 bits: the reference throws `NumberFormatException` here.
    #[error("For input string: \"{0}\"")]
    Number(String),
}

/// An Iglu schema key: `iglu:vendor/name/format/model-revision-addition`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SchemaKey {
    uri: Arc<str>,
    vendor_end: u32,
    name_end: u32,
    format_end: u32,
    version: SchemaVer,
}

const SCHEME: &str = "iglu:";

impl SchemaKey {
    /// Parses an Iglu URI.
    pub fn parse(uri: &str) -> Result<SchemaKey, KeyError> {
        let rest = uri.strip_prefix(SCHEME).ok_or(KeyError::Uri)?;
        let mut parts = rest.splitn(4, '/');
        let (Some(vendor), Some(name), Some(format), Some(version)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(KeyError::Uri);
        };
        let word = |s: &str, dots: bool| {
            !s.is_empty()
                && s.bytes().all(|b| {
                    b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || (dots && b == b'.')
                })
        };
        if !word(vendor, true) || !word(name, false) || !word(format, false) {
            return Err(KeyError::Uri);
        }
        let version = parse_version(version)?;
        let vendor_end = SCHEME.len() + vendor.len();
        let name_end = vendor_end + 1 + name.len();
        let format_end = name_end + 1 + format.len();
        let end = |n: usize| u32::try_from(n).map_err(|_| KeyError::Uri);
        Ok(SchemaKey {
            vendor_end: end(vendor_end)?,
            name_end: end(name_end)?,
            format_end: end(format_end)?,
            uri: Arc::from(uri),
            version,
        })
    }

    fn part(&self, start: usize, end: u32) -> &str {
        self.uri.get(start..end as usize).unwrap_or_default()
    }

    /// The whole `iglu:` URI.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Appends the URI as a JSON string; none of its characters has to be escaped.
    pub fn write_json(&self, out: &mut String) {
        out.push('"');
        out.push_str(&self.uri);
        out.push('"');
    }

    /// For example `com.snowplowanalytics.snowplow`.
    pub fn vendor(&self) -> &str {
        self.part(SCHEME.len(), self.vendor_end)
    }

    /// For example `page_view`.
    pub fn name(&self) -> &str {
        self.part(self.vendor_end as usize + 1, self.name_end)
    }

    /// For example `jsonschema`.
    pub fn format(&self) -> &str {
        self.part(self.name_end as usize + 1, self.format_end)
    }

    /// The version.
    pub fn version(&self) -> SchemaVer {
        self.version
    }

    /// `vendor/name/format/version`: the path of the schema below `schemas/` in a registry.
    pub fn path(&self) -> &str {
        self.uri.get(SCHEME.len()..).unwrap_or_default()
    }

    /// The same schema in another version.
    pub fn with_version(&self, version: SchemaVer) -> SchemaKey {
        let head = self
            .uri
            .get(..=self.format_end as usize)
            .unwrap_or_default();
        SchemaKey {
            uri: Arc::from(format!("{head}{version}")),
            version,
            ..*self
        }
    }
}

impl fmt::Display for SchemaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.uri)
    }
}

impl fmt::Debug for SchemaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.uri)
    }
}

/// Parses `m-r-a`: [`KeyError::Uri`] when the shape is wrong, [`KeyError::Version`] when a part is.
pub fn parse_version(text: &str) -> Result<SchemaVer, KeyError> {
    let mut parts = text.split('-');
    let (Some(model), Some(revision), Some(addition), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(KeyError::Uri);
    };
    let all = [model, revision, addition];
    if !all
        .iter()
        .all(|part| part.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(KeyError::Uri);
    }
    let padded = |part: &str| part.is_empty() || (part.len() > 1 && part.starts_with('0'));
    if all.iter().any(|part| padded(part)) || model == "0" {
        return Err(KeyError::Version);
    }
    let number = |part: &str| {
        part.parse::<i32>()
            .map_err(|_| KeyError::Number(part.to_owned()))
    };
    Ok(SchemaVer {
        model: number(model)?,
        revision: number(revision)?,
        addition: number(addition)?,
    })
}

/// A pattern of schema keys such as `iglu:vendor/name/jsonschema/1-0-*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// Exact vendor.
    pub vendor: String,
    /// Exact name.
    pub name: String,
    /// Exact format.
    pub format: String,
    /// Exact model, or any.
    pub model: Option<i32>,
    /// Exact revision, or any.
    pub revision: Option<i32>,
    /// Exact addition, or any.
    pub addition: Option<i32>,
}

impl Criterion {
    /// The criterion `iglu:vendor/name/jsonschema/model-revision-*`.
    pub fn jsonschema(vendor: &str, name: &str, model: i32, revision: i32) -> Criterion {
        Criterion {
            vendor: vendor.to_owned(),
            name: name.to_owned(),
            format: "jsonschema".to_owned(),
            model: Some(model),
            revision: Some(revision),
            addition: None,
        }
    }

    /// Parses `iglu:vendor/name/format/m-r-a` where a version part may be `*` (any from there on).
    pub fn parse(text: &str) -> Option<Criterion> {
        let rest = text.strip_prefix(SCHEME)?;
        let parts: Vec<&str> = rest.split('/').collect();
        let &[vendor, name, format, version] = parts.as_slice() else {
            return None;
        };
        if [vendor, name, format].iter().any(|part| part.is_empty()) {
            return None;
        }
        let numbers: Vec<&str> = version.split('-').collect();
        if numbers.is_empty() || numbers.len() > 3 {
            return None;
        }
        let part = |n: usize| match numbers.get(n).copied() {
            None | Some("*") => Some(None),
            Some(digits) => digits.parse::<i32>().ok().filter(|v| *v >= 0).map(Some),
        };
        Some(Criterion {
            vendor: vendor.to_owned(),
            name: name.to_owned(),
            format: format.to_owned(),
            model: part(0)?,
            revision: part(1)?,
            addition: part(2)?,
        })
    }

    /// Whether `key` is one of the schemas this criterion describes.
    pub fn matches(&self, key: &SchemaKey) -> bool {
        let version = key.version();
        let fits = |wanted: Option<i32>, got: i32| wanted.is_none_or(|w| w == got);
        self.name == key.name()
            && self.vendor == key.vendor()
            && self.format == key.format()
            && fits(self.model, version.model)
            && fits(self.revision, version.revision)
            && fits(self.addition, version.addition)
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}/{}/", self.vendor, self.name, self.format)?;
        for (n, part) in [self.model, self.revision, self.addition]
            .into_iter()
            .enumerate()
        {
            if n > 0 {
                f.write_str("-")?;
            }
            match part {
                Some(number) => write!(f, "{number}")?,
                None => f.write_str("*")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_its_parts() {
        let key = SchemaKey::parse("iglu:com.acme/click-x/jsonschema/1-0-12").unwrap();
        assert_eq!(
            (key.vendor(), key.name(), key.format()),
            ("com.acme", "click-x", "jsonschema")
        );
        assert_eq!(
            key.version(),
            SchemaVer {
                model: 1,
                revision: 0,
                addition: 12
            }
        );
        assert_eq!(key.path(), "com.acme/click-x/jsonschema/1-0-12");
        let other = key.with_version(SchemaVer {
            model: 2,
            revision: 1,
            addition: 0,
        });
        assert_eq!(other.uri(), "iglu:com.acme/click-x/jsonschema/2-1-0");
        assert_eq!(other.name(), "click-x");
    }

    #[test]
    fn wrong_keys_have_the_code_of_the_reference() {
        for (text, code) in [
            ("x", "INVALID_IGLUURI"),
            ("iglu:a/b/jsonschema/1-0", "INVALID_IGLUURI"),
            ("iglu:a/b/jsonschema/1-0-0-0", "INVALID_IGLUURI"),
            ("iglu:a/b/jsonschema/1-0-x", "INVALID_IGLUURI"),
            ("iglu:a/b.c/jsonschema/1-0-0", "INVALID_IGLUURI"),
            ("iglu:a/b/jsonschema/1-0-0/", "INVALID_IGLUURI"),
            ("iglu:a/b/jsonschema/01-0-0", "INVALID_SCHEMAVER"),
            ("iglu:a/b/jsonschema/0-0-0", "INVALID_SCHEMAVER"),
            ("iglu:a/b/jsonschema/--", "INVALID_SCHEMAVER"),
            (
                "iglu:a/b/jsonschema/1-0-99999999999",
                "For input string: \"99999999999\"",
            ),
        ] {
            assert_eq!(
                SchemaKey::parse(text).unwrap_err().to_string(),
                code,
                "{text}"
            );
        }
    }

    #[test]
    fn a_criterion_matches_and_prints() {
        let criterion = Criterion::jsonschema("a", "b", 1, 0);
        assert_eq!(criterion.to_string(), "iglu:a/b/jsonschema/1-0-*");
        assert!(criterion.matches(&SchemaKey::parse("iglu:a/b/jsonschema/1-0-7").unwrap()));
        assert!(!criterion.matches(&SchemaKey::parse("iglu:a/b/jsonschema/1-1-0").unwrap()));
        let any = Criterion::parse("iglu:a/b/jsonschema/1-*-*").unwrap();
        assert!(any.matches(&SchemaKey::parse("iglu:a/b/jsonschema/1-1-0").unwrap()));
        assert_eq!(any.to_string(), "iglu:a/b/jsonschema/1-*-*");
        assert!(Criterion::parse("iglu:a/b/jsonschema/x-*-*").is_none());
    }
}
