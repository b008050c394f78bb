//! A collector payload inside a bad row.

use std::borrow::Cow;

use lexon::{write_string, write_string_opt};

use super::message::list;
use crate::payload::{Api, CollectorPayload, Context, Source};

/// Writes a payload as the decoder left it.
pub(super) fn write(out: &mut String, payload: &CollectorPayload<'_>) {
    api(out, &payload.api);
    out.push_str(",\"querystring\":");
    list(out, &payload.querystring, |out, (name, value)| {
        pair(out, name, value.as_deref())
    });
    optional(out, "contentType", payload.content_type.as_deref());
    optional(out, "body", payload.body.as_deref());
    source(out, "collector", &payload.source);
    context(out, &payload.context, "networkUserId");
}

/// Opens the object with vendor and version.
pub(super) fn api(out: &mut String, api: &Api<'_>) {
    out.push_str("{\"vendor\":");
    write_string(out, &api.vendor);
    out.push_str(",\"version\":");
    write_string(out, &api.version);
}

/// One parameter of a list.
pub(super) fn pair(out: &mut String, name: &str, value: Option<&str>) {
    out.push_str("{\"name\":");
    write_string(out, name);
    out.push_str(",\"value\":");
    write_string_opt(out, value);
    out.push('}');
}

/// A further key with a text or `null`.
pub(super) fn optional(out: &mut String, key: &str, value: Option<&str>) {
    out.push_str(",\"");
    out.push_str(key);
    out.push_str("\":");
    write_string_opt(out, value);
}

/// The keys that tell who collected the payload; `collector` is the name of the first.
pub(super) fn source(out: &mut String, collector: &str, source: &Source<'_>) {
    optional(out, collector, source.collector.as_deref());
    optional(out, "encoding", Some(&source.encoding_name));
    optional(out, "hostname", source.hostname.as_deref());
}

/// The keys that tell who sent the payload; closes the object. `user_id` is the name of the last.
pub(super) fn context(out: &mut String, context: &Context<'_>, user_id: &str) {
    let timestamp = context.timestamp.map(jvm::time::joda_iso);
    optional(out, "timestamp", timestamp.as_deref());
    optional(out, "ipAddress", context.ip.as_deref());
    optional(out, "useragent", context.useragent.as_deref());
    optional(out, "refererUri", context.referer.as_deref());
    out.push_str(",\"headers\":");
    list(out, &context.headers, |out, header: &Cow<'_, str>| {
        write_string(out, header)
    });
    optional(out, user_id, context.user_id.as_deref());
    out.push('}');
}
