//! Reads enriched events: a line of TSV becomes a typed [`Event`].

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

pub use crate::columns::{COLUMNS, Event};

/// A self-describing JSON: the key of its schema, and the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    pub schema: String,
    pub data: Value,
}

/// A number with all its digits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decimal(pub String);

/// A time in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timestamp {
    /// Milliseconds since the epoch.
    pub millis: i64,
}

/// Why a line is no enriched event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

/// The event of one line, without its line break.
///
/// # Errors
/// Names the column that is wrong.
pub fn parse(line: &str) -> Result<Event, Problem> {
    let cells: Vec<&str> = line.split('\t').collect();
    match cells.len() {
        COLUMNS => Event::read(&Cells(cells)),
        other => Err(Problem(format!("{other} columns instead of {COLUMNS}"))),
    }
}

/// The texts of a line.
pub(crate) struct Cells<'l>(Vec<&'l str>);

#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

impl Cells<'_> {
    fn read<T>(
        &self,
        number: usize,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Problem> {
        match self.0.get(number).copied().unwrap_or_default() {
            "" => Ok(None),
            cell => read(cell)
                .map(Some)
                .map_err(|problem| Problem(format!("{name}: {problem}"))),
        }
    }

    pub(crate) fn text(&self, number: usize, name: &str) -> Result<Option<String>, Problem> {
        self.read(number, name, |cell| Ok(cell.to_owned()))
    }

    pub(crate) fn int(&self, number: usize, name: &str) -> Result<Option<i32>, Problem> {
        self.read(number, name, |cell| {
            cell.parse().map_err(|error| format!("{error}"))
        })
    }

    pub(crate) fn float(&self, number: usize, name: &str) -> Result<Option<f64>, Problem> {
        self.read(number, name, |cell| {
            cell.parse().map_err(|error| format!("{error}"))
        })
    }

    pub(crate) fn decimal(&self, number: usize, name: &str) -> Result<Option<Decimal>, Problem> {
        self.read(number, name, |cell| match cell.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Decimal(cell.to_owned())),
            _ => Err("no number".to_owned()),
        })
    }

    pub(crate) fn bool(&self, number: usize, name: &str) -> Result<Option<bool>, Problem> {
        self.read(number, name, |cell| match cell {
            "0" => Ok(false),
            "1" => Ok(true),
            _ => Err("neither 0 nor 1".to_owned()),
        })
    }

    pub(crate) fn time(&self, number: usize, name: &str) -> Result<Option<Timestamp>, Problem> {
        self.read(number, name, |cell| {
            Timestamp::parse(cell).ok_or_else(|| "no timestamp".to_owned())
        })
    }

    /// One self-describing JSON inside an envelope that only says what it is.
    pub(crate) fn entity(&self, number: usize, name: &str) -> Result<Option<Entity>, Problem> {
        self.read(number, name, |cell| {
            serde_json::from_str::<Envelope<Entity>>(cell)
                .map(|envelope| envelope.data)
                .map_err(|error| error.to_string())
        })
    }

    pub(crate) fn entities(&self, number: usize, name: &str) -> Result<Vec<Entity>, Problem> {
        let found = self.read(number, name, |cell| {
            serde_json::from_str::<Envelope<Vec<Entity>>>(cell)
                .map(|envelope| envelope.data)
                .map_err(|error| error.to_string())
        });
        found.map(Option::unwrap_or_default)
    }
}

impl Timestamp {
    /// Reads `2023-11-14 22:13:20.000`.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let (date, time) = text.split_once(' ')?;
        let mut date = date.splitn(3, '-').map(str::parse::<i64>);
        let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
        let (time, millis) = time.split_once('.')?;
        let mut time = time.splitn(3, ':').map(str::parse::<i64>);
        let (hour, minute, second) = (time.next()?.ok()?, time.next()?.ok()?, time.next()?.ok()?);
        let millis: i64 = millis.parse().ok()?;
        if !((1..=12).contains(&month) && (1..=31).contains(&day)) {
            return None;
        }
        // days since the epoch, with years that begin in March
        let (year, month) = if month < 3 {
            (year - 1, month + 9)
        } else {
            (year, month - 3)
        };
        let century = year.div_euclid(100);
        let day = (century * 146_097).div_euclid(4)
            + (year.rem_euclid(100) * 1461) / 4
            + (month * 153 + 2) / 5
            + day
            - 719_469;
        let seconds = day * 86_400 + hour * 3600 + minute * 60 + second;
        Some(Timestamp {
            millis: seconds * 1000 + millis,
        })
    }
}

impl fmt::Display for Timestamp {
    /// As ISO 8601.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, rest) = (
            self.millis.div_euclid(86_400_000),
            self.millis.rem_euclid(86_400_000),
        );
        let shifted = 4 * (days + 719_469) - 1;
        let (century, in_century) = (
            shifted.div_euclid(146_097),
            shifted.rem_euclid(146_097) / 4 * 4 + 3,
        );
        let (year, in_year) = (in_century / 1461, in_century % 1461 / 4 + 1);
        let (month, day) = ((5 * in_year - 3) / 153, (5 * in_year - 3) % 153 / 5 + 1);
        let (year, month) = if month < 10 {
            (century * 100 + year, month + 3)
        } else {
            (century * 100 + year + 1, month - 9)
        };
        let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
        let (second, millis) = (rest / 1000 % 60, rest % 1000);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"
        )
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
