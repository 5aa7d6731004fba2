//! Every page a person sees, as a struct of plain values and a template that cannot miss one of them.
//!
//! Nothing here decides, loads or remembers: a route fills the struct, [`reply`] sends it. The one idea that
//! carries all pages is the [`Band`]: four segments, one a floor, each showing how strongly it is proved.

mod account;
mod admin;
mod asset;
mod campaign;
mod confirm;
mod device;
mod error;
mod form_post;
mod headers;
mod hello;
mod kind;
mod logout;
mod map;
mod part;
mod recover;
mod recovery_codes;
mod register;
mod rename;
mod sample_app;
mod second;
mod setup;
mod sign_in;
mod signed_out;
mod tap;

#[cfg(test)]
mod tests;

pub use account::{
    Account, AccountAlarm, CodesLeft, DeviceRow, DeviceState, PasskeyModel, PasskeyRow, SessionRow, Signal,
};
pub use admin::{
    Access, AccessPolicy, AccessRow, AccessState, AccessVersionRow, AccessWords, Admin, AlarmRow, AppRow,
    Apps, Choice, DeletedRow, DeviceLine, Devices, DifferenceRow, Figure, KeyRow, KeyState, Keys,
    MetadataState, ModelRow, Models, NewApp, NewCredential, NewPass, Newer, Overview, PassRow, PasskeyPolicy,
    People, Person, PersonRow, Picker, Preview, ProblemRow, ProfileForm, ProfileVerdict, ReceiverRow,
    ReceiverState, ReplayRow, RevocationState, RoleRow, RootRow, SignInFilter, SignInResult, SignInRow,
    SignIns, Signals, StartRow, Step, TargetRow, TemplateRow, TouchedRow, TransmitterRow, Tried, Trust,
    WhatIf, WhatIfAnswer, WhatIfRow,
};
pub use asset::{Asset, asset, asset_version};
pub use campaign::Campaign;
pub use device::{Device, DeviceConfirm, DeviceDone};
pub use error::ErrorPage;
pub use form_post::FormPost;
pub use headers::{csp, reply, reply_public};
pub use hello::HelloKeyRow;
pub use kind::PasskeyKind;
pub use logout::Logout;
pub use map::MapPage;
pub use part::{Band, Csrf, Floor, Level, Link, Notice, NoticeKind, Secret, Viewer, When, Wide};
pub use recover::Recover;
pub use recovery_codes::RecoveryCodes;
pub use register::{Register, RegisterReason};
pub use sample_app::{Claim, SampleApp, SampleKind, SampleSignedIn};
pub use second::Second;
pub use setup::Setup;
pub use sign_in::{Contract, ForPrograms, SignIn};
pub use signed_out::SignedOut;
pub use tap::Tap;
