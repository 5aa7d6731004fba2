//! `conditionalAccessPolicy` (Graph v1.0 and beta, 2026-06-20).

use super::{DocumentError, Flaw, MAX_DESCRIPTION, MAX_DOCUMENT, MAX_NAME, Object, whole};
use crate::policy::access::facts::UserAction;
use crate::policy::access::model::{Grant, Policy, SessionControls, State, UnknownDevice, Unread};
use passband_wire::id::AccessPolicyId;
use passband_wire::time::Timestamp;
use serde_json::{Map, Value, json};

/// Which edition of Graph a document is written for. Both are read alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `v1.0`: without the session controls that only beta has.
    V1,
    /// `beta`: everything.
    Beta,
}

/// Properties of a policy that a change replaces member by member; every other one is replaced whole.
const MERGED: [&str; 2] = ["conditions", "sessionControls"];

impl Policy {
    /// The policy of a whole document. Its id is the one given: that of an export is another tenant's.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] with everything that is wrong.
    pub fn from_graph(document: &Value, id: AccessPolicyId) -> Result<Self, DocumentError> {
        whole(document, MAX_DOCUMENT, |root| Some(read(root, id)))
    }

    /// The policy after a change (PATCH). Each property that is there replaces its own; of `conditions` and
    /// `sessionControls`, each member.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] with everything that is wrong with the outcome.
    pub fn patched(&self, patch: &Map<String, Value>) -> Result<Self, DocumentError> {
        let mut document = self.to_graph(Version::Beta);
        for (name, value) in patch {
            let slot = &mut document[name.as_str()];
            match (slot.as_object_mut(), value.as_object()) {
                (Some(members), Some(changes)) if MERGED.contains(&name.as_str()) => {
                    members.extend(changes.iter().map(|(name, value)| (name.clone(), value.clone())));
                }
                _ => *slot = value.clone(),
            }
        }
        Self::from_graph(&document, self.id)
    }

    /// The policy as Graph shows it.
    #[must_use]
    pub fn to_graph(&self, version: Version) -> Value {
        json!({
            "id": self.id.to_string(),
            "templateId": self.template.map(|id| id.to_string()),
            "displayName": self.name,
            "description": self.description,
            "createdDateTime": self.created.map(Timestamp::rfc3339),
            "modifiedDateTime": self.modified.map(Timestamp::rfc3339),
            "state": self.state.name(),
            "conditions": self.conditions.to_graph(),
            "grantControls": self.grant.to_graph(),
            "sessionControls": self.session.to_graph(version),
            "passband_unknownDevice": self.unknown_device.name(),
        })
    }
}

pub(super) fn read(root: Object<'_>, id: AccessPolicyId) -> Policy {
    let time = |name| {
        let field = root.take(name)?;
        let at = field.text().and_then(Timestamp::from_rfc3339);
        if at.is_none() {
            field.unexpected("a time such as 2026-11-22T12:00:00Z");
        }
        at
    };
    root.pass(&["id"]);
    root.refuse(&[
        ("deletedDateTime", "a deleted policy is restored, not created"),
        ("partialEnablementStrategy", "a policy is enforced for all it includes"),
    ]);
    let policy = Policy {
        id,
        name: root.need("displayName").and_then(|it| it.words(1, MAX_NAME)).unwrap_or_default(),
        description: root.take("description").and_then(|it| it.words(0, MAX_DESCRIPTION)),
        state: root
            .need("state")
            .and_then(|it| it.choice(&State::ALL, State::name))
            .unwrap_or(State::Disabled),
        template: root.take("templateId").and_then(|it| it.id()),
        created: time("createdDateTime"),
        modified: time("modifiedDateTime"),
        conditions: root
            .need("conditions")
            .and_then(|it| it.object())
            .map(super::conditions::read)
            .unwrap_or_default(),
        grant: root.take("grantControls").and_then(|it| it.object()).map(Grant::read).unwrap_or_default(),
        session: root
            .take("sessionControls")
            .and_then(|it| it.object())
            .map(SessionControls::read)
            .unwrap_or_default(),
        unknown_device: root
            .take("passband_unknownDevice")
            .and_then(|it| {
                it.choice(&[UnknownDevice::AsDocumented, UnknownDevice::FailClosed], UnknownDevice::name)
            })
            .unwrap_or_default(),
        unread: Unread::default(),
    };
    check(&root, &policy);
    root.finish();
    policy
}

/// What has to fit between the parts.
fn check(root: &Object<'_>, policy: &Policy) {
    let (grant, session) = (&policy.grant, &policy.session);
    let contradiction = |path: &str, why| root.flaw(path, Flaw::Contradiction(why));
    if grant.is_empty() && session.is_empty() {
        contradiction("grantControls", "a policy without any control would do nothing");
    }
    if grant.block && !session.is_empty() {
        contradiction("sessionControls", "a policy that blocks leaves no session to control");
    }
    let apps = &policy.conditions.include_apps;
    let on_devices = grant.compliant_device || grant.domain_joined_device || session.token_protection;
    if apps.actions.contains(&UserAction::RegisterDevice) && on_devices {
        contradiction(
            "conditions.applications.includeUserActions",
            "a device that is being registered cannot be compliant, joined or bound yet",
        );
    }
    if session.persistent_browser.is_some() && !apps.all {
        contradiction(
            "sessionControls.persistentBrowser",
            "a browser has one session for all applications, so includeApplications must be All",
        );
    }
}
