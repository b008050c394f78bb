//! CloudFront: one line of an access log as the body.

use std::borrow::Cow;

use jvm::number::{double_to_string, parse_int};
use jvm::text::java_trim;
use jvm::time::parse_joda_iso;
use lexon::{write_string, write_string_opt};

use super::common::{event, event_parameters, unstruct};
use super::schemas::{Schema, Section};
use super::{Found, Job, Stop};
use crate::badrows::failure::Violation;
use crate::payload::{Context, Parameters};

const V: [&str; 7] = [
    "iglu:com.amazon.aws.cloudfront/wd_access_log/jsonschema/1-0-0",
    "iglu:com.amazon.aws.cloudfront/wd_access_log/jsonschema/1-0-1",
    "iglu:com.amazon.aws.cloudfront/wd_access_log/jsonschema/1-0-2",
    "iglu:com.amazon.aws.cloudfront/wd_access_log/jsonschema/1-0-3",
    "iglu:com.amazon.aws.cloudfront/wd_access_log/jsonschema/1-0-4",
    "iglu:com.amazon.aws.cloudfront/wd_access_log/jsonschema/1-0-5",
    "iglu:com.amazon.aws.cloudfront/wd_access_log/jsonschema/1-0-6",
];

pub(super) const SCHEMAS: Section = Section {
    config: "cloudfrontAccessLog",
    title: "Cloudfront",
    schemas: &[
        Schema::other("with_12_fields", V[0]),
        Schema::other("with_15_fields", V[1]),
        Schema::other("with_18_fields", V[2]),
        Schema::other("with_19_fields", V[3]),
        Schema::other("with_23_fields", V[4]),
        Schema::other("with_24_fields", V[5]),
        Schema::other("with_26_fields", V[6]),
    ],
};

/// Names of the fields behind date and time, which are one field together.
const NAMES: [&str; 24] = [
    "xEdgeLocation",
    "scBytes",
    "cIp",
    "csMethod",
    "csHost",
    "csUriStem",
    "scStatus",
    "csReferer",
    "csUserAgent",
    "csUriQuery",
    "csCookie",
    "xEdgeResultType",
    "xEdgeRequestId",
    "xHostHeader",
    "csProtocol",
    "csBytes",
    "timeTaken",
    "xForwardedFor",
    "sslProtocol",
    "sslCipher",
    "xEdgeResponseResultType",
    "csProtocolVersion",
    "fleStatus",
    "fleEncryptedFields",
];

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let payload = job.payload;
    let Some(body) = payload.body.as_deref() else {
        return Err(Violation::input("body", None, "empty body").into());
    };
    let fields: Vec<&str> = body.split('\t').collect();
    let count = fields.len();
    let ([date, time, rest @ ..], 12 | 15 | 18 | 19 | 23 | 24 | 26) = (fields.as_slice(), count)
    else {
        let problem =
            format!("access log contained {count} fields, expected 12, 15, 18, 19, 23, 24 or 26");
        return Err(Violation::input("body", Some(body), problem).into());
    };
    let schema = job.types.by_key(&format!("with_{count}_fields"))?;
    let mut violations = Vec::new();
    let timestamp = parse_joda_iso(&format!("{date}T{time}+00:00"))
        .map_err(|message| {
            let problem = format!("could not convert access log timestamp: {message}");
            violations.push(Violation::input(
                "dateTime",
                Some(&format!("{date} {time}")),
                problem,
            ));
        })
        .ok();
    let mut wrong = Vec::new();
    let ue_pr = unstruct(schema.uri(), |out| {
        out.push_str("{\"dateTime\":");
        write_string(out, &format!("{date}T{time}Z"));
        for (name, field) in NAMES.iter().zip(rest) {
            match converted(name, field) {
                Ok(value) => {
                    out.push(',');
                    write_string(out, name);
                    out.push(':');
                    out.push_str(&value);
                }
                Err(problem) => wrong.push(Violation::input(*name, Some(field), problem)),
            }
        }
        out.push('}');
    });
    // the reference collects these from the last field on
    violations.extend(wrong.into_iter().rev());
    if !violations.is_empty() {
        return Err(Stop::Failed(violations));
    }
    let field = |name: &str| {
        let place = NAMES.iter().position(|other| *other == name)?;
        rest.get(place).copied().filter(|field| !field.is_empty())
    };
    let mut qs = Parameters::new();
    if let Some(url) = field("csReferer") {
        qs.insert(Cow::Borrowed("url"), Some(Cow::Borrowed(url)));
    }
    let tracker = "com.amazon.aws.cloudfront/wd_access_log";
    let mut event = event(payload, event_parameters(tracker, &qs, ue_pr, "srv"));
    event.context.replace(Context {
        timestamp,
        ip: field("cIp").map(Cow::Borrowed),
        useragent: field("csUserAgent").map(single_encoded),
        referer: None,
        headers: Vec::new(),
        user_id: None,
    });
    Ok(vec![event])
}

/// A field as JSON.
fn converted(name: &str, field: &str) -> Result<String, String> {
    let text = |text: &str| {
        let mut out = String::new();
        write_string_opt(&mut out, Some(text));
        out
    };
    Ok(match name {
        _ if field.is_empty() => "null".to_owned(),
        "timeTaken" => double_to_string(double(field).ok_or("cannot be converted to Double")?),
        "scBytes" | "csBytes" => parse_int(field)
            .ok_or("cannot be converted to Int")?
            .to_string(),
        "csReferer" | "csUserAgent" => {
            let decoded = jvm::url_codec::decode_utf8(&single_encoded(field))
                .map_err(|message| format!("exception URL-decoding (encoding UTF-8): {message}"))?;
            text(&decoded.replace(['\r', '\n'], "").replace('\t', "    "))
        }
        "csUriQuery" => text(&single_encoded(field)),
        _ => text(field),
    })
}

/// Escaped percent signs before two digits become percent signs: `%2520` is `%20`.
fn single_encoded(text: &str) -> Cow<'_, str> {
    if !text.contains("%25") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("%25") {
        out.push_str(before);
        let digits = after
            .bytes()
            .take(2)
            .take_while(u8::is_ascii_hexdigit)
            .count();
        match after.split_at_checked(2) {
            Some((escape, tail)) if digits == 2 => {
                out.push('%');
                out.push_str(escape);
                rest = tail;
            }
            _ => {
                out.push_str("%25");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// `Double.parseDouble` of Java for decimal numbers that are finite.
fn double(text: &str) -> Option<f64> {
    let text = java_trim(text);
    let number = text.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(text);
    if !number
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
    {
        return None;
    }
    number.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::adapters::tests::{Lenient, Request, data, events, payload, violations};
    use crate::adapters::{AdapterScratch, Adapters};

    const LOG: Request<'static> = Request {
        path: "com.amazon.aws.cloudfront/wd_access_log",
        qs: "aid=x",
        body: None,
        content_type: None,
    };

    const LINE: &str = "2013-10-07\t23:35:30\tFRA2\t521\t1.2.3.4\tGET\td.cf.net\t/i\t200\thttp%3A%2F%2Fref%2520x\tMoz%2520il%20la\te=pv&x=%2525a\t\tHit\tid\thost\thttp\t100\t0.001";

    #[test]
    fn a_line_is_an_event_with_a_context_of_its_own() {
        let request = Request {
            body: Some(LINE),
            ..LOG
        };
        let got = events(request).unwrap();
        assert_eq!(
            data(&got[0]),
            r#"{"dateTime":"2013-10-07T23:35:30Z","xEdgeLocation":"FRA2","scBytes":521,"cIp":"1.2.3.4","csMethod":"GET","csHost":"d.cf.net","csUriStem":"/i","scStatus":"200","csReferer":"http://ref x","csUserAgent":"Moz il la","csUriQuery":"e=pv&x=%25a","csCookie":null,"xEdgeResultType":"Hit","xEdgeRequestId":"id","xHostHeader":"host","csProtocol":"http","csBytes":100,"timeTaken":0.001}"#
        );
        assert!(got[0].contains(&"url=http%3A%2F%2Fref%2520x".to_owned()));
        assert!(!got[0].contains(&"aid=x".to_owned()));
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
        assert_eq!(got[0].context.useragent.as_deref(), Some("Moz%20il%20la"));
        assert_eq!(got[0].context.ip.as_deref(), Some("1.2.3.4"));
        assert_eq!(got[0].context.timestamp, Some(1_381_188_930_000));
    }

    #[test]
    fn the_number_of_fields_names_the_schema() {
        for (count, version) in [
            (12, "1-0-0"),
            (15, "1-0-1"),
            (18, "1-0-2"),
            (23, "1-0-4"),
            (24, "1-0-5"),
            (26, "1-0-6"),
        ] {
            let body = format!("2013-10-07\t23:35:30{}", "\t".repeat(count - 2));
            let got = events(Request {
                body: Some(&body),
                ..LOG
            })
            .unwrap();
            assert!(
                got[0]
                    .iter()
                    .any(|p| p.contains(&format!("wd_access_log/jsonschema/{version}")))
            );
        }
        let problem = "access log contained 1 fields, expected 12, 15, 18, 19, 23, 24 or 26";
        assert_eq!(
            violations(Request {
                body: Some("x"),
                ..LOG
            }),
            [Violation::input("body", Some("x"), problem)]
        );
        assert_eq!(
            violations(LOG),
            [Violation::input("body", None, "empty body")]
        );
    }

    #[test]
    fn all_fields_that_are_wrong_are_told_the_last_one_first_behind_the_time() {
        let line = LINE
            .replace("2013-10-07", "bad")
            .replace("521", "x")
            .replace("0.001", "y")
            .replace("Moz%2520il", "%zz");
        let got = violations(Request {
            body: Some(&line),
            ..LOG
        });
        let told: Vec<_> = got
            .iter()
            .map(|violation| match violation {
                Violation::InputData {
                    field,
                    value,
                    expectation,
                } => (
                    field.as_str(),
                    value.as_deref().unwrap(),
                    expectation.as_str(),
                ),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(told[0].0, "dateTime");
        assert_eq!(told[0].1, "bad 23:35:30");
        assert_eq!(
            told[0].2,
            "could not convert access log timestamp: Invalid format: \"badT23:35:30+00:00\""
        );
        assert_eq!(told[1], ("timeTaken", "y", "cannot be converted to Double"));
        assert_eq!(told[2].0, "csUserAgent");
        assert!(
            told[2]
                .2
                .starts_with("exception URL-decoding (encoding UTF-8): URLDecoder: Illegal hex")
        );
        assert_eq!(told[3], ("scBytes", "x", "cannot be converted to Int"));
    }

    #[test]
    fn percent_signs_are_decoded_once_and_numbers_as_java_does() {
        for (text, expected) in [
            ("%2525a", "%25a"),
            ("%25", "%25"),
            ("%25g0%2541", "%25g0%41"),
            ("%252", "%252"),
            ("é%25é", "é%25é"),
        ] {
            assert_eq!(single_encoded(text), expected);
        }
        for (text, expected) in [
            ("1E3", Some(1000.0)),
            (" 1. ", Some(1.0)),
            (".5f", Some(0.5)),
            ("inf", None),
            ("NaN", None),
            ("1e999", None),
            ("", None),
            ("f", None),
        ] {
            assert_eq!(double(text), expected, "{text}");
        }
    }
}
