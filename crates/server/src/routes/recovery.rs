//! Recovery codes and what a person has to be told, both on `/account`.

use super::console::answer::{self, Done, Stop};
use super::console::visit::{Act, CodesAct};
use super::session::{local, see_other};
use crate::app::App;
use crate::attempt::audit;
use crate::pages::{self, AccountAlarm, CodesLeft, Secret, When};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use passband_core::authn::recovery;
use passband_core::change::Change;
use passband_core::directory::{Alarm, AlarmKind, Passkey, RecoveryCode};
use passband_core::id::UserId;
use passband_core::manage::alarm::may_acknowledge;
use passband_store::StoreError;
use std::sync::Arc;

/// What a person is told on their page.
#[derive(Debug)]
pub struct Told {
    alarms: Vec<Alarm>,
    codes: Vec<RecoveryCode>,
}

impl Told {
    /// Loads it.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn load(app: &App, user: UserId) -> Result<Self, StoreError> {
        let mut alarms = app.store.alarms_of(user).await?;
        alarms.retain(|alarm| !alarm.kind.is_for_administrators());
        Ok(Self { alarms, codes: app.store.recovery_codes_of(user).await? })
    }

    /// As rows. `(used, have)`: the passkey that the viewer's session began with, and all of theirs.
    pub fn alarms(&self, (used, have): (Option<&[u8]>, &[Passkey])) -> Vec<AccountAlarm> {
        let row = |alarm: &Alarm| AccountAlarm {
            kind: alarm.kind.name(),
            what: match alarm.kind {
                AlarmKind::TemporaryAccessPassUsed => {
                    "Somebody signed in to your account with a Temporary Access Pass"
                }
                _ => "A recovery code of yours was used",
            },
            last: When(alarm.last),
            count: alarm.count,
            detail: alarm.detail.clone(),
            is_for_viewer: may_acknowledge(alarm, used, have),
        };
        self.alarms.iter().map(row).collect()
    }

    /// As a number.
    pub fn codes(&self) -> CodesLeft {
        let made = self.codes.first().map(|code| When(code.created));
        CodesLeft { left: recovery::left(&self.codes), made }
    }
}

/// `POST /account/recovery-codes`: makes a set and shows it, this once: the answer is the page itself.
pub async fn make(State(app): State<Arc<App>>, act: CodesAct) -> Result<Response, Stop> {
    let user = act.user();
    let had = app.store.recovery_codes_of(user.id).await?.len();
    let (codes, change) = recovery::create(user.id, &app.master, app.now(), app.rng());
    let replaced = if had == 0 { "" } else { ", in place of those before" };
    let detail = format!("{} codes{replaced}", codes.len());
    let line = audit(&app, &user.upn, "Make recovery codes", user.id, detail);
    app.commit(vec![change, line]).await?;
    let page = pages::RecoveryCodes {
        viewer: act.viewer(),
        codes: codes.iter().map(|code| Secret::new(in_groups(code))).collect(),
        next: local(act.get("next")).unwrap_or("/account").to_owned(),
    };
    Ok(pages::reply(StatusCode::OK, &page, &pages::csp(&[])))
}

/// Four characters and a dash: easier to read out. Dashes are ignored when it is typed.
pub fn in_groups(secret: &str) -> String {
    let mut grouped = String::with_capacity(secret.len() + secret.len() / 4);
    for (at, letter) in secret.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            grouped.push('-');
        }
        grouped.push(letter);
    }
    grouped
}

/// `POST /account/alarms/{kind}`: the person says that they know.
pub async fn acknowledge(
    State(app): State<Arc<App>>,
    Path(kind): Path<String>,
    act: Act,
) -> Result<Response, Stop> {
    let user = act.user();
    let kind = AlarmKind::from_name(&kind).filter(|kind| !kind.is_for_administrators());
    let alarms = app.store.alarms_of(user.id).await?;
    let alarm = alarms.iter().find(|alarm| Some(alarm.kind) == kind);
    let Some(alarm) = alarm else { return Err(answer::not_found(&app).into()) };
    let have = app.store.passkeys_of(user.id).await?;
    if !may_acknowledge(alarm, act.session().credential.as_deref(), &have) {
        return Err(answer::not_yours_to_acknowledge(&app).into());
    }
    // What was seen, not what there is: one more may have come while the page was read.
    let seen = act.get("seen").parse().unwrap_or(0);
    let line = audit(&app, &user.upn, "Acknowledge alarm", user.id, alarm.kind.name());
    app.commit(vec![Change::AcknowledgeAlarm { user: user.id, kind: alarm.kind, seen }, line]).await?;
    Ok(match local(act.get("next")) {
        Some(next) => see_other(next),
        None => Done::AlarmAcknowledged.at("/account"),
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_secret_is_read_out_in_groups() {
        assert_eq!(super::in_groups("ABCDEFGHJKLM"), "ABCD-EFGH-JKLM");
        assert_eq!(super::in_groups("ABCDE"), "ABCD-E");
        assert_eq!(super::in_groups(""), "");
    }
}
