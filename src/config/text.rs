//! From a command line argument to a document: base64 or path, HOCON or JSON.

use std::path::{Path, PathBuf};
use std::{fmt, fs};

use hocon::{HoconError, HoconValue, ParseOptions, ScalarType};
use serde_json::{Map, Number, Value};

use super::error::one_line;
use super::{ConfigError, Env};

/// Where a configuration is, as an argument says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// The text itself was given, in base64.
    Text(String),
    /// A path; nothing is known yet about what is there.
    Path(PathBuf),
}

/// A parsed document and what to call it in messages. `{:?}` leaves its content out, which may
/// hold passwords.
#[derive(Clone, PartialEq)]
pub struct Document {
    /// Name of the file, or the argument that held the text.
    pub origin: String,
    /// The whole document.
    pub value: Value,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// Decides as Enrich 3.9.0 does: what decodes as base64 and then parses as HOCON is the text,
/// everything else is a path. `flag` is the argument's name, for messages.
pub fn locate(argument: &str, flag: &str) -> Result<Given, ConfigError> {
    if argument.starts_with("dynamodb:") {
        return Err(ConfigError::Field {
            file: "command line".to_owned(),
            field: flag.to_owned(),
            problem: "dynamodb: is not supported yet".to_owned(),
            mend: "give a path, or the document in base64".to_owned(),
        });
    }
    let text = decode(argument).and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(match text {
        Some(text) if !text.trim().is_empty() && is_hocon(&text) => Given::Text(text),
        _ => Given::Path(PathBuf::from(argument)),
    })
}

/// The document that an argument names or holds.
pub fn load(argument: &str, flag: &str, env: &Env) -> Result<Document, ConfigError> {
    match locate(argument, flag)? {
        Given::Text(text) => {
            let origin = format!("{flag} (base64)");
            Ok(Document {
                value: parse(&text, &origin, None, env)?,
                origin,
            })
        }
        Given::Path(path) => load_file(&path, env),
    }
}

/// The document in a file.
pub fn load_file(path: &Path, env: &Env) -> Result<Document, ConfigError> {
    let origin = path.display().to_string();
    let bytes = fs::read(path).map_err(|error| ConfigError::Unreadable {
        file: origin.clone(),
        reason: one_line(error),
        mend: "give the path of a readable file, or the document in base64".to_owned(),
    })?;
    let text = String::from_utf8(bytes).map_err(|_| ConfigError::Syntax {
        file: origin.clone(),
        problem: "is not UTF-8 text".to_owned(),
        mend: "save it as UTF-8".to_owned(),
    })?;
    Ok(Document {
        value: parse(&text, &origin, path.parent(), env)?,
        origin,
    })
}

/// Parses HOCON or JSON; substitutions see the text itself and `env`, includes are looked up in
/// `folder`. Numbers become what the reference makes of them: `1.0` and `1e0` are 1, integers
/// beyond 64 bits are strings.
pub fn parse(
    text: &str,
    origin: &str,
    folder: Option<&Path>,
    env: &Env,
) -> Result<Value, ConfigError> {
    if let Some(json) = plain_json(text) {
        return Ok(json);
    }
    let mut options = ParseOptions::defaults().with_env(env.0.clone());
    if let Some(folder) = folder {
        options = options.with_base_dir(folder.to_owned());
    }
    let config = hocon::parse_string_with_options(text, options)
        .map_err(|error| syntax(text, origin, &error))?;
    let root = config.keys().into_iter().filter_map(|key| {
        let value = config.get(&quoted(key))?;
        Some((key.to_owned(), to_json(value)))
    });
    Ok(Value::Object(root.collect()))
}

fn syntax(text: &str, origin: &str, error: &HoconError) -> ConfigError {
    let file = origin.to_owned();
    match error {
        HoconError::Resolve(error) if error.message.starts_with("could not resolve") => {
            ConfigError::Syntax {
                file,
                problem: format!("line {}: ${{{}}} has no value", error.line, error.path),
                mend: format!(
                    "set the environment variable {0}, or write ${{?{0}}} if it may be absent",
                    error.path
                ),
            }
        }
        HoconError::Parse(error) => ConfigError::Syntax {
            file,
            problem: format!(
                "line {}, column {}: {}",
                error.line,
                error.col,
                one_line(&error.message)
            ),
            mend: if text.contains("\\$") {
                "write $ instead of \\$ inside quotes".to_owned()
            } else {
                "mend the HOCON or JSON there".to_owned()
            },
        },
        other => ConfigError::Syntax {
            file,
            problem: one_line(other),
            mend: "mend the HOCON or JSON there".to_owned(),
        },
    }
}

fn is_hocon(text: &str) -> bool {
    let options = ParseOptions::defaults().with_resolve_substitutions(false);
    plain_json(text).is_some() || hocon::parse_string_with_options(text, options).is_ok()
}

/// The fast way for texts that are JSON objects; `None` also when a number needs its digits.
fn plain_json(text: &str) -> Option<Value> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    (value.is_object() && tidy(&mut value)).then_some(value)
}

fn tidy(value: &mut Value) -> bool {
    match value {
        Value::Array(items) => items.iter_mut().all(tidy),
        Value::Object(fields) => fields.values_mut().all(tidy),
        Value::Number(number) if !number.is_i64() => match number.as_f64() {
            // beyond 2^63 only the text tells which integer it was, and serde_json may be one bit
            // off in a fraction
            Some(float) if float.abs() < 9.2e18 && float.fract() == 0.0 => {
                *value = from_float(float);
                true
            }
            _ => false,
        },
        _ => true,
    }
}

fn to_json(value: &HoconValue) -> Value {
    match value {
        HoconValue::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(k, v)| (k.clone(), to_json(v)))
                .collect::<Map<_, _>>(),
        ),
        HoconValue::Array(items) => Value::Array(items.iter().map(to_json).collect()),
        HoconValue::Scalar(scalar) => match scalar.value_type {
            ScalarType::Boolean => Value::Bool(scalar.raw == "true"),
            ScalarType::Number => number(&scalar.raw),
            ScalarType::Null => Value::Null,
            _ => Value::String(scalar.raw.clone()),
        },
        _ => Value::Null,
    }
}

fn number(raw: &str) -> Value {
    if let Ok(integer) = raw.parse::<i64>() {
        return integer.into();
    }
    match raw.parse::<f64>() {
        Ok(float) if float.is_finite() && raw.contains(['.', 'e', 'E']) => from_float(float),
        _ => Value::String(raw.to_owned()),
    }
}

fn from_float(float: f64) -> Value {
    if float.fract() == 0.0 && float.abs() < 9.2e18 {
        return Value::from(float as i64);
    }
    Number::from_f64(float).map_or(Value::Null, Value::Number)
}

fn quoted(key: &str) -> String {
    format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Base64 as java.util.Base64's basic decoder reads it: standard alphabet, padding may be left
/// out but not be wrong. White space, on which Java gives up, is skipped.
fn decode(text: &str) -> Option<Vec<u8>> {
    let symbols: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let padding = symbols.iter().rev().take_while(|b| **b == b'=').count();
    let (digits, _) = symbols.split_at(symbols.len() - padding);
    if (padding > 0 && !symbols.len().is_multiple_of(4)) || padding > 2 || digits.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    let (mut bits, mut held) = (0u32, 0);
    for symbol in digits {
        let digit = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(digit)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NONE: [(&str, &str); 0] = [];

    fn hocon(text: &str, env: &Env) -> Result<Value, ConfigError> {
        parse(text, "x.hocon", None, env)
    }

    #[test]
    fn base64_is_read_as_java_reads_it() {
        for (text, bytes) in [
            ("", Some(&b""[..])),
            ("YQ==", Some(b"a")),
            ("YQ", Some(b"a")),
            ("YWI=", Some(b"ab")),
            ("YWJj", Some(b"abc")),
            ("YW\nJj\n", Some(b"abc")),
            ("YQ=", None),
            ("Y", None),
            ("YQ==YQ==", None),
            ("YW-_", None),
            ("====", None),
        ] {
            assert_eq!(decode(text).as_deref(), bytes, "{text}");
        }
    }

    #[test]
    fn what_decodes_and_parses_is_the_text_and_all_else_a_path() {
        let path = |text: &str| Given::Path(PathBuf::from(text));
        for text in [
            "/etc/enrich",
            "config.hocon",
            "",
            "abcd",
            "YWJj",
            "./x",
            "/",
        ] {
            assert_eq!(locate(text, "--config"), Ok(path(text)), "{text}");
        }
        // {"a":1}, a = ${X}
        assert_eq!(
            locate("eyJhIjoxfQ==", "--config"),
            Ok(Given::Text("{\"a\":1}".into()))
        );
        assert_eq!(
            locate("eyJhIjoxfQ", "--config"),
            Ok(Given::Text("{\"a\":1}".into()))
        );
        assert_eq!(
            locate("YSA9ICR7WH0=", "--config"),
            Ok(Given::Text("a = ${X}".into()))
        );
        let refused = locate("dynamodb:eu-west-1/t/k", "--iglu-config")
            .unwrap_err()
            .to_string();
        assert!(
            refused
                .starts_with("command line: --iglu-config: dynamodb: is not supported yet; give"),
            "{refused}"
        );
    }

    #[test]
    fn hocon_and_json_give_the_same_value_and_numbers_are_tidied() {
        let env = Env::from_iter(NONE);
        let expected = json!({"a": {"b": 1, "c": [1.5, 1000, -2]}, "d": null, "e": true, "f": "1.0.0", "g.h": "x"});
        let json = r#"{"a":{"b":1.0,"c":[1.50,1e3,-2]},"d":null,"e":true,"f":"1.0.0","g.h":"x"}"#;
        assert_eq!(hocon(json, &env), Ok(expected.clone()));
        let text =
            "a { b = 1.0, c: [1.50, 1e3\n -2] } // c\nd = null\ne = true\nf = 1.0.0\n\"g.h\" = x";
        assert_eq!(hocon(text, &env), Ok(expected));
        for text in ["{\"n\":12345678901234567890}", "n = 12345678901234567890"] {
            assert_eq!(
                hocon(text, &env),
                Ok(json!({"n": "12345678901234567890"})),
                "{text}"
            );
        }
        assert_eq!(hocon("\"a\\\"b\" = 1", &env), Ok(json!({"a\"b": 1})));
    }

    #[test]
    fn substitutions_see_the_environment_that_is_given() {
        let env = Env::from_iter([("TOPIC", "t-1")]);
        assert_eq!(
            hocon("a = x\na = ${?NOPE}\nb = ${TOPIC}-good", &env),
            Ok(json!({"a": "x", "b": "t-1-good"}))
        );
        assert_eq!(
            hocon("{\"a\":\"${TOPIC}\"}", &env),
            Ok(json!({"a": "${TOPIC}"}))
        );
        let error = hocon("x = 1\na = ${NOPE}", &env).unwrap_err().to_string();
        let wanted = "x.hocon: line 2: ${NOPE} has no value; set the environment variable NOPE, \
                      or write ${?NOPE} if it may be absent";
        assert_eq!(error, wanted);
    }

    #[test]
    fn syntax_errors_name_file_line_and_mend() {
        let env = Env::from_iter(NONE);
        let error = hocon("a = {\n b = [\n", &env).unwrap_err().to_string();
        assert!(error.starts_with("x.hocon: line "), "{error}");
        assert!(error.ends_with("; mend the HOCON or JSON there"), "{error}");
        let error = hocon(r#"a = "username=\"\$ConnectionString\"""#, &env)
            .unwrap_err()
            .to_string();
        assert!(
            error.ends_with("write $ instead of \\$ inside quotes"),
            "{error}"
        );
        assert!(hocon("[1]", &env).is_err());
    }

    #[test]
    fn a_missing_file_is_told() {
        let error = load("/no/such.hocon", "--config", &Env::default())
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("/no/such.hocon: cannot be read: "),
            "{error}"
        );
    }

    #[test]
    fn includes_are_found_beside_the_file() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("base.conf"), "a = 1").unwrap();
        let main = dir.path().join("main.conf");
        std::fs::write(&main, "include \"base.conf\"\nb = ${a}").unwrap();
        assert_eq!(
            load_file(&main, &Env::default()).unwrap().value,
            json!({"a": 1, "b": 1})
        );
    }
}
