//! What adapters cost an event, and that a body of 500 events costs ten times one of 50, not a hundred times.
//!
//! Prints, for each adapter that takes several events in one body, nanoseconds an event in bodies of 50 and of 500, and
//! how many times longer the larger body takes; ends with an error when one takes more than 20 times as long.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot be set up must stop, and prints what it found"
)]

use std::borrow::Cow;
use std::collections::HashMap;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use jvm::charset::Charset;
use jvm::url_codec::encode_utf8;
use lexon::Value;
use snowmelt::adapters::remote::Answers;
use snowmelt::adapters::{AdapterScratch, Adapters};
use snowmelt::payload::{Api, CollectorPayload, Context, Source};
use snowmelt::schema::check::{Check, CheckError};
use snowmelt::schema::key::{SchemaKey, SchemaVer};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
/// How many times longer a body of ten times as many events may take.
const MOST: f64 = 20.0;

struct AllFit;

impl Check for AllFit {
    fn check(&mut self, _: &SchemaKey, _: Value<'_>) -> Result<Option<SchemaVer>, CheckError> {
        Ok(None)
    }
}

/// Path, content type, and how the body is made of so many events.
struct Case {
    path: &'static str,
    content_type: Option<&'static str>,
    body: fn(usize) -> String,
}

fn joined(count: usize, between: &str, event: impl Fn(usize) -> String) -> String {
    (0..count).map(event).collect::<Vec<_>>().join(between)
}

const CASES: [Case; 6] = [
    Case {
        path: "com.snowplowanalytics.snowplow/tp2",
        content_type: Some(JSON),
        body: |count| {
            let events = joined(count, ",", |n| {
                format!(
                    r#"{{"e":"pv","p":"web","tv":"js-3.5.0","eid":"e{n}","url":"https://shop.example/p/{n}?q=1","page":"Page {n}","vp":"1280x800"}}"#
                )
            });
            format!(
                r#"{{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":[{events}]}}"#
            )
        },
    },
    Case {
        path: "com.google.analytics/v1",
        content_type: None,
        body: |count| {
            joined(count, "\n", |n| {
                format!(
                    "v=1&t=event&ec=a&ea=b&ev={n}&cd1=x&cm2=1.5&il1pi1pr=1.005&cu=EUR&dl=http%3A%2F%2Fh%2F{n}"
                )
            })
        },
    },
    Case {
        path: "com.sendgrid/v3",
        content_type: Some(JSON),
        body: |count| {
            let events = joined(count, ",", |n| {
                format!(
                    r#"{{"email":"a@b.c","timestamp":{n},"smtp-id":"<x>","event":"processed","sg_event_id":"s{n}"}}"#
                )
            });
            format!("[{events}]")
        },
    },
    Case {
        path: "com.mandrill/v1",
        content_type: Some(FORM),
        body: |count| {
            let events = joined(count, ",", |n| {
                format!(
                    r#"{{"event":"send","ts":{n},"_id":"x{n}","msg":{{"ts":1415692035,"opens":[{{"ts":1,"a":1}}]}}}}"#
                )
            });
            format!("mandrill_events={}", encode_utf8(&format!("[{events}]")))
        },
    },
    Case {
        path: "com.hubspot/v1",
        content_type: Some(JSON),
        body: |count| {
            let events = joined(count, ",", |n| {
                format!(
                    r#"{{"eventId":{n},"subscriptionType":"company.creation","attemptNumber":0,"occurredAt":1539145399845,"a":1}}"#
                )
            });
            format!("[{events}]")
        },
    },
    Case {
        path: "com.pagerduty/v1",
        content_type: Some(JSON),
        body: |count| {
            let events = joined(count, ",", |n| {
                format!(
                    r#"{{"type":"incident.trigger","data":{{"incident":{{"status":"null","n":{n}}}}},"id":"i{n}","created_on":"2015-11-30T18:18:14Z"}}"#
                )
            });
            format!(r#"{{"messages":[{events}]}}"#)
        },
    },
];

fn payload(case: &Case, count: usize) -> CollectorPayload<'static> {
    let (vendor, version) = case.path.split_once('/').expect("paths have two parts");
    CollectorPayload {
        api: Api {
            vendor: vendor.into(),
            version: version.into(),
        },
        querystring: Vec::new(),
        content_type: case.content_type.map(Cow::Borrowed),
        body: Some((case.body)(count).into()),
        source: Source {
            collector: None,
            encoding: Charset::UTF_8,
            encoding_name: "UTF-8".into(),
            hostname: None,
        },
        context: Context {
            timestamp: Some(1_500_000_000_000),
            ip: None,
            useragent: None,
            referer: None,
            headers: Vec::new(),
            user_id: None,
        },
    }
}

/// The shortest of many runs: what the machine does beside only makes runs longer.
fn shortest(adapters: &Adapters, case: &Case, count: usize) -> Duration {
    let payload = payload(case, count);
    let run = || {
        let mut scratch = AdapterScratch::default();
        let started = Instant::now();
        let found = adapters.adapt(&payload, &mut scratch, &mut AllFit, &mut Answers::default());
        let events = black_box(found.expect("the body is as its adapter expects"));
        let took = started.elapsed();
        assert_eq!(events.len(), count, "{}", case.path);
        took
    };
    (0..10_000 / count)
        .map(|_| run())
        .min()
        .expect("there are runs")
}

fn main() -> ExitCode {
    let adapters = Adapters::new(&HashMap::new()).expect("the default schemas are right");
    let mut linear = true;
    for case in &CASES {
        let [few, many] = [50, 500].map(|count| shortest(&adapters, case, count));
        let times = many.as_secs_f64() / few.as_secs_f64();
        let each = |took: Duration, count: u128| took.as_nanos() / count;
        println!(
            "adapters/{:<40} {:>6} ns/event of 50 {:>6} ns/event of 500, times {times:.1}",
            case.path,
            each(few, 50),
            each(many, 500),
        );
        linear &= times <= MOST;
    }
    if linear {
        ExitCode::SUCCESS
    } else {
        println!(
            "adapters: a body of ten times as many events takes more than {MOST} times as long"
        );
        ExitCode::FAILURE
    }
}
