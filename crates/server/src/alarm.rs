//! Accounts for emergencies: nobody signs in to one without the administrators hearing of it.

use crate::app::App;
use crate::attempt::audit;
use crate::throttle::Refusals;
use passband_core::audit::SignInKind;
use passband_core::change::Change;
use passband_core::directory::{Alarm, AlarmKind, User};
use passband_core::id::UserId;
use passband_core::reason::Reason;

/// An account whose every sign-in raises an alarm.
#[derive(Clone, Debug)]
pub struct Watched {
    user: UserId,
    upn: String,
}

impl Watched {
    /// The account, if it is watched.
    #[must_use]
    pub fn of(user: &User) -> Option<Self> {
        user.break_glass.then(|| Self { user: user.id, upn: user.upn.clone() })
    }
}

/// Raises an alarm in the four places where somebody may look: the process's log, the metrics, the audit log and the
/// console. The last two are the changes returned, committed with the decision itself.
pub fn raise(
    app: &App,
    watched: &Watched,
    (kind, reason, noise): (SignInKind, Reason, Refusals),
    ip: &str,
) -> Vec<Change> {
    let (alarm, activity) = match reason {
        Reason::Granted => (AlarmKind::BreakGlassUsed, "Break-glass account used"),
        _ => (AlarmKind::BreakGlassRefused, "Break-glass account refused"),
    };
    tracing::warn!(upn = watched.upn, kind = kind.name(), reason = reason.code(), ip, "{activity}");
    metrics::counter!("passband_break_glass_total", "alarm" => alarm.name()).increment(1);
    let now = app.now();
    let detail = format!("{} ({}) from {ip}", kind.name(), reason.code());
    let mut changes = Vec::with_capacity(2);
    // A stranger who tries by the thousand is counted, and does not fill the audit log.
    if noise != Refusals::TooMany {
        let line = format!("{}: {detail}", watched.upn);
        changes.push(audit(app, "system", activity, watched.user, line));
    }
    let raised = Alarm { user: watched.user, kind: alarm, first: now, last: now, count: 1, detail };
    changes.push(Change::RaiseAlarm(Box::new(raised)));
    changes
}
