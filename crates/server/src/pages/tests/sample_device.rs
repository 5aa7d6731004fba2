//! Specimens of the pages that let a program in: one on another device, one that wants its answer by POST, and
//! one that asks to sign out.

use super::sample::{Words, csrf};
use crate::pages::*;
use passband_wire::time::Timestamp;

pub(super) fn pages(w: Words) -> Vec<(&'static str, Box<dyn askama::DynTemplate>)> {
    vec![
        (
            "logout",
            Box::new(Logout {
                csrf: csrf(),
                upn: w.upn.into(),
                app: Some(w.name.into()),
                carry: vec![
                    ("state".into(), w.label.into()),
                    ("post_logout_redirect_uri".into(), w.url.into()),
                ],
                apps: 2,
            }),
        ),
        (
            "form-post",
            Box::new(FormPost {
                app: w.name.into(),
                action: w.url.into(),
                carry: vec![("code".into(), w.label.into()), ("state".into(), w.label.into())],
            }),
        ),
        (
            "device",
            Box::new(Device {
                csrf: csrf(),
                user_code: w.label.into(),
                notice: Some(Notice::refused("No device waits with this code.", w.label)),
            }),
        ),
        (
            "device-confirm",
            Box::new(DeviceConfirm {
                csrf: csrf(),
                app: w.name.into(),
                user_code: "BCDF-GHJK".into(),
                ip: "192.0.2.1".into(),
                country: Some(w.label.into()),
                at: When(Timestamp(1_795_348_800)),
            }),
        ),
        ("device-done", Box::new(DeviceDone { app: w.name.into(), yes: true })),
        ("device-declined", Box::new(DeviceDone { app: w.name.into(), yes: false })),
    ]
}
