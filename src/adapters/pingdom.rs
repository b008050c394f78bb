//! Pingdom: one message as JSON in the query string.

use lexon::Tree;

use super::common::{json, params, shown};
use super::schemas::{Schema, Section};
use super::webhook::server_event;
use super::{Found, Job, Stop};
use crate::badrows::failure::Violation;

pub(super) const SCHEMAS: Section = Section {
    config: "pingdom",
    title: "Pingdom",
    schemas: &[
        Schema::event(
            "assign",
            "incident_assign",
            "iglu:com.pingdom/incident_assign/jsonschema/1-0-0",
        ),
        Schema::event(
            "notify_user",
            "incident_notify_user",
            "iglu:com.pingdom/incident_notify_user/jsonschema/1-0-0",
        ),
        Schema::event(
            "notify_of_close",
            "incident_notify_of_close",
            "iglu:com.pingdom/incident_notify_of_close/jsonschema/1-0-0",
        ),
    ],
};

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let payload = job.payload;
    if payload.querystring.is_empty() {
        let problem = "empty querystring: no events to process";
        return Err(Violation::input("querystring", None, problem).into());
    }
    let quoted = payload.querystring.iter().filter_map(|(name, value)| {
        let inner = python_text(value.as_deref()?)?;
        Some(Violation::input(
            &**name,
            Some(inner),
            r"should not pass regex \(u'(.+)',\)",
        ))
    });
    let quoted: Vec<Violation> = quoted.collect();
    if !quoted.is_empty() {
        return Err(Stop::Failed(quoted));
    }
    let mut qs = params(payload);
    let Some(message) = qs.get("message").cloned().flatten() else {
        let problem = "no `message` parameter provided";
        return Err(Violation::input("querystring", Some(&shown(&qs)), problem).into());
    };
    let mut data = json("message", &message)?.root().to_tree();
    let schema = job
        .types
        .lookup(data.get("action").and_then(Tree::as_str), None)?;
    data.remove("action");
    qs.remove("message");
    Ok(vec![server_event(
        payload,
        "com.pingdom-v1",
        &qs,
        schema,
        &data,
    )])
}

/// What is inside a text that a Python program printed by mistake: `(u'…',)`.
fn python_text(value: &str) -> Option<&str> {
    let inner = value.strip_prefix("(u'")?.strip_suffix("',)")?;
    let broken = inner.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
    (!inner.is_empty() && !broken).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::tests::{Request, data, events, violations};

    const PING: Request<'static> = Request {
        path: "com.pingdom/v1",
        qs: "",
        body: None,
        content_type: None,
    };

    #[test]
    fn a_message_is_an_event() {
        let message = jvm::url_codec::encode_utf8(r#"{"check":"1","action":"assign","host":"h"}"#);
        let got = events(Request {
            qs: &format!("p=mob&message={message}"),
            ..PING
        })
        .unwrap();
        assert_eq!(data(&got[0]), r#"{"check":"1","host":"h"}"#);
        assert!(got[0].contains(&"p=mob".to_owned()));
    }

    #[test]
    fn other_requests_are_refused() {
        let qs = |qs| violations(Request { qs, ..PING });
        let none = "empty querystring: no events to process";
        assert_eq!(qs(""), [Violation::input("querystring", None, none)]);
        let missing = "no `message` parameter provided";
        assert_eq!(
            qs("a=1&message"),
            [Violation::input(
                "querystring",
                Some("a=1&message=null"),
                missing
            )]
        );
        let python = r"should not pass regex \(u'(.+)',\)";
        assert_eq!(
            qs("a=(u'x',)&b=1&a=(u'y',)z',)&c=(u'',)"),
            [
                Violation::input("a", Some("x"), python),
                Violation::input("a", Some("y',)z"), python)
            ]
        );
        assert!(
            matches!(&qs("message=x")[0], Violation::NotJson { field, .. } if field == "message")
        );
        assert!(matches!(
            &qs("message=1")[0],
            Violation::SchemaMapping { actual: None, .. }
        ));
    }
}
