//! The contexts that trackers attach to events.

use super::rng::Rng;
use super::visitor::Visitor;

const CONTEXTS: &str = "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0";

/// The JSON of the contexts of one event: always the page's, often more.
pub fn contexts(rng: &mut Rng, visitor: &Visitor, at: i64) -> String {
    let mut list = vec![format!(
        r#"{{"schema":"iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0","data":{{"id":"{}"}}}}"#,
        rng.uuid()
    )];
    if rng.chance(40) {
        list.push(session(rng, visitor));
    }
    if rng.chance(30) {
        list.push(timing(rng, at));
    }
    if rng.chance(20) {
        list.push(format!(
            r#"{{"schema":"iglu:com.google.analytics/cookies/jsonschema/1-0-0","data":{{"_ga":"GA1.2.{}.{}"}}}}"#,
            rng.range(100_000_000, 999_999_999),
            rng.range(1_690_000_000, 1_699_999_999)
        ));
    }
    if rng.chance(15) {
        list.push(place(rng, at));
    }
    wrap(&list)
}

/// The document around a list of contexts.
pub fn wrap(list: &[String]) -> String {
    format!(r#"{{"schema":"{CONTEXTS}","data":[{}]}}"#, list.join(","))
}

fn session(rng: &mut Rng, visitor: &Visitor) -> String {
    format!(
        r#"{{"schema":"iglu:com.snowplowanalytics.snowplow/client_session/jsonschema/1-0-2","data":{{"userId":"{}","sessionId":"{}","sessionIndex":{},"eventIndex":{},"previousSessionId":null,"storageMechanism":"COOKIE_1","firstEventId":"{}","firstEventTimestamp":"2023-11-14T22:{:02}:00.{:03}Z"}}}}"#,
        visitor.domain_user_id,
        visitor.session_id,
        visitor.visit,
        rng.range(1, 60),
        rng.uuid(),
        rng.range(0, 13),
        rng.range(0, 1000)
    )
}

/// The steps of loading a page, in the order they happen.
const STEPS: [&str; 12] = [
    "fetchStart",
    "domainLookupStart",
    "domainLookupEnd",
    "connectStart",
    "connectEnd",
    "requestStart",
    "responseStart",
    "responseEnd",
    "domLoading",
    "domInteractive",
    "domComplete",
    "loadEventEnd",
];

fn timing(rng: &mut Rng, at: i64) -> String {
    let mut now = at - 5000;
    let mut data = format!(r#"{{"navigationStart":{now},"redirectStart":0,"redirectEnd":0"#);
    for step in STEPS {
        now += rng.range(0, 300) as i64;
        data.push_str(&format!(r#","{step}":{now}"#));
    }
    format!(r#"{{"schema":"iglu:org.w3/PerformanceTiming/jsonschema/1-0-0","data":{data}}}}}"#)
}

fn place(rng: &mut Rng, at: i64) -> String {
    format!(
        r#"{{"schema":"iglu:com.snowplowanalytics.snowplow/geolocation_context/jsonschema/1-1-0","data":{{"latitude":{}.{:05},"longitude":-{}.{:05},"latitudeLongitudeAccuracy":{},"altitude":{}.5,"bearing":null,"speed":0,"timestamp":{at}}}}}"#,
        rng.range(0, 90),
        rng.range(0, 100_000),
        rng.range(0, 180),
        rng.range(0, 100_000),
        rng.range(1, 200),
        rng.range(0, 800)
    )
}
