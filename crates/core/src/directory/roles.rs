//! Roles of those who administer, under the names and template ids that Microsoft Graph gives them.

/// A role (Graph `unifiedRoleDefinition`). What each may do is in [`Permission`](crate::manage::Permission).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// May do everything, and alone may give and take roles.
    GlobalAdministrator,
    /// Helps people without a role with their ways in, and stops their accounts.
    AuthenticationAdministrator,
    /// Enables, disables and deletes devices.
    CloudDeviceAdministrator,
    /// Registers and changes applications.
    ApplicationAdministrator,
    /// Writes policies and the groups they speak about.
    ConditionalAccessAdministrator,
    /// Reads everything and changes nothing.
    GlobalReader,
    /// Helps people without a role back in.
    HelpdeskAdministrator,
}

impl Role {
    /// Each of them, the most powerful first.
    pub const ALL: [Self; 7] = [
        Self::GlobalAdministrator,
        Self::AuthenticationAdministrator,
        Self::CloudDeviceAdministrator,
        Self::ApplicationAdministrator,
        Self::ConditionalAccessAdministrator,
        Self::GlobalReader,
        Self::HelpdeskAdministrator,
    ];

    /// Graph `roleTemplateId`: the same GUID in every tenant of Microsoft's, so that policies which name roles keep
    /// their meaning.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::GlobalAdministrator => "62e90394-69f5-4237-9190-012177145e10",
            Self::AuthenticationAdministrator => "c4e39bd9-1100-46d3-8c65-fb160da0071f",
            Self::CloudDeviceAdministrator => "7698a772-787b-4ac8-901f-60d6b08affd2",
            Self::ApplicationAdministrator => "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
            Self::ConditionalAccessAdministrator => "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
            Self::GlobalReader => "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
            Self::HelpdeskAdministrator => "729827e3-9c14-49f7-bb1b-9608f156bbb8",
        }
    }

    /// Graph `displayName`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GlobalAdministrator => "Global Administrator",
            Self::AuthenticationAdministrator => "Authentication Administrator",
            Self::CloudDeviceAdministrator => "Cloud Device Administrator",
            Self::ApplicationAdministrator => "Application Administrator",
            Self::ConditionalAccessAdministrator => "Conditional Access Administrator",
            Self::GlobalReader => "Global Reader",
            Self::HelpdeskAdministrator => "Helpdesk Administrator",
        }
    }

    /// Graph `description`: what it is for, in one sentence.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::GlobalAdministrator => "Can do everything, and alone can give and take roles.",
            Self::AuthenticationAdministrator => {
                "Can manage the passkeys, passes and accounts of people who may do no more than they themselves."
            }
            Self::CloudDeviceAdministrator => "Can enable, disable and delete devices.",
            Self::ApplicationAdministrator => "Can register, change and delete applications.",
            Self::ConditionalAccessAdministrator => "Can change policies and the groups they speak about.",
            Self::GlobalReader => "Can read everything and change nothing.",
            Self::HelpdeskAdministrator => {
                "Can help people who may do no more than they themselves back in: passes, lost passkeys, sessions."
            }
        }
    }

    /// The role with this `roleTemplateId`, in whatever case.
    #[must_use]
    pub fn from_id(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.id().eq_ignore_ascii_case(text))
    }

    /// The role with this `displayName`, in whatever case.
    #[must_use]
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name().eq_ignore_ascii_case(text))
    }

    /// Its place in the stored form, which never changes. 1 is what `admin` was.
    const fn bit(self) -> u32 {
        match self {
            Self::GlobalAdministrator => 1,
            Self::AuthenticationAdministrator => 1 << 1,
            Self::CloudDeviceAdministrator => 1 << 2,
            Self::ApplicationAdministrator => 1 << 3,
            Self::ConditionalAccessAdministrator => 1 << 4,
            Self::GlobalReader => 1 << 5,
            Self::HelpdeskAdministrator => 1 << 6,
        }
    }
}

/// The roles somebody holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Roles(u32);

impl Roles {
    /// None: who does not administer.
    pub const NONE: Self = Self(0);
    /// Global Administrator alone.
    pub const GLOBAL: Self = Self(Role::GlobalAdministrator.bit());

    /// Those of the stored form. Bits that no role has are dropped: a role of a later version gives nothing here.
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        Role::ALL.into_iter().filter(|role| bits & role.bit() != 0).collect()
    }

    /// The stored form.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// These and one more.
    #[must_use]
    pub const fn with(self, role: Role) -> Self {
        Self(self.0 | role.bit())
    }

    /// These without one.
    #[must_use]
    pub const fn without(self, role: Role) -> Self {
        Self(self.0 & !role.bit())
    }

    /// These and those.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These without those.
    #[must_use]
    pub const fn except(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether this one is among them.
    #[must_use]
    pub const fn contains(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Whether Global Administrator is among them.
    #[must_use]
    pub const fn is_global(self) -> bool {
        self.contains(Role::GlobalAdministrator)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, the most powerful first.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.contains(*role))
    }

    /// Their names, for people: with commas between.
    #[must_use]
    pub fn names(self) -> String {
        self.iter().map(Role::name).collect::<Vec<_>>().join(", ")
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        roles.into_iter().fold(Self::NONE, Self::with)
    }
}

impl From<Role> for Roles {
    fn from(role: Role) -> Self {
        Self::NONE.with(role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_role_has_a_place_an_id_and_a_name_of_its_own() {
        let places: HashSet<_> = Role::ALL.iter().map(|role| role.bit()).collect();
        let ids: HashSet<_> = Role::ALL.iter().map(|role| role.id()).collect();
        let names: HashSet<_> = Role::ALL.iter().map(|role| role.name()).collect();
        assert_eq!((places.len(), ids.len(), names.len()), (7, 7, 7));
        for role in Role::ALL {
            assert_eq!(role.bit().count_ones(), 1);
            assert_eq!(Role::from_id(&role.id().to_uppercase()), Some(role));
            assert_eq!(Role::from_name(&role.name().to_lowercase()), Some(role));
        }
        assert_eq!((Role::from_id(""), Role::from_name("User")), (None, None));
    }

    #[test]
    fn a_set_keeps_what_it_knows_and_drops_the_rest() {
        let all: Roles = Role::ALL.into_iter().collect();
        assert_eq!(all.bits(), 0b111_1111);
        assert_eq!(Roles::from_bits(u32::MAX), all);
        assert_eq!(Roles::from_bits(0x80), Roles::NONE);
        let two = Roles::GLOBAL.with(Role::GlobalReader);
        assert_eq!(two.names(), "Global Administrator, Global Reader");
        assert!(two.is_global() && !two.without(Role::GlobalAdministrator).is_global());
        assert_eq!(two.iter().collect::<Roles>(), two);
        assert!(Roles::NONE.is_empty() && !two.is_empty());
    }
}
