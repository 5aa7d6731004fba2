//! Roles and who holds them, as Graph shows them.

use super::{Kind, Resource, filter, plain};
use passband_core::directory::{Role, User};
use passband_core::id::UserId;
use passband_core::manage::Permission;
use serde_json::{Value, json};

/// Graph `unifiedRoleDefinition`.
pub static DEFINITION: Resource = Resource {
    name: "unifiedRoleDefinition",
    properties: &[
        filter("id", Kind::Guid, "The role's id, the same in every tenant."),
        filter("templateId", Kind::Guid, "The same."),
        filter("displayName", Kind::Text, "Its name."),
        plain("description", Kind::Text, "What it is for."),
        plain("isBuiltIn", Kind::Bool, "True: there are no others."),
        plain("isEnabled", Kind::Bool, "True."),
        plain("rolePermissions", Kind::Objects, "What it may do, as docs/permissions.md names it."),
    ],
};

/// A role as Graph shows one.
pub fn definition(role: Role) -> Value {
    let actions = Permission::ALL.iter().filter(|permission| permission.is_of(role));
    json!({
        "id": role.id(),
        "templateId": role.id(),
        "displayName": role.name(),
        "description": role.about(),
        "isBuiltIn": true,
        "isEnabled": true,
        "rolePermissions": [{ "allowedResourceActions": actions.map(|it| it.name()).collect::<Vec<_>>() }],
    })
}

/// Graph `unifiedRoleAssignment`.
pub static ASSIGNMENT: Resource = Resource {
    name: "unifiedRoleAssignment",
    properties: &[
        filter("id", Kind::Text, "Of the person and the role."),
        filter("principalId", Kind::Guid, "Who holds it."),
        filter("roleDefinitionId", Kind::Guid, "Which role."),
        plain("directoryScopeId", Kind::Text, "/: the whole directory."),
        plain("passband_userPrincipalName", Kind::Text, "The person's name."),
        plain("passband_roleDisplayName", Kind::Text, "The role's name."),
    ],
};

/// That somebody holds a role, as Graph shows it.
pub fn assignment(user: &User, role: Role) -> Value {
    json!({
        "id": assignment_id(user.id, role),
        "principalId": user.id.to_string(),
        "roleDefinitionId": role.id(),
        "directoryScopeId": "/",
        "passband_userPrincipalName": user.upn,
        "passband_roleDisplayName": role.name(),
    })
}

/// The id of an assignment, which says all there is of it.
pub fn assignment_id(user: UserId, role: Role) -> String {
    format!("{user}_{}", role.id())
}

/// The person and role of such an id.
pub fn named_by(id: &str) -> Option<(UserId, Role)> {
    let (user, role) = id.split_once('_')?;
    Some((user.parse().ok()?, Role::from_id(role)?))
}
