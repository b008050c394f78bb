//! A payload for tests.

use std::borrow::Cow;

use jvm::charset::Charset;

use super::{Api, CollectorPayload, Context, Source};

/// A payload that was sent to `path` (`vendor/version`) and says nothing else.
pub fn payload(path: &str) -> CollectorPayload<'_> {
    let (vendor, version) = path.split_once('/').unwrap();
    CollectorPayload {
        api: Api {
            vendor: Cow::Borrowed(vendor),
            version: Cow::Borrowed(version),
        },
        querystring: Vec::new(),
        content_type: None,
        body: None,
        source: Source {
            collector: Some(Cow::Borrowed("ssc-2.9.0-kinesis")),
            encoding: Charset::UTF_8,
            encoding_name: Cow::Borrowed("UTF-8"),
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
