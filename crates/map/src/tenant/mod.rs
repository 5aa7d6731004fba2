//! Reads a tenant from an export: a folder of JSON as Microsoft Graph writes it, v1.0 or beta, single resources or paged
//! collections, by whatever tool.
//!
//! 1. `folder` finds the files; nothing else here touches the disk.
//! 2. `file` takes each apart: a resource, a collection, pages, answers to a batch.
//! 3. `route` tells what a resource is: by its context, its type, its shape, and at last by the path of its file.
//! 4. `person`, `group`, `device`, `methods` and `policy` read resources into `gather`. What is wrong is left out with its
//!    file, line and field; the rest loads.
//! 5. `assemble`, `membership` and `inventory` put it together, `notes` tells what a reader has to know.
//!
//! Nothing is guessed: what an export does not say is unknown, and an empty collection is not a missing one.

pub(crate) mod assemble;
pub(crate) mod device;
pub(crate) mod file;
mod folder;
mod gather;
mod group;
mod inventory;
pub(crate) mod json;
pub(crate) mod membership;
mod methods;
mod notes;
mod person;
mod policy;
pub(crate) mod route;

use crate::model::{LeftOut, Source, Tenant};
pub use folder::{MAX_DEPTH, MAX_FILE, MAX_FILES, ReadError};
use gather::Gathered;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// How many files are read at a time: what a small machine has of processors, and no more memory than for as many files.
const WORKERS: usize = 2;

/// Reads the export in a folder. `progress` is told after each file how many of how many are read.
///
/// # Errors
///
/// [`ReadError`] if there is no folder of JSON. What is wrong within files is in [`Tenant::left_out`].
pub fn read(folder: &Path, progress: &mut dyn FnMut(usize, usize)) -> Result<Tenant, ReadError> {
    let found = folder::walk(folder)?;
    let next = AtomicUsize::new(0);
    let (sender, done) = mpsc::channel();
    let mut gathered = Gathered::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|_| {
                let (next, found, sender) = (&next, &found, sender.clone());
                scope.spawn(move || worker(next, found, &sender))
            })
            .collect();
        drop(sender);
        let mut read = 0;
        for _ in done {
            read += 1;
            progress(read, found.len());
        }
        for worker in workers {
            // A worker that panicked has lost what it read: better no answer than one without it.
            gathered.join(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
    });
    Ok(assemble::tenant(found.into_iter().map(|it| it.name).collect(), gathered))
}

fn worker(next: &AtomicUsize, found: &[folder::Found], done: &mpsc::Sender<()>) -> Gathered {
    let mut gathered = Gathered::default();
    loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some(it) = found.get(at) else { return gathered };
        let file = u32::try_from(at).unwrap_or(u32::MAX);
        match folder::bytes(&it.path) {
            Ok(bytes) => file::read(file, &it.name, &bytes, &mut gathered),
            Err(found) => gathered.left_out.push(LeftOut {
                source: Source { file, line: 0 },
                field: String::new(),
                expected: format!("a file of at most {MAX_FILE} bytes that can be read"),
                found,
            }),
        }
        // Nobody listens any more only if the reader itself is gone.
        let _ = done.send(());
    }
}

/// Reads an export that is already in memory: names, relative to its folder, and bytes. What is wrong is in
/// [`Tenant::left_out`].
#[must_use]
pub fn parse<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Tenant {
    let mut gathered = Gathered::default();
    let mut names = Vec::new();
    for (at, (name, bytes)) in files.into_iter().enumerate() {
        file::read(u32::try_from(at).unwrap_or(u32::MAX), name, bytes, &mut gathered);
        names.push(name.to_owned());
    }
    assemble::tenant(names, gathered)
}
