//! Records that end as bad rows, in all the ways that real traffic has.

use super::event::Event;
use super::pairs::Pairs;
use super::rng::Rng;
use super::visitor::Visitor;
use super::{TP2, batch, context, site};

/// One broken record.
pub fn record(rng: &mut Rng, visitor: &Visitor, at: i64) -> Vec<u8> {
    let mut payload = visitor.request(at, "/i", site::HOME);
    match rng.range(0, 10) {
        0 => return (0..rng.range(1, 64)).map(|_| rng.bits() as u8).collect(),
        1 => {
            let mut bytes = super::get(rng, visitor, at, TP2).encode();
            bytes.truncate(rng.range(1, bytes.len() as u64) as usize);
            return bytes;
        }
        2 => payload.path = Some("/robots.txt".to_owned()),
        3 => {
            payload.path = Some("/com.example/v1".to_owned());
            payload.body = Some("{}".to_owned());
        }
        4 => payload.querystring = Some("e=pv&page=50%ZZ off".to_owned()),
        5 => {
            payload.path = Some(TP2.to_owned());
            payload.content_type = Some("application/json".to_owned());
            payload.body =
                Some(r#"{"schema":"iglu:com.snowplowanalytics.snowplow/payload_data"#.to_owned());
        }
        6 => {
            payload.querystring =
                Some(with(rng, visitor, at, |pairs| pairs.add("e", "zz")).querystring())
        }
        7 => {
            payload.querystring =
                Some(with(rng, visitor, at, |pairs| pairs.add("tid", "one")).querystring())
        }
        8 => {
            let page = r#"{"schema":"iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0","data":{"id":7}}"#;
            let document = context::wrap(&[page.to_owned()]);
            payload.querystring =
                Some(with(rng, visitor, at, |pairs| pairs.add("co", document)).querystring());
        }
        _ => {
            let unknown =
                r#"{"schema":"iglu:com.example/unheard_of/jsonschema/1-0-0","data":{"a":1}}"#;
            let document = context::wrap(&[unknown.to_owned()]);
            let pairs = with(rng, visitor, at, |pairs| pairs.add("co", document));
            let good = Event::random(rng, visitor, at);
            payload.path = Some(TP2.to_owned());
            payload.content_type = Some("application/json".to_owned());
            payload.body = Some(batch(&[&pairs, &good.parameters]));
        }
    }
    payload.encode()
}

/// A page view with one more parameter.
fn with(rng: &mut Rng, visitor: &Visitor, at: i64, more: impl FnOnce(&mut Pairs)) -> Pairs {
    let mut pairs = Pairs::default();
    pairs.add("e", "pv");
    pairs.add("p", "web");
    pairs.add("tv", "js-3.9.0");
    pairs.add("eid", rng.uuid());
    pairs.add("dtm", (at - 20).to_string());
    pairs.add("url", visitor.url(site::HOME));
    more(&mut pairs);
    pairs
}
