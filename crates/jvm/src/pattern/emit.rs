//! Writes a parsed pattern in the syntax of the Rust engines.

use super::PatternError;

use super::parse::Parsed;
use super::tree::{Mode, Node, Place};

/// Most fixed-width forms that one look-behind is split into.
const MAX_FORMS: usize = 100;

/// Counts up to here are left to the engine even when it must not unroll.
const UNROLLED: u32 = 20;
/// Longest text for `fancy-regex`.
const MAX_FANCY: usize = 1 << 16;
/// Most assertions that are written out as look-around; each costs several small programs.
const MAX_EXPANDED: usize = 100;

/// A class that no character is in.
const NEVER: &str = "[^\\x{0}-\\x{10FFFF}]";

/// Which inputs a translation is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Target {
    /// Those on which [`Traits::differ_on`] is false.
    Plain,
    /// All.
    Exact,
}

/// How counted repeats are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Counts {
    /// As they are: the engine makes as many copies as the count says.
    Unrolled,
    /// Large ones so that `fancy-regex` counts its rounds, slower but small.
    Looped,
}

/// Constructs that Java and Rust read alike only for common inputs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Traits {
    /// `$` or `\Z`: also before a line terminator at the end.
    last_line: bool,
    /// `^` or `$` at every line.
    lines: bool,
    /// `\b` or `\B`: letters beyond ASCII count, but not all that Rust counts.
    boundary: bool,
}

impl Traits {
    pub(super) fn any(self) -> bool {
        self.last_line || self.lines || self.boundary
    }

    /// True if the input needs the exact translation.
    pub(super) fn differ_on(self, input: &str) -> bool {
        let line_end = |c: char| matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
        self.last_line && input.ends_with(line_end)
            || self.lines && (input.is_empty() || input.contains(line_end))
            || self.boundary && !input.is_ascii() && !input.chars().all(word_agrees)
    }
}

pub(super) fn traits(node: &Node) -> Traits {
    let mut found = Traits::default();
    visit(node, &mut |node| match node {
        Node::At(Place::LastLineEnd { .. }) => found.last_line = true,
        Node::At(Place::LineStart { .. } | Place::LineEnd { .. }) => found.lines = true,
        Node::At(Place::WordBoundary { .. }) => found.boundary = true,
        _ => {}
    });
    found
}

fn visit(node: &Node, f: &mut impl FnMut(&Node)) {
    f(node);
    match node {
        Node::Concat(parts) | Node::Alternation(parts) => {
            parts.iter().for_each(|part| visit(part, f));
        }
        Node::Capture(_, inner)
        | Node::Atomic(inner)
        | Node::Look { inner, .. }
        | Node::Repeat { inner, .. } => visit(inner, f),
        _ => {}
    }
}

/// The text of a pattern, and whether it is for `fancy-regex`.
pub(super) fn emit(
    parsed: &Parsed,
    target: Target,
    counts: Counts,
) -> Result<(String, bool), PatternError> {
    let mut fancy = target == Target::Exact || counts == Counts::Looped;
    visit(&parsed.root, &mut |node| {
        fancy |= matches!(
            node,
            Node::Atomic(_)
                | Node::Look { .. }
                | Node::BackReference { .. }
                | Node::Repeat {
                    mode: Mode::Possessive,
                    ..
                }
        );
    });
    let mut emitter = Emitter {
        out: String::new(),
        target,
        counts,
        groups: parsed.groups,
        expanded: 0,
    };
    emitter.node(&parsed.root)?;
    if fancy && emitter.out.len() > MAX_FANCY {
        return Err(PatternError::TooLarge);
    }
    Ok((emitter.out, fancy))
}

struct Emitter {
    out: String,
    target: Target,
    counts: Counts,
    groups: usize,
    /// Assertions written out as look-around.
    expanded: usize,
}

impl Emitter {
    fn node(&mut self, node: &Node) -> Result<(), PatternError> {
        match node {
            Node::Empty => {}
            Node::Never => self.out.push_str(NEVER),
            Node::Literal(c) => self.literal(*c),
            Node::Class(class) => self.out.push_str(class),
            Node::Concat(parts) => {
                for part in parts {
                    match part {
                        Node::Alternation(_) => self.wrapped("(?:", part)?,
                        _ => self.node(part)?,
                    }
                }
            }
            Node::Alternation(parts) => {
                for (i, part) in parts.iter().enumerate() {
                    if i > 0 {
                        self.out.push('|');
                    }
                    self.node(part)?;
                }
            }
            Node::Capture(_, inner) => self.wrapped("(", inner)?,
            Node::Atomic(inner) => self.wrapped("(?>", inner)?,
            Node::Look {
                behind: false,
                negated,
                inner,
            } => self.wrapped(if *negated { "(?!" } else { "(?=" }, inner)?,
            Node::Look { negated, inner, .. } => self.look_behind(*negated, inner)?,
            Node::Repeat {
                inner,
                min,
                max,
                mode,
            } => self.repeat(inner, *min, *max, *mode)?,
            Node::At(place) => self.place(*place)?,
            Node::BackReference { group, .. } if *group > self.groups => {
                self.out.push_str(NEVER);
            }
            Node::BackReference { group, ignore_case } => {
                let flag = if *ignore_case { "i" } else { "" };
                self.out.push_str(&format!("(?{flag}:\\{group})"));
            }
        }
        Ok(())
    }

    fn wrapped(&mut self, open: &str, node: &Node) -> Result<(), PatternError> {
        self.out.push_str(open);
        self.node(node)?;
        self.out.push(')');
        Ok(())
    }

    fn literal(&mut self, c: char) {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '_' | '/' | ',' | ':' | '=' | '@' => {
                self.out.push(c);
            }
            _ => self.out.push_str(&format!("\\x{{{:X}}}", u32::from(c))),
        }
    }

    fn repeat(
        &mut self,
        inner: &Node,
        min: u32,
        max: Option<u32>,
        mode: Mode,
    ) -> Result<(), PatternError> {
        if inner.width() == (0, Some(0)) {
            // Repeating what has no width changes nothing, and the engines refuse some of it.
            return match (min, inner.captures()) {
                (0, false) => Ok(()),
                (0, true) => {
                    self.wrapped("(?:", inner)?;
                    self.out.insert(self.out.len() - 1, '|');
                    Ok(())
                }
                _ => self.wrapped("(?:", inner),
            };
        }
        let largest = max.unwrap_or(min);
        match inner {
            _ if self.counts == Counts::Looped && largest > UNROLLED => {
                // Look-ahead keeps the engine from handing the repeat on as a whole.
                self.wrapped("(?:(?=)(?:", inner)?;
                self.out.push(')');
            }
            Node::Literal(_) | Node::Never | Node::Capture(..) => self.node(inner)?,
            _ => self.wrapped("(?:", inner)?,
        }
        let count = match (min, max) {
            (0, Some(1)) => "?".to_owned(),
            (0, None) => "*".to_owned(),
            (1, None) => "+".to_owned(),
            (min, None) => format!("{{{min},}}"),
            (min, Some(max)) if min == max => format!("{{{min}}}"),
            (min, Some(max)) => format!("{{{min},{max}}}"),
        };
        self.out.push_str(&count);
        match mode {
            Mode::Greedy => {}
            Mode::Lazy => self.out.push('?'),
            Mode::Possessive => self.out.push('+'),
        }
        Ok(())
    }

    fn place(&mut self, place: Place) -> Result<(), PatternError> {
        let exact = self.target == Target::Exact;
        self.expanded += usize::from(exact && !matches!(place, Place::Start | Place::End));
        if self.expanded > MAX_EXPANDED {
            return Err(PatternError::TooLarge);
        }
        let text = match place {
            Place::Start => "\\A".to_owned(),
            Place::End => "\\z".to_owned(),
            Place::LineStart { .. } if !exact => "\\A".to_owned(),
            Place::LastLineEnd { .. } | Place::LineEnd { .. } if !exact => "\\z".to_owned(),
            Place::LastLineEnd { unix: true } => "(?=\\x{A}?\\z)".to_owned(),
            // Never between a carriage return and its line feed.
            Place::LastLineEnd { unix: false } => {
                "(?:\\z|(?=\\x{D}\\x{A}\\z)|(?=[\\x{D}\\x{85}\\x{2028}\\x{2029}]\\z)\
                 |(?<!\\x{D})(?=\\x{A}\\z))"
                    .to_owned()
            }
            // Not at the very end, even behind a line terminator.
            Place::LineStart { unix: true } => "(?:(?!\\z)(?:\\A|(?<=\\x{A})))".to_owned(),
            Place::LineStart { unix: false } => {
                "(?:(?!\\z)(?:\\A|(?<=[\\x{A}\\x{85}\\x{2028}\\x{2029}])|(?<=\\x{D})(?!\\x{A})))"
                    .to_owned()
            }
            Place::LineEnd { unix: true } => "(?:\\z|(?=\\x{A}))".to_owned(),
            Place::LineEnd { unix: false } => {
                "(?:\\z|(?=[\\x{D}\\x{85}\\x{2028}\\x{2029}])|(?<!\\x{D})(?=\\x{A}))".to_owned()
            }
            Place::WordBoundary { negated, unicode } => {
                let letter = if negated { 'B' } else { 'b' };
                if exact {
                    word_boundary(negated, unicode)
                } else {
                    format!("\\{letter}")
                }
            }
        };
        self.out.push_str(&text);
        Ok(())
    }

    /// The engine wants look-behinds of fixed width: others are split into their possible forms.
    fn look_behind(&mut self, negated: bool, inner: &Node) -> Result<(), PatternError> {
        let open = if negated { "(?<!" } else { "(?<=" };
        let (min, max) = inner.width();
        if max == Some(min) && !matches!(inner, Node::Alternation(_)) {
            return self.wrapped(open, inner);
        }
        let unsupported = || PatternError::Unsupported("a look-behind of variable length".into());
        if inner.captures() {
            return Err(unsupported());
        }
        let forms = forms(&without_leading_slack(inner)).ok_or_else(unsupported)?;
        self.out.push_str("(?:");
        for (i, form) in forms.iter().enumerate() {
            if i > 0 && !negated {
                self.out.push('|');
            }
            self.wrapped(open, form)?;
        }
        self.out.push(')');
        Ok(())
    }
}

/// A word boundary of JDK 17: letters, digits and the underscore make words. Marks count too, as
/// they do in Java behind a letter or digit.
fn word_boundary(negated: bool, unicode: bool) -> String {
    let word = if unicode {
        "\\w"
    } else {
        "[\\p{L}\\p{Nd}_\\p{Mn}]"
    };
    let (after, before) = if negated {
        ("(?=", "(?!")
    } else {
        ("(?!", "(?=")
    };
    format!("(?:(?<={word}){after}{word})|(?<!{word}){before}{word}))")
}

/// Characters that make words in Java exactly if they do in Rust: the common scripts that are
/// written without marks, punctuation, symbols.
pub(super) fn word_agrees(c: char) -> bool {
    matches!(c,
        '\0'..='\u{2ff}'
        | '\u{370}'..='\u{482}'
        | '\u{48a}'..='\u{590}'
        | '\u{1e00}'..='\u{200b}'
        | '\u{200e}'..='\u{203e}'
        | '\u{2041}'..='\u{2053}'
        | '\u{2055}'..='\u{20cf}'
        | '\u{20f1}'..='\u{215f}'
        | '\u{2189}'..='\u{24b5}'
        | '\u{24ea}'..='\u{2c2e}'
        | '\u{2e00}'..='\u{3006}'
        | '\u{303b}'..='\u{3098}'
        | '\u{309b}'..='\u{9ffc}'
        | '\u{abee}'..='\u{d7ff}'
        | '\u{e000}'..='\u{fb1d}'
        | '\u{fe50}'..='\u{ff3e}'
        | '\u{ff40}'..='\u{ffff}'
        | '\u{1f18a}'..='\u{2a6dd}')
}

/// The leading repeat of a look-behind cut to its minimum: any more of it can be left outside.
fn without_leading_slack(node: &Node) -> Node {
    match node {
        Node::Repeat {
            inner,
            min,
            max: None,
            mode: Mode::Greedy,
        } => Node::Repeat {
            inner: inner.clone(),
            min: *min,
            max: Some(*min),
            mode: Mode::Greedy,
        },
        Node::Concat(parts) => {
            let mut parts = parts.clone();
            if let Some(first) = parts.first_mut() {
                *first = without_leading_slack(first);
            }
            Node::Concat(parts)
        }
        Node::Alternation(parts) => {
            Node::Alternation(parts.iter().map(without_leading_slack).collect())
        }
        other => other.clone(),
    }
}

/// Pieces of fixed width that match, between them, what the node matches; `None` if unknown or
/// too many.
fn forms(node: &Node) -> Option<Vec<Node>> {
    let (min, max) = node.width();
    let found = match node {
        Node::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(forms(part)?);
            }
            all
        }
        _ if max == Some(min) => vec![node.clone()],
        Node::Concat(parts) => {
            let mut all = vec![Vec::new()];
            for part in parts {
                let mut longer = Vec::new();
                for form in forms(part)? {
                    for head in &all {
                        let mut whole: Vec<Node> = head.clone();
                        whole.push(form.clone());
                        longer.push(whole);
                    }
                    if longer.len() > MAX_FORMS {
                        return None;
                    }
                }
                all = longer;
            }
            all.into_iter().map(Node::Concat).collect()
        }
        Node::Repeat {
            inner,
            min,
            max: Some(max),
            mode: Mode::Greedy | Mode::Lazy,
        } => {
            let one = inner.width();
            if one.1 != Some(one.0) || (max - min) as usize > MAX_FORMS {
                return None;
            }
            (*min..=*max)
                .map(|n| Node::Repeat {
                    inner: inner.clone(),
                    min: n,
                    max: Some(n),
                    mode: Mode::Greedy,
                })
                .collect()
        }
        _ => return None,
    };
    (found.len() <= MAX_FORMS).then_some(found)
}
