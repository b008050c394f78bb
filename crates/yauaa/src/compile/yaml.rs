//! YAML as a tree of texts: scalars keep their spelling, aliases are resolved.

use std::collections::HashMap;

use yaml_rust2::parser::{Event, MarkedEventReceiver, Parser};
use yaml_rust2::scanner::Marker;

/// A node of a document.
#[derive(Clone, Debug)]
pub enum Yaml {
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Yaml>),
    /// Pairs in the order of the file, repeated keys included.
    Map(Vec<(Yaml, Yaml)>),
}

#[allow(dead_code)]
impl Yaml {
    /// The text of a scalar.
    pub fn text(&self) -> &str {
        if let Self::Text(text) = self {
            text
        } else {
            ""
        }
    }

    /// The items of a list.
    pub fn items(&self) -> &[Yaml] {
        if let Self::List(items) = self {
            items
        } else {
            &[]
        }
    }

    /// The pairs of a map.
    pub fn pairs(&self) -> &[(Yaml, Yaml)] {
        if let Self::Map(pairs) = self {
            pairs
        } else {
            &[]
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Yaml> {
        self.pairs()
            .iter()
            .find(|(k, _)| k.text() == key)
            .map(|(_, v)| v)
    }
}

#[derive(Default)]
struct Builder {
    stack: Vec<(Yaml, usize)>,
    anchors: HashMap<usize, Yaml>,
    root: Option<Yaml>,
}

impl Builder {
    fn done(&mut self, node: Yaml, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.stack.last_mut() {
            Some((Yaml::List(items), _)) => items.push(node),
            Some((Yaml::Map(pairs), _)) => match pairs.last_mut() {
                Some((_, Yaml::List(open)))
                    if open.len() == 1 && matches!(&open[0], Yaml::Text(t) if t == "\0open") =>
                {
                    let last = pairs.len() - 1;
                    pairs[last].1 = node;
                }
                _ => pairs.push((node, Yaml::List(vec![Yaml::Text("\0open".to_owned())]))),
            },
            _ => self.root = Some(node),
        }
    }
}

impl MarkedEventReceiver for Builder {
    fn on_event(&mut self, event: Event, _: Marker) {
        match event {
            Event::Scalar(text, _, anchor, _) => self.done(Yaml::Text(text), anchor),
            Event::SequenceStart(anchor, _) => self.stack.push((Yaml::List(Vec::new()), anchor)),
            Event::MappingStart(anchor, _) => self.stack.push((Yaml::Map(Vec::new()), anchor)),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((node, anchor)) = self.stack.pop() {
                    self.done(node, anchor);
                }
            }
            Event::Alias(anchor) => {
                let node = self
                    .anchors
                    .get(&anchor)
                    .cloned()
                    .unwrap_or(Yaml::Text(String::new()));
                self.done(node, 0);
            }
            _ => {}
        }
    }
}

/// The first document of `text`.
pub fn parse(text: &str) -> Result<Yaml, String> {
    let text: String = text
        .lines()
        .flat_map(|line| [spaced(line), "\n".to_owned()])
        .collect();
    let mut builder = Builder::default();
    let mut parser = Parser::new_from_str(&text);
    parser
        .load(&mut builder, false)
        .map_err(|e| e.to_string())?;
    builder.root.ok_or_else(|| "no document".to_owned())
}

/// A line with a blank between a quoted scalar and the comment behind it, which the rule files
/// leave out here and there and the parser insists on.
fn spaced(line: &str) -> String {
    if !line.contains("'#") && !line.contains("\"#") {
        return line.to_owned();
    }
    let (mut out, mut quote, mut before) = (String::new(), None, ' ');
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        out.push(letter);
        match quote {
            Some('\'') if letter == '\'' && letters.peek() == Some(&'\'') => {
                out.extend(letters.next())
            }
            Some('"') if letter == '\\' => out.extend(letters.next()),
            Some(open) if letter == open => {
                quote = None;
                if letters.peek() == Some(&'#') {
                    out.push(' ');
                }
            }
            None if (letter == '\'' || letter == '"') && before == ' ' => quote = Some(letter),
            None if letter == '#' && before == ' ' => {
                out.extend(letters.by_ref());
            }
            _ => {}
        }
        before = letter;
    }
    out
}
