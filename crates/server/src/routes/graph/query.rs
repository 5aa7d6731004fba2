//! Query options and pages (OData 4.01 Part 1 §11.2): `$top`, `$skiptoken`, `$select`, `$filter`; nothing else.

use super::error::GraphError;
use super::filter::Filter;
use super::resource::{self, Resource, top_level};
use crate::app::App;
use crate::extract::Params;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use passband_core::id::{GroupId, UserId};
use passband_store::{Listed, MAX_TOP, Page, SignInFilter, StoreError};
use serde_json::{Map, Value, json};
use std::convert::Infallible;
use std::sync::Arc;

/// Rows in a page when none is asked for.
const DEFAULT_TOP: u32 = 100;

/// How many full pages of the store one request looks through for what a filter wants. What is not found by then
/// may be on the next page: the answer links there.
const MAX_SCANS: usize = 8;

/// Where a request came in, and its query as it was sent.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `v1.0` or `beta`.
    version: &'static str,
    /// The path after the version, without a slash in front.
    path: String,
    query: String,
}

impl FromRequestParts<Arc<App>> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Infallible> {
        let uri = &parts.uri;
        let (version, path) = match uri.path().strip_prefix("/beta/") {
            Some(path) => ("beta", path),
            None => ("v1.0", uri.path().strip_prefix("/v1.0/").unwrap_or_default()),
        };
        Ok(Self { version, path: path.to_owned(), query: uri.query().unwrap_or_default().to_owned() })
    }
}

impl Asked {
    /// Whether it came in under `/beta`.
    pub fn is_beta(&self) -> bool {
        self.version == "beta"
    }

    /// The address it came in at.
    pub fn here(&self, app: &App) -> String {
        self.link(app, &self.path)
    }

    /// The absolute address of something under the same version.
    pub fn link(&self, app: &App, path: &str) -> String {
        format!("{}/{}/{path}", app.config.public_url, self.version)
    }

    /// `@odata.context` of something at `path`.
    pub fn context(&self, app: &App, path: &str) -> String {
        self.link(app, &format!("$metadata#{path}"))
    }

    /// An object as an answer: what `$select` asks for, and its context. No other option means anything here.
    ///
    /// # Errors
    ///
    /// [`GraphError`] for an option that is unknown or not for one object.
    pub fn object(&self, app: &App, resource: &Resource, object: Value) -> Result<Value, GraphError> {
        let options = Options::parse(&self.query, &["$select"])?;
        let select = options.select(resource)?;
        let context = self.context(app, &format!("{}/$entity", resource.name));
        let mut answer = Map::new();
        answer.insert("@odata.context".to_owned(), context.into());
        answer.extend(selected(object, select.as_deref()));
        Ok(Value::Object(answer))
    }

    /// Whether a change is only to be rehearsed (`passband_dryRun=true`), and whether it is to be made even if no
    /// administrator could sign in then (`passband_force=true`).
    ///
    /// # Errors
    ///
    /// [`GraphError`] naming another option, or a value that is neither `true` nor `false`.
    pub fn dry_run_and_force(&self) -> Result<(bool, bool), GraphError> {
        const NAMES: [&str; 2] = ["passband_dryRun", "passband_force"];
        let options = Options::parse(&self.query, &NAMES)?;
        Ok((options.is_set(NAMES[0])?, options.is_set(NAMES[1])?))
    }

    /// Refuses every query option, for what has none.
    ///
    /// # Errors
    ///
    /// [`GraphError`] naming the option.
    pub fn no_options(&self) -> Result<(), GraphError> {
        Options::parse(&self.query, &[]).map(drop)
    }

    /// One option that is `true` or `false`, or not there: no other is known.
    ///
    /// # Errors
    ///
    /// [`GraphError`] naming what is wrong.
    pub fn flag(&self, name: &'static str) -> Result<bool, GraphError> {
        Options::parse(&self.query, &[name])?.is_set(name)
    }

    /// One option that is a whole number, or not there: no other is known.
    ///
    /// # Errors
    ///
    /// [`GraphError`] naming what is wrong.
    pub fn number(&self, name: &'static str) -> Result<Option<i64>, GraphError> {
        let options = Options::parse(&self.query, &[name])?;
        let parsed = options.get(name).map(str::parse::<i64>).transpose();
        parsed.map_err(|_| GraphError::query(format!("{name} must be a whole number.")))
    }

    /// Reads the options of a collection.
    ///
    /// # Errors
    ///
    /// [`GraphError`] for one that cannot be used.
    pub fn collection(&self, resource: &'static Resource) -> Result<Wanted<'_>, GraphError> {
        self.collection_with(resource, &[])
    }

    /// Reads the options of a collection that has some of its own.
    ///
    /// # Errors
    ///
    /// [`GraphError`] for one that cannot be used.
    pub fn collection_with(
        &self,
        resource: &'static Resource,
        own: &[&str],
    ) -> Result<Wanted<'_>, GraphError> {
        let known = [&["$top", "$skiptoken", "$select", "$filter"], own].concat();
        let options = Options::parse(&self.query, &known)?;
        let filter = match options.get("$filter") {
            None => Filter::default(),
            Some(text) => Filter::parse(text, resource.properties)
                .map_err(|error| GraphError::query(format!("{error}.")))?,
        };
        let page = Page { after: options.get("$skiptoken").map(str::to_owned), top: options.top()? };
        Ok(Wanted { asked: self, select: options.select(resource)?, filter, page, options })
    }
}

/// The options of one request.
#[derive(Debug)]
struct Options(Params);

impl Options {
    fn parse(query: &str, known: &[&str]) -> Result<Self, GraphError> {
        let params = Params::parse(query.as_bytes())
            .map_err(|_| GraphError::query("The query is too long, or names an option twice."))?;
        // An option that were ignored, `filter` without its `$` say, would make the answer look filtered.
        let strange = params.names().find(|name| !known.contains(name)).map(str::to_owned);
        match strange {
            None => Ok(Self(params)),
            Some(name) if known.is_empty() => Err(GraphError::query(format!(
                "The query option `{name}` is not known; this address has none."
            ))),
            Some(name) => Err(GraphError::query(format!(
                "The query option `{name}` is not known; this address has {}.",
                known.join(", ")
            ))),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.has(name).then(|| self.0.get(name))
    }

    fn is_set(&self, name: &str) -> Result<bool, GraphError> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(GraphError::query(format!("{name} must be true or false."))),
        }
    }

    fn top(&self) -> Result<u32, GraphError> {
        let Some(text) = self.get("$top") else { return Ok(DEFAULT_TOP) };
        let plain = text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
        let top = text.parse().ok().filter(|top| plain && (1..=MAX_TOP).contains(top));
        top.ok_or_else(|| GraphError::query(format!("$top must be a whole number from 1 to {MAX_TOP}.")))
    }

    fn select(&self, resource: &Resource) -> Result<Option<Vec<String>>, GraphError> {
        let Some(text) = self.get("$select") else { return Ok(None) };
        let known: Vec<_> = resource.properties.iter().map(top_level).collect();
        let names: Vec<_> = text.split(',').map(|name| name.trim().to_owned()).collect();
        match names.iter().find(|name| !known.contains(&name.as_str())) {
            None => Ok(Some(names)),
            Some(name) => Err(GraphError::query(format!(
                "$select names `{name}`, which {} does not have.",
                resource.name
            ))),
        }
    }
}

fn selected(object: Value, select: Option<&[String]>) -> Map<String, Value> {
    let Value::Object(mut members) = object else { return Map::new() };
    if let Some(select) = select {
        members.retain(|name, _| select.iter().any(|wanted| wanted == name));
    }
    members
}

/// A list of the store.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// Applications.
    Applications,
    /// Lines of the directory audit log.
    Audits,
    /// Devices, all or of one person.
    Devices(Option<UserId>),
    /// Groups whose name begins so.
    Groups(&'a str),
    /// People in a group.
    Members(GroupId),
    /// Lines of the sign-in log.
    SignIns(SignInFilter),
    /// People, whose UPN or name begins so.
    Users(&'a str),
}

impl Source<'_> {
    async fn load(&self, app: &App, page: &Page) -> Result<Listed<Value>, StoreError> {
        let (store, now) = (&app.store, app.now());
        Ok(match self {
            Self::Applications => shown(store.apps(page).await?, resource::application),
            Self::Audits => shown(store.audits(page).await?, resource::audit),
            Self::Devices(owner) => {
                shown(store.devices(page, *owner).await?, |device| resource::device(device, now))
            }
            Self::Groups(prefix) => shown(store.groups(prefix, page).await?, super::resource_policy::group),
            Self::Members(group) => shown(store.members(*group, page).await?, super::groups::member),
            Self::SignIns(filter) => shown(store.sign_ins(filter, page).await?, resource::sign_in),
            Self::Users(prefix) => shown(store.users(prefix, page).await?, resource::user),
        })
    }
}

fn shown<T>(listed: Listed<T>, show: impl Fn(&T) -> Value) -> Listed<Value> {
    Listed { items: listed.items.iter().map(show).collect(), next: listed.next }
}

/// What of a collection is wanted.
#[derive(Debug)]
pub struct Wanted<'a> {
    asked: &'a Asked,
    select: Option<Vec<String>>,
    /// Conditions every object must meet.
    pub filter: Filter,
    /// The page.
    pub page: Page,
    options: Options,
}

impl Wanted<'_> {
    /// An option of this collection's own, if it was sent.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name)
    }

    /// A page of the objects the filter wants, from a store that lists them all.
    ///
    /// # Errors
    ///
    /// [`StoreError`] of the store.
    pub async fn scan(&self, app: &App, source: &Source<'_>) -> Result<Listed<Value>, StoreError> {
        if self.filter.0.is_empty() {
            return source.load(app, &self.page).await;
        }
        let mut found = Vec::new();
        let mut page = Page { after: self.page.after.clone(), top: MAX_TOP };
        for _ in 0..MAX_SCANS {
            let listed = source.load(app, &page).await?;
            for (place, object) in listed.items.into_iter().enumerate() {
                if self.filter.matches(&object) {
                    found.push(object);
                }
                if found.len() >= self.page.top as usize {
                    // The cursor after this row is that of a page which ends with it.
                    let top = u32::try_from(place).unwrap_or(MAX_TOP) + 1;
                    let next = source.load(app, &Page { after: page.after, top }).await?.next;
                    return Ok(Listed { items: found, next });
                }
            }
            page.after = listed.next;
            if page.after.is_none() {
                break;
            }
        }
        Ok(Listed { items: found, next: page.after })
    }

    /// A page of objects that are all at hand. Its cursor counts them.
    ///
    /// # Errors
    ///
    /// [`StoreError::Cursor`].
    pub fn slice(&self, objects: Vec<Value>) -> Result<Listed<Value>, StoreError> {
        let after = self.page.after.as_deref().map_or(Ok(0), str::parse::<usize>);
        let after = after.map_err(|_| StoreError::Cursor)?;
        let mut rest = objects.into_iter().skip(after).filter(|object| self.filter.matches(object));
        let items: Vec<_> = rest.by_ref().take(self.page.top as usize).collect();
        let next = rest.next().map(|_| (after + items.len()).to_string());
        Ok(Listed { items, next })
    }

    /// The answer: an OData collection.
    pub fn answer(&self, app: &App, listed: Listed<Value>) -> Value {
        let value: Vec<_> =
            listed.items.into_iter().map(|object| selected(object, self.select.as_deref())).collect();
        let mut answer =
            json!({ "@odata.context": self.asked.context(app, &self.asked.path), "value": value });
        if let Some(next) = listed.next {
            let query = self.options.0.with("$skiptoken", &next);
            answer["@odata.nextLink"] = format!("{}?{query}", self.asked.link(app, &self.asked.path)).into();
        }
        answer
    }
}
