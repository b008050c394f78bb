//! What kind of page led the visitor here: the referrer's host and path looked up in a database.
//!
//! Behaviour: the referer parser of Enrich 3.9.0 with scala-referer-parser 1.1.0, except that any
//! medium is accepted in the database, as later versions do, and that a configuration may bring
//! referrers of its own (schema 2-0-1).

use std::collections::HashMap;

use compact_str::CompactString;
use jvm::smap::SMap;
use jvm::text::{java_split_char, java_trim, tsv_safe};
use jvm::uri::JavaUri;
use jvm::url_codec::decode_utf8;
use lexon::{Doc, Kind, Value};
use rustc_hash::FxBuildHasher;

use super::settings::{file, find, texts, unusable, wrong};
use super::{BuildError, Enrichment, Spec, Step, Work};
use crate::assets::AssetSource;
use crate::event::Event;
use crate::event::fields::{PAGE_URLHOST, REFR_MEDIUM, REFR_SOURCE, REFR_TERM, Text};

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow",
    name: "referer_parser",
    version: (2, 0),
    build: |_, data, assets| Ok(Box::new(RefererParser::new(data, assets)?)),
};

const SCHEMES: [&str; 3] = ["http", "https", "android-app"];
const INTERNAL: &str = "internal";
const UNKNOWN: &str = "unknown";
const SEARCH: &str = "search";

/// The order in which five or more of the media of the reference are read; doublets later in it win.
const MEDIA: [&str; 6] = ["paid", "email", INTERNAL, SEARCH, "social", UNKNOWN];

/// A site that refers.
struct Site {
    medium: CompactString,
    source: CompactString,
    /// Query parameters that hold the search term.
    parameters: Vec<String>,
}

/// Sites by their host, or host and path.
#[derive(Default)]
struct Sites {
    sites: Vec<Site>,
    by_place: HashMap<Box<str>, usize, FxBuildHasher>,
    /// Bytes of the longest place; longer texts are not looked up.
    longest: usize,
}

struct RefererParser {
    internal: Vec<String>,
    sites: Sites,
}

impl RefererParser {
    fn new(
        data: &serde_json::Value,
        assets: &dyn AssetSource,
    ) -> Result<RefererParser, BuildError> {
        let internal = texts(data, "parameters.internalDomains")?;
        let (uri, bytes) = file(data, "parameters", assets)?;
        let mut sites = Sites::default();
        let read = String::from_utf8(bytes).map_err(|e| e.to_string());
        read.and_then(|text| sites.read(&text))
            .map_err(|problem| unusable(&uri, problem))?;
        let path = "parameters.referrers";
        if let Some(more) = find(data, path) {
            sites
                .read(&more.to_string())
                .map_err(|problem| wrong(path, problem))?;
        }
        Ok(RefererParser {
            internal: internal
                .iter()
                .map(|host| java_trim(host).to_owned())
                .collect(),
            sites,
        })
    }
}

impl Sites {
    /// Reads a database: objects of sources by medium. What it has replaces what was read before.
    fn read(&mut self, text: &str) -> Result<(), String> {
        let doc = Doc::parse(text).map_err(|e| e.to_string())?;
        if doc.root().kind() != Kind::Object {
            return Err("Referers json must be an object".to_owned());
        }
        let mut media: Vec<(&str, Value<'_>)> = doc.root().entries().collect();
        let rank = |medium: &str| MEDIA.iter().position(|known| *known == medium);
        if media
            .iter()
            .filter(|(medium, _)| rank(medium).is_some())
            .count()
            > 4
        {
            // Media of our own come last.
            media.sort_by_key(|(medium, _)| rank(medium).unwrap_or(MEDIA.len()));
        }
        for (medium, sources) in media {
            if sources.kind() != Kind::Object {
                return Err(format!("Medium '{medium}' not an object"));
            }
            let sources: SMap<&str, Value<'_>> = sources.entries().collect();
            for (name, source) in &sources {
                self.add(medium, name, *source)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, medium: &str, name: &str, source: Value<'_>) -> Result<(), String> {
        let list = |key: &str| -> Result<Option<Vec<String>>, String> {
            let Some(value) = source.get(key).filter(|value| !value.is_null()) else {
                return Ok(None);
            };
            let texts: Option<Vec<String>> = value
                .items()
                .map(|item| item.as_str().map(str::to_owned))
                .collect();
            match texts {
                Some(texts) if value.kind() == Kind::Array => Ok(Some(texts)),
                _ => Err(format!(
                    "'{key}' of source '{name}' of medium '{medium}' must be an array of strings"
                )),
            }
        };
        let domains = list("domains")?
            .ok_or_else(|| format!("source '{name}' of medium '{medium}' has no 'domains'"))?;
        let index = self.sites.len();
        self.sites.push(Site {
            medium: medium.into(),
            source: name.into(),
            parameters: list("parameters")?.unwrap_or_default(),
        });
        for domain in domains {
            self.longest = self.longest.max(domain.len());
            self.by_place.insert(domain.into_boxed_str(), index);
        }
        Ok(())
    }

    /// The site of the longest part of the path, then of the longest part of the host.
    fn find(&self, host: &str, path: &str) -> Option<&Site> {
        let first = path.split('/').find(|segment| !segment.is_empty());
        let mut place = String::with_capacity(self.longest);
        let mut look_up = |parts: [&str; 2]| {
            // dots at the end are of no account, as Java's split drops them
            let mut host = Some(host.trim_end_matches('.'));
            while let Some(name) = host {
                if name.len() + parts[0].len() + parts[1].len() <= self.longest {
                    place.clear();
                    place.push_str(name);
                    parts.iter().for_each(|part| place.push_str(part));
                    if let Some(site) = self.by_place.get(place.as_str()) {
                        return self.sites.get(*site);
                    }
                }
                host = name.split_once('.').map(|(_, parent)| parent);
            }
            None
        };
        first
            .and_then(|segment| look_up([path, ""]).or_else(|| look_up(["/", segment])))
            .or_else(|| look_up(["", ""]))
    }
}

/// The value of the first of `names` in a raw query.
fn term(query: &str, names: &[String]) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    java_split_char(query, &['&']).into_iter().find_map(|pair| {
        let (name, value) = match pair.split_once('=') {
            Some((name, value)) if !name.is_empty() => (name, value),
            _ => (pair, ""),
        };
        let name = decode_utf8(name).ok()?;
        let wanted = names.contains(&name);
        wanted.then(|| decode_utf8(value).ok()).flatten()
    })
}

fn set(event: &mut Event, field: Text, value: &str) {
    if let Some(safe) = tsv_safe(value) {
        event.set_text(field, Some(CompactString::from(safe.as_ref())));
    }
}

impl RefererParser {
    fn classify(&self, event: &mut Event, uri: &JavaUri) -> Option<()> {
        uri.scheme().filter(|scheme| SCHEMES.contains(scheme))?;
        let (host, path) = (uri.host()?, uri.path()?);
        let same = event.text(PAGE_URLHOST) == Some(host);
        if same || self.internal.iter().any(|own| own == host) {
            event.set_text(REFR_MEDIUM, Some(INTERNAL));
            return Some(());
        }
        let Some(site) = self.sites.find(host, &path) else {
            event.set_text(REFR_MEDIUM, Some(UNKNOWN));
            return Some(());
        };
        set(event, REFR_MEDIUM, &site.medium);
        if ![UNKNOWN, INTERNAL].contains(&site.medium.as_str()) {
            set(event, REFR_SOURCE, &site.source);
        }
        if site.medium == SEARCH {
            let found = uri
                .raw_query()
                .and_then(|query| term(query, &site.parameters));
            if let Some(found) = found {
                set(event, REFR_TERM, &found);
            }
        }
        Some(())
    }
}

impl Enrichment for RefererParser {
    fn apply(&self, event: &mut Event, work: &mut Work<'_>) -> Step {
        if let Some(uri) = &work.referrer_uri {
            self.classify(event, uri);
        }
        Step::Done
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Files, Fixture, run_with};
    use super::*;
    use serde_json::json;

    const DATABASE: &str = r#"{
        "search": {
            "Seek": {"domains": ["seek.test", "www.seek.test/find"], "parameters": ["q", "words é"], "note": 1},
            "Quiet": {"domains": ["quiet.test"]}
        },
        "social": {"Crowd": {"domains": ["crowd.test", "t.crowd.test/a"]}},
        "email": {"Post\tbox": {"domains": ["mail.seek.test"]}},
        "unknown": {"Nobody": {"domains": ["nobody.test"]}},
        "chatbot": {"Parrot": {"domains": ["parrot.test"]}}
    }"#;

    fn read(database: &str) -> Sites {
        let mut sites = Sites::default();
        sites.read(database).unwrap();
        sites
    }

    fn parser(database: &str) -> Result<RefererParser, BuildError> {
        let data = json!({"parameters": {
            "internalDomains": [" own.test "], "database": "db.json", "uri": "http://files.test/x",
        }});
        RefererParser::new(
            &data,
            &Files(vec![("http://files.test/x/db.json", database.into())]),
        )
    }

    /// Medium, source and term of a referrer, seen from a page on `page.test`.
    fn refer(referrer: &str) -> [Option<String>; 3] {
        let step = parser(DATABASE).unwrap();
        let mut event = Event::default();
        event.set_text(PAGE_URLHOST, Some("page.test"));
        let outcome = run_with(&step, &mut event, &Fixture::default(), |work| {
            work.referrer_uri = JavaUri::parse(referrer).ok();
        });
        assert!(matches!(outcome, Step::Done));
        [REFR_MEDIUM, REFR_SOURCE, REFR_TERM].map(|field| event.text(field).map(str::to_owned))
    }

    #[test]
    fn referrers_are_told_by_host_and_path() {
        let rows = [
            ("http://page.test/x", ["internal", "-", "-"]),
            ("https://own.test/", ["internal", "-", "-"]),
            ("http://seek.test/?q=a+b%20c", ["search", "Seek", "a b c"]),
            (
                "http://deep.er.seek.test?x=1&q=&q=z",
                ["search", "Seek", "-"],
            ),
            ("http://seek.test/?words+%C3%A9=v", ["search", "Seek", "v"]),
            ("http://seek.test./?q=v", ["search", "Seek", "v"]),
            ("http://seek.test/?q", ["search", "Seek", "-"]),
            ("http://seek.test/?Q=v", ["search", "Seek", "-"]),
            ("http://quiet.test/?q=v", ["search", "Quiet", "-"]),
            ("http://SEEK.test/", ["unknown", "-", "-"]),
            ("http://t.crowd.test//a/b", ["social", "Crowd", "-"]),
            (
                "http://mail.seek.test/find?q=1",
                ["email", "Post    box", "-"],
            ),
            ("android-app://crowd.test/x", ["social", "Crowd", "-"]),
            ("ftp://crowd.test/x", ["-", "-", "-"]),
            ("HTTP://crowd.test/x", ["-", "-", "-"]),
            ("http://crowd_x.test/", ["-", "-", "-"]),
            ("mailto:a@crowd.test", ["-", "-", "-"]),
            ("/crowd.test", ["-", "-", "-"]),
            ("http://nobody.test/", ["unknown", "-", "-"]),
            ("http://parrot.test/", ["chatbot", "Parrot", "-"]),
            ("http://else.test/", ["unknown", "-", "-"]),
        ];
        for (referrer, expected) in rows {
            let got = refer(referrer);
            let got = got.each_ref().map(|text| text.as_deref().unwrap_or("-"));
            assert_eq!(got, expected, "{referrer}");
        }
    }

    #[test]
    fn a_longer_path_wins_over_a_longer_host() {
        let database = r#"{"social": {
            "Host": {"domains": ["a.b.test"]},
            "First": {"domains": ["b.test/x"]},
            "Whole": {"domains": ["test/x/y"]}
        }}"#;
        let sites = read(database);
        let find = |path| {
            sites
                .find("a.b.test", path)
                .map(|site| site.source.as_str())
        };
        assert_eq!(find("/x/y"), Some("Whole"));
        assert_eq!(find("/x/z"), Some("First"));
        assert_eq!(find("/z"), Some("Host"));
        assert_eq!(find("//"), Some("Host"));
    }

    #[test]
    fn of_two_sources_with_one_domain_the_later_wins() {
        let site = |database: &str| {
            let sites = read(database);
            sites
                .find("x.test", "/")
                .map(|site| site.source.to_string())
        };
        let few = r#"{"social": {"B": {"domains": ["x.test"]}, "A": {"domains": ["x.test"]}}}"#;
        assert_eq!(site(few).unwrap(), "A");
        let mut names = ["a", "b", "c", "d", "e", "f"];
        let entries = names.map(|name| format!(r#""{name}": {{"domains": ["x.test"]}}"#));
        jvm::smap::sort_trie(&mut names, |name| name);
        let many = format!(r#"{{"social": {{{}}}}}"#, entries.join(","));
        assert_eq!(site(&many).unwrap(), names[5]);
    }

    #[test]
    fn from_five_media_on_they_are_read_in_hash_order() {
        let medium = |name: &str| format!(r#""{name}": {{"S": {{"domains": ["x.test"]}}}}"#);
        let database = ["unknown", "search", "internal", "social", "paid"]
            .map(medium)
            .join(",");
        let sites = read(&format!("{{{database}}}"));
        assert_eq!(sites.find("x.test", "/").unwrap().medium, "unknown");
        let database = ["unknown", "search", "internal", "social"]
            .map(medium)
            .join(",");
        let sites = read(&format!("{{{database}}}"));
        assert_eq!(sites.find("x.test", "/").unwrap().medium, "social");
    }

    #[test]
    fn a_database_of_another_shape_is_refused() {
        for (database, problem) in [
            ("[]", "Referers json must be an object"),
            (r#"{"search": 1}"#, "Medium 'search' not an object"),
            (
                r#"{"search": {"A": {}}}"#,
                "source 'A' of medium 'search' has no 'domains'",
            ),
            (
                r#"{"search": {"A": {"domains": [1]}}}"#,
                "'domains' of source 'A' of medium 'search' must be an array of strings",
            ),
        ] {
            let error = parser(database).err().unwrap().to_string();
            assert_eq!(
                error,
                format!("asset http://files.test/x/db.json: {problem}")
            );
        }
    }

    #[test]
    fn a_host_of_many_labels_costs_no_more_than_its_length() {
        let host = "a.".repeat(200_000);
        let step = parser(DATABASE).unwrap();
        assert!(step.sites.find(&format!("{host}test"), "/x").is_none());
    }

    #[test]
    fn referrers_of_the_configuration_replace_those_of_the_file() {
        let mut data = json!({"parameters": {
            "internalDomains": [], "database": "db.json", "uri": "http://files.test/x",
            "referrers": {"partner": {"Friend": {"domains": ["seek.test", "friend.test"]}}},
        }});
        let files = Files(vec![("http://files.test/x/db.json", DATABASE.into())]);
        let step = RefererParser::new(&data, &files).unwrap();
        for (host, medium) in [
            ("seek.test", "partner"),
            ("friend.test", "partner"),
            ("crowd.test", "social"),
        ] {
            let site = step.sites.find(host, "/").unwrap();
            assert_eq!(site.medium, medium, "{host}");
        }
        data["parameters"]["referrers"] = json!({"partner": {"Friend": {}}});
        assert_eq!(
            RefererParser::new(&data, &files).err().unwrap().to_string(),
            "field `parameters.referrers`: source 'Friend' of medium 'partner' has no 'domains'"
        );
    }
}
