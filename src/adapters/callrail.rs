//! CallRail: one call in the query string.

use jvm::number::BigDecimal;
use lexon::{write_string, write_string_opt};

use super::common::{event, event_parameters, event_texts, object, params, unstruct};
use super::json::date;
use super::schemas::{Schema, Section};
use super::{Found, Job};
use crate::badrows::failure::Violation;

pub(super) const SCHEMAS: Section = Section {
    config: "callrail",
    title: "Callrail",
    schemas: &[Schema::other(
        "call_complete",
        "iglu:com.callrail/call_complete/jsonschema/1-0-2",
    )],
};

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let qs = params(job.payload);
    if qs.is_empty() {
        return Err(Violation::input("querystring", None, "empty querystring").into());
    }
    let ue_pr = unstruct(job.types.by_key("call_complete")?.uri(), |out| {
        object(out, event_texts(&qs), |out, name, value| {
            match (name, value) {
                (_, None | Some("")) => out.push_str("null"),
                ("first_call" | "answered", Some(flag @ ("true" | "false"))) => out.push_str(flag),
                ("duration", Some(text)) => match integer(text) {
                    Some(number) => out.push_str(&number),
                    None => write_string(out, text),
                },
                ("datetime", Some(text)) => write_string(out, &date(text)),
                (_, text) => write_string_opt(out, text),
            }
        });
    });
    Ok(vec![event(
        job.payload,
        event_parameters("com.callrail-v1", &qs, ue_pr, "srv"),
    )])
}

/// `new BigInteger(text)` of Java, printed again.
fn integer(text: &str) -> Option<String> {
    if text.contains(['.', 'e', 'E']) {
        return None;
    }
    BigDecimal::parse(text)
        .ok()
        .map(|number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::tests::{Request, data, events, violations};

    const CALL: Request<'static> = Request {
        path: "com.callrail/v1",
        qs: "",
        body: None,
        content_type: None,
    };

    #[test]
    fn a_call_is_the_query_string() {
        let qs = "ttm=zz&foo=1&aid=a&p=mob&answered=true&first_call=no&duration=12&datetime=2014-10-09%2016:23:45&callername=&kw=%2B1&nuid=n";
        let got = events(Request { qs, ..CALL }).unwrap();
        assert_eq!(
            data(&got[0]),
            r#"{"duration":12,"datetime":"2014-10-09T16:23:45.000Z","callername":null,"kw":"+1","ttm":"zz","first_call":"no","answered":true,"foo":"1"}"#
        );
        let names: Vec<_> = got[0]
            .iter()
            .map(|p| p.split('=').next().unwrap())
            .collect();
        assert_eq!(names, ["e", "aid", "tv", "ue_pr", "nuid", "p", "ttm"]);
        assert_eq!(
            violations(CALL),
            [Violation::input("querystring", None, "empty querystring")]
        );
    }

    #[test]
    fn whole_numbers_of_any_size_are_numbers() {
        for (text, expected) in [
            ("007", Some("7")),
            ("-0", Some("0")),
            ("+5", Some("5")),
            ("99999999999999999999", Some("99999999999999999999")),
            ("1.0", None),
            ("1e3", None),
            (" 1", None),
        ] {
            assert_eq!(integer(text).as_deref(), expected, "{text}");
        }
    }
}
