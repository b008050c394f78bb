//! Whether an event comes from a bot by what other enrichments and the tracker say: a context.
//!
//! Behaviour: as documented for Enrich 6.10.0. Runs after the enrichments it asks; one that is not
//! configured says nothing.

use lexon::{Doc, Value as Node};
use serde_json::Value;

use super::settings::{flag, wrong};
use super::{BuildError, Context, Enrichment, Spec, Step, Work};
use crate::event::Event;
use crate::schema::SchemaKey;

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow.enrichments",
    name: "bot_detection_enrichment_config",
    version: (1, 0),
    build: |_, data, _| Ok(Box::new(BotDetection::new(data)?)),
};

const CONTEXT: &str = "iglu:com.snowplowanalytics.snowplow/bot_detection/jsonschema/1-0-1";
const SNOWPLOW: &str = "com.snowplowanalytics.snowplow";

/// Something that tells bots: a context, and what it says of them.
struct Indicator {
    /// The name in the context that is made.
    name: &'static str,
    /// The switch in the configuration.
    setting: &'static str,
    vendor: &'static str,
    context: &'static str,
    /// Whether the context comes with the event rather than from an enrichment.
    sent: bool,
    tells: fn(Node<'_>) -> bool,
}

static INDICATORS: [Indicator; 4] = [
    Indicator {
        name: "yauaa",
        setting: "parameters.useYauaa",
        vendor: "nl.basjes",
        context: "yauaa_context",
        sent: false,
        tells: |data| {
            let is = |key, classes: &[&str]| {
                let class = data.get(key).and_then(Node::as_str);
                class.is_some_and(|class| classes.contains(&class))
            };
            is("deviceClass", &["Robot", "Robot Mobile", "Robot Imitator"])
                || is("agentClass", &["Robot", "Robot Mobile"])
        },
    },
    Indicator {
        name: "iab",
        setting: "parameters.useIab",
        vendor: "com.iab.snowplow",
        context: "spiders_and_robots",
        sent: false,
        tells: |data| is_true(data, "spiderOrRobot"),
    },
    Indicator {
        name: "asnLookups",
        setting: "parameters.useAsnLookups",
        vendor: SNOWPLOW,
        context: "asn",
        sent: false,
        tells: |data| is_true(data, "likelyBot"),
    },
    Indicator {
        name: "clientSideDetection",
        setting: "parameters.useClientSideDetection",
        vendor: SNOWPLOW,
        context: "client_side_bot_detection",
        sent: true,
        tells: |data| is_true(data, "bot"),
    },
];

fn is_true(data: Node<'_>, key: &str) -> bool {
    data.get(key).and_then(Node::as_bool) == Some(true)
}

impl Indicator {
    fn is_of(&self, schema: &SchemaKey) -> bool {
        schema.name() == self.context && schema.vendor() == self.vendor
    }

    fn says_bot(&self, work: &Work<'_>) -> bool {
        if self.sent {
            let mut contexts = work.contexts.iter();
            return contexts.any(|context| self.is_of(&context.key) && (self.tells)(context.data));
        }
        work.derived.iter().any(|context| {
            self.is_of(&context.schema)
                && Doc::parse(&context.data).is_ok_and(|doc| (self.tells)(doc.root()))
        })
    }
}

struct BotDetection {
    asked: Vec<&'static Indicator>,
    schema: SchemaKey,
}

impl BotDetection {
    fn new(data: &Value) -> Result<BotDetection, BuildError> {
        let mut asked = Vec::new();
        for indicator in &INDICATORS {
            if flag(data, indicator.setting)? == Some(true) {
                asked.push(indicator);
            }
        }
        let schema = SchemaKey::parse(CONTEXT).map_err(|e| wrong("schema", e.to_string()))?;
        Ok(BotDetection { asked, schema })
    }
}

impl Enrichment for BotDetection {
    fn apply(&self, _: &mut Event, work: &mut Work<'_>) -> Step {
        let mut names = String::new();
        for indicator in self.asked.iter().filter(|asked| asked.says_bot(work)) {
            let comma = if names.is_empty() { "" } else { "," };
            names.push_str(&format!("{comma}\"{}\"", indicator.name));
        }
        let bot = !names.is_empty();
        Step::Contexts(vec![Context {
            schema: self.schema.clone(),
            data: format!("{{\"bot\":{bot},\"indicators\":[{names}]}}"),
        }])
    }
}

#[cfg(test)]
mod tests {
    use super::super::OfRequest;
    use super::super::testing::{Fixture, contexts, run_with};
    use super::*;
    use crate::remote::Asked;
    use crate::schema::self_describing::SelfDescribing;
    use serde_json::json;

    fn run(asked: [bool; 4], derived: &[(&str, &str)], sent: &str) -> String {
        let [yauaa, iab, asn, client] = asked;
        let step = BotDetection::new(&json!({"parameters": {
            "useYauaa": yauaa, "useIab": iab, "useAsnLookups": asn, "useClientSideDetection": client,
        }}))
        .unwrap();
        let key = |name: &str| SchemaKey::parse(&format!("iglu:{name}/jsonschema/1-0-0")).unwrap();
        let doc = Doc::parse(sent).unwrap();
        let of_client = [SelfDescribing {
            key: key("com.snowplowanalytics.snowplow/client_side_bot_detection"),
            data: doc.root(),
        }];
        let mut made = Vec::new();
        let _ = run_with(&step, &mut Event::default(), &Fixture::default(), |work| {
            let derived = derived.iter().map(|(name, data)| Context {
                schema: key(name),
                data: (*data).to_owned(),
            });
            let mut asked = Asked::default();
            let mut trial = Work {
                raw: work.raw,
                page_uri: None,
                referrer_uri: None,
                page_query: None,
                unstruct: None,
                contexts: &of_client,
                derived: derived.collect(),
                asked: &mut asked,
                request: &mut OfRequest::default(),
            };
            made = contexts(step.apply(&mut Event::default(), &mut trial));
        });
        let [(schema, data)] = made.try_into().unwrap();
        assert_eq!(schema, CONTEXT);
        data
    }

    const NONE: &str = "{\"bot\":false,\"indicators\":[]}";

    #[test]
    fn each_indicator_counts_where_it_is_asked() {
        let derived = [
            (
                "nl.basjes/yauaa_context",
                "{\"deviceClass\":\"Phone\",\"agentClass\":\"Robot\"}",
            ),
            (
                "com.iab.snowplow/spiders_and_robots",
                "{\"spiderOrRobot\":true}",
            ),
            (
                "com.snowplowanalytics.snowplow/asn",
                "{\"number\":1,\"likelyBot\":true}",
            ),
        ];
        assert_eq!(
            run([true; 4], &derived, "{\"bot\":true}"),
            "{\"bot\":true,\"indicators\":[\"yauaa\",\"iab\",\"asnLookups\",\"clientSideDetection\"]}"
        );
        assert_eq!(
            run([false, true, false, false], &derived, "{\"bot\":true}"),
            "{\"bot\":true,\"indicators\":[\"iab\"]}"
        );
        assert_eq!(run([false; 4], &derived, "{\"bot\":true}"), NONE);
    }

    #[test]
    fn every_event_is_told_of() {
        let derived = [
            ("nl.basjes/yauaa_context", "{\"deviceClass\":\"Desktop\"}"),
            (
                "com.iab.snowplow/spiders_and_robots",
                "{\"spiderOrRobot\":false}",
            ),
            ("com.snowplowanalytics.snowplow/asn", "{\"number\":1}"),
        ];
        assert_eq!(run([true; 4], &derived, "{\"bot\":false}"), NONE);
        assert_eq!(run([true; 4], &[], "[]"), NONE);
    }

    #[test]
    fn classes_of_devices_that_are_bots_count() {
        for (class, bot) in [
            ("Robot Imitator", true),
            ("Robot Mobile", true),
            ("Hacker", false),
        ] {
            let data = format!("{{\"deviceClass\":\"{class}\"}}");
            let made = run(
                [true; 4],
                &[("nl.basjes/yauaa_context", data.as_str())],
                "{}",
            );
            assert_eq!(made.contains("yauaa"), bot, "{class}");
        }
    }
}
