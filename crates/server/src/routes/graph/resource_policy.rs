//! The resources of policies: groups and the authentication methods policy.

use super::resource::{Kind, Resource, filter, plain};
use crate::policies::{Hit, Impact};
use passband_core::authn::methods::{MethodsPolicy, TAP_TYPE};
use passband_core::authn::profile::document;
use passband_core::directory::{Group, User};
use passband_wire::b64;
use serde_json::{Value, json};

/// Graph `group`.
pub static GROUP: Resource = Resource {
    name: "group",
    properties: &[
        filter("id", Kind::Guid, "The group's id."),
        filter("displayName", Kind::Text, "The name people read."),
        plain("description", Kind::Text, "What it is for."),
        plain("mailNickname", Kind::Text, "Kept for scripts that set it; nothing here sends mail."),
        plain("mailEnabled", Kind::Bool, "Always false."),
        plain("securityEnabled", Kind::Bool, "Always true."),
        plain("groupTypes", Kind::Texts, "Always empty: members are assigned."),
        filter("createdDateTime", Kind::Time, "When it was made."),
    ],
};

/// A group as Graph shows one.
pub fn group(group: &Group) -> Value {
    json!({
        "id": group.id.to_string(),
        "displayName": group.name,
        "description": group.description,
        "mailNickname": group.nickname,
        "mailEnabled": false,
        "securityEnabled": true,
        "groupTypes": [],
        "createdDateTime": group.created.rfc3339(),
    })
}

/// Graph `authenticationMethodsPolicy`.
pub static METHODS_POLICY: Resource = Resource {
    name: "authenticationMethodsPolicy",
    properties: &[
        plain("id", Kind::Text, "authenticationMethodsPolicy"),
        plain("displayName", Kind::Text, "Its name."),
        plain("description", Kind::Text, "What it is for."),
        plain("policyMigrationState", Kind::Text, "Always migrationComplete: there is no older policy."),
        plain("registrationEnforcement", Kind::Object, "The registration campaign."),
        plain("authenticationMethodConfigurations", Kind::Objects, "The configuration of each method."),
    ],
};

/// The properties of the policy that nobody changes.
pub fn fixed() -> Value {
    json!({
        "id": "authenticationMethodsPolicy",
        "displayName": "Authentication Methods Policy",
        "description": "Which methods people may register and sign in with.",
        "policyMigrationState": "migrationComplete",
    })
}

/// The policy as Graph shows it.
pub fn methods_policy(policy: &MethodsPolicy) -> Value {
    let mut shown = fixed();
    shown["registrationEnforcement"] = policy.campaign.to_graph();
    shown["authenticationMethodConfigurations"] = json!([passkeys(policy), passes(policy)]);
    shown
}

/// The configuration of a method: Graph `fido2AuthenticationMethodConfiguration` or
/// `temporaryAccessPassAuthenticationMethodConfiguration`.
pub static METHOD_CONFIGURATION: Resource = Resource {
    name: "authenticationMethodConfiguration",
    properties: &[
        plain("id", Kind::Text, "Fido2 or TemporaryAccessPass."),
        plain("state", Kind::Text, "enabled or disabled."),
        plain("includeTargets", Kind::Objects, "Groups, or all_users; of Fido2 with allowedPasskeyProfiles."),
        plain("excludeTargets", Kind::Objects, "Groups that are left out, whatever else covers them."),
        plain(
            "isSelfServiceRegistrationAllowed",
            Kind::Bool,
            "Fido2: whether people register passkeys themselves.",
        ),
        plain("defaultPasskeyProfile", Kind::Guid, "Fido2: the profile of targets that name none."),
        plain(
            "passkeyProfiles",
            Kind::Objects,
            "Fido2: what is asked of passkeys; satisfying one is enough.",
        ),
        plain(
            "isAttestationEnforced",
            Kind::Bool,
            "Fido2: of the default profile, from before there were several.",
        ),
        plain(
            "keyRestrictions",
            Kind::Object,
            "Fido2: of the default profile, from before there were several.",
        ),
        plain("minimumLifetimeInMinutes", Kind::Int, "TemporaryAccessPass: shortest lifetime."),
        plain("maximumLifetimeInMinutes", Kind::Int, "TemporaryAccessPass: longest lifetime."),
        plain("defaultLifetimeInMinutes", Kind::Int, "TemporaryAccessPass: lifetime if none is asked for."),
        plain("defaultLength", Kind::Int, "TemporaryAccessPass: characters of a pass, 8 to 48."),
        plain("isUsableOnce", Kind::Bool, "TemporaryAccessPass: whether every pass is for one use."),
    ],
};

/// The passkey policy as Graph shows it.
pub fn passkeys(policy: &MethodsPolicy) -> Value {
    typed(policy.passkeys.to_graph(), document::TYPE)
}

/// The pass policy as Graph shows it.
pub fn passes(policy: &MethodsPolicy) -> Value {
    typed(policy.passes.to_graph(), TAP_TYPE)
}

fn typed(mut shown: Value, name: &str) -> Value {
    shown["@odata.type"] = name.into();
    shown
}

/// Whom a change would touch: a resource of ours.
pub static WHAT_IF: Resource = Resource {
    name: "passband_passkeyPolicyImpact",
    properties: &[
        plain("people", Kind::Int, "People looked at."),
        plain("passkeys", Kind::Int, "Passkeys looked at."),
        plain("refusedCount", Kind::Int, "Passkeys that sign in now and would not."),
        plain("refused", Kind::Objects, "The first 500 of them, each with its person and the reason."),
        plain("newlyAllowedCount", Kind::Int, "Passkeys that do not sign in now and would."),
        plain("newlyAllowed", Kind::Objects, "The first 500 of them."),
        plain("withoutUsablePasskeyCount", Kind::Int, "People who would lose their last usable passkey."),
        plain("withoutUsablePasskey", Kind::Objects, "The first 500 of them."),
        plain("leavesNoAdministrator", Kind::Bool, "Whether no administrator could sign in any more."),
    ],
};

/// Whom a change would touch.
pub fn impact(impact: &Impact) -> Value {
    json!({
        "people": impact.people,
        "passkeys": impact.passkeys,
        "refusedCount": impact.refused_count,
        "refused": impact.refused.iter().map(hit).collect::<Vec<_>>(),
        "newlyAllowedCount": impact.allowed_count,
        "newlyAllowed": impact.allowed.iter().map(hit).collect::<Vec<_>>(),
        "withoutUsablePasskeyCount": impact.stranded_count,
        "withoutUsablePasskey": impact.stranded.iter().map(person).collect::<Vec<_>>(),
        "leavesNoAdministrator": impact.locks_out,
    })
}

fn person(user: &User) -> Value {
    json!({
        "userId": user.id.to_string(),
        "userPrincipalName": user.upn,
        "displayName": user.display_name,
        "isAdministrator": user.roles.is_global(),
    })
}

fn hit(hit: &Hit) -> Value {
    let mut shown = person(&hit.user);
    shown["methodId"] = b64::encode(&hit.id).into();
    shown["methodDisplayName"] = hit.name.as_str().into();
    shown["reason"] = hit.reason.map(|reason| reason.code()).into();
    shown
}
