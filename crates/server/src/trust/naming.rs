//! What the model of a passkey is called, and whether that is proved.

use super::{InForce, aaguid};
use passband_core::directory::Passkey;
use passband_core::platform::metadata::Model;
use passband_core::policy::signal::EvidenceLevel;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What well-known AAGUIDs are called. Its head says where that is from.
const KNOWN: &str = include_str!("../../data/passkey-models.txt");

static NAMES: LazyLock<HashMap<[u8; 16], &'static str>> = LazyLock::new(|| lines().collect());

fn lines() -> impl Iterator<Item = ([u8; 16], &'static str)> {
    let entries = KNOWN.lines().filter(|line| !line.starts_with('#'));
    entries.filter_map(|line| line.split_once(' ')).filter_map(|(id, name)| Some((aaguid(id)?, name)))
}

/// What a passkey's model is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelName<'a> {
    /// The name.
    pub name: &'a str,
    /// Whether evidence of level E2 or more says so. Otherwise the passkey says it of itself, and whoever makes one
    /// can have it say anything (failure class 4: an AAGUID taken at its word).
    pub is_proved: bool,
}

impl InForce {
    /// What a passkey's model is called: as the metadata name it where it is proved, else as the AAGUID claims, if
    /// that is a well-known one.
    #[must_use]
    pub fn model_name(&self, passkey: &Passkey) -> Option<ModelName<'_>> {
        let metadata = self.trust.metadata.as_ref().filter(|_| passkey.evidence.level >= EvidenceLevel::E2);
        let proved = metadata.and_then(|metadata| metadata.by_aaguid(&passkey.aaguid)).map(Model::name);
        match proved {
            Some(name) => Some(ModelName { name, is_proved: true }),
            None => NAMES.get(&passkey.aaguid).map(|&name| ModelName { name, is_proved: false }),
        }
    }

    /// What a new passkey is called whose owner gave it no name.
    #[must_use]
    pub fn default_name(&self, passkey: &Passkey) -> String {
        self.model_name(passkey).map_or("Passkey", |model| model.name).chars().take(100).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use passband_core::manage::display_name;

    #[test]
    fn each_line_names_another_model() {
        let entries = KNOWN.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count();
        assert!(entries > 30, "{entries}");
        assert_eq!((lines().count(), NAMES.len()), (entries, entries));
        assert!(!NAMES.contains_key(&[0; 16]), "all zeros claim no model");
        for name in NAMES.values() {
            assert!(display_name(name).is_ok(), "{name}");
        }
    }
}
