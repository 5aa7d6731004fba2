//! Rows to records and values to parameters: the only place that knows the column types.

use crate::devices;
use crate::error::StoreError;
use crate::log::AuditLine;
use crate::names::{binding_of, purpose_of, session_kind_of, state_of};
use passband_core::audit::{SignIn, SignInKind};
use passband_core::directory::{
    AccessKind, AccessVersion, Alarm, AlarmKind, App, Evidence, Grant, Group, Passkey, PasskeyStanding,
    RecoveryCode, Roles, Scope, Session, Snoozed, Standing, StoredKey, Tap, TrustDocument, TrustKind, User,
};
use passband_core::id::{AuditId, ClientId, DeviceId, GroupId, KeyId, SessionId, SignInId, TapId, UserId};
use passband_core::policy::signal::{Certification, EvidenceLevel, Factors};
use passband_core::reason::Reason;
use passband_core::time::Timestamp;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Arguments, Row, ValueRef};

/// Columns of a record in the order its reader takes them, for `concat!`.
macro_rules! columns {
    (user) => {
        "u.id, u.upn, u.display_name, u.enabled, u.roles, u.break_glass, u.handle, u.created"
    };
    (passkey) => {
        "k.id, k.user_id, k.public_key, k.sign_count, k.backup_eligible, k.backup_state, k.aaguid, k.format, \
         k.attestation_object, k.client_data, k.transports, k.name, k.rp_id, \
         k.evidence, k.proof, k.judged, k.metadata, k.attested, k.certification, k.verification, k.created, k.last_used, \
         k.made_by"
    };
    (trust) => {
        "name, kind, scope, models, edition, sha256, added, actor, body"
    };
    (tap) => {
        "t.id, t.user_id, t.hash, t.created, t.starts, t.expires, t.once, t.used"
    };
    (recovery_code) => {
        "c.user_id, c.hash, c.created, c.used"
    };
    (alarm) => {
        "l.user_id, l.kind, l.first, l.last, l.count, l.detail"
    };
    (device) => {
        "d.id, d.owner, d.name, d.trust_type, d.enabled, d.os, d.os_version, d.device_key, d.transport_key, \
         d.certificate, d.thumbprint, d.certificate_expires, d.evidence, d.compliant, d.managed, d.compliance_until, \
         d.ownership, d.attributes, d.revision, d.created, d.last_seen, d.profile"
    };
    (device_standing) => {
        "d.id, d.enabled, d.name, d.evidence, d.trust_type, d.os, d.os_version, d.compliant, d.managed, \
         d.compliance_until, d.ownership, d.attributes, d.profile"
    };
    (group) => {
        "o.id, o.name, o.description, o.nickname, o.created"
    };
    // Of a person `u`: their groups as one text, and the generation of the policy. The name is that of
    // `passband_core::authn::methods::NAME`; a test compares them.
    (scope) => {
        "(SELECT string_agg(m.group_id, ',') FROM group_members m WHERE m.user_id = u.id), \
         (SELECT w.generation FROM policies w WHERE w.name = 'authenticationMethods')"
    };
    (app) => {
        "a.id, a.name, a.redirect_uris, a.logout_uris, a.identifier_uris, a.secret_hash, a.enabled, a.created, \
         a.backchannel_logout_uri"
    };
    (session) => {
        "s.id, s.user_id, s.kind, s.device_id, s.parent_id, s.credential, s.factors, s.auth_time, s.created, \
         s.expires, s.last_seen, s.ended, s.generation, s.advanced, s.agent, s.ip"
    };
    (standing) => {
        concat!(
            $crate::row::columns!(session),
            ", ",
            $crate::row::columns!(user),
            ", ",
            $crate::row::columns!(device_standing),
            ", k.aaguid, k.evidence, k.attested, k.certification, h.id, p.id, p.ended, ",
            $crate::access::columns!(access)
        )
    };
    (grant) => {
        "g.family, g.session_id, g.client_id, g.scope, g.resource, g.created, g.expires, g.generation, \
         g.advanced, g.ended"
    };
    (sign_in) => {
        "at, id, kind, reason, user_id, upn, app_id, app_name, resource, device_id, device_name, session_id, \
         factors, binding, ip, agent, detail, facts, said"
    };
}
pub(crate) use columns;

/// Parameters of a statement, in order.
#[derive(Default)]
pub(crate) struct Args(AnyArguments);

impl Args {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn add<'t, T>(&mut self, value: T)
    where
        T: sqlx::Encode<'t, sqlx::Any> + sqlx::Type<sqlx::Any>,
    {
        let added = self.0.add(value);
        // Any only appends to a list. Were it ever to refuse, the count is short and the database says so.
        debug_assert!(added.is_ok());
    }

    pub(crate) fn int(mut self, value: impl Into<i64>) -> Self {
        self.add(value.into());
        self
    }

    pub(crate) fn at(self, value: Timestamp) -> Self {
        self.int(value.0)
    }

    pub(crate) fn opt_at(mut self, value: Option<Timestamp>) -> Self {
        self.add(value.map(|t| t.0));
        self
    }

    pub(crate) fn opt_int(mut self, value: Option<impl Into<i64>>) -> Self {
        self.add(value.map(Into::into));
        self
    }

    pub(crate) fn text(mut self, value: impl Into<String>) -> Self {
        self.add(value.into());
        self
    }

    pub(crate) fn opt_text(mut self, value: Option<&str>) -> Self {
        self.add(value.map(str::to_owned));
        self
    }

    pub(crate) fn list(self, value: &[String]) -> Self {
        self.text(serde_json::Value::from(value.to_vec()).to_string())
    }

    pub(crate) fn blob(mut self, value: &[u8]) -> Self {
        self.add(value);
        self
    }

    pub(crate) fn opt_blob(mut self, value: Option<&[u8]>) -> Self {
        self.add(value);
        self
    }

    pub(crate) fn into_inner(self) -> AnyArguments {
        self.0
    }
}

/// Reads a row column by column.
pub(crate) struct Reader<'r> {
    row: &'r AnyRow,
    next: usize,
}

type Read<T> = Result<T, StoreError>;

impl<'r> Reader<'r> {
    pub(crate) fn new(row: &'r AnyRow) -> Self {
        Self { row, next: 0 }
    }

    fn get<T>(&mut self) -> Read<T>
    where
        T: sqlx::Decode<'r, sqlx::Any> + sqlx::Type<sqlx::Any>,
    {
        let value = self.row.try_get(self.next).map_err(|_| StoreError::Row("type of a column"))?;
        self.next += 1;
        Ok(value)
    }

    fn is_null(&self) -> Read<bool> {
        let value = self.row.try_get_raw(self.next).map_err(|_| StoreError::Row("number of columns"))?;
        Ok(value.is_null())
    }

    /// Reads a record of `width` columns whose first is never null, unless the join found none.
    pub(crate) fn joined<T>(&mut self, width: usize, read: fn(&mut Self) -> Read<T>) -> Read<Option<T>> {
        if self.is_null()? {
            self.next += width;
            return Ok(None);
        }
        read(self).map(Some)
    }

    pub(crate) fn int(&mut self) -> Read<i64> {
        self.get()
    }

    pub(crate) fn count(&mut self) -> Read<u32> {
        u32::try_from(self.int()?).map_err(|_| StoreError::Row("counter"))
    }

    fn opt_count(&mut self) -> Read<Option<u32>> {
        if self.is_null()? {
            self.next += 1;
            return Ok(None);
        }
        self.count().map(Some)
    }

    pub(crate) fn flag(&mut self) -> Read<bool> {
        match self.int()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(StoreError::Row("flag")),
        }
    }

    pub(crate) fn opt_flag(&mut self) -> Read<Option<bool>> {
        if self.is_null()? {
            self.next += 1;
            return Ok(None);
        }
        self.flag().map(Some)
    }

    pub(crate) fn at(&mut self) -> Read<Timestamp> {
        self.int().map(Timestamp)
    }

    pub(crate) fn opt_at(&mut self) -> Read<Option<Timestamp>> {
        Ok(self.get::<Option<i64>>()?.map(Timestamp))
    }

    pub(crate) fn text(&mut self) -> Read<String> {
        self.get()
    }

    pub(crate) fn opt_text(&mut self) -> Read<Option<String>> {
        self.get()
    }

    fn list(&mut self) -> Read<Vec<String>> {
        let text: &str = self.get()?;
        serde_json::from_str(text).map_err(|_| StoreError::Row("list"))
    }

    /// A value of a closed set, by the name it is stored under.
    pub(crate) fn named<T>(&mut self, find: impl Fn(&str) -> Option<T>, what: &'static str) -> Read<T> {
        let text: &str = self.get()?;
        find(text).ok_or(StoreError::Row(what))
    }

    pub(crate) fn blob(&mut self) -> Read<Vec<u8>> {
        self.get()
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let bytes: &[u8] = self.get()?;
        bytes.try_into().map_err(|_| StoreError::Row("length of an id or hash"))
    }

    pub(crate) fn id<T>(&mut self, make: fn([u8; 16]) -> T) -> Read<T> {
        self.array().map(make)
    }

    pub(crate) fn opt_id<T>(&mut self, make: fn([u8; 16]) -> T) -> Read<Option<T>> {
        if self.is_null()? {
            self.next += 1;
            return Ok(None);
        }
        self.id(make).map(Some)
    }

    fn opt_array<const N: usize>(&mut self) -> Read<Option<[u8; N]>> {
        if self.is_null()? {
            self.next += 1;
            return Ok(None);
        }
        self.array().map(Some)
    }
}

/// Columns of `columns!(user)`.
pub(crate) const USER_WIDTH: usize = 8;

pub(crate) fn user(r: &mut Reader<'_>) -> Read<User> {
    Ok(User {
        id: r.id(UserId::from_bytes)?,
        upn: r.text()?,
        display_name: r.text()?,
        enabled: r.flag()?,
        roles: Roles::from_bits(r.count()?),
        break_glass: r.flag()?,
        handle: r.blob()?,
        created: r.at()?,
    })
}

/// Columns of `columns!(passkey)`.
pub(crate) const PASSKEY_WIDTH: usize = 23;

pub(crate) fn passkey(r: &mut Reader<'_>) -> Read<Passkey> {
    Ok(Passkey {
        id: r.blob()?,
        user: r.id(UserId::from_bytes)?,
        public_key: r.blob()?,
        sign_count: r.count()?,
        backup_eligible: r.flag()?,
        backup_state: r.flag()?,
        aaguid: r.array()?,
        format: r.text()?,
        attestation_object: r.blob()?,
        client_data: r.blob()?,
        transports: r.list()?,
        name: r.text()?,
        rp_id: r.text()?,
        evidence: evidence(r)?,
        created: r.at()?,
        last_used: r.opt_at()?,
        made_by: r.text()?,
    })
}

fn evidence(r: &mut Reader<'_>) -> Read<Evidence> {
    Ok(Evidence {
        level: EvidenceLevel::from_i64(r.int()?),
        proof: r.text()?,
        judged: r.at()?,
        metadata: r.opt_count()?,
        attested: r.flag()?,
        certification: r.named(Certification::from_name, "certification")?,
        verification: r.list()?,
    })
}

pub(crate) fn trust(r: &mut Reader<'_>) -> Read<TrustDocument> {
    Ok(TrustDocument {
        name: r.text()?,
        kind: r.named(TrustKind::from_name, "kind of trust")?,
        scope: r.text()?,
        models: r.list()?,
        edition: r.opt_count()?,
        sha256: r.array()?,
        added: r.at()?,
        actor: r.text()?,
        body: r.blob()?,
    })
}

pub(crate) fn group(r: &mut Reader<'_>) -> Read<Group> {
    Ok(Group {
        id: r.id(GroupId::from_bytes)?,
        name: r.text()?,
        description: r.text()?,
        nickname: r.text()?,
        created: r.at()?,
    })
}

/// Columns of `columns!(scope)`.
pub(crate) fn scope(r: &mut Reader<'_>) -> Read<Scope> {
    let groups: Option<String> = r.get()?;
    let groups = groups.as_deref().unwrap_or_default().split(',').filter(|id| !id.is_empty());
    let groups = groups.map(|id| id.parse().map_err(|_| StoreError::Row("group id"))).collect::<Read<_>>()?;
    let policy = if r.is_null()? {
        r.next += 1;
        0
    } else {
        generation(r)?
    };
    Ok(Scope { groups, policy })
}

pub(crate) fn generation(r: &mut Reader<'_>) -> Read<u64> {
    u64::try_from(r.int()?).map_err(|_| StoreError::Row("generation"))
}

pub(crate) fn snoozed(r: &mut Reader<'_>) -> Read<Snoozed> {
    Ok(Snoozed { times: r.count()?, until: r.at()? })
}

pub(crate) fn access_version(r: &mut Reader<'_>) -> Read<AccessVersion> {
    Ok(AccessVersion {
        kind: r.named(AccessKind::from_name, "kind of a part of conditional access")?,
        id: r.text()?,
        number: r.count()?,
        at: r.at()?,
        actor: r.text()?,
        deleted: r.flag()?,
        document: r.text()?,
    })
}

/// Columns of `columns!(tap)`.
pub(crate) const TAP_WIDTH: usize = 8;

pub(crate) fn tap(r: &mut Reader<'_>) -> Read<Tap> {
    Ok(Tap {
        id: r.id(TapId::from_bytes)?,
        user: r.id(UserId::from_bytes)?,
        hash: r.array()?,
        created: r.at()?,
        starts: r.at()?,
        expires: r.at()?,
        once: r.flag()?,
        used: r.opt_at()?,
    })
}

/// Columns of `columns!(recovery_code)`.
pub(crate) const RECOVERY_CODE_WIDTH: usize = 4;

pub(crate) fn recovery_code(r: &mut Reader<'_>) -> Read<RecoveryCode> {
    Ok(RecoveryCode {
        user: r.id(UserId::from_bytes)?,
        hash: r.array()?,
        created: r.at()?,
        used: r.opt_at()?,
    })
}

pub(crate) fn alarm(r: &mut Reader<'_>) -> Read<Alarm> {
    Ok(Alarm {
        user: r.id(UserId::from_bytes)?,
        kind: r.named(AlarmKind::from_name, "kind of an alarm")?,
        first: r.at()?,
        last: r.at()?,
        count: r.count()?,
        detail: r.text()?,
    })
}

pub(crate) fn app(r: &mut Reader<'_>) -> Read<App> {
    Ok(App {
        id: r.id(ClientId::from_bytes)?,
        name: r.text()?,
        redirect_uris: r.list()?,
        logout_uris: r.list()?,
        identifier_uris: r.list()?,
        secret_hash: r.opt_array()?,
        enabled: r.flag()?,
        created: r.at()?,
        backchannel_logout_uri: r.opt_text()?,
    })
}

pub(crate) fn session(r: &mut Reader<'_>) -> Read<Session> {
    Ok(Session {
        id: r.id(SessionId::from_bytes)?,
        user: r.id(UserId::from_bytes)?,
        kind: r.named(session_kind_of, "session kind")?,
        device: r.opt_id(DeviceId::from_bytes)?,
        parent: r.opt_id(SessionId::from_bytes)?,
        credential: r.get()?,
        factors: Factors::from_bits(r.count()?),
        auth_time: r.at()?,
        created: r.at()?,
        expires: r.at()?,
        last_seen: r.at()?,
        ended: r.opt_at()?,
        generation: r.count()?,
        advanced: r.at()?,
        agent: r.text()?,
        ip: r.text()?,
    })
}

/// Columns of `columns!(standing)`.
pub(crate) fn standing(r: &mut Reader<'_>) -> Read<Standing> {
    let session = session(r)?;
    let user = r.joined(USER_WIDTH, user)?;
    let device = r.joined(devices::STANDING_WIDTH, devices::standing)?;
    let passkey = r.joined(4, |r| {
        Ok(PasskeyStanding {
            aaguid: r.array()?,
            evidence: EvidenceLevel::from_i64(r.int()?),
            attested: r.flag()?,
            certification: r.named(Certification::from_name, "certification")?,
        })
    })?;
    // Each counts for the sessions it began alone: whoever makes a passkey chooses its id.
    let by_hello_key = session.factors.contains(Factors::HELLO_KEY);
    let hello_key = r.joined(1, |r| r.array::<32>())?.filter(|_| by_hello_key);
    let passkey = passkey.filter(|_| !by_hello_key);
    let parent = r.opt_id(SessionId::from_bytes)?;
    let parent_ended = r.opt_at()?;
    let access = scope(r)?;
    Ok(Standing {
        credential_present: session.credential.is_none() || passkey.is_some() || hello_key.is_some(),
        passkey,
        groups: access.groups,
        access: access.policy,
        // A parent whose row is gone was swept, or removed with its user: ended, at the latest known time
        // at which it must have lived. Without this an orphan would outlive its parent's revocation.
        parent_ended: match (session.parent, parent) {
            (Some(_), None) => Some(session.last_seen),
            _ => parent_ended,
        },
        session,
        user,
        device,
    })
}

pub(crate) fn grant(r: &mut Reader<'_>) -> Read<Grant> {
    Ok(Grant {
        family: r.array()?,
        session: r.id(SessionId::from_bytes)?,
        client: r.id(ClientId::from_bytes)?,
        scope: r.text()?,
        resource: r.text()?,
        created: r.at()?,
        expires: r.at()?,
        generation: r.count()?,
        advanced: r.at()?,
        ended: r.opt_at()?,
    })
}

pub(crate) fn key(r: &mut Reader<'_>) -> Read<StoredKey> {
    Ok(StoredKey {
        id: r.id(KeyId::from_bytes)?,
        purpose: r.named(purpose_of, "key purpose")?,
        state: r.named(state_of, "key state")?,
        created: r.at()?,
        since: r.at()?,
        sealed: r.blob()?,
    })
}

pub(crate) fn sign_in(r: &mut Reader<'_>) -> Read<SignIn> {
    Ok(SignIn {
        at: r.at()?,
        id: r.id(SignInId::from_bytes)?,
        kind: r.named(SignInKind::from_name, "sign-in kind")?,
        reason: r.named(Reason::from_code, "reason code")?,
        user: r.opt_id(UserId::from_bytes)?,
        upn: r.text()?,
        app: r.opt_id(ClientId::from_bytes)?,
        app_name: r.text()?,
        resource: r.text()?,
        device: r.opt_id(DeviceId::from_bytes)?,
        device_name: r.text()?,
        session: r.opt_id(SessionId::from_bytes)?,
        factors: Factors::from_bits(r.count()?),
        binding: r.named(binding_of, "binding")?,
        ip: r.text()?,
        agent: r.text()?,
        detail: r.text()?,
        facts: r.text()?,
        said: r.text()?,
    })
}

pub(crate) fn audit(r: &mut Reader<'_>) -> Read<AuditLine> {
    Ok(AuditLine {
        at: r.at()?,
        id: r.id(AuditId::from_bytes)?,
        actor: r.text()?,
        activity: r.text()?,
        target: r.text()?,
        detail: r.text()?,
        seq: generation(r)?,
        prev: r.opt_array()?,
        hash: r.opt_array()?,
    })
}
