//! Turns the published package into one table file.

mod class;
mod expression;
mod index;
mod rules;
mod yaml;

use std::collections::HashMap;
use std::path::Path;

use crate::codec::{MAGIC, Writer, hash_bytes, hash_number};
use crate::ops::{FIELDS, NAMES, NONE, SET_ALL, SYNTAX_ERROR, action, step};
use expression::{Expression, Move};
use index::PathNode;
use rules::{Line, Rules};

/// Compiles what `folder` holds (rule files, two generated classes, the public suffix list).
pub fn compile(folder: &Path) -> Result<Vec<u8>, String> {
    let rules = rules::load(&folder.join("UserAgents"))?;
    let read = |name: &str| std::fs::read(folder.join(name)).map_err(|e| format!("{name}: {e}"));
    let network =
        |name: &str| class::network(&read(name)?).ok_or_else(|| format!("{name}: no network"));
    let mut tables = Tables::new(&rules);
    for matcher in &rules.matchers {
        tables.matcher(matcher)?;
    }
    let suffixes = String::from_utf8_lossy(&read("public-suffix-list.txt")?).into_owned();
    Ok(tables.write(
        &network("UserAgentLexer.class")?,
        &network("UserAgentParser.class")?,
        &suffixes,
    ))
}

struct Tables<'a> {
    rules: &'a Rules,
    strings: Vec<String>,
    string_ids: HashMap<String, u32>,
    fields: Vec<String>,
    maps: Vec<Vec<(u32, u32)>>,
    map_ids: HashMap<(bool, String), u32>,
    steps: Vec<[u32; 4]>,
    actions: Vec<Action>,
    matchers: Vec<[u32; 5]>,
    outputs: Vec<[u32; 4]>,
    nodes: Vec<PathNode>,
    children: HashMap<u64, u32>,
    keyed: HashMap<u64, Vec<u32>>,
}

struct Action {
    kind: u32,
    steps: Vec<[u32; 4]>,
    informs: u32,
    matcher: u32,
    interested: Vec<u32>,
    fixed: Option<String>,
}

fn down_limit(name: &str) -> u32 {
    match name {
        "agent" | "name" | "key" => 1,
        "value" | "comments" | "email" | "url" | "uuid" => 2,
        "version" => 4,
        "entry" => 20,
        "keyvalue" => 3,
        "text" => 8,
        _ => 10,
    }
}

fn name_number(name: &str) -> Result<u32, String> {
    NAMES
        .iter()
        .position(|&n| n == name)
        .map(|n| n as u32)
        .ok_or_else(|| format!("no path name {name}"))
}

impl<'a> Tables<'a> {
    fn new(rules: &'a Rules) -> Self {
        let mut fields: Vec<String> = FIELDS.iter().map(|&f| f.to_owned()).collect();
        fields.extend([SYNTAX_ERROR.to_owned(), SET_ALL.to_owned()]);
        for line in rules.matchers.iter().flatten() {
            if let Line::Extract(field, ..) = line {
                fields.push(field.clone());
            }
        }
        fields.sort();
        fields.dedup();
        let mut tables = Self {
            rules,
            strings: Vec::new(),
            string_ids: HashMap::new(),
            fields,
            maps: Vec::new(),
            map_ids: HashMap::new(),
            steps: Vec::new(),
            actions: Vec::new(),
            matchers: Vec::new(),
            outputs: Vec::new(),
            nodes: vec![PathNode::default(), PathNode::default()],
            children: HashMap::new(),
            keyed: HashMap::new(),
        };
        tables.string("");
        tables
    }

    fn string(&mut self, text: &str) -> u32 {
        if let Some(&id) = self.string_ids.get(text) {
            return id;
        }
        let id = self.strings.len() as u32;
        self.strings.push(text.to_owned());
        self.string_ids.insert(text.to_owned(), id);
        id
    }

    /// The map of a look-up, or the set (or the keys of the look-up) of that name.
    fn map(&mut self, name: &str, set_first: bool) -> Result<u32, String> {
        let key = (set_first, name.to_owned());
        if let Some(&id) = self.map_ids.get(&key) {
            return Ok(id);
        }
        let rules = self.rules;
        let set = if set_first {
            rules.sets.get(name)
        } else {
            None
        };
        let entries: Vec<(u32, u32)> = match (set, rules.lookups.get(name)) {
            (Some(set), _) => set.iter().map(|v| (self.string(v), 0)).collect(),
            (None, Some(map)) => map
                .iter()
                .map(|(k, v)| (self.string(k), self.string(v)))
                .collect(),
            (None, None) => return Err(format!("no look-up {name}")),
        };
        let id = self.maps.len() as u32;
        self.maps.push(entries);
        self.map_ids.insert(key, id);
        Ok(id)
    }

    fn matcher(&mut self, lines: &[Line]) -> Result<(), String> {
        let number = self.matchers.len() as u32;
        let first = self.actions.len() as u32;
        let mut variables: HashMap<String, Vec<u32>> = HashMap::new();
        let mut names: Vec<(String, u32)> = Vec::new();
        let mut fixed: Vec<(u32, i32, String)> = Vec::new();
        let mut found: Vec<(u32, i32, u32)> = Vec::new();
        let is_variable = |line: &&Line| matches!(line, Line::Variable(..));
        let ordered = lines
            .iter()
            .filter(is_variable)
            .chain(lines.iter().filter(|line| !is_variable(line)));
        for line in ordered {
            let (kind, text) = match line {
                Line::Variable(_, text) => (action::VARIABLE, text),
                Line::Require(text) => (action::REQUIRE, text),
                Line::Fail(text) => (action::FAIL, text),
                Line::Extract(_, _, text) => (action::EXTRACT, text),
            };
            let expression = expression::parse(text)?;
            let id = self.actions.len() as u32;
            let built = self.action(&expression, kind, number, id, &mut variables)?;
            match line {
                Line::Extract(field, confidence, _) => {
                    let field = self
                        .fields
                        .binary_search(field)
                        .map_err(|_| field.clone())? as u32;
                    match built.fixed {
                        Some(value) => {
                            fixed.push((field, *confidence, value));
                            continue;
                        }
                        None => found.push((field, *confidence, id)),
                    }
                }
                Line::Variable(name, _) => names.push((name.clone(), id)),
                _ if built.fixed.is_some() => return Err(format!("fixed value in {text}")),
                _ => {}
            }
            self.actions.push(built);
        }
        for (name, id) in names {
            self.actions[id as usize].interested =
                variables.get(&name).cloned().unwrap_or_default();
        }
        let count = self.actions.len() as u32 - first;
        let needs = self.actions[first as usize..]
            .iter()
            .filter(|a| a.kind & action::NEEDS_INPUT != 0)
            .count() as u32;
        // A field set more than once by a matcher: texts first, then what was found; the last wins.
        let mut outputs: HashMap<u32, [u32; 4]> = HashMap::new();
        for (field, confidence, value) in fixed {
            let row = if value == "<<<null>>>" {
                [field, confidence as u32, 2, 0]
            } else {
                [field, confidence as u32, 0, self.string(&value)]
            };
            outputs.insert(field, row);
        }
        for (field, confidence, id) in found {
            outputs.insert(field, [field, confidence as u32, 1, id]);
        }
        let mut outputs: Vec<_> = outputs.into_values().collect();
        outputs.sort_unstable();
        let start = self.outputs.len() as u32;
        self.outputs.extend_from_slice(&outputs);
        self.matchers
            .push([first, count, needs, start, outputs.len() as u32]);
        Ok(())
    }

    fn action(
        &mut self,
        expression: &Expression,
        kind: u32,
        matcher: u32,
        id: u32,
        variables: &mut HashMap<String, Vec<u32>>,
    ) -> Result<Action, String> {
        let fixed = fixed_value(expression).map(str::to_owned);
        let mut result = Action {
            kind,
            steps: Vec::new(),
            informs: 0,
            matcher,
            interested: Vec::new(),
            fixed,
        };
        if result.fixed.is_some() {
            return Ok(result);
        }
        let mut walk = Walk {
            steps: Vec::new(),
            past_index: false,
        };
        self.walk(expression, &mut walk)?;
        let can_do_without = |steps: &[[u32; 4]]| {
            steps.iter().any(|s| {
                matches!(s[0], step::DEFAULT | step::IS_NULL)
                    || s[0] == step::LOOKUP && s[2] != NONE
            })
        };
        let needs_match = !can_do_without(&walk.steps);
        result.informs = self.inform(expression, id, variables)?;
        let mut needs_input = kind != action::FAIL && needs_match && result.informs > 0;
        let mut needs_match = needs_match;
        if kind == action::REQUIRE || kind == action::FAIL {
            while walk.steps.last().is_some_and(|s| !can_fail(s)) {
                walk.steps.pop();
            }
            if kind == action::FAIL {
                needs_match = !can_do_without(&walk.steps);
                needs_input = false;
            }
        }
        result.kind |= if needs_input { action::NEEDS_INPUT } else { 0 };
        result.kind |= if needs_match { action::NEEDS_MATCH } else { 0 };
        result.steps = walk.steps;
        Ok(result)
    }

    fn walk(&mut self, expression: &Expression, walk: &mut Walk) -> Result<(), String> {
        match expression {
            Expression::Fixed(_) | Expression::SyntaxError(_) => {}
            Expression::Variable(_, moves) => {
                walk.past_index = true;
                self.moves(moves, walk)?;
            }
            Expression::Path(moves) => self.moves(moves, walk)?,
            Expression::Words(inner, (first, last)) => {
                self.walk(inner, walk)?;
                walk.always([step::WORDS, *first, *last, 0]);
            }
            Expression::Segments(inner, (first, last)) => {
                self.walk(inner, walk)?;
                walk.always([step::SEGMENTS, *first, *last, 0]);
            }
            Expression::Call(name, texts, inner) => {
                let mut text = |at: usize| texts.get(at).map(|t| self.string(t));
                match name.as_str() {
                    "DefaultIfNull" => {
                        let default = text(0).ok_or("no default")?;
                        walk.steps.push([step::DEFAULT, default, 0, 0]);
                        return self.walk(inner, walk);
                    }
                    "IsNull" => {
                        walk.steps.push([step::IS_NULL, 0, 0, 0]);
                        return self.walk(inner, walk);
                    }
                    _ => {}
                }
                let row = match name.as_str() {
                    "CleanVersion" => [step::CLEAN_VERSION, 0, 0, 0],
                    "IsValidVersion" => [step::VALID_VERSION, 0, 0, 0],
                    "NormalizeBrand" => [step::NORMALIZE, 0, 0, 0],
                    "ExtractBrandFromUrl" => [step::BRAND_FROM_URL, 0, 0, 0],
                    "ReplaceString" => [
                        step::REPLACE,
                        text(0).ok_or("no text")?,
                        text(1).ok_or("no text")?,
                        0,
                    ],
                    "ConcatPrefix" => [step::CONCAT, text(0).ok_or("no text")?, NONE, 0],
                    "ConcatPostfix" => [step::CONCAT, NONE, text(0).ok_or("no text")?, 0],
                    "ConcatPrefixPostfix" => [
                        step::CONCAT,
                        text(0).ok_or("no text")?,
                        text(1).ok_or("no text")?,
                        0,
                    ],
                    _ => {
                        let lookup = texts.first().ok_or("no look-up")?.clone();
                        let default = texts.get(1).cloned().map_or(NONE, |t| self.string(&t));
                        let (code, set_first) = match name.as_str() {
                            "LookUp" => (step::LOOKUP, false),
                            "LookUpContains" => (step::LOOKUP_CONTAINS, false),
                            "LookUpPrefix" => (step::LOOKUP_PREFIX, false),
                            "IsInLookUp" => (step::IN_SET, false),
                            "IsInLookUpContains" => (step::IN_CONTAINS, false),
                            "IsNotInLookUpContains" => (step::NOT_IN_CONTAINS, false),
                            "IsInLookUpPrefix" => (step::IN_PREFIX, true),
                            "IsNotInLookUpPrefix" => (step::NOT_IN_PREFIX, true),
                            _ => return Err(format!("no function {name}")),
                        };
                        [code, self.map(&lookup, set_first)?, default, 0]
                    }
                };
                self.walk(inner, walk)?;
                walk.always(row);
            }
        }
        Ok(())
    }

    fn moves(&mut self, moves: &[Move], walk: &mut Walk) -> Result<(), String> {
        for one in moves {
            match one {
                Move::Down(from, to, name) => {
                    let row = [
                        step::DOWN,
                        name_number(name)?,
                        *from,
                        to.unwrap_or(down_limit(name)),
                    ];
                    walk.perhaps(row);
                }
                Move::Up => walk.always([step::UP, 0, 0, 0]),
                Move::Next(count) => walk.always([step::NEXT, *count, 0, 0]),
                Move::Prev(count) => walk.always([step::PREV, *count, 0, 0]),
                Move::Words((first, last)) => walk.perhaps([step::WORDS, *first, *last, 0]),
                Move::Full => walk.perhaps([step::FULL, 0, 0, 0]),
                Move::In(inside, name) => {
                    let code = if *inside {
                        step::IN_SET
                    } else {
                        step::NOT_IN_SET
                    };
                    let map = self.map(name, true)?;
                    walk.always([code, map, NONE, 0]);
                }
                Move::Compare(sign, text) => {
                    let lower = self.string(&text.to_lowercase());
                    let plain = self.string(text);
                    match *sign {
                        "=" => {
                            walk.perhaps([step::EQUALS, plain, 0, 0]);
                            walk.past_index = true;
                        }
                        "{" => {
                            // A text the index holds whole needs no comparison any more.
                            if walk.past_index || text.encode_utf16().count() > 3 {
                                walk.always([step::STARTS, plain, 0, 0]);
                            }
                            walk.past_index = true;
                        }
                        "!=" => walk.always([step::NOT_EQUALS, lower, 0, 0]),
                        "}" => walk.always([step::ENDS, plain, 0, 0]),
                        "~" => walk.always([step::CONTAINS, lower, 0, 0]),
                        _ => walk.always([step::NOT_CONTAINS, lower, 0, 0]),
                    }
                }
            }
        }
        Ok(())
    }

    fn inform(
        &mut self,
        expression: &Expression,
        id: u32,
        variables: &mut HashMap<String, Vec<u32>>,
    ) -> Result<u32, String> {
        match expression {
            Expression::Fixed(_) => Ok(0),
            Expression::SyntaxError(value) => {
                let value = self.string(&value.trim_matches('"').to_lowercase());
                self.register(1, 1, value, id);
                Ok(1)
            }
            Expression::Variable(name, _) => {
                let list = variables.entry(name.clone()).or_default();
                if !list.contains(&id) {
                    list.push(id);
                }
                Ok(0)
            }
            Expression::Path(moves) => self.inform_path(0, moves, id),
            Expression::Words(inner, _)
            | Expression::Segments(inner, _)
            | Expression::Call(_, _, inner) => self.inform(inner, id, variables),
        }
    }

    fn inform_path(&mut self, node: u32, moves: &[Move], id: u32) -> Result<u32, String> {
        match moves {
            [Move::Down(from, to, name), rest @ ..] => {
                let name_id = name_number(name)?;
                let mut informs = 0;
                for count in *from..=to.unwrap_or(down_limit(name)) {
                    let child = self.child(node, count, name_id);
                    informs += self.inform_path(child, rest, id)?;
                }
                Ok(informs)
            }
            [Move::Words((first, last)), rest @ ..] => {
                let known = self.nodes[node as usize]
                    .ranges
                    .iter()
                    .find(|r| r.0 == *first && r.1 == *last)
                    .map(|r| r.2);
                let child = known.unwrap_or_else(|| {
                    let child = self.nodes.len() as u32;
                    self.nodes.push(PathNode::default());
                    self.nodes[node as usize]
                        .ranges
                        .push((*first, *last, child));
                    child
                });
                self.inform_path(child, rest, id)
            }
            [Move::Compare("=", text), ..] => {
                let value = self.string(&text.to_lowercase());
                self.register(node, 1, value, id);
                Ok(1)
            }
            [Move::Compare("{", text), ..] => {
                let head: String = text.chars().take(3).collect();
                let length = head.chars().count() as u32;
                let value = self.string(&head.to_lowercase());
                self.register(node, 2, value, id);
                let prefixes = &mut self.nodes[node as usize].prefixes;
                if !prefixes.contains(&length) {
                    prefixes.push(length);
                }
                Ok(1)
            }
            _ => {
                let plain = &mut self.nodes[node as usize].plain;
                if !plain.contains(&id) {
                    plain.push(id);
                }
                Ok(1)
            }
        }
    }

    fn child(&mut self, node: u32, count: u32, name: u32) -> u32 {
        let key = u64::from(node) << 32 | u64::from(count) << 8 | u64::from(name);
        if let Some(&child) = self.children.get(&key) {
            return child;
        }
        let child = self.nodes.len() as u32;
        self.nodes.push(PathNode::default());
        self.children.insert(key, child);
        child
    }

    fn register(&mut self, node: u32, kind: u64, value: u32, id: u32) {
        let key = u64::from(node) << 32 | kind << 30 | u64::from(value);
        let list = self.keyed.entry(key).or_default();
        if list.last() != Some(&id) && !list.contains(&id) {
            list.push(id);
        }
    }

    fn write(mut self, lexer: &[i32], parser: &[i32], suffixes: &str) -> Vec<u8> {
        let suffix_map = self.suffixes(suffixes);
        let fields: Vec<u32> = self.fields.clone().iter().map(|f| self.string(f)).collect();
        let mut lists: HashMap<Vec<u32>, u32> = HashMap::new();
        let mut list_data: Vec<Vec<u32>> = Vec::new();
        let mut list = |ids: &Vec<u32>| {
            *lists.entry(ids.clone()).or_insert_with(|| {
                list_data.push(ids.clone());
                list_data.len() as u32 - 1
            })
        };
        let empty = list(&Vec::new());
        let index = index::shared(&self.nodes, &self.children, &self.keyed, &mut list);
        let mut actions = Vec::new();
        let mut steps = Vec::new();
        let mut shared: HashMap<Vec<[u32; 4]>, u32> = HashMap::new();
        for one in &self.actions {
            let start = *shared.entry(one.steps.clone()).or_insert_with(|| {
                let start = steps.len() as u32 / 4;
                steps.extend(one.steps.iter().flatten().copied());
                start
            });
            let interested = if one.interested.is_empty() {
                empty
            } else {
                list(&one.interested)
            };
            actions.extend([
                one.kind,
                start,
                one.steps.len() as u32,
                one.matcher,
                interested,
            ]);
        }

        let mut out = Writer::default();
        out.bytes.extend_from_slice(MAGIC);
        let ends: Vec<u32> = self
            .strings
            .iter()
            .scan(0, |end, text| {
                *end += text.len() as u32;
                Some(*end)
            })
            .collect();
        out.numbers(&ends);
        out.blob(self.strings.concat().as_bytes());
        let words = |numbers: &[i32]| numbers.iter().map(|&n| n as u32).collect::<Vec<_>>();
        out.numbers(&words(lexer));
        out.numbers(&words(parser));
        out.numbers(&fields);
        out.number(self.maps.len() as u32);
        for map in &self.maps {
            out.numbers(&map.iter().flat_map(|&(k, v)| [k, v]).collect::<Vec<_>>());
        }
        out.number(suffix_map);
        out.numbers(&steps);
        out.numbers(&actions);
        out.numbers(&self.matchers.concat());
        out.numbers(&self.outputs.concat());
        out.numbers(&index.nodes);
        out.numbers(&index.ranges);
        write_hash(&mut out, &index.children);
        write_hash(&mut out, &index.keyed);
        let mut used: Vec<u32> = index
            .keyed
            .iter()
            .map(|&(key, _)| (key & 0x3fff_ffff) as u32)
            .collect();
        used.sort_unstable();
        used.dedup();
        let mut slots = vec![NONE; (used.len() * 2).next_power_of_two()];
        for id in used {
            let mut at =
                hash_bytes(self.strings[id as usize].as_bytes()) as usize & (slots.len() - 1);
            while slots[at] != NONE {
                at = (at + 1) & (slots.len() - 1);
            }
            slots[at] = id;
        }
        out.numbers(&slots);
        let mut offsets = vec![0];
        let mut data = Vec::new();
        for ids in &list_data {
            data.extend_from_slice(ids);
            offsets.push(data.len() as u32);
        }
        out.numbers(&offsets);
        out.numbers(&data);
        out.bytes
    }

    /// The public suffixes of registries, `!` before an exception.
    fn suffixes(&mut self, text: &str) -> u32 {
        let (mut icann, mut rows) = (false, HashMap::new());
        for line in text.lines() {
            if line.contains("===BEGIN ICANN DOMAINS===") {
                icann = true;
            } else if line.contains("===END ICANN DOMAINS===") {
                icann = false;
            }
            let rule = line.split_whitespace().next().unwrap_or("");
            if rule.is_empty() || rule.starts_with("//") {
                continue;
            }
            rows.insert(rule.trim_start_matches('.').to_owned(), icann);
        }
        let mut rules: Vec<String> = rows
            .into_iter()
            .filter(|row| row.1)
            .map(|row| row.0)
            .collect();
        rules.sort();
        let entries = rules.iter().map(|rule| (self.string(rule), 0)).collect();
        self.maps.push(entries);
        self.maps.len() as u32 - 1
    }
}

struct Walk {
    steps: Vec<[u32; 4]>,
    past_index: bool,
}

impl Walk {
    /// A step the index does not cover.
    fn always(&mut self, row: [u32; 4]) {
        self.past_index = true;
        self.steps.push(row);
    }

    /// A step the index covers when it comes early.
    fn perhaps(&mut self, row: [u32; 4]) {
        if self.past_index {
            self.steps.push(row);
        }
    }
}

fn can_fail(row: &[u32; 4]) -> bool {
    match row[0] {
        step::DEFAULT
        | step::REPLACE
        | step::NORMALIZE
        | step::CLEAN_VERSION
        | step::CONCAT
        | step::FULL => false,
        step::LOOKUP | step::LOOKUP_PREFIX => row[2] == NONE,
        step::WORDS | step::SEGMENTS => !(row[1] == 1 && row[2] == 1),
        _ => true,
    }
}

fn fixed_value(expression: &Expression) -> Option<&str> {
    match expression {
        Expression::Fixed(value) => Some(value),
        Expression::Words(inner, _)
        | Expression::Segments(inner, _)
        | Expression::Call(_, _, inner) => fixed_value(inner),
        _ => None,
    }
}

fn write_hash(out: &mut Writer, entries: &[(u64, u32)]) {
    let size = (entries.len() * 3 / 2 + 1).next_power_of_two();
    let (mut keys, mut values) = (vec![u64::MAX; size], vec![0; size]);
    for &(key, value) in entries {
        let mut at = hash_number(key) as usize & (size - 1);
        while keys[at] != u64::MAX {
            at = (at + 1) & (size - 1);
        }
        keys[at] = key;
        values[at] = value;
    }
    out.longs(&keys);
    out.numbers(&values);
}
