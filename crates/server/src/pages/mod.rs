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
mod headers;
mod kind;
mod logout;
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
    Access, AccessRow, AccessState, AccessVersionRow, Admin, AlarmRow, AppRow, Apps, Choice, DeviceLine,
    Devices, Figure, KeyRow, KeyState, Keys, MetadataState, ModelRow, Models, NewApp, NewCredential, NewPass,
    Overview, PassRow, PasskeyPolicy, People, Person, PersonRow, Preview, ProfileForm, ProfileVerdict,
    ReceiverRow, ReceiverState, RevocationState, RoleRow, RootRow, SignInFilter, SignInResult, SignInRow,
    SignIns, Signals, Step, TargetRow, TemplateRow, TouchedRow, TransmitterRow, Trust,
};
pub use asset::{Asset, asset, asset_version};
pub use campaign::Campaign;
pub use device::{Device, DeviceConfirm, DeviceDone};
pub use error::ErrorPage;
pub use headers::{csp, reply};
pub use kind::PasskeyKind;
pub use logout::Logout;
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
