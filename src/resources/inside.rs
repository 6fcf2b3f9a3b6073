use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Endings of names that only mean something inside a network.
const INSIDE: [&str; 6] = ["localhost", "local", "internal", "lan", "intranet", "home.arpa"];

/// Whether an address says itself that it lies inside a machine or a network of somebody's own.
pub(super) fn is_inside(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => !is_public(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => !is_public(IpAddr::V6(ip)),
        Some(Host::Domain(name)) => is_inside_name(name),
        None => true,
    }
}

fn is_inside_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let ends = |ending: &&str| name.strip_suffix(*ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    !name.contains('.') || INSIDE.iter().any(ends)
}

/// Whether everybody on the internet reaches the same machine under it.
pub(super) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match within(ip) {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(ip),
        },
    }
}

/// The special blocks of RFC 6890 that lead nowhere or to somebody's own network.
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let is_special =
        matches!((a, b, c), (0 | 10 | 127 | 240..=255, ..) | (100, 64..=127, _) | (192, 0, 0) | (198, 18 | 19, _));
    !(is_special || ip.is_private() || ip.is_link_local() || ip.is_multicast() || ip.is_documentation())
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let first = ip.segments()[0];
    // Only this eighth of all addresses was ever given out; some of it is for documentation.
    first & 0xe000 == 0x2000 && !(first == 0x2001 && ip.segments()[1] == 0xdb8)
}

/// The IPv4 address that an IPv6 address stands for: mapped, through NAT64 (RFC 6052) or 6to4 (RFC 3056).
fn within(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let pair = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match ip.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(pair(high, low))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_inside_is_told_from_what_everybody_reaches() {
        let inside = |url: &str| is_inside(&Url::parse(url).unwrap());
        for url in [
            "http://127.0.0.1:8080/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://10.1.2.3/",
            "http://172.20.0.1/",
            "http://192.168.1.1/",
            "http://169.254.169.254/latest/meta-data",
            "http://100.64.0.1/",
            "http://0.0.0.0/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://[ff02::1]/",
            "http://localhost:1/",
            "http://LOCALHOST./",
            "http://wiki/",
            "http://wiki.corp.internal/",
            "http://printer.local/",
        ] {
            assert!(inside(url), "{url}");
        }
        for url in [
            "https://example.org/",
            "http://93.184.215.14/",
            "http://[2606:2800:21f::1]/",
            "https://local.example.org/",
        ] {
            assert!(!inside(url), "{url}");
        }
    }
}
