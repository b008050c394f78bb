//! What is said of scripts that fail: as Nashorn words it where that can be known, and what to write
//! instead of what is not there.

use rquickjs::convert::Coerced;
use rquickjs::{FromJs, Value};

use super::engine::SCRIPT;
use super::source::Class;

/// What a script threw.
pub(super) struct Thrown {
    /// As the script itself would print it.
    text: String,
    /// Line and column (both from 1) in the compiled code, of errors only.
    place: Option<(usize, usize)>,
}

impl Thrown {
    /// Reads a caught value; `None` when even that fails.
    pub fn of(value: &Value<'_>) -> Option<Thrown> {
        let ctx = value.ctx().clone();
        let stack: Option<String> = value
            .as_object()
            .and_then(|object| object.get("stack").ok());
        let text = Coerced::<String>::from_js(&ctx, value.clone()).ok();
        if text.is_none() {
            // what the conversion threw must not be found later
            let _ = ctx.catch();
        }
        Some(Thrown {
            text: text?.0,
            place: stack.as_deref().and_then(place),
        })
    }

    pub fn is_out_of_memory(&self) -> bool {
        self.text.ends_with("out of memory")
    }

    /// The text with its place: of the `throw` that the script reached last, or of the error.
    pub fn message(&self, thrown: Option<(u32, u32)>, code: &str) -> String {
        let text = &self.text;
        match (thrown, self.place) {
            (Some((line, column)), _) => {
                format!("{text} in <eval> at line number {line} at column number {column}")
            }
            (None, Some((line, column))) => {
                let text = as_nashorn(text, || callee(code, line, column));
                format!("{text} in <eval> at line number {line}")
            }
            (None, None) => text.clone(),
        }
    }

    /// For people who start the program.
    pub fn while_loading(&self) -> String {
        match self.place {
            Some((line, column)) => format!("line {line}, column {column}: {}", self.text),
            None => self.text.clone(),
        }
    }
}

/// The first place in the script of a stack trace: `    at process (user-script:5:12)`.
fn place(stack: &str) -> Option<(usize, usize)> {
    let mark = format!("{SCRIPT}:");
    let (_, rest) = stack.split_once(&mark)?;
    let mut numbers = rest.split(|c: char| !c.is_ascii_digit());
    let line = numbers.next()?.parse().ok()?;
    let column = numbers.next().and_then(|text| text.parse().ok());
    Some((line, column.unwrap_or(1)))
}

/// The words of QuickJS in those of Nashorn.
fn as_nashorn(text: &str, callee: impl FnOnce() -> Option<String>) -> String {
    let Some((name, said)) = text.split_once(": ") else {
        return text.to_owned();
    };
    let quoted = |start: &str| {
        let rest = said.strip_prefix(start)?;
        rest.split_once('\'')
    };
    let said = if let Some((property, of)) = quoted("cannot read property '") {
        match of.trim_start_matches(" of ") {
            "undefined" => format!("Cannot read property \"{property}\" from undefined"),
            value => format!("Cannot get property \"{property}\" of {value}"),
        }
    } else if let Some((property, of)) = quoted("cannot set property '") {
        let value = of.trim_start_matches(" of ");
        format!("Cannot set property \"{property}\" of {value}")
    } else if let Some(variable) = said.strip_suffix(" is not defined") {
        format!("\"{}\" is not defined", variable.trim_matches('\''))
    } else if said == "not a function" {
        match callee() {
            Some(callee) => format!("{callee} is not a function"),
            None => said.to_owned(),
        }
    } else {
        said.to_owned()
    };
    format!("{name}: {said}")
}

/// What is called at a place of the code: `event.getNothing`.
fn callee(code: &str, line: usize, column: usize) -> Option<String> {
    let text: Vec<char> = code.lines().nth(line.checked_sub(1)?)?.chars().collect();
    let from = column.saturating_sub(1).min(text.len());
    let open = from + text.get(from..)?.iter().position(|c| *c == '(')?;
    let is_name = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.');
    let start = text.get(..open)?.iter().rposition(|c| !is_name(c));
    let start = start.map_or(0, |at| at + 1);
    let name: String = text.get(start..open)?.iter().collect();
    (!name.is_empty()).then_some(name)
}

/// What to write instead of classes and packages that people use, the longest name first.
const INSTEAD: [(&str, &str); 21] = [
    (
        "java.net.URI",
        "take the page_url… fields of the event, or a regular expression",
    ),
    (
        "java.net.URL",
        "take the page_url… fields of the event, or a regular expression",
    ),
    (
        "java.net.",
        "scripts cannot reach the network; use the api_request enrichment",
    ),
    (
        "java.io.",
        "scripts cannot reach files; put the data into the script or its `config`",
    ),
    (
        "java.nio.file.",
        "scripts cannot reach files; put the data into the script or its `config`",
    ),
    (
        "java.sql.",
        "scripts cannot reach databases; use the sql_query enrichment",
    ),
    ("java.time.", "use Date of JavaScript"),
    ("java.text.SimpleDateFormat", "use Date of JavaScript"),
    (
        "java.text.",
        "use toFixed and padStart, or java.lang.String.format",
    ),
    ("java.util.Date", "use Date of JavaScript"),
    ("java.util.Calendar", "use Date of JavaScript"),
    ("java.util.TimeZone", "use Date of JavaScript"),
    (
        "java.util.regex.",
        "use a regular expression of JavaScript, such as /a+/g",
    ),
    ("java.util.ArrayList", "use an array of JavaScript"),
    ("java.util.LinkedList", "use an array of JavaScript"),
    ("java.util.HashSet", "use Set of JavaScript"),
    (
        "java.util.",
        "use an object, array, Map or Set of JavaScript",
    ),
    ("java.lang.Thread", "scripts have no threads"),
    ("java.lang.Runtime", "scripts cannot start programs"),
    (
        "javax.crypto.",
        "use java.security.MessageDigest or DigestUtils; there are no ciphers or keys",
    ),
    (
        "com.fasterxml.jackson.",
        "use JSON.parse and JSON.stringify",
    ),
];

/// Why a script with this class does not start.
pub(super) fn unknown_class(class: &Class) -> String {
    let Class { name, line, .. } = class;
    let instead = INSTEAD.iter().find(|(start, _)| name.starts_with(start));
    let instead = instead.map_or("write it in JavaScript", |(_, instead)| *instead);
    format!("line {line}: the Java class {name} is not available to scripts; {instead}")
}

/// Why a script with this member of a class that is there does not start.
pub(super) fn unknown_member(class: &Class) -> String {
    let Class { name, line, member } = class;
    let member = member.as_deref().unwrap_or_default();
    format!("line {line}: {name}.{member} is not available to scripts; write it in JavaScript")
}

/// Why a script that uses a function of Nashorn's shell does not start.
pub(super) fn unknown_function(name: &str, line: u32) -> String {
    let instead = match name {
        "load" | "loadWithNewGlobal" => "put the code of the other file into the script",
        "importPackage" | "importClass" | "JavaImporter" => {
            "name classes with their packages, for example java.util.UUID"
        }
        "JavaAdapter" => "write it in JavaScript",
        _ => "scripts cannot reach the machine that they run on",
    };
    format!("line {line}: {name}() is not available to scripts; {instead}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_engine_become_those_of_nashorn() {
        for (text, expected) in [
            (
                "TypeError: cannot read property 'x' of null",
                "TypeError: Cannot get property \"x\" of null",
            ),
            (
                "TypeError: cannot read property 'x' of undefined",
                "TypeError: Cannot read property \"x\" from undefined",
            ),
            (
                "ReferenceError: y is not defined",
                "ReferenceError: \"y\" is not defined",
            ),
            (
                "TypeError: not a function",
                "TypeError: e.f is not a function",
            ),
            (
                "RangeError: invalid array length",
                "RangeError: invalid array length",
            ),
            ("text", "text"),
        ] {
            assert_eq!(as_nashorn(text, || Some("e.f".to_owned())), expected);
        }
    }

    #[test]
    fn the_place_is_that_of_the_innermost_frame_of_the_script() {
        let stack = "    at get (eval_script:3:4)\n    at process (user-script:5:12)\n    at user-script:9:1\n";
        assert_eq!(place(stack), Some((5, 12)));
        assert_eq!(place("    at f (native)\n"), None);
    }

    #[test]
    fn what_is_called_is_read_off_the_code() {
        let code = "a();\n return event.getNope(1) + f(2);";
        assert_eq!(callee(code, 2, 15).as_deref(), Some("event.getNope"));
        assert_eq!(callee(code, 2, 22).as_deref(), Some("event.getNope"));
        assert_eq!(callee(code, 9, 1), None);
    }
}
