//! Any request to any adapter: events or at least one reason against them, the same twice.
//!
//! Input: a line each for path, content type and query string, then the body. A service of the user (path `remote/v1`)
//! answers with the body.
#![no_main]

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use jvm::charset::Charset;
use jvm::nvp;
use lexon::{Doc, Value};
use libfuzzer_sys::fuzz_target;
use snowmelt::adapters::remote::{Answer, Answers, Post, Remote, Service};
use snowmelt::adapters::{AdaptError, AdapterScratch, Adapters};
use snowmelt::payload::{Api, CollectorPayload, Context, Source};
use snowmelt::schema::check::{Check, CheckError};
use snowmelt::schema::key::{SchemaKey, SchemaVer};

struct AllFit;

impl Check for AllFit {
    fn check(&mut self, _: &SchemaKey, _: Value<'_>) -> Result<Option<SchemaVer>, CheckError> {
        Ok(None)
    }
}

struct Echo;

impl Service for Echo {
    fn post(&self, posts: Vec<Post>) -> Vec<Answer> {
        let answer = |post: Post| {
            let doc = Doc::parse(&post.body).expect("what is posted is JSON");
            let body = doc.root().get("body").and_then(Value::as_str);
            Ok(body.expect("a body is posted").to_owned())
        };
        posts.into_iter().map(answer).collect()
    }
}

fuzz_target!(|input: &[u8]| {
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (path, content_type, qs, body) = (line(), line(), line(), line());
    let Some((vendor, version)) = path.split_once('/') else {
        return;
    };
    let Ok(querystring) = nvp::parse(qs, Charset::UTF_8) else {
        return;
    };
    let given = |text: &'static str| Some(Cow::Borrowed(text));
    let payload = CollectorPayload {
        api: Api {
            vendor: vendor.into(),
            version: version.into(),
        },
        querystring,
        content_type: Some(content_type.into()).filter(|text: &Cow<str>| !text.is_empty()),
        body: Some(body.into()).filter(|text: &Cow<str>| !text.is_empty()),
        source: Source {
            collector: given("fuzz"),
            encoding: Charset::UTF_8,
            encoding_name: "UTF-8".into(),
            hostname: None,
        },
        context: Context {
            timestamp: Some(1_500_000_000_000),
            ip: given("203.0.113.7"),
            useragent: None,
            referer: None,
            headers: vec!["Host: h".into()],
            user_id: None,
        },
    };
    let remote = Remote {
        vendor: "remote".to_owned(),
        version: "v1".to_owned(),
        url: "http://h/".into(),
    };
    let adapters = Adapters::new(&HashMap::new()).expect("the default schemas are right");
    let adapters = adapters.with_remote(vec![remote], Arc::new(Echo));
    let once = || {
        let mut scratch = AdapterScratch::default();
        let found = adapters.adapt(&payload, &mut scratch, &mut AllFit, &mut Answers::default());
        match found {
            Ok(events) => {
                assert!(!events.is_empty(), "neither events nor a reason");
                let parameters = events.iter().map(|event| {
                    let owned = event.parameters.iter();
                    let owned = owned.map(|(name, value)| {
                        (name.to_string(), value.as_ref().map(ToString::to_string))
                    });
                    owned.collect::<Vec<_>>()
                });
                Ok(parameters.collect::<Vec<_>>())
            }
            Err(error) => {
                if let AdaptError::Failed(failure) = &error {
                    assert!(!failure.violations.is_empty(), "a refusal without a reason");
                }
                Err(error)
            }
        }
    };
    assert_eq!(once(), once());
});
