//! Groups, roles, and who is in them.

use super::file::Document;
use super::gather::{Any, Gathered};
use super::json::{Object, Wrong};
use super::route::{Kind, Route, Whom};
use passband_core::id::{GroupId, RoleId};

/// Most members that `$expand` brings along, whether there are more or not (Graph, "Use query parameters").
const EXPANDED: usize = 20;

/// Whether an expanded list can be all there is.
pub(super) const fn is_whole(count: usize) -> bool {
    count < EXPANDED
}

/// A group (Graph `group`).
pub(super) fn group<'a>(
    document: &Document<'a, '_>,
    object: &Object<'a>,
    out: &mut Gathered,
) -> Result<(), Wrong<'a>> {
    let id: GroupId = object.need_id("id")?;
    let name = object.owned("displayName")?.unwrap_or_else(|| id.to_string());
    out.groups.push((id, name, document.text.place(object.raw)));
    // A delta brings the members in as many pages as it takes; `$expand` brings twenty of them.
    for (property, most) in [("members@delta", usize::MAX), ("members", EXPANDED)] {
        let Some(members) = object.list(property)? else { continue };
        let followed = members.len() >= most || (most == usize::MAX && document.followed);
        out.members_given.entry((*id.as_bytes(), false)).or_default().add(followed);
        for item in members {
            let item = Object::read(item).map_err(|wrong| wrong.within(property))?;
            if !item.has("@removed") {
                member(*id.as_bytes(), &item, out).map_err(|wrong| wrong.within(property))?;
            }
        }
    }
    Ok(())
}

/// Takes down that a relation is given.
pub(super) fn begin(route: &Route, followed: bool, out: &mut Gathered) {
    let transitive = route.word.starts_with("transitive");
    let object = match &route.owner {
        Some(Whom::Id(id)) => Some(*id.as_bytes()),
        _ => None,
    };
    match (route.kind, object, &route.owner) {
        (Kind::GroupMembers, Some(id), _) => {
            out.members_given.entry((id, transitive)).or_default().add(followed);
        }
        (Kind::RoleMembers, Some(id), _) => out.role_members_given.entry(id).or_default().add(followed),
        (Kind::DeviceOwners, Some(id), _) if !followed => {
            out.owners_given.insert(id);
        }
        (Kind::MemberOf, _, Some(whom)) => {
            out.member_of_given.entry((whom.clone(), transitive)).or_default().add(followed);
        }
        (Kind::DevicesOf, _, Some(whom)) if !followed => {
            out.devices_given.insert(whom.clone());
        }
        _ => {}
    }
}

/// One resource of a relation.
pub(super) fn relate<'a>(route: &Route, object: &Object<'a>, out: &mut Gathered) -> Result<(), Wrong<'a>> {
    let Some(owner) = &route.owner else { return Ok(()) };
    let id = match owner {
        Whom::Id(id) => Some(*id.as_bytes()),
        Whom::Name(_) => None,
    };
    match (route.kind, id) {
        (Kind::MemberOf, _) => member_of(owner, object, out),
        (Kind::GroupMembers, Some(group)) => member(group, object, out),
        (Kind::RoleMembers, Some(role)) => {
            out.role_members.push((role, any(object)?));
            Ok(())
        }
        (Kind::DeviceOwners, Some(device)) => {
            let whom = Whom::Id(object.need_id("id")?);
            out.owners.push((device, whom));
            Ok(())
        }
        _ => Ok(()),
    }
}

fn any<'a>(object: &Object<'a>) -> Result<Any, Wrong<'a>> {
    object.need_id::<GroupId>("id").map(|it| *it.as_bytes())
}

fn member<'a>(group: Any, object: &Object<'a>, out: &mut Gathered) -> Result<(), Wrong<'a>> {
    let id = any(object)?;
    if object.type_name().as_deref() == Some("group") {
        out.nested.insert(id);
    }
    out.members.push((group, id));
    Ok(())
}

/// One of the groups that somebody is in. Roles and administrative units stand among them.
pub(super) fn member_of<'a>(whom: &Whom, object: &Object<'a>, out: &mut Gathered) -> Result<(), Wrong<'a>> {
    if object.type_name().is_none_or(|it| it == "group") && !object.has("roleTemplateId") {
        out.member_of.push((whom.clone(), any(object)?));
    }
    Ok(())
}

/// A role that somebody has held at some time (Graph `directoryRole`).
pub(super) fn role<'a>(object: &Object<'a>, out: &mut Gathered) -> Result<(), Wrong<'a>> {
    out.roles.push((any(object)?, object.need_id("roleTemplateId")?));
    Ok(())
}

/// A role given to somebody (Graph `unifiedRoleAssignment`). Policies ask for those over the whole directory alone.
pub(super) fn assignment<'a>(object: &Object<'a>, out: &mut Gathered) -> Result<(), Wrong<'a>> {
    let whole = object.text("directoryScopeId")?.is_none_or(|it| it == "/");
    let principal: GroupId = object.need_id("principalId")?;
    let role: RoleId = object.need_id("roleDefinitionId")?;
    if whole {
        out.assignments.push((*principal.as_bytes(), role));
    }
    Ok(())
}
