use super::super::testing::{Files, Fixture, contexts, run_with};
use super::*;
use serde_json::json;

const CONFIG: &str = "iglu:com.snowplowanalytics.snowplow.enrichments/iab_spiders_and_robots_enrichment/jsonschema/1-0-1";

fn build_with(
    addresses: &str,
    exclude: &str,
    include: &str,
    more: Value,
) -> Result<Iab, BuildError> {
    let source = |name: &str| json!({"database": name, "uri": "http://lists.test/"});
    let mut parameters = json!({
        "ipFile": source("ip"),
        "excludeUseragentFile": source("exclude"),
        "includeUseragentFile": source("include"),
    });
    for (key, value) in more.as_object().unwrap() {
        parameters[key] = value.clone();
    }
    let files = Files(vec![
        ("http://lists.test/ip", addresses.into()),
        ("http://lists.test/exclude", exclude.into()),
        ("http://lists.test/include", include.into()),
    ]);
    let schema = SchemaKey::parse(CONFIG).unwrap();
    Iab::new(&schema, &json!({"parameters": parameters}), &files)
}

fn build(more: Value) -> Iab {
    build_with(
        "10.0.0.0/8\n203.0.113.7\n",
        "crawl|1|NoCrawl, crawl me|1|2|0\nad seer|1||1|1|0\nstarter|1||1|0|1\n\
         sleeper|1||1|0|0|01/01/2020\nlost|0||1|0|0\nodd|1||1|7|0\n",
        "browser|1|0\nonly at start|1|1\nretired|0|0|01/01/2020\n",
        more,
    )
    .unwrap()
}

fn run(step: &Iab, agent: &str, address: &str, time: &str) -> Step {
    let mut event = Event::default();
    event.set_text(fields::USERAGENT, Some(agent));
    event.set_text(fields::USER_IPADDRESS, Some(address));
    event.set_text(fields::DERIVED_TSTAMP, Some(time));
    run_with(step, &mut event, &Fixture::default(), |_| {})
}

const EARLY: &str = "2019-12-31 23:59:59.999";
const LATE: &str = "2020-01-01 00:00:00.000";

fn answer(step: &Iab, agent: &str, address: &str, time: &str) -> String {
    let made = contexts(run(step, agent, address, time));
    let [(schema, data)] = made.as_slice() else {
        return "none".to_owned();
    };
    assert_eq!(schema, CONTEXT);
    let data: Value = serde_json::from_str(data).unwrap();
    let text = |key: &str| data[key].as_str().unwrap().to_owned();
    assert_eq!(data["spiderOrRobot"], json!(text("category") != "BROWSER"));
    [text("category"), text("reason"), text("primaryImpact")].join(" ")
}

const PASSED: &str = "BROWSER PASSED_ALL NONE";
const UNKNOWN: &str = "SPIDER_OR_ROBOT FAILED_UA_INCLUDE UNKNOWN";

#[test]
fn agents_are_told_apart_by_both_lists() {
    let step = build(json!({}));
    for (agent, time, expected) in [
        ("My Browser", LATE, PASSED),
        ("Something", LATE, UNKNOWN),
        ("only AT start", LATE, PASSED),
        ("not only at start", LATE, UNKNOWN),
        ("Retired", EARLY, PASSED),
        ("Retired", LATE, UNKNOWN),
        (
            "browser CRAWLer",
            LATE,
            "ACTIVE_SPIDER_OR_ROBOT FAILED_UA_EXCLUDE PAGE_AND_AD_IMPRESSIONS",
        ),
        ("browser crawl nocrawl", LATE, PASSED),
        ("browser crawl me", LATE, PASSED),
        (
            "browser crawl me ad seer",
            LATE,
            "ACTIVE_SPIDER_OR_ROBOT FAILED_UA_EXCLUDE AD_IMPRESSIONS",
        ),
        ("browser starter", LATE, PASSED),
        (
            "starter browser",
            LATE,
            "ACTIVE_SPIDER_OR_ROBOT FAILED_UA_EXCLUDE PAGE_IMPRESSIONS",
        ),
        (
            "sleeper browser",
            EARLY,
            "ACTIVE_SPIDER_OR_ROBOT FAILED_UA_EXCLUDE PAGE_IMPRESSIONS",
        ),
        (
            "sleeper browser",
            LATE,
            "INACTIVE_SPIDER_OR_ROBOT FAILED_UA_EXCLUDE PAGE_IMPRESSIONS",
        ),
        ("lost browser", EARLY, PASSED),
        // of two robots the one that stands first in the file
        (
            "ad seer browser crawl",
            LATE,
            "ACTIVE_SPIDER_OR_ROBOT FAILED_UA_EXCLUDE PAGE_AND_AD_IMPRESSIONS",
        ),
    ] {
        assert_eq!(answer(&step, agent, "1.2.3.4", time), expected, "{agent}");
    }
}

#[test]
fn addresses_are_asked_first() {
    let step = build(json!({"includeUseragents": ["browser"]}));
    let bad = "SPIDER_OR_ROBOT FAILED_IP_EXCLUDE UNKNOWN";
    for (address, expected) in [
        ("10.1.2.3", bad),
        ("203.0.113.7:80", bad),
        ("::ffff:10.0.0.1", bad),
        ("203.0.113.8", PASSED),
        ("2001:db8::1", PASSED),
        ("unknown", "none"),
        // other than ip_lookups, which has a second way to read addresses
        ("096.010.067.084", "none"),
    ] {
        assert_eq!(
            answer(&step, "browser", address, LATE),
            expected,
            "{address}"
        );
    }
}

#[test]
fn lists_of_the_configuration_come_before_the_files() {
    let step = build(json!({"includeUseragents": ["MINE"], "excludeUseragents": ["probe"]}));
    let refused = "SPIDER_OR_ROBOT FAILED_UA_EXCLUDE UNKNOWN";
    for (agent, expected) in [
        ("mine crawl probe", PASSED),
        ("Probe browser", refused),
        ("probe", refused),
        ("else", UNKNOWN),
    ] {
        assert_eq!(answer(&step, agent, "1.2.3.4", LATE), expected, "{agent}");
    }
}

#[test]
fn without_an_agent_there_is_no_context() {
    let step = build(json!({}));
    assert_eq!(answer(&step, " ", "1.2.3.4", LATE), "none");
}

#[test]
fn an_odd_impact_is_a_failure_of_the_events_it_hits() {
    let step = build(json!({}));
    let Step::Failed(failures) = run(&step, "odd browser", "1.2.3.4", LATE) else {
        panic!("no failure")
    };
    let origin = failures[0].enrichment.clone().unwrap();
    assert_eq!(origin.identifier, "iab-spiders-and-robots");
    assert_eq!(origin.schema.uri(), CONFIG);
    let expected = Failure::simple("Invalid value of impression flag: '7'");
    assert_eq!(failures[0].message, expected.message);
}

#[test]
fn a_file_that_cannot_be_read_stops_the_start() {
    let error = build_with("1.2.3.4/99", "", "", json!({})).err().unwrap();
    assert_eq!(
        error.to_string(),
        "asset http://lists.test/ip: `1.2.3.4/99` is no network"
    );
    let error = build_with("", "\"x|1", "", json!({})).err().unwrap();
    assert_eq!(
        error.to_string(),
        "asset http://lists.test/exclude: a quoted cell has no end"
    );
}
