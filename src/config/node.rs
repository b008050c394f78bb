//! A place in a document that can be read as a type, and that knows its name for messages.
//!
//! Reading is at least as lenient as circe-config (what Enrich 3.9.0 uses): besides, texts are
//! taken for numbers, booleans and durations, because environment variables arrive as texts.

use std::time::Duration;

use serde_json::{Map, Value};

use super::ConfigError;
use super::text::Document;

/// A place in a document; `null` counts as absent.
#[derive(Debug, Clone)]
pub(super) struct Node<'v> {
    file: &'v str,
    path: String,
    value: Option<&'v Value>,
}

impl<'v> Node<'v> {
    pub(super) fn root(document: &'v Document) -> Node<'v> {
        Node {
            file: &document.origin,
            path: String::new(),
            value: Some(&document.value),
        }
    }

    pub(super) fn get(&self, key: &str) -> Node<'v> {
        let path = if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        };
        let value = self
            .value
            .and_then(|value| value.get(key))
            .filter(|value| !value.is_null());
        Node {
            file: self.file,
            path,
            value,
        }
    }

    pub(super) fn value(&self) -> Option<&'v Value> {
        self.value
    }

    pub(super) fn is_present(&self) -> bool {
        self.value.is_some()
    }

    /// An error about this place.
    pub(super) fn fail(&self, problem: impl Into<String>, mend: impl Into<String>) -> ConfigError {
        let field = if self.path.is_empty() {
            "the document".to_owned()
        } else {
            self.path.clone()
        };
        ConfigError::Field {
            file: self.file.to_owned(),
            field,
            problem: problem.into(),
            mend: mend.into(),
        }
    }

    /// The value, or an error that says what to add.
    pub(super) fn required<T>(&self, value: Option<T>, mend: &str) -> Result<T, ConfigError> {
        value.ok_or_else(|| self.fail("is missing", mend))
    }

    fn wrong(&self, wanted: &str) -> ConfigError {
        let found = match self.value {
            None | Some(Value::Null) => "nothing".to_owned(),
            Some(Value::Object(_)) => "an object".to_owned(),
            Some(Value::Array(_)) => "a list".to_owned(),
            // the text itself may be a secret
            Some(Value::String(_)) => "a text".to_owned(),
            Some(other) => other.to_string(),
        };
        self.fail(format!("is {found}"), format!("give {wanted}"))
    }

    pub(super) fn string(&self) -> Result<Option<String>, ConfigError> {
        match self.value {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(value.to_string())),
            Some(_) => Err(self.wrong("a text")),
        }
    }

    pub(super) fn integer(&self) -> Result<Option<i64>, ConfigError> {
        let wrong = || self.wrong("a whole number");
        match self.value {
            None => Ok(None),
            Some(Value::String(text)) => text.trim().parse().map(Some).map_err(|_| wrong()),
            Some(value) => value.as_i64().map(Some).ok_or_else(wrong),
        }
    }

    pub(super) fn boolean(&self) -> Result<Option<bool>, ConfigError> {
        match self.value {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" => Ok(Some(true)),
                "false" | "no" | "off" => Ok(Some(false)),
                _ => Err(self.wrong("true or false")),
            },
            Some(_) => Err(self.wrong("true or false")),
        }
    }

    pub(super) fn duration(&self) -> Result<Option<Duration>, ConfigError> {
        let wrong = || self.wrong("a duration such as \"7 days\" or 10s");
        match self.value {
            None => Ok(None),
            Some(Value::String(text)) => duration(text).map(Some).ok_or_else(wrong),
            Some(Value::Number(number)) => {
                duration(&number.to_string()).map(Some).ok_or_else(wrong)
            }
            Some(_) => Err(wrong()),
        }
    }

    pub(super) fn object(&self) -> Result<Option<&'v Map<String, Value>>, ConfigError> {
        match self.value {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(fields)),
            Some(_) => Err(self.wrong("an object { … }")),
        }
    }

    /// The items of a list; empty when absent.
    pub(super) fn items(&self) -> Result<Vec<Node<'v>>, ConfigError> {
        let items = match self.value {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(self.wrong("a list [ … ]")),
        };
        let node = |(n, item)| Node {
            file: self.file,
            path: format!("{}[{n}]", self.path),
            value: Some(item),
        };
        Ok(items.iter().enumerate().map(node).collect())
    }

    /// A line for each key that is not among those known here.
    pub(super) fn unknown_keys(&self, known: &[&str], warnings: &mut Vec<String>) {
        let Some(Value::Object(fields)) = self.value else {
            return;
        };
        for key in fields.keys().filter(|key| !known.contains(&key.as_str())) {
            warnings.push(format!(
                "{}: {}: is not a setting of this program and has no effect",
                self.file,
                self.get(key).path
            ));
        }
    }
}

/// A duration as Lightbend config writes them; a bare number is milliseconds, a week is 7 days.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let split = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(split).filter(|_| split > 0)?;
    let nanos: u64 = match unit.trim() {
        "ns" | "nano" | "nanos" | "nanosecond" | "nanoseconds" => 1,
        "us" | "micro" | "micros" | "microsecond" | "microseconds" => 1_000,
        "" | "ms" | "milli" | "millis" | "millisecond" | "milliseconds" => 1_000_000,
        "s" | "second" | "seconds" => 1_000_000_000,
        "m" | "minute" | "minutes" => 60_000_000_000,
        "h" | "hour" | "hours" => 3_600_000_000_000,
        "d" | "day" | "days" => 86_400_000_000_000,
        "w" | "week" | "weeks" => 604_800_000_000_000,
        _ => return None,
    };
    match number.parse::<u64>() {
        Ok(number) => number.checked_mul(nanos).map(Duration::from_nanos),
        Err(_) => {
            Duration::try_from_secs_f64(number.parse::<f64>().ok()? * nanos as f64 / 1e9).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn durations_are_read_as_lightbend_writes_them() {
        for (text, millis) in [
            ("7 days", Some(604_800_000)),
            ("10 seconds", Some(10_000)),
            ("10s", Some(10_000)),
            ("1.5 hours", Some(5_400_000)),
            ("10 ms", Some(10)),
            ("2m", Some(120_000)),
            ("1 week", Some(604_800_000)),
            ("1 month", None),
            ("10 SECONDS", None),
            ("Inf", None),
            ("-1 s", None),
            ("", None),
            ("s", None),
            ("1.2.3 s", None),
            ("99999999999999999999 d", None),
        ] {
            assert_eq!(duration(text), millis.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn values_are_read_leniently_and_refused_with_their_place() {
        let document = Document {
            origin: "c.hocon".into(),
            value: json!({"a": {"i": "5", "t": "true", "n": 3, "s": "secret", "l": [1, {"x": 2}]}, "z": null, "k": 1}),
        };
        let root = Node::root(&document);
        let a = root.get("a");
        assert_eq!(a.get("i").integer(), Ok(Some(5)));
        assert_eq!(a.get("t").boolean(), Ok(Some(true)));
        assert_eq!(a.get("n").string(), Ok(Some("3".to_owned())));
        assert_eq!(a.get("none").integer(), Ok(None));
        assert!(!root.get("z").is_present());
        let error = a.get("s").integer().unwrap_err().to_string();
        assert_eq!(error, "c.hocon: a.s: is a text; give a whole number");
        let error = a.get("l").items().unwrap()[1]
            .get("x")
            .boolean()
            .unwrap_err()
            .to_string();
        assert_eq!(error, "c.hocon: a.l[1].x: is 2; give true or false");
        let mut warnings = Vec::new();
        root.unknown_keys(&["a", "z"], &mut warnings);
        assert_eq!(
            warnings,
            ["c.hocon: k: is not a setting of this program and has no effect"]
        );
    }
}
