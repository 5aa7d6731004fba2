//! Each change as SQL. Pure: what is to be run, and what it means when no row was touched.

use crate::access;
use crate::apps;
use crate::chain;
use crate::device_codes;
use crate::devices;
use crate::hello;
use crate::names;
use crate::recovery;
use crate::row::Args;
use crate::signals;
use crate::transmitters;
use passband_core::audit::SignIn;
use passband_core::change::{Change, Conflict};
use passband_core::directory::{
    Evidence, Grant, Group, Passkey, Session, StoredKey, Tap, TrustDocument, User,
};
use passband_core::id::{GroupId, UserId};

/// One SQL statement of a change.
pub(crate) struct Statement {
    pub(crate) sql: &'static str,
    pub(crate) args: Args,
    /// The conflict that no touched row means; `None` where that is no error.
    pub(crate) untouched: Option<Conflict>,
    /// Whether a unique index may refuse it. PostgreSQL then needs a savepoint to go on.
    pub(crate) unique: bool,
}

pub(crate) const fn any(sql: &'static str, args: Args) -> Statement {
    Statement { sql, args, untouched: None, unique: false }
}

pub(crate) const fn one(sql: &'static str, args: Args, untouched: Conflict) -> Statement {
    Statement { sql, args, untouched: Some(untouched), unique: false }
}

/// The statements of a change, in order. None for what is written in bulk (see [`crate::bulk`]).
pub(crate) fn statements(change: &Change) -> Vec<Statement> {
    match change {
        Change::LogAudit(_) | Change::LogSignIn(_) | Change::Spend { .. } => Vec::new(),
        Change::DeleteUser(id) => delete_user(*id),
        Change::DeleteGroup(id) => delete_group(*id),
        Change::DeleteDevice(id) => hello::delete_device(*id),
        Change::DeleteApp(id) => vec![
            any("DELETE FROM app_uris WHERE app_id = $1", Args::new().blob(id.as_bytes())),
            any("DELETE FROM apps WHERE id = $1", Args::new().blob(id.as_bytes())),
        ],
        Change::CutAudits { from, to } => chain::cut(*from, to),
        Change::InsertApp(app) => apps::insert(app),
        Change::UpdateApp(app) => apps::update(app),
        Change::ReplaceRecoveryCodes { user, hashes, at } => recovery::replace_codes(*user, hashes, *at),
        Change::DeleteStream(id) => signals::forget_stream(*id, true),
        Change::ForgetWaiting(id) => signals::forget_stream(*id, false),
        Change::Signal(event) => signals::signal(event),
        Change::SignalTold { target, ids, at, error } => signals::told(*target, ids, *at, error),
        Change::PutOffSignals { target, until, error } => signals::put_off(*target, *until, error),
        other => vec![statement(other)],
    }
}

fn statement(change: &Change) -> Statement {
    match change {
        Change::AddMember { group, user } => add_member(*group, *user),
        Change::AcknowledgeAlarm { user, kind, seen } => recovery::acknowledge(*user, *kind, *seen),
        Change::AdvanceGrant { family, from, at } => one(
            // Not one that has ended: the revocation may have come between load and commit.
            "UPDATE grants SET generation = generation + 1, advanced = $1 \
             WHERE family = $2 AND generation = $3 AND ended IS NULL",
            Args::new().at(*at).blob(family).int(*from),
            Conflict::Stale,
        ),
        Change::AdvanceSession { id, from, at, expires } => one(
            "UPDATE sessions SET generation = generation + 1, advanced = $1, last_seen = $1, expires = $2, \
             gone = $2 WHERE id = $3 AND generation = $4 AND ended IS NULL",
            Args::new().at(*at).at(*expires).blob(id.as_bytes()).int(*from),
            Conflict::Stale,
        ),
        Change::AdvanceTrust { from } => one(
            "UPDATE trust_generation SET generation = generation + 1 WHERE generation = $1",
            Args::new().int(*from),
            Conflict::Stale,
        ),
        // The row is locked till the commit: a change of the trust comes before it or after it.
        Change::RequireTrust { generation } => one(
            "UPDATE trust_generation SET generation = generation WHERE generation = $1",
            Args::new().int(*generation),
            Conflict::Stale,
        ),
        Change::DeviceCode(change) => device_codes::statement(change),
        Change::HelloKey(change) => hello::statement(change),
        Change::ClaimSignal { waiting, until } => signals::claim(waiting, *until),
        Change::ExcludeSubject { stream, subject, excluded } => signals::exclude(*stream, subject, *excluded),
        Change::DeleteTransmitter(id) => transmitters::delete(*id),
        Change::InsertTransmitter(it) => transmitters::insert(it),
        Change::InsertStream(stream) => signals::insert_stream(stream),
        Change::NoteAppSession { app, session } => signals::note_app(*session, *app),
        Change::QueueSignal(waiting) => signals::enqueue(waiting),
        Change::UpdateStream(stream) => signals::update_stream(stream),
        Change::DeletePasskey { id, user } => one(
            "DELETE FROM passkeys WHERE id = $1 AND user_id = $2",
            Args::new().blob(id).blob(user.as_bytes()),
            Conflict::Stale,
        ),
        Change::DeleteTap { id, user } => one(
            "DELETE FROM taps WHERE id = $1 AND user_id = $2",
            Args::new().blob(id.as_bytes()).blob(user.as_bytes()),
            Conflict::Stale,
        ),
        Change::DeleteTrust(name) => {
            one("DELETE FROM trust WHERE name = $1", Args::new().text(name), Conflict::Stale)
        }
        Change::EndGrant { family, at } => any(
            "UPDATE grants SET ended = $1, gone = CASE WHEN gone > $1 THEN $1 ELSE gone END \
             WHERE family = $2 AND ended IS NULL",
            Args::new().at(*at).blob(family),
        ),
        Change::EndSession { id, at } => any(
            "UPDATE sessions SET ended = $1, gone = CASE WHEN gone > $1 THEN $1 ELSE gone END \
             WHERE id = $2 AND ended IS NULL",
            Args::new().at(*at).blob(id.as_bytes()),
        ),
        Change::EndSessionsOf { user, at } => any(
            "UPDATE sessions SET ended = $1, gone = CASE WHEN gone > $1 THEN $1 ELSE gone END \
             WHERE user_id = $2 AND ended IS NULL",
            Args::new().at(*at).blob(user.as_bytes()),
        ),
        Change::InsertAccessVersion(version) => access::insert_version(version),
        Change::InsertDevice(device) => devices::insert(device),
        Change::InsertGrant(grant) => insert_grant(grant),
        Change::InsertGroup(group) => insert_group(group),
        Change::InsertKey(key) => insert_key(key),
        Change::InsertPasskey(passkey) => insert_passkey(passkey),
        Change::InsertSession(session) => insert_session(session),
        Change::InsertTap(tap) => insert_tap(tap),
        Change::InsertUser(user) => insert_user(user),
        Change::PutTrust(document) => put_trust(document),
        Change::RemoveMember { group, user } => one(
            "DELETE FROM group_members WHERE user_id = $1 AND group_id = $2",
            Args::new().blob(user.as_bytes()).text(group.to_string()),
            Conflict::Stale,
        ),
        Change::RaiseAlarm(alarm) => recovery::raise(alarm),
        Change::RenamePasskey { id, user, name } => one(
            "UPDATE passkeys SET name = $1 WHERE id = $2 AND user_id = $3",
            Args::new().text(name).blob(id).blob(user.as_bytes()),
            Conflict::Stale,
        ),
        Change::SeenDevice { id, at } => {
            any("UPDATE devices SET last_seen = $1 WHERE id = $2", Args::new().at(*at).blob(id.as_bytes()))
        }
        Change::RaiseDevice(id) => devices::raise(*id),
        Change::SetDeviceEnabled { id, enabled } => one(
            "UPDATE devices SET enabled = $1 WHERE id = $2",
            Args::new().int(*enabled).blob(id.as_bytes()),
            Conflict::Stale,
        ),
        Change::SetEvidence { id, evidence } => any(
            "UPDATE passkeys SET evidence = $1, proof = $2, judged = $3, metadata = $4, attested = $5, \
             certification = $6, verification = $7 WHERE id = $8",
            self::evidence(Args::new(), evidence).blob(id),
        ),
        Change::SetKeyState { id, from, to, at } => one(
            "UPDATE keys SET state = $1, since = $2 WHERE id = $3 AND state = $4",
            Args::new().text(names::state(*to)).at(*at).blob(id.as_bytes()).text(names::state(*from)),
            Conflict::Stale,
        ),
        Change::SetPolicy { name, from, document, at } => one(
            // Generation 0 is that of a policy without a row; one that has a row is not at 0.
            "INSERT INTO policies (name, generation, document, changed) VALUES ($1, $2 + 1, $3, $4) \
             ON CONFLICT (name) DO UPDATE SET generation = excluded.generation, document = excluded.document, \
             changed = excluded.changed WHERE policies.generation = $2",
            Args::new().text(*name).int(i64::try_from(*from).unwrap_or(i64::MAX - 1)).text(document).at(*at),
            Conflict::Stale,
        ),
        Change::SetSetting { name, value } => any(
            "INSERT INTO settings (name, value) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            Args::new().text(*name).text(value),
        ),
        Change::Snooze { user, seen, now } => one(
            "INSERT INTO snoozes (user_id, times, until) VALUES ($1, $2, $3) \
             ON CONFLICT (user_id) DO UPDATE SET times = excluded.times, until = excluded.until \
             WHERE snoozes.times = $4",
            Args::new().blob(user.as_bytes()).int(now.times).at(now.until).int(*seen),
            Conflict::Stale,
        ),
        Change::TellDevice { id, seen, told } => devices::tell(*id, *seen, told),
        Change::UpdateGroup(group) => one(
            "UPDATE user_groups SET name = $1, search_name = $2, description = $3, nickname = $4 WHERE id = $5",
            Args::new()
                .text(&group.name)
                .text(group.name.to_lowercase())
                .text(&group.description)
                .text(&group.nickname)
                .blob(group.id.as_bytes()),
            Conflict::Stale,
        ),
        Change::UpdateUser(user) => update_user(user),
        Change::UsePasskey { id, seen, sign_count, backup_state, at } => one(
            "UPDATE passkeys SET sign_count = $1, backup_state = $2, last_used = $3 \
             WHERE id = $4 AND sign_count = $5",
            Args::new().int(*sign_count).int(*backup_state).at(*at).blob(id).int(*seen),
            Conflict::Stale,
        ),
        Change::UseRecoveryCode { user, hash, at } => recovery::use_code(*user, hash, *at),
        Change::UseTap { id, at } => one(
            "UPDATE taps SET used = COALESCE(used, $1) WHERE id = $2 AND (once = 0 OR used IS NULL)",
            Args::new().at(*at).blob(id.as_bytes()),
            Conflict::Spent,
        ),
        Change::CutAudits { .. }
        | Change::DeleteApp(_)
        | Change::DeleteDevice(_)
        | Change::DeleteGroup(_)
        | Change::DeleteStream(_)
        | Change::DeleteUser(_)
        | Change::ForgetWaiting(_)
        | Change::PutOffSignals { .. }
        | Change::Signal(_)
        | Change::SignalTold { .. }
        | Change::InsertApp(_)
        | Change::LogAudit(_)
        | Change::LogSignIn(_)
        | Change::ReplaceRecoveryCodes { .. }
        | Change::Spend { .. }
        | Change::UpdateApp(_) => unreachable!("more or fewer statements than one: see `statements`"),
    }
}

fn delete_user(id: UserId) -> Vec<Statement> {
    [
        "DELETE FROM grants WHERE session_id IN (SELECT id FROM sessions WHERE user_id = $1)",
        "DELETE FROM sessions WHERE user_id = $1",
        "DELETE FROM passkeys WHERE user_id = $1",
        "DELETE FROM taps WHERE user_id = $1",
        "DELETE FROM recovery_codes WHERE user_id = $1",
        "DELETE FROM alarms WHERE user_id = $1",
        "DELETE FROM hello_keys WHERE user_id = $1",
        "DELETE FROM hello_keys WHERE device_id IN (SELECT id FROM devices WHERE owner = $1)",
        "DELETE FROM devices WHERE owner = $1",
        "DELETE FROM group_members WHERE user_id = $1",
        "DELETE FROM snoozes WHERE user_id = $1",
        "DELETE FROM users WHERE id = $1",
    ]
    .into_iter()
    .map(|sql| any(sql, Args::new().blob(id.as_bytes())))
    .collect()
}

fn delete_group(id: GroupId) -> Vec<Statement> {
    let members = "DELETE FROM group_members WHERE group_id = $1";
    vec![
        any(members, Args::new().text(id.to_string())),
        any("DELETE FROM user_groups WHERE id = $1", Args::new().blob(id.as_bytes())),
    ]
}

/// Nobody is put into a group that is gone, or is gone themselves: a row of neither would come to life again.
fn add_member(group: GroupId, user: UserId) -> Statement {
    one(
        "INSERT INTO group_members (user_id, group_id) SELECT u.id, $2 FROM users u, user_groups o \
         WHERE u.id = $1 AND o.id = $3 ON CONFLICT DO NOTHING",
        Args::new().blob(user.as_bytes()).text(group.to_string()).blob(group.as_bytes()),
        Conflict::Duplicate,
    )
}

fn insert_group(group: &Group) -> Statement {
    one(
        "INSERT INTO user_groups (id, name, search_name, description, nickname, created) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        Args::new()
            .blob(group.id.as_bytes())
            .text(&group.name)
            .text(group.name.to_lowercase())
            .text(&group.description)
            .text(&group.nickname)
            .at(group.created),
        Conflict::Duplicate,
    )
}

fn insert_grant(grant: &Grant) -> Statement {
    one(
        "INSERT INTO grants (family, session_id, client_id, scope, resource, created, expires, generation, \
         advanced, ended, gone) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
        Args::new()
            .blob(&grant.family)
            .blob(grant.session.as_bytes())
            .blob(grant.client.as_bytes())
            .text(&grant.scope)
            .text(&grant.resource)
            .at(grant.created)
            .at(grant.expires)
            .int(grant.generation)
            .at(grant.advanced)
            .opt_at(grant.ended)
            .at(grant.ended.map_or(grant.expires, |at| at.min(grant.expires))),
        Conflict::Duplicate,
    )
}

fn insert_key(key: &StoredKey) -> Statement {
    one(
        "INSERT INTO keys (id, purpose, state, created, since, sealed) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT DO NOTHING",
        Args::new()
            .blob(key.id.as_bytes())
            .text(names::purpose(key.purpose))
            .text(names::state(key.state))
            .at(key.created)
            .at(key.since)
            .blob(&key.sealed),
        Conflict::Duplicate,
    )
}

fn insert_passkey(passkey: &Passkey) -> Statement {
    one(
        "INSERT INTO passkeys (id, user_id, public_key, sign_count, backup_eligible, backup_state, aaguid, \
         format, attestation_object, client_data, transports, name, rp_id, evidence, proof, judged, \
         metadata, attested, certification, verification, created, last_used, made_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
         $17, $18, $19, $20, $21, $22, $23) ON CONFLICT DO NOTHING",
        evidence(passkey_head(passkey), &passkey.evidence)
            .at(passkey.created)
            .opt_at(passkey.last_used)
            .text(&passkey.made_by),
        Conflict::Duplicate,
    )
}

/// What of a passkey stands in front of its evidence.
fn passkey_head(passkey: &Passkey) -> Args {
    Args::new()
        .blob(&passkey.id)
        .blob(passkey.user.as_bytes())
        .blob(&passkey.public_key)
        .int(passkey.sign_count)
        .int(passkey.backup_eligible)
        .int(passkey.backup_state)
        .blob(&passkey.aaguid)
        .text(&passkey.format)
        .blob(&passkey.attestation_object)
        .blob(&passkey.client_data)
        .list(&passkey.transports)
        .text(&passkey.name)
        .text(&passkey.rp_id)
}

/// The columns of evidence, in their order.
fn evidence(args: Args, evidence: &Evidence) -> Args {
    args.int(evidence.level.to_i64())
        .text(&evidence.proof)
        .at(evidence.judged)
        .opt_int(evidence.metadata)
        .int(evidence.attested)
        .text(evidence.certification.name())
        .list(&evidence.verification)
}

fn insert_session(session: &Session) -> Statement {
    one(
        "INSERT INTO sessions (id, user_id, kind, device_id, parent_id, credential, factors, auth_time, created, \
         expires, last_seen, ended, generation, advanced, agent, ip, gone) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
         ON CONFLICT DO NOTHING",
        Args::new()
            .blob(session.id.as_bytes())
            .blob(session.user.as_bytes())
            .text(names::session_kind(session.kind))
            .opt_blob(session.device.as_ref().map(|id| id.as_bytes().as_slice()))
            .opt_blob(session.parent.as_ref().map(|id| id.as_bytes().as_slice()))
            .opt_blob(session.credential.as_deref())
            .int(session.factors.bits())
            .at(session.auth_time)
            .at(session.created)
            .at(session.expires)
            .at(session.last_seen)
            .opt_at(session.ended)
            .int(session.generation)
            .at(session.advanced)
            .text(&session.agent)
            .text(&session.ip)
            .at(session.ended.map_or(session.expires, |at| at.min(session.expires))),
        Conflict::Duplicate,
    )
}

fn insert_tap(tap: &Tap) -> Statement {
    one(
        "INSERT INTO taps (id, user_id, hash, created, starts, expires, once, used) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        Args::new()
            .blob(tap.id.as_bytes())
            .blob(tap.user.as_bytes())
            .blob(&tap.hash)
            .at(tap.created)
            .at(tap.starts)
            .at(tap.expires)
            .int(tap.once)
            .opt_at(tap.used),
        Conflict::Duplicate,
    )
}

fn put_trust(document: &TrustDocument) -> Statement {
    any(
        "INSERT INTO trust (name, kind, scope, models, edition, sha256, added, actor, body) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (name) DO UPDATE SET \
         kind = excluded.kind, scope = excluded.scope, models = excluded.models, edition = excluded.edition, \
         sha256 = excluded.sha256, added = excluded.added, actor = excluded.actor, body = excluded.body",
        Args::new()
            .text(&document.name)
            .text(document.kind.name())
            .text(&document.scope)
            .list(&document.models)
            .opt_int(document.edition)
            .blob(&document.sha256)
            .at(document.added)
            .text(&document.actor)
            .blob(&document.body),
    )
}

fn insert_user(user: &User) -> Statement {
    one(
        "INSERT INTO users (id, upn, display_name, search_name, enabled, roles, break_glass, handle, created) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        Args::new()
            .blob(user.id.as_bytes())
            .text(&user.upn)
            .text(&user.display_name)
            .text(user.display_name.to_lowercase())
            .int(user.enabled)
            .int(user.roles.bits())
            .int(user.break_glass)
            .blob(&user.handle)
            .at(user.created),
        Conflict::Duplicate,
    )
}

fn update_user(user: &User) -> Statement {
    let statement = one(
        "UPDATE users SET upn = $1, display_name = $2, search_name = $3, enabled = $4, roles = $5, \
         break_glass = $6 WHERE id = $7",
        Args::new()
            .text(&user.upn)
            .text(&user.display_name)
            .text(user.display_name.to_lowercase())
            .int(user.enabled)
            .int(user.roles.bits())
            .int(user.break_glass)
            .blob(user.id.as_bytes()),
        Conflict::Stale,
    );
    Statement { unique: true, ..statement }
}

/// The values of a line of the sign-in log, in the order of `columns!(sign_in)`.
pub(crate) fn sign_in(args: Args, line: &SignIn) -> Args {
    args.at(line.at)
        .blob(line.id.as_bytes())
        .text(line.kind.name())
        .text(line.reason.code())
        .opt_blob(line.user.as_ref().map(|id| id.as_bytes().as_slice()))
        .text(clean(&line.upn))
        .opt_blob(line.app.as_ref().map(|id| id.as_bytes().as_slice()))
        .text(clean(&line.app_name))
        .text(clean(&line.resource))
        .opt_blob(line.device.as_ref().map(|id| id.as_bytes().as_slice()))
        .text(clean(&line.device_name))
        .opt_blob(line.session.as_ref().map(|id| id.as_bytes().as_slice()))
        .int(line.factors.bits())
        .text(line.binding.name())
        .text(clean(&line.ip))
        .text(clean(&line.agent))
        .text(clean(&line.detail))
        .text(clean(&line.facts))
        .text(clean(&line.said))
}

/// A log line is written whatever a stranger typed: PostgreSQL refuses NUL, and a refused line would let an
/// attacker stay out of the log by putting one into a header.
pub(crate) fn clean(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() }
}

/// Whether every text of a change can be stored on both databases. Log lines always can, see [`clean`].
pub(crate) fn is_storable(change: &Change) -> bool {
    let plain = |text: &String| !text.contains('\0');
    match change {
        Change::InsertApp(a) | Change::UpdateApp(a) => {
            let lists = [&a.redirect_uris, &a.logout_uris, &a.identifier_uris];
            let uri = a.backchannel_logout_uri.as_ref().is_none_or(plain);
            uri && plain(&a.name) && lists.into_iter().flatten().all(plain)
        }
        Change::InsertDevice(d) => [&d.name, &d.os, &d.os_version].into_iter().all(plain),
        Change::TellDevice { told, .. } => {
            plain(&told.os_version) && told.details.attributes.values().all(plain)
        }
        Change::InsertGrant(g) => plain(&g.scope) && plain(&g.resource),
        Change::InsertPasskey(p) => {
            let evidence = std::iter::once(&p.evidence.proof).chain(&p.evidence.verification);
            [&p.format, &p.name, &p.rp_id].into_iter().chain(&p.transports).chain(evidence).all(plain)
        }
        Change::InsertSession(s) => plain(&s.agent) && plain(&s.ip),
        Change::InsertGroup(g) | Change::UpdateGroup(g) => {
            [&g.name, &g.description, &g.nickname].into_iter().all(plain)
        }
        Change::InsertAccessVersion(v) => [&v.id, &v.actor, &v.document].into_iter().all(plain),
        Change::SetPolicy { document, .. } => plain(document),
        Change::InsertUser(u) | Change::UpdateUser(u) => plain(&u.upn) && plain(&u.display_name),
        Change::DeleteTrust(name) | Change::RenamePasskey { name, .. } => plain(name),
        Change::PutTrust(t) => [&t.name, &t.scope, &t.actor].into_iter().chain(&t.models).all(plain),
        Change::SetEvidence { evidence, .. } => {
            plain(&evidence.proof) && evidence.verification.iter().all(plain)
        }
        Change::SetSetting { value, .. } => plain(value),
        Change::DeviceCode(change) => device_codes::is_storable(change),
        Change::InsertTransmitter(it) => transmitters::is_storable(it),
        Change::InsertStream(s) | Change::UpdateStream(s) => signals::is_storable(s),
        Change::AcknowledgeAlarm { .. }
        | Change::ClaimSignal { .. }
        | Change::DeleteStream(_)
        | Change::DeleteTransmitter(_)
        | Change::ExcludeSubject { .. }
        | Change::ForgetWaiting(_)
        | Change::HelloKey(_)
        | Change::NoteAppSession { .. }
        | Change::PutOffSignals { .. }
        | Change::QueueSignal(_)
        | Change::Signal(_)
        | Change::SignalTold { .. }
        | Change::AddMember { .. }
        | Change::AdvanceGrant { .. }
        | Change::AdvanceSession { .. }
        | Change::AdvanceTrust { .. }
        | Change::CutAudits { .. }
        | Change::DeleteApp(_)
        | Change::DeleteDevice(_)
        | Change::DeleteGroup(_)
        | Change::DeletePasskey { .. }
        | Change::DeleteTap { .. }
        | Change::DeleteUser(_)
        | Change::EndGrant { .. }
        | Change::EndSession { .. }
        | Change::EndSessionsOf { .. }
        | Change::InsertKey(_)
        | Change::InsertTap(_)
        | Change::LogAudit(_)
        | Change::LogSignIn(_)
        | Change::RemoveMember { .. }
        | Change::RaiseAlarm(_)
        | Change::ReplaceRecoveryCodes { .. }
        | Change::RequireTrust { .. }
        | Change::SeenDevice { .. }
        | Change::RaiseDevice(_)
        | Change::SetDeviceEnabled { .. }
        | Change::SetKeyState { .. }
        | Change::Snooze { .. }
        | Change::Spend { .. }
        | Change::UsePasskey { .. }
        | Change::UseRecoveryCode { .. }
        | Change::UseTap { .. } => true,
    }
}
