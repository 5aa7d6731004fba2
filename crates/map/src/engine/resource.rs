//! What people sign in to: every application that a policy can tell from another, once.

use passband_core::id::ClientId;
use passband_core::policy::access::facts::{Platform, Suite, Target, Truth, UserAction};
use passband_core::policy::access::model::Policy;
use std::collections::BTreeSet;

/// Applications with names, their sets, and whether token protection covers them.
struct Known {
    id: &'static str,
    name: &'static str,
    office: bool,
    protected: Protected,
}

enum Protected {
    Everywhere,
    Windows,
    No,
}

/// The day on which the list of the `Office365` suite was drawn up.
pub const OFFICE_LIST_AS_OF: &str = "2026-11-22";
/// The fact of the map on which resources have token protection.
pub const PROTECTED_FACT: &str = "sess.any.token-protection.resources";

const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
const SHAREPOINT: &str = "00000003-0000-0ff1-ce00-000000000000";
const TEAMS: &str = "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe";
const AZURE_MANAGEMENT: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";

/// The members of the suite are those of <https://learn.microsoft.com/entra/identity/conditional-access/reference-office-365-application-contents>
/// that token protection speaks of; other members count as applications of their own.
const KNOWN: [Known; 6] = [
    Known { id: EXCHANGE, name: "Exchange Online", office: true, protected: Protected::Everywhere },
    Known { id: SHAREPOINT, name: "SharePoint Online", office: true, protected: Protected::Everywhere },
    Known { id: TEAMS, name: "Microsoft Teams", office: true, protected: Protected::Everywhere },
    Known {
        id: "9cdead84-a844-4324-93f2-b2e6bb768d07",
        name: "Azure Virtual Desktop",
        office: false,
        protected: Protected::Windows,
    },
    Known {
        id: "0af06dc6-e4b5-4f28-818e-e78e62d137a5",
        name: "Windows 365",
        office: false,
        protected: Protected::Windows,
    },
    Known {
        id: AZURE_MANAGEMENT,
        name: "Windows Azure Service Management API",
        office: false,
        protected: Protected::No,
    },
];

/// A resource, as far as policies tell it from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The name.
    pub name: String,
    /// The id under which it counts; none for a set, an action, or any other application.
    pub apps: Vec<ClientId>,
    /// The sets it belongs to.
    pub suites: Vec<Suite>,
    /// The action, if it is one.
    pub action: Option<UserAction>,
    /// Whether Outlook, Teams and OneDrive are its apps on Android, which need a broker: always, never, or for some.
    pub mail: Option<bool>,
}

impl Resource {
    /// The target, in the words of policies.
    #[must_use]
    pub fn target(&self) -> Target<'_> {
        Target { apps: &self.apps, suites: &self.suites, action: self.action }
    }

    /// Whether token protection of native apps covers it.
    #[must_use]
    pub fn is_protected(&self, platform: Option<Platform>) -> Truth {
        match self.known().map(|it| &it.protected) {
            Some(Protected::Everywhere) => Truth::Yes,
            Some(Protected::Windows) => Truth::of(platform == Some(Platform::Windows)),
            // Of others the map has no firm answer.
            Some(Protected::No) | None => Truth::Unknown,
        }
    }

    /// Whether the preview of token protection in browsers covers it.
    #[must_use]
    pub fn is_protected_in_browsers(&self) -> bool {
        self.suites.contains(&Suite::AdminPortals) || self.known().is_some_and(|it| it.id == AZURE_MANAGEMENT)
    }

    fn known(&self) -> Option<&'static Known> {
        let id = self.apps.first()?.to_string();
        KNOWN.iter().find(|it| it.id == id)
    }

    fn app(id: ClientId) -> Self {
        let text = id.to_string();
        let known = KNOWN.iter().find(|it| it.id == text);
        let mail = match text.as_str() {
            EXCHANGE | TEAMS => Some(true),
            SHAREPOINT => None,
            _ => Some(false),
        };
        Self {
            name: known.map_or_else(|| format!("application {text}"), |it| it.name.to_owned()),
            apps: vec![id],
            suites: if known.is_some_and(|it| it.office) { vec![Suite::Office365] } else { Vec::new() },
            action: None,
            mail,
        }
    }

    fn of(name: &str, suites: Vec<Suite>, action: Option<UserAction>) -> Self {
        Self { name: name.to_owned(), apps: Vec::new(), suites, action, mail: Some(false) }
    }
}

/// Everything that the policies can tell apart, the well-known first, actions last. At most `most`.
#[must_use]
pub fn of(policies: &[Policy], most: usize) -> Vec<Resource> {
    let office = [EXCHANGE, SHAREPOINT, TEAMS].into_iter().filter_map(|id| id.parse().ok());
    let office: Vec<ClientId> = office.collect();
    let mut all: Vec<_> = office.iter().map(|id| Resource::app(*id)).collect();
    all.push(Resource::of("Microsoft admin portals", vec![Suite::AdminPortals], None));
    all.push(Resource::of("any other application", Vec::new(), None));
    let named = policies.iter().flat_map(|it| {
        let conditions = &it.conditions;
        conditions.include_apps.apps.iter().chain(&conditions.exclude_apps.apps)
    });
    let named: BTreeSet<_> = named.copied().filter(|id| !office.contains(id)).collect();
    all.extend(named.into_iter().take(most.saturating_sub(all.len() + 2)).map(Resource::app));
    all.push(Resource::of(
        "register security information",
        Vec::new(),
        Some(UserAction::RegisterSecurityInfo),
    ));
    all.push(Resource::of("register a device", Vec::new(), Some(UserAction::RegisterDevice)));
    all
}
