//! Answering a program on another device: type its code, see what asks, answer.

use super::part::{Legend, legend};
use super::{Csrf, Notice, When};
use askama::Template;

/// `GET /device`, and `POST /device` when the code was no good.
#[derive(Clone, Debug, Template)]
#[template(path = "page/device.html")]
pub struct Device {
    /// Hidden field.
    pub csrf: Csrf,
    /// What a link filled in, or the person typed before.
    pub user_code: String,
    /// Why the last code was refused.
    pub notice: Option<Notice>,
}

/// `POST /device`: what asks, before it is answered. Nothing on it is in words that whoever began it could choose: that is
/// where somebody who phishes would write.
#[derive(Clone, Debug, Template)]
#[template(path = "page/device_confirm.html")]
pub struct DeviceConfirm {
    /// Hidden field.
    pub csrf: Csrf,
    /// The app, by its display name.
    pub app: String,
    /// The code, to compare with what the device shows.
    pub user_code: String,
    /// The address it was asked from.
    pub ip: String,
    /// Its country, if that is known.
    pub country: Option<String>,
    /// When it asked.
    pub at: When,
}

/// `POST /device` with an answer.
#[derive(Clone, Debug, Template)]
#[template(path = "page/device_done.html")]
pub struct DeviceDone {
    /// The app, by its display name.
    pub app: String,
    /// Whether it was let in.
    pub yes: bool,
}

impl Device {
    const fn legend(&self) -> Legend {
        legend()
    }
}

impl DeviceConfirm {
    const fn legend(&self) -> Legend {
        legend()
    }
}

impl DeviceDone {
    const fn legend(&self) -> Legend {
        legend()
    }
}
