//! Which reverse proxies may say for whom they speak, and what follows for the address of a client.

use std::{net::IpAddr, str::FromStr};

use serde::{Deserialize, Deserializer};

/// An address, or every address that begins with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// How many bits count.
    prefix: u8,
}

/// The bits of an address, leftmost first, and how many there are.
fn bits(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    }
}

impl Network {
    /// Whether the address lies in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let ((mine, width), (theirs, other_width)) = (bits(self.address), bits(address));
        let rest = 128 - u32::from(self.prefix);
        width == other_width && (mine ^ theirs).checked_shr(rest).unwrap_or(0) == 0
    }
}

impl FromStr for Network {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || format!("{text:?} is no address such as 10.0.0.7 and no network such as 10.0.0.0/8");
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| fault())?;
        let width = bits(address).1;
        let prefix = prefix.map_or(Ok(width), |prefix| prefix.parse().map_err(|_| fault()))?;
        if prefix <= width { Ok(Self { address, prefix }) } else { Err(fault()) }
    }
}

/// The proxies in front of this installation; none unless somebody says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    /// Whether one of its networks is everybody.
    #[must_use]
    pub fn everybody(&self) -> bool {
        self.0.iter().any(|network| network.prefix == 0)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// The client behind `peer`, which sent these hops in `X-Forwarded-For`, the nearest last: the rightmost one that
    /// is no proxy of ours. What stands to the left of it anybody may have written.
    #[must_use]
    pub fn client(&self, peer: IpAddr, hops: &[&str]) -> IpAddr {
        let mut client = peer.to_canonical();
        for hop in hops.iter().rev() {
            if !self.trusts(client) {
                break;
            }
            // A word that is no address ends the way that can be followed.
            let Some(next) = address_of(hop.trim()) else { break };
            client = next;
        }
        client
    }
}

/// The address in `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
fn address_of(hop: &str) -> Option<IpAddr> {
    let address = hop
        .parse::<IpAddr>()
        .or_else(|_| hop.parse::<std::net::SocketAddr>().map(|socket| socket.ip()))
        .or_else(|_| hop.trim_matches(['[', ']']).parse::<IpAddr>());
    address.ok().map(|address| address.to_canonical())
}

impl FromStr for TrustedProxies {
    type Err = String;
    /// Addresses and networks with commas between them.
    fn from_str(text: &str) -> Result<Self, String> {
        let named = text.split(',').map(str::trim).filter(|text| !text.is_empty());
        named.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl<'de> Deserialize<'de> for TrustedProxies {
    /// A list, or one text with commas, as a variable holds it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Raw {
            List(Vec<String>),
            Text(String),
        }
        let text = match Raw::deserialize(deserializer)? {
            Raw::List(list) => list.join(","),
            Raw::Text(text) => text,
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_what_begins_with_its_bits() {
        for (network, inside, outside) in [
            ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("10.0.0.128/25", "10.0.0.200", "10.0.0.127"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
            ("::/0", "2001:db8::1", "203.0.113.9"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(ip(inside)), "{network:?} {inside}");
            assert!(!network.contains(ip(outside)), "{network:?} {outside}");
        }
        for nonsense in ["", "proxy", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/", "10.0.0"] {
            assert!(nonsense.parse::<Network>().is_err(), "{nonsense:?}");
        }
    }

    #[test]
    fn a_17_the_client_is_the_rightmost_hop_that_is_no_proxy_of_ours() {
        let ours: TrustedProxies = "10.0.0.0/8, fd00::/8".parse().unwrap();
        for (peer, hops, client) in [
            ("203.0.113.9", vec!["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec!["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", vec!["198.51.100.7", " 198.51.100.1 "], "198.51.100.1"),
            ("10.0.0.1", vec!["198.51.100.1", "10.0.0.2", "fd00::3"], "198.51.100.1"),
            ("10.0.0.1", vec!["198.51.100.1:4711"], "198.51.100.1"),
            ("10.0.0.1", vec!["[2001:db8::1]:4711"], "2001:db8::1"),
            ("10.0.0.1", vec!["[2001:db8::1]"], "2001:db8::1"),
            ("10.0.0.1", vec!["::ffff:198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.1", vec!["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", vec!["198.51.100.1", "unknown"], "10.0.0.1"),
            ("10.0.0.1", vec!["10.0.0.3", "10.0.0.2"], "10.0.0.3"),
        ] {
            assert_eq!(ours.client(ip(peer), &hops), ip(client), "{peer} {hops:?}");
        }
        assert_eq!(
            TrustedProxies::default().client(ip("10.0.0.1"), &["198.51.100.1"]),
            ip("10.0.0.1"),
            "nobody is trusted unless named"
        );
    }
}
