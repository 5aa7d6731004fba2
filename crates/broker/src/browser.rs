//! Opening a page in the person's own browser, where their passkeys are.

use std::process::{Command, Stdio};

/// Why the browser did not open.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// The command cannot be run.
    #[error(
        "cannot open a browser with `{command}`: {source}. Use --no-browser and open the address yourself"
    )]
    Run {
        /// The program.
        command: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The command is empty.
    #[error("the browser command is empty")]
    Empty,
}

/// Whatever brings a person to an address: their browser, a printed line, or a test that plays the person.
pub trait Browser: Sync {
    /// Opens `url` and returns without waiting for the page to be left.
    ///
    /// # Errors
    ///
    /// [`BrowserError`].
    fn open(&self, url: &str) -> Result<(), BrowserError>;
}

impl<F: Fn(&str) -> Result<(), BrowserError> + Sync> Browser for F {
    fn open(&self, url: &str) -> Result<(), BrowserError> {
        self(url)
    }
}

/// The system's browser, or the one a command names.
#[derive(Clone, Debug, Default)]
pub struct SystemBrowser {
    /// Program and arguments, split at spaces. `%s` stands for the address; without it the address comes last.
    pub command: Option<String>,
}

impl Browser for SystemBrowser {
    fn open(&self, url: &str) -> Result<(), BrowserError> {
        let (program, arguments) = self.words(url)?;
        // Never through a shell: the address holds `&`, and came from a server.
        Command::new(&program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(drop)
            .map_err(|source| BrowserError::Run { command: program, source })
    }
}

impl SystemBrowser {
    fn words(&self, url: &str) -> Result<(String, Vec<String>), BrowserError> {
        let command = self.command.as_deref().unwrap_or(DEFAULT);
        let mut words = command.split_whitespace().map(str::to_owned);
        let program = words.next().ok_or(BrowserError::Empty)?;
        let mut arguments: Vec<String> = words.collect();
        if arguments.iter().any(|word| word.contains("%s")) {
            for word in &mut arguments {
                *word = word.replace("%s", url);
            }
        } else {
            arguments.push(url.to_owned());
        }
        Ok((program, arguments))
    }
}

#[cfg(target_os = "macos")]
const DEFAULT: &str = "open";
#[cfg(windows)]
const DEFAULT: &str = "rundll32 url.dll,FileProtocolHandler";
#[cfg(not(any(target_os = "macos", windows)))]
const DEFAULT: &str = "xdg-open";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_one_argument() {
        let words = |command: &str| {
            SystemBrowser { command: Some(command.to_owned()) }.words("http://h/?a=1&b=$(x) y").unwrap().1
        };
        assert_eq!(words("firefox"), ["http://h/?a=1&b=$(x) y"]);
        assert_eq!(words("chromium --app=%s --incognito"), ["--app=http://h/?a=1&b=$(x) y", "--incognito"]);
        let empty = SystemBrowser { command: Some(" ".to_owned()) };
        assert!(matches!(empty.open("http://h/"), Err(BrowserError::Empty)));
        let missing = SystemBrowser { command: Some("/nonexistent/browser".to_owned()) };
        assert!(matches!(missing.open("http://h/"), Err(BrowserError::Run { .. })));
    }
}
