//! Every operation of the admin API, once: the router is made from this table, and so is the OpenAPI document.

use super::resource::{
    APPLICATION, AUDIT, DEVICE, ORGANIZATION, PASSKEY, Resource, SIGN_IN, SIGNING_KEY, TAP, USER,
};
use super::{applications, devices, logs, methods, on_behalf, tenant, users};
use crate::app::App;
use axum::routing::{MethodRouter, delete, get, patch, post};
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
const TAP_BODY: &[&str] = &["lifetimeInMinutes", "isUsableOnce", "startDateTime"];
const PASSKEY_BODY: &[&str] = &["displayName", "publicKeyCredential"];
const APP_BODY: &[&str] =
    &["displayName", "identifierUris", "web", "publicClient", "spa", "passband_enabled"];

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
    operation!(get "/devices" "listDevices" Answer::Collection(&DEVICE), &[], devices::list, "Devices, newest first"),
    operation!(get "/devices/{id}" "getDevice" Answer::Object(&DEVICE), &[], devices::get, "A device"),
    operation!(patch "/devices/{id}" "updateDevice" Answer::Nothing, &["accountEnabled"], devices::update, "Enable or disable a device"),
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
    operation!(get "/organization" "listOrganization" Answer::Collection(&ORGANIZATION), &[], tenant::organization, "The tenant"),
    operation!(get "/passband_signingKeys" "listSigningKeys" Answer::Collection(&SIGNING_KEY), &[], tenant::signing_keys, "Keys that sign tokens"),
    operation!(post "/passband_signingKeys/rotate" "rotateSigningKeys" Answer::Nothing, &[], tenant::rotate, "Sign with the pending key, retire the active one, make the next"),
];
