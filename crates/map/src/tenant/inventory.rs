//! Joins what is said of one device in several places, and finds whose it is.

use super::assemble::fill_device;
use super::gather::{Any, DeviceRecord, Gathered};
use super::membership::Places;
use super::route::Kind;
use crate::model::Tenant;
use passband_core::policy::access::facts::Fact;
use rustc_hash::FxHashMap as HashMap;

/// Fills in the devices.
pub(super) fn devices(gathered: &mut Gathered, tenant: &mut Tenant, places: &Places) {
    let mut records = std::mem::take(&mut gathered.devices);
    records.sort_by_key(|it| (it.device.id, it.object, it.device.source));
    records.dedup_by(|later, first| {
        let same = first.device.id.is_some() && first.device.id == later.device.id;
        if same {
            first.object = first.object.or(later.object);
            first.owners.append(&mut later.owners);
            first.owners_given |= later.owners_given;
            fill_device(&mut first.device, later.device.clone());
        }
        same
    });
    join_managed(gathered, &mut records);
    let mut found: Vec<Vec<u32>> =
        records.iter().map(|it| it.owners.iter().filter_map(|whom| places.of_whom(whom)).collect()).collect();
    let by_any = by_any(&records);
    for (id, whom) in std::mem::take(&mut gathered.owners) {
        if let (Some(at), Some(person)) = (by_any.get(&id), places.of_whom(&whom)) {
            found[*at].push(person);
        }
    }
    for id in &gathered.owners_given {
        if let Some(at) = by_any.get(id) {
            records[*at].owners_given = true;
        }
    }
    // Where each person's devices are listed, those in nobody's list are nobody's.
    let mut asked: Vec<_> = gathered.devices_given.iter().filter_map(|it| places.of_whom(it)).collect();
    asked.sort_unstable();
    asked.dedup();
    let everybody = !tenant.people.is_empty() && asked.len() == tenant.people.len();
    let mut unowned = 0_usize;
    tenant.devices = Vec::with_capacity(records.len());
    for (mut record, mut owners) in records.into_iter().zip(found) {
        owners.sort_unstable();
        owners.dedup();
        owners.shrink_to_fit();
        if record.owners_given || everybody || !owners.is_empty() {
            record.device.owners = Fact::Known(owners);
        } else {
            unowned += 1;
        }
        tenant.devices.push(record.device);
    }
    if unowned > 0 {
        gathered
            .remark("device-owners-not-exported", format!("{unowned} of {} devices", tenant.devices.len()));
    }
    if !gathered.pages.contains_key(&Kind::Devices) && tenant.devices.is_empty() {
        gathered.remark("devices-not-exported", "");
    }
}

/// Places of devices by either id.
fn by_any(records: &[DeviceRecord]) -> HashMap<Any, usize> {
    let mut places = HashMap::with_capacity_and_hasher(records.len() * 2, Default::default());
    for (at, record) in records.iter().enumerate() {
        places.extend(record.object.map(|id| (id, at)));
        places.extend(record.device.id.map(|id| (*id.as_bytes(), at)));
    }
    places
}

/// What Intune says fills the gaps of the directory's record: policies ask the directory.
fn join_managed(gathered: &mut Gathered, records: &mut Vec<DeviceRecord>) {
    let mut managed = std::mem::take(&mut gathered.managed);
    managed.sort_by_key(|it| (it.device.id, it.device.source));
    let known: HashMap<_, usize> =
        records.iter().enumerate().filter_map(|(at, it)| Some((it.device.id?, at))).collect();
    for it in managed {
        match it.device.id.and_then(|id| known.get(&id)) {
            Some(at) => {
                records[*at].owners.extend(it.owner);
                fill_device(&mut records[*at].device, it.device);
            }
            None => {
                let owners = it.owner.into_iter().collect();
                records.push(DeviceRecord { object: None, device: it.device, owners, owners_given: false });
            }
        }
    }
}
