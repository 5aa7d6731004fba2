//! How an answer goes back to an app: in the address, or in the body of a POST (OAuth 2.0 Form Post Response Mode 1.0).

use super::session::found;
use crate::app::App;
use crate::pages;
use axum::http::StatusCode;
use axum::response::Response;

/// `response_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    /// `query`: a redirect.
    Query,
    /// `form_post`: a page with a form. The code is in no address, so in no history and no log.
    FormPost,
}

impl ResponseMode {
    /// The mode of that name for answers to this address; `query` where none is named. A browser posts a form to web
    /// addresses alone.
    #[must_use]
    pub fn read(name: &str, redirect_uri: &str) -> Option<Self> {
        match name {
            "" | "query" => Some(Self::Query),
            "form_post" if ["https:", "http:"].iter().any(|web| redirect_uri.starts_with(web)) => {
                Some(Self::FormPost)
            }
            _ => None,
        }
    }
}

/// Where an answer goes. The address is a registered one.
#[derive(Clone, Copy, Debug)]
pub struct Back<'a> {
    /// The redirect URI.
    pub redirect_uri: &'a str,
    /// Echoed.
    pub state: &'a str,
    /// How.
    pub mode: ResponseMode,
}

impl Back<'_> {
    /// Sends these members there, `state` as it came, and `iss` (RFC 9207: against mix-up). `name` is the app's.
    #[must_use]
    pub fn send(&self, app: &App, name: &str, members: &[(&str, &str)]) -> Response {
        match self.mode {
            ResponseMode::Query => found(&self.address(app, members)),
            ResponseMode::FormPost => {
                let carry = self.all(app, members).map(|(name, value)| (name.to_owned(), value.to_owned()));
                let page = pages::FormPost {
                    app: name.to_owned(),
                    action: self.redirect_uri.to_owned(),
                    carry: carry.collect(),
                };
                pages::reply(StatusCode::OK, &page, &pages::csp(&[self.redirect_uri]))
            }
        }
    }

    /// The redirect URI with these members, as [`send`](Self::send) has them, in its query.
    #[must_use]
    pub fn address(&self, app: &App, members: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.all(app, members));
        let joint = if self.redirect_uri.contains('?') { '&' } else { '?' };
        format!("{}{joint}{}", self.redirect_uri, query.finish())
    }

    fn all<'b>(
        &'b self,
        app: &'b App,
        members: &'b [(&'b str, &'b str)],
    ) -> impl Iterator<Item = (&'b str, &'b str)> {
        let state = Some(("state", self.state)).filter(|(_, state)| !state.is_empty());
        members.iter().copied().chain(state).chain([("iss", app.issuer())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_posted_to_web_addresses_alone() {
        assert_eq!(ResponseMode::read("", "com.example.app:/cb"), Some(ResponseMode::Query));
        assert_eq!(ResponseMode::read("query", "https://a.example/"), Some(ResponseMode::Query));
        for web in ["https://a.example/", "http://localhost:1", "http://127.0.0.1:1/"] {
            assert_eq!(ResponseMode::read("form_post", web), Some(ResponseMode::FormPost), "{web}");
        }
        assert_eq!(ResponseMode::read("form_post", "com.example.app:/cb"), None);
        for other in ["fragment", "FORM_POST", "form_post ", "query.jwt", "web_message"] {
            assert_eq!(ResponseMode::read(other, "https://a.example/"), None, "{other}");
        }
    }
}
