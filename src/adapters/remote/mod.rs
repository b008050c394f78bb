//! Adapters that are HTTP services of the user: what is posted to them, and what their answers mean.
//!
//! The services are asked for all payloads of a batch before its first payload is adapted, see
//! [`Answers`]; [`post`] is how.
//!
//! Behaviour: the remote adapter of Enrich 3.9.0.

mod post;

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use lexon::{Kind, Value, write_string, write_string_opt};

use super::common::{event, json, object, params, texts};
use super::{Found, Stop};
use crate::badrows::failure::Violation;
use crate::payload::{CollectorPayload, Parameters};
pub use post::{Limits, Poster};

/// A path that a service of the user serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// First part of the path, exactly.
    pub vendor: String,
    /// Second part of the path, exactly.
    pub version: String,
    /// Where its payloads are posted.
    pub url: Arc<str>,
}

/// One request to a service.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Post {
    /// Address of the service.
    pub url: Arc<str>,
    /// JSON.
    pub body: String,
}

/// The text of a successful answer, or why there is none.
pub type Answer = Result<String, String>;

/// Sends requests to services. Waits.
pub trait Service: Send + Sync {
    /// The answers to requests, in their order; as many as there are requests.
    fn post(&self, posts: Vec<Post>) -> Vec<Answer>;
}

/// Answers that were waited for in advance, for the payloads of one batch.
#[derive(Debug, Default)]
pub struct Answers {
    by_post: HashMap<Post, VecDeque<Answer>>,
}

impl Answers {
    /// Sends the requests of a batch, together, and waits for all answers.
    pub(super) fn wait(service: &dyn Service, posts: Vec<Post>) -> Answers {
        let mut answers = Answers::default();
        let found = service.post(posts.clone());
        for (post, answer) in posts.into_iter().zip(found) {
            answers.by_post.entry(post).or_default().push_back(answer);
        }
        answers
    }

    /// The answer to a request, once for each time that it was sent.
    pub(super) fn take(&mut self, post: &Post) -> Option<Answer> {
        self.by_post.get_mut(post)?.pop_front()
    }
}

/// What is sent for a payload; nothing when it has no body.
pub(super) fn post(remote: &Remote, payload: &CollectorPayload<'_>) -> Option<Post> {
    let body = payload.body.as_deref().filter(|body| !body.is_empty())?;
    let mut out = String::with_capacity(body.len() + 512);
    out.push_str("{\"contentType\":");
    write_string_opt(&mut out, payload.content_type.as_deref());
    out.push_str(",\"queryString\":");
    object(&mut out, texts(&params(payload)), |out, _, value| {
        write_string_opt(out, value);
    });
    out.push_str(",\"headers\":[");
    for (n, header) in payload.context.headers.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        write_string(&mut out, header);
    }
    out.push_str("],\"body\":");
    write_string(&mut out, body);
    out.push('}');
    Some(Post {
        url: remote.url.clone(),
        body: out,
    })
}

/// The events of a payload: those that its service answered with. It is asked now when the answer
/// was not waited for before.
pub(super) fn run<'p>(
    payload: &'p CollectorPayload<'p>,
    answers: &mut Answers,
    remote: &Remote,
    service: &dyn Service,
) -> Found<'p> {
    let Some(post) = post(remote, payload) else {
        let url = &remote.url;
        let expectation = format!("empty body: not a valid remote adapter {url} payload");
        return Err(Violation::input("body", None, &expectation).into());
    };
    let answer = answers
        .take(&post)
        .or_else(|| service.post(vec![post]).pop());
    let answer = answer.unwrap_or_else(|| Err("the request was given up".to_owned()));
    let answer = answer.map_err(|problem| {
        let url = &remote.url;
        let expectation =
            format!("[REMOTE_ADAPTER] could not get response from remote adapter {url}: {problem}");
        Violation::input("body", None, &expectation)
    })?;
    events(payload, &answer)
}

/// The events of an answer: `{"events": [{"name": "value", …}, …]}`.
fn events<'p>(payload: &'p CollectorPayload<'p>, answer: &str) -> Found<'p> {
    let doc = json("body", answer).map_err(|violation| match violation {
        Violation::NotJson {
            field,
            value,
            error,
        } => Violation::NotJson {
            field,
            value,
            error: format!("[REMOTE_ADAPTER] {error}"),
        },
        other => other,
    })?;
    let refuse = |problem: &str| {
        let expectation = format!("[REMOTE_ADAPTER] {problem}");
        Stop::from(Violation::input("body", Some(answer), &expectation))
    };
    let lists = lists(doc.root()).map_err(|said| {
        refuse(&format!(
            "could not be decoded as a list of json objects: {said}"
        ))
    })?;
    if lists.is_empty() {
        return Err(refuse("empty list of events"));
    }
    Ok(lists
        .into_iter()
        .map(|parameters| event(payload, parameters))
        .collect())
}

/// The parameters of all events, or what circe says of the first thing that is not as it should be.
fn lists<'p>(root: Value<'_>) -> Result<Vec<Parameters<'p>>, String> {
    let field = (root.kind() == Kind::Object).then(|| root.get("events"));
    let Some(events) = field.flatten() else {
        return Err("Attempt to decode value on failed cursor: DownField(events)".to_owned());
    };
    if events.kind() != Kind::Array {
        return Err("C[A]: DownField(events)".to_owned());
    }
    let mut lists = Vec::with_capacity(events.len());
    for (n, item) in events.items().enumerate() {
        let moves = || "MoveRight,".repeat(n);
        if item.kind() != Kind::Object {
            let moves = moves();
            return Err(format!(
                "[K, V]Map[K, V]: {moves}DownArray,DownField(events)"
            ));
        }
        let mut parameters = Parameters::with_capacity(item.len());
        for (name, value) in item.entries() {
            let Some(value) = value.as_str() else {
                let moves = moves();
                return Err(format!(
                    "String: DownField({name}),{moves}DownArray,DownField(events)"
                ));
            };
            parameters.insert(
                Cow::Owned(name.to_owned()),
                Some(Cow::Owned(value.to_owned())),
            );
        }
        lists.push(parameters);
    }
    Ok(lists)
}

#[cfg(test)]
mod tests;
