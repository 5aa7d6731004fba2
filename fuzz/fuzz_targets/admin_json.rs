//! The admin API: `$filter`, and the JSON bodies of everything that changes something.
//!
//! A `{` begins a body, which is tried as each of them. Any other first byte names a collection; then come a
//! filter and, after a line feed, an object it is applied to.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_fuzz::header_and_payload;
use passband_server::routes::graph::applications::{AddPasswordBody, AppBody, RemovePasswordBody};
use passband_server::routes::graph::devices::DeviceBody;
use passband_server::routes::graph::filter::{Condition, Filter, Literal, MAX_LENGTH, Operator};
use passband_server::routes::graph::methods::TapBody;
use passband_server::routes::graph::resource::RESOURCES;
use passband_server::routes::graph::users::UserBody;
use serde::de::DeserializeOwned;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else { return };
    if first == b'{' {
        body::<UserBody>(data);
        body::<DeviceBody>(data);
        body::<TapBody>(data);
        body::<AppBody>(data);
        body::<AddPasswordBody>(data);
        body::<RemovePasswordBody>(data);
        return;
    }
    let (text, object) = header_and_payload(rest);
    let Ok(text) = std::str::from_utf8(text) else { return };
    filter(text, usize::from(first) % RESOURCES.len(), object);
});

fn filter(text: &str, resource: usize, object: &[u8]) {
    let properties = RESOURCES[resource].properties;
    let read = match Filter::parse(text, properties) {
        Ok(read) => read,
        Err(error) => {
            // The place is one in the text, or just after it.
            assert!((1..=text.chars().count() + 1).contains(&error.at));
            return;
        }
    };
    let printed = read.0.iter().map(print).collect::<Vec<_>>().join(" and ");
    if printed.len() <= MAX_LENGTH {
        assert_eq!(Filter::parse(&printed, properties), Ok(read.clone()), "what is printed is read");
    }
    let Ok(object) = serde_json::from_slice::<Value>(object) else { return };
    let all = read.0.iter().all(|condition| alone(condition, condition.operator).matches(&object));
    assert_eq!(read.matches(&object), all, "conditions must all hold");
    for condition in &read.0 {
        let equal = alone(condition, Operator::Equal).matches(&object);
        assert_ne!(equal, alone(condition, Operator::NotEqual).matches(&object));
        let less = alone(condition, Operator::Less).matches(&object);
        let greater = alone(condition, Operator::Greater).matches(&object);
        assert!(u8::from(equal) + u8::from(less) + u8::from(greater) <= 1);
        assert_eq!(alone(condition, Operator::LessOrEqual).matches(&object), equal || less);
    }
}

fn alone(condition: &Condition, operator: Operator) -> Filter {
    Filter(vec![Condition { operator, ..condition.clone() }])
}

fn print(condition: &Condition) -> String {
    let literal = match &condition.literal {
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Literal::Time(at) => at.rfc3339(),
    };
    let name = condition.property.name;
    let operator = match condition.operator {
        Operator::Equal => "eq",
        Operator::GreaterOrEqual => "ge",
        Operator::Greater => "gt",
        Operator::LessOrEqual => "le",
        Operator::Less => "lt",
        Operator::NotEqual => "ne",
        Operator::StartsWith => return format!("startswith({name},{literal})"),
    };
    format!("{name} {operator} {literal}")
}

/// A body that is taken is taken whole: with one member more it is refused.
fn body<T: DeserializeOwned>(bytes: &[u8]) {
    if serde_json::from_slice::<T>(bytes).is_err() {
        return;
    }
    let mut value: Value = serde_json::from_slice(bytes).expect("it was read");
    value["shoeSize"] = Value::from(42);
    assert!(serde_json::from_value::<T>(value).is_err(), "a member nobody knows was ignored");
}
