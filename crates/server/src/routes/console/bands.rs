//! From facts to a band: the one place where the server says how strongly a floor is proved.
//!
//! A level is what the facts at hand carry and never more. What another row might know is not guessed: a session
//! keeps that a passkey was used, not which evidence came with that passkey, so it says *proved* where the
//! passkey's own row may say *hardware*.

use crate::pages::{Band, Level};
use passband_core::audit::SignIn;
use passband_core::directory::{Device, Passkey, Session, SessionKind};
use passband_core::policy::signal::{Binding, EvidenceLevel, Factors};

/// What evidence about a key or a device is worth. `says_something`: whether it names itself at all.
const fn platform(evidence: EvidenceLevel, says_something: bool) -> Level {
    match evidence {
        EvidenceLevel::E0 if says_something => Level::Claimed,
        EvidenceLevel::E0 => Level::Unknown,
        // Possession shown again and again says nothing of where the key is kept.
        EvidenceLevel::E1 => Level::Claimed,
        EvidenceLevel::E2 => Level::Proved,
        EvidenceLevel::E3 | EvidenceLevel::E4 => Level::Hardware,
    }
}

/// What a key's signature is worth where its evidence is known.
const fn signed(evidence: EvidenceLevel) -> Level {
    match evidence {
        EvidenceLevel::E3 | EvidenceLevel::E4 => Level::Hardware,
        EvidenceLevel::E0 | EvidenceLevel::E1 | EvidenceLevel::E2 => Level::Proved,
    }
}

/// What a set of factors is worth.
const fn authn(factors: Factors) -> Level {
    if factors.is_strong() {
        Level::Proved
    } else if factors.has_passkey()
        || factors.is_bootstrap()
        || factors.contains(Factors::SETUP_LINK)
        || factors.contains(Factors::HELLO_KEY)
    {
        // A pass, code or link can be handed on; a passkey without user verification or a Hello key says who owns it, not who is there.
        Level::Claimed
    } else {
        Level::Unknown
    }
}

const fn session_level(binding: Binding) -> Level {
    match binding {
        Binding::None => Level::Claimed,
        Binding::SoftwareKey => Level::Proved,
        Binding::HardwareKey => Level::Hardware,
    }
}

/// A passkey by itself: what is known of its keeper, and what a sign-in with it would prove. Every use demands
/// user verification.
pub fn passkey(passkey: &Passkey) -> Band {
    Band {
        platform: platform(passkey.evidence.level, passkey.aaguid != [0; 16]),
        authn: signed(passkey.evidence.level),
        ..Band::default()
    }
}

/// A device by itself; `signed_now` if its key signed in the session that looks at it.
pub fn device(device: &Device, signed_now: bool) -> Band {
    Band {
        platform: platform(device.evidence, !device.os.is_empty()),
        device: if signed_now { signed(device.evidence) } else { Level::Claimed },
        ..Band::default()
    }
}

/// A session, and its device's evidence if it has a device.
pub fn session(session: &Session, evidence: Option<EvidenceLevel>) -> Band {
    let key_signed = session.kind == SessionKind::Prt || session.factors.contains(Factors::DEVICE_KEY);
    let (platform, device) = match evidence {
        Some(evidence) if key_signed => (platform(evidence, true), signed(evidence)),
        Some(evidence) => (platform(evidence, true), Level::Claimed),
        None => (Level::Unknown, Level::Unknown),
    };
    // A browser session made from a PRT is held by a cookie, not by the key.
    let binding = match session.kind {
        SessionKind::Prt => Binding::of_device(evidence.unwrap_or_default()),
        SessionKind::Browser => Binding::None,
    };
    Band { platform, device, authn: authn(session.factors), session: session_level(binding) }
}

/// A line of the sign-in log, by what the line holds.
pub fn sign_in(line: &SignIn) -> Band {
    let granted = line.reason.is_granted();
    let bound = line.binding != Binding::None;
    let device = match line.device {
        None => Level::Unknown,
        // Named by a request that was refused: whether its key really signed is just what was in question.
        Some(_) if !granted => Level::Claimed,
        Some(_) if line.binding == Binding::HardwareKey => Level::Hardware,
        Some(_) if bound || line.factors.contains(Factors::DEVICE_KEY) => Level::Proved,
        Some(_) => Level::Claimed,
    };
    let platform = match line.binding {
        Binding::HardwareKey if granted => Level::Hardware,
        _ if line.device.is_some() => Level::Claimed,
        _ => Level::Unknown,
    };
    let session = match (line.session, granted) {
        (None, _) => Level::Unknown,
        // Refused: a session was named, and nothing was given that rests on its key.
        (Some(_), false) => Level::Claimed,
        (Some(_), true) => session_level(line.binding),
    };
    Band { platform, device, authn: authn(line.factors), session }
}

#[cfg(test)]
mod tests {
    use super::*;
    use passband_core::audit::SignInKind;
    use passband_core::directory::Evidence;
    use passband_core::id::{DeviceId, SessionId, SignInId, UserId};
    use passband_core::reason::Reason;
    use passband_core::time::Timestamp;

    use EvidenceLevel::{E0, E1, E2, E3, E4};
    use Level::{Claimed, Hardware, Proved, Unknown};

    const NOW: Timestamp = Timestamp(1_800_000_000);
    const STRONG: Factors = Factors::PASSKEY_SYNCED.and(Factors::USER_VERIFIED);

    fn levels(band: Band) -> [Level; 4] {
        band.floors().map(|(_, level)| level)
    }

    fn a_passkey(evidence: EvidenceLevel, aaguid: [u8; 16]) -> Passkey {
        Passkey {
            id: vec![1],
            user: UserId::from_bytes([1; 16]),
            public_key: Vec::new(),
            sign_count: 0,
            backup_eligible: false,
            backup_state: false,
            aaguid,
            format: "none".to_owned(),
            attestation_object: Vec::new(),
            client_data: Vec::new(),
            transports: Vec::new(),
            name: String::new(),
            rp_id: "localhost".to_owned(),
            evidence: Evidence { level: evidence, ..Evidence::default() },
            created: NOW,
            last_used: None,
            made_by: String::new(),
        }
    }

    fn a_session(kind: SessionKind, factors: Factors) -> Session {
        Session {
            id: SessionId::from_bytes([3; 16]),
            user: UserId::from_bytes([1; 16]),
            kind,
            device: None,
            parent: None,
            credential: None,
            factors,
            auth_time: NOW,
            created: NOW,
            expires: NOW,
            last_seen: NOW,
            ended: None,
            generation: 0,
            advanced: NOW,
            agent: String::new(),
            ip: String::new(),
        }
    }

    fn a_line(reason: Reason, binding: Binding, factors: Factors) -> SignIn {
        SignIn {
            id: SignInId::from_bytes([0; 16]),
            at: NOW,
            kind: SignInKind::PrtToken,
            reason,
            user: None,
            upn: String::new(),
            app: None,
            app_name: String::new(),
            resource: String::new(),
            device: Some(DeviceId::from_bytes([2; 16])),
            device_name: String::new(),
            session: Some(SessionId::from_bytes([3; 16])),
            factors,
            binding,
            ip: String::new(),
            agent: String::new(),
            detail: String::new(),
            facts: String::new(),
            said: String::new(),
        }
    }

    #[test]
    fn a_passkey_is_hardware_only_with_evidence_of_hardware() {
        for (evidence, aaguid, want) in [
            (E0, [0; 16], [Unknown, Unknown, Proved, Unknown]),
            (E0, [7; 16], [Claimed, Unknown, Proved, Unknown]),
            (E1, [7; 16], [Claimed, Unknown, Proved, Unknown]),
            (E2, [7; 16], [Proved, Unknown, Proved, Unknown]),
            (E3, [7; 16], [Hardware, Unknown, Hardware, Unknown]),
            (E4, [7; 16], [Hardware, Unknown, Hardware, Unknown]),
        ] {
            assert_eq!(levels(passkey(&a_passkey(evidence, aaguid))), want, "{evidence:?}");
        }
    }

    #[test]
    fn a_cookie_is_never_more_than_claimed_and_a_prt_as_good_as_its_key() {
        let browser = SessionKind::Browser;
        let with_key = STRONG.and(Factors::DEVICE_KEY);
        for (kind, factors, evidence, want) in [
            (browser, STRONG, None, [Unknown, Unknown, Proved, Claimed]),
            (browser, Factors::TEMPORARY_ACCESS_PASS, None, [Unknown, Unknown, Claimed, Claimed]),
            (browser, Factors::PASSKEY_SYNCED, None, [Unknown, Unknown, Claimed, Claimed]),
            (browser, Factors::NONE, None, [Unknown, Unknown, Unknown, Claimed]),
            // Made from a PRT: the device signed, the cookie is still a cookie.
            (browser, with_key, Some(E0), [Claimed, Proved, Proved, Claimed]),
            (browser, with_key, Some(E3), [Hardware, Hardware, Proved, Claimed]),
            (browser, STRONG, Some(E3), [Hardware, Claimed, Proved, Claimed]),
            (SessionKind::Prt, with_key, Some(E0), [Claimed, Proved, Proved, Proved]),
            (SessionKind::Prt, with_key, Some(E4), [Hardware, Hardware, Proved, Hardware]),
        ] {
            assert_eq!(levels(session(&a_session(kind, factors), evidence)), want);
        }
    }

    #[test]
    fn a_refusal_proves_nothing_of_the_device_or_the_session() {
        let with_key = STRONG.and(Factors::DEVICE_KEY);
        for (reason, binding, factors, want) in [
            (Reason::Granted, Binding::SoftwareKey, with_key, [Claimed, Proved, Proved, Proved]),
            (Reason::Granted, Binding::HardwareKey, with_key, [Hardware, Hardware, Proved, Hardware]),
            (Reason::Granted, Binding::None, with_key, [Claimed, Proved, Proved, Claimed]),
            (Reason::NonceReplayed, Binding::HardwareKey, with_key, [Claimed, Claimed, Proved, Claimed]),
            (Reason::SessionKeySignature, Binding::None, Factors::NONE, [Claimed, Claimed, Unknown, Claimed]),
        ] {
            assert_eq!(levels(sign_in(&a_line(reason, binding, factors))), want, "{reason}");
        }
        let nobody =
            SignIn { device: None, session: None, ..a_line(Reason::TapWrong, Binding::None, Factors::NONE) };
        assert_eq!(levels(sign_in(&nobody)), [Unknown; 4]);
    }
}
