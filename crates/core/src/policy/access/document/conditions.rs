//! `conditionalAccessConditionSet` (Graph, 2025-12-03), with `passband_sessionBinding`.

use super::{Field, Flaw, Object};
use crate::policy::access::facts::{ClientApp, Guest, Platform, Suite, UserAction};
use crate::policy::access::filter::Filter;
use crate::policy::access::model::{
    Applications, Conditions, DeviceFilter, People, Places, Platforms, SessionBinding, TransferMethods,
};
use crate::policy::signal::{Binding, EvidenceLevel};
use passband_wire::id::{ClientId, LocationId, UserId};
use serde_json::{Value, json};

const RISK: &str = "nothing here rates the risk of a sign-in or a person";

const BINDINGS: [Binding; 3] = [Binding::None, Binding::SoftwareKey, Binding::HardwareKey];

const LEVELS: [EvidenceLevel; 4] =
    [EvidenceLevel::E1, EvidenceLevel::E2, EvidenceLevel::E3, EvidenceLevel::E4];

pub(super) fn read(object: Object<'_>) -> Conditions {
    object.refuse(&[
        ("signInRiskLevels", RISK),
        ("userRiskLevels", RISK),
        ("insiderRiskLevels", RISK),
        ("servicePrincipalRiskLevels", RISK),
        ("agentIdRiskLevels", RISK),
        ("clientApplications", "it speaks about workload identities, which are not judged"),
        ("times", "nothing is decided by the time of day"),
        ("deviceStates", "it was replaced by devices.deviceFilter"),
    ]);
    let of = |name| object.take(name).and_then(|it| it.object());
    let (include_people, exclude_people) =
        object.need("users").and_then(|it| it.object()).map(people).unwrap_or_default();
    let (include_apps, exclude_apps) =
        object.need("applications").and_then(|it| it.object()).map(applications).unwrap_or_default();
    let conditions = Conditions {
        include_people,
        exclude_people,
        include_apps,
        exclude_apps,
        client_apps: object.take("clientAppTypes").map(|it| client_apps(&it)).unwrap_or_default(),
        platforms: of("platforms").map(platforms),
        devices: of("devices").and_then(devices),
        locations: of("locations").map(locations),
        flows: of("authenticationFlows").and_then(flows),
        binding: of("passband_sessionBinding").map(binding),
    };
    object.finish();
    conditions
}

fn people(object: Object<'_>) -> (People, People) {
    let side = |users, groups, roles, guests| {
        let mut people = People {
            groups: object.take(groups).map(|it| it.ids()).unwrap_or_default(),
            roles: object.take(roles).map(|it| it.ids()).unwrap_or_default(),
            guests: object.take(guests).map(|it| guest_types(&it)).unwrap_or_default(),
            ..People::default()
        };
        let named = object.take(users).map(|it| it.list()).unwrap_or_default();
        for item in &named {
            match item.text() {
                Some("All") => people.all = true,
                Some("None") if named.len() > 1 => {
                    item.flaw(Flaw::Contradiction("None stands alone"));
                }
                Some("None") | None => {}
                Some("GuestsOrExternalUsers") => people.guests = Guest::ALL.to_vec(),
                Some(text) => match text.parse::<UserId>() {
                    Ok(id) => people.users.push(id),
                    Err(_) => item.unexpected("the id of a person, All, None or GuestsOrExternalUsers"),
                },
            }
        }
        (people, !named.is_empty())
    };
    let (include, named) =
        side("includeUsers", "includeGroups", "includeRoles", "includeGuestsOrExternalUsers");
    let (exclude, _) = side("excludeUsers", "excludeGroups", "excludeRoles", "excludeGuestsOrExternalUsers");
    let others = [include.users.len(), include.groups.len(), include.roles.len(), include.guests.len()];
    let others: usize = others.iter().sum();
    if include.all && others > 0 {
        object.flaw("includeUsers", Flaw::Contradiction("All stands alone"));
    }
    if !include.all && others == 0 && !named {
        object.flaw("includeUsers", Flaw::Missing);
    }
    if exclude.all {
        object
            .flaw("excludeUsers", Flaw::Contradiction("a policy that excludes everybody is to be disabled"));
    }
    object.finish();
    (include, exclude)
}

fn guest_types(field: &Field<'_>) -> Vec<Guest> {
    let Some(object) = field.object() else { return Vec::new() };
    let mut types = Vec::new();
    if let Some(field) = object.take("guestOrExternalUserTypes")
        && let Some(text) = field.text()
    {
        for word in text.split(',').map(str::trim).filter(|word| *word != "none") {
            match Guest::ALL.into_iter().find(|guest| guest.name() == word) {
                Some(guest) => types.push(guest),
                None => field.unexpected(Guest::ALL.map(Guest::name).join(",")),
            }
        }
    }
    if let Some(tenants) = object.take("externalTenants").and_then(|it| it.object()) {
        let kind = tenants.take("membershipKind");
        if let Some(field) = kind.filter(|it| it.text() != Some("all")) {
            field.flaw(Flaw::NotEnforced("nobody here belongs to another tenant; all is the only answer"));
        }
        tenants.finish();
    }
    object.finish();
    types
}

fn applications(object: Object<'_>) -> (Applications, Applications) {
    object.refuse(&[
        (
            "includeAuthenticationContextClassReferences",
            "applications here cannot ask for an authentication context",
        ),
        ("applicationFilter", "applications here have no attributes to filter by"),
        ("globalSecureAccess", "no network traffic passes this server"),
        ("networkAccess", "no network traffic passes this server"),
    ]);
    let side = |name| {
        let mut apps = Applications::default();
        let named = object.take(name).map(|it| it.list()).unwrap_or_default();
        for item in &named {
            match item.text() {
                Some("All") => apps.all = true,
                Some("None") if named.len() > 1 => {
                    item.flaw(Flaw::Contradiction("None stands alone"));
                }
                Some("None") | None => {}
                Some(text) => {
                    match (Suite::ALL.into_iter().find(|it| it.name() == text), text.parse::<ClientId>()) {
                        (Some(suite), _) => apps.suites.push(suite),
                        (None, Ok(id)) => apps.apps.push(id),
                        (None, Err(_)) => {
                            item.unexpected(
                                "the id of an application, All, None, Office365 or MicrosoftAdminPortals",
                            );
                        }
                    }
                }
            }
        }
        (apps, !named.is_empty())
    };
    let (mut include, named) = side("includeApplications");
    let (exclude, _) = side("excludeApplications");
    include.actions = object
        .take("includeUserActions")
        .map(|it| it.choices(&UserAction::ALL, UserAction::name))
        .unwrap_or_default();
    let others = include.apps.len() + include.suites.len();
    if include.all && others > 0 {
        object.flaw("includeApplications", Flaw::Contradiction("All stands alone"));
    }
    if !include.actions.is_empty() && (include.all || others > 0) {
        object.flaw(
            "includeUserActions",
            Flaw::Contradiction("a policy is about applications or about user actions"),
        );
    }
    if include.actions.is_empty() && !named {
        object.flaw("includeApplications", Flaw::Missing);
    }
    if exclude.all {
        object.flaw(
            "excludeApplications",
            Flaw::Contradiction("a policy that excludes everything is to be disabled"),
        );
    }
    object.finish();
    (include, exclude)
}

fn client_apps(field: &Field<'_>) -> Vec<ClientApp> {
    let items = field.list();
    let all = items.iter().any(|item| item.text() == Some("all"));
    if all && items.len() > 1 {
        field.flaw(Flaw::Contradiction("all stands alone"));
    }
    if all { Vec::new() } else { field.choices(&ClientApp::ALL, ClientApp::name) }
}

fn platforms(object: Object<'_>) -> Platforms {
    let mut platforms = Platforms::default();
    let include = object.take("includePlatforms");
    platforms.all = include.iter().flat_map(Field::list).any(|item| item.text() == Some("all"));
    match include {
        None => object.flaw("includePlatforms", Flaw::Missing),
        Some(field) if platforms.all && field.list().len() > 1 => {
            field.flaw(Flaw::Contradiction("all stands alone"));
        }
        Some(field) if !platforms.all => {
            platforms.include = field.choices(&Platform::ALL, Platform::name);
            if field.list().is_empty() {
                field.flaw(Flaw::Missing);
            }
        }
        Some(_) => {}
    }
    let exclude = object.take("excludePlatforms");
    platforms.exclude = exclude.map(|it| it.choices(&Platform::ALL, Platform::name)).unwrap_or_default();
    object.finish();
    platforms
}

fn devices(object: Object<'_>) -> Option<DeviceFilter> {
    const OLD: &str = "it was replaced by deviceFilter";
    object.refuse(&[
        ("includeDevices", OLD),
        ("excludeDevices", OLD),
        ("includeDeviceStates", OLD),
        ("excludeDeviceStates", OLD),
    ]);
    let filter = object.take("deviceFilter").and_then(|it| it.object());
    object.finish();
    let filter = filter?;
    let exclude = filter.need("mode").and_then(|it| it.choice(&[true, false], mode_name));
    let rule = filter.need("rule").and_then(|it| {
        let text = it.text()?;
        Filter::parse(text).map_err(|error| it.flaw(Flaw::Filter(error))).ok()
    });
    filter.finish();
    Some(DeviceFilter { exclude: exclude?, rule: rule? })
}

const fn mode_name(exclude: bool) -> &'static str {
    if exclude { "exclude" } else { "include" }
}

fn locations(object: Object<'_>) -> (Places, Places) {
    let side = |name| {
        let mut places = Places::default();
        let named = object.take(name).map(|it| it.list()).unwrap_or_default();
        for item in &named {
            match item.text() {
                Some("All") => places.all = true,
                Some("AllTrusted") => places.all_trusted = true,
                None => {}
                Some(text) => match text.parse::<LocationId>() {
                    Ok(id) => places.named.push(id),
                    Err(_) => item.unexpected("the id of a named location, All or AllTrusted"),
                },
            }
        }
        places
    };
    let (include, exclude) = (side("includeLocations"), side("excludeLocations"));
    if include.all && (include.all_trusted || !include.named.is_empty()) {
        object.flaw("includeLocations", Flaw::Contradiction("All stands alone"));
    }
    if include == Places::default() {
        object.flaw("includeLocations", Flaw::Missing);
    }
    if exclude.all {
        object.flaw(
            "excludeLocations",
            Flaw::Contradiction("a policy that excludes every place is to be disabled"),
        );
    }
    object.finish();
    (include, exclude)
}

fn flows(object: Object<'_>) -> Option<TransferMethods> {
    let mut flows = TransferMethods::default();
    if let Some(field) = object.take("transferMethods")
        && let Some(text) = field.text()
    {
        for word in text.split(',').map(str::trim) {
            match word {
                "none" => {}
                "deviceCodeFlow" => flows.device_code = true,
                "authenticationTransfer" => flows.authentication_transfer = true,
                _ => field
                    .unexpected("none, or deviceCodeFlow and authenticationTransfer with a comma between"),
            }
        }
    }
    object.finish();
    (flows != TransferMethods::default()).then_some(flows)
}

fn binding(object: Object<'_>) -> SessionBinding {
    let bindings = |name| {
        object.take(name).map(|it: Field<'_>| it.choices(&BINDINGS, Binding::name)).unwrap_or_default()
    };
    let binding = SessionBinding {
        include: bindings("include"),
        exclude: bindings("exclude"),
        exclude_minimum_evidence: object
            .take("excludeMinimumEvidence")
            .and_then(|it| it.choice(&LEVELS, EvidenceLevel::name)),
    };
    if binding == SessionBinding::default() {
        object.flaw("include", Flaw::Missing);
    }
    object.finish();
    binding
}

impl Conditions {
    /// The conditions as Graph shows them.
    pub(super) fn to_graph(&self) -> Value {
        let client_apps: Vec<_> = match self.client_apps.as_slice() {
            [] => vec!["all"],
            some => some.iter().map(|it| it.name()).collect(),
        };
        let mut users = serde_json::Map::new();
        self.include_people.write("include", &mut users);
        self.exclude_people.write("exclude", &mut users);
        json!({
            "users": users,
            "applications": {
                "includeApplications": self.include_apps.to_graph(),
                "excludeApplications": self.exclude_apps.names(),
                "includeUserActions": self.include_apps.actions.iter().map(|it| it.name()).collect::<Vec<_>>(),
                "includeAuthenticationContextClassReferences": [],
                "applicationFilter": null,
            },
            "clientAppTypes": client_apps,
            "platforms": self.platforms.as_ref().map(Platforms::to_graph),
            "devices": self.devices.as_ref().map(|it| json!({
                "deviceFilter": { "mode": mode_name(it.exclude), "rule": it.rule.text() }
            })),
            "locations": self.locations.as_ref().map(|(include, exclude)| json!({
                "includeLocations": include.names(), "excludeLocations": exclude.names()
            })),
            "signInRiskLevels": [],
            "userRiskLevels": [],
            "servicePrincipalRiskLevels": [],
            "insiderRiskLevels": null,
            "clientApplications": null,
            "authenticationFlows": self.flows.map(|it| json!({ "transferMethods": it.name() })),
            "passband_sessionBinding": self.binding.as_ref().map(|it| json!({
                "include": it.include.iter().map(|it| it.name()).collect::<Vec<_>>(),
                "exclude": it.exclude.iter().map(|it| it.name()).collect::<Vec<_>>(),
                "excludeMinimumEvidence": it.exclude_minimum_evidence.map(EvidenceLevel::name),
            })),
        })
    }
}

fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(T::to_string).collect()
}

impl People {
    fn write(&self, side: &str, into: &mut serde_json::Map<String, Value>) {
        let mut users = texts(&self.users);
        if self.all {
            users.insert(0, "All".to_owned());
        }
        let nobody =
            users.is_empty() && self.groups.is_empty() && self.roles.is_empty() && self.guests.is_empty();
        if side == "include" && nobody {
            users.push("None".to_owned());
        }
        let guests = (!self.guests.is_empty()).then(|| {
            let types: Vec<_> = self.guests.iter().map(|it| it.name()).collect();
            json!({
                "guestOrExternalUserTypes": types.join(","),
                "externalTenants": {
                    "@odata.type": "#microsoft.graph.conditionalAccessAllExternalTenants", "membershipKind": "all"
                },
            })
        });
        into.insert(format!("{side}Users"), json!(users));
        into.insert(format!("{side}Groups"), json!(texts(&self.groups)));
        into.insert(format!("{side}Roles"), json!(texts(&self.roles)));
        into.insert(format!("{side}GuestsOrExternalUsers"), json!(guests));
    }
}

impl Applications {
    fn names(&self) -> Vec<String> {
        let all = self.all.then(|| "All".to_owned());
        let suites = self.suites.iter().map(|it| it.name().to_owned());
        all.into_iter().chain(suites).chain(texts(&self.apps)).collect()
    }

    fn to_graph(&self) -> Vec<String> {
        let names = self.names();
        if names.is_empty() && self.actions.is_empty() { vec!["None".to_owned()] } else { names }
    }
}

impl Platforms {
    fn to_graph(&self) -> Value {
        let names = |all: &[Platform]| all.iter().map(|it| it.name()).collect::<Vec<_>>();
        let include = if self.all { vec!["all"] } else { names(&self.include) };
        json!({ "includePlatforms": include, "excludePlatforms": names(&self.exclude) })
    }
}

impl Places {
    fn names(&self) -> Vec<String> {
        let words = [(self.all, "All"), (self.all_trusted, "AllTrusted")];
        let words = words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned());
        words.chain(texts(&self.named)).collect()
    }
}

impl TransferMethods {
    const fn name(self) -> &'static str {
        match (self.device_code, self.authentication_transfer) {
            (true, true) => "deviceCodeFlow,authenticationTransfer",
            (true, false) => "deviceCodeFlow",
            (false, true) => "authenticationTransfer",
            (false, false) => "none",
        }
    }
}
