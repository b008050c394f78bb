//! PagerDuty: a list of incidents in JSON.

use lexon::Tree;

use super::common::{json, params};
use super::json::{Change, change_objects};
use super::schemas::{Schema, Section};
use super::webhook::{JSON, all, body_of_type, server_event};
use super::{Found, Job};
use crate::badrows::failure::Violation;

const INCIDENT: &str = "iglu:com.pagerduty/incident/jsonschema/1-0-0";

pub(super) const SCHEMAS: Section = Section {
    config: "pagerduty",
    title: "Pagerduty",
    schemas: &[
        Schema::event("incident.trigger", "incident", INCIDENT),
        Schema::event("incident.acknowledge", "incident", INCIDENT),
        Schema::event("incident.unacknowledge", "incident", INCIDENT),
        Schema::event("incident.resolve", "incident", INCIDENT),
        Schema::event("incident.assign", "incident", INCIDENT),
        Schema::event("incident.escalate", "incident", INCIDENT),
        Schema::event("incident.delegate", "incident", INCIDENT),
    ],
};

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let payload = job.payload;
    let body = body_of_type(payload, JSON)?;
    let doc = json("body", body)?;
    let items = doc
        .root()
        .get("messages")
        .and_then(|messages| messages.to_tree().into_array());
    let Some(items) = items else {
        return Err(
            Violation::input("messages", Some(body), "field `messages` is not an array").into(),
        );
    };
    let qs = params(payload);
    all(items.into_iter().enumerate().map(|(index, item)| {
        let schema = job
            .types
            .lookup(item.get("type").and_then(Tree::as_str), Some(index))?;
        let data = change_objects(item, &change)?;
        Ok(server_event(
            payload,
            "com.pagerduty-v1",
            &qs,
            schema,
            &data,
        ))
    }))
}

fn change(key: String, value: Tree) -> Change {
    let changed = match (&*key, value.as_str()) {
        (_, Some("null")) => Tree::Null,
        ("type", Some(text)) => Tree::String(text.replace("incident.", "")),
        ("created_on" | "last_status_change_on", Some(text)) => Tree::String(with_offset(text)),
        _ => return Change::Inside(key, value),
    };
    Change::Done(key, changed)
}

/// A date whose offset comes after a blank where a plus sign belongs. A line end may follow it.
fn with_offset(text: &str) -> String {
    const ENDS: [&str; 7] = ["\r\n", "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}", ""];
    let end = ENDS
        .into_iter()
        .find(|end| text.ends_with(end))
        .unwrap_or_default();
    match text
        .strip_suffix(end)
        .and_then(|text| text.strip_suffix(" 00:00"))
    {
        Some(date) => format!("{date}+00:00{end}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::tests::{Request, data, events, violations};

    const PAGER: Request<'static> = Request {
        path: "com.pagerduty/v1",
        qs: "",
        body: None,
        content_type: Some(JSON),
    };

    #[test]
    fn each_message_is_an_event() {
        let body = r#"{"messages":[{"type":"incident.trigger","data":{"incident":{"status":"null","created_on":"2015-11-30T18:18:14Z 00:00","x":{"type":"incident.incident.x","url":null}},"arr":[{"a":"null"}]},"id":"3c","created_on":"2015-11-30T18:18:14 00:00","n":"null"}]}"#;
        let got = events(Request {
            body: Some(body),
            ..PAGER
        })
        .unwrap();
        assert_eq!(
            data(&got[0]),
            r#"{"n":null,"data":{"incident":{"status":null,"created_on":"2015-11-30T18:18:14Z+00:00","x":{"type":"x","url":null}},"arr":[{"a":"null"}]},"id":"3c","created_on":"2015-11-30T18:18:14+00:00","type":"trigger"}"#
        );
    }

    #[test]
    fn offsets_are_mended_at_the_end_only() {
        for (text, expected) in [
            ("a 00:00", "a+00:00"),
            ("a 00:00\r\n", "a+00:00\r\n"),
            ("a 00:00\n\n", "a 00:00\n\n"),
            ("a 00:00 b", "a 00:00 b"),
            ("", ""),
        ] {
            assert_eq!(with_offset(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_body_without_messages_is_refused() {
        for body in ["{}", "[]", r#"{"messages":1}"#] {
            assert_eq!(
                violations(Request {
                    body: Some(body),
                    ..PAGER
                }),
                [Violation::input(
                    "messages",
                    Some(body),
                    "field `messages` is not an array"
                )]
            );
        }
    }
}
