//! Whether an administrator would get in: the rule that every change of conditional access asks, and every change of
//! what its exclusions rest on.
//!
//! "A policy that locks everybody out" is how tenants are lost. What is asked is not whether a policy names somebody,
//! but what would come of it: a Global Administrator signs in just now, with the best passkey they have, in a browser
//! on a device that nobody knows, from the place that suits them best, and opens the console. Accounts for emergencies
//! have no privilege here: they count as long as they are Global Administrators and the policies let them through.

use super::app::CONSOLE_APP;
use crate::authn::profile::PasskeyPolicy;
use crate::authn::profile::impact::accepts;
use crate::directory::{Holder, Passkey};
use crate::id::{ClientId, RoleId};
use crate::policy::access::facts::{
    ClientApp, Fact, Facts, Flow, Network, PasskeyProof, Person, Presented, Proof, Shown, Suite, Target,
};
use crate::policy::access::strength::{KeyBinding, Methods};
use crate::policy::access::verdict::Kind;
use crate::policy::access::{PolicySet, evaluate};
use crate::policy::signal::{Binding, EvidenceLevel, Factors};
use crate::reason::Reason;
use crate::time::Timestamp;

/// What stands between somebody and the console.
#[derive(Clone, Copy, Debug)]
pub struct Doors<'a> {
    /// Which passkeys sign in.
    pub passkeys: &'a PasskeyPolicy,
    /// Conditional access.
    pub access: &'a PolicySet,
    /// Now.
    pub at: Timestamp,
}

impl Doors<'_> {
    /// Whether somebody gets to the console with any of their passkeys, from anywhere.
    #[must_use]
    pub fn let_in(&self, holder: &Holder) -> bool {
        holder.user.enabled
            && holder.passkeys.iter().any(|passkey| {
                accepts(self.passkeys, &holder.groups, passkey) && self.get_to_console(holder, passkey)
            })
    }

    fn get_to_console(&self, holder: &Holder, passkey: &Passkey) -> bool {
        const CONSOLE: &[ClientId] = &[CONSOLE_APP];
        const PORTALS: &[Suite] = &[Suite::AdminPortals];
        let roles: Vec<RoleId> = holder.user.roles.iter().filter_map(|role| role.id().parse().ok()).collect();
        let facts = Facts {
            person: Person {
                id: holder.user.id,
                groups: Fact::Known(&holder.groups),
                roles: Fact::Known(&roles),
                guest: Fact::Known(None),
            },
            target: Target { apps: CONSOLE, suites: PORTALS, action: None },
            client_app: Fact::Known(ClientApp::Browser),
            // Any platform and any place will do, so what they come to where they suit best is what counts.
            platform: Fact::Unknown,
            device: Fact::Known(None),
            network: Network::default(),
            flow: Fact::Known(Flow::None),
            proof: proof(passkey, self.at),
            presented: Presented {
                shown: Shown::Cookie,
                binding: Fact::Known(Binding::None),
                evidence: EvidenceLevel::E0,
            },
            at: self.at,
        };
        evaluate(self.access, &facts).best == Kind::Permit
    }
}

/// What a sign-in with this passkey proves.
fn proof(passkey: &Passkey, at: Timestamp) -> Proof {
    let synced = passkey.backup_eligible;
    let kind = if synced { Factors::PASSKEY_SYNCED } else { Factors::PASSKEY_DEVICE_BOUND };
    let evidence = &passkey.evidence;
    Proof {
        methods: Fact::Known(Methods::of(kind.and(Factors::USER_VERIFIED), None)),
        passkey: Fact::Known(Some(PasskeyProof {
            aaguid: passkey.aaguid,
            binding: KeyBinding::of(synced, evidence.level),
            evidence: evidence.level,
            attested: evidence.attested,
            certification: evidence.certification,
        })),
        at: Fact::Known(at),
    }
}

/// Whether a change leaves the installation with a Global Administrator who gets to the console. Where none did before,
/// there is nothing to lose.
///
/// `now` and `then` are the administrators as they are and as they would be: a change of groups moves people, a change
/// of policies leaves them as they are.
///
/// # Errors
///
/// [`Reason::AccessLocksOut`].
pub fn keeps_an_administrator(
    now: (Doors<'_>, &[Holder]),
    then: (Doors<'_>, &[Holder]),
) -> Result<(), Reason> {
    let any = |(doors, holders): (Doors<'_>, &[Holder])| {
        holders.iter().any(|holder| holder.user.roles.is_global() && doors.let_in(holder))
    };
    if any(then) || !any(now) { Ok(()) } else { Err(Reason::AccessLocksOut) }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::directory::{Roles, User};
    use crate::id::{AccessPolicyId, GroupId, LocationId, UserId};
    use crate::manage::passkey::tests::{NOW, passkey};
    use crate::policy::access::Policy;
    use crate::policy::access::location::NamedLocation;
    use serde_json::{Value, json};

    const SPARED: GroupId = GroupId::from_bytes([7; 16]);

    fn holder(n: u8, synced: bool) -> Holder {
        let user = User {
            id: UserId::from_bytes([n; 16]),
            upn: format!("{n}@example.org"),
            display_name: String::new(),
            enabled: true,
            roles: Roles::GLOBAL,
            break_glass: n == 9,
            handle: vec![n; 32],
            created: NOW,
        };
        let passkey = Passkey { backup_eligible: synced, ..passkey(&[n], user.id) };
        Holder { user, groups: Vec::new(), passkeys: vec![passkey] }
    }

    /// One policy for everybody but a group, with these members.
    pub(in crate::manage) fn set(members: &Value) -> PolicySet {
        let mut document = json!({
            "displayName": "No way", "state": "enabled",
            "conditions": {
                "users": { "includeUsers": ["All"], "excludeGroups": [SPARED] },
                "applications": { "includeApplications": ["All"] },
            },
        });
        for (name, value) in members.as_object().unwrap() {
            if name == "conditions" {
                let conditions = document["conditions"].as_object_mut().unwrap();
                conditions.extend(value.as_object().unwrap().clone());
            } else {
                document[name.as_str()] = value.clone();
            }
        }
        let policy = Policy::from_graph(&document, AccessPolicyId::from_bytes([1; 16]));
        let headquarters = json!({
            "@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Headquarters", "isTrusted": true,
            "ipRanges": [{ "cidrAddress": "192.0.2.0/24" }],
        });
        let headquarters = NamedLocation::from_graph(&headquarters, LocationId::from_bytes([1; 16])).unwrap();
        let policy = policy.unwrap_or_else(|error| panic!("{error}"));
        PolicySet::compile(vec![policy], Vec::new(), vec![headquarters])
    }

    fn lets_in(members: &Value, holder: &Holder) -> bool {
        let (passkeys, access) = (PasskeyPolicy::default(), set(members));
        Doors { passkeys: &passkeys, access: &access, at: NOW }.let_in(holder)
    }

    fn grant(controls: &[&str]) -> Value {
        json!({ "grantControls": { "operator": "AND", "builtInControls": controls } })
    }

    #[test]
    fn who_gets_in_is_what_the_policies_say() {
        let ada = holder(1, false);
        let strength = |id: u8| {
            json!({ "grantControls": { "operator": "AND", "builtInControls": [],
            "authenticationStrength": { "id": format!("00000000-0000-0000-0000-00000000000{id}") } } })
        };
        let elsewhere = json!({
            "conditions": { "locations": { "includeLocations": ["All"], "excludeLocations": ["AllTrusted"] } },
            "grantControls": { "operator": "OR", "builtInControls": ["block"] },
        });
        let everytime = json!({ "sessionControls": { "signInFrequency": {
            "isEnabled": true, "frequencyInterval": "everyTime",
            "authenticationType": "primaryAndSecondaryAuthentication" } } });
        let apps = json!({
            "conditions": { "applications": { "includeApplications": ["MicrosoftAdminPortals"] } },
            "grantControls": { "operator": "OR", "builtInControls": ["block"] },
        });
        for (members, gets_in) in [
            (grant(&["mfa"]), true),
            (strength(4), true),
            (everytime, true),
            // From headquarters.
            (elsewhere, true),
            (grant(&["block"]), false),
            (grant(&["compliantDevice"]), false),
            (strength(9), false),
            (apps, false),
            (json!({ "sessionControls": { "secureSignInSession": { "isEnabled": true } } }), false),
        ] {
            assert_eq!(lets_in(&members, &ada), gets_in, "{members}");
        }
        let spared = Holder { groups: vec![SPARED], ..holder(1, false) };
        assert!(lets_in(&grant(&["block"]), &spared), "excluded");
        let mut asleep = spared.clone();
        asleep.user.enabled = false;
        assert!(!lets_in(&grant(&["mfa"]), &asleep), "disabled");
        assert!(!lets_in(&grant(&["mfa"]), &Holder { passkeys: Vec::new(), ..spared }), "no passkey");
    }

    #[test]
    fn one_who_gets_in_is_enough_and_nothing_to_lose_is_nothing_lost() {
        let passkeys = PasskeyPolicy::default();
        let (open, shut) = (PolicySet::default(), set(&grant(&["block"])));
        let emergency = Holder { groups: vec![SPARED], ..holder(9, false) };
        let ada = [holder(1, false)];
        let both = [holder(1, true), emergency.clone()];
        let keeps = |now: (&PolicySet, &[Holder]), then: (&PolicySet, &[Holder])| {
            let (before, after) = (
                Doors { passkeys: &passkeys, access: now.0, at: NOW },
                Doors { passkeys: &passkeys, access: then.0, at: NOW },
            );
            keeps_an_administrator((before, now.1), (after, then.1))
        };
        assert_eq!(keeps((&open, &ada), (&shut, &ada)), Err(Reason::AccessLocksOut));
        assert_eq!(keeps((&open, &both), (&shut, &both)), Ok(()), "an account for emergencies is left out");
        assert_eq!(keeps((&shut, &ada), (&shut, &ada)), Ok(()), "nothing to lose");
        // What the exclusion rests on is taken away: from the group, or the account itself.
        let moved = [holder(1, true), Holder { groups: Vec::new(), ..emergency.clone() }];
        assert_eq!(keeps((&shut, &both), (&shut, &moved)), Err(Reason::AccessLocksOut));
        let mut demoted = both.clone();
        demoted[1].user.roles = Roles::NONE;
        assert_eq!(keeps((&shut, &both), (&shut, &demoted)), Err(Reason::AccessLocksOut));
    }
}
