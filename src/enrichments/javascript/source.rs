//! Makes a script that was written for Nashorn run elsewhere: what has to be rewritten before it is
//! compiled, and what it uses of Java.

use super::lexer::{Kind, Token, tokens};
use crate::event::COLUMNS;

/// A script, ready to be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// What is compiled; its lines are those of the script.
    pub code: String,
    /// Fields whose Scala accessors (`event.app_id()`) it calls.
    pub accessors: Vec<&'static str>,
    /// Java classes that it names.
    pub classes: Vec<Class>,
    /// Functions of Nashorn's shell that it uses: name and line.
    pub shell: Vec<(&'static str, u32)>,
    /// Whether a function may look at arguments that it does not name.
    pub all_arguments: bool,
}

/// A Java class that a script names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Class {
    /// With its package.
    pub name: String,
    /// What it uses of the class, when that follows the name directly.
    pub member: Option<String>,
    /// Where, from 1.
    pub line: u32,
}

/// Packages that are global objects in Nashorn.
const ROOTS: [&str; 7] = ["java", "javax", "javafx", "org", "com", "net", "edu"];

/// Functions of Nashorn's shell and of Mozilla's that reach out of the script.
const SHELL: [&str; 11] = [
    "load",
    "loadWithNewGlobal",
    "importPackage",
    "importClass",
    "JavaImporter",
    "JavaAdapter",
    "readFully",
    "readLine",
    "quit",
    "exit",
    "$EXEC",
];

/// Reads a script.
pub(super) fn read(script: &str) -> Source {
    let tokens = tokens(script);
    let mut reader = Reader {
        tokens: &tokens,
        edits: Vec::new(),
        source: Source {
            code: String::new(),
            accessors: Vec::new(),
            classes: Vec::new(),
            shell: Vec::new(),
            all_arguments: false,
        },
    };
    for at in 0..tokens.len() {
        reader.token(at);
    }
    let Reader {
        mut edits,
        mut source,
        ..
    } = reader;
    edits.sort_by_key(|edit| edit.from);
    source.code = apply(script, &edits);
    source
}

/// `to - from` bytes are replaced.
struct Edit {
    from: usize,
    to: usize,
    text: String,
}

fn apply(script: &str, edits: &[Edit]) -> String {
    let mut code = String::with_capacity(script.len() + 64);
    let mut rest = 0;
    for edit in edits.iter() {
        code.push_str(script.get(rest..edit.from).unwrap_or_default());
        code.push_str(&edit.text);
        rest = edit.to.max(rest);
    }
    code.push_str(script.get(rest..).unwrap_or_default());
    code
}

struct Reader<'t, 's> {
    tokens: &'t [Token<'s>],
    edits: Vec<Edit>,
    source: Source,
}

impl<'s> Reader<'_, 's> {
    fn get(&self, at: usize) -> Option<&Token<'s>> {
        self.tokens.get(at)
    }

    fn is_sign(&self, at: usize, sign: &str) -> bool {
        self.get(at).is_some_and(|token| token.is_sign(sign))
    }

    fn after_dot(&self, at: usize) -> bool {
        at > 0 && self.is_sign(at - 1, ".") && !(at > 1 && self.is_sign(at - 2, "."))
    }

    fn token(&mut self, at: usize) {
        let Some(token) = self.get(at).copied() else {
            return;
        };
        if token.is_sign(".") && self.is_sign(at + 1, ".") {
            self.source.all_arguments = true;
        }
        if token.kind != Kind::Word {
            return;
        }
        if self.after_dot(at) {
            self.accessor(at, token);
            return;
        }
        // a name in an object or a label is neither
        if self.is_sign(at + 1, ":") && !matches!(token.text, "default") {
            return;
        }
        match token.text {
            "arguments" => self.source.all_arguments = true,
            "throw" => {
                let text = format!(" __at({},{}),", token.line, token.column);
                self.insert(token.end(), text);
            }
            "for" => self.for_each(at),
            "Java" => self.java(at, token),
            "Packages" if self.is_sign(at + 1, ".") => self.package(at + 2, token.line),
            word if ROOTS.contains(&word) && self.is_sign(at + 1, ".") && !self.declares(word) => {
                self.package(at, token.line);
            }
            word => {
                let known = SHELL.iter().find(|name| **name == word);
                if let Some(name) =
                    known.filter(|_| self.is_sign(at + 1, "(") && !self.declares(word))
                {
                    self.source.shell.push((*name, token.line));
                }
            }
        }
    }

    fn insert(&mut self, at: usize, text: String) {
        self.edits.push(Edit {
            from: at,
            to: at,
            text,
        });
    }

    /// `.length()` and `.app_id()`: in Nashorn a property of a Java object and a method of the same
    /// name do not hide each other.
    fn accessor(&mut self, at: usize, token: Token<'s>) {
        if !self.is_sign(at + 1, "(") || !self.is_sign(at + 2, ")") {
            return;
        }
        if token.text == "length" {
            self.insert(token.start, "__".to_owned());
        } else if let Some(column) = COLUMNS.iter().find(|column| column.name == token.text) {
            self.insert(token.start, "__get_".to_owned());
            if !self.source.accessors.contains(&column.name) {
                self.source.accessors.push(column.name);
            }
        }
    }

    /// Mozilla's `for each (x in o)` as `for (x of __values(o))`.
    fn for_each(&mut self, at: usize) {
        let Some(each) = self.get(at + 1).copied().filter(|t| t.is_word("each")) else {
            return;
        };
        if !self.is_sign(at + 2, "(") {
            return;
        }
        let mut depth = 0;
        let mut within = None;
        for token in self.tokens.iter().skip(at + 2) {
            match token.text {
                "(" | "[" | "{" if token.kind == Kind::Sign => depth += 1,
                ")" | "]" | "}" if token.kind == Kind::Sign => {
                    depth -= 1;
                    if depth == 0 {
                        if let Some(word) = within {
                            let word: Token<'s> = word;
                            self.edits.push(Edit {
                                from: each.start,
                                to: each.end(),
                                text: String::new(),
                            });
                            self.edits.push(Edit {
                                from: word.start,
                                to: word.end(),
                                text: "of __values(".to_owned(),
                            });
                            self.insert(token.start, ")".to_owned());
                        }
                        return;
                    }
                }
                "in" if depth == 1 && within.is_none() && token.kind == Kind::Word => {
                    within = Some(*token);
                }
                _ => {}
            }
        }
    }

    /// `Java.type("…")`.
    fn java(&mut self, at: usize, token: Token<'s>) {
        let is_type = self.is_sign(at + 1, ".")
            && self.get(at + 2).is_some_and(|t| t.is_word("type"))
            && self.is_sign(at + 3, "(");
        let Some(literal) = self.get(at + 4).filter(|t| is_type && t.kind == Kind::Text) else {
            return;
        };
        let name = literal.text.trim_matches(['"', '\'']).to_owned();
        let member = (self.is_sign(at + 5, ")") && self.is_sign(at + 6, "."))
            .then(|| self.get(at + 7).map(|t| t.text.to_owned()));
        self.source.classes.push(Class {
            name,
            member: member.flatten(),
            line: token.line,
        });
    }

    /// `java.util.UUID.randomUUID`: packages are written small, classes with a capital.
    fn package(&mut self, at: usize, line: u32) {
        let mut name = String::new();
        let mut at = at;
        while let Some(token) = self.get(at).filter(|t| t.kind == Kind::Word) {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(token.text);
            let is_class = token.text.starts_with(|c: char| c.is_uppercase());
            if is_class {
                let member = self.is_sign(at + 1, ".").then(|| self.get(at + 2));
                let member = member.flatten().map(|t| t.text.to_owned());
                self.source.classes.push(Class { name, member, line });
                return;
            }
            if !self.is_sign(at + 1, ".") {
                return;
            }
            at += 2;
        }
    }

    /// Whether the script has a variable, function or parameter of that name.
    fn declares(&self, name: &str) -> bool {
        let is_name = |at: usize| self.get(at).is_some_and(|t| t.is_word(name));
        let mut in_parameters = false;
        let mut in_declaration = false;
        for (at, token) in self.tokens.iter().enumerate() {
            match token.text {
                "var" | "let" | "const" | "function" | "class" | "catch"
                    if token.kind == Kind::Word =>
                {
                    if is_name(at + 1) {
                        return true;
                    }
                    in_parameters = token.text == "function" || token.text == "catch";
                    in_declaration = !in_parameters;
                }
                "{" if token.kind == Kind::Sign => in_parameters = false,
                ";" if token.kind == Kind::Sign => in_declaration = false,
                "," | "(" if token.kind == Kind::Sign && (in_parameters || in_declaration) => {
                    let ends = self.is_sign(at + 2, ",")
                        || self.is_sign(at + 2, ")")
                        || self.is_sign(at + 2, "=")
                        || self.is_sign(at + 2, ";");
                    if is_name(at + 1) && ends {
                        return true;
                    }
                }
                _ => {}
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_rewritten_in_its_lines_and_nothing_else_is_touched() {
        for (script, expected) in [
            ("a();\n  throw x;", "a();\n  throw __at(2,2), x;"),
            ("o.throw(1); ({throw: 1})", "o.throw(1); ({throw: 1})"),
            (
                "'throw x'; // throw\n/throw /",
                "'throw x'; // throw\n/throw /",
            ),
            ("s.length() + s.length", "s.__length() + s.length"),
            (
                "event.app_id() + event.app_id",
                "event.__get_app_id() + event.app_id",
            ),
            ("`${event.app_id()}`", "`${event.__get_app_id()}`"),
            (
                "for each (var x in f(a in b)) g(x);",
                "for  (var x of __values( f(a in b))) g(x);",
            ),
        ] {
            assert_eq!(read(script).code, expected, "{script}");
        }
        assert_eq!(read("e.app_id() + e.app_id()").accessors, ["app_id"]);
    }

    fn classes(script: &str) -> Vec<(String, Option<String>, u32)> {
        let found = read(script).classes.into_iter();
        found.map(|c| (c.name, c.member, c.line)).collect()
    }

    #[test]
    fn java_classes_are_found_by_all_their_spellings() {
        let class = |name: &str, member: Option<&str>, line| {
            (name.to_owned(), member.map(str::to_owned), line)
        };
        assert_eq!(
            classes(
                "var U = Java.type(\"java.util.UUID\");\nnew java.io.File('x');\nPackages.org.acme.Z.f(); Java.type('a.B').c()"
            ),
            [
                class("java.util.UUID", None, 1),
                class("java.io.File", None, 2),
                class("org.acme.Z", Some("f"), 3),
                class("a.B", Some("c"), 3),
            ]
        );
        assert_eq!(
            classes("var com = {A: 1}; com.A; x.java.lang.Z; var s = 'java.io.File'"),
            []
        );
        assert_eq!(classes("function f(a, org) { return org.Name; }"), []);
    }

    #[test]
    fn functions_of_the_shell_are_found_unless_the_script_has_its_own() {
        assert_eq!(read("\nload('x.js')").shell, [("load", 2)]);
        assert_eq!(read("function load(x) {} load(1); o.quit()").shell, []);
    }

    #[test]
    fn a_look_at_all_arguments_is_seen() {
        assert!(read("function process() { return arguments[1]; }").all_arguments);
        assert!(read("function process(...all) {}").all_arguments);
        assert!(!read("function process(event) { event.x; }").all_arguments);
    }
}
