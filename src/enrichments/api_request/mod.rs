//! Contexts from the answers of a web service.
//!
//! Behaviour: the API request enrichment of Enrich 3.9.0, with three differences: the time limit of the
//! configuration counts, paths and fields that cannot be are refused at start-up instead of failing every event,
//! and addresses of this machine, its link and metadata services are out of reach unless a setting allows them.

mod jackson;
mod output;
mod template;

use std::time::Duration;

use jvm::base64::encode_standard;
use jvm::smap::SMap;
use lexon::{Doc, Kind, Tree, Value, write_string};
use serde_json::Value as Json;

use super::look_up::{Given, Source, inputs, printed};
use super::settings::{find, flag, number, text, wrong};
use super::{BuildError, Enrichment, Spec, Step, Work};
use crate::badrows::failure::{Failure, Origin};
use crate::clock::Clock;
use crate::event::Event;
use crate::remote::http::{Answer, Ask, Fetch, Http, Limits, Reach, Verb};
use crate::remote::{Asked, Asking, Keep, Looked, Remote};
use crate::schema::SchemaKey;
use crate::secret::Secret;
use output::Output;
use template::Template;

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow.enrichments",
    name: "api_request_enrichment_config",
    version: (1, 0),
    build: |schema, data, assets| {
        let limit = number(data, "parameters.api.http.timeout", 1..=60_000)?;
        // the reference's client gives up after 45 s whatever is configured
        let limit = Duration::from_millis(limit.unwrap_or(45_000));
        let limits = Limits {
            connect: limit.min(Duration::from_secs(10)),
            read: limit,
            total: Some(limit),
        };
        let reach = match assets.allows_private_addresses() {
            true => Reach::Everywhere,
            false => Reach::Guarded,
        };
        let http = Http::new(limits, reach).map_err(|problem| wrong("parameters", problem))?;
        let step = ApiRequest::new(schema, data, Box::new(http), Clock::System)?;
        step.check(reach)?;
        Ok(Box::new(step))
    },
};

/// Questions that are under way at once: the reference has ten connections.
const AT_ONCE: usize = 32;

struct ApiRequest {
    inputs: Vec<(String, Source)>,
    uri: Template,
    verb: Verb,
    authorization: Option<Secret>,
    outputs: Vec<Output>,
    known: Remote<Doc>,
    service: Box<dyn Fetch>,
    ignore_errors: bool,
    origin: Origin,
}

impl ApiRequest {
    fn new(
        config: &SchemaKey,
        data: &Json,
        service: Box<dyn Fetch>,
        clock: Clock,
    ) -> Result<ApiRequest, BuildError> {
        let verb = match text(data, "parameters.api.http.method")? {
            "GET" => Verb::Get,
            "POST" => Verb::Post,
            "PUT" => Verb::Put,
            other => {
                let problem = format!("must be GET, POST or PUT, not `{other}`");
                return Err(wrong("parameters.api.http.method", problem));
            }
        };
        let read = |(n, input): (usize, &Json)| {
            let path = format!("parameters.inputs[{n}]");
            let key = input.get("key").and_then(Json::as_str);
            let key = key.ok_or_else(|| wrong(&format!("{path}.key"), "must be a string"))?;
            Ok((key.to_owned(), Source::new(input, &path)?))
        };
        let inputs: Vec<(String, Source)> = inputs(data)?
            .iter()
            .enumerate()
            .map(read)
            .collect::<Result<_, _>>()?;
        let uri = text(data, "parameters.api.http.uri")?;
        let uri = Template::new(uri, inputs.iter().map(|(key, _)| key.as_str()));
        if let Some(unknown) = uri.unknown() {
            tracing::warn!(
                "api_request: parameters.api.http.uri names `{unknown}`, which no input has; nothing will be asked"
            );
        }
        let size = number(data, "parameters.cache.size", 0..=u64::from(u32::MAX))?;
        let ttl = number(data, "parameters.cache.ttl", 0..=86_400)?;
        let missing = |path| move || wrong(path, "is missing; add it");
        let ttl = ttl
            .ok_or_else(missing("parameters.cache.ttl"))?
            .cast_signed();
        Ok(ApiRequest {
            inputs,
            uri,
            verb,
            authorization: authorization(data)?,
            outputs: output::read(data)?,
            known: Remote::new(
                Keep {
                    most: size.ok_or_else(missing("parameters.cache.size"))?,
                    seconds: Some(ttl),
                    error_seconds: Some(ttl / 10),
                },
                AT_ONCE,
                clock,
            ),
            service,
            ignore_errors: flag(data, "parameters.ignoreOnError")?.unwrap_or(false),
            origin: Origin {
                schema: config.clone(),
                identifier: "api-request",
            },
        })
    }

    /// Refuses a host that no event can be looked up at.
    fn check(&self, reach: Reach) -> Result<(), BuildError> {
        match self.uri.host() {
            Some(host) => reach
                .check(host)
                .map_err(|problem| wrong("parameters.api.http.uri", problem)),
            None => Ok(()),
        }
    }

    /// The values of all inputs; none when one is missing.
    fn values(&self, event: &Event, work: &Work<'_>) -> Option<SMap<String, String>> {
        let mut values = SMap::with_capacity(self.inputs.len());
        for (key, source) in &self.inputs {
            let value = source.read(event, work, |given| match given {
                Given::Missing => None,
                Given::Column(cell, _) => Some(printed(cell)),
                Given::Json([value]) => Some(stringify(*value)),
                Given::Json(several) => Some(options(several.iter().copied())),
            });
            values.insert(key.clone(), value?);
        }
        Some(values)
    }

    fn ask(&self, url: &str, body: Option<&str>) -> Asking<Doc> {
        let mut headers = vec![
            ("content-type", Secret::new("application/json")),
            ("accept", Secret::new("*/*")),
        ];
        if let Some(authorization) = &self.authorization {
            headers.push(("authorization", authorization.clone()));
        }
        let asking = self.service.ask(Ask {
            verb: self.verb,
            url: url.to_owned(),
            headers,
            body: body.map(str::to_owned),
        });
        Box::pin(async move { parsed(&asking.await?) })
    }

    fn look(&self, values: &SMap<String, String>, asked: &mut Asked) -> Option<Looked<Doc>> {
        let url = self.uri.fill(|key| values.get(key).map(String::as_str))?;
        let body = (self.verb != Verb::Get).then(|| object(values));
        let key = match &body {
            Some(body) => format!("{url}{body}"),
            None => url.clone(),
        };
        Some(
            self.known
                .look(&key, asked, || self.ask(&url, body.as_deref())),
        )
    }

    fn failed(&self, texts: Vec<String>) -> Step {
        if self.ignore_errors {
            return Step::Done;
        }
        let failure = |text| Failure::simple(text).of(&self.origin);
        Step::Failed(texts.into_iter().map(failure).collect())
    }
}

impl Enrichment for ApiRequest {
    fn apply(&self, event: &mut Event, work: &mut Work<'_>) -> Step {
        let Some(values) = self.values(event, work) else {
            return Step::Done;
        };
        let body = match self.look(&values, work.asked) {
            None => return Step::Done,
            Some(Looked::Waits) => return Step::Wait,
            Some(Looked::Known(Err(problem))) => return self.failed(vec![(*problem).to_owned()]),
            Some(Looked::Known(Ok(body))) => body,
        };
        let mut made = Vec::with_capacity(self.outputs.len());
        let mut problems = Vec::new();
        for output in &self.outputs {
            match output.context(&body) {
                Ok(context) => made.push(context),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Step::Contexts(made)
        } else {
            self.failed(problems)
        }
    }

    fn asks_beside(&self) -> bool {
        !self.inputs.iter().any(|(_, source)| source.is_derived())
    }
}

/// The header for a name and a password, if the configuration has one of the two.
fn authorization(data: &Json) -> Result<Option<Secret>, BuildError> {
    let path = "parameters.api.http.authentication.httpBasic";
    let part = |name: &str| match find(data, &format!("{path}.{name}")) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(wrong(&format!("{path}.{name}"), "must be a string")),
    };
    let (user, password) = (part("username")?, part("password")?);
    if user.is_none() && password.is_none() {
        return Ok(None);
    }
    let pair = format!(
        "{}:{}",
        user.unwrap_or_default(),
        password.unwrap_or_default()
    );
    Ok(Some(Secret::new(format!(
        "Basic {}",
        encode_standard(pair.as_bytes())
    ))))
}

/// The JSON of an answer.
fn parsed(answer: &Answer) -> Result<Doc, String> {
    if !(200..300).contains(&answer.status) {
        return Err(format!("Request failed with status {}", answer.status));
    }
    // the reference's client takes the mark of UTF-8 away
    let body = answer.body.strip_prefix('\u{feff}').unwrap_or(&answer.body);
    let json = jackson::normalised(body)?;
    Doc::parse_owned(json).map_err(|error| error.to_string())
}

/// All values as a JSON object.
fn object(values: &SMap<String, String>) -> String {
    let mut json = String::from("{");
    for (n, (key, value)) in values.iter().enumerate() {
        if n > 0 {
            json.push(',');
        }
        write_string(&mut json, key);
        json.push(':');
        write_string(&mut json, value);
    }
    json.push('}');
    json
}

/// A value of the event's JSON as it goes into an address. Items of arrays show that Scala held them as options.
fn stringify(value: Value<'_>) -> String {
    match value.kind() {
        Kind::String => value.as_str().unwrap_or_default().to_owned(),
        Kind::Array => options(value.items()),
        Kind::Object => {
            let mut tree = value.to_tree();
            fractions_to_texts(&mut tree);
            tree.to_json()
        }
        _ => value.to_json(),
    }
}

/// Numbers with a fraction become texts: so the reference's way from one JSON library to another leaves them.
fn fractions_to_texts(tree: &mut Tree) {
    let mut open = vec![tree];
    while let Some(tree) = open.pop() {
        match tree {
            Tree::Number(text) if text.parse::<i64>().is_err() => {
                *tree = Tree::String(std::mem::take(text));
            }
            Tree::Array(items) => open.extend(items),
            Tree::Object(entries) => open.extend(entries.iter_mut().map(|(_, value)| value)),
            _ => {}
        }
    }
}

fn options<'v>(items: impl Iterator<Item = Value<'v>>) -> String {
    let items: Vec<String> = items
        .map(|item| format!("Some({})", stringify(item)))
        .collect();
    items.join(",")
}

#[cfg(test)]
mod tests;
