//! Cores, and what a process uses of one.

use crate::failure::Failure;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::time::Duration;

/// The core of the server and the core of the load; one and the same if there is no second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cores {
    server: usize,
    load: usize,
}

impl Cores {
    /// The first two this process may use.
    pub(super) fn pick() -> Result<Self, Failure> {
        let allowed = sched_getaffinity(None).map_err(|error| fail(&error))?;
        let mut free = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let server = free.next().unwrap_or_default();
        Ok(Self { server, load: free.next().unwrap_or(server) })
    }

    /// Whether server and load share a core, and take from each other.
    pub(super) const fn is_shared(self) -> bool {
        self.server == self.load
    }

    /// Moves this thread, and every thread and process it starts from now on, to the server's core.
    pub(super) fn to_server(self) -> Result<(), Failure> {
        to(self.server)
    }

    /// Moves this thread, and every thread and process it starts from now on, to the load's core.
    pub(super) fn to_load(self) -> Result<(), Failure> {
        to(self.load)
    }
}

fn to(core: usize) -> Result<(), Failure> {
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(None, &only).map_err(|error| fail(&error))
}

fn fail(error: &dyn std::fmt::Display) -> Failure {
    Failure::unusable("cores", format!("cannot choose a core: {error}"))
}

/// Ticks of `/proc/PID/stat` a second: `USER_HZ`, the same on every Linux Rust runs on.
const TICKS: u32 = 100;

/// CPU time a process has used, all threads, in the kernel too.
pub(super) fn cpu_time(pid: u32) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in brackets, may hold anything; after it come state and numbers (proc_pid_stat(5)).
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u32>().ok();
    Some(Duration::from_secs(1) * (ticks(11)? + ticks(12)?) / TICKS)
}

/// Memory of a process in bytes: now, and the most it has had.
pub(super) fn memory(pid: u32) -> Option<(u64, u64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let find = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
    };
    Some((find("VmRSS:")?, find("VmHWM:")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_works_uses_time_and_memory() {
        let own = std::process::id();
        let before = cpu_time(own).unwrap();
        let mut sum = 0_u64;
        while cpu_time(own).unwrap() <= before {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let (now, most) = memory(own).unwrap();
        assert!(now > 0 && most >= now);
    }
}
