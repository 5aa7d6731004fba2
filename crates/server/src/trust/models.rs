//! The models of the metadata, each against every profile: what an administrator browses before choosing one.

use super::InForce;
use crate::app::App;
use passband_core::authn::profile::templates::{judge_model, templates};
use passband_core::authn::profile::{PasskeyProfile, Rule};
use passband_core::platform::evidence::{ModelFacts, models_now};
use passband_core::time::Timestamp;
use passband_store::StoreError;

/// The profiles that models are held against: the policy's own, and the templates that are not in it.
#[derive(Clone, Debug)]
pub struct Profiles(Vec<(PasskeyProfile, bool)>);

/// A model, and what each profile says of it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What the metadata say of it.
    pub facts: ModelFacts,
    /// For each of [`Profiles`], in their order, the rules that do not hold; none if it accepts the model.
    pub broken: Vec<Vec<Rule>>,
}

/// Only the models that one profile accepts, or refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Only {
    /// The place of the profile among [`Profiles`].
    pub profile: usize,
    /// Which of the two.
    pub accepted: bool,
}

impl Only {
    /// Whether the model is one of them.
    pub fn takes(self, model: &Judged) -> bool {
        model.broken.get(self.profile).is_some_and(|broken| broken.is_empty() == self.accepted)
    }
}

impl Profiles {
    /// Those of the policy as it is now.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database cannot answer.
    pub async fn load(app: &App) -> Result<Self, StoreError> {
        Ok(Self(app.newest_methods_policy().await?.policy.passkeys.with_templates()))
    }

    /// Each with whether it is a template.
    pub fn iter(&self) -> impl Iterator<Item = (&PasskeyProfile, bool)> {
        self.0.iter().map(|(profile, is_template)| (profile, *is_template))
    }

    /// The place of the one with this id, this key of a template, or this name; the first of several.
    pub fn place(&self, name: &str) -> Option<usize> {
        let keyed = templates().into_iter().find(|template| template.key == name);
        let keyed = keyed.map(|template| template.profile.id);
        let at = |fits: &dyn Fn(&PasskeyProfile) -> bool| self.0.iter().position(|(it, _)| fits(it));
        at(&|it| Some(it.id) == keyed || it.id.to_string().eq_ignore_ascii_case(name))
            .or_else(|| at(&|it| it.name.to_lowercase() == name.to_lowercase()))
    }

    /// Every model of the loaded metadata, in their order.
    pub fn judge(&self, held: &InForce, now: Timestamp) -> Vec<Judged> {
        let models = held.trust.metadata.iter().flat_map(|metadata| models_now(metadata, now));
        let judged = models.map(|facts| {
            let broken = self.0.iter().map(|(profile, _)| judge_model(profile, &facts).broken().collect());
            Judged { broken: broken.collect(), facts }
        });
        judged.collect()
    }
}
