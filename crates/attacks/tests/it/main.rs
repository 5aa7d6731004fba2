//! The attacks against a server of ours: one test each, named after the attack. A variant that is refused for another
//! reason than its own fails too: it would hide a check that is gone.

#![allow(clippy::unwrap_used, reason = "the lint spares test functions, but not their helpers")]

mod documents;
mod program;
mod world;

use world::refused;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a01_pass_the_prt() {
    refused("A1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a02_pass_the_session_key() {
    refused("A2").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a03_stolen_cookie() {
    refused("A3").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a04_cookie_without_nonce() {
    refused("A4").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a05_nonce_minted_ahead() {
    refused("A5").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a06_derived_key_again() {
    refused("A6").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a07_kdf_downgrade() {
    refused("A7").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a08_body_substitution() {
    refused("A8").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a09_algorithm_confusion() {
    refused("A9").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a10_prt_without_device() {
    refused("A10").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a11_refresh_token_becomes_prt() {
    refused("A11").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a12_device_code_phishing() {
    refused("A12").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a13_rogue_device() {
    refused("A13").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a14_software_key() {
    refused("A14").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a15_certificate_confusion() {
    refused("A15").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a16_session_key_misdelivered() {
    refused("A16").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a17_cross_binding() {
    refused("A17").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a18_hello_assertion_replay() {
    refused("A18").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a19_hello_key_provisioning() {
    refused("A19").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a20_pass_abuse() {
    refused("A20").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a21_factors_laundered() {
    refused("A21").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a22_code_interception() {
    refused("A22").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a23_redirect_abuse() {
    refused("A23").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a24_headers_from_pages() {
    refused("A24").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a25_padding_oracle() {
    refused("A25").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a26_nonce_flood() {
    refused("A26").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a27_enumeration() {
    refused("A27").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a28_tenant_leakage() {
    refused("A28").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a29_renewal_race() {
    refused("A29").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a30_destructive_errors() {
    refused("A30").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a31_relying_party_confusion() {
    refused("A31").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a32_out_of_the_browser() {
    refused("A32").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_session_key_stolen() {
    refused("S1").await;
}
