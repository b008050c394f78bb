//! The files of the IAB/ABC list: lines of addresses, and tables with a bar between cells.
//!
//! Behaviour: version 0.2.0 of the list's client that Enrich 3.9.0 uses, with Apache Commons CSV.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jvm::text::{java_trim, to_lower};
use jvm::time::days_from_civil;

use super::super::host_address;

const MILLIS_A_DAY: i64 = 86_400_000;

/// A user agent that marks a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// The text to look for, in lower case.
    pub pattern: String,
    /// Whether the record counts at any time.
    pub active: bool,
    /// Whether the agent must begin with the text.
    pub at_start: bool,
    /// Milliseconds since 1970 until which a record counts that is not active.
    pub until: Option<i64>,
}

/// A user agent that marks a robot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclude {
    /// The text to look for, in lower case.
    pub pattern: String,
    /// Texts that must not occur, in lower case.
    pub exceptions: Vec<String>,
    /// What it distorts, as the file says: `0`, `1` or `2`.
    pub impact: String,
    /// Whether the agent must begin with the text.
    pub at_start: bool,
    /// Milliseconds since 1970 from which the robot is no longer active.
    pub until: Option<i64>,
}

/// Ranges of addresses that do not overlap, in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranges(Vec<(IpAddr, IpAddr)>);

impl Ranges {
    /// Whether an address is in one of the ranges.
    pub fn contain(&self, address: IpAddr) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= address);
        let range = after.checked_sub(1).and_then(|n| self.0.get(n));
        range.is_some_and(|(_, last)| address <= *last)
    }
}

/// Reads the records of browsers.
///
/// # Errors
/// When a quoted cell has no end.
pub fn includes(bytes: &[u8]) -> Result<Vec<Include>, String> {
    let record = |row: Vec<String>| Include {
        pattern: lower(cell(&row, 0)),
        active: cell(&row, 1) == "1",
        at_start: cell(&row, 2) == "1",
        until: date(cell(&row, 3)),
    };
    Ok(rows(bytes)?.into_iter().map(record).collect())
}

/// Reads the records of robots that have or had a time.
///
/// # Errors
/// When a quoted cell has no end.
pub fn excludes(bytes: &[u8]) -> Result<Vec<Exclude>, String> {
    let record = |row: Vec<String>| {
        let until = date(cell(&row, 6));
        let exceptions = cell(&row, 2).split(',').map(java_trim);
        let known = cell(&row, 1) == "1" || until.is_some();
        known.then(|| Exclude {
            pattern: lower(cell(&row, 0)),
            exceptions: exceptions
                .filter(|text| !text.is_empty())
                .map(lower)
                .collect(),
            impact: cell(&row, 4).to_owned(),
            at_start: cell(&row, 5) == "1",
            until,
        })
    };
    Ok(rows(bytes)?.into_iter().filter_map(record).collect())
}

/// Reads addresses and networks. A line that is neither is of no effect, unless it has a slash.
///
/// # Errors
/// When a network cannot be read.
pub fn addresses(bytes: &[u8]) -> Result<Ranges, String> {
    let text = latin(bytes);
    let mut ranges = Vec::new();
    for line in text.split(['\n', '\r']).map(java_trim) {
        match line.split_once('/') {
            Some((base, length)) => {
                let range = network(base, length);
                ranges.push(range.ok_or_else(|| format!("`{line}` is no network"))?);
            }
            None => ranges.extend(canonical(line).map(|address| (address, address))),
        }
    }
    ranges.sort_unstable();
    let mut merged: Vec<(IpAddr, IpAddr)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match merged.last_mut() {
            Some((_, end)) if first <= *end => *end = last.max(*end),
            _ => merged.push((first, last)),
        }
    }
    Ok(Ranges(merged))
}

/// An address written as Java prints it: single addresses are compared as texts.
fn canonical(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    let printed = match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => v6.segments().map(|group| format!("{group:x}")).join(":"),
    };
    (printed == text).then_some(address)
}

/// The first and the last address of a network.
fn network(base: &str, length: &str) -> Option<(IpAddr, IpAddr)> {
    let length: u32 = length.parse().ok()?;
    match host_address::parse(base)? {
        IpAddr::V4(v4) if length <= 32 => {
            let rest = u32::MAX.checked_shr(length).unwrap_or_default();
            let bits = v4.to_bits();
            let last = Ipv4Addr::from_bits(bits | rest);
            Some((Ipv4Addr::from_bits(bits & !rest).into(), last.into()))
        }
        IpAddr::V6(v6) if length <= 128 => {
            let rest = u128::MAX.checked_shr(length).unwrap_or_default();
            let bits = v6.to_bits();
            let last = Ipv6Addr::from_bits(bits | rest);
            Some((Ipv6Addr::from_bits(bits & !rest).into(), last.into()))
        }
        _ => None,
    }
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn lower(text: &str) -> String {
    to_lower(text).into_owned()
}

fn cell(row: &[String], number: usize) -> &str {
    row.get(number).map(String::as_str).unwrap_or_default()
}

/// Cells between bars, quoted with `"` or not; comments and blank lines left out, cells trimmed.
fn rows(bytes: &[u8]) -> Result<Vec<Vec<String>>, String> {
    let text = latin(bytes);
    let mut rows = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let line = rest.split(['\n', '\r']).next().unwrap_or_default();
        if line.starts_with('#') || java_trim(line).is_empty() {
            rest = rest.split_once(['\n', '\r']).map_or("", |(_, rest)| rest);
            continue;
        }
        let mut row = Vec::new();
        loop {
            let (cell, end, after) = next_cell(rest)?;
            row.push(cell);
            rest = after;
            if end != Some('|') {
                break;
            }
        }
        rows.push(row);
    }
    Ok(rows)
}

/// A cell, what ended it, and the text after that.
fn next_cell(text: &str) -> Result<(String, Option<char>, &str), String> {
    let ends = ['|', '\n', '\r'];
    let blank = |c: char| c <= ' ' && !ends.contains(&c);
    let Some(mut rest) = text.trim_start_matches(blank).strip_prefix('"') else {
        let (cell, rest) = text.split_at(text.find(ends).unwrap_or(text.len()));
        let mut rest = rest.chars();
        let end = rest.next();
        return Ok((java_trim(cell).to_owned(), end, rest.as_str()));
    };
    let mut cell = String::new();
    loop {
        let Some((part, after)) = rest.split_once('"') else {
            return Err("a quoted cell has no end".to_owned());
        };
        cell.push_str(part);
        rest = after;
        match rest.strip_prefix('"') {
            Some(after) => {
                cell.push('"');
                rest = after;
            }
            None => break,
        }
    }
    let mut rest = rest.trim_start_matches(blank).chars();
    match rest.next() {
        Some(end) if !ends.contains(&end) => {
            Err(format!("text follows the quoted cell \"{cell}\""))
        }
        end => Ok((java_trim(&cell).to_owned(), end, rest.as_str())),
    }
}

/// A date `MM/dd/yyyy` in milliseconds since 1970; months and days out of range roll over, and what
/// follows the year is left out, as `SimpleDateFormat` does.
fn date(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '/');
    let month: i64 = digits(parts.next()?)?;
    let day: i64 = digits(parts.next()?)?;
    let year = parts.next()?;
    let length = year.bytes().take_while(u8::is_ascii_digit).count();
    let year: i64 = digits(year.split_at_checked(length)?.0)?;
    let months = year * 12 + month - 1;
    let first = days_from_civil(months.div_euclid(12), months.rem_euclid(12) as u32 + 1, 1);
    Some((first + day - 1) * MILLIS_A_DAY)
}

fn digits(text: &str) -> Option<i64> {
    let plain = (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn networks_and_single_addresses_are_found() {
        let file =
            b"131.52.0.0/15\r\n 215.151.101.210 \n\n217.152.89.225/27\n# Comment\n12.0.0.0/8\n\
            12.1.0.0/16\n2001:db8::/32\n2001:db9:0:0:0:0:0:1\n2001:dba::1\n010.1.1.1";
        let ranges = addresses(file).unwrap();
        for inside in [
            "131.52.0.0",
            "131.53.255.255",
            "215.151.101.210",
            "217.152.89.224",
            "217.152.89.255",
            "12.255.0.1",
            "2001:db8:ffff::1",
            "2001:db9::1",
        ] {
            assert!(ranges.contain(ip(inside)), "{inside}");
        }
        for outside in [
            "131.54.0.0",
            "215.151.101.211",
            "217.152.90.0",
            "11.255.255.255",
            "13.0.0.0",
            "2001:db7::",
            "2001:db9::2",
            "2001:dba::1",
            "10.1.1.1",
            "8.1.1.1",
            "0.0.0.0",
        ] {
            assert!(!ranges.contain(ip(outside)), "{outside}");
        }
    }

    #[test]
    fn whole_families_are_networks_too_and_odd_ones_are_told() {
        assert!(addresses(b"0.0.0.0/0").unwrap().contain(ip("9.9.9.9")));
        assert!(!addresses(b"0.0.0.0/0").unwrap().contain(ip("::1")));
        assert_eq!(
            addresses(b"1.2.3.4/33").unwrap_err(),
            "`1.2.3.4/33` is no network"
        );
        assert_eq!(addresses(b"n/a").unwrap_err(), "`n/a` is no network");
    }

    #[test]
    fn cells_are_trimmed_and_may_be_quoted() {
        let file = b"# c|1\n a | b|\n\n  \n\"x|\"\"y\"\"\nz\" |1\r\ncaf\xe9|\"\"";
        assert_eq!(
            rows(file).unwrap(),
            [
                vec!["a", "b", ""],
                vec!["x|\"y\"\nz", "1"],
                vec!["caf\u{e9}", ""]
            ]
        );
        assert!(rows(b"\"open|1").is_err());
        assert!(rows(b"\"a\"b|1").is_err());
    }

    #[test]
    fn dates_roll_over() {
        assert_eq!(date("01/01/1970"), Some(0));
        assert_eq!(date("03/30/2017"), Some(1_490_832_000_000));
        assert_eq!(date("13/32/1969 x"), Some(31 * MILLIS_A_DAY));
        for none in ["", "1/2", "a/b/c", "1/2/x", "-1/2/2000"] {
            assert_eq!(date(none), None, "{none}");
        }
    }

    #[test]
    fn records_without_a_time_are_left_out_of_the_robots() {
        let file = b"A b|1|X, y,,|0|2|1\ngone|0||1|2|0\nlate|0||1|1|0|01/02/1970";
        let known = excludes(file).unwrap();
        assert_eq!(
            known[0],
            Exclude {
                pattern: "a b".to_owned(),
                exceptions: vec!["x".to_owned(), "y".to_owned()],
                impact: "2".to_owned(),
                at_start: true,
                until: None,
            }
        );
        assert_eq!((known.len(), known[1].until), (2, Some(MILLIS_A_DAY)));
    }
}
