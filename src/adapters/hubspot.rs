//! HubSpot: a list of changes in JSON.

use jvm::time::joda_iso;
use lexon::Tree;

use super::common::{json, params};
use super::json::as_long;
use super::schemas::{Schema, Section};
use super::webhook::{JSON, all, server_event, unexpected_type};
use super::{Found, Job};
use crate::badrows::failure::Violation;

pub(super) const SCHEMAS: Section = Section {
    config: "hubspot",
    title: "HubSpot",
    schemas: &[
        Schema::event(
            "contact.creation",
            "contact_creation",
            "iglu:com.hubspot/contact_creation/jsonschema/1-0-0",
        ),
        Schema::event(
            "contact.deletion",
            "contact_deletion",
            "iglu:com.hubspot/contact_deletion/jsonschema/1-0-0",
        ),
        Schema::event(
            "contact.propertyChange",
            "contact_change",
            "iglu:com.hubspot/contact_change/jsonschema/1-0-0",
        ),
        Schema::event(
            "company.creation",
            "company_creation",
            "iglu:com.hubspot/company_creation/jsonschema/1-0-0",
        ),
        Schema::event(
            "company.deletion",
            "company_deletion",
            "iglu:com.hubspot/company_deletion/jsonschema/1-0-0",
        ),
        Schema::event(
            "company.propertyChange",
            "company_change",
            "iglu:com.hubspot/company_change/jsonschema/1-0-0",
        ),
        Schema::event(
            "deal.creation",
            "deal_creation",
            "iglu:com.hubspot/deal_creation/jsonschema/1-0-0",
        ),
        Schema::event(
            "deal.deletion",
            "deal_deletion",
            "iglu:com.hubspot/deal_deletion/jsonschema/1-0-0",
        ),
        Schema::event(
            "deal.propertyChange",
            "deal_change",
            "iglu:com.hubspot/deal_change/jsonschema/1-0-0",
        ),
    ],
};

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let payload = job.payload;
    let body = match (payload.body.as_deref(), payload.content_type.as_deref()) {
        // worded like nowhere else
        (None, _) => {
            return Err(Violation::input("body", None, "empty body: not events to process").into());
        }
        (Some(body), Some(JSON)) => body,
        (_, given) => return Err(unexpected_type(given, JSON).into()),
    };
    let qs = params(payload);
    let doc = json("body", body)?;
    let Some(items) = doc.root().to_tree().into_array() else {
        return Err(Violation::input("body", Some(body), "not a json array").into());
    };
    all(items.into_iter().enumerate().map(|(index, item)| {
        let kind = item.get("subscriptionType").and_then(Tree::as_str);
        let schema = job.types.lookup(kind, Some(index))?;
        Ok(server_event(
            payload,
            "com.hubspot-v1",
            &qs,
            schema,
            &reformatted(item),
        ))
    }))
}

fn reformatted(mut item: Tree) -> Tree {
    if let Some(occurred) = item.get_mut("occurredAt")
        && let Some(millis) = as_long(occurred)
    {
        *occurred = Tree::String(joda_iso(millis));
    }
    item.remove("subscriptionType");
    item
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::tests::{Request, data, events, violations};

    const HUB: Request<'static> = Request {
        path: "com.hubspot/v1",
        qs: "",
        body: None,
        content_type: Some(JSON),
    };

    #[test]
    fn each_change_is_an_event() {
        let body = r#"[{"eventId":1,"subscriptionType":"company.creation","attemptNumber":0,"occurredAt":1539145399845,"a":1,"b":2}]"#;
        let got = events(Request {
            body: Some(body),
            ..HUB
        })
        .unwrap();
        assert_eq!(
            data(&got[0]),
            r#"{"eventId":1,"attemptNumber":0,"occurredAt":"2018-10-10T04:23:19.845Z","a":1,"b":2}"#
        );
    }

    #[test]
    fn other_requests_are_refused() {
        for (body, content_type, expected) in [
            (
                None,
                None,
                Violation::input("body", None, "empty body: not events to process"),
            ),
            (
                Some("[]"),
                None,
                Violation::input(
                    "contentType",
                    None,
                    "no content type: expected application/json",
                ),
            ),
            (
                Some("[]"),
                Some("x"),
                Violation::input("contentType", Some("x"), "expected application/json"),
            ),
            (
                Some("[]"),
                Some(JSON),
                Violation::input("", None, "empty list of events"),
            ),
            (
                Some("{}"),
                Some(JSON),
                Violation::input("body", Some("{}"), "not a json array"),
            ),
        ] {
            assert_eq!(
                violations(Request {
                    body,
                    content_type,
                    ..HUB
                }),
                [expected]
            );
        }
        let got = violations(Request {
            body: Some(r#"[1,{"subscriptionType":"x"}]"#),
            ..HUB
        });
        let told: Vec<_> = got
            .iter()
            .map(|violation| match violation {
                Violation::SchemaMapping {
                    actual,
                    expectation,
                    ..
                } => (actual.as_deref(), expectation.as_str()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            told,
            [
                (
                    None,
                    "cannot determine event type: type parameter not provided at index 0"
                ),
                (
                    Some("x"),
                    "no schema associated with the provided type parameter at index 1"
                ),
            ]
        );
    }
}
