//! The state directory: where a device keeps its keys, its identity and its PRT.
//!
//! It is mode 0700 and each file in it 0600, both owned by the user who runs the broker. That is checked on
//! every read and not only arranged on write: a key that others could read is no longer a key. Files are opened
//! relative to the directory without following links, so no path can be swapped underneath.

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// No file of ours is longer.
const MAX_LEN: u64 = 256 * 1024;

/// Why the state directory, or a file in it, was not used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The operating system said no.
    #[error("cannot use {path}: {source}")]
    Io {
        /// What was to be used.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The content is not what the broker writes.
    #[error("{0} is damaged; restore it, or run `passband device leave --forget` and join again")]
    Malformed(PathBuf),
    /// Group or others may read or write it.
    #[error("{0} can be reached by other users; it may have been read. Check why, then `chmod go-rwx` it")]
    Open(PathBuf),
    /// Another user owns it.
    #[error("{0} belongs to another user; the broker only uses its own files")]
    Owner(PathBuf),
    /// A link, a pipe or something else stands where a file or directory should.
    #[error("{0} is not a plain file or directory; the broker follows no links here")]
    Kind(PathBuf),
    /// Longer than anything the broker writes.
    #[error("{0} is longer than the broker would write it")]
    TooLong(PathBuf),
}

/// A directory only its owner can enter.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
    dir: OwnedFd,
}

/// Held while one process changes what is in a state directory; released when dropped.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held for its lock, never read")] File);

impl StateDir {
    /// Opens the directory, making it (and what leads to it) if it is not there.
    ///
    /// # Errors
    ///
    /// [`StateError`] if it is a link, is not ours, or can be entered by others.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent).map_err(|source| io(parent, source))?;
        }
        match rustix::fs::mkdir(path, Mode::RWXU) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => {}
            Err(errno) => return Err(io(path, errno.into())),
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let dir = rustix::fs::open(path, flags, Mode::empty()).map_err(|errno| opened(path, errno))?;
        let stat = rustix::fs::fstat(&dir).map_err(|errno| io(path, errno.into()))?;
        only_ours(path, &stat, FileType::Directory)?;
        Ok(Self { path: path.to_owned(), dir })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a file; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`StateError`] if it is a link, is not ours, or can be read by others.
    pub fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StateError> {
        let path = self.path.join(name);
        // NONBLOCK: a pipe put in the file's place must not hold the broker up before its kind is checked.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let fd = match rustix::fs::openat(&self.dir, name, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(opened(&path, errno)),
        };
        let stat = rustix::fs::fstat(&fd).map_err(|errno| io(&path, errno.into()))?;
        only_ours(&path, &stat, FileType::RegularFile)?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(8 * 1024));
        File::from(fd).take(MAX_LEN + 1).read_to_end(&mut bytes).map_err(|source| io(&path, source))?;
        if bytes.len() as u64 > MAX_LEN {
            return Err(StateError::TooLong(path));
        }
        Ok(Some(bytes))
    }

    /// Writes a file whole: a crash leaves the old one or the new one, never half of either.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StateError> {
        let path = self.path.join(name);
        let fail = |source: std::io::Error| io(&path, source);
        let temp = format!(".{name}.{}", std::process::id());
        // What a crashed process of the same number left; EXCL below refuses anything put there since.
        let _ = rustix::fs::unlinkat(&self.dir, &temp, AtFlags::empty());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.dir, &temp, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|errno| fail(errno.into()))?;
        let mut file = File::from(fd);
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fail)?;
        rustix::fs::renameat(&self.dir, &temp, &self.dir, name).map_err(|errno| fail(errno.into()))?;
        rustix::fs::fsync(&self.dir).map_err(|errno| fail(errno.into()))
    }

    /// Removes a file, if it is there.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`].
    pub fn remove(&self, name: &str) -> Result<(), StateError> {
        match rustix::fs::unlinkat(&self.dir, name, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(errno) => Err(io(&self.path.join(name), errno.into())),
        }
    }

    /// Waits until no other process holds the directory, then holds it: one request in flight per PRT, so that an
    /// honest race of two commands never looks like a replay to the server.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`].
    pub fn lock(&self) -> Result<Lock, StateError> {
        let path = self.path.join("lock");
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.dir, "lock", flags, Mode::RUSR | Mode::WUSR)
            .map_err(|errno| opened(&path, errno))?;
        let file = File::from(fd);
        file.lock().map_err(|source| io(&path, source))?;
        Ok(Lock(file))
    }
}

fn io(path: &Path, source: std::io::Error) -> StateError {
    StateError::Io { path: path.to_owned(), source }
}

/// What a failed open without following links means.
fn opened(path: &Path, errno: rustix::io::Errno) -> StateError {
    match errno {
        rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR | rustix::io::Errno::NXIO => {
            StateError::Kind(path.to_owned())
        }
        other => io(path, other.into()),
    }
}

fn only_ours(path: &Path, stat: &Stat, kind: FileType) -> Result<(), StateError> {
    if FileType::from_raw_mode(stat.st_mode) != kind {
        return Err(StateError::Kind(path.to_owned()));
    }
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(StateError::Owner(path.to_owned()));
    }
    if stat.st_mode & 0o077 != 0 {
        return Err(StateError::Open(path.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use passband_wire::rng::SystemRandom;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    /// A directory of its own, removed at the end.
    pub(crate) struct Scratch(pub(crate) PathBuf);

    impl Scratch {
        pub(crate) fn new() -> Self {
            let name = passband_wire::jose::jws::random_text::<12>(&SystemRandom);
            let path = std::env::temp_dir().join(format!("passband-broker-{name}"));
            std::fs::create_dir(&path).unwrap();
            Self(path)
        }

        pub(crate) fn state(&self) -> StateDir {
            StateDir::open(&self.0.join("state")).unwrap()
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn mode(path: &Path) -> u32 {
        std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn chmod(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_is_written_is_private_and_reads_back() {
        let scratch = Scratch::new();
        let state = scratch.state();
        assert!(state.read("key").unwrap().is_none());
        state.write("key", b"one").unwrap();
        state.write("key", b"two").unwrap();
        assert_eq!(state.read("key").unwrap().unwrap().as_slice(), b"two");
        assert_eq!((mode(state.path()), mode(&state.path().join("key"))), (0o700, 0o600));
        let names = std::fs::read_dir(state.path()).unwrap().count();
        assert_eq!(names, 1, "no temporary file stays behind");
        state.remove("key").unwrap();
        state.remove("key").unwrap();
        assert!(state.read("key").unwrap().is_none());
    }

    #[test]
    fn a_file_or_directory_others_can_reach_is_refused() {
        let scratch = Scratch::new();
        let state = scratch.state();
        state.write("key", b"one").unwrap();
        for bits in [0o640, 0o604, 0o620, 0o601] {
            chmod(&state.path().join("key"), bits);
            assert!(matches!(state.read("key"), Err(StateError::Open(_))), "{bits:o}");
        }
        for bits in [0o750, 0o705, 0o711] {
            chmod(state.path(), bits);
            assert!(matches!(StateDir::open(state.path()), Err(StateError::Open(_))), "{bits:o}");
        }
    }

    #[test]
    fn links_and_pipes_are_refused() {
        let scratch = Scratch::new();
        let state = scratch.state();
        let elsewhere = scratch.0.join("elsewhere");
        std::fs::write(&elsewhere, b"x").unwrap();
        chmod(&elsewhere, 0o600);
        symlink(&elsewhere, state.path().join("key")).unwrap();
        assert!(matches!(state.read("key"), Err(StateError::Kind(_))));
        // Writing replaces the link and leaves what it pointed at alone.
        state.write("key", b"mine").unwrap();
        assert_eq!(std::fs::read(&elsewhere).unwrap(), b"x");
        symlink(&elsewhere, state.path().join("lock")).unwrap();
        assert!(matches!(state.lock(), Err(StateError::Kind(_))));
        symlink(state.path(), scratch.0.join("link")).unwrap();
        assert!(matches!(StateDir::open(&scratch.0.join("link")), Err(StateError::Kind(_))));
        std::fs::create_dir(state.path().join("dir")).unwrap();
        assert!(matches!(state.read("dir"), Err(StateError::Kind(_))));
    }

    #[test]
    fn the_size_is_bounded() {
        let scratch = Scratch::new();
        let state = scratch.state();
        state.write("big", &vec![0; usize::try_from(MAX_LEN).unwrap() + 1]).unwrap();
        assert!(matches!(state.read("big"), Err(StateError::TooLong(_))));
    }

    #[test]
    fn one_holder_at_a_time() {
        let scratch = Scratch::new();
        let state = scratch.state();
        let held = state.lock().unwrap();
        let other = File::open(state.path().join("lock")).unwrap();
        assert!(other.try_lock().is_err());
        drop(held);
        assert!(other.try_lock().is_ok());
    }
}
