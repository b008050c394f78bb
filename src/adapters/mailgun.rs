//! Mailgun: one signed event in JSON.

use lexon::{Doc, Tree};

use super::common::params;
use super::json::{Cleaning, as_long, camel};
use super::schemas::{Schema, Section};
use super::webhook::{JSON, server_event, text_of_type};
use super::{Found, Job};
use crate::badrows::failure::Violation;
use crate::payload::decode::printable;

pub(super) const SCHEMAS: Section = Section {
    config: "mailgun",
    title: "Mailgun",
    schemas: &[
        Schema::event(
            "bounced",
            "message_bounced",
            "iglu:com.mailgun/message_bounced/jsonschema/1-0-0",
        ),
        Schema::event(
            "clicked",
            "message_clicked",
            "iglu:com.mailgun/message_clicked/jsonschema/1-0-0",
        ),
        Schema::event(
            "complained",
            "message_complained",
            "iglu:com.mailgun/message_complained/jsonschema/1-0-0",
        ),
        Schema::event(
            "delivered",
            "message_delivered",
            "iglu:com.mailgun/message_delivered/jsonschema/1-0-0",
        ),
        Schema::event(
            "dropped",
            "message_dropped",
            "iglu:com.mailgun/message_dropped/jsonschema/1-0-0",
        ),
        Schema::event(
            "opened",
            "message_opened",
            "iglu:com.mailgun/message_opened/jsonschema/1-0-0",
        ),
        Schema::event(
            "unsubscribed",
            "recipient_unsubscribed",
            "iglu:com.mailgun/recipient_unsubscribed/jsonschema/1-0-0",
        ),
    ],
};

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let payload = job.payload;
    let body = text_of_type(payload, JSON)?;
    let refused = |problem: &str| Violation::input("body", Some(body), problem);
    let doc = Doc::parse(body).map_err(|error| {
        refused(&format!(
            "could not parse body: {}",
            printable(&error.message)
        ))
    })?;
    let root = doc.root();
    let Some(kind) = root.get("event-data").and_then(|data| data.get("event")) else {
        return Err(refused("no `event` parameter provided: cannot determine event type").into());
    };
    let kind = kind.as_str();
    let schema = job.types.lookup(kind, None)?;
    let event = with_attachments(camel(signed(&root.to_tree())?)?);
    let cleaning = Cleaning {
        event: kind.map(|kind| ("event", kind)),
        times: &["timestamp"],
    };
    let data = cleaning.clean(event)?;
    Ok(vec![server_event(
        payload,
        "com.mailgun-v1",
        &params(payload),
        schema,
        &data,
    )])
}

/// The event and its signature as one object; the time is that of the signature.
fn signed(body: &Tree) -> Result<Tree, Violation> {
    let missing = |name: &str| Violation::input(name, None, format!("missing '{name}'"));
    let signature = body.get("signature");
    let part = |name| {
        signature
            .and_then(|signature| signature.get(name))
            .ok_or_else(|| missing(name))
    };
    let (time, _, _) = (part("timestamp")?, part("token")?, part("signature")?);
    let mut event = body.get("event-data").cloned().unwrap_or_default();
    *event
        .get_mut("timestamp")
        .ok_or_else(|| missing("event-data"))? = time.clone();
    Ok(signature.cloned().unwrap_or_default().deep_merge(event))
}

/// The event without its text, the number of attachments at the end if it is one.
fn with_attachments(mut event: Tree) -> Tree {
    event.remove("bodyPlain");
    let count = event.remove("attachmentCount");
    if let Some(count) = count
        .as_ref()
        .and_then(as_long)
        .and_then(|count| i32::try_from(count).ok())
    {
        event.insert("attachmentCount", Tree::Number(count.to_string()));
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::tests::{Request, data, events, violations};

    const GUN: Request<'static> = Request {
        path: "com.mailgun/v1",
        qs: "",
        body: None,
        content_type: Some(JSON),
    };

    #[test]
    fn a_signed_event_is_an_event() {
        let body = r#"{"signature":{"token":"t","timestamp":"1657907833","signature":"s"},"event-data":{"id":"C","timestamp":1521472262.9,"log-level":"info","event":"delivered","delivery-status":{"tls":true,"mx-host":"h","session-seconds":0.43,"event":"delivered"},"tags":["a"],"attachment-count":"3","body-plain":"x","a_b":{"x-y":[{"p_q":1}]}}}"#;
        let got = events(Request {
            body: Some(body),
            ..GUN
        })
        .unwrap();
        assert_eq!(
            data(&got[0]),
            r#"{"deliveryStatus":{"tls":true,"mxHost":"h","sessionSeconds":0.43},"timestamp":"2022-07-15T17:57:13.000Z","tags":["a"],"signature":"s","id":"C","aB":{"xY":[{"pQ":1}]},"token":"t","attachmentCount":3,"logLevel":"info"}"#
        );
    }

    #[test]
    fn bodies_that_are_not_as_expected_are_refused() {
        for (body, field, value, problem) in [
            ("", "body", false, "empty body: no events to process"),
            (
                "x",
                "body",
                true,
                "could not parse body: expected json value got 'x' (line 1, column 1)",
            ),
            (
                "{}",
                "body",
                true,
                "no `event` parameter provided: cannot determine event type",
            ),
            (
                r#"{"event-data":{"event":"opened"}}"#,
                "timestamp",
                false,
                "missing 'timestamp'",
            ),
            (
                r#"{"event-data":{"event":"opened"},"signature":{"timestamp":null}}"#,
                "token",
                false,
                "missing 'token'",
            ),
            (
                r#"{"event-data":{"event":"opened"},"signature":{"timestamp":1,"token":1}}"#,
                "signature",
                false,
                "missing 'signature'",
            ),
            (
                r#"{"event-data":{"event":"opened"},"signature":{"timestamp":1,"token":1,"signature":1}}"#,
                "event-data",
                false,
                "missing 'event-data'",
            ),
        ] {
            assert_eq!(
                violations(Request {
                    body: Some(body),
                    ..GUN
                }),
                [Violation::input(field, value.then_some(body), problem)]
            );
        }
        let got = violations(Request {
            body: Some(r#"{"event-data":{"event":1}}"#),
            ..GUN
        });
        assert!(matches!(
            &got[0],
            Violation::SchemaMapping { actual: None, .. }
        ));
    }
}
