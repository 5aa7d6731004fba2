//! Lists of devices, as CSV and as JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passband_core::policy::access::facts::{Fact, Platform};
use passband_map::fleet::read;
use passband_map::model::Tenant;
use passband_map::version::Version;

fuzz_target!(|data: &[u8]| {
    let mut tenant = Tenant::default();
    read(data, "fleet", &mut tenant);
    // UTF-16 has its line ends too, so this counts no line too few.
    let lines = data.iter().filter(|byte| **byte == b'\n').count();
    assert!(
        tenant.left_out.iter().all(|it| it.source.line as usize <= lines + 1),
        "a line that is not there"
    );
    for device in &tenant.devices {
        assert!(device.id.is_some() || !device.name.is_empty(), "a device that nothing names");
        if let Fact::Known(owners) = &device.owners {
            assert!(
                owners.iter().all(|it| (*it as usize) < tenant.people.len()),
                "an owner who is not there"
            );
        }
        let Some(text) = &device.os_version else { continue };
        for platform in Platform::ALL {
            let Some(version) = Version::parse(platform, text) else { continue };
            let again = Version::parse(platform, &version.to_string());
            assert_eq!(again, Some(version), "what is printed is read again: {text:?}");
        }
    }
    let (devices, people) = (tenant.devices.len(), tenant.people.len());
    read(data, "again", &mut tenant);
    assert_eq!(tenant.people.len(), people, "the same people are there twice");
    assert!(tenant.devices.len() <= devices * 2);
});
