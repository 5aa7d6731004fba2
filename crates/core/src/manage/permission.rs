//! Who may do what: the permissions there are, the roles that have each, and the rule that keeps a role from being a
//! way to a greater one.

use super::Generation;
use crate::change::Change;
use crate::directory::{Role, Roles, User};
use crate::reason::Reason;
use crate::time::Timestamp;

macro_rules! permissions {
    ($($variant:ident $name:literal $what:literal [$($role:ident)*];)*) => {
        /// Something that only some administrators may do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Permission {
            $(#[doc = $what] $variant,)*
        }

        impl Permission {
            /// Each of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name in documents and messages.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it lets do, for a person.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$variant => $what,)* }
            }

            /// The roles that have it, beside Global Administrator, who has each.
            const fn holders(self) -> &'static [Role] {
                match self { $(Self::$variant => &[$(Role::$role,)*],)* }
            }
        }
    };
}

permissions! {
    AccessPoliciesRead "accessPolicies.read" "read access policies and what they are made of" [ConditionalAccessAdministrator GlobalReader];
    AccessPoliciesWrite "accessPolicies.write" "change access policies and what they are made of" [ConditionalAccessAdministrator];
    AlarmsAcknowledge "alarms.acknowledge" "acknowledge alarms" [];
    AlarmsRead "alarms.read" "read alarms" [AuthenticationAdministrator GlobalReader];
    AppsRead "apps.read" "read applications" [AuthenticationAdministrator CloudDeviceAdministrator ApplicationAdministrator ConditionalAccessAdministrator GlobalReader HelpdeskAdministrator];
    AppsWrite "apps.write" "register, change and delete applications" [ApplicationAdministrator];
    AuditRead "audit.read" "read the audit log and check its chain" [GlobalReader];
    CodesDelete "codes.delete" "take recovery codes away" [AuthenticationAdministrator];
    DevicesRead "devices.read" "read devices" [AuthenticationAdministrator CloudDeviceAdministrator ApplicationAdministrator ConditionalAccessAdministrator GlobalReader HelpdeskAdministrator];
    DevicesWrite "devices.write" "enable, disable and delete devices" [CloudDeviceAdministrator];
    GroupsRead "groups.read" "read groups" [AuthenticationAdministrator CloudDeviceAdministrator ApplicationAdministrator ConditionalAccessAdministrator GlobalReader HelpdeskAdministrator];
    GroupsWrite "groups.write" "change groups and who is in them" [ConditionalAccessAdministrator];
    InstallationRead "installation.read" "read what the installation is: overview, tenant, signing keys, trust" [AuthenticationAdministrator CloudDeviceAdministrator ApplicationAdministrator ConditionalAccessAdministrator GlobalReader HelpdeskAdministrator];
    KeysRotate "keys.rotate" "rotate the signing keys" [];
    LogsWrite "logs.write" "change how long logs are kept" [];
    MethodsRead "methods.read" "read which passkeys, passes and recovery codes people have" [AuthenticationAdministrator ConditionalAccessAdministrator GlobalReader HelpdeskAdministrator];
    PasskeyPolicyRead "passkeyPolicy.read" "read the passkey policy" [AuthenticationAdministrator ConditionalAccessAdministrator GlobalReader HelpdeskAdministrator];
    PasskeyPolicyWrite "passkeyPolicy.write" "change the passkey policy" [ConditionalAccessAdministrator];
    PasskeysCreate "passkeys.create" "register passkeys for people" [AuthenticationAdministrator];
    PasskeysDelete "passkeys.delete" "delete passkeys of people" [AuthenticationAdministrator HelpdeskAdministrator];
    PassesWrite "passes.write" "make and delete Temporary Access Passes" [AuthenticationAdministrator HelpdeskAdministrator];
    PeopleEnable "people.enable" "enable and disable accounts" [AuthenticationAdministrator];
    PeopleRead "people.read" "read people" [AuthenticationAdministrator CloudDeviceAdministrator ApplicationAdministrator ConditionalAccessAdministrator GlobalReader HelpdeskAdministrator];
    PeopleWrite "people.write" "add, rename and delete people, and mark accounts for emergencies" [];
    RolesAssign "roles.assign" "give and take roles" [];
    RolesRead "roles.read" "read roles and who holds them" [AuthenticationAdministrator CloudDeviceAdministrator ApplicationAdministrator ConditionalAccessAdministrator GlobalReader HelpdeskAdministrator];
    SessionsRevoke "sessions.revoke" "end every session of a person" [AuthenticationAdministrator HelpdeskAdministrator];
    SignalsRead "signals.read" "read streams of security events" [ConditionalAccessAdministrator GlobalReader];
    SignalsWrite "signals.write" "change streams of security events" [];
    SignInsRead "signIns.read" "read the sign-in log" [AuthenticationAdministrator CloudDeviceAdministrator ApplicationAdministrator ConditionalAccessAdministrator GlobalReader HelpdeskAdministrator];
    TrustWrite "trust.write" "change what evidence rests on" [];
}

impl Permission {
    /// Whether this role has it.
    #[must_use]
    pub fn is_of(self, role: Role) -> bool {
        role == Role::GlobalAdministrator || self.holders().contains(&role)
    }
}

impl Roles {
    /// Whether one of them has this permission.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        self.iter().any(|role| permission.is_of(role))
    }

    /// Checks that one of them has this permission.
    ///
    /// # Errors
    ///
    /// [`Reason::RoleMissing`].
    pub fn demand(self, permission: Permission) -> Result<(), Reason> {
        if self.may(permission) { Ok(()) } else { Err(Reason::RoleMissing) }
    }

    /// Whether they let do everything that `other` lets do.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        Permission::ALL.iter().all(|permission| self.may(*permission) || !other.may(*permission))
    }
}

/// Checks that somebody with the roles `actor` may act on this person's account, and says what to commit with the act.
///
/// Whoever can give a person a way in, or take theirs away, can become that person. So nobody may who would gain by
/// it: the help desk that makes a pass for a Global Administrator and signs in with it is the attack this refuses.
///
/// `seen` is of [`Generation::PEOPLE`], loaded before the person: it is spent with the act, so that a role given at
/// the same moment comes before the act, which is then decided anew, or after it, and finds the pass that was made.
///
/// # Errors
///
/// [`Reason::RoleTooLow`].
pub fn act_on(actor: Roles, person: &User, seen: Generation, now: Timestamp) -> Result<Vec<Change>, Reason> {
    may_act_on(actor, person)?;
    // Who is global gains nothing by anybody's account.
    Ok(if actor.is_global() { Vec::new() } else { seen.advance(now) })
}

/// [`act_on`] without its writes, for what spends the generation by itself.
///
/// # Errors
///
/// [`Reason::RoleTooLow`].
pub fn may_act_on(actor: Roles, person: &User) -> Result<(), Reason> {
    // The help desk helps people, and none of those who administer, not even its own: somebody else's name would be in
    // the audit log for whatever is done then.
    let is_help = actor.may(Permission::PassesWrite) && !actor.may(Permission::PasskeysCreate);
    let above = !actor.covers(person.roles) || person.break_glass || (is_help && !person.roles.is_empty());
    if above && !actor.is_global() { Err(Reason::RoleTooLow) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manage::person::{PersonWish, create};
    use crate::rng::SystemRandom;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    #[test]
    fn one_role_alone_gives_roles() {
        for role in Role::ALL {
            assert_eq!(Roles::from(role).may(Permission::RolesAssign), role == Role::GlobalAdministrator);
        }
        assert_eq!(Roles::NONE.demand(Permission::PeopleRead), Err(Reason::RoleMissing));
        assert!(Permission::ALL.iter().all(|permission| !Roles::NONE.may(*permission)));
    }

    #[test]
    fn a_reader_only_reads_and_reads_everything() {
        for permission in Permission::ALL {
            let reads = permission.name().ends_with(".read");
            assert_eq!(Roles::from(Role::GlobalReader).may(*permission), reads, "{}", permission.name());
        }
    }

    /// Each role against each: who may act on whose account. Whatever a role gains by taking another over is in here.
    #[test]
    fn nobody_acts_on_an_account_that_may_more() {
        let seen = Generation::seen(Generation::PEOPLE, None);
        let may = |actor: Roles, person: Roles, break_glass| {
            let wish = PersonWish {
                upn: Some("ada@example.org".to_owned()),
                display_name: Some("Ada".to_owned()),
                give: person,
                break_glass: Some(break_glass),
                ..PersonWish::default()
            };
            act_on(actor, &create(&wish, NOW, &SystemRandom).unwrap(), seen, NOW)
        };
        let spent = Ok(seen.advance(NOW));
        for actor in Role::ALL {
            let global = actor == Role::GlobalAdministrator;
            for person in Role::ALL {
                let covered = (actor == person && actor != Role::HelpdeskAdministrator)
                    || (actor == Role::AuthenticationAdministrator && person == Role::HelpdeskAdministrator);
                let verdict = may(actor.into(), person.into(), false);
                match (global, covered) {
                    (true, _) => assert_eq!(verdict, Ok(vec![])),
                    (false, true) => assert_eq!(verdict, spent, "{actor:?} {person:?}"),
                    (false, false) => assert_eq!(verdict, Err(Reason::RoleTooLow), "{actor:?} {person:?}"),
                }
            }
            assert!(may(actor.into(), Roles::NONE, false).is_ok());
            assert_eq!(may(actor.into(), Roles::NONE, true).is_ok(), global, "an account for emergencies");
        }
        // Two roles are more than either.
        let two = Roles::from(Role::HelpdeskAdministrator).with(Role::CloudDeviceAdministrator);
        assert!(may(Role::HelpdeskAdministrator.into(), two, false).is_err());
        assert!(
            may(two, Role::HelpdeskAdministrator.into(), false).is_err(),
            "the help desk helps nobody with a role"
        );
        let three = two.with(Role::AuthenticationAdministrator);
        assert!(may(three, Role::HelpdeskAdministrator.into(), false).is_ok());
    }
}
