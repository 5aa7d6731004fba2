//! `$filter`: a small, strict part of OData (OData 4.01 URL Conventions §5.1.1).
//!
//! ```text
//! filter     = condition *( " and " condition )
//! condition  = property " " ( "eq" | "ne" | "ge" | "gt" | "le" | "lt" ) " " literal
//!            | "startswith(" property "," text ")"
//! property   = name *( "/" name )        one of the resource's
//! literal    = text | number | "true" | "false" | time
//! text       = "'" *( any character, "'" doubled ) "'"
//! ```
//!
//! Anything else is refused with its place: a filter that were half understood would answer another question.

use super::resource::{Kind, Property};
use passband_core::time::Timestamp;
use serde_json::Value;
use std::cmp::Ordering;

/// Longest filter, bytes.
pub const MAX_LENGTH: usize = 2000;
/// Most conditions.
pub const MAX_CONDITIONS: usize = 10;

/// How a property and a literal are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `eq`
    Equal,
    /// `ge`
    GreaterOrEqual,
    /// `gt`
    Greater,
    /// `le`
    LessOrEqual,
    /// `lt`
    Less,
    /// `ne`
    NotEqual,
    /// `startswith()`
    StartsWith,
}

/// What a property is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text and ids. Compared without regard to case, as Graph does.
    Text(String),
    /// A time.
    Time(Timestamp),
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Its property.
    pub property: &'static Property,
    /// How.
    pub operator: Operator,
    /// With what.
    pub literal: Literal,
}

/// A filter that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("$filter is not understood at character {at}: expected {expected}")]
pub struct FilterError {
    /// Characters before the place, plus one.
    pub at: usize,
    /// What should be there.
    pub expected: String,
}

/// Conditions that must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter(pub Vec<Condition>);

impl Filter {
    /// Reads a filter over these properties.
    ///
    /// # Errors
    ///
    /// [`FilterError`] says where and what was expected.
    pub fn parse(text: &str, properties: &'static [Property]) -> Result<Self, FilterError> {
        let mut reader = Reader { text, at: 0 };
        if text.len() > MAX_LENGTH {
            return Err(reader.expected(format!("a filter of at most {MAX_LENGTH} bytes")));
        }
        let mut conditions = vec![reader.condition(properties)?];
        while !reader.rest().is_empty() {
            reader.word(" and ").ok_or_else(|| reader.expected("` and ` or the end"))?;
            if conditions.len() == MAX_CONDITIONS {
                return Err(reader.expected(format!("at most {MAX_CONDITIONS} conditions")));
            }
            conditions.push(reader.condition(properties)?);
        }
        Ok(Self(conditions))
    }

    /// Whether an object of the resource meets every condition.
    pub fn matches(&self, object: &Value) -> bool {
        self.0.iter().all(|condition| condition.matches(object))
    }

    /// The text that `name` must equal, if a condition says so.
    pub fn equal_text(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|condition| match (&condition.literal, condition.operator) {
            (Literal::Text(text), Operator::Equal) if condition.property.name == name => Some(text.as_str()),
            _ => None,
        })
    }
}

impl Condition {
    fn matches(&self, object: &Value) -> bool {
        let found = object.pointer(&format!("/{}", self.property.name)).unwrap_or(&Value::Null);
        if self.operator == Operator::StartsWith {
            return match (found, &self.literal) {
                (Value::String(text), Literal::Text(prefix)) => {
                    text.to_lowercase().starts_with(&prefix.to_lowercase())
                }
                _ => false,
            };
        }
        let order = match (found, &self.literal) {
            (Value::Bool(a), Literal::Bool(b)) => Some(a.cmp(b)),
            (Value::Number(a), Literal::Int(b)) => a.as_i64().map(|a| a.cmp(b)),
            (Value::String(a), Literal::Text(b)) => Some(a.to_lowercase().cmp(&b.to_lowercase())),
            (Value::String(a), Literal::Time(b)) => Timestamp::from_rfc3339(a).map(|a| a.cmp(b)),
            _ => None,
        };
        // OData 4.01 Part 2 §5.1.1.1: nothing is neither equal to a value nor before or after it.
        match self.operator {
            Operator::Equal => order == Some(Ordering::Equal),
            Operator::NotEqual => order != Some(Ordering::Equal),
            Operator::Greater => order == Some(Ordering::Greater),
            Operator::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
            Operator::Less => order == Some(Ordering::Less),
            Operator::LessOrEqual => order.is_some_and(Ordering::is_le),
            Operator::StartsWith => false,
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    /// Byte offset, always on a character.
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn expected(&self, what: impl Into<String>) -> FilterError {
        let before = self.text.get(..self.at).map_or(0, |text| text.chars().count());
        FilterError { at: before + 1, expected: what.into() }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let found = self.rest().starts_with(word);
        self.at += if found { word.len() } else { 0 };
        found.then_some(())
    }

    /// The characters for which `is` holds.
    fn run(&mut self, is: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let run = &rest[..rest.find(|c| !is(c)).unwrap_or(rest.len())];
        self.at += run.len();
        run
    }

    fn condition(&mut self, properties: &'static [Property]) -> Result<Condition, FilterError> {
        if self.word("startswith(").is_some() || self.word("startsWith(").is_some() {
            let property = self.property(properties, |p| p.kind == Kind::Text)?;
            self.word(",").ok_or_else(|| self.expected("`,`"))?;
            let _ = self.word(" ");
            let literal = Literal::Text(self.quoted()?);
            self.word(")").ok_or_else(|| self.expected("`)`"))?;
            return Ok(Condition { property, operator: Operator::StartsWith, literal });
        }
        let property = self.property(properties, |p| p.kind.is_comparable())?;
        self.word(" ").ok_or_else(|| self.expected("a space"))?;
        let operator = self.operator(property.kind)?;
        self.word(" ").ok_or_else(|| self.expected("a space"))?;
        let literal = self.literal(property.kind)?;
        Ok(Condition { property, operator, literal })
    }

    fn property(
        &mut self,
        properties: &'static [Property],
        fits: impl Fn(&Property) -> bool,
    ) -> Result<&'static Property, FilterError> {
        let start = self.at;
        let name = self.run(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '/'));
        properties.iter().find(|p| p.filterable && p.name == name && fits(p)).ok_or_else(|| {
            let names: Vec<_> =
                properties.iter().filter(|p| p.filterable && fits(p)).map(|p| p.name).collect();
            self.at = start;
            if names.is_empty() {
                return self.expected("no filter here: this collection has none");
            }
            self.expected(format!("one of {}", names.join(", ")))
        })
    }

    fn operator(&mut self, kind: Kind) -> Result<Operator, FilterError> {
        let start = self.at;
        let ordered = matches!(kind, Kind::Int | Kind::Time);
        let found = match self.run(|c| c.is_ascii_lowercase()) {
            "eq" => Some(Operator::Equal),
            "ne" => Some(Operator::NotEqual),
            "ge" if ordered => Some(Operator::GreaterOrEqual),
            "gt" if ordered => Some(Operator::Greater),
            "le" if ordered => Some(Operator::LessOrEqual),
            "lt" if ordered => Some(Operator::Less),
            _ => None,
        };
        found.ok_or_else(|| {
            self.at = start;
            self.expected(if ordered { "eq, ne, ge, gt, le or lt" } else { "eq or ne" })
        })
    }

    fn literal(&mut self, kind: Kind) -> Result<Literal, FilterError> {
        if matches!(kind, Kind::Text | Kind::Guid) {
            // Graph clients write ids with quotes and without.
            if kind == Kind::Guid && !self.rest().starts_with('\'') {
                let start = self.at;
                let id = self.run(|c| c.is_ascii_hexdigit() || c == '-');
                if id.len() != 36 {
                    self.at = start;
                    return Err(self.expected("an id"));
                }
                return Ok(Literal::Text(id.to_owned()));
            }
            return self.quoted().map(Literal::Text);
        }
        let start = self.at;
        let word = self.run(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.'));
        let (read, expected) = match kind {
            Kind::Bool => (word.parse().ok().map(Literal::Bool), "true or false"),
            Kind::Int => (word.parse().ok().map(Literal::Int), "a whole number"),
            _ => (
                Timestamp::from_rfc3339(word).map(Literal::Time),
                "a time such as 2026-12-01T08:00:00Z, without quotes",
            ),
        };
        read.ok_or_else(|| {
            self.at = start;
            self.expected(expected)
        })
    }

    fn quoted(&mut self) -> Result<String, FilterError> {
        self.word("'").ok_or_else(|| self.expected("a text in single quotes"))?;
        let mut text = String::new();
        loop {
            text.push_str(self.run(|c| c != '\''));
            self.word("'").ok_or_else(|| self.expected("a closing single quote"))?;
            // A doubled quote is one of the text's own.
            if self.word("'").is_none() {
                return Ok(text);
            }
            text.push('\'');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::resource::{SIGN_IN, USER};
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn holds(filter: &str, object: &Value) -> bool {
        Filter::parse(filter, USER.properties).unwrap().matches(object)
    }

    #[test]
    fn conditions_hold_or_do_not() {
        let ada = json!({
            "id": "0b7e…", "userPrincipalName": "ada@example.org", "displayName": "Ada O'Hara",
            "accountEnabled": true, "createdDateTime": "2026-11-22T12:00:00Z",
        });
        for yes in [
            "userPrincipalName eq 'ADA@example.org'",
            "displayName eq 'Ada O''Hara'",
            "accountEnabled eq true and startswith(displayName,'ada')",
            "startsWith(displayName, 'Ada O''')",
            "createdDateTime ge 2026-11-22T12:00:00Z and createdDateTime le 2026-11-22T12:00:00.000Z",
            "createdDateTime gt 2026-11-22T11:59:59Z and createdDateTime lt 2026-11-22T12:00:01Z",
            "accountEnabled ne false",
            "passband_isAdministrator ne true",
        ] {
            assert!(holds(yes, &ada), "{yes}");
        }
        for no in [
            "userPrincipalName eq 'ada'",
            "accountEnabled eq false",
            "createdDateTime lt 2026-11-22T12:00:00Z",
            "passband_isAdministrator eq false",
            "startswith(displayName,'hara')",
        ] {
            assert!(!holds(no, &ada), "{no}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_place() {
        for (bad, at) in [
            ("", 1),
            ("shoeSize eq 4", 1),
            ("displayName", 12),
            ("displayName like 'x'", 13),
            ("displayName ge 'x'", 13),
            ("displayName eq x", 16),
            ("displayName eq 'x", 18),
            ("displayName eq 'é' or accountEnabled eq true", 19),
            ("displayName eq 'x' and ", 24),
            ("not (displayName eq 'x')", 1),
            ("accountEnabled eq 'true'", 19),
            ("accountEnabled eq null", 19),
            ("createdDateTime ge 2026", 20),
            ("createdDateTime ge '2026-11-22T12:00:00Z'", 20),
            ("startswith(accountEnabled,'x')", 12),
            ("startswith(displayName,'x'", 27),
            ("id eq 12", 7),
            ("displayName  eq 'x'", 13),
        ] {
            assert_eq!(Filter::parse(bad, USER.properties).unwrap_err().at, at, "{bad}");
        }
        let long = format!("displayName eq '{}'", "x".repeat(MAX_LENGTH));
        Filter::parse(&long, USER.properties).unwrap_err();
        let many = ["accountEnabled eq true"; 11].join(" and ");
        Filter::parse(&many, USER.properties).unwrap_err();
    }

    #[test]
    fn nested_properties_are_found() {
        let line = json!({ "status": { "errorCode": 50057 }, "deviceDetail": { "deviceId": null } });
        let holds = |text| Filter::parse(text, SIGN_IN.properties).unwrap().matches(&line);
        assert!(holds("status/errorCode ne 0 and status/errorCode eq 50057"));
        assert!(!holds("deviceDetail/deviceId eq 29d9ed98-a469-4536-ade2-f981bc1d605e"));
        assert!(holds("deviceDetail/deviceId ne '29d9ed98-a469-4536-ade2-f981bc1d605e'"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}") {
            let _ = Filter::parse(&text, USER.properties);
        }

        #[test]
        fn nor_does_what_is_almost_a_filter(
            text in "(startswith\\()?(displayName|createdDateTime|id)[ ,]{0,2}(eq|ge|and)?[ ']{0,2}[é'0-9TZ:-]{0,24}[')]{0,2}( and )?"
        ) {
            let _ = Filter::parse(&text, USER.properties);
        }

        #[test]
        fn every_text_can_be_asked_for(text in "\\PC{0,40}") {
            let filter = format!("displayName eq '{}'", text.replace('\'', "''"));
            let filter = Filter::parse(&filter, USER.properties).unwrap();
            prop_assert_eq!(filter.equal_text("displayName"), Some(text.as_str()));
            let object = json!({ "displayName": text });
            prop_assert!(filter.matches(&object));
        }
    }
}
