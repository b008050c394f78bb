use super::super::testing::{Fixture, contexts, run_with};
use super::*;
use serde_json::json;

fn step(data: Value) -> Yauaa {
    Yauaa::new(&data).unwrap()
}

fn run(step: &Yauaa, agent: Option<&str>, headers: &[&'static str]) -> String {
    let mut event = Event::default();
    event.set_text(fields::USERAGENT, agent.map(str::to_owned));
    let made = contexts(run_with(
        step,
        &mut event,
        &Fixture::with_headers(headers),
        |_| {},
    ));
    let [(schema, data)] = made.try_into().unwrap();
    assert_eq!(schema, CONTEXT);
    data
}

const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.0.0 Safari/537.36";

#[test]
fn an_event_without_an_agent_has_an_unknown_device() {
    let step = step(json!({}));
    assert_eq!(run(&step, None, &[]), NOTHING);
    assert_eq!(run(&step, Some(""), &["Sec-CH-UA-Mobile: ?1"]), NOTHING);
}

#[test]
fn known_fields_come_in_the_order_of_the_reference() {
    let agent = "curl/0.22.5.16 (x86_64-pc-linux-gnu) libcurl/7.64.1 OpenSSL/1.1.1d zlib/1.2.11";
    assert_eq!(
        run(&step(json!({})), Some(agent), &["User-Agent: another"]),
        concat!(
            r#"{"deviceBrand":"Curl","deviceName":"Curl","operatingSystemVersionMajor":"??","#,
            r#""layoutEngineNameVersion":"curl 0.22.5.16","operatingSystemNameVersion":"Cloud ??","#,
            r#""agentInformationEmail":"Unknown","networkType":"Unknown","#,
            r#""webviewAppNameVersionMajor":"Unknown ??","layoutEngineNameVersionMajor":"curl 0","#,
            r#""operatingSystemName":"Cloud","agentVersionMajor":"0","layoutEngineVersionMajor":"0","#,
            r#""webviewAppName":"Unknown","deviceClass":"Robot","agentNameVersionMajor":"Curl 0","#,
            r#""operatingSystemNameVersionMajor":"Cloud ??","deviceCpuBits":"Unknown","#,
            r#""webviewAppVersionMajor":"??","operatingSystemClass":"Cloud","webviewAppVersion":"??","#,
            r#""layoutEngineName":"curl","agentName":"Curl","agentVersion":"0.22.5.16","#,
            r#""layoutEngineClass":"Robot","agentNameVersion":"Curl 0.22.5.16","#,
            r#""operatingSystemVersion":"??","deviceCpu":"Unknown","agentClass":"Robot","#,
            r#""layoutEngineVersion":"0.22.5.16"}"#
        )
    );
}

#[test]
fn hints_among_the_headers_count_and_so_does_their_memory() {
    let step = step(json!({}));
    let headers = [
        "Host: h",
        "sec-ch-ua-platform: \"Windows\"",
        "Sec-CH-UA-Platform-Version: \"15.0.0\"",
    ];
    for _ in 0..2 {
        let plain = run(&step, Some(WINDOWS), &["Host: h"]);
        assert!(
            plain.contains(r#""operatingSystemNameVersion":"Windows NT ??""#),
            "{plain}"
        );
        let hinted = run(&step, Some(WINDOWS), &headers);
        assert!(
            hinted.contains(r#""operatingSystemNameVersion":"Windows 11""#),
            "{hinted}"
        );
        assert!(!hinted.contains("lientHint"), "{hinted}");
    }
}

#[test]
fn answers_are_the_same_with_and_without_memory() {
    let (with, without) = (
        step(json!({"parameters": {"cacheSize": 2}})),
        step(json!({"parameters": {"cacheSize": -1}})),
    );
    let agents = [
        "curl/7.88.1",
        WINDOWS,
        "-",
        "Googlebot/2.1 (+http://www.google.com/bot.html)",
    ];
    for agent in agents.iter().cycle().take(12) {
        assert_eq!(
            run(&with, Some(agent), &[]),
            run(&without, Some(agent), &[])
        );
    }
}

#[test]
fn the_size_of_the_memory_is_any_number_of_32_bits() {
    let size = |value: Value| remembered(&json!({"parameters": {"cacheSize": value}}));
    assert_eq!(remembered(&json!({})).unwrap(), REMEMBERED);
    assert_eq!(size(json!(20)).unwrap(), 20);
    assert_eq!(size(json!(20.0)).unwrap(), 20);
    assert_eq!(size(json!(-5)).unwrap(), 0);
    assert_eq!(size(Value::Null).unwrap(), REMEMBERED);
    for bad in [json!(1.5), json!("10"), json!(3_000_000_000_u64)] {
        let error = size(bad.clone()).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "field `parameters.cacheSize`: must be a whole number of 32 bits, not {bad}; 0 keeps none"
            )
        );
    }
}
