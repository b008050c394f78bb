//! Follows a [`Path`] through a [`Graph`], as Jayway JsonPath 2.7.0 does over Jackson's tree with
//! exceptions suppressed: absent members are no matter, an item beyond the end of an array is null.

use jvm::number::BigDecimal;

use super::compare::{Operator, Val};
use super::filter::{Filter, Operand, Test};
use super::graph::{Entry, Graph, Id, Node};
use super::path::{Path, Token};

/// A place that a path leads to, by which its value can be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The document itself.
    Root,
    /// A member of an object, by its position.
    Member(Id, usize),
    /// Several members of an object.
    Members(Id, Vec<usize>),
    /// An item of an array, or a place where it has none.
    Item(Id, i64),
}

/// Why a path cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// It leads nowhere, where that is asked about.
    Nowhere,
    /// The reference throws.
    Thrown(String),
}

/// A value, none being Java's null.
type Model = Option<Id>;

struct Walk<'g> {
    graph: &'g Graph,
    path: &'g Path,
    root: Id,
    /// Absent members are told, as conditions that ask for existence want.
    strict: bool,
    /// The item of the array that a scan last handed to the last step.
    scanned: Option<usize>,
    found: Vec<(Place, Found)>,
}

#[derive(Debug, Clone)]
enum Found {
    Value(Model),
    /// Some members of an object.
    Merged,
    /// A length, none of what has no length.
    Length(Option<usize>),
}

/// The places a path leads to in a document, in the order they are found.
///
/// # Errors
/// [`Stop::Thrown`] where the reference throws.
pub fn places(graph: &Graph, path: &Path) -> Result<Vec<Place>, Stop> {
    let found = follow(graph, path, Graph::ROOT, Some(Graph::ROOT), false)?;
    Ok(found.into_iter().map(|(place, _)| place).collect())
}

fn follow(
    graph: &Graph,
    path: &Path,
    root: Id,
    model: Model,
    strict: bool,
) -> Result<Vec<(Place, Found)>, Stop> {
    let mut walk = Walk {
        graph,
        path,
        root,
        strict,
        scanned: None,
        found: Vec::new(),
    };
    walk.step(0, &Place::Root, model)?;
    Ok(walk.found)
}

impl<'g> Walk<'g> {
    fn is_leaf(&self, at: usize) -> bool {
        at + 1 >= self.path.tokens.len()
    }

    fn object(&self, model: Model) -> Option<(Id, &'g [Entry])> {
        match self.graph.node(model?) {
            Node::Object(entries) => Some((model?, entries)),
            _ => None,
        }
    }

    fn array(&self, model: Model) -> Option<(Id, &'g [Id])> {
        match self.graph.node(model?) {
            Node::Array(items) => Some((model?, items)),
            _ => None,
        }
    }

    /// Says that a value is not what the step wants.
    fn unfit(&self, at: usize) -> Result<(), Stop> {
        match self.strict && self.path.upstream_is_definite(at) {
            true => Err(Stop::Nowhere),
            false => Ok(()),
        }
    }

    /// What a step found: goes on from there, or keeps it after the last step.
    fn reached(&mut self, at: usize, place: Place, model: Model) -> Result<(), Stop> {
        if self.is_leaf(at) {
            self.found.push((place, Found::Value(model)));
            return Ok(());
        }
        self.step(at + 1, &place, model)
    }

    /// As [`Walk::reached`], for a member of an object. When a scan has handed items of an array to
    /// the last step, the library keeps only what it finds in the item that the step before names.
    fn member(&mut self, at: usize, id: Id, position: usize, child: Id) -> Result<(), Stop> {
        if let (true, Some(scanned)) = (self.is_leaf(at), self.scanned) {
            let before = at.checked_sub(1).and_then(|at| self.path.tokens.get(at));
            let named = match before {
                Some(Token::Indexes(indexes)) => match indexes.as_slice() {
                    [index] => usize::try_from(*index).ok(),
                    _ => None,
                },
                _ => None,
            };
            if named != Some(scanned) {
                return Ok(());
            }
        }
        self.reached(at, Place::Member(id, position), Some(child))
    }

    fn step(&mut self, at: usize, place: &Place, model: Model) -> Result<(), Stop> {
        let path = self.path;
        match path.tokens.get(at) {
            None => {
                self.found.push((place.clone(), Found::Value(model)));
                Ok(())
            }
            Some(Token::Properties(names)) => self.properties(at, names, model),
            Some(Token::Indexes(indexes)) => match self.array(model) {
                None => self.unfit(at),
                Some((id, _)) => indexes
                    .iter()
                    .try_for_each(|index| self.item(at, id, i64::from(*index))),
            },
            Some(Token::Slice(from, to)) => match self.array(model) {
                None => self.unfit(at),
                Some((id, items)) => {
                    let length = items.len() as i64;
                    let (start, end) = match (from.map(i64::from), to.map(i64::from)) {
                        (Some(from), None) if from < 0 => ((length + from).max(0), length),
                        (Some(from), None) => (from, length),
                        (None, Some(to)) if to < 0 => (0, length + to),
                        // Between two ends negative starts are taken as they are.
                        (from, to) => (from.unwrap_or(0), to.unwrap_or(length).min(length)),
                    };
                    match length {
                        0 => Ok(()),
                        // Items before the first are all the same: none.
                        _ => (start.max(-length - 2)..end)
                            .try_for_each(|index| self.item(at, id, index)),
                    }
                }
            },
            Some(Token::Wildcard) => {
                if let Some((id, entries)) = self.object(model) {
                    for (position, (_, child)) in entries.iter().enumerate() {
                        self.member(at, id, position, *child)?;
                    }
                } else if let Some((id, items)) = self.array(model) {
                    (0..items.len() as i64).try_for_each(|index| self.item(at, id, index))?;
                }
                Ok(())
            }
            Some(Token::Scan) => self.scan(at + 1, place, model),
            Some(Token::Filter(filter)) => self.filter(at, filter, place, model),
            Some(Token::Length) => {
                let array = self.array(model).map(|(_, items)| items.len());
                let length = array.or_else(|| self.object(model).map(|(_, entries)| entries.len()));
                self.found.push((place.clone(), Found::Length(length)));
                Ok(())
            }
        }
    }

    fn properties(&mut self, at: usize, names: &[String], model: Model) -> Result<(), Stop> {
        let Some(id) = self.object(model).map(|(id, _)| id) else {
            return self.unfit(at);
        };
        if names.len() > 1 && self.is_leaf(at) {
            let mut positions = Vec::new();
            for name in names {
                match self.graph.entry(id, name) {
                    Some((position, _)) => positions.push(position),
                    None if self.strict => return Err(Stop::Nowhere),
                    None => {}
                }
            }
            self.found
                .push((Place::Members(id, positions), Found::Merged));
            return Ok(());
        }
        for name in names {
            match self.graph.entry(id, name) {
                Some((position, child)) => {
                    self.member(at, id, position, child)?;
                }
                None if self.strict => return Err(Stop::Nowhere),
                None => {}
            }
        }
        Ok(())
    }

    fn item(&mut self, at: usize, id: Id, index: i64) -> Result<(), Stop> {
        let Some((_, items)) = self.array(Some(id)) else {
            return Ok(());
        };
        let place = if index < 0 {
            index + items.len() as i64
        } else {
            index
        };
        let child = usize::try_from(place)
            .ok()
            .and_then(|place| items.get(place).copied());
        self.reached(at, Place::Item(id, index), child)
    }

    /// Applies the step at `at` here and everywhere below.
    fn scan(&mut self, at: usize, place: &Place, model: Model) -> Result<(), Stop> {
        if let Some((id, entries)) = self.object(model) {
            if self.is_scanned(at, model) {
                self.step(at, place, model)?;
            }
            for (position, (_, child)) in entries.iter().enumerate() {
                self.scan(at, &Place::Member(id, position), Some(*child))?;
            }
        } else if let Some((id, items)) = self.array(model) {
            if self.is_scanned(at, model) {
                if self.is_leaf(at) {
                    self.step(at, place, model)?;
                } else {
                    // The step itself is passed over: the next is applied to every item.
                    for (index, item) in items.iter().enumerate() {
                        if self.is_leaf(at + 1) {
                            self.scanned = Some(index);
                        }
                        self.step(at + 1, place, Some(*item))?;
                    }
                }
            }
            for (index, item) in items.iter().enumerate() {
                self.scan(at, &Place::Item(id, index as i64), Some(*item))?;
            }
        }
        Ok(())
    }

    /// Whether a scan applies the step at `at` to a value.
    fn is_scanned(&self, at: usize, model: Model) -> bool {
        match self.path.tokens.get(at) {
            Some(Token::Properties(names)) => match model {
                Some(id) if self.object(model).is_some() => {
                    !self.path.token_is_definite(at)
                        || names
                            .iter()
                            .all(|name| self.graph.entry(id, name).is_some())
                }
                _ => false,
            },
            Some(Token::Indexes(_) | Token::Slice(..)) => self.array(model).is_some(),
            Some(Token::Wildcard) => true,
            Some(Token::Filter(filter)) => self.accepts(filter, model).unwrap_or(false),
            _ => false,
        }
    }

    fn filter(
        &mut self,
        at: usize,
        filter: &Filter,
        place: &Place,
        model: Model,
    ) -> Result<(), Stop> {
        if self.object(model).is_some() {
            if self.accepts(filter, model)? {
                return self.reached(at, place.clone(), model);
            }
        } else if let Some((id, items)) = self.array(model) {
            for (index, item) in items.iter().enumerate() {
                if self.accepts(filter, Some(*item))? {
                    self.item(at, id, index as i64)?;
                }
            }
        } else if self.path.upstream_is_definite(at) {
            let message = "com.jayway.jsonpath.InvalidPathException: Filter: [?] can not be applied to primitives.";
            return Err(Stop::Thrown(message.to_owned()));
        }
        Ok(())
    }

    /// Whether a condition holds for a value; a path in it that cannot be followed means no.
    fn accepts(&self, filter: &Filter, model: Model) -> Result<bool, Stop> {
        match self.holds(&filter.0, model) {
            Err(_) => Ok(false),
            held => held,
        }
    }

    fn holds(&self, test: &Test, model: Model) -> Result<bool, Stop> {
        match test {
            Test::Or(tests) => {
                for test in tests {
                    if self.holds(test, model)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Test::And(tests) => {
                for test in tests {
                    if !self.holds(test, model)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Test::Not(test) => Ok(!self.holds(test, model)?),
            Test::Exists { path, wanted } => {
                // The library looks below the value even where the path starts at the root.
                let exists = match follow(self.graph, path, self.root, model, true) {
                    Ok(found) => !path.is_definite() || !found.is_empty(),
                    Err(Stop::Nowhere) => false,
                    Err(thrown) => return Err(thrown),
                };
                Ok(exists == *wanted)
            }
            Test::Relation {
                left,
                operator,
                right,
            } => match (left, right) {
                (Operand::Pattern(_), Operand::Pattern(_)) => Ok(false),
                (Operand::Pattern(pattern), other) | (other, Operand::Pattern(pattern)) => {
                    let value = self.operand(other, model)?;
                    Ok(match operator {
                        Operator::Matches => pattern.full_match(&input(&value)),
                        Operator::NotEqual | Operator::NotSameKind => true,
                        _ => false,
                    })
                }
                (left, right) => {
                    let (left, right) = (self.operand(left, model)?, self.operand(right, model)?);
                    operator.holds(&left, &right).ok_or(Stop::Nowhere)
                }
            },
        }
    }

    fn operand(&self, operand: &Operand, model: Model) -> Result<Val, Stop> {
        let path = match operand {
            Operand::Literal(value) => return Ok(value.clone()),
            Operand::Pattern(_) => return Ok(Val::Null),
            Operand::Path(path) => path,
        };
        let start = if path.from_root {
            Some(self.root)
        } else {
            model
        };
        let mut found = match follow(self.graph, path, self.root, start, false) {
            Ok(found) => found,
            Err(Stop::Nowhere) => return Ok(Val::Null),
            Err(thrown) => return Err(thrown),
        };
        if path.is_definite() {
            return Ok(found
                .pop()
                .map_or(Val::Null, |(_, found)| self.read(&found)));
        }
        Ok(Val::Json)
    }

    fn read(&self, found: &Found) -> Val {
        match found {
            Found::Value(None) | Found::Length(None) => Val::Null,
            Found::Value(Some(id)) => self.value(*id),
            Found::Length(Some(length)) => Val::Number(BigDecimal::from_i64(
                i64::try_from(*length).unwrap_or(i64::MAX),
            )),
            Found::Merged => Val::Json,
        }
    }

    fn value(&self, id: Id) -> Val {
        match self.graph.node(id) {
            Node::Null => Val::Null,
            Node::Bool(flag) => Val::Bool(*flag),
            Node::Number(text) => BigDecimal::parse(text).map_or(Val::Null, Val::Number),
            Node::Text(text) => Val::Text(text.to_string()),
            Node::Array(_) | Node::Object(_) => Val::Json,
        }
    }
}

/// What a pattern is matched against.
fn input(value: &Val) -> String {
    match value {
        Val::Text(text) => text.clone(),
        Val::Number(number) => number.to_string(),
        Val::Bool(flag) => flag.to_string(),
        _ => String::new(),
    }
}
