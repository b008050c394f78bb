//! Webhooks that name a schema themselves: in the query string, or with self-describing JSON.

use lexon::{Kind, Value, write_string_opt};

use super::common::{
    event, event_parameters, event_texts, form, json, object, params, self_describing, texts,
    unstruct,
};
use super::{Found, Job, Stop};
use crate::badrows::failure::{Crash, Violation};
use crate::payload::{CollectorPayload, Parameters, RawEvent};
use crate::schema::key::KeyError;
use crate::schema::key::SchemaKey;

const TRACKER: &str = "com.snowplowanalytics.iglu-v1";
const JSON: &str = "application/json";
const JSON_UTF8: &str = "application/json; charset=utf-8";
const FORM: &str = "application/x-www-form-urlencoded";

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let payload = job.payload;
    let mut qs = params(payload);
    let schema = qs.get("schema").cloned().flatten();
    match (
        schema,
        payload.body.as_deref(),
        payload.content_type.as_deref(),
    ) {
        (_, Some(_), None) => Err(unexpected_type(None, &[JSON, JSON_UTF8, FORM])),
        (None, Some(body), Some(JSON | JSON_UTF8)) => {
            let doc = json("body", body)?;
            let sent = self_describing(doc.root(), job.check)?;
            Ok(vec![from_json(payload, &qs, &sent.key, sent.data)])
        }
        (None, Some(_), Some(given)) => Err(unexpected_type(Some(given), &[JSON, JSON_UTF8])),
        (None, None, _) => Err(Stop::Failed(vec![
            Violation::input("schema", None, "empty `schema` field"),
            Violation::input("body", None, "empty body"),
        ])),
        (Some(uri), body, content_type) => {
            let key = SchemaKey::parse(&uri).map_err(|error| match error {
                KeyError::Number(_) => Stop::Crash(Crash(error.to_string())),
                code => Violation::input("schema", Some(&uri), code.to_string()).into(),
            })?;
            qs.remove("schema");
            match (body, content_type) {
                (None, _) => Ok(vec![from_querystring(payload, &qs, &key)]),
                (Some(body), Some(JSON | JSON_UTF8)) => from_json_body(payload, &qs, &key, body),
                (Some(body), Some(FORM)) => from_form(payload, &qs, &key, body),
                (Some(_), given) => Err(unexpected_type(given, &[JSON, JSON_UTF8, FORM])),
            }
        }
    }
}

fn unexpected_type(given: Option<&str>, expected: &[&str]) -> Stop {
    Violation::input(
        "contentType",
        given,
        format!("expected one of {}", expected.join(", ")),
    )
    .into()
}

fn from_querystring<'p>(
    payload: &'p CollectorPayload<'p>,
    qs: &Parameters<'p>,
    key: &SchemaKey,
) -> RawEvent<'p> {
    let ue_pr = unstruct(key.uri(), |out| {
        object(out, event_texts(qs), |out, _, value| {
            write_string_opt(out, value.filter(|text| !text.is_empty()));
        });
    });
    event(payload, event_parameters(TRACKER, qs, ue_pr, "app"))
}

fn from_json<'p>(
    payload: &'p CollectorPayload<'p>,
    qs: &Parameters<'p>,
    key: &SchemaKey,
    data: Value<'_>,
) -> RawEvent<'p> {
    let ue_pr = unstruct(key.uri(), |out| data.write(out));
    event(payload, event_parameters(TRACKER, qs, ue_pr, "app"))
}

fn from_json_body<'p>(
    payload: &'p CollectorPayload<'p>,
    qs: &Parameters<'p>,
    key: &SchemaKey,
    body: &'p str,
) -> Found<'p> {
    let doc = json("body", body)?;
    let data = doc.root();
    let problem = match data.kind() {
        Kind::Array if data.is_empty() => "empty array of events",
        Kind::Array => {
            return Ok(data
                .items()
                .map(|item| from_json(payload, qs, key, item))
                .collect());
        }
        Kind::Object if !data.is_empty() => return Ok(vec![from_json(payload, qs, key, data)]),
        _ => "has no key-value pairs",
    };
    Err(Violation::input("body", Some(body), problem).into())
}

fn from_form<'p>(
    payload: &'p CollectorPayload<'p>,
    qs: &Parameters<'p>,
    key: &SchemaKey,
    body: &'p str,
) -> Found<'p> {
    let data = form(body).map_err(|message| Violation::input("body", Some(body), message))?;
    let ue_pr = unstruct(key.uri(), |out| {
        object(out, texts(&data), |out, _, value| {
            write_string_opt(out, value)
        });
    });
    Ok(vec![event(
        payload,
        event_parameters(TRACKER, qs, ue_pr, "srv"),
    )])
}
