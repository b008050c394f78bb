use super::*;
use proptest::prelude::*;

fn unescape(s: &str) -> String {
    let mut units = Vec::new();
    let mut chars = s.chars();
    while let Some(c) = chars.next() {
        if c == '~' {
            let hex: String = chars.by_ref().take(4).collect();
            units.push(u16::from_str_radix(&hex, 16).unwrap());
        } else {
            units.push(c as u16);
        }
    }
    String::from_utf16(&units).unwrap()
}

fn escape(s: &str) -> String {
    s.encode_utf16()
        .map(|u| match u8::try_from(u) {
            Ok(b @ b' '..=b'}') if b != b'\\' => char::from(b).to_string(),
            _ => format!("~{u:04x}"),
        })
        .collect()
}

/// What `find` sees with its groups, and whether the whole input matches.
fn outcome(pattern: &Pattern, input: &str, with_groups: bool) -> String {
    let mut text = String::from("f");
    if let Some(groups) = pattern.captures(input) {
        text = "F".into();
        for group in groups.iter().filter(|_| with_groups) {
            match group {
                Some(group) => text += &format!("|<{}>", escape(group)),
                None => text += "|-",
            }
        }
    }
    assert_eq!(pattern.find(input), text.starts_with('F'));
    let full = pattern.full_match(input);
    assert_eq!(pattern.full_captures(input).is_some(), full);
    text + if full { " M" } else { " m" }
}

/// Each row: pattern, input, and what JDK 17 makes of them. `~` introduces a UTF-16 unit.
#[test]
fn patterns_behave_as_in_jdk_17() {
    let mut rows = 0;
    for line in include_str!("jdk17.tsv").lines() {
        let mut cells = line.split('\t');
        let (Some(pattern), Some(input), Some(expected), None) =
            (cells.next(), cells.next(), cells.next(), cells.next())
        else {
            panic!("bad row {line}");
        };
        let (pattern, input) = (unescape(pattern), unescape(input));
        match Pattern::new(&pattern) {
            Ok(compiled) => {
                let got = outcome(&compiled, &input, expected.contains('|'));
                assert_eq!(got, expected, "{pattern:?} on {input:?}");
            }
            Err(e) => assert_eq!(expected, "ERR", "{pattern:?}: {e}"),
        }
        rows += 1;
    }
    assert!(rows > 900);
}

#[test]
fn errors_tell_java_s_refusals_from_ours() {
    let rows = [
        ("(a", "Unclosed group"),
        ("a)", "Unmatched closing ')'"),
        ("a{,2}", "Illegal repetition"),
        ("a{2,1}", "Illegal repetition range"),
        ("*a", "Dangling meta character"),
        ("[z-a]", "Illegal character range"),
        ("[a", "Unclosed character class"),
        ("\\y", "Illegal/unsupported escape sequence"),
    ];
    for (pattern, message) in rows {
        assert_eq!(
            Pattern::new(pattern).unwrap_err(),
            PatternError::Syntax(message),
            "{pattern}"
        );
    }
    for pattern in [
        "\\X",
        "\\N{DIGIT ONE}",
        "(?<=(?:ab)+)c",
        "\\p{javaMirrored}",
    ] {
        let error = Pattern::new(pattern).unwrap_err();
        assert!(matches!(error, PatternError::Unsupported(_)), "{pattern}");
    }
}

#[test]
fn a_flag_makes_ascii_letters_equal() {
    let pattern = Pattern::with_flags("abcé", true).unwrap();
    assert!(pattern.full_match("aBCé"));
    assert!(!pattern.full_match("abcÉ"));
    assert_eq!(pattern.as_str(), "abcé");
    assert_eq!(pattern.group_count(), 0);
}

#[test]
fn groups_are_returned_in_order() {
    let pattern = Pattern::new("(\\d+)x(\\d+)|(?<n>z)").unwrap();
    assert_eq!(pattern.group_count(), 3);
    assert_eq!(
        pattern.captures("a10x20b"),
        Some(vec![Some("10x20"), Some("10"), Some("20"), None])
    );
    assert_eq!(pattern.full_captures("a10x20b"), None);
    assert_eq!(
        pattern.full_captures("z"),
        Some(vec![Some("z"), None, None, Some("z")])
    );
}

#[test]
fn large_counts_do_not_need_large_programs() {
    let pattern = Pattern::new("^.{0,10000}$").unwrap();
    assert!(pattern.find(&"é".repeat(10_000)));
    assert!(!pattern.find(&"é".repeat(10_001)));
    let pattern = Pattern::new("^\\p{L}{1,1000}$").unwrap();
    assert!(pattern.find(&"é".repeat(1000)));
    assert!(!pattern.find(&"é".repeat(1001)));
}

#[test]
fn hostile_patterns_and_inputs_end_soon() {
    for pattern in [
        "(".repeat(50_000),
        "[".repeat(50_000),
        "[a-z&&".repeat(50_000),
        "\\b".repeat(20_000),
    ] {
        assert!(Pattern::new(&pattern).is_err());
    }
    let input = "a".repeat(2000) + "!";
    for pattern in ["(a+)+$", "(?=(a+)+$)a", "^(?:a|a)*(?!b)$", "(a|aa)+\\1$"] {
        let pattern = Pattern::new(pattern).unwrap();
        assert!(!pattern.full_match(&input));
    }
}

#[test]
fn boundaries_use_the_short_cut_only_where_it_is_right() {
    let rust = regex::Regex::new("^\\w$").unwrap();
    let java = regex::Regex::new("^[\\p{L}\\p{Nd}_]$").unwrap();
    let mut buffer = [0; 4];
    for c in ('\0'..=char::MAX).filter(|c| emit::word_agrees(*c)) {
        let text: &str = c.encode_utf8(&mut buffer);
        assert_eq!(
            rust.is_match(text),
            java.is_match(text),
            "{:x}",
            u32::from(c)
        );
    }
    let pattern = Pattern::new("\\bfoo\\b").unwrap();
    for (input, expected) in [
        ("a foo b", true),
        ("éfoo", false),
        ("é foo😀", true),
        // Of the vowel signs only those without width of their own count in Java.
        ("कुfoo", false),
        ("काfoo", true),
    ] {
        assert_eq!(pattern.find(input), expected, "{input}");
    }
}

const TOKENS: [&str; 60] = [
    "a",
    "b",
    "é",
    "😀",
    "1",
    " ",
    ".",
    "^",
    "$",
    "|",
    "(",
    "(?:",
    "(?=",
    "(?!",
    "(?<=",
    "(?<!",
    "(?>",
    "(?i)",
    "(?m)",
    "(?x)",
    "(?u)",
    "(?<n>",
    "\\k<n>",
    ")",
    "[",
    "[^",
    "]",
    "-",
    "&&",
    "[a-c]",
    "[^a]",
    "\\d",
    "\\W",
    "\\b",
    "\\B",
    "\\A",
    "\\Z",
    "\\z",
    "\\1",
    "\\R",
    "\\x41",
    "\\u00e9",
    "\\Q",
    "\\E",
    "\\p{L}",
    "\\p{Lower}",
    "*",
    "+",
    "?",
    "*?",
    "++",
    "{2}",
    "{1,3}",
    "{0,}",
    "{",
    "}",
    "\\",
    "#",
    "\n",
    "\\0",
];

proptest! {
    #[test]
    fn no_pattern_panics(
        pattern in ".{0,20}",
        tokens in prop::collection::vec(prop::sample::select(TOKENS.to_vec()), 0..10),
        input in "[ab1é😀\n\r ]{0,8}",
    ) {
        for pattern in [pattern, tokens.concat()] {
            if let Ok(compiled) = Pattern::new(&pattern) {
                let _ = outcome(&compiled, &input, true);
            }
        }
    }

    #[test]
    fn quoted_text_matches_itself(text in "[^\\\\]{1,20}") {
        let pattern = Pattern::new(&format!("\\Q{text}\\E")).unwrap();
        prop_assert!(pattern.full_match(&text));
    }
}

#[test]
fn occurrences_are_replaced_with_what_their_groups_make() {
    let swap = |groups: &[Option<&str>]| {
        let text = |n: usize| groups.get(n).copied().flatten().unwrap_or("-").to_owned();
        format!("<{}{}>", text(2), text(1))
    };
    for (pattern, input, all, expected) in [
        (r"(\w)(\d)?", "a1 b", true, "<1a> <-b>"),
        (r"(\w)(\d)?", "a1 b", false, "<1a> b"),
        (r"(?<=x)(y)", "xyy", true, "x<-y>y"),
        ("z", "xyy", true, "xyy"),
        ("", "é", true, "<-->é<-->"),
    ] {
        let pattern = Pattern::new(pattern).unwrap();
        assert_eq!(pattern.replace(input, all, swap), expected);
    }
}
