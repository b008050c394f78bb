//! PostgreSQL's binary forms of values.

use std::error::Error;

use jvm::time::civil_from_days;
use tokio_postgres::types::{FromSql, Kind, Type};

use super::super::text::{date, time, timestamp};
use super::super::{NULL, decimal, double, json_or_string, string};

/// The bytes of a value.
#[derive(Debug, Clone, Copy)]
pub struct Raw<'r>(&'r [u8]);

impl<'r> FromSql<'r> for Raw<'r> {
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Raw<'r>, Box<dyn Error + Sync + Send>> {
        Ok(Raw(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Days from 1970 to 2000, from which PostgreSQL counts.
const EPOCH_DAYS: i64 = 10_957;
const EPOCH_MICROS: i64 = EPOCH_DAYS * 86_400_000_000;

/// A value as JSON; none when its type is not known.
pub fn json(kind: &Type, raw: Option<Raw<'_>>) -> Option<String> {
    let Some(Raw(bytes)) = raw else {
        return Some(NULL.to_owned());
    };
    Some(match *kind {
        Type::BOOL => (bytes == [1]).to_string(),
        Type::INT2 => i16::from_be_bytes(array(bytes)?).to_string(),
        Type::INT4 => i32::from_be_bytes(array(bytes)?).to_string(),
        Type::INT8 => i64::from_be_bytes(array(bytes)?).to_string(),
        Type::OID => u32::from_be_bytes(array(bytes)?).to_string(),
        Type::FLOAT4 => double(f64::from(f32::from_be_bytes(array(bytes)?))),
        Type::FLOAT8 => double(f64::from_be_bytes(array(bytes)?)),
        Type::NUMERIC => match numeric(bytes)? {
            text if text.ends_with(|c: char| c.is_ascii_digit()) => decimal(&text),
            text => string(&text),
        },
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::CHAR => {
            string(&String::from_utf8_lossy(bytes))
        }
        Type::DATE => {
            let days = i32::from_be_bytes(array(bytes)?);
            match days {
                i32::MAX => string("infinity"),
                i32::MIN => string("-infinity"),
                days => {
                    let (year, month, day) = civil_from_days(i64::from(days) + EPOCH_DAYS);
                    string(&date(year, month, day))
                }
            }
        }
        Type::JSONB => json_or_string(&String::from_utf8_lossy(bytes.get(1..)?)),
        _ => match kind.kind() {
            Kind::Domain(of) => json(of, raw)?,
            Kind::Enum(_) => string(&String::from_utf8_lossy(bytes)),
            Kind::Array(of) => json_or_string(&list(of, bytes)?),
            _ => json_or_string(&text(kind, bytes)?),
        },
    })
}

fn array<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

/// A value as text, for the types that Java has classes of other names for, and in arrays.
fn text(kind: &Type, bytes: &[u8]) -> Option<String> {
    Some(match *kind {
        Type::TIMESTAMP | Type::TIMESTAMPTZ => match i64::from_be_bytes(array(bytes)?) {
            i64::MAX => "infinity".to_owned(),
            i64::MIN => "-infinity".to_owned(),
            micros => timestamp(micros.saturating_add(EPOCH_MICROS)),
        },
        Type::TIME => time(i64::from_be_bytes(array(bytes)?)),
        Type::TIMETZ => {
            let (micros, zone) = bytes.split_first_chunk::<8>()?;
            let west = i32::from_be_bytes(array(zone)?);
            time(i64::from_be_bytes(*micros).saturating_add(i64::from(west) * 1_000_000))
        }
        Type::UUID => {
            let hex = format!("{:032x}", u128::from_be_bytes(array(bytes)?));
            let part = |from, to| hex.get(from..to).unwrap_or_default();
            let parts = [
                part(0, 8),
                part(8, 12),
                part(12, 16),
                part(16, 20),
                part(20, 32),
            ];
            parts.join("-")
        }
        Type::INTERVAL => {
            let (micros, rest) = bytes.split_first_chunk::<8>()?;
            let (days, months) = rest.split_first_chunk::<4>()?;
            let (days, months) = (
                i32::from_be_bytes(*days),
                i32::from_be_bytes(array(months)?),
            );
            let micros = i64::from_be_bytes(*micros);
            let seconds = micros / 1_000_000;
            let fraction = format!("{:06}", (micros % 1_000_000).abs());
            let fraction = fraction.trim_end_matches('0');
            format!(
                "{} years {} mons {days} days {} hours {} mins {}.{} secs",
                months / 12,
                months % 12,
                seconds / 3600,
                seconds / 60 % 60,
                seconds % 60,
                if fraction.is_empty() { "0" } else { fraction }
            )
        }
        Type::BYTEA => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("\\x{hex}")
        }
        Type::JSON | Type::XML => String::from_utf8_lossy(bytes).into_owned(),
        _ => match kind.name() {
            "citext" | "ltree" => String::from_utf8_lossy(bytes).into_owned(),
            _ => return None,
        },
    })
}

/// A decimal number: groups of four digits.
fn numeric(bytes: &[u8]) -> Option<String> {
    let mut halves = bytes.chunks_exact(2).filter_map(array::<2>);
    let mut next = || halves.next().map(i16::from_be_bytes);
    let (count, weight, sign, scale) = (next()?, next()?, next()?, next()?);
    match sign.cast_unsigned() {
        0xC000 => return Some("NaN".to_owned()),
        0xD000 => return Some("Infinity".to_owned()),
        0xF000 => return Some("-Infinity".to_owned()),
        _ => {}
    }
    let groups: Vec<i16> = (0..count).filter_map(|_| next()).collect();
    let group = |at: i32| {
        usize::try_from(at)
            .ok()
            .and_then(|at| groups.get(at))
            .copied()
            .unwrap_or(0)
    };
    let weight = i32::from(weight);
    let mut text = String::new();
    if sign.cast_unsigned() == 0x4000 {
        text.push('-');
    }
    let whole: String = (0..=weight.max(0))
        .map(|at| format!("{:04}", if weight < 0 { 0 } else { group(at) }))
        .collect();
    let whole = whole.trim_start_matches('0');
    text.push_str(if whole.is_empty() { "0" } else { whole });
    let scale = usize::try_from(scale).ok()?;
    if scale > 0 {
        let groups = i32::try_from(scale.div_ceil(4)).ok()?;
        let fraction: String = (0..groups)
            .map(|n| format!("{:04}", group(weight + 1 + n)))
            .collect();
        text.push('.');
        text.push_str(fraction.get(..scale)?);
    }
    Some(text)
}

/// An array as PostgreSQL prints it.
fn list(of: &Type, bytes: &[u8]) -> Option<String> {
    let mut reader = bytes;
    let mut next = || -> Option<i32> {
        let (head, rest) = reader.split_first_chunk::<4>()?;
        reader = rest;
        Some(i32::from_be_bytes(*head))
    };
    let dimensions = usize::try_from(next()?).ok()?;
    let (_has_null, _element) = (next()?, next()?);
    let mut sizes = Vec::new();
    for _ in 0..dimensions {
        sizes.push(usize::try_from(next()?).ok()?);
        let _lower_bound = next()?;
    }
    let mut items = Vec::new();
    while !reader.is_empty() {
        let (head, rest) = reader.split_first_chunk::<4>()?;
        reader = rest;
        match usize::try_from(i32::from_be_bytes(*head)) {
            Err(_) => items.push("NULL".to_owned()),
            Ok(length) => {
                let (item, rest) = reader.split_at_checked(length)?;
                reader = rest;
                items.push(element(of, item)?);
            }
        }
    }
    if sizes.is_empty() {
        return Some("{}".to_owned());
    }
    // from the innermost dimension outwards
    for size in sizes.iter().rev() {
        let groups = items
            .chunks((*size).max(1))
            .map(|group| format!("{{{}}}", group.join(",")));
        items = groups.collect();
    }
    Some(items.join(","))
}

/// An item of an array, in quotes where it needs them.
fn element(of: &Type, bytes: &[u8]) -> Option<String> {
    let plain = match *of {
        Type::BOOL => (if bytes == [1] { "t" } else { "f" }).to_owned(),
        Type::FLOAT4 => f32::from_be_bytes(array(bytes)?).to_string(),
        Type::FLOAT8 => f64::from_be_bytes(array(bytes)?).to_string(),
        Type::NUMERIC => numeric(bytes)?,
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => json(of, Some(Raw(bytes)))?,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::CHAR => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        Type::DATE => {
            let days = i64::from(i32::from_be_bytes(array(bytes)?));
            let (year, month, day) = civil_from_days(days + EPOCH_DAYS);
            format!("{year:04}-{month:02}-{day:02}")
        }
        _ => text(of, bytes)?,
    };
    let special = |c: char| c.is_whitespace() || "{}\",\\".contains(c);
    if plain.is_empty() || plain.eq_ignore_ascii_case("null") || plain.contains(special) {
        let escaped = plain.replace('\\', "\\\\").replace('"', "\\\"");
        return Some(format!("\"{escaped}\""));
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(weight: i16, sign: u16, scale: i16, digits: &[i16]) -> String {
        let count = digits.len() as i16;
        let head = [count, weight, sign.cast_signed(), scale];
        let bytes: Vec<u8> = head
            .iter()
            .chain(digits)
            .flat_map(|half| half.to_be_bytes())
            .collect();
        numeric(&bytes).unwrap()
    }

    #[test]
    fn decimal_numbers_keep_their_scale() {
        for (given, expected) in [
            (groups(0, 0, 2, &[1, 5000]), "1.50"),
            (groups(-1, 0x4000, 6, &[5000]), "-0.500000"),
            (groups(-2, 0, 6, &[100]), "0.000001"),
            (groups(0, 0, 0, &[]), "0"),
            (groups(5, 0, 0, &[1]), "100000000000000000000"),
            (groups(-3, 0, 10, &[100]), "0.0000000001"),
            (groups(1, 0, 0, &[12, 34]), "120034"),
            (groups(0, 0xC000, 0, &[]), "NaN"),
        ] {
            assert_eq!(given, expected);
        }
    }

    #[test]
    fn arrays_are_printed_with_braces() {
        let array = |items: &[Option<&str>]| {
            let mut bytes: Vec<u8> = Vec::new();
            let sizes: &[i32] = &[1, 0, 25, items.len() as i32, 1];
            bytes.extend(sizes.iter().flat_map(|n| n.to_be_bytes()));
            for item in items {
                bytes.extend(item.map_or(-1, |item| item.len() as i32).to_be_bytes());
                bytes.extend(item.unwrap_or_default().as_bytes());
            }
            list(&Type::TEXT, &bytes).unwrap()
        };
        assert_eq!(
            array(&[Some("a"), None, Some("b c"), Some("")]),
            "{a,NULL,\"b c\",\"\"}"
        );
        assert_eq!(array(&[Some("q\"\\")]), "{\"q\\\"\\\\\"}");
        let empty: Vec<u8> = [0i32, 0, 25].iter().flat_map(|n| n.to_be_bytes()).collect();
        assert_eq!(json(&Type::TEXT_ARRAY, Some(Raw(&empty))).unwrap(), "{}");
    }
}
