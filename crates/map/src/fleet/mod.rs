//! A list of devices that somebody keeps: CSV or JSON, from a spreadsheet or a device management. It says what no export
//! of Graph does: which browsers people use, what keeps a device's keys, whether single sign-on is set up.

mod column;
mod csv;

use crate::model::{Device, Filtered, LeftOut, Note, Person, Source, Tenant};
use crate::tenant::assemble::{fill, fill_device};
use crate::tenant::file::decode;
use crate::tenant::json::{Object, Str, Text, cut};
use crate::tenant::membership::Places;
use crate::tenant::route::Whom;
use column::{Column, Columns};
use csv::CsvError;
use passband_core::id::{DeviceId, UserId};
use passband_core::policy::access::facts::Fact;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// A row: its line, and what stands in the columns that are known.
struct Row {
    line: u32,
    cells: Vec<(Column, String)>,
}

/// What a cell should be, and what it is.
struct Wrong {
    column: Column,
    expected: &'static str,
    found: String,
}

/// Reads a list of devices into a tenant. A device of the export gains what the list says and the export does not; one
/// that the export does not have is added. Rows with a wrong cell are left out ([`Tenant::left_out`]); the rest loads.
///
/// A row is a device of the export by `deviceId`, else by name and owner.
pub fn read(bytes: &[u8], name: &str, tenant: &mut Tenant) {
    let file = u32::try_from(tenant.files.len()).unwrap_or(u32::MAX);
    tenant.files.push(name.to_owned());
    let mut left_out = Vec::new();
    let mut leave = |line, field: &str, expected: &str, found: &str| {
        let (field, expected) = (field.to_owned(), expected.to_owned());
        left_out.push(LeftOut { source: Source { file, line }, field, expected, found: cut(found) });
    };
    let rows = match decode(bytes) {
        None => {
            leave(1, "", "CSV or JSON, in UTF-8 or UTF-16", "bytes that are no text");
            Vec::new()
        }
        Some(text) if text.trim_start().starts_with(['[', '{']) => json(&text, file, &mut leave),
        Some(text) => table(&text, &mut leave),
    };
    let mut fleet = Fleet::of(tenant, file);
    for row in &rows {
        match fleet.device(row) {
            Ok((device, owners)) => fleet.add(device, owners),
            Err(wrong) => leave(row.line, wrong.column.name(), wrong.expected, &wrong.found),
        }
    }
    fleet.finish();
    tenant.left_out.extend(left_out);
}

fn table(text: &str, leave: &mut dyn FnMut(u32, &str, &str, &str)) -> Vec<Row> {
    let (rows, error) = csv::rows(text);
    match error {
        Some(CsvError::Unclosed(line)) => {
            leave(line, "", "a quotation mark that closes", "the end of the file")
        }
        Some(CsvError::TooMuch(line)) => leave(line, "", "fewer rows and cells", ""),
        None => {}
    }
    let mut rows = rows.into_iter();
    let Some(header) = rows.next() else { return Vec::new() };
    let columns = Columns::of(header.cells.iter().map(String::as_str));
    if !columns.are_enough() {
        leave(
            header.line,
            "",
            "a header with a device's name or id, and its platform",
            &header.cells.join(","),
        );
        return Vec::new();
    }
    let cells = |cells: Vec<String>| {
        let known = cells.into_iter().enumerate().filter_map(|(at, cell)| Some((columns.at(at)?, cell)));
        known.map(|(column, cell)| (column, cell.trim().to_owned())).collect()
    };
    rows.map(|row| Row { line: row.line, cells: cells(row.cells) }).collect()
}

fn json(text: &str, file: u32, leave: &mut dyn FnMut(u32, &str, &str, &str)) -> Vec<Row> {
    let lines = Text::new(file, text);
    let list = match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) if raw.get().starts_with('[') => serde_json::from_str::<Vec<&RawValue>>(raw.get()).ok(),
        Ok(raw) => Object::read(raw).ok().and_then(|it| {
            let list = it.list("devices").ok().flatten();
            list.or_else(|| it.list("value").ok().flatten())
        }),
        Err(error) => {
            let line = u32::try_from(error.line()).unwrap_or(u32::MAX);
            leave(line, "", "JSON", &error.to_string());
            return Vec::new();
        }
    };
    let Some(list) = list else {
        leave(1, "", "a list of devices", text);
        return Vec::new();
    };
    let mut rows = Vec::with_capacity(list.len().min(csv::MAX_ROWS));
    for raw in list.into_iter().take(csv::MAX_ROWS) {
        let line = lines.place(raw.get()).line;
        let Ok(object) = Object::read(raw) else {
            leave(line, "", "an object", raw.get());
            continue;
        };
        let names: Vec<_> = object.names().collect();
        let columns = Columns::of(names.iter().copied());
        let mut cells = Vec::new();
        let known =
            names.iter().enumerate().filter_map(|(at, name)| Some((columns.at(at)?, object.get(name)?)));
        let mut wrong = false;
        for (column, value) in known {
            match plain(value.get()) {
                Some(cell) => cells.push((column, cell)),
                None => {
                    leave(
                        lines.place(value.get()).line,
                        column.name(),
                        "a text, or a list of texts",
                        value.get(),
                    );
                    wrong = true;
                }
            }
        }
        if !wrong {
            rows.push(Row { line, cells });
        }
    }
    rows
}

/// A value as a cell of a table would have it.
fn plain(json: &str) -> Option<String> {
    match json.as_bytes().first()? {
        b'"' => serde_json::from_str::<Str<'_>>(json).ok().map(|it| it.0.trim().to_owned()),
        b'[' => serde_json::from_str::<Vec<String>>(json).ok().map(|it| it.join(";")),
        b'{' => None,
        _ => Some(json.to_owned()),
    }
}

/// The devices that are known, found by their ids and names.
struct Fleet<'t> {
    tenant: &'t mut Tenant,
    file: u32,
    places: Places,
    by_id: HashMap<DeviceId, usize>,
    by_name: HashMap<String, Vec<usize>>,
    /// Nobody was exported: whoever owns a device is somebody.
    alone: bool,
    new_people: HashMap<Whom, u32>,
}

impl<'t> Fleet<'t> {
    fn of(tenant: &'t mut Tenant, file: u32) -> Self {
        let devices = || tenant.devices.iter().enumerate();
        let by_id = devices().filter_map(|(at, it)| Some((it.id?, at))).collect();
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, it) in devices() {
            by_name.entry(it.name.to_lowercase()).or_default().push(at);
        }
        let (places, alone) = (Places::of(tenant), tenant.people.is_empty());
        Self { tenant, file, places, by_id, by_name, alone, new_people: HashMap::new() }
    }

    fn device(&mut self, row: &Row) -> Result<(Device, Fact<Vec<u32>>), Wrong> {
        let mut device = Device {
            id: None,
            name: String::new(),
            owners: Fact::Unknown,
            platform: Fact::Unknown,
            os: None,
            os_version: None,
            trust: Fact::Unknown,
            enabled: Fact::Unknown,
            compliant: Fact::Unknown,
            managed: Fact::Unknown,
            ownership: None,
            keys: Fact::Unknown,
            sso: Fact::Unknown,
            browsers: Fact::Unknown,
            filtered: Box::new(Filtered::default()),
            source: Source { file: self.file, line: row.line },
        };
        let mut owners = Fact::Unknown;
        for (column, cell) in row.cells.iter().filter(|(_, cell)| !cell.is_empty()) {
            let wrong = |expected| Wrong { column: *column, expected, found: cell.clone() };
            if *column == Column::Owner {
                owners = Fact::Known(self.owners(cell).ok_or_else(|| wrong("people of the export"))?);
            } else {
                column::set(*column, cell, &mut device).map_err(wrong)?;
            }
        }
        if device.name.is_empty() && device.id.is_none() {
            let expected = "the name of a device, or its id";
            return Err(Wrong { column: Column::Name, expected, found: String::new() });
        }
        Ok((device, owners))
    }

    fn owners(&mut self, cell: &str) -> Option<Vec<u32>> {
        let mut owners = Vec::new();
        for text in cell.split([';', ',']).map(str::trim).filter(|it| !it.is_empty()) {
            let whom = Whom::of(text)?;
            let known = self.places.of_whom(&whom).or_else(|| self.new_people.get(&whom).copied());
            owners.push(match known {
                Some(place) => place,
                None if self.alone => self.somebody(whom)?,
                None => return None,
            });
        }
        owners.sort_unstable();
        owners.dedup();
        Some(owners)
    }

    /// Somebody of whom nothing is known but a device. Their id is made of their name, which has to be the same in every
    /// run.
    fn somebody(&mut self, whom: Whom) -> Option<u32> {
        let (id, name) = match &whom {
            Whom::Id(id) => (*id, id.to_string()),
            Whom::Name(name) => (UserId::from_bytes(spread(name)), name.to_string()),
        };
        let place = u32::try_from(self.tenant.people.len()).ok()?;
        self.tenant.people.push(Person {
            id,
            name,
            enabled: Fact::Unknown,
            guest: Fact::Unknown,
            groups: Fact::Unknown,
            roles: Fact::Unknown,
            passkeys: Fact::Unknown,
            methods: Fact::Unknown,
            source: Source { file: self.file, line: 0 },
        });
        self.new_people.insert(whom, place);
        Some(place)
    }

    fn find(&self, device: &Device, owners: &Fact<Vec<u32>>) -> Option<usize> {
        if let Some(id) = device.id {
            return self.by_id.get(&id).copied();
        }
        let owners = owners.known()?;
        let named = self.by_name.get(&device.name.to_lowercase())?;
        named.iter().copied().find(|at| {
            let theirs = self.tenant.devices[*at].owners.known();
            theirs.is_some_and(|theirs| theirs.iter().any(|it| owners.contains(it)))
        })
    }

    fn add(&mut self, mut device: Device, owners: Fact<Vec<u32>>) {
        if let Some(known) = self.find(&device, &owners).and_then(|at| self.tenant.devices.get_mut(at)) {
            fill(&mut known.keys, device.keys);
            fill(&mut known.sso, device.sso);
            fill(&mut known.browsers, std::mem::take(&mut device.browsers));
            fill(&mut known.owners, owners);
            fill_device(known, device);
            return;
        }
        device.owners = owners;
        let at = self.tenant.devices.len();
        self.by_id.extend(device.id.map(|id| (id, at)));
        self.by_name.entry(device.name.to_lowercase()).or_default().push(at);
        self.tenant.devices.push(device);
    }

    fn finish(self) {
        if !self.new_people.is_empty() {
            let text = "Nobody was exported: whoever owns a device in this list was taken for a person of whom \
                        nothing else is known.";
            let about = vec![format!("{} people", self.new_people.len())];
            self.tenant.notes.push(Note { code: "people-from-fleet", text: text.to_owned(), about });
        }
    }
}

/// Sixteen bytes of a text (FNV-1a, twice). They tell people of one list apart; nothing is secured by them.
fn spread(text: &str) -> [u8; 16] {
    let hash = |seed: u64| {
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        text.bytes().fold(0xcbf2_9ce4_8422_2325 ^ seed, step)
    };
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&hash(0).to_be_bytes());
    bytes[8..].copy_from_slice(&hash(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes
}
