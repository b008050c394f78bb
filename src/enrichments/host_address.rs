//! Addresses as people and proxies write them: with ports, brackets, few or odd octets.
//!
//! Behaviour: `HostName.toAddress` of the IPAddress library 5.3.1, and where that knows no address
//! `InetAddress.getByName` of JDK 17, both without asking a name server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jvm::text::java_trim;

/// The address that `text` names; a mapped IPv4 address is one of IPv4.
pub fn parse(text: &str) -> Option<IpAddr> {
    host(text)
        .or_else(|| decimal(text))
        .map(|ip| ip.to_canonical())
}

/// The address of a host, perhaps with a port or service.
pub fn host(text: &str) -> Option<IpAddr> {
    let text = java_trim(text);
    if text.is_empty() {
        return Some(Ipv4Addr::LOCALHOST.into());
    }
    // four plain numbers, as nearly all are
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Some(address.into());
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (inner, after) = rest.split_once(']')?;
        let known = match after.strip_prefix(':') {
            Some(port) => is_port(port),
            None => after.is_empty(),
        };
        return known.then(|| literal(inner)).flatten();
    }
    literal(text).or_else(|| {
        let (host, port) = text.rsplit_once(':')?;
        let whole = host.contains(['.', ':']) && is_port(port);
        whole.then(|| literal(host)).flatten()
    })
}

/// A number from 1 to 65535, or the name of a service.
fn is_port(text: &str) -> bool {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse::<u16>().is_ok_and(|port| port > 0);
    }
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.len() <= 15
        && text.bytes().all(inner)
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn literal(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        let address = match text.split_once('%') {
            // right behind a colon it stands for any group, and for no one address
            Some((address, _)) if address.ends_with(':') => return None,
            Some((address, _zone)) => address,
            None => text,
        };
        return v6(address).map(IpAddr::V6);
    }
    if text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let number = u128::from_str_radix(text, 16).ok()?;
        return Some(Ipv6Addr::from_bits(number).into());
    }
    // twenty digits are one address in base 85, as RFC 1924 writes them; letters make it a name
    if text.len() == 20 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let place = |sum: u128, byte: u8| sum * 85 + u128::from(byte - b'0');
        return Some(Ipv6Addr::from_bits(text.bytes().fold(0, place)).into());
    }
    // the library takes a lone number with the hexadecimal digits `a` to `f` for a name
    let named = |digits: &str| digits.bytes().any(|byte| byte.is_ascii_alphabetic());
    if !text.contains('.') && text.strip_prefix("0x").is_some_and(named) {
        return None;
    }
    octets(text, number).map(IpAddr::V4)
}

/// A number almost as C writes it: hexadecimal after `0x`, octal after `0`.
fn number(text: &str) -> Option<u64> {
    if let Some(digits) = text.strip_prefix("0x") {
        return digits_of(digits, 16);
    }
    match text.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => digits_of(digits, 8),
        _ => digits_of(text, 10),
    }
}

/// A number of digits only, up to what an address can hold.
fn digits_of(text: &str, radix: u32) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.chars().try_fold(0u64, |sum, c| {
        let sum = sum * u64::from(radix) + u64::from(c.to_digit(radix)?);
        (sum <= u64::from(u32::MAX)).then_some(sum)
    })
}

/// One to four numbers with dots between, of which the last fills the octets that are left.
fn octets(text: &str, number: fn(&str) -> Option<u64>) -> Option<Ipv4Addr> {
    let count = text.split('.').count();
    if count > 4 {
        return None;
    }
    let mut bits = 0u64;
    for (n, part) in text.split('.').enumerate() {
        let width = if n + 1 == count { 8 * (5 - count) } else { 8 };
        let value = number(part)?;
        if value >> width != 0 {
            return None;
        }
        bits = bits << width | value;
    }
    u32::try_from(bits).ok().map(Ipv4Addr::from_bits)
}

fn v6(text: &str) -> Option<Ipv6Addr> {
    let (head, last) = text.rsplit_once(':')?;
    let mut plain = String::with_capacity(40);
    let mut groups = head.split(':').collect::<Vec<_>>();
    let dotted = if last.contains('.') {
        let bits = octets(last, |part| match part.contains('x') {
            true => None,
            false => number(part),
        })?;
        Some(bits.to_bits())
    } else {
        groups.push(last);
        None
    };
    if groups.len() > 9 {
        return None;
    }
    for (n, group) in groups.iter().enumerate() {
        if n > 0 {
            plain.push(':');
        }
        let significant = group.trim_start_matches('0');
        plain.push_str(if significant.is_empty() && !group.is_empty() {
            "0"
        } else {
            significant
        });
    }
    if let Some(bits) = dotted {
        plain.push_str(&format!(":{:x}:{:x}", bits >> 16, bits & 0xffff));
    }
    plain.parse().ok()
}

/// One to four decimal numbers, as Java reads what could be no host name.
fn decimal(text: &str) -> Option<IpAddr> {
    let short = text.len() <= 15;
    short
        .then(|| octets(text, |part| digits_of(part, 10)))
        .flatten()
        .map(IpAddr::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_in_many_forms() {
        for (text, address) in [
            ("1.2.3", "1.2.0.3"),
            ("1234", "0.0.4.210"),
            ("0x17.1", "23.0.0.1"),
            ("0x7f.1", "127.0.0.1"),
            ("0x12345678", "18.52.86.120"),
            ("1.2.3.4:80", "1.2.3.4"),
            ("1.2.3.4:http", "1.2.3.4"),
            ("1.2.3.4:080", "1.2.3.4"),
            ("[1.2.3.4]:80", "1.2.3.4"),
            ("[::1]", "::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            (" 1.2.3.4\t", "1.2.3.4"),
            ("01.02.03.04", "1.2.3.4"),
            ("010.1.1.1", "8.1.1.1"),
            ("096.010.067.084", "96.10.67.84"),
            ("08.1.1.1", "8.1.1.1"),
            ("1.2.65535", "1.2.255.255"),
            ("1.16777215", "1.255.255.255"),
            ("4294967295", "255.255.255.255"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("::FFFF:102:304", "1.2.3.4"),
            ("0:0:0:0:0:ffff:1.2.3.4", "1.2.3.4"),
            ("::1.2.3.4", "::102:304"),
            ("::ffff:1.2.3", "1.2.0.3"),
            ("64:ff9b::1.2.3.4", "64:ff9b::102:304"),
            ("2001:DB8::0001", "2001:db8::1"),
            ("::00001", "::1"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("2001:db8::1:80", "2001:db8::1:80"),
            ("1:2:3:4:5:6:7:8:80", "1:2:3:4:5:6:7:8"),
            ("::1:http", "::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("20010db8000000000000000000000001", "2001:db8::1"),
            ("0", "0.0.0.0"),
            ("00000000000000000001", "::1"),
            ("00000000000000000010", "::55"),
            ("", "127.0.0.1"),
        ] {
            assert_eq!(parse(text), address.parse().ok(), "{text}");
        }
    }

    #[test]
    fn other_texts_name_no_address() {
        for text in [
            "unknown",
            "a.b.c.d",
            "localhost",
            "1.2.3.256",
            "1.2.65536",
            "4294967296",
            "256.1",
            "1.2.3.4.",
            "1..2.3",
            "1.2.3.4.5",
            "1.2.3.4:",
            "1.2.3.4:0",
            "1.2.3.4:65536",
            "1234:80",
            "1.2.3.4:80:90",
            "1.2.3.4:h_x",
            "[::1]:",
            "[::1]x",
            "[::1",
            "::1]",
            "12345::",
            "::;",
            "1.2.3.4;",
            "1.2.3.4%1",
            "1.2.3.4/24",
            "1.2.3.4,5.6.7.8",
            "٣.1.1.1",
            "0x",
            "1.",
            "+1",
            "::0x1",
            "0x7f000001",
            "2a02:cf40::%d",
            "0X1.2.3.4",
            "::ffff:0x1.2.3.4",
            "1::2::3",
            "1:2",
            "-",
            ":",
            "::1:2:3:4:5:6:7:8:9",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn long_texts_are_read_in_time() {
        assert_eq!(parse(&"1:".repeat(500_000)), None);
        assert_eq!(parse(&"1.".repeat(500_000)), None);
        assert_eq!(parse(&"1".repeat(1_000_000)), None);
    }
}
