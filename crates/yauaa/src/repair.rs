//! The textual repairs that come before an agent is parsed.

use std::borrow::Cow;

use regex::Regex;

/// The patterns of the repairs, compiled once.
#[derive(Debug)]
pub struct Repairs {
    braces: Regex,
    braces_opera: Regex,
    net_type: Regex,
    language: Regex,
    android_dash: Regex,
    missing_space: Regex,
    android_slash: Regex,
    glued: Regex,
}

/// The agent vanished under repair, which the library takes for an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vanished;

fn replace(text: &mut Cow<'_, str>, from: &str, to: &str) {
    if text.contains(from) {
        *text = Cow::Owned(text.replace(from, to));
    }
}

fn rewrite(text: &mut Cow<'_, str>, pattern: &Regex, to: &str) {
    if let Cow::Owned(new) = pattern.replace_all(text, to) {
        *text = Cow::Owned(new);
    }
}

impl Repairs {
    /// Compiles the patterns; `None` cannot happen with these.
    pub fn new() -> Option<Self> {
        let regex = |pattern: &str| Regex::new(pattern).ok();
        Some(Self {
            braces: regex(
                r"^((?i-u:Mozilla)/[^ ]+) ([^(][^)]+?)( (?i-u:Gecko)/| (?i-u:AppleWebKit)/| (?i-u:Safari)/| (?i-u:Mobile Safari)/)",
            )?,
            braces_opera: regex(
                r"^((?i-u:Opera)/[^ ]+) ([^(][^)]+?)( (?i-u:Presto)/| (?i-u:Version)/)",
            )?,
            net_type: regex(r"((?i-u:NetType))/([0-9a-zA-Z._-]+)")?,
            language: regex(r"((?i-u:Language))/([a-zA-Z_-]+)")?,
            android_dash: regex(r"((?i-u:android))-([0-9]+)")?,
            missing_space: regex(r"(/[0-9]+\.[0-9]+)([A-Z][a-z][a-z][a-z]+ )")?,
            android_slash: regex(r"((?i-u:android)/[0-9]+)(/)")?,
            glued: regex(r"((?i-u:Java|Wazzup))([0-9])")?,
        })
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
        rewrite(&mut text, &self.braces, "$1 ($2)$3");
        rewrite(&mut text, &self.braces_opera, "$1 ($2)$3");
        rewrite(&mut text, &self.net_type, "() $1/$2()");
        rewrite(&mut text, &self.language, "() $1/$2()");
        replace(&mut text, "SSL/TLS", "SSL TLS");
        replace(&mut text, "QwantMobile", " QwantMobile");
        replace(&mut text, "MSIE7", "MSIE 7");
        replace(&mut text, "MSIE8", "MSIE 8");
        replace(&mut text, "MSIE9", "MSIE 9");
        replace(&mut text, "MSOffice", "MS-Office");
        replace(&mut text, "Ant.com Toolbar", "Ant.com_Toolbar");
        rewrite(&mut text, &self.android_dash, "$1 $2");
        rewrite(&mut text, &self.missing_space, "$1 $2");
        rewrite(&mut text, &self.android_slash, "$1 $2");
        rewrite(&mut text, &self.glued, "$1 $2");
        replace(&mut text, " (Macintosh); ", " (Macintosh; ");
        replace(
            &mut text,
            "Microsoft Windows NT 6.2.9200.0);",
            "Microsoft Windows NT 6.2.9200.0;",
        );
        replace(&mut text, "You Build/VM", "You Build/VM)");
        replace(&mut text, "(/", "(Unknown/");
        replace(&mut text, "; /", "; Unknown/");
        replace(&mut text, ", _TV_", " _TV_");
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
