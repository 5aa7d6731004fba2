//! Records to store: every field different from its neighbours, so that swapped columns show.

use passband_core::audit::{Audit, SignIn, SignInKind};
use passband_core::compliance::{Attribute, Compliance, Details, Ownership, Told};
use passband_core::directory::{
    App, Device, Evidence, Grant, JoinType, KeyPurpose, KeyState, Passkey, Session, SessionKind, StoredKey,
    Tap, User,
};
use passband_core::id::{AuditId, ClientId, DeviceId, KeyId, SessionId, SignInId, TapId, UserId};
use passband_core::policy::signal::{Binding, Certification, EvidenceLevel, Factors};
use passband_core::reason::Reason;
use passband_core::time::Timestamp;

pub const NOON: Timestamp = Timestamp(1_795_348_800);

pub const fn t(seconds: i64) -> Timestamp {
    Timestamp(NOON.0 + seconds)
}

pub const fn user_id(n: u8) -> UserId {
    UserId::from_bytes([n; 16])
}

pub const fn device_id(n: u8) -> DeviceId {
    DeviceId::from_bytes([n; 16])
}

pub const fn session_id(n: u8) -> SessionId {
    SessionId::from_bytes([n; 16])
}

pub const fn client_id(n: u8) -> ClientId {
    ClientId::from_bytes([n; 16])
}

pub fn user(n: u8) -> User {
    User {
        id: user_id(n),
        upn: format!("user{n}@example.com"),
        display_name: format!("Person {n}"),
        enabled: true,
        roles: passband_core::directory::Roles::NONE,
        break_glass: true,
        handle: vec![n, 0, 255],
        created: t(1),
    }
}

pub fn passkey(n: u8, owner: u8) -> Passkey {
    Passkey {
        id: vec![n; 20],
        user: user_id(owner),
        public_key: vec![n, 1],
        sign_count: 7,
        backup_eligible: true,
        backup_state: false,
        aaguid: [n; 16],
        format: "packed".to_owned(),
        attestation_object: vec![n, 2],
        client_data: vec![n, 3],
        transports: vec!["internal".to_owned(), "hybrid".to_owned()],
        name: format!("Key {n}"),
        rp_id: "example.com".to_owned(),
        evidence: Evidence {
            level: EvidenceLevel::E2,
            proof: "metadata".to_owned(),
            judged: t(2),
            metadata: Some(u32::from(n)),
            attested: true,
            certification: Certification::L1plus,
            verification: vec!["fingerprint_internal".to_owned()],
        },
        created: t(2),
        last_used: None,
        made_by: "root@example.com".to_owned(),
    }
}

pub fn tap(n: u8, owner: u8) -> Tap {
    Tap {
        id: TapId::from_bytes([n; 16]),
        user: user_id(owner),
        hash: [n; 32],
        created: t(i64::from(n)),
        starts: t(200),
        expires: t(300),
        once: true,
        used: None,
    }
}

pub fn device(n: u8, owner: u8) -> Device {
    Device {
        id: device_id(n),
        owner: user_id(owner),
        name: format!("Laptop {n}"),
        join: JoinType::Joined,
        enabled: true,
        os: "Linux".to_owned(),
        os_version: "6.1".to_owned(),
        device_key: vec![n, 4],
        transport_key: vec![n, 5],
        certificate: vec![n, 6],
        thumbprint: [n; 32],
        certificate_expires: t(9000),
        evidence: EvidenceLevel::E3,
        compliance: Compliance::default(),
        details: Details::default(),
        profile: passband_core::directory::ClientProfile::Strict,
        revision: 0,
        created: t(i64::from(n)),
        last_seen: None,
    }
}

/// Something said about a device, all of it.
pub fn told(until: i64) -> Told {
    let attributes = [(Attribute::Model, "T14".to_owned()), (Attribute::Extension(15), "{\"a\"}".to_owned())];
    Told {
        os_version: "6.2".to_owned(),
        compliance: Compliance { compliant: Some(true), managed: Some(false), until: t(until) },
        details: Details { ownership: Some(Ownership::Personal), attributes: attributes.into() },
    }
}

pub fn app(n: u8) -> App {
    App {
        id: client_id(n),
        name: format!("App {n}"),
        redirect_uris: vec![format!("https://app{n}.example/cb"), "http://127.0.0.1/cb".to_owned()],
        logout_uris: vec![format!("https://app{n}.example/bye")],
        backchannel_logout_uri: Some(format!("https://app{n}.example/backchannel")),
        identifier_uris: vec![format!("api://app{n}")],
        secret_hash: Some([n; 32]),
        enabled: true,
        created: t(i64::from(n)),
    }
}

pub fn session(n: u8, owner: u8) -> Session {
    Session {
        id: session_id(n),
        user: user_id(owner),
        kind: SessionKind::Prt,
        device: None,
        parent: None,
        credential: None,
        factors: Factors::PASSKEY_SYNCED.and(Factors::USER_VERIFIED),
        auth_time: t(10),
        created: t(i64::from(n)),
        expires: t(12_000),
        last_seen: t(13),
        ended: None,
        generation: 3,
        advanced: t(14),
        agent: "agent".to_owned(),
        ip: "192.0.2.1".to_owned(),
    }
}

pub fn grant(n: u8, session: u8) -> Grant {
    Grant {
        family: [n; 16],
        session: session_id(session),
        client: client_id(1),
        scope: "openid profile".to_owned(),
        resource: "api://app1".to_owned(),
        created: t(20),
        expires: t(21_000),
        generation: 5,
        advanced: t(22),
        ended: None,
    }
}

pub fn key(n: u8) -> StoredKey {
    StoredKey {
        id: KeyId::from_bytes([n; 16]),
        purpose: KeyPurpose::Seal,
        state: KeyState::Pending,
        created: t(i64::from(n)),
        since: t(31),
        sealed: vec![n; 100],
    }
}

/// An id of its own for every `n`.
pub fn spend_id(n: u32) -> [u8; 32] {
    let mut id = [0x5a; 32];
    id[..4].copy_from_slice(&n.to_be_bytes());
    id
}

pub fn line(n: u32) -> SignIn {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&n.to_be_bytes());
    SignIn {
        id: SignInId::from_bytes(id),
        at: t(i64::from(n / 10)),
        kind: SignInKind::PrtToken,
        reason: Reason::Granted,
        user: Some(user_id(1)),
        upn: "user1@example.com".to_owned(),
        app: Some(client_id(1)),
        app_name: "App 1".to_owned(),
        resource: "api://app1".to_owned(),
        device: Some(device_id(1)),
        device_name: "Laptop 1".to_owned(),
        session: Some(session_id(1)),
        factors: Factors::PASSKEY_DEVICE_BOUND,
        binding: Binding::HardwareKey,
        ip: "192.0.2.1".to_owned(),
        agent: "broker/0.1".to_owned(),
        detail: "profile \"Admins\": passkeyTypes".to_owned(),
        facts: "{\"c\":\"browser\"}".to_owned(),
        said: "[]".to_owned(),
    }
}

pub fn audit(n: u8) -> Audit {
    Audit {
        id: AuditId::from_bytes([n; 16]),
        at: t(i64::from(n / 2)),
        actor: "root@example.com".to_owned(),
        activity: "Disable device",
        target: format!("target {n}"),
        detail: format!("detail {n}"),
    }
}
