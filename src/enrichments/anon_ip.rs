//! Hides the last parts of the visitor's address.
//!
//! Behaviour: the IP anonymization of Enrich 3.9.0, which tells the two families apart as Guava's
//! `InetAddresses.forString` does and masks text, not numbers.

use std::net::{IpAddr, Ipv6Addr};

use compact_str::CompactString;
use jvm::text::java_split_char;
use serde_json::Value;

use super::settings::{number, wrong};
use super::{BuildError, Enrichment, Spec, Step, Work};
use crate::event::{Event, fields};

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow",
    name: "anon_ip",
    version: (1, 0),
    build: |_, data, _| Ok(Box::new(AnonIp::new(data)?)),
};

const OCTETS: usize = 4;
const SEGMENTS: usize = 8;
const MASK: &str = "x";
/// The only spelling of the prefix of mapped addresses that is kept apart.
const MAPPED: &str = "::FFFF:";

struct AnonIp {
    /// How many octets of an IPv4 address are hidden.
    octets: usize,
    /// How many segments of an IPv6 address are hidden.
    segments: usize,
}

impl AnonIp {
    fn new(data: &Value) -> Result<AnonIp, BuildError> {
        let path = "parameters.anonOctets";
        let octets = number(data, path, 1..=OCTETS as u64)?;
        let octets = octets.ok_or_else(|| wrong(path, "is missing; add it"))?;
        let segments = number(data, "parameters.anonSegments", 1..=SEGMENTS as u64)?;
        Ok(AnonIp {
            octets: octets as usize,
            segments: segments.unwrap_or(octets) as usize,
        })
    }

    fn mask(&self, text: &str) -> CompactString {
        match text.parse::<IpAddr>() {
            Ok(IpAddr::V4(_)) => self.mask_v4(text),
            Ok(IpAddr::V6(ip)) if ip.to_ipv4_mapped().is_some() => self.mask_v4(text),
            Ok(IpAddr::V6(ip)) => self.mask_v6(&uncompressed(ip)),
            Err(_) if text.contains('.') || text.is_empty() => self.mask_v4(text),
            Err(_) if text.contains(':') => self.mask_v6(text),
            Err(_) => text.into(),
        }
    }

    fn mask_v4(&self, text: &str) -> CompactString {
        let (prefix, rest) = match text.strip_prefix(MAPPED) {
            Some(rest) => (MAPPED, rest),
            None => ("", text),
        };
        let parts = java_split_char(rest, &['.']);
        join(prefix, &parts, OCTETS - self.octets, parts.len(), '.')
    }

    fn mask_v6(&self, text: &str) -> CompactString {
        let parts = java_split_char(text, &[':']);
        join("", &parts, SEGMENTS - self.segments, SEGMENTS, ':')
    }
}

/// The first `keep` of `parts`, filled up with masks to `length` parts.
fn join(prefix: &str, parts: &[&str], keep: usize, length: usize, between: char) -> CompactString {
    let mut out = CompactString::from(prefix);
    let kept = parts.iter().take(keep).copied();
    for (n, part) in kept.chain(std::iter::repeat(MASK)).take(length).enumerate() {
        if n > 0 {
            out.push(between);
        }
        out.push_str(part);
    }
    out
}

/// Eight groups without zeros in front, as Java's `getHostAddress`.
fn uncompressed(ip: Ipv6Addr) -> String {
    ip.segments().map(|group| format!("{group:x}")).join(":")
}

impl Enrichment for AnonIp {
    fn apply(&self, event: &mut Event, _: &mut Work<'_>) -> Step {
        if let Some(masked) = event
            .text(fields::USER_IPADDRESS)
            .map(|text| self.mask(text))
        {
            event.set_text(fields::USER_IPADDRESS, Some(masked));
        }
        Step::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn v4(text: &str, octets: usize) -> CompactString {
        AnonIp {
            octets,
            segments: octets,
        }
        .mask(text)
    }

    #[test]
    fn octets_are_masked_whatever_they_hold() {
        for (text, octets, masked) in [
            ("94.15.213.171", 4, "x.x.x.x"),
            ("94.15.213.171", 1, "94.15.213.x"),
            ("777.2", 1, "777.2"),
            ("777.2.23", 4, "x.x.x"),
            ("1.2.3.4.5", 2, "1.2.x.x.x"),
            ("", 4, "x"),
            ("", 1, ""),
            ("...", 2, ""),
            ("1.2.3.4:80", 2, "1.2.x.x"),
            (" 1.2.3.4", 2, " 1.2.x.x"),
            ("01.2.3.4", 2, "01.2.x.x"),
            ("hello;goodbye", 2, "hello;goodbye"),
        ] {
            assert_eq!(v4(text, octets), masked, "{text} {octets}");
        }
    }

    #[test]
    fn segments_are_masked_in_the_long_form() {
        for (text, segments, masked) in [
            ("4b0c::880c:99a8:4b0:4411", 2, "4b0c:0:0:0:880c:99a8:x:x"),
            ("4B0C::880c:99a8:4b0:4411", 8, "x:x:x:x:x:x:x:x"),
            ("2700:zzzz::gggg", 6, "2700:zzzz:x:x:x:x:x:x"),
            ("f334::40cb:152.16.24.142", 2, "f334:0:0:0:0:40cb:x:x"),
            ("::192.168.0.1", 1, "0:0:0:0:0:0:c0a8:x"),
            ("fe80::1%eth0", 4, "fe80::1%eth0:x:x:x:x:x"),
            ("[::1]", 2, "[::1]:x:x:x:x:x"),
        ] {
            let step = AnonIp {
                octets: 1,
                segments,
            };
            assert_eq!(step.mask(text), masked, "{text} {segments}");
        }
    }

    #[test]
    fn mapped_addresses_are_masked_by_octets() {
        for (text, masked) in [
            ("::FFFF:152.16.24.123", "::FFFF:152.16.x.x"),
            ("::ffff:1.2.3.4", "::ffff:1.2.x.x"),
            ("::FFFF:102:304", "::FFFF:102:304"),
        ] {
            assert_eq!(v4(text, 2), masked, "{text}");
        }
    }

    #[test]
    fn segments_default_to_octets() {
        let step = AnonIp::new(&json!({"parameters": {"anonOctets": 3}})).unwrap();
        assert_eq!((step.octets, step.segments), (3, 3));
        let step =
            AnonIp::new(&json!({"parameters": {"anonOctets": 3, "anonSegments": 5}})).unwrap();
        assert_eq!(step.segments, 5);
    }

    #[test]
    fn a_wrong_number_is_refused() {
        let build = |parameters| AnonIp::new(&json!({ "parameters": parameters })).err();
        assert!(build(json!({"anonOctets": 1.5})).is_some());
        assert!(build(json!({"anonOctets": 5})).is_some());
        assert!(build(json!({})).is_some());
    }
}
