//! From records to the rows of the pages.

use super::bands;
use super::visit::Visitor;
use crate::app::App;
use crate::pages::{
    DeviceRow, DeviceState, HelloKeyRow, PasskeyKind, PasskeyModel, PasskeyRow, SessionRow, When,
};
use crate::trust::InForce;
use passband_core::device::suite::Suite;
use passband_core::directory::hello::HelloKey;
use passband_core::directory::{ClientProfile, Device, JoinType, Passkey, Session, SessionKind};
use passband_core::id::UserId;
use passband_core::policy::signal::Factors;
use passband_core::time::{Seconds, Timestamp};
use passband_store::{MAX_TOP, Page, StoreError};
use passband_wire::b64;
use std::sync::Arc;

/// A device that has not been seen for this long is shown as stale.
const STALE_AFTER: Seconds = Seconds::days(90);

/// Sessions shown of one person at most.
const MOST_SESSIONS: usize = 200;

/// What belongs to one person.
#[derive(Debug)]
pub struct Belongings {
    /// Passkeys, the oldest first.
    pub passkeys: Vec<Passkey>,
    /// Devices, the newest first.
    pub devices: Vec<Device>,
    /// Hello keys, the oldest first.
    pub hello_keys: Vec<HelloKey>,
    /// Sessions that stand, the newest first.
    pub sessions: Vec<Session>,
    /// What names the models of passkeys.
    trust: Arc<InForce>,
}

impl Belongings {
    /// Loads them.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn load(app: &App, user: UserId) -> Result<Self, StoreError> {
        let passkeys = app.store.passkeys_of(user).await?;
        let devices = app.store.devices(&Page::first(MAX_TOP), Some(user)).await?.items;
        let hello_keys = app.store.hello_keys_of(user).await?;
        let mut sessions = app.store.sessions_of(user, app.now()).await?;
        // The rest of what `judge` asks: a session whose passkey, Hello key or device is gone is none, whatever its row says.
        sessions.retain(|session| {
            let by = session.credential.as_ref();
            let on = session.device;
            let begun = |id: &Vec<u8>| match session.factors.contains(Factors::HELLO_KEY) {
                true => hello_keys.iter().any(|key| key.id[..] == id[..]),
                false => passkeys.iter().any(|passkey| passkey.id == *id),
            };
            by.is_none_or(begun)
                && on.is_none_or(|id| devices.iter().any(|device| device.id == id && device.enabled))
        });
        sessions.truncate(MOST_SESSIONS);
        Ok(Self { passkeys, devices, hello_keys, sessions, trust: app.trust() })
    }

    fn device(&self, session: &Session) -> Option<&Device> {
        self.devices.iter().find(|device| Some(device.id) == session.device)
    }

    /// Passkeys as rows; `viewer` marks the one they used.
    pub fn passkey_rows(&self, viewer: &Visitor) -> Vec<PasskeyRow> {
        let used = viewer.session().credential.as_ref();
        let row = |passkey: &Passkey| passkey_row(passkey, &self.trust, used == Some(&passkey.id));
        self.passkeys.iter().map(row).collect()
    }

    /// Devices as rows; `viewer` marks the one they are on.
    pub fn device_rows(&self, viewer: &Visitor, now: Timestamp) -> Vec<DeviceRow> {
        let session = viewer.session();
        let is_current = |device: &Device| session.device == Some(device.id);
        let signed = session.factors.contains(Factors::DEVICE_KEY);
        self.devices.iter().map(|device| device_row(device, (is_current(device), signed), now)).collect()
    }

    /// Hello keys as rows.
    pub fn hello_key_rows(&self) -> Vec<HelloKeyRow> {
        let row = |key: &HelloKey| {
            let device = self.devices.iter().find(|device| device.id == key.device);
            HelloKeyRow {
                id: b64::encode(key.id),
                device: device.map_or("a device", |device| device.name.as_str()).to_owned(),
                created: When(key.created),
                last_used: key.last_used.map(When),
                band: bands::hello_key(device.map(|device| device.evidence)),
            }
        };
        self.hello_keys.iter().map(row).collect()
    }

    /// Sessions as rows; `viewer` marks their own.
    pub fn session_rows(&self, viewer: &Visitor) -> Vec<SessionRow> {
        let row = |session| session_row(session, self.device(session), viewer.session().id == session.id);
        self.sessions.iter().map(row).collect()
    }
}

fn passkey_row(passkey: &Passkey, trust: &InForce, is_current: bool) -> PasskeyRow {
    let model = trust.model_name(passkey);
    PasskeyRow {
        id: b64::encode(&passkey.id),
        name: passkey.name.clone(),
        kind: passkey_kind(passkey.backup_eligible, &passkey.transports),
        model: model.map(|model| PasskeyModel { name: model.name.to_owned(), is_proved: model.is_proved }),
        is_synced: passkey.backup_eligible,
        evidence: passkey.evidence.level.name().to_owned(),
        created: When(passkey.created),
        last_used: passkey.last_used.map(When),
        band: bands::passkey(passkey),
        is_current,
    }
}

/// What holds it, as it says itself: nothing here is proved at E0.
fn passkey_kind(is_synced: bool, transports: &[impl AsRef<str>]) -> PasskeyKind {
    let by = |wanted: &[&str]| transports.iter().any(|name| wanted.contains(&name.as_ref()));
    if is_synced {
        PasskeyKind::Synced
    } else if by(&["usb", "nfc", "ble", "smart-card"]) {
        PasskeyKind::SecurityKey
    } else if by(&["hybrid"]) {
        PasskeyKind::Phone
    } else if by(&["internal"]) {
        PasskeyKind::Device
    } else {
        PasskeyKind::Bound
    }
}

/// A device as a row. `(is_current, signed)`: whether the viewer's session runs on it, and whether its key signed
/// for that session.
pub fn device_row(device: &Device, (is_current, signed): (bool, bool), now: Timestamp) -> DeviceRow {
    let seen = device.last_seen.unwrap_or(device.created);
    let state = match device.enabled {
        false => DeviceState::Disabled,
        true if now - seen > STALE_AFTER => DeviceState::Stale,
        true => DeviceState::Active,
    };
    let join = match device.join {
        JoinType::Joined => "joined",
        JoinType::Registered => "registered",
    };
    let system = format!("{} {}", device.os, device.os_version);
    let system = if system.trim().is_empty() { "Unknown system" } else { system.trim() };
    let suite = Suite::of_key(&device.device_key).plain();
    DeviceRow {
        id: device.id.to_string(),
        name: device.name.clone(),
        kind: match device.profile {
            ClientProfile::Strict => format!("{system}, {join}, {suite} suite"),
            ClientProfile::Compatible => {
                format!("{system}, {join}, {suite} suite, compatible client profile")
            }
        },
        state,
        evidence: device.evidence.name().to_owned(),
        told: told(device, now),
        registered: When(device.created),
        last_seen: device.last_seen.map(When),
        band: bands::device(device, is_current && signed),
        is_current,
    }
}

/// What others say about a device, as far as it is still believed.
fn told(device: &Device, now: Timestamp) -> Vec<String> {
    let known = device.compliance.as_of(now);
    let fact = |fact: Option<bool>, yes: &'static str, no: &'static str| Some(if fact? { yes } else { no });
    let facts =
        [fact(known.compliant, "Compliant", "Not compliant"), fact(known.managed, "Managed", "Not managed")];
    let until = known.until.rfc3339();
    let mut told: Vec<_> = facts.into_iter().flatten().map(|fact| format!("{fact} until {until}")).collect();
    if told.is_empty() && device.compliance.until > Timestamp(0) {
        told.push("Compliance unknown: what was said about it is out of date".to_owned());
    }
    told.extend(device.details.ownership.map(|ownership| format!("Ownership: {}", ownership.name())));
    told.extend(device.details.attributes.iter().map(|(which, text)| format!("{}: {text}", which.name())));
    told
}

fn session_row(session: &Session, device: Option<&Device>, is_current: bool) -> SessionRow {
    let on = device.map_or("a device", |device| device.name.as_str());
    let (place, bound_to) = match (session.kind, session.parent) {
        (SessionKind::Prt, _) => (format!("Primary Refresh Token on {on}"), format!("the key of {on}")),
        (SessionKind::Browser, Some(_)) => (
            browser(&session.agent),
            format!("nothing: a cookie, made from the Primary Refresh Token of {on}"),
        ),
        (SessionKind::Browser, None) => {
            (browser(&session.agent), "nothing: a cookie in this browser".to_owned())
        }
    };
    SessionRow {
        id: session.id.to_string(),
        place,
        bound_to,
        started: When(session.auth_time),
        last_used: When(session.last_seen),
        expires: When(session.expires),
        band: bands::session(session, device.map(|device| device.evidence)),
        is_current,
    }
}

/// A user agent in words, as far as it can be believed: "Firefox on Windows".
pub fn browser(agent: &str) -> String {
    // The order matters: everyone claims to be Safari, and Chromium's kin all say Chrome as well.
    const BROWSERS: [(&str, &str); 7] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("Windows", "Windows"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let named = |list: &[(&str, &'static str)]| {
        list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("A browser on {system}"),
        (None, None) => "A browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{PasskeyKind, browser, passkey_kind};

    #[test]
    fn what_holds_a_passkey_is_told_by_its_transports() {
        for (is_synced, transports, want) in [
            (true, &["internal", "hybrid"][..], PasskeyKind::Synced),
            (true, &["usb"], PasskeyKind::Synced),
            (false, &["nfc", "usb"], PasskeyKind::SecurityKey),
            (false, &["hybrid", "internal"], PasskeyKind::Phone),
            (false, &["internal"], PasskeyKind::Device),
            (false, &["new-kind"], PasskeyKind::Bound),
            (false, &[], PasskeyKind::Bound),
        ] {
            assert_eq!(passkey_kind(is_synced, transports), want, "{transports:?}");
        }
    }

    #[test]
    fn user_agents_are_told_apart() {
        for (agent, words) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142 Safari/537 Edg/142",
                "Edge on Windows",
            ),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/26 Safari/605", "Safari on macOS"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 26 like Mac OS X) Version/26 Safari/604",
                "Safari on iPhone",
            ),
            ("Mozilla/5.0 (Android 16; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox on Android"),
            ("curl/8.1", "A browser"),
            ("", "A browser"),
        ] {
            assert_eq!(browser(agent), words);
        }
    }
}
