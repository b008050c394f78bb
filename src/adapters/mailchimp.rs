//! Mailchimp: one event as a form whose names are paths.

use std::borrow::Cow;
use std::collections::HashMap;

use lexon::Tree;

use super::common::{event_texts, form, params};
use super::json::{date, deeper};
use super::schemas::{Schema, Section};
use super::webhook::{FORM, body_of_type, server_event};
use super::{Found, Job};
use crate::badrows::failure::{Crash, Violation};

pub(super) const SCHEMAS: Section = Section {
    config: "mailchimp",
    title: "Mailchimp",
    schemas: &[
        Schema::event(
            "subscribe",
            "subscribe",
            "iglu:com.mailchimp/subscribe/jsonschema/1-0-0",
        ),
        Schema::event(
            "unsubscribe",
            "unsubscribe",
            "iglu:com.mailchimp/unsubscribe/jsonschema/1-0-0",
        ),
        Schema::event(
            "campaign",
            "campaign_sending_status",
            "iglu:com.mailchimp/campaign_sending_status/jsonschema/1-0-0",
        ),
        Schema::event(
            "cleaned",
            "cleaned_email",
            "iglu:com.mailchimp/cleaned_email/jsonschema/1-0-0",
        ),
        Schema::event(
            "upemail",
            "email_address_change",
            "iglu:com.mailchimp/email_address_change/jsonschema/1-0-0",
        ),
        Schema::event(
            "profile",
            "profile_update",
            "iglu:com.mailchimp/profile_update/jsonschema/1-0-0",
        ),
    ],
};

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let payload = job.payload;
    let body = body_of_type(payload, FORM)?;
    let refused = |problem: String| Violation::input("body", Some(body), problem);
    let fields = form(body).map_err(refused)?;
    let Some(kind) = fields.get("type").cloned().flatten() else {
        let problem = "no `type` parameter provided: cannot determine event type";
        return Err(refused(problem.to_owned()).into());
    };
    let schema = job.types.lookup(Some(&kind), None)?;
    let mut all = params(payload);
    for (name, value) in fields {
        let value = match value {
            Some(text) if name == "fired_at" => Some(Cow::Owned(date(&text))),
            value => value,
        };
        all.insert(name, value);
    }
    let data = nested(event_texts(&all).filter_map(|(name, value)| Some((name, value?))))?;
    Ok(vec![server_event(
        payload,
        "com.mailchimp-v1",
        &all,
        schema,
        &data,
    )])
}

/// A value in the making. What is merged last stands first, so each key knows when that was.
enum Node<'n> {
    Text(&'n str),
    Object(HashMap<&'n str, (usize, Node<'n>)>),
}

/// The object that the fields make when they are merged one after the other; `null` without fields.
fn nested<'n>(fields: impl Iterator<Item = (&'n str, &'n str)>) -> Result<Tree, Crash> {
    let mut root: HashMap<&str, (usize, Node<'_>)> = HashMap::new();
    for (turn, (name, value)) in fields.enumerate() {
        let keys = path(name);
        let Some((&last, parents)) = keys.split_last() else {
            return Err(Crash(
                "java.util.NoSuchElementException: head of empty list".to_owned(),
            ));
        };
        let mut object = &mut root;
        let mut depth = 0;
        for &key in parents {
            depth = deeper(depth)?;
            let (merged, node) = object
                .entry(key)
                .or_insert_with(|| (turn, Node::Object(HashMap::new())));
            *merged = turn;
            if let Node::Text(_) = node {
                *node = Node::Object(HashMap::new());
            }
            let Node::Object(inner) = node else {
                return Err(Crash("unreachable".to_owned()));
            };
            object = inner;
        }
        object.insert(last, (turn, Node::Text(value)));
    }
    Ok(if root.is_empty() {
        Tree::Null
    } else {
        tree(root)
    })
}

fn tree(object: HashMap<&str, (usize, Node<'_>)>) -> Tree {
    let mut entries: Vec<_> = object.into_iter().collect();
    entries.sort_unstable_by_key(|(_, (turn, _))| std::cmp::Reverse(*turn));
    let entries = entries.into_iter().map(|(key, (_, node))| {
        let value = match node {
            Node::Text(text) => Tree::String(text.to_owned()),
            Node::Object(inner) => tree(inner),
        };
        (key.to_owned(), value)
    });
    Tree::Object(entries.collect())
}

/// The keys of a name like `data[merges][EMAIL]`, as `split("\\]?(\\[|\\])")` of Java gives them.
fn path(name: &str) -> Vec<&str> {
    let mut keys = Vec::new();
    let mut rest = name;
    while let Some((key, after)) = rest.split_once(['[', ']']) {
        keys.push(key);
        let closed = rest.as_bytes().get(key.len()) == Some(&b']');
        rest = if closed {
            after.strip_prefix(['[', ']']).unwrap_or(after)
        } else {
            after
        };
    }
    keys.push(rest);
    while keys.len() > 1 && keys.last().is_some_and(|key| key.is_empty()) {
        keys.pop();
    }
    if keys == [""] && !name.is_empty() {
        keys.pop();
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::AdaptError;
    use crate::adapters::tests::{Request, data, events, violations};

    const CHIMP: Request<'static> = Request {
        path: "com.mailchimp/v1",
        qs: "",
        body: None,
        content_type: Some(FORM),
    };

    #[test]
    fn fields_are_merged_into_one_object() {
        let body = "type=subscribe&fired_at=2014-10-22+13:50:00&data[id]=123&data[merges][EMAIL]=a%40b.c&data[merges][FNAME]=Y&data[list_id]=f1&data[ip_opt]=82.225.169.220";
        let got = events(Request {
            body: Some(body),
            qs: "ttm=zz&foo=1",
            ..CHIMP
        })
        .unwrap();
        assert_eq!(
            data(&got[0]),
            r#"{"foo":"1","data":{"merges":{"EMAIL":"a@b.c","FNAME":"Y"},"id":"123","list_id":"f1","ip_opt":"82.225.169.220"},"type":"subscribe","fired_at":"2014-10-22T13:50:00.000Z","ttm":"zz"}"#
        );
        assert!(got[0].contains(&"ttm=zz".to_owned()));
    }

    #[test]
    fn merging_is_that_of_objects_one_by_one() {
        for fields in [
            &[("a", "1"), ("b[c]", "2"), ("b[d]", "3"), ("a", "4")][..],
            &[
                ("a[b]", "1"),
                ("a", "2"),
                ("a[c]", "3"),
                ("x", "4"),
                ("a[c][d]", "5"),
                ("a[e]", "6"),
            ],
            &[],
        ] {
            let one = |(name, value): &(&str, &str)| {
                let value = Tree::String((*value).to_owned());
                path(name).iter().rev().fold(value, |inner, key| {
                    Tree::Object(vec![((*key).to_owned(), inner)])
                })
            };
            let merged = fields
                .iter()
                .map(one)
                .reduce(Tree::deep_merge)
                .unwrap_or_default();
            assert_eq!(
                nested(fields.iter().copied()).unwrap().to_json(),
                merged.to_json()
            );
        }
    }

    #[test]
    fn names_are_paths() {
        for (name, expected) in [
            ("a", &["a"][..]),
            ("a[b][c]", &["a", "b", "c"]),
            ("a[]", &["a"]),
            ("a[][b]", &["a", "", "b"]),
            ("a]]b", &["a", "b"]),
            ("a[[b", &["a", "", "b"]),
            ("[a]", &["", "a"]),
            ("[]", &[]),
            ("]", &[]),
            ("é[ü]", &["é", "ü"]),
        ] {
            assert_eq!(path(name), expected, "{name}");
        }
    }

    #[test]
    fn bodies_that_are_not_as_expected_are_refused() {
        let missing = "no `type` parameter provided: cannot determine event type";
        for body in ["", "a=1", "type"] {
            assert_eq!(
                violations(Request {
                    body: Some(body),
                    ..CHIMP
                }),
                [Violation::input("body", Some(body), missing)]
            );
        }
        let deep = format!("type=profile&a{}=1", "[b]".repeat(5000));
        for body in ["type=profile&[]=1", &deep] {
            assert!(matches!(
                events(Request {
                    body: Some(body),
                    ..CHIMP
                }),
                Err(AdaptError::Crash(_))
            ));
        }
    }
}
