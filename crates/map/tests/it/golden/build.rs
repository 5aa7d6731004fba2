//! Tenants of a few people, written in a few lines.

use passband_core::authn::profile::PasskeyPolicy;
use passband_core::id::{AccessPolicyId, DeviceId, GroupId, StrengthId};
use passband_core::policy::access::Policy;
use passband_core::policy::access::facts::{Fact, Platform, TrustType, Truth};
use passband_core::policy::access::strength::{Mode, Strength};
use passband_core::time::Timestamp;
use passband_map::engine::kit::Way;
use passband_map::engine::memo::{Attempt, Memo, With};
use passband_map::engine::{Bits, Engine, Options};
use passband_map::model::{
    AccessPolicy, Browser, Device, Edition, Filtered, KeyStore, Passkey, PasskeyMethods, Person, Source,
    Tenant,
};
use serde_json::{Value, json};

pub(crate) const YUBIKEY: &str = "2fc0579f-8113-47ea-b116-bb5a8db9202a";
pub(crate) const TITAN: &str = "42b4fb4a-2866-43b2-9bf7-6c6669c2e5d3";
/// A model that the map does not name.
pub(crate) const NOBODYS: &str = "11111111-2222-4333-8444-555555555555";
pub(crate) const APPLE: &str = "fbfc3007-154e-4ecc-8c0b-6e020557d7bd";
pub(crate) const GOOGLE: &str = "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4";
pub(crate) const AUTHENTICATOR: &str = "de1e552d-db1d-4423-a619-566b625cdc84";
pub(crate) const HELLO: &str = "08987058-cadc-4b81-b6e1-30de50dcbe96";
pub(crate) const EXCHANGE: &str = "Exchange Online";
pub(crate) const TEAMS: &str = "Microsoft Teams";
pub(crate) const PORTALS: &str = "Microsoft admin portals";
pub(crate) const OTHER: &str = "any other application";
pub(crate) const REGISTER: &str = "register security information";

/// Midday of a day.
pub(crate) fn day(text: &str) -> Timestamp {
    Timestamp::from_rfc3339(&format!("{text}T12:00:00Z")).unwrap()
}

/// The id that ends in a number.
pub(crate) fn guid(n: u8) -> String {
    format!("00000000-0000-4000-8000-0000000000{n:02x}")
}

pub(crate) fn group(n: u8) -> GroupId {
    guid(n).parse().unwrap()
}

fn bytes(aaguid: &str) -> [u8; 16] {
    *aaguid.parse::<DeviceId>().unwrap().as_bytes()
}

/// A passkey of a model.
pub(crate) fn passkey(aaguid: &str, synced: bool, attested: bool) -> Passkey {
    Passkey {
        name: aaguid.to_owned(),
        aaguid: Fact::Known(bytes(aaguid)),
        synced: Fact::Known(synced),
        attested: Fact::Known(attested),
        created: None,
    }
}

/// An attested security key.
pub(crate) fn key() -> Passkey {
    passkey(YUBIKEY, false, true)
}

/// The same model without attestation.
pub(crate) fn bare_key() -> Passkey {
    passkey(YUBIKEY, false, false)
}

/// A passkey in Apple Passwords.
pub(crate) fn apple() -> Passkey {
    passkey(APPLE, true, false)
}

/// A tenant in the making: passkeys of any kind for everybody, no conditional access.
#[derive(Clone)]
pub(crate) struct Tenancy(pub(crate) Tenant);

impl Tenancy {
    pub(crate) fn new() -> Self {
        let tenant = Tenant {
            passkeys: Fact::Known(PasskeyMethods {
                policy: PasskeyPolicy::default(),
                opened: None,
                raw: Value::Null,
                source: Source::default(),
            }),
            access: Fact::Known(Vec::new()),
            ..Tenant::default()
        };
        Self(tenant)
    }

    /// Somebody with these passkeys, in these groups.
    pub(crate) fn person(mut self, name: &str, groups: &[u8], passkeys: Vec<Passkey>) -> Self {
        let n = u8::try_from(self.0.people.len()).unwrap() + 0x80;
        self.0.people.push(Person {
            id: guid(n).parse().unwrap(),
            name: name.to_owned(),
            enabled: Fact::Known(true),
            guest: Fact::Known(None),
            groups: Fact::Known(groups.iter().map(|n| group(*n)).collect()),
            roles: Fact::Known(Vec::new()),
            passkeys: Fact::Known(passkeys),
            methods: Fact::Known(Vec::new()),
            source: Source::default(),
        });
        self
    }

    /// Changes the last person.
    pub(crate) fn who(mut self, change: impl FnOnce(&mut Person)) -> Self {
        change(self.0.people.last_mut().unwrap());
        self
    }

    /// Other methods of the last person.
    pub(crate) fn methods(self, modes: &[Mode]) -> Self {
        self.who(|it| it.methods = Fact::Known(modes.to_vec()))
    }

    /// A device of the last person: joined or registered as is usual on its platform, compliant, up to date.
    pub(crate) fn device(mut self, platform: Platform) -> Self {
        let (os, trust) = match platform {
            Platform::Windows => ("10.0.26200.1", TrustType::AzureAd),
            Platform::MacOs => ("26.1", TrustType::AzureAd),
            Platform::Ios => ("26.1", TrustType::Workplace),
            Platform::Android => ("16", TrustType::Workplace),
            _ => ("24.04", TrustType::AzureAd),
        };
        let owner = u32::try_from(self.0.people.len() - 1).unwrap();
        let n = u8::try_from(self.0.devices.len()).unwrap();
        self.0.devices.push(Device {
            id: Some(guid(n).parse().unwrap()),
            name: platform.name().to_owned(),
            owners: Fact::Known(vec![owner]),
            platform: Fact::Known(Some(platform)),
            os: Some(platform.name().to_owned()),
            os_version: Some(os.to_owned()),
            trust: Fact::Known(Some(trust)),
            enabled: Fact::Known(true),
            compliant: Fact::Known(true),
            managed: Fact::Known(true),
            ownership: None,
            keys: Fact::Known(KeyStore::Hardware),
            sso: Fact::Known(true),
            browsers: Fact::Known(Browser::ALL.to_vec()),
            filtered: Box::new(Filtered::default()),
            source: Source::default(),
        });
        self
    }

    /// Changes the last device.
    pub(crate) fn but(mut self, change: impl FnOnce(&mut Device)) -> Self {
        change(self.0.devices.last_mut().unwrap());
        self
    }

    /// The passkey policy after a change.
    pub(crate) fn passkeys(mut self, patch: Value) -> Self {
        let policy = PasskeyPolicy::default().patched(patch.as_object().unwrap()).unwrap();
        if let Fact::Known(it) = &mut self.0.passkeys {
            it.policy = policy;
        }
        self
    }

    /// One profile for everybody.
    pub(crate) fn profile(self, profile: Value) -> Self {
        let id = profile["id"].clone();
        self.passkeys(json!({
            "passkeyProfiles": [profile], "defaultPasskeyProfile": id, "includeTargets": [target("all_users", &[&id])],
        }))
    }

    /// A conditional access policy, exported through beta.
    pub(crate) fn access(mut self, document: &Value) -> Self {
        let n = match &self.0.access {
            Fact::Known(all) => u8::try_from(all.len()).unwrap(),
            Fact::Unknown => 0,
        };
        let id: AccessPolicyId = guid(n).parse().unwrap();
        let (policy, problems) = Policy::from_graph_leniently(document, id).unwrap();
        let it = AccessPolicy {
            policy,
            unread: problems.into_iter().map(|it| it.path).collect(),
            edition: Edition::Beta,
            raw: document.clone(),
            source: Source::default(),
        };
        if let Fact::Known(all) = &mut self.0.access {
            all.push(it);
        }
        self
    }

    /// A custom strength.
    pub(crate) fn strength(mut self, n: u8, combinations: &[&str], aaguids: &[&str]) -> Self {
        let configurations: Vec<_> = if aaguids.is_empty() {
            Vec::new()
        } else {
            vec![json!({
                "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
                "appliesToCombinations": ["fido2"], "allowedAAGUIDs": aaguids,
            })]
        };
        let document = json!({
            "displayName": format!("Strength {n}"), "allowedCombinations": combinations,
            "combinationConfigurations": configurations,
        });
        let id: StrengthId = guid(n).parse().unwrap();
        self.0.strengths.push(Strength::from_graph(&document, id).unwrap());
        self
    }

    /// What somebody can do on a day.
    pub(crate) fn on(&self, at: &str, name: &str) -> Answers {
        self.with(Options::at(day(at)), name)
    }

    pub(crate) fn with(&self, options: Options, name: &str) -> Answers {
        let engine = Engine::new(&self.0, options);
        let person = self.0.people.iter().position(|it| it.name == name).unwrap();
        let attempts = Memo::new(&engine).attempts(person);
        let words = attempts.iter().flat_map(|it| &it.whys).map(|why| engine.words(*why)).collect();
        let names = engine.resources().iter().map(|it| it.names.clone()).collect();
        Answers { attempts, names, words }
    }

    /// What somebody can do today.
    pub(crate) fn of(&self, name: &str) -> Answers {
        self.on("2026-11-22", name)
    }
}

/// Every try of somebody.
pub(crate) struct Answers {
    pub(crate) attempts: Vec<Attempt>,
    names: Vec<Vec<String>>,
    pub(crate) words: Vec<String>,
}

impl Answers {
    fn narrowed(mut self, keep: impl Fn(&Attempt) -> bool) -> Self {
        self.attempts.retain(keep);
        assert!(!self.attempts.is_empty(), "there is nothing to ask about");
        self
    }

    /// Only in this.
    pub(crate) fn by(self, way: Way) -> Self {
        self.narrowed(|it| it.way == way)
    }

    /// Only in this browser.
    pub(crate) fn browser(self, browser: Browser) -> Self {
        self.by(Way::Browser(browser))
    }

    /// Only on this platform.
    pub(crate) fn platform(self, platform: Platform) -> Self {
        self.narrowed(|it| it.platform == Some(platform))
    }

    /// Only with this.
    pub(crate) fn using(self, with: With) -> Self {
        self.narrowed(|it| it.with == with)
    }

    fn bit(&self, resource: &str) -> Bits {
        let place = self.names.iter().position(|names| names.iter().any(|it| it == resource));
        1 << place.unwrap_or_else(|| panic!("{resource} is not told apart: {:?}", self.names))
    }

    /// Whether any of these tries gets them there.
    pub(crate) fn to(&self, resource: &str) -> Truth {
        let bit = self.bit(resource);
        let any = |of: fn(&Attempt) -> Bits| self.attempts.iter().any(|it| of(it) & bit != 0);
        match (any(|it| it.yes), any(|it| it.maybe)) {
            (true, _) => Truth::Yes,
            (false, true) => Truth::Unknown,
            (false, false) => Truth::No,
        }
    }

    /// Whether a session is protected there.
    pub(crate) fn protected(&self, resource: &str) -> Truth {
        let bit = self.bit(resource);
        let any = |of: fn(&Attempt) -> Bits| self.attempts.iter().any(|it| of(it) & bit != 0);
        match (any(|it| it.protected), any(|it| it.perhaps_protected)) {
            (true, _) => Truth::Yes,
            (false, true) => Truth::Unknown,
            (false, false) => Truth::No,
        }
    }

    /// Whether some reason has this name.
    pub(crate) fn says(&self, code: &str) -> bool {
        self.attempts.iter().flat_map(|it| &it.whys).any(|why| why.code() == code)
    }

    /// Whether some reason rests on this fact.
    pub(crate) fn rests_on(&self, fact: &str) -> bool {
        self.attempts.iter().flat_map(|it| &it.whys).any(|why| why.fact() == Some(fact))
    }
}

/// A target of the passkey policy.
pub(crate) fn target(id: &str, profiles: &[&Value]) -> Value {
    json!({ "id": id, "targetType": "group", "isRegistrationRequired": false, "allowedPasskeyProfiles": profiles })
}

/// A profile: its number, its types, and what else.
pub(crate) fn profile(n: u8, types: &str, more: &Value) -> Value {
    let mut it = json!({
        "id": guid(n), "name": format!("Profile {n}"), "passkeyTypes": types, "attestationEnforcement": "disabled",
    });
    merge(&mut it, more);
    it
}

/// A list of models, allowed or blocked.
pub(crate) fn models(kind: &str, aaguids: &[&str]) -> Value {
    json!({ "keyRestrictions": { "isEnforced": true, "enforcementType": kind, "aaGuids": aaguids } })
}

/// An enforced policy for everybody and everything, changed by `more`, member by member.
pub(crate) fn policy(name: &str, more: &Value) -> Value {
    let mut it = json!({
        "displayName": name, "state": "enabled",
        "conditions": {
            "users": { "includeUsers": ["All"] }, "applications": { "includeApplications": ["All"] },
            "clientAppTypes": ["all"],
        },
    });
    merge(&mut it, more);
    it
}

/// What a policy asks for: built-in controls, any of which is enough.
pub(crate) fn grant(controls: &[&str]) -> Value {
    json!({ "grantControls": { "operator": "OR", "builtInControls": controls } })
}

/// A strength by its number; 2 to 4 are built in.
pub(crate) fn wants_strength(n: u8) -> Value {
    let id = if n <= 4 { format!("00000000-0000-0000-0000-00000000000{n}") } else { guid(n) };
    json!({ "grantControls": { "operator": "OR", "builtInControls": [], "authenticationStrength": { "id": id } } })
}

/// Token protection, for the three applications that have it everywhere, in native apps.
pub(crate) fn protection() -> Value {
    json!({
        "conditions": {
            "applications": { "includeApplications": ["Office365"] },
            "clientAppTypes": ["mobileAppsAndDesktopClients"],
        },
        "sessionControls": { "secureSignInSession": { "isEnabled": true } },
    })
}

/// Puts members of one object into another, all the way down.
pub(crate) fn merge(into: &mut Value, more: &Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (name, value) in more {
                merge(into.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (into, more) => into.clone_from(more),
    }
}

/// Both.
pub(crate) fn both(one: &Value, other: &Value) -> Value {
    let mut it = one.clone();
    merge(&mut it, other);
    it
}
