//! Every operation of the admin API, once: the router is made from this table, and so is the OpenAPI document.

use super::access::part::{Locations, Policies, Strengths};
use super::access::{edit, history, replay, what_if};
use super::resource::chain::{HEAD, LOGS};
use super::resource::conditional;
use super::resource::hello::HELLO_KEY;
use super::resource::recovery::{ALARM, RECOVERY_CODES};
use super::resource::roles::{ASSIGNMENT, DEFINITION};
use super::resource::signals::{STREAM, TRANSMITTER};
use super::resource::trust::{MODEL, ROOT, TRUST};
use super::resource::{
    APPLICATION, AUDIT, DEVICE, ORGANIZATION, PASSKEY, Resource, SIGN_IN, SIGNING_KEY, TAP, USER,
};
use super::resource_policy::{GROUP, METHOD_CONFIGURATION, METHODS_POLICY, WHAT_IF};
use super::templates::TEMPLATE;
use super::{
    alarms, applications, chain, devices, groups, hello_keys, logs, methods, on_behalf, policies, recovery,
    roles, signals, templates, tenant, transmitters, trust, users,
};
use crate::app::App;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, delete, get, patch, post};
use passband_core::policy::access::document::MAX_LOCATION;
use std::sync::Arc;

/// What a good answer holds.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// 200 and a page of them.
    Collection(&'static Resource),
    /// 201, where it is, and one.
    Created(&'static Resource),
    /// 204 and nothing.
    Nothing,
    /// 200 and one.
    Object(&'static Resource),
    /// 200 and members of no resource.
    Other,
}

/// An operation.
#[derive(Debug)]
pub struct Operation {
    /// Method, lower case.
    pub method: &'static str,
    /// Path under the version, as the router and OpenAPI both write it.
    pub path: &'static str,
    /// OpenAPI `operationId`.
    pub id: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What a good answer holds.
    pub answer: Answer,
    /// Properties a body may have; empty if there is no body.
    pub body: &'static [&'static str],
    /// The handler.
    pub handler: fn() -> MethodRouter<Arc<App>>,
}

const USER_BODY: &[&str] = &[
    "userPrincipalName",
    "displayName",
    "accountEnabled",
    "passband_isAdministrator",
    "passband_isBreakGlass",
];
const ROLE_BODY: &[&str] = &["principalId", "roleDefinitionId", "directoryScopeId", "passband_force"];
const TAP_BODY: &[&str] = &["lifetimeInMinutes", "isUsableOnce", "startDateTime"];
const PASSKEY_BODY: &[&str] = &["displayName", "publicKeyCredential"];
const DEVICE_BODY: &[&str] = &[
    "accountEnabled",
    "isCompliant",
    "isManaged",
    "passband_complianceExpirationDateTime",
    "operatingSystemVersion",
    "deviceOwnership",
    "manufacturer",
    "model",
    "mdmAppId",
    "enrollmentProfileName",
    "extensionAttributes",
];
const APP_BODY: &[&str] = &[
    "displayName",
    "identifierUris",
    "web",
    "publicClient",
    "spa",
    "passband_enabled",
    "passband_backchannelLogoutUri",
];

const GROUP_BODY: &[&str] =
    &["displayName", "description", "mailNickname", "mailEnabled", "securityEnabled", "groupTypes"];
const TRANSMITTER_BODY: &[&str] =
    &["displayName", "issuer", "audience", "jwks", "deviceCompliance", "sessionRevocation", "mayRaise"];
const STREAM_BODY: &[&str] = &["displayName", "audience", "pushUrl"];
const METHOD_BODY: &[&str] = &[
    "state",
    "includeTargets",
    "excludeTargets",
    "isSelfServiceRegistrationAllowed",
    "defaultPasskeyProfile",
    "passkeyProfiles",
    "isAttestationEnforced",
    "keyRestrictions",
    "minimumLifetimeInMinutes",
    "maximumLifetimeInMinutes",
    "defaultLifetimeInMinutes",
    "defaultLength",
    "isUsableOnce",
    "passband_force",
];

const ACCESS_BODY: &[&str] = &[
    "displayName",
    "description",
    "state",
    "templateId",
    "conditions",
    "grantControls",
    "sessionControls",
    "passband_unknownDevice",
    "passband_force",
];
const LOCATION_BODY: &[&str] = &[
    "@odata.type",
    "displayName",
    "isTrusted",
    "ipRanges",
    "countriesAndRegions",
    "includeUnknownCountriesAndRegions",
    "countryLookupMethod",
    "passband_force",
];
const STRENGTH_BODY: &[&str] =
    &["displayName", "description", "allowedCombinations", "combinationConfigurations", "passband_force"];
const EVALUATE_BODY: &[&str] =
    &["signInIdentity", "signInContext", "signInConditions", "appliedPoliciesOnly"];
const REPLAY_BODY: &[&str] = &["days", "since", "until", "policy", "remove"];

/// The operation of a handler whose body is a named location: thousands of networks may be in it.
macro_rules! location {
    ($method:ident $path:literal $id:literal $answer:expr, $handler:path, $summary:literal) => {
        Operation {
            method: stringify!($method),
            path: $path,
            id: $id,
            summary: $summary,
            answer: $answer,
            body: LOCATION_BODY,
            handler: || $method($handler).layer(DefaultBodyLimit::max(MAX_LOCATION)),
        }
    };
}

macro_rules! operation {
    ($method:ident $path:literal $id:literal $answer:expr, $body:expr, $handler:path, $summary:literal) => {
        Operation {
            method: stringify!($method),
            path: $path,
            id: $id,
            summary: $summary,
            answer: $answer,
            body: $body,
            handler: || $method($handler),
        }
    };
}

/// The operation of a handler whose body is a whole document.
macro_rules! import {
    ($path:literal $id:literal $handler:path, $summary:literal) => {
        Operation {
            method: "post",
            path: $path,
            id: $id,
            summary: $summary,
            answer: Answer::Other,
            body: &["document"],
            handler: || post($handler).layer(DefaultBodyLimit::max(trust::MAX_DOCUMENT)),
        }
    };
}

/// Each of them.
#[rustfmt::skip]
pub static OPERATIONS: &[Operation] = &[
    operation!(get "/users" "listUsers" Answer::Collection(&USER), &[], users::list, "People, by userPrincipalName"),
    operation!(post "/users" "createUser" Answer::Created(&USER), USER_BODY, users::create, "Add a person"),
    operation!(get "/users/{id}" "getUser" Answer::Object(&USER), &[], users::get, "A person, by id or userPrincipalName"),
    operation!(patch "/users/{id}" "updateUser" Answer::Nothing, USER_BODY, users::update, "Change a person; disabling ends their sessions"),
    operation!(delete "/users/{id}" "deleteUser" Answer::Nothing, &[], users::delete, "Delete a person with passkeys, passes, devices and sessions"),
    operation!(post "/users/{id}/revokeSignInSessions" "revokeSignInSessions" Answer::Other, &[], users::revoke_sessions, "End every session of a person"),
    operation!(get "/users/{id}/authentication/temporaryAccessPassMethods" "listTemporaryAccessPasses" Answer::Collection(&TAP), &[], methods::list_taps, "A person's passes"),
    operation!(post "/users/{id}/authentication/temporaryAccessPassMethods" "createTemporaryAccessPass" Answer::Created(&TAP), TAP_BODY, methods::create_tap, "Make a pass; it replaces the one before and is shown this once"),
    operation!(get "/users/{id}/authentication/temporaryAccessPassMethods/{methodId}" "getTemporaryAccessPass" Answer::Object(&TAP), &[], methods::get_tap, "A pass, without its text"),
    operation!(delete "/users/{id}/authentication/temporaryAccessPassMethods/{methodId}" "deleteTemporaryAccessPass" Answer::Nothing, &[], methods::delete_tap, "Delete a pass"),
    operation!(get "/users/{id}/authentication/fido2Methods" "listPasskeys" Answer::Collection(&PASSKEY), &[], methods::list_passkeys, "A person's passkeys"),
    operation!(post "/users/{id}/authentication/fido2Methods" "createPasskey" Answer::Created(&PASSKEY), PASSKEY_BODY, on_behalf::create, "Register a passkey for a person, made with the options below"),
    operation!(get "/users/{id}/authentication/fido2Methods/creationOptions" "getPasskeyCreationOptions" Answer::Other, &[], on_behalf::options, "Options to make a passkey for a person with; also as creationOptions(challengeTimeoutInMinutes=N)"),
    operation!(get "/users/{id}/authentication/fido2Methods/{methodId}" "getPasskey" Answer::Object(&PASSKEY), &[], methods::get_passkey, "A passkey"),
    operation!(delete "/users/{id}/authentication/fido2Methods/{methodId}" "deletePasskey" Answer::Nothing, &[], methods::delete_passkey, "Delete a passkey; sessions it began end with it. A person's last one only with passband_force=true"),
    operation!(get "/users/{id}/authentication/windowsHelloForBusinessMethods" "listHelloKeys" Answer::Collection(&HELLO_KEY), &[], hello_keys::list, "A person's Hello keys"),
    operation!(get "/users/{id}/authentication/windowsHelloForBusinessMethods/{methodId}" "getHelloKey" Answer::Object(&HELLO_KEY), &[], hello_keys::get, "A Hello key"),
    operation!(delete "/users/{id}/authentication/windowsHelloForBusinessMethods/{methodId}" "deleteHelloKey" Answer::Nothing, &[], hello_keys::delete, "Delete a Hello key; sessions it began end with it"),
    operation!(get "/users/{id}/authentication/passband_recoveryCodes" "getRecoveryCodes" Answer::Object(&RECOVERY_CODES), &[], recovery::get, "How many recovery codes a person has left; the codes themselves are nobody's to read or make but their owner's"),
    operation!(delete "/users/{id}/authentication/passband_recoveryCodes" "deleteRecoveryCodes" Answer::Nothing, &[], recovery::delete, "Take a person's recovery codes away"),
    operation!(get "/users/{id}/memberOf" "listMemberOf" Answer::Collection(&GROUP), &[], groups::member_of, "Groups a person is in"),
    operation!(get "/groups" "listGroups" Answer::Collection(&GROUP), &[], groups::list, "Groups, newest first"),
    operation!(post "/groups" "createGroup" Answer::Created(&GROUP), GROUP_BODY, groups::create, "Add a group"),
    operation!(get "/groups/{id}" "getGroup" Answer::Object(&GROUP), &[], groups::get, "A group"),
    operation!(patch "/groups/{id}" "updateGroup" Answer::Nothing, GROUP_BODY, groups::update, "Rename a group"),
    operation!(delete "/groups/{id}" "deleteGroup" Answer::Nothing, &[], groups::delete, "Delete a group; not one that a policy names"),
    operation!(get "/groups/{id}/members" "listMembers" Answer::Collection(&USER), &[], groups::members, "People in a group, by userPrincipalName"),
    operation!(post "/groups/{id}/members/$ref" "addMember" Answer::Nothing, &["@odata.id"], groups::add_member, "Put a person into a group"),
    operation!(delete "/groups/{id}/members/{memberId}/$ref" "removeMember" Answer::Nothing, &[], groups::remove_member, "Take a person out of a group"),
    operation!(get "/policies/authenticationMethodsPolicy" "getAuthenticationMethodsPolicy" Answer::Object(&METHODS_POLICY), &[], policies::get, "The authentication methods policy"),
    operation!(patch "/policies/authenticationMethodsPolicy" "updateAuthenticationMethodsPolicy" Answer::Nothing, &["registrationEnforcement"], policies::update, "Change the registration campaign"),
    operation!(get "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations" "listMethodConfigurations" Answer::Collection(&METHOD_CONFIGURATION), &[], policies::list_methods, "The configuration of each method"),
    operation!(get "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{id}" "getMethodConfiguration" Answer::Object(&METHOD_CONFIGURATION), &[], policies::get_method, "The configuration of passkeys (fido2) or of temporaryAccessPass"),
    operation!(patch "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{id}" "updateMethodConfiguration" Answer::Nothing, METHOD_BODY, policies::update_method, "Change it; each property that is sent replaces its own whole"),
    operation!(post "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{id}/passband_whatIf" "whatIfMethodConfiguration" Answer::Object(&WHAT_IF), METHOD_BODY, policies::what_if, "Whom a change of passkeys (fido2) would touch, without making it"),
    operation!(get "/policies/authenticationMethodsPolicy/passband_passkeyProfileTemplates" "listPasskeyProfileTemplates" Answer::Collection(&TEMPLATE), &[], templates::list, "Ready-made passkey profiles"),
    operation!(post "/policies/authenticationMethodsPolicy/passband_passkeyProfileTemplates/{id}/passband_add" "addPasskeyProfileTemplate" Answer::Nothing, &[], templates::add, "Take a ready-made profile into the policy; no target names it yet"),
    operation!(get "/devices" "listDevices" Answer::Collection(&DEVICE), &[], devices::list, "Devices, newest first"),
    operation!(get "/devices/{id}" "getDevice" Answer::Object(&DEVICE), &[], devices::get, "A device"),
    operation!(patch "/devices/{id}" "updateDevice" Answer::Nothing, DEVICE_BODY, devices::update, "Enable or disable a device, or say whether it is compliant and what it is"),
    operation!(delete "/devices/{id}" "deleteDevice" Answer::Nothing, &[], devices::delete, "Delete a device; it has to register again"),
    operation!(get "/applications" "listApplications" Answer::Collection(&APPLICATION), &[], applications::list, "Applications, newest first"),
    operation!(post "/applications" "createApplication" Answer::Created(&APPLICATION), APP_BODY, applications::create, "Register an application"),
    operation!(get "/applications/{id}" "getApplication" Answer::Object(&APPLICATION), &[], applications::get, "An application"),
    operation!(patch "/applications/{id}" "updateApplication" Answer::Nothing, APP_BODY, applications::update, "Change an application; each list that is sent replaces its own"),
    operation!(delete "/applications/{id}" "deleteApplication" Answer::Nothing, &[], applications::delete, "Delete an application"),
    operation!(post "/applications/{id}/addPassword" "addPassword" Answer::Other, &["passwordCredential"], applications::add_password, "Make a client secret; it replaces the one before and is shown this once"),
    operation!(post "/applications/{id}/removePassword" "removePassword" Answer::Nothing, &["keyId"], applications::remove_password, "Take the client secret away: a public client again"),
    operation!(get "/auditLogs/signIns" "listSignIns" Answer::Collection(&SIGN_IN), &[], logs::sign_ins, "The sign-in log, newest first"),
    operation!(get "/auditLogs/directoryAudits" "listDirectoryAudits" Answer::Collection(&AUDIT), &[], logs::directory_audits, "Changes to the directory, newest first"),
    operation!(get "/passband_auditHead" "getAuditHead" Answer::Object(&HEAD), &[], chain::get, "The ends of the audit log's chain"),
    operation!(get "/passband_logs" "getLogs" Answer::Object(&LOGS), &[], chain::get_logs, "How long the logs are kept"),
    operation!(patch "/passband_logs" "updateLogs" Answer::Nothing, &["signInRetentionDays", "auditRetentionDays"], chain::update_logs, "Change how long the logs are kept"),
    operation!(get "/passband_alarms" "listAlarms" Answer::Collection(&ALARM), &[], alarms::list, "Alarms that no administrator has acknowledged, the latest first"),
    operation!(post "/passband_alarms/{id}/acknowledge" "acknowledgeAlarm" Answer::Nothing, &["count"], alarms::acknowledge, "Acknowledge an alarm, with the count that was seen"),
    operation!(get "/roleManagement/directory/roleDefinitions" "listRoleDefinitions" Answer::Collection(&DEFINITION), &[], roles::definitions, "The roles there are"),
    operation!(get "/roleManagement/directory/roleDefinitions/{id}" "getRoleDefinition" Answer::Object(&DEFINITION), &[], roles::get_definition, "A role"),
    operation!(get "/roleManagement/directory/roleAssignments" "listRoleAssignments" Answer::Collection(&ASSIGNMENT), &[], roles::assignments, "Who holds which role"),
    operation!(post "/roleManagement/directory/roleAssignments" "createRoleAssignment" Answer::Created(&ASSIGNMENT), ROLE_BODY, roles::assign, "Give a person a role; passes they have end with it. With passkeys that somebody else registered for them only with passband_force"),
    operation!(get "/roleManagement/directory/roleAssignments/{id}" "getRoleAssignment" Answer::Object(&ASSIGNMENT), &[], roles::get_assignment, "That a person holds a role"),
    operation!(delete "/roleManagement/directory/roleAssignments/{id}" "deleteRoleAssignment" Answer::Nothing, &[], roles::remove, "Take a role from a person; not the last Global Administrator who can sign in"),
    operation!(get "/passband_signals/streams" "listSignalStreams" Answer::Collection(&STREAM), &[], signals::list, "Receivers of signals, newest first"),
    operation!(post "/passband_signals/streams" "createSignalStream" Answer::Created(&STREAM), STREAM_BODY, signals::create, "Let a receiver of signals in; its credential is shown this once"),
    operation!(get "/passband_signals/streams/{id}" "getSignalStream" Answer::Object(&STREAM), &[], signals::get, "A receiver of signals, and how its stream fares"),
    operation!(patch "/passband_signals/streams/{id}" "updateSignalStream" Answer::Nothing, STREAM_BODY, signals::update, "Change a receiver of signals"),
    operation!(post "/passband_signals/streams/{id}/newCredential" "renewSignalStreamCredential" Answer::Other, &[], signals::new_credential, "Make another credential; the one before ends at once"),
    operation!(delete "/passband_signals/streams/{id}" "deleteSignalStream" Answer::Nothing, &[], signals::delete, "Delete a receiver of signals with all that waits for it"),
    operation!(get "/passband_signals/transmitters" "listSignalTransmitters" Answer::Collection(&TRANSMITTER), &[], transmitters::list, "Who may send us signals, newest first"),
    operation!(post "/passband_signals/transmitters" "createSignalTransmitter" Answer::Created(&TRANSMITTER), TRANSMITTER_BODY, transmitters::create, "Register a sender of signals and what it may say"),
    operation!(get "/passband_signals/transmitters/{id}" "getSignalTransmitter" Answer::Object(&TRANSMITTER), &[], transmitters::get, "A sender of signals"),
    operation!(delete "/passband_signals/transmitters/{id}" "deleteSignalTransmitter" Answer::Nothing, &[], transmitters::delete, "Take no more signals from a sender"),
    operation!(get "/organization" "listOrganization" Answer::Collection(&ORGANIZATION), &[], tenant::organization, "The tenant"),
    operation!(get "/passband_signingKeys" "listSigningKeys" Answer::Collection(&SIGNING_KEY), &[], tenant::signing_keys, "Keys that sign tokens"),
    operation!(post "/passband_signingKeys/rotate" "rotateSigningKeys" Answer::Nothing, &[], tenant::rotate, "Sign with the pending key, retire the active one, make the next"),
    operation!(get "/passband_trust" "getTrust" Answer::Object(&TRUST), &[], trust::get, "What evidence of passkeys rests on"),
    operation!(get "/passband_trust/models" "listPasskeyModels" Answer::Collection(&MODEL), &[], trust::models, "Each passkey model of the metadata, what its attestation proves, and what each profile says of it"),
    import!("/passband_trust/metadata" "importMetadata" trust::import_metadata, "Import a FIDO metadata BLOB; with passband_dryRun=true only say whom it touches"),
    import!("/passband_trust/revocations" "importRevocations" trust::import_revocations, "Import Google's list of revoked attestation keys; with passband_dryRun=true only say whom it touches"),
    operation!(get "/passband_trust/roots" "listTrustRoots" Answer::Collection(&ROOT), &[], trust::roots, "Who may vouch"),
    operation!(post "/passband_trust/roots" "addTrustRoot" Answer::Other, &["certificate", "format", "aaGuids"], trust::add_root, "Add a root; with passband_dryRun=true only say whom it touches"),
    operation!(delete "/passband_trust/roots/{id}" "removeTrustRoot" Answer::Other, &[], trust::remove_root, "Remove an added root; with passband_dryRun=true only say whom it touches"),
    operation!(get "/identity/conditionalAccess/policies" "listConditionalAccessPolicies" Answer::Collection(&conditional::POLICY), &[], edit::list::<Policies>, "Conditional access policies"),
    operation!(post "/identity/conditionalAccess/policies" "createConditionalAccessPolicy" Answer::Created(&conditional::POLICY), ACCESS_BODY, edit::create::<Policies>, "Add a conditional access policy; an exported one may be sent"),
    operation!(get "/identity/conditionalAccess/policies/{id}" "getConditionalAccessPolicy" Answer::Object(&conditional::POLICY), &[], edit::get::<Policies>, "A conditional access policy"),
    operation!(patch "/identity/conditionalAccess/policies/{id}" "updateConditionalAccessPolicy" Answer::Nothing, ACCESS_BODY, edit::update::<Policies>, "Change a conditional access policy; with If-Match only the version it names"),
    operation!(delete "/identity/conditionalAccess/policies/{id}" "deleteConditionalAccessPolicy" Answer::Nothing, &[], edit::delete::<Policies>, "Delete a policy; it can be restored"),
    operation!(get "/identity/conditionalAccess/policies/{id}/passband_versions" "listConditionalAccessPolicyVersions" Answer::Collection(&conditional::VERSION), &[], history::list::<Policies>, "Its versions, newest first, with author and differences"),
    operation!(get "/identity/conditionalAccess/policies/{id}/passband_versions/{version}" "getConditionalAccessPolicyVersion" Answer::Object(&conditional::VERSION), &[], history::get::<Policies>, "A version, with its document"),
    operation!(post "/identity/conditionalAccess/policies/{id}/passband_rollback" "rollBackConditionalAccessPolicy" Answer::Other, &["version", "passband_force"], history::rollback::<Policies>, "Put a version of before back into force, also of a deleted one"),
    operation!(post "/identity/conditionalAccess/policies/passband_replay" "replayConditionalAccess" Answer::Object(&conditional::REPLAY), REPLAY_BODY, replay::post, "Whom a change would have touched, by the sign-in log, without making it"),
    operation!(get "/identity/conditionalAccess/deletedItems/policies" "listDeletedConditionalAccessPolicies" Answer::Collection(&conditional::DELETED), &[], history::deleted, "Deleted policies"),
    operation!(post "/identity/conditionalAccess/deletedItems/policies/{id}/restore" "restoreConditionalAccessPolicy" Answer::Nothing, &[], history::restore, "Put a deleted policy back into force"),
    operation!(post "/identity/conditionalAccess/evaluate" "evaluateConditionalAccess" Answer::Other, EVALUATE_BODY, what_if::post, "What the policies would say of a sign-in; what is not told is not known"),
    operation!(get "/identity/conditionalAccess/namedLocations" "listNamedLocations" Answer::Collection(&conditional::LOCATION), &[], edit::list::<Locations>, "Named locations"),
    location!(post "/identity/conditionalAccess/namedLocations" "createNamedLocation" Answer::Created(&conditional::LOCATION), edit::create::<Locations>, "Add a named location; an exported one may be sent"),
    operation!(get "/identity/conditionalAccess/namedLocations/{id}" "getNamedLocation" Answer::Object(&conditional::LOCATION), &[], edit::get::<Locations>, "A named location"),
    location!(patch "/identity/conditionalAccess/namedLocations/{id}" "updateNamedLocation" Answer::Nothing, edit::update::<Locations>, "Change a named location; with If-Match only the version it names"),
    operation!(delete "/identity/conditionalAccess/namedLocations/{id}" "deleteNamedLocation" Answer::Nothing, &[], edit::delete::<Locations>, "Delete a named location that no policy names"),
    operation!(get "/identity/conditionalAccess/namedLocations/{id}/passband_versions" "listNamedLocationVersions" Answer::Collection(&conditional::VERSION), &[], history::list::<Locations>, "Its versions, newest first, with author and differences"),
    operation!(get "/identity/conditionalAccess/namedLocations/{id}/passband_versions/{version}" "getNamedLocationVersion" Answer::Object(&conditional::VERSION), &[], history::get::<Locations>, "A version, with its document"),
    operation!(post "/identity/conditionalAccess/namedLocations/{id}/passband_rollback" "rollBackNamedLocation" Answer::Other, &["version", "passband_force"], history::rollback::<Locations>, "Put a version of before back into force, also of a deleted one"),
    operation!(get "/identity/conditionalAccess/authenticationStrength/policies" "listAuthenticationStrengths" Answer::Collection(&conditional::STRENGTH), &[], edit::list::<Strengths>, "Authentication strengths, the built-in ones first"),
    operation!(post "/identity/conditionalAccess/authenticationStrength/policies" "createAuthenticationStrength" Answer::Created(&conditional::STRENGTH), STRENGTH_BODY, edit::create::<Strengths>, "Add an authentication strength; an exported one may be sent"),
    operation!(get "/identity/conditionalAccess/authenticationStrength/policies/{id}" "getAuthenticationStrength" Answer::Object(&conditional::STRENGTH), &[], edit::get::<Strengths>, "An authentication strength"),
    operation!(patch "/identity/conditionalAccess/authenticationStrength/policies/{id}" "updateAuthenticationStrength" Answer::Nothing, STRENGTH_BODY, edit::update::<Strengths>, "Change an authentication strength; with If-Match only the version it names"),
    operation!(delete "/identity/conditionalAccess/authenticationStrength/policies/{id}" "deleteAuthenticationStrength" Answer::Nothing, &[], edit::delete::<Strengths>, "Delete an authentication strength that no policy names"),
    operation!(get "/identity/conditionalAccess/authenticationStrength/policies/{id}/passband_versions" "listAuthenticationStrengthVersions" Answer::Collection(&conditional::VERSION), &[], history::list::<Strengths>, "Its versions, newest first, with author and differences"),
    operation!(get "/identity/conditionalAccess/authenticationStrength/policies/{id}/passband_versions/{version}" "getAuthenticationStrengthVersion" Answer::Object(&conditional::VERSION), &[], history::get::<Strengths>, "A version, with its document"),
    operation!(post "/identity/conditionalAccess/authenticationStrength/policies/{id}/passband_rollback" "rollBackAuthenticationStrength" Answer::Other, &["version", "passband_force"], history::rollback::<Strengths>, "Put a version of before back into force, also of a deleted one"),
    operation!(get "/policies/authenticationStrengthPolicies" "listAuthenticationStrengthPolicies" Answer::Collection(&conditional::STRENGTH), &[], edit::list::<Strengths>, "Authentication strengths, at their other address"),
    operation!(post "/policies/authenticationStrengthPolicies" "createAuthenticationStrengthPolicy" Answer::Created(&conditional::STRENGTH), STRENGTH_BODY, edit::create::<Strengths>, "Add an authentication strength; an exported one may be sent"),
    operation!(get "/policies/authenticationStrengthPolicies/{id}" "getAuthenticationStrengthPolicy" Answer::Object(&conditional::STRENGTH), &[], edit::get::<Strengths>, "An authentication strength"),
    operation!(patch "/policies/authenticationStrengthPolicies/{id}" "updateAuthenticationStrengthPolicy" Answer::Nothing, STRENGTH_BODY, edit::update::<Strengths>, "Change an authentication strength; with If-Match only the version it names"),
    operation!(delete "/policies/authenticationStrengthPolicies/{id}" "deleteAuthenticationStrengthPolicy" Answer::Nothing, &[], edit::delete::<Strengths>, "Delete an authentication strength that no policy names"),
];
