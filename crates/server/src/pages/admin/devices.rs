//! Devices: state, owner, evidence.

use super::Admin;
use crate::pages::confirm::Confirm;
use crate::pages::part::{Legend, legend};
use crate::pages::{DeviceRow, DeviceState, Link};
use askama::Template;

/// A line of the list: a device and whose it is.
#[derive(Clone, Debug)]
pub struct DeviceLine {
    /// The device.
    pub device: DeviceRow,
    /// Its owner and their page; none for a device without one.
    pub owner: Option<Link>,
}

/// `GET /admin/devices`.
#[derive(Clone, Debug, Template)]
#[template(path = "page/admin_devices.html")]
pub struct Devices {
    /// Viewer, hidden field, notice.
    pub admin: Admin,
    /// What was searched for (`q`); empty for all.
    pub search: String,
    /// One page of devices.
    pub devices: Vec<DeviceLine>,
    /// The address of the next page.
    pub next: Option<String>,
}

impl Devices {
    const fn legend(&self) -> Legend {
        legend()
    }

    const fn tab(&self) -> &'static str {
        "devices"
    }

    fn disable(&self, device: &DeviceRow) -> Confirm {
        Confirm::new("Disable", format!("/admin/devices/{}/disable", device.id), &self.admin.csrf)
            .of(&device.name)
            .because("Every later step from it is refused until it is enabled again.")
    }

    fn delete(&self, device: &DeviceRow) -> Confirm {
        Confirm::new("Delete", format!("/admin/devices/{}/delete", device.id), &self.admin.csrf)
            .of(&device.name)
            .because("Its certificate and keys end. To come back it must be joined anew.")
    }
}

impl DeviceLine {
    fn is_disabled(&self) -> bool {
        self.device.state == DeviceState::Disabled
    }
}
