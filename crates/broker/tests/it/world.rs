//! A provider that speaks the broker protocol as the specification has it, and a device that meets it.

use crate::fake::{Answer, Request};
use passband_broker::agent::{Agent, Surroundings};
use passband_broker::browser::BrowserError;
use passband_broker::http::ServerUrl;
use passband_broker::state::StateDir;
use passband_wire::b64;
use passband_wire::jose::ec::EcPublicKey;
use passband_wire::jose::ecdh::{Parties, seal_to};
use passband_wire::jose::jwe::{seal_reply, wrap_session_key};
use passband_wire::jose::jws::{Header, SigningKey, Unverified, Verified, VerifyingKey};
use passband_wire::jose::kdf::SessionKey;
use passband_wire::jose::rsa::{TransportKey, spki_from_bcrypt_blob};
use passband_wire::prt::NONCE_HEADER;
use passband_wire::prt::bound::Beside;
use passband_wire::prt::join::JoinRequest;
use passband_wire::prt::message::{PrtRequestClaims, PrtUseClaims};
use passband_wire::prt::signed::SessionSigned;
use passband_wire::prt::suite::Suite;
use passband_wire::rng::SystemRandom;
use passband_wire::time::Timestamp;
use rcgen::{
    CertificateParams, DnType, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData,
};
use serde_json::json;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use x509_cert::der::{Decode as _, Encode as _};

pub(crate) const DEVICE: &str = "b43a3ea9-7d5c-4a55-8b8b-66ea67bbe3a0";
pub(crate) const NOW: i64 = 1_795_348_800;

/// What the provider knows, and how it is told to misbehave.
#[derive(Default)]
pub(crate) struct Provider {
    url: String,
    device: Option<(Vec<u8>, Transport)>,
    session_key: Option<SessionKey>,
    nonces: u32,
    generation: u32,
    /// Certify another key than the one asked for.
    pub(crate) certify_other_key: bool,
    /// Answer uses of the PRT in plain JSON.
    pub(crate) answer_plain: bool,
    /// Encrypt answers for another request than the one that came.
    pub(crate) answer_another: bool,
    /// Refuse this many signed requests because of their nonce.
    pub(crate) refuse_nonces: u32,
    /// Refuse every signed request with this AADSTS code.
    pub(crate) refuse_with: Option<u32>,
}

impl Provider {
    pub(crate) fn at(url: String) -> Self {
        Self { url, ..Self::default() }
    }

    pub(crate) fn answer(&mut self, request: &Request) -> Answer {
        match request.target().as_str() {
            "GET /.well-known/openid-configuration" => Answer::json(&json!({
                "issuer": self.url,
                "authorization_endpoint": format!("{}/authorize", self.url),
                "token_endpoint": format!("{}/token", self.url),
            })),
            "POST /token" => Answer::json(&json!({
                "token_type": "Bearer", "expires_in": 900, "access_token": "at.drs", "refresh_token": "rt.1",
            })),
            "POST /common/oauth2/token" => {
                self.nonces += 1;
                Answer::json(&json!({ "Nonce": format!("challenge-{}", self.nonces) }))
            }
            "POST /EnrollmentServer/device/" => self.join(request),
            "POST /common/oauth2/v2.0/token" => self.signed(request),
            target if target == format!("DELETE /EnrollmentServer/device/{DEVICE}") => self.leave(request),
            _ => Answer(404, vec![], String::new()),
        }
    }

    fn join(&mut self, request: &Request) -> Answer {
        assert_eq!(request.headers["authorization"], "Bearer at.drs");
        let body: JoinRequest = serde_json::from_str(&request.body).unwrap();
        let csr = b64::decode_std(&body.certificate_request.data, 4096).unwrap();
        let csr = x509_cert::request::CertReq::from_der(&csr).unwrap();
        let spki = csr.info.public_key.to_der().unwrap();
        let bits = csr.info.public_key.subject_public_key.raw_bytes().to_vec();
        let key = PublicKey(Suite::of_key(&spki), bits);
        let transport = match body.device_keys.as_slice() {
            [key] => Transport::Ec(key.transport_key().unwrap()),
            _ => {
                let blob = b64::decode_std(&body.transport_key, 300).unwrap();
                Transport::Rsa(TransportKey::from_spki(&spki_from_bcrypt_blob(&blob).unwrap()).unwrap())
            }
        };
        self.device = Some((spki, transport));
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, DEVICE);
        let issuer = Issuer::new(CertificateParams::default(), KeyPair::generate().unwrap());
        let certificate = if self.certify_other_key {
            params.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap()
        } else {
            params.signed_by(&key, &issuer).unwrap()
        };
        Answer::json(&json!({
            "Certificate": { "Thumbprint": "00", "RawBody": b64::encode_std(certificate.der()) },
            "User": { "Upn": "ada@example.com" },
        }))
    }

    fn leave(&self, request: &Request) -> Answer {
        let (spki, _) = self.device.as_ref().unwrap();
        let jws = Unverified::parse(&request.headers["x-ms-devicecredential"]).unwrap();
        let claims: serde_json::Value = verified(jws, spki).claims().unwrap();
        assert_eq!(claims["grant_type"], "device_auth");
        assert!(claims["request_nonce"].as_str().unwrap().starts_with("challenge-"));
        match self.refuse_with {
            Some(code) => Answer::refuse("invalid_grant", code),
            None => Answer(200, vec![], String::new()),
        }
    }

    fn signed(&mut self, request: &Request) -> Answer {
        if self.refuse_nonces > 0 {
            self.refuse_nonces -= 1;
            return Answer::refuse("invalid_grant", 140_000);
        }
        if let Some(code) = self.refuse_with {
            return Answer::refuse("invalid_grant", code);
        }
        self.generation += 1;
        let text = request.form("request").unwrap();
        let offer = format!("offered-{}", self.generation);
        let jws = Unverified::parse(&text).unwrap();
        let version = if jws.header.alg == "ES256" { "4.0" } else { "3.0" };
        assert_eq!(request.form("prt_protocol_version").as_deref(), Some(version));
        let beside: Beside = jws.claims_unverified().unwrap();
        let answer = match (jws.header.x5c.is_some(), beside.purpose.as_deref()) {
            (true, None) => self.issue(&text),
            (false, None) | (true, Some("prt_usage")) => self.redeem(&text),
            other => panic!("{other:?}"),
        };
        answer.with(NONCE_HEADER, &offer)
    }

    fn issue(&mut self, text: &str) -> Answer {
        let (spki, transport) = self.device.as_ref().unwrap();
        let jws = Unverified::parse(text).unwrap();
        assert!(jws.header.x5c.as_ref().and_then(|x5c| x5c.leaf()).is_some());
        let kdf = jws.header.kdf_ver.clone();
        let verified = verified(jws, spki);
        let claims: PrtRequestClaims = verified.claims().unwrap();
        assert_eq!((claims.scope.as_str(), claims.refresh_token.as_deref()), ("openid aza", Some("rt.1")));
        let mut reply = self.prt_reply();
        let Transport::Rsa(transport) = transport else { return self.agreed(&verified, &reply) };
        assert_eq!(kdf, Some(2.into()));
        let key = SessionKey::from_bytes([7; 32]);
        reply["session_key_jwe"] = wrap_session_key(&key, transport, &SystemRandom).unwrap().into();
        self.session_key = Some(key);
        Answer::json(&reply)
    }

    /// An answer as a request that the device's key signed wants it.
    fn agreed(&self, verified: &Verified, reply: &serde_json::Value) -> Answer {
        let Some((_, Transport::Ec(to))) = &self.device else { panic!("no P-256 key") };
        let beside: Beside = verified.claims().unwrap();
        let apv = beside.jwe_crypto.unwrap().apv().unwrap();
        let parties = Parties { apu: b"provider", apv: if self.answer_another { b"another" } else { &apv } };
        let sealed = seal_to(to, parties, serde_json::to_vec(reply).unwrap(), &SystemRandom).unwrap();
        Answer(200, vec![], sealed)
    }

    fn redeem(&mut self, text: &str) -> Answer {
        let jws = Unverified::parse(text).unwrap();
        let verified = match &self.session_key {
            Some(key) => SessionSigned::of(jws).unwrap().verify(key).unwrap(),
            None => verified(jws, &self.device.as_ref().unwrap().0),
        };
        let claims: PrtUseClaims = verified.claims().unwrap();
        assert!(claims.request_nonce.is_some());
        let reply = if claims.scope.split(' ').any(|token| token == "aza") {
            self.prt_reply()
        } else {
            let access_token = format!("at.{}.{}", claims.client_id, claims.resource.unwrap_or_default());
            json!({ "token_type": "Bearer", "expires_in": "900", "access_token": access_token })
        };
        if self.answer_plain {
            return Answer::json(&reply);
        }
        let Some(key) = &self.session_key else { return self.agreed(&verified, &reply) };
        let sealed = seal_reply(key, serde_json::to_vec(&reply).unwrap(), &SystemRandom).unwrap();
        Answer(200, vec![], sealed)
    }

    fn prt_reply(&self) -> serde_json::Value {
        let signer = SigningKey::from_pkcs8(&SigningKey::generate_pkcs8().unwrap()).unwrap();
        let id_token =
            signer.sign(&Header::new("ES256", "JWT"), &json!({ "upn": "ada@example.com" })).unwrap();
        json!({
            "token_type": "Bearer", "expires_in": "1209599", "ext_expires_in": "0", "expires_on": "1",
            "refresh_token": format!("prt.{}", self.generation), "refresh_token_expires_in": 1_209_599,
            "id_token": id_token,
        })
    }
}

/// A transport key, as it was registered.
enum Transport {
    Ec(EcPublicKey),
    Rsa(TransportKey),
}

/// A request by the key of a device.
fn verified(jws: Unverified<'_>, spki: &[u8]) -> Verified {
    match Suite::of_key(spki) {
        Suite::DeviceKey => {
            let key = EcPublicKey::from_spki(spki).unwrap();
            jws.verify_es256(&VerifyingKey::from_point(key.point()).unwrap()).unwrap()
        }
        Suite::SessionKey => jws.verify_rs256(spki).unwrap(),
    }
}

struct PublicKey(Suite, Vec<u8>);

impl PublicKeyData for PublicKey {
    fn der_bytes(&self) -> &[u8] {
        &self.1
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        match self.0 {
            Suite::DeviceKey => &PKCS_ECDSA_P256_SHA256,
            Suite::SessionKey => &PKCS_RSA_SHA256,
        }
    }
}

/// A device of its own: state directory and clock.
pub(crate) struct World {
    pub(crate) folder: PathBuf,
    pub(crate) clock: Arc<AtomicI64>,
}

impl World {
    pub(crate) fn new() -> Self {
        let name = passband_wire::jose::jws::random_text::<12>(&SystemRandom);
        let folder = std::env::temp_dir().join(format!("passband-it-{name}"));
        Self { folder, clock: Arc::new(AtomicI64::new(NOW)) }
    }

    pub(crate) fn agent(&self, url: &str) -> Agent {
        let clock = Arc::clone(&self.clock);
        let now = move || Timestamp(clock.load(Ordering::Relaxed));
        let around = Surroundings { now: Box::new(now), rng: Box::new(SystemRandom) };
        let server = ServerUrl::parse(url).unwrap();
        Agent::new(StateDir::open(&self.folder).unwrap(), Some(server), None, around).unwrap()
    }

    /// The names of the files the device keeps.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A person who signs in at once: follows the address and sends the browser back with a code.
#[derive(Clone, Default)]
pub(crate) struct Person(pub(crate) Arc<Mutex<Vec<String>>>);

impl Person {
    pub(crate) fn open(&self, url: &str) -> Result<(), BrowserError> {
        self.0.lock().unwrap().push(url.to_owned());
        let url = reqwest::Url::parse(url).unwrap();
        let find = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, v)| v.into_owned());
        let mut back = reqwest::Url::parse(&find("redirect_uri").unwrap()).unwrap();
        back.query_pairs_mut()
            .append_pair("code", "the-code")
            .append_pair("state", &find("state").unwrap())
            .append_pair("iss", &url.origin().ascii_serialization());
        tokio::spawn(async move { reqwest::Client::new().get(back).send().await });
        Ok(())
    }
}
