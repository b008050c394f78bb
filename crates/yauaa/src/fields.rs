//! The fields of an agent while it is analysed: values with confidences, and defaults.

use std::borrow::Cow;

use crate::agent::{Agent, Value};
use crate::ops::{FIELDS, SET_ALL, SYNTAX_ERROR};
use crate::tables::Tables;

/// The value that stands for "back to the default".
pub const NULL_VALUE: &str = "<<<null>>>";

/// The default of a field.
pub fn default_value(name: &str) -> &'static str {
    match name {
        "RemarkablePattern" => "Nothing remarkable found",
        SYNTAX_ERROR => "false",
        _ if name.contains("NameVersion") => "Unknown ??",
        _ if name.contains("Version") => "??",
        _ => "Unknown",
    }
}

#[derive(Clone, Debug, Default)]
struct Field {
    exists: bool,
    value: Option<Value>,
    confidence: i64,
}

/// Fields by number: those of the tables, then those of client hints, which have names of their own.
#[derive(Debug)]
pub struct Fields<'a> {
    tables: &'a Tables,
    known: Vec<Field>,
    extra: Vec<(String, Field)>,
}

/// A field, found by its name once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(usize);

impl<'a> Fields<'a> {
    /// No field set.
    pub fn new(tables: &'a Tables) -> Self {
        let empty = |_: &u32| Field {
            exists: false,
            value: None,
            confidence: -1,
        };
        Self {
            tables,
            known: tables.fields.iter().map(empty).collect(),
            extra: Vec::new(),
        }
    }

    fn name(&self, id: Id) -> &str {
        match self.tables.fields.get(id.0) {
            Some(&text) => self.tables.string(text),
            None => self.extra.get(id.0 - self.known.len()).map_or("", |f| &f.0),
        }
    }

    /// The number of a field of the tables.
    pub fn number(id: u32) -> Id {
        Id(id as usize)
    }

    /// The field of this name; made up when the tables do not have it.
    pub fn id(&mut self, name: &str) -> Id {
        if let Some(number) = self.tables.field(name) {
            return Id(number as usize);
        }
        let place = self
            .extra
            .iter()
            .position(|(known, _)| known == name)
            .unwrap_or_else(|| {
                self.extra.push((
                    name.to_owned(),
                    Field {
                        exists: false,
                        value: None,
                        confidence: -1,
                    },
                ));
                self.extra.len() - 1
            });
        Id(self.known.len() + place)
    }

    fn field(&self, id: Id) -> Option<&Field> {
        self.known
            .get(id.0)
            .or_else(|| self.extra.get(id.0 - self.known.len()).map(|f| &f.1))
    }

    fn field_mut(&mut self, id: Id) -> Option<&mut Field> {
        let known = self.known.len();
        match id.0.checked_sub(known) {
            None => self.known.get_mut(id.0),
            Some(place) => self.extra.get_mut(place).map(|f| &mut f.1),
        }
    }

    /// Makes the field available, as reading it does in the library.
    pub fn touch(&mut self, id: Id) {
        if let Some(field) = self.field_mut(id) {
            field.exists = true;
        }
    }

    /// The value or the default.
    pub fn value(&self, id: Id) -> &str {
        let value = self.field(id).and_then(|f| f.value.as_ref());
        value.map_or_else(|| default_value(self.name(id)), |v| v.as_str())
    }

    /// How sure the value is; -1 when nothing was set.
    pub fn confidence(&self, id: Id) -> i64 {
        self.field(id).map_or(-1, |f| f.confidence)
    }

    /// Whether the field holds nothing of its own.
    pub fn is_default(&self, id: Id) -> bool {
        self.field(id)
            .is_none_or(|f| f.confidence < 0 || f.value.is_none())
    }

    /// Sets a value that is surer than the one there.
    pub fn set(&mut self, id: Id, value: Option<Value>, confidence: i64) {
        self.touch(id);
        if confidence > self.confidence(id) {
            self.force(id, value, confidence);
        }
    }

    /// Sets a value.
    pub fn force(&mut self, id: Id, value: Option<Value>, confidence: i64) {
        if let Some(field) = self.field_mut(id) {
            field.exists = true;
            field.value = value.filter(|v| v.as_str() != NULL_VALUE);
            field.confidence = confidence;
        }
    }

    /// Forgets all values; what was available stays so.
    pub fn reset(&mut self) {
        for field in &mut self.known {
            field.value = None;
            field.confidence = -1;
        }
    }

    /// Gives every available field the value of the field made for that.
    pub fn spread(&mut self) {
        let all = self.id(SET_ALL);
        let Some(source) = self.field(all).filter(|f| f.exists).cloned() else {
            return;
        };
        let value = if source.confidence < 0 {
            None
        } else {
            source.value
        };
        let system = self.id(SYNTAX_ERROR);
        for place in 0..self.known.len() {
            let id = Id(place);
            if id != system && id != all && self.field(id).is_some_and(|f| f.exists) {
                self.set(id, value.clone(), source.confidence);
            }
        }
    }

    /// What is handed out: the standard fields and all others that were touched, in order.
    pub fn finish(mut self) -> Agent {
        let mut rows: Vec<(Cow<'static, str>, Value, bool, i64)> = Vec::with_capacity(40);
        let tables = self.tables;
        let mut unsorted = None;
        for (place, (number, name, always)) in tables.output_order.iter().enumerate() {
            let id = Self::number(*number);
            if place >= FIELDS.len() - 1 && unsorted.is_none() {
                unsorted = Some(rows.len());
            }
            if *always || self.field(id).is_some_and(|f| f.exists) {
                rows.push(self.row(id, name.clone()));
            }
        }
        if !self.extra.is_empty() {
            for place in 0..self.extra.len() {
                let id = Id(self.known.len() + place);
                if self.field(id).is_some_and(|f| f.exists) {
                    let name = self.name(id).to_owned();
                    rows.push(self.row(id, Cow::Owned(name)));
                }
            }
            if let Some(others) = unsorted.and_then(|start| rows.get_mut(start..)) {
                others.sort_by(|a, b| a.0.cmp(&b.0));
            }
        }
        let error = self.id(SYNTAX_ERROR);
        rows.push(self.row(error, Cow::Borrowed(SYNTAX_ERROR)));
        Agent::new(rows)
    }

    fn row(&mut self, id: Id, name: Cow<'static, str>) -> (Cow<'static, str>, Value, bool, i64) {
        let fresh = self.is_default(id);
        let confidence = self.confidence(id);
        let value = self.field_mut(id).and_then(|f| f.value.take());
        (
            name.clone(),
            value.unwrap_or_else(|| Value::Fixed(default_value(&name))),
            fresh,
            confidence,
        )
    }
}

fn is_standard(name: &str) -> bool {
    match name {
        "DeviceClass" | "DeviceBrand" | "DeviceName" => true,
        "OperatingSystemVersionBuild" | "LayoutEngineBuild" => false,
        _ => ["OperatingSystem", "LayoutEngine", "Agent"]
            .iter()
            .any(|group| {
                name.strip_prefix(group).is_some_and(|rest| {
                    matches!(
                        rest,
                        "Class"
                            | "Name"
                            | "Version"
                            | "VersionMajor"
                            | "NameVersion"
                            | "NameVersionMajor"
                    )
                })
            }),
    }
}

/// All fields of the tables in the order they are handed out, the two of the system left out.
pub fn output_order(tables: &Tables) -> Vec<(u32, Cow<'static, str>, bool)> {
    let listed = FIELDS.get(..FIELDS.len() - 1).unwrap_or_default();
    let head = listed
        .iter()
        .filter_map(|&name| Some((tables.field(name)?, Cow::Borrowed(name), is_standard(name))));
    let tail = tables
        .fields
        .iter()
        .enumerate()
        .filter_map(|(number, &text)| {
            let name = tables.string(text);
            let other = name != SET_ALL && name != SYNTAX_ERROR && !listed.contains(&name);
            other.then(|| (number as u32, Cow::Owned(name.to_owned()), false))
        });
    head.chain(tail).collect()
}
