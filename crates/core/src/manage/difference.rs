//! What differs between two documents, property by property, for people to read.

use serde_json::Value;

/// Most characters of a value in a line for people; the documents themselves are kept whole.
const MOST_SHOWN: usize = 160;

/// A property that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where: `conditions.users.excludeGroups`.
    pub property: String,
    /// What it was; null if it was not there.
    pub from: Value,
    /// What it is; null if it is not there any more.
    pub to: Value,
}

impl Difference {
    /// What it was and what it is, for people who read no JSON: `nothing -> All, group 1`.
    #[must_use]
    pub fn in_words(&self) -> (String, String) {
        let told = |value: &Value| cut(&words(value));
        (told(&self.from), told(&self.to))
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) if items.is_empty() => "nothing".to_owned(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} -> {}", self.property, short(&self.from), short(&self.to))
    }
}

fn short(value: &Value) -> String {
    cut(&value.to_string())
}

fn cut(text: &str) -> String {
    if text.chars().count() <= MOST_SHOWN {
        return text.to_owned();
    }
    format!("{}…", text.chars().take(MOST_SHOWN).collect::<String>())
}

/// What differs, in the order of the properties' names. Lists are values of their own; times of making and annotations
/// are no properties that somebody set.
#[must_use]
pub fn between(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(String::new(), before, after, &mut found);
    found
}

fn compare(path: String, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    if before == after || says_nothing(before) && says_nothing(after) {
        return;
    }
    let (one, other) = (before.as_object(), after.as_object());
    if (one.is_none() && !before.is_null()) || (other.is_none() && !after.is_null()) {
        found.push(Difference { property: path, from: before.clone(), to: after.clone() });
        return;
    }
    let names = one.into_iter().chain(other).flat_map(|members| members.keys());
    let mut names: Vec<_> = names.filter(|name| !is_bookkeeping(&path, name)).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let at = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let of = |members: Option<&serde_json::Map<String, Value>>| {
            members.and_then(|members| members.get(name)).cloned().unwrap_or_default()
        };
        compare(at, &of(one), &of(other), found);
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(says_nothing),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// What nobody set. An `id` further inside is a choice: the strength that a policy asks for is named by nothing else.
fn is_bookkeeping(path: &str, name: &str) -> bool {
    let is_own = path.is_empty() && matches!(name, "id" | "createdDateTime" | "modifiedDateTime");
    is_own || name.contains("@odata.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_property_that_differs_is_told_with_both_values() {
        let before = json!({
            "@odata.etag": "W/\"1\"", "modifiedDateTime": null, "state": "enabled", "displayName": "Office",
            "conditions": { "users": { "includeUsers": ["All"], "excludeGroups": [] }, "platforms": null },
            "sessionControls": null,
        });
        let after = json!({
            "@odata.etag": "W/\"2\"", "modifiedDateTime": "2026-11-22T12:00:00Z", "state": "disabled",
            "displayName": "Office", "conditions": { "users": { "includeUsers": ["All"], "excludeGroups": ["g"] },
            "platforms": { "includePlatforms": [] } },
            "sessionControls": { "persistentBrowser": { "mode": "never" } },
        });
        let told: Vec<_> = between(&before, &after).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "conditions.users.excludeGroups: [] -> [\"g\"]",
                "sessionControls.persistentBrowser.mode: null -> \"never\"",
                "state: \"enabled\" -> \"disabled\"",
            ]
        );
        assert!(between(&after, &after).is_empty());
        let gone: Vec<_> = between(&before, &Value::Null).iter().map(|it| it.property.clone()).collect();
        assert_eq!(gone, ["conditions.users.includeUsers", "displayName", "state"]);
        let long = Difference { property: "x".to_owned(), from: json!("é".repeat(500)), to: Value::Null };
        assert!(long.to_string().chars().count() < 200);
    }
    #[test]
    fn another_strength_is_a_difference_though_its_id_alone_tells() {
        let asks =
            |id: &str| json!({ "id": "p", "grantControls": { "authenticationStrength": { "id": id } } });
        let found = between(&asks("2"), &asks("4"));
        assert_eq!(found[0].to_string(), r#"grantControls.authenticationStrength.id: "2" -> "4""#);
        assert_eq!(found[0].in_words(), ("2".to_owned(), "4".to_owned()));
        let list = Difference { property: String::new(), from: json!([]), to: json!(["All", true]) };
        assert_eq!(list.in_words(), ("nothing".to_owned(), "All, yes".to_owned()));
    }
}
