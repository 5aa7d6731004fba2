//! Reads an export and tells how long it took: `import_speed FOLDER`.

use std::path::Path;
use std::time::Instant;

fn main() {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: import_speed FOLDER");
        return;
    };
    let start = Instant::now();
    match passband_map::tenant::read(Path::new(&folder), &mut |_, _| {}) {
        Ok(tenant) => {
            let (people, devices) = (tenant.people.len(), tenant.devices.len());
            eprintln!(
                "{people} people, {devices} devices, {} files, {:?}",
                tenant.files.len(),
                start.elapsed()
            );
            for it in &tenant.notes {
                eprintln!("{}: {}", it.code, it.about.join(", "));
            }
            for it in tenant.left_out.iter().take(5) {
                eprintln!("{it:?}");
            }
        }
        Err(error) => eprintln!("{error}"),
    }
}
