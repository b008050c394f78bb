use super::*;

const REDIRECTED: &str = r#"{"schema":"iglu:com.snowplowanalytics.snowplow/uri_redirect/jsonschema/1-0-0","data":{"uri":"http://t"}}"#;

#[test]
fn a_redirect_without_event_is_an_event() {
    let ue = format!(
        r#"ue_pr={{"schema":"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0","data":{REDIRECTED}}}"#
    );
    assert_eq!(
        events(Request {
            qs: "u=http%3A%2F%2Ft",
            ..REDIRECT
        })
        .unwrap(),
        [["e=ue", &ue, "tv=r-tp2", "p=web"]]
    );
}

#[test]
fn a_redirect_with_event_is_a_context_of_it() {
    let contexts = |items: &str| {
        format!(
            r#"{{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1","data":[{items}]}}"#
        )
    };
    let fresh = contexts(REDIRECTED);
    let url = jvm::url_codec::encode_utf8;
    for (qs, name, expected) in [
        ("".to_owned(), "co", fresh.clone()),
        ("&co=".to_owned(), "co", fresh),
        (
            format!("&co={}", url(r#"{"data" :[1]}"#)),
            "co",
            format!(r#"{{"data":[{REDIRECTED},1]}}"#),
        ),
        (
            format!("&co={}", url(r#"{"data":{}, "x":[]}"#)),
            "co",
            r#"{"data":{},"x":[]}"#.to_owned(),
        ),
        ("&co=1".to_owned(), "co", "1".to_owned()),
        (
            format!(
                "&co&cx={}",
                jvm::base64::encode_url_chunked(br#"{"data":[]}"#)
            ),
            "cx",
            jvm::base64::encode_url_chunked(format!(r#"{{"data":[{REDIRECTED}]}}"#).as_bytes()),
        ),
    ] {
        let got = events(Request {
            qs: &format!("e=pv&u=http%3A%2F%2Ft{qs}"),
            ..REDIRECT
        })
        .unwrap();
        assert!(got[0].contains(&format!("{name}={expected}")), "{got:?}");
        assert!(!got[0].iter().any(|p| p.starts_with("u=")));
    }
}

#[test]
fn redirects_that_are_not_as_expected_are_refused() {
    assert_eq!(
        violations(REDIRECT),
        input(
            "querystring",
            None,
            "empty querystring: not a valid URI redirect"
        )
    );
    assert_eq!(
        violations(Request {
            qs: "u&a=%20b",
            ..REDIRECT
        }),
        input(
            "querystring",
            Some("u=null&a= b"),
            "missing `u` parameter: not a valid URI redirect"
        )
    );
    let got = violations(Request {
        qs: "u=x&e&co=x",
        ..REDIRECT
    });
    assert!(
        matches!(&got[0], Violation::NotJson { field, .. } if field == "co|cx"),
        "{got:?}"
    );
    for qs in ["u=x&e=pv&co", "u=x&e=pv&cx", "u=x&e=pv&cx&co=1"] {
        assert!(
            matches!(
                events(Request { qs, ..REDIRECT }),
                Err(AdaptError::Crash(_))
            ),
            "{qs}"
        );
    }
    assert_eq!(
        events(Request {
            qs: "u=&p",
            ..REDIRECT
        })
        .unwrap()[0]
            .iter()
            .filter(|p| *p == "p")
            .count(),
        1
    );
}
