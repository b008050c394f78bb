//! The form of `sasl.jaas.config`: a class, a flag, and options.

use std::collections::BTreeMap;

/// The class and the options of the first entry of a JAAS configuration.
pub(super) fn parse(text: &str) -> Option<(String, BTreeMap<String, String>)> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    let (mut word, mut any) = (String::new(), false);
    while let Some(c) = chars.next() {
        match c {
            '"' | '\'' => {
                any = true;
                loop {
                    match chars.next()? {
                        '\\' => word.push(chars.next()?),
                        end if end == c => break,
                        other => word.push(other),
                    }
                }
            }
            '=' | ';' => {
                if std::mem::take(&mut any) {
                    tokens.push(std::mem::take(&mut word));
                }
                tokens.push(c.to_string());
                // the value of an option may itself hold anything but blanks when it has no quotes
                if c == ';' {
                    break;
                }
            }
            c if c.is_whitespace() => {
                if std::mem::take(&mut any) {
                    tokens.push(std::mem::take(&mut word));
                }
            }
            c => {
                word.push(c);
                any = true;
            }
        }
    }
    if any {
        tokens.push(word);
    }
    let mut tokens = tokens.into_iter();
    let class = tokens.next()?;
    let flag = tokens.next()?;
    ["required", "requisite", "sufficient", "optional"]
        .iter()
        .find(|known| flag.eq_ignore_ascii_case(known))?;
    let mut options = BTreeMap::new();
    while let Some(name) = tokens.next().filter(|token| token != ";") {
        tokens.next().filter(|token| token == "=")?;
        options.insert(name, tokens.next()?);
    }
    Some((class, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_options_are_read_as_java_reads_them() {
        let (class, options) =
            parse("a.B required user='x y' password=\"p\\\"q\" n=1; c.D required;").unwrap();
        assert_eq!(class, "a.B");
        let shown: Vec<String> = options.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(shown, ["n=1", "password=p\"q", "user=x y"]);
        for wrong in [
            "",
            "a.B",
            "a.B maybe;",
            "a.B required x;",
            "a.B required x=",
            "a.B required \"x",
        ] {
            assert!(parse(wrong).is_none(), "{wrong}");
        }
    }
}
