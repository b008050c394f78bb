//! Unbounce: one filled-in form, as a form with JSON in it.

use lexon::Tree;

use super::common::{form, json, params};
use super::json::camel;
use super::schemas::{Schema, Section};
use super::webhook::{FORM, server_event, text_of_type};
use super::{Found, Job};
use crate::badrows::failure::Violation;
use crate::payload::Parameters;
use crate::payload::decode::printable;

pub(super) const SCHEMAS: Section = Section {
    config: "unbounce",
    title: "Unbounce",
    schemas: &[Schema::event(
        "form_post",
        "form_post",
        "iglu:com.unbounce/form_post/jsonschema/1-0-0",
    )],
};

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let payload = job.payload;
    let body = text_of_type(payload, FORM)?;
    let fields = form(body).map_err(|message| {
        // the body is the field as well
        Violation::input(
            body,
            Some(body),
            format!("could not parse body: {}", printable(&message)),
        )
    })?;
    let mut set = Parameters::new();
    for (name, value) in fields.into_iter().filter(|(_, value)| value.is_some()) {
        set.insert(name, value);
    }
    for name in ["page_id", "page_name", "variant", "page_url", "data.json"] {
        if !set.contains_key(name) {
            return Err(
                Violation::input(name, None, format!("missing '{name}' field in body")).into(),
            );
        }
    }
    let text = set.remove("data.json").flatten().unwrap_or_default();
    if text.is_empty() {
        return Err(Violation::input("data.json", None, "empty 'data.json' field in body").into());
    }
    set.remove("data.xml");
    let mut entries = vec![(
        "data.json".to_owned(),
        json("data.json", &text)?.root().to_tree(),
    )];
    entries.extend(set.into_iter().map(|(name, value)| {
        (
            name.into_owned(),
            Tree::String(value.unwrap_or_default().into_owned()),
        )
    }));
    let data = camel(Tree::Object(entries))?;
    let schema = job.types.lookup(Some("form_post"), None)?;
    Ok(vec![server_event(
        payload,
        "com.unbounce-v1",
        &params(payload),
        schema,
        &data,
    )])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::tests::{Request, data, events, violations};

    const BOUNCE: Request<'static> = Request {
        path: "com.unbounce/v1",
        qs: "",
        body: None,
        content_type: Some(FORM),
    };

    #[test]
    fn a_form_is_an_event() {
        let json = jvm::url_codec::encode_utf8(r#"{"ip_address":["1"],"e_m":{"x_y":[1.0]}}"#);
        let body = format!(
            "page_id=1&page_name=n&variant=a&page_url=u&data.xml=x&data.json={json}&extra_k=v&none"
        );
        let got = events(Request {
            body: Some(&body),
            ..BOUNCE
        })
        .unwrap();
        assert_eq!(
            data(&got[0]),
            r#"{"data.json":{"ipAddress":["1"],"eM":{"xY":[1.0]}},"variant":"a","extraK":"v","pageId":"1","pageName":"n","pageUrl":"u"}"#
        );
    }

    #[test]
    fn fields_that_are_missing_are_told_one_at_a_time() {
        for (body, name, problem) in [
            ("a=1", "page_id", "missing 'page_id' field in body"),
            (
                "page_id=1&page_name",
                "page_name",
                "missing 'page_name' field in body",
            ),
            (
                "page_id=1&page_name=&variant=&page_url=",
                "data.json",
                "missing 'data.json' field in body",
            ),
            (
                "page_id=1&page_name=&variant=&page_url=&data.json=",
                "data.json",
                "empty 'data.json' field in body",
            ),
        ] {
            assert_eq!(
                violations(Request {
                    body: Some(body),
                    ..BOUNCE
                }),
                [Violation::input(name, None, problem)]
            );
        }
    }
}
