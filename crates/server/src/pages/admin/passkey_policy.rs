//! The passkey policy: profiles and targets as forms, and whom a change touches before it is saved.

use super::Admin;
use crate::pages::part::{Legend, legend};
use askama::Template;

/// One of several, in a list or as a box to tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What people read.
    pub text: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

/// A profile as a form.
#[derive(Clone, Debug)]
pub struct ProfileForm {
    /// Its id; empty for one that is to be made.
    pub id: String,
    /// Its place on the page, for the ids of fields.
    pub n: usize,
    /// Graph `name`.
    pub name: String,
    /// What it asks for, in a line.
    pub summary: String,
    /// Whether targets that name no profile mean it.
    pub is_default: bool,
    /// Whether it takes keys that stay on one device.
    pub device_bound: bool,
    /// Whether it takes synced passkeys.
    pub synced: bool,
    /// Whether registration needs an attestation.
    pub attestation: bool,
    /// Graph `keyRestrictions`: any, allow, block.
    pub restriction: Vec<Choice>,
    /// AAGUIDs, one a line.
    pub aaguids: String,
    /// `passband_minimumEvidence`.
    pub evidence: Vec<Choice>,
    /// `passband_minimumCertification`.
    pub certification: Vec<Choice>,
    /// `passband_userVerificationMethods`.
    pub methods: Vec<Choice>,
    /// Enforced, or the profile it is a draft of.
    pub state: Vec<Choice>,
}

/// A target of the policy.
#[derive(Clone, Debug)]
pub struct TargetRow {
    /// Its place in its list.
    pub n: usize,
    /// Whether it is excluded.
    pub is_excluded: bool,
    /// A group's name, or everybody.
    pub who: String,
    /// The profiles it may use, by name.
    pub profiles: Vec<String>,
}

/// A ready-made profile that the policy does not have.
#[derive(Clone, Debug)]
pub struct TemplateRow {
    /// Its key.
    pub key: String,
    /// The name the profile would have.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// What it asks for, in a line.
    pub summary: String,
}

/// A passkey, or a person, that a change touches.
#[derive(Clone, Debug)]
pub struct TouchedRow {
    /// Safe in a path.
    pub user_id: String,
    /// Whose.
    pub upn: String,
    /// The person's name.
    pub name: String,
    /// The passkey's name.
    pub passkey: String,
    /// What happens.
    pub what: String,
    /// The reason code; empty if it will be accepted.
    pub code: String,
}

/// Whom a change touches, and the change itself.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The policy as it would be, JSON.
    pub document: String,
    /// The generation the change was made up from.
    pub generation: String,
    /// The first of those touched.
    pub touched: Vec<TouchedRow>,
    /// Passkeys that would be refused.
    pub refused: usize,
    /// Passkeys that would be accepted anew.
    pub allowed: usize,
    /// People who would have no usable passkey left.
    pub stranded: usize,
    /// Whether no administrator could sign in.
    pub locks_out: bool,
}

impl Preview {
    /// What the change does at the next sign-ins, in a sentence or two.
    fn told(&self) -> String {
        let passkeys = |n: usize| if n == 1 { "1 passkey".to_owned() } else { format!("{n} passkeys") };
        let people = |n: usize| if n == 1 { "1 person".to_owned() } else { format!("{n} people") };
        let mut told = Vec::new();
        if self.refused > 0 {
            told.push(format!("{} would newly be refused.", passkeys(self.refused)));
        }
        if self.allowed > 0 {
            told.push(format!("{} would newly be accepted.", passkeys(self.allowed)));
        }
        if self.stranded > 0 {
            told.push(format!("{} would have no usable passkey left.", people(self.stranded)));
        }
        match told.is_empty() {
            true => "It touches nobody: every passkey there is works, or does not, as before.".to_owned(),
            false => format!("At the next sign-in: {}", told.join(" ")),
        }
    }
}

/// `GET /admin/passkey-policy`, and `POST …/preview`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/admin_passkey_policy.html")]
pub struct PasskeyPolicy {
    /// Viewer, hidden field, notice.
    pub admin: Admin,
    /// Graph `state`.
    pub is_enabled: bool,
    /// Graph `isSelfServiceRegistrationAllowed`.
    pub self_service: bool,
    /// The profiles.
    pub profiles: Vec<ProfileForm>,
    /// An empty form for another.
    pub new_profile: ProfileForm,
    /// Ready-made profiles to take.
    pub templates: Vec<TemplateRow>,
    /// The targets.
    pub targets: Vec<TargetRow>,
    /// Whom a target can mean.
    pub groups: Vec<Choice>,
    /// A change that is not made yet.
    pub preview: Option<Preview>,
}

impl PasskeyPolicy {
    const fn legend(&self) -> Legend {
        legend()
    }

    const fn tab(&self) -> &'static str {
        "passkey-policy"
    }

    fn forms(&self) -> impl Iterator<Item = &ProfileForm> {
        self.profiles.iter().chain([&self.new_profile])
    }
}
