//! The rules of the house that no compiler checks.
//!
//! Each check is a function from text to the problems in it; this module reads the tree and calls them.

mod arrows;
mod documents;
mod floors;
mod length;
mod licence;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::{Outcome, cargo};

/// What a check found: each line says where, what, and what to do.
type Problems = Vec<String>;

/// Runs every check.
///
/// # Errors
///
/// The problems found, one a line.
pub(crate) fn run(root: &Path) -> Outcome {
    let tree = Tree::read(root)?;
    let settings = Settings::read(root)?;
    let metadata = metadata(root)?;
    let mut problems = Problems::new();
    problems.extend(arrows::check(&metadata));
    problems.extend(floors::check(&tree.under("crates/core/src/", "rs"), &settings.foundation));
    problems.extend(length::check(&tree.texts, &settings.long_files));
    problems.extend(licence::check(&metadata));
    problems.extend(words::check(&tree.texts));
    problems.extend(documents::check(&tree, &metadata));
    if problems.is_empty() {
        println!("tidy: {} files, nothing found", tree.files.len());
        return Ok(());
    }
    Err(format!("{}\ntidy: {} problems", problems.join("\n"), problems.len()).into())
}

/// `xtask/tidy.toml`: the exceptions, each with its reason.
pub(crate) struct Settings {
    /// Files that tests write; a run in which one of them changes fails.
    pub(crate) generated: Vec<String>,
    long_files: Vec<LongFile>,
    /// Floors that a module below the floors may name all the same.
    foundation: BTreeMap<String, Vec<String>>,
}

/// A file allowed to be longer than the limit, up to `lines`.
struct LongFile {
    path: String,
    lines: usize,
}

impl Settings {
    /// Reads the settings of the workspace at `root`.
    ///
    /// # Errors
    ///
    /// When the file is missing, or says something this program does not know.
    pub(crate) fn read(root: &Path) -> Outcome<Self> {
        let path = root.join("xtask/tidy.toml");
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()).into())
    }

    fn parse(text: &str) -> Outcome<Self> {
        let mut table: toml::Table = text.parse()?;
        let generated = strings(table.remove("generated"))?;
        let mut long_files = Vec::new();
        if let Some(list) = table.remove("long_files") {
            for file in list.as_array().ok_or("long_files is not a list")? {
                long_files.push(LongFile::parse(file)?);
            }
        }
        let mut foundation = BTreeMap::new();
        if let Some(modules) = table.remove("foundation") {
            for (module, floors) in modules.as_table().ok_or("foundation is not a table")? {
                foundation.insert(module.clone(), strings(Some(floors.clone()))?);
            }
        }
        match table.keys().next() {
            Some(key) => Err(format!("unknown key `{key}`").into()),
            None => Ok(Self { generated, long_files, foundation }),
        }
    }
}

impl LongFile {
    fn parse(file: &toml::Value) -> Outcome<Self> {
        let text = |key| file.get(key).and_then(toml::Value::as_str).filter(|text| !text.is_empty());
        text("reason").ok_or("a long file needs a reason")?;
        Ok(Self {
            path: text("path").ok_or("a long file needs a path")?.to_owned(),
            lines: file
                .get("lines")
                .and_then(toml::Value::as_integer)
                .and_then(|lines| usize::try_from(lines).ok())
                .ok_or("a long file needs the lines it has")?,
        })
    }
}

fn strings(value: Option<toml::Value>) -> Outcome<Vec<String>> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let list = value.as_array().ok_or("not a list of strings")?;
    list.iter().map(|item| Ok(item.as_str().ok_or("not a string")?.to_owned())).collect()
}

/// The files under version control, and those that would be with the next `git add`.
struct Tree {
    root: PathBuf,
    files: Vec<String>,
    /// Path and content of each file that is text.
    texts: Vec<(String, String)>,
}

impl Tree {
    fn read(root: &Path) -> Outcome<Self> {
        let output = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .map_err(|error| format!("git: {error}"))?;
        if !output.status.success() {
            return Err(format!("git: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let listed = String::from_utf8(output.stdout)?;
        let names = listed.split_terminator('\0').map(str::to_owned);
        let files: Vec<String> = names.filter(|name| root.join(name).is_file()).collect();
        let text = |name: &String| Some((name.clone(), std::fs::read_to_string(root.join(name)).ok()?));
        let texts = files.iter().filter_map(text).collect();
        Ok(Self { root: root.to_path_buf(), files, texts })
    }

    fn text(&self, path: &str) -> Option<&str> {
        self.texts.iter().find(|(name, _)| name == path).map(|(_, text)| text.as_str())
    }

    /// The text files below `folder` whose name ends in `extension`; their paths are relative to it.
    fn under(&self, folder: &str, extension: &str) -> Vec<(&str, &str)> {
        let inside =
            self.texts.iter().filter_map(|(path, text)| Some((path.strip_prefix(folder)?, text.as_str())));
        inside.filter(|(path, _)| path.rsplit_once('.').is_some_and(|(_, end)| end == extension)).collect()
    }
}

/// What cargo knows of the workspace and of all it pulls in on this platform.
fn metadata(root: &Path) -> Outcome<Value> {
    let version = Command::new("rustc").arg("-vV").output()?.stdout;
    let version = String::from_utf8(version)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc names no host")?;
    let output = cargo(root)
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform", host])
        .output()?;
    if !output.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// A dependency that a crate of the workspace names itself.
struct Direct<'a> {
    from: &'a str,
    to: &'a str,
    /// `normal`, `build` or `dev`.
    kind: &'a str,
}

/// Everything the workspace's own crates name in their manifests.
fn direct_dependencies(metadata: &Value) -> Vec<Direct<'_>> {
    let mut found = Vec::new();
    for package in members(metadata) {
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            found.push(Direct {
                from: package["name"].as_str().unwrap_or_default(),
                to: dependency["name"].as_str().unwrap_or_default(),
                kind: dependency["kind"].as_str().unwrap_or("normal"),
            });
        }
    }
    found
}

/// The packages of the workspace itself.
fn members(metadata: &Value) -> impl Iterator<Item = &Value> {
    let ids = metadata["workspace_members"].as_array();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages.filter(move |package| ids.is_some_and(|ids| ids.contains(&package["id"])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_refuse_what_they_do_not_know() {
        assert!(Settings::parse("generated = ['a.md']\n[foundation]\nchange = ['device']").is_ok());
        assert!(Settings::parse("genrated = []").is_err());
        assert!(Settings::parse("generated = [1]").is_err());
        assert!(Settings::parse("[[long_files]]\npath = 'a.rs'\nlines = 700").is_err());
        assert!(Settings::parse("[[long_files]]\npath = 'a.rs'\nlines = 700\nreason = 'x'").is_ok());
    }
}
