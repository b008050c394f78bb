//! `snowmelt tail`: the records of a topic or stream as JSON for people.

use std::ops::ControlFlow;
use std::time::Duration;

use lexon::Tree;

use super::args::{Content, LogFormat, Reach, TailArgs};
use super::{DONE, IO_FAILED, log, tell};
use crate::config::Env;
use crate::event::{COLUMNS, Kind};
use crate::payload::CollectorPayload;
use crate::payload::decode::decode;
use crate::sinks::file::LineFile;
use crate::sources::look::{self, Place, Seen};

/// Where arguments point.
pub(super) fn place<'a>(
    url: &'a str,
    reach: &'a Reach,
    beginning: bool,
    idle: Option<Duration>,
) -> Place<'a> {
    Place {
        url,
        properties: &reach.property,
        region: reach.region.as_deref(),
        endpoint: reach.endpoint.as_deref(),
        beginning,
        idle,
    }
}

/// Runs the command: 0 after the records that were asked for, 1 when they cannot be read.
pub fn run(args: &TailArgs) -> u8 {
    let _ = log::start(&Env::of_process(), LogFormat::Text);
    match show(args) {
        Ok(()) => DONE,
        Err(error) => tell(IO_FAILED, &format!("{error:#}")),
    }
}

fn show(args: &TailArgs) -> anyhow::Result<()> {
    if args.count == Some(0) {
        return Ok(());
    }
    let idle = args.idle.map(Duration::from_secs);
    let place = place(&args.from, &args.reach, args.beginning, idle);
    let mut out = LineFile::create("-")?;
    let (mut shown, mut failed) = (0, None);
    look::each(&place, &mut |record| {
        let mut line = line(&record, args.content);
        line.push('\n');
        failed = out.write(line.as_bytes()).err();
        shown += 1;
        if failed.is_some() || args.count == Some(shown) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    failed.map_or(Ok(()), |error| Err(error.into()))
}

/// An object of texts, in which what is absent does not appear.
#[derive(Default)]
struct Fields(Vec<(String, Tree)>);

impl Fields {
    fn put(&mut self, name: &str, value: Tree) {
        self.0.push((name.to_owned(), value));
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.put(name, Tree::String(value.to_owned()));
        }
    }
}

/// A record with where it lies.
fn line(record: &Seen<'_>, content: Content) -> String {
    let mut fields = Fields::default();
    fields.text("partition", Some(record.partition));
    fields.text("position", Some(&record.position));
    let at = record.at.map(jvm::time::joda_iso);
    fields.text("at", at.as_deref());
    let key = record.key.map(String::from_utf8_lossy);
    fields.text("key", key.as_deref());
    let (kind, value) = shown(record.value, content);
    fields.put(kind, value);
    Tree::Object(fields.0).to_json()
}

/// What a record is, and how it is shown; what it is not is shown in base64.
fn shown(value: &[u8], content: Content) -> (&'static str, Tree) {
    let wants = |kind| content == Content::Any || content == kind;
    let text = std::str::from_utf8(value).ok();
    if wants(Content::Bad)
        && let Some(tree) = text.and_then(|text| Tree::parse(text).ok())
        && tree.as_object().is_some()
    {
        return ("bad", tree);
    }
    if wants(Content::Good)
        && let Some(event) = text.and_then(event)
    {
        return ("good", event);
    }
    let mut buffer = Vec::new();
    if wants(Content::Raw)
        && let Ok(payload) = decode(value, &mut buffer, true)
    {
        return ("raw", raw(&payload));
    }
    let text = jvm::base64::encode_standard(value);
    ("bytes", Tree::String(text))
}

/// The fields of an enriched event that are set; JSON as such.
fn event(line: &str) -> Option<Tree> {
    let cells: Vec<&str> = line.trim_end_matches('\n').split('\t').collect();
    // later versions may have more of them
    if cells.len() < COLUMNS.len() {
        return None;
    }
    let mut fields = Fields::default();
    for (column, cell) in COLUMNS
        .iter()
        .zip(cells)
        .filter(|(_, cell)| !cell.is_empty())
    {
        let value = match column.kind {
            Kind::Text if cell.starts_with('{') => Tree::parse(cell).ok(),
            Kind::Int | Kind::Byte => cell
                .parse::<i64>()
                .ok()
                .map(|n| Tree::Number(n.to_string())),
            Kind::Text | Kind::Float | Kind::Decimal => None,
        };
        let value = value.unwrap_or_else(|| Tree::String(cell.to_owned()));
        fields.put(column.name, value);
    }
    Some(Tree::Object(fields.0))
}

/// A payload; a body of JSON as such.
fn raw(payload: &CollectorPayload<'_>) -> Tree {
    let mut fields = Fields::default();
    let context = &payload.context;
    fields.text("vendor", Some(&payload.api.vendor));
    fields.text("version", Some(&payload.api.version));
    let at = context.timestamp.map(jvm::time::joda_iso);
    fields.text("timestamp", at.as_deref());
    fields.text("collector", payload.source.collector.as_deref());
    fields.text("hostname", payload.source.hostname.as_deref());
    fields.text("ipAddress", context.ip.as_deref());
    fields.text("useragent", context.useragent.as_deref());
    fields.text("refererUri", context.referer.as_deref());
    fields.text("networkUserId", context.user_id.as_deref());
    let text = |text: &str| Tree::String(text.to_owned());
    let headers = context.headers.iter().map(|header| text(header)).collect();
    fields.put("headers", Tree::Array(headers));
    let pairs = payload.querystring.iter().map(|(name, value)| {
        let value = value.as_deref().map_or(Tree::Null, text);
        Tree::Array(vec![text(name), value])
    });
    fields.put("querystring", Tree::Array(pairs.collect()));
    fields.text("contentType", payload.content_type.as_deref());
    if let Some(body) = payload.body.as_deref() {
        fields.put("body", Tree::parse(body).unwrap_or_else(|_| text(body)));
    }
    Tree::Object(fields.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn records_are_shown_as_what_they_are() {
        let record = sample::request("/i", Some("e=pv&p=web"), None);
        let (kind, tree) = shown(&record, Content::Any);
        assert_eq!(kind, "raw");
        assert_eq!(tree.get("version").and_then(Tree::as_str), Some("tp1"));
        assert!(tree.to_json().contains("[[\"e\",\"pv\"],[\"p\",\"web\"]]"));

        let mut cells = vec![""; COLUMNS.len()];
        (cells[0], cells[12], cells[52]) = ("shop", "u", "{\"schema\":\"s\",\"data\":[]}");
        let (kind, tree) = shown(cells.join("\t").as_bytes(), Content::Any);
        assert_eq!(kind, "good");
        assert_eq!(
            tree.to_json(),
            "{\"app_id\":\"shop\",\"user_id\":\"u\",\"contexts\":{\"schema\":\"s\",\"data\":[]}}"
        );

        let (kind, tree) = shown(b"{\"schema\":\"x\"}", Content::Any);
        assert_eq!(
            (kind, tree.to_json().as_str()),
            ("bad", "{\"schema\":\"x\"}")
        );
        let (kind, tree) = shown(b"\xff\x00", Content::Any);
        assert_eq!((kind, tree.as_str()), ("bytes", Some("/wA=")));
        assert_eq!(shown(&record, Content::Good).0, "bytes");
    }
}
