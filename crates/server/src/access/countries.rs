//! Which country an address is of: by a file that an administrator supplies, for no one else knows their networks.
//!
//! Read at the start, and again when the process is told to (SIGHUP): such files come anew each month.
//!
//! One network a line, `CIDR,COUNTRY` (ISO 3166-1 alpha-2); empty lines and lines that begin with `#` do not count.

use ipnet::IpNet;
use passband_core::policy::access::facts::Fact;
use passband_core::policy::access::location::Country;
use std::io::Read as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// The largest file that is read, in bytes: twice what a list of all networks of the world takes.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// Networks from a first to a last address, in order, none of them within another.
type Ranges<T> = Vec<(T, T, Country)>;

/// The networks of countries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Countries {
    v4: Ranges<u32>,
    v6: Ranges<u128>,
}

/// The networks in force, if an administrator has supplied a file; replaced whole when it is read again.
#[derive(Debug)]
pub struct InForce {
    path: Option<PathBuf>,
    kept: RwLock<Option<Arc<Countries>>>,
}

impl InForce {
    /// Reads the file, if there is one.
    ///
    /// # Errors
    ///
    /// [`CountriesError`].
    pub fn open(path: Option<PathBuf>) -> Result<Self, CountriesError> {
        let kept = path.as_deref().map(Countries::read).transpose()?.map(Arc::new);
        Ok(Self { path, kept: RwLock::new(kept) })
    }

    /// Reads the file again, and says so in the log. A file that cannot be used changes nothing: with none at all, every
    /// policy about countries would take everybody's for unknown. Takes as long as the disk; not for a thread that serves.
    ///
    /// # Errors
    ///
    /// [`CountriesError`]; then what was read before stays in force.
    pub fn read_again(&self) -> Result<(), CountriesError> {
        let Some(path) = &self.path else { return Ok(()) };
        match Countries::read(path) {
            Ok(read) => {
                tracing::info!(path = %path.display(), networks = read.len(), "the file of countries was read again");
                *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(read));
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "the file of countries cannot be used; the one read before stays in force");
                Err(error)
            }
        }
    }

    /// The country of an address; unknown without a file.
    #[must_use]
    pub fn of(&self, address: IpAddr) -> Fact<Option<Country>> {
        // A writer only swaps the pointer, so a poisoned lock still holds a whole list.
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner).clone();
        kept.map_or(Fact::Unknown, |countries| Fact::Known(countries.of(address)))
    }
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CountriesError {
    /// It cannot be read.
    #[error("cannot read {0}: {1}; check the path given to --countries")]
    Read(PathBuf, std::io::Error),
    /// It is too large, or not text.
    #[error("{0} is larger than 64 MiB")]
    TooLarge(PathBuf),
    /// A line is not what it should be.
    #[error("{0}, line {1}: expected a network and a country, like 192.0.2.0/24,DE")]
    Line(PathBuf, usize),
    /// Two lines speak of the same addresses.
    #[error("{0}: {1} and another network overlap, so it is not clear which country counts")]
    Overlap(PathBuf, String),
}

impl Countries {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`CountriesError`] naming the file, the line and what was expected: a file that is half wrong counts as wrong,
    /// or a policy would take some networks for unknown and nobody would know which.
    pub fn read(path: &Path) -> Result<Self, CountriesError> {
        let failed = |error| CountriesError::Read(path.to_owned(), error);
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).map_err(failed)?;
        file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(CountriesError::TooLarge(path.to_owned()));
        }
        Self::parse(&String::from_utf8_lossy(&bytes), path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, CountriesError> {
        let mut countries = Self::default();
        for (n, line) in (1..).zip(text.lines()) {
            let line = line.trim().trim_start_matches('\u{feff}');
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let read = || {
                let (network, country) = line.split_once(',')?;
                let network: IpNet = network.trim().trim_matches('"').parse().ok()?;
                Some((network.trunc(), Country::from_code(country.trim().trim_matches('"'))?))
            };
            let (network, country) = read().ok_or_else(|| CountriesError::Line(path.to_owned(), n))?;
            match network {
                IpNet::V4(net) => {
                    countries.v4.push((net.network().into(), net.broadcast().into(), country));
                }
                IpNet::V6(net) => {
                    countries.v6.push((net.network().into(), net.broadcast().into(), country));
                }
            }
        }
        let overlap = |address: IpAddr| CountriesError::Overlap(path.to_owned(), address.to_string());
        settle(&mut countries.v4).map_err(|at| overlap(IpAddr::V4(at.into())))?;
        settle(&mut countries.v6).map_err(|at| overlap(IpAddr::V6(at.into())))?;
        Ok(countries)
    }

    fn len(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// The country of an address, if a line names its network.
    #[must_use]
    pub fn of(&self, address: IpAddr) -> Option<Country> {
        match address.to_canonical() {
            IpAddr::V4(address) => find(&self.v4, address.into()),
            IpAddr::V6(address) => find(&self.v6, address.into()),
        }
    }
}

/// Puts networks in order.
///
/// # Errors
///
/// The first address of one that begins before the one in front of it has ended.
fn settle<T: Ord + Copy>(ranges: &mut Ranges<T>) -> Result<(), T> {
    ranges.sort_unstable_by_key(|(first, last, _)| (*first, *last));
    let overlap = ranges.windows(2).find(|pair| pair[1].0 <= pair[0].1);
    overlap.map_or(Ok(()), |pair| Err(pair[1].0))
}

fn find<T: Ord + Copy>(ranges: &Ranges<T>, address: T) -> Option<Country> {
    let after = ranges.partition_point(|(first, ..)| *first <= address);
    let (_, last, country) = ranges.get(after.checked_sub(1)?)?;
    (address <= *last).then_some(*country)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Countries, CountriesError> {
        Countries::parse(text, Path::new("countries.csv"))
    }

    #[test]
    fn an_address_is_of_the_country_whose_network_has_it() {
        let text =
            "\u{feff}# ours\n192.0.2.0/25,DE\n\n192.0.2.128/25, \"fr\"\r\n2001:db8::/32,US\n0.0.0.0/8,JP\n";
        let countries = parse(text).unwrap();
        for (address, country) in [
            ("192.0.2.0", Some("DE")),
            ("192.0.2.127", Some("DE")),
            ("192.0.2.128", Some("FR")),
            ("::ffff:192.0.2.255", Some("FR")),
            ("192.0.3.0", None),
            ("192.0.1.255", None),
            ("0.0.0.0", Some("JP")),
            ("2001:db8:ffff::1", Some("US")),
            ("2001:db9::", None),
        ] {
            let found = countries.of(address.parse().unwrap());
            assert_eq!(found.as_ref().map(Country::code), country, "{address}");
        }
        assert_eq!(Countries::default().of(IpAddr::from([127, 0, 0, 1])), None);
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        for bad in
            ["192.0.2.0/24", "192.0.2.0/24,DEU", "192.0.2.0/24,D1", "host,DE", "192.0.2.0/33,DE", ",DE"]
        {
            let text = format!("198.51.100.0/24,DE\n{bad}\n");
            assert!(matches!(parse(&text), Err(CountriesError::Line(_, 2))), "{bad}");
        }
        let twice = parse("192.0.2.0/24,DE\n192.0.2.128/25,FR\n");
        assert!(matches!(twice, Err(CountriesError::Overlap(_, at)) if at == "192.0.2.128"));
    }
}
