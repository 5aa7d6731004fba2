//! `passband demo`: the whole chain on this machine, each step told and checked, the refusals too.

mod chain;
mod ground;
mod memory;
mod refusals;
mod robot;
mod story;

use crate::failure::Failure;
use clap::Args;
use ground::Ground;
use story::Story;

/// What `passband demo` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  passband demo\n  passband demo --keep\n\nNothing is left behind, except with --keep while it runs."
)]
pub struct DemoArgs {
    /// Leave the server and two sample apps up, to click through
    #[arg(long)]
    keep: bool,
    /// Port of the server with --keep; the sample apps take the two that follow
    #[arg(long, default_value_t = 8480, value_name = "PORT")]
    port: u16,
}

/// Runs the demo; fails if one check did not hold.
///
/// # Errors
///
/// [`Failure`] with exit code 1 if a check did not hold, 3 if the ground could not be laid.
pub fn run(args: &DemoArgs) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::unusable("runtime", format!("cannot start: {error}")))?;
    runtime.block_on(async {
        let mut story = Story::new();
        let port = if args.keep { args.port } else { 0 };
        let mut ground = Ground::lay(&mut story, port).await?;
        let told = chain::tell(&mut ground, &mut story).await;
        let told = match told {
            Ok(()) => refusals::tell(&mut ground, &mut story).await,
            Err(failure) => Err(failure),
        };
        let verdict = told.and_then(|()| story.close());
        if args.keep && verdict.is_ok() {
            ground.keep(&mut story).await?;
        }
        ground.clear().await;
        verdict
    })
}
