//! The second version of the tracker protocol: one event in the query string, or many in a JSON
//! body. The hot path: the body is parsed once, and the events borrow from it.

use std::borrow::Cow;

use jvm::orders::Orders;
use jvm::smap::Gathered;
use lexon::{Kind, Value};

use super::common::{event, json, params_known, self_describing};
use super::{AdapterScratch, Found, Job, Stop};
use crate::badrows::failure::Violation;
use crate::payload::Parameters;
use crate::schema::check::CheckError;
use crate::schema::key::SchemaKey;

const CONTENT_TYPES: [&str; 3] = [
    "application/json",
    "application/json; charset=utf-8",
    "application/json; charset=UTF-8",
];

const CRITERION: &str = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-*";

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let payload = job.payload;
    let AdapterScratch { doc, orders } = job.scratch;
    let qs = params_known(payload, orders);
    match (payload.body.as_deref(), payload.content_type.as_deref()) {
        (None, _) if qs.is_empty() => Err(Stop::Failed(vec![
            Violation::input(
                "body",
                None,
                "empty body: not a valid tracker protocol event",
            ),
            Violation::input(
                "querystring",
                None,
                "empty querystring: not a valid tracker protocol event",
            ),
        ])),
        (_, Some(given)) if !CONTENT_TYPES.contains(&given) => Err(unexpected_type(Some(given))),
        (Some(_), None) => Err(unexpected_type(None)),
        (None, Some(_)) => {
            Err(
                Violation::input("body", None, "empty body: not a valid track protocol event")
                    .into(),
            )
        }
        (None, None) => Ok(vec![event(payload, qs)]),
        (Some(body), Some(_)) => {
            let doc = doc.insert(json("body", body)?);
            let sent = self_describing(doc.root(), job.check)?;
            job.check
                .check(&sent.key, sent.data)
                .map_err(|error| match error {
                    CheckError::Crash(crash) => Stop::Crash(crash),
                    CheckError::Client(error) => Violation::Iglu {
                        key: sent.key.clone(),
                        error,
                    }
                    .into(),
                })?;
            if !fits(&sent.key) {
                return Err(Violation::Criterion {
                    key: sent.key,
                    criterion: CRITERION.to_owned(),
                }
                .into());
            }
            let events = events(sent.data, &qs, orders)?;
            Ok(events
                .into_iter()
                .map(|parameters| event(payload, parameters))
                .collect())
        }
    }
}

fn unexpected_type(given: Option<&str>) -> Stop {
    let expectation = format!("expected one of {}", CONTENT_TYPES.join(", "));
    Violation::input("contentType", given, expectation).into()
}

fn fits(key: &SchemaKey) -> bool {
    (key.version().model, key.version().revision) == (1, 0)
        && key.name() == "payload_data"
        && key.vendor() == "com.snowplowanalytics.snowplow"
        && key.format() == "jsonschema"
}

/// The parameters of each event, those of the query string on top.
fn events<'p>(
    data: Value<'p>,
    qs: &Parameters<'p>,
    orders: &mut Orders,
) -> Result<Vec<Parameters<'p>>, Stop> {
    if data.kind() != Kind::Array || data.items().any(|item| item.kind() != Kind::Object) {
        return Err(Violation::input("body", Some(&data.to_json()), "json is not an array").into());
    }
    if data.is_empty() {
        return Err(Violation::input("body", Some(&data.to_json()), "empty list of events").into());
    }
    let mut violations = Vec::new();
    let mut events = Vec::with_capacity(data.len());
    for item in data.items() {
        let mut parameters = Gathered::with_capacity(item.len());
        for (name, value) in item.entries() {
            if let Some(text) = value.as_str() {
                parameters.add(Cow::Borrowed(name), Some(Cow::Borrowed(text)));
            } else if value.is_null() {
                violations.push(Violation::input(name, None, "value cannot be null"));
            } else {
                let given = value.to_json();
                violations.push(Violation::input(
                    name,
                    Some(&given),
                    "value is not a string",
                ));
            }
        }
        let mut parameters = parameters.into_map(orders);
        for (name, value) in qs.iter() {
            parameters.insert(name.clone(), value.clone());
        }
        events.push(parameters);
    }
    if violations.is_empty() {
        Ok(events)
    } else {
        Err(Stop::Failed(violations))
    }
}
