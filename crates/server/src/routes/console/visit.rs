//! Who stands behind a request to a page of ours, and whether a form may act.
//!
//! Each type here is made by its extractor alone, so a handler that takes one has had its checks made:
//! [`Visitor`] is signed in with a passkey, [`Admin`] administers, [`Act`] is a form that one of our pages made
//! for this session, [`FreshAct`] is such a form by someone who signed in in person just now, [`AdminAsk`] is such a
//! form by someone who administers, and [`AdminAct`] is all of it.

use super::answer::{self, Stop};
use crate::access::{self, Asking, Wants};
use crate::app::App;
use crate::attempt::Attempt;
use crate::cookie;
use crate::extract::{Caller, Form, Params, is_same_origin};
use crate::pages::{Band, Csrf, Viewer};
use crate::routes::console::bands;
use crate::routes::permissions;
use crate::routes::session::{self, see_other};
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use passband_core::audit::SignInKind;
use passband_core::directory::{DeviceStanding, Roles, Session, User};
use passband_core::reason::Reason;
use passband_core::session::enrol;
use passband_core::session::issue;
use passband_core::session::standing::{Live, judge};
use std::sync::Arc;

/// Somebody signed in with a passkey, whose session stands.
#[derive(Clone, Debug)]
pub struct Visitor {
    user: User,
    session: Session,
    device: Option<DeviceStanding>,
    fresh: Result<(), Reason>,
    stepped_up: Result<(), Reason>,
    may_make_codes: Result<(), Reason>,
    page: String,
    seat: Wants,
}

impl Visitor {
    /// Who.
    pub const fn user(&self) -> &User {
        &self.user
    }

    /// Through which session.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// The session's band.
    pub fn band(&self) -> Band {
        bands::session(&self.session, self.device.as_ref().map(|device| device.evidence))
    }

    /// What the head of a page says of them.
    pub fn viewer(&self) -> Viewer {
        Viewer {
            name: self.user.display_name.clone(),
            upn: self.user.upn.clone(),
            is_admin: !self.user.roles.is_empty(),
        }
    }

    /// The anti-forgery value for the forms of a page they are shown.
    pub fn csrf(&self, app: &App) -> Csrf {
        Csrf(cookie::csrf(app, &self.session.id.to_string()))
    }

    /// Whether they signed in in person within ten minutes; if not, the way there.
    fn require_fresh(&self) -> Result<(), Stop> {
        self.fresh.map_err(|_| self.again())
    }

    /// To the page that asks for a passkey, and from there back.
    fn again(&self) -> Stop {
        see_other(&format!("/sign-in?fresh=1&next={}", encode(&self.page))).into()
    }
}

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Stop> {
        let page = page_of(&parts.method, &parts.uri);
        let standing = session::standing(app, &parts.headers).await?;
        let now = app.now();
        let live = standing.as_deref().and_then(|standing| judge(standing, now).ok());
        let Some(live) = live else {
            return Err(see_other(&format!("/sign-in?next={}", encode(&page))).into());
        };
        if live.opens_apps() && !live.is_full() {
            // Came in with a Hello key, which opens apps: these pages take a passkey.
            return Err(see_other(&session::place_of_sign_in(&page)).into());
        }
        if !live.is_full() {
            // Came in with a pass or a recovery code, which is good for one thing only.
            return Err(see_other("/account/passkeys/new").into());
        }
        // Which page it is decides which policies speak about it; an administrator's handler looks at the seat again.
        let is_console = parts.uri.path() == "/admin" || parts.uri.path().starts_with("/admin/");
        let seat = if is_console { Wants::Console } else { Wants::Account };
        permit(parts, app, live, (seat, &page)).await?;
        Ok(Self {
            seat,
            user: live.user().clone(),
            session: live.session().clone(),
            device: live.device().cloned(),
            fresh: issue::fresh(live, now).map(|_| ()),
            stepped_up: enrol::stepped_up(live, now).map(|_| ()),
            may_make_codes: enrol::may_make_codes(live, now).map(|_| ()),
            page,
        })
    }
}

/// Asks the policies whether a person may see this page of ours; if not, the page that says so.
async fn permit(
    parts: &mut Parts,
    app: &Arc<App>,
    live: Live<'_>,
    (seat, page): (Wants, &str),
) -> Result<(), Stop> {
    let Ok(caller) = Caller::from_request_parts(parts, app).await;
    let mut attempt = Attempt::new(SignInKind::Page, caller.clone(), app.now());
    attempt.rests_on(live);
    let asking = Asking::by_cookie(live, &caller, seat, attempt.at());
    let Err(refused) = access::ask(app, &mut attempt, &asking).await? else { return Ok(()) };
    attempt.refuse(app, refused.reason).await;
    Err(if refused.prompt.is_none() {
        access::words::page(app, &refused, None)
    } else if parts.method == Method::GET {
        let notice = Some(access::words::notice(&refused));
        session::sign_in_page(app, &parts.headers, (None, page), (Band::default(), notice))
    } else {
        // The page that asks comes back to its own address, and a form has none.
        see_other(page)
    }
    .into())
}

/// The page a request belongs to: itself, or for a form the page it is on.
fn page_of(method: &Method, uri: &Uri) -> String {
    if method == Method::GET {
        return uri.path_and_query().map_or_else(|| "/account".to_owned(), |it| it.as_str().to_owned());
    }
    let mut parts = uri.path().split('/').skip(1);
    match (parts.next(), parts.next(), parts.next()) {
        (Some("admin"), Some(list @ ("users" | "access")), Some(id)) => format!("/admin/{list}/{id}"),
        (Some("admin"), Some("alarms"), _) => "/admin".to_owned(),
        (Some("admin"), Some(list), _) => format!("/admin/{list}"),
        _ => "/account".to_owned(),
    }
}

fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A visitor whose roles let them do what they ask. [`guard`] alone makes one.
#[derive(Clone, Debug)]
pub struct Admin(Visitor);

impl Admin {
    /// Checks that a visitor may ask this, and has signed in as recently as it takes.
    fn of(visitor: Visitor, app: &App, (method, template, path): (&str, &str, &str)) -> Result<Self, Stop> {
        // Enabled, or the session would not stand.
        let roles = visitor.user.roles;
        if roles.is_empty() || visitor.seat != Wants::Console {
            return Err(answer::forbidden(app).into());
        }
        let Some(row) = permissions::find_act(method, template, path) else {
            if permissions::CONSOLE.iter().any(|row| row.path == template) {
                return Err(StatusCode::METHOD_NOT_ALLOWED.into_response().into());
            }
            if !template.ends_with("{act}") {
                tracing::error!(method, template, "no permission is written down for this page");
            }
            return Err(answer::not_found(app).into());
        };
        if roles.demand(row.permission).is_err() {
            return Err(answer::role_missing(app, row.permission, roles).into());
        }
        if row.step_up {
            visitor.stepped_up.map_err(|_| visitor.again())?;
        }
        Ok(Self(visitor))
    }

    /// What they may administer.
    pub const fn roles(&self) -> Roles {
        self.0.user.roles
    }
}

/// Refuses whoever may not ask this page or form, before any handler runs. What the table of permissions does not
/// know is not there for anybody.
pub async fn guard(
    State(app): State<Arc<App>>,
    matched: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let visitor = match Visitor::from_request_parts(&mut parts, &app).await {
        Ok(visitor) => visitor,
        Err(stop) => return stop.into_response(),
    };
    let template = matched.as_ref().map_or("", MatchedPath::as_str);
    match Admin::of(visitor, &app, (parts.method.as_str(), template, parts.uri.path())) {
        Ok(admin) => {
            parts.extensions.insert(admin);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(stop) => stop.into_response(),
    }
}

impl std::ops::Deref for Admin {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.0
    }
}

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Stop> {
        // A handler outside of the guard's layer lets nobody in.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| answer::forbidden(app).into())
    }
}

/// A form that one of our pages made for this session.
#[derive(Debug)]
pub struct Act {
    visitor: Visitor,
    form: Params,
}

impl Act {
    /// A field of the form, or the empty text.
    pub fn get(&self, name: &str) -> &str {
        self.form.get(name)
    }
}

impl std::ops::Deref for Act {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}

impl FromRequest<Arc<App>> for Act {
    type Rejection = Stop;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Stop> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, app).await?;
        let same_origin = is_same_origin(app, &parts.headers);
        let Form(form) = Form::from_request(Request::from_parts(parts, body), app).await?;
        let form = form.unwrap_or_default();
        // Both: a page of another origin cannot send our origin, and a page of ours made for another session (a
        // person made to act as somebody else) does not have this session's value.
        let ours = cookie::csrf_matches(app, form.get("csrf"), &visitor.session.id.to_string());
        if same_origin && ours { Ok(Self { visitor, form }) } else { Err(answer::forged(app).into()) }
    }
}

/// A form by someone who signed in in person within ten minutes: for what cannot be taken back.
#[derive(Debug)]
pub struct FreshAct(Act);

impl std::ops::Deref for FreshAct {
    type Target = Act;

    fn deref(&self) -> &Act {
        &self.0
    }
}

impl FromRequest<Arc<App>> for FreshAct {
    type Rejection = Stop;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Stop> {
        let act = Act::from_request(request, app).await?;
        act.require_fresh()?;
        Ok(Self(act))
    }
}

/// A form by someone who may make recovery codes.
#[derive(Debug)]
pub struct CodesAct(Act);

impl std::ops::Deref for CodesAct {
    type Target = Act;

    fn deref(&self) -> &Act {
        &self.0
    }
}

impl FromRequest<Arc<App>> for CodesAct {
    type Rejection = Stop;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Stop> {
        let (mut parts, body) = request.into_parts();
        let Ok(caller) = Caller::from_request_parts(&mut parts, app).await;
        let headers = parts.headers.clone();
        let act = Act::from_request(Request::from_parts(parts, body), app).await?;
        act.may_make_codes.map_err(|_| act.again())?;
        // A recovery code is a way in, so making some is registering security information.
        let standing = session::standing(app, &headers).await?;
        let live = standing.as_deref().and_then(|standing| judge(standing, app.now()).ok());
        let Some(live) = live else { return Err(act.again()) };
        let mut attempt = Attempt::new(SignInKind::Page, caller, app.now());
        attempt.rests_on(live);
        if let Err(refused) = access::may_register_info(app, &mut attempt, live).await? {
            attempt.refuse(app, refused.reason).await;
            return Err(access::words::page(app, &refused, None).into());
        }
        Ok(Self(act))
    }
}

/// A form by an administrator that only asks: nothing is changed by it, so no sign-in is too old for it.
#[derive(Debug)]
pub struct AdminAsk {
    admin: Admin,
    form: Params,
}

impl AdminAsk {
    /// Who asks.
    pub const fn admin(&self) -> &Admin {
        &self.admin
    }

    /// A field of the form, or the empty text.
    pub fn get(&self, name: &str) -> &str {
        self.form.get(name)
    }
}

impl std::ops::Deref for AdminAsk {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.admin
    }
}

impl FromRequest<Arc<App>> for AdminAsk {
    type Rejection = Stop;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Stop> {
        let (mut parts, body) = request.into_parts();
        let admin = Admin::from_request_parts(&mut parts, app).await?;
        let Act { form, .. } = Act::from_request(Request::from_parts(parts, body), app).await?;
        Ok(Self { admin, form })
    }
}

/// A form by an administrator who signed in in person within ten minutes. A stolen cookie, or a browser that a
/// PRT signed in, may look but not touch.
#[derive(Debug)]
pub struct AdminAct(AdminAsk);

impl std::ops::Deref for AdminAct {
    type Target = AdminAsk;

    fn deref(&self) -> &AdminAsk {
        &self.0
    }
}

impl FromRequest<Arc<App>> for AdminAct {
    type Rejection = Stop;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Stop> {
        let ask = AdminAsk::from_request(request, app).await?;
        ask.admin().require_fresh()?;
        Ok(Self(ask))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_to_its_page() {
        for (path, page) in [
            ("/account/passkeys/abc/delete", "/account"),
            ("/account/sessions/revoke-all", "/account"),
            ("/admin/users", "/admin/users"),
            ("/admin/users/1234/tap", "/admin/users/1234"),
            ("/admin/devices/1234/disable", "/admin/devices"),
            ("/admin/keys/rotate", "/admin/keys"),
            ("/admin/access/1234/switch", "/admin/access/1234"),
            ("/admin/access/new/save", "/admin/access/new"),
            ("/admin/signals/receivers/1234/delete", "/admin/signals"),
            ("/admin/alarms/1234/breakGlassUsed", "/admin"),
        ] {
            assert_eq!(page_of(&Method::POST, &path.parse().unwrap()), page);
        }
        let read = "/admin/sign-ins?result=refused&after=x".parse().unwrap();
        assert_eq!(page_of(&Method::GET, &read), "/admin/sign-ins?result=refused&after=x");
    }
}
