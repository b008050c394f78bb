//! Vero: one event as a JSON object.

use lexon::Tree;

use super::common::{json, params};
use super::json::{Change, Cleaning, change_objects};
use super::schemas::{Schema, Section};
use super::webhook::{body, no_text, server_event};
use super::{Found, Job};
use crate::badrows::failure::Violation;

pub(super) const SCHEMAS: Section = Section {
    config: "vero",
    title: "Vero",
    schemas: &[
        Schema::event(
            "bounced",
            "bounced",
            "iglu:com.getvero/bounced/jsonschema/1-0-0",
        ),
        Schema::event(
            "clicked",
            "clicked",
            "iglu:com.getvero/clicked/jsonschema/1-0-0",
        ),
        Schema::event(
            "delivered",
            "delivered",
            "iglu:com.getvero/delivered/jsonschema/1-0-0",
        ),
        Schema::event(
            "opened",
            "opened",
            "iglu:com.getvero/opened/jsonschema/1-0-0",
        ),
        Schema::event("sent", "sent", "iglu:com.getvero/sent/jsonschema/1-0-0"),
        Schema::event(
            "unsubscribed",
            "unsubscribed",
            "iglu:com.getvero/unsubscribed/jsonschema/1-0-0",
        ),
        Schema::event(
            "user_created",
            "created",
            "iglu:com.getvero/created/jsonschema/1-0-0",
        ),
        Schema::event(
            "user_updated",
            "updated",
            "iglu:com.getvero/updated/jsonschema/1-0-0",
        ),
    ],
};

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let payload = job.payload;
    let tree = json("body", body(payload)?)?.root().to_tree();
    let Some(kind) = tree.get("type").and_then(Tree::as_str).map(str::to_owned) else {
        return Err(Violation::input("type", None, no_text(&tree, "type")).into());
    };
    let time = format!("{kind}_at");
    let cleaning = Cleaning {
        event: Some(("type", &kind)),
        times: &[&time, "triggered_at"],
    };
    let data = change_objects(cleaning.clean(tree)?, &|key, value| match &*key {
        "_tags" => Change::Done("tags".to_owned(), value),
        _ => Change::Inside(key, value),
    })?;
    let schema = job.types.lookup(Some(&kind), None)?;
    Ok(vec![server_event(
        payload,
        "com.getvero-v1",
        &params(payload),
        schema,
        &data,
    )])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::tests::{Request, data, events, violations};

    const VERO: Request<'static> = Request {
        path: "com.getvero/v1",
        qs: "",
        body: None,
        content_type: None,
    };

    #[test]
    fn an_object_is_an_event() {
        let body = r#"{"type":"sent","sent_at":1435016238,"triggered_at":"1435016238","user":{"_tags":{"a":1},"email":"x","sent_at":2,"type":"sent"},"_tags":[],"c":1,"d":2}"#;
        let got = events(Request {
            body: Some(body),
            ..VERO
        })
        .unwrap();
        assert_eq!(
            data(&got[0]),
            r#"{"triggered_at":"2015-06-22T23:37:18.000Z","tags":[],"sent_at":"2015-06-22T23:37:18.000Z","c":1,"user":{"tags":{"a":1},"email":"x","sent_at":"1970-01-01T00:00:02.000Z"},"d":2}"#
        );
    }

    #[test]
    fn the_type_has_to_be_a_text() {
        let absent =
            "could not extract 'type': Attempt to decode value on failed cursor: DownField(type)";
        for (body, problem) in [
            ("{}", absent),
            ("1", absent),
            (
                r#"{"type":1}"#,
                "could not extract 'type': String: DownField(type)",
            ),
        ] {
            assert_eq!(
                violations(Request {
                    body: Some(body),
                    ..VERO
                }),
                [Violation::input("type", None, problem)]
            );
        }
    }
}
