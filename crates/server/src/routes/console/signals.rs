//! `/admin/signals`: who is told of changes, who may tell us.

use super::answer::{self, Done, Stop};
use super::visit::{Admin, AdminAct, Visitor};
use super::{Query, id, part, show};
use crate::app::App;
use crate::attempt::audit;
use crate::pages::{
    NewCredential, Notice, ReceiverRow, ReceiverState, Secret, Signals, TransmitterRow, When,
};
use crate::routes::ssf::CREDENTIAL;
use crate::signals::{receiver_words, transmitter_words};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::change::Change;
use passband_core::id::StreamId;
use passband_core::manage::Invalid;
use passband_core::manage::app::{new_secret, secret_hash};
use passband_core::manage::signals::{MAX_STREAMS, StreamWish, TransmitterWish, create, register as decide};
use passband_core::signals::receive::Transmitter;
use passband_core::signals::stream::{Fared, Method, Stream, StreamStatus};
use passband_store::StoreError;
use std::sync::Arc;

const PAGE: &str = "/admin/signals";

/// `GET /admin/signals`.
pub async fn get(State(app): State<Arc<App>>, admin: Admin, query: RawQuery) -> Result<Response, Stop> {
    let page = page(&app, &admin, (Query::read(query).done(), None)).await?;
    Ok(show(StatusCode::OK, &page))
}

async fn page(
    app: &App,
    visitor: &Visitor,
    (notice, made): (Option<Notice>, Option<NewCredential>),
) -> Result<Signals, StoreError> {
    let streams = app.store.streams().await?;
    let transmitters = app.store.transmitters().await?;
    Ok(Signals {
        admin: part(app, visitor, notice),
        receivers: streams.into_iter().map(|(stream, fared)| receiver(stream, fared)).collect(),
        transmitters: transmitters.into_iter().map(|it| transmitter(app, it)).collect(),
        made,
    })
}

fn receiver(stream: Stream, fared: Fared) -> ReceiverRow {
    ReceiverRow {
        id: stream.id.to_string(),
        name: stream.name,
        audience: stream.audience,
        push_url: stream.push_url,
        state: match (stream.status, stream.method) {
            (StreamStatus::Disabled, _) => ReceiverState::Disabled,
            (StreamStatus::Paused, _) => ReceiverState::Paused,
            (StreamStatus::Unmade, _) => ReceiverState::Unmade,
            (StreamStatus::Enabled, Method::Poll) => ReceiverState::Poll,
            (StreamStatus::Enabled, Method::Push) => ReceiverState::Push,
        },
        reason: stream.reason,
        waiting: fared.waiting,
        dropped: fared.dropped,
        delivered: fared.delivered.map(When),
        error: fared.error,
    }
}

fn transmitter(app: &App, it: Transmitter) -> TransmitterRow {
    let may =
        [(it.compliance, "lower devices"), (it.may_raise, "raise devices"), (it.sessions, "end sessions")];
    TransmitterRow {
        id: it.id.to_string(),
        endpoint: format!("{}/ssf/receive/{}", app.issuer(), it.id),
        name: it.name,
        issuer: it.issuer,
        may: may.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect(),
        added: When(it.created),
    }
}

async fn refused(app: &App, act: &AdminAct, sentence: String) -> Result<Response, Stop> {
    let page = page(app, act, (Some(Notice::refused(sentence, "not_added")), None)).await?;
    Ok(show(StatusCode::BAD_REQUEST, &page))
}

async fn shown_once(app: &App, act: &AdminAct, name: String, secret: &str) -> Result<Response, Stop> {
    let made = NewCredential {
        name,
        credential: Secret::new(format!("{CREDENTIAL}{secret}")),
        configuration: format!("{}/.well-known/ssf-configuration", app.issuer()),
    };
    let page = page(app, act, (None, Some(made))).await?;
    Ok(show(StatusCode::OK, &page))
}

/// What is wrong, in the words of the form.
fn words(invalid: &Invalid) -> String {
    let field = match invalid.property {
        "audience" => "The audience",
        "displayName" => "The name",
        "issuer" => "The issuer",
        "jwks" => "The key set",
        "mayRaise" => "Raising devices",
        "pushUrl" => "The push address",
        _ => "What it may do",
    };
    format!("{field} {}.", invalid.why)
}

/// `POST /admin/signals/receivers`: lets a receiver in and shows its credential, this once.
pub async fn let_in(State(app): State<Arc<App>>, act: AdminAct) -> Result<Response, Stop> {
    if app.store.streams().await?.len() >= MAX_STREAMS {
        return refused(&app, &act, format!("There are {MAX_STREAMS} receivers, and there cannot be more."))
            .await;
    }
    let url = act.get("pushUrl").trim();
    let wish = StreamWish {
        name: Some(act.get("displayName").trim().to_owned()),
        audience: Some(act.get("audience").trim().to_owned()),
        push_url: Some((!url.is_empty()).then(|| url.to_owned())),
    };
    let (stream, secret) = match create(&wish, app.now(), app.rng()) {
        Ok(made) => made,
        Err(invalid) => return refused(&app, &act, words(&invalid)).await,
    };
    let line = audit(&app, &act.user().upn, "Add receiver of signals", stream.id, receiver_words(&stream));
    app.commit(vec![Change::InsertStream(Box::new(stream.clone())), line]).await?;
    shown_once(&app, &act, stream.name, &secret).await
}

async fn find(app: &App, text: &str) -> Result<Stream, Stop> {
    let id: StreamId = id(app, text)?;
    app.store.stream(id).await?.ok_or_else(|| answer::not_found(app).into())
}

/// `POST /admin/signals/receivers/{id}/renew`: the credential before ends at once.
pub async fn renew(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    act: AdminAct,
) -> Result<Response, Stop> {
    let before = find(&app, &text).await?;
    let secret = new_secret(app.rng());
    let line = audit(&app, &act.user().upn, "Replace credential of receiver", before.id, before.name.clone());
    let after = Stream { secret_hash: secret_hash(&secret), ..before.clone() };
    app.commit(vec![Change::UpdateStream(Box::new(after)), line]).await?;
    shown_once(&app, &act, before.name, &secret).await
}

/// `POST /admin/signals/receivers/{id}/delete`.
pub async fn shut_out(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    act: AdminAct,
) -> Result<Response, Stop> {
    let stream = find(&app, &text).await?;
    let line = audit(&app, &act.user().upn, "Delete receiver of signals", stream.id, stream.name);
    app.commit(vec![Change::DeleteStream(stream.id), line]).await?;
    Ok(Done::ReceiverDeleted.at(PAGE))
}

/// `POST /admin/signals/transmitters`.
pub async fn register(State(app): State<Arc<App>>, act: AdminAct) -> Result<Response, Stop> {
    let is = |name| act.get(name) == "yes";
    let wish = TransmitterWish {
        name: act.get("displayName").trim().to_owned(),
        issuer: act.get("issuer").trim().to_owned(),
        audience: app.issuer().to_owned(),
        keys: act.get("jwks").trim().to_owned(),
        compliance: is("deviceCompliance"),
        sessions: is("sessionRevocation"),
        may_raise: is("mayRaise"),
    };
    let it = match decide(wish, app.now(), app.rng()) {
        Ok(it) => it,
        Err(invalid) => return refused(&app, &act, words(&invalid)).await,
    };
    let line = audit(&app, &act.user().upn, "Add transmitter of signals", it.id, transmitter_words(&it));
    app.commit(vec![Change::InsertTransmitter(Box::new(it)), line]).await?;
    Ok(Done::TransmitterAdded.at(PAGE))
}

/// `POST /admin/signals/transmitters/{id}/delete`.
pub async fn remove(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    act: AdminAct,
) -> Result<Response, Stop> {
    let it = app.store.transmitter(id(&app, &text)?).await?.ok_or_else(|| answer::not_found(&app))?;
    let line = audit(&app, &act.user().upn, "Delete transmitter of signals", it.id, it.name);
    app.commit(vec![Change::DeleteTransmitter(it.id), line]).await?;
    Ok(Done::TransmitterDeleted.at(PAGE))
}
