//! Authentication strengths: which ways of signing in are enough (Graph `authenticationStrengthPolicy`), with what
//! Graph cannot say of a passkey: what keeps its key, what proves that, and whether anybody vouches for it.

use super::facts::{Fact, PasskeyProof, Proof, Truth};
use crate::policy::signal::{EvidenceLevel, Factors};
use passband_wire::id::StrengthId;

/// A way of signing in (Graph `authenticationMethodModes`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are Graph's, see `name`")]
pub enum Mode {
    Password,
    Voice,
    HardwareOath,
    SoftwareOath,
    Sms,
    Fido2,
    WindowsHelloForBusiness,
    MicrosoftAuthenticatorPush,
    DeviceBasedPush,
    TemporaryAccessPassOneTime,
    TemporaryAccessPassMultiUse,
    Email,
    X509CertificateSingleFactor,
    X509CertificateMultiFactor,
    FederatedSingleFactor,
    FederatedMultiFactor,
    QrCodePin,
}

impl Mode {
    /// Each of them, in Graph's order.
    pub const ALL: [Self; 17] = [
        Self::Password,
        Self::Voice,
        Self::HardwareOath,
        Self::SoftwareOath,
        Self::Sms,
        Self::Fido2,
        Self::WindowsHelloForBusiness,
        Self::MicrosoftAuthenticatorPush,
        Self::DeviceBasedPush,
        Self::TemporaryAccessPassOneTime,
        Self::TemporaryAccessPassMultiUse,
        Self::Email,
        Self::X509CertificateSingleFactor,
        Self::X509CertificateMultiFactor,
        Self::FederatedSingleFactor,
        Self::FederatedMultiFactor,
        Self::QrCodePin,
    ];

    /// The name in Graph.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Voice => "voice",
            Self::HardwareOath => "hardwareOath",
            Self::SoftwareOath => "softwareOath",
            Self::Sms => "sms",
            Self::Fido2 => "fido2",
            Self::WindowsHelloForBusiness => "windowsHelloForBusiness",
            Self::MicrosoftAuthenticatorPush => "microsoftAuthenticatorPush",
            Self::DeviceBasedPush => "deviceBasedPush",
            Self::TemporaryAccessPassOneTime => "temporaryAccessPassOneTime",
            Self::TemporaryAccessPassMultiUse => "temporaryAccessPassMultiUse",
            Self::Email => "email",
            Self::X509CertificateSingleFactor => "x509CertificateSingleFactor",
            Self::X509CertificateMultiFactor => "x509CertificateMultiFactor",
            Self::FederatedSingleFactor => "federatedSingleFactor",
            Self::FederatedMultiFactor => "federatedMultiFactor",
            Self::QrCodePin => "qrCodePin",
        }
    }

    /// The mode of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// A set of ways of signing in: what somebody used, or a combination that a strength takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Methods(u32);

impl Methods {
    /// None.
    pub const NONE: Self = Self(0);

    /// These.
    #[must_use]
    pub const fn from_modes(modes: &[Mode]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < modes.len() {
            bits |= 1 << modes[at] as u32;
            at += 1;
        }
        Self(bits)
    }

    /// What a sign-in at this server used. A passkey counts if it verified its user; `tap` says which kind of Temporary
    /// Access Pass was used, if one was. A recovery code is none of Graph's methods: it satisfies no strength. Nor does a
    /// Hello key: Graph's `windowsHelloForBusiness` counts as two factors, and of ours nothing proves the second.
    #[must_use]
    pub fn of(factors: Factors, tap: Option<Mode>) -> Self {
        let mut methods = Self::NONE;
        if factors.is_strong() {
            methods = methods.with(Mode::Fido2);
        }
        if factors.contains(Factors::TEMPORARY_ACCESS_PASS) {
            // Of which kind it was may not be remembered. That of several uses is the weaker word.
            methods = methods.with(tap.unwrap_or(Mode::TemporaryAccessPassMultiUse));
        }
        methods
    }

    /// With one more.
    #[must_use]
    pub const fn with(self, mode: Mode) -> Self {
        Self(self.0 | 1 << mode as u32)
    }

    /// Whether one is among them.
    #[must_use]
    pub const fn has(self, mode: Mode) -> bool {
        self.0 & 1 << mode as u32 != 0
    }

    /// Whether all of `other` are among them.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, in Graph's order.
    pub fn modes(self) -> impl Iterator<Item = Mode> {
        Mode::ALL.into_iter().filter(move |mode| self.has(*mode))
    }

    /// Whether they are two factors together (Graph `requirementsSatisfied` is `mfa`), as the built-in strength for
    /// multifactor authentication has it.
    #[must_use]
    pub fn are_mfa(self) -> bool {
        MFA.iter().any(|enough| self.contains(*enough))
    }

    /// The combination as Graph writes it: `password,sms`.
    #[must_use]
    pub fn to_graph(self) -> String {
        let names: Vec<_> = self.modes().map(Mode::name).collect();
        names.join(",")
    }

    /// The combination of Graph's text.
    #[must_use]
    pub fn from_graph(text: &str) -> Option<Self> {
        text.split(',').try_fold(Self::NONE, |set, word| Some(set.with(Mode::from_name(word.trim())?)))
    }
}

const fn one(mode: Mode) -> Methods {
    Methods::from_modes(&[mode])
}

const fn two(a: Mode, b: Mode) -> Methods {
    Methods::from_modes(&[a, b])
}

const PHISHING_RESISTANT: [Methods; 3] =
    [one(Mode::WindowsHelloForBusiness), one(Mode::Fido2), one(Mode::X509CertificateMultiFactor)];

const PASSWORDLESS: [Methods; 4] = [
    one(Mode::WindowsHelloForBusiness),
    one(Mode::Fido2),
    one(Mode::X509CertificateMultiFactor),
    one(Mode::DeviceBasedPush),
];

const MFA: [Methods; 17] = [
    one(Mode::WindowsHelloForBusiness),
    one(Mode::Fido2),
    one(Mode::X509CertificateMultiFactor),
    one(Mode::DeviceBasedPush),
    one(Mode::TemporaryAccessPassOneTime),
    one(Mode::TemporaryAccessPassMultiUse),
    two(Mode::Password, Mode::MicrosoftAuthenticatorPush),
    two(Mode::Password, Mode::SoftwareOath),
    two(Mode::Password, Mode::HardwareOath),
    two(Mode::Password, Mode::Sms),
    two(Mode::Password, Mode::Voice),
    one(Mode::FederatedMultiFactor),
    two(Mode::FederatedSingleFactor, Mode::MicrosoftAuthenticatorPush),
    two(Mode::FederatedSingleFactor, Mode::SoftwareOath),
    two(Mode::FederatedSingleFactor, Mode::HardwareOath),
    two(Mode::FederatedSingleFactor, Mode::Sms),
    two(Mode::FederatedSingleFactor, Mode::Voice),
];

/// What keeps the private key of a passkey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum KeyBinding {
    /// Hardware, by evidence of level E3.
    Hardware,
    /// The operating system, as its maker says (E2).
    Os,
    /// A provider that copies it to the person's other devices.
    Synced,
    /// It claims to stay where it is, and nobody vouches for that.
    #[default]
    Unknown,
}

impl KeyBinding {
    /// Each of them, the firmest first.
    pub const ALL: [Self; 4] = [Self::Hardware, Self::Os, Self::Synced, Self::Unknown];

    /// `hardware`, `os`, `synced` or `unknown`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hardware => "hardware",
            Self::Os => "os",
            Self::Synced => "synced",
            Self::Unknown => "unknown",
        }
    }

    /// The binding of a passkey: synced if it may be copied (BE), otherwise what its evidence proves.
    #[must_use]
    pub const fn of(synced: bool, evidence: EvidenceLevel) -> Self {
        if synced {
            return Self::Synced;
        }
        match evidence {
            EvidenceLevel::E3 | EvidenceLevel::E4 => Self::Hardware,
            EvidenceLevel::E2 => Self::Os,
            EvidenceLevel::E0 | EvidenceLevel::E1 => Self::Unknown,
        }
    }
}

/// What a strength asks of a passkey (Graph `fido2CombinationConfiguration`, and ours).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PasskeyRules {
    /// Graph `allowedAAGUIDs`; none allows any.
    pub aaguids: Vec<[u8; 16]>,
    /// `passband_keyBinding`; none allows any.
    pub bindings: Vec<KeyBinding>,
    /// `passband_minimumEvidence`
    pub minimum_evidence: EvidenceLevel,
    /// `passband_attested`: somebody trusted has to vouch for the model.
    pub attested: bool,
}

impl PasskeyRules {
    /// Whether they ask for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn take(&self, passkey: &PasskeyProof) -> bool {
        (self.aaguids.is_empty() || self.aaguids.contains(&passkey.aaguid))
            && (self.bindings.is_empty() || self.bindings.contains(&passkey.binding))
            && passkey.evidence >= self.minimum_evidence
            && (passkey.attested || !self.attested)
    }
}

/// An authentication strength (Graph `authenticationStrengthPolicy`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strength {
    /// Graph `id`.
    pub id: StrengthId,
    /// Graph `displayName`.
    pub name: String,
    /// Graph `description`.
    pub description: String,
    /// Graph `allowedCombinations`: any one of them is enough.
    pub combinations: Vec<Methods>,
    /// Graph `combinationConfigurations`, of passkeys.
    pub passkeys: PasskeyRules,
}

/// The id of the built-in strength for multifactor authentication.
pub const MULTIFACTOR: StrengthId = StrengthId::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
/// The id of the built-in strength without passwords.
pub const WITHOUT_PASSWORD: StrengthId =
    StrengthId::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
/// The id of the built-in strength that resists phishing.
pub const RESISTS_PHISHING: StrengthId =
    StrengthId::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4]);

impl Strength {
    /// The three that are always there (Graph `policyType` is `builtIn`), with Graph's ids.
    #[must_use]
    pub fn built_in() -> [Self; 3] {
        let make = |id, name: &str, combinations: &[Methods]| Self {
            id,
            name: name.to_owned(),
            description: String::new(),
            combinations: combinations.to_vec(),
            passkeys: PasskeyRules::default(),
        };
        [
            make(MULTIFACTOR, "Multifactor authentication", &MFA),
            make(WITHOUT_PASSWORD, "Passwordless MFA", &PASSWORDLESS),
            make(RESISTS_PHISHING, "Phishing-resistant MFA", &PHISHING_RESISTANT),
        ]
    }

    /// Whether this is one that is always there and cannot be changed.
    #[must_use]
    pub fn is_built_in(id: StrengthId) -> bool {
        [MULTIFACTOR, WITHOUT_PASSWORD, RESISTS_PHISHING].contains(&id)
    }

    /// Whether every combination of it is two factors together (Graph `requirementsSatisfied`).
    #[must_use]
    pub fn is_mfa(&self) -> bool {
        self.combinations.iter().all(|it| it.are_mfa())
    }

    /// Whether a sign-in satisfies it.
    #[must_use]
    pub fn satisfied_by(&self, proof: &Proof) -> Truth {
        let Fact::Known(used) = proof.methods else { return Truth::Unknown };
        let enough = self.combinations.iter().filter(|it| !it.is_empty() && used.contains(**it));
        enough.fold(Truth::No, |so_far, combination| {
            if !combination.has(Mode::Fido2) || self.passkeys.is_empty() {
                return Truth::Yes;
            }
            so_far.or(proof.passkey.ask(|it| it.as_ref().is_some_and(|it| self.passkeys.take(it))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(methods: &[Mode], passkey: PasskeyProof) -> Proof {
        Proof {
            methods: Fact::Known(Methods::from_modes(methods)),
            passkey: Fact::Known(Some(passkey)),
            ..Proof::default()
        }
    }

    fn strength(combinations: &[&[Mode]], passkeys: PasskeyRules) -> Strength {
        let combinations = combinations.iter().map(|it| Methods::from_modes(it)).collect();
        let [mut it, ..] = Strength::built_in();
        (it.combinations, it.passkeys) = (combinations, passkeys);
        it
    }

    #[test]
    fn a_combination_has_to_be_used_whole() {
        let both = strength(&[&[Mode::Password, Mode::Sms]], PasskeyRules::default());
        let any = PasskeyProof::default();
        assert_eq!(both.satisfied_by(&with(&[Mode::Password, Mode::Sms], any)), Truth::Yes);
        assert_eq!(both.satisfied_by(&with(&[Mode::Password, Mode::Sms, Mode::Fido2], any)), Truth::Yes);
        assert_eq!(both.satisfied_by(&with(&[Mode::Password], any)), Truth::No);
        assert_eq!(both.satisfied_by(&Proof::default()), Truth::Unknown);
        // A strength without a combination, and one with an empty combination, take nothing.
        for nothing in [strength(&[], PasskeyRules::default()), strength(&[&[]], PasskeyRules::default())] {
            assert_eq!(nothing.satisfied_by(&with(&[Mode::Fido2], any)), Truth::No);
        }
    }

    #[test]
    fn each_rule_on_passkeys_is_asked_of_passkeys_alone() {
        let good = PasskeyProof {
            aaguid: [7; 16],
            binding: KeyBinding::Hardware,
            evidence: EvidenceLevel::E3,
            attested: true,
            ..PasskeyProof::default()
        };
        let rules = PasskeyRules {
            aaguids: vec![[7; 16]],
            bindings: vec![KeyBinding::Hardware],
            minimum_evidence: EvidenceLevel::E3,
            attested: true,
        };
        let it = strength(&[&[Mode::Fido2], &[Mode::WindowsHelloForBusiness]], rules);
        assert_eq!(it.satisfied_by(&with(&[Mode::Fido2], good)), Truth::Yes);
        let bends: [fn(&mut PasskeyProof); 4] = [
            |p| p.aaguid = [8; 16],
            |p| p.binding = KeyBinding::Synced,
            |p| p.evidence = EvidenceLevel::E2,
            |p| p.attested = false,
        ];
        for bend in bends {
            let mut bad = good;
            bend(&mut bad);
            assert_eq!(it.satisfied_by(&with(&[Mode::Fido2], bad)), Truth::No, "{bad:?}");
            assert_eq!(it.satisfied_by(&with(&[Mode::WindowsHelloForBusiness], bad)), Truth::Yes);
            assert_eq!(
                it.satisfied_by(&with(&[Mode::Fido2, Mode::WindowsHelloForBusiness], bad)),
                Truth::Yes
            );
        }
        let mut nobody_said = with(&[Mode::Fido2], good);
        nobody_said.passkey = Fact::Unknown;
        assert_eq!(it.satisfied_by(&nobody_said), Truth::Unknown);
        nobody_said.passkey = Fact::Known(None);
        assert_eq!(it.satisfied_by(&nobody_said), Truth::No);
    }

    #[test]
    fn the_built_in_strengths_are_told_apart_by_a_pass_and_a_push() {
        let satisfied =
            |mode| Strength::built_in().map(|it| it.satisfied_by(&with(&[mode], PasskeyProof::default())));
        assert_eq!(satisfied(Mode::Fido2), [Truth::Yes; 3]);
        assert_eq!(satisfied(Mode::DeviceBasedPush), [Truth::Yes, Truth::Yes, Truth::No]);
        assert_eq!(satisfied(Mode::TemporaryAccessPassOneTime), [Truth::Yes, Truth::No, Truth::No]);
        assert_eq!(satisfied(Mode::Password), [Truth::No; 3]);
        assert!(Strength::built_in().iter().all(Strength::is_mfa));
    }

    #[test]
    fn what_a_sign_in_here_used() {
        let strong = Factors::PASSKEY_SYNCED.and(Factors::USER_VERIFIED);
        assert_eq!(Methods::of(strong, None), one(Mode::Fido2));
        for weak in [
            Factors::PASSKEY_DEVICE_BOUND,
            Factors::USER_VERIFIED,
            Factors::RECOVERY_CODE,
            Factors::SETUP_LINK,
            Factors::HELLO_KEY.and(Factors::DEVICE_KEY),
        ] {
            assert!(Methods::of(weak, None).is_empty(), "{weak:?}");
        }
        let pass = Factors::TEMPORARY_ACCESS_PASS;
        assert_eq!(Methods::of(pass, None), one(Mode::TemporaryAccessPassMultiUse));
        let once = Mode::TemporaryAccessPassOneTime;
        assert_eq!(Methods::of(pass, Some(once)), one(once));
    }

    #[test]
    fn combinations_go_both_ways() {
        let both = two(Mode::Password, Mode::Sms);
        assert_eq!(both.to_graph(), "password,sms");
        assert_eq!(Methods::from_graph("sms, password"), Some(both));
        assert_eq!(Methods::from_graph("password,"), None);
        assert_eq!(Methods::from_graph("carrierPigeon"), None);
    }
}
