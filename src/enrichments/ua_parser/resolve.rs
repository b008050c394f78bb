//! From the groups of a match to the answers of a rule, as uap-java 1.5.4 words them.

use super::rules::Text;

/// Family and version of an agent.
#[derive(Debug, PartialEq, Eq)]
pub struct Agent {
    /// The agent's name.
    pub family: String,
    /// Major, minor and patch version.
    pub version: [Option<String>; 3],
}

/// Family and version of an operating system.
#[derive(Debug, PartialEq, Eq)]
pub struct System {
    /// The system's name.
    pub family: String,
    /// Major, minor, patch and build version.
    pub version: [Option<String>; 4],
}

/// The groups of a match by their numbers; group 0 is the whole match.
pub type Groups<'t> = [Option<&'t str>];

type Answers = [Option<Text>; 4];

fn group(groups: &Groups<'_>, number: usize) -> Option<String> {
    groups.get(number).copied().flatten().map(str::to_owned)
}

/// The agent; none when the rule gives no family.
pub fn agent(answers: &Answers, groups: &Groups<'_>) -> Option<Agent> {
    let [family, v1, v2, _] = answers;
    let filled = |number| group(groups, number).filter(|text| !text.is_empty());
    let literal = |answer: &Option<Text>| answer.as_deref().map(str::to_owned);
    let family = match (family, group(groups, 1)) {
        (Some(family), Some(first)) => family.replacen("$1", &first, 1),
        (Some(family), None) => family.clone().into_owned(),
        (None, first) => first?,
    };
    Some(Agent {
        family,
        version: [
            literal(v1).or_else(|| filled(2)),
            literal(v2).or_else(|| filled(3)),
            // The patch version is looked at only where the minor version is not replaced.
            filled(4).filter(|_| v2.is_none()),
        ],
    })
}

/// The operating system; none when the rule gives no family.
///
/// # Errors
/// The message of the exception that the reference throws on an ill-formed replacement.
pub fn system(answers: &Answers, groups: &Groups<'_>) -> Result<Option<System>, String> {
    let [family, v1, v2, v3] = answers;
    let family = match family {
        Some(family) if groups.len() < 2 => Some(family.clone().into_owned()),
        Some(family) => Some(replace_group(family, group(groups, 1).as_deref())?),
        None => group(groups, 1),
    };
    let part = |answer: &Option<Text>, number| match answer {
        Some(answer) => reference(answer, groups),
        None => Ok(group(groups, number)),
    };
    let version = [part(v1, 2)?, part(v2, 3)?, part(v3, 4)?, group(groups, 5)];
    Ok(family.map(|family| System { family, version }))
}

/// The device's name; none when the rule gives none.
pub fn device(answers: &Answers, groups: &Groups<'_>) -> Option<String> {
    let Some(answer) = answers.first()? else {
        return group(groups, 1);
    };
    if !answer.contains('$') {
        return Some(answer.clone().into_owned());
    }
    let mut name = answer.clone().into_owned();
    for (at, _) in answer.match_indices('$') {
        let reference = answer.get(at..at + 2).unwrap_or_default();
        if let Some(number) = reference.chars().nth(1).and_then(|c| c.to_digit(10)) {
            let text = group(groups, number as usize).unwrap_or_default();
            // The first such reference, even one that came in with the text of a group.
            name = name.replacen(reference, &text, 1);
        }
    }
    Some(jvm::text::java_trim(&name).to_owned())
}

/// A replacement that is a literal or, from a `$` on, the number of a group.
fn reference(answer: &str, groups: &Groups<'_>) -> Result<Option<String>, String> {
    let Some(number) = answer.strip_prefix('$') else {
        return Ok(Some(answer.to_owned()));
    };
    let index: i32 = number
        .parse()
        .map_err(|_| format!("For input string: \"{number}\""))?;
    match usize::try_from(index) {
        Ok(index) if index < groups.len() => Ok(group(groups, index)),
        _ => Err(format!("No group {index}")),
    }
}

/// Each `$1` of `template` replaced by the group, which Java reads as a replacement once more.
fn replace_group(template: &str, group: Option<&str>) -> Result<String, String> {
    if !template.contains("$1") {
        return Ok(template.to_owned());
    }
    let group = group.ok_or("Cannot invoke \"String.length()\" because \"replacement\" is null")?;
    Ok(template.replace("$1", &expand(group)?))
}

/// A text as `Matcher.appendReplacement` expands it after a match of `($1)`.
fn expand(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(chars.next().ok_or("character to be escaped is missing")?),
            '$' => {
                let after = chars.as_str();
                match chars.next() {
                    None => {
                        return Err("Illegal group reference: group index is missing".to_owned());
                    }
                    Some('{') => return Err(named(chars.as_str())),
                    Some(c) => match c.to_digit(10) {
                        // The match and its only group are both the text `$1`.
                        Some(0 | 1) => {
                            let zeros = after.trim_start_matches('0');
                            let rest = zeros.strip_prefix('1').unwrap_or(zeros);
                            chars = rest.chars();
                            out.push_str("$1");
                        }
                        Some(number) => return Err(format!("No group {number}")),
                        None => return Err("Illegal group reference".to_owned()),
                    },
                }
            }
            c => out.push(c),
        }
    }
    Ok(out)
}

/// What Java says of a reference to a named group when there is none.
fn named(rest: &str) -> String {
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(rest.len());
    match rest.split_at_checked(end) {
        Some((name, tail)) if !name.is_empty() && tail.starts_with('}') => {
            if name.starts_with(|c: char| c.is_ascii_digit()) {
                return format!("capturing group name {{{name}}} starts with digit character");
            }
            format!("No group with name {{{name}}}")
        }
        _ => "named capturing group is missing trailing '}'".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(texts: [Option<&'static str>; 4]) -> Answers {
        texts.map(|text| text.map(Text::Borrowed))
    }

    #[test]
    fn an_agent_keeps_literal_versions_and_loses_the_patch_with_them() {
        let groups = [Some("x"), Some("a$1"), Some(""), Some("2"), Some("3")];
        let made = agent(&answers([Some("<$1> $1"), None, None, None]), &groups).unwrap();
        assert_eq!(made.family, "<a$1> $1");
        assert_eq!(
            made.version,
            [None, Some("2".to_owned()), Some("3".to_owned())]
        );
        let made = agent(&answers([None, Some("$2"), Some("9"), None]), &groups).unwrap();
        assert_eq!(
            made.version,
            [Some("$2".to_owned()), Some("9".to_owned()), None]
        );
        assert_eq!(agent(&answers([None; 4]), &[Some("x"), None]), None);
        let none = agent(
            &answers([Some("$1 y"), None, None, None]),
            &[Some("x"), None],
        )
        .unwrap();
        assert_eq!(none.family, "$1 y");
    }

    #[test]
    fn a_system_keeps_empty_parts_and_follows_references() {
        let groups = [Some("w"), Some("1"), Some(""), Some("3"), None, Some("5")];
        let made = system(&answers([Some("$1-$1"), Some("$3"), None, None]), &groups);
        let made = made.unwrap().unwrap();
        assert_eq!(made.family, "1-1");
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(made.version, [text("3"), text("3"), None, text("5")]);
        let made = system(&answers([None, Some("$0"), None, None]), &groups)
            .unwrap()
            .unwrap();
        assert_eq!(made.version, [text("w"), text("3"), None, text("5")]);
    }

    #[test]
    fn ill_formed_replacements_give_the_words_of_java() {
        let failed = |group: Option<&'static str>, answer| {
            system(
                &answers([Some("$1"), Some(answer), None, None]),
                &[Some("w"), group],
            )
        };
        for (group, answer, message) in [
            (
                None,
                "1",
                "Cannot invoke \"String.length()\" because \"replacement\" is null",
            ),
            (
                Some("a$"),
                "1",
                "Illegal group reference: group index is missing",
            ),
            (Some("a$x"), "1", "Illegal group reference"),
            (Some("a$7"), "1", "No group 7"),
            (Some("a\\"), "1", "character to be escaped is missing"),
            (Some("${a}"), "1", "No group with name {a}"),
            (
                Some("${a"),
                "1",
                "named capturing group is missing trailing '}'",
            ),
            (
                Some("${1}"),
                "1",
                "capturing group name {1} starts with digit character",
            ),
            (Some("a"), "$x", "For input string: \"x\""),
            (Some("a"), "$2", "No group 2"),
        ] {
            assert_eq!(
                failed(group, answer),
                Err(message.to_owned()),
                "{group:?} {answer}"
            );
        }
        let made = failed(Some("a\\$b$012"), "1").unwrap().unwrap();
        assert_eq!(made.family, "a$b$12");
    }

    #[test]
    fn a_device_is_filled_in_and_trimmed() {
        let groups = [Some("w"), Some(" a $2"), Some("b "), None];
        let made = |answer| device(&answers([Some(answer), None, None, None]), &groups);
        assert_eq!(made("$2$1$3$9").as_deref(), Some("b  a $2"));
        assert_eq!(made(" $1 $2 ").as_deref(), Some("a b  $2"));
        assert_eq!(made(" Plain ").as_deref(), Some(" Plain "));
        assert_eq!(
            device(&answers([None; 4]), &groups).as_deref(),
            Some(" a $2")
        );
        assert_eq!(device(&answers([None; 4]), &groups[..1]), None);
    }
}
