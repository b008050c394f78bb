//! Settings given beside the file: `--set`, `CONFIG_FORCE_*` variables and `-D` options in
//! `JAVA_OPTS` or `JDK_JAVA_OPTIONS`, which deployments of the reference carry.

use serde_json::{Map, Value};

use super::Env;

/// One setting from outside the file; the value is always a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The keys from the top of the document down.
    pub path: Vec<String>,
    /// The text.
    pub value: String,
}

const FORCE: &str = "CONFIG_FORCE_";

/// The overrides of an environment, weakest first: Java options, then forced variables (which win
/// in the Lightbend library too). Of the Java options only those below `roots` are taken; the
/// others are for a JVM. Forced variables work without the JVM flag that the library asks for.
pub fn from_env(env: &Env, roots: &[&str]) -> Vec<Override> {
    let mut found = Vec::new();
    for name in ["JDK_JAVA_OPTIONS", "JAVA_OPTS"] {
        let words = words(env.get(name).unwrap_or_default());
        let options = words
            .iter()
            .filter_map(|word| parse(word.strip_prefix("-D")?));
        found.extend(options.filter(|option| {
            option
                .path
                .first()
                .is_some_and(|root| roots.contains(&root.as_str()))
        }));
    }
    let mut forced: Vec<Override> = env
        .0
        .iter()
        .filter_map(|(name, value)| force(name, value))
        .collect();
    forced.sort_by(|a, b| a.path.cmp(&b.path));
    found.append(&mut forced);
    found
}

/// `path=value` as `--set` and `-D` take it; a part of the path may be in double quotes.
pub fn parse(text: &str) -> Option<Override> {
    let mut path = vec![String::new()];
    let mut quoted = false;
    let mut rest = text.chars();
    for c in rest.by_ref() {
        match (c, path.last_mut()) {
            ('"', _) => quoted = !quoted,
            ('.', _) if !quoted => path.push(String::new()),
            ('=', _) if !quoted => {
                let whole = path.iter().all(|part| !part.is_empty());
                return whole.then(|| Override {
                    path,
                    value: rest.as_str().to_owned(),
                });
            }
            (c, Some(part)) => part.push(c),
            (_, None) => return None,
        }
    }
    None
}

/// `_` is a dot, `__` a dash, `___` an underscore.
fn force(name: &str, value: &str) -> Option<Override> {
    let mut path = vec![String::new()];
    let mut rest = name.strip_prefix(FORCE)?;
    while let Some(c) = rest.chars().next() {
        let after = rest.trim_start_matches('_');
        let part = path.last_mut()?;
        match rest.len() - after.len() {
            0 => {
                part.push(c);
                rest = rest.strip_prefix(c)?;
                continue;
            }
            1 => path.push(String::new()),
            2 => part.push('-'),
            3 => part.push('_'),
            _ => return None,
        }
        rest = after;
    }
    path.iter().all(|part| !part.is_empty()).then(|| Override {
        path,
        value: value.to_owned(),
    })
}

/// Splits as a shell does with blanks and quotes, without any expansion.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut inside, mut quote) = (String::new(), false, None);
    for c in text.chars() {
        match quote {
            Some(end) if c == end => quote = None,
            Some(_) => word.push(c),
            None if c == '\'' || c == '"' => (quote, inside) = (Some(c), true),
            None if c.is_whitespace() => {
                if std::mem::take(&mut inside) {
                    words.push(std::mem::take(&mut word));
                }
            }
            None => {
                word.push(c);
                inside = true;
            }
        }
    }
    if inside {
        words.push(word);
    }
    words
}

/// Puts overrides into a document; later ones win, objects on the way are made.
pub fn apply(document: &mut Value, overrides: &[Override]) {
    for Override { path, value } in overrides {
        put(document, path, value);
    }
}

fn put(place: &mut Value, path: &[String], text: &str) {
    let Some((key, rest)) = path.split_first() else {
        *place = Value::String(text.to_owned());
        return;
    };
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    if let Some(fields) = place.as_object_mut() {
        put(fields.entry(key.clone()).or_insert(Value::Null), rest, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(env: &[(&str, &str)]) -> Vec<String> {
        let env = env.iter().copied().collect();
        from_env(&env, &["input", "telemetry"])
            .iter()
            .map(|o| format!("{}={}", o.path.join("."), o.value))
            .collect()
    }

    #[test]
    fn forced_variables_are_demangled() {
        let env = [
            ("CONFIG_FORCE_telemetry_instanceId", "i-1"),
            ("CONFIG_FORCE_a__b_c___d", "x"),
            ("CONFIG_FORCE_bad____x", "x"),
            ("CONFIG_FORCE_", "x"),
            ("CONFIG_FORCE_a_", "x"),
            ("OTHER", "x"),
        ];
        assert_eq!(shown(&env), ["a-b.c_d=x", "telemetry.instanceId=i-1"]);
    }

    #[test]
    fn java_options_are_taken_when_they_are_settings_and_are_weaker_than_forced_variables() {
        let env = [
            ("CONFIG_FORCE_input_streamName", "forced"),
            (
                "JAVA_OPTS",
                "-Xmx1g -Dconfig.override_with_env_vars=true '-Dinput.streamName=a b' -Dfile.encoding=UTF-8 -Dx",
            ),
            ("JDK_JAVA_OPTIONS", "-Dinput.\"group.id\"=g"),
        ];
        assert_eq!(
            shown(&env),
            [
                "input.group.id=g",
                "input.streamName=a b",
                "input.streamName=forced"
            ]
        );
    }

    #[test]
    fn set_takes_a_path_and_a_value() {
        let option = |path: &[&str], value: &str| {
            Some(Override {
                path: path.iter().map(|p| (*p).to_owned()).collect(),
                value: value.into(),
            })
        };
        assert_eq!(parse("a.b=c=d"), option(&["a", "b"], "c=d"));
        assert_eq!(parse("a.\"group.id\"="), option(&["a", "group.id"], ""));
        for wrong in ["", "a", "=x", "a..b=x", ".a=x"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn overrides_merge_into_the_document() {
        let mut document = json!({"input": {"streamName": "x", "region": "r"}, "a": 1});
        let overrides = ["input.streamName=y", "a.b.c=z", "n=1"].map(|text| parse(text).unwrap());
        apply(&mut document, &overrides);
        assert_eq!(
            document,
            json!({"input": {"streamName": "y", "region": "r"}, "a": {"b": {"c": "z"}}, "n": "1"})
        );
    }
}
