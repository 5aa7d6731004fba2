//! The console: people, devices, apps, sign-ins, trust, keys.

mod apps;
mod devices;
mod keys;
mod overview;
mod passkey_policy;
mod people;
mod person;
mod sign_ins;
mod trust;

pub use apps::{AppRow, Apps, NewApp};
pub use devices::{DeviceLine, Devices};
pub use keys::{KeyRow, KeyState, Keys};
pub use overview::{AlarmRow, Figure, Overview};
pub use passkey_policy::{Choice, PasskeyPolicy, Preview, ProfileForm, TargetRow, TemplateRow, TouchedRow};
pub use people::{People, PersonRow};
pub use person::{NewPass, PassRow, Person};
pub use sign_ins::{SignInFilter, SignInResult, SignInRow, SignIns, Step};
pub use trust::{MetadataState, ModelRow, Models, ProfileVerdict, RevocationState, RootRow, Trust};

use super::{Csrf, Notice, Viewer};

/// What every page of the console has.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Who is looking.
    pub viewer: Viewer,
    /// Hidden field.
    pub csrf: Csrf,
    /// What was just done or refused.
    pub notice: Option<Notice>,
}
