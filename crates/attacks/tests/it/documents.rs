//! The table, the tests and the page say the same.

use passband_attacks::{ATTACKS, report};
use std::path::Path;

#[test]
fn the_page_of_attacks_is_what_the_table_makes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/attacks.md");
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page == report::docs(), "cargo run -p passband-attacks -- --docs > docs/attacks.md");
}

#[test]
fn each_attack_has_the_test_that_it_names() {
    let source = include_str!("main.rs");
    for attack in ATTACKS {
        let expected = format!("async fn {}() {{\n    refused(\"{}\").await;", attack.test, attack.id);
        assert!(source.contains(&expected), "{expected}");
    }
    let numbers: Vec<_> = ATTACKS.iter().map(|attack| attack.id.to_owned()).collect();
    let wanted: Vec<_> = (1..=32).map(|n| format!("A{n}")).chain(["S1".to_owned()]).collect();
    assert_eq!(numbers, wanted);
}
