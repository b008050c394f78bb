use lexon::Tree;

use super::*;
use crate::payload::decode::decode;

fn row(kind: &str, failure: &str, payload: &str) -> Row {
    let line = format!(
        "{{\"schema\":\"iglu:com.snowplowanalytics.snowplow.badrows/{kind}/jsonschema/2-0-0\",\
         \"data\":{{\"processor\":{{}},\"failure\":{{\"timestamp\":\"2023-11-14T22:13:20.123456789Z\",{failure}}},\"payload\":{payload}}}}}"
    );
    Row::parse(&line).unwrap()
}

const SENDER: &str = "\"encoding\":\"UTF-8\",\"hostname\":\"h\",\"timestamp\":\"2023-11-14T22:13:20.001Z\",\
    \"ipAddress\":\"198.51.100.7\",\"useragent\":\"ua\",\"refererUri\":null,\"headers\":[\"Host: h\"]";

fn failed_event(parameters: &str) -> Row {
    let failure =
        "\"messages\":[{\"schemaKey\":\"iglu:com.acme/thing/jsonschema/1-0-0\",\"error\":{}}]";
    let payload = format!(
        "{{\"enriched\":{{}},\"raw\":{{\"vendor\":\"com.acme\",\"version\":\"v1\",\"parameters\":[{parameters}],\
         \"contentType\":\"text/plain\",\"loaderName\":\"ssc\",{SENDER},\"userId\":\"f0f0f0f0-0000-4000-8000-000000000000\"}}}}"
    );
    row("schema_violations", failure, &payload)
}

#[test]
fn one_event_becomes_a_request_of_its_own() {
    let row = failed_event(
        "{\"name\":\"e\",\"value\":\"pv\"},{\"name\":\"page\",\"value\":\"50% & ü\"},{\"name\":\"x\",\"value\":null}",
    );
    let record = row.payload(None).unwrap();
    let mut buffer = Vec::new();
    let payload = decode(&record, &mut buffer, false).unwrap();
    assert_eq!(payload.api.version, "tp1");
    let pairs: Vec<(&str, Option<&str>)> = payload
        .querystring
        .iter()
        .map(|(name, value)| (&**name, value.as_deref()))
        .collect();
    assert_eq!(
        pairs,
        [("e", Some("pv")), ("page", Some("50% & ü")), ("x", None)]
    );
    assert_eq!(payload.context.timestamp, Some(1_700_000_000_001));
    assert_eq!(payload.context.ip.as_deref(), Some("198.51.100.7"));
    assert_eq!(payload.source.collector.as_deref(), Some("ssc"));
    assert_eq!(payload.context.headers, ["Host: h"]);
    assert!(payload.context.user_id.is_some());
}

#[test]
fn rows_are_chosen_by_type_schema_and_time() {
    let row = failed_event("");
    let wants = |change: &dyn Fn(&mut Filter)| {
        let mut filter = Filter::default();
        change(&mut filter);
        filter.wants(&row)
    };
    assert!(wants(&|_| ()));
    assert!(wants(
        &|filter| filter.kinds = vec!["schema_violations".to_owned()]
    ));
    assert!(!wants(
        &|filter| filter.kinds = vec!["adapter_failures".to_owned()]
    ));
    for (pattern, fits) in [
        ("iglu:com.acme/thing/jsonschema/1-0-0", true),
        ("iglu:com.acme/thing/*", true),
        ("iglu:com.acme/thing", false),
        ("iglu:com.other/*", false),
    ] {
        assert_eq!(
            wants(&|filter| filter.schemas = vec![pattern.to_owned()]),
            fits
        );
    }
    assert!(wants(&|filter| filter.since = Some(1_700_000_000_123)));
    assert!(!wants(&|filter| filter.since = Some(1_700_000_000_124)));
    assert!(!wants(&|filter| filter.until = Some(1_700_000_000_123)));
}

#[test]
fn a_patch_reaches_parameters_and_the_json_within_them() {
    let inner = jvm::base64::encode_url_chunked(br#"{"data":{"data":{"x":"5"}}}"#);
    let row = failed_event(&format!(
        "{{\"name\":\"aid\",\"value\":\"old\"}},{{\"name\":\"ue_pr\",\"value\":\"{{\\\"data\\\":{{\\\"x\\\":1}}}}\"}},\
         {{\"name\":\"ue_px\",\"value\":\"{inner}\"}},{{\"name\":\"gone\",\"value\":\"1\"}}"
    ));
    let patch = Tree::parse(
        r#"{"parameters":{"aid":"new","gone":null,"ue_pr":{"data":{"x":2}},"ue_px":{"data":{"data":{"x":5}}}},"useragent":null}"#,
    );
    let record = row.payload(Some(&patch.unwrap())).unwrap();
    let mut buffer = Vec::new();
    let payload = decode(&record, &mut buffer, false).unwrap();
    let value = |name: &str| {
        let mut pairs = payload.querystring.iter();
        let (_, value) = pairs.find(|(found, _)| found == name)?;
        value.clone().map(std::borrow::Cow::into_owned)
    };
    assert_eq!(value("aid").as_deref(), Some("new"));
    assert_eq!(value("ue_pr").as_deref(), Some(r#"{"data":{"x":2}}"#));
    let opened = jvm::base64::decode_url_to_string(&value("ue_px").unwrap());
    assert_eq!(opened, r#"{"data":{"data":{"x":5}}}"#);
    assert_eq!((value("gone"), &payload.context.useragent), (None, &None));
}

#[test]
fn whole_payloads_and_bytes_come_back_and_parts_do_not() {
    let payload = format!(
        "{{\"vendor\":\"com.mailgun\",\"version\":\"v1\",\"querystring\":[{{\"name\":\"a\",\"value\":\"b\"}}],\
         \"contentType\":\"application/json\",\"body\":\"{{}}\",\"collector\":\"ssc\",{SENDER},\"networkUserId\":null}}"
    );
    let record = row("adapter_failures", "\"messages\":[]", &payload)
        .payload(None)
        .unwrap();
    let mut buffer = Vec::new();
    let payload = decode(&record, &mut buffer, false).unwrap();
    assert_eq!(
        (&*payload.api.vendor, payload.body.as_deref()),
        ("com.mailgun", Some("{}"))
    );
    let bytes = row("generic_error", "\"errors\":[]", "\"AAEC\"");
    assert_eq!(bytes.payload(None), Ok(vec![0, 1, 2]));
    let patch = Tree::parse("{\"body\":null}").unwrap();
    assert!(matches!(
        bytes.payload(Some(&patch)),
        Err(RecoverError::NoFields(_))
    ));
    let part = row("size_violation", "\"actualSizeBytes\":1", "\"cut of\"");
    assert!(matches!(part.payload(None), Err(RecoverError::NotKept(_))));
    assert!(Row::parse("{\"schema\":\"iglu:com.acme/x/jsonschema/1-0-0\"}").is_err());
    assert!(Row::parse("no json").is_err());
}
