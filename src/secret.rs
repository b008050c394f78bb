//! Texts that must not be shown.

use std::fmt;

use serde_json::Value;

/// A password, key or salt: printed as `***` by every formatter.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself, for the one place that has to send it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Parts of names whose values are never shown, in lower case.
const SECRET_NAMES: [&str; 17] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api.key",
    "jaas",
    "credential",
    "salt",
    "pepper",
    "dsn",
    "accesskey",
    "access_key",
    "private",
    ".pem",
];

/// A document with `***` in the place of everything that may be secret: values by their names, and
/// passwords within texts.
pub fn redacted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| {
                    let lower = name.to_ascii_lowercase();
                    let hide = SECRET_NAMES.iter().any(|part| lower.contains(part));
                    let value = match value {
                        Value::Null | Value::Bool(_) => value.clone(),
                        _ if hide => Value::String("***".to_owned()),
                        value => redacted(value),
                    };
                    (name.clone(), value)
                })
                .collect(),
        ),
        Value::Array(items) => items.iter().map(redacted).collect(),
        Value::String(text) => Value::String(redacted_text(text)),
        other => other.clone(),
    }
}

/// A text without what looks like a password in it: the user part of addresses, and whole texts that speak
/// of one.
fn redacted_text(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    if ["password", "secret", "sharedaccesskey", "-----begin"]
        .iter()
        .any(|word| lower.contains(word))
    {
        return "***".to_owned();
    }
    match text.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
            match authority.rsplit_once('@') {
                Some((_, host)) => format!("{scheme}://***@{host}{path}"),
                None => text.to_owned(),
            }
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_shown_without_what_may_be_secret() {
        let document = json!({
            "input": {"topicName": "raw", "consumerConf": {
                "sasl.jaas.config": "x required username=\"u\" password=\"p\";",
                "ssl.keystore.password": "p", "group.id": "enrich", "other": "org.Module password=hunter2;"
            }},
            "output": {"good": {"cluster": {"username": "u", "password": 7}}},
            "list": [{"apikey": "k"}, "https://user:pass@host/path?x=1", "http://host/a@b"],
            "monitoring": {"sentry": {"dsn": "https://k@h/1"}},
            "admin": {"token": "t"}, "empty": {"secret": null}
        });
        assert_eq!(
            redacted(&document),
            json!({
                "input": {"topicName": "raw", "consumerConf": {
                    "sasl.jaas.config": "***", "ssl.keystore.password": "***", "group.id": "enrich", "other": "***"
                }},
                "output": {"good": {"cluster": {"username": "u", "password": "***"}}},
                "list": [{"apikey": "***"}, "https://***@host/path?x=1", "http://host/a@b"],
                "monitoring": {"sentry": {"dsn": "***"}},
                "admin": {"token": "***"}, "empty": {"secret": null}
            })
        );
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new("hunter2");
        assert_eq!(
            format!("{secret:?} {secret} {:?}", Some(&secret)),
            "*** *** Some(***)"
        );
        assert_eq!(secret.expose(), "hunter2");
    }
}
