//! What travels with every page: the content security policy and its companions.

use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The `Content-Security-Policy` of every page (CSP Level 3).
///
/// Nothing is allowed but our own script, style, pictures and same-origin requests, so text that slipped through
/// the templates could still not run or leave. `form_targets` are further origins that a form's answer may
/// redirect to (Chromium applies `form-action` to the redirect as well), such as an app's redirect URI after
/// `POST /tap`. Only scheme and authority of a target are used; what is not an origin is left out.
#[must_use]
pub fn csp(form_targets: &[&str]) -> String {
    let mut policy = String::from(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'; \
         form-action 'self'",
    );
    for origin in form_targets.iter().filter_map(|target| origin(target)) {
        policy.push(' ');
        policy.push_str(origin);
    }
    policy
}

/// Scheme and authority of a URL; the scheme and its colon alone for an app's own scheme (`com.example:/cb`).
///
/// A closed alphabet: a `;`, a space or a quote in a target would otherwise write policy of its own.
fn origin(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once(':')?;
    let mut letters = scheme.bytes();
    let named = letters.next().is_some_and(|b| b.is_ascii_alphabetic())
        && letters.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    let runs = ["javascript", "data", "blob", "vbscript"].iter().any(|s| scheme.eq_ignore_ascii_case(s));
    if !named || runs {
        return None;
    }
    match rest.strip_prefix("//") {
        Some(rest) => {
            let authority = rest.split(['/', '?', '#']).next()?;
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
            let whole = scheme.len() + "://".len() + authority.len();
            (!authority.is_empty() && authority.bytes().all(plain)).then(|| url.get(..whole))?
        }
        None if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") => None,
        None => url.get(..=scheme.len()),
    }
}

/// Sends a page with the headers every page has.
///
/// A page that does not render answers 500 with no detail; the fault goes to the log.
pub fn reply(status: StatusCode, page: &impl Template, csp: &str) -> Response {
    let Ok(policy) = HeaderValue::from_str(csp) else {
        tracing::error!("content security policy is not a header value");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let Some(html) = rendered(page) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    (status, [(header::CONTENT_SECURITY_POLICY, policy)], fixed(), html).into_response()
}

fn rendered(page: &impl Template) -> Option<String> {
    page.render().inspect_err(|error| tracing::error!(%error, "page did not render")).ok()
}

/// Sends a page that is the same for everybody: it may be kept for a while, and asked for again by its tag.
///
/// `known` is the request's `If-None-Match` (RFC 9110 §13.1.2). Nothing of a person may be on such a page.
pub fn reply_public(page: &impl Template, known: Option<&HeaderValue>) -> Response {
    let Some(html) = rendered(page) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let tag = super::asset::etag(html.as_bytes());
    let same = known.is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut answer = if same {
        (StatusCode::NOT_MODIFIED, fixed()).into_response()
    } else {
        ([(header::CONTENT_SECURITY_POLICY, csp(&[]))], fixed(), html).into_response()
    };
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    answer
}

const fn fixed() -> [(HeaderName, HeaderValue); 7] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        // Pages hold names, passes shown once and anti-forgery values.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // For browsers that predate `frame-ancestors`: another site framing the button (clickjacking).
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        // Not `no-referrer`: with it browsers send `Origin: null` on a form post, and the origin check would fail.
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static(
                "publickey-credentials-get=(self), publickey-credentials-create=(self), \
                 clipboard-write=(self), camera=(), geolocation=(), microphone=()",
            ),
        ),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_may_go_to_the_origins_named_and_nowhere_else() {
        let policy = csp(&[
            "https://tasks.example/cb?x=1#f",
            "http://127.0.0.1:4321/callback",
            "com.example.app:/cb",
            "https://user:pw@evil.example/",
            "https://evil.example;script-src *",
            "javascript:alert(1)",
            "https:",
            "'unsafe-inline'",
            "*",
            "",
        ]);
        assert!(
            policy
                .ends_with("form-action 'self' https://tasks.example http://127.0.0.1:4321 com.example.app:"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains("evil"), "{policy}");
        assert!(policy.starts_with("default-src 'none'; "));
    }

    #[test]
    fn a_page_leaves_with_its_headers() {
        let page = crate::pages::SignedOut { app: None, next: None };
        let answer = reply(StatusCode::OK, &page, &csp(&[]));
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(answer.headers().get_all(header::CONTENT_TYPE).iter().count(), 1);
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(answer.headers()[header::REFERRER_POLICY], "same-origin");
        assert_eq!(answer.headers()[header::CONTENT_SECURITY_POLICY], csp(&[]).as_str());
        assert_eq!(reply(StatusCode::OK, &page, "line\nbreak").status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
