//! Whom a change of the passkey policy touches, before it is made.
//!
//! What is compared is the next sign-in with what is known now, so nothing of it is a guess. Registration is not
//! part of it: nobody has tried yet.

use super::{PasskeyFacts, PasskeyPolicy, Phase, evaluate};
use crate::directory::{Holder, Passkey, User};
use crate::id::GroupId;
use crate::reason::Reason;

/// What becomes of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched<'a> {
    /// Who.
    pub user: &'a User,
    /// Passkeys that sign in now and would not, each with the reason.
    pub refused: Vec<(&'a Passkey, Reason)>,
    /// Passkeys that do not sign in now and would.
    pub allowed: Vec<&'a Passkey>,
    /// Whether the person has a passkey that signs in now, and would have none.
    pub stranded: bool,
}

/// What the next sign-in with each of somebody's passkeys would say under another policy; `None` if the same.
#[must_use]
pub fn compare<'a>(now: &PasskeyPolicy, then: &PasskeyPolicy, holder: &'a Holder) -> Option<Touched<'a>> {
    let decide = |policy: &PasskeyPolicy, passkey| sign_in(policy, &holder.groups, passkey);
    let mut touched =
        Touched { user: &holder.user, refused: Vec::new(), allowed: Vec::new(), stranded: false };
    let (mut usable_now, mut usable_then) = (0, 0);
    for passkey in &holder.passkeys {
        let (before, after) = (decide(now, passkey), decide(then, passkey));
        usable_now += usize::from(before.is_ok());
        usable_then += usize::from(after.is_ok());
        match (before, after) {
            (Ok(()), Err(reason)) => touched.refused.push((passkey, reason)),
            (Err(_), Ok(())) => touched.allowed.push(passkey),
            _ => {}
        }
    }
    touched.stranded = usable_now > 0 && usable_then == 0;
    (!touched.refused.is_empty() || !touched.allowed.is_empty()).then_some(touched)
}

fn sign_in(policy: &PasskeyPolicy, groups: &[GroupId], passkey: &Passkey) -> Result<(), Reason> {
    evaluate(policy, groups, &PasskeyFacts::of(passkey), Phase::SignIn).decision
}

/// Whether the policy accepts a passkey of somebody in these groups at the next sign-in.
#[must_use]
pub fn accepts(policy: &PasskeyPolicy, groups: &[GroupId], passkey: &Passkey) -> bool {
    sign_in(policy, groups, passkey).is_ok()
}

/// Whether somebody has a passkey that the policy accepts at the next sign-in.
#[must_use]
pub fn can_sign_in(policy: &PasskeyPolicy, holder: &Holder) -> bool {
    holder.user.enabled && holder.passkeys.iter().any(|k| accepts(policy, &holder.groups, k))
}

/// Whether a change leaves the installation with an administrator who can sign in. Where none could before, there is
/// nothing to lose.
///
/// `now` and `then` are the administrators as they are and as they would be: a change of groups moves people, a
/// change of the policy leaves them as they are.
///
/// # Errors
///
/// [`Reason::PolicyLocksOut`].
pub fn keeps_an_administrator(
    now: (&PasskeyPolicy, &[Holder]),
    then: (&PasskeyPolicy, &[Holder]),
) -> Result<(), Reason> {
    let any = |(policy, holders): (&PasskeyPolicy, &[Holder])| {
        holders.iter().any(|holder| holder.user.roles.is_global() && can_sign_in(policy, holder))
    };
    if any(now) && !any(then) { Err(Reason::PolicyLocksOut) } else { Ok(()) }
}
