//! Sends requests over several connections for a while and notes how long each took.

use super::child::Child;
use super::http::{Answer, Connection, Fault};
use hyper::Request;
use std::time::{Duration, Instant};

/// What one connection does, again and again.
pub(super) trait Worker {
    /// The next request; `None` if there is nothing left to ask for.
    fn request(&mut self) -> Result<Option<Request<String>>, Fault>;

    /// Takes the answer; whether it was the last one of the work.
    fn answer(&mut self, answer: Answer) -> Result<bool, Fault>;
}

/// A worker with its connection.
pub(super) struct Caller {
    pub(super) connection: Connection,
    pub(super) worker: Box<dyn Worker>,
}

/// One turn of a measurement.
#[derive(Clone, Debug, Default)]
pub(super) struct Round {
    pub(super) seconds: f64,
    /// The server's, all threads.
    pub(super) cpu: Duration,
    /// Of each piece of work, in microseconds.
    pub(super) latencies: Vec<u32>,
}

impl Round {
    pub(super) fn rate(&self) -> f64 {
        if self.seconds > 0.0 { self.latencies.len() as f64 / self.seconds } else { 0.0 }
    }
}

/// How fast a turn goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) lasts: Duration,
    /// Work begins at this interval on each connection, whether or not the work before took longer; `None` as
    /// soon as the work before is done.
    pub(super) every: Option<Duration>,
}

/// Runs a turn; the callers come back for the next.
pub(super) async fn turn(
    callers: Vec<Caller>,
    pace: Pace,
    server: &Child,
) -> Result<(Vec<Caller>, Round), Fault> {
    let before = server.cpu_time();
    let start = Instant::now();
    let all = callers.len();
    let tasks: Vec<_> = callers
        .into_iter()
        .enumerate()
        .map(|(at, caller)| tokio::task::spawn_local(call(caller, pace, (start, at, all))))
        .collect();
    let mut round = Round::default();
    let mut back = Vec::with_capacity(all);
    for task in tasks {
        let (caller, latencies) = task.await.map_err(|error| format!("a task failed: {error}"))??;
        back.push(caller);
        round.latencies.extend(latencies);
    }
    round.seconds = start.elapsed().as_secs_f64();
    round.cpu = server.cpu_time().saturating_sub(before);
    Ok((back, round))
}

async fn call(
    mut caller: Caller,
    pace: Pace,
    (start, at, all): (Instant, usize, usize),
) -> Result<(Caller, Vec<u32>), Fault> {
    let mut latencies = Vec::with_capacity(4096);
    let end = start + pace.lasts;
    // Not all at the same moment.
    let mut due = start + pace.every.unwrap_or_default().mul_f64(at as f64 / all as f64);
    loop {
        let mut waited = Duration::ZERO;
        if let Some(every) = pace.every {
            let now = Instant::now();
            if now < due {
                tokio::time::sleep_until(due.into()).await;
            } else {
                // It should have begun earlier: whoever asks would have waited (coordinated omission).
                waited = now - due;
            }
            due += every;
        }
        if Instant::now() >= end {
            return Ok((caller, latencies));
        }
        let Some(taken) = work(&mut caller).await? else { return Ok((caller, latencies)) };
        latencies.push(u32::try_from((taken + waited).as_micros()).unwrap_or(u32::MAX));
    }
}

/// One piece of work; the time its requests took, without the time it took to make them.
async fn work(caller: &mut Caller) -> Result<Option<Duration>, Fault> {
    let mut taken = Duration::ZERO;
    loop {
        let Some(request) = caller.worker.request()? else { return Ok(None) };
        let sent = Instant::now();
        let answer = caller.connection.send(request).await?;
        taken += sent.elapsed();
        if caller.worker.answer(answer)? {
            return Ok(Some(taken));
        }
    }
}
