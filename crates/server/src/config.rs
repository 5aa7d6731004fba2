//! What an administrator chooses: a file, overruled by the command line.

use crate::proxy::{self, NetworkError};
use crate::related::{self, RelatedError};
use ipnet::IpNet;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// How the server is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Plain HTTP: right on `localhost`, or behind a proxy that ends TLS.
    #[default]
    Off,
    /// A private CA in the data folder, made at first start, and at each start a certificate by it.
    Dev {
        /// Names and addresses in the certificate, beside those of the public URL and of this machine.
        names: Vec<String>,
    },
    /// PEM files.
    Files {
        /// Chain, the server's first.
        cert: PathBuf,
        /// Private key.
        key: PathBuf,
    },
}

/// Further names a certificate of `--tls-dev` may have.
const MOST_NAMES: usize = 100;

/// The configuration in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Folder of the master key and, by default, the database.
    pub data: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// How people and apps reach it; the issuer. No trailing slash.
    pub public_url: String,
    /// Database URL.
    pub database: String,
    /// TLS.
    pub tls: Tls,
    /// Where to fetch the FIDO metadata from, if they are to be fetched.
    pub metadata_url: Option<String>,
    /// Further origins whose pages may use the passkeys of this server (WebAuthn L3 §5.11), beside the public URL.
    pub related_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The file that says which network is of which country.
    pub countries: Option<PathBuf>,
    /// Where to listen for `/metrics` alone, plain; without it, it is for this machine.
    pub metrics_listen: Option<SocketAddr>,
}

/// The file of `--config`, TOML; each member is a command-line option of the same name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct File {
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--listen`
    pub listen: Option<SocketAddr>,
    /// `--public-url`
    pub public_url: Option<String>,
    /// `--database`
    pub database: Option<String>,
    /// `--metadata-url`
    pub metadata_url: Option<String>,
    /// `--tls-cert`
    pub tls_cert: Option<PathBuf>,
    /// `--tls-key`
    pub tls_key: Option<PathBuf>,
    /// `--tls-dev`
    #[serde(default)]
    pub tls_dev: bool,
    /// `--tls-dev-name`
    #[serde(default, alias = "tls_dev_name")]
    pub tls_dev_name: Vec<String>,
    /// `--related-origins`
    #[serde(default, alias = "related_origins")]
    pub related_origins: Vec<String>,
    /// `--trusted-proxies`
    #[serde(default, alias = "trusted_proxies")]
    pub trusted_proxies: Vec<String>,
    /// `--countries`
    pub countries: Option<PathBuf>,
    /// `--metrics-listen`
    pub metrics_listen: Option<SocketAddr>,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {0}: {1}; check the path given to --config")]
    Read(PathBuf, std::io::Error),
    /// The file is not what it should be.
    #[error("{0}: {1}")]
    Parse(PathBuf, Box<toml::de::Error>),
    /// The metadata cannot be fetched from there.
    #[error("the metadata URL must be https://, or http://localhost for this machine alone; it is {0}")]
    MetadataUrl(String),
    /// TLS options contradict each other.
    #[error("give --tls-cert and --tls-key together, or --tls-dev alone")]
    Tls,
    /// A name for the certificate of `--tls-dev` is none, or there are too many, or there is no such certificate.
    #[error(
        "--tls-dev-name takes host names and addresses, such as idp.example.test or 192.0.2.7, {MOST_NAMES} at most, and goes with --tls-dev: {0}"
    )]
    TlsDevName(String),
    /// The public URL cannot serve as an issuer.
    #[error(
        "the public URL must be https://host[:port], or http://localhost[:port] for this machine alone, with nothing after it; it is {0}"
    )]
    PublicUrl(String),
    /// A related origin is no origin, or there are too many.
    #[error(transparent)]
    RelatedOrigins(#[from] RelatedError),
    /// A proxy that is no address or network.
    #[error("--trusted-proxies: {0}")]
    TrustedProxies(#[from] NetworkError),
}

impl File {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] naming the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| ConfigError::Read(path.to_owned(), error))?;
        toml::from_str(&text).map_err(|error| ConfigError::Parse(path.to_owned(), Box::new(error)))
    }

    /// These choices where they are made, otherwise `other`'s.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let tls_here = self.tls_dev || self.tls_cert.is_some() || self.tls_key.is_some();
        let tls = if tls_here { &self } else { &other };
        Self {
            tls_cert: tls.tls_cert.clone(),
            tls_key: tls.tls_key.clone(),
            tls_dev: tls.tls_dev,
            tls_dev_name: either(self.tls_dev_name, other.tls_dev_name),
            data: self.data.or(other.data),
            listen: self.listen.or(other.listen),
            public_url: self.public_url.or(other.public_url),
            database: self.database.or(other.database),
            metadata_url: self.metadata_url.or(other.metadata_url),
            related_origins: either(self.related_origins, other.related_origins),
            trusted_proxies: either(self.trusted_proxies, other.trusted_proxies),
            countries: self.countries.or(other.countries),
            metrics_listen: self.metrics_listen.or(other.metrics_listen),
        }
    }

    /// The configuration these choices make, with the defaults of the contract.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if they cannot be used.
    pub fn finish(self) -> Result<Config, ConfigError> {
        if let (false, Some(name)) = (self.tls_dev, self.tls_dev_name.first()) {
            return Err(ConfigError::TlsDevName(format!("{name} is given without it")));
        }
        let tls = match (self.tls_cert, self.tls_key, self.tls_dev) {
            (None, None, false) => Tls::Off,
            (None, None, true) => Tls::Dev { names: dev_names(self.tls_dev_name)? },
            (Some(cert), Some(key), false) => Tls::Files { cert, key },
            _ => return Err(ConfigError::Tls),
        };
        let data = self.data.unwrap_or_else(|| PathBuf::from("passband-data"));
        let listen = self.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8480)));
        let scheme = if tls == Tls::Off { "http" } else { "https" };
        let public_url = self.public_url.unwrap_or_else(|| format!("{scheme}://localhost:{}", listen.port()));
        let public_url = public_url.strip_suffix('/').unwrap_or(&public_url).to_owned();
        if host_of(&public_url).is_none() {
            return Err(ConfigError::PublicUrl(public_url));
        }
        let database =
            self.database.unwrap_or_else(|| format!("sqlite://{}", data.join("passband.sqlite").display()));
        if let Some(url) = self.metadata_url.as_ref().filter(|url| !is_fetchable(url)) {
            return Err(ConfigError::MetadataUrl(url.clone()));
        }
        let related_origins = related::checked(&public_url, self.related_origins)?;
        let trusted_proxies = proxy::networks(&self.trusted_proxies)?;
        Ok(Config {
            data,
            listen,
            public_url,
            database,
            tls,
            metadata_url: self.metadata_url,
            related_origins,
            trusted_proxies,
            countries: self.countries,
            metrics_listen: self.metrics_listen,
        })
    }
}

/// The first list, unless nothing was chosen there.
fn either(first: Vec<String>, second: Vec<String>) -> Vec<String> {
    if first.is_empty() { second } else { first }
}

/// The names as a certificate has them: in lower case, each once, in the order given.
fn dev_names(names: Vec<String>) -> Result<Vec<String>, ConfigError> {
    let mut kept: Vec<String> = Vec::new();
    for name in names {
        let name = name.to_ascii_lowercase();
        if !is_host(&name) && name.parse::<std::net::IpAddr>().is_err() {
            return Err(ConfigError::TlsDevName(format!("{name:?} is neither")));
        }
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    match kept.len() {
        count if count > MOST_NAMES => Err(ConfigError::TlsDevName(format!("there are {count}"))),
        _ => Ok(kept),
    }
}

/// Whether this is a host name (RFC 1123 §2.1): labels of letters, digits and inner hyphens. A wildcard is none: it would
/// vouch for hosts nobody named.
fn is_host(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

/// Whether something may be fetched from there: over TLS, or from this machine.
fn is_fetchable(url: &str) -> bool {
    let authority = |rest: &str| rest.split('/').next().unwrap_or_default().to_owned();
    let plain = !url.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@');
    plain
        && match url.split_once("://") {
            Some(("https", rest)) => !authority(rest).is_empty(),
            Some(("http", rest)) => {
                let authority = authority(rest);
                authority.split(':').next().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1"))
            }
            _ => false,
        }
}

/// The host of a public URL: the RP ID. `None` if the URL cannot be one.
///
/// Passkeys work in secure contexts alone: https, or http on `localhost` (Secure Contexts §3.1).
#[must_use]
pub fn host_of(public_url: &str) -> Option<&str> {
    let (scheme, authority) = public_url.split_once("://")?;
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let host_ok = !host.is_empty()
        && host.len() <= 253
        && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'))
        && host.parse::<std::net::Ipv4Addr>().is_err();
    let port_ok = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|n| n > 0 && n.to_string() == port));
    let secure = scheme == "https" || (scheme == "http" && host == "localhost");
    (host_ok && port_ok && secure).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_contract() {
        let config = File::default().finish().unwrap();
        assert_eq!(config.data, PathBuf::from("passband-data"));
        assert_eq!(config.listen.to_string(), "127.0.0.1:8480");
        assert_eq!(config.public_url, "http://localhost:8480");
        assert_eq!(config.database, "sqlite://passband-data/passband.sqlite");
    }

    #[test]
    fn the_command_line_overrules_the_file() {
        let file: File = toml::from_str("listen = \"127.0.0.1:1\"\ntls-dev = true").unwrap();
        let line = File { listen: Some(SocketAddr::from(([127, 0, 0, 1], 2))), ..File::default() };
        let config = line.or(file).finish().unwrap();
        assert_eq!((config.listen.port(), config.tls), (2, Tls::Dev { names: Vec::new() }));
        assert_eq!(config.public_url, "https://localhost:2");
        assert!(toml::from_str::<File>("lisen = \"127.0.0.1:1\"").is_err());
    }

    #[test]
    fn further_names_are_hosts_and_go_with_the_certificate_they_are_for() {
        let named = |names: &[&str], tls_dev| {
            let tls_dev_name = names.iter().map(|&name| name.to_owned()).collect();
            File { tls_dev_name, tls_dev, ..File::default() }.finish()
        };
        let good = ["login.microsoftonline.com", "IDP.Example.test", "idp.example.test", "127.0.0.2", "::1"];
        let Tls::Dev { names } = named(&good, true).unwrap().tls else { panic!("TLS") };
        assert_eq!(names, ["login.microsoftonline.com", "idp.example.test", "127.0.0.2", "::1"]);
        let long = "a".repeat(64);
        for bad in
            ["", "*.example.test", "a b", "https://a.test", "a..test", "-a.test", "a.test:1", "ä.test", &long]
        {
            assert!(matches!(named(&[bad], true), Err(ConfigError::TlsDevName(_))), "{bad}");
        }
        assert!(matches!(named(&["a.test"], false), Err(ConfigError::TlsDevName(_))));
        let many: Vec<_> = (0..=MOST_NAMES).map(|n| format!("h{n}.test")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert!(matches!(named(&many, true), Err(ConfigError::TlsDevName(_))));
        assert!(named(&many[1..], true).is_ok());
        let file: File = toml::from_str("tls-dev = true\ntls-dev-name = [\"a.test\", \"b.test\"]").unwrap();
        assert_eq!(
            file.finish().unwrap().tls,
            Tls::Dev { names: vec!["a.test".to_owned(), "b.test".to_owned()] }
        );
    }

    #[test]
    fn only_origins_where_passkeys_work_are_public_urls() {
        for good in ["https://id.example.org", "https://id.example.org:8443", "http://localhost:8480"] {
            assert!(host_of(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "localhost",
            "http://id.example.org",
            "https://",
            "https://id.example.org/x",
            "https://u@id.example.org",
            "https://127.0.0.1",
            "ftp://id.example.org",
            "https://ID.example.org",
            "https://a:b",
            "https://a:0",
            "https://a:080",
        ] {
            assert_eq!(host_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn metadata_are_fetched_over_tls_or_from_this_machine() {
        for good in ["https://mds3.fidoalliance.org/", "http://localhost:9/x", "http://127.0.0.1/blob.jwt"] {
            let file = File { metadata_url: Some(good.to_owned()), ..File::default() };
            assert_eq!(file.finish().unwrap().metadata_url.as_deref(), Some(good));
        }
        for bad in
            ["", "https://", "http://example.org/", "http://localhost@example.org/", "file:///etc", "ftp://x"]
        {
            let file = File { metadata_url: Some(bad.to_owned()), ..File::default() };
            assert!(matches!(file.finish(), Err(ConfigError::MetadataUrl(_))), "{bad}");
        }
    }
}
