//! One line of the sign-in log, filled in as a request is understood, written whatever is decided.

use crate::alarm::{self, Watched};
use crate::app::App;
use crate::extract::Caller;
use crate::telemetry;
use crate::throttle::{Class, Refusals};
use passband_core::audit::noted::Noted;
use passband_core::audit::said::Told;
use passband_core::audit::{Audit, SignIn, SignInKind};
use passband_core::change::Change;
use passband_core::decision::Refusal;
use passband_core::device::suite::Suite;
use passband_core::directory::{App as AppRecord, ClientProfile, Device, User};
use passband_core::id::{AuditId, ClientId, DeviceId, SessionId, SignInId, UserId};
use passband_core::policy::access::facts::Facts;
use passband_core::policy::access::verdict::Verdict;
use passband_core::policy::signal::{Binding, Factors};
use passband_core::reason::Reason;
use passband_core::rng;
use passband_core::session::prt::Prt;
use passband_core::session::standing::Live;
use passband_core::time::Timestamp;
use passband_store::CommitError;

/// A request on its way to a decision.
#[derive(Clone, Debug)]
pub struct Attempt {
    kind: SignInKind,
    caller: Caller,
    at: Timestamp,
    user: Option<UserId>,
    upn: String,
    app: Option<ClientId>,
    app_name: String,
    resource: String,
    device: Option<DeviceId>,
    device_name: String,
    session: Option<SessionId>,
    factors: Factors,
    binding: Binding,
    detail: String,
    facts: String,
    said: String,
    watched: Option<Watched>,
}

impl Attempt {
    /// An attempt of this kind, nothing known yet but who calls.
    pub fn new(kind: SignInKind, caller: Caller, at: Timestamp) -> Self {
        Self {
            kind,
            caller,
            at,
            user: None,
            upn: String::new(),
            app: None,
            app_name: String::new(),
            resource: String::new(),
            device: None,
            device_name: String::new(),
            session: None,
            factors: Factors::NONE,
            binding: Binding::None,
            detail: String::new(),
            facts: String::new(),
            said: String::new(),
            watched: None,
        }
    }

    /// When it was made.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Who calls.
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// It is of another kind than it looked.
    pub fn is(&mut self, kind: SignInKind) {
        self.kind = kind;
    }

    /// The app it is for.
    pub fn for_app(&mut self, app: &AppRecord) {
        self.app = Some(app.id);
        self.app_name = app.name.clone();
    }

    /// The resource it is for.
    pub fn for_resource(&mut self, resource: &str) {
        self.resource = resource.chars().take(200).collect();
    }

    /// The person it is by.
    pub fn by(&mut self, user: &User) {
        self.user = Some(user.id);
        self.upn = user.upn.clone();
        self.aims_at(user);
    }

    /// The account it is aimed at, before it is known whether the person is its owner. Only an account that is
    /// watched leaves a trace of that.
    pub fn aims_at(&mut self, user: &User) {
        self.watched = Watched::of(user);
    }

    /// The device it comes from.
    pub fn from_device(&mut self, device: &Device) {
        self.device = Some(device.id);
        self.device_name = device.name.clone();
        self.in_suite(Suite::of_key(&device.device_key));
        self.let_off(device.profile);
    }

    /// The PRT it names, before anything behind it is known.
    pub fn from_prt(&mut self, prt: &Prt) {
        self.user = Some(prt.user);
        self.device = Some(prt.device);
        self.session = Some(prt.session);
        self.in_suite(prt.holder.suite());
    }

    /// What signs for its device's PRT, if it is not a session key.
    fn in_suite(&mut self, suite: Suite) {
        if suite == Suite::DeviceKey {
            self.detail = format!("{} suite", suite.plain());
        }
    }

    /// The session it begins or uses.
    pub fn in_session(&mut self, id: SessionId, factors: Factors) {
        self.session = Some(id);
        self.factors = factors;
    }

    /// The session in good standing that it rests on.
    pub fn rests_on(&mut self, live: Live<'_>) {
        self.by(live.user());
        self.in_session(live.session().id, live.factors());
        self.binding = live.binding();
        if let Some(device) = live.device() {
            self.device = Some(device.id);
            self.device_name = device.name.clone();
            self.let_off(device.profile);
        }
    }

    /// What its device is let off, if it is let off something.
    fn let_off(&mut self, profile: ClientProfile) {
        if profile != ClientProfile::Strict {
            self.detail = format!("client profile {}", profile.name());
        }
    }

    /// Its cookie carried a time in place of a nonce.
    pub fn let_off_the_nonce(&mut self) {
        self.detail.push_str(", cookie without a nonce");
    }

    /// What the answer is bound to.
    pub fn bound(&mut self, binding: Binding) {
        self.binding = binding;
    }

    /// What was proved, before anything was decided about it.
    pub fn proved(&mut self, factors: Factors) {
        self.factors = factors;
    }

    /// What its answer rests on, beside the reason.
    pub fn because(&mut self, detail: String) {
        self.detail = detail;
    }

    /// What conditional access was told, and what it said.
    pub fn heard(&mut self, facts: &Facts<'_>, verdict: &Verdict<'_>) {
        self.facts = Noted::of(facts, self.app).to_text();
        self.said = Told::of(verdict).to_text();
    }

    fn line(self, reason: Reason, app: &App) -> Change {
        Change::LogSignIn(Box::new(SignIn {
            id: SignInId::from_bytes(ordered_id(self.at, app)),
            at: self.at,
            kind: self.kind,
            reason,
            user: self.user,
            upn: self.upn,
            app: self.app,
            app_name: self.app_name,
            resource: self.resource,
            device: self.device,
            device_name: self.device_name,
            session: self.session,
            factors: self.factors,
            binding: self.binding,
            ip: self.caller.ip,
            agent: self.caller.agent,
            detail: self.detail,
            facts: self.facts,
            said: self.said,
        }))
    }

    /// Commits what a grant needs, with its line in the log. Only after this may the answer be given.
    ///
    /// # Errors
    ///
    /// [`CommitError`]; the caller says what a conflict means and refuses.
    pub async fn grant(self, app: &App, mut changes: Vec<Change>) -> Result<(), CommitError> {
        let kind = self.kind;
        changes.extend(self.alarm(app, Reason::Granted, Refusals::Few));
        changes.push(self.line(Reason::Granted, app));
        app.commit(changes).await?;
        count(kind, Reason::Granted);
        Ok(())
    }

    /// Commits what a refusal costs, with its line in the log; and says what to answer, which is
    /// [`Reason::TooManyAttempts`] for a stranger whose network is refused again and again.
    pub async fn refuse(self, app: &App, refusal: impl Into<Refusal>) -> Reason {
        let Refusal { reason, mut changes } = refusal.into();
        count(self.kind, reason);
        let noise = self.noise(app);
        let reason = if noise == Refusals::Few { reason } else { Reason::TooManyAttempts };
        let mut lines = self.alarm(app, reason, noise);
        // One line a window for the rest of it: whoever is refused by the thousand must not fill the log.
        if noise != Refusals::TooMany {
            lines.push(self.line(reason, app));
        }
        changes.extend(lines.iter().cloned());
        match app.commit(changes).await {
            Ok(()) => {}
            // What was to be spent was spent already: the refusal stands, its line must not be lost.
            Err(CommitError::Conflict(_)) => {
                if let Err(error) = app.commit(lines).await {
                    tracing::error!(%error, "a refusal could not be logged");
                }
            }
            Err(CommitError::Store(error)) => tracing::error!(%error, "a refusal could not be logged"),
        }
        reason
    }

    /// How noisy the network of a stranger is. Whoever is known by a session answers for that.
    fn noise(&self, app: &App) -> Refusals {
        if self.session.is_some() {
            return Refusals::Few;
        }
        let class = match self.kind {
            SignInKind::Passkey | SignInKind::PasskeyRegistration => Class::Ceremony,
            SignInKind::TemporaryAccessPass => Class::Pass,
            SignInKind::RecoveryCode => Class::RecoveryCode,
            SignInKind::DeviceRegistration
            | SignInKind::HelloKeyRegistration
            | SignInKind::HelloKey
            | SignInKind::PrtIssue
            | SignInKind::PrtRenewal
            | SignInKind::PrtToken
            | SignInKind::PrtCookie
            | SignInKind::Authorize
            | SignInKind::Code
            | SignInKind::DeviceCode
            | SignInKind::Refresh
            | SignInKind::Page
            | SignInKind::AccessToken => Class::Token,
        };
        app.throttle.refused(class, &self.caller.ip, self.at)
    }

    /// What a watched account leaves behind, beside its line in the log.
    fn alarm(&self, app: &App, reason: Reason, noise: Refusals) -> Vec<Change> {
        match &self.watched {
            // What a program does in the background follows from a sign-in that has raised its alarm.
            Some(watched) if self.kind.is_interactive() => {
                alarm::raise(app, watched, (self.kind, reason, noise), &self.caller.ip)
            }
            _ => Vec::new(),
        }
    }
}

fn count(kind: SignInKind, reason: Reason) {
    telemetry::decided(kind.name(), reason.code());
}

/// A change for the directory audit log.
pub fn audit(
    app: &App,
    actor: &str,
    activity: &'static str,
    target: impl ToString,
    detail: impl Into<String>,
) -> Change {
    let at = app.now();
    Change::LogAudit(Box::new(Audit {
        id: AuditId::from_bytes(ordered_id(at, app)),
        at,
        actor: actor.to_owned(),
        activity,
        target: target.to_string(),
        detail: detail.into(),
    }))
}

/// 16 bytes that sort by time (RFC 9562 version 7): new lines of a log go to the end of its index.
///
/// The clock has whole seconds, so within one the order is a count of this process (§6.2, method 1).
fn ordered_id(at: Timestamp, app: &App) -> [u8; 16] {
    let mut id = rng::bytes::<16>(app.rng());
    let millis = u64::try_from(at.0).unwrap_or(0).saturating_mul(1000);
    id[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    let [b0, b1, b2, b3] = app.next_count().to_be_bytes();
    id[6] = 0x70 | b0 >> 4;
    id[7] = b0 << 4 | b1 >> 4;
    id[8] = 0x80 | (b1 & 0x0f) << 2 | b2 >> 6;
    id[9] = b2 << 2 | b3 >> 6;
    id[10] = b3 << 2 | id[10] & 0x03;
    id
}
