//! The console: people, devices, apps, sign-ins, keys.

mod apps;
mod devices;
mod keys;
mod overview;
mod people;
mod person;
mod sign_ins;

pub use apps::{AppRow, Apps, NewApp};
pub use devices::{DeviceLine, Devices};
pub use keys::{KeyRow, KeyState, Keys};
pub use overview::{AlarmRow, Figure, Overview};
pub use people::{People, PersonRow};
pub use person::{NewPass, PassRow, Person};
pub use sign_ins::{SignInFilter, SignInResult, SignInRow, SignIns, Step};

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
