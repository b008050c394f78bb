//! The rules at work: which agent, system and device a user agent names.
//!
//! Nothing is compiled at start. The index tells which rules can match; each of those is compiled
//! when it is first tried. Rules that the small matcher cannot run, or not fast enough, are left
//! to the complete engine of [`jvm::pattern`].

use std::sync::OnceLock;

use jvm::pattern::Pattern;

use super::index::{Index, Marks};
use super::matcher::{self, Outcome};
use super::program::Program;
use super::resolve::{self, Agent, Groups, System};
use super::rules::{Rule, Rules};
use super::syntax;

/// What a user agent names.
#[derive(Debug, PartialEq, Eq)]
pub struct Client {
    /// The agent, `Other` when no rule knows it.
    pub agent: Agent,
    /// The operating system, likewise.
    pub system: System,
    /// The device, likewise.
    pub device: String,
}

const OTHER: &str = "Other";

/// A pattern as far as it has been needed.
#[derive(Debug, Default)]
struct Compiled {
    program: OnceLock<Option<Program>>,
    complete: OnceLock<Option<Box<Pattern>>>,
}

/// Rules, ready to be asked.
#[derive(Debug)]
pub struct Engine {
    rules: Rules,
    index: Index,
    compiled: Vec<Compiled>,
}

#[derive(Default)]
struct Scratch {
    matcher: matcher::Scratch,
    marks: Marks,
}

impl Engine {
    /// Makes an engine.
    ///
    /// # Errors
    /// When there are more rules than can be numbered.
    pub fn new(mut rules: Rules) -> Result<Engine, String> {
        let index = Index::new(&rules)?;
        let Rules {
            agents,
            systems,
            devices,
        } = &mut rules;
        for rule in agents.iter_mut().chain(systems).chain(devices) {
            // The index has them.
            rule.needs = Vec::new();
        }
        let compiled = rules.iter().map(|_| Compiled::default()).collect();
        Ok(Engine {
            index,
            compiled,
            rules,
        })
    }

    /// Tries to compile every pattern that only the complete engine can run.
    ///
    /// # Errors
    /// The first pattern that is none.
    pub fn check(&self) -> Result<(), String> {
        for rule in self.rules.iter() {
            if syntax::parse(&rule.pattern, rule.ignore_case).is_none() {
                complete(rule).map_err(|error| format!("regex {}: {error}", rule.pattern))?;
            }
        }
        Ok(())
    }

    /// What `text` names.
    ///
    /// # Errors
    /// The message of the exception that the reference throws on an ill-formed replacement.
    pub fn parse(&self, text: &str) -> Result<Client, String> {
        let mut scratch = Scratch::default();
        self.index.scan(text, &mut scratch.marks);
        let Rules {
            agents,
            systems,
            devices,
        } = &self.rules;
        let agent = self.first(text, &mut scratch, 0, agents, |rule, groups| {
            Ok(resolve::agent(&rule.answers, groups))
        })?;
        let system = self.first(text, &mut scratch, agents.len(), systems, |rule, groups| {
            resolve::system(&rule.answers, groups)
        })?;
        let from = agents.len() + systems.len();
        let device = self.first(text, &mut scratch, from, devices, |rule, groups| {
            Ok(resolve::device(&rule.answers, groups))
        })?;
        Ok(Client {
            agent: agent.unwrap_or_else(|| Agent {
                family: OTHER.to_owned(),
                version: [const { None }; 3],
            }),
            system: system.unwrap_or_else(|| System {
                family: OTHER.to_owned(),
                version: [const { None }; 4],
            }),
            device: device.unwrap_or_else(|| OTHER.to_owned()),
        })
    }

    /// The answer of the first rule of a list that gives one; the list's rules are numbered from `from`.
    fn first<T>(
        &self,
        text: &str,
        scratch: &mut Scratch,
        from: usize,
        rules: &[Rule],
        answer: impl Fn(&Rule, &Groups<'_>) -> Result<Option<T>, String>,
    ) -> Result<Option<T>, String> {
        let Scratch { matcher, marks } = scratch;
        for number in self.index.candidates(marks, from, from + rules.len()) {
            let (Some(rule), Some(compiled)) =
                (rules.get(number - from), self.compiled.get(number))
            else {
                continue;
            };
            if let Some(groups) = compiled.find(rule, text, matcher)
                && let Some(found) = answer(rule, &groups)?
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

impl Compiled {
    fn find<'t>(
        &self,
        rule: &Rule,
        text: &'t str,
        scratch: &mut matcher::Scratch,
    ) -> Option<Vec<Option<&'t str>>> {
        let program = self
            .program
            .get_or_init(|| Program::new(&syntax::parse(&rule.pattern, rule.ignore_case)?));
        if let Some(program) = program {
            match matcher::find(program, text, scratch) {
                Outcome::Found(groups) => return Some(groups),
                Outcome::Missing => return None,
                Outcome::Exhausted => {}
            }
        }
        let complete = self
            .complete
            .get_or_init(|| complete(rule).ok().map(Box::new));
        complete.as_ref()?.captures(text)
    }
}

fn complete(rule: &Rule) -> Result<Pattern, String> {
    Pattern::with_flags(&rule.pattern, rule.ignore_case).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::{bundled, literals};
    use super::*;

    fn engine(yaml: &str) -> Engine {
        let needs = |pattern: &str, ignore_case| {
            let node = syntax::parse(pattern, ignore_case);
            node.map(|node| literals::required(&node))
                .unwrap_or_default()
        };
        Engine::new(Rules::parse(yaml, needs).unwrap()).unwrap()
    }

    #[test]
    fn the_first_rule_that_gives_an_answer_counts() {
        let engine = engine(
            r"
user_agent_parsers:
  - regex: '(Nope)?Chrome'
  - regex: 'Chrome/(\d+)'
    family_replacement: 'Second'
  - regex: '(Chrome)'
os_parsers: []
device_parsers:
  - regex: 'PHONE (.+)$'
    regex_flag: 'i'
",
        );
        let client = engine.parse("Phone Chrome/7").unwrap();
        assert_eq!(client.agent.family, "Second");
        assert_eq!(client.system.family, "Other");
        assert_eq!(client.device, "Chrome/7");
    }

    #[test]
    fn patterns_beyond_the_small_matcher_work_too() {
        let engine = engine(
            r"
user_agent_parsers:
  - regex: '(Fo++)(?!x)'
  - regex: '(?i)(bar)'
os_parsers: []
device_parsers: []
",
        );
        assert_eq!(engine.check(), Ok(()));
        assert_eq!(engine.parse("Foox Foooy BAR").unwrap().agent.family, "Fooo");
        assert_eq!(engine.parse("Foox BAR").unwrap().agent.family, "BAR");
    }

    #[test]
    fn a_pattern_that_is_none_is_found_by_the_check() {
        let engine =
            engine("user_agent_parsers: [{regex: '(a'}]\nos_parsers: []\ndevice_parsers: []\n");
        assert!(engine.check().unwrap_err().starts_with("regex (a: "));
    }

    #[test]
    fn a_text_made_to_keep_a_rule_busy_still_gets_its_answer() {
        let engine = engine(
            "user_agent_parsers: [{regex: '(?:a+a+)+(b)'}]\nos_parsers: []\ndevice_parsers: []\n",
        );
        let text = "a".repeat(3_000);
        assert_eq!(engine.parse(&text).unwrap().agent.family, "Other");
        assert_eq!(engine.parse(&format!("{text}b")).unwrap().agent.family, "b");
    }

    #[test]
    fn the_bundled_rules_all_run_on_the_small_matcher() {
        for rule in bundled::rules().iter() {
            let node = syntax::parse(&rule.pattern, rule.ignore_case);
            let program = node.as_ref().and_then(Program::new);
            assert!(program.is_some(), "{}", rule.pattern);
        }
    }
}
