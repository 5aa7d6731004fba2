//! What an attack is, and what came of trying it.

use crate::target::Target;
use crate::trial::Trial;
use std::pin::Pin;

/// A function that tries an attack.
pub(crate) type Run =
    for<'a> fn(&'a mut Trial<'_>) -> Pin<Box<dyn Future<Output = Result<(), Trouble>> + Send + 'a>>;

/// An attack.
pub struct Attack {
    /// Its number: `A1`.
    pub id: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// What somebody gains who succeeds.
    pub threat: &'static str,
    /// What is tried.
    pub tried: &'static str,
    /// What stops it here.
    pub stopped_by: &'static str,
    /// The test of this repository that runs it.
    pub test: &'static str,
    /// Where it is known from, if it has a name of its own.
    pub source: &'static str,
    pub(crate) run: Run,
}

impl std::fmt::Debug for Attack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

impl Attack {
    /// Tries it, and takes away what was made for it.
    ///
    /// # Errors
    ///
    /// [`Trouble::Unreachable`] alone; whatever else stood in the way is in the result.
    pub async fn run(&self, target: &Target) -> Result<Tried, Trouble> {
        let mut trial = Trial::new(target);
        let ended = (self.run)(&mut trial).await;
        let mut variants = trial.into_variants();
        match ended {
            Ok(()) => {}
            Err(unreachable @ Trouble::Unreachable(_)) => return Err(unreachable),
            Err(trouble) => variants.push(Variant {
                name: "the rest".to_owned(),
                outcome: Outcome::NotTried { why: trouble.to_string() },
            }),
        }
        target.clean().await;
        Ok(Tried { id: self.id, variants })
    }
}

/// What is noted of a variant that was answered with 429.
pub(crate) const THROTTLED: &str = "the server has stopped listening to this network for a while: 429";

/// What came of an attack.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The attack's number.
    pub id: &'static str,
    /// Each variant.
    pub variants: Vec<Variant>,
}

impl Tried {
    /// The worst of the variants.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let has = |wanted: fn(&Outcome) -> bool| self.variants.iter().any(|it| wanted(&it.outcome));
        if has(|it| matches!(it, Outcome::Succeeded { .. })) {
            Verdict::Succeeded
        } else if self.variants.is_empty() || has(|it| matches!(it, Outcome::NotTried { .. })) {
            Verdict::NotTried
        } else {
            Verdict::Refused
        }
    }

    /// Whether the server stopped listening meanwhile (RFC 6585 §4).
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        let told = |it: &Variant| matches!(&it.outcome, Outcome::NotTried { why } if why == THROTTLED);
        self.variants.iter().any(told)
    }

    /// How many variants were refused.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.variants.iter().filter(|it| matches!(it.outcome, Outcome::Refused { .. })).count()
    }
}

/// One way of trying an attack.
#[derive(Clone, Debug)]
pub struct Variant {
    /// What was done.
    pub name: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server refused.
    Refused {
        /// Its answer, and its reason where its log can be read.
        how: String,
        /// The log names a reason other than the one that the variant is about: it was refused by luck.
        odd: bool,
    },
    /// The attacker got something.
    Succeeded {
        /// What.
        got: String,
    },
    /// The attacker gets this by design, and the documentation says so; what bounds it are variants of their own.
    Known {
        /// What.
        got: String,
    },
    /// Nothing can be said.
    NotTried {
        /// Why not.
        why: String,
    },
}

/// The worst that came of an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every variant was refused, but for what is known and bounded.
    Refused,
    /// A variant was not tried, and none succeeded.
    NotTried,
    /// A variant succeeded.
    Succeeded,
}

/// Why an attack could not be tried to its end.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The server does not answer.
    #[error("cannot reach {0}")]
    Unreachable(String),
    /// What an attack takes could not be made.
    #[error("setting up failed: {0}")]
    SetUp(String),
    /// The honest request beside the attack failed, so that a refusal would show nothing.
    #[error("the honest request failed: {0}")]
    Control(String),
}
