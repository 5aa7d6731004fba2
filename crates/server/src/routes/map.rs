//! `/map`: what each platform really supports, for everybody. No sign-in, no database.

use crate::app::App;
use crate::pages::{self, MapPage};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use passband_map::atlas::page::Query;
use passband_map::atlas::{Atlas, Date, Platform, Section};
use std::sync::Arc;

/// The most pairs a query may have: the form sends at most fifteen.
const MOST_PAIRS: usize = 32;
/// The longest text to search for.
const LONGEST_TEXT: usize = 100;

/// The map on a day, today if none is named.
pub async fn get(State(app): State<Arc<App>>, RawQuery(raw): RawQuery, headers: HeaderMap) -> Response {
    match query(raw.as_deref().unwrap_or_default(), app.now().into()) {
        Ok(query) => {
            let page = MapPage { view: Atlas::embedded().view(query) };
            pages::reply_public(&page, headers.get(header::IF_NONE_MATCH))
        }
        Err(problem) => {
            let plain = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (StatusCode::BAD_REQUEST, plain, format!("{problem}\n")).into_response()
        }
    }
}

/// What the form asked for. Empty fields are as good as none; what the map does not know is refused by name.
fn query(raw: &str, today: Date) -> Result<Query, String> {
    let mut query = Query::on(today);
    for (at, (name, value)) in form_urlencoded::parse(raw.as_bytes()).enumerate() {
        if at >= MOST_PAIRS {
            return Err(format!("more than {MOST_PAIRS} fields"));
        }
        let date = || value.parse::<Date>().map_err(|error| format!("{name}: {error}"));
        match name.as_ref() {
            _ if value.is_empty() => {}
            "at" => query.at = date()?,
            "since" => query.since = Some(date()?),
            "platform" => {
                query.platforms.push(value.parse::<Platform>().map_err(|error| format!("platform: {error}"))?)
            }
            "section" => {
                query.sections.push(value.parse::<Section>().map_err(|error| format!("section: {error}"))?)
            }
            "q" => query.text = value.chars().take(LONGEST_TEXT).collect(),
            "changed" => query.only_changed = true,
            "missing" => query.only_missing = true,
            // Links that were passed around carry fields of other programs.
            _ => {}
        }
    }
    Ok(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_read_and_what_is_wrong_is_refused() {
        let today: Date = "2026-11-22".parse().unwrap();
        let asked =
            "at=2025-06-01&since=&platform=macos&platform=ios&section=session&q=token&missing=1&utm=x";
        let asked = query(asked, today).unwrap();
        assert_eq!(asked.at.to_string(), "2025-06-01");
        assert_eq!((asked.since, asked.only_missing, asked.only_changed), (None, true, false));
        assert_eq!(asked.platforms, [Platform::Macos, Platform::Ios]);
        assert_eq!(asked.sections, [Section::Session]);
        assert_eq!(query("", today).unwrap(), Query::on(today));
        for wrong in ["at=yesterday", "since=2026-13-01", "platform=beos", "section=cellar"] {
            assert!(query(wrong, today).is_err(), "{wrong}");
        }
        assert!(query(&"q=x&".repeat(MOST_PAIRS), today).is_ok());
        assert!(query(&"q=x&".repeat(MOST_PAIRS + 1), today).is_err());
        let long = format!("q={}", "ä".repeat(1000));
        assert_eq!(query(&long, today).unwrap().text.chars().count(), LONGEST_TEXT);
    }
}
