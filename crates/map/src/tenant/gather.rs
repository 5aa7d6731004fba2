//! What the files said, before it is put together: each worker fills its own.

use super::route::{Kind, Whom};
use crate::model::{AccessPolicy, Device, LeftOut, Method, Passkey, PasskeyMethods, Person, Source};
use passband_core::id::{DeviceId, GroupId, RoleId};
use passband_core::policy::access::location::NamedLocation;
use passband_core::policy::access::strength::{Mode, Strength};
use std::collections::{BTreeMap, BTreeSet};

/// The bytes of an id whose kind is not told: a member of a group is a person, a group or something else.
pub(super) type Any = [u8; 16];

/// Which of a person's methods a file gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Given {
    /// All of them: `authentication/methods`.
    All,
    /// `fido2Methods`
    Passkeys,
    /// Another kind alone.
    Part,
}

/// What a report says of a person's methods (Graph `userRegistrationDetails`).
#[derive(Debug)]
pub(super) struct Registration {
    pub(super) whom: Whom,
    pub(super) passkeys: Vec<Passkey>,
    pub(super) modes: Vec<Mode>,
}

/// A device, with what joins it to others.
#[derive(Debug)]
pub(super) struct DeviceRecord {
    /// Graph `id`, which is not `deviceId`.
    pub(super) object: Option<Any>,
    pub(super) device: Device,
    /// Those whose it is, and whether that is all of them.
    pub(super) owners: Vec<Whom>,
    pub(super) owners_given: bool,
}

/// What Intune says of a device (Graph `managedDevice`).
#[derive(Debug)]
pub(super) struct ManagedRecord {
    pub(super) device: Device,
    pub(super) owner: Option<Whom>,
}

/// Pages of one collection: with and without a link to the next.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pages {
    pub(super) followed: u32,
    pub(super) last: u32,
}

impl Pages {
    /// Whether the last page is there.
    pub(super) const fn are_complete(self) -> bool {
        self.last > 0
    }

    pub(super) fn add(&mut self, followed: bool) {
        if followed {
            self.followed += 1;
        } else {
            self.last += 1;
        }
    }
}

/// Everything that was read.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) people: Vec<Person>,
    /// Whose, the method's own id if it has one, and the passkey.
    pub(super) passkeys: Vec<(Whom, Option<Box<str>>, Passkey)>,
    pub(super) modes: Vec<(Whom, Mode)>,
    /// Whose methods were given, however few.
    pub(super) given: Vec<(Whom, Given, bool)>,
    pub(super) registrations: Vec<Registration>,
    pub(super) groups: Vec<(GroupId, String, Source)>,
    /// Group and member.
    pub(super) members: Vec<(Any, Any)>,
    /// Groups whose members are given, and whether with those by way of other groups.
    pub(super) members_given: BTreeMap<(Any, bool), Pages>,
    /// Groups that are nested in others although nothing else says that they are groups.
    pub(super) nested: BTreeSet<Any>,
    /// Person and group.
    pub(super) member_of: Vec<(Whom, Any)>,
    pub(super) member_of_given: BTreeMap<(Whom, bool), Pages>,
    /// Directory role (its `id`) and its template.
    pub(super) roles: Vec<(Any, RoleId)>,
    pub(super) role_members: Vec<(Any, Any)>,
    pub(super) role_members_given: BTreeMap<Any, Pages>,
    pub(super) assignments: Vec<(Any, RoleId)>,
    pub(super) devices: Vec<DeviceRecord>,
    /// Device (its `id` or `deviceId`) and owner.
    pub(super) owners: Vec<(Any, Whom)>,
    pub(super) owners_given: BTreeSet<Any>,
    /// People whose devices are given.
    pub(super) devices_given: BTreeSet<Whom>,
    pub(super) managed: Vec<ManagedRecord>,
    pub(super) passkey_methods: Vec<PasskeyMethods>,
    pub(super) methods: Vec<(Method, Source)>,
    pub(super) access: Vec<AccessPolicy>,
    pub(super) strengths: Vec<(Strength, Source)>,
    /// Strengths as they lie in the policies that ask for them.
    pub(super) embedded_strengths: Vec<(Strength, Source)>,
    pub(super) locations: Vec<(NamedLocation, Source)>,
    /// Pages of each kind of collection without an owner.
    pub(super) pages: BTreeMap<Kind, Pages>,
    pub(super) left_out: Vec<LeftOut>,
    /// What goes into notes: the code, and what it is about.
    pub(super) remarks: BTreeSet<(&'static str, String)>,
    /// Files that hold nothing of ours.
    pub(super) unused: Vec<u32>,
}

impl Gathered {
    pub(super) fn remark(&mut self, code: &'static str, about: impl Into<String>) {
        self.remarks.insert((code, about.into()));
    }

    /// Takes in what another worker read.
    pub(super) fn join(&mut self, other: Self) {
        self.people.extend(other.people);
        self.passkeys.extend(other.passkeys);
        self.modes.extend(other.modes);
        self.given.extend(other.given);
        self.registrations.extend(other.registrations);
        self.groups.extend(other.groups);
        self.members.extend(other.members);
        add_pages(&mut self.members_given, other.members_given);
        self.nested.extend(other.nested);
        self.member_of.extend(other.member_of);
        add_pages(&mut self.member_of_given, other.member_of_given);
        self.roles.extend(other.roles);
        self.role_members.extend(other.role_members);
        add_pages(&mut self.role_members_given, other.role_members_given);
        self.assignments.extend(other.assignments);
        self.devices.extend(other.devices);
        self.owners.extend(other.owners);
        self.owners_given.extend(other.owners_given);
        self.devices_given.extend(other.devices_given);
        self.managed.extend(other.managed);
        self.passkey_methods.extend(other.passkey_methods);
        self.methods.extend(other.methods);
        self.access.extend(other.access);
        self.strengths.extend(other.strengths);
        self.embedded_strengths.extend(other.embedded_strengths);
        self.locations.extend(other.locations);
        add_pages(&mut self.pages, other.pages);
        self.left_out.extend(other.left_out);
        self.remarks.extend(other.remarks);
        self.unused.extend(other.unused);
    }
}

fn add_pages<K: Ord>(to: &mut BTreeMap<K, Pages>, from: BTreeMap<K, Pages>) {
    for (key, pages) in from {
        let sum = to.entry(key).or_default();
        sum.followed += pages.followed;
        sum.last += pages.last;
    }
}

/// The device that an id names, unless it is all zeros: Intune writes that for none.
pub(super) fn device_id(id: Option<DeviceId>) -> Option<DeviceId> {
    id.filter(|it| it.as_bytes() != &[0; 16])
}
