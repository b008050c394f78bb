//! Contexts of parameters whose names have numbers in them, such as `pr1cm2`.

use jvm::number::parse_int;
use jvm::smap::SMap;
use jvm::text::cmp_utf16;

use super::fields::COMPOSITE;
use super::{Groups, Row, Values};
use crate::adapters::Stop;
use crate::badrows::failure::Violation;

/// What a number in a name becomes: this and the letters from its own on.
const NUMBER: &str = "IF";

const SHAPE: &str = r"composite field name has to conform to regex (pr|promo|il|cd|cm|cg)(\d+)([a-zA-Z]*)(\d*)([a-zA-Z]*)(\d*)$";

/// The contexts of the parameters of a hit. `hash` tells the order of tables.
///
/// # Errors
/// The first name or value that is not as it should be.
pub(super) fn contexts(set: &Values<'_>, hash: impl Fn(usize) -> i32) -> Result<Vec<Row>, Stop> {
    let mut params: Vec<(&str, &str)> = set
        .iter()
        .map(|(name, value)| (*name, *value))
        .filter(|(name, _)| has_digit(name))
        .collect();
    params.sort_by(|(a, _), (b, _)| cmp_utf16(a, b));

    let mut groups: Groups<Result<Vec<String>, Violation>> = Groups::default();
    for (name, values) in columns(&params)?.iter() {
        for (place, table) in COMPOSITE.iter().enumerate() {
            let Some(field) = table.field(name) else {
                continue;
            };
            let mut converted = Ok(Vec::with_capacity(values.len()));
            for value in values {
                match (field.convert(value)?, &mut converted) {
                    (Ok(json), Ok(column)) => column.push(json),
                    (Err(violation), Ok(_)) => converted = Err(violation),
                    (_, Err(_)) => {}
                }
            }
            groups.add(place, field.name, converted);
        }
    }
    let currency = set.get("cu").copied();
    let mut rows = Vec::new();
    for (place, columns) in groups.in_order(hash) {
        let mut table = Vec::with_capacity(columns.len());
        for (name, column) in columns {
            table.push((name, column?));
        }
        add_rows(place, &table, currency, &mut rows);
    }
    Ok(rows)
}

/// Reads a table row by row. Short columns just end, and what is left of a row then stands under
/// the first names: so the reference does it.
fn add_rows(
    place: usize,
    table: &[(&'static str, Vec<String>)],
    currency: Option<&str>,
    rows: &mut Vec<Row>,
) {
    let Some(fields) = COMPOSITE.get(place).map(|table| table.fields) else {
        return;
    };
    let numbers = fields
        .iter()
        .filter(|field| field.param.starts_with(NUMBER))
        .count();
    let currency = currency.filter(|_| fields.iter().any(|field| field.param == "cu"));
    let longest = table
        .iter()
        .map(|(_, column)| column.len())
        .max()
        .unwrap_or(0);
    for n in 0..longest {
        let mut row = SMap::new();
        if let Some(currency) = currency {
            let mut json = String::new();
            lexon::write_string(&mut json, currency);
            row.insert("currencyCode", json);
        }
        let cells = table.iter().filter_map(|(_, column)| column.get(n));
        for ((name, _), cell) in table.iter().zip(cells) {
            row.insert(*name, cell.clone());
        }
        if row.len() > numbers + usize::from(currency.is_some()) {
            rows.push((place, row));
        }
    }
}

/// The values of all names that the parameters make, in the map order of these names: first the
/// values themselves, then the numbers; the numbers of a parameter only if they are not those of
/// the one before.
fn columns<'v>(params: &[(&'v str, &'v str)]) -> Result<SMap<String, Vec<&'v str>>, Violation> {
    let mut columns: SMap<String, Vec<&str>> = SMap::new();
    let mut add = |name: String, value| match columns.get_mut(&name) {
        Some(values) => values.push(value),
        None => {
            columns.insert(name, vec![value]);
        }
    };
    let mut all_numbers: Vec<Vec<(String, &str)>> = Vec::new();
    for (name, value) in params {
        let (whole, numbers) =
            broken_down(name).ok_or_else(|| Violation::input(*name, None, SHAPE))?;
        add(whole, *value);
        if all_numbers.last() != Some(&numbers) {
            all_numbers.push(numbers);
        }
    }
    for (name, number) in all_numbers.into_iter().flatten() {
        add(name, number);
    }
    Ok(columns)
}

/// `pr12cm42` is `prcm`, with the numbers `IFprcm` 12 and `IFcm` 42.
fn broken_down(name: &str) -> Option<(String, Vec<(String, &str)>)> {
    let (prefix, rest) = name.split_at_checked(name.find(|c: char| c.is_ascii_digit())?)?;
    if !matches!(prefix, "pr" | "promo" | "il" | "cd" | "cm" | "cg") {
        return None;
    }
    let mut letters = vec![prefix];
    let mut numbers = Vec::new();
    let mut rest = rest;
    for n in 0..5 {
        let digits = n % 2 == 0;
        let of_kind = |c: char| {
            if digits {
                c.is_ascii_digit()
            } else {
                c.is_ascii_alphabetic()
            }
        };
        let (run, after) =
            rest.split_at_checked(rest.find(|c| !of_kind(c)).unwrap_or(rest.len()))?;
        rest = after;
        if !run.is_empty() {
            if digits {
                numbers.push(run)
            } else {
                letters.push(run)
            }
        }
    }
    if !rest.is_empty() {
        return None;
    }
    let numbered = letters.get(..numbers.len())?;
    let named = numbers.into_iter().enumerate().map(|(n, number)| {
        let from = numbered.get(n..).unwrap_or_default().concat();
        (format!("{NUMBER}{from}"), number)
    });
    Some((letters.concat(), named.collect()))
}

/// Whether there is a decimal digit of any script in a text.
fn has_digit(text: &str) -> bool {
    text.chars().any(|c| match c {
        '0'..='9' => true,
        c => !c.is_ascii() && c.is_numeric() && parse_int(c.encode_utf8(&mut [0; 4])).is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_broken_down() {
        let of = |name| {
            let (whole, numbers) = broken_down(name)?;
            Some((
                whole,
                numbers
                    .iter()
                    .map(|(name, n)| format!("{name}={n}"))
                    .collect::<Vec<_>>(),
            ))
        };
        let some = |whole: &str, numbers: &[&str]| {
            Some((
                whole.to_owned(),
                numbers.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>(),
            ))
        };
        assert_eq!(of("pr12id"), some("prid", &["IFpr=12"]));
        assert_eq!(of("pr12cm42"), some("prcm", &["IFprcm=12", "IFcm=42"]));
        assert_eq!(of("pr12"), some("pr", &["IFpr=12"]));
        assert_eq!(of("promo1id"), some("promoid", &["IFpromo=1"]));
        assert_eq!(
            of("il1pi2cd3"),
            some("ilpicd", &["IFilpicd=1", "IFpicd=2", "IFcd=3"])
        );
        for name in ["pr", "x1", "pr1_", "pr1a2b3c", "1pr", "pr１", "PR1"] {
            assert_eq!(of(name), None, "{name}");
        }
    }

    #[test]
    fn digits_of_any_script_make_a_name_composite() {
        assert!(has_digit("a1") && has_digit("a５"));
        assert!(!has_digit("a½") && !has_digit("é") && !has_digit(""));
    }
}
