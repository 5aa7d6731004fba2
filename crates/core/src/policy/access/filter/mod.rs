//! Filters for devices: rules over what the directory knows of a device (Graph `conditionalAccessFilter.rule`).
//!
//! The language is that of Microsoft's page "Conditional Access: Filter for devices" (2025-04-08), which refers to the
//! rules of dynamic groups for its grammar:
//!
//! ```text
//! rule       = and *( "-or" and )
//! and        = not *( "-and" not )
//! not        = "-not" not / "(" rule ")" / test
//! test       = "device." property operator value
//! operator   = "-eq" / "-ne" / "-startsWith" / "-notStartsWith" / "-endsWith" / "-notEndsWith"
//!            / "-contains" / "-notContains" / "-in" / "-notIn"
//! value      = string / "True" / "False" / "null" / "[" string *( "," string ) "]"
//! ```
//!
//! Words are read in any case, operators with or without their hyphen, strings in double or single quotes with a
//! backtick before a quote that belongs to them. Comparison does not see case. Which operators a property takes is in
//! [`property`].
//!
//! # What is not known
//!
//! Of a device that is not registered every property is null: positive operators do not match, negative ones do. So
//! `device.isCompliant -ne True` finds the unregistered device, and `device.isCompliant -eq False` does not. A policy
//! with `passband_unknownDevice` set to `failClosed` asks in three values instead: such a test is neither true nor
//! false, and the worst case decides. A report on compliance or management that has gone stale counts the same way. A
//! property that is simply not set on a registered device is null under either.

mod parse;
pub mod property;

use super::facts::{DeviceFacts, Fact, Truth};
use super::model::UnknownDevice;
pub use parse::FilterError;
use property::{Property, Seen};

/// Most characters of a rule, as documented.
pub const MAX_RULE: usize = 3072;
/// Most parentheses and negations inside one another.
pub const MAX_DEPTH: usize = 32;

/// How a test compares; whether the opposite is asked for stands beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Equals,
    StartsWith,
    EndsWith,
    Contains,
    In,
}

/// One comparison. Texts are in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Test {
    property: Property,
    compare: Compare,
    negative: bool,
    /// What is compared with; of `-in`, each. None at all stands for `null`.
    values: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Test(Test),
}

/// A rule that was read. It keeps the text it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    text: String,
    root: Node,
}

impl Filter {
    /// Reads a rule.
    ///
    /// # Errors
    ///
    /// [`FilterError`]: where, what stands there, and what was expected.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Ok(Self { text: text.to_owned(), root: parse::rule(text)? })
    }

    /// The rule as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it finds a device.
    #[must_use]
    pub fn finds(&self, device: &Fact<Option<DeviceFacts<'_>>>, unknown: UnknownDevice) -> Truth {
        match device {
            Fact::Unknown => Truth::Unknown,
            Fact::Known(device) => ask(&self.root, device.as_ref(), unknown),
        }
    }
}

fn ask(node: &Node, device: Option<&DeviceFacts<'_>>, unknown: UnknownDevice) -> Truth {
    match node {
        Node::And(all) => all.iter().fold(Truth::Yes, |so_far, node| match so_far {
            Truth::No => Truth::No,
            _ => so_far.and(ask(node, device, unknown)),
        }),
        Node::Or(any) => any.iter().fold(Truth::No, |so_far, node| match so_far {
            Truth::Yes => Truth::Yes,
            _ => so_far.or(ask(node, device, unknown)),
        }),
        Node::Not(inner) => ask(inner, device, unknown).not(),
        Node::Test(test) => test.ask(device, unknown),
    }
}

impl Test {
    fn ask(&self, device: Option<&DeviceFacts<'_>>, unknown: UnknownDevice) -> Truth {
        let seen = device.map_or(Seen::Unknown, |device| self.property.of(device));
        let matches = match seen {
            Seen::Unknown => match unknown {
                UnknownDevice::AsDocumented => self.values.is_empty(),
                UnknownDevice::FailClosed => return Truth::Unknown,
            },
            Seen::Null => self.values.is_empty(),
            Seen::Text(text) => self.holds(text),
            Seen::Id(id) => self.values.iter().any(|value| value.parse().ok() == Some(id)),
            Seen::List(items) => items.iter().any(|item| self.values.iter().any(|value| same(item, value))),
        };
        Truth::of(matches != self.negative)
    }

    fn holds(&self, text: &str) -> bool {
        let compare = match self.compare {
            Compare::Equals | Compare::In => same,
            Compare::StartsWith => |text: &str, value: &str| folded(text, |text| text.starts_with(value)),
            Compare::EndsWith => |text: &str, value: &str| folded(text, |text| text.ends_with(value)),
            Compare::Contains => |text: &str, value: &str| folded(text, |text| text.contains(value)),
        };
        self.values.iter().any(|value| compare(text, value))
    }
}

/// Whether a text is the value, which is in lower case.
fn same(text: &str, value: &str) -> bool {
    text == value || text.eq_ignore_ascii_case(value) || (!text.is_ascii() && text.to_lowercase() == value)
}

fn folded(text: &str, question: impl Fn(&str) -> bool) -> bool {
    question(&text.to_lowercase())
}

#[cfg(test)]
mod tests;
