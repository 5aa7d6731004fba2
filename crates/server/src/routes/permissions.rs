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
    row("get", "/users/{id}/authentication/windowsHelloForBusinessMethods", MethodsRead),
    row("get", "/users/{id}/authentication/windowsHelloForBusinessMethods/{methodId}", MethodsRead),
    grave("delete", "/users/{id}/authentication/windowsHelloForBusinessMethods/{methodId}", PasskeysDelete),
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
    row("get", "/passband_signals/streams", SignalsRead),
    grave("post", "/passband_signals/streams", SignalsWrite),
    row("get", "/passband_signals/streams/{id}", SignalsRead),
    grave("patch", "/passband_signals/streams/{id}", SignalsWrite),
    grave("post", "/passband_signals/streams/{id}/newCredential", SignalsWrite),
    grave("delete", "/passband_signals/streams/{id}", SignalsWrite),
    row("get", "/passband_signals/transmitters", SignalsRead),
    grave("post", "/passband_signals/transmitters", SignalsWrite),
    row("get", "/passband_signals/transmitters/{id}", SignalsRead),
    grave("delete", "/passband_signals/transmitters/{id}", SignalsWrite),
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
    row("get", "/passband_logs", InstallationRead),
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
    row("get", "/identity/conditionalAccess/policies", AccessPoliciesRead),
    grave("post", "/identity/conditionalAccess/policies", AccessPoliciesWrite),
    row("get", "/identity/conditionalAccess/policies/{id}", AccessPoliciesRead),
    grave("patch", "/identity/conditionalAccess/policies/{id}", AccessPoliciesWrite),
    grave("delete", "/identity/conditionalAccess/policies/{id}", AccessPoliciesWrite),
    row("get", "/identity/conditionalAccess/policies/{id}/passband_versions", AccessPoliciesRead),
    row("get", "/identity/conditionalAccess/policies/{id}/passband_versions/{version}", AccessPoliciesRead),
    grave("post", "/identity/conditionalAccess/policies/{id}/passband_rollback", AccessPoliciesWrite),
    row("post", "/identity/conditionalAccess/policies/passband_replay", AccessPoliciesRead),
    row("get", "/identity/conditionalAccess/deletedItems/policies", AccessPoliciesRead),
    grave("post", "/identity/conditionalAccess/deletedItems/policies/{id}/restore", AccessPoliciesWrite),
    row("post", "/identity/conditionalAccess/evaluate", AccessPoliciesRead),
    row("get", "/identity/conditionalAccess/namedLocations", AccessPoliciesRead),
    grave("post", "/identity/conditionalAccess/namedLocations", AccessPoliciesWrite),
    row("get", "/identity/conditionalAccess/namedLocations/{id}", AccessPoliciesRead),
    grave("patch", "/identity/conditionalAccess/namedLocations/{id}", AccessPoliciesWrite),
    grave("delete", "/identity/conditionalAccess/namedLocations/{id}", AccessPoliciesWrite),
    row("get", "/identity/conditionalAccess/namedLocations/{id}/passband_versions", AccessPoliciesRead),
    row("get", "/identity/conditionalAccess/namedLocations/{id}/passband_versions/{version}", AccessPoliciesRead),
    grave("post", "/identity/conditionalAccess/namedLocations/{id}/passband_rollback", AccessPoliciesWrite),
    row("get", "/identity/conditionalAccess/authenticationStrength/policies", AccessPoliciesRead),
    grave("post", "/identity/conditionalAccess/authenticationStrength/policies", AccessPoliciesWrite),
    row("get", "/identity/conditionalAccess/authenticationStrength/policies/{id}", AccessPoliciesRead),
    grave("patch", "/identity/conditionalAccess/authenticationStrength/policies/{id}", AccessPoliciesWrite),
    grave("delete", "/identity/conditionalAccess/authenticationStrength/policies/{id}", AccessPoliciesWrite),
    row("get", "/identity/conditionalAccess/authenticationStrength/policies/{id}/passband_versions", AccessPoliciesRead),
    row("get", "/identity/conditionalAccess/authenticationStrength/policies/{id}/passband_versions/{version}", AccessPoliciesRead),
    grave("post", "/identity/conditionalAccess/authenticationStrength/policies/{id}/passband_rollback", AccessPoliciesWrite),
    row("get", "/policies/authenticationStrengthPolicies", AccessPoliciesRead),
    grave("post", "/policies/authenticationStrengthPolicies", AccessPoliciesWrite),
    row("get", "/policies/authenticationStrengthPolicies/{id}", AccessPoliciesRead),
    grave("patch", "/policies/authenticationStrengthPolicies/{id}", AccessPoliciesWrite),
    grave("delete", "/policies/authenticationStrengthPolicies/{id}", AccessPoliciesWrite),
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
    grave("post", "/admin/users/{id}/hello-keys/{key}/delete", PasskeysDelete),
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
    row("get", "/admin/access", AccessPoliciesRead),
    row("get", "/admin/access/what-if", AccessPoliciesRead),
    row("get", "/admin/access/{id}", AccessPoliciesRead),
    row("post", "/admin/access/{id}/check", AccessPoliciesRead),
    row("get", "/admin/access/{id}/versions/{number}", AccessPoliciesRead),
    grave("post", "/admin/access/{id}/save", AccessPoliciesWrite),
    grave("post", "/admin/access/{id}/switch", AccessPoliciesWrite),
    grave("post", "/admin/access/{id}/delete", AccessPoliciesWrite),
    grave("post", "/admin/access/{id}/rollback", AccessPoliciesWrite),
    row("get", "/admin/signals", SignalsRead),
    grave("post", "/admin/signals/receivers", SignalsWrite),
    grave("post", "/admin/signals/receivers/{id}/renew", SignalsWrite),
    grave("post", "/admin/signals/receivers/{id}/delete", SignalsWrite),
    grave("post", "/admin/signals/transmitters", SignalsWrite),
    grave("post", "/admin/signals/transmitters/{id}/delete", SignalsWrite),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::graph::table::OPERATIONS;
    use passband_core::directory::Role;
    use std::collections::BTreeSet;
    use std::fmt::Write as _;
    use std::path::Path;

    /// Method and path of each route of the console, as its router is written.
    fn console_routes() -> BTreeSet<(String, String)> {
        let source = include_str!("console/mod.rs");
        let mut routes = BTreeSet::new();
        for call in source.split(".route(\"").skip(1) {
            let (path, handlers) = call.split_once('"').unwrap();
            let handlers = handlers.lines().next().unwrap();
            for method in ["get", "post", "patch", "put", "delete"] {
                if handlers.contains(&format!("{method}(")) {
                    routes.insert((method.to_owned(), path.to_owned()));
                }
            }
        }
        routes
    }

    fn key(row: &Row) -> (String, String) {
        (row.method.to_owned(), row.path.to_owned())
    }

    #[test]
    fn every_operation_has_one_row_and_every_row_an_operation() {
        let rows: BTreeSet<_> = API.iter().map(key).collect();
        assert_eq!(rows.len(), API.len(), "a row twice");
        let operations: BTreeSet<_> =
            OPERATIONS.iter().map(|it| (it.method.to_owned(), it.path.to_owned())).collect();
        let open: Vec<_> = operations.difference(&rows).collect();
        assert!(open.is_empty(), "no permission is written down for {open:?}");
        let idle: Vec<_> = rows.difference(&operations).collect();
        assert!(idle.is_empty(), "nothing is there for {idle:?}");
    }

    #[test]
    fn every_page_and_form_has_a_row_and_every_row_one_of_them() {
        let routes = console_routes();
        assert!(routes.len() > 15, "{routes:?}");
        let is_of = |row: &Row, (method, path): &(String, String)| {
            let acts = path.strip_suffix("{act}").filter(|head| {
                row.path.strip_prefix(head).is_some_and(|act| !act.is_empty() && !act.contains('/'))
            });
            row.method == method && (row.path == path || acts.is_some())
        };
        for route in &routes {
            assert!(
                CONSOLE.iter().any(|row| is_of(row, route)),
                "no permission is written down for {route:?}"
            );
        }
        for row in CONSOLE {
            assert!(routes.iter().any(|route| is_of(row, route)), "nothing is there for {row:?}");
        }
    }

    #[test]
    fn an_act_has_its_own_row() {
        let of = |act: &str| {
            find_act("post", "/admin/users/{id}/{act}", &format!("/admin/users/1/{act}"))
                .map(|it| it.permission)
        };
        assert_eq!(of("tap"), Some(PassesWrite));
        assert_eq!(of("role"), Some(RolesAssign));
        assert_eq!((of("nonsense"), of("")), (None, None));
        let policy = find_act("POST", "/admin/passkey-policy/{act}", "/admin/passkey-policy/save");
        assert_eq!(policy.map(|it| it.permission), Some(PasskeyPolicyWrite));
    }

    /// Reading never takes a permission to write, and no write goes with one to read: a row in the wrong line.
    #[test]
    fn what_writes_takes_a_permission_to_write() {
        for row in API.iter().chain(CONSOLE) {
            let reads = row.permission.name().ends_with(".read");
            let asks = ["creationOptions", "passband_whatIf", "/evaluate", "passband_replay", "/check"];
            let only_asks = asks.iter().any(|it| row.path.ends_with(it));
            assert!(only_asks || reads == (row.method == "get"), "{row:?}");
        }
    }

    fn table(text: &mut String, title: &str, rows: &[Row]) {
        write!(text, "\n## {title}\n\n| method | path | permission | step-up |\n|---|---|---|---|\n")
            .unwrap();
        for row in rows {
            let step_up = if row.step_up { "yes" } else { "" };
            let method = row.method.to_uppercase();
            writeln!(text, "| {method} | `{}` | `{}` | {step_up} |", row.path, row.permission.name())
                .unwrap();
        }
    }

    /// The matrix is reviewed where it is read: a change of who may do what shows in the document.
    #[test]
    fn permissions_are_documented() {
        let mut text = include_str!("permissions.md").to_owned();
        text.push_str("\n## Roles\n\n| role | id | what for |\n|---|---|---|\n");
        for role in Role::ALL {
            writeln!(text, "| {} | `{}` | {} |", role.name(), role.id(), role.about()).unwrap();
        }
        text.push_str("\n## Who may do what\n\n| permission | lets |");
        for role in Role::ALL {
            write!(text, " {} |", role.name().trim_end_matches(" Administrator")).unwrap();
        }
        text.push_str("\n|---|---|");
        text.push_str(&"---|".repeat(Role::ALL.len()));
        text.push('\n');
        for permission in Permission::ALL {
            write!(text, "| `{}` | {} |", permission.name(), permission.what()).unwrap();
            for role in Role::ALL {
                text.push_str(if permission.is_of(role) { " yes |" } else { " |" });
            }
            text.push('\n');
        }
        table(&mut text, "Admin API, under `/v1.0` and `/beta`", API);
        table(&mut text, "Console", CONSOLE);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/permissions.md");
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(&path, &text).unwrap();
        assert!(before == text, "docs/permissions.md was written anew: look at what changed and commit it");
    }
}
