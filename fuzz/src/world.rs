//! One installation with one of each thing it hands out, made from fixed keys and fixed randomness.

use crate::NOW;
use aws_lc_rs::digest::{SHA256, digest};
use passband_core::authn::ceremony::{self, Aim, Kind};
use passband_core::directory::{ClientProfile, Compliance, Details, Device, JoinType};
use passband_core::keys::nonce;
use passband_core::keys::seal::SealRing;
use passband_core::policy::access::set::PolicySet;
use passband_core::policy::access::{Facts, evaluate};
use passband_core::policy::signal::{Binding, EvidenceLevel, Factors};
use passband_core::session::code::Code;
use passband_core::session::grant::RefreshToken;
use passband_core::session::holder::Holder;
use passband_core::session::prt::Prt;
use passband_wire::b64;
use passband_wire::id::{ClientId, DeviceId, SessionId, UserId};
use passband_wire::jose::ec::SoftEc;
use passband_wire::jose::jws::{SigningKey, VerifyingKey};
use passband_wire::jose::kdf::SessionKey;
use passband_wire::jose::rsa::SoftRsa;
use passband_wire::oauth::pkce::Challenge;
use passband_wire::rng::Random;
use passband_wire::time::Seconds;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the browser of [`World::ceremony`] holds.
pub const ASKER: &str = "cookie";

/// Bytes that come in the same order in each run.
#[derive(Debug, Default)]
pub struct Fixed(AtomicU64);

impl Random for Fixed {
    fn fill(&self, out: &mut [u8]) {
        for byte in out {
            let n = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            *byte = (n >> 56) as u8;
        }
    }
}

/// The keys of the installation and of one device, and what was made with them.
pub struct World {
    /// Seals and opens.
    pub ring: SealRing,
    /// The session key in the PRT: bytes 0 to 31, as in the vectors.
    pub session_key: SessionKey,
    /// A PRT.
    pub prt: String,
    /// A nonce.
    pub nonce: String,
    /// An authorization code.
    pub code: String,
    /// A refresh token.
    pub refresh_token: String,
    /// A sign-in ceremony.
    pub ceremony: String,
    /// The private key of the device. A new one in each run: nothing in a corpus depends on it.
    pub device_key: SoftRsa,
    /// Its public key.
    pub device_spki: Vec<u8>,
    /// The P-256 key of another device, fixed: the PRT below is bound to it, and seeds name that.
    pub own_key: SoftEc,
    /// A PRT that this key itself signs for.
    pub own_prt: String,
    /// A key that signs tokens. A new one in each run.
    pub token_key: SigningKey,
    /// Its public key.
    pub token_public: VerifyingKey,
}

/// The one world of this process.
#[must_use]
pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| build().expect("the fixed world can be built"))
}

fn build() -> Option<World> {
    let rng = Fixed::default();
    let ring = SealRing::new([[7; 32], [8; 32]]);
    let session_key = SessionKey::from_bytes(std::array::from_fn(|at| at as u8));
    let prt = Prt {
        session: SessionId::from_bytes([1; 16]),
        user: UserId::from_bytes([2; 16]),
        device: DeviceId::from_bytes([3; 16]),
        generation: 4,
        holder: Holder::SessionKey(session_key.clone()),
        factors: Factors::PASSKEY_DEVICE_BOUND,
        auth_time: NOW,
        issued: NOW,
        expires: NOW + Seconds::days(14),
    };
    let own_key = SoftEc::from_pkcs8(&b64::decode(OWN_KEY, 256).ok()?).ok()?;
    let code = Code {
        id: [5; 16],
        client: ClientId::from_bytes([6; 16]),
        redirect_uri: "https://app.example/cb".to_owned(),
        scope: "openid".to_owned(),
        resource: String::new(),
        nonce: None,
        challenge: Some(*Challenge::of("verifier").as_bytes()),
        session: SessionId::from_bytes([1; 16]),
        expires: NOW + Seconds(60),
        binding: Binding::None,
        by_device_key: false,
    };
    // Without a policy everything is permitted.
    let facts = Facts::nothing_about(UserId::from_bytes([2; 16]), NOW);
    let permit = evaluate(&PolicySet::default(), &facts).outcome.permit().ok()?;
    let aim = Aim { kind: Kind::SignIn, user: None, note: "note".to_owned() };
    let device_key = SoftRsa::generate().ok()?;
    let token_key = SigningKey::from_pkcs8(&SigningKey::generate_pkcs8().ok()?).ok()?;
    let sealed = prt.seal(&ring, &rng).ok()?;
    let mut world = World {
        prt: sealed,
        own_prt: String::new(),
        own_key,
        nonce: nonce::issue(&ring, NOW, &rng),
        code: code.seal(permit, &ring, &rng).ok()?,
        refresh_token: RefreshToken { family: [5; 16], generation: 1 }.seal(&ring, &rng).ok()?,
        ceremony: ceremony::begin(&ring, aim, ASKER, NOW, &rng).ok()?.0,
        device_spki: device_key.public_spki().ok()?,
        token_public: VerifyingKey::from_point(token_key.public_point()).ok()?,
        ring,
        session_key,
        device_key,
        token_key,
    };
    let holder = Prt::holder_of(&world.own_device(), &rng).ok()?;
    world.own_prt = Prt { holder, ..prt }.seal(&world.ring, &rng).ok()?;
    Some(world)
}

/// A P-256 private key, PKCS#8: nobody's.
const OWN_KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgvNesyQiLOa9_NpPEDTXr5LvDIlLHFX54E2lGXOFkLrGhRANCAARtIbnuny2I2D6K3sdQUAOQX5B19Nd8JULwo770h-ulBd47Yg_qjULSce-AW77kFrBoscxFjl1VEj9y8PJ3aobA";

/// What stands for the certificate of [`World::own_key`].
pub const OWN_CERTIFICATE: &[u8] = b"certificate";

impl World {
    /// The device whose own key signs.
    #[must_use]
    pub fn own_device(&self) -> Device {
        let mut thumbprint = [0; 32];
        thumbprint.copy_from_slice(digest(&SHA256, OWN_CERTIFICATE).as_ref());
        let spki = self.own_key.public().spki();
        Device { device_key: spki.clone(), transport_key: spki, ..self.device(thumbprint) }
    }

    /// The device, found by the thumbprint of whatever certificate a request names.
    #[must_use]
    pub fn device(&self, thumbprint: [u8; 32]) -> Device {
        Device {
            id: DeviceId::from_bytes([3; 16]),
            owner: UserId::from_bytes([2; 16]),
            name: "laptop".to_owned(),
            join: JoinType::Joined,
            enabled: true,
            os: "Linux".to_owned(),
            os_version: String::new(),
            device_key: self.device_spki.clone(),
            transport_key: self.device_spki.clone(),
            certificate: Vec::new(),
            thumbprint,
            certificate_expires: NOW + Seconds::days(1),
            evidence: EvidenceLevel::E0,
            profile: ClientProfile::Strict,
            compliance: Compliance::default(),
            details: Details::default(),
            revision: 0,
            created: NOW,
            last_seen: None,
        }
    }
}
