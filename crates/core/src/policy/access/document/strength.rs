//! `authenticationStrengthPolicy` (Graph, 2024-07-23) with its `fido2CombinationConfiguration`, and what ours asks of a
//! passkey in addition: `passband_keyBinding`, `passband_minimumEvidence`, `passband_attested`.

use super::{DocumentError, Field, Flaw, MAX_DESCRIPTION, MAX_DOCUMENT, MAX_NAME, Object, whole};
use crate::policy::access::strength::{KeyBinding, Methods, Mode, PasskeyRules, Strength};
use crate::policy::signal::EvidenceLevel;
use passband_wire::id::{KeyId, StrengthId};
use serde_json::{Value, json};

const PASSKEYS: &str = "#microsoft.graph.fido2CombinationConfiguration";

const LEVELS: [EvidenceLevel; 4] =
    [EvidenceLevel::E0, EvidenceLevel::E1, EvidenceLevel::E2, EvidenceLevel::E3];

impl Strength {
    /// The custom strength of a whole document. Its id is the one given.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] with everything that is wrong.
    pub fn from_graph(document: &Value, id: StrengthId) -> Result<Self, DocumentError> {
        whole(document, MAX_DOCUMENT, |root| Some(read(root, id)))
    }

    /// The strength as Graph shows it.
    #[must_use]
    pub fn to_graph(&self) -> Value {
        let rules = &self.passkeys;
        let configurations = (!rules.is_empty()).then(|| {
            json!({
                "@odata.type": PASSKEYS,
                "id": self.id.to_string(),
                "appliesToCombinations": [Mode::Fido2.name()],
                "allowedAAGUIDs":
                    rules.aaguids.iter().map(|id| KeyId::from_bytes(*id).to_string()).collect::<Vec<_>>(),
                "passband_keyBinding": rules.bindings.iter().map(|it| it.name()).collect::<Vec<_>>(),
                "passband_minimumEvidence": rules.minimum_evidence.name(),
                "passband_attested": rules.attested,
            })
        });
        json!({
            "id": self.id.to_string(),
            "displayName": self.name,
            "description": self.description,
            "policyType": if Self::is_built_in(self.id) { "builtIn" } else { "custom" },
            "requirementsSatisfied": if self.is_mfa() { "mfa" } else { "none" },
            "allowedCombinations": self.combinations.iter().map(|it| it.to_graph()).collect::<Vec<_>>(),
            "combinationConfigurations": configurations.into_iter().collect::<Vec<_>>(),
        })
    }
}

fn read(root: Object<'_>, id: StrengthId) -> Strength {
    root.pass(&["id", "createdDateTime", "modifiedDateTime", "requirementsSatisfied"]);
    if let Some(kind) = root.take("policyType").filter(|it| it.text() != Some("custom")) {
        kind.unexpected("custom: the built-in strengths are always there and do not change");
    }
    let combinations = root.need("allowedCombinations").map(|it| combinations(&it)).unwrap_or_default();
    let configurations = root.take("combinationConfigurations");
    let mut configurations = configurations.iter().flat_map(Field::list);
    let passkeys = configurations.next().and_then(|it| passkey_rules(&it)).unwrap_or_default();
    if let Some(second) = configurations.next() {
        second.flaw(Flaw::Contradiction("one configuration says all about passkeys"));
    }
    if !passkeys.is_empty() && !combinations.iter().any(|it| it.has(Mode::Fido2)) {
        root.flaw("combinationConfigurations", Flaw::Contradiction("allowedCombinations has no fido2"));
    }
    let strength = Strength {
        id,
        name: root.need("displayName").and_then(|it| it.words(1, MAX_NAME)).unwrap_or_default(),
        description: root.take("description").and_then(|it| it.words(0, MAX_DESCRIPTION)).unwrap_or_default(),
        combinations,
        passkeys,
    };
    root.finish();
    strength
}

fn combinations(field: &Field<'_>) -> Vec<Methods> {
    let mut combinations = Vec::new();
    for item in field.list() {
        match item.text().and_then(Methods::from_graph) {
            None => item.unexpected(
                "method names with commas between, as Graph's authenticationMethodModes has them",
            ),
            Some(combination) if combinations.contains(&combination) => {}
            Some(combination) => combinations.push(combination),
        }
    }
    if combinations.is_empty() {
        field.flaw(Flaw::Missing);
    }
    combinations
}

fn passkey_rules(field: &Field<'_>) -> Option<PasskeyRules> {
    let object = field.object()?;
    if let Some(kind) = object.take("@odata.type").filter(|it| it.text() != Some(PASSKEYS)) {
        kind.flaw(Flaw::NotEnforced("nobody signs in with a certificate here; only passkeys are configured"));
        return None;
    }
    object.pass(&["id"]);
    if let Some(applies) = object.take("appliesToCombinations") {
        let items = applies.list();
        if items.len() != 1 || items.iter().any(|it| it.text() != Some(Mode::Fido2.name())) {
            applies.unexpected("[\"fido2\"]");
        }
    }
    let aaguids = object.take("allowedAAGUIDs").map(|it| it.ids::<KeyId>()).unwrap_or_default();
    let evidence = object.take("passband_minimumEvidence");
    let rules = PasskeyRules {
        aaguids: aaguids.iter().map(|id| *id.as_bytes()).collect(),
        bindings: object
            .take("passband_keyBinding")
            .map(|it| it.choices(&KeyBinding::ALL, KeyBinding::name))
            .unwrap_or_default(),
        minimum_evidence: evidence.and_then(|it| it.choice(&LEVELS, EvidenceLevel::name)).unwrap_or_default(),
        attested: object.take("passband_attested").and_then(|it| it.bool()).unwrap_or_default(),
    };
    object.finish();
    Some(rules)
}
