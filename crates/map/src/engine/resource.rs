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

/// Those that token protection and the map speak of.
///
/// Exchange, SharePoint, Teams and the management of Azure: the list of application IDs in
/// <https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in>.
/// Azure Virtual Desktop: <https://learn.microsoft.com/azure/virtual-desktop/set-up-mfa>.
/// Windows 365: <https://learn.microsoft.com/windows-365/enterprise/set-up-tenants-windows-365-gcc>.
/// Which of them token protection covers is in the fact [`PROTECTED_FACT`].
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

/// Further members of the suite `Office365`, which
/// <https://learn.microsoft.com/entra/identity/conditional-access/reference-office-365-application-contents> names without
/// their ids; these have theirs in the list of application IDs above. A member that is in no public list with its id
/// counts as an application of its own.
const OFFICE: [(&str, &str); 25] = [
    ("00000004-0000-0ff1-ce00-000000000000", "Skype for Business Online"),
    ("00000005-0000-0ff1-ce00-000000000000", "Viva Engage"),
    ("00000006-0000-0ff1-ce00-000000000000", "Microsoft Office 365 Portal"),
    ("00000007-0000-0ff1-ce00-000000000000", "Microsoft Exchange Online Protection"),
    ("08e18876-6177-487e-b8b5-cf950c1e598c", "SharePoint Online Web Client Extensibility"),
    ("0cd196ee-71bf-4fd6-a57c-b491ffd4fb1e", "Media Analysis and Transformation Service"),
    ("0f698dd4-f011-4d23-a33e-b36416dcb1e6", "OfficeClientService"),
    ("1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams (client)"),
    ("243c63a3-247d-41c5-9d83-7788c43f1c43", "Office Online Core SSO"),
    ("2d4d3d8e-2be3-4bef-9f87-7875a61c29de", "OneNote"),
    ("4345a7b9-9a63-4910-a426-35363201d503", "O365 Suite UX"),
    ("4765445b-32c6-49b0-83e6-1d93765276ca", "OfficeHome"),
    ("4b233688-031c-404b-9a80-a4f3f2351f90", "Office.com"),
    ("5e3ce6c0-2b1f-4285-8d4b-75ee78787346", "Microsoft Teams Web Client"),
    ("66a88757-258c-4c72-893c-3e8bed4d6899", "Office 365 Search Service"),
    ("89bee1f7-5e6e-4d8a-9f3d-ecd601259da7", "Office365 Shell WCSS-Client"),
    ("905fcf26-4eb7-48a0-9ff0-8dcc7194b5ba", "Sway"),
    ("93d53678-613d-4013-afc1-62e9e444a0a5", "Office Online Add-in SSO"),
    ("944f0bd1-117b-4b1c-af26-804ed95e767e", "Media Analysis and Transformation Service"),
    ("94c63fef-13a3-47bc-8074-75af8c65887a", "Office Delve"),
    ("95de633a-083e-42f5-b444-a4295d8e9314", "Microsoft Whiteboard Services"),
    ("ab9b8c07-8f02-4f72-87fa-80105867a763", "OneDrive SyncEngine"),
    ("c9a559d2-7aab-4f13-a6ed-e7e9c52aec87", "Microsoft Forms"),
    ("cf53fce8-def6-4aeb-8d30-b158e7b1cf83", "Microsoft Stream Portal"),
    ("d3590ed6-52b3-4102-aeff-aad2292ab01c", "Microsoft Office"),
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
        let known = KNOWN.iter().find(|it| it.id == text).map(|it| (it.name, it.office));
        let known = known.or_else(|| OFFICE.iter().find(|it| it.0 == text).map(|it| (it.1, true)));
        let mail = match text.as_str() {
            EXCHANGE | TEAMS => Some(true),
            SHAREPOINT => None,
            _ => Some(false),
        };
        Self {
            name: known.map_or_else(|| format!("application {text}"), |it| it.0.to_owned()),
            apps: vec![id],
            suites: if known.is_some_and(|it| it.1) { vec![Suite::Office365] } else { Vec::new() },
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
