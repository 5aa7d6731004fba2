//! The one place of this crate that touches files.

use std::fs;
use std::path::{Path, PathBuf};

/// Most bytes of one file.
pub const MAX_FILE: u64 = 512 * 1024 * 1024;
/// Most files of an export: one for each of a few collections of 300 000 people.
pub const MAX_FILES: usize = 2_000_000;
/// Most folders in each other.
pub const MAX_DEPTH: usize = 16;

/// Why a folder could not be read at all, and what to do. What is wrong with single files is no reason.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not there.
    #[error("there is no such folder; name the one that the export was written to")]
    Missing,
    /// It is a file.
    #[error("it is no folder; name the folder that the files of the export are in")]
    NoFolder,
    /// It may not be read.
    #[error("{path}: {error}; it has to be readable by whoever runs this")]
    Folder {
        /// Which: it, or a folder in it.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It holds more than [`MAX_FILES`] files.
    #[error(
        "it holds more than {MAX_FILES} files; export collections, in pages, and not each resource by itself"
    )]
    TooManyFiles,
    /// There is no JSON file in it.
    #[error("no file in it ends in .json; export through Microsoft Graph into it (docs/plan.md, \"Export\")")]
    Nothing,
}

/// A file of an export, or why it is none.
pub(super) struct Found {
    /// Relative to the folder, with `/` between.
    pub(super) name: String,
    pub(super) path: PathBuf,
}

/// Every JSON file below a folder, sorted by name.
pub(super) fn walk(folder: &Path) -> Result<Vec<Found>, ReadError> {
    match fs::metadata(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(ReadError::Missing),
        Ok(it) if !it.is_dir() => return Err(ReadError::NoFolder),
        _ => {}
    }
    let mut found = Vec::new();
    let mut waiting = vec![(folder.to_path_buf(), String::new(), 0)];
    while let Some((path, name, depth)) = waiting.pop() {
        let wrong = |error| ReadError::Folder { path: path.display().to_string(), error };
        for entry in fs::read_dir(&path).map_err(wrong)? {
            let entry = entry.map_err(wrong)?;
            let Some(own) = entry.file_name().to_str().map(str::to_owned) else { continue };
            let name = if name.is_empty() { own } else { format!("{name}/{own}") };
            // Of a link this is the link itself: a folder from elsewhere must not bring files of this machine along.
            let kind = entry.file_type().map_err(wrong)?;
            if kind.is_dir() && depth < MAX_DEPTH {
                waiting.push((entry.path(), name, depth + 1));
            } else if kind.is_file() && name.to_ascii_lowercase().ends_with(".json") {
                found.push(Found { name, path: entry.path() });
            }
            if found.len() > MAX_FILES {
                return Err(ReadError::TooManyFiles);
            }
        }
    }
    if found.is_empty() {
        return Err(ReadError::Nothing);
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// A file's bytes.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_FILE {
        return Err(format!("{size} bytes"));
    }
    fs::read(path).map_err(|error| error.to_string())
}
