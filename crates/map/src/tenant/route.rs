//! What a file holds, told by the words of its context or of its path: `users('…')/authentication/fido2Methods`,
//! `Groups/…/Members/…json`, `users_…_fido2Methods.json`.

use super::json::Object;
use crate::model::Edition;
use passband_core::id::UserId;

/// Kinds of resources, and of relations between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Access,
    DeviceOwners,
    Devices,
    DevicesOf,
    GroupMembers,
    Groups,
    Locations,
    ManagedDevices,
    MemberOf,
    MethodConfiguration,
    MethodsPolicy,
    /// Something of Graph's that no plan asks for.
    Other,
    Registrations,
    RoleAssignments,
    RoleMembers,
    Roles,
    Strengths,
    UserMethods,
    Users,
}

impl Kind {
    /// Whether its resources belong to one that the file names.
    pub(crate) const fn is_relation(self) -> bool {
        matches!(
            self,
            Self::DeviceOwners
                | Self::DevicesOf
                | Self::GroupMembers
                | Self::MemberOf
                | Self::RoleMembers
                | Self::UserMethods
        )
    }
}

/// A person as a file names them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Whom {
    Id(UserId),
    /// A `userPrincipalName` in small letters.
    Name(Box<str>),
}

impl Whom {
    pub(crate) fn of(text: &str) -> Option<Self> {
        match text.parse() {
            Ok(id) => Some(Self::Id(id)),
            Err(_) if text.contains('@') => Some(Self::Name(text.to_lowercase().into())),
            Err(_) => None,
        }
    }
}

/// Where the resources of a file belong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) kind: Kind,
    /// The word that told.
    pub(crate) word: String,
    /// Of a relation, whose it is.
    pub(crate) owner: Option<Whom>,
}

/// A word or an id.
enum Token {
    Word(String),
    Owner(Whom),
}

const GUID: usize = 36;
/// Most bytes of a context or a path that are looked at.
const MAX_TEXT: usize = 4096;

impl Route {
    /// By the `@odata.context` or `@odata.nextLink` of a document.
    pub(crate) fn of_url(url: &str) -> Option<Self> {
        let path = match url.split_once("$metadata#") {
            Some((_, fragment)) => fragment,
            None => url.split_once("/v1.0/").or_else(|| url.split_once("/beta/"))?.1.split('?').next()?,
        };
        let plain = without_lists(&path.replace("%40", "@"));
        of_tokens(&tokens(&plain, "/'()$"))
    }

    /// By the path of a file in the export.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        let stem = path.strip_suffix(".json").unwrap_or(path);
        of_tokens(&tokens(stem, "/\\_ "))
    }

    /// By a resource itself.
    pub(crate) fn of_resource(object: &Object<'_>) -> Option<Kind> {
        object.type_name().and_then(|name| of_type(&name)).or_else(|| of_shape(object))
    }
}

/// The edition of Graph in a context or a link.
pub(crate) fn edition(url: &str) -> Edition {
    if url.contains("/v1.0/") {
        Edition::V1
    } else if url.contains("/beta/") {
        Edition::Beta
    } else {
        Edition::Unsaid
    }
}

/// Takes out what is selected and expanded, `(id,displayName,members())`, and leaves ids, `('…')`.
fn without_lists(text: &str) -> String {
    let (mut plain, mut depth) = (String::with_capacity(text.len()), 0_usize);
    let mut characters = text.chars().take(MAX_TEXT).peekable();
    while let Some(c) = characters.next() {
        match c {
            '(' if depth > 0 || characters.peek() != Some(&'\'') => depth += 1,
            ')' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            _ => plain.push(c),
        }
    }
    plain
}

fn tokens(text: &str, separators: &str) -> Vec<Token> {
    let mut found = Vec::new();
    for part in text.split(|c| separators.contains(c)).filter(|it| !it.is_empty()).take(64) {
        // A GUID may stand in the midst of other characters: `users-<id>-fido2Methods`.
        let guid = (0..part.len().saturating_sub(GUID - 1))
            .find_map(|at| Some((at, part.get(at..at + GUID)?.parse::<UserId>().ok()?)));
        match guid {
            Some((at, id)) => {
                words(&part[..at], &mut found);
                found.push(Token::Owner(Whom::Id(id)));
                words(&part[at + GUID..], &mut found);
            }
            None if part.contains('@') => found.extend(Whom::of(part).map(Token::Owner)),
            None => words(part, &mut found),
        }
    }
    found
}

fn words(text: &str, found: &mut Vec<Token>) {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|it| !it.is_empty());
    found.extend(words.map(|it| Token::Word(it.to_ascii_lowercase())));
}

/// The last word that says something decides; the id before it is the owner.
fn of_tokens(tokens: &[Token]) -> Option<Route> {
    let has = |wanted: &str| tokens.iter().any(|it| matches!(it, Token::Word(word) if word == wanted));
    for (at, token) in tokens.iter().enumerate().rev() {
        let Token::Word(word) = token else { continue };
        let kind = match word.as_str() {
            "members" | "transitivemembers" if has("directoryroles") => Kind::RoleMembers,
            "members" | "transitivemembers" => Kind::GroupMembers,
            "memberof" | "transitivememberof" => Kind::MemberOf,
            "registeredowners" | "registeredusers" => Kind::DeviceOwners,
            "owneddevices" | "registereddevices" => Kind::DevicesOf,
            "users" => Kind::Users,
            "groups" => Kind::Groups,
            "devices" => Kind::Devices,
            "manageddevices" => Kind::ManagedDevices,
            "directoryroles" => Kind::Roles,
            "roleassignments" => Kind::RoleAssignments,
            "authenticationmethodspolicy" => Kind::MethodsPolicy,
            "authenticationmethodconfigurations" => Kind::MethodConfiguration,
            "conditionalaccess" | "conditionalaccesspolicies" | "accesspolicies" => Kind::Access,
            "namedlocations" => Kind::Locations,
            "authenticationstrength" | "authenticationstrengths" | "authenticationstrengthpolicies" => {
                Kind::Strengths
            }
            "userregistrationdetails" => Kind::Registrations,
            "owners" | "scopedmembers" | "approleassignments" | "applications" | "serviceprincipals" => {
                Kind::Other
            }
            _ if word.ends_with("methods") => Kind::UserMethods,
            _ => continue,
        };
        let owner = tokens[..at].iter().rev().find_map(|it| match it {
            Token::Owner(owner) => Some(owner.clone()),
            Token::Word(_) => None,
        });
        // Without an owner it is a word like others: a folder may be called `methods`.
        if kind.is_relation() && owner.is_none() {
            continue;
        }
        return Some(Route { kind, word: word.clone(), owner });
    }
    None
}

fn of_type(name: &str) -> Option<Kind> {
    Some(match name {
        "authenticationMethodsPolicy" => Kind::MethodsPolicy,
        "authenticationStrengthPolicy" => Kind::Strengths,
        "conditionalAccessPolicy" => Kind::Access,
        "countryNamedLocation" | "ipNamedLocation" => Kind::Locations,
        "device" => Kind::Devices,
        "directoryRole" => Kind::Roles,
        "group" => Kind::Groups,
        "managedDevice" => Kind::ManagedDevices,
        "unifiedRoleAssignment" => Kind::RoleAssignments,
        "user" => Kind::Users,
        "userRegistrationDetails" => Kind::Registrations,
        _ if name.ends_with("AuthenticationMethodConfiguration") => Kind::MethodConfiguration,
        _ if name.ends_with("AuthenticationMethod") => Kind::UserMethods,
        _ => return None,
    })
}

/// By properties that no other resource has.
fn of_shape(object: &Object<'_>) -> Option<Kind> {
    let has = |name| object.has(name);
    let shapes = [
        (has("conditions") && (has("grantControls") || has("sessionControls")), Kind::Access),
        (has("allowedCombinations"), Kind::Strengths),
        (has("ipRanges") || has("countriesAndRegions"), Kind::Locations),
        (has("authenticationMethodConfigurations"), Kind::MethodsPolicy),
        (has("methodsRegistered"), Kind::Registrations),
        (has("principalId") && has("roleDefinitionId"), Kind::RoleAssignments),
        (has("azureADDeviceId"), Kind::ManagedDevices),
        (has("deviceId") && (has("trustType") || has("operatingSystem")), Kind::Devices),
        (has("roleTemplateId"), Kind::Roles),
        (has("includeTargets") && has("state"), Kind::MethodConfiguration),
        (has("aaGuid"), Kind::UserMethods),
        (has("userPrincipalName") && has("id"), Kind::Users),
        (has("groupTypes") || (has("securityEnabled") && has("mailEnabled")), Kind::Groups),
    ];
    shapes.into_iter().find_map(|(is, kind)| is.then_some(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "00000000-0000-0000-0000-0000000000a1";
    const OTHER: &str = "00000000-0000-0000-0000-0000000000b2";

    fn told(route: Option<Route>) -> Option<(Kind, Option<Whom>)> {
        route.map(|it| (it.kind, it.owner.filter(|_| it.kind.is_relation())))
    }

    #[test]
    fn a_context_tells_what_a_document_is() {
        let ada = || Whom::of(ID);
        for (fragment, kind, owner) in [
            ("users", Kind::Users, None),
            ("users/$entity", Kind::Users, None),
            ("users(id,displayName,memberOf())", Kind::Users, None),
            (&format!("users('{ID}')/authentication/fido2Methods"), Kind::UserMethods, ada()),
            ("users('Ada%40x.example')/authentication/methods", Kind::UserMethods, Whom::of("ada@x.example")),
            (&format!("groups('{ID}')/members"), Kind::GroupMembers, ada()),
            (&format!("directoryRoles('{ID}')/members"), Kind::RoleMembers, ada()),
            ("identity/conditionalAccess/policies", Kind::Access, None),
            ("identity/conditionalAccess/policies(id,conditions)/$entity", Kind::Access, None),
            ("identity/conditionalAccess/namedLocations", Kind::Locations, None),
            ("identity/conditionalAccess/authenticationStrength/policies", Kind::Strengths, None),
            ("policies/authenticationStrengthPolicies", Kind::Strengths, None),
            ("policies/authenticationMethodsPolicy/$entity", Kind::MethodsPolicy, None),
            ("authenticationMethodConfigurations/$entity", Kind::MethodConfiguration, None),
            ("deviceManagement/managedDevices", Kind::ManagedDevices, None),
        ] {
            let url = format!("https://graph.microsoft.com/beta/$metadata#{fragment}");
            assert_eq!(told(Route::of_url(&url)), Some((kind, owner)), "{fragment}");
        }
        let generic = "https://graph.microsoft.com/v1.0/$metadata#directoryObjects";
        assert_eq!(Route::of_url(generic), None);
        let next = format!("https://graph.microsoft.com/v1.0/groups/{ID}/members?$skiptoken=users");
        assert_eq!(told(Route::of_url(&next)), Some((Kind::GroupMembers, ada())));
    }

    #[test]
    fn so_does_the_path_of_a_file() {
        let ada = || Whom::of(ID);
        for (path, kind, owner) in [
            (format!("users/{ID}/authentication/fido2Methods.json"), Kind::UserMethods, ada()),
            (format!("users_{ID}_fido2Methods.json"), Kind::UserMethods, ada()),
            (format!("users-{ID}-fido2Methods.json"), Kind::UserMethods, ada()),
            ("users_ada@x.example_methods.json".to_owned(), Kind::UserMethods, Whom::of("ada@x.example")),
            (format!("Groups/{ID}/Members/{OTHER}/{OTHER}.json"), Kind::GroupMembers, ada()),
            (format!("groups/{ID}/members-2.json"), Kind::GroupMembers, ada()),
            (format!("Groups/{ID}/{ID}.json"), Kind::Groups, None),
            (format!("Groups/{ID}/Owners/{OTHER}/{OTHER}.json"), Kind::Other, None),
            (format!("DirectoryRoles/{ID}/Members/{OTHER}/{OTHER}.json"), Kind::RoleMembers, ada()),
            (format!("Identity/Conditional/AccessPolicies/{ID}/{ID}.json"), Kind::Access, None),
            (
                "Policies/AuthenticationMethodsPolicy/AuthenticationMethodConfigurations/FIDO2.json"
                    .to_owned(),
                Kind::MethodConfiguration,
                None,
            ),
        ] {
            assert_eq!(told(Route::of_path(&path)), Some((kind, owner)), "{path}");
        }
        assert_eq!(Route::of_path("members.json"), None, "of what group?");
        assert_eq!(Route::of_path("notes.json"), None);
    }
}
