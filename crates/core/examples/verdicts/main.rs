//! Reads cases as JSON lines and answers each with our verdict: one of the judges of `scripts/conformance`.
//! With `--times` it tells instead what a verdict costs, in units of one bare ES256 verification.

mod case;
mod times;

use case::{Case, Fault};
use serde::Serialize;
use std::io::{BufRead, Write, stdin, stdout};

#[derive(Serialize)]
struct Verdict {
    name: String,
    accepts: bool,
    /// Why it was refused.
    code: Option<&'static str>,
}

fn main() -> Result<(), Fault> {
    let cases = stdin().lock().lines().map(|line| Ok(serde_json::from_str(&line?)?));
    let mut out = stdout().lock();
    if std::env::args().any(|argument| argument == "--times") {
        return times::measure(&cases.collect::<Result<Vec<_>, Fault>>()?, &mut out);
    }
    for case in cases {
        let case: Case = case?;
        let code = case::judge(&case)?.err();
        let verdict = Verdict { name: case.name, accepts: code.is_none(), code };
        writeln!(out, "{}", serde_json::to_string(&verdict)?)?;
    }
    Ok(())
}
