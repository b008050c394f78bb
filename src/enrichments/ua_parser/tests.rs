use super::super::testing::{Files, Fixture, contexts, run_with};
use super::*;
use crate::badrows::failure::Message;
use serde_json::json;

const SCHEMA: &str = "iglu:com.snowplowanalytics.snowplow/ua_parser_config/jsonschema/1-0-1";

fn build(data: Value, files: Vec<(&'static str, Vec<u8>)>) -> Result<UaParser, BuildError> {
    UaParser::new(&SchemaKey::parse(SCHEMA).unwrap(), &data, &Files(files))
}

fn run(step: &UaParser, agent: Option<&str>) -> Step {
    let mut event = Event::default();
    event.set_text(fields::USERAGENT, agent);
    run_with(step, &mut event, &Fixture::default(), |_| {})
}

#[test]
fn an_agent_becomes_a_context_the_second_time_from_memory() {
    let step = build(json!({"enabled": true}), Vec::new()).unwrap();
    let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/96.0.5868.1 Safari/537.36";
    let expected = r#"{"useragentFamily":"Chrome","useragentMajor":"96","useragentMinor":"0","useragentPatch":"5868","useragentVersion":"Chrome 96.0.5868","osFamily":"Windows","osMajor":"10","osMinor":null,"osPatch":null,"osPatchMinor":null,"osVersion":"Windows 10","deviceFamily":"Other"}"#;
    for _ in 0..2 {
        let made = contexts(run(&step, Some(agent)));
        assert_eq!(made, [(CONTEXT.to_owned(), expected.to_owned())]);
    }
    assert_eq!(step.known.len(), 1);
}

#[test]
fn an_unknown_or_empty_agent_is_other_and_none_is_nothing() {
    let step = build(json!({}), Vec::new()).unwrap();
    let expected = r#"{"useragentFamily":"Other","useragentMajor":null,"useragentMinor":null,"useragentPatch":null,"useragentVersion":"Other","osFamily":"Other","osMajor":null,"osMinor":null,"osPatch":null,"osPatchMinor":null,"osVersion":"Other","deviceFamily":"Other"}"#;
    for agent in ["", "§"] {
        assert_eq!(contexts(run(&step, Some(agent)))[0].1, expected);
    }
    assert!(contexts(run(&step, None)).is_empty());
}

#[test]
fn very_long_agents_are_not_remembered() {
    let step = build(json!({}), Vec::new()).unwrap();
    contexts(run(&step, Some(&"x".repeat(10_000))));
    assert_eq!(step.known.len(), 0);
}

#[test]
fn a_version_is_written_without_the_parts_that_are_missing() {
    let part = |text: &str| Some(text.to_owned());
    assert_eq!(whole("F", &[None, part("2"), None]), "F.2");
    assert_eq!(whole("F", &[part("1"), None, part("")]), "F 1.");
}

#[test]
fn rules_of_ones_own_replace_the_bundled_ones() {
    let yaml = "user_agent_parsers: [{regex: '(Mine)'}]\n\
                os_parsers: [{regex: 'Mine(.*)', os_replacement: '<$1>'}]\n\
                device_parsers: []\n";
    let data = json!({"parameters": {"uri": "http://files.test/", "database": "r.yaml"}});
    let files = vec![("http://files.test/r.yaml", yaml.into())];
    let step = build(data.clone(), files).unwrap();
    let made = contexts(run(&step, Some("Mine7")));
    assert!(
        made[0].1.contains(r#""useragentFamily":"Mine""#),
        "{}",
        made[0].1
    );
    assert!(made[0].1.contains(r#""osFamily":"<7>""#), "{}", made[0].1);
    match run(&step, Some("Mine$")) {
        Step::Failed(failures) => {
            assert_eq!(failures.len(), 1);
            let origin = failures[0].enrichment.as_ref().unwrap();
            assert_eq!(
                (origin.schema.uri(), origin.identifier),
                (SCHEMA, "ua-parser")
            );
            let expectation =
                "could not parse useragent: Illegal group reference: group index is missing";
            assert_eq!(
                failures[0].message,
                Message::InputData {
                    field: "useragent".to_owned(),
                    value: Some("Mine$".to_owned()),
                    expectation: expectation.to_owned(),
                }
            );
        }
        other => panic!("{other:?}"),
    }
    let files = vec![("http://files.test/r.yaml", b"os_parsers: []".to_vec())];
    assert_eq!(
        build(data, files).err().unwrap().to_string(),
        "asset http://files.test/r.yaml: Failed to initialize ua parser: \
         [user_agent_parsers is missing from yaml]"
    );
}
