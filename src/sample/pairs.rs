//! The parameters of one event, written as a query string or as an object of a POST body.

/// Parameters in the order they were added.
#[derive(Debug, Clone, Default)]
pub struct Pairs(Vec<(&'static str, String)>);

impl Pairs {
    /// Adds a parameter.
    pub fn add(&mut self, key: &'static str, value: impl Into<String>) {
        self.0.push((key, value.into()));
    }

    /// `key=value&…` with everything but unreserved letters escaped.
    pub fn querystring(&self) -> String {
        let mut text = String::new();
        for (n, (key, value)) in self.0.iter().enumerate() {
            if n > 0 {
                text.push('&');
            }
            text.push_str(key);
            text.push('=');
            text.push_str(&escape(value));
        }
        text
    }

    /// `{"key":"value",…}`
    pub fn json(&self) -> String {
        let mut text = String::from("{");
        for (n, (key, value)) in self.0.iter().enumerate() {
            if n > 0 {
                text.push(',');
            }
            text.push_str(&format!("\"{key}\":\"{}\"", quoted(value)));
        }
        text.push('}');
        text
    }
}

/// Percent-encoding as a browser's `encodeURIComponent` does it, near enough.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(char::from(byte))
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// The inside of a JSON string.
fn quoted(text: &str) -> String {
    let mut inside = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '"' => inside.push_str("\\\""),
            '\\' => inside.push_str("\\\\"),
            c if c < ' ' => inside.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => inside.push(c),
        }
    }
    inside
}
