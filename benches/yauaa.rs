//! What the YAUAA enrichment costs for an agent that was seen before and for one that was not: the finished context each time.

#![allow(
    clippy::expect_used,
    reason = "a benchmark that cannot be set up must stop"
)]

use std::borrow::Cow;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use jvm::charset::Charset;
use serde_json::json;
use snowmelt::assets::{AssetError, AssetSource};
use snowmelt::enrichments::{Enrichment, OfRequest, Work, yauaa};
use snowmelt::event::{Event, fields};
use snowmelt::payload::{Api, Context, Parameters, RawEvent, Sender, Source};
use snowmelt::remote::Asked;
use snowmelt::schema::SchemaKey;

const AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36";
const CONFIG: &str =
    "iglu:com.snowplowanalytics.snowplow.enrichments/yauaa_enrichment_config/jsonschema/1-0-0";

struct NoAssets;

impl AssetSource for NoAssets {
    fn read(&self, uri: &str) -> Result<Vec<u8>, AssetError> {
        Err(AssetError(format!("{uri} is not there")))
    }
}

fn step(cache_size: i32) -> Box<dyn Enrichment> {
    let schema = SchemaKey::parse(CONFIG).expect("a schema");
    let data = json!({"parameters": {"cacheSize": cache_size}});
    (yauaa::SPEC.build)(&schema, &data, &NoAssets).expect("built after `make setup`")
}

fn yauaa_step(criterion: &mut Criterion) {
    let api = Api {
        vendor: "com.snowplowanalytics.snowplow".into(),
        version: "tp2".into(),
    };
    let source = Source {
        collector: Some("ssc".into()),
        encoding: Charset::UTF_8,
        encoding_name: "UTF-8".into(),
        hostname: None,
    };
    let plain = [
        "Host: c.example.com",
        "Accept: */*",
        "Accept-Encoding: gzip, deflate, br",
        "Accept-Language: en",
        "Content-Type: application/json",
        "Referer: https://www.example.com/",
    ];
    let hints = [
        "Sec-CH-UA: \"Chromium\";v=\"122\", \"Not(A:Brand\";v=\"24\", \"Google Chrome\";v=\"122\"",
        "Sec-CH-UA-Mobile: ?0",
        "Sec-CH-UA-Platform: \"Windows\"",
    ];
    let with_hints: Vec<&str> = plain.iter().chain(&hints).copied().collect();
    let mut group = criterion.benchmark_group("yauaa");
    for (name, cache_size, headers) in [
        ("cached", 10_000, &plain[..]),
        ("cached_with_hints", 10_000, &with_hints[..]),
        ("uncached", 0, &plain[..]),
        ("uncached_with_hints", 0, &with_hints[..]),
    ] {
        let context = Context {
            timestamp: None,
            ip: None,
            useragent: None,
            referer: None,
            headers: headers.iter().copied().map(Cow::Borrowed).collect(),
            user_id: None,
        };
        let raw = RawEvent {
            api: &api,
            parameters: Parameters::new(),
            content_type: None,
            source: &source,
            context: Sender::of(&context),
        };
        let mut work = Work {
            raw: &raw,
            page_uri: None,
            referrer_uri: None,
            page_query: None,
            unstruct: None,
            contexts: &[],
            derived: Vec::new(),
            asked: &mut Asked::default(),
            request: &mut OfRequest::default(),
        };
        let mut event = Event::default();
        event.set_text(fields::USERAGENT, Some(AGENT));
        let step = step(cache_size);
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(step.apply(&mut event, &mut work)))
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(std::time::Duration::from_secs(1)).measurement_time(std::time::Duration::from_secs(3));
    targets = yauaa_step
}
criterion_main!(benches);
