//! `java.util.regex.Pattern` of JDK 17 on Rust engines.
//!
//! A pattern is parsed by Java's rules into a tree and written out again for the `regex` crate,
//! or for `fancy-regex` where it needs look-around, back-references or possessive repeats. Line
//! terminators and word boundaries differ between the worlds only for few inputs; those inputs
//! take a second, exact translation, made when the first of them arrives.

mod class;
mod emit;
mod parse;
mod parse_class;
mod parse_escape;
mod tree;

use std::sync::OnceLock;

use emit::{Counts, Target, Traits};

/// Largest program of the `regex` crate in bytes.
const SIZE_LIMIT: usize = 16 << 20;
/// Largest cache of its lazy automaton in bytes.
const DFA_LIMIT: usize = 4 << 20;
/// Steps back that `fancy-regex` may take in one search.
const BACKTRACK_LIMIT: usize = 250_000;
/// Deepest nesting of the text handed to the `regex` crate.
const NEST_LIMIT: u32 = 1000;

/// A pattern that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Java refuses it too.
    #[error("{0}")]
    Syntax(&'static str),
    /// Valid in Java, but not reproduced here.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// Valid in Java, but too large to be compiled within bounds.
    #[error("the pattern is too large")]
    TooLarge,
}

/// A compiled Java pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    groups: usize,
    traits: Traits,
    /// For inputs where Java and Rust agree.
    plain: Translation,
    /// For the others, if the pattern has any.
    exact: Option<Translation>,
}

#[derive(Debug, Clone)]
struct Translation {
    text: String,
    fancy: bool,
    find: OnceLock<Option<Engine>>,
    full: OnceLock<Option<Engine>>,
}

#[derive(Debug, Clone)]
enum Engine {
    Regex(regex::Regex),
    Fancy(fancy_regex::Regex),
}

impl Pattern {
    /// `Pattern.compile(java_regex)`.
    ///
    /// # Errors
    /// [`PatternError`] for what Java refuses and for what cannot be translated.
    pub fn new(java_regex: &str) -> Result<Pattern, PatternError> {
        Pattern::with_flags(java_regex, false)
    }

    /// `Pattern.compile(java_regex, flags)`, the flags being none or `CASE_INSENSITIVE` (ASCII).
    ///
    /// # Errors
    /// As [`Pattern::new`].
    pub fn with_flags(java_regex: &str, case_insensitive: bool) -> Result<Pattern, PatternError> {
        let parsed = parse::parse(java_regex, case_insensitive)?;
        let traits = emit::traits(&parsed.root);
        // Compiled now, so that what cannot be compiled is known now.
        let mut plain = Translation::new(&parsed, Target::Plain, Counts::Unrolled)?;
        let mut counts = Counts::Unrolled;
        let engine = match Engine::new(&plain.text, plain.fancy) {
            Err(PatternError::TooLarge) => {
                counts = Counts::Looped;
                plain = Translation::new(&parsed, Target::Plain, counts)?;
                Engine::new(&plain.text, plain.fancy)?
            }
            other => other?,
        };
        let exact = if traits.any() {
            Some(Translation::new(&parsed, Target::Exact, counts)?)
        } else {
            None
        };
        let _ = plain.find.set(Some(engine));
        Ok(Pattern {
            source: java_regex.to_owned(),
            groups: parsed.groups,
            traits,
            plain,
            exact,
        })
    }

    /// `Matcher.find`: does the pattern occur anywhere? Also false when the search would take too
    /// many steps.
    pub fn find(&self, input: &str) -> bool {
        self.translation(input)
            .find_engine()
            .is_some_and(|e| e.is_match(input))
    }

    /// `Matcher.matches`: does the pattern match the whole input?
    pub fn full_match(&self, input: &str) -> bool {
        self.translation(input)
            .full_engine()
            .is_some_and(|e| e.is_match(input))
    }

    /// The groups of the first occurrence, the whole match as number 0; `None` without one.
    pub fn captures<'a>(&self, input: &'a str) -> Option<Vec<Option<&'a str>>> {
        self.translation(input)
            .find_engine()?
            .captures(input, self.groups)
    }

    /// The groups of a match of the whole input.
    pub fn full_captures<'a>(&self, input: &'a str) -> Option<Vec<Option<&'a str>>> {
        self.translation(input)
            .full_engine()?
            .captures(input, self.groups)
    }

    /// `Matcher.replaceAll`, or `replaceFirst` unless `all`: `replacement` is told the groups of each
    /// occurrence, the whole match as number 0. What is left when a search takes too many steps stays.
    pub fn replace(
        &self,
        input: &str,
        all: bool,
        mut replacement: impl FnMut(&[Option<&str>]) -> String,
    ) -> String {
        let mut out = String::with_capacity(input.len());
        let mut rest = 0;
        let most = if all { usize::MAX } else { 1 };
        let mut add = |start: usize, end: usize, groups: &[Option<&str>]| {
            out.push_str(input.get(rest..start).unwrap_or_default());
            out.push_str(&replacement(groups));
            rest = end;
        };
        match self.translation(input).find_engine() {
            None => {}
            Some(Engine::Regex(r)) => {
                for found in r.captures_iter(input).take(most) {
                    let group = |g| found.get(g).map(|m| m.as_str());
                    let groups: Vec<_> = (0..=self.groups).map(group).collect();
                    if let Some(whole) = found.get(0) {
                        add(whole.start(), whole.end(), &groups);
                    }
                }
            }
            Some(Engine::Fancy(r)) => {
                for found in r.captures_iter(input).map_while(Result::ok).take(most) {
                    let group = |g| found.get(g).map(|m| m.as_str());
                    let groups: Vec<_> = (0..=self.groups).map(group).collect();
                    if let Some(whole) = found.get(0) {
                        add(whole.start(), whole.end(), &groups);
                    }
                }
            }
        }
        out.push_str(input.get(rest..).unwrap_or_default());
        out
    }

    /// Number of capturing groups, without the whole match.
    pub fn group_count(&self) -> usize {
        self.groups
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    fn translation(&self, input: &str) -> &Translation {
        match &self.exact {
            Some(exact) if self.traits.differ_on(input) => exact,
            _ => &self.plain,
        }
    }
}

impl Translation {
    fn new(parsed: &parse::Parsed, target: Target, counts: Counts) -> Result<Self, PatternError> {
        let (text, fancy) = emit::emit(parsed, target, counts)?;
        Ok(Translation {
            text,
            fancy,
            find: OnceLock::new(),
            full: OnceLock::new(),
        })
    }

    fn find_engine(&self) -> Option<&Engine> {
        self.find
            .get_or_init(|| Engine::new(&self.text, self.fancy).ok())
            .as_ref()
    }

    fn full_engine(&self) -> Option<&Engine> {
        self.full
            .get_or_init(|| {
                let anchored = format!("\\A(?:{})\\z", self.text);
                Engine::new(&anchored, self.fancy).ok()
            })
            .as_ref()
    }
}

impl Engine {
    fn new(text: &str, fancy: bool) -> Result<Engine, PatternError> {
        if fancy {
            return fancy_regex::RegexBuilder::new(text)
                .backtrack_limit(BACKTRACK_LIMIT)
                .delegate_size_limit(SIZE_LIMIT)
                .delegate_dfa_size_limit(DFA_LIMIT)
                .build()
                .map(Engine::Fancy)
                .map_err(|e| match &e {
                    fancy_regex::Error::CompileError(fancy_regex::CompileError::InnerError(
                        inner,
                    )) if inner.size_limit().is_some() => PatternError::TooLarge,
                    _ => PatternError::Unsupported(e.to_string()),
                });
        }
        regex::RegexBuilder::new(text)
            .size_limit(SIZE_LIMIT)
            .dfa_size_limit(DFA_LIMIT)
            .nest_limit(NEST_LIMIT)
            .build()
            .map(Engine::Regex)
            .map_err(|e| match e {
                regex::Error::CompiledTooBig(_) => PatternError::TooLarge,
                other => PatternError::Unsupported(other.to_string()),
            })
    }

    fn is_match(&self, input: &str) -> bool {
        match self {
            Engine::Regex(r) => r.is_match(input),
            Engine::Fancy(r) => r.is_match(input).unwrap_or(false),
        }
    }

    fn captures<'a>(&self, input: &'a str, groups: usize) -> Option<Vec<Option<&'a str>>> {
        Some(match self {
            Engine::Regex(r) => {
                let found = r.captures(input)?;
                (0..=groups)
                    .map(|g| found.get(g).map(|m| m.as_str()))
                    .collect()
            }
            Engine::Fancy(r) => {
                let found = r.captures(input).ok()??;
                (0..=groups)
                    .map(|g| found.get(g).map(|m| m.as_str()))
                    .collect()
            }
        })
    }
}

#[cfg(test)]
mod tests;
