//! What the planner has to know of platforms: each row rests on a fact of the map and keeps its dates.

use crate::model::Browser;
use passband_core::policy::access::facts::Platform;

/// Something a platform can do, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ability {
    /// Passkeys in this browser.
    Browser(Browser),
    /// Passkeys in native apps, by way of the broker.
    Native,
    /// A passkey of Microsoft Authenticator in native apps, by way of the broker.
    NativePhone,
    /// Passkeys in native apps without a broker.
    Alone,
    /// The same in Outlook, Teams and OneDrive.
    AloneMail,
    /// Synced passkeys, as such.
    Synced,
    /// Those of Apple Passwords.
    Apple,
    /// Those of Google Password Manager.
    Google,
    /// Those of other providers.
    OtherSynced,
    /// A passkey of Microsoft Authenticator on the phone itself.
    Phone,
    /// The passkey of a phone, on another device.
    CrossDevice,
    /// A device-bound passkey in Windows Hello.
    Hello,
    /// A device-bound passkey in the Secure Enclave of a Mac.
    MacCredential,
    /// Windows Hello for Business.
    HelloForBusiness,
    /// Token protection of sign-in sessions in native apps.
    TokenProtection,
    /// Token protection in this kind of browser.
    WebTokenProtection,
    /// That a browser shows on which registered device it runs.
    DeviceInBrowser(Browser),
    /// A hardware-bound Primary Refresh Token.
    HardwarePrt,
}

/// What the map says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It works.
    Works,
    /// It is a preview: it works where somebody takes part.
    Preview,
    /// It works for some, or sources disagree.
    Unsure,
    /// It works once the broker or the single sign-on extension is set up.
    WithSso,
    /// It works on a managed device with the single sign-on extension.
    WithSsoManaged,
    /// It does not work.
    Not,
}

/// A row: one fact of the map.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The id of the fact in the map.
    pub fact: &'static str,
    /// Of what.
    pub ability: Ability,
    /// Where; none for everywhere.
    pub platform: Option<Platform>,
    /// From which version of the operating system.
    pub least: Option<&'static str>,
    /// From when, as the fact writes it: `2026-03` or `2026-08-20`.
    pub since: Option<&'static str>,
    /// Until when.
    pub until: Option<&'static str>,
    /// What it says.
    pub standing: Standing,
}

const fn row(fact: &'static str, ability: Ability, platform: Platform, standing: Standing) -> Row {
    Row { fact, ability, platform: Some(platform), least: None, since: None, until: None, standing }
}

impl Row {
    const fn anywhere(self) -> Self {
        Self { platform: None, ..self }
    }

    const fn least(self, version: &'static str) -> Self {
        Self { least: Some(version), ..self }
    }

    const fn since(self, date: &'static str) -> Self {
        Self { since: Some(date), ..self }
    }

    const fn until(self, date: &'static str) -> Self {
        Self { until: Some(date), ..self }
    }
}

use Ability::{Alone, AloneMail, Apple, CrossDevice, DeviceInBrowser, Google, HardwarePrt, Hello};
use Ability::{HelloForBusiness, MacCredential, Native, NativePhone, OtherSynced, Phone, Synced};
use Ability::{TokenProtection, WebTokenProtection};
use Browser::{Chrome, Edge, Firefox, Safari};
use Platform::{Android, Ios, Linux, MacOs, Windows};
use Standing::{Not, Preview, Unsure, WithSso, WithSsoManaged, Works};

/// Windows 10 1903.
const W10_1903: &str = "10.0.18362";
/// Windows 11 22H2.
const W11_22H2: &str = "10.0.22621";

/// Every row.
pub const ROWS: &[Row] = &[
    row("auth.windows.fido2.browser.chrome", Ability::Browser(Chrome), Windows, Works).least(W10_1903),
    row("auth.windows.fido2.browser.edge", Ability::Browser(Edge), Windows, Works).least(W10_1903),
    row("auth.windows.fido2.browser.firefox", Ability::Browser(Firefox), Windows, Works).least(W10_1903),
    row("auth.macos.fido2.browser.chrome", Ability::Browser(Chrome), MacOs, Works).least("11.1"),
    row("auth.macos.fido2.browser.edge", Ability::Browser(Edge), MacOs, Works).least("11.1"),
    row("auth.macos.fido2.browser.firefox", Ability::Browser(Firefox), MacOs, Works).least("11.1"),
    row("auth.macos.fido2.browser.safari", Ability::Browser(Safari), MacOs, Works).least("11.1"),
    row("auth.ios.fido2.browser.chrome", Ability::Browser(Chrome), Ios, Works).least("14.3"),
    row("auth.ios.fido2.browser.edge", Ability::Browser(Edge), Ios, Works).least("14.3"),
    row("auth.ios.fido2.browser.firefox", Ability::Browser(Firefox), Ios, Works).least("14.3"),
    row("auth.ios.fido2.browser.safari", Ability::Browser(Safari), Ios, Works).least("14.3"),
    row("auth.android.fido2.browser.chrome", Ability::Browser(Chrome), Android, Works),
    row("auth.android.fido2.browser.chrome~2", Ability::Browser(Chrome), Android, Not).until("2024-07"),
    row("auth.android.fido2.browser.edge", Ability::Browser(Edge), Android, Works),
    row("auth.android.fido2.browser.edge~2", Ability::Browser(Edge), Android, Not).until("2024-07"),
    row("auth.android.fido2.browser.firefox", Ability::Browser(Firefox), Android, Not),
    row("auth.linux.fido2.browser.chrome", Ability::Browser(Chrome), Linux, Works),
    row("auth.linux.fido2.browser.edge", Ability::Browser(Edge), Linux, Works),
    row("auth.linux.fido2.browser.edge~2", Ability::Browser(Edge), Linux, Not).until("2025-05"),
    row("auth.linux.fido2.browser.firefox", Ability::Browser(Firefox), Linux, Works),
    row("auth.linux.fido2.browser.firefox~2", Ability::Browser(Firefox), Linux, Not).until("2025-05"),
    row("auth.windows.fido2.native.security-key", Native, Windows, Works).least(W10_1903),
    row("auth.windows.fido2.native.authenticator", NativePhone, Windows, Works).least(W11_22H2),
    row("auth.macos.fido2.native", Native, MacOs, WithSso).least("14"),
    row("auth.macos.fido2.native", NativePhone, MacOs, WithSso).least("14"),
    row("auth.ios.fido2.native", Native, Ios, WithSso).least("17.1"),
    row("auth.ios.fido2.native", NativePhone, Ios, WithSso).least("17.1"),
    row("auth.android.fido2.native.security-key", Native, Android, Works).least("13"),
    row("auth.android.fido2.native.authenticator", NativePhone, Android, Works).least("14").since("2024-10"),
    row("auth.linux.fido2.native", Native, Linux, Unsure).since("2026-03-31"),
    row("auth.linux.fido2.native", NativePhone, Linux, Unsure).since("2026-03-31"),
    row("auth.macos.fido2.native.brokerless", Alone, MacOs, Works),
    row("auth.macos.fido2.native.brokerless", AloneMail, MacOs, Works),
    row("auth.ios.fido2.native.brokerless", Alone, Ios, Works).least("16.0"),
    row("auth.ios.fido2.native.brokerless", AloneMail, Ios, Works).least("16.0"),
    row("auth.android.fido2.native.brokerless.office", Alone, Android, Works),
    row("auth.android.fido2.native.brokerless.outlook-teams-onedrive", AloneMail, Android, Not),
    row("auth.any.passkey.synced", Synced, Windows, Not).anywhere().until("2025-11"),
    row("auth.any.passkey.synced~2", Synced, Windows, Preview).anywhere().since("2025-11").until("2026-03"),
    row("auth.any.passkey.synced~3", Synced, Windows, Works).anywhere().since("2026-03"),
    row("auth.macos.passkey.synced.icloud-keychain", Apple, MacOs, Works).least("13").since("2026-03"),
    row("auth.ios.passkey.synced.icloud-keychain", Apple, Ios, Works).least("16").since("2026-03"),
    row("auth.windows.passkey.synced.icloud-keychain", Apple, Windows, Not),
    row("auth.android.passkey.synced.icloud-keychain", Apple, Android, Not),
    row("auth.linux.passkey.synced.third-party", Apple, Linux, Unsure),
    row("auth.windows.passkey.synced.google", Google, Windows, Works).since("2026-03"),
    row("auth.macos.passkey.synced.google", Google, MacOs, Works).since("2026-03"),
    row("auth.ios.passkey.synced.google", Google, Ios, Works).least("17").since("2026-03"),
    row("auth.android.passkey.synced.google", Google, Android, Works).least("9").since("2026-03"),
    row("auth.linux.passkey.synced.third-party", Google, Linux, Unsure),
    row("auth.windows.passkey.synced.third-party", OtherSynced, Windows, Works).since("2026-03"),
    row("auth.macos.passkey.synced.third-party", OtherSynced, MacOs, Works).since("2026-03"),
    row("auth.ios.passkey.synced.third-party", OtherSynced, Ios, Works).least("17").since("2026-03"),
    row("auth.android.passkey.synced.third-party", OtherSynced, Android, Works).least("14").since("2026-03"),
    row("auth.linux.passkey.synced.third-party", OtherSynced, Linux, Unsure),
    row("auth.ios.passkey.authenticator", Phone, Ios, Works).least("17"),
    row("auth.android.passkey.authenticator", Phone, Android, Works).least("14"),
    row("auth.any.passkey.authenticator.cross-device", CrossDevice, Windows, Works).anywhere(),
    row("auth.windows.passkey.entra-on-windows", Hello, Windows, Preview).since("2026-03").until("2026-04"),
    row("auth.windows.passkey.entra-on-windows~2", Hello, Windows, Works).since("2026-04"),
    row("auth.macos.platform-credential", MacCredential, MacOs, Works).since("2025-08"),
    row("auth.windows.whfb.sign-in", HelloForBusiness, Windows, Works),
    row("sess.windows.token-protection.sign-in-session", TokenProtection, Windows, Preview)
        .since("2023")
        .until("2025-08"),
    row("sess.windows.token-protection.sign-in-session~2", TokenProtection, Windows, Works)
        .least("10.0")
        .since("2025-08"),
    row("sess.macos.token-protection.sign-in-session", TokenProtection, MacOs, Not).until("2026-02"),
    row("sess.macos.token-protection.sign-in-session~2", TokenProtection, MacOs, Preview)
        .since("2026-02-24")
        .until("2026-08-20"),
    row("sess.macos.token-protection.sign-in-session~3", TokenProtection, MacOs, WithSsoManaged)
        .least("14")
        .since("2026-08-20"),
    row("sess.ios.token-protection.sign-in-session", TokenProtection, Ios, Preview)
        .since("2026-02-24")
        .until("2026-08-20"),
    row("sess.ios.token-protection.sign-in-session~2", TokenProtection, Ios, WithSsoManaged)
        .least("16")
        .since("2026-08-20"),
    row("sess.android.token-protection.sign-in-session", TokenProtection, Android, Not),
    row("sess.linux.token-protection.sign-in-session", TokenProtection, Linux, Not),
    row("sess.windows.token-protection.web", WebTokenProtection, Windows, Preview)
        .least("10.0.26100")
        .since("2026-08-06"),
    row("sess.macos.token-protection.web", WebTokenProtection, MacOs, Preview).since("2026-08-06"),
    row("sess.ios.token-protection.web", WebTokenProtection, Ios, Not),
    row("sess.windows.sso.browser.edge", DeviceInBrowser(Edge), Windows, Works),
    row("sess.windows.sso.browser.chrome", DeviceInBrowser(Chrome), Windows, Unsure),
    row("sess.windows.sso.browser.firefox", DeviceInBrowser(Firefox), Windows, Unsure),
    row("sess.macos.sso.browser.safari", DeviceInBrowser(Safari), MacOs, WithSso),
    row("sess.macos.sso.browser.edge", DeviceInBrowser(Edge), MacOs, Works),
    row("sess.macos.sso.browser.chrome", DeviceInBrowser(Chrome), MacOs, Unsure),
    row("sess.macos.sso.browser.firefox", DeviceInBrowser(Firefox), MacOs, Unsure),
    row("sess.ios.sso.browser.safari", DeviceInBrowser(Safari), Ios, WithSso),
    row("sess.ios.sso.browser.edge", DeviceInBrowser(Edge), Ios, Works),
    row("sess.android.sso.browser.edge", DeviceInBrowser(Edge), Android, Works),
    // No single sign-on there, but it shows the certificate of the device.
    row("devi.android.browser.device-state", DeviceInBrowser(Chrome), Android, Works),
    row("sess.linux.sso.browser.edge", DeviceInBrowser(Edge), Linux, Works),
    row("sess.linux.sso.browser.other", DeviceInBrowser(Chrome), Linux, Not),
    row("sess.linux.sso.browser.other", DeviceInBrowser(Firefox), Linux, Not),
    row("sess.windows.prt.session-key-protection", HardwarePrt, Windows, Works),
    row("sess.macos.prt.session-key-protection", HardwarePrt, MacOs, WithSso),
    row("sess.ios.prt.hardware-binding", HardwarePrt, Ios, Unsure),
    row("sess.android.prt.session-key-protection", HardwarePrt, Android, Not),
    row("sess.linux.prt.session-key-protection", HardwarePrt, Linux, Not),
];

/// What a model of passkey is, as far as its place decides where it can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A security key.
    Key,
    /// Microsoft Authenticator on Android.
    AndroidPhone,
    /// Microsoft Authenticator on iOS.
    IosPhone,
    /// Windows Hello.
    Hello,
    /// The Platform Credential of a Mac.
    MacCredential,
    /// A browser's own store on a Mac.
    MacBrowser(Browser),
    /// Apple Passwords.
    Apple,
    /// Google Password Manager.
    Google,
    /// Another provider that syncs.
    OtherSynced,
    /// Synced, by nobody knows whom.
    SomeSynced,
    /// Nobody knows.
    Unknown,
}

/// Models that the map names: AAGUID, what they are, the fact.
pub const MODELS: &[(&str, Kind, &str)] = &[
    ("de1e552d-db1d-4423-a619-566b625cdc84", Kind::AndroidPhone, "Microsoft Authenticator (Android)"),
    ("90a3ccdf-635c-4729-a248-9b709135078f", Kind::IosPhone, "Microsoft Authenticator (iOS)"),
    ("08987058-cadc-4b81-b6e1-30de50dcbe96", Kind::Hello, "Windows Hello hardware authenticator"),
    ("9ddd1817-af5a-4672-a2b9-3e3dd95000a9", Kind::Hello, "Windows Hello VBS authenticator"),
    ("6028b017-b1d4-4c02-b4b3-afcdafc96bb2", Kind::Hello, "Windows Hello software authenticator"),
    ("7fd635b3-2ef9-4542-8d9d-164f2c771efc", Kind::MacCredential, "Platform Credential for macOS"),
    ("adce0002-35bc-c60a-648b-0b25f1f05503", Kind::MacBrowser(Chrome), "Chrome on Mac"),
    ("771b48fd-d3d4-4f74-9232-fc157ab0507a", Kind::MacBrowser(Edge), "Edge on Mac"),
    ("fbfc3007-154e-4ecc-8c0b-6e020557d7bd", Kind::Apple, "Apple Passwords (iCloud Keychain)"),
    ("dd4ec289-e01d-41c9-bb89-70fa845d4bf2", Kind::Apple, "iCloud Keychain (Managed)"),
    ("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4", Kind::Google, "Google Password Manager"),
    ("d3452668-01fd-4c12-926c-83a4204853aa", Kind::OtherSynced, "Microsoft Password Manager"),
    ("53414d53-554e-4700-0000-000000000000", Kind::OtherSynced, "Samsung Pass"),
    ("bada5566-a7aa-401f-bd96-45619a55120d", Kind::OtherSynced, "1Password"),
    ("d548826e-79b4-db40-a3d8-11116f7e8349", Kind::OtherSynced, "Bitwarden"),
    ("531126d6-e717-415c-9320-3d9aa6981239", Kind::OtherSynced, "Dashlane"),
    ("50726f74-6f6e-5061-7373-50726f746f6e", Kind::OtherSynced, "Proton Pass"),
    ("fdb141b2-5d84-443e-8a35-4698c205a502", Kind::OtherSynced, "KeePassXC"),
    ("2fc0579f-8113-47ea-b116-bb5a8db9202a", Kind::Key, "YubiKey 5 with NFC"),
    ("fa2b99dc-9e39-4257-8f92-4a30d23c4118", Kind::Key, "YubiKey 5 with NFC"),
    ("cb69481e-8ff7-4039-93ec-0a2729a154a8", Kind::Key, "YubiKey 5 (USB)"),
    ("c1f9a0bc-1dd2-404a-b27f-8e29047a43fd", Kind::Key, "YubiKey 5 FIPS with NFC"),
    ("d8522d9f-575b-4866-88a9-ba99fa02f35b", Kind::Key, "YubiKey Bio (FIDO)"),
];
