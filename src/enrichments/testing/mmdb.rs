//! Writes small MaxMind databases (format 2.0), so that tests have their own.

use std::net::Ipv6Addr;

/// A value of a record.
#[derive(Debug, Clone)]
pub enum Field {
    /// A text.
    Text(String),
    /// A number of 16 bits.
    Short(u16),
    /// A number of 32 bits.
    Number(u32),
    /// A number of 64 bits.
    Long(u64),
    /// A float of 64 bits.
    Double(f64),
    /// Texts with values.
    Map(Vec<(String, Field)>),
    /// Values one after the other.
    List(Vec<Field>),
}

/// A branch of the search tree: nothing, a node by its number, or a record by its offset.
#[derive(Clone, Copy)]
enum Branch {
    Empty,
    Node(usize),
    Record(usize),
}

/// A database of IPv6 networks (`::1.2.3.0/120` is IPv4) that do not overlap, with a record each.
pub fn write(kind: &str, networks: &[(&str, Field)]) -> Vec<u8> {
    let mut nodes = vec![[Branch::Empty; 2]];
    let mut data = Vec::new();
    for (network, record) in networks {
        let (address, length) = network.split_once('/').unwrap();
        let bits = address.parse::<Ipv6Addr>().unwrap().to_bits();
        let length: u32 = length.parse().unwrap();
        let offset = data.len();
        encode(record, &mut data);
        let mut node = 0;
        for depth in 0..length {
            let side = (bits >> (127 - depth) & 1) as usize;
            if depth + 1 == length {
                nodes[node][side] = Branch::Record(offset);
            } else if let Branch::Node(next) = nodes[node][side] {
                node = next;
            } else {
                nodes.push([Branch::Empty; 2]);
                nodes[node][side] = Branch::Node(nodes.len() - 1);
                node = nodes.len() - 1;
            }
        }
    }
    let count = nodes.len();
    let mut out = Vec::new();
    for branch in nodes.iter().flatten() {
        let value = match branch {
            Branch::Empty => count,
            Branch::Node(number) => *number,
            Branch::Record(offset) => count + 16 + offset,
        };
        out.extend_from_slice(&u32::try_from(value).unwrap().to_be_bytes());
    }
    out.extend_from_slice(&[0; 16]);
    out.append(&mut data);
    out.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    encode(&metadata(kind, count), &mut out);
    out
}

fn metadata(kind: &str, nodes: usize) -> Field {
    let entries = [
        ("binary_format_major_version", Field::Short(2)),
        ("binary_format_minor_version", Field::Short(0)),
        ("build_epoch", Field::Long(1_700_000_000)),
        ("database_type", Field::Text(kind.to_owned())),
        ("description", Field::Map(Vec::new())),
        ("ip_version", Field::Short(6)),
        ("languages", Field::List(vec![Field::Text("en".to_owned())])),
        ("node_count", Field::Number(u32::try_from(nodes).unwrap())),
        ("record_size", Field::Short(32)),
    ];
    Field::Map(entries.map(|(key, value)| (key.to_owned(), value)).into())
}

/// The control byte of a type, with the length that follows in it or behind it.
fn control(kind: u8, length: usize, out: &mut Vec<u8>) {
    let (short, long) = match length {
        0..29 => (length as u8, None),
        29..285 => (29, Some((length - 29) as u8)),
        _ => panic!("too long for a test"),
    };
    match kind {
        1..8 => out.push(kind << 5 | short),
        _ => out.extend([short, kind - 7]),
    }
    out.extend(long);
}

fn encode(field: &Field, out: &mut Vec<u8>) {
    match field {
        Field::Text(text) => {
            control(2, text.len(), out);
            out.extend_from_slice(text.as_bytes());
        }
        Field::Double(number) => {
            control(3, 8, out);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Field::Short(number) => {
            control(5, 2, out);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Field::Number(number) => {
            control(6, 4, out);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Field::Long(number) => {
            control(9, 8, out);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Field::Map(entries) => {
            control(7, entries.len(), out);
            for (key, value) in entries {
                encode(&Field::Text(key.clone()), out);
                encode(value, out);
            }
        }
        Field::List(items) => {
            control(11, items.len(), out);
            items.iter().for_each(|item| encode(item, out));
        }
    }
}
