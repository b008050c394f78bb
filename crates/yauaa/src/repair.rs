//! The textual repairs that come before an agent is parsed.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Regex;

/// The repairs, in order.
#[derive(Debug)]
pub struct Repairs {
    steps: Vec<Step>,
    /// Finds what the steps need: one pass over an agent tells that most of them have nothing to do.
    signs: AhoCorasick,
}

#[derive(Debug)]
struct Step {
    sign: Sign,
    change: Change,
}

/// What an agent must hold for a step to change it.
#[derive(Debug)]
enum Sign {
    /// One of these signs, a bit for each.
    Any(u64),
    /// This product, then a blank, then no brace.
    Unbraced(&'static str),
    /// A version followed by a capital.
    Glued,
}

#[derive(Debug)]
enum Change {
    Text(&'static str, &'static str),
    Pattern(Regex, &'static str),
}

/// The agent vanished under repair, which the library takes for an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vanished;

#[derive(Default)]
struct Builder {
    steps: Vec<Step>,
    signs: Vec<&'static str>,
}

impl Builder {
    fn sign(&mut self, sign: &'static str) -> u64 {
        self.signs.push(sign);
        1 << (self.signs.len() - 1)
    }

    fn text(&mut self, from: &'static str, to: &'static str) {
        let sign = Sign::Any(self.sign(from));
        let change = Change::Text(from, to);
        self.steps.push(Step { sign, change });
    }

    fn pattern(&mut self, sign: Sign, pattern: &str, to: &'static str) -> Option<()> {
        let change = Change::Pattern(Regex::new(pattern).ok()?, to);
        self.steps.push(Step { sign, change });
        Some(())
    }

    fn pattern_at(
        &mut self,
        signs: &[&'static str],
        pattern: &str,
        to: &'static str,
    ) -> Option<()> {
        let bits = signs.iter().fold(0, |bits, sign| bits | self.sign(sign));
        self.pattern(Sign::Any(bits), pattern, to)
    }
}

impl Repairs {
    /// Compiles the patterns; `None` cannot happen with these.
    pub fn new() -> Option<Self> {
        let mut all = Builder::default();
        all.pattern(
            Sign::Unbraced("Mozilla/"),
            r"^((?i-u:Mozilla)/[^ ]+) ([^(][^)]+?)( (?i-u:Gecko)/| (?i-u:AppleWebKit)/| (?i-u:Safari)/| (?i-u:Mobile Safari)/)",
            "$1 ($2)$3",
        )?;
        all.pattern(
            Sign::Unbraced("Opera/"),
            r"^((?i-u:Opera)/[^ ]+) ([^(][^)]+?)( (?i-u:Presto)/| (?i-u:Version)/)",
            "$1 ($2)$3",
        )?;
        all.pattern_at(
            &["NetType/"],
            r"((?i-u:NetType))/([0-9a-zA-Z._-]+)",
            "() $1/$2()",
        )?;
        all.pattern_at(
            &["Language/"],
            r"((?i-u:Language))/([a-zA-Z_-]+)",
            "() $1/$2()",
        )?;
        all.text("SSL/TLS", "SSL TLS");
        all.text("QwantMobile", " QwantMobile");
        all.text("MSIE7", "MSIE 7");
        all.text("MSIE8", "MSIE 8");
        all.text("MSIE9", "MSIE 9");
        all.text("MSOffice", "MS-Office");
        all.text("Ant.com Toolbar", "Ant.com_Toolbar");
        all.pattern_at(&["android-"], r"((?i-u:android))-([0-9]+)", "$1 $2")?;
        all.pattern(
            Sign::Glued,
            r"(/[0-9]+\.[0-9]+)([A-Z][a-z][a-z][a-z]+ )",
            "$1 $2",
        )?;
        all.pattern_at(&["android/"], r"((?i-u:android)/[0-9]+)(/)", "$1 $2")?;
        all.pattern_at(&["Java", "Wazzup"], r"((?i-u:Java|Wazzup))([0-9])", "$1 $2")?;
        all.text(" (Macintosh); ", " (Macintosh; ");
        all.text(
            "Microsoft Windows NT 6.2.9200.0);",
            "Microsoft Windows NT 6.2.9200.0;",
        );
        all.text("You Build/VM", "You Build/VM)");
        all.text("(/", "(Unknown/");
        all.text("; /", "; Unknown/");
        all.text(", _TV_", " _TV_");
        let signs = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&all.signs)
            .ok()?;
        let steps = all.steps;
        (all.signs.len() <= 64).then_some(Self { steps, signs })
    }

    fn signs(&self, text: &str) -> u64 {
        let found = self.signs.find_overlapping_iter(text);
        found.fold(0, |bits, found| bits | 1 << found.pattern().as_usize())
    }

    /// The agent as the parser gets it.
    pub fn repair<'a>(&self, agent: &'a str) -> Result<Cow<'a, str>, Vanished> {
        let mut text = Cow::Borrowed(agent);
        if agent.is_empty() {
            return Ok(text);
        }
        while text.contains("  ") {
            text = Cow::Owned(single_blanks(&text));
        }
        replace(&mut text, "\u{2002}", " ");
        if text.starts_with(' ') {
            text = Cow::Owned(crate::java::trim(&text).to_owned());
        }
        let mut signs = self.signs(&text);
        for step in &self.steps {
            let needed = match step.sign {
                Sign::Any(bits) => signs & bits != 0,
                Sign::Unbraced(product) => unbraced(&text, product),
                Sign::Glued => glued(text.as_bytes()),
            };
            if !needed {
                continue;
            }
            let changed = match &step.change {
                Change::Text(from, to) => replace(&mut text, from, to),
                Change::Pattern(pattern, to) => rewrite(&mut text, pattern, to),
            };
            if changed {
                signs = self.signs(&text);
            }
        }
        let first = text.chars().next().ok_or(Vanished)?;
        if first == '[' || lacks_product(&text) {
            text = Cow::Owned(format!("FakeYauaaProduct/3.14 {text}"));
        } else if first == '/' {
            text = Cow::Owned(format!("FakeYauaaProduct{text}"));
        }
        replace(&mut text, ",gzip(gfe)", "");
        replace(&mut text, "__", " ");
        if text.contains('%')
            && ["%20", "%3B", "%25", "%2F", "%28"]
                .iter()
                .any(|code| text.contains(code))
            && let Ok(decoded) = jvm::url_codec::decode_utf8(&text)
        {
            text = Cow::Owned(decoded);
        }
        Ok(text)
    }
}

fn replace(text: &mut Cow<'_, str>, from: &str, to: &str) -> bool {
    let found = text.contains(from);
    if found {
        *text = Cow::Owned(text.replace(from, to));
    }
    found
}

fn rewrite(text: &mut Cow<'_, str>, pattern: &Regex, to: &str) -> bool {
    match pattern.replace_all(text, to) {
        Cow::Owned(new) => {
            *text = Cow::Owned(new);
            true
        }
        Cow::Borrowed(_) => false,
    }
}

/// Whether the text starts with a product (in any case) and what follows the first blank is no brace.
fn unbraced(text: &str, product: &str) -> bool {
    let head = text.get(..product.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(product))
        && text
            .split_once(' ')
            .is_some_and(|(_, rest)| !rest.starts_with('('))
}

/// Whether a version (`/1.2`) is followed by a capital.
fn glued(text: &[u8]) -> bool {
    let after_digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut rest = text;
    while let Some(slash) = rest.iter().position(|&b| b == b'/') {
        rest = rest.get(slash + 1..).unwrap_or_default();
        let version = rest
            .get(after_digits(rest)..)
            .and_then(|rest| rest.strip_prefix(b"."));
        let behind = version.and_then(|version| version.get(after_digits(version)));
        if behind.is_some_and(u8::is_ascii_uppercase) {
            return true;
        }
    }
    false
}

/// Runs of blanks become one blank.
fn single_blanks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter != ' ' || !out.ends_with(' ') {
            out.push(letter);
        }
    }
    out
}

fn lacks_product(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('(') else {
        return false;
    };
    let starts = |word: &str| {
        rest.get(..word.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(word))
    };
    [
        " ",
        ";",
        "null",
        "compatible",
        "windows",
        "android",
        "linux",
    ]
    .into_iter()
    .any(starts)
        && !text.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
}
