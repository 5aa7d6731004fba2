//! One filled-in specimen of every page, and the same again with words a stranger chose.

use super::sample_passkeys::{hello_key, passkeys};
use super::{sample_access, sample_device, sample_policy, sample_signals, sample_trust};
use crate::pages::*;
use passband_wire::time::Timestamp;

/// The words in a page that somebody outside may choose.
#[derive(Clone, Copy)]
pub(super) struct Words {
    pub name: &'static str,
    pub upn: &'static str,
    pub label: &'static str,
    pub url: &'static str,
}

pub(super) const PLAIN: Words = Words {
    name: "Ada Lovelace",
    upn: "ada@passband.example",
    label: "Work laptop",
    url: "https://tasks.example/callback",
};

/// Breaks out of text, of attributes in either quote, of a script, of a comment and of a template.
pub(super) const HOSTILE: Words = Words {
    name: r#"<script>alert(1)</script><img src=x onerror=alert(1)>"#,
    upn: r#""><b onmouseover="x">'@{{ 7 * 7 }}"#,
    label: "'--></textarea></title><!-- ${x} &amp; \u{202e}",
    url: "javascript:alert(1)//\"'><",
};

/// As long as fields allow, without a place to break.
pub(super) const LONG: Words = Words {
    name: "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaferswessenschafe",
    upn: "wolfeschlegelsteinhausenbergerdorff.welchevoralternwaren@departmentofverylongnames.passband.example",
    label: "Computersystem_Arbeitsplatz_Nordfluegel_Etage_4_Zimmer_4711_2026_neu",
    url: "https://averyveryverylonghostname.departmentofverylongnames.example/with/a/path/that/goes/on/callback",
};

const NOW: Timestamp = Timestamp(1_795_356_120);

pub(super) fn ago(minutes: i64) -> When {
    When(Timestamp(NOW.0 - minutes * 60))
}

pub(super) const fn band(platform: Level, device: Level, authn: Level, session: Level) -> Band {
    Band { platform, device, authn, session }
}

use Level::{Claimed, Hardware, Proved, Unknown};

pub(super) const CHAIN: Band = band(Unknown, Proved, Proved, Proved);

pub(super) fn csrf() -> Csrf {
    Csrf("c3f1a9".into())
}

pub(super) fn viewer(w: Words) -> Viewer {
    Viewer { name: w.name.into(), upn: w.upn.into(), is_admin: true }
}

pub(super) fn admin(w: Words) -> Admin {
    Admin { viewer: viewer(w), roles: passband_core::directory::Roles::GLOBAL, csrf: csrf(), notice: None }
}

fn devices(w: Words) -> Vec<DeviceRow> {
    let row = |id: &str, name: &str, kind: &str, state, band, is_current| DeviceRow {
        id: id.into(),
        name: name.into(),
        kind: kind.into(),
        state,
        evidence: "E0".into(),
        told: if is_current { vec!["Compliant until 2026-11-23 10:00 UTC".into()] } else { Vec::new() },
        registered: ago(50_000),
        last_seen: (state != DeviceState::Disabled).then(|| ago(12)),
        band,
        is_current,
    };
    vec![
        row(
            "0b0a7a52-2f53-4a46-9d3c-8f6f4d1f27aa",
            w.label,
            "Debian 12, joined",
            DeviceState::Active,
            band(Claimed, Proved, Unknown, Unknown),
            true,
        ),
        row(
            "c9b3c5a6-7bb2-4c4f-8b53-1ad1a0b9e0f1",
            "ada-workstation",
            "Debian 12, registered",
            DeviceState::Disabled,
            band(Unknown, Claimed, Unknown, Unknown),
            false,
        ),
    ]
}

fn sessions(w: Words) -> Vec<SessionRow> {
    let row = |id: &str, place: &str, bound_to: &str, band, is_current| SessionRow {
        id: id.into(),
        place: place.into(),
        bound_to: bound_to.into(),
        started: ago(600),
        last_used: ago(2),
        expires: ago(-19_560),
        band,
        is_current,
    };
    vec![
        row("5e0e8f0a", "Chromium on Linux", w.label, CHAIN, true),
        row("77d1c2b4", "Primary Refresh Token", "the key of ada-laptop", CHAIN, false),
        row(
            "9a1be03d",
            "Firefox on Windows",
            "nothing: a cookie",
            band(Unknown, Unknown, Proved, Claimed),
            false,
        ),
    ]
}

fn sign_ins(w: Words) -> Vec<SignInRow> {
    let row = |minutes, app: &str, factors: &[&str], is_interactive, band| SignInRow {
        at: ago(minutes),
        who: Some(Link { href: "/admin/users/1".into(), text: w.name.into() }),
        app: app.into(),
        device: Some(w.label.into()),
        factors: factors.iter().map(|f| (*f).to_owned()).collect(),
        is_interactive,
        result: SignInResult::Allowed,
        code: String::new(),
        reason: String::new(),
        action: String::new(),
        band,
        correlation_id: "6d7f0e2c-6f5e-4a57-9a0e-0c2a3cbe9a10".into(),
        ip: "192.0.2.17".into(),
        agent: "Chrome on Linux".into(),
        story: vec![],
    };
    let step = |text: &str, held| Step { text: text.into(), held };
    let refused = SignInRow {
        result: SignInResult::Refused,
        code: "prt_cookie_replayed".into(),
        reason: "The cookie carried a nonce that was used before: somebody sent a copy.".into(),
        action: "A replayed request or cookie: look for theft.".into(),
        story: vec![
            step("The cookie is signed with the session key of a Primary Refresh Token we issued.", true),
            step("The device of that token is active and its owner is enabled.", true),
            step("The nonce was issued by this server, but spent 41 seconds earlier.", false),
        ],
        ..row(9, "Notes", &["PRT"], true, band(Unknown, Proved, Proved, Claimed))
    };
    let stranger = SignInRow {
        who: None,
        device: None,
        result: SignInResult::Refused,
        code: "unknown_credential".into(),
        reason: "The passkey is not one this server knows.".into(),
        ..row(44, w.label, &["passkey"], true, Band::default())
    };
    vec![
        row(2, "Tasks", &["passkey"], true, CHAIN),
        row(5, "Tasks", &["PRT"], false, band(Hardware, Hardware, Hardware, Hardware)),
        refused,
        stranger,
        row(61, w.name, &["Temporary Access Pass"], true, band(Unknown, Unknown, Claimed, Claimed)),
    ]
}

fn people(w: Words) -> Vec<PersonRow> {
    let row = |id: &str, name: &str, upn: &str, passkeys, band: Band| PersonRow {
        id: id.into(),
        name: name.into(),
        upn: upn.into(),
        is_enabled: passkeys != 1,
        is_admin: passkeys == 3,
        is_break_glass: passkeys == 2,
        passkeys,
        devices: passkeys / 2,
        last_sign_in: (passkeys > 0).then(|| ago(2)),
        band,
    };
    vec![
        row("1", w.name, w.upn, 3, CHAIN),
        row("2", "Grace Hopper", "grace@passband.example", 2, band(Hardware, Hardware, Hardware, Hardware)),
        row("3", "Alan Turing", "alan@passband.example", 1, band(Unknown, Claimed, Proved, Claimed)),
        row("4", "Katherine Johnson", "katherine@passband.example", 0, Band::default()),
    ]
}

fn apps(w: Words) -> Vec<AppRow> {
    let row = |name: &str, is_confidential, is_enabled, uri: &str| AppRow {
        id: "41c1".into(),
        name: name.into(),
        client_id: "1f0c9a6e-52c3-4c9c-9a55-5b5b6f1a2b3c".into(),
        is_confidential,
        is_enabled,
        is_built_in: !is_confidential,
        redirect_uris: vec![uri.into()],
        created: ago(40_000),
    };
    vec![
        row("Tasks", true, true, w.url),
        row(w.name, false, true, "http://127.0.0.1/callback"),
        row("Archive", true, false, "https://archive.example/cb"),
    ]
}

fn front_pages(w: Words) -> Vec<(&'static str, Box<dyn askama::DynTemplate>)> {
    let refused =
        Notice::refused("That pass is not valid, or it has expired. Ask for a new one.", "tap_invalid");
    vec![
        ("campaign", Box::new(sample_policy::campaign(w))),
        (
            "sign-in",
            Box::new(SignIn {
                app: Some(w.name.into())
                    .map(|name: String| if name == PLAIN.name { "Tasks".into() } else { name }),
                tap_href: "/tap?next=%2Fauthorize".into(),
                recover_href: "/recover?next=%2Fauthorize".into(),
                band: band(Unknown, Unknown, Unknown, Unknown),
                notice: None,
                contract: None,
            }),
        ),
        (
            "sign-in-refused",
            Box::new(SignIn {
                app: None,
                tap_href: "/tap".into(),
                recover_href: "/recover".into(),
                band: band(Unknown, Claimed, Unknown, Unknown),
                notice: Some(Notice::refused("This device is disabled. Ask your administrator.", w.label)),
                contract: None,
            }),
        ),
        (
            "tap",
            Box::new(Tap {
                csrf: csrf(),
                next: Some(w.url.into()),
                upn: w.upn.into(),
                band: Band::default(),
                notice: Some(refused),
                sign_in_href: "/sign-in".into(),
            }),
        ),
        (
            "recover",
            Box::new(Recover {
                csrf: csrf(),
                next: Some(w.url.into()),
                upn: w.upn.into(),
                band: Band::default(),
                notice: Some(Notice::refused("That code is not valid.", w.label)),
                sign_in_href: "/sign-in".into(),
                tap_href: "/tap".into(),
            }),
        ),
        (
            "recovery-codes",
            Box::new(RecoveryCodes {
                viewer: viewer(w),
                codes: (0..10).map(|n| Secret::new(format!("ABCD-EFGH-IJKL-MN{n}P"))).collect(),
                next: w.url.into(),
            }),
        ),
        (
            "second",
            Box::new(Second {
                viewer: viewer(w),
                csrf: csrf(),
                next: w.url.into(),
                register_href: "/account/passkeys/new".into(),
                band: band(Claimed, Unknown, Proved, Claimed),
            }),
        ),
        (
            "setup",
            Box::new(Setup {
                token: Secret::new(w.label.into()),
                domain: "passband.example".into(),
                band: Band::default(),
                notice: None,
            }),
        ),
        (
            "register",
            Box::new(Register {
                viewer: viewer(w),
                reason: RegisterReason::First,
                next: Some(w.url.into()),
                suggested_name: w.label.into(),
                band: band(Unknown, Unknown, Claimed, Claimed),
                notice: None,
            }),
        ),
        (
            "register-another",
            Box::new(Register {
                viewer: viewer(w),
                reason: RegisterReason::Another,
                next: None,
                suggested_name: "Passkey 2".into(),
                band: band(Unknown, Unknown, Proved, Claimed),
                notice: Some(Notice::refused(w.name, "registration_refused")),
            }),
        ),
        (
            "register-owed",
            Box::new(Register {
                viewer: viewer(w),
                reason: RegisterReason::Owed,
                next: Some(w.url.into()),
                suggested_name: String::new(),
                band: band(Unknown, Unknown, Proved, Claimed),
                notice: None,
            }),
        ),
        (
            "signed-out",
            Box::new(SignedOut {
                app: Some(w.name.into()),
                next: Some(Link { href: "/sign-in".into(), text: "Sign in again".into() }),
            }),
        ),
        (
            "error",
            Box::new(ErrorPage {
                title: "This device is disabled".into(),
                meaning: format!(
                    "An administrator switched {} off, so nothing may be signed in from it.",
                    w.label
                ),
                todo: vec![
                    "Use another device of yours.".into(),
                    "Ask your administrator to enable it, and give them the correlation id below.".into(),
                ],
                code: "device_disabled".into(),
                correlation_id: w.upn.into(),
                at: ago(0),
                next: Some(Link { href: "/account".into(), text: "To your account".into() }),
                band: Some(band(Claimed, Unknown, Proved, Unknown)),
            }),
        ),
        ("tasks", Box::new(sample_app(w, SampleKind::Tasks, false))),
        ("notes", Box::new(sample_app(w, SampleKind::Notes, true))),
    ]
}

fn sample_app(w: Words, app: SampleKind, is_inside: bool) -> SampleApp {
    let claim = |name: &str, value: &str, meaning: &str| Claim {
        name: name.into(),
        value: value.into(),
        meaning: meaning.into(),
    };
    SampleApp {
        app,
        sign_in_href: "/login".into(),
        other_href: "/other".into(),
        signed_in: is_inside.then(|| SampleSignedIn {
            name: w.name.into(),
            claims: vec![
                claim("sub", "k3vYbq0r1mZ", "you, as this app knows you"),
                claim("name", w.name, ""),
                claim("acr", "phr", "resists phishing"),
                claim("amr", r#"["hwk","user","mfa"]"#, "a key, and its owner was checked"),
                claim("auth_time", "1795355400", "22 Nov 2026, 13:50 UTC"),
                claim("deviceid", "0b0a7a52-2f53-4a46-9d3c-8f6f4d1f27aa", w.label),
            ],
            band: CHAIN,
            how: format!("without a prompt, from the Primary Refresh Token of {}", w.label),
            sign_out_href: "/sign-out".into(),
        }),
        problem: (!is_inside && w.name != PLAIN.name).then(|| w.name.to_owned()),
    }
}

fn account_alarm(w: Words) -> AccountAlarm {
    AccountAlarm {
        kind: "recoveryCodeUsed",
        what: "A recovery code of yours was used",
        last: ago(4),
        count: 2,
        detail: format!("from {}; 8 left", w.label),
        is_for_viewer: true,
    }
}

fn alarm(w: Words, is_for_viewer: bool) -> AlarmRow {
    AlarmRow {
        user_id: "1".into(),
        kind: "breakGlassUsed",
        what: "An account for emergencies was used",
        upn: w.upn.into(),
        last: ago(4),
        count: if is_for_viewer { 1 } else { 3 },
        detail: format!("passkey (granted) from {}", w.label),
        is_for_viewer,
    }
}

fn account(w: Words, is_full: bool) -> Account {
    Account {
        viewer: Viewer { is_admin: is_full, ..viewer(w) },
        csrf: csrf(),
        notice: is_full.then(|| Notice::done("Passkey added.")),
        band: if is_full { CHAIN } else { band(Unknown, Unknown, Proved, Claimed) },
        passkeys: passkeys(w).into_iter().take(if is_full { 9 } else { 1 }).collect(),
        devices: if is_full { devices(w) } else { vec![] },
        hello_keys: if is_full { vec![hello_key(w)] } else { vec![] },
        sessions: sessions(w).into_iter().take(if is_full { 9 } else { 1 }).collect(),
        alarms: if is_full { vec![] } else { vec![account_alarm(w)] },
        codes: CodesLeft { left: if is_full { 9 } else { 0 }, made: is_full.then(|| ago(90_000)) },
        next: (!is_full).then(|| "/authorize?client_id=tasks".into()),
        signal: Some(Signal {
            rp_id: "localhost".into(),
            user_id: "dXNlcg".into(),
            credential_ids: vec!["q7XkS0m3T2e8".into(), "Zp1Lw9aC4hUd".into()],
        }),
    }
}

fn role(w: Words) -> RoleRow {
    RoleRow { id: "1".into(), name: w.name.into(), about: w.label.into() }
}

fn person(w: Words, is_full: bool) -> Person {
    Person {
        admin: admin(w),
        id: "1".into(),
        name: w.name.into(),
        upn: w.upn.into(),
        is_enabled: is_full,
        roles: if is_full { vec![role(w)] } else { vec![] },
        other_roles: vec![role(w)],
        is_within_reach: true,
        planted: format!("{} (by ada@example.org)", w.label),
        is_break_glass: is_full,
        codes_left: 3,
        created: ago(90_000),
        last_sign_in: is_full.then(|| ago(2)),
        band: if is_full { CHAIN } else { Band::default() },
        new_pass: (!is_full).then(|| NewPass {
            pass: Secret::new("K7RF-QW2M-9XTD".into()),
            expires: ago(-60),
            is_usable_once: true,
        }),
        passes: vec![PassRow {
            created: ago(3),
            expires: ago(-57),
            is_usable_once: true,
            standing: w.label.into(),
        }],
        passkeys: passkeys(w).into_iter().take(if is_full { 9 } else { 1 }).collect(),
        devices: if is_full { devices(w) } else { vec![] },
        hello_keys: if is_full { vec![hello_key(w)] } else { vec![] },
        sessions: if is_full { sessions(w) } else { vec![] },
    }
}

fn console(w: Words) -> Vec<(&'static str, Box<dyn askama::DynTemplate>)> {
    let figure = |name: &str, count, remark: &str, href: &str| Figure {
        name: name.into(),
        count,
        remark: remark.into(),
        href: href.into(),
    };
    let next = Some(String::from("?after=4"));
    let lines = devices(w)
        .into_iter()
        .zip([Some(Link { href: "/admin/users/1".into(), text: w.name.into() }), None])
        .map(|(device, owner)| DeviceLine { device, owner })
        .collect();
    let key = |kid: &str, state, until| KeyRow {
        kid: kid.into(),
        alg: "ES256".into(),
        state,
        created: ago(90_000),
        until,
    };
    let filter = SignInFilter {
        user: w.name.into(),
        app: w.label.into(),
        result: Some(SignInResult::Refused),
        reason: w.upn.into(),
    };
    let new_app = |secret| NewApp { name: w.name.into(), client_id: "1f0c9a6e-52c3".into(), secret };
    let apps_page = |new_app, apps| Apps {
        admin: admin(w),
        apps,
        next: next.clone(),
        new_app,
        issuer: "https://id.passband.example".into(),
    };
    vec![
        (
            "admin",
            Box::new(Overview {
                admin: admin(w),
                alarms: vec![alarm(w, true), alarm(w, false)],
                figures: vec![
                    figure("People", 128, "3 without a passkey", "/admin/users"),
                    figure("Devices", 94, "1 disabled", "/admin/devices"),
                    figure("Apps", 7, "", "/admin/apps"),
                    figure("Sign-ins, last day", 2_416, "9 refused", "/admin/sign-ins"),
                ],
                recent: sign_ins(w),
                audit_head: Some(format!("{}:7", w.label)),
                issuer: "https://id.passband.example".into(),
            }),
        ),
        (
            "admin-people",
            Box::new(People {
                admin: Admin { notice: Some(Notice::done(w.name)), ..admin(w) },
                search: if w.name == PLAIN.name { String::new() } else { w.label.into() },
                people: people(w),
                next: next.clone(),
                domain: "passband.example".into(),
            }),
        ),
        (
            "admin-people-none",
            Box::new(People {
                admin: admin(w),
                search: w.label.into(),
                people: vec![],
                next: None,
                domain: "passband.example".into(),
            }),
        ),
        ("admin-person", Box::new(person(w, true))),
        ("admin-person-new", Box::new(person(w, false))),
        (
            "admin-devices",
            Box::new(Devices { admin: admin(w), search: String::new(), devices: lines, next: next.clone() }),
        ),
        ("admin-apps", Box::new(apps_page(None, apps(w)))),
        ("admin-apps-made", Box::new(apps_page(Some(new_app(Some(Secret::new(w.label.into())))), apps(w)))),
        ("admin-apps-public", Box::new(apps_page(Some(new_app(None)), vec![]))),
        (
            "admin-sign-ins",
            Box::new(SignIns {
                admin: admin(w),
                filter: SignInFilter::default(),
                rows: sign_ins(w),
                next: next.clone(),
            }),
        ),
        ("admin-sign-ins-filtered", Box::new(SignIns { admin: admin(w), filter, rows: vec![], next: None })),
        ("admin-trust", Box::new(sample_trust::trust(w, true))),
        ("admin-trust-empty", Box::new(sample_trust::trust(w, false))),
        ("admin-access", Box::new(sample_access::access(w, true))),
        ("admin-access-empty", Box::new(sample_access::access(w, false))),
        ("admin-access-policy", Box::new(sample_access::policy(w, true))),
        ("admin-access-new", Box::new(sample_access::policy(w, false))),
        ("admin-access-what-if", Box::new(sample_access::what_if(w, true))),
        ("admin-access-what-if-empty", Box::new(sample_access::what_if(w, false))),
        ("admin-signals", Box::new(sample_signals::signals(w, true))),
        ("admin-signals-empty", Box::new(sample_signals::signals(w, false))),
        ("admin-passkey-policy", Box::new(sample_policy::passkey_policy(w, true))),
        ("admin-passkey-policy-new", Box::new(sample_policy::passkey_policy(w, false))),
        (
            "admin-keys",
            Box::new(Keys {
                admin: admin(w),
                keys: vec![
                    key("2026-12-k4", KeyState::Next, Some(ago(-20_000))),
                    key("2026-11-k3", KeyState::Current, None),
                    key("2026-10-k2", KeyState::Retired, Some(ago(-2_000))),
                ],
            }),
        ),
    ]
}

/// Every page, filled in with `words`.
pub(super) fn all(w: Words) -> Vec<(&'static str, String)> {
    let mut pages = front_pages(w);
    pages.extend(sample_device::pages(w));
    pages.push(("account", Box::new(account(w, true))));
    pages.push(("account-small", Box::new(account(w, false))));
    pages.extend(console(w));
    pages.into_iter().map(|(name, page)| (name, page.dyn_render().unwrap())).collect()
}
