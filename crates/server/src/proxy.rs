//! Who called, when a proxy of ours stands in between.
//!
//! Anybody can write an `X-Forwarded-For`. It is believed only from addresses that the administrator named, and read from
//! the right: what a proxy of ours appended is true, what stood before it may be the caller's invention. Without any of
//! it, all people behind the proxy would share one counter against guessing.

use axum::http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// Most addresses that are read of one request: nobody has so many proxies.
const MOST: usize = 16;

/// A network that is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no address or network; write 10.0.0.7 or 10.0.0.0/8")]
pub struct NetworkError(String);

/// Networks from what an administrator wrote: `10.0.0.0/8`, or one address.
///
/// # Errors
///
/// [`NetworkError`] naming the first that is neither.
pub fn networks(written: &[String]) -> Result<Vec<IpNet>, NetworkError> {
    let read = |text: &String| {
        let address = || text.parse::<IpAddr>().map(IpNet::from);
        text.parse::<IpNet>().or_else(|_| address()).map_err(|_| NetworkError(text.clone()))
    };
    written.iter().map(read).collect()
}

/// The nearest address on the way from `peer` that is not one of ours.
pub fn caller(peer: IpAddr, headers: &HeaderMap, ours: &[IpNet]) -> IpAddr {
    let is_ours = |address: &IpAddr| ours.iter().any(|network| network.contains(address));
    let mut nearest = peer.to_canonical();
    if !is_ours(&nearest) {
        return nearest;
    }
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let hops = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(',')).take(MOST);
    for hop in hops {
        // What cannot be read was not written by a proxy of ours: what it said up to here counts.
        let Some(address) = address(hop.trim()) else { break };
        nearest = address;
        if !is_ours(&address) {
            break;
        }
    }
    nearest
}

/// An address as proxies write it: bare, with a port, or in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let read = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|it| it.ip()));
    read.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&str], ours: &[&str]) -> String {
        let ours = networks(&ours.iter().map(|&it| it.to_owned()).collect::<Vec<_>>()).unwrap();
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        caller(peer.parse().unwrap(), &headers, &ours).to_string()
    }

    #[test]
    fn a_forwarded_address_is_believed_from_a_proxy_of_ours_alone() {
        let ours = ["10.0.0.0/8", "fd00::1"];
        for (peer, forwarded, want) in [
            // A stranger who writes the header is still themselves.
            ("203.0.113.9", &["198.51.100.1"][..], "203.0.113.9"),
            ("10.0.0.7", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.7", &["198.51.100.1"], "198.51.100.1"),
            // What stood in the header before our proxy appended is the caller's invention.
            ("10.0.0.7", &["127.0.0.1, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.7", &["127.0.0.1", "198.51.100.1, 10.1.1.1"], "198.51.100.1"),
            ("fd00::1", &["[2001:db8::5]:443"], "2001:db8::5"),
            ("10.0.0.7", &["198.51.100.1:1234"], "198.51.100.1"),
            // Nothing to read: our proxy itself.
            ("10.0.0.7", &[], "10.0.0.7"),
            ("10.0.0.7", &["198.51.100.1, unknown"], "10.0.0.7"),
            ("10.0.0.7", &["10.0.0.8"], "10.0.0.8"),
        ] {
            assert_eq!(seen(peer, forwarded, &ours), want, "{peer} {forwarded:?}");
        }
        assert_eq!(seen("10.0.0.7", &["198.51.100.1"], &[]), "10.0.0.7", "none of ours, none believed");
    }

    #[test]
    fn a_long_header_is_not_read_to_its_end() {
        let line = vec!["10.0.0.9"; 10_000].join(",");
        assert_eq!(seen("10.0.0.7", &[&line], &["10.0.0.0/8"]), "10.0.0.9");
    }

    #[test]
    fn what_is_no_network_is_named() {
        let written = ["10.0.0.0/8".to_owned(), "proxy.example".to_owned()];
        assert_eq!(networks(&written).unwrap_err(), NetworkError("proxy.example".to_owned()));
    }
}
