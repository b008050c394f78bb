//! A raw event to try one enrichment on.

pub mod mmdb;

use std::borrow::Cow;
use std::sync::Arc;

use jvm::charset::Charset;

use super::{Enrichment, Step, Work};
use crate::assets::{AssetError, AssetSource};
use crate::event::Event;
use crate::payload::{Api, Context, Parameters, RawEvent, Sender, Source};
use crate::remote::Asked;

/// What a raw event borrows from.
pub struct Fixture {
    api: Api<'static>,
    source: Source<'static>,
    context: Context<'static>,
    parameters: Parameters<'static>,
}

impl Default for Fixture {
    fn default() -> Fixture {
        Fixture {
            api: Api {
                vendor: "com.snowplowanalytics.snowplow".into(),
                version: "tp2".into(),
            },
            source: Source {
                collector: Some("ssc".into()),
                encoding: Charset::UTF_8,
                encoding_name: "UTF-8".into(),
                hostname: None,
            },
            context: Context {
                timestamp: None,
                ip: None,
                useragent: None,
                referer: None,
                headers: Vec::new(),
                user_id: None,
            },
            parameters: Parameters::new(),
        }
    }
}

impl Fixture {
    /// A raw event with these parameters.
    pub fn with_parameters(parameters: &[(&'static str, Option<&'static str>)]) -> Fixture {
        Fixture {
            parameters: parameters
                .iter()
                .map(|(name, value)| (Cow::Borrowed(*name), value.map(Cow::Borrowed)))
                .collect(),
            ..Fixture::default()
        }
    }

    /// A raw event from a request with these headers.
    pub fn with_headers(headers: &[&'static str]) -> Fixture {
        let mut fixture = Fixture::default();
        fixture.context.headers = headers.iter().copied().map(Cow::Borrowed).collect();
        fixture
    }
}

/// Runs one enrichment on an event after `prepare` has filled what earlier steps would have.
pub fn run_with(
    step: &dyn Enrichment,
    event: &mut Event,
    fixture: &Fixture,
    prepare: impl FnOnce(&mut Work<'_>),
) -> Step {
    let raw = RawEvent {
        api: &fixture.api,
        parameters: fixture.parameters.clone(),
        content_type: None,
        source: &fixture.source,
        context: Sender::of(&fixture.context),
    };
    let mut asked = Asked::on_the_spot(Arc::default());
    let mut work = Work {
        raw: &raw,
        page_uri: None,
        referrer_uri: None,
        page_query: None,
        unstruct: None,
        contexts: &[],
        derived: Vec::new(),
        asked: &mut asked,
        request: &mut super::OfRequest::default(),
    };
    prepare(&mut work);
    step.apply(event, &mut work)
}

/// The schema URI and data of each context a step made.
pub fn contexts(step: Step) -> Vec<(String, String)> {
    match step {
        Step::Contexts(contexts) => contexts
            .into_iter()
            .map(|context| (context.schema.uri().to_owned(), context.data))
            .collect(),
        Step::Done => Vec::new(),
        other => panic!("{other:?}"),
    }
}

/// Files by their URI.
pub struct Files(pub Vec<(&'static str, Vec<u8>)>);

impl AssetSource for Files {
    fn read(&self, uri: &str) -> Result<Vec<u8>, AssetError> {
        self.0
            .iter()
            .find(|(name, _)| *name == uri)
            .map(|(_, bytes)| bytes.clone())
            .ok_or_else(|| AssetError("not found".to_owned()))
    }
}
