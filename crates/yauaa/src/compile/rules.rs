//! The rule files as the library loads them: matchers, look-ups and sets, in its order.

use std::collections::HashMap;
use std::path::Path;

use super::yaml::{self, Yaml};

/// One line of a matcher.
pub enum Line {
    /// `variable`: name and expression.
    Variable(String, String),
    /// `require`.
    Require(String),
    /// `require` of the form `IsNull[...]`, without that.
    Fail(String),
    /// `extract`: field, confidence, expression.
    Extract(String, i32, String),
}

/// A Java `HashMap<String, String>`: only its order of iteration is of interest.
#[derive(Default, Clone)]
pub struct JavaMap {
    entries: Vec<(String, String)>,
    places: HashMap<String, usize>,
    capacity: usize,
}

fn java_hash(text: &str) -> u32 {
    let hash = text.encode_utf16().fold(0_u32, |h, unit| {
        h.wrapping_mul(31).wrapping_add(u32::from(unit))
    });
    hash ^ hash >> 16
}

impl JavaMap {
    fn put(&mut self, key: &str, value: &str) {
        if self.capacity == 0 {
            self.capacity = 16;
        }
        match self.places.get(key) {
            Some(&place) => self.entries[place].1 = value.to_owned(),
            None => {
                self.places.insert(key.to_owned(), self.entries.len());
                self.entries.push((key.to_owned(), value.to_owned()));
                if self.entries.len() * 4 > self.capacity * 3 {
                    self.capacity *= 2;
                }
            }
        }
    }

    fn put_all(&mut self, other: &JavaMap) {
        let size = other.entries.len();
        if size == 0 {
            return;
        }
        if self.capacity == 0 {
            let wanted = (size as f32 / 0.75 + 1.0) as usize;
            self.capacity = wanted.next_power_of_two();
        }
        while size * 4 > self.capacity * 3 {
            self.capacity *= 2;
        }
        for (key, value) in other.iterate() {
            self.put(&key, &value);
        }
    }

    /// The entries in Java's order.
    pub fn iterate(&self) -> Vec<(String, String)> {
        let mut entries = self.entries.clone();
        let mask = self.capacity.max(1) as u32 - 1;
        entries.sort_by_key(|(key, _)| java_hash(key) & mask);
        entries
    }
}

/// Everything the rule files say.
#[derive(Default)]
pub struct Rules {
    /// The matchers, in order of evaluation.
    pub matchers: Vec<Vec<Line>>,
    /// Look-ups by name: lower-case keys in the library's order.
    pub lookups: HashMap<String, Vec<(String, String)>>,
    /// Sets by name.
    pub sets: HashMap<String, Vec<String>>,
}

/// Reads all rule files of a folder.
pub fn load(folder: &Path) -> Result<Rules, String> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .map_err(|e| format!("{}: {e}", folder.display()))?
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .collect();
    files.sort();
    let mut rules = Rules::default();
    let mut lookups: Vec<(String, JavaMap)> = Vec::new();
    let mut lookup_merges: Vec<(String, Vec<String>)> = Vec::new();
    let mut sets: Vec<(String, Vec<String>)> = Vec::new();
    let mut set_merges: Vec<(String, Vec<String>)> = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|e| e.to_string())?;
        if !["matcher:", "lookup:", "set:"]
            .iter()
            .any(|word| text.contains(word))
        {
            continue;
        }
        let document = yaml::parse(&text).map_err(|e| format!("{}: {e}", file.display()))?;
        for entry in document.get("config").map_or(&[][..], Yaml::items) {
            let Some((kind, body)) = entry.pairs().first() else {
                continue;
            };
            match kind.text() {
                "matcher" => rules.matchers.push(matcher(body)?),
                "lookup" => {
                    let name = body.get("name").map_or("", Yaml::text);
                    let mut map = JavaMap::default();
                    for (key, value) in body.get("map").map_or(&[][..], Yaml::pairs) {
                        map.put(key.text(), value.text());
                    }
                    if let Some(merge) = body.get("merge") {
                        lookup_merges.push((name.to_owned(), texts(merge)));
                    }
                    match lookups.iter_mut().find(|(known, _)| known == name) {
                        Some((_, known)) => {
                            for (key, value) in map.iterate() {
                                known.put(&key, &value);
                            }
                        }
                        None => lookups.push((name.to_owned(), map)),
                    }
                }
                "set" => {
                    let name = body.get("name").map_or("", Yaml::text);
                    let values = body.get("values").map(texts).unwrap_or_default();
                    let values = values.iter().map(|v| v.to_lowercase()).collect();
                    if let Some(merge) = body.get("merge") {
                        set_merges.push((name.to_owned(), texts(merge)));
                    }
                    add_set(&mut sets, name, values);
                }
                _ => {}
            }
        }
    }
    for (name, others) in lookup_merges {
        for other in others {
            let extra = lookups
                .iter()
                .find(|(known, _)| *known == other)
                .map(|(_, map)| map.clone());
            let extra = extra.ok_or_else(|| format!("no lookup {other}"))?;
            if let Some((_, map)) = lookups.iter_mut().find(|(known, _)| *known == name) {
                map.put_all(&extra);
            }
        }
    }
    for (name, map) in lookups {
        let mut clean: Vec<(String, String)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for (key, value) in map.iterate() {
            let key = key.to_lowercase();
            match places.get(&key) {
                Some(&place) => clean[place].1 = value,
                None => {
                    places.insert(key.clone(), clean.len());
                    clean.push((key, value));
                }
            }
        }
        rules.lookups.insert(name, clean);
    }
    for (name, others) in set_merges {
        for other in others {
            let mut extra = Vec::new();
            if let Some(map) = rules.lookups.get(&other) {
                extra.extend(map.iter().map(|(key, _)| key.clone()));
            }
            if let Some((_, set)) = sets.iter().find(|(known, _)| *known == other) {
                extra.extend(set.iter().cloned());
            }
            add_set(&mut sets, &name, extra);
        }
    }
    rules.sets = sets.into_iter().collect();
    Ok(rules)
}

fn add_set(sets: &mut Vec<(String, Vec<String>)>, name: &str, values: Vec<String>) {
    match sets.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => known.extend(values),
        None => sets.push((name.to_owned(), values)),
    }
}

fn texts(list: &Yaml) -> Vec<String> {
    list.items()
        .iter()
        .map(|item| item.text().to_owned())
        .collect()
}

fn java_trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

fn matcher(body: &Yaml) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    for (kind, list) in body.pairs() {
        for text in texts(list) {
            match kind.text() {
                "variable" => {
                    let (name, rest) = text.split_once(':').ok_or("variable without name")?;
                    lines.push(Line::Variable(
                        java_trim(name).to_owned(),
                        java_trim(rest).to_owned(),
                    ));
                }
                "require" => {
                    let text = java_trim(&text);
                    lines.push(match text.strip_prefix("IsNull[") {
                        Some(inner) => {
                            Line::Fail(inner.strip_suffix(']').unwrap_or(inner).to_owned())
                        }
                        None => Line::Require(text.to_owned()),
                    });
                }
                "extract" => {
                    let mut parts = text.splitn(3, ':');
                    let mut part = || {
                        parts
                            .next()
                            .map(|p| java_trim(p).to_owned())
                            .ok_or("short extract")
                    };
                    let (field, confidence, expression) = (part()?, part()?, part()?);
                    let confidence = confidence
                        .parse()
                        .map_err(|_| format!("confidence {confidence}"))?;
                    lines.push(Line::Extract(field, confidence, expression));
                }
                _ => {}
            }
        }
    }
    Ok(lines)
}
