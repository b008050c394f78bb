//! Which addresses may be asked: an event must not steer a look-up to what only this machine may see.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

/// The addresses within reach of look-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// All but this machine, its link, and the services that tell machines of clouds their secrets.
    #[default]
    Guarded,
    /// All there are.
    Everywhere,
}

/// What sets [`Reach::Everywhere`].
pub const SETTING: &str = "SNOWMELT_ALLOW_PRIVATE_ADDRESSES";

impl Reach {
    /// Refuses the host of an address that is out of reach as it is written; names are looked at when they are
    /// resolved.
    ///
    /// # Errors
    /// Says what to set.
    pub fn check(self, host: &str) -> Result<(), String> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let address = match bare.parse() {
            Ok(address) => address,
            Err(_) if is_localhost(bare) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Err(_) => return Ok(()),
        };
        if self.allows(address) {
            return Ok(());
        }
        Err(refused(host))
    }

    /// Whether an address is within reach.
    pub fn allows(self, address: IpAddr) -> bool {
        self == Reach::Everywhere || !is_guarded(address)
    }
}

fn refused(host: &str) -> String {
    format!(
        "the address of {host} is this machine, its link or a metadata service; to allow it set {SETTING}=true"
    )
}

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// The metadata services of clouds that are not link-local: Alibaba, Oracle, and Amazon on IPv6.
const METADATA_V4: [Ipv4Addr; 2] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
];
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

fn is_guarded(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_guarded_v4(v4),
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unicast_link_local()
                || v6 == METADATA_V6
                || embedded(v6).is_some_and(is_guarded_v4)
        }
    }
}

fn is_guarded_v4(v4: Ipv4Addr) -> bool {
    // 0/8 means this machine
    v4.is_loopback() || v4.is_link_local() || v4.octets()[0] == 0 || METADATA_V4.contains(&v4)
}

/// The IPv4 address that an IPv6 one stands for: mapped, compatible, translated or 6to4.
fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, high, low] = v6.segments();
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0 | 0xffff] | [0x64, 0xff9b, ..] => Some(of(high, low)),
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

/// Names by the system, without the addresses that are out of reach: what was looked at is what is connected to.
#[derive(Debug, Clone)]
pub struct Resolver(pub Reach);

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let (allowed, other): (Vec<SocketAddr>, Vec<SocketAddr>) =
                found.partition(|address| reach.allows(address.ip()));
            if allowed.is_empty() && !other.is_empty() {
                return Err(io::Error::other(refused(name.as_str())));
            }
            Ok(allowed.into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;

    use super::*;

    #[test]
    fn this_machine_its_link_and_metadata_are_out_of_reach() {
        for host in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "0.1.2.3",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[64:ff9b::127.0.0.1]",
            "[2002:7f00:1::]",
            "[::127.0.0.1]",
            "169.254.169.254",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "100.100.100.200",
            "192.0.0.192",
        ] {
            let error = Reach::Guarded.check(host).unwrap_err();
            assert!(error.contains(SETTING), "{host}: {error}");
            assert_eq!(Reach::Everywhere.check(host), Ok(()));
        }
    }

    #[test]
    fn other_addresses_are_within_reach() {
        for host in [
            "example.com",
            "10.0.0.1",
            "192.168.1.1",
            "[fd12::1]",
            "8.8.8.8",
            "[2001:db8::1]",
            "my-localhost",
        ] {
            assert_eq!(Reach::Guarded.check(host), Ok(()), "{host}");
        }
    }

    #[test]
    fn names_are_judged_by_what_they_resolve_to() {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let resolve =
            |reach, name: &str| runtime.block_on(Resolver(reach).call(name.parse().unwrap()));
        // the last two are numbers to the system, not names
        for name in ["localhost", "0x7f.1", "2130706433"] {
            let refused = resolve(Reach::Guarded, name).unwrap_err().to_string();
            assert!(refused.contains(SETTING), "{name}: {refused}");
        }
        assert!(resolve(Reach::Everywhere, "localhost").unwrap().count() > 0);
    }
}
