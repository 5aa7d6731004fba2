//! What evidence of passkeys rests on, and the models in the metadata.

use super::Admin;
use crate::pages::Choice;
use crate::pages::When;
use crate::pages::part::{Legend, legend};
use askama::Template;

/// The loaded metadata.
#[derive(Clone, Debug)]
pub struct MetadataState {
    /// Their edition.
    pub edition: u32,
    /// How many passkey models they know.
    pub models: usize,
    /// When the next edition is due.
    pub due: When,
    /// Overdue for so long that they prove nothing more.
    pub is_stale: bool,
    /// When they were imported.
    pub added: When,
    /// By whom.
    pub by: String,
}

/// The loaded list of revoked attestation keys.
#[derive(Clone, Debug)]
pub struct RevocationState {
    /// How many it names.
    pub keys: usize,
    /// Whether it is new enough to say that a key is not revoked.
    pub is_current: bool,
    /// When it was imported.
    pub added: When,
    /// By whom.
    pub by: String,
}

/// A root.
#[derive(Clone, Debug)]
pub struct RootRow {
    /// Its subject.
    pub name: String,
    /// What it vouches for.
    pub scope: String,
    /// Its last moment.
    pub expires: When,
    /// Whether it comes with the program.
    pub is_built_in: bool,
    /// SHA-256 of the certificate, hexadecimal.
    pub sha256: String,
}

/// A model.
#[derive(Clone, Debug)]
pub struct ModelRow {
    /// What its maker calls it.
    pub name: String,
    /// Its AAGUID; empty for a U2F model.
    pub aaguid: String,
    /// The level that its attestation reaches.
    pub level: &'static str,
    /// Why that level, in a sentence.
    pub why: &'static str,
    /// How it protects keys.
    pub protection: String,
    /// How it verifies its user.
    pub verification: String,
    /// Its certification.
    pub certification: &'static str,
    /// Its newest status.
    pub status: String,
    /// Whether that status disqualifies it.
    pub is_disqualified: bool,
    /// What each profile says of it.
    pub verdicts: Vec<ProfileVerdict>,
}

/// What a profile says of a model.
#[derive(Clone, Debug)]
pub struct ProfileVerdict {
    /// The profile's name.
    pub profile: String,
    /// Whether it accepts an attested passkey of the model.
    pub accepts: bool,
    /// If not, what the model is short of.
    pub missing: String,
}

/// One page of the models.
#[derive(Clone, Debug)]
pub struct Models {
    /// What was searched for (`q`); empty for all.
    pub search: String,
    /// The level that was asked for (`level`); empty for all.
    pub level: String,
    /// The profiles that can be asked for (`profile`).
    pub profiles: Vec<Choice>,
    /// Whether those that the profile refuses were asked for (`verdict`), not those that it accepts.
    pub refuses: bool,
    /// Whether any of it was asked for.
    pub is_narrowed: bool,
    /// How many models match.
    pub found: usize,
    /// The models of this page.
    pub rows: Vec<ModelRow>,
    /// The address of the next page.
    pub next: Option<String>,
}

/// `GET /admin/trust`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/admin_trust.html")]
pub struct Trust {
    /// Viewer, hidden field, notice.
    pub admin: Admin,
    /// The loaded metadata, if any.
    pub metadata: Option<MetadataState>,
    /// The loaded list, if any.
    pub revocations: Option<RevocationState>,
    /// Documents that do not hold any more.
    pub problems: Vec<String>,
    /// Who may vouch.
    pub roots: Vec<RootRow>,
    /// The models in the metadata.
    pub models: Models,
}

impl Trust {
    /// The levels that can be asked for.
    const LEVELS: [&'static str; 4] = ["E0", "E1", "E2", "E3"];

    const fn legend(&self) -> Legend {
        legend()
    }

    const fn tab(&self) -> &'static str {
        "trust"
    }
}
