//! Conditions and updates as DynamoDB writes them, as far as they are used.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Refusal;

pub type Item = BTreeMap<String, Value>;

/// The names and values that stand behind `#` and `:`.
pub struct Scope<'r> {
    pub names: &'r Value,
    pub values: &'r Value,
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("ValidationException", message)
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || "_#:.".contains(c);
        let length = if word(first) {
            rest.find(|c| !word(c)).unwrap_or(rest.len())
        } else if ["<=", ">=", "<>"].iter().any(|two| rest.starts_with(two)) {
            2
        } else {
            first.len_utf8()
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Parser<'r> {
    tokens: Vec<String>,
    at: usize,
    scope: &'r Scope<'r>,
    item: &'r Item,
}

impl<'r> Parser<'r> {
    fn new(text: &str, scope: &'r Scope<'r>, item: &'r Item) -> Parser<'r> {
        Parser {
            tokens: tokens(text),
            at: 0,
            scope,
            item,
        }
    }

    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn is(&self, word: &str) -> bool {
        self.peek().eq_ignore_ascii_case(word)
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }

    fn want(&mut self, word: &str) -> Result<(), Refusal> {
        if self.eat(word) {
            Ok(())
        } else {
            Err(invalid(format!(
                "Invalid expression: {word} expected at {}",
                self.peek()
            )))
        }
    }

    fn next(&mut self) -> String {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned().unwrap_or_default()
    }

    fn name(&mut self) -> Result<String, Refusal> {
        let token = self.next();
        if token.starts_with('#') {
            let name = self.scope.names[&token].as_str();
            return name
                .map(str::to_owned)
                .ok_or_else(|| invalid(format!("unknown name {token}")));
        }
        if token.is_empty() || !token.starts_with(|c: char| c.is_alphabetic()) {
            return Err(invalid(format!("a name expected at {token}")));
        }
        Ok(token)
    }

    fn operand(&mut self) -> Result<Option<Value>, Refusal> {
        if self.eat("if_not_exists") {
            self.want("(")?;
            let name = self.name()?;
            self.want(",")?;
            let other = self.operand()?;
            self.want(")")?;
            return Ok(self.item.get(&name).cloned().or(other));
        }
        if self.peek().starts_with(':') {
            let token = self.next();
            let value = self.scope.values.get(&token).cloned();
            return value
                .map(Some)
                .ok_or_else(|| invalid(format!("unknown value {token}")));
        }
        let name = self.name()?;
        Ok(self.item.get(&name).cloned())
    }

    fn or(&mut self) -> Result<bool, Refusal> {
        let mut holds = self.and()?;
        while self.eat("OR") {
            holds |= self.and()?;
        }
        Ok(holds)
    }

    fn and(&mut self) -> Result<bool, Refusal> {
        let mut holds = self.not()?;
        while self.eat("AND") {
            holds &= self.not()?;
        }
        Ok(holds)
    }

    fn not(&mut self) -> Result<bool, Refusal> {
        if self.eat("NOT") {
            return Ok(!self.not()?);
        }
        if self.eat("(") {
            let holds = self.or()?;
            self.want(")")?;
            return Ok(holds);
        }
        for (function, wanted) in [("attribute_exists", true), ("attribute_not_exists", false)] {
            if self.eat(function) {
                self.want("(")?;
                let name = self.name()?;
                self.want(")")?;
                return Ok(self.item.contains_key(&name) == wanted);
            }
        }
        let left = self.operand()?;
        let operator = self.next();
        let right = self.operand()?;
        let (Some(left), Some(right)) = (left, right) else {
            // an attribute that is not there equals nothing
            return Ok(operator == "<>");
        };
        let ordering = match (number(&left), number(&right)) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => match (left["S"].as_str(), right["S"].as_str()) {
                (Some(left), Some(right)) => Some(left.cmp(right)),
                _ => None,
            },
        };
        Ok(match operator.as_str() {
            "=" => left == right || ordering.is_some_and(std::cmp::Ordering::is_eq),
            "<>" => left != right && ordering.is_none_or(std::cmp::Ordering::is_ne),
            "<" => ordering.is_some_and(std::cmp::Ordering::is_lt),
            "<=" => ordering.is_some_and(std::cmp::Ordering::is_le),
            ">" => ordering.is_some_and(std::cmp::Ordering::is_gt),
            ">=" => ordering.is_some_and(std::cmp::Ordering::is_ge),
            other => return Err(invalid(format!("unknown operator {other}"))),
        })
    }
}

fn number(value: &Value) -> Option<i128> {
    value["N"].as_str()?.parse().ok()
}

fn plus(left: &Value, right: &Value, sign: i128) -> Result<Value, Refusal> {
    match (number(left), number(right)) {
        (Some(left), Some(right)) => {
            Ok(serde_json::json!({"N": (left + sign * right).to_string()}))
        }
        _ => Err(invalid(
            "An operand in the update expression has an incorrect data type",
        )),
    }
}

/// Whether a condition holds; one that is not given does.
pub fn holds(condition: Option<&str>, scope: &Scope<'_>, item: &Item) -> Result<bool, Refusal> {
    let Some(text) = condition else {
        return Ok(true);
    };
    let mut parser = Parser::new(text, scope, item);
    let holds = parser.or()?;
    if parser.peek().is_empty() {
        Ok(holds)
    } else {
        Err(invalid(format!("unexpected {}", parser.peek())))
    }
}

/// The item after an update.
pub fn updated(text: &str, scope: &Scope<'_>, item: &Item) -> Result<Item, Refusal> {
    let mut after = item.clone();
    let mut parser = Parser::new(text, scope, item);
    while !parser.peek().is_empty() {
        let clause = parser.next().to_ascii_uppercase();
        loop {
            let name = parser.name()?;
            match clause.as_str() {
                "SET" => {
                    parser.want("=")?;
                    let mut value = parser.operand()?;
                    while parser.is("+") || parser.is("-") {
                        let sign = if parser.next() == "+" { 1 } else { -1 };
                        let other = parser.operand()?;
                        value = match (value, other) {
                            (Some(value), Some(other)) => Some(plus(&value, &other, sign)?),
                            _ => None,
                        };
                    }
                    let missing = "The provided expression refers to an attribute that does not exist in the item";
                    after.insert(name, checked(value.ok_or_else(|| invalid(missing))?)?);
                }
                "REMOVE" => {
                    after.remove(&name);
                }
                "ADD" => {
                    let value = parser.operand()?.unwrap_or_default();
                    let sum = match item.get(&name) {
                        Some(old) => plus(old, &value, 1)?,
                        None => value,
                    };
                    after.insert(name, sum);
                }
                other => return Err(invalid(format!("unknown clause {other}"))),
            }
            if !parser.eat(",") {
                break;
            }
        }
    }
    Ok(after)
}

/// Refuses what the service refuses to store.
pub fn checked(value: Value) -> Result<Value, Refusal> {
    let empty_set = ["SS", "NS", "BS"]
        .iter()
        .any(|set| value[*set].as_array().is_some_and(Vec::is_empty));
    if empty_set {
        return Err(invalid(
            "One or more parameter values were invalid: An empty set",
        ));
    }
    Ok(value)
}
