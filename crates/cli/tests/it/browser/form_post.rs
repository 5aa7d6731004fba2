//! An app that wants its answer by POST, at a port of its choice: MSAL's interactive sign-in, with a real browser.

use super::world::{Installation, Outcome, Person};
use passband_testkit::browser::{Chromium, VirtualKind};
use std::collections::HashMap;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// The first request that comes, head and body; it is answered with a page.
async fn first_request(listener: TcpListener) -> std::io::Result<String> {
    let (mut stream, _) = listener.accept().await?;
    let mut text = String::new();
    let mut part = [0; 4096];
    loop {
        let count = stream.read(&mut part).await?;
        text.push_str(&String::from_utf8_lossy(&part[..count]));
        let length = text
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
        if count == 0 || body.is_some_and(|body| body >= length.unwrap_or(0)) {
            break;
        }
    }
    let page = "<!doctype html><title>App</title><link rel=icon href=data:,><p>Back at the app";
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: ";
    stream.write_all(format!("{head}{}\r\n\r\n{page}", page.len()).as_bytes()).await?;
    Ok(text)
}

#[tokio::test]
async fn an_answer_by_post_leaves_by_itself_for_any_port_of_localhost() -> Outcome {
    let installation = Installation::start();
    let browser = Chromium::shared()?;
    let rosa = Person::arrive(&browser, VirtualKind::device_bound()).await?;
    rosa.found(&installation).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let redirect = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let mut app = installation.app("Native", &["--public", "--redirect-uri", "http://localhost"]);
    app.redirect = redirect.clone();
    let request = tokio::spawn(first_request(listener));
    let address = app.authorize("&response_mode=form_post");
    let leave = format!("void (location.href = {})", serde_json::to_string(&address).unwrap());
    let back = rosa.page.led_to(&redirect, rosa.page.eval(&leave)).await?;
    rosa.page.until_text("Back at the app").await?;
    assert!(!back.url.contains('?'), "nothing of the answer is in the address: {}", back.url);
    let request = request.await.unwrap().unwrap();
    assert!(request.starts_with("POST / HTTP/1.1\r\n"), "{request}");
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    let members: HashMap<_, _> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    assert_eq!((members["state"].as_str(), &members["iss"]), ("as it was", &installation.url));
    assert!(!members["code"].is_empty());
    rosa.expect_clean(0).await
}
