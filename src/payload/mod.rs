//! 2 DECODE: bytes of one record to a collector payload, borrowed where that is possible.
//!
//! Behaviour: the Thrift loader of the reference at 3.9.0.

pub mod decode;
pub mod encode;
mod ip;
mod path;
#[cfg(test)]
pub(crate) mod testing;
mod thrift;

use std::borrow::Cow;
use std::ops::Deref;

use jvm::charset::Charset;
use jvm::nvp::Pair;
use jvm::smap::SMap;

/// The parameters of one raw event: names and values of the tracker protocol, in the map order of the reference.
pub type Parameters<'a> = SMap<Cow<'a, str>, Option<Cow<'a, str>>>;

/// Vendor and version of the path a payload was sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api<'a> {
    /// For example `com.snowplowanalytics.snowplow`.
    pub vendor: Cow<'a, str>,
    /// For example `tp2`.
    pub version: Cow<'a, str>,
}

/// Who collected the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source<'a> {
    /// Name and version of the collector; absent only when the record does not say.
    pub collector: Option<Cow<'a, str>>,
    /// Charset of the query string.
    pub encoding: Charset,
    /// What the record calls that charset; any alias will do.
    pub encoding_name: Cow<'a, str>,
    /// Host the request was sent to.
    pub hostname: Option<Cow<'a, str>>,
}

/// What the request said of its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context<'a> {
    /// When the collector received it, in milliseconds since the epoch.
    pub timestamp: Option<i64>,
    /// Address of the sender, from headers or the connection.
    pub ip: Option<Cow<'a, str>>,
    /// `User-Agent` header.
    pub useragent: Option<Cow<'a, str>>,
    /// `Referer` header.
    pub referer: Option<Cow<'a, str>>,
    /// All headers, as `Name: value`.
    pub headers: Vec<Cow<'a, str>>,
    /// Network user id, canonical.
    pub user_id: Option<Cow<'a, str>>,
}

/// One record of the raw stream, decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct CollectorPayload<'a> {
    /// Which adapter it is for.
    pub api: Api<'a>,
    /// Decoded pairs of the query string, duplicates kept.
    pub querystring: Vec<Pair<'a>>,
    /// `Content-Type` of the request.
    pub content_type: Option<Cow<'a, str>>,
    /// Body of the request.
    pub body: Option<Cow<'a, str>>,
    /// Who collected it.
    pub source: Source<'a>,
    /// Who sent it.
    pub context: Context<'a>,
}

/// One event as an adapter found it in a payload.
#[derive(Debug, Clone)]
pub struct RawEvent<'p> {
    /// API of the payload.
    pub api: &'p Api<'p>,
    /// Parameters of the tracker protocol.
    pub parameters: Parameters<'p>,
    /// `Content-Type` of the request.
    pub content_type: Option<&'p str>,
    /// Who collected it.
    pub source: &'p Source<'p>,
    /// Who sent it; a few adapters put their own in its place.
    pub context: Sender<'p>,
}

/// What is said of the sender of one event.
///
/// Not a `Cow`: that would tie all lifetimes of an event together.
#[derive(Debug, Clone)]
pub struct Sender<'p> {
    /// What the payload says.
    payload: &'p Context<'p>,
    /// What the adapter found in the event.
    event: Option<Box<Context<'p>>>,
}

impl<'p> Sender<'p> {
    /// The sender of a payload, as it stands there.
    pub fn of(payload: &'p Context<'p>) -> Sender<'p> {
        Sender {
            payload,
            event: None,
        }
    }

    /// Whether it is what the payload says, as it is for all its events.
    pub fn is_of_payload(&self) -> bool {
        self.event.is_none()
    }

    /// The sender of this event alone, to be changed.
    pub fn to_mut(&mut self) -> &mut Context<'p> {
        let payload = self.payload;
        self.event.get_or_insert_with(|| Box::new(payload.clone()))
    }

    /// Puts another in its place for this event alone.
    pub fn replace(&mut self, context: Context<'p>) {
        self.event = Some(Box::new(context));
    }
}

impl<'p> Deref for Sender<'p> {
    type Target = Context<'p>;

    fn deref(&self) -> &Context<'p> {
        self.event.as_deref().unwrap_or(self.payload)
    }
}
