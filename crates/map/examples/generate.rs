//! Writes the export of a tenant that there is not: `generate --users 100000 --seed 7 FOLDER`.

use passband_map::generate::{Size, tenant};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut users, mut seed, mut folder) = (1000, 7, None);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|it| it.parse::<u32>().ok());
        match argument.as_str() {
            "--users" => users = number().unwrap_or(users),
            "--seed" => seed = number().map_or(seed, u64::from),
            _ => folder = Some(PathBuf::from(argument)),
        }
    }
    let Some(folder) = folder else {
        eprintln!("usage: generate [--users 1000] [--seed 7] FOLDER");
        return ExitCode::FAILURE;
    };
    let mut failure = None;
    let made = tenant(seed, Size::of_users(users), &mut |path, bytes| {
        if failure.is_none() {
            failure = write(&folder.join(path), bytes).err();
        }
    });
    if let Some(error) = failure {
        eprintln!("{}: {error}", folder.display());
        return ExitCode::FAILURE;
    }
    eprintln!("{made:#?}");
    ExitCode::SUCCESS
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(path, bytes)
}
