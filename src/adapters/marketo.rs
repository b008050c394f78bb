//! Marketo: one event as a JSON object.

use lexon::Tree;

use super::common::{json, params};
use super::json::{Change, change_objects, date};
use super::schemas::{Schema, Section};
use super::webhook::{body, server_event};
use super::{Found, Job};
use crate::badrows::failure::Violation;

pub(super) const SCHEMAS: Section = Section {
    config: "marketo",
    title: "Marketo",
    schemas: &[Schema::event(
        "event",
        "event",
        "iglu:com.marketo/event/jsonschema/2-0-0",
    )],
};

const DATES: [&str; 8] = [
    "acquisition_date",
    "created_at",
    "email_suspended_at",
    "last_referred_enrollment",
    "last_referred_visit",
    "updated_at",
    "datetime",
    "last_interesting_moment_date",
];

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let payload = job.payload;
    let body = body(payload)?;
    let tree = json("body", body)?.root().to_tree();
    if tree.as_object().is_none() {
        return Err(Violation::input("body", Some(body), "not a json object").into());
    }
    let data = change_objects(tree, &|key, value| {
        if !DATES.contains(&&*key) {
            return Change::Inside(key, value);
        }
        let dated = value.as_str().map(|text| Tree::String(date(text)));
        Change::Done(key, dated.unwrap_or(value))
    })?;
    let schema = job.types.lookup(Some("event"), None)?;
    Ok(vec![server_event(
        payload,
        "com.marketo-v1",
        &params(payload),
        schema,
        &data,
    )])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::tests::{Request, data, events, violations};

    const MARKETO: Request<'static> = Request {
        path: "com.marketo/v1",
        qs: "",
        body: None,
        content_type: None,
    };

    #[test]
    fn an_object_is_an_event() {
        let body = r#"{"name":"n","step":6,"created_at":"2015-04-16 09:47:51","lead":{"updated_at":"bad","acquisition_date":5,"z":1},"arr":[{"created_at":"2015-04-16 09:47:51"}],"datetime":"2015-04-16 09:47:51"}"#;
        let got = events(Request {
            body: Some(body),
            ..MARKETO
        })
        .unwrap();
        assert_eq!(
            data(&got[0]),
            r#"{"lead":{"updated_at":"bad","acquisition_date":5,"z":1},"name":"n","step":6,"datetime":"2015-04-16T09:47:51.000Z","arr":[{"created_at":"2015-04-16 09:47:51"}],"created_at":"2015-04-16T09:47:51.000Z"}"#
        );
        assert_eq!(
            violations(Request {
                body: Some("[]"),
                ..MARKETO
            }),
            [Violation::input("body", Some("[]"), "not a json object")]
        );
    }
}
