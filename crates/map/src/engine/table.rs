//! How the planner asks the map: which row of it answers for what, and what the conditions of its facts mean for a
//! device. Dates, states and values stand in the map alone.

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
    /// Token protection of sign-in sessions in native apps.
    TokenProtection,
    /// Token protection in this kind of browser.
    WebTokenProtection,
    /// That a browser shows on which registered device it runs.
    DeviceInBrowser(Browser),
    /// A hardware-bound Primary Refresh Token.
    HardwarePrt,
}

use Ability::{Alone, AloneMail, Apple, CrossDevice, DeviceInBrowser, Google, HardwarePrt, Hello};
use Ability::{MacCredential, Native, NativePhone, OtherSynced, Phone, Synced, TokenProtection};
use Browser::{Chrome, Edge, Firefox, Safari};
use Platform::{Android, Linux, Windows};

impl Ability {
    /// Each of them.
    pub const ALL: [Self; 23] = [
        Self::Browser(Chrome),
        Self::Browser(Edge),
        Self::Browser(Firefox),
        Self::Browser(Safari),
        Native,
        NativePhone,
        Alone,
        AloneMail,
        Synced,
        Apple,
        Google,
        OtherSynced,
        Phone,
        CrossDevice,
        Hello,
        MacCredential,
        TokenProtection,
        Self::WebTokenProtection,
        DeviceInBrowser(Chrome),
        DeviceInBrowser(Edge),
        DeviceInBrowser(Firefox),
        DeviceInBrowser(Safari),
        HardwarePrt,
    ];

    /// The row of the map that answers for it on this platform.
    #[must_use]
    pub const fn subject(self, platform: Platform) -> &'static str {
        match (self, platform) {
            (Self::Browser(Chrome), _) => "fido2.browser.chrome",
            (Self::Browser(Edge), _) => "fido2.browser.edge",
            (Self::Browser(Firefox), _) => "fido2.browser.firefox",
            (Self::Browser(Safari), _) => "fido2.browser.safari",
            (NativePhone, Windows | Android) => "fido2.native.authenticator",
            (Native | NativePhone, _) => "fido2.native",
            (Alone, _) => "fido2.native.brokerless.office",
            (AloneMail, _) => "fido2.native.brokerless.outlook-teams-onedrive",
            (Synced, _) => "passkey.synced",
            // Linux has one row for all that sync.
            (OtherSynced, _) | (Apple | Google, Linux) => "passkey.synced.third-party",
            (Apple, _) => "passkey.synced.icloud-keychain",
            (Google, _) => "passkey.synced.google",
            (Phone, _) => "passkey.authenticator",
            (CrossDevice, _) => "passkey.authenticator.cross-device",
            (Hello, _) => "passkey.entra-on-windows",
            (MacCredential, _) => "platform-credential",
            (TokenProtection, _) => "token-protection.sign-in-session",
            (Self::WebTokenProtection, _) => "token-protection.web",
            // No single sign-on there, but it shows the certificate of the device.
            (DeviceInBrowser(Chrome), Android) => "browser.device-state",
            (DeviceInBrowser(Chrome), _) => "sso.browser.chrome",
            (DeviceInBrowser(Edge), _) => "sso.browser.edge",
            (DeviceInBrowser(Firefox), _) => "sso.browser.firefox",
            (DeviceInBrowser(Safari), _) => "sso.browser.safari",
            (HardwarePrt, _) => "prt.session-key-protection",
        }
    }
}

/// What a condition of a fact asks of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// This version of the operating system, or a later one.
    Least(&'static str),
    /// The broker or the single sign-on extension.
    Sso,
    /// That it is managed.
    Managed,
    /// A setting that no export shows.
    Setting,
    /// Nothing that a list of devices could say.
    Nothing,
}

use Need::{Least, Managed, Nothing, Setting, Sso};

/// What each condition means, in the words of the map. One that is not here makes the answer unknown.
pub const CONDITIONS: &[(&str, &[Need])] = &[
    ("Windows 10 1903 or later", &[Least("10 1903")]),
    ("Windows 10 or later, joined/hybrid/registered", &[Least("10")]),
    ("Windows 11 22H2 or later", &[Least("11 22H2")]),
    // The build with the update; lists of devices seldom tell more than the release.
    ("Windows 11 build 26100.8246 / 26200.8246 or later", &[Least("11 24H2")]),
    ("macOS 11.1 or later", &[Least("11.1")]),
    ("macOS 13 or later", &[Least("13")]),
    ("macOS 14 or later", &[Least("14")]),
    ("iOS 14.3 or later", &[Least("14.3")]),
    ("iOS 16 or later", &[Least("16")]),
    ("iOS/iPadOS 16 or later", &[Least("16")]),
    ("iOS 17 or later", &[Least("17")]),
    ("iOS 17.1 with plug-in", &[Least("17.1"), Sso]),
    ("Android 9 or later", &[Least("9")]),
    ("Android 13 or later", &[Least("13")]),
    ("Android 14 or later", &[Least("14")]),
    ("SSO plug-in", &[Sso]),
    ("SSO plug-in or Platform SSO", &[Sso]),
    ("SSO extension or Platform SSO", &[Sso]),
    ("managed with SSO extension", &[Sso]),
    ("Platform SSO", &[Sso]),
    ("MDM managed", &[Managed]),
    ("extension ppnbnpeolgkicgegkbkbjmhlideopiji, or policy CloudAPAuthEnabled=1", &[Setting]),
    ("Microsoft Single Sign On extension, or Chrome 135 or later", &[Setting]),
    ("MicrosoftEntraSSO policy", &[Setting]),
    ("setting on", &[Setting]),
    // The other half of iOS 17.1 with plug-in: this row is asked for the way through the broker alone.
    ("iOS 16.0 without plug-in", &[Nothing]),
    // Programs update themselves, and nobody lists their versions.
    ("Chrome 76 or later", &[Nothing]),
    ("Firefox 66 or later", &[Nothing]),
    ("Firefox 91 or later", &[Nothing]),
    ("Firefox 133 or later", &[Nothing]),
    ("Safari 14 or later", &[Nothing]),
    ("Google Play Services 21 or later", &[Nothing]),
    ("broker 3.0.1 or later", &[Nothing]),
    // Every version that is still in use.
    ("Windows 10/11", &[Nothing]),
    // Of servers, which are seldom in such lists; the state of the registration is asked besides.
    ("Server 2019 or later if hybrid joined", &[Nothing]),
    // True wherever somebody signs in with a phone at hand.
    ("Bluetooth and internet on both", &[Nothing]),
    ("Bluetooth", &[Nothing]),
    ("internet", &[Nothing]),
    // A wait of a day after the policy was changed.
    ("24 h wait after change", &[Nothing]),
    // Asked where a passkey is judged against the profiles.
    ("a passkey profile in scope allows the synced type", &[Nothing]),
    ("attestation not enforced in that profile", &[Nothing]),
    ("synced type allowed", &[Nothing]),
    ("AAGUIDs allow-listed in a profile (preview)", &[Nothing]),
    ("not blocked by AAGUID rules", &[Nothing]),
    // Conditions of registering: the passkey is there.
    ("no Hello for Business credential for the same account", &[Nothing]),
    ("Platform SSO with Secure Enclave method", &[Nothing]),
    // Asked by the way and the maker, beside these rows.
    ("Chrome", &[Nothing]),
    ("Edge or Chrome", &[Nothing]),
    ("Samsung devices excepted", &[Nothing]),
    // Whoever uses Edge for work is signed in to its profile.
    ("signed-in profile or SSO extension", &[Nothing]),
    // Asked of what keeps the device's keys.
    ("TPM present", &[Nothing]),
    ("SSO extension profile from MDM for the Secure Enclave variant", &[Nothing]),
];

/// Values that are a plain yes to what is asked here, though the map counts them as a part.
pub const MEANS_YES: &[(&str, Ability)] = &[("edge-chrome", DeviceInBrowser(Chrome))];

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

/// Models of which the platform and the type do not say what they are.
pub const MODELS: &[(&str, Kind)] = &[
    ("7fd635b3-2ef9-4542-8d9d-164f2c771efc", Kind::MacCredential),
    ("adce0002-35bc-c60a-648b-0b25f1f05503", Kind::MacBrowser(Chrome)),
    ("771b48fd-d3d4-4f74-9232-fc157ab0507a", Kind::MacBrowser(Edge)),
    ("fbfc3007-154e-4ecc-8c0b-6e020557d7bd", Kind::Apple),
    ("dd4ec289-e01d-41c9-bb89-70fa845d4bf2", Kind::Apple),
    ("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4", Kind::Google),
];
