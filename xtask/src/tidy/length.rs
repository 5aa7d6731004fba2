//! Files a person can hold in their head.

use super::{LongFile, Problems};

const LIMIT: usize = 600;
const COUNTED: &[&str] = &["rs", "js", "css"];

/// Problems in `files`, given as path and content.
///
/// The exceptions may only shrink: one that is not needed, or allows more than is used, is a problem too.
pub(super) fn check(files: &[(String, String)], exceptions: &[LongFile]) -> Problems {
    let mut problems = Problems::new();
    for (path, text) in files {
        if !path.rsplit_once('.').is_some_and(|(_, end)| COUNTED.contains(&end)) {
            continue;
        }
        let lines = text.lines().count();
        match exceptions.iter().find(|file| file.path == *path) {
            None if lines > LIMIT => {
                problems.push(format!("{path}: {lines} lines, the limit is {LIMIT}: split it"))
            }
            Some(_) if lines <= LIMIT => {
                problems.push(format!("xtask/tidy.toml: {path} is short now: remove the exception"));
            }
            Some(file) if lines != file.lines => problems.push(format!(
                "{path}: {lines} lines, xtask/tidy.toml says {}: shorten the file, or lower the number",
                file.lines
            )),
            _ => {}
        }
    }
    for file in exceptions.iter().filter(|file| !files.iter().any(|(path, _)| *path == file.path)) {
        problems.push(format!("xtask/tidy.toml: {} does not exist: remove the exception", file.path));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, lines: usize, allowed: Option<usize>) -> usize {
        let exceptions: Vec<LongFile> =
            allowed.map(|lines| LongFile { path: "a.rs".to_owned(), lines }).into_iter().collect();
        check(&[(path.to_owned(), "x\n".repeat(lines))], &exceptions).len()
    }

    #[test]
    fn long_files_are_found() {
        assert_eq!(problems("a.rs", 600, None), 0);
        assert_eq!(problems("a.rs", 601, None), 1);
        assert_eq!(problems("a.css", 601, None), 1);
        assert_eq!(problems("a.md", 601, None), 0);
    }

    #[test]
    fn exceptions_only_shrink() {
        assert_eq!(problems("a.rs", 700, Some(700)), 0);
        assert_eq!(problems("a.rs", 701, Some(700)), 1);
        assert_eq!(problems("a.rs", 650, Some(700)), 1);
        assert_eq!(problems("a.rs", 600, Some(700)), 1);
        assert_eq!(problems("b.rs", 10, Some(700)), 1);
    }
}
