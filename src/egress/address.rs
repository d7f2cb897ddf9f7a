//! Which addresses are the public internet's, and what the others are. Pure, but for the host's own.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use nix::ifaddrs::getifaddrs;
use pyro_protocol::network::Rule;

/// Where clouds answer with credentials, besides 169.254.169.0/24, 169.254.170.0/24 and fd00:ec2::/32.
const METADATA: [IpAddr; 6] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 42, 42)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
];

/// Why an address is closed unless an entry names it; `None` for public ones. `own` are the host's.
pub(super) fn closed(address: IpAddr, own: &[IpAddr]) -> Option<Rule> {
    let address = address.to_canonical();
    let inner = embedded(address);
    let of_host = |address: IpAddr| own.iter().any(|own| own.to_canonical() == address);
    let rule = match (address, inner) {
        _ if METADATA.contains(&address) => Some(Rule::Metadata),
        (_, Some(inner)) => return closed(inner.into(), own),
        (IpAddr::V4(address), None) => closed_v4(address),
        (IpAddr::V6(address), None) => closed_v6(address),
    };
    match rule {
        Some(Rule::Loopback) => rule,
        _ if of_host(address) => Some(Rule::HostAddress),
        _ => rule,
    }
}

fn closed_v4(address: Ipv4Addr) -> Option<Rule> {
    match address.octets() {
        // The kernel takes 0.0.0.0 for its own loopback.
        [0, 0, 0, 0] | [127, ..] => Some(Rule::Loopback),
        [169, 254, 169 | 170, _] => Some(Rule::Metadata),
        [169, 254, ..] => Some(Rule::LinkLocal),
        [10, ..] | [192, 168, ..] | [100, 64..=127, ..] | [172, 16..=31, ..] => Some(Rule::PrivateAddress),
        [0 | 224..=255, ..] | [192, 0, 0 | 2, _] | [198, 18 | 19, ..] => Some(Rule::ReservedAddress),
        [198, 51, 100, _] | [203, 0, 113, _] => Some(Rule::ReservedAddress),
        _ => None,
    }
}

fn closed_v6(address: Ipv6Addr) -> Option<Rule> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => Some(Rule::Loopback),
        [0xfd00, 0xec2, ..] => Some(Rule::Metadata),
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => Some(Rule::PrivateAddress),
        [0xfe80..=0xfebf, ..] => Some(Rule::LinkLocal),
        // 2001::/23 is for protocols, Teredo among them; the others are for documentation.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some(Rule::ReservedAddress),
        [0x2000..=0x3fff, ..] => None,
        _ => Some(Rule::ReservedAddress),
    }
}

/// The IPv4 address that an IPv6 address leads to by a tunnel or a translator of the network. In `64:ff9b:1::/48`, where
/// one may lie in several places, everything is closed.
pub(super) fn embedded(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return None };
    let (high, low) = match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => return None,
        [0, 0, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => (high, low),
        _ => return None,
    };
    Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
}

/// The host's own addresses, as they are now.
pub(super) fn own() -> io::Result<Vec<IpAddr>> {
    let storages = getifaddrs()?.filter_map(|interface| interface.address);
    let address = |storage: nix::sys::socket::SockaddrStorage| {
        let v4 = storage.as_sockaddr_in().map(|address| IpAddr::V4(address.ip()));
        v4.or_else(|| storage.as_sockaddr_in6().map(|address| IpAddr::V6(address.ip())))
    };
    Ok(storages.filter_map(address).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn class(text: &str) -> Option<Rule> {
        closed(text.parse().unwrap(), &[])
    }

    #[test]
    fn every_range_is_what_it_is() {
        let ranges: [(Option<Rule>, &[&str]); 6] = [
            (
                None,
                &[
                    "1.1.1.1",
                    "9.255.255.255",
                    "11.0.0.0",
                    "100.63.255.255",
                    "100.128.0.0",
                    "126.255.255.255",
                    "128.0.0.0",
                    "169.253.255.255",
                    "169.255.0.0",
                    "172.15.255.255",
                    "172.32.0.0",
                    "192.0.1.0",
                    "192.0.3.0",
                    "192.167.255.255",
                    "192.169.0.0",
                    "198.17.255.255",
                    "198.20.0.0",
                    "198.51.99.255",
                    "198.51.101.0",
                    "203.0.112.255",
                    "203.0.114.0",
                    "223.255.255.255",
                    "2000::",
                    "2001:200::",
                    "2606:4700::1111",
                    "3ffe::1",
                    "::ffff:1.1.1.1",
                    "64:ff9b::1.1.1.1",
                    "2002:101:101::1",
                    "::1.1.1.1",
                ],
            ),
            (
                Some(Rule::Loopback),
                &[
                    "127.0.0.1",
                    "127.255.255.255",
                    "0.0.0.0",
                    "::",
                    "::1",
                    "::ffff:127.0.0.1",
                    "::ffff:0.0.0.0",
                    "::127.0.0.1",
                    "64:ff9b::127.0.0.1",
                    "2002:7f00:1::",
                    "64:ff9b::",
                ],
            ),
            (
                Some(Rule::PrivateAddress),
                &[
                    "10.0.0.0",
                    "10.255.255.255",
                    "172.16.0.0",
                    "172.31.255.255",
                    "192.168.0.0",
                    "192.168.255.255",
                    "100.64.0.0",
                    "100.127.255.255",
                    "fc00::",
                    "fdff::1",
                    "fec0::1",
                    "feff::1",
                    "::ffff:10.1.2.3",
                    "64:ff9b::10.0.0.1",
                    "2002:a00:1::1",
                    "::192.168.1.1",
                ],
            ),
            (Some(Rule::LinkLocal), &["169.254.0.0", "169.254.255.255", "fe80::1", "febf::1", "::ffff:169.254.1.1"]),
            (
                Some(Rule::Metadata),
                &[
                    "169.254.169.254",
                    "169.254.170.2",
                    "169.254.42.42",
                    "100.100.100.200",
                    "168.63.129.16",
                    "192.0.0.192",
                    "fd00:ec2::254",
                    "fd00:ec2::23",
                    "fd20:ce::254",
                    "fd00:42::42",
                    "::ffff:169.254.169.254",
                    "64:ff9b::169.254.169.254",
                    "2002:a9fe:a9fe::1",
                ],
            ),
            (
                Some(Rule::ReservedAddress),
                &[
                    "0.0.0.1",
                    "0.255.255.255",
                    "192.0.0.0",
                    "192.0.0.255",
                    "192.0.2.1",
                    "198.18.0.0",
                    "198.19.255.255",
                    "198.51.100.0",
                    "203.0.113.255",
                    "224.0.0.0",
                    "239.255.255.255",
                    "240.0.0.0",
                    "255.255.255.255",
                    "2001::1",
                    "2001:1ff::",
                    "2001:db8::1",
                    "3fff::1",
                    "100::1",
                    "ff02::1",
                    "4000::1",
                    "1fff::",
                    "::2:1:1:1",
                    "64:ff9b:1::1.1.1.1",
                    "64:ff9b:1:a00:1::",
                    "::ffff:0:1.1.1.1",
                    "fe00::1",
                ],
            ),
        ];
        for (rule, addresses) in ranges {
            for address in addresses {
                assert_eq!(class(address), rule, "{address}");
            }
        }
    }

    #[test]
    fn the_hosts_own_addresses_are_closed_in_every_form() {
        let own = ["8.8.4.4", "192.168.1.5", "2606:4700::7", "127.0.0.1"].map(|text| text.parse().unwrap());
        let closed = |text: &str| closed(text.parse().unwrap(), &own);
        for address in
            ["8.8.4.4", "192.168.1.5", "2606:4700::7", "::ffff:8.8.4.4", "64:ff9b::8.8.4.4", "2002:808:404::"]
        {
            assert_eq!(closed(address), Some(Rule::HostAddress), "{address}");
        }
        assert_eq!(closed("127.0.0.1"), Some(Rule::Loopback));
        assert_eq!(closed("192.168.1.6"), Some(Rule::PrivateAddress));
        assert_eq!(closed("8.8.8.8"), None);
        assert!(super::own().unwrap().contains(&IpAddr::V4(Ipv4Addr::LOCALHOST)));
    }

    proptest! {
        #[test]
        fn an_ipv4_address_is_the_same_in_every_form(bits: u32) {
            let address = Ipv4Addr::from(bits);
            let [high, low] = [(bits >> 16) as u16, bits as u16];
            let rule = closed(address.into(), &[]);
            prop_assert_eq!(closed(address.to_ipv6_mapped().into(), &[]), rule);
            for segments in [[0x64, 0xff9b, 0, 0, 0, 0, high, low], [0x2002, high, low, 1, 2, 3, 4, 5]] {
                prop_assert_eq!(closed(Ipv6Addr::from(segments).into(), &[]), rule);
            }
        }

        #[test]
        fn only_global_unicast_is_public(bits: u128) {
            let address = Ipv6Addr::from(bits);
            let global = address.segments()[0] & 0xe000 == 0x2000;
            let inner = address.to_ipv4_mapped().or_else(|| embedded(address.into()));
            prop_assert!(closed(address.into(), &[]).is_some() || global || inner.is_some());
        }
    }
}
