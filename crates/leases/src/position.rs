//! Where reading of a shard goes on.

use std::cmp::Ordering;
use std::fmt;

/// The sequence number of a record: a decimal number of any length, compared as a number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SequenceNumber(Box<str>);

impl SequenceNumber {
    /// Takes digits; zeros in front are dropped. `None` when it is anything else.
    pub fn new(text: &str) -> Option<SequenceNumber> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let significant = text.trim_start_matches('0');
        Some(SequenceNumber(
            if significant.is_empty() {
                "0"
            } else {
                significant
            }
            .into(),
        ))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<u128> for SequenceNumber {
    fn from(number: u128) -> SequenceNumber {
        SequenceNumber(number.to_string().into())
    }
}

impl Ord for SequenceNumber {
    fn cmp(&self, other: &SequenceNumber) -> Ordering {
        // without zeros in front the longer one is the greater one
        self.0
            .len()
            .cmp(&other.0.len())
            .then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for SequenceNumber {
    fn partial_cmp(&self, other: &SequenceNumber) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the attribute `checkpoint` of a lease says, in the order in which KCL compares them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Position {
    /// Nothing read yet; start at the time that the configuration says.
    AtTimestamp,
    /// Nothing read yet; start with the oldest record.
    TrimHorizon,
    /// Nothing read yet; start with what comes from now on.
    Latest,
    /// Everything up to this record is done.
    Sequence {
        /// Its number.
        number: SequenceNumber,
        /// Which of the records aggregated in it by the KPL, 0 for one that is not aggregated.
        sub: u64,
    },
    /// Everything is done and the shard is closed.
    ShardEnd,
}

/// A `checkpoint` that no version of KCL writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no checkpoint")]
pub struct BadPosition(pub String);

impl Position {
    /// Reads the attributes `checkpoint` and `checkpointSubSequenceNumber`.
    ///
    /// # Errors
    /// When the text is neither a sentinel nor a number.
    pub fn parse(checkpoint: &str, sub: u64) -> Result<Position, BadPosition> {
        Ok(match checkpoint {
            "AT_TIMESTAMP" => Position::AtTimestamp,
            "TRIM_HORIZON" => Position::TrimHorizon,
            "LATEST" => Position::Latest,
            "SHARD_END" => Position::ShardEnd,
            number => Position::Sequence {
                number: SequenceNumber::new(number)
                    .ok_or_else(|| BadPosition(number.to_owned()))?,
                sub,
            },
        })
    }

    /// The attribute `checkpoint`.
    pub fn text(&self) -> &str {
        match self {
            Position::AtTimestamp => "AT_TIMESTAMP",
            Position::TrimHorizon => "TRIM_HORIZON",
            Position::Latest => "LATEST",
            Position::Sequence { number, .. } => number.as_str(),
            Position::ShardEnd => "SHARD_END",
        }
    }

    /// The attribute `checkpointSubSequenceNumber`.
    pub fn sub(&self) -> u64 {
        match self {
            Position::Sequence { sub, .. } => *sub,
            _ => 0,
        }
    }

    /// Whether a record of the shard was ever done: KCL keeps finished parents until their children are
    /// that far. `LATEST` counts as started, as in KCL.
    pub fn is_started(&self) -> bool {
        !matches!(self, Position::AtTimestamp | Position::TrimHorizon)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())?;
        match self {
            Position::Sequence { sub, .. } if *sub > 0 => write!(f, "/{sub}"),
            _ => Ok(()),
        }
    }
}

/// Where reading starts in shards that nobody has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitialPosition {
    /// With the oldest record.
    TrimHorizon,
    /// With what comes from now on.
    Latest,
    /// With the first record that came at this instant or later, milliseconds since the epoch.
    AtTimestamp(i64),
}

impl InitialPosition {
    /// The sentinel that stands for it in the table.
    pub fn sentinel(self) -> Position {
        match self {
            InitialPosition::TrimHorizon => Position::TrimHorizon,
            InitialPosition::Latest => Position::Latest,
            InitialPosition::AtTimestamp(_) => Position::AtTimestamp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_ordered_as_in_kcl() {
        let number = |text: &str, sub| Position::parse(text, sub).unwrap();
        let ordered = [
            number("AT_TIMESTAMP", 0),
            number("TRIM_HORIZON", 0),
            number("LATEST", 0),
            number("0", 0),
            number("9", 7),
            number("10", 0),
            number("10", 1),
            number(
                "49590338271490256608559692538361571095921575989136588898",
                0,
            ),
            number(
                "149590338271490256608559692538361571095921575989136588898",
                0,
            ),
            number("SHARD_END", 0),
        ];
        assert!(ordered.is_sorted_by(|a, b| a < b), "{ordered:?}");
        for position in &ordered {
            assert_eq!(
                &Position::parse(position.text(), position.sub()).unwrap(),
                position
            );
        }
    }

    #[test]
    fn zeros_in_front_do_not_count_and_other_text_is_refused() {
        assert_eq!(
            Position::parse("007", 0).unwrap(),
            Position::parse("7", 0).unwrap()
        );
        assert_eq!(
            SequenceNumber::new("000").unwrap(),
            SequenceNumber::from(0u128)
        );
        for wrong in ["", "-1", "1e5", "trim_horizon", "٣"] {
            assert_eq!(
                Position::parse(wrong, 0),
                Err(BadPosition(wrong.to_owned()))
            );
        }
    }

    #[test]
    fn sentinels_have_no_sub_sequence() {
        assert_eq!(Position::parse("SHARD_END", 5).unwrap().sub(), 0);
        assert_eq!(Position::parse("12", 5).unwrap().to_string(), "12/5");
    }
}
