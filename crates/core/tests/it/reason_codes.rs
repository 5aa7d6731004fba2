//! `docs/reason-codes.md` is generated from the list in the code; this test writes it and so keeps it true.

use passband_core::reason::Reason;
use std::fmt::Write as _;
use std::path::Path;

#[test]
fn reason_codes_are_documented() {
    let mut text = String::from(
        "# Reason codes\n\nGenerated from `crates/core/src/reason.rs`; do not edit. Each answer in the sign-in log \
         carries one of these codes (`passband_reason` in the admin API, the last column of `passband admin signin \
         list`). On the wire many of them look alike, so that an attacker learns nothing from the difference.\n\n\
         | code | what it means | what to do |\n|---|---|---|\n",
    );
    for reason in Reason::ALL {
        writeln!(text, "| `{}` | {} | {} |", reason.code(), reason.meaning(), reason.action()).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reason-codes.md");
    std::fs::write(&path, &text).unwrap();
    let codes: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), codes.len(), "a code is used twice");
}
