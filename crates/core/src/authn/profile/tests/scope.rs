//! Whom the policy of passkeys, a campaign and the policy of passes mean.

use super::*;
use crate::authn::campaign::{Audience, Campaign, Step, Why};
use crate::authn::methods::TapPolicy;
use crate::directory::Snoozed;

#[test]
fn who_does_not_administer_or_is_disabled_keeps_nobody_in() {
    let open = policy(vec![profile(1)]);
    let ada = holder(true, &[(1, false)]);
    let mut asleep = ada.clone();
    asleep.user.enabled = false;
    let nobody = holder(false, &[(1, false)]);
    assert!(can_sign_in(&open, &ada) && !can_sign_in(&open, &asleep));
    for left in [asleep, nobody] {
        let decided = keeps_an_administrator((&open, std::slice::from_ref(&ada)), (&open, &[left]));
        assert_eq!(decided, Err(Reason::PolicyLocksOut));
    }
}

/// A campaign insists, asks or leaves somebody alone by what they lack, and never vexes who could do nothing about it.
#[test]
fn a_campaign_asks_whom_it_means_and_who_could_register() {
    let now = Timestamp(0);
    let open = policy(vec![profile(1)]);
    let all = Campaign { enabled: true, ..Campaign::default() };
    let step = |campaign: &Campaign, policy: &PasskeyPolicy, passkeys: &[(u8, bool)]| {
        campaign.step(policy, &holder(false, passkeys), Snoozed::default(), now)
    };
    assert!(matches!(step(&all, &open, &[(1, false)]), Step::Ask(Why::OnlyOne, _)));
    assert!(matches!(step(&all, &open, &[]), Step::Ask(Why::NoneGoodEnough, _)));
    // One that is copied to other devices is not lost with one of them.
    assert_eq!(step(&all, &open, &[(1, true)]), Step::Leave);
    assert_eq!(step(&all, &open, &[(1, false), (2, false)]), Step::Leave);
    let by_hand = PasskeyPolicy { self_service: false, ..open.clone() };
    assert_eq!(step(&all, &by_hand, &[(1, false)]), Step::Leave);
    let spared = Campaign { exclude: vec![Audience::Group(group(1))], ..all.clone() };
    assert_eq!(step(&spared, &open, &[(1, false)]), Step::Leave);
    // What a draft would refuse counts as none: that is what it is for.
    let mut draft = open;
    draft.profiles.push(PasskeyProfile {
        state: ProfileState::ReportOnly,
        replaces: Some(profile_id(1)),
        types: PasskeyTypes { device_bound: true, synced: false },
        ..profile(2)
    });
    assert!(matches!(step(&all, &draft, &[(1, true), (2, true)]), Step::Ask(Why::NoneGoodEnough, _)));
}

#[test]
fn a_pass_is_for_those_meant_and_excluded_wins() {
    let all = TapPolicy::default();
    assert_eq!(all.admits(&[group(1)]), Ok(()));
    let some = TapPolicy { include: vec![Who::Group(group(2))], ..all.clone() };
    assert_eq!([some.admits(&[group(2)]), some.admits(&[group(1)])], [Ok(()), Err(Reason::TapPolicy)]);
    let spared = TapPolicy { exclude: vec![group(1)], ..some };
    assert_eq!(spared.admits(&[group(1), group(2)]), Err(Reason::TapPolicy));
    let off = TapPolicy { enabled: false, ..all };
    assert_eq!(off.admits(&[group(1)]), Err(Reason::TapPolicy));
}
