//! What several adapters do alike.

use std::borrow::Cow;

use jvm::charset::Charset;
use jvm::nvp;
use jvm::orders::Orders;
use jvm::smap::Gathered;
use lexon::{Doc, Value, write_string};

use super::Stop;
use crate::badrows::failure::{Crash, Violation};
use crate::payload::{CollectorPayload, Parameters, RawEvent, Sender};
use crate::schema::check::Check;
use crate::schema::key::KeyError;
use crate::schema::self_describing::{self, SelfDescribing, SelfDescribingError};

/// Parameters of the request that go on into the event beside its JSON.
const ACCEPTED: [&str; 6] = ["nuid", "aid", "cv", "eid", "ttm", "url"];

/// Parameters that are never part of an event's JSON.
pub(super) const RESERVED: [&str; 4] = ["nuid", "aid", "cv", "p"];

const UNSTRUCT: &str =
    "{\"schema\":\"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0\",\"data\":";
const CONTEXTS: &str =
    "{\"schema\":\"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1\",\"data\":[";

/// The query string as parameters: of duplicates the last wins.
pub(super) fn params<'p>(payload: &'p CollectorPayload<'p>) -> Parameters<'p> {
    pairs(payload).collect()
}

/// The same, faster where the names came in this sequence before.
pub(super) fn params_known<'p>(
    payload: &'p CollectorPayload<'p>,
    orders: &mut Orders,
) -> Parameters<'p> {
    let mut parameters = Gathered::with_capacity(payload.querystring.len());
    for (name, value) in pairs(payload) {
        parameters.add(name, value);
    }
    parameters.into_map(orders)
}

fn pairs<'p>(
    payload: &'p CollectorPayload<'p>,
) -> impl Iterator<Item = (Cow<'p, str>, Option<Cow<'p, str>>)> {
    let pairs = payload.querystring.iter();
    pairs.map(|(name, value)| (Cow::Borrowed(&**name), value.as_deref().map(Cow::Borrowed)))
}

/// A form as parameters, as [`params`].
///
/// # Errors
/// What the platform says of text that is no form.
pub(super) fn form(body: &str) -> Result<Parameters<'_>, String> {
    let pairs = nvp::parse(body, Charset::UTF_8).map_err(|error| error.to_string())?;
    Ok(pairs.into_iter().collect())
}

/// Parses JSON of a field of the payload.
pub(super) fn json(field: &str, text: &str) -> Result<Doc, Violation> {
    Doc::parse(text).map_err(|error| Violation::NotJson {
        field: field.to_owned(),
        value: Some(text.to_owned()),
        error: format!("invalid json: {error}"),
    })
}

/// Reads self-describing JSON of a payload.
pub(super) fn self_describing<'d>(
    value: Value<'d>,
    check: &mut dyn Check,
) -> Result<SelfDescribing<'d>, Stop> {
    self_describing::parse_with(value, |uri| check.key(uri)).map_err(|error| match error {
        SelfDescribingError::Key(KeyError::Number(_)) => Stop::Crash(Crash(error.to_string())),
        error => Stop::from(Violation::NotIglu {
            json: value.to_json(),
            error,
        }),
    })
}

/// An event of a payload with these parameters, everything else as sent.
pub(super) fn event<'p>(
    payload: &'p CollectorPayload<'p>,
    parameters: Parameters<'p>,
) -> RawEvent<'p> {
    RawEvent {
        api: &payload.api,
        parameters,
        content_type: payload.content_type.as_deref(),
        source: &payload.source,
        context: Sender::of(&payload.context),
    }
}

/// The JSON of a self-describing event; `data` writes what it describes.
pub(super) fn unstruct(schema: &str, data: impl FnOnce(&mut String)) -> String {
    let mut out = String::with_capacity(512);
    out.push_str(UNSTRUCT);
    self_described(&mut out, schema, data);
    out.push('}');
    out
}

/// The JSON of contexts; `items` writes them, with commas between.
pub(super) fn contexts(items: impl FnOnce(&mut String)) -> String {
    let mut out = String::with_capacity(512);
    out.push_str(CONTEXTS);
    items(&mut out);
    out.push_str("]}");
    out
}

/// Self-describing JSON.
pub(super) fn self_described(out: &mut String, schema: &str, data: impl FnOnce(&mut String)) {
    out.push_str("{\"schema\":");
    write_string(out, schema);
    out.push_str(",\"data\":");
    data(out);
    out.push('}');
}

/// The parameters of a self-describing event of a webhook.
pub(super) fn event_parameters<'p>(
    tracker: &'static str,
    qs: &Parameters<'p>,
    ue_pr: String,
    platform: &'static str,
) -> Parameters<'p> {
    let mut params = Parameters::with_capacity(8);
    let platform = qs
        .get("p")
        .cloned()
        .unwrap_or(Some(Cow::Borrowed(platform)));
    params.insert(Cow::Borrowed("tv"), Some(Cow::Borrowed(tracker)));
    params.insert(Cow::Borrowed("e"), Some(Cow::Borrowed("ue")));
    params.insert(Cow::Borrowed("p"), platform);
    params.insert(Cow::Borrowed("ue_pr"), Some(Cow::Owned(ue_pr)));
    for (name, value) in qs.iter().filter(|(name, _)| ACCEPTED.contains(&&***name)) {
        params.insert(name.clone(), value.clone());
    }
    params
}

/// Parameters as a JSON object in their order; `write` writes a value.
pub(super) fn object<'v>(
    out: &mut String,
    params: impl Iterator<Item = (&'v str, Option<&'v str>)>,
    write: impl Fn(&mut String, &str, Option<&str>),
) {
    out.push('{');
    for (n, (name, value)) in params.enumerate() {
        if n > 0 {
            out.push(',');
        }
        write_string(out, name);
        out.push(':');
        write(out, name, value);
    }
    out.push('}');
}

/// The entries of parameters as texts.
pub(super) fn texts<'v>(
    params: &'v Parameters<'_>,
) -> impl Iterator<Item = (&'v str, Option<&'v str>)> {
    params
        .iter()
        .map(|(name, value)| (&**name, value.as_deref()))
}

/// The entries but the reserved ones.
pub(super) fn event_texts<'v>(
    params: &'v Parameters<'_>,
) -> impl Iterator<Item = (&'v str, Option<&'v str>)> {
    texts(params).filter(|(name, _)| !RESERVED.contains(name))
}

/// Parameters as the reference shows them in messages: `a=b&c=null`.
pub(super) fn shown(params: &Parameters<'_>) -> String {
    let mut out = String::new();
    for (n, (name, value)) in texts(params).enumerate() {
        if n > 0 {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        out.push_str(value.unwrap_or("null"));
    }
    out
}
