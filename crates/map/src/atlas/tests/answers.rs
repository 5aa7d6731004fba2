//! What was true on a day, what changed, what to look at again.

use super::{atlas, date, fact};
use crate::atlas::render;
use crate::atlas::{Atlas, Confidence, Date, Fact, Kind, Platform, Standing};
use proptest::prelude::*;

const PROTECTION: &str = "token-protection.sign-in-session";

#[test]
fn what_was_true_on_a_day() {
    let map = Atlas::embedded();
    let value = |platform, subject, at| map.standing(platform, subject, date(at)).map(|fact| fact.value);
    for platform in [Platform::Macos, Platform::Ios] {
        assert_eq!(value(platform, PROTECTION, "2025-06-01"), Some("not-supported"));
        assert_eq!(value(platform, PROTECTION, "2026-02-23"), Some("not-supported"));
        assert_eq!(value(platform, PROTECTION, "2026-02-24"), Some("preview"));
        assert_eq!(value(platform, PROTECTION, "2026-08-19"), Some("preview"));
        assert_eq!(value(platform, PROTECTION, "2026-08-20"), Some("supported"));
    }
    // What is said of every platform answers for each, but not for Passband.
    assert_eq!(value(Platform::Linux, "passkey.synced", "2025-10-31"), Some("not-supported"));
    assert_eq!(value(Platform::Linux, "passkey.synced", "2025-11"), Some("preview"));
    assert_eq!(value(Platform::Linux, "passkey.synced", "2026-03"), Some("supported"));
    assert_eq!(value(Platform::Passband, "passkey.guests", "2026-03"), Some("not-supported"));
    assert_eq!(value(Platform::Passband, "prt.issued.kinds", "2026-03"), None);
    assert_eq!(value(Platform::Linux, "no.such.subject", "2026-03"), None);
    let linux = map.standing(Platform::Linux, PROTECTION, date("2026-11-22")).unwrap();
    assert_eq!(linux.standing(), Standing::No);
}

#[test]
fn conflicts_are_kept_and_told() {
    let cell = Atlas::embedded().cell(Platform::Macos, "prt.session-key-protection", date("2026-11-22"));
    assert_eq!(cell.fact.unwrap().value, "secure-enclave", "the newer source leads");
    assert_eq!(cell.rivals.iter().map(|fact| fact.value).collect::<Vec<_>>(), ["software"]);
    let cell = Atlas::embedded().cell(Platform::Ios, "prt.session-key-protection", date("2026-11-22"));
    assert_eq!(cell.fact.unwrap().standing(), Standing::Disputed);
    assert_eq!(cell.fact.unwrap().claims, ["not-supported", "secure-enclave"]);
}

/// Read line by line against what is known to have changed since mid-2025.
#[test]
fn what_changed_since_the_middle_of_2025() {
    let map = Atlas::embedded();
    let found = render::diff_text(map, &map.diff(date("2025-06-01"), date("2026-11-22")));
    let golden = include_str!("diff-2025-06-01-2026-11-22.txt");
    assert_eq!(found, golden.trim_end(), "\n{found}");
}

#[test]
fn a_change_is_a_sentence_to_forward() {
    let map = Atlas::embedded();
    let changes = map.diff(date("2025-06-01"), date("2026-11-22"));
    let change = changes.iter().find(|change| {
        change.fact().is_some_and(|fact| fact.platform == Platform::Macos && fact.subject.key == PROTECTION)
    });
    let sentence = map.sentence(change.unwrap());
    assert!(
        sentence.starts_with(
            "macOS: token protection, native apps: not supported -> generally available, 2026-08-20 \
             (preview from 2026-02-24), Token protection deployment guide - iOS, iPadOS and macOS <https://"
        ),
        "{sentence}"
    );
    assert!(map.diff(date("2026-11-22"), date("2026-11-22")).is_empty());
}

#[test]
fn the_check_of_the_build_day_has_a_reason_for_everything() {
    let findings = Atlas::embedded().check(date("2026-11-22"), 365);
    let open: Vec<_> = findings.iter().filter(|finding| finding.acknowledged.is_none()).collect();
    assert!(open.is_empty(), "{open:#?}");
    for kind in ["stale", "contradicting", "low-confidence"] {
        assert!(findings.iter().any(|finding| finding.kind.key() == kind), "{kind}");
    }
    assert!(
        findings
            .iter()
            .any(|f| f.fact.id == "auth.any.passkey.profiles.max" && f.kind == Kind::Contradicting)
    );
    // Six years on nothing was verified lately but what tests prove.
    let later = Atlas::embedded().check(date("2032-11-22"), 365);
    assert!(later.iter().all(|finding| finding.fact.tests.is_empty()));
    assert!(later.len() > 300, "{}", later.len());
}

#[test]
fn what_a_check_finds_and_what_a_reason_does() {
    let on = date("2026-11-22");
    let quiet = Fact {
        last_verified: Some(date("2026-11-01")),
        as_of: Some(date("2026-11-01")),
        acknowledged: None,
        ..fact("sess.linux.prt.renewal")
    };
    assert!(atlas(vec![quiet.clone()]).check(on, 30).is_empty());
    let kinds = |facts: Vec<Fact>| -> Vec<(Kind, bool)> {
        let map = atlas(facts);
        map.check(on, 30).iter().map(|finding| (finding.kind, finding.acknowledged.is_some())).collect()
    };
    let old = Fact { last_verified: Some(date("2026-10-22")), ..quiet.clone() };
    assert_eq!(kinds(vec![old.clone()]), [(Kind::Stale(Some(31)), false)]);
    assert_eq!(
        kinds(vec![Fact { acknowledged: Some("known"), ..old.clone() }]),
        [(Kind::Stale(Some(31)), true)]
    );
    let over = Fact { valid_until: Some(on), ..old.clone() };
    assert!(kinds(vec![over]).is_empty(), "what is over does not age");
    let undated = Fact { last_verified: None, as_of: None, ..quiet.clone() };
    assert_eq!(kinds(vec![undated]), [(Kind::Stale(None), false)]);
    let unsure = Fact { confidence: Confidence::Low, ..quiet.clone() };
    assert_eq!(kinds(vec![unsure]), [(Kind::LowConfidence, false)]);
    let other = Fact { id: "sess.linux.prt.renewal~2", value: "every-2-days", ..quiet.clone() };
    assert_eq!(kinds(vec![quiet.clone(), other.clone()]), [(Kind::Contradicting, false); 2]);
    let accepted = Fact { acknowledged: Some("kept"), ..other };
    assert_eq!(kinds(vec![quiet, accepted]), [(Kind::Contradicting, true); 2]);
}

fn state() -> impl Strategy<Value = (Option<i64>, Option<i64>, usize)> {
    (prop::option::of(18_000_i64..21_000), prop::option::of(1_i64..1_500), 0_usize..3).prop_map(
        |(since, length, value)| (since, length.map(|length| since.unwrap_or(18_000) + length), value),
    )
}

fn facts(states: &[(Option<i64>, Option<i64>, usize)]) -> Vec<Fact> {
    const IDS: [&str; 6] = ["f", "f~2", "f~3", "f~4", "f~5", "f~6"];
    const VALUES: [&str; 3] = ["supported", "preview", "not-supported"];
    let one = |(at, (since, until, value)): (usize, &(Option<i64>, Option<i64>, usize))| Fact {
        id: IDS[at],
        value: VALUES[*value],
        since: since.map(Date::from_unix_days),
        valid_until: until.map(Date::from_unix_days),
        ..fact("sess.macos.token-protection.sign-in-session")
    };
    states.iter().enumerate().map(one).collect()
}

proptest! {
    #[test]
    fn the_latest_state_that_holds_counts(states in prop::collection::vec(state(), 1..6), day in 17_000_i64..23_000) {
        let map = atlas(facts(&states));
        let at = Date::from_unix_days(day);
        let cell = map.cell(Platform::Macos, PROTECTION, at);
        let holds = |(since, until, _): &&(Option<i64>, Option<i64>, usize)| {
            since.is_none_or(|since| since <= day) && until.is_none_or(|until| until > day)
        };
        let latest = states.iter().filter(holds).map(|(since, ..)| *since).max();
        prop_assert_eq!(cell.fact.map(|fact| fact.since.map(Date::unix_days)), latest);
        // Every state is somewhere, and once.
        let told = cell.fact.iter().count() + cell.rivals.len() + cell.earlier.len() + cell.later.len();
        prop_assert_eq!(told, states.len());
        for rival in &cell.rivals {
            prop_assert!(rival.holds(at) && Some(rival.value) != cell.fact.map(|fact| fact.value));
        }
    }

    #[test]
    fn a_diff_tells_exactly_what_differs(
        states in prop::collection::vec(state(), 1..6), one in 17_000_i64..23_000, other in 17_000_i64..23_000,
    ) {
        let map = atlas(facts(&states));
        let (from, to) = (Date::from_unix_days(one), Date::from_unix_days(other));
        let value = |at| map.cell(Platform::Macos, PROTECTION, at).fact.map(|fact| fact.value);
        let changes = map.diff(from, to);
        prop_assert_eq!(changes.len(), usize::from(value(from) != value(to)));
        for change in &changes {
            prop_assert_eq!(change.before.map(|fact| fact.value), value(from));
            prop_assert_eq!(change.after.map(|fact| fact.value), value(to));
            prop_assert!(!map.sentence(change).is_empty());
        }
        let back = map.diff(to, from);
        prop_assert_eq!(back.len(), changes.len());
    }
}
