//! Sample traffic of an invented shop: what its collector would write to the raw stream.
//!
//! It and the writer of payloads use the standard library only: `examples/make_payloads` is built of the two by
//! `rustc` alone.
//! Addresses are from the ranges kept for documentation, hosts from the names kept for examples.

mod agents;
pub mod base64;
mod broken;
mod context;
mod event;
mod pairs;
mod rng;
mod site;
mod visitor;

use crate::payload::encode::Request;
use event::Event;
use pairs::Pairs;
use rng::Rng;
use visitor::Visitor;

/// When the first request came: 2023-11-14T22:13:20Z in milliseconds.
const START: i64 = 1_700_000_000_000;

const TP2: &str = "/com.snowplowanalytics.snowplow/tp2";
const BATCH: &str = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4";

/// Endless traffic; one record in 50 is broken or breaks a rule.
pub fn payloads(seed: u64) -> impl Iterator<Item = Vec<u8>> {
    (0_u64..).map(move |n| payload(seed, n))
}

/// A record of one request with a query string or a body.
pub fn request(path: &str, query: Option<&str>, body: Option<&str>) -> Vec<u8> {
    let mut payload = Visitor::number(0, 0).request(START, path, site::HOME);
    payload.querystring = query.map(str::to_owned);
    payload.body = body.map(str::to_owned);
    payload.content_type = body.map(|_| "application/json".to_owned());
    payload.encode()
}

/// The record with the number `n` of the traffic of `seed`.
fn payload(seed: u64, n: u64) -> Vec<u8> {
    let mut rng = Rng::new(Rng::new(seed).bits() ^ n.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let rng = &mut rng;
    let visitor = Visitor::number(seed, rng.range(0, 600));
    let at = START + i64::try_from(n).unwrap_or_default() * 7 + rng.range(0, 5) as i64;
    if rng.chance(2) {
        return broken::record(rng, &visitor, at);
    }
    match rng.range(0, 100) {
        0..20 => get(rng, &visitor, at, "/i").encode(),
        20..40 => get(rng, &visitor, at, TP2).encode(),
        40..65 => post(rng, &visitor, at, 1).encode(),
        65..90 => post(rng, &visitor, at, 5).encode(),
        _ => post(rng, &visitor, at, 10).encode(),
    }
}

/// One event in the query string.
fn get(rng: &mut Rng, visitor: &Visitor, at: i64, path: &str) -> Request {
    let event = Event::random(rng, visitor, at);
    let mut payload = visitor.request(at, path, event.page);
    payload.querystring = Some(event.parameters.querystring());
    payload
}

/// Up to `most` events in the body.
fn post(rng: &mut Rng, visitor: &Visitor, at: i64, most: u64) -> Request {
    let count = rng.range(most.div_ceil(2), most + 1);
    let events: Vec<Event> = (0..count)
        .map(|_| Event::random(rng, visitor, at))
        .collect();
    let parameters: Vec<&Pairs> = events.iter().map(|event| &event.parameters).collect();
    let mut payload = visitor.request(
        at,
        TP2,
        events.first().map_or(site::HOME, |event| event.page),
    );
    payload.body = Some(batch(&parameters));
    payload.content_type = Some("application/json; charset=UTF-8".to_owned());
    payload
}

/// The body that a tracker posts.
fn batch(events: &[&Pairs]) -> String {
    let events: Vec<String> = events.iter().map(|pairs| pairs.json()).collect();
    format!("{{\"schema\":\"{BATCH}\",\"data\":[{}]}}", events.join(","))
}
