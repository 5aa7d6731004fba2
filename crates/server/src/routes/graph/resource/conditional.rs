//! Conditional access as Graph shows it: policies, named locations, authentication strengths, and their versions.

use super::{Kind, Resource, filter, plain};
use passband_core::directory::AccessVersion;
use passband_core::manage::difference::{Difference, between};
use serde_json::{Value, json};

/// Graph `conditionalAccessPolicy`.
pub static POLICY: Resource = Resource {
    name: "conditionalAccessPolicy",
    properties: &[
        plain("@odata.etag", Kind::Text, "Its version; send it along, and a newer one is not overwritten."),
        filter("id", Kind::Guid, "The policy's id."),
        plain("templateId", Kind::Guid, "Kept, without meaning here."),
        filter("displayName", Kind::Text, "Its name."),
        plain("description", Kind::Text, "What it is for."),
        filter("createdDateTime", Kind::Time, "When it was made."),
        filter("modifiedDateTime", Kind::Time, "When it was last changed."),
        filter("state", Kind::Text, "enabled, disabled or enabledForReportingButNotEnforced."),
        plain("conditions", Kind::Object, "When it applies: all of them must match."),
        plain("grantControls", Kind::Object, "What it asks for."),
        plain("sessionControls", Kind::Object, "What it makes of the session; beta shows more of them."),
        plain(
            "passband_unknownDevice",
            Kind::Text,
            "What a device filter makes of an unknown device: asDocumented or failClosed.",
        ),
    ],
};

/// Graph `namedLocation`: `ipNamedLocation` or `countryNamedLocation`.
pub static LOCATION: Resource = Resource {
    name: "namedLocation",
    properties: &[
        plain("@odata.etag", Kind::Text, "Its version."),
        plain("@odata.type", Kind::Text, "#microsoft.graph.ipNamedLocation or countryNamedLocation."),
        filter("id", Kind::Guid, "The location's id."),
        filter("displayName", Kind::Text, "Its name."),
        filter("createdDateTime", Kind::Time, "When it was made."),
        filter("modifiedDateTime", Kind::Time, "When it was last changed."),
        plain("isTrusted", Kind::Bool, "Networks: whether AllTrusted means it."),
        plain("ipRanges", Kind::Objects, "Networks."),
        plain("countriesAndRegions", Kind::Texts, "Countries, of two letters."),
        plain("includeUnknownCountriesAndRegions", Kind::Bool, "Countries: and addresses of no known one."),
        plain("countryLookupMethod", Kind::Text, "Always clientIpAddress."),
    ],
};

/// Graph `authenticationStrengthPolicy`.
pub static STRENGTH: Resource = Resource {
    name: "authenticationStrengthPolicy",
    properties: &[
        plain("@odata.etag", Kind::Text, "Its version; the built-in ones have none."),
        filter("id", Kind::Guid, "The strength's id."),
        filter("displayName", Kind::Text, "Its name."),
        plain("description", Kind::Text, "What it is for."),
        filter("policyType", Kind::Text, "builtIn or custom; the built-in ones do not change."),
        plain("requirementsSatisfied", Kind::Text, "mfa or none."),
        plain("allowedCombinations", Kind::Texts, "Ways of signing in; any one of them is enough."),
        plain("combinationConfigurations", Kind::Objects, "What is asked of passkeys in addition."),
        filter("createdDateTime", Kind::Time, "When it was made."),
        filter("modifiedDateTime", Kind::Time, "When it was last changed."),
    ],
};

/// A version of one of them: a resource of ours.
pub static VERSION: Resource = Resource {
    name: "passband_accessVersion",
    properties: &[
        plain("id", Kind::Guid, "What it is a version of."),
        plain("version", Kind::Int, "1, 2, 3 and on."),
        plain("createdDateTime", Kind::Time, "When it was made."),
        plain("author", Kind::Text, "Who made it."),
        plain(
            "isDeleted",
            Kind::Bool,
            "Whether it was deleted then; the document is what it was until then.",
        ),
        plain("differences", Kind::Objects, "What differs from the version before: property, from, to."),
        plain("summary", Kind::Texts, "The same in words: property: from -> to."),
        plain("document", Kind::Object, "The whole document; only where one version is asked for."),
    ],
};

/// A deleted one, which can be restored.
pub static DELETED: Resource = Resource {
    name: "passband_deletedAccess",
    properties: &[
        filter("id", Kind::Guid, "Its id."),
        filter("displayName", Kind::Text, "Its name."),
        filter("deletedDateTime", Kind::Time, "When it was deleted."),
        plain("author", Kind::Text, "Who deleted it."),
        plain("version", Kind::Int, "The version to go back to."),
        plain("document", Kind::Object, "What it was."),
    ],
};

/// What a change would have made of the sign-ins that were: a resource of ours.
pub static REPLAY: Resource = Resource {
    name: "passband_accessReplay",
    properties: &[
        plain("since", Kind::Time, "From when on sign-ins were tried."),
        plain("until", Kind::Time, "Until when."),
        plain("signIns", Kind::Int, "Lines of the sign-in log that were tried."),
        plain("notAsked", Kind::Int, "Further lines at which policies were not asked."),
        plain("isComplete", Kind::Bool, "Whether all lines of the time were tried; otherwise the newest."),
        plain("sameCount", Kind::Int, "Sign-ins that end as they do now."),
        plain("refusedCount", Kind::Int, "Sign-ins that would be refused."),
        plain("promptedCount", Kind::Int, "Sign-ins that would ask the person to sign in."),
        plain("allowedCount", Kind::Int, "Sign-ins that would be allowed."),
        plain("peopleCount", Kind::Int, "People whose sign-ins would end otherwise."),
        plain("refused", Kind::Objects, "The newest 500 that would be refused."),
        plain("prompted", Kind::Objects, "The newest 500 that would ask."),
        plain("allowed", Kind::Objects, "The newest 500 that would be allowed."),
        plain("leavesNoAdministrator", Kind::Bool, "Whether the change would be refused without force."),
    ],
};

fn document(version: &AccessVersion) -> Value {
    serde_json::from_str(&version.document).unwrap_or_default()
}

/// A version, with what differs from the one before; for a list without the document.
pub fn version(version: &AccessVersion, before: Option<&AccessVersion>, whole: bool) -> Value {
    let own = document(version);
    let differences = match before.filter(|it| !it.deleted) {
        Some(_) if version.deleted => Vec::new(),
        Some(before) => between(&document(before), &own),
        None => between(&Value::Null, &own),
    };
    let mut shown = json!({
        "id": version.id,
        "version": version.number,
        "createdDateTime": version.at.rfc3339(),
        "author": version.actor,
        "isDeleted": version.deleted,
        "summary": differences.iter().map(Difference::to_string).collect::<Vec<_>>(),
        "differences": differences
            .iter()
            .map(|it| json!({ "property": it.property, "from": it.from, "to": it.to }))
            .collect::<Vec<_>>(),
    });
    if whole {
        shown["document"] = own;
    }
    shown
}

/// A deleted one.
pub fn deleted(version: &AccessVersion) -> Value {
    let document = document(version);
    json!({
        "id": version.id,
        "displayName": document["displayName"],
        "deletedDateTime": version.at.rfc3339(),
        "author": version.actor,
        "version": version.number,
        "document": document,
    })
}
