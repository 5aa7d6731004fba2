use super::*;
use crate::compliance::{Compliance, Details, Told};
use crate::directory::{JoinType, SessionKind};
use crate::rng::SystemRandom;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp(1_800_000_000);
const ISSUER: &str = "https://id.example.org";

fn user(enabled: bool) -> User {
    User {
        id: UserId::from_bytes([1; 16]),
        upn: "ada@example.org".to_owned(),
        display_name: "Ada".to_owned(),
        enabled,
        roles: crate::directory::Roles::NONE,
        break_glass: false,
        handle: Vec::new(),
        created: NOW,
    }
}

fn device(compliant: Option<bool>, until: Timestamp) -> Device {
    Device {
        id: DeviceId::from_bytes([2; 16]),
        owner: user(true).id,
        name: "Laptop".to_owned(),
        join: JoinType::Joined,
        enabled: true,
        os: String::new(),
        os_version: String::new(),
        device_key: Vec::new(),
        transport_key: Vec::new(),
        certificate: Vec::new(),
        thumbprint: [0; 32],
        certificate_expires: NOW,
        evidence: Default::default(),
        compliance: Compliance { compliant, managed: None, until },
        details: Details::default(),
        profile: crate::directory::ClientProfile::Strict,
        revision: 0,
        created: NOW,
        last_seen: None,
    }
}

fn session(ended: Option<Timestamp>) -> Session {
    Session {
        id: SessionId::from_bytes([3; 16]),
        user: user(true).id,
        kind: SessionKind::Prt,
        device: Some(DeviceId::from_bytes([2; 16])),
        parent: None,
        credential: None,
        factors: Default::default(),
        auth_time: NOW,
        created: NOW,
        expires: Timestamp(NOW.0 + 100),
        last_seen: NOW,
        ended,
        generation: 0,
        advanced: NOW,
        agent: String::new(),
        ip: String::new(),
    }
}

fn one(change: Change, facts: &Facts) -> Option<Event> {
    let mut events = of(&[change], facts, NOW, &SystemRandom);
    assert!(events.len() <= 1);
    events.pop()
}

#[test]
fn disabling_is_told_once_and_ends_the_sessions() {
    let was = |enabled| Facts { users: vec![user(enabled)], ..Facts::default() };
    let off = one(Change::UpdateUser(user(false)), &was(true)).unwrap();
    assert_eq!(off.kind, EventKind::AccountDisabled);
    assert_eq!(off.ends, Some(Ends::SessionsOf(user(true).id)));
    assert_eq!(one(Change::UpdateUser(user(false)), &was(false)), None);
    assert_eq!(one(Change::UpdateUser(user(true)), &was(true)), None);
    let on = one(Change::UpdateUser(user(true)), &was(false)).unwrap();
    assert_eq!((on.kind, on.ends), (EventKind::AccountEnabled, None));
}

#[test]
fn a_session_that_has_ended_does_not_end_again() {
    let end = || Change::EndSession { id: session(None).id, at: NOW };
    let of = |session| Facts { sessions: vec![session], ..Facts::default() };
    let told = one(end(), &of(session(None))).unwrap();
    assert_eq!(told.ends, Some(Ends::Session(session(None).id)));
    assert!(told.subject.device.is_some() && told.subject.user.is_some() && told.subject.session.is_some());
    assert_eq!(one(end(), &of(session(Some(NOW)))), None);
    assert_eq!(one(end(), &of(Session { expires: NOW, ..session(None) })), None);
    assert_eq!(one(end(), &Facts::default()), None);
}

#[test]
fn compliance_is_told_when_it_turns_and_stale_counts_as_lost() {
    let later = Timestamp(NOW.0 + 60);
    let tell = |compliant, until| Change::TellDevice {
        id: device(None, NOW).id,
        seen: 0,
        told: Box::new(Told::of(&device(compliant, until))),
    };
    let cases = [
        (Some(true), later, Some(false), later, Some(false)),
        (Some(true), later, None, later, Some(false)),
        (Some(true), later, Some(true), later, None),
        // Stale, and taken away for that: told once.
        (Some(true), NOW, None, NOW, Some(false)),
        (None, NOW, None, NOW, None),
        // Renewed before anybody was told that it had become stale.
        (Some(true), NOW, Some(true), later, None),
        (None, NOW, Some(true), later, Some(true)),
        (None, NOW, Some(false), later, None),
    ];
    for (before, until, after, then, want) in cases {
        let facts = Facts { devices: vec![device(before, until)], ..Facts::default() };
        let got = one(tell(after, then), &facts).map(|event| event.kind);
        assert_eq!(
            got,
            want.map(|compliant| EventKind::ComplianceChanged { compliant }),
            "{before:?} {after:?}"
        );
    }
}

#[test]
fn a_device_that_goes_takes_its_sessions_along() {
    let facts = Facts { devices: vec![device(None, NOW)], ..Facts::default() };
    let id = device(None, NOW).id;
    for change in [Change::SetDeviceEnabled { id, enabled: false }, Change::DeleteDevice(id)] {
        let event = one(change, &facts).unwrap();
        assert_eq!((event.kind, event.ends), (EventKind::SessionRevoked, Some(Ends::On(id))));
    }
    assert_eq!(one(Change::SetDeviceEnabled { id, enabled: true }, &facts), None);
}

fn app(enabled: bool) -> App {
    App {
        id: ClientId::from_bytes([4; 16]),
        name: "Mail".to_owned(),
        redirect_uris: Vec::new(),
        logout_uris: Vec::new(),
        backchannel_logout_uri: None,
        identifier_uris: Vec::new(),
        secret_hash: None,
        enabled,
        created: NOW,
    }
}

#[test]
fn an_application_that_goes_and_a_policy_that_changes_are_told() {
    let was = |enabled| Facts { apps: vec![app(enabled)], ..Facts::default() };
    let told = |change, facts: &Facts| one(change, facts).map(|event| (event.kind, event.subject.app));
    let gone = Some((EventKind::ApplicationDisabled, Some(app(true).id)));
    assert_eq!(told(Change::UpdateApp(app(false)), &was(true)), gone);
    assert_eq!(told(Change::UpdateApp(app(false)), &was(false)), None);
    assert_eq!(told(Change::UpdateApp(app(true)), &was(false)), None);
    assert_eq!(told(Change::DeleteApp(app(true).id), &was(true)), gone);
    assert_eq!(told(Change::DeleteApp(app(true).id), &Facts::default()), None);
    let policy = Change::SetPolicy { name: "p", from: 1, document: String::new(), at: NOW };
    assert_eq!(told(policy, &Facts::default()), Some((EventKind::PolicyChanged, None)));
}

#[test]
fn whatever_asks_for_nothing_costs_nothing() {
    let changes = [
        Change::AdvanceSession { id: session(None).id, from: 1, at: NOW, expires: NOW },
        Change::Spend { id: [0; 32], until: NOW },
        Change::SeenDevice { id: device(None, NOW).id, at: NOW },
    ];
    assert!(asks(&changes).is_empty());
    assert!(of(&changes, &Facts::default(), NOW, &SystemRandom).is_empty());
}

#[test]
fn subjects_are_named_as_receivers_know_them() {
    let whole = Subject {
        user: Some(user(true).id),
        device: Some(device(None, NOW).id),
        session: Some(session(None).id),
        app: None,
    };
    let shown = whole.identifier(ISSUER);
    assert_eq!(shown["format"], "complex");
    assert_eq!(
        shown["user"],
        json!({ "format": "iss_sub", "iss": ISSUER, "sub": user(true).id.to_string() })
    );
    assert_eq!(shown["session"]["id"], session(None).id.to_string());
    assert_eq!(Subject::of_user(user(true).id).identifier(ISSUER)["format"], "iss_sub");
    assert_eq!(Subject::default().identifier(ISSUER), json!({ "format": "uri", "uri": ISSUER }));
}

#[test]
fn the_kept_form_has_the_members_of_caep() {
    let id = device(None, NOW).id;
    let told = Box::new(Told::of(&device(Some(false), Timestamp(NOW.0 + 60))));
    let facts = Facts { devices: vec![device(Some(true), Timestamp(NOW.0 + 60))], ..Facts::default() };
    let event = one(Change::TellDevice { id, seen: 0, told }, &facts).unwrap();
    let body: Value = serde_json::from_str(&event.body()).unwrap();
    assert_eq!(body["type"], event::TYPES[2]);
    let members = json!({
        "previous_status": "compliant",
        "current_status": "not-compliant",
        "event_timestamp": NOW.0,
    });
    assert_eq!(body["members"], members);
}
