//! Steps, stages and counts in words.

use super::{Part, Tone};
use crate::plan::Count;
use crate::plan::wave::{Stage, Step};

/// A whole number with its thousands apart: `12 345`.
#[must_use]
pub fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// So many of something: `1 person`, `2 people`.
#[must_use]
pub fn people(n: usize) -> String {
    if n == 1 { "1 person".to_owned() } else { format!("{} people", number(n)) }
}

/// What somebody has to do.
#[must_use]
pub fn step(step: &Step) -> String {
    match step {
        Step::RegisterPasskey { models } if models.is_empty() => "Register a passkey".to_owned(),
        Step::RegisterPasskey { models } => format!("Register a passkey ({})", models.join(", or ")),
        Step::RegisterSecondPasskey => "Register a second passkey".to_owned(),
        Step::UpdateSystem => "Update the operating system".to_owned(),
        Step::RegisterDevice => "Have a device registered, with single sign-on set up".to_owned(),
        Step::MakeCompliant => "Have a device managed and compliant".to_owned(),
        Step::JoinDomain => "Have the Windows device joined to the domain".to_owned(),
    }
}

/// What several have to do; nothing if there is nothing.
#[must_use]
pub fn steps(all: &[Step]) -> String {
    all.iter().map(step).collect::<Vec<_>>().join("; ")
}

/// What a wave is about.
#[must_use]
pub const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Prepare => "find out first",
        Stage::Ready => "ready",
        Stage::OneStep => "one thing to do",
        Stage::Steps => "several things to do",
        Stage::NoWay => "no way found",
        Stage::Disabled => "disabled accounts",
    }
}

/// What to do about a wave.
#[must_use]
pub const fn stage_hint(stage: Stage) -> &'static str {
    match stage {
        Stage::Prepare => {
            "Of these nobody can tell. Put the change into report-only, settle what is unknown, and plan again: nobody \
             loses anything meanwhile."
        }
        Stage::Ready => {
            "These can sign in with a passkey to everything, and have a second one. Switch them first."
        }
        Stage::OneStep => "These need one step each. Ask them, wait, plan again, then switch them.",
        Stage::Steps => "These need several steps each: plan time with them.",
        Stage::NoWay => "Nothing that could be tried helps these: look at what is in the way of each.",
        Stage::Disabled => "Nobody signs in with these accounts.",
    }
}

/// How a stage is shown.
#[must_use]
pub const fn stage_tone(stage: Stage) -> Tone {
    match stage {
        Stage::Ready => Tone::Good,
        Stage::Prepare | Stage::OneStep | Stage::Steps => Tone::Open,
        Stage::NoWay => Tone::Bad,
        Stage::Disabled => Tone::Quiet,
    }
}

/// A count as the parts of a bar.
#[must_use]
pub fn parts(count: Count, [yes, unknown, no]: [&str; 3]) -> Vec<Part> {
    let part = |count, label: &str, tone| Part { count, label: label.to_owned(), tone };
    vec![
        part(count.yes, yes, Tone::Good),
        part(count.unknown, unknown, Tone::Open),
        part(count.no, no, Tone::Bad),
    ]
}

/// The name of a platform as people write it.
#[must_use]
pub fn platform(graph: &str) -> &str {
    match graph {
        "windows" => "Windows",
        "iOS" => "iOS and iPadOS",
        "android" => "Android",
        "linux" => "Linux",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_thousands_apart() {
        for (n, text) in [(0, "0"), (999, "999"), (1_000, "1 000"), (1_234_567, "1 234 567")] {
            assert_eq!(number(n).replace('\u{202f}', " "), text);
        }
        assert_eq!((people(1), people(2)), ("1 person".to_owned(), "2 people".to_owned()));
    }
}
