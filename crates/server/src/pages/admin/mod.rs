//! The console: people, devices, apps, sign-ins, trust, keys.

mod access;
mod access_policy;
mod access_what_if;
mod apps;
mod devices;
mod keys;
mod overview;
mod passkey_policy;
mod people;
mod person;
mod sign_ins;
mod signals;
mod trust;

pub use access::{Access, AccessRow, AccessState, AccessVersionRow, DeletedRow};
pub use access_policy::{
    AccessPolicy, AccessWords, DifferenceRow, Newer, ProblemRow, ReplayRow, StartRow, Tried,
};
pub use access_what_if::{Picker, WhatIf, WhatIfAnswer, WhatIfRow};
pub use apps::{AppRow, Apps, NewApp};
pub use devices::{DeviceLine, Devices};
pub use keys::{KeyRow, KeyState, Keys};
pub use overview::{AlarmRow, Figure, Overview};
pub use passkey_policy::{Choice, PasskeyPolicy, Preview, ProfileForm, TargetRow, TemplateRow, TouchedRow};
pub use people::{People, PersonRow};
pub use person::{NewPass, PassRow, Person, RoleRow};
pub use sign_ins::{SignInFilter, SignInResult, SignInRow, SignIns, Step};
pub use signals::{NewCredential, ReceiverRow, ReceiverState, Signals, TransmitterRow};
pub use trust::{MetadataState, ModelRow, Models, ProfileVerdict, RevocationState, RootRow, Trust};

use super::{Csrf, Notice, Viewer};
use passband_core::directory::Roles;
use passband_core::manage::Permission;
use std::borrow::Borrow;

/// What every page of the console has.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Who is looking.
    pub viewer: Viewer,
    /// What they may administer.
    pub roles: Roles,
    /// Hidden field.
    pub csrf: Csrf,
    /// What was just done or refused.
    pub notice: Option<Notice>,
}

impl Admin {
    /// Whether the viewer may do this: what they may not is not shown, and refused all the same.
    pub fn may(&self, permission: impl Borrow<Permission>) -> bool {
        self.roles.may(*permission.borrow())
    }
}
