//! A button that asks first: a disclosure with a sentence and a form, so that it also works without a script.

use super::Csrf;
use askama::Template;
use askama::filters::HtmlSafe;

/// One act that cannot be taken back, and the sentence that says so.
#[derive(Clone, Debug, Template)]
#[template(path = "part/confirm.html")]
pub(super) struct Confirm {
    action: String,
    label: &'static str,
    of: String,
    sentence: &'static str,
    demand: Option<&'static str>,
    version: Option<u32>,
    csrf: Csrf,
    hidden: bool,
}

impl HtmlSafe for Confirm {}

impl Confirm {
    /// A button `label` that posts to `action` once the person has read the sentence given to
    /// [`because`](Self::because).
    #[must_use]
    pub(super) fn new(label: &'static str, action: impl Into<String>, csrf: &Csrf) -> Self {
        Self {
            action: action.into(),
            label,
            of: String::new(),
            sentence: "",
            demand: None,
            version: None,
            csrf: csrf.clone(),
            hidden: false,
        }
    }

    /// What the act is done to: read out with the label, so that ten "Remove" buttons differ.
    #[must_use]
    pub(super) fn of(mut self, name: &str) -> Self {
        self.of = name.to_owned();
        self
    }

    /// What the person has to tick first, if anything: for what they should not do in passing.
    #[must_use]
    pub(super) const fn demanding(mut self, demand: Option<&'static str>) -> Self {
        self.demand = demand;
        self
    }

    /// The version that the person sees: another since then is not undone by the act.
    #[must_use]
    pub(super) const fn at_version(mut self, version: u32) -> Self {
        self.version = Some(version);
        self
    }

    /// Shown only to whoever may do it.
    #[must_use]
    pub(super) const fn only(mut self, may: bool) -> Self {
        self.hidden = !may;
        self
    }

    /// What follows from the act.
    #[must_use]
    pub(super) const fn because(mut self, sentence: &'static str) -> Self {
        self.sentence = sentence;
        self
    }
}
