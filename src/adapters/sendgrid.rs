//! SendGrid: a list of events in JSON, each once.

use std::collections::HashMap;

use jvm::hashing::{NONE_HASH, some_hash, string_hash};
use jvm::smap::trie_key;
use lexon::Tree;

use super::common::{json, params};
use super::json::Cleaning;
use super::schemas::{Schema, Section};
use super::webhook::{JSON, all, body, server_event, unexpected_type};
use super::{Found, Job};
use crate::badrows::failure::Violation;

pub(super) const SCHEMAS: Section = Section {
    config: "sendgrid",
    title: "Sendgrid",
    schemas: &[
        Schema::event(
            "processed",
            "processed",
            "iglu:com.sendgrid/processed/jsonschema/3-0-0",
        ),
        Schema::event(
            "dropped",
            "dropped",
            "iglu:com.sendgrid/dropped/jsonschema/3-0-0",
        ),
        Schema::event(
            "delivered",
            "delivered",
            "iglu:com.sendgrid/delivered/jsonschema/3-0-0",
        ),
        Schema::event(
            "deferred",
            "deferred",
            "iglu:com.sendgrid/deferred/jsonschema/3-0-0",
        ),
        Schema::event(
            "bounce",
            "bounce",
            "iglu:com.sendgrid/bounce/jsonschema/3-0-0",
        ),
        Schema::event("open", "open", "iglu:com.sendgrid/open/jsonschema/3-0-0"),
        Schema::event("click", "click", "iglu:com.sendgrid/click/jsonschema/3-0-0"),
        Schema::event(
            "spamreport",
            "spamreport",
            "iglu:com.sendgrid/spamreport/jsonschema/3-0-0",
        ),
        Schema::event(
            "unsubscribe",
            "unsubscribe",
            "iglu:com.sendgrid/unsubscribe/jsonschema/3-0-0",
        ),
        Schema::event(
            "group_unsubscribe",
            "group_unsubscribe",
            "iglu:com.sendgrid/group_unsubscribe/jsonschema/3-0-0",
        ),
        Schema::event(
            "group_resubscribe",
            "group_resubscribe",
            "iglu:com.sendgrid/group_resubscribe/jsonschema/3-0-0",
        ),
    ],
};

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let payload = job.payload;
    let body = body(payload)?;
    let given = payload.content_type.as_deref();
    if !given.is_some_and(|given| given.contains(JSON)) {
        return Err(unexpected_type(given, JSON).into());
    }
    let Some(items) = json("body", body)?.root().to_tree().into_array() else {
        return Err(Violation::input("body", Some(body), "body is not a json array").into());
    };
    let qs = params(payload);
    all(distinct(items).into_iter().map(|(index, item)| {
        let kind = item.get("event").and_then(Tree::as_str).map(str::to_owned);
        let schema = job.types.lookup(kind.as_deref(), Some(index))?;
        let cleaning = Cleaning {
            event: kind.as_deref().map(|kind| ("event", kind)),
            times: &["timestamp"],
        };
        Ok(server_event(
            payload,
            "com.sendgrid-v3",
            &qs,
            schema,
            &cleaning.clean(item)?,
        ))
    }))
}

/// The last item of each `sg_event_id` with its place in the list, in the map order of the ids.
/// All items without an id count as having the same.
fn distinct(items: Vec<Tree>) -> Vec<(usize, Tree)> {
    let mut places: HashMap<Option<String>, usize> = HashMap::new();
    let mut distinct: Vec<(u32, (usize, Tree))> = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        let id = item
            .get("sg_event_id")
            .and_then(Tree::as_str)
            .map(str::to_owned);
        match places.get(&id).and_then(|place| distinct.get_mut(*place)) {
            Some((_, old)) => *old = (index, item),
            None => {
                let hash = id
                    .as_deref()
                    .map_or(NONE_HASH, |id| some_hash(string_hash(id)));
                places.insert(id, distinct.len());
                distinct.push((trie_key(hash), (index, item)));
            }
        }
    }
    if distinct.len() > 4 {
        distinct.sort_by_key(|(order, _)| *order);
    }
    distinct.into_iter().map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::tests::{Request, data, events, violations};

    const SEND: Request<'static> = Request {
        path: "com.sendgrid/v3",
        qs: "",
        body: None,
        content_type: Some("application/json; charset=utf-8"),
    };

    fn order(ids: &[Option<&str>]) -> Vec<usize> {
        let item = |id: &Option<&str>| match id {
            Some(id) => Tree::Object(vec![(
                "sg_event_id".to_owned(),
                Tree::String((*id).to_owned()),
            )]),
            None => Tree::Null,
        };
        distinct(ids.iter().map(item).collect())
            .into_iter()
            .map(|(index, _)| index)
            .collect()
    }

    #[test]
    fn each_event_counts_once_in_the_map_order_of_its_id() {
        assert_eq!(order(&[Some("a"), None, Some("a"), None]), [2, 3]);
        let ids = ["0", "1", "2", "3", "4", "5", "6"].map(Some);
        assert_eq!(order(&ids), [4, 3, 0, 5, 1, 6, 2]);
    }

    #[test]
    fn each_item_is_an_event() {
        let body = r#"[{"event":"open","timestamp":1446549615,"x":"open"},{"sg_event_id":"b","event":"x"}]"#;
        let got = violations(Request {
            body: Some(body),
            ..SEND
        });
        assert!(
            matches!(&got[..], [Violation::SchemaMapping { expectation, .. }] if expectation.ends_with("index 1"))
        );
        let body = body.replace("\"event\":\"x\"", "\"event\":\"click\"");
        let got = events(Request {
            body: Some(&body),
            ..SEND
        })
        .unwrap();
        assert_eq!(
            data(&got[0]),
            r#"{"timestamp":"2015-11-03T11:20:15.000Z","x":"open"}"#
        );
        assert_eq!(data(&got[1]), r#"{"sg_event_id":"b"}"#);
    }

    #[test]
    fn other_requests_are_refused() {
        let body = Some("{}");
        assert_eq!(
            violations(Request { body, ..SEND }),
            [Violation::input("body", body, "body is not a json array")]
        );
        assert_eq!(
            violations(Request {
                body,
                content_type: Some("x"),
                ..SEND
            }),
            [Violation::input(
                "contentType",
                Some("x"),
                "expected application/json"
            )]
        );
    }
}
