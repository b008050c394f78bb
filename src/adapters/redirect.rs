//! Redirects of clicks: the target is an event of its own, or a context of the event that the
//! query string has.

use std::borrow::Cow;

use lexon::{Tree, write_string};

use super::common::{contexts, event, params, self_described, shown, unstruct};
use super::{Found, Job, Stop};
use crate::badrows::failure::{Crash, Violation};
use crate::payload::Parameters;

const SCHEMA: &str = "iglu:com.snowplowanalytics.snowplow/uri_redirect/jsonschema/1-0-0";

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let mut params = params(job.payload);
    if params.is_empty() {
        let problem = "empty querystring: not a valid URI redirect";
        return Err(Violation::input("querystring", None, problem).into());
    }
    let Some(Some(target)) = params.get("u").cloned() else {
        let problem = "missing `u` parameter: not a valid URI redirect";
        return Err(Violation::input("querystring", Some(&shown(&params)), problem).into());
    };
    let (name, value) = changed(&params, &target)?;
    let platform = params
        .get("p")
        .cloned()
        .unwrap_or(Some(Cow::Borrowed("web")));
    params.remove("u");
    if name == "ue_pr" {
        params.insert(Cow::Borrowed("e"), Some(Cow::Borrowed("ue")));
    }
    params.insert(Cow::Borrowed(name), Some(Cow::Owned(value)));
    params.insert(Cow::Borrowed("tv"), Some(Cow::Borrowed("r-tp2")));
    params.insert(Cow::Borrowed("p"), platform);
    Ok(vec![event(job.payload, params)])
}

/// The parameter that takes the redirect, and its new value.
fn changed(params: &Parameters<'_>, target: &str) -> Result<(&'static str, String), Stop> {
    if !params.contains_key("e") {
        return Ok(("ue_pr", unstruct(SCHEMA, |out| redirect(out, target))));
    }
    let fresh = || contexts(|out| self_described(out, SCHEMA, |out| redirect(out, target)));
    match (params.get("cx"), params.get("co")) {
        (None, None) => Ok(("co", fresh())),
        (None, Some(Some(existing))) if existing.is_empty() => Ok(("co", fresh())),
        (None, Some(Some(existing))) => Ok(("co", added(existing, target)?)),
        (Some(Some(existing)), _) => {
            let text = added(&jvm::base64::decode_url_to_string(existing), target)?;
            Ok(("cx", jvm::base64::encode_url_chunked(text.as_bytes())))
        }
        // the reference has no case for parameters without a value
        (None, Some(None)) | (Some(None), _) => {
            Err(Crash("scala.MatchError: contexts without a value in a redirect".to_owned()).into())
        }
    }
}

fn redirect(out: &mut String, target: &str) {
    out.push_str("{\"uri\":");
    write_string(out, target);
    out.push('}');
}

/// Existing contexts with the redirect before them; anything without a list of contexts stays.
fn added(existing: &str, target: &str) -> Result<String, Stop> {
    let mut tree = Tree::parse(existing).map_err(|error| Violation::NotJson {
        field: "co|cx".to_owned(),
        value: Some(existing.to_owned()),
        error: format!("invalid json: {error}"),
    })?;
    if let Some(contexts) = tree.get_mut("data").and_then(Tree::as_array_mut) {
        let uri = Tree::Object(vec![("uri".to_owned(), Tree::String(target.to_owned()))]);
        let schema = Tree::String(SCHEMA.to_owned());
        let context = Tree::Object(vec![
            ("schema".to_owned(), schema),
            ("data".to_owned(), uri),
        ]);
        contexts.insert(0, context);
    }
    Ok(tree.to_json())
}
