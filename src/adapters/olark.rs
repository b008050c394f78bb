//! Olark: one chat as JSON in a form.

use jvm::number::parse_long;
use jvm::text::java_split_char;
use jvm::time::joda_iso;
use lexon::Tree;

use super::common::{form, json, params};
use super::json::camel;
use super::schemas::{Schema, Section};
use super::webhook::{FORM, server_event, text_of_type};
use super::{Found, Job};
use crate::badrows::failure::Violation;
use crate::payload::decode::printable;

pub(super) const SCHEMAS: Section = Section {
    config: "olark",
    title: "Olark",
    schemas: &[
        Schema::event(
            "transcript",
            "transcript",
            "iglu:com.olark/transcript/jsonschema/1-0-0",
        ),
        Schema::event(
            "offline_message",
            "offline_message",
            "iglu:com.olark/offline_message/jsonschema/1-0-0",
        ),
    ],
};

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let payload = job.payload;
    let body = text_of_type(payload, FORM).map_err(|violation| match violation {
        // here the reference does not tell the type that was given
        Violation::InputData {
            field, expectation, ..
        } => Violation::InputData {
            field,
            value: None,
            expectation,
        },
        other => other,
    })?;
    let fields = form(body).map_err(|message| {
        // the body is the field as well
        Violation::input(
            body,
            Some(body),
            format!("could not parse body: {}", printable(&message)),
        )
    })?;
    let text = fields
        .get("data")
        .cloned()
        .flatten()
        .filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| Violation::input("data", None, "missing 'data' field"))?;
    let mut chat = json("data", &text)?.root().to_tree();
    let kind = if chat.get("operators").is_some() {
        "transcript"
    } else {
        "offline_message"
    };
    let schema = job.types.lookup(Some(kind), None)?;
    if let Some(items) = chat.get_mut("items") {
        date_items(items)?;
    }
    Ok(vec![server_event(
        payload,
        "com.olark-v1",
        &params(payload),
        schema,
        &camel(chat)?,
    )])
}

/// Makes dates of the times of all items, be they in an array or an object.
fn date_items(items: &mut Tree) -> Result<(), Violation> {
    match items {
        Tree::Array(items) => items.iter_mut().try_for_each(date_item),
        Tree::Object(items) => items.iter_mut().try_for_each(|(_, item)| date_item(item)),
        _ => Ok(()),
    }
}

fn date_item(item: &mut Tree) -> Result<(), Violation> {
    if let Some(Tree::String(text)) = item.get_mut("timestamp") {
        *text = joda_iso(millis(text)?);
    }
    Ok(())
}

/// Milliseconds of a text of seconds with or without a fraction.
fn millis(text: &str) -> Result<i64, Violation> {
    let digits = match java_split_char(text, &['.']).as_slice() {
        [seconds] => format!("{seconds}000"),
        [seconds, fraction] => {
            let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
            format!("{seconds}{fraction}")
        }
        _ => {
            return Err(Violation::input(
                "timestamp",
                Some(text),
                "unexpected timestamp format",
            ));
        }
    };
    parse_long(&digits).ok_or_else(|| {
        Violation::input("timestamp", Some(&digits), "cannot be converted to Double")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::tests::{Request, data, events, violations};

    const CHAT: Request<'static> = Request {
        path: "com.olark/v1",
        qs: "",
        body: None,
        content_type: Some(FORM),
    };

    #[test]
    fn a_chat_is_an_event() {
        let chat = r#"{"kind":"Conversation","id":"1","visitor":{"full_name":"a","country-code":"us"},"items":[{"timestamp":"1473774819.263083"},{"timestamp":"1473774821"},{"timestamp":12}],"operators":{"OP":{"x_y":1}},"tags":[]}"#;
        let body = format!("data={}", jvm::url_codec::encode_utf8(chat));
        let got = events(Request {
            body: Some(&body),
            ..CHAT
        })
        .unwrap();
        assert_eq!(
            data(&got[0]),
            r#"{"kind":"Conversation","id":"1","visitor":{"fullName":"a","countryCode":"us"},"items":[{"timestamp":"2016-09-13T13:53:39.263Z"},{"timestamp":"2016-09-13T13:53:41.000Z"},{"timestamp":12}],"operators":{"oP":{"xY":1}},"tags":[]}"#
        );
        assert!(got[0].iter().any(|p| p.contains("com.olark/transcript/")));
        let got = events(Request {
            body: Some("data=1"),
            ..CHAT
        })
        .unwrap();
        assert!(
            got[0]
                .iter()
                .any(|p| p.contains("com.olark/offline_message/"))
        );
    }

    #[test]
    fn times_are_seconds_with_a_fraction() {
        let wrong =
            |value: &str, problem: &str| Err(Violation::input("timestamp", Some(value), problem));
        for (text, expected) in [
            ("", Ok(0)),
            ("1.", Ok(1000)),
            (".5", Ok(500)),
            ("1.23456", Ok(1234)),
            ("1.2.3", wrong("1.2.3", "unexpected timestamp format")),
            (".", wrong(".", "unexpected timestamp format")),
            ("x.1", wrong("x100", "cannot be converted to Double")),
        ] {
            assert_eq!(millis(text), expected, "{text}");
        }
    }

    #[test]
    fn other_requests_are_refused() {
        let problem =
            "could not parse body: Illegal character in query at index 18: http://localhost/?";
        for (body, content_type, expected) in [
            (
                Some(""),
                None,
                Violation::input("body", None, "empty body: no events to process"),
            ),
            (
                Some("x"),
                Some("y"),
                Violation::input(
                    "contentType",
                    None,
                    "expected application/x-www-form-urlencoded",
                ),
            ),
            (
                Some("data="),
                Some(FORM),
                Violation::input("data", None, "missing 'data' field"),
            ),
            (
                Some(" "),
                Some(FORM),
                Violation::input(" ", Some(" "), problem),
            ),
        ] {
            assert_eq!(
                violations(Request {
                    body,
                    content_type,
                    ..CHAT
                }),
                [expected]
            );
        }
    }
}
