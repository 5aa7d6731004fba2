//! Whether what stands behind a session still stands. Asked at every step; there is no other place that says.

use crate::directory::{DeviceStanding, PasskeyStanding, Session, SessionKind, Standing, User};
use crate::id::GroupId;
use crate::policy::signal::{Binding, EvidenceLevel, Factors};
use crate::reason::Reason;
use crate::time::Timestamp;

/// A session in good standing. Only [`judge`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct Live<'a> {
    session: &'a Session,
    user: &'a User,
    device: Option<&'a DeviceStanding>,
    standing: &'a Standing,
}

impl<'a> Live<'a> {
    /// The session.
    #[must_use]
    pub const fn session(&self) -> &'a Session {
        self.session
    }

    /// Its user, enabled.
    #[must_use]
    pub const fn user(&self) -> &'a User {
        self.user
    }

    /// Its device, enabled, if it is bound to one.
    #[must_use]
    pub const fn device(&self) -> Option<&'a DeviceStanding> {
        self.device
    }

    /// What is known of the passkey it began with, if one did.
    #[must_use]
    pub const fn passkey(&self) -> Option<&'a PasskeyStanding> {
        self.standing.passkey.as_ref()
    }

    /// The groups its user is in.
    #[must_use]
    pub fn groups(&self) -> &'a [GroupId] {
        &self.standing.groups
    }

    /// The generation of conditional access that speaks about it, or an earlier one.
    #[must_use]
    pub const fn access(&self) -> u64 {
        self.standing.access
    }

    /// What was proved when it began.
    #[must_use]
    pub const fn factors(&self) -> Factors {
        self.session.factors
    }

    /// Whether it is good for more than registering a passkey. Everything but that page asks here, so that no way in
    /// without a passkey, of today or of tomorrow, opens more.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.session.factors.has_passkey()
    }

    /// Whether it signs its person in to apps: begun with a passkey, or with a Hello key on its device. What administers,
    /// and a person's own pages, ask [`is_full`](Self::is_full).
    #[must_use]
    pub const fn opens_apps(&self) -> bool {
        self.is_full() || self.session.factors.contains(Factors::HELLO_KEY)
    }

    /// What it is bound to. A browser session made from a PRT is held by a cookie, not by a key.
    #[must_use]
    pub fn binding(&self) -> Binding {
        let evidence = self.device.map_or(EvidenceLevel::E0, |device| device.evidence);
        match self.session.kind {
            SessionKind::Prt => Binding::of_device(evidence),
            SessionKind::Browser => Binding::None,
        }
    }
}

/// Judges a session by everything it rests on, as it is now.
///
/// # Errors
///
/// The first [`Reason`] it has lost its standing for.
pub fn judge(standing: &Standing, now: Timestamp) -> Result<Live<'_>, Reason> {
    let session = &standing.session;
    let user = standing.user.as_ref().ok_or(Reason::UserGone)?;
    if !user.enabled {
        return Err(Reason::UserDisabled);
    }
    let device = match (&session.device, &standing.device) {
        (None, _) => None,
        (Some(_), None) => return Err(Reason::DeviceGone),
        (Some(_), Some(device)) if !device.enabled => return Err(Reason::DeviceDisabled),
        (Some(_), Some(device)) => Some(device),
    };
    if !standing.credential_present {
        return Err(Reason::CredentialRemoved);
    }
    if session.ended.is_some() || standing.parent_ended.is_some() {
        return Err(Reason::SessionEnded);
    }
    if now >= session.expires {
        return Err(match session.kind {
            SessionKind::Prt => Reason::PrtExpired,
            SessionKind::Browser => Reason::SessionExpired,
        });
    }
    Ok(Live { session, user, device, standing })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::compliance::{Compliance, Details};
    use crate::directory::JoinType;
    use crate::id::{DeviceId, SessionId, UserId};

    pub(in crate::session) const NOW: Timestamp = Timestamp(1_800_000_000);

    pub(in crate::session) fn good() -> Standing {
        let user = UserId::from_bytes([1; 16]);
        let device = DeviceId::from_bytes([2; 16]);
        let factors = Factors::PASSKEY_DEVICE_BOUND.and(Factors::USER_VERIFIED).and(Factors::DEVICE_KEY);
        Standing {
            session: Session {
                id: SessionId::from_bytes([3; 16]),
                user,
                kind: SessionKind::Prt,
                device: Some(device),
                parent: None,
                credential: Some(vec![9]),
                factors,
                auth_time: NOW,
                created: NOW,
                expires: Timestamp(NOW.0 + 1000),
                last_seen: NOW,
                ended: None,
                generation: 7,
                advanced: NOW,
                agent: String::new(),
                ip: String::new(),
            },
            user: Some(User {
                id: user,
                upn: "ada@example.org".to_owned(),
                display_name: "Ada".to_owned(),
                enabled: true,
                roles: crate::directory::Roles::NONE,
                break_glass: false,
                handle: vec![4; 32],
                created: NOW,
            }),
            device: Some(DeviceStanding {
                id: device,
                enabled: true,
                name: "laptop".to_owned(),
                evidence: EvidenceLevel::E0,
                join: JoinType::Registered,
                os: "Linux".to_owned(),
                os_version: "6.12".to_owned(),
                compliance: Compliance::default(),
                details: Details::default(),
                profile: crate::directory::ClientProfile::Strict,
            }),
            credential_present: true,
            passkey: None,
            parent_ended: None,
            groups: Vec::new(),
            access: 0,
        }
    }

    #[test]
    fn each_thing_a_session_rests_on_can_end_it() {
        assert!(judge(&good(), NOW).is_ok());
        type Bend = fn(&mut Standing);
        let cases: [(Bend, Reason); 8] = [
            (|s| s.user = None, Reason::UserGone),
            (|s| s.user.as_mut().unwrap().enabled = false, Reason::UserDisabled),
            (|s| s.device = None, Reason::DeviceGone),
            (|s| s.device.as_mut().unwrap().enabled = false, Reason::DeviceDisabled),
            (|s| s.credential_present = false, Reason::CredentialRemoved),
            (|s| s.session.ended = Some(NOW), Reason::SessionEnded),
            (|s| s.parent_ended = Some(NOW), Reason::SessionEnded),
            (|s| s.session.expires = NOW, Reason::PrtExpired),
        ];
        for (bend, reason) in cases {
            let mut standing = good();
            bend(&mut standing);
            assert_eq!(judge(&standing, NOW).unwrap_err(), reason);
        }
    }
}
