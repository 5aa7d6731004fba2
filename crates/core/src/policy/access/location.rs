//! Named locations: networks and countries that policies speak of (Graph `ipNamedLocation`, `countryNamedLocation`).

use super::facts::{Fact, Network, Truth};
use ipnet::IpNet;
use passband_wire::id::LocationId;
use std::net::IpAddr;

/// A country by its two letters (ISO 3166-1 alpha-2), upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// The country of two letters, in any case.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Some(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => None,
        }
    }

    /// Its two letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Debug for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// What a named location is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `ipNamedLocation`
    Networks {
        /// `ipRanges`
        ranges: Vec<IpNet>,
        /// `isTrusted`: whether a policy for `AllTrusted` means it.
        trusted: bool,
    },
    /// `countryNamedLocation`, by the address of the request.
    Countries {
        /// `countriesAndRegions`
        countries: Vec<Country>,
        /// `includeUnknownCountriesAndRegions`
        include_unknown: bool,
    },
}

/// A named location (Graph `namedLocation`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedLocation {
    /// Graph `id`.
    pub id: LocationId,
    /// Graph `displayName`.
    pub name: String,
    /// What it is made of.
    pub place: Place,
}

/// A named location as it is asked: networks as sorted ranges, found by halving.
#[derive(Clone, Debug)]
pub(super) enum Area {
    Networks { v4: Ranges<u32>, v6: Ranges<u128>, trusted: bool },
    Countries { countries: Vec<Country>, include_unknown: bool },
}

impl Area {
    pub(super) fn of(place: &Place) -> Self {
        match place {
            Place::Networks { ranges, trusted } => {
                let (mut v4, mut v6) = (Vec::new(), Vec::new());
                for range in ranges {
                    match range {
                        IpNet::V4(net) => v4.push((net.network().to_bits(), net.broadcast().to_bits())),
                        IpNet::V6(net) => v6.push((net.network().to_bits(), net.broadcast().to_bits())),
                    }
                }
                Self::Networks { v4: Ranges::of(v4), v6: Ranges::of(v6), trusted: *trusted }
            }
            Place::Countries { countries, include_unknown } => {
                let mut countries = countries.clone();
                countries.sort_unstable();
                Self::Countries { countries, include_unknown: *include_unknown }
            }
        }
    }

    pub(super) const fn is_trusted(&self) -> bool {
        matches!(self, Self::Networks { trusted: true, .. })
    }

    pub(super) fn holds(&self, network: &Network) -> Truth {
        match self {
            // An IPv4 address in IPv6 clothes would slip past every IPv4 network otherwise.
            Self::Networks { v4, v6, .. } => network.ip.ask(|ip| match ip.to_canonical() {
                IpAddr::V4(ip) => v4.hold(ip.to_bits()),
                IpAddr::V6(ip) => v6.hold(ip.to_bits()),
            }),
            Self::Countries { countries, include_unknown } => match network.country {
                Fact::Known(Some(country)) => Truth::of(countries.binary_search(&country).is_ok()),
                Fact::Known(None) => Truth::of(*include_unknown),
                Fact::Unknown => Truth::Unknown,
            },
        }
    }
}

/// Ranges of numbers, both ends included, sorted and apart from each other.
#[derive(Clone, Debug)]
pub(super) struct Ranges<T>(Vec<(T, T)>);

impl<T: Copy + Ord> Ranges<T> {
    fn of(mut ranges: Vec<(T, T)>) -> Self {
        ranges.sort_unstable();
        let mut apart: Vec<(T, T)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match apart.last_mut() {
                Some(before) if first <= before.1 => before.1 = before.1.max(last),
                _ => apart.push((first, last)),
            }
        }
        Self(apart)
    }

    fn hold(&self, it: T) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= it);
        after > 0 && self.0[after - 1].1 >= it
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(ranges: &[&str]) -> Area {
        let ranges = ranges.iter().map(|it| it.parse().unwrap()).collect();
        Area::of(&Place::Networks { ranges, trusted: false })
    }

    fn from(ip: &str) -> Network {
        Network { ip: Fact::Known(ip.parse().unwrap()), country: Fact::Unknown }
    }

    #[test]
    fn an_address_is_in_a_network_up_to_its_ends() {
        // Overlapping, inside one another, side by side, and with host bits set.
        let area =
            networks(&["10.1.2.3/8", "10.9.0.0/16", "192.0.2.0/25", "192.0.2.128/25", "2001:db8::/32"]);
        for inside in ["10.0.0.0", "10.255.255.255", "192.0.2.0", "192.0.2.255", "2001:db8:ffff::1"] {
            assert_eq!(area.holds(&from(inside)), Truth::Yes, "{inside}");
        }
        for outside in ["9.255.255.255", "11.0.0.0", "192.0.1.255", "192.0.3.0", "2001:db9::", "::a00:1"] {
            assert_eq!(area.holds(&from(outside)), Truth::No, "{outside}");
        }
        assert_eq!(area.holds(&from("::ffff:10.0.0.1")), Truth::Yes, "an IPv4 address in IPv6 clothes");
        assert_eq!(area.holds(&Network::default()), Truth::Unknown);
        assert_eq!(networks(&["0.0.0.0/0"]).holds(&from("::1")), Truth::No, "all of IPv4 is not IPv6");
        assert_eq!(networks(&[]).holds(&from("10.0.0.1")), Truth::No);
    }

    #[test]
    fn a_country_is_asked_of_the_address() {
        let ch = Country::from_code("ch").unwrap();
        assert_eq!(ch.code(), "CH");
        assert!(Country::from_code("CHE").is_none() && Country::from_code("C1").is_none());
        for (include_unknown, nowhere) in [(true, Truth::Yes), (false, Truth::No)] {
            let area = Area::of(&Place::Countries { countries: vec![ch], include_unknown });
            let at = |country| area.holds(&Network { ip: Fact::Unknown, country });
            assert_eq!(at(Fact::Known(Some(ch))), Truth::Yes);
            assert_eq!(at(Fact::Known(Country::from_code("DE"))), Truth::No);
            assert_eq!(at(Fact::Known(None)), nowhere);
            assert_eq!(at(Fact::Unknown), Truth::Unknown);
        }
    }
}
