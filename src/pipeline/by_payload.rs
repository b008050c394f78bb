//! All rows of one payload as one JSON line, for comparing runs payload by payload.

use lexon::write_string;

use super::outcomes::Outcomes;
use crate::output::rows::Rows;

/// Appends `{"i": number, "good": [text…], "bad": [object…], "pii": [text…]}` and a line feed.
pub fn write(number: u64, outcomes: &Outcomes, out: &mut Vec<u8>) {
    let mut line = format!("{{\"i\":{number},\"good\":");
    texts(&outcomes.good, &mut line);
    line.push_str(",\"bad\":[");
    for (n, row) in outcomes.bad.iter().enumerate() {
        if n > 0 {
            line.push(',');
        }
        line.push_str(&String::from_utf8_lossy(row));
    }
    line.push_str("],\"pii\":");
    texts(&outcomes.pii, &mut line);
    line.push_str("}\n");
    out.extend_from_slice(line.as_bytes());
}

fn texts(rows: &Rows, line: &mut String) {
    line.push('[');
    for (n, row) in rows.iter().enumerate() {
        if n > 0 {
            line.push(',');
        }
        write_string(line, &String::from_utf8_lossy(row));
    }
    line.push(']');
}
