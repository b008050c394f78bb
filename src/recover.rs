//! Bad rows back to the raw payloads they came from, so that they can go through again.
//!
//! Rows of kinds that hold a whole payload give that payload. Rows of one event give a request of that event
//! alone: its parameters as the query string of `/i`, which no adapter changes. What a row says of the
//! sender goes with either. Rows that hold only a part of what was refused give nothing.

mod patch;

use jvm::url_codec::percent;
use lexon::Tree;

use crate::payload::encode::Request;

pub use patch::merge;

/// Why a row gives no payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecoverError {
    /// It is no bad row.
    #[error("no bad row: {0}")]
    NoRow(&'static str),
    /// Its kind does not keep what was refused.
    #[error("rows of the type {0} do not hold what was refused")]
    NotKept(String),
    /// It holds bytes only, in which a patch finds nothing.
    #[error("rows of the type {0} hold bytes, which cannot be patched")]
    NoFields(String),
    /// The patch took away what a payload must have, or put something else in its place.
    #[error("after the patch there is no {0}")]
    Lacks(&'static str),
}

/// A bad row.
#[derive(Debug)]
pub struct Row {
    tree: Tree,
    kind: String,
}

/// What is to be recovered; what is empty or absent lets all pass.
#[derive(Debug, Default)]
pub struct Filter {
    /// Types, such as `schema_violations`.
    pub kinds: Vec<String>,
    /// Schemas that the failure names: whole URIs, or the start of one before a `*`.
    pub schemas: Vec<String>,
    /// Rows that were written at this time or later, milliseconds since the epoch.
    pub since: Option<i64>,
    /// Rows that were written before.
    pub until: Option<i64>,
}

impl Filter {
    /// Whether a row is wanted.
    pub fn wants(&self, row: &Row) -> bool {
        let in_time = |at: i64| {
            self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until)
        };
        let any_time = self.since.is_none() && self.until.is_none();
        (self.kinds.is_empty() || self.kinds.contains(&row.kind))
            && (any_time || row.failed_at().is_some_and(in_time))
            && (self.schemas.is_empty()
                || self.schemas.iter().any(|pattern| row.names_schema(pattern)))
    }
}

impl Row {
    /// Reads a line of the bad stream.
    ///
    /// # Errors
    /// When it is no bad row.
    pub fn parse(line: &str) -> Result<Row, RecoverError> {
        let tree = Tree::parse(line).map_err(|_| RecoverError::NoRow("it is no JSON"))?;
        let schema = tree.get("schema").and_then(Tree::as_str);
        let schema = schema.ok_or(RecoverError::NoRow("it names no schema"))?;
        let kind = schema
            .strip_prefix("iglu:com.snowplowanalytics.snowplow.badrows/")
            .and_then(|rest| rest.split('/').next())
            .ok_or(RecoverError::NoRow("its schema is another one"))?;
        let kind = kind.to_owned();
        Ok(Row { tree, kind })
    }

    /// Its type, such as `schema_violations`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    fn data(&self, key: &str) -> Option<&Tree> {
        self.tree.get("data")?.get(key)
    }

    /// When it was written, milliseconds since the epoch.
    pub fn failed_at(&self) -> Option<i64> {
        let text = self.data("failure")?.get("timestamp")?.as_str()?;
        instant(text)
    }

    /// Whether its failure names a schema: a whole URI, or the start of one before a `*`.
    pub fn names_schema(&self, pattern: &str) -> bool {
        let fits = |uri: &str| match pattern.strip_suffix('*') {
            Some(start) => uri.starts_with(start),
            None => uri == pattern,
        };
        let mut open: Vec<&Tree> = self.data("failure").into_iter().collect();
        while let Some(tree) = open.pop() {
            open.extend(tree.as_array().into_iter().flatten());
            for (key, value) in tree.as_object().into_iter().flatten() {
                if key == "schemaKey" && value.as_str().is_some_and(fits) {
                    return true;
                }
                open.push(value);
            }
        }
        false
    }

    /// The raw payload, with a patch merged into what the row holds of it.
    ///
    /// # Errors
    /// When the row does not hold it, or the patch does not leave one.
    pub fn payload(&self, patch: Option<&Tree>) -> Result<Vec<u8>, RecoverError> {
        let kept = self.data("payload");
        let kept = kept.ok_or(RecoverError::NoRow("it has no payload"))?;
        match self.kind.as_str() {
            "generic_error" | "collector_payload_format_violation" => {
                let record = kept.as_str();
                let record = record.ok_or(RecoverError::NoRow("its payload is no text"))?;
                match patch {
                    Some(_) => Err(RecoverError::NoFields(self.kind.clone())),
                    None => Ok(jvm::base64::decode_lenient(record.as_bytes())),
                }
            }
            "adapter_failures" | "tracker_protocol_violations" => {
                let fields = patch::fields(kept, "querystring", patch);
                request(&fields, Whole::Payload)
            }
            "schema_violations" | "enrichment_failures" => {
                let raw = kept.get("raw");
                let raw = raw.ok_or(RecoverError::NoRow("its payload has no raw event"))?;
                request(&patch::fields(raw, "parameters", patch), Whole::Event)
            }
            _ => Err(RecoverError::NotKept(self.kind.clone())),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    Payload,
    Event,
}

fn request(fields: &Tree, whole: Whole) -> Result<Vec<u8>, RecoverError> {
    let text = |key: &str| fields.get(key).and_then(Tree::as_str).map(str::to_owned);
    let timestamp = text("timestamp").and_then(|text| instant(&text));
    let headers = fields.get("headers").and_then(Tree::as_array);
    let headers = headers.into_iter().flatten().filter_map(Tree::as_str);
    let (pairs, path, collector, user_id) = match whole {
        Whole::Payload => {
            let vendor = text("vendor").ok_or(RecoverError::Lacks("vendor"))?;
            let version = text("version").ok_or(RecoverError::Lacks("version"))?;
            let path = match (vendor.as_str(), version.as_str()) {
                ("com.snowplowanalytics.snowplow", "tp1") => "/i".to_owned(),
                _ => format!("/{vendor}/{version}"),
            };
            ("querystring", path, "collector", "networkUserId")
        }
        Whole::Event => ("parameters", "/i".to_owned(), "loaderName", "userId"),
    };
    let querystring = fields.get(pairs).map(querystring);
    Ok(Request {
        ip: text("ipAddress"),
        timestamp: timestamp.ok_or(RecoverError::Lacks("timestamp"))?,
        // the pairs are texts by now, whatever charset they came in
        encoding: Some("UTF-8".to_owned()),
        collector: text(collector),
        useragent: text("useragent"),
        referer: text("refererUri"),
        path: Some(path),
        querystring: querystring.filter(|text| !text.is_empty()),
        body: text("body").filter(|_| whole == Whole::Payload),
        headers: headers.map(str::to_owned).collect(),
        content_type: text("contentType"),
        hostname: text("hostname"),
        network_user_id: text(user_id),
    }
    .encode())
}

/// Names and values, as a list of objects or, after a patch, as one object.
fn querystring(pairs: &Tree) -> String {
    let mut out = String::new();
    let mut add = |name: &str, value: Option<&str>| {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(&percent(name));
        if let Some(value) = value {
            out.push('=');
            out.push_str(&percent(value));
        }
    };
    for pair in pairs.as_array().into_iter().flatten() {
        let part = |key: &str| pair.get(key).and_then(Tree::as_str);
        add(part("name").unwrap_or_default(), part("value"));
    }
    for (name, value) in pairs.as_object().into_iter().flatten() {
        add(name, value.as_str());
    }
    out
}

/// An instant of a bad row; what is beyond milliseconds is cut off.
fn instant(text: &str) -> Option<i64> {
    let text = match text.split_once('.') {
        Some((seconds, rest)) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (fraction, zone) = rest.split_at(digits);
            let fraction = fraction.get(..3).unwrap_or(fraction);
            format!("{seconds}.{fraction}{zone}")
        }
        None => text.to_owned(),
    };
    jvm::time::parse_joda_iso(&text).ok()
}

#[cfg(test)]
mod tests;
