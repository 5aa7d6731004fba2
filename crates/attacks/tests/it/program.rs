//! The program that a stranger runs: what it prints, and how it ends.

use crate::world::server;
use passband_attacks::target::Backstage as _;
use std::process::Output;

async fn run(arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_passband-attacks"));
    command.args(arguments).env_remove("PASSBAND_ADMIN_TOKEN").output().await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_told_and_ends_with_what_came_of_it() {
    let (stage, address) = server().await;
    let token = stage.admin_token();
    let base = ["--server", &address, "--token", &token, "--flood", "100"];
    let done = run(&[&base[..], &["--only", "A8,a16", "--format", "json"]].concat()).await;
    assert_eq!(done.status.code(), Some(0), "{} {}", text(&done.stdout), text(&done.stderr));
    let told: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(
        (&told["attacks"][0]["id"], &told["attacks"][1]["verdict"]),
        (&"A8".into(), &"refused".into())
    );
    assert!(told["attacks"][0]["variants"].as_array().unwrap().len() > 5);
    // What needs a clock is told, and fails unless it is let pass.
    let only = ["--only", "A5"];
    let untried = run(&[&base[..], &only].concat()).await;
    assert_eq!(untried.status.code(), Some(1));
    assert!(text(&untried.stdout).contains("needs a clock"), "{}", text(&untried.stdout));
    assert_eq!(run(&[&base[..], &only, &["--allow-untried"]].concat()).await.status.code(), Some(0));
}

#[tokio::test]
async fn who_cannot_be_reached_and_what_is_not_understood_are_told_apart() {
    let nowhere = run(&["--server", "http://localhost:1", "--token", "x"]).await;
    assert_eq!(nowhere.status.code(), Some(3));
    assert!(text(&nowhere.stderr).contains("cannot reach"), "{}", text(&nowhere.stderr));
    let (_stage, address) = server().await;
    let stranger = run(&["--server", &address, "--token", "x"]).await;
    assert_eq!(stranger.status.code(), Some(3), "a token that is not good there");
    for bad in [&["--server", "http://localhost:1"][..], &["--server", "x", "--token", "x", "--only", "A99"]]
    {
        assert_eq!(run(bad).await.status.code(), Some(2));
    }
}
