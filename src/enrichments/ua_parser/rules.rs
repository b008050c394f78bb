//! The rules: patterns and what to answer when they match, read from YAML.
//!
//! The build reads the bundled rules with this same file, hence it names nothing outside its folder.

use std::borrow::Cow;

use yaml_rust2::{Yaml, YamlLoader};

/// A text that is part of the program or was read at run time.
pub type Text = Cow<'static, str>;

/// One rule: a pattern, what it needs to match, and the answers it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The pattern, in Java's syntax.
    pub pattern: Text,
    /// Whether upper and lower case of ASCII letters are one.
    pub ignore_case: bool,
    /// Replacements for the family and up to three parts of the version.
    pub answers: [Option<Text>; 4],
    /// Lists of literals in lower case; of each list one must occur.
    pub needs: Vec<Vec<Text>>,
}

/// The three lists of rules, each in the order they are tried.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// Rules for the agent's family and version.
    pub agents: Vec<Rule>,
    /// Rules for the operating system.
    pub systems: Vec<Rule>,
    /// Rules for the device.
    pub devices: Vec<Rule>,
}

/// Keys of the answers in each list.
const AGENT: &[&str] = &["family_replacement", "v1_replacement", "v2_replacement"];
const SYSTEM: &[&str] = &[
    "os_replacement",
    "os_v1_replacement",
    "os_v2_replacement",
    "os_v3_replacement",
];
const DEVICE: &[&str] = &["device_replacement"];

impl Rules {
    /// All rules, the lists one after the other.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.agents.iter().chain(&self.systems).chain(&self.devices)
    }

    /// Reads rules; `needs` tells what a pattern needs to match, given whether it ignores case.
    ///
    /// # Errors
    /// What is wrong, in words that name the list and the rule.
    pub fn parse(
        yaml: &str,
        needs: impl Fn(&str, bool) -> Vec<Vec<String>>,
    ) -> Result<Rules, String> {
        let documents = YamlLoader::load_from_str(yaml).map_err(|e| e.to_string())?;
        let root = documents.first().ok_or("the file is empty")?;
        let list = |key: &str, answers: &[&str]| -> Result<Vec<Rule>, String> {
            let rules = root[key]
                .as_vec()
                .ok_or_else(|| format!("{key} is missing from yaml"))?;
            let rule = |(n, yaml): (usize, &Yaml)| {
                read(yaml, answers, key == "device_parsers", &needs)
                    .ok_or_else(|| format!("rule {} of {key} has no regex", n + 1))
            };
            rules.iter().enumerate().map(rule).collect()
        };
        Ok(Rules {
            agents: list("user_agent_parsers", AGENT)?,
            systems: list("os_parsers", SYSTEM)?,
            devices: list("device_parsers", DEVICE)?,
        })
    }
}

fn read(
    yaml: &Yaml,
    answers: &[&str],
    has_flag: bool,
    needs: &impl Fn(&str, bool) -> Vec<Vec<String>>,
) -> Option<Rule> {
    let pattern = scalar(&yaml["regex"])?;
    let ignore_case = has_flag && yaml["regex_flag"].as_str() == Some("i");
    let clause = |literals: Vec<String>| literals.into_iter().map(Text::Owned).collect();
    Some(Rule {
        ignore_case,
        answers: std::array::from_fn(|n| scalar(&yaml[*answers.get(n)?])),
        needs: needs(&pattern, ignore_case)
            .into_iter()
            .map(clause)
            .collect(),
        pattern,
    })
}

/// The text of a scalar as it is written, also of one that looks like a number.
fn scalar(yaml: &Yaml) -> Option<Text> {
    match yaml {
        Yaml::String(text) | Yaml::Real(text) => Some(Text::Owned(text.clone())),
        Yaml::Integer(number) => Some(Text::Owned(number.to_string())),
        Yaml::Boolean(flag) => Some(Text::Owned(flag.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = r#"
user_agent_parsers:
  - regex: '(Foo)/(\d+)'   # a comment
    family_replacement: "F\u00f6o"
    v1_replacement: 7
os_parsers:
  - regex: "W'in"
    os_replacement: 'Win''s'
    os_v3_replacement: '$3'
device_parsers:
  - regex: dev
    regex_flag: 'i'
    device_replacement: >-
      Two
      words
    brand_replacement: 'unused'
"#;

    fn parse(yaml: &str) -> Result<Rules, String> {
        Rules::parse(yaml, |pattern, _| vec![vec![pattern.to_owned()]])
    }

    #[test]
    fn rules_are_read_with_their_answers() {
        let rules = parse(YAML).unwrap();
        let [agent, system, device] = [&rules.agents[0], &rules.systems[0], &rules.devices[0]];
        assert_eq!(agent.pattern, r"(Foo)/(\d+)");
        assert_eq!(agent.answers[0].as_deref(), Some("Föo"));
        assert_eq!(agent.answers[1].as_deref(), Some("7"));
        assert_eq!(agent.needs.len(), 1);
        assert_eq!(system.pattern, "W'in");
        assert_eq!(system.answers[0].as_deref(), Some("Win's"));
        assert_eq!(system.answers[3].as_deref(), Some("$3"));
        assert!(device.ignore_case && !agent.ignore_case);
        assert_eq!(device.answers[0].as_deref(), Some("Two words"));
        assert_eq!(rules.iter().count(), 3);
    }

    #[test]
    fn a_file_of_another_shape_is_refused() {
        assert_eq!(parse(""), Err("the file is empty".to_owned()));
        assert_eq!(
            parse("a: 1"),
            Err("user_agent_parsers is missing from yaml".to_owned())
        );
        let yaml = YAML.replace("regex: dev", "no: dev");
        assert_eq!(
            parse(&yaml),
            Err("rule 1 of device_parsers has no regex".to_owned())
        );
    }
}
