//! What the adapters of other vendors do alike: checks of the request, and events of a schema.

use lexon::Tree;

use super::common::{event, event_parameters, unstruct};
use super::{Found, Stop};
use crate::badrows::failure::Violation;
use crate::payload::{CollectorPayload, Parameters, RawEvent};
use crate::schema::key::SchemaKey;

pub(super) const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const JSON: &str = "application/json";

const NO_BODY: &str = "empty body: no events to process";

/// The body of a request, of any type.
pub(super) fn body<'p>(payload: &'p CollectorPayload<'p>) -> Result<&'p str, Violation> {
    payload
        .body
        .as_deref()
        .ok_or_else(|| Violation::input("body", None, NO_BODY))
}

/// The body of a request, which must be of a type.
pub(super) fn body_of_type<'p>(
    payload: &'p CollectorPayload<'p>,
    expected: &str,
) -> Result<&'p str, Violation> {
    let body = body(payload)?;
    match payload.content_type.as_deref() {
        Some(given) if given == expected => Ok(body),
        given => Err(unexpected_type(given, expected)),
    }
}

/// As [`body_of_type`], for adapters that take a body without characters for a missing one.
pub(super) fn text_of_type<'p>(
    payload: &'p CollectorPayload<'p>,
    expected: &str,
) -> Result<&'p str, Violation> {
    if payload.body.as_deref() == Some("") {
        return Err(Violation::input("body", None, NO_BODY));
    }
    body_of_type(payload, expected)
}

/// The violation of a request that has another type than its adapter expects.
pub(super) fn unexpected_type(given: Option<&str>, expected: &str) -> Violation {
    let expectation = match given {
        Some(_) => format!("expected {expected}"),
        None => format!("no content type: expected {expected}"),
    };
    Violation::input("contentType", given, expectation)
}

/// An event of a webhook, which happened on a server.
pub(super) fn server_event<'p>(
    payload: &'p CollectorPayload<'p>,
    tracker: &'static str,
    qs: &Parameters<'p>,
    schema: &SchemaKey,
    data: &Tree,
) -> RawEvent<'p> {
    let ue_pr = unstruct(schema.uri(), |out| data.write(out));
    event(payload, event_parameters(tracker, qs, ue_pr, "srv"))
}

/// The events of a list, or everything that is wrong with any of them.
pub(super) fn all<'p>(items: impl Iterator<Item = Result<RawEvent<'p>, Stop>>) -> Found<'p> {
    let (mut events, mut violations) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Ok(event) => events.push(event),
            Err(Stop::Failed(more)) => violations.extend(more),
            Err(crash) => return Err(crash),
        }
    }
    if !violations.is_empty() {
        return Err(Stop::Failed(violations));
    }
    if events.is_empty() {
        return Err(Violation::input("", None, "empty list of events").into());
    }
    Ok(events)
}

/// What circe says of a field that is not the text it should be.
pub(super) fn no_text(object: &Tree, field: &str) -> String {
    match object.get(field) {
        Some(_) => format!("could not extract '{field}': String: DownField({field})"),
        None => format!(
            "could not extract '{field}': Attempt to decode value on failed cursor: DownField({field})"
        ),
    }
}
