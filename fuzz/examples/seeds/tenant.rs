//! A small tenant that was made, and lists of devices.

use super::{Outcome, write};
use passband_map::fleet;
use passband_map::generate::{Size, tenant};
use passband_map::model::Tenant;

const LISTS: [(&str, &str); 3] = [
    (
        "comma",
        "name,platform,os_version,state,browser,owner,compliant,keys,sso\nA,Windows,11 23H2,joined,\"edge;chrome\",ada@x.example,yes,hardware,yes\n",
    ),
    ("tabs", "Device name\tOS\tOS version\tOwnership\nB\tiOS\t18.1\tPersonal\n"),
    ("json", r#"{"devices":[{"name":"C","platform":"Linux","osVersion":"24.04","browsers":["firefox"]}]}"#),
];

pub(super) fn tenants() -> Outcome {
    for seed in [1, 2] {
        let mut bytes: Vec<u8> = Vec::new();
        let size = Size { users: 3, devices: 3, groups: 2, policies: 3, profiles: 2 };
        tenant(seed, size, &mut |name, text| {
            if !bytes.is_empty() {
                bytes.push(0);
            }
            bytes.extend(name.as_bytes());
            bytes.push(b'\n');
            bytes.extend(text);
        });
        write("tenant_json", &format!("made{seed}"), bytes)?;
    }
    for (name, text) in LISTS {
        let mut tenant = Tenant::default();
        fleet::read(text.as_bytes(), name, &mut tenant);
        if tenant.devices.len() != 1 || !tenant.left_out.is_empty() {
            return Err(format!("{name}: {:?}", tenant.left_out).into());
        }
        write("fleet_csv", name, text)?;
    }
    Ok(())
}
