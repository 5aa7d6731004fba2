//! TLS by rustls: an administrator's certificate, or a private CA for one machine.

use crate::boot::write_new_secret;
use crate::config::{Config, Tls, host_of};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file.
    #[error("cannot use {0}: {1}; it must be a PEM file this user can read")]
    File(PathBuf, String),
    /// Certificate and key do not go together, or are not accepted.
    #[error("the certificate and key are not accepted: {0}")]
    Config(#[from] rustls::Error),
    /// The development CA could not be made.
    #[error("the development CA could not be made: {0}")]
    Dev(#[from] rcgen::Error),
}

/// The TLS configuration, if the installation ends TLS itself.
///
/// # Errors
///
/// [`TlsError`] says which file and what to do.
pub fn server_config(config: &Config) -> Result<Option<Arc<ServerConfig>>, TlsError> {
    let (cert, key) = match &config.tls {
        Tls::Off => return Ok(None),
        Tls::Files { cert, key } => (cert.clone(), key.clone()),
        Tls::Dev { names } => {
            dev_certificate(&config.data, host_of(&config.public_url).unwrap_or("localhost"), names)?
        }
    };
    let file_error = |path: &Path| {
        let path = path.to_owned();
        move |error: rustls::pki_types::pem::Error| TlsError::File(path, error.to_string())
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(&cert)
        .map_err(file_error(&cert))?
        .collect::<Result<_, _>>()
        .map_err(file_error(&cert))?;
    let private = PrivateKeyDer::from_pem_file(&key).map_err(file_error(&key))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, private)?;
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(Arc::new(tls)))
}

/// Files of the development CA in the data folder; the CA is made once, so that it has to be trusted once. The server's
/// certificate is made at each start, for the names that are asked for then.
fn dev_certificate(data: &Path, host: &str, names: &[String]) -> Result<(PathBuf, PathBuf), TlsError> {
    let path = |name: &str| data.join(name);
    let (ca_cert, ca_key) = (path("tls-dev-ca.pem"), path("tls-dev-ca.key"));
    let (cert, key) = (path("tls-dev.pem"), path("tls-dev.key"));
    let write = |path: &Path, text: &str| {
        let _ = std::fs::remove_file(path);
        write_new_secret(path, text.as_bytes())
            .map_err(|error| TlsError::File(path.to_owned(), error.to_string()))
    };
    if !ca_cert.exists() || !ca_key.exists() {
        let pair = KeyPair::generate()?;
        write(&ca_cert, &ca_params().self_signed(&pair)?.pem())?;
        write(&ca_key, &pair.serialize_pem())?;
    }
    let pem = std::fs::read_to_string(&ca_key)
        .map_err(|error| TlsError::File(ca_key.clone(), error.to_string()))?;
    let issuer = Issuer::new(ca_params(), KeyPair::from_pem(&pem)?);
    let pair = KeyPair::generate()?;
    let mut all = vec![host.to_owned(), "localhost".to_owned(), "127.0.0.1".to_owned()];
    all.extend(names.iter().cloned());
    let mut params = CertificateParams::new(all)?;
    params.distinguished_name.push(DnType::CommonName, host);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    write(&cert, &params.signed_by(&pair, &issuer)?.pem())?;
    write(&key, &pair.serialize_pem())?;
    Ok((cert, key))
}

fn ca_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Passband development CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::RootCertStore;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier as _;
    use rustls::pki_types::{ServerName, UnixTime};

    /// Whether a client that trusts the CA takes the certificate for that of this host.
    fn is_for(data: &Path, host: &'static str) -> bool {
        let read = |name: &str| CertificateDer::from_pem_file(data.join(name)).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(read("tls-dev-ca.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        let host = ServerName::try_from(host).unwrap();
        verifier.verify_server_cert(&read("tls-dev.pem"), &[], &host, &[], UnixTime::now()).is_ok()
    }

    #[test]
    fn a_client_that_trusts_the_ca_takes_each_name_asked_for_at_this_start_and_no_other() {
        let data = std::env::temp_dir().join(format!("passband-tls-{}", std::process::id()));
        let data = data.as_path();
        std::fs::create_dir(data).unwrap();
        let make = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
            dev_certificate(data, "id.example.test", &names).unwrap();
        };
        make(&["login.example.test", "192.0.2.7"]);
        let ca = std::fs::read(data.join("tls-dev-ca.pem")).unwrap();
        for name in ["id.example.test", "localhost", "127.0.0.1", "login.example.test", "192.0.2.7"] {
            assert!(is_for(data, name), "{name}");
        }
        assert!(!is_for(data, "other.example.test"));
        make(&["other.example.test"]);
        assert!(is_for(data, "other.example.test"));
        assert!(!is_for(data, "login.example.test"), "what is no longer asked for is gone");
        assert_eq!(std::fs::read(data.join("tls-dev-ca.pem")).unwrap(), ca, "trusted once, trusted still");
        std::fs::remove_dir_all(data).unwrap();
    }
}
