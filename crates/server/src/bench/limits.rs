//! What this machine can do at most: signatures, and writes that are on disk when they are answered.

use super::bare::Bare;
use super::{CLIENT, RESOURCE};
use crate::app::App;
use aws_lc_rs::rand::SystemRandom as Generator;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    ParsedPublicKey,
};
use passband_core::change::Change;
use passband_core::rng::SystemRandom;
use passband_store::CommitError;
use passband_wire::jose::rsa::SoftRsa;
use passband_wire::prt::message::PrtUseClaims;
use passband_wire::prt::signed;
use serde::Serialize;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Times a second, each.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// ES256 signatures.
    pub es256_sign: f64,
    /// ES256 verifications.
    pub es256_verify: f64,
    /// RS256 verifications, 2048 bits.
    pub rs256_verify: f64,
    /// PRT exchanges without HTTP and store.
    pub exchange_cryptography: f64,
    /// 512 bytes appended to a file and synced to the disk.
    pub append_and_sync: f64,
    /// Commits of one row through the store, each alone.
    pub commit: f64,
    /// Commits of one row through the store, 64 under way at a time.
    pub commit_grouped: f64,
}

/// What went wrong while measuring.
#[derive(Debug, thiserror::Error)]
pub enum LimitsError {
    /// A library refused what it must do.
    #[error("the machine cannot {0}")]
    Crypto(&'static str),
    /// The file of the sync test.
    #[error("cannot write to the data folder: {0}")]
    File(#[from] std::io::Error),
    /// The store.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// Measures on the core this thread runs on, `span` for each figure. The store's threads must run there too.
///
/// # Errors
///
/// [`LimitsError`].
pub async fn measure(app: &App, folder: &Path, span: Duration) -> Result<Limits, LimitsError> {
    let mut limits = Limits::default();
    (limits.es256_sign, limits.es256_verify) = es256(span)?;
    limits.rs256_verify = rs256(span)?;
    limits.exchange_cryptography = exchange(span)?;
    limits.append_and_sync = append(folder, span)?;
    limits.commit = commits(app, 1, span).await?;
    limits.commit_grouped = commits(app, 64, span).await?;
    Ok(limits)
}

/// How often a second `once` can be done.
fn rate<E>(span: Duration, mut once: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
    let start = Instant::now();
    let mut times = 0_u32;
    loop {
        once()?;
        times += 1;
        let taken = start.elapsed();
        if taken >= span {
            return Ok(f64::from(times) / taken.as_secs_f64());
        }
    }
}

fn es256(span: Duration) -> Result<(f64, f64), LimitsError> {
    let fail = |_| LimitsError::Crypto("sign with ES256");
    let rng = Generator::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &rng).map_err(fail)?;
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref())
        .map_err(|_| LimitsError::Crypto("sign with ES256"))?;
    let message = [7; 512];
    let sign = rate(span, || key.sign(&rng, &message).map(drop).map_err(fail))?;
    let made = key.sign(&rng, &message).map_err(fail)?;
    let public = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public_key().as_ref())
        .map_err(|_| LimitsError::Crypto("verify ES256"))?;
    let verify = rate(span, || {
        public.verify_sig(&message, made.as_ref()).map_err(|_| LimitsError::Crypto("verify ES256"))
    })?;
    Ok((sign, verify))
}

fn rs256(span: Duration) -> Result<f64, LimitsError> {
    let fail = || LimitsError::Crypto("use RS256");
    let key = SoftRsa::generate().map_err(|_| fail())?;
    let message = [7; 512];
    let made = key.sign(&message).map_err(|_| fail())?;
    let spki = key.public_spki().map_err(|_| fail())?;
    let public = ParsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, &spki).map_err(|_| fail())?;
    rate(span, || public.verify_sig(&message, &made).map_err(|_| fail()))
}

fn exchange(span: Duration) -> Result<f64, LimitsError> {
    let fail = || LimitsError::Crypto("exchange a PRT");
    let bare = Bare::new().ok_or_else(fail)?;
    let (prt, key) = bare.prt().ok_or_else(fail)?;
    let claims = PrtUseClaims {
        refresh_token: prt,
        grant_type: "refresh_token".to_owned(),
        client_id: CLIENT.to_string(),
        scope: String::new(),
        resource: Some(RESOURCE.to_owned()),
        request_nonce: Some("0123456789012345678901234567890123456789012345678901".to_owned()),
    };
    let request = signed::sign(&key, &claims, &SystemRandom).map_err(|_| fail())?;
    rate(span, || bare.exchange(&request).map(drop).ok_or_else(fail))
}

fn append(folder: &Path, span: Duration) -> Result<f64, LimitsError> {
    let path = folder.join("append.bench");
    let mut file = File::create(&path)?;
    let done = rate(span, || {
        file.write_all(&[7; 512])?;
        file.sync_data()
    });
    std::fs::remove_file(&path)?;
    Ok(done?)
}

async fn commits(app: &App, at_once: usize, span: Duration) -> Result<f64, LimitsError> {
    let start = Instant::now();
    let mut times = 0_u32;
    loop {
        let mut under_way = Vec::with_capacity(at_once);
        for _ in 0..at_once {
            let id = passband_core::rng::bytes(app.rng());
            under_way.push(Box::pin(app.commit(vec![Change::Spend { id, until: app.now() }])));
        }
        // Polled together: all are queued before the first is answered.
        std::future::poll_fn(|cx| {
            let mut failed = None;
            under_way.retain_mut(|commit| match commit.as_mut().poll(cx) {
                std::task::Poll::Pending => true,
                std::task::Poll::Ready(done) => {
                    times += 1;
                    failed = failed.take().or(done.err());
                    false
                }
            });
            match failed {
                Some(error) => std::task::Poll::Ready(Err(error)),
                None if under_way.is_empty() => std::task::Poll::Ready(Ok(())),
                None => std::task::Poll::Pending,
            }
        })
        .await?;
        let taken = start.elapsed();
        if taken >= span {
            return Ok(f64::from(times) / taken.as_secs_f64());
        }
    }
}
