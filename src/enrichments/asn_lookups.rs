//! Whether an event's autonomous system is one of data centres: `likelyBot` in the context of it.
//!
//! Behaviour: as documented for Enrich 6.9.0 and later. Runs after `ip_lookups`, which makes the
//! context; where there is none, nothing is added.

use lexon::Doc;
use rustc_hash::FxHashSet;
use serde_json::Value;

use super::settings::{file, find, texts, unusable, wrong};
use super::{BuildError, Enrichment, Spec, Step, Work};
use crate::assets::AssetSource;
use crate::event::{Event, fields};

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow.enrichments",
    name: "asn_lookups",
    version: (1, 0),
    build: |_, data, assets| Ok(Box::new(AsnLookups::new(data, assets)?)),
};

struct AsnLookups {
    /// Numbers of the systems of data centres.
    listed: FxHashSet<i64>,
    /// Platforms whose events are left alone.
    bypassed: Vec<String>,
}

impl AsnLookups {
    fn new(data: &Value, assets: &dyn AssetSource) -> Result<AsnLookups, BuildError> {
        let mut listed = FxHashSet::default();
        if find(data, "parameters.botAsnsFile").is_some() {
            let (uri, bytes) = file(data, "parameters.botAsnsFile", assets)?;
            listed = numbers(&bytes).map_err(|problem| unusable(&uri, problem))?;
        }
        let path = "parameters.botAsns";
        if let Some(list) = find(data, path) {
            let problem = || {
                wrong(
                    path,
                    "must be an array of objects with a whole number `asn`",
                )
            };
            for entry in list.as_array().ok_or_else(problem)? {
                listed.insert(entry["asn"].as_i64().ok_or_else(problem)?);
            }
        }
        let path = "parameters.bypassPlatforms";
        let bypassed = match find(data, path) {
            Some(_) => texts(data, path)?,
            None => Vec::new(),
        };
        Ok(AsnLookups { listed, bypassed })
    }
}

/// The numbers of a file with a line for each system, its number first, below a line of headings.
fn numbers(bytes: &[u8]) -> Result<FxHashSet<i64>, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| e.to_string())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().enumerate().skip(1);
    lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(n, line)| {
            let cell = line.split(',').next().unwrap_or_default();
            let number = cell.trim().trim_matches('"');
            let odd = |_| format!("line {}: `{number}` is no number", n + 1);
            number.parse().map_err(odd)
        })
        .collect()
}

impl Enrichment for AsnLookups {
    fn apply(&self, event: &mut Event, work: &mut Work<'_>) -> Step {
        let platform = event.text(fields::PLATFORM).unwrap_or_default();
        if self.bypassed.iter().any(|bypassed| bypassed == platform) {
            return Step::Done;
        }
        for context in &mut work.derived {
            if context.schema.name() != "asn" {
                continue;
            }
            let number = Doc::parse(&context.data)
                .ok()
                .and_then(|doc| doc.root().get("number")?.as_i64());
            if number.is_some_and(|number| self.listed.contains(&number)) {
                context.data.pop();
                context.data.push_str(",\"likelyBot\":true}");
            }
        }
        Step::Done
    }
}

#[cfg(test)]
mod tests {
    use super::super::Context;
    use super::super::testing::{Files, Fixture, run_with};
    use super::*;
    use crate::schema::SchemaKey;
    use serde_json::json;

    fn build(file: &str) -> Result<AsnLookups, BuildError> {
        let files = Files(vec![("http://files.test/asns.csv", file.into())]);
        let data = json!({"parameters": {
            "botAsnsFile": {"uri": "http://files.test", "database": "asns.csv"},
            "botAsns": [{"asn": 7}, {"asn": 8, "name": "eight"}],
            "bypassPlatforms": ["srv"],
        }});
        AsnLookups::new(&data, &files)
    }

    fn run(number: u32, platform: &str) -> String {
        let step =
            build("\u{feff}number,name\r\n64500,\"Snow, Cloud\"\r\n\r\n\"64501\",x\r\n").unwrap();
        let mut event = Event::default();
        event.set_text(fields::PLATFORM, Some(platform));
        let mut data = String::new();
        let outcome = run_with(&step, &mut event, &Fixture::default(), |work| {
            let asn = "iglu:com.snowplowanalytics.snowplow/asn/jsonschema/1-0-1";
            work.derived.push(Context {
                schema: SchemaKey::parse(asn).unwrap(),
                data: format!("{{\"number\":{number}}}"),
            });
            let mut trial = Event::default();
            trial.set_text(fields::PLATFORM, Some(platform));
            let _ = step.apply(&mut trial, work);
            data = work.derived.remove(0).data;
        });
        assert!(matches!(outcome, Step::Done));
        data
    }

    #[test]
    fn listed_systems_are_told() {
        for number in [64_500, 64_501, 7, 8] {
            let expected = format!("{{\"number\":{number},\"likelyBot\":true}}");
            assert_eq!(run(number, "web"), expected);
        }
        assert_eq!(run(9, "web"), "{\"number\":9}");
    }

    #[test]
    fn bypassed_platforms_are_left_alone() {
        assert_eq!(run(7, "srv"), "{\"number\":7}");
    }

    #[test]
    fn an_odd_line_stops_the_start() {
        let error = build("number,name\nAS7,x").err().unwrap().to_string();
        assert_eq!(
            error,
            "asset http://files.test/asns.csv: line 2: `AS7` is no number"
        );
    }
}
