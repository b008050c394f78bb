//! Which browser, operating system and device a user agent names: the `br_*`, `os_*` and `dvce_*` fields.
//!
//! Behaviour: the user-agent-utils enrichment of Enrich 3.9.0 with UserAgentUtils 1.21. That library
//! is no longer kept up; `ua_parser_config` knows newer agents.

mod tables;

use compact_str::CompactString;
use quick_cache::sync::Cache;

use super::settings::wrong;
use super::{BuildError, Enrichment, Spec, Step, Work};
use crate::event::{Event, fields};
use tables::{Found, Tables};

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow",
    name: "user_agent_utils_config",
    version: (1, 0),
    build: |_, _, _| Ok(Box::new(UserAgentUtils::new()?)),
};

/// How many agents are remembered.
const REMEMBERED: usize = 5_000;
/// Agents of more bytes are not remembered, so that the memory is bounded in bytes too.
const LONGEST_REMEMBERED: usize = 2_048;

struct UserAgentUtils {
    tables: Tables,
    known: Cache<Box<str>, Found>,
}

impl UserAgentUtils {
    fn new() -> Result<UserAgentUtils, BuildError> {
        Ok(UserAgentUtils {
            tables: Tables::bundled().map_err(|problem| wrong("parameters", problem))?,
            known: Cache::new(REMEMBERED),
        })
    }

    fn find(&self, agent: &str) -> Option<Found> {
        if let Some(found) = self.known.get(agent) {
            return Some(found);
        }
        let found = self.tables.find(agent)?;
        if agent.len() <= LONGEST_REMEMBERED {
            self.known.insert(agent.into(), found.clone());
        }
        Some(found)
    }
}

impl Enrichment for UserAgentUtils {
    fn apply(&self, event: &mut Event, _: &mut Work<'_>) -> Step {
        let Some(found) = event
            .text(fields::USERAGENT)
            .and_then(|agent| self.find(agent))
        else {
            return Step::Done;
        };
        let (Some(browser), Some(system)) =
            (self.tables.browser(&found), self.tables.system(&found))
        else {
            return Step::Done;
        };
        for (field, value) in [
            (fields::BR_NAME, browser.name),
            (fields::BR_FAMILY, browser.family),
            (fields::BR_TYPE, browser.kind),
            (fields::BR_RENDERENGINE, browser.engine),
            (fields::OS_NAME, system.name),
            (fields::OS_FAMILY, system.family),
            (fields::OS_MANUFACTURER, system.manufacturer),
            (fields::DVCE_TYPE, system.device),
        ] {
            event.set_text(field, Some(CompactString::const_new(value)));
        }
        if let Some(version) = found.version {
            event.set_text(fields::BR_VERSION, Some(version));
        }
        event.set_byte(fields::DVCE_ISMOBILE, Some(u8::from(system.mobile)));
        Step::Done
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Fixture, run_with};
    use super::*;

    fn describe(step: &UserAgentUtils, agent: &str) -> [String; 10] {
        let mut event = Event::default();
        event.set_text(fields::USERAGENT, Some(agent));
        let outcome = run_with(step, &mut event, &Fixture::default(), |_| {});
        assert!(matches!(outcome, Step::Done));
        let text = |field| event.text(field).unwrap_or("-").to_owned();
        [
            text(fields::BR_NAME),
            text(fields::BR_FAMILY),
            text(fields::BR_VERSION),
            text(fields::BR_TYPE),
            text(fields::BR_RENDERENGINE),
            text(fields::OS_NAME),
            text(fields::OS_FAMILY),
            text(fields::OS_MANUFACTURER),
            text(fields::DVCE_TYPE),
            event.byte(fields::DVCE_ISMOBILE).unwrap_or(9).to_string(),
        ]
    }

    #[test]
    fn agents_are_described_as_the_library_does() {
        let step = UserAgentUtils::new().unwrap();
        for (agent, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/96.0.4664.110 Safari/537.36",
                [
                    "Chrome 9",
                    "Chrome",
                    "96.0.4664.110",
                    "Browser",
                    "WEBKIT",
                    "Windows 10",
                    "Windows",
                    "Microsoft Corporation",
                    "Computer",
                    "0",
                ],
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 15_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.1 Mobile/15E148 Safari/604.1",
                [
                    "Mobile Safari",
                    "Safari",
                    "15.1",
                    "Browser (mobile)",
                    "WEBKIT",
                    "Mac OS X (iPhone)",
                    "iOS",
                    "Apple Inc.",
                    "Mobile",
                    "1",
                ],
            ),
            (
                "Mozilla/5.0 (Macintosh; U; PPC Mac OS X; en) AppleWebKit/312.3 (KHTML, like Gecko) Safari/312.3",
                [
                    "Safari",
                    "Safari",
                    "1.3.1",
                    "Browser",
                    "WEBKIT",
                    "Mac OS X",
                    "Mac OS X",
                    "Apple Inc.",
                    "Computer",
                    "0",
                ],
            ),
            (
                "Mozilla/5.0 (Macintosh; U; PPC Mac OS X; en) AppleWebKit/999.9 (KHTML, like Gecko) Safari/999",
                [
                    "Safari",
                    "Safari",
                    "-",
                    "Browser",
                    "WEBKIT",
                    "Mac OS X",
                    "Mac OS X",
                    "Apple Inc.",
                    "Computer",
                    "0",
                ],
            ),
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                [
                    "Robot/Spider",
                    "Robot/Spider",
                    "-",
                    "Robot",
                    "OTHER",
                    "Unknown",
                    "Unknown",
                    "Other",
                    "Unknown",
                    "0",
                ],
            ),
            (
                "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko",
                [
                    "Internet Explorer 11",
                    "Internet Explorer",
                    "11.0",
                    "Browser",
                    "TRIDENT",
                    "Windows 7",
                    "Windows",
                    "Microsoft Corporation",
                    "Computer",
                    "0",
                ],
            ),
            (
                "Mozilla/5.0 (Linux; Android 9; SM-T510) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0.4430.91 Safari/537.36",
                [
                    "Chrome 9",
                    "Chrome",
                    "90.0.4430.91",
                    "Browser",
                    "WEBKIT",
                    "Android",
                    "Android",
                    "Google Inc.",
                    "Mobile",
                    "1",
                ],
            ),
            (
                "Opera/9.80 (Windows NT 6.1; U; en) Presto/2.7.62 Version/11.01",
                [
                    "Opera 11",
                    "Opera",
                    "11.01",
                    "Browser",
                    "PRESTO",
                    "Windows 7",
                    "Windows",
                    "Microsoft Corporation",
                    "Computer",
                    "0",
                ],
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246",
                [
                    "Microsoft Edge (layout engine 12)",
                    "Microsoft Edge",
                    "12.246",
                    "Browser",
                    "EDGE_HTML",
                    "Windows 10",
                    "Windows",
                    "Microsoft Corporation",
                    "Computer",
                    "0",
                ],
            ),
            (
                "curl/7.79.1",
                [
                    "Downloading Tool",
                    "Downloading Tool",
                    "-",
                    "Downloading tool",
                    "OTHER",
                    "Unknown",
                    "Unknown",
                    "Other",
                    "Unknown",
                    "0",
                ],
            ),
            (
                "-",
                [
                    "Unknown", "Unknown", "-", "unknown", "OTHER", "Unknown", "Unknown", "Other",
                    "Unknown", "0",
                ],
            ),
            (
                "Thunderbird",
                [
                    "Thunderbird",
                    "Thunderbird",
                    "-",
                    "Email Client",
                    "GECKO",
                    "Unknown",
                    "Unknown",
                    "Other",
                    "Unknown",
                    "0",
                ],
            ),
        ] {
            // the second time the answer is remembered
            for _ in 0..2 {
                assert_eq!(describe(&step, agent), expected, "{agent}");
            }
        }
    }

    #[test]
    fn long_agents_are_described_in_time_and_not_remembered() {
        let step = UserAgentUtils::new().unwrap();
        let agent = "Opera/ OPR/1.Version/ ".repeat(10_000);
        assert_eq!(describe(&step, &agent)[1], "Opera");
        assert_eq!(step.known.len(), 0);
    }

    #[test]
    fn without_an_agent_nothing_is_set() {
        let step = UserAgentUtils::new().unwrap();
        let mut event = Event::default();
        let outcome = run_with(&step, &mut event, &Fixture::default(), |_| {});
        assert!(matches!(outcome, Step::Done));
        assert_eq!(event.text(fields::BR_NAME), None);
    }
}
