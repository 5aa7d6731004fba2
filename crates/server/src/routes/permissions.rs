//! Which permission each operation of the admin API and each page and form of the console asks for: the one table.
//!
//! It is read in one layer before any handler. What is not in it is refused, whatever roles somebody holds, and a
//! test names it. `docs/permissions.md` is made from it.

use passband_core::manage::Permission::{self, *};

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Method, lower case.
    pub method: &'static str,
    /// Path as the router has it; in the console with the act itself in place of `{act}`.
    pub path: &'static str,
    /// What it asks for.
    pub permission: Permission,
    /// Whether it takes a passkey sign-in of the last five minutes, where a person asks.
    pub step_up: bool,
}

const fn row(method: &'static str, path: &'static str, permission: Permission) -> Row {
    Row { method, path, permission, step_up: false }
}

/// What cannot be taken back, or opens a way in: not for whoever found a browser open.
const fn grave(method: &'static str, path: &'static str, permission: Permission) -> Row {
    Row { method, path, permission, step_up: true }
}

/// The admin API, under `/v1.0` and `/beta`.
#[rustfmt::skip]
pub static API: &[Row] = &[
    row("get", "/users", PeopleRead),
    grave("post", "/users", PeopleWrite),
    row("get", "/users/{id}", PeopleRead),
    // Of its members only accountEnabled goes with this permission; the handler asks for what the others take.
    grave("patch", "/users/{id}", PeopleEnable),
    grave("delete", "/users/{id}", PeopleWrite),
    row("post", "/users/{id}/revokeSignInSessions", SessionsRevoke),
    row("get", "/users/{id}/authentication/temporaryAccessPassMethods", MethodsRead),
    grave("post", "/users/{id}/authentication/temporaryAccessPassMethods", PassesWrite),
    row("get", "/users/{id}/authentication/temporaryAccessPassMethods/{methodId}", MethodsRead),
    row("delete", "/users/{id}/authentication/temporaryAccessPassMethods/{methodId}", PassesWrite),
    row("get", "/users/{id}/authentication/fido2Methods", MethodsRead),
    grave("post", "/users/{id}/authentication/fido2Methods", PasskeysCreate),
    row("get", "/users/{id}/authentication/fido2Methods/creationOptions", PasskeysCreate),
    // Also where OData calls creationOptions(...), for which the handler asks for passkeys.create.
    row("get", "/users/{id}/authentication/fido2Methods/{methodId}", MethodsRead),
    grave("delete", "/users/{id}/authentication/fido2Methods/{methodId}", PasskeysDelete),
    row("get", "/users/{id}/authentication/passband_recoveryCodes", MethodsRead),
    grave("delete", "/users/{id}/authentication/passband_recoveryCodes", CodesDelete),
    row("get", "/users/{id}/memberOf", GroupsRead),
    row("get", "/groups", GroupsRead),
    row("post", "/groups", GroupsWrite),
    row("get", "/groups/{id}", GroupsRead),
    row("patch", "/groups/{id}", GroupsWrite),
    row("delete", "/groups/{id}", GroupsWrite),
    row("get", "/groups/{id}/members", GroupsRead),
    row("post", "/groups/{id}/members/$ref", GroupsWrite),
    row("delete", "/groups/{id}/members/{memberId}/$ref", GroupsWrite),
    row("get", "/policies/authenticationMethodsPolicy", PasskeyPolicyRead),
    grave("patch", "/policies/authenticationMethodsPolicy", PasskeyPolicyWrite),
    row("get", "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations", PasskeyPolicyRead),
    row("get", "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{id}", PasskeyPolicyRead),
    grave("patch", "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{id}", PasskeyPolicyWrite),
    row("post", "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{id}/passband_whatIf", PasskeyPolicyRead),
    row("get", "/policies/authenticationMethodsPolicy/passband_passkeyProfileTemplates", PasskeyPolicyRead),
    grave("post", "/policies/authenticationMethodsPolicy/passband_passkeyProfileTemplates/{id}/passband_add", PasskeyPolicyWrite),
    row("get", "/devices", DevicesRead),
    row("get", "/devices/{id}", DevicesRead),
    row("patch", "/devices/{id}", DevicesWrite),
    row("delete", "/devices/{id}", DevicesWrite),
    row("get", "/applications", AppsRead),
    row("post", "/applications", AppsWrite),
    row("get", "/applications/{id}", AppsRead),
    row("patch", "/applications/{id}", AppsWrite),
    row("delete", "/applications/{id}", AppsWrite),
    grave("post", "/applications/{id}/addPassword", AppsWrite),
    row("post", "/applications/{id}/removePassword", AppsWrite),
    row("get", "/auditLogs/signIns", SignInsRead),
    row("get", "/auditLogs/directoryAudits", AuditRead),
    row("get", "/passband_auditHead", AuditRead),
    row("get", "/passband_logs", AuditRead),
    grave("patch", "/passband_logs", LogsWrite),
    row("get", "/passband_alarms", AlarmsRead),
    row("post", "/passband_alarms/{id}/acknowledge", AlarmsAcknowledge),
    row("get", "/organization", InstallationRead),
    row("get", "/passband_signingKeys", InstallationRead),
    grave("post", "/passband_signingKeys/rotate", KeysRotate),
    row("get", "/passband_trust", InstallationRead),
    row("get", "/passband_trust/models", InstallationRead),
    grave("post", "/passband_trust/metadata", TrustWrite),
    grave("post", "/passband_trust/revocations", TrustWrite),
    row("get", "/passband_trust/roots", InstallationRead),
    grave("post", "/passband_trust/roots", TrustWrite),
    grave("delete", "/passband_trust/roots/{id}", TrustWrite),
    row("get", "/roleManagement/directory/roleDefinitions", RolesRead),
    row("get", "/roleManagement/directory/roleDefinitions/{id}", RolesRead),
    row("get", "/roleManagement/directory/roleAssignments", RolesRead),
    grave("post", "/roleManagement/directory/roleAssignments", RolesAssign),
    row("get", "/roleManagement/directory/roleAssignments/{id}", RolesRead),
    grave("delete", "/roleManagement/directory/roleAssignments/{id}", RolesAssign),
];

/// The console.
#[rustfmt::skip]
pub static CONSOLE: &[Row] = &[
    row("get", "/admin", InstallationRead),
    row("post", "/admin/alarms/{id}/{kind}", AlarmsAcknowledge),
    row("get", "/admin/users", PeopleRead),
    row("post", "/admin/users", PeopleWrite),
    row("get", "/admin/users/{id}", MethodsRead),
    grave("post", "/admin/users/{id}/enable", PeopleEnable),
    grave("post", "/admin/users/{id}/disable", PeopleEnable),
    grave("post", "/admin/users/{id}/role", RolesAssign),
    grave("post", "/admin/users/{id}/break-glass", PeopleWrite),
    grave("post", "/admin/users/{id}/ordinary", PeopleWrite),
    grave("post", "/admin/users/{id}/delete", PeopleWrite),
    row("post", "/admin/users/{id}/revoke", SessionsRevoke),
    grave("post", "/admin/users/{id}/tap", PassesWrite),
    grave("post", "/admin/users/{id}/passkeys/{passkey}/delete", PasskeysDelete),
    row("get", "/admin/devices", DevicesRead),
    row("post", "/admin/devices/{id}/enable", DevicesWrite),
    row("post", "/admin/devices/{id}/disable", DevicesWrite),
    row("post", "/admin/devices/{id}/delete", DevicesWrite),
    row("get", "/admin/apps", AppsRead),
    row("post", "/admin/apps", AppsWrite),
    row("post", "/admin/apps/{id}/enable", AppsWrite),
    row("post", "/admin/apps/{id}/disable", AppsWrite),
    row("post", "/admin/apps/{id}/delete", AppsWrite),
    row("get", "/admin/sign-ins", SignInsRead),
    row("get", "/admin/trust", InstallationRead),
    row("get", "/admin/passkey-policy", PasskeyPolicyRead),
    grave("post", "/admin/passkey-policy/{act}", PasskeyPolicyWrite),
    row("get", "/admin/keys", InstallationRead),
    grave("post", "/admin/keys/rotate", KeysRotate),
];

/// The row of a request in a table. `HEAD` is answered by the handlers of `GET`, and asks for the same.
#[must_use]
pub fn find(table: &'static [Row], method: &str, path: &str) -> Option<&'static Row> {
    let method = if method.eq_ignore_ascii_case("head") { "get" } else { method };
    table.iter().find(|row| row.path == path && row.method.eq_ignore_ascii_case(method))
}

/// The row of a form of the console whose act is in its address: that of the act, or one for all of them.
#[must_use]
pub fn find_act(method: &str, template: &str, path: &str) -> Option<&'static Row> {
    let named = template.strip_suffix("{act}").and_then(|head| {
        let act = path.rsplit('/').next()?;
        find(CONSOLE, method, &format!("{head}{act}"))
    });
    named.or_else(|| find(CONSOLE, method, template))
}
