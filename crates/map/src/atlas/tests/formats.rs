//! Each format of one small question, letter by letter, and what strangers' words may not do in them.

use super::{atlas, date, fact};
use crate::atlas::page::Query;
use crate::atlas::{Atlas, Fact, Platform, render};
use serde_json::json;

fn asked() -> Query {
    Query {
        platforms: vec![Platform::Macos, Platform::Linux],
        subject: Some("token-protection.sign-in-session".to_owned()),
        ..Query::on(date("2026-11-22"))
    }
}

#[test]
fn a_table_for_a_terminal() {
    let expected = "The map on 2026-11-22\n\n\
        SESSION                        macOS                  Linux\n\
        Token protection, native apps  ✓ generally available  ✕ not supported\n";
    assert_eq!(render::table(&Atlas::embedded().view(asked())), expected);
    let nothing = Query { text: "no such words".to_owned(), ..asked() };
    assert!(render::table(&Atlas::embedded().view(nothing)).ends_with("\nNo row answers that.\n"));
}

#[test]
fn markdown_with_its_sources() {
    let expected = "# The map on 2026-11-22\n\n## Session\n\nWhat follows the sign-in, and what is it bound to?\n\n\
        |  | macOS | Linux |\n|---|---|---|\n\
        | Token protection, native apps | ✓ generally available [1] | ✕ not supported [2] |\n\n## Sources\n\n\
        1. Token protection deployment guide - iOS, iPadOS and macOS \
        <https://learn.microsoft.com/entra/identity/conditional-access/deployment-guide-token-protection-apple>\n\
        2. Token protection in Conditional Access \
        <https://learn.microsoft.com/entra/identity/conditional-access/concept-token-protection>\n";
    assert_eq!(render::markdown(&Atlas::embedded().view(asked())), expected);
}

#[test]
fn comma_separated_values() {
    let csv = render::csv(&Atlas::embedded().view(asked()));
    let lines: Vec<_> = csv.split("\r\n").collect();
    assert_eq!(lines.len(), 4, "a head, two facts, an end: {csv}");
    assert!(
        lines[0].starts_with("id,section,platform,subject,title,value,word,standing,statement,conditions,")
    );
    assert!(lines[1].starts_with(
        "sess.macos.token-protection.sign-in-session~3,session,macos,token-protection.sign-in-session,\
         \"Token protection, native apps\",supported,generally available,yes,Generally available for native apps.,"
    ));
}

#[test]
fn json_as_the_files_have_it() {
    let found = render::json(&Atlas::embedded().view(asked()));
    assert_eq!(found["at"], "2026-11-22");
    let facts = found["facts"].as_array().unwrap();
    assert_eq!(facts.len(), 2);
    assert_eq!(facts[0]["id"], "sess.macos.token-protection.sign-in-session~3");
    assert_eq!(facts[0]["since"], "2026-08-20");
    assert_eq!((&facts[0]["word"], &facts[0]["standing"]), (&json!("generally available"), &json!("yes")));
    assert!(facts[0]["source"]["url"].as_str().unwrap().starts_with("https://"));
}

/// A word from outside that reached a fact runs neither in a spreadsheet nor as markup.
#[test]
fn hostile_words_stay_words() {
    let hostile = Fact {
        statement: "=HYPERLINK(\"https://example.com\"),\nsecond",
        value: "a|b",
        known: None,
        note: Some("@SUM(1)"),
        ..fact("sess.linux.token-protection.sign-in-session")
    };
    let map = atlas(vec![hostile]);
    let view = map.view(Query { platforms: vec![Platform::Linux], ..asked() });
    let csv = render::csv(&view);
    assert!(csv.contains(",\"'=HYPERLINK(\"\"https://example.com\"\"),\nsecond\","), "{csv}");
    assert!(csv.ends_with(",'@SUM(1)\r\n"), "{csv}");
    assert!(render::markdown(&view).contains("| · a\\|b [1] |"), "{}", render::markdown(&view));
}

#[test]
fn columns_and_rows_are_those_asked_for() {
    let map = Atlas::embedded();
    let all = map.view(Query::on(date("2026-11-22")));
    assert_eq!((all.columns.len(), all.storeys.len()), (6, 4));
    assert!(all.rows() > 190, "{}", all.rows());
    let changed =
        Query { since: Some(date("2025-06-01")), only_changed: true, ..Query::on(date("2026-11-22")) };
    let changed = map.view(changed);
    assert_eq!(changed.changed(), map.diff(date("2025-06-01"), date("2026-11-22")).len());
    assert!(changed.all_rows().all(|row| row.places.iter().any(|place| place.change.is_some())));
    let missing = map.view(Query { only_missing: true, ..Query::on(date("2026-11-22")) });
    assert!(missing.rows() > 20 && missing.rows() < all.rows());
    let found = map.view(Query { text: "  TOKEN protection ".to_owned(), ..Query::on(date("2026-11-22")) });
    assert!(found.all_rows().any(|row| row.subject.key == "token-protection.web"));
    assert!(found.all_rows().all(|row| row.subject.key != "boot.integrity"));
    // What is said of all platforms is one place across their columns.
    let wide = all.all_rows().find(|row| row.subject.key == "passkey.synced").unwrap();
    assert_eq!(wide.places.iter().map(|place| place.span).collect::<Vec<_>>(), [5, 1]);
}

#[test]
fn the_band_of_a_platform_is_the_best_of_each_floor() {
    let view = Atlas::embedded().view(Query::on(date("2026-11-22")));
    let words =
        |platform| view.chains().into_iter().find(|chain| chain.platform == platform).unwrap().words();
    assert_eq!(
        words(Platform::Windows),
        "Band: platform hardware, device hardware, sign-in proved, session hardware"
    );
    assert_eq!(
        words(Platform::Linux),
        "Band: platform claimed, device claimed, sign-in proved, session claimed"
    );
}
