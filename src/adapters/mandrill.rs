//! Mandrill: a list of events as JSON in a form.

use lexon::Tree;

use super::common::{form, params};
use super::json::Cleaning;
use super::schemas::{Schema, Section};
use super::webhook::{FORM, all, body_of_type, server_event};
use super::{Found, Job};
use crate::badrows::failure::Violation;

pub(super) const SCHEMAS: Section = Section {
    config: "mandrill",
    title: "Mandrill",
    schemas: &[
        Schema::event(
            "hard_bounce",
            "message_bounced",
            "iglu:com.mandrill/message_bounced/jsonschema/1-0-1",
        ),
        Schema::event(
            "click",
            "message_clicked",
            "iglu:com.mandrill/message_clicked/jsonschema/1-0-1",
        ),
        Schema::event(
            "deferral",
            "message_delayed",
            "iglu:com.mandrill/message_delayed/jsonschema/1-0-1",
        ),
        Schema::event(
            "spam",
            "message_marked_as_spam",
            "iglu:com.mandrill/message_marked_as_spam/jsonschema/1-0-1",
        ),
        Schema::event(
            "open",
            "message_opened",
            "iglu:com.mandrill/message_opened/jsonschema/1-0-1",
        ),
        Schema::event(
            "reject",
            "message_rejected",
            "iglu:com.mandrill/message_rejected/jsonschema/1-0-0",
        ),
        Schema::event(
            "send",
            "message_sent",
            "iglu:com.mandrill/message_sent/jsonschema/1-0-0",
        ),
        Schema::event(
            "soft_bounce",
            "message_soft_bounced",
            "iglu:com.mandrill/message_soft_bounced/jsonschema/1-0-1",
        ),
        Schema::event(
            "unsub",
            "recipient_unsubscribed",
            "iglu:com.mandrill/recipient_unsubscribed/jsonschema/1-0-1",
        ),
    ],
};

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let payload = job.payload;
    let items = items(body_of_type(payload, FORM)?)?;
    let qs = params(payload);
    all(items.into_iter().enumerate().map(|(index, item)| {
        let kind = item.get("event").and_then(Tree::as_str).map(str::to_owned);
        let schema = job.types.lookup(kind.as_deref(), Some(index))?;
        let cleaning = Cleaning {
            event: kind.as_deref().map(|kind| ("event", kind)),
            times: &["ts"],
        };
        Ok(server_event(
            payload,
            "com.mandrill-v1",
            &qs,
            schema,
            &cleaning.clean(item)?,
        ))
    }))
}

fn items(body: &str) -> Result<Vec<Tree>, Violation> {
    let refused = |problem: &str| Violation::input("body", Some(body), problem);
    let fields = form(body).map_err(|message| refused(&message))?;
    let size = fields.values().filter(|value| value.is_some()).count();
    if size != 1 {
        return Err(refused(&format!(
            "body should have size 1: actual size {size}"
        )));
    }
    let text = match fields.get("mandrill_events").cloned().flatten() {
        None => return Err(refused("no `mandrill_events` parameter provided")),
        Some(text) if text.is_empty() => return Err(refused("`mandrill_events` field is empty")),
        Some(text) => text,
    };
    let tree = Tree::parse(&text).map_err(|error| Violation::NotJson {
        // so the reference writes it
        field: "mandril_events".to_owned(),
        value: Some(text.to_string()),
        error: format!("invalid json: {error}"),
    })?;
    tree.into_array()
        .ok_or_else(|| Violation::input("mandrill_events", Some(&text), "not a json array"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::tests::{Request, data, events, violations};

    const MANDRILL: Request<'static> = Request {
        path: "com.mandrill/v1",
        qs: "",
        body: None,
        content_type: Some(FORM),
    };

    #[test]
    fn each_item_is_an_event() {
        let items = r#"[{"event":"send","ts":1415692035,"_id":"x"},{"event":"open"}]"#;
        let body = format!("mandrill_events={}&x", jvm::url_codec::encode_utf8(items));
        let got = events(Request {
            body: Some(&body),
            ..MANDRILL
        })
        .unwrap();
        assert_eq!(
            data(&got[0]),
            r#"{"ts":"2014-11-11T07:47:15.000Z","_id":"x"}"#
        );
        assert_eq!(data(&got[1]), "{}");
    }

    #[test]
    fn other_bodies_are_refused() {
        for (body, problem) in [
            ("", "body should have size 1: actual size 0"),
            ("a=1&b=2&b=3&c", "body should have size 1: actual size 2"),
            ("a=1", "no `mandrill_events` parameter provided"),
            ("mandrill_events=", "`mandrill_events` field is empty"),
            (
                " ",
                "Illegal character in query at index 18: http://localhost/? ",
            ),
        ] {
            let got = violations(Request {
                body: Some(body),
                ..MANDRILL
            });
            assert_eq!(got, [Violation::input("body", Some(body), problem)]);
        }
        let got = violations(Request {
            body: Some("mandrill_events=1"),
            ..MANDRILL
        });
        assert_eq!(
            got,
            [Violation::input(
                "mandrill_events",
                Some("1"),
                "not a json array"
            )]
        );
        let got = violations(Request {
            body: Some("mandrill_events=x"),
            ..MANDRILL
        });
        assert!(matches!(&got[0], Violation::NotJson { field, .. } if field == "mandril_events"));
        let got = violations(MANDRILL);
        assert_eq!(
            got,
            [Violation::input(
                "body",
                None,
                "empty body: no events to process"
            )]
        );
    }
}
