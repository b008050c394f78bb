//! Urban Airship Connect: one event as a JSON object, sent without a content type.

use std::borrow::Cow;

use jvm::time::parse_joda_iso;
use lexon::Tree;

use super::common::{json, params};
use super::schemas::{Schema, Section};
use super::webhook::{body, no_text, server_event};
use super::{Found, Job, Stop};
use crate::badrows::failure::{Crash, Violation};

pub(super) const SCHEMAS: Section = Section {
    config: "urbanAirship",
    title: "UrbanAirship",
    schemas: &[
        Schema::event(
            "CLOSE",
            "close",
            "iglu:com.urbanairship.connect/CLOSE/jsonschema/1-0-0",
        ),
        Schema::event(
            "CUSTOM",
            "custom",
            "iglu:com.urbanairship.connect/CUSTOM/jsonschema/1-0-0",
        ),
        Schema::event(
            "FIRST_OPEN",
            "first_open",
            "iglu:com.urbanairship.connect/FIRST_OPEN/jsonschema/1-0-0",
        ),
        Schema::event(
            "IN_APP_MESSAGE_DISPLAY",
            "in_app_message_display",
            "iglu:com.urbanairship.connect/IN_APP_MESSAGE_DISPLAY/jsonschema/1-0-0",
        ),
        Schema::event(
            "IN_APP_MESSAGE_EXPIRATION",
            "in_app_message_expiration",
            "iglu:com.urbanairship.connect/IN_APP_MESSAGE_EXPIRATION/jsonschema/1-0-0",
        ),
        Schema::event(
            "IN_APP_MESSAGE_RESOLUTION",
            "in_app_message_resolution",
            "iglu:com.urbanairship.connect/IN_APP_MESSAGE_RESOLUTION/jsonschema/1-0-0",
        ),
        Schema::event(
            "LOCATION",
            "location",
            "iglu:com.urbanairship.connect/LOCATION/jsonschema/1-0-0",
        ),
        Schema::event(
            "OPEN",
            "open",
            "iglu:com.urbanairship.connect/OPEN/jsonschema/1-0-0",
        ),
        Schema::event(
            "PUSH_BODY",
            "push_body",
            "iglu:com.urbanairship.connect/PUSH_BODY/jsonschema/1-0-0",
        ),
        Schema::event(
            "REGION",
            "region",
            "iglu:com.urbanairship.connect/REGION/jsonschema/1-0-0",
        ),
        Schema::event(
            "RICH_DELETE",
            "rich_delete",
            "iglu:com.urbanairship.connect/RICH_DELETE/jsonschema/1-0-0",
        ),
        Schema::event(
            "RICH_DELIVERY",
            "rich_delivery",
            "iglu:com.urbanairship.connect/RICH_DELIVERY/jsonschema/1-0-0",
        ),
        Schema::event(
            "RICH_HEAD",
            "rich_head",
            "iglu:com.urbanairship.connect/RICH_HEAD/jsonschema/1-0-0",
        ),
        Schema::event(
            "SEND",
            "send",
            "iglu:com.urbanairship.connect/SEND/jsonschema/1-0-0",
        ),
        Schema::event(
            "TAG_CHANGE",
            "tag_change",
            "iglu:com.urbanairship.connect/TAG_CHANGE/jsonschema/1-0-0",
        ),
        Schema::event(
            "UNINSTALL",
            "uninstall",
            "iglu:com.urbanairship.connect/UNINSTALL/jsonschema/1-0-0",
        ),
    ],
};

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let payload = job.payload;
    let body = body(payload)?;
    if let Some(given) = payload.content_type.as_deref() {
        return Err(
            Violation::input("contentType", Some(given), "expected no content type").into(),
        );
    }
    let tree = json("body", body)?.root().to_tree();
    let mut violations = Vec::new();
    let [occurred, id, processed] = ["occurred", "id", "processed"].map(|name| {
        let text = tree.get(name).and_then(Tree::as_str);
        if text.is_none() {
            violations.push(Violation::input(name, None, no_text(&tree, name)));
        }
        text.unwrap_or_default()
    });
    let schema = job
        .types
        .lookup(tree.get("type").and_then(Tree::as_str), None);
    let schema = match schema {
        Ok(schema) if violations.is_empty() => schema,
        other => {
            violations.extend(other.err());
            return Err(Stop::Failed(violations));
        }
    };
    let mut qs = params(payload);
    let occurred = parse_joda_iso(occurred).map_err(Crash)?;
    qs.insert(Cow::Borrowed("ttm"), Some(Cow::Owned(occurred.to_string())));
    qs.insert(Cow::Borrowed("eid"), Some(Cow::Owned(id.to_owned())));
    let mut event = server_event(payload, "com.urbanairship.connect-v1", &qs, schema, &tree);
    event.context.to_mut().timestamp = Some(parse_joda_iso(processed).map_err(Crash)?);
    Ok(vec![event])
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::adapters::tests::{Lenient, Request, data, events, payload, violations};
    use crate::adapters::{AdaptError, AdapterScratch, Adapters};

    const SHIP: Request<'static> = Request {
        path: "com.urbanairship.connect/v1",
        qs: "",
        body: None,
        content_type: None,
    };

    #[test]
    fn an_object_is_an_event_with_times_of_its_own() {
        let body = r#"{"id":"e","type":"CLOSE", "occurred":"2015-11-13T16:31:52.393Z","processed":"2015-11-13T16:31:52+01:00"}"#;
        let request = Request {
            body: Some(body),
            ..SHIP
        };
        let got = events(request).unwrap();
        assert_eq!(data(&got[0]), body.replace(", ", ","));
        assert!(
            got[0].contains(&"ttm=1447432312393".to_owned())
                && got[0].contains(&"eid=e".to_owned())
        );
        let adapters = Adapters::new(&HashMap::new()).unwrap();
        let (payload, mut scratch) = (payload(request), AdapterScratch::default());
        let got = adapters
            .adapt(
                &payload,
                &mut scratch,
                &mut Lenient,
                &mut super::super::remote::Answers::default(),
            )
            .unwrap();
        assert_eq!(got[0].context.timestamp, Some(1_447_428_712_000));
    }

    #[test]
    fn all_that_is_missing_is_told() {
        let got = violations(Request {
            body: Some(r#"{"id":1}"#),
            ..SHIP
        });
        let absent = |name: &str| {
            let text = format!(
                "could not extract '{name}': Attempt to decode value on failed cursor: DownField({name})"
            );
            Violation::input(name, None, text)
        };
        assert_eq!(got[0], absent("occurred"));
        assert_eq!(
            got[1],
            Violation::input("id", None, "could not extract 'id': String: DownField(id)")
        );
        assert_eq!(got[2], absent("processed"));
        assert!(matches!(
            &got[3..],
            [Violation::SchemaMapping { actual: None, .. }]
        ));
        let typed = Request {
            body: Some("x"),
            content_type: Some("a"),
            ..SHIP
        };
        assert_eq!(
            violations(typed),
            [Violation::input(
                "contentType",
                Some("a"),
                "expected no content type"
            )]
        );
        let body = r#"{"id":"e","type":"CLOSE","occurred":"x","processed":"2015"}"#;
        assert!(matches!(
            events(Request {
                body: Some(body),
                ..SHIP
            }),
            Err(AdaptError::Crash(_))
        ));
    }
}
