//! StatusGator: one change of a status as a form.

use std::borrow::Cow;

use lexon::Tree;

use super::common::{form, params};
use super::json::camel;
use super::schemas::{Schema, Section};
use super::webhook::{FORM, server_event, text_of_type};
use super::{Found, Job};
use crate::badrows::failure::Violation;
use crate::payload::decode::printable;

pub(super) const SCHEMAS: Section = Section {
    config: "statusgator",
    title: "StatusGator",
    schemas: &[Schema::other(
        "status_change",
        "iglu:com.statusgator/status_change/jsonschema/1-0-0",
    )],
};

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let payload = job.payload;
    let body = text_of_type(payload, FORM)?;
    let fields = form(body).map_err(|message| {
        let problem = format!("could not parse body: {}", printable(&message));
        Violation::input("body", Some(body), problem)
    })?;
    let text = |value: Option<Cow<'_, str>>| {
        value.map_or(Tree::Null, |text| Tree::String(text.into_owned()))
    };
    let entries = fields
        .into_iter()
        .map(|(name, value)| (name.into_owned(), text(value)));
    let data = camel(Tree::Object(entries.collect()))?;
    let schema = job.types.by_key("status_change")?;
    Ok(vec![server_event(
        payload,
        "com.statusgator-v1",
        &params(payload),
        schema,
        &data,
    )])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::tests::{Request, data, events, violations};

    const GATOR: Request<'static> = Request {
        path: "com.statusgator/v1",
        qs: "",
        body: None,
        content_type: Some(FORM),
    };

    #[test]
    fn a_form_is_an_event() {
        let body = "service_name=CloudFlare&favicon_url=x&status_page_url=u&home_page_url=h&current_status=up&last_status=warn&occurred_at=2016-05-19T09%3A26%3A31%2B00%3A00&nov";
        let got = events(Request {
            body: Some(body),
            ..GATOR
        })
        .unwrap();
        assert_eq!(
            data(&got[0]),
            r#"{"nov":null,"lastStatus":"warn","statusPageUrl":"u","serviceName":"CloudFlare","faviconUrl":"x","occurredAt":"2016-05-19T09:26:31+00:00","homePageUrl":"h","currentStatus":"up"}"#
        );
        let problem =
            "could not parse body: Malformed escape pair at index 18: http://localhost/?%";
        assert_eq!(
            violations(Request {
                body: Some("%"),
                ..GATOR
            }),
            [Violation::input("body", Some("%"), problem)]
        );
    }
}
