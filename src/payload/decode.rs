//! One record of the raw stream to a collector payload.

use std::borrow::Cow;

use jvm::charset::Charset;
use jvm::nvp::{self, Pair};
use jvm::text;

use super::thrift::{self, Fields, Record, Struct, ThriftError};
use super::{Api, CollectorPayload, Context, Source, ip, path};
use crate::schema::key::SchemaKey;

/// One thing that makes a record no collector payload; each becomes a bad row of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormatViolation {
    /// The record as a whole.
    Fallback(String),
    /// One field of it.
    InputData {
        /// Name of the field.
        field: &'static str,
        /// Its value, if it is there.
        value: Option<String>,
        /// What was expected.
        expectation: String,
    },
}

const EXPECTED: &str = "iglu:com.snowplowanalytics.snowplow/CollectorPayload/thrift/1-0-*";

/// Decodes a record.
///
/// With `try_base64`, a record that is no Thrift is taken for base64 of a record; `buffer` then
/// holds what the payload borrows from.
///
/// # Errors
/// All that is wrong with the record, in the order of the reference; never empty.
pub fn decode<'a>(
    record: &'a [u8],
    buffer: &'a mut Vec<u8>,
    try_base64: bool,
) -> Result<CollectorPayload<'a>, Vec<FormatViolation>> {
    let (bytes, fields) = match thrift::read(record) {
        Err(_) if try_base64 => {
            buffer.clear();
            jvm::base64::decode_into(record, buffer);
            let bytes: &'a [u8] = buffer;
            (bytes, thrift::read(bytes).map_err(unreadable)?)
        }
        fields => (record, fields.map_err(unreadable)?),
    };
    match fields.schema {
        Some(schema) => {
            check_schema(&thrift::text(schema))?;
            current(again(bytes, fields, Struct::Current)?.current)
        }
        None => legacy(again(bytes, fields, Struct::Legacy)?),
    }
}

/// The record of the struct itself, which differs from that of the first look only when headers do.
fn again<'a>(
    bytes: &'a [u8],
    fields: Record<'a>,
    as_struct: Struct,
) -> Result<Record<'a>, Vec<FormatViolation>> {
    if fields.odd_headers {
        thrift::reread(bytes, as_struct).map_err(unreadable)
    } else {
        Ok(fields)
    }
}

fn unreadable(error: ThriftError) -> Vec<FormatViolation> {
    thrown(&error.to_string())
}

fn thrown(message: &str) -> Vec<FormatViolation> {
    vec![FormatViolation::Fallback(format!(
        "error deserializing raw event: {message}"
    ))]
}

/// What collectors write.
const USUAL: &str = "iglu:com.snowplowanalytics.snowplow/CollectorPayload/thrift/1-0-0";

fn check_schema(uri: &str) -> Result<(), Vec<FormatViolation>> {
    use crate::schema::key::KeyError;
    if uri == USUAL {
        return Ok(());
    }
    let violation = match SchemaKey::parse(uri) {
        Ok(key) if fits(&key) => return Ok(()),
        Ok(key) => format!("verifying record as {EXPECTED} failed: found {key}"),
        Err(error @ KeyError::Number(_)) => return Err(thrown(&error.to_string())),
        Err(code) => format!("could not parse schema: {code}"),
    };
    Err(vec![FormatViolation::Fallback(violation)])
}

fn fits(key: &SchemaKey) -> bool {
    (key.name(), key.format()) == ("CollectorPayload", "thrift")
        && key.vendor() == "com.snowplowanalytics.snowplow"
        && (key.version().model, key.version().revision) == (1, 0)
}

fn current(fields: Fields<'_>) -> Result<CollectorPayload<'_>, Vec<FormatViolation>> {
    let (encoding, encoding_name) = charset(fields.encoding)?;
    let mut violations = Vec::new();
    let querystring = pairs(fields.querystring, encoding, &mut violations);
    let api = match fields.path.map(thrift::text) {
        None => Err(FormatViolation::InputData {
            field: "path",
            value: None,
            expectation: "request does not contain a path".to_owned(),
        }),
        Some(text) => api_of(text),
    };
    let api = api.unwrap_or_else(|violation| {
        violations.push(violation);
        path::tp1()
    });
    let body = fields.body.map(thrift::text);
    let content_type = fields.content_type.map(thrift::text);
    let (source, context) = sender(fields, (encoding, encoding_name), &mut violations);
    if !violations.is_empty() {
        return Err(violations);
    }
    Ok(CollectorPayload {
        api,
        querystring,
        content_type,
        body,
        source,
        context,
    })
}

fn legacy(record: Record<'_>) -> Result<CollectorPayload<'_>, Vec<FormatViolation>> {
    if !record.legacy_payload {
        // a null pointer there, whose message the reference is run without
        return Err(thrown("null"));
    }
    let fields = record.legacy;
    let (encoding, encoding_name) = charset(fields.encoding)?;
    let mut violations = Vec::new();
    let querystring = pairs(fields.querystring, encoding, &mut violations);
    let (source, context) = sender(fields, (encoding, encoding_name), &mut violations);
    if !violations.is_empty() {
        return Err(violations);
    }
    Ok(CollectorPayload {
        api: path::tp1(),
        querystring,
        content_type: None,
        body: None,
        source,
        context,
    })
}

fn charset(name: Option<&[u8]>) -> Result<(Charset, Cow<'_, str>), Vec<FormatViolation>> {
    let name = name
        .map(thrift::text)
        .ok_or_else(|| thrown("Null charset name"))?;
    match Charset::for_name(&name) {
        Some(charset) => Ok((charset, name)),
        None => Err(thrown(&name)),
    }
}

fn api_of(text: Cow<'_, str>) -> Result<Api<'_>, FormatViolation> {
    let found = match &text {
        Cow::Borrowed(text) => path::api(text),
        Cow::Owned(text) => path::api(text).map(|api| Api {
            vendor: Cow::Owned(api.vendor.into_owned()),
            version: Cow::Owned(api.version.into_owned()),
        }),
    };
    found.ok_or_else(|| FormatViolation::InputData {
        field: "path",
        value: Some(text.into_owned()),
        expectation: "path does not match (/)vendor/version(/) nor is a legacy /i(ce.png) request"
            .to_owned(),
    })
}

fn pairs<'a>(
    querystring: Option<&'a [u8]>,
    charset: Charset,
    violations: &mut Vec<FormatViolation>,
) -> Vec<Pair<'a>> {
    let Some(text) = querystring.map(thrift::text) else {
        return Vec::new();
    };
    let parsed = match &text {
        Cow::Borrowed(text) => nvp::parse(text, charset),
        Cow::Owned(text) => {
            nvp::parse(text, charset).map(|pairs| pairs.into_iter().map(owned).collect())
        }
    };
    parsed.unwrap_or_else(|error| {
        violations.push(FormatViolation::InputData {
            field: "querystring",
            value: Some(text.into_owned()),
            expectation: format!(
                "could not extract name-value pairs from querystring with encoding {}: {}",
                charset.name(),
                printable(&error.to_string())
            ),
        });
        Vec::new()
    })
}

fn owned((name, value): Pair<'_>) -> Pair<'static> {
    (
        Cow::Owned(name.into_owned()),
        value.map(|value| Cow::Owned(value.into_owned())),
    )
}

/// The message of an exception as the reference prints it: object ids masked, tabs as four spaces,
/// no control characters, no blanks around it.
pub fn printable(message: &str) -> String {
    let mut masked = String::with_capacity(message.len());
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('@') {
        masked.push_str(before);
        masked.push('@');
        let id = after.trim_start_matches(|c: char| c.is_ascii_digit() || c.is_ascii_lowercase());
        rest = match id.strip_prefix(';') {
            Some(tail) if id.len() < after.len() => {
                masked.push_str("xxxxxx;");
                tail
            }
            _ => after,
        };
    }
    masked.push_str(rest);
    text::java_trim(&text::tsv_safe(&masked).unwrap_or_default()).to_owned()
}

fn sender<'a>(
    fields: Fields<'a>,
    (encoding, encoding_name): (Charset, Cow<'a, str>),
    violations: &mut Vec<FormatViolation>,
) -> (Source<'a>, Context<'a>) {
    let user_id = fields.network_user_id.map(thrift::text).and_then(|text| {
        let id = jvm::uuid::from_string(&text);
        if id.is_none() {
            violations.push(FormatViolation::InputData {
                field: "networkUserId",
                value: Some(text.clone().into_owned()),
                expectation: "not valid UUID".to_owned(),
            });
        }
        match (id, text) {
            (Some(id), text) if id == text => Some(text),
            (id, _) => id.map(Cow::Owned),
        }
    });
    let headers: Vec<Cow<'a, str>> = fields.headers.into_iter().map(thrift::text).collect();
    let context = Context {
        timestamp: Some(fields.timestamp),
        ip: ip::from_headers(&headers).or_else(|| fields.ip_address.map(thrift::text)),
        useragent: fields.user_agent.map(thrift::text),
        referer: fields.referer.map(thrift::text),
        headers,
        user_id,
    };
    let source = Source {
        collector: fields.collector.map(thrift::text),
        encoding,
        encoding_name,
        hostname: fields.hostname.map(thrift::text),
    };
    (source, context)
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
