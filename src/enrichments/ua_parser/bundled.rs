//! The rules that come with the program: those of uap-java 1.5.4, put in by the build.

use super::rules::{Rule, Rules, Text};

/// A rule as the build writes it; the fields are those of [`Rule`].
struct Raw {
    pattern: &'static str,
    ignore_case: bool,
    answers: [Option<&'static str>; 4],
    needs: &'static [&'static [&'static str]],
}

// AGENTS, SYSTEMS and DEVICES.
include!(concat!(env!("OUT_DIR"), "/ua_rules.rs"));

/// The bundled rules.
pub fn rules() -> Rules {
    let list = |raw: &'static [Raw]| raw.iter().map(Raw::rule).collect();
    Rules {
        agents: list(AGENTS),
        systems: list(SYSTEMS),
        devices: list(DEVICES),
    }
}

impl Raw {
    fn rule(&'static self) -> Rule {
        let clause =
            |texts: &&'static [&'static str]| texts.iter().copied().map(Text::Borrowed).collect();
        Rule {
            pattern: Text::Borrowed(self.pattern),
            ignore_case: self.ignore_case,
            answers: self.answers.map(|answer| answer.map(Text::Borrowed)),
            needs: self.needs.iter().map(clause).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_those_of_uap_java_1_5_4() {
        let rules = rules();
        let lengths = [rules.agents.len(), rules.systems.len(), rules.devices.len()];
        assert_eq!(lengths, [347, 190, 625]);
        let without = rules.iter().filter(|rule| rule.needs.is_empty()).count();
        assert!(
            without < 12,
            "{without} rules would be tried on every agent"
        );
    }
}
