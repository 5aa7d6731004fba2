//! What a policy names by id, and where in its document: a policy about somebody who is not there would look like one
//! that protects them.

use super::model::{People, Policy};
use passband_wire::id::{ClientId, GroupId, LocationId, RoleId, StrengthId, UserId};

/// Something a policy names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reference {
    /// A person.
    User(UserId),
    /// A group.
    Group(GroupId),
    /// A role, by its template.
    Role(RoleId),
    /// An application.
    App(ClientId),
    /// An authentication strength.
    Strength(StrengthId),
    /// A named location.
    Location(LocationId),
}

impl Reference {
    /// What it is, in a word.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        match self {
            Self::User(_) => "person",
            Self::Group(_) => "group",
            Self::Role(_) => "role",
            Self::App(_) => "application",
            Self::Strength(_) => "authentication strength",
            Self::Location(_) => "named location",
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::User(id) => id.to_string(),
            Self::Group(id) => id.to_string(),
            Self::Role(id) => id.to_string(),
            Self::App(id) => id.to_string(),
            Self::Strength(id) => id.to_string(),
            Self::Location(id) => id.to_string(),
        }
    }
}

impl Policy {
    /// Everything it names by id, each with the property that does.
    #[must_use]
    pub fn references(&self) -> Vec<(&'static str, Reference)> {
        let mut all = Vec::new();
        let it = &self.conditions;
        people(
            &it.include_people,
            [
                "conditions.users.includeUsers",
                "conditions.users.includeGroups",
                "conditions.users.includeRoles",
            ],
            &mut all,
        );
        people(
            &it.exclude_people,
            [
                "conditions.users.excludeUsers",
                "conditions.users.excludeGroups",
                "conditions.users.excludeRoles",
            ],
            &mut all,
        );
        let apps = [
            ("conditions.applications.includeApplications", &it.include_apps),
            ("conditions.applications.excludeApplications", &it.exclude_apps),
        ];
        for (property, apps) in apps {
            all.extend(apps.apps.iter().map(|id| (property, Reference::App(*id))));
        }
        if let Some((include, exclude)) = &it.locations {
            for (property, places) in [
                ("conditions.locations.includeLocations", include),
                ("conditions.locations.excludeLocations", exclude),
            ] {
                all.extend(places.named.iter().map(|id| (property, Reference::Location(*id))));
            }
        }
        all.extend(
            self.grant.strength.map(|id| ("grantControls.authenticationStrength", Reference::Strength(id))),
        );
        all
    }
}

fn people(
    people: &People,
    [users, groups, roles]: [&'static str; 3],
    all: &mut Vec<(&'static str, Reference)>,
) {
    all.extend(people.users.iter().map(|id| (users, Reference::User(*id))));
    all.extend(people.groups.iter().map(|id| (groups, Reference::Group(*id))));
    all.extend(people.roles.iter().map(|id| (roles, Reference::Role(*id))));
}

#[cfg(test)]
mod tests {
    use super::*;
    use passband_wire::id::AccessPolicyId;
    use serde_json::json;

    #[test]
    fn everything_a_policy_names_is_found_with_its_place() {
        let id = |n: u8| UserId::from_bytes([n; 16]).to_string();
        let document = json!({
            "displayName": "Names", "state": "enabled",
            "conditions": {
                "users": {
                    "includeUsers": [id(1)], "includeGroups": [id(2)], "includeRoles": [id(3)],
                    "excludeUsers": [id(4)], "excludeGroups": [id(5)], "excludeRoles": [id(6)],
                },
                "applications": { "includeApplications": [id(7)], "excludeApplications": [id(8)] },
                "locations": { "includeLocations": [id(9)], "excludeLocations": [id(10)] },
            },
            "grantControls": { "operator": "OR", "authenticationStrength": { "id": id(11) } },
        });
        let policy = Policy::from_graph(&document, AccessPolicyId::from_bytes([1; 16])).unwrap();
        let mut found: Vec<_> =
            policy.references().iter().map(|(at, it)| (it.id(), *at, it.what())).collect();
        found.sort();
        let ids: Vec<_> = found.iter().map(|(id, ..)| id.clone()).collect();
        assert_eq!(ids, (1..=11).map(id).collect::<Vec<_>>(), "each once, none forgotten");
        assert_eq!((found[4].1, found[4].2), ("conditions.users.excludeGroups", "group"));
        assert_eq!((found[9].1, found[9].2), ("conditions.locations.excludeLocations", "named location"));
    }
}
